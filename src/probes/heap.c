/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heaps of the leading processes as their allocators see them: what the programs hold, what is free but resident, and
 * how both change over the window. Read from outside, chunk by chunk, without stopping or changing anything. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "probes/heap/heap_track.h"
#include "base/trend.h"

#define HEAP_COLUMNS(X)                                                                                                \
    X(T_PID, "pid", TYPE_COUNT, "process id", .role = ROLE_KEY)                                                        \
    X(T_COMMAND, "command", TYPE_TEXT, "name of the program")                                                          \
    X(T_USER, "user", TYPE_TEXT, "owner; the number if the system's passwd file has no name for it")                   \
    X(T_STATE, "state", TYPE_TEXT, "whether 99 % of the heap was read, or 90 % and scaled up, or less",                \
      .values = heap_state_names)                                                                                      \
    X(T_REASON, "reason", TYPE_TEXT, "why it is an estimate or unknown; else empty")                                   \
    X(T_COVERAGE, "coverage", TYPE_RATIO, "share of the heap that was read")                                           \
    X(T_ALLOCATOR, "allocator", TYPE_TEXT, "whose heap it is", .values = allocator_names)                              \
    X(T_LAYOUT, "layout", TYPE_TEXT,                                                                                   \
      "the family of versions whose books jemalloc's are like, and its addresses' width; else empty")                  \
    X(T_RSS, "rss", TYPE_BYTES, "resident memory", .role = ROLE_RANK)                                                  \
    X(T_OUTSIDE, "outside", TYPE_BYTES,                                                                                \
      "anonymous memory, resident or swapped out, that belongs to no heap known here: mappings of its own")            \
    X(T_IN_USE, "in_use", TYPE_BYTES, "malloc's chunks that the program holds, glibc's large ones (mmapped) aside")    \
    X(T_FREE, "free", TYPE_BYTES, "free memory in malloc's heaps, resident or not")                                    \
    X(T_TRIMMABLE, "trimmable", TYPE_BYTES,                                                                            \
      "free resident pages that malloc_trim(0), or a purge of jemalloc's arenas, gives back")                          \
    X(T_PINNED, "pinned", TYPE_BYTES, "free memory that it would not: in pages that are partly in use")                \
    X(T_MMAPPED, "mmapped", TYPE_BYTES, "large chunks, each in a mapping of its own")                                  \
    X(T_ARENAS, "arenas", TYPE_COUNT,                                                                                  \
      "malloc's arenas: the main one and those of threads; jemalloc has four a processor")                             \
    X(T_BINNED, "binned", TYPE_BYTES, "free chunks in bins; of jemalloc what is free in slabs")                        \
    X(T_FAST, "fast", TYPE_BYTES, "free chunks in fast bins, which are not merged")                                    \
    X(T_TCACHE, "tcache", TYPE_BYTES, "free chunks kept by threads for themselves")                                    \
    X(T_TOP, "top", TYPE_BYTES, "free memory at the heaps' ends; of jemalloc whole free extents")                      \
    X(T_ABSENT, "absent", TYPE_BYTES, "free memory whose pages are not resident: it costs nothing")                    \
    X(T_LARGEST_FREE, "largest_free", TYPE_BYTES,                                                                      \
      "largest free chunk, those at the heaps' ends aside; of jemalloc extent")                                        \
    X(T_SYSTEM, "system", TYPE_BYTES, "memory that malloc's heaps have from the kernel")                               \
    X(T_THREAD_ARENA_FREE, "thread_arena_free", TYPE_BYTES, "free memory in the arenas of threads")                    \
    X(T_PYTHON_IN_USE, "python_in_use", TYPE_BYTES, "blocks in use in CPython's arenas; 0 if it has none")             \
    X(T_PYTHON_FREE, "python_free", TYPE_BYTES, "free blocks and free pools there, once used")                         \
    X(T_PYTHON_ARENAS, "python_arenas", TYPE_COUNT, "CPython's arenas")                                                \
    X(T_LIVE, "live", TYPE_BYTES, "what the program holds: in_use + mmapped + python_in_use")                          \
    X(T_HELD, "held", TYPE_BYTES, "what it does not, and yet is resident: free memory of malloc and of CPython")       \
    X(T_SAMPLES, "samples", TYPE_COUNT, "times it was read")                                                           \
    X(T_WINDOW, "window", TYPE_SECONDS, "time between the first and the last reading")                                 \
    X(T_LIVE_CHANGE, "live_change", TYPE_BYTES, "live at the last reading less that at the first")                     \
    X(T_HELD_CHANGE, "held_change", TYPE_BYTES, "held at the last reading less that at the first")                     \
    X(T_OUTSIDE_CHANGE, "outside_change", TYPE_BYTES, "outside at the last reading less that at the first")            \
    X(T_LIVE_SLOPE, "live_slope", TYPE_BYTE_RATE, "growth of live (Theil-Sen)")                                        \
    X(T_LIVE_SLOPE_LOW, "live_slope_low", TYPE_BYTE_RATE, "lower end of its 95 % interval")                            \
    X(T_LIVE_EVENNESS, "live_evenness", TYPE_RATIO, "how evenly it grows, as in table growth")                         \
    X(T_HELD_SLOPE, "held_slope", TYPE_BYTE_RATE, "growth of held (Theil-Sen)")                                        \
    X(T_HELD_SLOPE_LOW, "held_slope_low", TYPE_BYTE_RATE, "lower end of its 95 % interval")                            \
    X(T_OUTSIDE_SLOPE, "outside_slope", TYPE_BYTE_RATE, "growth of outside (Theil-Sen)")                               \
    X(T_OUTSIDE_SLOPE_LOW, "outside_slope_low", TYPE_BYTE_RATE, "lower end of its 95 % interval")                      \
    X(T_ARENAS_CHANGE, "arenas_change", TYPE_COUNT, "arenas at the last reading less those at the first")              \
    X(T_READ_TIME, "read_time", TYPE_SECONDS, "time that the last reading took")
enum { HEAP_COLUMNS(LIST_INDEX) };
static const struct column heap_columns[] = {HEAP_COLUMNS(LIST_ENTRY)};

static const char *const arena_allocators[] = {"glibc", "jemalloc", NULL};
#define ARENA_COLUMNS(X)                                                                                               \
    X(A_PID, "pid", TYPE_COUNT, "process id", .role = ROLE_KEY)                                                        \
    X(A_ARENA, "arena", TYPE_COUNT, "number of the arena; 0 is glibc's main one", .role = ROLE_KEY)                    \
    X(A_ALLOCATOR, "allocator", TYPE_TEXT, "whose it is", .role = ROLE_KEY, .values = arena_allocators)                \
    X(A_MAIN, "main", TYPE_BOOL, "the main arena, which alone grows by brk")                                           \
    X(A_SEGMENTS, "segments", TYPE_COUNT, "pieces of address space that it consists of; of jemalloc extents")          \
    X(A_SYSTEM, "system", TYPE_BYTES, "memory from the kernel")                                                        \
    X(A_IN_USE, "in_use", TYPE_BYTES, "chunks that the program holds")                                                 \
    X(A_FREE, "free", TYPE_BYTES, "free memory", .role = ROLE_RANK)                                                    \
    X(A_TRIMMABLE, "trimmable", TYPE_BYTES, "free resident pages that malloc_trim(0) would give back")                 \
    X(A_PINNED, "pinned", TYPE_BYTES, "free memory in pages that are partly in use")                                   \
    X(A_TOP, "top", TYPE_BYTES, "free memory at its end")                                                              \
    X(A_FAST, "fast", TYPE_BYTES, "free chunks in fast bins")                                                          \
    X(A_TCACHE, "tcache", TYPE_BYTES, "free chunks kept by threads for themselves")                                    \
    X(A_BINNED, "binned", TYPE_BYTES, "free chunks in bins")                                                           \
    X(A_LARGEST_FREE, "largest_free", TYPE_BYTES, "largest free chunk, the one at its end aside")
enum { ARENA_COLUMNS(LIST_INDEX) };
static const struct column arena_columns[] = {ARENA_COLUMNS(LIST_ENTRY)};

#define SIZE_COLUMNS(X)                                                                                                \
    X(Z_PID, "pid", TYPE_COUNT, "process id", .role = ROLE_KEY)                                                        \
    X(Z_FROM, "from", TYPE_BYTES, "smallest size of a chunk", .role = ROLE_KEY)                                        \
    X(Z_TO, "to", TYPE_BYTES, "sizes are smaller than this")                                                           \
    X(Z_USED_COUNT, "used_count", TYPE_COUNT, "chunks that the program holds")                                         \
    X(Z_USED, "used", TYPE_BYTES, "their bytes")                                                                       \
    X(Z_FREE_COUNT, "free_count", TYPE_COUNT, "free chunks")                                                           \
    X(Z_FREE, "free", TYPE_BYTES, "their bytes")
enum { SIZE_COLUMNS(LIST_INDEX) };
static const struct column size_columns[] = {SIZE_COLUMNS(LIST_ENTRY)};

#define SAMPLE_COLUMNS(X)                                                                                              \
    X(S_PID, "pid", TYPE_COUNT, "process id")                                                                          \
    X(S_TIME, "time", TYPE_SECONDS, "since the first sample")                                                          \
    X(S_LIVE, "live", TYPE_BYTES, "what it holds")                                                                     \
    X(S_HELD, "held", TYPE_BYTES, "free, but resident")                                                                \
    X(S_RSS, "rss", TYPE_BYTES, "its resident memory")
enum { SAMPLE_COLUMNS(LIST_INDEX) };
static const struct column sample_columns[] = {SAMPLE_COLUMNS(LIST_ENTRY)};

#define HEAPS_COLUMNS(X)                                                                                               \
    X(H_PROCESSES, "processes", TYPE_COUNT, "processes looked at")                                                     \
    X(H_MEASURED, "measured", TYPE_COUNT, "those whose heap was read whole")                                           \
    X(H_ESTIMATES, "estimates", TYPE_COUNT, "those whose heap was read for the most part")                             \
    X(H_UNKNOWN, "unknown", TYPE_COUNT, "those of which there are no figures")                                         \
    X(H_LIVE, "live", TYPE_BYTES, "what the programs hold, where known")                                               \
    X(H_HELD, "held", TYPE_BYTES, "free but resident, where known")                                                    \
    X(H_TRIMMABLE, "trimmable", TYPE_BYTES, "of it what malloc_trim(0) would give back")                               \
    X(H_PINNED, "pinned", TYPE_BYTES, "of it what is stuck in pages partly in use")                                    \
    X(H_READ, "read", TYPE_BYTES, "memory of processes that was read for this")                                        \
    X(H_CPUS, "cpus", TYPE_COUNT, "processors, by which malloc limits the number of arenas")
enum { HEAPS_COLUMNS(LIST_INDEX) };
static const struct column heaps_columns[] = {HEAPS_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "total", .help = "processes' heaps", COLUMNS(heap_columns), .keep = 20},
    {.name = "arena", .help = "malloc's arenas", COLUMNS(arena_columns), .keep = 64},
    {.name = "size", .help = "chunks by their size", COLUMNS(size_columns), .keep = 200},
    {.name = "heap_sample", .help = "heaps over the window", COLUMNS(sample_columns), .keep = 8 * SAMPLES_MAX},
    {.name = "heaps", .help = "all heaps that were looked at", COLUMNS(heaps_columns), .single = true},
};

struct heap {
    struct heap_tracks tracks;
    struct pids pids;
    bool failed;
    enum status status;
    struct err error;
};

static void *open_state(const struct probe_input *in)
{
    struct heap *h = mem_alloc(sizeof *h);
    if (!in->root->live) {
        h->failed = true;
        h->status = STATUS_ABSENT;
        err_set(&h->error, "the heap can only be read on the machine itself");
    } else if (!pids_open(&h->pids, in->root, &h->status, &h->error)) {
        h->failed = true;
    } else {
        heap_tracks_open(&h->tracks, in, &h->pids);
    }
    return h;
}

static void sample(void *state, const struct probe_input *in, double time)
{
    struct heap *h = state;
    if (!h->failed)
        heap_tracks_sample(&h->tracks, in, &h->pids, time);
}

static void thin(void *state)
{
    struct heap *h = state;
    heap_tracks_thin(&h->tracks);
}

static void close_state(void *state)
{
    struct heap *h = state;
    if (!h)
        return;
    if (!h->failed)
        pids_close(&h->pids);
    heap_tracks_close(&h->tracks);
    free(h);
}

static void number(struct table *t, size_t row, unsigned column, uint64_t n)
{
    cell_number(t, row, column, (double)n);
}

/* NaN leaves the cell to the row's reason. */
static void maybe(struct table *t, size_t row, unsigned column, double n)
{
    if (isfinite(n))
        cell_number(t, row, column, n);
}

static const char tcache_unknown[] = "jemalloc's books count what threads keep for themselves as in use";

static void add_figures(struct table *t, size_t row, const struct heap_look *l)
{
    const struct heap_sums *s = &l->heap.sums;
    uint64_t thread_free = 0;
    for (size_t i = 0; i < l->heap.arena_count; i++)
        thread_free += l->heap.arenas[i].main ? 0 : l->heap.arenas[i].sums.free;
    const struct {
        unsigned column;
        uint64_t number;
    } cells[] = {
        {T_IN_USE, s->in_use},
        {T_FREE, s->free},
        {T_TRIMMABLE, s->trimmable},
        {T_PINNED, s->pinned},
        {T_MMAPPED, l->heap.mmapped},
        {T_ARENAS, l->heap.arena_count},
        {T_BINNED, s->binned},
        {T_FAST, s->fast},
        {T_TOP, s->top},
        {T_ABSENT, s->absent},
        {T_LARGEST_FREE, s->largest_free},
        {T_SYSTEM, s->system},
        {T_THREAD_ARENA_FREE, thread_free},
        {T_PYTHON_IN_USE, l->python.in_use},
        {T_PYTHON_FREE, l->python.free},
        {T_PYTHON_ARENAS, l->python.arenas},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
        number(t, row, cells[i].column, cells[i].number);
    if (l->heap.layout[0])
        cell_unknown(t, row, T_TCACHE, tcache_unknown);
    else
        number(t, row, T_TCACHE, s->tcache);
    cell_number(t, row, T_LIVE, l->live);
    cell_number(t, row, T_HELD, l->held);
}

/* Change and slope of one member over the points where it is known; how evenly it changed, or NaN. */
static double add_trend(struct table *t, size_t row, const struct heap_track *k, size_t member, unsigned change,
                        unsigned slope, unsigned low)
{
    double time[SAMPLES_MAX + 1], value[SAMPLES_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < k->count; i++) {
        double v = *(const double *)((const char *)&k->points[i] + member);
        if (isnan(v))
            continue;
        time[count] = k->points[i].time;
        value[count++] = v;
    }
    if (count < 2)
        return NAN;
    struct trend trend;
    trend_find(time, value, count, &trend);
    maybe(t, row, change, trend.change);
    maybe(t, row, slope, trend.slope);
    maybe(t, row, low, trend.low);
    return trend.evenness;
}

static void add_arenas_change(struct table *t, size_t row, const struct heap_track *k)
{
    double first = NAN, last = NAN;
    for (size_t i = 0; i < k->count; i++) {
        first = isnan(first) ? k->points[i].arenas : first;
        last = isnan(k->points[i].arenas) ? last : k->points[i].arenas;
    }
    if (k->count > 1)
        maybe(t, row, T_ARENAS_CHANGE, last - first);
}

static void add_window(struct table *t, size_t row, const struct heap_track *k)
{
    cell_number(t, row, T_SAMPLES, (double)k->count);
    if (k->count)
        cell_number(t, row, T_WINDOW, k->points[k->count - 1].time - k->points[0].time);
    add_trend(t, row, k, offsetof(struct heap_point, outside), T_OUTSIDE_CHANGE, T_OUTSIDE_SLOPE, T_OUTSIDE_SLOPE_LOW);
    if (k->look.state != HEAP_UNKNOWN) {
        maybe(t, row, T_LIVE_EVENNESS,
              add_trend(t, row, k, offsetof(struct heap_point, live), T_LIVE_CHANGE, T_LIVE_SLOPE, T_LIVE_SLOPE_LOW));
        add_trend(t, row, k, offsetof(struct heap_point, held), T_HELD_CHANGE, T_HELD_SLOPE, T_HELD_SLOPE_LOW);
        add_arenas_change(t, row, k);
    }
}

static void add_process(struct table *t, const struct heap_track *k, const struct users *users)
{
    size_t row = table_add(t);
    const struct heap_look *l = &k->look;
    char digits[24];
    const char *reason = k->looked ? l->reason : "not looked at: the time allowed for reading heaps was used up";
    enum heap_state state = k->looked ? l->state : HEAP_UNKNOWN;
    cell_number(t, row, T_PID, (double)k->pid);
    cell_text(t, row, T_COMMAND, k->command);
    cell_text(t, row, T_USER, k->has_uid ? users_name(users, k->uid, digits) : NULL);
    cell_text(t, row, T_STATE, heap_state_names[state]);
    cell_text(t, row, T_REASON, reason);
    cell_number(t, row, T_COVERAGE, l->coverage);
    cell_text(t, row, T_LAYOUT, l->heap.layout);
    cell_text(t, row, T_ALLOCATOR, k->looked ? l->allocator : allocator_names[ALLOCATOR_UNKNOWN]);
    if (k->looked) {
        maybe(t, row, T_RSS, l->rss);
        maybe(t, row, T_OUTSIDE, l->outside);
        cell_number(t, row, T_READ_TIME, l->cost_s);
    }
    if (state != HEAP_UNKNOWN)
        add_figures(t, row, l);
    add_window(t, row, k);
    row_unknown(t, row, state == HEAP_UNKNOWN ? reason : "one moment only");
}

static void add_arenas(struct table *t, const struct heap_track *k)
{
    for (size_t i = 0; i < k->look.heap.arena_count; i++) {
        const struct heap_arena *a = &k->look.heap.arenas[i];
        const struct heap_sums *s = &a->sums;
        size_t row = table_add(t);
        number(t, row, A_PID, (uint64_t)k->pid);
        number(t, row, A_ARENA, a->number);
        cell_text(t, row, A_ALLOCATOR, arena_allocators[a->jemalloc]);
        cell_bool(t, row, A_MAIN, a->main);
        number(t, row, A_SEGMENTS, a->heaps);
        number(t, row, A_SYSTEM, s->system);
        number(t, row, A_IN_USE, s->in_use);
        number(t, row, A_FREE, s->free);
        number(t, row, A_TRIMMABLE, s->trimmable);
        number(t, row, A_PINNED, s->pinned);
        number(t, row, A_TOP, s->top);
        number(t, row, A_FAST, s->fast);
        if (!a->jemalloc)
            number(t, row, A_TCACHE, s->tcache);
        number(t, row, A_BINNED, s->binned);
        number(t, row, A_LARGEST_FREE, s->largest_free);
        row_unknown(t, row, tcache_unknown);
    }
}

/* The walker's classes are finer: here one row for each power of two. */
static void add_sizes(struct table *t, const struct heap_track *k)
{
    const struct malloc_heap *h = &k->look.heap;
    for (unsigned c = 0; c < HEAP_CLASSES;) {
        uint64_t from = heap_class_from(c), to = from * 2, used = 0, used_count = 0, free = 0, free_count = 0;
        for (; c < HEAP_CLASSES && heap_class_from(c) < to; c++) {
            used += h->used_sizes[c];
            used_count += h->used_counts[c];
            free += h->free_sizes[c];
            free_count += h->free_counts[c];
        }
        if (!used_count && !free_count)
            continue;
        size_t row = table_add(t);
        number(t, row, Z_PID, (uint64_t)k->pid);
        number(t, row, Z_FROM, from);
        number(t, row, Z_TO, to);
        number(t, row, Z_USED_COUNT, used_count);
        number(t, row, Z_USED, used);
        number(t, row, Z_FREE_COUNT, free_count);
        number(t, row, Z_FREE, free);
    }
}

static void add_samples(struct table *t, const struct heap_track *k)
{
    size_t skip = k->count > SAMPLES_MAX ? k->count - SAMPLES_MAX : 0;
    for (size_t i = skip; i < k->count; i++) {
        const struct heap_point *p = &k->points[i];
        size_t row = table_add(t);
        number(t, row, S_PID, (uint64_t)k->pid);
        cell_number(t, row, S_TIME, p->time);
        maybe(t, row, S_LIVE, p->live);
        maybe(t, row, S_HELD, p->held);
        maybe(t, row, S_RSS, p->rss);
        row_unknown(t, row, "its heap could not be read then");
    }
}

struct totals {
    size_t states[3], denied;
    double live, held;
    uint64_t trimmable, pinned;
};

static void add_total(struct totals *sum, const struct heap_track *k)
{
    const struct heap_look *l = &k->look;
    sum->states[k->looked ? l->state : HEAP_UNKNOWN]++;
    sum->denied += l->denied;
    if (!k->looked || l->state == HEAP_UNKNOWN)
        return;
    sum->live += l->live;
    sum->held += l->held;
    sum->trimmable += l->heap.sums.trimmable;
    sum->pinned += l->heap.sums.pinned;
}

static void add_heaps(struct table *t, const struct heap_tracks *tracks, const struct totals *sum)
{
    size_t row = table_add(t), figures = sum->states[HEAP_MEASURED] + sum->states[HEAP_ESTIMATE];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    number(t, row, H_PROCESSES, tracks->count);
    number(t, row, H_MEASURED, sum->states[HEAP_MEASURED]);
    number(t, row, H_ESTIMATES, sum->states[HEAP_ESTIMATE]);
    number(t, row, H_UNKNOWN, sum->states[HEAP_UNKNOWN]);
    number(t, row, H_READ, tracks->bytes_read);
    if (cpus > 0)
        number(t, row, H_CPUS, (uint64_t)cpus);
    if (figures || !tracks->count) {
        cell_number(t, row, H_LIVE, sum->live);
        cell_number(t, row, H_HELD, sum->held);
        number(t, row, H_TRIMMABLE, sum->trimmable);
        number(t, row, H_PINNED, sum->pinned);
    }
    row_unknown(t, row, "no heap could be read");
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    struct heap *h = state;
    if (!h || h->failed) {
        facts_fail(f, h ? h->status : STATUS_ABSENT, "%s", h ? h->error.text : "no window was observed");
        return;
    }
    struct heap_tracks *s = &h->tracks;
    heap_tracks_finish(s, in, &h->pids);
    struct users users;
    users_read(&users, in->root);
    struct totals sum = {0};
    for (size_t i = 0; i < s->count; i++) {
        const struct heap_track *k = s->tracks[i];
        add_total(&sum, k);
        add_process(facts_table(f, "total"), k, &users);
        add_samples(facts_table(f, "heap_sample"), k);
        if (!k->looked || k->look.state == HEAP_UNKNOWN)
            continue;
        add_arenas(facts_table(f, "arena"), k);
        add_sizes(facts_table(f, "size"), k);
    }
    users_free(&users);
    table_sort(facts_table(f, "total"), T_RSS, true);
    add_heaps(facts_table(f, "heaps"), s, &sum);
    if (s->count)
        f->coverage = (double)(s->count - sum.states[HEAP_UNKNOWN]) / (double)s->count;
    if (sum.denied)
        facts_fail(f, sum.denied == s->count ? STATUS_DENIED : STATUS_PARTIAL, "heaps of %zu of %zu processes: %s",
                   sum.denied, s->count, pids_denied(in->root));
}

extern const struct probe probe_heap;
const struct probe probe_heap = {
    .name = "heap",
    .help = "heaps of the leading processes: in use, free but held, arenas, and how they change",
    .classic = "gdb -p PID -ex 'call malloc_info(0, stdout)', which stops the process",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads_live = "proc/PID/statm proc/LEADING/stat proc/LEADING/status proc/LEADING/maps proc/LEADING/exe "
                  "proc/LEADING/mem proc/LEADING/pagemap etc/passwd",
    .open = open_state,
    .sample = sample,
    .thin = thin,
    .collect = collect,
    .close = close_state,
};
