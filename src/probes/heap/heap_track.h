/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which processes' heaps are looked at over a window, and when: the suspect and the leading ones by private memory, within a
 * share of the time. Looks are kept as points, thinned as the window grows. */
#ifndef FW_PROBES_HEAP_HEAP_TRACK_H
#define FW_PROBES_HEAP_HEAP_TRACK_H

#include "probes/heap/heap_look.h"
#include "facts/probe.h"

struct heap_point {
    double time, live, held, outside, rss; /* NaN: unknown */
    double arenas;
};

struct heap_track {
    long pid;
    uint64_t started, uid;
    bool has_uid, looked; /* at least once */
    char command[COMMAND_MAX];
    double time;           /* of the last look */
    double cost;           /* of it */
    struct heap_look look; /* the last; one that failed does not take the place of one that did not */
    size_t count;
    struct heap_point points[SAMPLES_MAX + 1];
};

struct heap_tracks {
    struct heap_track **tracks;
    size_t count;
    size_t top;               /* leading processes wanted; 0: the suspect only */
    double ranked, rank_cost; /* time and cost of the last ranking */
    double begin;             /* clock_now() of time 0 */
    uint64_t bytes_read;      /* in all */
};

void heap_tracks_open(struct heap_tracks *s, const struct probe_input *in, const struct pids *p);
void heap_tracks_close(struct heap_tracks *s);
/* A tick: those that came to lead are added, those whose turn it is are looked at. */
void heap_tracks_sample(struct heap_tracks *s, const struct probe_input *in, const struct pids *p, double time);
void heap_tracks_thin(struct heap_tracks *s);
/* The end of the window: a last look at each, within a few seconds. */
void heap_tracks_finish(struct heap_tracks *s, const struct probe_input *in, const struct pids *p);

/* The rule of turns, by itself for tests: a look that took `cost` is followed by so long a rest, that the looks at all
 * `processes` take a twentieth of the time. */
bool heap_due(double now, double last, double cost, size_t processes);

#endif
