/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hugefaults [MIB]: maps MIB MiB (1024) again and again and touches it once in 2 MiB, as a program does that gets huge pages
 * for the asking, or waits in vain for the kernel to make them. */
#include "workload.h"

int main(int argc, char **argv)
{
    unsigned long size = number(argc, argv, 1, 1024) * MIB, huge = 2 * MIB;
    begin();
    ready();
    double from = now();
    while (now() - from < HOLD_SECONDS_MAX) {
        char *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (m == MAP_FAILED)
            fail("mmap");
        for (unsigned long i = 0; i < size; i += huge)
            m[i] = 1;
        munmap(m, size);
        if (ended(0.1))
            break;
    }
    return 0;
}
