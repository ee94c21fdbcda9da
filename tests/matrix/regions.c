/* SPDX-License-Identifier: GPL-3.0-or-later */
/* regions KIB: maps regions of 64 KiB to 1 MiB, KIB KiB a second, writes to them, and never unmaps one: a leak beside the heap. */
#include "program.h"

int main(int argc, char **argv)
{
    double rate = (double)(number(argc, argv, 1, 1024) * KIB);
    begin();
    uint64_t x = random_seed();
    ready();
    double from = now(), mapped = 0;
    while (now() - from < HOLD_SECONDS_MAX) {
        while (mapped < (now() - from) * rate) {
            size_t size = random_size(&x, 64 * KIB, MIB);
            char *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (m == MAP_FAILED)
                fail("mmap");
            memset(m, 1, size);
            mapped += (double)size;
        }
        say();
        if (ended(0.1))
            break;
    }
    return 0;
}
