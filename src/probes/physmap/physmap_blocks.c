/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zones give a first frame and a span, /proc/iomem says where in it there is memory:
 *   100000000-63fffffff : System RAM      (also nested, and as "System RAM (kmem)"; addresses are 0 without privilege) */
#include "probes/physmap/physmap_blocks.h"

#include <stdlib.h>

#include "base/mem.h"
#include "probes/kernel/kpageflags.h"
#include "base/scan.h"

enum { RAM_MAX = 16384 };
#define FRAMES_MAX (UINT64_C(1) << 52)

static int by_begin(const void *a, const void *b)
{
    const struct physmap_frames *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

static void ram_parse(struct physmap_blocks *b, const char *text, size_t length, uint64_t page)
{
    struct span all = span_of(text, length), line;
    while (b->ram_count < RAM_MAX && scan_line(&all, &line)) {
        uint64_t first, last;
        if (scan_end(&line) || !scan_hex(&line, &first) || !scan_char(&line, '-') || !scan_hex(&line, &last) ||
            !span_starts(line, " : System RAM"))
            continue;
        struct physmap_frames r = {first / page + (first % page != 0), last / page + (last % page == page - 1)};
        if (r.begin >= r.end || r.end > FRAMES_MAX)
            continue;
        MEM_ROOM(b->ram, b->ram_count);
        b->ram[b->ram_count++] = r;
    }
    if (!b->ram_count)
        return;
    qsort(b->ram, b->ram_count, sizeof *b->ram, by_begin);
    size_t kept = 0; /* the last range that is complete */
    for (size_t i = 1; i < b->ram_count; i++) {
        if (b->ram[i].begin > b->ram[kept].end)
            b->ram[++kept] = b->ram[i];
        else if (b->ram[i].end > b->ram[kept].end)
            b->ram[kept].end = b->ram[i].end;
    }
    b->ram_count = kept + 1;
}

/* Blocks that hold frames of [begin, end), as far as they are behind those already there: a block at the border of two
 * zones or two ranges counts once. */
static void add_run(struct physmap_blocks *b, size_t zone, uint64_t begin, uint64_t end)
{
    uint64_t first = begin >> b->order, stop = ((end - 1) >> b->order) + 1;
    struct physmap_run *last = b->run_count ? &b->runs[b->run_count - 1] : NULL;
    if (last && first < last->block + last->count)
        first = last->block + last->count;
    if (first >= stop)
        return;
    uint64_t more = stop - first;
    if (last && last->zone == zone && last->block + last->count == first) {
        last->count += more;
    } else {
        MEM_ROOM(b->runs, b->run_count);
        b->runs[b->run_count++] = (struct physmap_run){zone, first, more, b->count};
    }
    b->count += more;
}

static void add_zone(struct physmap_blocks *b, size_t zone, uint64_t begin, uint64_t end)
{
    if (!b->ram_count && begin < end)
        add_run(b, zone, begin, end);
    for (size_t i = 0; i < b->ram_count; i++) {
        uint64_t from = b->ram[i].begin > begin ? b->ram[i].begin : begin;
        uint64_t to = b->ram[i].end < end ? b->ram[i].end : end;
        if (from < to)
            add_run(b, zone, from, to);
    }
}

bool physmap_blocks_find(struct physmap_blocks *b, const char *iomem, size_t length, const struct zoneinfo *zones,
                         uint64_t page, unsigned order, struct err *e)
{
    *b = (struct physmap_blocks){.order = order};
    if (iomem)
        ram_parse(b, iomem, length, page);
    AUTO_FREE bool *done = mem_array(zones->count + 1, sizeof *done);
    uint64_t end = 0; /* spans of nodes can interleave: what one zone has, the next has not */
    for (size_t turn = 0; turn < zones->count; turn++) {
        size_t next = zones->count;
        for (size_t i = 0; i < zones->count; i++)
            if (!done[i] && (next == zones->count || zones->zones[i].start < zones->zones[next].start))
                next = i;
        const struct zone_facts *z = &zones->zones[next];
        done[next] = true;
        if (z->present == 0 || z->spanned == 0)
            continue;
        uint64_t begin = z->start > end ? z->start : end;
        if (z->start + z->spanned > end)
            end = z->start + z->spanned;
        add_zone(b, next, begin, z->start + z->spanned);
    }
    if (b->count > 0)
        return true;
    physmap_blocks_free(b);
    return err_set(e, "/proc/zoneinfo does not tell where the zones are");
}

void physmap_blocks_free(struct physmap_blocks *b)
{
    free(b->runs);
    free(b->ram);
    *b = (struct physmap_blocks){0};
}

const struct physmap_run *physmap_run_at(const struct physmap_blocks *b, uint64_t ordinal)
{
    size_t low = 0, high = b->run_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (b->runs[middle].ordinal <= ordinal)
            low = middle;
        else
            high = middle;
    }
    return &b->runs[low];
}

uint64_t physmap_ordinal(const struct physmap_blocks *b, uint64_t frame)
{
    uint64_t block = frame >> b->order;
    size_t low = 0, high = b->run_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct physmap_run *r = &b->runs[middle];
        if (block < r->block)
            high = middle;
        else if (block >= r->block + r->count)
            low = middle + 1;
        else
            return r->ordinal + (block - r->block);
    }
    return UINT64_MAX;
}

void physmap_mark_holes(const struct physmap_blocks *b, uint64_t block, uint64_t *flags)
{
    if (!b->ram_count)
        return;
    uint64_t begin = block << b->order, end = (block + 1) << b->order;
    size_t low = 0, high = b->ram_count; /* the first range that ends behind `begin` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->ram[middle].end > begin)
            high = middle;
        else
            low = middle + 1;
    }
    for (uint64_t frame = begin; frame < end; low++) {
        uint64_t from = low < b->ram_count ? b->ram[low].begin : end;
        for (; frame < from && frame < end; frame++)
            flags[frame - begin] = KPF(NOPAGE);
        if (low < b->ram_count && b->ram[low].end > frame)
            frame = b->ram[low].end;
    }
}
