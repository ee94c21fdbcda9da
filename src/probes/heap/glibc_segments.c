/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/glibc_segments.h"

#include "probes/heap/glibc_gap.h"

enum { HEAPS_MAX = 1 << 16, SEGMENTS_MAX = 1 << 20, MAPPED_MIN = 32 << 10 };
static const uint64_t scanned_max = 64ULL << 30;

static uint64_t counted(const struct heap_sums *s)
{
    return s->in_use + s->binned + s->fast + s->top;
}

/* A segment is still to be found. */
static bool incomplete(const struct glibc_walk *w)
{
    return counted(w->sums) + MAPPED_MIN <= w->arena.system_mem;
}

/* Mappings of the program break that follow each other. */
static bool break_of(const struct target *t, uint64_t base, uint64_t *end)
{
    const struct target_map *m = target_find(t, base);
    if (!m || !m->heap)
        return false;
    *end = m->end;
    for (m++; m < t->maps + t->map_count && m->start == *end && m->heap; m++)
        *end = m->end;
    return true;
}

/* The end of the segment that holds top: the top chunk's own. */
static uint64_t limit_of(struct glibc_walk *w, uint64_t start, uint64_t end)
{
    uint8_t bytes[16];
    uint64_t top = w->arena.top;
    if (top < start || top >= end || !target_read_all(w->t, top, bytes, 2 * w->layout->word))
        return end;
    uint64_t size = glibc_word(w->layout, bytes + w->layout->word) & ~7ULL;
    return size >= glibc_min_size(w->layout) && size <= end - top ? top + size : end;
}

static unsigned walk_break(struct glibc_walk *w, uint64_t base)
{
    uint64_t end, at = base;
    unsigned segments = 0;
    bool searched = false;
    if (!break_of(w->t, base, &end))
        return 0;
    w->break_end = end;
    uint64_t first = glibc_chunk_after(w->layout, base), limit = limit_of(w, base, end);
    w->sums->in_use += first - base;
    for (at = first; at < limit && segments < SEGMENTS_MAX; segments++) {
        uint64_t from = at;
        at = glibc_walk_segment(w, at, limit, searched);
        if (at <= from)
            break;
        limit = w->limit > limit ? w->limit : limit;
        searched = true; /* behind fenceposts lies what another caller of sbrk got */
    }
    return segments;
}

/* Where the break could not be moved on, malloc maps 132 KiB to 1 MiB or more at a time. Neighbouring mappings merge, also with those
 * of single large chunks. */
static unsigned walk_mapping(struct glibc_walk *w, uint64_t start, uint64_t end)
{
    const unsigned word = w->layout->word;
    uint64_t page = w->t->page, at = start;
    unsigned segments = 0;
    while (at < end && incomplete(w) && !target_expired(w->t)) {
        uint8_t bytes[16];
        uint64_t chunk = glibc_chunk_after(w->layout, at);
        if (!target_peek(w->peek, chunk, bytes, 2 * word)) {
            at += page;
            continue;
        }
        uint64_t header = glibc_word(w->layout, bytes + word), size = header & ~7ULL,
                 before = glibc_word(w->layout, bytes);
        if ((header & 15) == 2 && size >= page && (size + before) % page == 0 && size <= end - chunk) {
            at = (chunk + size) / page * page; /* a large chunk */
            at = at > chunk ? at : at + page;
            continue;
        }
        uint64_t limit = limit_of(w, at, end);
        bool top = w->arena.top == chunk;
        if ((header & 15) != 1 || (!top && !glibc_gap_chain(w, chunk, limit))) {
            at += page;
            continue;
        }
        w->sums->in_use += chunk - at;
        uint64_t behind = glibc_walk_segment(w, chunk, limit, false);
        segments++;
        at = (behind > chunk ? behind + page - 1 : chunk + page) / page * page;
    }
    return segments;
}

static bool in_heap_of_thread(struct glibc_walk *w, uint64_t address)
{
    struct glibc_heap_info h;
    uint64_t base = address & ~(glibc_heap_span(w->layout) - 1);
    return base == address && glibc_heap_info_read(w->t, w->layout, base, &h) && h.arena > base &&
           h.arena % w->layout->word == 0 && target_find(w->t, h.arena);
}

/* One after the other, so that nothing needs to be kept of them. */
static unsigned walk_mappings(struct glibc_walk *w)
{
    unsigned segments = 0;
    uint64_t scanned = 0;
    for (size_t i = 0; i < w->t->map_count && incomplete(w); i++) {
        const struct target_map m = w->t->maps[i];
        uint64_t size = m.end - m.start;
        if (!m.anonymous || m.heap || m.stack || memcmp(m.permissions, "rw-p", 4) != 0 || size < MAPPED_MIN ||
            in_heap_of_thread(w, m.start))
            continue;
        scanned += size;
        if (scanned > scanned_max)
            break;
        segments += walk_mapping(w, m.start, m.end);
    }
    return segments;
}

static unsigned walk_main(struct glibc_walk *w, uint64_t base)
{
    unsigned segments = walk_break(w, base);
    w->break_end = 0;
    return segments + (incomplete(w) ? walk_mappings(w) : 0);
}

static unsigned walk_thread(struct glibc_walk *w)
{
    const struct glibc_layout *l = w->layout;
    uint64_t first = w->arena.address & ~(glibc_heap_span(l) - 1), base = w->arena.top & ~(glibc_heap_span(l) - 1);
    unsigned heaps = 0;
    struct glibc_heap_info h;
    w->break_end = 0;
    while (heaps < HEAPS_MAX && !target_expired(w->t) && glibc_heap_info_read(w->t, l, base, &h) &&
           h.arena == w->arena.address) {
        uint64_t start = base == first ? glibc_chunk_after(l, w->arena.address + l->size)
                                       : base + (w->arena.address - first); /* behind its heap_info, as in the first */
        if (start - base < h.size) {
            w->sums->in_use += start - base;
            heaps++;
            glibc_walk_segment(w, start, base + h.size, false);
        }
        if (base == first || !h.previous)
            break;
        base = h.previous;
    }
    return heaps;
}

/* The addresses between which the arena lies. */
static void range_of(struct glibc_walk *w, uint64_t sbrk_base)
{
    const struct glibc_layout *l = w->layout;
    uint64_t span = glibc_heap_span(l), base = w->arena.top & ~(span - 1), end = 0;
    struct glibc_heap_info h;
    if (w->arena.main) {
        bool whole = break_of(w->t, sbrk_base, &end) && w->arena.system_mem <= end - sbrk_base;
        w->fast->low = whole ? sbrk_base : w->t->maps[0].start;
        w->fast->high = whole ? end : 1ULL << 47; /* also mappings anywhere */
        return;
    }
    w->fast->low = base;
    w->fast->high = base + span;
    for (unsigned i = 0; i < HEAPS_MAX && glibc_heap_info_read(w->t, l, base, &h) && h.previous; i++) {
        base = h.previous;
        w->fast->low = base < w->fast->low ? base : w->fast->low;
        w->fast->high = base + span > w->fast->high ? base + span : w->fast->high;
    }
}

static unsigned walk(struct glibc_walk *w, const struct glibc_parameters *p)
{
    return w->arena.main ? walk_main(w, p->sbrk_base) : walk_thread(w);
}

unsigned glibc_walk_arena(struct glibc_walk *w, const struct glibc_parameters *p)
{
    struct glibc_fast *f = w->fast;
    range_of(w, p->sbrk_base);
    uint64_t span = f->high - f->low;
    if (span / 2 > w->arena.system_mem)
        span = w->arena.system_mem;
    if (!glibc_fast_follow(f, w->layout, &w->arena, span, w->peek)) {
        struct heap_sums *sums = w->sums, ignored = {0};
        w->sums = &ignored;
        w->marking = true;
        walk(w, p);
        w->marking = false;
        w->sums = sums;
        w->torn = 0;
        target_peek_forget(w->peek);
    }
    w->guessed = w->big = (struct glibc_mix){0};
    w->barren = 0;
    w->doubtful = 0;
    unsigned segments = walk(w, p);
    if (w->barren) {
        double all = w->big.used + w->big.free;
        glibc_gap_guess(w, w->barren, all > 0 ? w->big.used / all : 0.5);
    }
    return segments;
}
