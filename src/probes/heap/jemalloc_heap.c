/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/jemalloc_heap.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/heap/jemalloc_walk.h"

enum { ATTEMPTS = 6, ENOUGH = 3, SECONDS_MAX = 30 };
/* Pages taken away at random: at 95 % in use was off by 0.6 % in the middle and 5 % at worst, below by 15 %. */
static const double measured_least = 0.99, estimate_least = 0.95, torn_most = 0.04;
/* Of a heap that changes, a look is off by up to 1.2 %, the middle one of three by less. */
static const double still_most = 0.001, spread_most = 0.02;
static const char changing[] = "the heap was changing too fast";

static void unknown(struct malloc_heap *h, const char *why)
{
    h->state = HEAP_UNKNOWN;
    snprintf(h->reason, sizeof h->reason, "%s", why);
}

static void judge(struct target *t, struct malloc_heap *h, const struct jemalloc_walked *w, bool whole)
{
    if (!target_alive(t)) {
        unknown(h, "the process has ended");
    } else if (!whole) {
        unknown(h, "it could not be read in the time allowed");
    } else if (w->hidden) {
        unknown(h, "a part of jemalloc's tree is swapped out");
    } else if ((double)w->torn > torn_most * (double)w->extents) {
        unknown(h, changing);
    } else {
        h->state = h->coverage >= measured_least   ? HEAP_MEASURED
                   : h->coverage >= estimate_least ? HEAP_ESTIMATE
                                                   : HEAP_UNKNOWN;
        if (h->state != HEAP_MEASURED)
            snprintf(h->reason, sizeof h->reason,
                     "%.1f %% of the heap could be told from jemalloc's books: the rest of them is not resident",
                     h->coverage * 100);
    }
}

/* Tells whether it held still meanwhile, or was not read at all. */
static bool attempt(struct target *t, const struct jemalloc_found *f, struct malloc_heap *h)
{
    struct jemalloc_count c;
    struct jemalloc_walked w;
    *h = (struct malloc_heap){.state = HEAP_UNKNOWN, .found = true};
    snprintf(h->layout, sizeof h->layout, "%s, %u bit", jemalloc_family_names[f->family], f->tree->address_bits);
    jemalloc_count_open(&c, t, h);
    bool whole = jemalloc_walk(t, f, &c, &w);
    jemalloc_count_finish(&c);
    jemalloc_count_close(&c);
    h->metadata = w.metadata;
    judge(t, h, &w, whole);
    return !whole || (double)w.torn <= still_most * (double)w.extents;
}

static int compare_heaps(const void *a, const void *b)
{
    const struct malloc_heap *x = a, *y = b;
    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    return (x->sums.in_use > y->sums.in_use) - (x->sums.in_use < y->sums.in_use);
}

/* One that was changing is read until three looks are sound. The one in the middle stands for all, if they are near each
 * other. */
static void read_all(struct target *t, const struct jemalloc_found *f, struct malloc_heap *h)
{
    struct malloc_heap all[ATTEMPTS];
    unsigned count = 0, known = 0;
    bool still = false;
    while (count < ATTEMPTS && known < ENOUGH && !still) {
        still = attempt(t, f, &all[count]);
        known += all[count++].state != HEAP_UNKNOWN;
        still |= count < ATTEMPTS && !target_maps(t, NULL);
    }
    qsort(all, count, sizeof *all, compare_heaps);
    unsigned middle = known / 2;
    double spread = known ? (double)(all[known - 1].sums.in_use - all[0].sums.in_use) : 0;
    *h = all[middle];
    if (known && ((!still && known < 2) || spread > spread_most * (double)h->sums.in_use))
        unknown(h, changing);
    for (unsigned i = 0; i < count; i++)
        if (i != middle)
            malloc_heap_free(&all[i]);
}

void jemalloc_heap_read(struct target *t, enum jemalloc_place first, enum jemalloc_place last, struct malloc_heap *h)
{
    double began = clock_now(), deadline = t->deadline;
    if (deadline <= 0 || deadline > began + SECONDS_MAX)
        t->deadline = began + SECONDS_MAX;
    struct jemalloc_found f;
    jemalloc_find(t, first, last, &f);
    if (f.found) {
        read_all(t, &f, h);
    } else {
        *h = (struct malloc_heap){.found = f.tree}; /* it may be there, but of an unknown kind */
        unknown(h, f.why);
    }
    t->deadline = deadline;
    h->cost_s = clock_now() - began;
}
