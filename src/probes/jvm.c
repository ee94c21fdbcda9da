/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the heaps of JVMs hold after collections. HotSpot keeps its figures in a small file that it maps (hsperfdata_USER/PID, what
 * jstat reads). They are read here where the process maps them, as `heap` reads a heap: the mapping itself proves whose file it is,
 * so no path is opened that someone else could have put there, and other mount and pid namespaces and deleted files make no difference.
 * Nothing connects to the JVM. What can be concluded from the figures: probes/jvm/jvm_live.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/trend.h"
#include "facts/probe.h"
#include "probes/heap/target.h"
#include "probes/jvm/jvm_live.h"
#include "probes/kernel/pids.h"

enum { TOP_DEFAULT = 40, TOP_MAX = 100, MAPS_BYTES_MAX = 16 << 20 };

struct track {
    long pid;
    char command[COMMAND_MAX];
    struct err why;       /* of unknown figures */
    struct target target; /* open if `end` */
    uint64_t start, end;  /* where the performance data is mapped */
    bool known;           /* it was read at least once */
    struct jvm_counters first, last;
    double first_time, last_time; /* of these, by the sampler */
    size_t count;
    struct jvm_point points[SAMPLES_MAX + 1];
};

struct jvm {
    struct pids pids;
    struct track **tracks;
    size_t count;
    bool failed;
    enum status status;
    struct err error;
};

/* "/tmp/hsperfdata_USER/PID", as the JVM names it in its own namespaces; the kernel adds " (deleted)". */
static bool is_perf_data(const struct vma *v)
{
    struct span file = span_basename(v->name), folder = {v->name.at, file.at > v->name.at ? file.at - 1 : file.at};
    uint64_t number;
    return v->inode && v->permissions[3] == 's' && span_starts(span_basename(folder), "hsperfdata_") &&
           scan_number(&file, &number) && (scan_end(&file) || span_is(file, "(deleted)"));
}

/* False if it runs no JVM, as far as that can be told: where its mappings may not be read, by its name. */
static bool find_mapping(struct track *t, const struct pids *p, struct lines *l)
{
    bool hotspot = false, other = false, cut = false;
    size_t length;
    struct vma v;
    pids_lines(p, t->pid, "maps", l);
    for (char *line; !t->end && !cut && (line = lines_next(l, &length)); cut = l->total > MAPS_BYTES_MAX) {
        if (!vma_parse(line, length, &v) || v.start >= v.end)
            continue;
        hotspot |= span_is(span_basename(v.name), "libjvm.so");
        other |= span_starts(span_basename(v.name), "libj9vm");
        if (is_perf_data(&v)) {
            t->start = v.start;
            t->end = v.end;
        }
    }
    bool denied = (l->error == EACCES || l->error == EPERM) && strcmp(t->command, "java") == 0;
    lines_close(l);
    if (denied)
        err_set(&t->why, "/proc/%ld/maps: %s", t->pid, pids_denied(&p->root));
    else if (other)
        err_set(&t->why, "this JVM is no HotSpot, and keeps no such figures");
    else
        err_set(&t->why, "the JVM maps no performance data (-XX:-UsePerfData, or its directory could not be used)");
    return t->end || hotspot || other || denied;
}

static bool read_data(struct track *t, struct jvm_counters *c, char *bytes)
{
    size_t room = t->end - t->start < PERF_DATA_MAX ? (size_t)(t->end - t->start) : PERF_DATA_MAX;
    const char *why = "its performance data is not in memory";
    size_t size = 0;
    bool good = room >= PERF_PROLOGUE_SIZE && target_read_all(&t->target, t->start, bytes, PERF_PROLOGUE_SIZE) &&
                (size = perf_data_size(bytes, &why)) && size <= room &&
                target_read_all(&t->target, t->start, bytes, size) && jvm_counters_read(c, bytes, size, &why) &&
                target_alive(&t->target);
    if (!good && !t->known)
        err_set(&t->why, "%s", why);
    return good;
}

static struct jvm_point point_of(const struct jvm_counters *c)
{
    struct jvm_point p = {c->collected, c->old_used + c->survivors, c->old_used, c->metaspace_used, {0}};
    memcpy(p.collections, c->collections, sizeof p.collections);
    return p;
}

static bool same_collections(const struct jvm_point *a, const struct jvm_point *b)
{
    for (size_t i = 0; i < JVM_KINDS; i++)
        if (a->collections[i] != b->collections[i])
            return false;
    return true;
}

/* A look between two collections shows what the earlier one left; of several looks the least, as large objects can be made in the
 * old generation in between. */
static void add_point(struct track *t, const struct jvm_counters *c)
{
    struct jvm_point p = point_of(c), *last = t->count ? &t->points[t->count - 1] : NULL;
    if (!jvm_tells_what_is_left(c->collector) || isnan(p.time) || isnan(p.left))
        return;
    if (last && same_collections(&p, last)) {
        last->left = fmin(last->left, p.left);
        last->old = fmin(last->old, p.old);
    } else if ((!last || p.time > last->time) && t->count < ARRAY_SIZE(t->points)) {
        t->points[t->count++] = p;
    }
}

static void sample_one(struct track *t, double time)
{
    char bytes[PERF_DATA_MAX];
    struct jvm_counters c;
    if (!t->end || !read_data(t, &c, bytes))
        return;
    if (!t->known) {
        t->first = c;
        t->first_time = time;
    }
    t->known = true;
    t->last = c;
    t->last_time = time;
    if (!c.collecting)
        add_point(t, &c);
}

static void sample(void *state, const struct probe_input *in, double time)
{
    struct jvm *j = state;
    (void)in;
    for (size_t i = 0; i < j->count; i++)
        sample_one(j->tracks[i], time);
}

/* Of two points the later one's, with what both left at least: no collection is forgotten. */
static void thin(void *state)
{
    struct jvm *j = state;
    for (size_t i = 0; i < j->count; i++) {
        struct track *t = j->tracks[i];
        size_t kept = 1;
        for (size_t k = 1; k < t->count; k += 2, kept++) {
            struct jvm_point *to = &t->points[kept], *a = &t->points[k], *b = &t->points[k + 1 < t->count ? k + 1 : k];
            double left = fmin(a->left, b->left), old = fmin(a->old, b->old);
            *to = *b;
            to->left = left;
            to->old = old;
        }
        t->count = t->count ? kept : 0;
    }
}

static void add(struct jvm *j, long pid, struct lines *l)
{
    const struct pids *p = &j->pids;
    struct track *t = mem_alloc(sizeof *t);
    struct proc_status status;
    int error;
    t->pid = pid;
    if (pids_status(p, pid, &status, &error))
        memcpy(t->command, status.command, sizeof t->command);
    if (!find_mapping(t, p, l)) {
        free(t);
        return;
    }
    if (t->end) {
        const struct target_map *map = NULL;
        if (!target_open(&t->target, &p->root, pid, NULL, &t->why))
            t->end = 0;
        else if (!(map = target_find(&t->target, t->start)) || map->start != t->start || map->permissions[3] != 's') {
            target_close(&t->target);
            t->end = 0;
            err_set(&t->why, "process %ld is not the one it was", pid);
        }
    }
    MEM_ROOM(j->tracks, j->count);
    j->tracks[j->count++] = t;
}

static void *open_state(const struct probe_input *in)
{
    struct jvm *j = mem_alloc(sizeof *j);
    if (!in->root->live) {
        j->failed = true;
        j->status = STATUS_ABSENT;
        err_set(&j->error, "a JVM's figures can only be read on the machine itself");
        return j;
    }
    if (!pids_open(&j->pids, in->root, &j->status, &j->error)) {
        j->failed = true;
        return j;
    }
    size_t count, top = in->top ? in->top : TOP_DEFAULT;
    AUTO_FREE struct leader *leaders = pids_leaders(&j->pids, top < TOP_MAX ? top : TOP_MAX, &count);
    AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
    bool suspect = in->pid <= 0;
    for (size_t i = 0; i < count; i++) {
        suspect |= leaders[i].pid == in->pid;
        add(j, leaders[i].pid, l);
    }
    if (!suspect)
        add(j, in->pid, l);
    return j;
}

static void close_state(void *state)
{
    struct jvm *j = state;
    if (!j)
        return;
    for (size_t i = 0; i < j->count; i++) {
        if (j->tracks[i]->end)
            target_close(&j->tracks[i]->target);
        free(j->tracks[i]);
    }
    if (!j->failed)
        pids_close(&j->pids);
    free(j->tracks);
    free(j);
}

#define JVM_COLUMNS(X)                                                                                                 \
    X(PID, "pid", TYPE_COUNT, "process id", .role = ROLE_KEY)                                                          \
    X(COMMAND, "command", TYPE_TEXT, "name of the program")                                                            \
    X(COLLECTOR, "collector", TYPE_TEXT, "its garbage collector", .values = jvm_collector_names)                       \
    X(HEAP_MAX, "heap_max", TYPE_BYTES, "largest size of the Java heap (-Xmx)")                                        \
    X(HEAP_CAPACITY, "heap_capacity", TYPE_BYTES, "its size now, garbage and free parts included", .role = ROLE_RANK)  \
    X(OLD_USED, "old_used", TYPE_BYTES, "used in the old generation (of G1 with humongous objects), live or garbage")  \
    X(OLD_MAX, "old_max", TYPE_BYTES, "largest size of the old generation; of G1 the heap's")                          \
    X(USED_AFTER_GC, "used_after_gc", TYPE_BYTES,                                                                      \
      "least that was used in the old generation after a collection, of those in the window")                          \
    X(YOUNG, "young", TYPE_COUNT, "collections of the young generation in the window; of G1 mixed ones too")           \
    X(FULL, "full", TYPE_COUNT, "collections of the whole heap in the window")                                         \
    X(CONCURRENT, "concurrent", TYPE_COUNT, "pauses of concurrent cycles in the window: two to a cycle")               \
    X(CAUSE, "cause", TYPE_TEXT, "why the last collection was made")                                                   \
    X(GC_SHARE, "gc_share", TYPE_RATIO, "share of the window in which collections stopped the program")                \
    X(LEFT_LAST, "left_last", TYPE_BYTES,                                                                              \
      "what the last collection left in the old generation and the survivor spaces: no less than what is live")        \
    X(LEFT_SLOPE, "left_slope", TYPE_BYTE_RATE,                                                                        \
      "growth of what collections leave (Theil-Sen): promoted, kept or not; if it is none, live data does not grow")   \
    X(LEFT_SLOPE_LOW, "left_slope_low", TYPE_BYTE_RATE, "lower end of its 95 % interval")                              \
    X(LEFT_SLOPE_HIGH, "left_slope_high", TYPE_BYTE_RATE, "upper end of its 95 % interval")                            \
    X(LIVE_FIRST, "live_first", TYPE_BYTES,                                                                            \
      "live data at the first of these collections, as far as the last collection of the old generation confirmed it") \
    X(LIVE_LAST, "live_last", TYPE_BYTES, "live data at the last collection of the old generation")                    \
    X(LIVE_SLOPE, "live_slope", TYPE_BYTE_RATE, "growth of live data up to then (Theil-Sen)")                          \
    X(LIVE_SLOPE_LOW, "live_slope_low", TYPE_BYTE_RATE, "lower end of its 95 % interval")                              \
    X(EVENNESS, "evenness", TYPE_RATIO, "how evenly live data grows, as in table growth")                              \
    X(LIVE_SAMPLES, "live_samples", TYPE_COUNT, "collections that this rests on")                                      \
    X(LIVE_WINDOW, "live_window", TYPE_SECONDS, "time between the first and the last of them")                         \
    X(TIME_TO_FULL, "time_to_full", TYPE_SECONDS, "until live data fills heap_max at live_slope, if surely above 0")   \
    X(METASPACE_USED, "metaspace_used", TYPE_BYTES, "classes' metadata, outside the heap, at the last collection")     \
    X(METASPACE_SLOPE, "metaspace_slope", TYPE_BYTE_RATE, "its growth (Theil-Sen)")                                    \
    X(METASPACE_CAPACITY, "metaspace_capacity", TYPE_BYTES, "what it has from the kernel for that")                    \
    X(THREADS, "threads", TYPE_COUNT, "Java threads")                                                                  \
    X(WINDOW, "window", TYPE_SECONDS, "time between the first and the last look")
enum { JVM_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {JVM_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "jvm", .help = "Java heaps as their collectors see them", COLUMNS(columns), .keep = TOP_DEFAULT},
};

#define NO_WINDOW "one moment only"
#define NO_COLLECTION "no collection in the window"
#define NO_OLD_COLLECTION "the old generation was not collected in the window: what was promoted can be garbage"
#define FEW_COLLECTIONS "fewer than 8 collections over 10 s in the window"
#define NOT_TOLD "its collector does not tell"

/* NaN leaves the cell to the reasons that follow. */
static void maybe(struct table *t, size_t row, unsigned column, double n)
{
    if (isfinite(n))
        cell_number(t, row, column, n);
}

static void reason(struct table *t, size_t row, unsigned from, unsigned to, const char *why)
{
    for (unsigned c = from; c <= to; c++)
        if (!cell_get(t, row, c).known)
            cell_unknown(t, row, c, why);
}

static void add_trends(struct table *t, size_t row, const struct track *k)
{
    double time[SAMPLES_MAX + 1], value[SAMPLES_MAX + 1];
    struct trend trend;
    for (size_t i = 0; i < k->count; i++) {
        time[i] = k->points[i].time;
        value[i] = k->points[i].metaspace;
    }
    trend_find(time, value, k->count, &trend);
    maybe(t, row, METASPACE_SLOPE, trend.slope);
    for (size_t i = 0; i < k->count; i++)
        value[i] = k->points[i].left;
    trend_find(time, value, k->count, &trend);
    maybe(t, row, LEFT_LAST, trend.last);
    maybe(t, row, LEFT_SLOPE, trend.slope);
    maybe(t, row, LEFT_SLOPE_LOW, trend.is_short ? NAN : trend.low);
    maybe(t, row, LEFT_SLOPE_HIGH, trend.is_short ? NAN : trend.high);

    size_t count = jvm_live(k->points, k->count, value);
    if (!count)
        return;
    trend_find(time, value, count, &trend);
    maybe(t, row, LIVE_FIRST, trend.first);
    maybe(t, row, LIVE_LAST, trend.last);
    maybe(t, row, LIVE_SLOPE, trend.slope);
    maybe(t, row, LIVE_SLOPE_LOW, trend.is_short ? NAN : trend.low);
    maybe(t, row, EVENNESS, trend.evenness);
    cell_number(t, row, LIVE_SAMPLES, (double)count);
    cell_number(t, row, LIVE_WINDOW, trend.window);
    if (!trend.is_short && trend.low > 0)
        maybe(t, row, TIME_TO_FULL, fmax(k->last.heap_max - trend.last, 0) / trend.slope);
    else if (!trend.is_short)
        cell_unknown(t, row, TIME_TO_FULL, "it does not grow");
    reason(t, row, LIVE_FIRST, TIME_TO_FULL, FEW_COLLECTIONS);
}

static void add_window(struct table *t, size_t row, const struct track *k)
{
    double window = k->last_time - k->first_time, collected = 0, paused = k->last.paused - k->first.paused;
    if (window <= 0) {
        reason(t, row, YOUNG, LIVE_WINDOW, NO_WINDOW);
        return;
    }
    for (unsigned i = 0; i < JVM_KINDS; i++) {
        double n = k->last.collections[i] - k->first.collections[i];
        if (jvm_tells_what_is_left(k->last.collector))
            maybe(t, row, YOUNG + i, fmax(n, 0));
        collected += n > 0 ? n : 0;
    }
    cell_number(t, row, WINDOW, window);
    maybe(t, row, GC_SHARE, fmin(fmax(paused, 0) / window, 1));
    if (!jvm_tells_what_is_left(k->last.collector)) {
        reason(t, row, YOUNG, METASPACE_SLOPE, NOT_TOLD);
    } else if (collected <= 0) {
        reason(t, row, LEFT_LAST, METASPACE_SLOPE, NO_COLLECTION);
    } else {
        add_trends(t, row, k);
        reason(t, row, LEFT_LAST, LEFT_SLOPE_HIGH, FEW_COLLECTIONS);
        reason(t, row, LIVE_FIRST, TIME_TO_FULL, NO_OLD_COLLECTION);
    }
}

static void add_row(struct table *t, const struct track *k)
{
    size_t row = table_add(t);
    cell_number(t, row, PID, (double)k->pid);
    cell_text(t, row, COMMAND, k->command);
    if (!k->known) {
        row_unknown(t, row, k->why.text[0] ? k->why.text : "no window was observed");
        return;
    }
    const struct jvm_counters *c = &k->last;
    double least = NAN;
    for (size_t i = 1; i < k->count; i++) /* the first is of a collection before the window */
        least = fmin(least, k->points[i].old);
    cell_text(t, row, COLLECTOR, jvm_collector_names[c->collector]);
    cell_text(t, row, CAUSE, c->cause);
    maybe(t, row, HEAP_MAX, c->heap_max);
    maybe(t, row, HEAP_CAPACITY, c->heap_capacity);
    maybe(t, row, OLD_USED, c->old_used);
    maybe(t, row, OLD_MAX, c->old_max);
    maybe(t, row, USED_AFTER_GC, least);
    if (k->count < 2 && jvm_tells_what_is_left(c->collector))
        cell_unknown(t, row, USED_AFTER_GC, NO_COLLECTION);
    maybe(t, row, METASPACE_USED, c->metaspace_used);
    maybe(t, row, METASPACE_CAPACITY, c->metaspace_capacity);
    maybe(t, row, THREADS, c->threads);
    add_window(t, row, k);
    row_unknown(t, row, NOT_TOLD);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    struct jvm *j = state;
    (void)in;
    if (!j || j->failed) {
        facts_fail(f, j ? j->status : STATUS_ABSENT, "%s", j ? j->error.text : "no window was observed");
        return;
    }
    struct table *t = facts_table(f, "jvm");
    for (size_t i = 0; i < j->count; i++)
        add_row(t, j->tracks[i]);
    table_sort(t, HEAP_CAPACITY, true);
}

extern const struct probe probe_jvm;
const struct probe probe_jvm = {
    .name = "jvm",
    .help = "what the heaps of JVMs hold after collections, and whether it grows",
    .classic = "jstat -gcutil PID 1s",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads_live = "proc/PID/statm proc/LEADING/stat proc/LEADING/status proc/LEADING/maps proc/LEADING/exe "
                  "proc/LEADING/pagemap",
    .window_s = 15,
    .open = open_state,
    .sample = sample,
    .thin = thin,
    .collect = collect,
    .close = close_state,
};
