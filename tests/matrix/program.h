/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the programs of known behaviour share: random sizes, a set of objects, pacing by the clock. Each prints "ready" in its
 * steady phase and ends as the workloads of the live tests do. With SAY set it tells every five seconds what it holds. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "../live/workload.h"

#if defined __GLIBC__
#include <malloc.h>
#endif

#define KIB 1024UL

/* Rounds differ, so that what holds in ten of them holds. */
__attribute__((unused)) static uint64_t random_seed(void)
{
    return (uint64_t)(now() * 1e9) * 2862933555777941757ULL | 1;
}

static uint64_t random_next(uint64_t *x)
{
    *x ^= *x << 13, *x ^= *x >> 7, *x ^= *x << 17;
    return *x;
}

/* Between from and to, as many in each power of two, as programs ask. */
__attribute__((unused)) static size_t random_size(uint64_t *x, size_t from, size_t to)
{
    unsigned doublings = 0;
    while (from << (doublings + 1) <= to)
        doublings++;
    size_t low = from << random_next(x) % (doublings ? doublings : 1);
    return low + random_next(x) % low;
}

__attribute__((unused)) static void *object_new(size_t size)
{
    void *p = malloc(size);
    if (!p)
        fail("malloc");
    memset(p, 1, size);
    return p;
}

__attribute__((unused)) static void *zeroed(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (!p)
        fail("calloc");
    return p;
}

/* Resident bytes, from "12345 678 …" in pages. */
static unsigned long resident(void)
{
    unsigned long size = 0, rss = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (fscanf(f, "%lu %lu", &size, &rss) != 2)
            rss = 0;
        fclose(f);
    }
    return rss * (unsigned long)sysconf(_SC_PAGESIZE);
}

__attribute__((unused)) static void say(void)
{
    static double last;
    if (!getenv("SAY") || now() - last < 5)
        return;
    last = now();
#if defined __GLIBC__
    struct mallinfo2 m = mallinfo2();
    fprintf(stderr, "%s %.0f s: %zu + mmapped %zu MiB in use, %zu free; resident %lu\n", program_invocation_short_name,
            last, m.uordblks / MIB, m.hblkhd / MIB, m.fordblks / MIB, resident() / MIB);
    if (strcmp(getenv("SAY"), "arenas") == 0)
        malloc_info(0, stderr);
#else
    fprintf(stderr, "%.0f s: resident %lu MiB\n", last, resident() / MIB);
#endif
}

#endif
