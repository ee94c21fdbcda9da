/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/kernel/cgroup_blame.h"

#include "base/mem.h"

/* The kernel adds an event to the group and to all above it; 0 in `first` where the group is new. */
static struct cgroup_events difference(const struct cgroup_events *now, const struct cgroup_events *first)
{
    struct cgroup_events d = {0};
    for (enum cgroup_event e = 0; e < CGROUP_EVENT_COUNT; e++) {
        uint64_t before = first ? first->count[e] : 0;
        d.has[e] = now->has[e] && (!first || first->has[e]);
        d.count[e] = d.has[e] && now->count[e] > before ? now->count[e] - before : 0;
    }
    return d;
}

static struct cgroup_events events_of(const struct cgroup_reading *r, bool window, bool tree)
{
    if (!r->is_read || (window && !r->has_window))
        return (struct cgroup_events){0};
    const struct cgroup_memory *first = window ? r->first : NULL;
    return tree ? difference(&r->now.tree, first ? &first->tree : NULL)
                : difference(&r->now.own, first ? &first->own : NULL);
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* The group itself or the first above it that has a limit and found nothing more to reclaim; before 5.2, and in a capture without
 * that count, the first with a limit. */
static struct cgroup_reading *holder_of_limit(struct cgroup_reading *readings, size_t i, bool window)
{
    for (;; i = readings[i].above) {
        struct cgroup_reading *r = &readings[i];
        const struct cgroup_events *own = window ? &r->window.own : &r->ever.own;
        if (r->is_read && r->now.has[CGROUP_MAX] && (!own->has[EVENT_OOM] || own->count[EVENT_OOM]))
            return r;
        if (r->above == i)
            return NULL;
    }
}

static void blame(struct cgroup_reading *readings, size_t count, bool counts_own, bool window)
{
    AUTO_FREE struct cgroup_events *below = mem_array(count + 1, sizeof *below);
    for (size_t i = count; i-- > 0;) { /* from below */
        struct cgroup_reading *r = &readings[i];
        struct cgroup_harm *h = window ? &r->window : &r->ever;
        struct cgroup_events tree = events_of(r, window, true), own = events_of(r, window, false);
        bool told = own.has[EVENT_OOM_KILL];
        *h = (struct cgroup_harm){.own = own};
        for (enum cgroup_event e = 0; e < CGROUP_EVENT_COUNT; e++) {
            if (!own.has[e] && tree.has[e]) {
                h->own.has[e] = true;
                h->own.count[e] = counts_own ? tree.count[e] : less(tree.count[e], below[i].count[e]);
            }
            if (r->above != i && tree.has[e] && !counts_own)
                below[r->above].count[e] += tree.count[e];
        }
        if (told && tree.has[EVENT_OOM_KILL]) {
            h->has_gone = true;
            h->kills_gone =
                less(tree.count[EVENT_OOM_KILL], own.count[EVENT_OOM_KILL] + below[i].count[EVENT_OOM_KILL]);
        }
        h->has_kills = h->own.has[EVENT_OOM_KILL];
    }
    for (size_t i = 0; i < count; i++) {
        const struct cgroup_harm *h = window ? &readings[i].window : &readings[i].ever;
        uint64_t killed = h->has_kills ? h->own.count[EVENT_OOM_KILL] : 0;
        struct cgroup_reading *holder = killed ? holder_of_limit(readings, i, window) : NULL;
        if (holder)
            *(window ? &holder->window.kills : &holder->ever.kills) += killed;
    }
}

void cgroup_blame(struct cgroup_reading *readings, size_t count, bool counts_own)
{
    blame(readings, count, counts_own, false);
    blame(readings, count, counts_own, true);
}
