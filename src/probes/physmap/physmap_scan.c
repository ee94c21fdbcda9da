/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading page flags costs the kernel 60 to 110 ns a page, and us little beside it. */
#include "probes/physmap/physmap_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "probes/kernel/kpageflags.h"

/* 32 GiB of pages of 4 KiB are read whole, in half a second to one; of more, so many pages as take half of that and leave
 * an error of about one point. */
static const uint64_t whole_pages = UINT64_C(1) << 23, sample_pages = UINT64_C(1) << 22;
static const uint64_t stratum_min = 32; /* below that a share means nothing */

enum { CHUNK_BYTES = 256 * 1024 }; /* stays in the second-level cache */

static uint64_t mix(uint64_t n) /* splitmix64 */
{
    n += 0x9E3779B97F4A7C15u;
    n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9u;
    n = (n ^ (n >> 27)) * 0x94D049BB133111EBu;
    return n ^ (n >> 31);
}

/* a × b / c; c > 0. Blocks are fewer than 2^32 (8 PiB of 2 MiB), so nothing overflows. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
    return a / c * b + a % c * b / c;
}

void physmap_plan(struct physmap_plan *p, const struct physmap_blocks *b, size_t zones, uint64_t limit)
{
    uint64_t whole = whole_pages >> b->order, sample = sample_pages >> b->order;
    *p = (struct physmap_plan){.blocks = b, .stratum_count = zones};
    p->strata = mem_array(zones + 1, sizeof *p->strata);
    for (size_t i = b->run_count; i--;) {
        struct physmap_stratum *s = &p->strata[b->runs[i].zone];
        s->ordinal = b->runs[i].ordinal;
        s->blocks += b->runs[i].count;
    }
    if (!limit)
        limit = b->count <= whole ? b->count : sample ? sample : 1;
    for (size_t i = 0; i < zones; i++) {
        struct physmap_stratum *s = &p->strata[i];
        if (s->blocks == 0)
            continue;
        s->wanted = limit >= b->count ? s->blocks : scale(s->blocks, limit, b->count);
        if (s->wanted < stratum_min)
            s->wanted = stratum_min;
        if (s->wanted > s->blocks)
            s->wanted = s->blocks;
        p->wanted += s->wanted;
    }
}

void physmap_plan_free(struct physmap_plan *p)
{
    free(p->strata);
    *p = (struct physmap_plan){0};
}

uint64_t physmap_choice(const struct physmap_stratum *s, uint64_t i)
{
    uint64_t from = scale(i, s->blocks, s->wanted), to = scale(i + 1, s->blocks, s->wanted);
    return s->ordinal + from + mix(s->ordinal + i) % (to - from);
}

/* Reads to the end of what is asked for or of the file; the bytes, or -errno if there is none. */
static ssize_t read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
    size_t used = 0;
    while (used < size) {
        ssize_t n = pread(fd, (char *)buffer + used, size - used, (off_t)(offset + used));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && used == 0)
            return -errno;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    return (ssize_t)used;
}

static uint64_t block_bytes(const struct physmap_blocks *b)
{
    return sizeof(uint64_t) << b->order;
}

/* The entries of `count` blocks; what is behind the end of the file is no page. */
static int read_entries(const struct physmap_blocks *b, int fd, uint64_t block, size_t count, uint64_t *entries)
{
    size_t size = block_bytes(b) * count;
    ssize_t n = read_at(fd, entries, size, block * block_bytes(b));
    if (n < 0)
        return (int)-n;
    for (size_t i = (size_t)n / sizeof *entries; i < size / sizeof *entries; i++)
        entries[i] = KPF(NOPAGE);
    return 0;
}

bool physmap_read_block(const struct physmap_blocks *b, int fd, uint64_t block, uint64_t *entries)
{
    int error = read_entries(b, fd, block, 1, entries);
    errno = error;
    return error == 0;
}

/* Choices that lie side by side are read at once. */
struct batch {
    struct physmap_look first;
    size_t count, room;
    uint64_t *entries;
};

static bool fits(const struct batch *a, const struct physmap_look *next)
{
    return a->count > 0 && a->count < a->room && next->zone == a->first.zone &&
           next->block == a->first.block + a->count && next->ordinal == a->first.ordinal + a->count;
}

static int flush(const struct physmap_plan *p, int fd, struct batch *a, physmap_visit *visit, void *context,
                 uint64_t *done)
{
    size_t count = a->count;
    a->count = 0;
    if (count == 0)
        return 0;
    int error = read_entries(p->blocks, fd, a->first.block, count, a->entries);
    if (error)
        return error;
    for (size_t i = 0; i < count; i++) {
        struct physmap_look look = {a->first.zone, a->first.ordinal + i, a->first.block + i,
                                    a->entries + (i << p->blocks->order)};
        physmap_mark_holes(p->blocks, look.block, look.flags);
        visit(context, &look);
    }
    *done += count;
    return 0;
}

uint64_t physmap_scan(const struct physmap_plan *p, int fd, physmap_visit *visit, void *context, int *error)
{
    uint64_t done = 0, bytes = block_bytes(p->blocks);
    struct batch a = {.room = bytes < CHUNK_BYTES ? CHUNK_BYTES / bytes : 1};
    AUTO_FREE uint64_t *entries = mem_array(a.room, bytes);
    const struct physmap_run *run = p->blocks->runs, *end = run + p->blocks->run_count;
    a.entries = entries;
    *error = 0;
    while (run < end && !*error) {
        size_t zone = run->zone;
        const struct physmap_stratum *s = &p->strata[zone];
        for (uint64_t i = 0; i < s->wanted && !*error; i++) {
            uint64_t ordinal = physmap_choice(s, i);
            while (ordinal >= run->ordinal + run->count)
                run++;
            struct physmap_look look = {zone, ordinal, run->block + (ordinal - run->ordinal), NULL};
            if (!fits(&a, &look)) {
                *error = flush(p, fd, &a, visit, context, &done);
                a.first = look;
            }
            a.count++;
        }
        while (run < end && run->zone == zone)
            run++;
    }
    if (!*error)
        *error = flush(p, fd, &a, visit, context, &done);
    return done;
}
