/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All processes: their memory, and sums by program and by control group. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "facts/probe.h"
#include "probes/processes/process_read.h"

#define PROCESS_COLUMNS(X)                                                                                             \
    X(P_PID, "pid", TYPE_COUNT, "process id", .role = ROLE_KEY)                                                        \
    X(P_USER, "user", TYPE_TEXT, "owner; the number if the system's passwd file has no name for it")                   \
    X(P_STATE, "state", TYPE_TEXT, "state letter, as in ps", .values = process_states)                                 \
    X(P_COMMAND, "command", TYPE_TEXT, "name of the program")                                                          \
    X(P_UNIT, "unit", TYPE_TEXT, "systemd unit, or the last part of the control group's path")                         \
    X(P_CGROUP, "cgroup", TYPE_TEXT, "control group that its memory is accounted to")                                  \
    X(P_RSS, "rss", TYPE_BYTES, "resident memory; shared pages count fully")                                           \
    X(P_PSS, "pss", TYPE_BYTES, "resident memory with shared pages split among those that map them",                   \
      .role = ROLE_RANK)                                                                                               \
    X(P_USS, "uss", TYPE_BYTES, "private memory: what its end would free")                                             \
    X(P_SWAP, "swap", TYPE_BYTES, "swapped out")                                                                       \
    X(P_SWAP_PSS, "swap_pss", TYPE_BYTES, "swapped out, shared pages split")                                           \
    X(P_RSS_ANON, "rss_anon", TYPE_BYTES, "resident anonymous memory")                                                 \
    X(P_RSS_FILE, "rss_file", TYPE_BYTES, "resident pages of files")                                                   \
    X(P_RSS_SHMEM, "rss_shmem", TYPE_BYTES, "resident shared memory")                                                  \
    X(P_THREADS, "threads", TYPE_COUNT, "threads")                                                                     \
    X(P_FEW_MAPS, "few_maps", TYPE_BOOL, "not counted, as it was seen to have few: far from vm.max_map_count")         \
    X(P_MAPS, "maps", TYPE_COUNT,                                                                                      \
      "memory mappings; counted for the leading processes and those large enough to come near the limit")              \
    X(P_AGE, "age", TYPE_SECONDS, "time since it started")                                                             \
    X(P_KERNEL, "kernel", TYPE_BOOL, "a kernel thread")                                                                \
    X(P_VIRTUAL, "virtual", TYPE_BYTES, "size of its address space (VIRT)")                                            \
    X(P_READ_TIME, "read_time", TYPE_SECONDS,                                                                          \
      "time that walking its page tables took; meanwhile its own mmap and munmap wait")
enum { PROCESS_COLUMNS(LIST_INDEX) };
static const struct column process_columns[] = {PROCESS_COLUMNS(LIST_ENTRY)};

#define TOTAL_COLUMNS(X)                                                                                               \
    X(T_COUNT, "count", TYPE_COUNT, "processes and kernel threads")                                                    \
    X(T_MEASURED, "measured", TYPE_COUNT, "processes whose pages could be counted")                                    \
    X(T_DENIED, "denied", TYPE_COUNT, "processes whose pages the kernel did not show")                                 \
    X(T_VANISHED, "vanished", TYPE_COUNT, "processes that ended while being read")                                     \
    X(T_KERNEL_THREADS, "kernel_threads", TYPE_COUNT, "kernel threads")                                                \
    X(T_RSS_TOTAL, "rss_total", TYPE_BYTES, "sum of resident memory; counts shared pages many times")                  \
    X(T_PSS_TOTAL, "pss_total", TYPE_BYTES, "sum of PSS over the measured processes")                                  \
    X(T_USS_TOTAL, "uss_total", TYPE_BYTES, "sum of private memory over the measured processes")                       \
    X(T_SWAP_PSS_TOTAL, "swap_pss_total", TYPE_BYTES, "sum of swapped-out memory, shared pages split")                 \
    X(T_MAX_MAPS, "max_maps", TYPE_COUNT,                                                                              \
      "most memory mappings of one process, among those large enough to have many")                                    \
    X(T_SWAP_TOTAL, "swap_total", TYPE_BYTES, "sum of swapped-out memory")                                             \
    X(T_MAX_MAP_COUNT, "max_map_count", TYPE_COUNT, "vm.max_map_count: mappings that one process may have")            \
    X(T_SLOWEST_READ, "slowest_read", TYPE_SECONDS, "longest time that walking one process's page tables took")
enum { TOTAL_COLUMNS(LIST_INDEX) };
static const struct column total_columns[] = {TOTAL_COLUMNS(LIST_ENTRY)};

#define SUM_COLUMNS(X, NAME, HELP, COUNTED)                                                                            \
    X(S_NAME, NAME, TYPE_TEXT, HELP, .role = ROLE_KEY)                                                                 \
    X(S_COUNT, "count", TYPE_COUNT, COUNTED)                                                                           \
    X(S_RSS, "rss", TYPE_BYTES, "sum of resident memory")                                                              \
    X(S_PSS, "pss", TYPE_BYTES, "sum of PSS over those measured", .role = ROLE_RANK)                                   \
    X(S_USS, "uss", TYPE_BYTES, "sum of private memory over those measured")                                           \
    X(S_SWAP_PSS, "swap_pss", TYPE_BYTES, "sum of swapped-out memory, shared pages split")
enum { SUM_COLUMNS(LIST_INDEX, , , ) };
static const struct column command_columns[] = {
    SUM_COLUMNS(LIST_ENTRY, "command", "name of the program", "processes of that name")};
static const struct column cgroup_columns[] = {SUM_COLUMNS(LIST_ENTRY, "cgroup", "control group", "processes in it")};

static const struct table_decl tables[] = {
    {.name = "process", .help = "processes and their memory", COLUMNS(process_columns), .keep = 40},
    {.name = "processes", .help = "all processes together", COLUMNS(total_columns), .single = true},
    {.name = "command_sum", .help = "memory by program", COLUMNS(command_columns), .keep = 20},
    {.name = "cgroup_sum", .help = "memory of processes by control group", COLUMNS(cgroup_columns), .keep = 20},
};

struct sums {
    size_t wanted, measured, vanished, kernel;
    size_t problems[PROBLEMS];
    double rss, pss, uss, swap, swap_pss;
    uint64_t maps;
    float slowest;
    bool has_rss, has_swap, has_swap_pss, has_maps;
};

static const char *problem_text(uint8_t problem, const struct root *r)
{
    switch (problem) {
    case PROBLEM_DENIED:
        return pids_denied(r);
    case PROBLEM_EMPTY:
        return "the kernel shows no mappings of it";
    case PROBLEM_ABSENT:
        return r->live ? "it has no smaps_rollup or smaps" : "smaps_rollup and smaps were not captured";
    case PROBLEM_OTHER:
        return "smaps_rollup could not be understood";
    default:
        return "not captured";
    }
}

static void number_if(struct table *t, size_t row, unsigned column, bool has, double number)
{
    if (has)
        cell_number(t, row, column, number);
}

static void add_row(struct table *t, const struct reading *e, const struct root *r, const struct users *users,
                    double uptime, double ticks)
{
    size_t row = table_add(t);
    char number[24];
    cell_number(t, row, P_PID, e->pid);
    if (e->has & HAS_UID)
        cell_text(t, row, P_USER, users_name(users, e->uid, number));
    if (e->has & HAS_STATE)
        cell_text_n(t, row, P_STATE, &e->state, 1);
    if (e->command[0])
        cell_text(t, row, P_COMMAND, e->command);
    cell_text(t, row, P_UNIT, e->unit);
    cell_text(t, row, P_CGROUP, e->cgroup);
    number_if(t, row, P_RSS, e->has & HAS_RSS, (double)e->rss);
    number_if(t, row, P_PSS, e->has & HAS_SMAPS, (double)e->pss);
    number_if(t, row, P_USS, e->has & HAS_PRIVATE, (double)e->uss);
    number_if(t, row, P_SWAP, e->has & HAS_SWAP, (double)e->swap);
    number_if(t, row, P_SWAP_PSS, e->has & HAS_SWAP_PSS, (double)e->swap_pss);
    if (!(e->has & HAS_SWAP_PSS) && e->has & HAS_SMAPS)
        cell_unknown(t, row, P_SWAP_PSS, "needs Linux 4.3 or later");
    number_if(t, row, P_RSS_ANON, e->has & HAS_ANON, (double)e->rss_anon);
    number_if(t, row, P_RSS_FILE, e->has & HAS_SPLIT, (double)e->rss_file);
    number_if(t, row, P_RSS_SHMEM, e->has & HAS_SPLIT, (double)e->rss_shmem);
    number_if(t, row, P_THREADS, e->has & HAS_THREADS, (double)e->threads);
    if (!(e->has & HAS_SPLIT) && e->has & HAS_SMAPS) {
        cell_unknown(t, row, P_RSS_FILE, "read for the leading processes only");
        cell_unknown(t, row, P_RSS_SHMEM, "read for the leading processes only");
    }
    if (e->kernel) {
        cell_unknown(t, row, P_UNIT, "a kernel thread");
        cell_unknown(t, row, P_CGROUP, "a kernel thread");
    }
    cell_bool(t, row, P_FEW_MAPS, !e->counted && !e->problem);
    if (e->has & HAS_MAPS)
        cell_number(t, row, P_MAPS, (double)e->maps);
    else
        cell_unknown(t, row, P_MAPS,
                     e->problem   ? problem_text(e->problem, r)
                     : e->counted ? "its mappings could not be read"
                                  : "not counted: too small to come near the limit");
    if (e->has & HAS_AGE && uptime >= 0) {
        double age = uptime - (double)e->start_ticks / ticks;
        cell_number(t, row, P_AGE, age > 0 ? age : 0);
    }
    cell_bool(t, row, P_KERNEL, e->kernel);
    if (!r->live)
        cell_unknown(t, row, P_READ_TIME, "a captured tree");
    else if (e->has & HAS_SMAPS)
        cell_number(t, row, P_READ_TIME, (double)e->read_time);
    if (e->kernel)
        cell_number(t, row, P_VIRTUAL, 0);
    else
        number_if(t, row, P_VIRTUAL, e->has & HAS_VIRTUAL, (double)e->virtual_bytes);
    row_unknown(t, row, problem_text(e->problem, r));
}

struct group {
    const char *name; /* interned: equal names are the same pointer */
    const struct reading *entry;
};

static int compare_groups(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    int order = x->name == y->name ? 0 : strcmp(x->name, y->name);
    return order ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

static void add_sums(struct table *t, struct group *groups, size_t count)
{
    if (count)
        qsort(groups, count, sizeof *groups, compare_groups);
    for (size_t i = 0, same; i < count; i += same) {
        double rss = 0, pss = 0, uss = 0, swap_pss = 0;
        unsigned any = 0;
        for (same = 0; i + same < count && groups[i + same].name == groups[i].name; same++) {
            const struct reading *e = groups[i + same].entry;
            any |= e->has;
            rss += e->has & HAS_RSS ? (double)e->rss : 0;
            pss += (double)e->pss;
            uss += (double)e->uss;
            swap_pss += (double)e->swap_pss;
        }
        size_t row = table_add(t);
        cell_text(t, row, S_NAME, groups[i].name);
        cell_number(t, row, S_COUNT, (double)same);
        number_if(t, row, S_RSS, any & HAS_RSS, rss);
        number_if(t, row, S_PSS, any & HAS_SMAPS, pss);
        number_if(t, row, S_USS, any & HAS_PRIVATE, uss);
        number_if(t, row, S_SWAP_PSS, any & HAS_SWAP_PSS, swap_pss);
        row_unknown(t, row, "none of its processes could be measured");
    }
}

static double uptime_of(const struct root *r)
{
    char buffer[128];
    return root_read_small(r, "proc/uptime", buffer, sizeof buffer) > 0 ? strtod(buffer, NULL) : -1;
}

static void sum_up(struct sums *s, const struct reading *e)
{
    if (e->kernel) {
        s->kernel++;
        return;
    }
    s->wanted++;
    s->problems[e->problem]++;
    if (e->has & HAS_SMAPS)
        s->measured++;
    if (e->has & HAS_RSS)
        s->rss += (double)e->rss;
    s->pss += (double)e->pss;
    s->uss += (double)e->uss;
    s->swap += (double)e->swap;
    s->swap_pss += (double)e->swap_pss;
    s->maps = e->maps > s->maps ? e->maps : s->maps;
    s->slowest = e->read_time > s->slowest ? e->read_time : s->slowest;
    s->has_rss |= e->has & HAS_RSS;
    s->has_swap |= e->has & HAS_SWAP;
    s->has_swap_pss |= e->has & HAS_SWAP_PSS;
    s->has_maps |= e->has & HAS_MAPS;
}

static void add_totals(struct facts *f, const struct sums *s, bool live)
{
    struct table *t = facts_table(f, "processes");
    size_t row = table_add(t);
    cell_number(t, row, T_COUNT, (double)(s->wanted + s->kernel));
    cell_number(t, row, T_MEASURED, (double)s->measured);
    cell_number(t, row, T_DENIED, (double)(s->problems[PROBLEM_DENIED] + s->problems[PROBLEM_EMPTY]));
    cell_number(t, row, T_VANISHED, (double)s->vanished);
    cell_number(t, row, T_KERNEL_THREADS, (double)s->kernel);
    number_if(t, row, T_RSS_TOTAL, s->has_rss, s->rss);
    number_if(t, row, T_PSS_TOTAL, s->measured, s->pss);
    number_if(t, row, T_USS_TOTAL, s->measured, s->uss);
    number_if(t, row, T_SWAP_PSS_TOTAL, s->has_swap_pss, s->swap_pss);
    number_if(t, row, T_SWAP_TOTAL, s->has_swap, s->swap);
    number_if(t, row, T_MAX_MAPS, s->has_maps, (double)s->maps);
    if (live && s->measured)
        cell_number(t, row, T_SLOWEST_READ, (double)s->slowest);
    else if (!live)
        cell_unknown(t, row, T_SLOWEST_READ, "a captured tree");
    row_unknown(t, row, "no process could be measured");
}

static void tell_coverage(struct facts *f, const struct sums *s, const struct root *r)
{
    if (s->wanted)
        f->coverage = (double)s->measured / (double)s->wanted;
    uint8_t worst = PROBLEM_NONE;
    size_t missed = 0;
    for (uint8_t i = 1; i < PROBLEMS; i++) {
        missed += s->problems[i];
        if (s->problems[i] && (!worst || s->problems[i] > s->problems[worst]))
            worst = i;
    }
    if (missed) {
        enum status none = worst == PROBLEM_ABSENT  ? STATUS_ABSENT
                           : worst == PROBLEM_OTHER ? STATUS_MALFORMED
                                                    : STATUS_DENIED;
        facts_fail(f, s->measured ? STATUS_PARTIAL : none, "%zu of %zu processes: %s", missed, s->wanted,
                   problem_text(worst, r));
    }
    /* With hidepid other users' processes are not even counted. */
    char buffer[512];
    if (r->live && root_read_small(r, "proc/1/stat", buffer, sizeof buffer) == -ENOENT)
        facts_fail(f, STATUS_PARTIAL,
                   "/proc is mounted with hidepid: processes of other users are hidden; run as root");
}

static void fill(struct facts *f, const struct probe_input *in, const struct pids *p, const struct readings *r,
                 uint64_t map_limit)
{
    size_t count = r->count;
    struct table *t = facts_table(f, "process");
    struct users users;
    users_read(&users, in->root);
    double uptime = uptime_of(&p->root);
    AUTO_FREE struct group *commands = mem_array(count + 1, sizeof *commands),
                           *cgroups = mem_array(count + 1, sizeof *cgroups);
    size_t command_count = 0, cgroup_count = 0;
    struct sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        const struct reading *e = &r->list[i];
        if (e->gone) {
            sums.vanished++;
            continue;
        }
        add_row(t, e, in->root, &users, uptime, p->ticks_per_second);
        sum_up(&sums, e);
        struct value command = cell_get(t, t->rows - 1, P_COMMAND), cgroup = cell_get(t, t->rows - 1, P_CGROUP);
        if (command.known && !e->kernel)
            commands[command_count++] = (struct group){command.text, e};
        if (cgroup.known && !e->kernel)
            cgroups[cgroup_count++] = (struct group){cgroup.text, e};
    }
    users_free(&users);
    add_sums(facts_table(f, "command_sum"), commands, command_count);
    add_sums(facts_table(f, "cgroup_sum"), cgroups, cgroup_count);
    add_totals(f, &sums, in->root->live);
    if (map_limit)
        cell_number(facts_table(f, "processes"), 0, T_MAX_MAP_COUNT, (double)map_limit);
    tell_coverage(f, &sums, in->root);
    table_sort(t, P_PSS, true);
}

/* vm.max_map_count, or 0. */
static uint64_t map_limit_of(const struct root *r)
{
    char text[64];
    enum status status;
    if (!root_sysctl(r, "vm.max_map_count", text, sizeof text, &status, NULL))
        return 0;
    struct span s = span_of_string(text);
    uint64_t n;
    return scan_number(&s, &n) ? n : 0;
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    struct pids p;
    struct err e;
    enum status status;
    if (!pids_open(&p, in->root, &status, &e)) {
        facts_fail(f, status, "%s", e.text);
        return;
    }
    AUTO_READINGS struct readings r;
    uint64_t map_limit = map_limit_of(in->root);
    if (readings_read(&r, &p, map_limit))
        fill(f, in, &p, &r, map_limit);
    else
        facts_fail(f, STATUS_ABSENT, "/proc: no processes in it");
    pids_close(&p);
}

extern const struct probe probe_processes;
const struct probe probe_processes = {
    .name = "processes",
    .help = "memory of every process: PSS, USS, swap",
    .classic = "top -o %MEM; smem",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads = "proc/PID/stat proc/PID/status proc/PID/smaps_rollup proc/PID/cgroup proc/PID/maps proc/uptime "
             "proc/sys/vm/max_map_count etc/passwd",
    .reads_live = "proc/PID/smaps",
    .collect = collect,
};
