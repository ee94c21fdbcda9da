/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workingset MIB: writes to the pages of MIB MiB again and again in a random order; below that it is in need of swap. */
#include "workload.h"

int main(int argc, char **argv)
{
    unsigned long size = number(argc, argv, 1, 600) * MIB, page = (unsigned long)sysconf(_SC_PAGESIZE);
    begin();
    char *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED)
        fail("mmap");
    madvise(m, size, MADV_NOHUGEPAGE);
    for (unsigned long i = 0; i < size; i += page)
        memcpy(m + i, &i, sizeof i);
    ready();
    double from = now();
    uint64_t x = 88172645463325252ULL;
    while (now() - from < HOLD_SECONDS_MAX) {
        for (int i = 0; i < 500; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            m[x % (size / page) * page + 64]++;
        }
        if (ended(0))
            break;
    }
    return 0;
}
