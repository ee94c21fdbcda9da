/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chunk is its size with three flags in a word, behind a word that repeats the size of the chunk before it if that is free.
 * So each step reads the next chunk's header, which tells of this one whether it is used. */
#include "probes/heap/glibc_walk.h"

#include "probes/heap/glibc_gap.h"
#include "probes/heap/glibc_trim.h"

enum {
    RETRIES = 3,
    REFRESHES = 200,
    NEIGHBOURHOOD = 128 << 10,
};

/* ---- The chunks of one block ---- */

enum stop {
    STOP_END,    /* of the block, or of what may be walked */
    STOP_ABSENT, /* the next header's page is not there */
    STOP_ODD,    /* what is there is no header */
    STOP_FOOTER, /* the chunk before it is free, of another size */
};

/* The hot loop: some thirty million rounds for a gigabyte of small chunks. `word` and `marking` are constants. */
static inline __attribute__((always_inline)) enum stop step(struct glibc_walk *w, const unsigned word,
                                                            const bool marking)
{
    const struct target_view *v = &w->view;
    const uint8_t *data = v->data;
    const bool whole = v->whole;
    const uint64_t start = v->start, limit = w->limit, least = 4 * word;
    const uint64_t fast_most = w->fast->mask ? w->fast->most : 0;
    const uint64_t stop = glibc_stop(w) < v->end ? glibc_stop(w) : v->end;
    const uint64_t cache_old = word == 8 ? 0x290 : 0x190, cache_new = word == 8 ? 0x300 : 0x1d0;
    /* Size 0 is no chunk yet: the walk stood at the top, which has moved on since. */
    uint64_t at = w->at, size = w->size, used = 0, used_count = 0;
    enum stop why = STOP_END;
    for (;;) {
        uint64_t next = at + size;
        if (next >= stop)
            break;
        if (!whole && !target_view_has(v, next)) {
            why = STOP_ABSENT;
            break;
        }
        const uint8_t *head = data + (next - start);
        uint64_t header = glibc_load(head + word, word), next_size = header & ~(uint64_t)GLIBC_FLAGS;
        if (__builtin_expect((header & GLIBC_NEVER) || next_size < least || next_size > limit - next, 0)) {
            why = STOP_ODD;
            break;
        }
        if (header & GLIBC_PREV_INUSE) {
            if (marking) {
                if (size - 1 < fast_most)
                    glibc_count_mark(w, at, size);
                used += size;
            } else if (size - 1 < fast_most && glibc_count_is_fast(w, at, size)) {
                glibc_count_fast(w, at, size);
            } else {
                if (w->in_run)
                    glibc_count_run(w, at);
                used += size;
                used_count += size != 0;
                if (__builtin_expect(size == cache_old || size == cache_new, 0))
                    glibc_count_cache(w, at, size);
                if (size < SIZES_SMALL * 16)
                    w->small_used[size >> 4]++;
                else
                    glibc_count_large(w, size);
            }
        } else {
            if (__builtin_expect(glibc_load(head, word) != size, 0)) {
                why = STOP_FOOTER;
                break;
            }
            glibc_count_free(w, at, size);
        }
        at = next;
        size = next_size;
    }
    w->at = at;
    w->size = size;
    w->sums->in_use += used;
    w->sums->in_use_count += used_count;
    return why;
}

static enum stop step_block(struct glibc_walk *w)
{
    if (w->layout->word == 8)
        return w->marking ? step(w, 8, true) : step(w, 8, false);
    return w->marking ? step(w, 4, true) : step(w, 4, false);
}

/* ---- A segment ---- */

/* The target goes on while it is read: reads both headers anew. True if the walk can go on from there. */
static bool look_again(struct glibc_walk *w)
{
    uint8_t bytes[16];
    const unsigned word = w->layout->word;
    w->torn++;
    target_peek_forget(w->peek);
    if (w->retries++ >= RETRIES || !target_read_all(w->t, w->at, bytes, 2 * word))
        return false;
    uint64_t header = glibc_word(w->layout, bytes + word), size = header & ~(uint64_t)GLIBC_FLAGS;
    if ((header & GLIBC_NEVER) || size < 4 * word || size > w->limit - w->at)
        return false;
    w->size = size;
    return w->at + size >= glibc_stop(w) || target_view_load(&w->view, w->at + size, w->low, w->limit);
}

/* The segment's end, which moves on while the target allocates. */
static void grow(struct glibc_walk *w)
{
    uint8_t bytes[16];
    struct glibc_heap_info h;
    uint64_t base = w->low & ~(glibc_heap_span(w->layout) - 1), top = w->arena.top;
    if (!w->arena.main) {
        if (glibc_heap_info_read(w->t, w->layout, base, &h) && h.arena == w->arena.address)
            w->limit = base + h.size;
        return;
    }
    if (top < w->low || !target_maps(w->t, NULL) || !target_read_all(w->t, top, bytes, 2 * w->layout->word))
        return;
    const struct target_map *m = target_find(w->t, top);
    uint64_t size = glibc_word(w->layout, bytes + w->layout->word) & ~(uint64_t)GLIBC_FLAGS;
    if (m && m->start <= w->low && size <= m->end - top) {
        w->break_end = m->heap ? m->end : 0;
        w->limit = top + size;
    }
}

/* The arena anew. True if its top chunk has moved. */
static bool refresh(struct glibc_walk *w)
{
    struct glibc_arena now;
    if (!glibc_arena_read(w->t, w->layout, w->arena.address, &now))
        return false;
    bool moved = now.top != w->arena.top;
    now.main = w->arena.main;
    w->arena = now;
    if (moved) {
        target_peek_forget(w->peek);
        grow(w);
    }
    return moved;
}

static void finish_top(struct glibc_walk *w, uint64_t top)
{
    uint64_t from = w->in_run ? w->run : top;
    w->in_run = false;
    if (top >= w->limit)
        return;
    w->sums->top += w->limit - top;
    if (w->marking)
        return;
    glibc_trim_top(&w->view, w->layout->word, from, w->limit, w->arena.main && w->limit == w->break_end, w->trim_unit,
                   w->sums);
}

static uint64_t finish(struct glibc_walk *w, uint64_t end)
{
    if (w->in_run)
        glibc_count_run(w, w->at + w->size < end ? w->at + w->size : end);
    glibc_gap_resolve(w);
    w->resumed_count = 0;
    return end;
}

static bool begin(struct glibc_walk *w, uint64_t start, bool searched)
{
    uint64_t before, header, at = start;
    struct glibc_gap g = glibc_gap_unknown;
    w->at = start;
    w->size = 0;
    w->in_run = false;
    w->retries = 0;
    w->pending = 0;
    w->resumed_count = 0;
    glibc_gap_neighbourhood(w, start);
    if (start >= glibc_stop(w))
        return glibc_top_inside(w);
    target_view_load(&w->view, start, w->low, w->limit);
    bool good = !searched && glibc_header(w, start, &before, &header) && !(header & GLIBC_NEVER) &&
                (header & ~(uint64_t)GLIBC_FLAGS) >= glibc_min_size(w->layout) &&
                (header & ~(uint64_t)GLIBC_FLAGS) <= w->limit - start;
    if (!good) {
        at = glibc_gap_search(w, start, &g);
        if (at >= glibc_stop(w) && !glibc_top_inside(w))
            return false;
        if (searched && !g.swapped)
            glibc_count_overhead(w, at - start); /* all of it was seen, and is no chunk */
        else
            glibc_gap_add(w, start, at, &g);
        w->at = at;
        if (at >= glibc_stop(w))
            return true;
        if (!glibc_header(w, at, &before, &header))
            return false;
    }
    w->size = header & ~(uint64_t)GLIBC_FLAGS;
    return true;
}

uint64_t glibc_walk_segment(struct glibc_walk *w, uint64_t start, uint64_t limit, bool searched)
{
    unsigned refreshes = 0;
    uint64_t stuck_at = 0, posts;
    w->low = start;
    w->limit = limit;
    if (!begin(w, start, searched))
        return finish(w, w->limit);
    for (;;) {
        enum stop why = step_block(w);
        uint64_t next = w->at + w->size;
        if (w->at != stuck_at) {
            stuck_at = w->at;
            w->retries = 0;
        }
        if (why == STOP_END && next < glibc_stop(w)) {
            if (w->view.start - w->since_at > NEIGHBOURHOOD && next > w->since_at + NEIGHBOURHOOD) {
                glibc_gap_resolve(w);
                glibc_gap_neighbourhood(w, next);
            }
            if (!target_view_load(&w->view, next, w->low, w->limit)) {
                glibc_gap_add(w, w->at, w->limit, &glibc_gap_unknown); /* past the deadline, or gone */
                return finish(w, w->limit);
            }
        } else if (why == STOP_END && glibc_top_inside(w)) {
            if (refreshes++ < REFRESHES && refresh(w))
                continue;
            if (w->size)
                glibc_count_used(w, w->at, w->size);
            finish_top(w, next);
            return finish(w, w->limit);
        } else if (why == STOP_END) {
            if (refreshes++ < REFRESHES && refresh(w) && glibc_top_inside(w))
                continue;
            if (w->size)
                glibc_count_used(w, w->at, w->size);
            return finish(w, w->limit);
        } else if (why == STOP_ODD && (posts = glibc_fenceposts(w, next))) {
            uint64_t before = 0, header = GLIBC_PREV_INUSE;
            glibc_header(w, next, &before, &header);
            if (header & GLIBC_PREV_INUSE)
                glibc_count_used(w, w->at, w->size);
            else
                glibc_count_free(w, w->at, w->size);
            if (w->in_run)
                glibc_count_run(w, next);
            glibc_count_overhead(w, posts);
            w->at = next;
            w->size = posts;
            return finish(w, next + posts);
        } else if (why == STOP_ABSENT) {
            if (!glibc_gap_resume(w, next - next % w->t->page + w->t->page, true))
                return finish(w, w->limit);
        } else {
            uint64_t before = 0, header = 0;
            if (why == STOP_FOOTER && glibc_header(w, next, &before, &header) && glibc_gap_go_back(w, next, before))
                continue;
            if (look_again(w))
                continue;
            if (!glibc_gap_resume(w, w->at + 16, false))
                return finish(w, w->limit);
        }
    }
}
