/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control groups: usage against limits, and what happened at the limits over the window. Version 1 and 2. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/kernel/cgroup_blame.h"
#include "probes/kernel/cgroup_path.h"
#include "probes/kernel/page_size.h"
#include "facts/probe.h"

enum { GROUPS_MAX = 2000, DEPTH_MAX = 16 };
static const double walk_too_long_s = 2;
static const double full_share = 0.95;             /* heuristic: a working set this near its limit is at it */
static const double near_share = 0.8;              /* heuristic: so near its limit what is reclaimed matters */
static const uint64_t worth_reading = 1024 * 1024; /* memory.stat makes the kernel add up all processors */

struct group {
    char *path; /* "/" or "/system.slice" */
    unsigned depth;
    size_t above; /* index of the group that it is in; the topmost's is its own */
};

struct walk {
    struct group *groups; /* parents before children */
    size_t count;
    bool cut;
};

struct baseline {
    const char *path;
    struct cgroup_memory memory;
};

struct cgroups_state {
    struct cgroup_mount mount;
    struct walk walk; /* at the first sample */
    struct baseline *first;
    size_t first_count, samples;
    bool cut;           /* the first reading was not complete */
    double begin, last; /* clock at the first sample; time of the last */
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Directories below a group, sorted, so that two runs over one tree give one order. */
static char **children(const struct root *r, const char *path, size_t *count)
{
    *count = 0;
    char **names = NULL;
    int fd = root_open_dir(r, path);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    const struct dirent *entry;
    while ((entry = readdir(d)) && *count <= GROUPS_MAX) {
        if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
            continue;
        MEM_ROOM(names, *count);
        names[(*count)++] = mem_strdup(entry->d_name);
    }
    closedir(d);
    if (*count)
        qsort(names, *count, sizeof *names, compare_names);
    return names;
}

static void add_group(struct walk *w, char *path, unsigned depth, size_t above)
{
    w->groups[w->count++] = (struct group){path, depth, above};
}

/* Breadth first: if it is cut off, the upper groups, which include the lower ones' memory, are there. */
static void walk_groups(struct walk *w, const struct root *given, struct cgroup_mount mount)
{
    struct root whole = root_whole(given); /* a moment of a capture holds only what changes */
    w->groups = mem_array(GROUPS_MAX, sizeof *w->groups);
    add_group(w, mem_strdup("/"), 0, 0);
    for (size_t i = 0; i < w->count; i++) {
        const char *path = w->groups[i].path, *prefix = path[1] ? path : "";
        char directory[CGROUP_PATH_MAX + 64];
        int n = snprintf(directory, sizeof directory, "%s%s", mount.below, prefix);
        size_t count = 0;
        char **names = n > 0 && (size_t)n < sizeof directory ? children(&whole, directory, &count) : NULL;
        for (size_t k = 0; k < count; k++) {
            if (w->groups[i].depth >= DEPTH_MAX || w->count == GROUPS_MAX ||
                strlen(prefix) + strlen(names[k]) + 2 > CGROUP_PATH_MAX)
                w->cut = true;
            else
                add_group(w, mem_printf("%s/%s", prefix, names[k]), w->groups[i].depth + 1, i);
            free(names[k]);
        }
        free(names);
    }
}

static void walk_free(struct walk *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->groups[i].path);
    free(w->groups);
    *w = (struct walk){0};
}

static void *open_state(const struct probe_input *in)
{
    struct cgroups_state *s = mem_alloc(sizeof *s);
    s->mount = cgroup_mount_find(in->root);
    return s;
}

static int compare_baselines(const void *a, const void *b)
{
    return strcmp(((const struct baseline *)a)->path, ((const struct baseline *)b)->path);
}

/* The first sample keeps every group's counters; the last reading is collect()'s own. */
static void sample(void *state, const struct probe_input *in, double time)
{
    struct cgroups_state *s = state;
    s->last = time;
    if (s->samples++ || !s->mount.version)
        return;
    s->begin = clock_now();
    walk_groups(&s->walk, in->root, s->mount);
    s->first = mem_array(s->walk.count, sizeof *s->first);
    for (size_t i = 0; i < s->walk.count; i++) {
        struct baseline *b = &s->first[s->first_count];
        b->path = s->walk.groups[i].path;
        if (!cgroup_memory_read(in->root, s->mount, b->path, CGROUP_USAGE | CGROUP_EVENTS, &b->memory))
            continue;
        if (b->memory.has[CGROUP_MAX] &&
            (double)b->memory.value[CGROUP_CURRENT] > near_share * (double)b->memory.value[CGROUP_MAX])
            cgroup_stat_read(in->root, s->mount, b->path, &b->memory);
        s->first_count++;
        if (in->root->live && clock_now() - s->begin > walk_too_long_s) {
            s->cut = true;
            break;
        }
    }
    s->cut |= s->walk.cut;
    if (s->first_count)
        qsort(s->first, s->first_count, sizeof *s->first, compare_baselines);
}

static void close_state(void *state)
{
    struct cgroups_state *s = state;
    if (!s)
        return;
    walk_free(&s->walk);
    free(s->first);
    free(s);
}

#define GROUP_COLUMNS(X)                                                                                               \
    X(C_PATH, "path", TYPE_TEXT, "the group's path below the memory controller", .role = ROLE_KEY)                     \
    X(C_UNIT, "unit", TYPE_TEXT, "systemd unit, or the last part of the path")                                         \
    X(C_CONTAINER, "container", TYPE_BOOL, "the path is one of a container")                                           \
    X(C_VERSION, "version", TYPE_COUNT, "version of the memory controller's interface")                                \
    X(C_CURRENT, "current", TYPE_BYTES, "memory of the group and those below it, page cache included",                 \
      .role = ROLE_RANK)                                                                                               \
    X(C_MAX, "max", TYPE_BYTES, "hard limit; unknown if there is none")                                                \
    X(C_HIGH, "high", TYPE_BYTES, "limit above which the group is slowed down; unknown if there is none")              \
    X(C_SWAP, "swap", TYPE_BYTES, "swapped out")                                                                       \
    X(C_SWAP_MAX, "swap_max", TYPE_BYTES, "limit of swap; unknown if there is none")                                   \
    X(C_USAGE_SHARE, "usage_share", TYPE_RATIO, "current by max")                                                      \
    X(C_MAX_EVENTS, "max_events", TYPE_COUNT, "times it ran into its own limit over the window (version 1: failcnt)")  \
    X(C_HIGH_EVENTS, "high_events", TYPE_COUNT, "times it was slowed down over the window")                            \
    X(C_OOM_KILLS, "oom_kills", TYPE_COUNT, "processes killed for its limit over the window, here and below")          \
    X(C_KILLED, "killed", TYPE_COUNT, "of its own processes killed over the window, for whichever limit")              \
    X(C_KILLS_GONE, "kills_gone", TYPE_COUNT, "kills over the window in groups below that are gone since")             \
    X(C_MAX_EVENTS_EVER, "max_events_ever", TYPE_COUNT, "times it ran into its own limit since it was made")           \
    X(C_OOM_KILLS_EVER, "oom_kills_ever", TYPE_COUNT, "processes killed for its limit since it was made")              \
    X(C_MEMORY_SOME, "memory_some", TYPE_RATIO, "share of the window in which some task waited for memory")            \
    X(C_INACTIVE_FILE, "inactive_file", TYPE_BYTES, "page cache that is given up first")                               \
    X(C_WORKING_SET, "working_set", TYPE_BYTES, "current - inactive_file")                                             \
    X(C_ACTIVE_FILE, "active_file", TYPE_BYTES, "page cache that was used again")                                      \
    X(C_REFAULTS, "refaults", TYPE_COUNT, "pages needed again soon after they were reclaimed, over the window")        \
    X(C_SHMEM, "shmem", TYPE_BYTES, "of its page cache, shared memory and tmpfs")                                      \
    X(C_ANON, "anon", TYPE_BYTES, "anonymous memory")                                                                  \
    X(C_FILE, "file", TYPE_BYTES, "page cache, shared memory included")                                                \
    X(C_SLAB, "slab", TYPE_BYTES, "kernel slabs charged to it")                                                        \
    X(C_PROCESSES, "processes", TYPE_COUNT, "processes in the group itself")
enum { GROUP_COLUMNS(LIST_INDEX) };
static const struct column group_columns[] = {GROUP_COLUMNS(LIST_ENTRY)};
#define TOTAL_COLUMNS(X)                                                                                               \
    X(T_VERSION, "version", TYPE_COUNT, "version of the memory controller's interface")                                \
    X(T_COUNT, "count", TYPE_COUNT, "groups with memory accounted")                                                    \
    X(T_LIMITED, "limited", TYPE_COUNT, "groups with a hard limit")                                                    \
    X(T_AT_LIMIT, "at_limit", TYPE_COUNT,                                                                              \
      "groups that ran into their limit over the window, or whose working set is within 5 % of it")                    \
    X(T_SWAPPING, "swapping", TYPE_COUNT, "groups with memory swapped out")                                            \
    X(T_SELF, "self", TYPE_TEXT, "the group that this program runs in")
enum { TOTAL_COLUMNS(LIST_INDEX) };
static const struct column total_columns[] = {TOTAL_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "cgroup", .help = "control groups and their memory", COLUMNS(group_columns), .keep = 40},
    {.name = "cgroups", .help = "all control groups", COLUMNS(total_columns), .single = true},
};

static void limit_cell(struct table *t, size_t row, unsigned column, const struct cgroup_memory *m,
                       enum cgroup_field field, bool unlimited)
{
    if (m->has[field])
        cell_number(t, row, column, (double)m->value[field]);
    else if (unlimited)
        cell_unknown(t, row, column, "no limit");
}

static void put_known(struct table *t, size_t row, unsigned column, bool known, uint64_t number)
{
    if (known)
        cell_number(t, row, column, (double)number);
}

static void count_processes(struct table *t, size_t row, const struct root *r, struct cgroup_mount mount,
                            const char *path, struct lines *l)
{
    char file[CGROUP_PATH_MAX + 128];
    snprintf(file, sizeof file, "%s%s/cgroup.procs", mount.below, path[1] ? path : "");
    int fd = root_open_file(r, file);
    if (fd < 0)
        return;
    lines_open(l, fd);
    size_t count = 0, length;
    while (lines_next(l, &length))
        count++;
    if (!l->error)
        cell_number(t, row, C_PROCESSES, (double)count);
    lines_close(l);
}

struct totals {
    size_t limited, at_limit, swapping;
};

static void events_unknown(struct table *t, size_t row, const char *why)
{
    static const unsigned columns[] = {C_MAX_EVENTS, C_HIGH_EVENTS, C_OOM_KILLS, C_KILLED,
                                       C_KILLS_GONE, C_MEMORY_SOME, C_REFAULTS};
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        cell_unknown(t, row, columns[i], why);
}

static void add_events(struct table *t, size_t row, const struct cgroup_reading *r, double window_s, const char *why,
                       bool old)
{
    const struct cgroup_memory *m = &r->now, *first = r->first;
    const struct cgroup_harm *w = &r->window;
    put_known(t, row, C_MAX_EVENTS_EVER, r->ever.own.has[EVENT_MAX], r->ever.own.count[EVENT_MAX]);
    put_known(t, row, C_OOM_KILLS_EVER, r->ever.has_kills, r->ever.kills);
    if (!r->has_window) {
        events_unknown(t, row, why);
        return;
    }
    put_known(t, row, C_MAX_EVENTS, w->own.has[EVENT_MAX], w->own.count[EVENT_MAX]);
    put_known(t, row, C_HIGH_EVENTS, w->own.has[EVENT_HIGH], w->own.count[EVENT_HIGH]);
    put_known(t, row, C_OOM_KILLS, w->has_kills, w->kills);
    put_known(t, row, C_KILLED, w->has_kills, w->own.count[EVENT_OOM_KILL]);
    put_known(t, row, C_KILLS_GONE, w->has_gone, w->kills_gone);
    if (first && first->has[CGROUP_REFAULTS] && m->has[CGROUP_REFAULTS])
        cell_number(t, row, C_REFAULTS,
                    m->value[CGROUP_REFAULTS] > first->value[CGROUP_REFAULTS]
                        ? (double)(m->value[CGROUP_REFAULTS] - first->value[CGROUP_REFAULTS])
                        : 0);
    if (old) {
        cell_unknown(t, row, C_HIGH_EVENTS, "version 1 has no such limit");
        cell_unknown(t, row, C_MEMORY_SOME, "version 1 does not tell");
    } else if (m->has[CGROUP_STALL_US] && window_s > 0 && (!first || first->has[CGROUP_STALL_US])) {
        uint64_t before = first ? first->value[CGROUP_STALL_US] : 0, now = m->value[CGROUP_STALL_US];
        double share = now > before ? (double)(now - before) / 1e6 / window_s : 0;
        cell_number(t, row, C_MEMORY_SOME, share < 1 ? share : 1);
    }
}

static void add_row(struct table *t, const char *path, const struct cgroup_reading *r, int version, double window_s,
                    const char *why, struct totals *totals)
{
    static const unsigned plain[][2] = {
        {C_SWAP, CGROUP_SWAP},
        {C_INACTIVE_FILE, CGROUP_INACTIVE_FILE},
        {C_ANON, CGROUP_ANON},
        {C_FILE, CGROUP_FILE},
        {C_SLAB, CGROUP_SLAB},
        {C_SHMEM, CGROUP_SHMEM},
        {C_ACTIVE_FILE, CGROUP_ACTIVE_FILE},
    };
    const struct cgroup_memory *m = &r->now;
    size_t row = table_add(t);
    char unit[128];
    cgroup_unit(span_of_string(path), unit, sizeof unit);
    cell_text(t, row, C_UNIT, unit);
    cell_bool(t, row, C_CONTAINER, cgroup_is_container(span_of_string(path)));
    uint64_t current = m->value[CGROUP_CURRENT], max = m->value[CGROUP_MAX], inactive = m->value[CGROUP_INACTIVE_FILE];
    cell_text(t, row, C_PATH, path);
    cell_number(t, row, C_VERSION, version);
    cell_number(t, row, C_CURRENT, (double)current);
    limit_cell(t, row, C_MAX, m, CGROUP_MAX, m->unlimited);
    limit_cell(t, row, C_HIGH, m, CGROUP_HIGH, m->unlimited_high);
    limit_cell(t, row, C_SWAP_MAX, m, CGROUP_SWAP_MAX, m->unlimited_swap);
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (m->has[plain[i][1]])
            cell_number(t, row, plain[i][0], (double)m->value[plain[i][1]]);
    if (version == 1) {
        cell_unknown(t, row, C_HIGH, "version 1 has no such limit");
        cell_unknown(t, row, C_SLAB, "version 1 does not tell");
    }
    uint64_t working = current > inactive ? current - inactive : 0;
    if (m->has[CGROUP_INACTIVE_FILE])
        cell_number(t, row, C_WORKING_SET, (double)working);
    bool limited = m->has[CGROUP_MAX];
    if (limited && max)
        cell_number(t, row, C_USAGE_SHARE, (double)current / (double)max);
    else if (m->unlimited)
        cell_unknown(t, row, C_USAGE_SHARE, "no limit");
    add_events(t, row, r, window_s, why, version == 1);

    struct value events = cell_get(t, row, C_MAX_EVENTS);
    totals->limited += limited;
    totals->swapping += m->has[CGROUP_SWAP] && m->value[CGROUP_SWAP] > 0;
    totals->at_limit += limited && ((events.known && events.number > 0) ||
                                    (m->has[CGROUP_INACTIVE_FILE] && (double)working >= full_share * (double)max));
}

/* Within a control group namespace the program's own group is "/". */
static bool own_group(const struct root *r, char *out, size_t size)
{
    char path[64] = "proc/self/cgroup", buffer[8192];
    if (r->live)
        snprintf(path, sizeof path, "proc/%ld/cgroup", (long)getpid());
    ssize_t n = root_read_small(r, path, buffer, sizeof buffer);
    if (n <= 0)
        return false;
    struct cgroup_paths paths;
    cgroup_paths_parse(buffer, (size_t)n, &paths);
    struct span own = cgroup_accounted(&paths);
    return own.at && span_length(own) < size && span_copy(own, out, size);
}

/* What the group was at the first sample; false with the reason if that was not seen. */
static bool find_first(const struct cgroups_state *s, const char *path, const struct cgroup_memory **first,
                       const char **why)
{
    struct baseline key = {.path = path};
    *why = "one moment only";
    if (!s || s->samples < 2)
        return false;
    const struct baseline *found =
        s->first_count ? bsearch(&key, s->first, s->first_count, sizeof key, compare_baselines) : NULL;
    *first = found ? &found->memory : NULL;
    *why = "not read at the beginning of the window";
    return found || !s->cut; /* if that was cut off, it may have been there, unread */
}

static void fill(struct facts *f, const struct probe_input *in, struct cgroup_mount mount, const struct walk *walk,
                 const struct cgroups_state *s, double window_s)
{
    struct table *t = facts_table(f, "cgroup");
    AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
    AUTO_FREE struct cgroup_reading *readings = mem_array(walk->count + 1, sizeof *readings);
    AUTO_FREE const char **why = mem_array(walk->count + 1, sizeof *why);
    struct totals totals = {0};
    double begin = clock_now();
    size_t done = 0;
    for (; done < walk->count; done++) {
        struct cgroup_reading *r = &readings[done];
        const char *path = walk->groups[done].path;
        if (in->root->live && clock_now() - begin > walk_too_long_s)
            break;
        r->above = walk->groups[done].above;
        r->is_read = cgroup_memory_read(in->root, mount, path, CGROUP_USAGE | CGROUP_EVENTS, &r->now);
        r->has_window = r->is_read && find_first(s, path, &r->first, &why[done]);
        if (r->is_read && r->now.value[CGROUP_CURRENT] >= worth_reading)
            cgroup_stat_read(in->root, mount, path, &r->now);
    }
    unsigned kernel = kernel_version(in->root);
    cgroup_blame(readings, done, mount.version == 1 || (kernel && kernel < 5002));
    for (size_t i = 0; i < done; i++) {
        if (!readings[i].is_read)
            continue;
        add_row(t, walk->groups[i].path, &readings[i], mount.version, window_s, why[i], &totals);
        count_processes(t, t->rows - 1, in->root, mount, walk->groups[i].path, l);
        row_unknown(t, t->rows - 1,
                    readings[i].now.value[CGROUP_CURRENT] >= worth_reading
                        ? "this kernel does not tell, or it was not captured"
                        : "not read for groups below 1 MiB");
    }
    if (walk->cut || done < walk->count)
        facts_fail(f, STATUS_PARTIAL,
                   walk->cut ? "more than 2,000 control groups, or more than 16 levels: the upper ones were read"
                             : "reading the control groups took more than 2 s: the upper ones were read");
    f->coverage = walk->count ? (double)done / (double)walk->count : -1;
    if (!t->rows) {
        facts_fail(f, STATUS_ABSENT, "/%s: no control group with memory accounted", mount.below);
        return;
    }
    size_t count = t->rows;
    t = facts_table(f, "cgroups");
    table_add(t);
    cell_number(t, 0, T_VERSION, mount.version);
    cell_number(t, 0, T_COUNT, (double)count);
    cell_number(t, 0, T_LIMITED, (double)totals.limited);
    cell_number(t, 0, T_AT_LIMIT, (double)totals.at_limit);
    cell_number(t, 0, T_SWAPPING, (double)totals.swapping);
    char self[CGROUP_PATH_MAX];
    if (own_group(in->root, self, sizeof self))
        cell_text(t, 0, T_SELF, self);
    else
        cell_unknown(t, 0, T_SELF, in->root->live ? "/proc/self/cgroup could not be read" : "a captured tree");
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    struct cgroups_state *s = state;
    struct cgroup_mount mount = s ? s->mount : cgroup_mount_find(in->root);
    if (!mount.version) {
        facts_fail(f, STATUS_ABSENT, "/sys/fs/cgroup: no memory controller %s",
                   in->root->live ? "is mounted there" : "was captured");
        return;
    }
    double window_s = 0;
    if (s && s->samples)
        window_s = in->root->live ? clock_now() - s->begin : s->last;
    struct walk walk = {0};
    walk_groups(&walk, in->root, mount);
    fill(f, in, mount, &walk, s, window_s);
    walk_free(&walk);
    table_sort(facts_table(f, "cgroup"), C_CURRENT, true);
}

extern const struct probe probe_cgroups;
const struct probe probe_cgroups = {
    .name = "cgroups",
    .help = "control groups: memory against limits",
    .classic = "systemd-cgtop -m; cat memory.max memory.events",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads =
        "proc/self/cgroup proc/sys/kernel/osrelease sys/fs/cgroup/**/cgroup.controllers sys/fs/cgroup/**/cgroup.procs "
        "sys/fs/cgroup/**/memory.stat sys/fs/cgroup/**/memory.max sys/fs/cgroup/**/memory.limit_in_bytes "
        "sys/fs/cgroup/**/memory.memsw.limit_in_bytes sys/fs/cgroup/**/memory.memsw.usage_in_bytes "
        "sys/fs/cgroup/**/memory.high sys/fs/cgroup/**/memory.swap.current sys/fs/cgroup/**/memory.swap.max",
    .reads_moving = "sys/fs/cgroup/**/memory.current sys/fs/cgroup/**/memory.usage_in_bytes "
                    "sys/fs/cgroup/**/memory.events sys/fs/cgroup/**/memory.events.local "
                    "sys/fs/cgroup/**/memory.pressure sys/fs/cgroup/**/memory.oom_control "
                    "sys/fs/cgroup/**/memory.failcnt",
    .open = open_state,
    .sample = sample,
    .collect = collect,
    .close = close_state,
};
