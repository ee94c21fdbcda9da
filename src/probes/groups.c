/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growth of all processes of one command together: workers that each leak a little, or restart while their sum grows, or pile up.
 * Two small files of each process at a tick, no walk of page tables. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/trend.h"
#include "facts/probe.h"
#include "probes/kernel/page_size.h"
#include "probes/kernel/pids.h"
#include "probes/kernel/stat.h"

enum { GROUPS_MAX = 256 };
static const double rest_factor = 100; /* of the time that a look takes, so that it costs 1 % at most */
static const double worth_listing = 1024 * 1024.0;

struct point {
    double bytes;
    uint32_t count;
};

struct group {
    char command[COMMAND_MAX];
    struct point *points; /* one for each look */
    struct point now;
    size_t started, ended;
    double largest; /* growth of the member that grew most */
};

struct member {
    long pid;
    uint64_t start_ticks;
    size_t group;
    double first, last; /* bytes; one that started within the window grew from nothing */
};

struct groups {
    struct pids pids;
    struct group *list;
    size_t count;
    struct member *members;               /* at the last look, by pid */
    size_t member_count, looks, left_out; /* left out: of more commands than are kept */
    double times[SAMPLES_MAX + 1], cost;
    bool failed;
    enum status status;
    struct err error;
};

static void *open_state(const struct probe_input *in)
{
    struct groups *g = mem_alloc(sizeof *g);
    if (!in->root->live) {
        g->failed = true;
        g->status = STATUS_ABSENT;
        err_set(&g->error, "all processes are only followed on the machine itself");
    } else {
        g->failed = !pids_open(&g->pids, in->root, &g->status, &g->error);
    }
    return g;
}

static void close_state(void *state)
{
    struct groups *g = state;
    if (!g)
        return;
    for (size_t i = 0; i < g->count; i++)
        free(g->list[i].points);
    if (!g->failed)
        pids_close(&g->pids);
    free(g->list);
    free(g->members);
    free(g);
}

/* GROUPS_MAX: no room. */
static size_t group_of(struct groups *g, const char *command)
{
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->list[i].command, command) == 0)
            return i;
    if (g->count == GROUPS_MAX)
        return GROUPS_MAX;
    MEM_ROOM(g->list, g->count);
    struct group *new = &g->list[g->count];
    *new = (struct group){.points = mem_array(SAMPLES_MAX + 1, sizeof *new->points)}; /* 0 at the looks before */
    memcpy(new->command, command, sizeof new->command);
    return g->count++;
}

/* Resident pages that are of no file and not shared memory; negative: it is gone, or a thread of the kernel. */
static double anonymous_of(const struct pids *p, long pid, struct proc_stat *stat)
{
    char buffer[1024];
    ssize_t n = pids_read(p, pid, "stat", buffer, sizeof buffer);
    if (n <= 0 || !stat_parse(buffer, (size_t)n, stat) || stat->kernel || !stat->rss_pages)
        return -1;
    n = pids_read(p, pid, "statm", buffer, sizeof buffer);
    struct span s = span_of(buffer, n > 0 ? (size_t)n : 0);
    uint64_t size, resident, shared;
    if (!scan_number(&s, &size) || !scan_number(&s, &resident) || !scan_number(&s, &shared))
        return -1;
    return resident > shared ? (double)(resident - shared) : 0;
}

/* Both lists are by pid: who is in one only has started or ended. */
static void count_changes(struct groups *g, struct member *now, size_t count)
{
    size_t a = 0, b = 0;
    while (a < g->member_count || b < count) {
        const struct member *x = a < g->member_count ? &g->members[a] : NULL;
        struct member *y = b < count ? &now[b] : NULL;
        bool same = x && y && x->pid == y->pid;
        if (same && x->start_ticks == y->start_ticks) {
            y->first = x->first;
            a++;
            b++;
            continue;
        }
        if (x && (same || !y || x->pid < y->pid)) {
            g->list[x->group].ended++;
            a++;
        }
        if (y && (same || !x || y->pid < x->pid)) {
            g->list[y->group].started++;
            y->first = 0;
            b++;
        }
    }
}

static void sample(void *state, const struct probe_input *in, double time)
{
    struct groups *g = state;
    if (g->failed || g->looks > SAMPLES_MAX || (g->looks && time - g->times[g->looks - 1] < rest_factor * g->cost))
        return;
    double begin = clock_now(), page = (double)page_size(in->root);
    size_t count, seen = 0;
    AUTO_FREE long *pids = pids_list(&g->pids, &count);
    struct member *now = mem_array(count + 1, sizeof *now);
    for (size_t i = 0; i < g->count; i++)
        g->list[i].now = (struct point){0};
    g->left_out = 0;
    for (size_t i = 0; i < count; i++) {
        struct proc_stat stat;
        double pages = anonymous_of(&g->pids, pids[i], &stat);
        size_t at = pages < 0 ? GROUPS_MAX : group_of(g, stat.command);
        g->left_out += pages >= 0 && at == GROUPS_MAX;
        if (at == GROUPS_MAX)
            continue;
        g->list[at].now.bytes += pages * page;
        g->list[at].now.count++;
        now[seen++] = (struct member){pids[i], stat.start_ticks, at, pages * page, pages * page};
    }
    if (g->looks)
        count_changes(g, now, seen);
    free(g->members);
    g->members = now;
    g->member_count = seen;
    for (size_t i = 0; i < g->count; i++)
        g->list[i].points[g->looks] = g->list[i].now;
    g->times[g->looks++] = time;
    g->cost = clock_now() - begin;
}

static void thin(void *state)
{
    struct groups *g = state;
    for (size_t i = 0; i < g->count; i++)
        (void)samples_thin(g->list[i].points, g->looks, sizeof *g->list[i].points);
    g->looks = samples_thin(g->times, g->looks, sizeof *g->times);
}

#define GROUP_COLUMNS(X)                                                                                               \
    X(COMMAND, "command", TYPE_TEXT, "name of the programs", .role = ROLE_KEY)                                         \
    X(PROCESSES, "processes", TYPE_COUNT, "processes of that name, at the end")                                        \
    X(PROCESSES_FIRST, "processes_first", TYPE_COUNT, "the same at the beginning")                                     \
    X(STARTED, "started", TYPE_COUNT, "of them started within the window")                                             \
    X(ENDED, "ended", TYPE_COUNT, "ended within it")                                                                   \
    X(FIRST, "first", TYPE_BYTES, "their anonymous resident memory at the first look")                                 \
    X(LAST, "last", TYPE_BYTES, "the same at the last", .role = ROLE_RANK)                                             \
    X(CHANGE, "change", TYPE_BYTES, "last - first")                                                                    \
    X(LARGEST_SHARE, "largest_share", TYPE_RATIO, "of it, what the one process that grew most has")                    \
    X(SLOPE, "slope", TYPE_BYTE_RATE, "growth: the median of the slopes between all pairs of looks (Theil-Sen)")       \
    X(SLOPE_LOW, "slope_low", TYPE_BYTE_RATE, "lower end of the slope's 95 % interval")                                \
    X(EVENNESS, "evenness", TYPE_RATIO, "100 %: a straight line; 0 % if it did not grow")                              \
    X(LOOKS, "looks", TYPE_COUNT, "times all processes were read")                                                     \
    X(WINDOW, "window", TYPE_SECONDS, "time between the first and the last look")
enum { GROUP_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {GROUP_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "group", .help = "all processes of one command together", COLUMNS(columns), .keep = 20},
};

static void add_group(struct table *t, const struct groups *g, const struct group *k)
{
    double values[SAMPLES_MAX + 1];
    struct trend trend;
    const struct point *first = &k->points[0], *last = &k->points[g->looks - 1];
    if (first->bytes < worth_listing && last->bytes < worth_listing)
        return;
    for (size_t i = 0; i < g->looks; i++)
        values[i] = k->points[i].bytes;
    trend_find(g->times, values, g->looks, &trend);
    size_t row = table_add(t);
    cell_text(t, row, COMMAND, k->command);
    cell_number(t, row, PROCESSES, last->count);
    cell_number(t, row, PROCESSES_FIRST, first->count);
    cell_number(t, row, FIRST, first->bytes);
    cell_number(t, row, LAST, last->bytes);
    cell_number(t, row, LOOKS, (double)g->looks);
    if (g->looks < 2) {
        row_unknown(t, row, "one moment only");
        return;
    }
    cell_number(t, row, STARTED, (double)k->started);
    cell_number(t, row, ENDED, (double)k->ended);
    cell_number(t, row, CHANGE, trend.change);
    if (trend.change > 0)
        cell_number(t, row, LARGEST_SHARE, k->largest / trend.change);
    else
        cell_unknown(t, row, LARGEST_SHARE, "it did not grow");
    cell_number(t, row, WINDOW, trend.window);
    cell_number(t, row, SLOPE, trend.slope);
    if (!trend.is_short) {
        cell_number(t, row, SLOPE_LOW, trend.low);
        cell_number(t, row, EVENNESS, trend.evenness);
    }
    row_unknown(t, row, TREND_TOO_SHORT);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    struct groups *g = state;
    if (!g || g->failed || !g->looks) {
        facts_fail(f, g ? g->status : STATUS_ABSENT, "%s", g && g->failed ? g->error.text : "no window was observed");
        return;
    }
    (void)in;
    for (size_t i = 0; i < g->member_count; i++) {
        const struct member *m = &g->members[i];
        double growth = m->last - m->first;
        if (growth > g->list[m->group].largest)
            g->list[m->group].largest = growth;
    }
    struct table *t = facts_table(f, "group");
    for (size_t i = 0; i < g->count; i++)
        add_group(t, g, &g->list[i]);
    table_sort(t, LAST, true);
    if (g->left_out)
        facts_fail(f, STATUS_PARTIAL, "more than %d commands: %zu processes of others were left out", GROUPS_MAX,
                   g->left_out);
}

extern const struct probe probe_groups;
const struct probe probe_groups = {
    .name = "groups",
    .help = "growth of all processes of one command together",
    .classic = "ps -eo comm,rss | awk '{sum[$1] += $2}'",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads_live = "proc/PID/stat proc/PID/statm",
    .window_s = 15,
    .open = open_state,
    .sample = sample,
    .thin = thin,
    .collect = collect,
    .close = close_state,
};
