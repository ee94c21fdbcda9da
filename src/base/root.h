/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where /proc and /sys are read from: the live machine ("/") or a captured directory. All reading of the examined machine
 * goes through here. Below a captured directory no path, link, device or FIFO leads outside it or blocks: openat2 with
 * RESOLVE_IN_ROOT and NO_MAGICLINKS where the kernel has it, otherwise component by component without following links;
 * only regular files are read. */
#ifndef FW_BASE_ROOT_H
#define FW_BASE_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Why something could not be read; also the status of a probe. */
enum status {
    STATUS_OK,
    STATUS_PARTIAL,
    STATUS_DENIED,
    STATUS_ABSENT,
    STATUS_MALFORMED,
    STATUS_VANISHED,
};
extern const char *const status_names[]; /* by enum status, then NULL */
const char *status_name(enum status s);  /* "ok", "partial"… as in the case file */
bool status_parse(const char *name, enum status *s);
enum status status_of_errno(int number); /* ENOENT absent, EACCES/EPERM denied, ESRCH vanished, others malformed */

struct root {
    char *path; /* as given, for messages; "/" when live */
    int fd;
    bool live;
    bool sosreport; /* has sos_commands/ */
    char
        *denied; /* lines of a capture's fragwizard-denied: what the kernel did not show when it was made; NULL: none */
    /* A capture over a window holds several moments (moment/0, moment/1, …, each a partial tree that falls back on the
     * root itself). A live root and a plain tree have none. */
    size_t moments;
    double *moment_time; /* seconds since the first */
    int moment_fd;       /* where reads look first; -1: the tree itself */
};

bool root_open(struct root *r, const char *path, struct err *e);
void root_close(struct root *r);
/* The root as it was at one of its moments: reads look there first. A directory that a moment has stands for the whole of
 * it. Borrows from `r`; root_moment_close() after use. */
bool root_moment(const struct root *r, size_t number, struct root *moment, struct err *e);
void root_moment_close(struct root *moment);
/* The tree without the moment, and the moment without the tree (where there is none: the root itself). Borrowed. */
struct root root_whole(const struct root *r);
struct root root_alone(const struct root *r);

/* For tests: behave as on a kernel without openat2. */
extern bool root_without_openat2;

/* Opens a path such as "proc/meminfo" (never with a leading slash) for reading; returns a descriptor or -errno. */
int root_open_file(const struct root *r, const char *path);
int root_open_dir(const struct root *r, const char *path);
/* The same below an open directory of this root; for the hot path over /proc/PID. */
int root_open_below(const struct root *r, int directory, const char *path);

/* Reads at most size-1 bytes, NUL-terminates; returns the length or -errno (-EFBIG if there was more). No allocation. */
ssize_t root_read_below(const struct root *r, int directory, const char *path, char *buffer, size_t size);
ssize_t root_read_small(const struct root *r, const char *path, char *buffer, size_t size);

/* Reads a whole file of at most `limit` bytes into fresh memory (NUL-terminated; caller frees). On failure returns NULL,
 * sets *status and the sentence ("/proc/slabinfo: permission denied"). Paths in sentences are the machine's own. */
char *root_read(const struct root *r, const char *path, size_t limit, size_t *length, enum status *status,
                struct err *e);

/* One sysctl by dotted name ("vm.swappiness"), trimmed, from proc/sys or an sosreport's sysctl -a. Same failures. */
bool root_sysctl(const struct root *r, const char *name, char *out, size_t size, enum status *status, struct err *e);

/* The files as a process sees them, through its own mounts, for its configuration (root_close after use). What is below is read
 * as below a captured directory. Of a live root, and only of a process of our own user namespace (0 or -errno; EXDEV for
 * another's): in one of its own anybody can mount what blocks whoever reads it. */
int root_of_process(const struct root *r, long pid, struct root *out);

/* The sentence for a path and a status: "/proc/slabinfo: permission denied". */
void root_reason(char *out, size_t size, const char *path, enum status s);

/* Lines of a file of any size through a fixed buffer. A line longer than the buffer is given cut and flagged. */
struct lines {
    int fd;
    size_t begin, end;
    bool eof, cut;
    int error;    /* errno of a failed read, 0 otherwise */
    size_t total; /* bytes read so far */
    char buffer[65536];
};
void lines_open(struct lines *l, int fd);          /* takes the descriptor; -errno ends at once with that error */
char *lines_next(struct lines *l, size_t *length); /* NUL-terminated, without newline; NULL at the end or on error */
void lines_close(struct lines *l);

#endif
