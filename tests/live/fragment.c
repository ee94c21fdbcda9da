/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fragment LEAVE_MIB [KEEP_MIB]: leaves the machine with much free memory and next to no free huge page. Faults memory in as
 * small pages until LEAVE_MIB are free (never fewer than 3 GiB), gives every second page back, then takes the huge pages
 * that were left whole, but for KEEP_MIB. Compaction could cure it: these are movable pages. */
#include "workload.h"

/* Free memory in blocks of `order` or larger, from "Node 0, zone   Normal     12      5 …". */
static unsigned long free_blocks(int order)
{
    FILE *f = fopen("/proc/buddyinfo", "re");
    if (!f)
        fail("/proc/buddyinfo");
    char line[1024];
    unsigned long bytes = 0, page = (unsigned long)sysconf(_SC_PAGESIZE);
    while (fgets(line, sizeof line, f)) {
        char *at = strstr(line, "zone");
        if (!at)
            continue;
        at += 4 + strspn(at + 4, " ");
        at += strcspn(at, " ");
        for (int o = 0;; o++) {
            char *end;
            unsigned long n = strtoul(at, &end, 10);
            if (end == at)
                break;
            at = end;
            if (o >= order)
                bytes += (n << o) * page;
        }
    }
    fclose(f);
    return bytes;
}

int main(int argc, char **argv)
{
    unsigned long leave = number(argc, argv, 1, 3072), keep = number(argc, argv, 2, 256);
    unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE), huge = 2 * MIB;
    begin();
    if (leave < 3072)
        leave = 3072;
    unsigned long available = meminfo("MemAvailable");
    if (available < (leave + 1024) * MIB) {
        errno = ENOMEM;
        fail("too little memory to fragment");
    }
    unsigned long size = (available - leave * MIB) / huge * huge;
    char *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED)
        fail("mmap");
    madvise(m, size, MADV_NOHUGEPAGE);
    unsigned long used = 0;
    for (; used < size; used += page) {
        m[used] = 1;
        /* someone else needs memory too */
        if (used % (64 * MIB) == 0 && meminfo("MemAvailable") < leave * MIB)
            break;
    }
    for (unsigned long i = 0; i + page <= used; i += 2 * page)
        if (madvise(m + i, page, MADV_DONTNEED) != 0)
            fail("madvise");

    unsigned long rest = meminfo("MemTotal") / huge * huge;
    char *h = mmap(NULL, rest + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (h == MAP_FAILED)
        fail("mmap");
    h += huge - (uintptr_t)h % huge;
    madvise(h, rest, MADV_HUGEPAGE);
    for (unsigned long i = 0; i < rest && free_blocks(9) > keep * MIB; i += huge)
        h[i] = 1;
    ready();
    ended(HOLD_SECONDS_MAX);
    return 0;
}
