/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All processes in one pass over /proc: stat, smaps_rollup and cgroup of each. Nearly all the time is the kernel's, walking
 * page tables, so that threads share the processes out; each fills plain structs, and rows are made afterwards. status, which
 * costs as much as stat and cgroup together, is read only where the others do not tell enough. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/kernel/cgroup_path.h"
#include "probes/kernel/pids.h"
#include "facts/probe.h"

enum { WORKERS_MAX = 4, ALONE_BELOW = 64, SHARE = 16, COUNTED = 8, DETAILED = 40, LINES_COUNTED_MAX = 1000000 };

static const float slow_walk_s = 0.001f;

enum problem { PROBLEM_NONE, PROBLEM_DENIED, PROBLEM_EMPTY, PROBLEM_ABSENT, PROBLEM_OTHER, PROBLEMS };

enum has {
    HAS_STATE = 1 << 0,
    HAS_UID = 1 << 1,
    HAS_THREADS = 1 << 2,
    HAS_AGE = 1 << 3,
    HAS_RSS = 1 << 4,
    HAS_SWAP = 1 << 5,
    HAS_SPLIT = 1 << 6, /* RssFile and RssShmem */
    HAS_SMAPS = 1 << 7,
    HAS_PRIVATE = 1 << 8,
    HAS_SWAP_PSS = 1 << 9,
    HAS_MAPS = 1 << 10,
    HAS_ANON = 1 << 11,
    HAS_VIRTUAL = 1 << 12,
};

struct reading {
    int pid;
    unsigned has; /* enum has */
    char state;
    bool gone, kernel, counted; /* counted: tried to count its mappings */
    uint8_t problem;            /* enum problem: why it was not measured */
    uint64_t uid, threads, maps, start_ticks;
    uint64_t rss, pss, uss, swap, swap_pss, rss_anon, rss_file, rss_shmem, virtual_bytes;
    const char *cgroup, *unit; /* owned by the worker */
    float read_time;           /* seconds */
    char command[COMMAND_MAX];
};

struct shared {
    const struct pids *pids;
    struct reading *readings;
    size_t count;
    atomic_size_t next;
};

/* Neighbours are mostly in the same control group: texts are kept once per worker. */
struct worker {
    struct shared *shared;
    pthread_t thread;
    bool started;
    int directory; /* /proc/PID of the process at hand; -1 in a captured tree */
    struct arena arena;
    char last_text[4096]; /* of a cgroup file, and what it meant */
    size_t last_length;
    const char *last_cgroup, *last_unit;
    char buffer[8192];
};

static enum problem problem_of(int error)
{
    switch (-error) {
    case EACCES:
    case EPERM:
        return PROBLEM_DENIED;
    case ENODATA:
        return PROBLEM_EMPTY;
    case ENOENT:
        return PROBLEM_ABSENT;
    default:
        return PROBLEM_OTHER;
    }
}

/* These files come whole from one read() that has room; asking again for the end of the file would cost a tenth more. */
static ssize_t read_file(struct worker *w, const struct reading *e, const char *name)
{
    if (w->directory < 0)
        return pids_read(w->shared->pids, e->pid, name, w->buffer, sizeof w->buffer);
    int fd = root_open_below(&w->shared->pids->root, w->directory, name);
    if (fd < 0)
        return fd;
    ssize_t n;
    do
        n = read(fd, w->buffer, sizeof w->buffer);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        n = -errno;
    else if ((size_t)n == sizeof w->buffer)
        n = -EFBIG;
    close(fd);
    return n;
}

static void take_cgroup(struct worker *w, const char *text, size_t length)
{
    struct cgroup_paths paths;
    cgroup_paths_parse(text, length, &paths);
    struct span accounted = cgroup_accounted(&paths), managed = cgroup_managed(&paths);
    char unit[256];
    w->last_cgroup = accounted.at ? arena_intern(&w->arena, accounted.at, span_length(accounted)) : NULL;
    w->last_unit = managed.at ? arena_intern(&w->arena, unit, cgroup_unit(managed, unit, sizeof unit)) : NULL;
    w->last_length = length <= sizeof w->last_text ? length : SIZE_MAX;
    if (length <= sizeof w->last_text)
        memcpy(w->last_text, text, length);
}

static void read_cgroup(struct worker *w, struct reading *e)
{
    ssize_t n = read_file(w, e, "cgroup");
    AUTO_FREE char *more = NULL;
    const char *text = w->buffer;
    if (n == -EFBIG)
        text = pids_text(w->shared->pids, e->pid, "cgroup", w->buffer, sizeof w->buffer, &n, &more);
    if (n < 0 || !text)
        return;
    if ((size_t)n != w->last_length || memcmp(text, w->last_text, (size_t)n) != 0)
        take_cgroup(w, text, (size_t)n);
    e->cgroup = w->last_cgroup;
    e->unit = w->last_unit;
}

static bool is_gone(const struct worker *w, ssize_t error)
{
    return error == -ESRCH || (error == -ENOENT && w->shared->pids->root.live);
}

/* False if the process is gone. */
static bool read_stat(struct worker *w, struct reading *e, struct proc_stat *stat, bool *has_stat)
{
    ssize_t n = read_file(w, e, "stat");
    *has_stat = n > 0 && stat_parse(w->buffer, (size_t)n, stat);
    if (!*has_stat) {
        if (n == -EACCES || n == -EPERM)
            e->problem = PROBLEM_DENIED;
        return !is_gone(w, n);
    }
    memcpy(e->command, stat->command, sizeof e->command);
    e->state = stat->state;
    e->threads = stat->threads;
    e->start_ticks = stat->start_ticks;
    e->kernel = stat->kernel;
    e->virtual_bytes = stat->virtual_bytes;
    e->has |= HAS_STATE | HAS_THREADS | HAS_AGE | HAS_VIRTUAL;
    return true;
}

/* False if the process is gone. */
static bool read_status(const struct pids *p, struct reading *e)
{
    struct proc_status s;
    int error;
    if (!pids_status(p, e->pid, &s, &error))
        return error != -ESRCH && (error != -ENOENT || (!p->root.live && e->has & HAS_STATE));
    if (!(e->has & HAS_STATE)) {
        memcpy(e->command, s.command, sizeof e->command);
        e->state = s.state;
        e->threads = s.threads;
        e->has |= (s.state ? HAS_STATE : 0) | (s.has & PROC_THREADS ? HAS_THREADS : 0);
        e->kernel = s.state != 'Z' && s.state != 'X' && !(s.has & PROC_VM_SIZE);
    }
    e->uid = s.uid;
    if (s.has & PROC_VM_SIZE)
        e->virtual_bytes = s.vm_size;
    e->swap = s.vm_swap;
    e->rss_anon = s.rss_anon;
    e->rss_file = s.rss_file;
    e->rss_shmem = s.rss_shmem;
    if (s.has & PROC_VM_RSS && !(e->has & HAS_RSS))
        e->rss = s.vm_rss;
    e->has |= (s.has & PROC_UID ? HAS_UID : 0) | (s.has & PROC_VM_SIZE ? HAS_VIRTUAL : 0) |
              (s.has & PROC_VM_RSS ? HAS_RSS : 0) | (s.has & PROC_VM_SWAP ? HAS_SWAP : 0) |
              (s.has & PROC_RSS_ANON ? HAS_ANON | HAS_SPLIT : 0);
    return true;
}

static void take_smaps(struct reading *e, const struct smaps_sum *s)
{
    e->rss = s->rss;
    e->pss = s->pss;
    e->uss = smaps_uss(s);
    e->has |= HAS_RSS | (s->has & SMAPS_PSS ? HAS_SMAPS : 0) | (s->has & SMAPS_PRIVATE ? HAS_PRIVATE : 0);
    if (s->has & SMAPS_SWAP && !(e->has & HAS_SWAP)) {
        e->swap = s->swap;
        e->has |= HAS_SWAP;
    }
    if (s->has & SMAPS_SWAP_PSS || (s->has & SMAPS_SWAP && s->swap == 0)) {
        e->swap_pss = s->swap_pss;
        e->has |= HAS_SWAP_PSS;
    }
    if (s->has & SMAPS_ANON && !(e->has & HAS_ANON)) {
        e->rss_anon = s->anonymous;
        e->has |= HAS_ANON;
    }
    if (s->has & SMAPS_PSS_SHMEM && s->pss_shmem == 0 && s->has & SMAPS_ANON && !(e->has & HAS_SPLIT)) {
        e->rss_file =
            s->rss > s->anonymous ? s->rss - s->anonymous : 0; /* what is left, as there is no shared memory */
        e->has |= HAS_SPLIT;
    }
    if (!(e->has & HAS_SMAPS))
        e->problem = PROBLEM_OTHER;
}

static void read_smaps(struct worker *w, struct reading *e)
{
    struct smaps_sum s;
    double begin = clock_now();
    ssize_t n = read_file(w, e, "smaps_rollup");
    int error = n < 0 ? (int)n : smaps_parse(w->buffer, (size_t)n, &s) ? 0 : -ENODATA;
    if (error == -ENOENT)
        error = pids_smaps(w->shared->pids, e->pid, &s);
    e->read_time = (float)(clock_now() - begin);
    if (error)
        e->problem = (uint8_t)problem_of(error);
    else
        take_smaps(e, &s);
    e->gone = is_gone(w, error);
}

/* Kernel threads and the dead have no memory of their own, and reading smaps_rollup of them fails. */
static void has_nothing(struct reading *e)
{
    e->rss = e->swap = e->rss_anon = e->rss_file = e->rss_shmem = 0;
    e->has |= HAS_RSS | HAS_SWAP | HAS_ANON | HAS_SPLIT | HAS_SMAPS | HAS_PRIVATE | HAS_SWAP_PSS;
}

static void read_files(struct worker *w, struct reading *e)
{
    struct proc_stat stat = {0};
    bool has_stat;
    e->gone = !read_stat(w, e, &stat, &has_stat);
    if (e->gone)
        return;
    if (w->directory < 0 || !has_stat) {
        e->gone = !read_status(w->shared->pids, e);
        if (e->gone)
            return;
    }
    if (!e->kernel)
        read_cgroup(w, e);
    if (e->kernel || e->state == 'Z' || e->state == 'X') {
        has_nothing(e);
        return;
    }
    read_smaps(w, e);
    if (e->problem && !e->gone && w->directory >= 0)
        e->gone = !read_status(w->shared->pids, e);
    uint64_t page = w->shared->pids->page_size;
    if (!(e->has & HAS_RSS) && has_stat && page && times_fits(stat.rss_pages, page, &e->rss))
        e->has |= HAS_RSS;
}

static void read_process(struct worker *w, struct reading *e)
{
    w->directory = -1;
    if (w->shared->pids->root.live) {
        /* Below the directory the files are of one process for sure, and its owner is the process's. */
        char path[PIDS_PATH_MAX];
        struct stat st;
        pids_path(path, e->pid, "");
        w->directory = root_open_below(&w->shared->pids->root, w->shared->pids->fd, path);
        if (is_gone(w, w->directory)) {
            e->gone = true;
            return;
        }
        if (w->directory >= 0 && fstat(w->directory, &st) == 0) {
            e->uid = st.st_uid;
            e->has |= HAS_UID;
        }
    }
    read_files(w, e);
    if (w->directory >= 0)
        close(w->directory);
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct shared *s = w->shared;
    for (;;) {
        size_t from = atomic_fetch_add(&s->next, SHARE);
        if (from >= s->count)
            return NULL;
        for (size_t i = from; i < from + SHARE && i < s->count; i++)
            read_process(w, &s->readings[i]);
    }
}

static size_t worker_count(size_t processes)
{
    if (processes < ALONE_BELOW)
        return 1;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > WORKERS_MAX ? WORKERS_MAX : (size_t)online;
}

static int compare_by_pss(const void *a, const void *b)
{
    const struct reading *x = *(struct reading *const *)a, *y = *(struct reading *const *)b;
    if (x->pss != y->pss)
        return x->pss < y->pss ? 1 : -1;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

static void count_maps(const struct pids *p, struct reading *e, struct lines *l)
{
    char path[PIDS_PATH_MAX];
    pids_path(path, e->pid, "maps");
    int fd = root_open_below(&p->root, p->fd, path);
    bool smaps = fd == -ENOENT && !p->root.live; /* a sosreport has no maps */
    if (smaps) {
        pids_path(path, e->pid, "smaps");
        fd = root_open_below(&p->root, p->fd, path);
    }
    if (fd < 0)
        return;
    lines_open(l, fd);
    uint64_t count = 0;
    size_t length;
    struct vma v;
    for (const char *line; count < LINES_COUNTED_MAX && (line = lines_next(l, &length));)
        count += !smaps || (length && (*line < 'A' || *line > 'Z') && vma_parse(line, length, &v));
    if (!l->error && count) {
        e->maps = count;
        e->has |= HAS_MAPS;
    }
    lines_close(l);
}

/* A process cannot have more mappings than pages mapped, and walking tens of thousands of them took long already (10 ms for
 * 62,000 without memory in them; 0.1 ms is usual), so that few can come near the limit: those are counted. */
static bool may_exhaust_maps(const struct pids *p, const struct reading *e, uint64_t map_limit)
{
    uint64_t page = p->page_size ? p->page_size : 4096;
    bool slow = !p->root.live || e->problem || e->read_time >= slow_walk_s;
    return slow && e->has & HAS_VIRTUAL && map_limit && e->virtual_bytes / page >= map_limit / 2;
}

/* What costs too much for all: the number of mappings, which tells how near max_map_count is, and status. */
static void look_closer(const struct pids *p, struct reading *readings, size_t count, uint64_t map_limit)
{
    AUTO_FREE struct reading **order = mem_array(count, sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = &readings[i];
    qsort(order, count, sizeof *order, compare_by_pss);
    AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
    for (size_t i = 0; i < count; i++) {
        struct reading *e = order[i];
        if (e->gone || e->kernel)
            continue;
        e->counted = i < COUNTED || may_exhaust_maps(p, e, map_limit);
        if (e->counted)
            count_maps(p, e, l);
        if (i < DETAILED && !(e->has & HAS_SPLIT))
            read_status(p, e); /* ended meanwhile: what was read stands */
    }
}

enum {
    P_PID,
    P_USER,
    P_STATE,
    P_COMMAND,
    P_UNIT,
    P_CGROUP,
    P_RSS,
    P_PSS,
    P_USS,
    P_SWAP,
    P_SWAP_PSS,
    P_RSS_ANON,
    P_RSS_FILE,
    P_RSS_SHMEM,
    P_THREADS,
    P_MAPS,
    P_AGE,
    P_KERNEL,
    P_VIRTUAL,
    P_READ_TIME,
};
static const struct column process_columns[] = {
    [P_PID] = {"pid", TYPE_COUNT, "process id", .role = ROLE_KEY},
    [P_USER] = {"user", TYPE_TEXT, "owner; the number if the system's passwd file has no name for it"},
    [P_STATE] = {"state", TYPE_TEXT, "state letter, as in ps"},
    [P_COMMAND] = {"command", TYPE_TEXT, "name of the program"},
    [P_UNIT] = {"unit", TYPE_TEXT, "systemd unit, or the last part of the control group's path"},
    [P_CGROUP] = {"cgroup", TYPE_TEXT, "control group that its memory is accounted to"},
    [P_RSS] = {"rss", TYPE_BYTES, "resident memory; shared pages count fully"},
    [P_PSS] = {"pss", TYPE_BYTES, "resident memory with shared pages split among those that map them",
               .role = ROLE_RANK},
    [P_USS] = {"uss", TYPE_BYTES, "private memory: what its end would free"},
    [P_SWAP] = {"swap", TYPE_BYTES, "swapped out"},
    [P_SWAP_PSS] = {"swap_pss", TYPE_BYTES, "swapped out, shared pages split"},
    [P_RSS_ANON] = {"rss_anon", TYPE_BYTES, "resident anonymous memory"},
    [P_RSS_FILE] = {"rss_file", TYPE_BYTES, "resident pages of files"},
    [P_RSS_SHMEM] = {"rss_shmem", TYPE_BYTES, "resident shared memory"},
    [P_THREADS] = {"threads", TYPE_COUNT, "threads"},
    [P_MAPS] = {"maps", TYPE_COUNT,
                "memory mappings; counted for the leading processes and those large enough to come near the limit"},
    [P_AGE] = {"age", TYPE_SECONDS, "time since it started"},
    [P_KERNEL] = {"kernel", TYPE_BOOL, "a kernel thread"},
    [P_VIRTUAL] = {"virtual", TYPE_BYTES, "size of its address space (VIRT)"},
    [P_READ_TIME] = {"read_time", TYPE_SECONDS,
                     "time that walking its page tables took; meanwhile its own mmap and munmap wait"},
};

enum {
    T_COUNT,
    T_MEASURED,
    T_DENIED,
    T_VANISHED,
    T_KERNEL_THREADS,
    T_RSS_TOTAL,
    T_PSS_TOTAL,
    T_USS_TOTAL,
    T_SWAP_PSS_TOTAL,
    T_MAX_MAPS,
    T_SWAP_TOTAL,
    T_MAX_MAP_COUNT,
    T_SLOWEST_READ,
};
static const struct column total_columns[] = {
    [T_COUNT] = {"count", TYPE_COUNT, "processes and kernel threads"},
    [T_MEASURED] = {"measured", TYPE_COUNT, "processes whose pages could be counted"},
    [T_DENIED] = {"denied", TYPE_COUNT, "processes whose pages the kernel did not show"},
    [T_VANISHED] = {"vanished", TYPE_COUNT, "processes that ended while being read"},
    [T_KERNEL_THREADS] = {"kernel_threads", TYPE_COUNT, "kernel threads"},
    [T_RSS_TOTAL] = {"rss_total", TYPE_BYTES, "sum of resident memory; counts shared pages many times"},
    [T_PSS_TOTAL] = {"pss_total", TYPE_BYTES, "sum of PSS over the measured processes"},
    [T_USS_TOTAL] = {"uss_total", TYPE_BYTES, "sum of private memory over the measured processes"},
    [T_SWAP_PSS_TOTAL] = {"swap_pss_total", TYPE_BYTES, "sum of swapped-out memory, shared pages split"},
    [T_MAX_MAPS] = {"max_maps", TYPE_COUNT,
                    "most memory mappings of one process, among those large enough to have many"},
    [T_SWAP_TOTAL] = {"swap_total", TYPE_BYTES, "sum of swapped-out memory"},
    [T_MAX_MAP_COUNT] = {"max_map_count", TYPE_COUNT, "vm.max_map_count: mappings that one process may have"},
    [T_SLOWEST_READ] = {"slowest_read", TYPE_SECONDS, "longest time that walking one process's page tables took"},
};

enum { S_NAME, S_COUNT, S_RSS, S_PSS, S_USS, S_SWAP_PSS };
static const struct column command_columns[] = {
    [S_NAME] = {"command", TYPE_TEXT, "name of the program", .role = ROLE_KEY},
    [S_COUNT] = {"count", TYPE_COUNT, "processes of that name"},
    [S_RSS] = {"rss", TYPE_BYTES, "sum of resident memory"},
    [S_PSS] = {"pss", TYPE_BYTES, "sum of PSS over those measured", .role = ROLE_RANK},
    [S_USS] = {"uss", TYPE_BYTES, "sum of private memory over those measured"},
    [S_SWAP_PSS] = {"swap_pss", TYPE_BYTES, "sum of swapped-out memory, shared pages split"},
};
static const struct column cgroup_columns[] = {
    [S_NAME] = {"cgroup", TYPE_TEXT, "control group", .role = ROLE_KEY},
    [S_COUNT] = {"count", TYPE_COUNT, "processes in it"},
    [S_RSS] = {"rss", TYPE_BYTES, "sum of resident memory"},
    [S_PSS] = {"pss", TYPE_BYTES, "sum of PSS over those measured", .role = ROLE_RANK},
    [S_USS] = {"uss", TYPE_BYTES, "sum of private memory over those measured"},
    [S_SWAP_PSS] = {"swap_pss", TYPE_BYTES, "sum of swapped-out memory, shared pages split"},
};

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

static void fill(struct facts *f, const struct probe_input *in, const struct pids *p, const struct reading *readings,
                 size_t count)
{
    struct table *t = facts_table(f, "process");
    struct users users;
    users_read(&users, in->root);
    double uptime = uptime_of(&p->root);
    AUTO_FREE struct group *commands = mem_array(count + 1, sizeof *commands),
                           *cgroups = mem_array(count + 1, sizeof *cgroups);
    size_t command_count = 0, cgroup_count = 0;
    struct sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        const struct reading *e = &readings[i];
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
    return strtoull(text, NULL, 10);
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
    size_t count;
    AUTO_FREE long *list = pids_list(&p, &count);
    if (!count) {
        facts_fail(f, STATUS_ABSENT, "/proc: no processes in it");
        pids_close(&p);
        return;
    }
    AUTO_FREE struct reading *readings = mem_array(count, sizeof *readings);
    for (size_t i = 0; i < count; i++)
        readings[i].pid = (int)list[i];
    struct shared shared = {.pids = &p, .readings = readings, .count = count};
    size_t workers = worker_count(count);
    AUTO_FREE struct worker *worker = mem_array(workers, sizeof *worker);
    for (size_t i = 0; i < workers; i++)
        worker[i].shared = &shared;
    for (size_t i = 1; i < workers; i++)
        worker[i].started = pthread_create(&worker[i].thread, NULL, work, &worker[i]) == 0;
    work(&worker[0]);
    for (size_t i = 1; i < workers; i++)
        if (worker[i].started)
            pthread_join(worker[i].thread, NULL);
    uint64_t map_limit = map_limit_of(in->root);
    look_closer(&p, readings, count, map_limit);
    fill(f, in, &p, readings, count);
    struct table *totals = facts_table(f, "processes");
    if (map_limit && totals->rows)
        cell_number(totals, 0, T_MAX_MAP_COUNT, (double)map_limit);
    for (size_t i = 0; i < workers; i++) {
        arena_free(&worker[i].arena);
    }
    pids_close(&p);
}

extern const struct probe probe_processes;
const struct probe probe_processes = {
    .name = "processes",
    .help = "memory of every process: PSS, USS, swap",
    .classic = "top -o %MEM; smem",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .collect = collect,
};
