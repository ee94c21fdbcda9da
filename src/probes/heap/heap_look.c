/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/heap_look.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"

enum { MAPS_BYTES_MAX = 16 << 20 };
/* Heuristic: with less than this in known heaps, what they hold says nothing of the process. */
static const double known_share_min = 0.1, outside_min = 8 << 20;
/* As of glibc's heap */
static const double coverage_measured = 0.99, coverage_estimate = 0.9;

/* What tells instead, of allocators that are recognised but not read. */
static const char *other_allocator(const char *name)
{
    static const struct {
        const char *name, *instead;
    } others[] = {
        {"jemalloc", "its own statistics tell (malloc_stats_print, MALLOC_CONF=stats_print:true)"},
        {"tcmalloc", "its own statistics tell (MallocExtension, MALLOCSTATS=1)"},
        {"mimalloc", "its own statistics tell (mi_stats_print, MIMALLOC_SHOW_STATS=1)"},
        {"scudo", "its own statistics tell (malloc_info)"},
        {"go", "its own statistics tell (runtime.ReadMemStats, GODEBUG=gctrace=1)"},
        {"musl", "it keeps no statistics"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (strcmp(others[i].name, name) == 0)
            return others[i].instead;
    return "only its own statistics tell";
}

static bool is_allocator(const struct detection *d, enum allocator a)
{
    return d->allocator && strcmp(d->allocator, allocator_names[a]) == 0;
}

/* One of which there is a name only. */
static bool is_other(const struct detection *d)
{
    return d->allocator && !is_allocator(d, ALLOCATOR_GLIBC) && !is_allocator(d, ALLOCATOR_JEMALLOC);
}

static void unknown(struct heap_look *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void unknown(struct heap_look *l, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(l->reason, sizeof l->reason, format, arguments);
    va_end(arguments);
    l->state = HEAP_UNKNOWN;
    l->live = l->held = NAN;
}

/* What holds the memory that malloc does not, for the sentence. */
static const char *own_memory(enum language l)
{
    switch (l) {
    case LANGUAGE_JVM:
        return "the heap of its JVM";
    case LANGUAGE_NODE:
        return "the heap of its JavaScript engine";
    case LANGUAGE_DOTNET:
        return "the heap of its .NET runtime";
    case LANGUAGE_RUBY:
    case LANGUAGE_PHP:
        return "its interpreter's own pages, or mappings of its own";
    default:
        return "an allocator or mappings of its own";
    }
}

/* Pools that are swapped out are assumed to be like the others. */
static void judge_python(struct heap_look *l)
{
    struct pymalloc *p = &l->python;
    if (!p->whole) {
        l->failed = true;
        unknown(l, "CPython's arenas could not be searched to the end");
        return;
    }
    if (p->coverage < coverage_estimate) {
        unknown(l, "only %.0f %% of CPython's pools could be read: the others are swapped out", p->coverage * 100);
        return;
    }
    l->coverage = fmin(l->coverage, p->coverage);
    if (p->coverage >= coverage_measured)
        return;
    snprintf(l->reason, sizeof l->reason, "%.1f %% of CPython's pools are swapped out", (1 - p->coverage) * 100);
    l->state = HEAP_ESTIMATE;
    p->in_use = (uint64_t)((double)p->in_use / p->coverage);
    p->free = (uint64_t)((double)p->free / p->coverage);
    p->memory = (uint64_t)((double)p->memory / p->coverage);
}

/* Where jemalloc is the program's malloc, libc's own heap is beside it, often with nothing in it. */
static void join_jemalloc(struct heap_look *l)
{
    struct malloc_heap beside = l->heap;
    l->heap = l->jemalloc;
    l->jemalloc = (struct malloc_heap){0};
    if (beside.found) {
        beside.state = beside.little ? HEAP_MEASURED : beside.state;
        malloc_heap_add(&l->heap, &beside);
    }
    malloc_heap_free(&beside);
}

/* What glibc's heap tells of the process, whatever else may be in it. */
static double known_bytes(const struct heap_look *l)
{
    const struct malloc_heap *h = &l->heap;
    const struct heap_sums *s = &h->sums;
    uint64_t resident_free = s->free > s->absent ? s->free - s->absent : 0;
    return (double)s->in_use + (double)resident_free + (double)h->mmapped + (double)h->metadata +
           (double)l->python.memory;
}

static bool is_mostly_outside(const struct heap_look *l)
{
    double known = known_bytes(l);
    return l->anonymous - known > outside_min && known < known_share_min * l->anonymous;
}

void heap_look_judge(struct heap_look *l, const struct detection *d, bool own_objects)
{
    const struct malloc_heap *h = &l->heap;
    l->live = l->held = l->outside = NAN;
    bool jemalloc = l->jemalloc.found, guessed_wrong = d->guess && !jemalloc && h->state != HEAP_UNKNOWN;
    if (is_other(d)) {
        l->allocator = d->allocator;
        l->outside = l->anonymous;
        unknown(l, "%s: its heap cannot be read from outside; %s", d->allocator, other_allocator(d->allocator));
        return;
    }
    if (jemalloc) {
        join_jemalloc(l);
    } else if (is_allocator(d, ALLOCATOR_JEMALLOC) && !guessed_wrong) {
        l->allocator = d->allocator;
        l->outside = l->anonymous;
        l->failed = true;
        unknown(l, "jemalloc: %s; %s", l->jemalloc.reason, other_allocator(d->allocator));
        return;
    }
    l->allocator = allocator_names[jemalloc                     ? ALLOCATOR_JEMALLOC
                                   : !h->found && !d->allocator ? ALLOCATOR_UNKNOWN
                                   : l->python.pools            ? ALLOCATOR_PYMALLOC
                                                                : ALLOCATOR_GLIBC];
    l->coverage = h->coverage;
    l->state = h->little ? HEAP_MEASURED : h->state; /* CPython's part can still explain the rest */
    if (!h->found && !d->allocator) {
        l->outside = l->anonymous;
        unknown(l, "allocator unknown: no heap of glibc's malloc is in it");
        return;
    }
    if (l->state == HEAP_UNKNOWN) {
        l->failed = true;
        unknown(l, "%s", h->reason[0] ? h->reason : "its heap could not be read");
        return;
    }
    snprintf(l->reason, sizeof l->reason, "%s", h->little ? "" : h->reason);
    judge_python(l);
    if (l->state == HEAP_UNKNOWN)
        return;
    const struct heap_sums *s = &h->sums;
    double resident_free = s->free > s->absent ? (double)(s->free - s->absent) : 0;
    l->outside = fmax(l->anonymous - known_bytes(l), 0);
    l->live = (double)s->in_use + (double)h->mmapped + (double)l->python.in_use;
    l->held = resident_free + (double)l->python.free_resident;
    if (own_objects) {
        unknown(l, "CPython without its lock keeps objects in an allocator that cannot be read from outside");
        return;
    }
    if (is_mostly_outside(l)) {
        char part[64], all[64];
        units_format(part, sizeof part, l->outside, TYPE_BYTES);
        units_format(all, sizeof all, l->anonymous, TYPE_BYTES);
        unknown(l, "most of its memory (%s of %s) is not in malloc's heap: %s", part, all, own_memory(d->language));
    }
}

/* "python3.13t", "libpython3.13t.so.1.0": built without the lock, and so without pymalloc. */
static bool is_free_threaded(struct span name)
{
    struct span base = span_basename(name);
    if (!span_starts(base, "python3.") && !span_starts(base, "libpython3."))
        return false;
    uint64_t minor;
    return scan_past(&base, "3.") && scan_number(&base, &minor) && scan_char(&base, 't');
}

/* 0 or -errno. */
static int detect(const struct pids *p, long pid, struct detection *d, bool *own_objects)
{
    AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
    pids_lines(p, pid, "maps", l);
    size_t length;
    struct vma v;
    for (char *line; l->total < MAPS_BYTES_MAX && (line = lines_next(l, &length));)
        if (vma_parse(line, length, &v)) {
            detect_mapping(d, &v);
            *own_objects |= is_free_threaded(v.name);
        }
    int error = l->error;
    lines_close(l);
    detect_finish(d, NULL);
    return -error;
}

int heap_look_size(const struct pids *p, long pid, uint64_t *resident, uint64_t *private)
{
    char buffer[256];
    uint64_t pages, shared;
    ssize_t n = pids_read(p, pid, "statm", buffer, sizeof buffer);
    struct span s = span_of(buffer, n > 0 ? (size_t)n : 0);
    if (!scan_number(&s, &pages) || !scan_number(&s, &pages) || !scan_number(&s, &shared) ||
        !times_fits(pages, p->page_size, resident))
        return n < 0 ? (int)n : -ENODATA;
    *private = (pages - (shared < pages ? shared : pages)) * p->page_size;
    return 0;
}

static int read_size(struct heap_look *l, const struct pids *p, long pid)
{
    struct proc_status status;
    int error;
    uint64_t resident, private;
    if ((error = heap_look_size(p, pid, &resident, &private)))
        return error;
    uint64_t swapped = pids_status(p, pid, &status, &error) && status.has & PROC_VM_SWAP ? status.vm_swap : 0;
    l->rss = (double)resident;
    l->anonymous = (double)private + (double)swapped;
    return 0;
}

static bool is_gone(int error)
{
    return error == -ESRCH || error == -ENOENT;
}

/* Also if the id is another process's by now. */
static bool has_ended(const struct pids *p, long pid, uint64_t started)
{
    char buffer[1024];
    struct proc_stat s;
    ssize_t n = pids_read(p, pid, "stat", buffer, sizeof buffer);
    if (n <= 0 || !stat_parse(buffer, (size_t)n, &s))
        return is_gone((int)n);
    return s.state == 'Z' || s.state == 'X' || (started && s.start_ticks != started);
}

static void read_heap(struct heap_look *l, struct target *t, const struct detection *d, bool own_objects)
{
    glibc_heap_read(t, &l->heap);
    l->python = (struct pymalloc){.whole = true, .coverage = 1};
    if (d->language == LANGUAGE_PYTHON && !own_objects)
        pymalloc_read(t, &l->python);
    if (is_allocator(d, ALLOCATOR_JEMALLOC))
        jemalloc_heap_read(t, JEMALLOC_IN_LIBRARY, JEMALLOC_IN_OTHERS, &l->jemalloc);
    else if (is_mostly_outside(l)) /* it can be linked into the program, and then nothing names it */
        jemalloc_heap_read(t, JEMALLOC_IN_PROGRAM, JEMALLOC_IN_PROGRAM, &l->jemalloc);
    l->bytes_read = t->bytes_read;
    l->gone = !target_alive(t);
    heap_look_judge(l, d, own_objects);
}

static void look_inside(struct heap_look *l, const struct pids *p, long pid, const struct detection *d,
                        bool own_objects, double deadline)
{
    struct target t;
    enum status status;
    struct err e;
    if (l->rss == 0) {
        unknown(l, "it has no memory of its own (a kernel thread)");
    } else if (is_other(d)) {
        heap_look_judge(l, d, own_objects);
    } else if (!target_open(&t, &p->root, pid, &status, &e)) {
        l->gone = status == STATUS_VANISHED;
        l->denied = status == STATUS_DENIED;
        unknown(l, "%s", e.text);
    } else {
        t.deadline = deadline;
        read_heap(l, &t, d, own_objects);
        target_close(&t);
    }
}

void heap_look(struct heap_look *l, const struct pids *p, long pid, uint64_t started, double deadline)
{
    *l = (struct heap_look){
        .state = HEAP_UNKNOWN, .allocator = allocator_names[ALLOCATOR_UNKNOWN], .rss = NAN, .anonymous = NAN};
    l->live = l->held = l->outside = NAN;
    double begin = clock_now();
    struct detection d = {0};
    bool own_objects = false;
    l->gone = has_ended(p, pid, started) || is_gone(detect(p, pid, &d, &own_objects)) || is_gone(read_size(l, p, pid));
    if (!l->gone)
        look_inside(l, p, pid, &d, own_objects, deadline);
    if (l->gone) {
        unknown(l, "it has ended");
        l->outside = NAN;
    }
    l->cost_s = clock_now() - begin;
}

void heap_look_free(struct heap_look *l)
{
    malloc_heap_free(&l->heap);
    malloc_heap_free(&l->jemalloc);
}
