/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/units.h"

enum {
    MOMENTS_MAX = 1000,
    OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
    FIRST_READ = 16384,
    DENIED_BYTES_MAX = 8 * 1024 * 1024
};

bool root_without_openat2;

const char *const status_names[] = {
    [STATUS_OK] = "ok",
    [STATUS_PARTIAL] = "partial",
    [STATUS_DENIED] = "denied",
    [STATUS_ABSENT] = "absent",
    [STATUS_MALFORMED] = "malformed",
    [STATUS_VANISHED] = "vanished",
    NULL,
};

const char *status_name(enum status s)
{
    return (unsigned)s <= STATUS_VANISHED ? status_names[s] : "malformed";
}

bool status_parse(const char *name, enum status *s)
{
    for (unsigned i = 0; status_names[i]; i++)
        if (strcmp(name, status_names[i]) == 0) {
            *s = (enum status)i;
            return true;
        }
    return false;
}

enum status status_of_errno(int number)
{
    switch (number) {
    case 0:
        return STATUS_OK;
    case ENOENT:
    case ENOTDIR:
        return STATUS_ABSENT;
    case EACCES:
    case EPERM:
        return STATUS_DENIED;
    case ESRCH:
        return STATUS_VANISHED;
    default:
        return STATUS_MALFORMED;
    }
}

/* Without openat2 (before Linux 5.6, or forbidden by a seccomp filter): no link is followed at all. */
static int walk(int base, const char *path, int flags)
{
    int directory = base;
    for (;;) {
        while (*path == '/')
            path++;
        size_t n = strcspn(path, "/");
        char name[256];
        int fd, error;
        if (n >= sizeof name) {
            fd = -1, error = ENAMETOOLONG;
        } else {
            memcpy(name, path, n);
            name[n] = '\0';
            path += n + strspn(path + n, "/");
            if (strcmp(name, "..") == 0) {
                fd = -1, error = EXDEV;
            } else {
                /* O_PATH|O_NOFOLLOW would open the link itself; with O_DIRECTORY it is refused */
                int how = *path ? O_PATH | O_DIRECTORY | O_CLOEXEC : flags;
                fd = openat(directory, n ? name : ".", how | O_NOFOLLOW);
                error = errno;
                struct stat st;
                if (fd < 0 && error == ENOTDIR && fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISLNK(st.st_mode))
                    error = ELOOP; /* not absent: there, and refused */
            }
        }
        if (directory != base)
            close(directory);
        if (fd < 0)
            return -error;
        if (!*path)
            return fd;
        directory = fd;
    }
}

static int open_inside(int base, const char *path, int flags, unsigned long long resolve)
{
    static atomic_bool missing;
    struct open_how how = {.flags = (unsigned)flags, .resolve = resolve};
    for (unsigned tries = 0; !missing && !root_without_openat2 && tries < 16; tries++) {
        long fd = syscall(SYS_openat2, base, path, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno == ENOSYS)
            missing = true;
        if (errno == ENOSYS || errno == EPERM)
            break;
        if (errno != EAGAIN && errno != EINTR) /* EAGAIN: something was renamed while ".." was resolved */
            return -errno;
    }
    return walk(base, path, flags);
}

/* First with O_PATH, as merely opening a device can act (a watchdog starts, a tape rewinds) and opening a FIFO can
 * block. */
static int open_captured(int base, const char *path, int flags, unsigned long long resolve)
{
    struct stat st;
    mode_t wanted = flags & O_DIRECTORY ? S_IFDIR : S_IFREG;
    int fd = open_inside(base, path, O_PATH | O_CLOEXEC, resolve);
    if (fd < 0)
        return fd;
    int failed = fstat(fd, &st) != 0;
    close(fd);
    if (failed || (st.st_mode & S_IFMT) != wanted)
        return !failed && wanted == S_IFDIR ? -ENOTDIR : !failed && S_ISLNK(st.st_mode) ? -ELOOP : -ENXIO;
    fd = open_inside(base, path, flags, resolve);
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) != 0 || (st.st_mode & S_IFMT) != wanted) {
        close(fd);
        return -ENXIO;
    }
    return fd;
}

static int open_live(int base, const char *path, int flags)
{
    int fd;
    do
        fd = openat(base, path, flags);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

/* What was refused when a capture was made is refused again, not absent. */
static int refused(const struct root *r, const char *path, int error)
{
    if (error != -ENOENT || !r->denied)
        return error;
    size_t length = strlen(path);
    for (const char *at = r->denied; (at = strstr(at, path)); at += length ? length : 1)
        if (at[length] == '\n' && (at == r->denied || at[-1] == '\n' || at[-1] == '/'))
            return -EACCES;
    return error;
}

static int open_any(const struct root *r, const char *path, int flags)
{
    const unsigned long long resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    if (r->live)
        return open_live(r->fd, path, flags);
    if (r->moment_fd >= 0) {
        int fd = open_captured(r->moment_fd, path, flags, resolve);
        if (fd != -ENOENT)
            return fd;
    }
    return refused(r, path, open_captured(r->fd, path, flags, resolve));
}

int root_open_file(const struct root *r, const char *path)
{
    return open_any(r, path, OPEN_FLAGS);
}

int root_open_dir(const struct root *r, const char *path)
{
    return open_any(r, path, OPEN_FLAGS | O_DIRECTORY);
}

int root_open_below(const struct root *r, int directory, const char *path)
{
    if (r->live)
        return open_live(directory, path, OPEN_FLAGS);
    return refused(r, path, open_captured(directory, path, OPEN_FLAGS, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS));
}

static bool has_directory(const struct root *r, const char *name)
{
    int fd = root_open_dir(r, name);
    if (fd < 0)
        return fd == -EACCES;
    close(fd);
    return true;
}

/* moment/N/time of a capture: "12.5\n" */
static bool read_moments(struct root *r, struct err *e)
{
    double first = 0, last = 0;
    for (size_t n = 0; n < MOMENTS_MAX; n++) {
        char path[64], text[64];
        snprintf(path, sizeof path, "moment/%zu/time", n);
        ssize_t length = root_read_small(r, path, text, sizeof text);
        if (length == -ENOENT)
            return true;
        if (length < 0)
            return err_system(e, (int)-length, "%s/%s", r->path, path);
        double time;
        enum type type;
        size_t used = units_parse(text, &time, &type);
        if (!used || type != TYPE_COUNT || text[used + strspn(text + used, " \n")])
            return err_set(e, "%s/%s: not a number of seconds", r->path, path);
        if (n && time < last)
            return err_set(e, "%s/%s: earlier than the moment before it", r->path, path);
        r->moment_time = mem_resize(r->moment_time, n + 1, sizeof *r->moment_time);
        first = n ? first : time;
        last = time;
        r->moment_time[n] = time - first;
        r->moments = n + 1;
    }
    return true;
}

static bool check_root(struct root *r, struct err *e)
{
    struct stat here, top;
    if (fstat(r->fd, &here) != 0)
        return err_system(e, errno, "%s", r->path);
    r->live = stat("/", &top) == 0 && here.st_dev == top.st_dev && here.st_ino == top.st_ino;
    if (r->live) {
        if (faccessat(r->fd, "proc/self", F_OK, 0) != 0)
            return err_set(e, "/proc: is not mounted, so there is nothing to read");
        return true;
    }
    r->sosreport = has_directory(r, "sos_commands");
    if (!has_directory(r, "proc") && !has_directory(r, "sys") && !r->sosreport)
        return err_set(e,
                       "%s: has no proc directory; a root is a directory with proc/ and sys/, such as "
                       "`fragwizard capture` or sosreport makes",
                       r->path);
    size_t length;
    enum status status;
    r->denied = root_read(r, "fragwizard-denied", DENIED_BYTES_MAX, &length, &status, NULL);
    return read_moments(r, e);
}

bool root_open(struct root *r, const char *path, struct err *e)
{
    *r = (struct root){.fd = -1, .moment_fd = -1};
    r->path = mem_strdup(path);
    int fd = open_live(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -EACCES) /* it may be searched though not listed */
        fd = open_live(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd == -ENOENT)
        err_set(e, "%s: there is no such directory", path);
    else if (fd == -ENOTDIR)
        err_set(e, "%s: is not a directory", path);
    else if (fd == -EACCES)
        err_set(e, "%s: permission denied", path);
    else if (fd < 0)
        err_system(e, -fd, "%s", path);
    r->fd = fd < 0 ? -1 : fd;
    if (fd >= 0 && check_root(r, e))
        return true;
    root_close(r);
    return false;
}

static bool same_user_namespace(const struct root *r, long pid)
{
    char path[64];
    struct stat own, other;
    snprintf(path, sizeof path, "proc/%ld/ns/user", pid);
    if (fstatat(r->fd, "proc/self/ns/user", &own, 0) != 0)
        return errno == ENOENT; /* a kernel without them */
    return fstatat(r->fd, path, &other, 0) == 0 && own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

int root_of_process(const struct root *r, long pid, struct root *out)
{
    char path[64];
    *out = (struct root){.fd = -1, .moment_fd = -1};
    if (!r->live)
        return -ENOENT;
    snprintf(path, sizeof path, "proc/%ld/root", pid);
    int fd = open_live(r->fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && !same_user_namespace(r, pid)) {
        close(fd);
        fd = -EXDEV;
    }
    if (fd < 0)
        return fd;
    out->fd = fd;
    out->path = mem_strdup("/");
    return 0;
}

void root_close(struct root *r)
{
    if (r->fd >= 0)
        close(r->fd);
    free(r->path);
    free(r->moment_time);
    free(r->denied);
    *r = (struct root){.fd = -1, .moment_fd = -1};
}

bool root_moment(const struct root *r, size_t number, struct root *moment, struct err *e)
{
    if (number >= r->moments)
        return err_set(e, "%s: has no moment %zu", r->path, number);
    char path[32];
    snprintf(path, sizeof path, "moment/%zu", number);
    int fd = open_captured(r->fd, path, OPEN_FLAGS | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (fd < 0)
        return err_system(e, -fd, "%s/%s", r->path, path);
    *moment = *r;
    moment->moment_fd = fd;
    return true;
}

void root_moment_close(struct root *moment)
{
    close(moment->moment_fd);
    moment->moment_fd = -1;
}

struct root root_whole(const struct root *r)
{
    struct root whole = *r;
    whole.moment_fd = -1;
    return whole;
}

struct root root_alone(const struct root *r)
{
    struct root alone = root_whole(r);
    if (r->moment_fd >= 0)
        alone.fd = r->moment_fd;
    return alone;
}

static ssize_t read_some(int fd, char *buffer, size_t size)
{
    ssize_t n;
    do
        n = read(fd, buffer, size);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* Takes the descriptor, or -errno. */
static ssize_t read_into(int fd, char *buffer, size_t size)
{
    if (size)
        buffer[0] = '\0';
    if (fd < 0 || !size) {
        if (fd >= 0)
            close(fd);
        return fd < 0 ? fd : -EINVAL;
    }
    size_t used = 0;
    ssize_t n = 1;
    while (n > 0 && used < size - 1)
        if ((n = read_some(fd, buffer + used, size - 1 - used)) > 0)
            used += (size_t)n;
    if (n > 0) {
        char more;
        n = read_some(fd, &more, 1);
        n = n > 0 ? -EFBIG : n;
    }
    close(fd);
    buffer[used] = '\0';
    return n < 0 ? n : (ssize_t)used;
}

ssize_t root_read_below(const struct root *r, int directory, const char *path, char *buffer, size_t size)
{
    return read_into(root_open_below(r, directory, path), buffer, size);
}

ssize_t root_read_small(const struct root *r, const char *path, char *buffer, size_t size)
{
    return read_into(root_open_file(r, path), buffer, size);
}

void root_reason(char *out, size_t size, const char *path, enum status s)
{
    static const char *const why[] = {
        [STATUS_OK] = "was read",
        [STATUS_PARTIAL] = "could be read only in part",
        [STATUS_DENIED] = "permission denied",
        [STATUS_ABSENT] = "does not exist",
        [STATUS_MALFORMED] = "is not in the form expected",
        [STATUS_VANISHED] = "the process has ended",
    };
    /* as root, "run as root" would be no advice: a container or a security module is in the way */
    snprintf(out, size, "/%s: %s%s", path + (*path == '/'), (unsigned)s < ARRAY_SIZE(why) ? why[s] : "?",
             s == STATUS_DENIED && geteuid() != 0 ? "; run as root" : "");
}

/* False. */
static bool fail(const struct root *r, const char *path, int number, size_t limit, enum status *status, struct err *e)
{
    enum status s = status_of_errno(number);
    if (status)
        *status = s;
    if (!e)
        return false;
    if (number == EFBIG) {
        err_set(e, "/%s: larger than %s", path, units_text((double)limit, TYPE_BYTES).text);
    } else if (number == ENXIO || number == EISDIR) {
        err_set(e, "/%s: is not a regular file", path);
    } else if (number == ELOOP || number == EXDEV) {
        err_set(e, "/%s: is a link that is not followed", path);
    } else if (s == STATUS_MALFORMED) {
        err_system(e, number, "/%s", path);
    } else {
        root_reason(e->text, sizeof e->text, path, s);
        char *advice = s == STATUS_DENIED && r->denied ? strstr(e->text, "; run as root") : NULL;
        if (advice)
            *advice = '\0'; /* it was refused when the capture was made */
    }
    return false;
}

char *root_read(const struct root *r, const char *path, size_t limit, size_t *length, enum status *status,
                struct err *e)
{
    int fd = root_open_file(r, path);
    if (fd < 0)
        return fail(r, path, -fd, limit, status, e), NULL;
    /* files of /proc tell no size */
    size_t used = 0, room = limit < FIRST_READ ? limit + 1 : FIRST_READ;
    char *data = mem_resize(NULL, room + 1, 1);
    ssize_t n;
    while ((n = read_some(fd, data + used, room - used)) > 0) {
        used += (size_t)n;
        if (used > limit) {
            n = -EFBIG;
            break;
        }
        if (used == room) {
            room = room > limit / 2 ? limit + 1 : room * 2;
            data = mem_resize(data, room + 1, 1);
        }
    }
    close(fd);
    if (n < 0) {
        free(data);
        fail(r, path, (int)-n, limit, status, e);
        return NULL;
    }
    data[used] = '\0';
    if (length)
        *length = used;
    if (status)
        *status = STATUS_OK;
    return data;
}

/* Moves the text without blanks at its ends to `out`. False if it does not fit. */
static bool trim_into(char *out, size_t size, const char *text, size_t length)
{
    static const char blanks[] = " \t\n\r";
    while (length && memchr(blanks, *text, sizeof blanks - 1))
        text++, length--;
    while (length && memchr(blanks, text[length - 1], sizeof blanks - 1))
        length--;
    if (length >= size)
        return false;
    memmove(out, text, length);
    out[length] = '\0';
    return true;
}

/* sos_commands/kernel/sysctl_-a: "vm.swappiness = 60" */
static bool sysctl_of_sosreport(const struct root *r, const char *name, char *out, size_t size, int *error)
{
    struct lines *l = mem_alloc(sizeof *l);
    lines_open(l, root_open_file(r, "sos_commands/kernel/sysctl_-a"));
    size_t length, n = strlen(name);
    *error = ENOENT;
    for (char *line; *error == ENOENT && (line = lines_next(l, &length));) {
        if (length <= n || memcmp(line, name, n) != 0)
            continue;
        size_t at = n + strspn(line + n, " \t");
        if (line[at] == '=')
            *error = trim_into(out, size, line + at + 1, length - at - 1) ? 0 : EFBIG;
    }
    if (*error == ENOENT && l->error)
        *error = l->error;
    lines_close(l);
    free(l);
    return *error == 0;
}

bool root_sysctl(const struct root *r, const char *name, char *out, size_t size, enum status *status, struct err *e)
{
    /* small: the kernel allocates as much as is asked for */
    char path[256] = "proc/sys/", text[4096];
    size_t at = strlen(path);
    if (strlen(name) >= sizeof path - at)
        return fail(r, "proc/sys", ENAMETOOLONG, 0, status, e);
    for (const char *c = name; *c; c++)
        path[at++] = *c == '.' ? '/' : *c == '/' ? '.' : *c; /* eth0.100 is written eth0/100, as sysctl does */
    path[at] = '\0';
    ssize_t n = root_read_small(r, path, text, sizeof text);
    int error = n < 0 ? (int)-n : trim_into(out, size, text, (size_t)n) ? 0 : EFBIG;
    if (error == ENOENT && r->sosreport)
        sysctl_of_sosreport(r, name, out, size, &error);
    if (error)
        return fail(r, path, error, error == EFBIG && n >= 0 ? size - 1 : sizeof text - 1, status, e);
    if (status)
        *status = STATUS_OK;
    return true;
}

void lines_open(struct lines *l, int fd)
{
    l->fd = fd;
    l->begin = l->end = l->total = 0;
    l->eof = fd < 0;
    l->cut = false;
    l->error = fd < 0 ? -fd : 0;
}

/* Reads more behind what is left, which moves to the front. False at the end. */
static bool refill(struct lines *l)
{
    if (l->eof)
        return false;
    memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
    l->end -= l->begin;
    l->begin = 0;
    ssize_t n = read_some(l->fd, l->buffer + l->end, sizeof l->buffer - 1 - l->end);
    if (n <= 0) {
        l->eof = true;
        l->error = (int)-n;
        return false;
    }
    l->end += (size_t)n;
    l->total += (size_t)n;
    return true;
}

char *lines_next(struct lines *l, size_t *length)
{
    for (size_t seen = 0;;) {
        char *from = l->buffer + l->begin;
        char *newline = memchr(from + seen, '\n', l->end - l->begin - seen);
        size_t n = newline ? (size_t)(newline - from) : l->end - l->begin;
        if (l->cut) { /* the rest of a line already given */
            l->begin += newline ? n + 1 : n;
            l->cut = !newline;
            seen = 0;
            if (!newline && !refill(l))
                return NULL;
            continue;
        }
        if (newline) {
            l->begin += n + 1;
        } else if (n == sizeof l->buffer - 1) {
            l->begin += n;
            l->cut = true;
        } else if (refill(l)) {
            seen = n;
            continue;
        } else {
            if (l->error || !n)
                return NULL;
            l->begin += n;
        }
        from[n] = '\0';
        *length = n;
        return from;
    }
}

void lines_close(struct lines *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}
