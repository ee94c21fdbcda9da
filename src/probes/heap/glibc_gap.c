/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/glibc_gap.h"

#include "base/mem.h"

enum {
    CHAIN = 8,         /* headers in a row that make a chain */
    CHAIN_FOOTERS = 3, /* with a free chunk among them that its footer confirms */
    RESUMED_MAX = 16384,
    SKIP_PAGES = 32768,
};

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

const struct glibc_gap glibc_gap_unknown;

void glibc_gap_guess(struct glibc_walk *w, uint64_t bytes, double share)
{
    double rare = share < 0.5 ? share : 1 - share;
    w->guessed.used += (double)bytes * share;
    w->guessed.free += (double)bytes * (1 - share);
    w->doubtful += 2 * rare * (double)bytes;
}

/* A gap is assumed to be like what lies on both sides of it: memory is swapped out in stretches of one kind. */
void glibc_gap_resolve(struct glibc_walk *w)
{
    struct glibc_mix after = mix_since(w);
    double used = w->pending_before.used + after.used, all = used + w->pending_before.free + after.free;
    if (w->pending)
        glibc_gap_guess(w, w->pending, all > 0 ? used / all : 0.5);
    w->pending = 0;
}

void glibc_gap_neighbourhood(struct glibc_walk *w, uint64_t at)
{
    w->since = mix_now(w);
    w->since_at = at;
}

/* A free chunk at the end of a gap is known by its footer, so the last one in the gap is used: `last` bytes of it can be seen.
 * So is the first, if the chunk before it is free: no two free chunks lie side by side. Of `barren` bytes the pages were read and
 * no chunk begins there: large ones lie across them. */
void glibc_gap_add(struct glibc_walk *w, uint64_t from, uint64_t to, const struct glibc_gap *g)
{
    if (to <= from || w->marking)
        return;
    struct glibc_mix before = mix_since(w);
    uint64_t size = to - from, mean = w->sums->in_use_count ? w->sums->in_use / w->sums->in_use_count : 0;
    uint64_t used = (g->last ? g->last : mean) + (g->first_used ? mean : 0), barren;
    glibc_gap_resolve(w);
    uint64_t look_used = w->sums->in_use + w->sums->fast; /* chunks in fast bins, too */
    used = used < size ? used : size;
    used = look_used ? (uint64_t)((double)used * (double)w->sums->in_use / (double)look_used) : used;
    barren = g->barren < size - used ? g->barren : size - used;
    w->guessed.used += (double)used;
    w->barren += barren;
    w->pending = size - used - barren;
    w->pending_before = before;
    glibc_gap_neighbourhood(w, to);
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

/* At `next`, whose chunk before it is free and `size` long: was all of it counted as other chunks behind a gap? */
bool glibc_gap_go_back(struct glibc_walk *w, uint64_t next, uint64_t size)
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
    glibc_gap_add(w, gap, chunk, &glibc_gap_unknown);
    w->at = chunk;
    w->size = size;
    return true;
}

bool glibc_gap_chain(struct glibc_walk *w, uint64_t chunk, uint64_t limit)
{
    uint64_t at = chunk, before, header, size = 0, top = w->arena.top;
    unsigned headers = 0, footers = 0;
    bool was_free = false, foreign = false;
    for (; headers < CHAIN; headers++) {
        if (headers && (at == top || at == limit))
            return true;
        if (at >= limit || !glibc_header(w, at, &before, &header))
            break;
        uint64_t next_size = header & ~(uint64_t)GLIBC_FLAGS;
        if ((header & GLIBC_NEVER) || next_size < glibc_min_size(w->layout) || next_size > limit - at)
            return headers >= 2 && !(header & GLIBC_NEVER) && glibc_fenceposts(w, at);
        bool used = header & GLIBC_PREV_INUSE; /* the chunk before */
        if (headers && !used && (before != size || was_free))
            return false;
        if (headers && used && foreign) /* used chunks tell whether they are a thread's */
            return false;
        footers += headers && !used;
        was_free = !used;
        foreign = !(header & GLIBC_NON_MAIN_ARENA) != w->arena.main;
        size = next_size;
        at += next_size;
    }
    return headers == CHAIN || (headers >= CHAIN_FOOTERS && footers);
}

/* The next page from `at` on that is present, or `stop`. */
static uint64_t next_present(struct glibc_walk *w, uint64_t at, uint64_t stop, struct glibc_gap *g)
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
uint64_t glibc_gap_search(struct glibc_walk *w, uint64_t from, struct glibc_gap *g)
{
    const unsigned word = w->layout->word;
    const uint64_t stop = glibc_stop(w), page = w->t->page, least = 4 * word;
    g->gone = from;
    while (from < stop) {
        if (!target_view_has(&w->view, from)) {
            uint64_t at = next_present(w, from - from % page, stop, g);
            if (at > from) {
                g->barren += from - g->gone;
                from = g->gone = at;
            }
            if (from >= stop || !target_view_load(&w->view, from, w->low, w->limit))
                return stop;
            if (!target_view_has(&w->view, from)) { /* it went meanwhile */
                from += page - from % page;
                continue;
            }
        }
        uint64_t end = from - from % page + page;
        end = end < stop ? end : stop;
        for (uint64_t at = glibc_chunk_after(w->layout, from); at < end; at += 16) {
            uint64_t header = glibc_load(w->view.data + (at - w->view.start) + word, word),
                     size = header & ~(uint64_t)GLIBC_FLAGS;
            if ((header & GLIBC_NEVER) || size < least || size > w->limit - at)
                continue;
            if (glibc_gap_chain(w, at, w->limit))
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
    if (!glibc_header(w, w->at, &before, &header) || !target_peek(w->peek, w->at + 2 * word, bytes, 2 * word))
        return USE_UNKNOWN;
    if (!(header & GLIBC_PREV_INUSE))
        return USE_USED;
    for (unsigned i = 0; i < 2; i++) { /* the next one's bk, the one's fd before; a bin is laid out as a chunk */
        uint64_t link = glibc_word(w->layout, bytes + i * word);
        if (link % word || !target_find(w->t, link))
            return USE_USED;
        if (target_peek(w->peek, link + (3 - i) * word, back, word))
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
        glibc_count_free(w, w->at, w->size);
    else if (use == USE_USED)
        glibc_count_used(w, w->at, w->size);
    if (use != USE_UNKNOWN) {
        w->at += w->size;
        w->size = 0;
    }
    if (w->in_run)
        glibc_count_run(w, w->at);
    return use;
}

/* Goes on behind what cannot be read. False at the segment's end. */
bool glibc_gap_resume(struct glibc_walk *w, uint64_t from, bool settles)
{
    struct glibc_gap g = {0};
    uint64_t before, header, chunk = glibc_gap_search(w, from, &g);
    if (settles)
        g.first_used = settle(w) == USE_FREE;
    else if (w->in_run)
        glibc_count_run(w, w->at);
    if (chunk >= glibc_stop(w) || !glibc_header(w, chunk, &before, &header)) {
        chunk = glibc_stop(w);
        glibc_gap_add(w, w->at, chunk, &g);
        w->at = chunk; /* top, perhaps */
        w->size = 0;
        return glibc_top_inside(w);
    }
    uint64_t at = chunk, size = header & ~(uint64_t)GLIBC_FLAGS;
    if (!(header & GLIBC_PREV_INUSE) && before >= glibc_min_size(w->layout) && before % 16 == 0 &&
        before <= chunk - w->at && !(before == chunk - w->at && before == w->size)) {
        at = chunk - before; /* the free chunk before it is known by its footer */
        size = before;
        g.barren = before < g.barren ? g.barren - before : 0;
        if (at == w->at + w->size && w->size) {
            glibc_count_used(w, w->at, w->size);
            w->at = at;
        }
    }
    g.last = at > g.gone ? at - g.gone : 0;
    remember(w, w->at, chunk);
    glibc_gap_add(w, w->at, at, &g);
    w->at = at;
    w->size = size;
    return true;
}
