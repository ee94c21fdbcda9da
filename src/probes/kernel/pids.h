/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processes of a root: listing them, reading their files, finding the leading ones, naming their users. */
#ifndef FW_PROBES_KERNEL_PIDS_H
#define FW_PROBES_KERNEL_PIDS_H

#include "base/root.h"
#include "probes/kernel/smaps.h"
#include "probes/kernel/status.h"

/* /proc of a root. Of a capture over a window it is the whole tree, not one of its moments. */
struct pids {
    struct root root; /* borrowed parts */
    int fd;
    uint64_t page_size;      /* 0: unknown (a capture does not tell) */
    double ticks_per_second; /* USER_HZ */
};
bool pids_open(struct pids *p, const struct root *r, enum status *status, struct err *e);
void pids_close(struct pids *p);
/* Process ids in ascending order (caller frees), and how many. */
long *pids_list(const struct pids *p, size_t *count);

#define PIDS_PATH_MAX 48
/* Writes "PID/name". */
void pids_path(char out[PIDS_PATH_MAX], long pid, const char *name);
/* Reads a small file of a process; the length or -errno. */
ssize_t pids_read(const struct pids *p, long pid, const char *name, char *buffer, size_t size);
/* The same for a file that can outgrow the buffer (`status` with thousands of groups, `cgroup` with deep paths): then
 * *more is fresh memory with the text. Returns the text, or NULL with -errno in *length. */
const char *pids_text(const struct pids *p, long pid, const char *name, char *buffer, size_t size, ssize_t *length,
                      char **more);
/* The lines of a file of a process, of any size; if it cannot be opened there is none, and l->error says why. */
void pids_lines(const struct pids *p, long pid, const char *name, struct lines *l);
/* Sums of smaps_rollup, or of smaps where that does not exist (Linux before 4.14, an sosreport). 0, or -errno: -ENODATA if
 * the file was empty. */
int pids_smaps(const struct pids *p, long pid, struct smaps_sum *s);
/* Status, and stat for what a kernel thread is; false if the process is gone or cannot be read (-errno in *error). */
bool pids_status(const struct pids *p, long pid, struct proc_status *s, int *error);

/* "permission denied", with the advice that applies. */
const char *pids_denied(const struct root *r);

struct leader {
    long pid;
    uint64_t rss; /* by statm: cheap, a little behind */
};
/* The `top` processes with the most resident memory, largest first (caller frees). */
struct leader *pids_leaders(const struct pids *p, size_t top, size_t *count);

/* Names of users from the root's own passwd file: no name service, which might open sockets. */
struct users {
    char *text;
    struct user {
        uint64_t uid;
        const char *name;
    } * list;
    size_t count;
};
void users_parse(struct users *u, char *passwd, size_t length); /* takes the text */
void users_read(struct users *u, const struct root *r);
const char *users_name(const struct users *u, uint64_t uid, char number[24]); /* the number if there is no name */
void users_free(struct users *u);

#endif
