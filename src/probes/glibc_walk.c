/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chunk is its size with three flags in a word, behind a word that repeats the size of the chunk before it if that is free.
 * So each step reads the next chunk's header, which tells of this one whether it is used. */
#include "probes/glibc_walk.h"

#include <stdlib.h>

#include "base/mem.h"

enum {
    PREV_INUSE = 1,
    IS_MMAPPED = 2,
    NON_MAIN_ARENA = 4,
    FLAGS = 7,
    NEVER = 8 | IS_MMAPPED, /* sizes are multiples of 16, and mapped chunks lie in no heap */

    RETRIES = 3,
    REFRESHES = 200,
    CHAIN = 8,         /* headers in a row that make a chain */
    CHAIN_FOOTERS = 3, /* with a free chunk among them that its footer confirms */
    RESUMED_MAX = 16384,
    NEIGHBOURHOOD = 128 << 10,
    SKIP_PAGES = 32768,
};

void glibc_walk_open(struct glibc_walk *w, struct target *t, const struct glibc_found *found)
{
    *w = (struct glibc_walk){.t = t, .layout = found->layout};
    w->trim_unit = found->parameters.huge_page ? found->parameters.huge_page : t->page;
    glibc_view_open(&w->view, t);
}

void glibc_walk_close(struct glibc_walk *w)
{
    glibc_view_close(&w->view);
    free(w->resumed);
    w->resumed = NULL;
}

static void class_add(uint64_t bytes[], uint64_t counts[], uint64_t size, uint64_t count)
{
    unsigned class = heap_class(size);
    bytes[class] += size * count;
    counts[class] += count;
}

void glibc_walk_sizes(struct glibc_walk *w)
{
    for (unsigned i = 0; i < SIZES_SMALL; i++) {
        class_add(w->heap->used_sizes, w->heap->used_counts, i * 16ULL, w->small_used[i]);
        class_add(w->heap->free_sizes, w->heap->free_counts, i * 16ULL, w->small_free[i]);
    }
    memset(w->small_used, 0, sizeof w->small_used);
    memset(w->small_free, 0, sizeof w->small_free);
}

static bool top_inside(const struct glibc_walk *w)
{
    return w->arena.top >= w->low && w->arena.top < w->limit;
}

/* What the walk must not step over. */
static uint64_t stop_of(const struct glibc_walk *w)
{
    return top_inside(w) ? w->arena.top : w->limit;
}

static void close_run(struct glibc_walk *w, uint64_t end)
{
    const struct glibc_view *v = &w->view;
    w->in_run = false;
    if (v->whole && w->run >= v->start && end <= v->end && end - w->run < w->t->page)
        w->sums->pinned += end - w->run; /* nearly always */
    else
        glibc_trim_run(&w->view, w->layout->word, w->run, end, w->sums);
}

/* ---- Chunks that only look used ---- */

static bool link_at(struct glibc_walk *w, uint64_t place, uint64_t *stored)
{
    uint8_t bytes[8];
    const struct glibc_view *v = &w->view;
    if (glibc_view_has(v, place) && place + w->layout->word <= v->end)
        *stored = glibc_word(w->layout, v->data + (place - v->start));
    else if (glibc_peek(w->peek, place, bytes, w->layout->word))
        *stored = glibc_word(w->layout, bytes);
    else
        return false;
    return true;
}

static bool is_fast(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    struct glibc_fast *f = w->fast;
    uint64_t place = chunk + 2 * w->layout->word, stored, header;
    uint8_t bytes[8];
    bool marked = glibc_fast_bit(f, chunk);
    if (!marked && !f->searched)
        return false;
    if (!link_at(w, place, &stored))
        return marked;
    uint64_t next = glibc_link(f, place, stored);
    if (next == 0)
        return marked; /* the last in a thread's cache looks the same */
    if (!glibc_fast_inside(f, w->layout, next) || !glibc_fast_bit(f, next))
        return false;
    if (marked)
        return true;
    /* What would point to it is not resident, or it is new in its list: then where it points to must be of its kind. */
    if (!target_find(w->t, next))
        return false;
    if (!f->lookups)
        return f->mangled;
    f->lookups--;
    if (!glibc_peek(w->peek, next + w->layout->word, bytes, w->layout->word))
        return f->mangled;
    header = glibc_word(w->layout, bytes);
    return (header & ~(uint64_t)FLAGS) == size;
}

/* Marks what the chunk would lead to if it were in a fast bin. */
static void mark(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    const struct glibc_view *v = &w->view;
    uint64_t place = chunk + 2 * w->layout->word, stored;
    if (!link_at(w, place, &stored))
        return;
    uint64_t next = glibc_link(w->fast, place, stored);
    if (!glibc_fast_inside(w->fast, w->layout, next))
        return;
    if (glibc_view_has(v, next) &&
        (glibc_word(w->layout, v->data + (next - v->start) + w->layout->word) & ~(uint64_t)FLAGS) != size)
        return;
    glibc_fast_mark(w->fast, next);
}

/* ---- One chunk ---- */

static void large_used(struct glibc_walk *w, uint64_t size)
{
    class_add(w->heap->used_sizes, w->heap->used_counts, size, 1);
    if (size > 4 * w->t->page)
        w->big.used += (double)(size - 4 * w->t->page);
}

static void large_free(struct glibc_walk *w, uint64_t size)
{
    class_add(w->heap->free_sizes, w->heap->free_counts, size, 1);
    if (size > w->sums->largest_free)
        w->sums->largest_free = size;
    if (size > 4 * w->t->page)
        w->big.free += (double)(size - 4 * w->t->page);
}

static void try_cache(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    const struct glibc_view *v = &w->view;
    bool inside = v->whole && chunk >= v->start && chunk + size + w->layout->word <= v->end;
    glibc_cache_try(w->caches, chunk, size, inside ? v->data + (chunk - v->start) + 2 * w->layout->word : NULL);
}

static void add_fast(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    if (!w->in_run) {
        w->in_run = true;
        w->run = chunk;
    }
    w->sums->fast += size;
    w->sums->fast_count++;
    w->small_free[size >> 4]++;
}

/* The same for one chunk as the loop over a block does for many. */
static void add_used(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    if (w->marking) {
        if (size <= w->fast->most)
            mark(w, chunk, size);
        w->sums->in_use += size;
        return;
    }
    if (w->fast->mask && size <= w->fast->most && is_fast(w, chunk, size)) {
        add_fast(w, chunk, size);
        return;
    }
    if (w->in_run)
        close_run(w, chunk);
    w->sums->in_use += size;
    w->sums->in_use_count++;
    if (glibc_cache_size(w->layout, size))
        try_cache(w, chunk, size);
    if (size < SIZES_SMALL * 16)
        w->small_used[size >> 4]++;
    else
        large_used(w, size);
}

static void add_free(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    w->sums->binned += size;
    if (w->marking)
        return;
    if (!w->in_run) {
        w->in_run = true;
        w->run = chunk;
    }
    w->sums->binned_count++;
    if (size < SIZES_SMALL * 16) {
        w->small_free[size >> 4]++;
        if (size > w->sums->largest_free)
            w->sums->largest_free = size;
    } else {
        large_free(w, size);
    }
}

/* Fenceposts, and what others put between segments: glibc counts it as used. */
static void add_overhead(struct glibc_walk *w, uint64_t bytes)
{
    w->sums->in_use += bytes;
}

/* ---- The chunks of one block ---- */

enum stop {
    STOP_END,    /* of the block, or of what may be walked */
    STOP_ABSENT, /* the next header's page is not there */
    STOP_ODD,    /* what is there is no header */
    STOP_FOOTER, /* the chunk before it is free, of another size */
};

static inline __attribute__((always_inline)) uint64_t load(const uint8_t *at, unsigned word)
{
    uint64_t eight;
    uint32_t four;
    if (word == 4) {
        memcpy(&four, at, sizeof four);
        return four;
    }
    memcpy(&eight, at, sizeof eight);
    return eight;
}

/* The hot loop: some thirty million rounds for a gigabyte of small chunks. `word` and `marking` are constants. */
static inline __attribute__((always_inline)) enum stop step(struct glibc_walk *w, const unsigned word,
                                                            const bool marking)
{
    const struct glibc_view *v = &w->view;
    const uint8_t *data = v->data;
    const bool whole = v->whole;
    const uint64_t start = v->start, limit = w->limit, least = 4 * word;
    const uint64_t fast_most = w->fast->mask ? w->fast->most : 0;
    const uint64_t stop = stop_of(w) < v->end ? stop_of(w) : v->end;
    const uint64_t cache_old = word == 8 ? 0x290 : 0x190, cache_new = word == 8 ? 0x300 : 0x1d0;
    uint64_t at = w->at, size = w->size, used = 0, used_count = 0;
    enum stop why = STOP_END;
    for (;;) {
        uint64_t next = at + size;
        if (next >= stop)
            break;
        if (!whole && !glibc_view_has(v, next)) {
            why = STOP_ABSENT;
            break;
        }
        const uint8_t *head = data + (next - start);
        uint64_t header = load(head + word, word), next_size = header & ~(uint64_t)FLAGS;
        if (__builtin_expect((header & NEVER) || next_size < least || next_size > limit - next, 0)) {
            why = STOP_ODD;
            break;
        }
        if (header & PREV_INUSE) {
            if (marking) {
                if (size <= fast_most)
                    mark(w, at, size);
                used += size;
            } else if (size <= fast_most && is_fast(w, at, size)) {
                add_fast(w, at, size);
            } else {
                if (w->in_run)
                    close_run(w, at);
                used += size;
                used_count++;
                if (__builtin_expect(size == cache_old || size == cache_new, 0))
                    try_cache(w, at, size);
                if (size < SIZES_SMALL * 16)
                    w->small_used[size >> 4]++;
                else
                    large_used(w, size);
            }
        } else {
            if (__builtin_expect(load(head, word) != size, 0)) {
                why = STOP_FOOTER;
                break;
            }
            add_free(w, at, size);
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

/* ---- Gaps ---- */

static struct glibc_mix mix_now(const struct glibc_walk *w)
{
    const struct heap_sums *s = w->sums;
    return (struct glibc_mix){(double)s->in_use - w->big.used, (double)(s->binned + s->fast) - w->big.free};
}

static struct glibc_mix mix_since(const struct glibc_walk *w)
{
    struct glibc_mix now = mix_now(w);
    return (struct glibc_mix){now.used - w->since.used, now.free - w->since.free};
}

/* What is known of a gap. */
struct gap {
    bool swapped;    /* a page of it is */
    bool first_used; /* its first chunk */
    uint64_t gone;   /* the end of its last page that is not there */
    uint64_t barren, last;
};
static const struct gap no_gap;

void glibc_walk_guess(struct glibc_walk *w, uint64_t bytes, double share)
{
    double rare = share < 0.5 ? share : 1 - share;
    w->guessed.used += (double)bytes * share;
    w->guessed.free += (double)bytes * (1 - share);
    w->doubtful += 2 * rare * (double)bytes;
}

/* A gap is taken to be made like what lies on both sides of it: memory is swapped out in stretches of one kind. */
static void resolve(struct glibc_walk *w)
{
    struct glibc_mix after = mix_since(w);
    double used = w->pending_before.used + after.used, all = used + w->pending_before.free + after.free;
    if (w->pending)
        glibc_walk_guess(w, w->pending, all > 0 ? used / all : 0.5);
    w->pending = 0;
}

static void neighbourhood(struct glibc_walk *w, uint64_t at)
{
    w->since = mix_now(w);
    w->since_at = at;
}

/* A free chunk at the end of a gap is known by its footer, so the last one in the gap is used: `last` bytes of it can be seen.
 * So is the first, if the chunk before it is free: no two free chunks lie side by side. Of `barren` bytes the pages were read and
 * no chunk begins there: large ones lie across them. */
static void add_gap(struct glibc_walk *w, uint64_t from, uint64_t to, const struct gap *g)
{
    if (to <= from || w->marking)
        return;
    struct glibc_mix before = mix_since(w);
    uint64_t size = to - from, mean = w->sums->in_use_count ? w->sums->in_use / w->sums->in_use_count : 0;
    uint64_t used = (g->last ? g->last : mean) + (g->first_used ? mean : 0), barren;
    resolve(w);
    uint64_t look_used = w->sums->in_use + w->sums->fast; /* chunks in fast bins, too */
    used = used < size ? used : size;
    used = look_used ? (uint64_t)((double)used * (double)w->sums->in_use / (double)look_used) : used;
    barren = g->barren < size - used ? g->barren : size - used;
    w->guessed.used += (double)used;
    w->barren += barren;
    w->pending = size - used - barren;
    w->pending_before = before;
    neighbourhood(w, to);
}

static void remember(struct glibc_walk *w, uint64_t gap, uint64_t at)
{
    if (w->marking)
        return;
    if (w->resumed_count == RESUMED_MAX) {
        w->resumed_count /= 2;
        memmove(w->resumed, w->resumed + w->resumed_count, w->resumed_count * sizeof *w->resumed);
    }
    if (w->resumed_count == w->resumed_room) {
        w->resumed_room = w->resumed_room ? w->resumed_room * 2 : 16;
        w->resumed = mem_resize(w->resumed, w->resumed_room, sizeof *w->resumed);
    }
    w->resumed[w->resumed_count++] = (struct glibc_resumed){.gap = gap,
                                                            .at = at,
                                                            .sums = *w->sums,
                                                            .guessed = w->guessed,
                                                            .since = w->since,
                                                            .barren = w->barren,
                                                            .doubtful = w->doubtful};
}

/* At `next`, whose chunk before it is free and `size` long: was all of it taken for other chunks behind a gap? */
static bool go_back(struct glibc_walk *w, uint64_t next, uint64_t size)
{
    if (size > next - w->low || size % 16)
        return false;
    uint64_t chunk = next - size;
    size_t k = w->resumed_count;
    while (k && w->resumed[k - 1].at > chunk)
        k--;
    if (k == w->resumed_count || chunk < w->resumed[k].gap)
        return false;
    const struct glibc_resumed *r = &w->resumed[k];
    uint64_t gap = r->gap;
    *w->sums = r->sums;
    w->guessed = r->guessed;
    w->since = r->since;
    w->barren = r->barren;
    w->doubtful = r->doubtful;
    w->pending = 0;
    w->in_run = false;
    w->resumed_count = k;
    add_gap(w, gap, chunk, &no_gap);
    w->at = chunk;
    w->size = size;
    return true;
}

static bool header_at(struct glibc_walk *w, uint64_t chunk, uint64_t *before, uint64_t *header)
{
    uint8_t bytes[16];
    const struct glibc_view *v = &w->view;
    const uint8_t *at = bytes;
    if (glibc_view_has(v, chunk) && chunk + 16 <= v->end)
        at = v->data + (chunk - v->start);
    else if (!glibc_peek(w->peek, chunk, bytes, 2 * w->layout->word))
        return false;
    *before = glibc_word(w->layout, at);
    *header = glibc_word(w->layout, at + w->layout->word);
    return true;
}

/* Fenceposts are smaller than any chunk: in a thread's heap one of 2 words and one of none at its end, in the main arena two of
 * 2 words. Returns how many bytes they take, or 0. */
static uint64_t fenceposts(struct glibc_walk *w, uint64_t at)
{
    uint64_t before, first, second, two = 2 * w->layout->word;
    if (!header_at(w, at, &before, &first))
        return 0;
    if (!w->arena.main && (first & ~(uint64_t)NON_MAIN_ARENA) == PREV_INUSE && w->limit - at <= 8 * w->layout->word)
        return w->limit - at;
    if ((first & ~(uint64_t)(FLAGS & ~IS_MMAPPED)) != two || w->limit - at < 2 * two ||
        !header_at(w, at + two, &before, &second))
        return 0;
    if (w->arena.main && second == (two | PREV_INUSE)) {
        /* where the old top was just too large to vanish, a third */
        bool third = w->limit - at >= 3 * two && header_at(w, at + 2 * two, &before, &first) && first == second;
        return third ? 3 * two : 2 * two;
    }
    if (w->arena.main)
        return 0;
    return second == PREV_INUSE && w->limit - at <= 8 * w->layout->word ? w->limit - at : 0;
}

bool glibc_walk_plausible(struct glibc_walk *w, uint64_t chunk, uint64_t limit)
{
    uint64_t at = chunk, before, header, size = 0, top = w->arena.top;
    unsigned headers = 0, footers = 0;
    bool was_free = false, foreign = false;
    for (; headers < CHAIN; headers++) {
        if (headers && (at == top || at == limit))
            return true;
        if (at >= limit || !header_at(w, at, &before, &header))
            break;
        uint64_t next_size = header & ~(uint64_t)FLAGS;
        if ((header & NEVER) || next_size < glibc_min_size(w->layout) || next_size > limit - at)
            return headers >= 2 && !(header & NEVER) && fenceposts(w, at);
        bool used = header & PREV_INUSE; /* the chunk before */
        if (headers && !used && (before != size || was_free))
            return false;
        if (headers && used && foreign) /* used chunks tell whether they are a thread's */
            return false;
        footers += headers && !used;
        was_free = !used;
        foreign = !(header & NON_MAIN_ARENA) != w->arena.main;
        size = next_size;
        at += next_size;
    }
    return headers == CHAIN || (headers >= CHAIN_FOOTERS && footers);
}

/* The next page from `at` on that is present, or `stop`. */
static uint64_t next_present(struct glibc_walk *w, uint64_t at, uint64_t stop, struct gap *g)
{
    uint8_t present[512], gone[512];
    const size_t most = sizeof present * 8;
    while (at < stop) {
        uint64_t left = (stop - at + w->t->page - 1) / w->t->page, there, out;
        size_t pages = left < most ? (size_t)left : most;
        if (left > SKIP_PAGES) { /* far to go: by numbers first */
            if (!target_count(w->t, at, SKIP_PAGES, &there, &out))
                return stop;
            if (!there) {
                g->swapped |= out > 0;
                at += SKIP_PAGES * w->t->page;
                continue;
            }
        }
        if (!target_present(w->t, at, pages, present, gone))
            return stop;
        for (size_t i = 0; i < pages; i++, at += w->t->page) {
            if (present[i >> 3] >> (i & 7) & 1)
                return at;
            g->swapped |= gone[i >> 3] >> (i & 7) & 1;
        }
    }
    return stop;
}

/* The first place from `from` on where a chain of chunks begins; top and the segment's end are such places. */
static uint64_t search(struct glibc_walk *w, uint64_t from, struct gap *g)
{
    const unsigned word = w->layout->word;
    const uint64_t stop = stop_of(w), page = w->t->page, least = 4 * word;
    g->gone = from;
    while (from < stop) {
        if (!glibc_view_has(&w->view, from)) {
            uint64_t at = next_present(w, from - from % page, stop, g);
            if (at > from) {
                g->barren += from - g->gone;
                from = g->gone = at;
            }
            if (from >= stop || !glibc_view_load(&w->view, from, w->low, w->limit))
                return stop;
            if (!glibc_view_has(&w->view, from)) { /* it went meanwhile */
                from += page - from % page;
                continue;
            }
        }
        uint64_t end = from - from % page + page;
        end = end < stop ? end : stop;
        for (uint64_t at = glibc_chunk_after(w->layout, from); at < end; at += 16) {
            uint64_t header = load(w->view.data + (at - w->view.start) + word, word), size = header & ~(uint64_t)FLAGS;
            if ((header & NEVER) || size < least || size > w->limit - at)
                continue;
            if (glibc_walk_plausible(w, at, w->limit))
                return at;
        }
        from = end;
    }
    return stop;
}

/* Whether the chunk under way is free, where the next one's header cannot tell. It is used behind a free one; a free chunk's
 * neighbours in its list point back at it. */
enum use { USE_UNKNOWN, USE_USED, USE_FREE };
static enum use use_of(struct glibc_walk *w)
{
    const unsigned word = w->layout->word;
    uint8_t bytes[16], back[8];
    uint64_t before, header;
    enum use use = USE_UNKNOWN;
    if (!header_at(w, w->at, &before, &header) || !glibc_peek(w->peek, w->at + 2 * word, bytes, 2 * word))
        return USE_UNKNOWN;
    if (!(header & PREV_INUSE))
        return USE_USED;
    for (unsigned i = 0; i < 2; i++) { /* the next one's bk, the one's fd before; a bin is laid out as a chunk */
        uint64_t link = glibc_word(w->layout, bytes + i * word);
        if (link % word || !target_find(w->t, link))
            return USE_USED;
        if (glibc_peek(w->peek, link + (3 - i) * word, back, word))
            use = glibc_word(w->layout, back) == w->at ? USE_FREE : USE_USED;
        if (use == USE_USED)
            return use;
    }
    return use;
}

/* Counts the chunk under way, if it can be told what it is. */
static enum use settle(struct glibc_walk *w)
{
    enum use use = w->size ? use_of(w) : USE_UNKNOWN;
    if (use == USE_FREE)
        add_free(w, w->at, w->size);
    else if (use == USE_USED)
        add_used(w, w->at, w->size);
    if (use != USE_UNKNOWN) {
        w->at += w->size;
        w->size = 0;
    }
    if (w->in_run)
        close_run(w, w->at);
    return use;
}

/* Goes on behind what cannot be read. False at the segment's end. */
static bool resume(struct glibc_walk *w, uint64_t from, bool settles)
{
    struct gap g = {0};
    uint64_t before, header, chunk = search(w, from, &g);
    if (settles)
        g.first_used = settle(w) == USE_FREE;
    else if (w->in_run)
        close_run(w, w->at);
    if (chunk >= stop_of(w) || !header_at(w, chunk, &before, &header)) {
        chunk = stop_of(w);
        add_gap(w, w->at, chunk, &g);
        w->at = chunk; /* top, perhaps */
        w->size = 0;
        return top_inside(w);
    }
    uint64_t at = chunk, size = header & ~(uint64_t)FLAGS;
    if (!(header & PREV_INUSE) && before >= glibc_min_size(w->layout) && before % 16 == 0 && before <= chunk - w->at &&
        !(before == chunk - w->at && before == w->size)) {
        at = chunk - before; /* the free chunk before it is known by its footer */
        size = before;
        g.barren = before < g.barren ? g.barren - before : 0;
        if (at == w->at + w->size && w->size) {
            add_used(w, w->at, w->size);
            w->at = at;
        }
    }
    g.last = at > g.gone ? at - g.gone : 0;
    remember(w, w->at, chunk);
    add_gap(w, w->at, at, &g);
    w->at = at;
    w->size = size;
    return true;
}

/* ---- A segment ---- */

/* The target goes on while it is read: reads both headers anew. True if the walk can go on from there. */
static bool look_again(struct glibc_walk *w)
{
    uint8_t bytes[16];
    const unsigned word = w->layout->word;
    w->torn++;
    glibc_peek_forget(w->peek);
    if (w->retries++ >= RETRIES || !target_read_all(w->t, w->at, bytes, 2 * word))
        return false;
    uint64_t header = glibc_word(w->layout, bytes + word), size = header & ~(uint64_t)FLAGS;
    if ((header & NEVER) || size < 4 * word || size > w->limit - w->at)
        return false;
    w->size = size;
    return w->at + size >= stop_of(w) || glibc_view_load(&w->view, w->at + size, w->low, w->limit);
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
    uint64_t size = glibc_word(w->layout, bytes + w->layout->word) & ~(uint64_t)FLAGS;
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
        glibc_peek_forget(w->peek);
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
        close_run(w, w->at + w->size < end ? w->at + w->size : end);
    resolve(w);
    w->resumed_count = 0;
    return end;
}

static bool begin(struct glibc_walk *w, uint64_t start, bool searched)
{
    uint64_t before, header, at = start;
    struct gap g = {0};
    w->at = start;
    w->size = 0;
    w->in_run = false;
    w->retries = 0;
    w->pending = 0;
    w->resumed_count = 0;
    neighbourhood(w, start);
    if (start >= stop_of(w))
        return top_inside(w);
    glibc_view_load(&w->view, start, w->low, w->limit);
    bool good = !searched && header_at(w, start, &before, &header) && !(header & NEVER) &&
                (header & ~(uint64_t)FLAGS) >= glibc_min_size(w->layout) &&
                (header & ~(uint64_t)FLAGS) <= w->limit - start;
    if (!good) {
        at = search(w, start, &g);
        if (at >= stop_of(w) && !top_inside(w))
            return false;
        if (searched && !g.swapped)
            add_overhead(w, at - start); /* all of it was seen, and is no chunk */
        else
            add_gap(w, start, at, &g);
        w->at = at;
        if (at >= stop_of(w))
            return true;
        if (!header_at(w, at, &before, &header))
            return false;
    }
    w->size = header & ~(uint64_t)FLAGS;
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
        if (why == STOP_END && next < stop_of(w)) {
            if (w->view.start - w->since_at > NEIGHBOURHOOD && next > w->since_at + NEIGHBOURHOOD) {
                resolve(w);
                neighbourhood(w, next);
            }
            if (!glibc_view_load(&w->view, next, w->low, w->limit)) {
                add_gap(w, w->at, w->limit, &no_gap); /* past the deadline, or gone */
                return finish(w, w->limit);
            }
        } else if (why == STOP_END && top_inside(w)) {
            if (refreshes++ < REFRESHES && refresh(w))
                continue;
            if (w->size)
                add_used(w, w->at, w->size);
            finish_top(w, next);
            return finish(w, w->limit);
        } else if (why == STOP_END) {
            if (refreshes++ < REFRESHES && refresh(w) && top_inside(w))
                continue;
            if (w->size)
                add_used(w, w->at, w->size);
            return finish(w, w->limit);
        } else if (why == STOP_ODD && (posts = fenceposts(w, next))) {
            uint64_t before = 0, header = PREV_INUSE;
            header_at(w, next, &before, &header);
            if (header & PREV_INUSE)
                add_used(w, w->at, w->size);
            else
                add_free(w, w->at, w->size);
            if (w->in_run)
                close_run(w, next);
            add_overhead(w, posts);
            w->at = next;
            w->size = posts;
            return finish(w, next + posts);
        } else if (why == STOP_ABSENT) {
            if (!resume(w, next - next % w->t->page + w->t->page, true))
                return finish(w, w->limit);
        } else {
            uint64_t before = 0, header = 0;
            if (why == STOP_FOOTER && header_at(w, next, &before, &header) && go_back(w, next, before))
                continue;
            if (look_again(w))
                continue;
            if (!resume(w, w->at + 16, false))
                return finish(w, w->limit);
        }
    }
}
