/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/run/sampler.h"

#include <math.h>

#include "base/clock.h"
#include "base/mem.h"

#define INTERVAL_MIN_S 0.2
#define INTERVAL_MAX_S 5.0
#define POINTS_AT_FIRST 30

struct entry {
    const struct probe *probe;
    void *state;
};

struct sampler {
    const struct probe_input *in;
    struct entry *entries;
    size_t count;
    double begin, window, interval;
    double next; /* seconds since `begin` of the next tick */
    double last; /* of the last sample */
    size_t points;
    bool ended;
};

static void take_sample(struct sampler *s, const struct root *moment, double time)
{
    struct probe_input in = *s->in;
    in.root = moment;
    for (size_t i = 0; i < s->count; i++)
        s->entries[i].probe->sample(s->entries[i].state, &in, time);
    s->last = time;
    /* at an odd number, so that the first and the last point stay and all stand evenly */
    if (++s->points < SAMPLES_MAX - 1)
        return;
    for (size_t i = 0; i < s->count; i++)
        if (s->entries[i].probe->thin)
            s->entries[i].probe->thin(s->entries[i].state);
    s->points = (s->points + 1) / 2;
    s->interval *= 2;
}

/* Ticks stand on a grid, so that days do not drift; one that was missed (the program was stopped) is not made up for. */
static void schedule(struct sampler *s)
{
    s->next = (floor(s->last / s->interval + 0.5) + 1) * s->interval;
    /* the window's end is a tick too, so that the last sample stands at it */
    if (s->last < s->window && s->next > s->window - s->interval / 4)
        s->next = s->window;
}

/* After thinning only every second, fourth… moment is looked at, as the clock's interval doubles; the last one always. */
static void replay_moments(struct sampler *s)
{
    const struct root *root = s->in->root;
    s->interval = 1;
    for (size_t i = 0; i < root->moments; i++) {
        struct root moment;
        if ((i % (size_t)s->interval && i + 1 < root->moments) || !root_moment(root, i, &moment, NULL))
            continue;
        take_sample(s, &moment, root->moment_time[i]);
        root_moment_close(&moment);
    }
    if (!root->moments)
        take_sample(s, root, 0);
    s->ended = true;
}

static double interval_for(double window_s)
{
    return fmin(fmax(window_s / POINTS_AT_FIRST, INTERVAL_MIN_S), INTERVAL_MAX_S);
}

struct sampler *sampler_start(const struct probe *const *list, size_t count, const struct probe_input *in,
                              double window_s)
{
    struct sampler *s = mem_alloc(sizeof *s);
    s->in = in;
    s->window = window_s > 0 ? window_s : 0;
    s->entries = mem_array(count, sizeof *s->entries);
    for (size_t i = 0; i < count; i++)
        if (list[i]->sample)
            s->entries[s->count++] = (struct entry){list[i], list[i]->open(in)};
    s->interval = interval_for(s->window);
    s->begin = clock_now();
    if (!in->root->live) {
        replay_moments(s);
        return s;
    }
    take_sample(s, in->root, 0);
    if (s->window > 0)
        schedule(s);
    else
        s->ended = true;
    return s;
}

void sampler_free(struct sampler *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        s->entries[i].probe->close(s->entries[i].state);
    free(s->entries);
    free(s);
}

double sampler_elapsed(const struct sampler *s)
{
    return s->ended ? s->last : clock_now() - s->begin;
}

double sampler_observed(const struct sampler *s)
{
    return s->last;
}

double sampler_remaining(const struct sampler *s)
{
    if (s->ended || s->last >= s->window)
        return 0;
    return fmax(s->window - (clock_now() - s->begin), 1e-3);
}

void sampler_cut(struct sampler *s)
{
    if (s->ended)
        return;
    double now = clock_now() - s->begin;
    if (now - s->last > INTERVAL_MIN_S / 2)
        take_sample(s, s->in->root, now);
    s->ended = true;
}

double sampler_due(const struct sampler *s)
{
    return s && !s->ended ? s->begin + s->next : INFINITY;
}

bool sampler_tick(struct sampler *s)
{
    if (clock_now() < sampler_due(s))
        return false;
    take_sample(s, s->in->root, clock_now() - s->begin);
    schedule(s);
    return true;
}

/* Earlier points stay; later ones are no closer together. */
void sampler_extend(struct sampler *s, double seconds)
{
    if (!s->in->root->live || seconds <= 0)
        return;
    s->window = clock_now() - s->begin + seconds;
    s->interval = fmax(s->interval, interval_for(s->window));
    s->ended = false;
    schedule(s);
}

struct facts *sampler_look(const struct sampler *s, const struct probe *p)
{
    void *state = p->sample ? p->open(s->in) : NULL;
    if (p->sample)
        p->sample(state, s->in, 0);
    struct facts *f = probe_collect(p, state, s->in);
    if (p->sample)
        p->close(state);
    return f;
}

struct facts *sampler_collect(struct sampler *s, const struct probe *p)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->entries[i].probe == p)
            return probe_collect(p, s->entries[i].state, s->in);
    return probe_collect(p, NULL, s->in);
}
