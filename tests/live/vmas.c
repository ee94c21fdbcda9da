/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vmas COUNT: a process of COUNT mappings (62000) and hardly any memory: every second page of one mapping is made read-only. */
#include "workload.h"

int main(int argc, char **argv)
{
    unsigned long count = number(argc, argv, 1, 62000), page = (unsigned long)sysconf(_SC_PAGESIZE);
    begin();
    char *m = mmap(NULL, count * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED)
        fail("mmap");
    for (unsigned long i = 0; i < count; i += 2)
        if (mprotect(m + i * page, page, PROT_READ) != 0)
            fail("mprotect");
    ready();
    ended(HOLD_SECONDS_MAX);
    return 0;
}
