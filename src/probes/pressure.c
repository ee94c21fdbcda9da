/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pressure stall information: the share of the window that tasks waited for memory, for devices and for processors. */
#include <stdlib.h>

#include "probes/kernel/pressureinfo.h"
#include "facts/probe.h"

#define PRESSURE_COLUMNS(X)                                                                                            \
    X(MEMORY_SOME, "memory_some", TYPE_RATIO, "share of the window in which some task waited for memory")              \
    X(MEMORY_FULL, "memory_full", TYPE_RATIO, "share in which all tasks that could run waited for memory")             \
    X(IO_SOME, "io_some", TYPE_RATIO, "share in which some task waited for a device")                                  \
    X(IO_FULL, "io_full", TYPE_RATIO, "share in which all tasks that could run waited for a device")                   \
    X(CPU_SOME, "cpu_some", TYPE_RATIO, "share in which some task waited for a processor")                             \
    X(MEMORY_SOME_AVG60, "memory_some_avg60", TYPE_RATIO, "the kernel's own average over the last minute")             \
    X(MEMORY_FULL_AVG60, "memory_full_avg60", TYPE_RATIO, "the kernel's own average over the last minute")             \
    X(WINDOW, "window", TYPE_SECONDS, "time between the first and the last moment")
enum { PRESSURE_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {PRESSURE_COLUMNS(LIST_ENTRY)};

#define SAMPLE_COLUMNS(X)                                                                                              \
    X(S_TIME, "time", TYPE_SECONDS, "since the first sample")                                                          \
    X(S_MEMORY_SOME, "memory_some", TYPE_RATIO, "share of the interval in which some task waited for memory")          \
    X(S_MEMORY_FULL, "memory_full", TYPE_RATIO, "share in which all waited for memory")                                \
    X(S_IO_SOME, "io_some", TYPE_RATIO, "share in which some task waited for a device")
enum { SAMPLE_COLUMNS(LIST_INDEX) };
static const struct column sample_columns[] = {SAMPLE_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "pressure",
     .help = "time lost waiting for memory, devices and processors",
     COLUMNS(columns),
     .single = true},
    {.name = "pressure_sample", .help = "the same over time", COLUMNS(sample_columns), .keep = SAMPLES_MAX},
};

enum { MEMORY, IO, CPU, KINDS };
static const char *const names[KINDS] = {"memory", "io", "cpu"};

struct point {
    double time;
    struct pressure of[KINDS];
};

struct state {
    struct point first, last, points[SAMPLES_MAX];
    size_t kept, samples;
    enum status status[KINDS];
    struct err why[KINDS];
};

static void *open_state(const struct probe_input *in)
{
    (void)in;
    return mem_alloc(sizeof(struct state));
}

static void sample(void *state, const struct probe_input *in, double time_s)
{
    struct state *s = state;
    struct point p = {.time = time_s};
    for (int i = 0; i < KINDS; i++)
        if (!pressure_read(&p.of[i], in->root, names[i], &s->status[i], &s->why[i]) && i == MEMORY)
            return;
    if (s->samples == 0)
        s->first = p;
    s->last = p;
    s->samples++;
    if (s->kept < SAMPLES_MAX)
        s->points[s->kept++] = p;
}

static void thin(void *state)
{
    struct state *s = state;
    s->kept = samples_thin(s->points, s->kept, sizeof *s->points);
}

static void put(struct table *t, size_t row, unsigned column, const struct pressure_line *a,
                const struct pressure_line *b, double time)
{
    if (!a->known || !b->known || time <= 0 || b->total < a->total)
        return;
    double share = (double)(b->total - a->total) / 1e6 / time;
    cell_number(t, row, column, share < 1 ? share : 1); /* the two clocks differ by a tick */
}

static void add_sample(struct table *t, const struct point *a, const struct point *b)
{
    size_t row = table_add(t);
    cell_number(t, row, S_TIME, b->time);
    if (a) {
        put(t, row, S_MEMORY_SOME, &a->of[MEMORY].some, &b->of[MEMORY].some, b->time - a->time);
        put(t, row, S_MEMORY_FULL, &a->of[MEMORY].full, &b->of[MEMORY].full, b->time - a->time);
        put(t, row, S_IO_SOME, &a->of[IO].some, &b->of[IO].some, b->time - a->time);
    }
    row_unknown(t, row, a ? "/proc/pressure/io: not read" : "the first sample: shares begin with the second");
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    struct state *s = state, *own = NULL;
    if (!s || s->samples == 0) {
        s = own = open_state(in);
        sample(own, in, 0);
    }
    struct table *t = facts_table(f, "pressure"), *samples = facts_table(f, "pressure_sample");
    table_add(t);
    for (int i = 0; i < KINDS; i++)
        if (s->status[i] != STATUS_OK)
            facts_fail(f, i == MEMORY ? s->status[i] : STATUS_PARTIAL, "%s", s->why[i].text);
    if (s->samples == 0) {
        row_unknown(t, 0, s->why[MEMORY].text);
        free(own);
        return;
    }
    const struct point *a = &s->first, *b = &s->last;
    double window = b->time - a->time;
    cell_number(t, 0, WINDOW, window);
    cell_number(t, 0, MEMORY_SOME_AVG60, b->of[MEMORY].some.avg60);
    if (b->of[MEMORY].full.known)
        cell_number(t, 0, MEMORY_FULL_AVG60, b->of[MEMORY].full.avg60);
    put(t, 0, MEMORY_SOME, &a->of[MEMORY].some, &b->of[MEMORY].some, window);
    put(t, 0, MEMORY_FULL, &a->of[MEMORY].full, &b->of[MEMORY].full, window);
    put(t, 0, IO_SOME, &a->of[IO].some, &b->of[IO].some, window);
    put(t, 0, IO_FULL, &a->of[IO].full, &b->of[IO].full, window);
    put(t, 0, CPU_SOME, &a->of[CPU].some, &b->of[CPU].some, window);
    row_unknown(t, 0,
                s->samples < 2 || window <= 0 ? "one moment only; a window needs two"
                                              : "/proc/pressure: not read in full");
    const struct point *before = NULL;
    for (size_t i = 0; i < s->kept; i++) {
        add_sample(samples, before, &s->points[i]);
        before = &s->points[i];
    }
    if (before && b->time > before->time && s->kept < SAMPLES_MAX)
        add_sample(samples, before, b);
    free(own);
}

extern const struct probe probe_pressure;
const struct probe probe_pressure = {
    .name = "pressure",
    .help = "time lost waiting for memory, over a window",
    .classic = "cat /proc/pressure/memory",
    .tables = tables,
    .table_count = 2,
    .reads_moving = "proc/pressure/memory proc/pressure/io proc/pressure/cpu",
    .open = open_state,
    .sample = sample,
    .thin = thin,
    .collect = collect,
    .close = free,
};
