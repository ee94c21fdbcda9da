/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/heap_track.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum { TOP_DEFAULT = 8, TOP_MAX = 100, TRACKS_FACTOR = 2 };
static const uint64_t rss_min = 16 << 20;
static const double share = 0.05;     /* of the window, for looking */
static const double tick_max_s = 0.1; /* after that no other look is begun at this tick */
static const double look_max_s = 1;   /* at a tick, which holds up the operator's keys */
static const double last_look_max_s = 3, finish_max_s = 4;
static const double fresh_s = 0.5; /* a look that need not be made again at the end */

/* A ranking reads statm of every process. */
static const double rank_every_s = 1;

bool heap_due(double now, double last, double cost, size_t processes)
{
    return now - last >= cost / share * (double)processes;
}

static struct heap_track *find(const struct heap_tracks *s, long pid)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->tracks[i]->pid == pid && !s->tracks[i]->look.gone)
            return s->tracks[i];
    return NULL;
}

static void identify(struct heap_track *t, const struct pids *p)
{
    char buffer[1024];
    struct proc_stat stat;
    struct proc_status status;
    int error;
    ssize_t n = pids_read(p, t->pid, "stat", buffer, sizeof buffer);
    if (n > 0 && stat_parse(buffer, (size_t)n, &stat)) {
        t->started = stat.start_ticks;
        memcpy(t->command, stat.command, sizeof t->command);
    }
    if (pids_status(p, t->pid, &status, &error)) {
        memcpy(t->command, status.command, sizeof t->command);
        t->uid = status.uid;
        t->has_uid = status.has & PROC_UID;
    }
}

static void add(struct heap_tracks *s, const struct pids *p, long pid, size_t at)
{
    MEM_ROOM(s->tracks, s->count);
    struct heap_track *t = mem_alloc(sizeof *t);
    memmove(s->tracks + at + 1, s->tracks + at, (s->count++ - at) * sizeof *s->tracks);
    s->tracks[at] = t;
    t->pid = pid;
    identify(t, p);
}

static void drop(struct heap_tracks *s, size_t at)
{
    heap_look_free(&s->tracks[at]->look);
    free(s->tracks[at]);
    memmove(s->tracks + at, s->tracks + at + 1, (--s->count - at) * sizeof *s->tracks);
}

/* Short-lived programs would fill the list; only the suspect's end is reported. */
static void forget_ended(struct heap_tracks *s, long suspect)
{
    for (size_t i = s->count; i-- > 0;)
        if (s->tracks[i]->look.gone && s->tracks[i]->pid != suspect)
            drop(s, i);
}

struct candidate {
    long pid;
    uint64_t private;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->private != y->private)
        return x->private < y->private ? 1 : -1;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

static bool is_among(const struct candidate *list, size_t count, long pid)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].pid == pid)
            return true;
    return false;
}

/* Room for one that leads now, at the cost of the smallest that no longer does. */
static bool make_room(struct heap_tracks *s, const struct candidate *leaders, size_t count, long suspect)
{
    if (s->count < TRACKS_FACTOR * s->top + 1)
        return true;
    size_t least = s->count;
    for (size_t i = 0; i < s->count; i++) {
        const struct heap_track *t = s->tracks[i];
        if (t->pid != suspect && !is_among(leaders, count, t->pid) &&
            (least == s->count || t->look.rss < s->tracks[least]->look.rss))
            least = i;
    }
    if (least == s->count)
        return false;
    drop(s, least);
    return true;
}

/* Adds the leading processes that are not followed yet. */
static void rank(struct heap_tracks *s, const struct pids *p, long suspect)
{
    double begin = clock_now();
    size_t count, kept = 0;
    AUTO_FREE long *list = pids_list(p, &count);
    AUTO_FREE struct candidate *all = mem_array(count + 1, sizeof *all);
    for (size_t i = 0; i < count; i++) {
        uint64_t resident, private;
        if (list[i] != getpid() && heap_look_size(p, list[i], &resident, &private) == 0 && resident >= rss_min)
            all[kept++] = (struct candidate){list[i], private};
    }
    qsort(all, kept, sizeof *all, compare_candidates);
    kept = kept < s->top ? kept : s->top;
    for (size_t i = 0; i < kept; i++)
        if (!find(s, all[i].pid) && make_room(s, all, kept, suspect))
            add(s, p, all[i].pid, s->count);
    s->ranked = clock_now();
    s->rank_cost = s->ranked - begin;
}

static void add_suspect(struct heap_tracks *s, const struct probe_input *in, const struct pids *p)
{
    if (in->pid <= 0)
        return;
    for (size_t i = 0; i < s->count; i++) /* also if it has ended: the row says so */
        if (s->tracks[i]->pid == in->pid)
            return;
    add(s, p, in->pid, 0);
}

void heap_tracks_open(struct heap_tracks *s, const struct probe_input *in, const struct pids *p)
{
    *s = (struct heap_tracks){.top = in->top ? in->top : TOP_DEFAULT, .begin = clock_now()};
    if (s->top > TOP_MAX)
        s->top = TOP_MAX;
    if (in->pid > 0 && in->top == 1)
        s->top = 0; /* the suspect is the one */
    add_suspect(s, in, p);
    if (s->top)
        rank(s, p, in->pid);
}

void heap_tracks_close(struct heap_tracks *s)
{
    for (size_t i = 0; i < s->count; i++) {
        heap_look_free(&s->tracks[i]->look);
        free(s->tracks[i]);
    }
    free(s->tracks);
    *s = (struct heap_tracks){0};
}

static void keep_point(struct heap_track *t, const struct heap_look *l)
{
    enum { POINTS_MAX = ARRAY_SIZE(t->points) };
    if (t->count == POINTS_MAX)
        t->count = samples_thin(t->points, t->count, sizeof *t->points);
    t->points[t->count++] = (struct heap_point){
        .time = t->time,
        .live = l->live,
        .held = l->held,
        .outside = l->outside,
        .rss = l->rss,
        .arenas = l->state == HEAP_UNKNOWN ? NAN : (double)l->heap.arena_count,
    };
}

static void look_at(struct heap_tracks *s, struct heap_track *t, const struct pids *p, double deadline)
{
    struct heap_look l;
    t->time = clock_now() - s->begin;
    heap_look(&l, p, t->pid, t->started, deadline);
    t->cost = l.cost_s;
    s->bytes_read += l.bytes_read;
    if (!l.gone)
        keep_point(t, &l);
    bool keep_last = t->looked && l.failed && t->look.state != HEAP_UNKNOWN;
    t->looked = true;
    if (keep_last) {
        heap_look_free(&l);
        return;
    }
    heap_look_free(&t->look);
    t->look = l;
}

/* Whose turn it is at this tick: one never looked at, the first in order, else the one that has waited longest. */
static struct heap_track *next_due(const struct heap_tracks *s, double tick)
{
    struct heap_track *next = NULL;
    for (size_t i = 0; i < s->count; i++) {
        struct heap_track *t = s->tracks[i];
        if (t->look.gone || (t->looked && (t->time >= tick || !heap_due(tick, t->time, t->cost, s->count))))
            continue;
        if (!next || (next->looked && (!t->looked || t->time < next->time)))
            next = t;
    }
    return next;
}

void heap_tracks_sample(struct heap_tracks *s, const struct probe_input *in, const struct pids *p, double time)
{
    double begin = clock_now();
    s->begin = begin - time;
    add_suspect(s, in, p);
    /* The first sample is taken before anything is shown, and one look is made at the end. */
    if (time <= 0 || in->window_s <= 0)
        return;
    if (s->top && begin - s->ranked >= fmax(rank_every_s, s->rank_cost / share))
        rank(s, p, in->pid);
    struct heap_track *t;
    for (double now = begin; now - begin < tick_max_s && (t = next_due(s, time)); now = clock_now())
        look_at(s, t, p, now + look_max_s);
    forget_ended(s, in->pid);
}

void heap_tracks_thin(struct heap_tracks *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct heap_track *t = s->tracks[i];
        /* One that is costly to look at has fewer points than there were ticks. */
        if (t->count > SAMPLES_MAX / 2)
            t->count = samples_thin(t->points, t->count, sizeof *t->points);
    }
}

/* At those that were looked at, or were not, when the last looks began. */
static void finish_some(struct heap_tracks *s, const struct pids *p, bool looked, double begin, double end)
{
    for (size_t i = 0; i < s->count; i++) {
        struct heap_track *t = s->tracks[i];
        double now = clock_now();
        if (now >= end)
            return;
        if (!t->look.gone && t->looked == looked && (!looked || begin - s->begin - t->time > fresh_s))
            look_at(s, t, p, fmin(now + last_look_max_s, end));
    }
}

void heap_tracks_finish(struct heap_tracks *s, const struct probe_input *in, const struct pids *p)
{
    double begin = clock_now(), end = begin + finish_max_s;
    add_suspect(s, in, p);
    if (s->top && clock_now() - s->ranked >= fmax(rank_every_s, s->rank_cost / share))
        rank(s, p, in->pid);
    finish_some(s, p, false, begin, end);
    finish_some(s, p, true, begin, end);
    forget_ended(s, in->pid);
}
