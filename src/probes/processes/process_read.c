/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over /proc: stat, smaps_rollup and cgroup of each. Nearly all the time is the kernel's, walking
 * page tables, so that threads share the processes out; each fills plain structs, and rows are made afterwards. status, which
 * costs as much as stat and cgroup together, is read only where the others do not tell enough. */
#include "probes/processes/process_read.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/kernel/cgroup_path.h"

enum { WORKERS_MAX = 4, ALONE_BELOW = 64, SHARE = 16, COUNTED = 8, DETAILED = 40, LINES_COUNTED_MAX = 1000000 };

static const float slow_walk_s = 0.001f;

struct shared {
    const struct pids *pids;
    struct readings *readings;
    atomic_size_t next;
};

/* Neighbours are mostly in the same control group: texts are kept once per worker. */
struct worker {
    struct shared *shared;
    pthread_t thread;
    bool started;
    int directory; /* /proc/PID of the process at hand; -1 in a captured tree */
    struct arena *arena;
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
    w->last_cgroup = accounted.at ? arena_intern(w->arena, accounted.at, span_length(accounted)) : NULL;
    w->last_unit = managed.at ? arena_intern(w->arena, unit, cgroup_unit(managed, unit, sizeof unit)) : NULL;
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
        if (from >= s->readings->count)
            return NULL;
        for (size_t i = from; i < from + SHARE && i < s->readings->count; i++)
            read_process(w, &s->readings->list[i]);
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
static void look_closer(const struct pids *p, const struct readings *r, uint64_t map_limit)
{
    size_t count = r->count;
    AUTO_FREE struct reading **order = mem_array(count, sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = &r->list[i];
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

bool readings_read(struct readings *r, const struct pids *p, uint64_t map_limit)
{
    *r = (struct readings){0};
    AUTO_FREE long *list = pids_list(p, &r->count);
    if (!r->count)
        return false;
    r->list = mem_array(r->count, sizeof *r->list);
    for (size_t i = 0; i < r->count; i++)
        r->list[i].pid = (int)list[i];
    struct shared shared = {.pids = p, .readings = r};
    r->text_count = worker_count(r->count);
    r->texts = mem_array(r->text_count, sizeof *r->texts);
    AUTO_FREE struct worker *worker = mem_array(r->text_count, sizeof *worker);
    for (size_t i = 0; i < r->text_count; i++) {
        worker[i].shared = &shared;
        worker[i].arena = &r->texts[i];
    }
    for (size_t i = 1; i < r->text_count; i++)
        worker[i].started = pthread_create(&worker[i].thread, NULL, work, &worker[i]) == 0;
    work(&worker[0]);
    for (size_t i = 1; i < r->text_count; i++)
        if (worker[i].started)
            pthread_join(worker[i].thread, NULL);
    look_closer(p, r, map_limit);
    return true;
}

void readings_free(struct readings *r)
{
    for (size_t i = 0; i < r->text_count; i++)
        arena_free(&r->texts[i]);
    free(r->texts);
    free(r->list);
    *r = (struct readings){0};
}
