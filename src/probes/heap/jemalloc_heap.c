/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/jemalloc_heap.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/heap/jemalloc_walk.h"

enum { ATTEMPTS = 3, SECONDS_MAX = 30 };
/* Pages taken away at random: at 95 % in use was off by 0.6 % in the middle and 5 % at worst, below by 15 %. */
static const double measured_least = 0.99, estimate_least = 0.95, torn_most = 0.02;

static void unknown(struct malloc_heap *h, const char *why)
{
    h->state = HEAP_UNKNOWN;
    snprintf(h->reason, sizeof h->reason, "%s", why);
}

/* True if it need not be tried again. */
static bool judge(struct target *t, struct malloc_heap *h, const struct jemalloc_walked *w, bool whole)
{
    if (!target_alive(t)) {
        unknown(h, "the process has ended");
        return true;
    }
    if (!whole) {
        unknown(h, "it could not be read in the time allowed");
        return true;
    }
    if (w->hidden) {
        unknown(h, "a part of jemalloc's tree is swapped out");
        return true;
    }
    if ((double)w->torn > torn_most * (double)w->extents) {
        unknown(h, "the heap was changing too fast");
        return false;
    }
    h->state = h->coverage >= measured_least   ? HEAP_MEASURED
               : h->coverage >= estimate_least ? HEAP_ESTIMATE
                                               : HEAP_UNKNOWN;
    if (h->state != HEAP_MEASURED)
        snprintf(h->reason, sizeof h->reason,
                 "%.1f %% of the heap could be told from jemalloc's books: the rest of them is "
                 "not resident",
                 h->coverage * 100);
    return true;
}

static bool attempt(struct target *t, const struct jemalloc_found *f, struct malloc_heap *h)
{
    struct jemalloc_count c;
    struct jemalloc_walked w;
    malloc_heap_free(h);
    *h = (struct malloc_heap){.state = HEAP_UNKNOWN, .found = true};
    snprintf(h->layout, sizeof h->layout, "%s, %u bit", jemalloc_family_names[f->family], f->tree->address_bits);
    jemalloc_count_open(&c, t, h);
    bool whole = jemalloc_walk(t, f, &c, &w);
    jemalloc_count_finish(&c);
    jemalloc_count_close(&c);
    h->metadata = w.metadata;
    return judge(t, h, &w, whole);
}

void jemalloc_heap_read(struct target *t, enum jemalloc_place first, enum jemalloc_place last, struct malloc_heap *h)
{
    double began = clock_now(), deadline = t->deadline;
    if (deadline <= 0 || deadline > began + SECONDS_MAX)
        t->deadline = began + SECONDS_MAX;
    struct jemalloc_found f;
    *h = (struct malloc_heap){.state = HEAP_UNKNOWN};
    jemalloc_find(t, first, last, &f);
    if (f.found)
        for (unsigned i = 0; i < ATTEMPTS && !attempt(t, &f, h); i++)
            if (i + 1 < ATTEMPTS && !target_maps(t, NULL))
                break;
    if (!f.found) {
        h->found = f.tree; /* it is there, but of an unknown kind */
        unknown(h, f.why);
    }
    t->deadline = deadline;
    h->cost_s = clock_now() - began;
}
