/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the workloads that fragment the machine share: memory faulted in as small pages, thinned out, and the taking of what
 * is left whole, so that little more than the pieces is free. */
#ifndef SCATTER_H
#define SCATTER_H

#include "workload.h"

struct area {
    char *at;
    unsigned long size, used; /* bytes */
};

static unsigned long page_size(void)
{
    return (unsigned long)sysconf(_SC_PAGESIZE);
}

static struct area area_of(unsigned long size)
{
    struct area a = {.size = size};
    a.at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (a.at == MAP_FAILED)
        fail("mmap");
    madvise(a.at, size, MADV_NOHUGEPAGE);
    return a;
}

/* Faults it in until only `leave` bytes of the machine's memory are available: others need memory too. */
static void area_fill(struct area *a, unsigned long leave)
{
    unsigned long page = page_size();
    for (; a->used + page <= a->size; a->used += page) {
        if (a->used % (64 * MIB) == 0 && meminfo("MemAvailable") < leave)
            break;
        a->at[a->used] = 1;
    }
}

/* All memory but `leave` bytes, as small pages. */
__attribute__((unused)) static struct area area_of_most(unsigned long leave)
{
    unsigned long available = meminfo("MemAvailable");
    if (available < leave + 1024 * MIB) {
        errno = ENOMEM;
        fail("too little memory to fragment");
    }
    struct area a = area_of((available - leave) / page_size() * page_size());
    area_fill(&a, leave);
    return a;
}

/* Gives one page in `each` back. */
__attribute__((unused)) static void area_thin(const struct area *a, unsigned long each)
{
    unsigned long page = page_size();
    for (unsigned long i = 0; i + page <= a->used; i += each * page)
        if (madvise(a->at + i, page, MADV_DONTNEED) != 0)
            fail("madvise");
}

/* Free memory in blocks of `order` or larger, from "Node 0, zone   Normal     12      5 …". */
static unsigned long free_blocks(int order)
{
    FILE *f = fopen("/proc/buddyinfo", "re");
    if (!f)
        fail("/proc/buddyinfo");
    char line[1024];
    unsigned long bytes = 0, page = page_size();
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

/* Takes free huge pages until only `keep` bytes are left in such blocks. */
static void take_huge(unsigned long keep)
{
    unsigned long huge = 2 * MIB, rest = meminfo("MemTotal") / huge * huge;
    char *h = mmap(NULL, rest + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (h == MAP_FAILED)
        fail("mmap");
    h += huge - (uintptr_t)h % huge;
    madvise(h, rest, MADV_HUGEPAGE);
    for (unsigned long i = 0; i < rest && free_blocks(9) > keep; i += huge)
        h[i] = 1;
}

#endif
