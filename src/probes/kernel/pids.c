/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes of the live machine or of a captured tree. Any of them can vanish between two reads. */
#include "probes/kernel/pids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

bool pids_open(struct pids *p, const struct root *r, enum status *status, struct err *e)
{
    *p = (struct pids){.root = root_whole(r), .fd = -1, .ticks_per_second = 100};
    p->fd = root_open_dir(&p->root, "proc");
    if (p->fd < 0) {
        char reason[128];
        *status = status_of_errno(-p->fd);
        root_reason(reason, sizeof reason, "/proc", *status);
        return err_set(e, "%s", reason);
    }
    if (r->live) {
        long page = sysconf(_SC_PAGESIZE), ticks = sysconf(_SC_CLK_TCK);
        p->page_size = page > 0 ? (uint64_t)page : 0;
        if (ticks > 0)
            p->ticks_per_second = (double)ticks;
    }
    return true;
}

void pids_close(struct pids *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

static int compare_pids(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

long *pids_list(const struct pids *p, size_t *count)
{
    *count = 0;
    int fd = fcntl(p->fd, F_DUPFD_CLOEXEC, 3);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0)
            close(fd);
        return mem_array(1, sizeof(long));
    }
    rewinddir(d);
    long *list = NULL;
    const struct dirent *entry;
    bool sorted = true;
    while ((entry = readdir(d))) {
        uint64_t pid;
        struct span name = span_of_string(entry->d_name);
        if (*name.at < '1' || *name.at > '9' || !scan_number(&name, &pid) || name.at != name.end || pid > INT32_MAX)
            continue;
        MEM_ROOM(list, *count);
        sorted &= *count == 0 || list[*count - 1] < (long)pid;
        list[(*count)++] = (long)pid;
    }
    closedir(d);
    if (!sorted) /* procfs is in order, a captured directory is not */
        qsort(list, *count, sizeof *list, compare_pids);
    return list;
}

void pids_path(char out[PIDS_PATH_MAX], long pid, const char *name)
{
    char digits[24];
    size_t n = 0, at = 0;
    unsigned long rest = pid > 0 ? (unsigned long)pid : 0;
    do
        digits[n++] = (char)('0' + rest % 10);
    while (rest /= 10);
    while (n)
        out[at++] = digits[--n];
    out[at++] = '/';
    while (*name && at < PIDS_PATH_MAX - 1)
        out[at++] = *name++;
    out[at] = '\0';
}

ssize_t pids_read(const struct pids *p, long pid, const char *name, char *buffer, size_t size)
{
    char path[PIDS_PATH_MAX];
    pids_path(path, pid, name);
    return root_read_below(&p->root, p->fd, path, buffer, size);
}

const char *pids_text(const struct pids *p, long pid, const char *name, char *buffer, size_t size, ssize_t *length,
                      char **more)
{
    *more = NULL;
    *length = pids_read(p, pid, name, buffer, size);
    if (*length >= 0)
        return buffer;
    if (*length != -EFBIG)
        return NULL;
    char path[PIDS_PATH_MAX + 8];
    snprintf(path, sizeof path, "proc/%ld/%s", pid, name);
    size_t n = 0;
    enum status status;
    *more = root_read(&p->root, path, 4 << 20, &n, &status, NULL);
    *length = *more ? (ssize_t)n : -EFBIG;
    return *more;
}

void pids_lines(const struct pids *p, long pid, const char *name, struct lines *l)
{
    char path[PIDS_PATH_MAX];
    pids_path(path, pid, name);
    lines_open(l, root_open_below(&p->root, p->fd, path));
}

static int sum_smaps(const struct pids *p, long pid, struct smaps_sum *s)
{
    AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
    pids_lines(p, pid, "smaps", l);
    size_t length;
    for (char *line; (line = lines_next(l, &length));)
        smaps_add_line(s, line, length);
    int error = l->error;
    lines_close(l);
    if (error)
        return -error;
    return smaps_has(s, SMAPS_RSS) ? 0 : -ENODATA;
}

int pids_smaps(const struct pids *p, long pid, struct smaps_sum *s)
{
    char buffer[4096];
    memset(s, 0, sizeof *s);
    ssize_t n = pids_read(p, pid, "smaps_rollup", buffer, sizeof buffer);
    if (n == -ENOENT)
        return sum_smaps(p, pid, s);
    if (n < 0)
        return (int)n;
    return smaps_parse(buffer, (size_t)n, s) ? 0 : -ENODATA;
}

bool pids_status(const struct pids *p, long pid, struct proc_status *s, int *error)
{
    char buffer[8192];
    AUTO_FREE char *more = NULL;
    ssize_t n;
    const char *text = pids_text(p, pid, "status", buffer, sizeof buffer, &n, &more);
    if (!text) {
        *error = (int)n;
        return false;
    }
    *error = -EBADMSG;
    return status_file_parse(text, (size_t)n, s);
}

const char *pids_denied(const struct root *r)
{
    return !r->live    ? "permission denied"
           : geteuid() ? "permission denied; run as root"
                       : "permission denied, even to root";
}

static int compare_leaders(const void *a, const void *b)
{
    const struct leader *x = a, *y = b;
    if (x->rss != y->rss)
        return x->rss < y->rss ? 1 : -1;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

static uint64_t resident(const struct pids *p, long pid)
{
    char buffer[256];
    struct proc_status s;
    int error;
    if (!p->root.live && pids_status(p, pid, &s, &error) && s.has & PROC_VM_RSS)
        return s.vm_rss;
    ssize_t n = pids_read(p, pid, "statm", buffer, sizeof buffer);
    if (n < 0)
        return 0;
    struct span text = span_of(buffer, (size_t)n);
    uint64_t pages, bytes;
    bool known = scan_number(&text, &pages) && scan_number(&text, &pages) &&
                 times_fits(pages, p->page_size ? p->page_size : 4096, &bytes);
    return known ? bytes : 0;
}

struct leader *pids_leaders(const struct pids *p, size_t top, size_t *count)
{
    size_t n;
    AUTO_FREE long *list = pids_list(p, &n);
    struct leader *leaders = mem_array(n + 1, sizeof *leaders);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        leaders[kept] = (struct leader){list[i], resident(p, list[i])};
        if (leaders[kept].rss)
            kept++;
    }
    qsort(leaders, kept, sizeof *leaders, compare_leaders);
    *count = kept < top ? kept : top;
    return leaders;
}

static int compare_users(const void *a, const void *b)
{
    const struct user *x = a, *y = b;
    if (x->uid != y->uid)
        return x->uid < y->uid ? -1 : 1;
    return (x->name > y->name) - (x->name < y->name); /* the first line of a user wins */
}

void users_parse(struct users *u, char *passwd, size_t length)
{
    *u = (struct users){.text = passwd};
    struct span all = span_of(passwd, length), line;
    while (scan_line(&all, &line)) {
        char *begin = passwd + (line.at - passwd), *colon = memchr(begin, ':', span_length(line));
        uint64_t uid;
        if (colon == begin || !scan_past(&line, ":") || !scan_past(&line, ":") || !scan_number(&line, &uid))
            continue;
        *colon = '\0';
        MEM_ROOM(u->list, u->count);
        u->list[u->count++] = (struct user){uid, begin};
    }
    if (u->count)
        qsort(u->list, u->count, sizeof *u->list, compare_users);
}

void users_read(struct users *u, const struct root *r)
{
    size_t length = 0;
    enum status status;
    char *text = root_read(r, "etc/passwd", 4 << 20, &length, &status, NULL);
    *u = (struct users){0};
    if (text)
        users_parse(u, text, length);
}

const char *users_name(const struct users *u, uint64_t uid, char number[24])
{
    size_t low = 0, high = u->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (u->list[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < u->count && u->list[low].uid == uid)
        return u->list[low].name;
    snprintf(number, 24, "%llu", (unsigned long long)uid);
    return number;
}

void users_free(struct users *u)
{
    free(u->list);
    free(u->text);
    *u = (struct users){0};
}
