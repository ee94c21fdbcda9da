/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One look at a heap: finds the arenas, follows the fast bins, walks every segment, and tells how much of the arenas' memory
 * that covered and whether it held still meanwhile. */
#include "probes/heap/glibc_heap.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "probes/heap/glibc_count.h"
#include "probes/heap/glibc_segments.h"

enum { ATTEMPTS = 3, SECONDS_MAX = 30 };
/* Of the bytes of gaps that could be either, half may be guessed wrong: that shall be within 2 % of what is in use. */
static const double measured_least = 0.99, estimate_least = 0.90, drift_most = 0.005, doubtful_most = 0.03;
static const uint64_t little = 1 << 20; /* arenas that hold less explain no large process */

/* What one attempt saw. */
struct look {
    struct target *t;
    struct malloc_heap *h;
    struct glibc_found found;
    struct target_peek peek;
    struct glibc_fast fast;
    struct glibc_caches caches;
    struct heap_sums *cached; /* one an arena: what threads' caches hold of it */
    uint64_t torn;
    double doubtful; /* bytes of gaps that could be used or free */
};

static uint64_t walked(const struct heap_sums *s)
{
    return s->in_use + s->binned + s->fast + s->top;
}

static void walk_arena(struct look *k, struct glibc_walk *w, size_t i, struct heap_arena *out)
{
    struct glibc_arena now;
    w->arena = k->found.arenas[i];
    w->sums = &out->sums;
    w->guessed = (struct glibc_mix){0};
    w->doubtful = 0;
    out->address = w->arena.address;
    out->main = i == 0;
    out->number = (unsigned)i;
    if (!w->arena.initialised || !w->arena.system_mem)
        return;
    /* it may have grown since it was found */
    if (glibc_arena_read(k->t, w->layout, w->arena.address, &now) && now.initialised) {
        now.main = out->main;
        w->arena = now;
    }
    out->heaps = glibc_walk_arena(w, &k->found.parameters);
    if (glibc_arena_read(k->t, w->layout, w->arena.address, &now))
        w->arena.system_mem = now.system_mem;
    out->sums.system = w->arena.system_mem;
}

static double scaled(uint64_t n, double factor)
{
    return (double)n * factor;
}

/* What was not walked: where it lay between what was, it is assumed to be like that, the rest like the whole. */
static void fill_gaps(struct heap_sums *s, const struct glibc_mix *guessed)
{
    uint64_t seen = walked(s);
    double missing = s->system > seen ? (double)(s->system - seen) : 0, used = guessed->used, unused = guessed->free;
    s->walked = seen < s->system ? seen : s->system;
    double rest = missing - used - unused;
    if (rest < 0 && used + unused > 0) {
        double share = used / (used + unused);
        used = missing * share;
        unused = missing - used;
    } else if (rest > 0) {
        double share = walked(s) > s->top ? (double)s->in_use / (double)(walked(s) - s->top) : 1;
        used += rest * share;
        unused += rest * (1 - share);
    }
    double used_before = (double)s->in_use, free_before = (double)(s->binned + s->fast);
    if (used_before > 0)
        s->in_use_count = (uint64_t)scaled(s->in_use_count, 1 + used / used_before);
    s->in_use += (uint64_t)used;
    s->absent += (uint64_t)unused; /* gaps are where pages are not resident */
    if (free_before > 0) {
        double factor = 1 + unused / free_before;
        s->binned = (uint64_t)scaled(s->binned, factor);
        s->binned_count = (uint64_t)scaled(s->binned_count, factor);
        s->fast = (uint64_t)scaled(s->fast, factor);
        s->fast_count = (uint64_t)scaled(s->fast_count, factor);
    } else {
        s->binned += (uint64_t)unused;
    }
}

/* Cached chunks look used: they are free, and stuck. */
static void take_cached(struct heap_sums *s, const struct heap_sums *cached)
{
    s->tcache = cached->tcache < s->in_use ? cached->tcache : s->in_use;
    s->tcache_count = cached->tcache_count < s->in_use_count ? cached->tcache_count : s->in_use_count;
    s->in_use -= s->tcache;
    s->in_use_count -= s->tcache_count;
    s->pinned += s->tcache;
    s->free = s->binned + s->fast + s->tcache + s->top;
}

/* Used chunks by size: those in threads' caches are free. */
static void move_cached_sizes(struct look *k)
{
    struct malloc_heap *h = k->h;
    for (unsigned i = 0; i < HEAP_CLASSES; i++) {
        uint64_t bytes = k->caches.bytes[i] < h->used_sizes[i] ? k->caches.bytes[i] : h->used_sizes[i];
        uint64_t count = k->caches.counts[i] < h->used_counts[i] ? k->caches.counts[i] : h->used_counts[i];
        h->used_sizes[i] -= bytes;
        h->used_counts[i] -= count;
        h->free_sizes[i] += bytes;
        h->free_counts[i] += count;
    }
}

static void scale_sizes(struct malloc_heap *h)
{
    uint64_t used = 0, unused = 0;
    for (unsigned i = 0; i < HEAP_CLASSES; i++) {
        used += h->used_sizes[i];
        unused += h->free_sizes[i];
    }
    double more_used = used ? (double)h->sums.in_use / (double)used : 1;
    double more_free = unused ? (double)(h->sums.free - h->sums.top) / (double)unused : 1;
    for (unsigned i = 0; i < HEAP_CLASSES; i++) {
        h->used_sizes[i] = (uint64_t)scaled(h->used_sizes[i], more_used);
        h->used_counts[i] = (uint64_t)scaled(h->used_counts[i], more_used);
        h->free_sizes[i] = (uint64_t)scaled(h->free_sizes[i], more_free);
        h->free_counts[i] = (uint64_t)scaled(h->free_counts[i], more_free);
    }
}

static void walk_all(struct look *k)
{
    struct malloc_heap *h = k->h;
    struct glibc_walk w;
    target_peek_open(&k->peek, k->t);
    h->arena_count = k->found.count;
    h->arenas = mem_array(h->arena_count, sizeof *h->arenas);
    k->cached = mem_array(h->arena_count, sizeof *k->cached);
    k->caches = (struct glibc_caches){.found = &k->found, .peek = &k->peek, .sums = k->cached};
    glibc_walk_open(&w, k->t, &k->found);
    w.peek = &k->peek;
    w.fast = &k->fast;
    w.caches = &k->caches;
    w.heap = h;
    for (size_t i = 0; i < h->arena_count; i++) {
        walk_arena(k, &w, i, &h->arenas[i]);
        k->doubtful += w.doubtful;
        fill_gaps(&h->arenas[i].sums, &w.guessed);
    }
    glibc_count_sizes(&w);
    k->torn = w.torn;
    for (size_t i = 0; i < h->arena_count; i++) {
        take_cached(&h->arenas[i].sums, &k->cached[i]);
        heap_sums_add(&h->sums, &h->arenas[i].sums);
    }
    move_cached_sizes(k);
    glibc_walk_close(&w);
}

static void look_free(struct look *k)
{
    target_peek_close(&k->peek);
    glibc_fast_free(&k->fast);
    glibc_found_free(&k->found);
    free(k->cached);
    k->cached = NULL;
}

static void unknown(struct malloc_heap *h, const char *why)
{
    h->state = HEAP_UNKNOWN;
    if (why != h->reason)
        snprintf(h->reason, sizeof h->reason, "%s", why);
}

/* How far the arenas' sizes moved while they were walked. */
static double drift(struct look *k)
{
    struct glibc_found after;
    uint64_t moved = 0, all = 0;
    target_maps(k->t, NULL); /* a top that has moved on lies behind the mappings as they were */
    glibc_find(k->t, &after);
    bool same = after.whole && after.count >= k->found.count;
    for (size_t i = 0; same && i < after.count; i++) {
        uint64_t now = after.arenas[i].system_mem, before = 0;
        for (size_t n = 0; n < k->found.count; n++)
            if (k->found.arenas[n].address == after.arenas[i].address)
                before = k->found.arenas[n].system_mem;
        moved += now > before ? now - before : before - now;
        all += now;
    }
    glibc_found_free(&after);
    if (!same)
        return 1;
    return all ? (double)moved / (double)all : 0;
}

/* True if it need not be tried again. */
static bool judge(struct look *k)
{
    struct malloc_heap *h = k->h;
    struct heap_sums *s = &h->sums;
    char size[64];
    h->coverage = s->system ? (double)s->walked / (double)s->system : 1;
    double moved = drift(k);
    if (!target_alive(k->t)) {
        unknown(h, "the process has ended");
        return true;
    }
    if (target_expired(k->t)) {
        unknown(h, "it could not be read in the time allowed");
        return true;
    }
    if (moved > drift_most) {
        unknown(h, "the heap was growing or shrinking too fast");
        return false;
    }
    if (s->system + h->mmapped < little && k->t->anonymous > 16 * little) {
        units_format(size, sizeof size, (double)(s->system + h->mmapped), TYPE_BYTES);
        snprintf(h->reason, sizeof h->reason, "glibc's arenas hold %s only: the program has memory from elsewhere",
                 size);
        unknown(h, h->reason);
        h->little = h->coverage >= measured_least;
        return true;
    }
    if (h->coverage >= measured_least) {
        h->state = HEAP_MEASURED;
        return true;
    }
    bool doubtful = k->doubtful > doubtful_most * (double)s->in_use;
    h->state = h->coverage >= estimate_least && !doubtful ? HEAP_ESTIMATE : HEAP_UNKNOWN;
    snprintf(h->reason, sizeof h->reason, "%.1f %% of the heap could be walked%s%s", h->coverage * 100,
             k->torn ? ": it was changing" : ": the rest is not resident",
             h->coverage >= estimate_least && doubtful ? ", too much to tell what of it is in use" : "");
    return !k->torn || h->state == HEAP_ESTIMATE;
}

static bool attempt(struct target *t, struct malloc_heap *h)
{
    struct look k = {.t = t, .h = h};
    malloc_heap_free(h);
    *h = (struct malloc_heap){.state = HEAP_UNKNOWN};
    glibc_find(t, &k.found);
    h->found = k.found.found;
    h->mmapped = k.found.parameters.mmapped;
    h->mmapped_count = k.found.parameters.mmapped_count;
    bool done = true;
    if (!k.found.whole) {
        unknown(h, k.found.why);
        done = !k.found.found || target_expired(t);
    } else {
        walk_all(&k);
        done = judge(&k);
        if (h->state != HEAP_UNKNOWN)
            scale_sizes(h);
    }
    look_free(&k);
    return done;
}

void glibc_heap_read(struct target *t, struct malloc_heap *h)
{
    double began = clock_now(), deadline = t->deadline;
    if (deadline <= 0 || deadline > began + SECONDS_MAX)
        t->deadline = began + SECONDS_MAX;
    *h = (struct malloc_heap){.state = HEAP_UNKNOWN};
    for (unsigned i = 0; i < ATTEMPTS && !attempt(t, h); i++)
        if (i + 1 < ATTEMPTS && !target_maps(t, NULL))
            break;
    t->deadline = deadline;
    h->cost_s = clock_now() - began;
}
