/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose limit it was: events of control groups, without those of the groups below them, and kills by the group that has the
 * limit for which processes were killed. */
#ifndef FW_PROBES_KERNEL_CGROUP_BLAME_H
#define FW_PROBES_KERNEL_CGROUP_BLAME_H

#include "probes/kernel/cgroup_memory.h"

/* Each value is known by its has-flag. */
struct cgroup_harm {
    struct cgroup_events own; /* of this group alone; EVENT_OOM_KILL: of its own processes, for whichever limit */
    uint64_t kills;           /* for this group's limit, here and below */
    uint64_t kills_gone;      /* in groups below that are there no more: whose limit it was cannot be told */
    bool has_kills, has_gone;
};

struct cgroup_reading {
    struct cgroup_memory now;
    const struct cgroup_memory *first; /* NULL: the group was made within the window */
    bool is_read;                      /* now is filled */
    bool has_window;                   /* first is so indeed */
    size_t above;                      /* index of the group that it is in; the topmost's is its own */
    struct cgroup_harm ever, window;   /* since the group was made, and over the window */
};

/* Fills `ever` and `window`. Groups stand before those below them. `counts_own`: memory.events counts a group's own events, as
 * before Linux 5.2. */
void cgroup_blame(struct cgroup_reading *readings, size_t count, bool counts_own);

#endif
