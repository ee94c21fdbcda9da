/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growth of the leading processes over the window: private memory and swap, sampled at each tick. Walking the page tables of
 * a giant would hold up its own mmap and munmap, so that giants are followed by the counters in status instead. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/kernel/cgroup_memory.h"
#include "probes/kernel/cgroup_path.h"
#include "probes/kernel/meminfo.h"
#include "probes/kernel/pids.h"
#include "facts/probe.h"
#include "base/trend.h"

enum { TOP_DEFAULT = 20, TOP_MAX = 100, SHOWN = 8 };
static const double walk_too_long_s = 0.05, rest_factor = 10;

enum measure { MEASURE_PRIVATE, MEASURE_COUNTERS };

struct point {
    double time, uss, swap, rss;
    double grows; /* what can leak: anonymous memory of the process alone, resident or swapped */
};

struct track {
    long pid;
    uint64_t start_ticks;
    bool has_start, has_uid, gone, denied;
    enum measure measure;
    bool giant;
    double cost; /* of the last walk */
    uint64_t uid;
    char command[COMMAND_MAX], unit[128];
    char *cgroup;   /* where its memory is accounted; NULL: unknown */
    char *limited;  /* the group above it whose limit it will meet first; NULL: none */
    double charged; /* to that group at the first sample, without what can be reclaimed; negative: unknown */
    size_t count;
    struct point points[SAMPLES_MAX + 1];
};

struct growth {
    struct track *tracks;
    size_t count;
    bool begun;       /* there was a first sample */
    double available; /* of the host then; negative: unknown */
    bool failed;
    enum status status;
    struct err error;
};

/* Reads "proc/PID/name" where the moment at hand looks first. */
static ssize_t read_now(const struct root *r, long pid, const char *name, char *buffer, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "proc/%ld/%s", pid, name);
    return root_read_small(r, path, buffer, size);
}

static void identify(struct track *t, const struct root *r)
{
    char buffer[8192];
    struct proc_stat stat;
    struct proc_status status;
    ssize_t n = read_now(r, t->pid, "stat", buffer, sizeof buffer);
    if (n > 0 && stat_parse(buffer, (size_t)n, &stat)) {
        t->start_ticks = stat.start_ticks;
        t->has_start = true;
        memcpy(t->command, stat.command, sizeof t->command);
    }
    n = read_now(r, t->pid, "status", buffer, sizeof buffer);
    if (n > 0 && status_file_parse(buffer, (size_t)n, &status)) {
        memcpy(t->command, status.command, sizeof t->command);
        t->uid = status.uid;
        t->has_uid = status.has & PROC_UID;
    }
    n = read_now(r, t->pid, "cgroup", buffer, sizeof buffer);
    if (n > 0) {
        struct cgroup_paths paths;
        cgroup_paths_parse(buffer, (size_t)n, &paths);
        struct span accounted = cgroup_accounted(&paths);
        cgroup_unit(cgroup_managed(&paths), t->unit, sizeof t->unit);
        if (accounted.at && span_length(accounted) < CGROUP_PATH_MAX)
            t->cgroup = mem_printf("%.*s", (int)span_length(accounted), accounted.at);
    }
}

static double available_memory(const struct root *r)
{
    struct meminfo m;
    enum status status;
    return meminfo_read(&m, r, &status, NULL) && m.known[MI_MEM_AVAILABLE] ? (double)m.value[MI_MEM_AVAILABLE] : -1;
}

/* What is charged to a group and cannot be had by reclaiming files; negative: unknown. */
static double charged_to(const struct root *r, struct cgroup_mount mount, const char *group, double *limit)
{
    struct cgroup_memory m;
    if (!cgroup_memory_read(r, mount, group, CGROUP_USAGE, &m) || !m.has[CGROUP_MAX])
        return -1;
    cgroup_stat_read(r, mount, group, &m);
    *limit = (double)m.value[CGROUP_MAX];
    double file = m.has[CGROUP_FILE] ? (double)m.value[CGROUP_FILE] : 0;
    double shmem = m.has[CGROUP_SHMEM] ? (double)m.value[CGROUP_SHMEM] : 0;
    double charged = (double)m.value[CGROUP_CURRENT] - (file > shmem ? file - shmem : 0);
    return charged > 0 ? charged : 0;
}

static void find_limit(struct track *t, const struct root *r, struct cgroup_mount mount)
{
    char path[CGROUP_PATH_MAX];
    uint64_t limit, usage;
    double ignored;
    t->charged = -1;
    if (!t->cgroup || !mount.version)
        return;
    snprintf(path, sizeof path, "%s", t->cgroup);
    if (!cgroup_nearest_limit(r, mount, path, &limit, &usage))
        return;
    t->limited = mem_strdup(path);
    t->charged = charged_to(r, mount, path, &ignored);
}

static void *open_state(const struct probe_input *in)
{
    struct growth *g = mem_alloc(sizeof *g);
    struct pids p;
    if (!pids_open(&p, in->root, &g->status, &g->error)) {
        g->failed = true;
        return g;
    }
    size_t count, top = in->top ? in->top : TOP_DEFAULT;
    AUTO_FREE struct leader *leaders = pids_leaders(&p, top < TOP_MAX ? top : TOP_MAX, &count);
    g->tracks = mem_array(count + 1, sizeof *g->tracks);
    bool suspect = in->pid <= 0;
    for (size_t i = 0; i < count; i++) {
        suspect |= leaders[i].pid == in->pid;
        g->tracks[g->count++].pid = leaders[i].pid;
    }
    if (!suspect) {
        if (g->count && g->count == top)
            g->count--; /* it takes the place of the smallest */
        g->tracks[g->count++].pid = in->pid;
    }
    for (size_t i = 0; i < g->count; i++)
        identify(&g->tracks[i], &p.root);
    pids_close(&p);
    return g;
}

/* A pid can be used again by another process within the window; the same process can go on as another program. */
static bool is_same(struct track *t, const struct root *r)
{
    char buffer[1024];
    struct proc_stat stat;
    ssize_t n = read_now(r, t->pid, "stat", buffer, sizeof buffer);
    if (n == -ESRCH || (n == -ENOENT && (r->live || t->has_start)))
        return false;
    if (n <= 0 || !t->has_start || !stat_parse(buffer, (size_t)n, &stat))
        return true;
    if (stat.start_ticks != t->start_ticks || stat.state == 'Z' || stat.state == 'X')
        return false;
    memcpy(t->command, stat.command, sizeof t->command);
    return true;
}

/* 0 or -errno. */
static int read_private(const struct track *t, const struct root *r, struct point *p)
{
    char buffer[4096], path[64];
    struct smaps_sum s = {0};
    ssize_t n = read_now(r, t->pid, "smaps_rollup", buffer, sizeof buffer);
    if (n == -ENOENT) {
        snprintf(path, sizeof path, "proc/%ld/smaps", t->pid);
        int fd = root_open_file(r, path);
        if (fd < 0)
            return fd;
        AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
        lines_open(l, fd);
        size_t length;
        for (char *line; (line = lines_next(l, &length));)
            smaps_add_line(&s, line, length);
        int error = l->error;
        lines_close(l);
        if (error)
            return -error;
    } else if (n < 0) {
        return (int)n;
    } else {
        smaps_parse(buffer, (size_t)n, &s);
    }
    if (!smaps_has(&s, SMAPS_PRIVATE))
        return -ENODATA;
    p->uss = (double)smaps_uss(&s);
    p->swap = (double)(s.has & SMAPS_SWAP_PSS ? s.swap_pss : s.swap);
    p->rss = (double)s.rss;
    p->grows = p->uss + p->swap;
    if (s.has & SMAPS_ANON) { /* pages of files that it alone maps are cache; what it freed lazily is nobody's */
        double private = (double)(s.private_clean + s.private_dirty),
               anonymous = (double)s.anonymous - (double)s.lazy_free;
        p->grows -= private > anonymous ? private - anonymous : 0;
    }
    return 0;
}

static int read_counters(const struct track *t, const struct root *r, struct point *p)
{
    char buffer[8192];
    struct proc_status s;
    ssize_t n = read_now(r, t->pid, "status", buffer, sizeof buffer);
    if (n < 0)
        return (int)n;
    if (!status_file_parse(buffer, (size_t)n, &s) || !(s.has & PROC_VM_RSS))
        return -ENODATA;
    p->uss = (double)(s.has & PROC_RSS_ANON ? s.rss_anon : s.vm_rss);
    p->swap = (double)s.vm_swap;
    p->rss = (double)s.vm_rss;
    p->grows = p->uss + p->swap;
    return 0;
}

static void sample_one(struct track *t, const struct root *given, double time)
{
    /* What a moment of a capture does not hold was not observed then: the tree's own file is of another time. */
    struct root moment = root_alone(given);
    const struct root *r = &moment;
    if (t->gone || t->count > SAMPLES_MAX)
        return;
    if (t->count && time - t->points[t->count - 1].time < rest_factor * t->cost)
        return;
    if (!is_same(t, r)) {
        t->gone = r->live || t->count;
        return;
    }
    struct point p = {.time = time};
    int error = -EACCES;
    if (t->measure == MEASURE_PRIVATE) {
        double begin = clock_now();
        error = read_private(t, r, &p);
        t->cost = r->live ? clock_now() - begin : 0;
        if (!t->count && t->cost > walk_too_long_s) {
            t->giant = true;
            t->measure = MEASURE_COUNTERS;
            t->cost = 0;
        } else if (!t->count && error && error != -ESRCH && error != -ENOENT) {
            t->denied = true;
            t->measure = MEASURE_COUNTERS;
        } else if (!t->count && error == -ENOENT && !r->live) {
            t->measure = MEASURE_COUNTERS;
        }
    }
    if (t->measure == MEASURE_COUNTERS)
        error = read_counters(t, r, &p);
    if (error == -ESRCH || (error == -ENOENT && r->live))
        t->gone = true;
    if (!error)
        t->points[t->count++] = p;
}

static void sample(void *state, const struct probe_input *in, double time)
{
    struct growth *g = state;
    struct cgroup_mount mount = g->begun ? (struct cgroup_mount){0} : cgroup_mount_find(in->root);
    for (size_t i = 0; i < g->count; i++) {
        if (!g->begun)
            find_limit(&g->tracks[i], in->root, mount);
        sample_one(&g->tracks[i], in->root, time);
    }
    if (!g->begun)
        g->available = available_memory(in->root);
    g->begun = true;
}

static void thin(void *state)
{
    struct growth *g = state;
    for (size_t i = 0; i < g->count; i++) {
        struct track *t = &g->tracks[i];
        t->count = samples_thin(t->points, t->count, sizeof *t->points);
    }
}

static void close_state(void *state)
{
    struct growth *g = state;
    if (!g)
        return;
    for (size_t i = 0; i < g->count; i++) {
        free(g->tracks[i].cgroup);
        free(g->tracks[i].limited);
    }
    free(g->tracks);
    free(g);
}

enum { BY_PAGES, BY_COUNTERS, BY_SIZE, BY_RIGHT };
static const char *const measures[] = {
    [BY_PAGES] = "private pages and swap (smaps_rollup)",
    [BY_COUNTERS] = "anonymous memory and swap (status)",
    [BY_SIZE] = "anonymous memory and swap (status): walking its pages takes too long",
    [BY_RIGHT] = "anonymous memory and swap (status): smaps_rollup was denied",
    NULL,
};
#define GROWTH_COLUMNS(X)                                                                                              \
    X(G_PID, "pid", TYPE_COUNT, "process id", .role = ROLE_KEY)                                                        \
    X(G_USER, "user", TYPE_TEXT, "owner; the number if the system's passwd file has no name for it")                   \
    X(G_COMMAND, "command", TYPE_TEXT, "name of the program")                                                          \
    X(G_UNIT, "unit", TYPE_TEXT, "systemd unit, or the last part of the control group's path")                         \
    X(G_SAMPLES, "samples", TYPE_COUNT, "times it was read")                                                           \
    X(G_WINDOW, "window", TYPE_SECONDS, "time between the first and the last sample")                                  \
    X(G_FIRST, "first", TYPE_BYTES, "anonymous memory of the process alone, resident or swapped, at the first sample") \
    X(G_LAST, "last", TYPE_BYTES, "the same at the last sample")                                                       \
    X(G_SLOPE, "slope", TYPE_BYTE_RATE, "growth: the median of the slopes between all pairs of samples (Theil-Sen)")   \
    X(G_SLOPE_LOW, "slope_low", TYPE_BYTE_RATE, "lower end of the slope's 95 % interval")                              \
    X(G_SLOPE_HIGH, "slope_high", TYPE_BYTE_RATE, "upper end of the slope's 95 % interval")                            \
    X(G_SLOPE_BEGIN, "slope_begin", TYPE_BYTE_RATE, "slope over the first third of the window")                        \
    X(G_SLOPE_MIDDLE, "slope_middle", TYPE_BYTE_RATE, "slope over its second third")                                   \
    X(G_SLOPE_END, "slope_end", TYPE_BYTE_RATE, "slope over its last third")                                           \
    X(G_EVENNESS, "evenness", TYPE_RATIO,                                                                              \
      "100 %: a straight line; the lesser of the slowest third's slope as a share of the whole, and the share of the " \
      "change without the jump; 0 % if it did not grow")                                                               \
    X(G_JUMP, "jump", TYPE_BYTES, "largest change between two samples, as far as it lasted")                           \
    X(G_FALL, "fall", TYPE_BYTES, "deepest fall below what was reached before")                                        \
    X(G_ENDED, "ended", TYPE_BOOL, "the process ended within the window")                                              \
    X(G_CHANGE, "change", TYPE_BYTES, "last - first")                                                                  \
    X(G_LIMIT, "limit", TYPE_BYTES,                                                                                    \
      "what it will run into: the nearest memory limit of its control groups, or the memory available")                \
    X(G_LIMIT_NAME, "limit_name", TYPE_TEXT, "what that limit is")                                                     \
    X(G_TIME_TO_LIMIT, "time_to_limit", TYPE_SECONDS,                                                                  \
      "at this slope, or that of what is charged to the limit, if that is less")                                       \
    X(G_MEASURE, "measure", TYPE_TEXT, "what was followed, and read from where", .values = measures)
enum { GROWTH_COLUMNS(LIST_INDEX) };
static const struct column growth_columns[] = {GROWTH_COLUMNS(LIST_ENTRY)};
#define SAMPLE_COLUMNS(X)                                                                                              \
    X(S_PID, "pid", TYPE_COUNT, "process id")                                                                          \
    X(S_TIME, "time", TYPE_SECONDS, "since the first sample")                                                          \
    X(S_USS, "uss", TYPE_BYTES, "private memory")                                                                      \
    X(S_SWAP_PSS, "swap_pss", TYPE_BYTES, "swapped out, shared pages split")                                           \
    X(S_RSS, "rss", TYPE_BYTES, "resident memory")
enum { SAMPLE_COLUMNS(LIST_INDEX) };
static const struct column sample_columns[] = {SAMPLE_COLUMNS(LIST_ENTRY)};
#define TOTAL_COLUMNS(X)                                                                                               \
    X(T_TRACKED, "tracked", TYPE_COUNT, "processes followed")                                                          \
    X(T_FASTEST_SLOPE, "fastest_slope", TYPE_BYTE_RATE,                                                                \
      "largest slope among those whose interval is above 0; 0 if there is none")
enum { TOTAL_COLUMNS(LIST_INDEX) };
static const struct column total_columns[] = {TOTAL_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "growth",
     .help = "the leading processes' private memory over the window",
     COLUMNS(growth_columns),
     .keep = 20},
    {.name = "growth_sample", .help = "the samples of the processes that changed most", COLUMNS(sample_columns)},
    {.name = "growths", .help = "all followed processes", COLUMNS(total_columns), .single = true},
};

struct followed {
    const struct track *track;
    struct trend trend;
};

/* A limit that something grows towards: what is left below it, and how fast that becomes less. */
struct approach {
    double limit, room, rate; /* bytes, bytes per second */
};

/* The limit that is met first is the one with the least room. A limit is compared with what is charged to it: it is only near if that
 * moves as the process does. */
static void add_limit(struct table *t, size_t row, const struct followed *j, const struct root *r,
                      struct cgroup_mount mount, double available_first)
{
    const struct track *k = j->track;
    double window = j->trend.window, available = available_memory(r), limit = 0;
    AUTO_FREE char *name = NULL;
    struct approach a = {.room = -1};
    double charged = k->limited ? charged_to(r, mount, k->limited, &limit) : -1;
    if (charged >= 0 && k->charged >= 0) {
        a = (struct approach){limit, limit > charged ? limit - charged : 0, (charged - k->charged) / window};
        name = mem_printf("%s of %s", mount.version == 1 ? "memory.limit_in_bytes" : "memory.max", k->limited);
    }
    if (available >= 0 && (a.room < 0 || available < a.room)) {
        a = (struct approach){available, available, available_first >= 0 ? (available_first - available) / window : 0};
        free(name);
        name = mem_strdup("MemAvailable");
    }
    if (a.room < 0)
        return;
    cell_number(t, row, G_LIMIT, a.limit);
    cell_text(t, row, G_LIMIT_NAME, name);
    if (k->gone)
        cell_unknown(t, row, G_TIME_TO_LIMIT, "the process has ended");
    else if (j->trend.is_short || !(j->trend.low > 0))
        cell_unknown(t, row, G_TIME_TO_LIMIT,
                     j->trend.is_short ? TREND_TOO_SHORT : "its slope is not above 0 with confidence");
    else if (a.rate < j->trend.slope / 4)
        cell_unknown(t, row, G_TIME_TO_LIMIT, "what is charged to that limit does not grow as it does");
    else
        cell_number(t, row, G_TIME_TO_LIMIT, a.room / (a.rate < j->trend.slope ? a.rate : j->trend.slope));
}

static void add_growth(struct table *t, const struct followed *j, const struct probe_input *in,
                       const struct users *users, struct cgroup_mount mount, double available_first)
{
    const struct track *k = j->track;
    const struct trend *trend = &j->trend;
    size_t row = table_add(t);
    char number[24];
    cell_number(t, row, G_PID, (double)k->pid);
    if (k->has_uid)
        cell_text(t, row, G_USER, users_name(users, k->uid, number));
    if (k->command[0])
        cell_text(t, row, G_COMMAND, k->command);
    if (k->unit[0])
        cell_text(t, row, G_UNIT, k->unit);
    cell_number(t, row, G_SAMPLES, (double)k->count);
    if (k->count > 1 || k->gone || in->root->live)
        cell_bool(t, row, G_ENDED, k->gone);
    if (!k->count) {
        row_unknown(t, row,
                    k->gone          ? "the process has ended"
                    : in->root->live ? "its memory could not be read"
                                     : "not captured over the window");
        return;
    }
    cell_number(t, row, G_WINDOW, trend->window);
    cell_number(t, row, G_FIRST, trend->first);
    cell_number(t, row, G_LAST, trend->last);
    cell_text(t, row, G_MEASURE,
              measures[k->measure == MEASURE_PRIVATE ? BY_PAGES
                       : k->giant                    ? BY_SIZE
                       : k->denied                   ? BY_RIGHT
                                                     : BY_COUNTERS]);
    if (k->count > 1) {
        const struct {
            unsigned column;
            double number;
        } parts[] = {{G_SLOPE_LOW, trend->low},
                     {G_SLOPE_HIGH, trend->high},
                     {G_SLOPE_BEGIN, trend->third[0]},
                     {G_SLOPE_MIDDLE, trend->third[1]},
                     {G_SLOPE_END, trend->third[2]},
                     {G_EVENNESS, trend->evenness},
                     {G_JUMP, trend->jump},
                     {G_FALL, trend->fall}};
        cell_number(t, row, G_SLOPE, trend->slope);
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
            if (trend->is_short)
                cell_unknown(t, row, parts[i].column, TREND_TOO_SHORT);
            else
                cell_number(t, row, parts[i].column, parts[i].number);
        cell_number(t, row, G_CHANGE, trend->change);
        add_limit(t, row, j, in->root, mount, available_first);
    }
    row_unknown(t, row, k->count > 1 ? "not captured" : "one moment only");
}

static int compare_changes(const void *a, const void *b)
{
    const struct followed *x = a, *y = b;
    double change_x = fabs(x->trend.change), change_y = fabs(y->trend.change);
    if (!isfinite(change_x))
        change_x = -1;
    if (!isfinite(change_y))
        change_y = -1;
    if (change_x != change_y)
        return change_x < change_y ? 1 : -1;
    double last_x = isfinite(x->trend.last) ? x->trend.last : -1, last_y = isfinite(y->trend.last) ? y->trend.last : -1;
    if (last_x != last_y)
        return last_x < last_y ? 1 : -1;
    return (x->track->pid > y->track->pid) - (x->track->pid < y->track->pid);
}

static void add_samples(struct table *t, const struct track *k)
{
    for (size_t i = 0; i < k->count; i++) {
        size_t row = table_add(t);
        cell_number(t, row, S_PID, (double)k->pid);
        cell_number(t, row, S_TIME, k->points[i].time);
        if (k->measure == MEASURE_PRIVATE) {
            cell_number(t, row, S_USS, k->points[i].uss);
            cell_number(t, row, S_SWAP_PSS, k->points[i].swap);
        }
        cell_number(t, row, S_RSS, k->points[i].rss);
        row_unknown(t, row, "followed by the counters in status");
    }
}

static void measure_track(const struct track *k, struct followed *j)
{
    double time[SAMPLES_MAX + 1], value[SAMPLES_MAX + 1];
    for (size_t i = 0; i < k->count; i++) {
        time[i] = k->points[i].time;
        value[i] = k->points[i].grows;
    }
    j->track = k;
    trend_find(time, value, k->count, &j->trend);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    struct growth *g = state;
    if (!g || g->failed) {
        facts_fail(f, g ? g->status : STATUS_ABSENT, "%s", g ? g->error.text : "no window was observed");
        return;
    }
    if (!g->count) {
        facts_fail(f, STATUS_ABSENT, "/proc: no processes with memory in it");
        return;
    }
    struct users users;
    users_read(&users, in->root);
    struct cgroup_mount mount = cgroup_mount_find(in->root);
    AUTO_FREE struct followed *followed = mem_array(g->count, sizeof *followed);
    size_t unread = 0;
    double fastest = 0;
    for (size_t i = 0; i < g->count; i++) {
        measure_track(&g->tracks[i], &followed[i]);
        const struct trend *t = &followed[i].trend;
        unread += !g->tracks[i].count && !g->tracks[i].gone;
        if (t->low > 0 && !t->is_short && t->slope > fastest)
            fastest = t->slope;
    }
    qsort(followed, g->count, sizeof *followed, compare_changes);
    struct table *t = facts_table(f, "growth"), *samples = facts_table(f, "growth_sample");
    bool one_moment = true, too_short = true;
    for (size_t i = 0; i < g->count; i++) {
        add_growth(t, &followed[i], in, &users, mount, g->available);
        if (i < SHOWN)
            add_samples(samples, followed[i].track);
        one_moment &= followed[i].track->count < 2;
        too_short &= followed[i].trend.is_short;
    }
    users_free(&users);
    t = facts_table(f, "growths");
    table_add(t);
    cell_number(t, 0, T_TRACKED, (double)g->count);
    if (one_moment) {
        row_unknown(t, 0, "one moment only");
    } else if (too_short) {
        row_unknown(t, 0, TREND_TOO_SHORT);
    } else {
        cell_number(t, 0, T_FASTEST_SLOPE, fastest);
    }
    f->coverage = (double)(g->count - unread) / (double)g->count;
    if (unread)
        facts_fail(f, STATUS_PARTIAL, "%zu of %zu leading processes %s", unread, g->count,
                   in->root->live ? "could not be read" : "were not captured over the window");
}

extern const struct probe probe_growth;
const struct probe probe_growth = {
    .name = "growth",
    .help = "growth of private memory of the leading processes over the window",
    .classic = "watch -n 5 smem -s uss",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads = "proc/PID/statm proc/PID/status proc/LEADING/cgroup proc/meminfo etc/passwd "
             "sys/fs/cgroup/**/cgroup.controllers sys/fs/cgroup/**/memory.stat sys/fs/cgroup/**/memory.current "
             "sys/fs/cgroup/**/memory.usage_in_bytes sys/fs/cgroup/**/memory.max "
             "sys/fs/cgroup/**/memory.limit_in_bytes sys/fs/cgroup/**/memory.memsw.limit_in_bytes "
             "sys/fs/cgroup/**/memory.memsw.usage_in_bytes sys/fs/cgroup/**/memory.high "
             "sys/fs/cgroup/**/memory.swap.current sys/fs/cgroup/**/memory.swap.max",
    .reads_moving = "proc/LEADING/stat proc/LEADING/smaps_rollup proc/LEADING/status",
    .reads_live = "proc/LEADING/smaps",
    .open = open_state,
    .sample = sample,
    .thin = thin,
    .collect = collect,
    .close = close_state,
};
