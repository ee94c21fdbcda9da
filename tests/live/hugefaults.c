/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hugefaults [MIB]: of MIB MiB (1024) that it has touched once in 2 MiB, it gives one 2 MiB after another back and touches it
 * again, as a program does that gets huge pages for the asking, or waits in vain for the kernel to make them. */
#include "workload.h"

int main(int argc, char **argv)
{
    unsigned long size = number(argc, argv, 1, 1024) * MIB, huge = 2 * MIB;
    begin();
    char *m = mmap(NULL, size + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED)
        fail("mmap");
    m += huge - (uintptr_t)m % huge;
    for (unsigned long i = 0; i < size; i += huge)
        m[i] = 1;
    ready();
    double from = now();
    while (now() - from < HOLD_SECONDS_MAX) {
        for (unsigned long i = 0; i < size && !ended(0); i += huge) {
            if (madvise(m + i, huge, MADV_DONTNEED) != 0)
                fail("madvise");
            m[i] = 1;
        }
        if (ended(0.1))
            break;
    }
    return 0;
}
