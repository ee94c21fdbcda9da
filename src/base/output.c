/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* The temporary file under way, where a signal handler finds it. */
static struct {
    volatile sig_atomic_t exists;
    int directory;
    char name[256];
} under_way;

void output_abandon(void)
{
    if (under_way.exists) {
        under_way.exists = 0;
        unlinkat(under_way.directory, under_way.name, 0);
    }
}

/* A sentence goes on after a colon: "report.html: no space left on device". */
static bool fail(struct err *e, const char *name, int number)
{
    char why[128];
    snprintf(why, sizeof why, "%s", strerror(number));
    why[0] = (char)tolower((unsigned char)why[0]);
    return err_set(e, "%s: %s", name, why);
}

bool output_write_fd(int fd, const char *name, const char *data, size_t length, struct err *e)
{
    while (length) {
        ssize_t n = write(fd, data, length);
        if (n > 0) {
            data += n;
            length -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) { /* a terminal or pipe that someone else set to O_NONBLOCK */
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            poll(&p, 1, -1);
        } else if (n < 0 && errno == EPIPE) {
            return err_set(e, "%s: closed by its reader", name);
        } else if (n == 0 || errno != EINTR) {
            return fail(e, name, n == 0 ? EIO : errno);
        }
    }
    return true;
}

bool output_reader_is_gone(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&p, 1, 0) > 0 && p.revents & POLLERR;
}

bool output_print(const char *data, size_t length, struct err *e)
{
    fflush(stdout);
    return output_write_fd(STDOUT_FILENO, "standard output", data, length, e) || output_reader_is_gone();
}

/* Some file systems cannot sync; what they were given is all that can be done. */
static bool sync_fd(int fd)
{
    int failed;
    do
        failed = fsync(fd);
    while (failed && errno == EINTR);
    return !failed || errno == EINVAL || errno == ENOTSUP || errno == ENOSYS;
}

/* A name that cannot be guessed is not needed (O_EXCL refuses a planted one), only one that is not taken. */
static uint64_t random_number(unsigned try)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
        number = (uint64_t)(clock_wall() * 1e6) * 2654435761u + (uint64_t)getpid() * 40503u + try;
    return number;
}

static const char suffix_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

/* Creates the temporary file of `name`. Signals wait meanwhile, so that none comes between a file and its record. */
static int create_temporary(int directory, const char *name)
{
    sigset_t all, before;
    int fd = -1;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned try = 0; fd < 0 && try < 100; try++) {
        char suffix[7] = "";
        uint64_t number = random_number(try);
        for (unsigned i = 0; i < 6; i++, number /= 36)
            suffix[i] = suffix_letters[number % 36];
        snprintf(under_way.name, sizeof under_way.name, ".%.240s.%s", name, suffix);
        fd = openat(directory, under_way.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST && errno != EINTR)
            break;
    }
    int error = errno;
    under_way.directory = directory;
    under_way.exists = fd >= 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return fd;
}

/* Renames the temporary file. Afterwards there is nothing to abandon. */
static bool put_in_place(int directory, const char *name)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool done = renameat(directory, under_way.name, directory, name) == 0;
    int error = errno;
    if (done)
        under_way.exists = 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return done;
}

static bool replace_file(int directory, const char *name, const char *path, const char *data, size_t length,
                         mode_t mode, struct err *e)
{
    int fd = create_temporary(directory, name);
    if (fd < 0)
        return fail(e, path, errno);
    bool good = output_write_fd(fd, path, data, length, e);
    if (good && ((mode != 0600 && fchmod(fd, mode) != 0) || !sync_fd(fd)))
        good = fail(e, path, errno);
    if (close(fd) != 0 && good)
        good = fail(e, path, errno);
    if (good && !put_in_place(directory, name))
        good = fail(e, path, errno);
    if (!good)
        output_abandon();
    else if (!sync_fd(directory))
        good = fail(e, path, errno);
    return good;
}

/* /dev/stdout, /dev/stderr and /dev/fd/N are links: replacing them, or the file behind them, is never meant. */
static int standard_descriptor(const char *path)
{
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    size_t prefix = strncmp(path, "/dev/fd/", 8) == 0 ? 8 : strncmp(path, "/proc/self/fd/", 14) == 0 ? 14 : 0;
    if (!prefix || !path[prefix] || strlen(path + prefix) > 6)
        return -1;
    int fd = 0;
    for (const char *c = path + prefix; *c; c++) {
        if (*c < '0' || *c > '9')
            return -1;
        fd = fd * 10 + (*c - '0');
    }
    return fd;
}

/* A character device or FIFO (never through a link) is written, as it cannot be replaced. */
static bool write_special(int directory, const char *name, const char *path, const struct stat *st, const char *data,
                          size_t length, struct err *e)
{
    int fd = openat(directory, name, O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENXIO && S_ISFIFO(st->st_mode))
        return err_set(e, "%s: nobody reads this FIFO", path);
    if (fd < 0)
        return fail(e, path, errno);
    struct stat opened;
    bool same = fstat(fd, &opened) == 0 && opened.st_ino == st->st_ino && opened.st_dev == st->st_dev;
    bool good = same ? output_write_fd(fd, path, data, length, e) : err_set(e, "%s: changed while it was opened", path);
    if (close(fd) != 0 && good)
        good = fail(e, path, errno);
    return good;
}

/* What stands at a path, seen before it is written. */
struct target {
    int directory; /* open; the caller closes it if target_find was true */
    const char *name;
    bool special;
    struct stat st; /* if special */
};

static bool target_check(struct target *t, const char *path, struct err *e)
{
    if (fstatat(t->directory, t->name, &t->st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || fail(e, path, errno);
    if (S_ISDIR(t->st.st_mode))
        return err_set(e, "%s: is a directory; name a file in it", path);
    t->special = S_ISCHR(t->st.st_mode) || S_ISFIFO(t->st.st_mode);
    if (!t->special && !S_ISREG(t->st.st_mode) && !S_ISLNK(t->st.st_mode))
        return err_set(e, "%s: is a device or socket; name a file", path);
    if (S_ISFIFO(t->st.st_mode) && t->st.st_uid != geteuid() && t->st.st_uid != 0)
        return err_set(e, "%s: is a FIFO of another user", path);
    return true;
}

static bool target_find(struct target *t, const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    *t = (struct target){.directory = -1, .name = slash ? slash + 1 : path};
    if (!*path)
        return err_set(e, "the name of the output is empty");
    if (!*t->name || strcmp(t->name, ".") == 0 || strcmp(t->name, "..") == 0)
        return err_set(e, "%s: is a directory; name a file in it", path);
    AUTO_FREE char *parent = slash ? mem_printf("%.*s", (int)(slash - path + (slash == path)), path) : mem_strdup(".");
    do
        t->directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (t->directory < 0 && errno == EINTR);
    if (t->directory < 0 && errno == ENOENT)
        return err_set(e, "%s: the directory %s does not exist", path, parent);
    if (t->directory < 0 && errno == ENOTDIR)
        return err_set(e, "%s: %s is not a directory", path, parent);
    if (t->directory < 0)
        return fail(e, path, errno);
    if (target_check(t, path, e))
        return true;
    close(t->directory);
    return false;
}

bool output_check(const char *path, struct err *e)
{
    int standard = standard_descriptor(path);
    if (standard >= 0)
        return fcntl(standard, F_GETFD) >= 0 || fail(e, path, errno);
    struct target t;
    if (!target_find(&t, path, e))
        return false;
    bool good = faccessat(t.directory, t.special ? t.name : ".", t.special ? W_OK : W_OK | X_OK, AT_EACCESS) == 0 ||
                fail(e, path, errno);
    close(t.directory);
    return good;
}

bool output_write_file(const char *path, const char *data, size_t length, mode_t mode, struct err *e)
{
    int standard = standard_descriptor(path);
    if (standard >= 0)
        return output_write_fd(standard, path, data, length, e);
    struct target t;
    if (!target_find(&t, path, e))
        return false;
    bool good = t.special ? write_special(t.directory, t.name, path, &t.st, data, length, e)
                          : replace_file(t.directory, t.name, path, data, length, mode, e);
    close(t.directory);
    return good;
}

bool output_remove_file(const char *path, struct err *e)
{
    struct target t;
    if (!target_find(&t, path, e))
        return false;
    bool good = unlinkat(t.directory, t.name, 0) == 0 ? sync_fd(t.directory) : errno == ENOENT;
    if (!good)
        fail(e, path, errno);
    close(t.directory);
    return good;
}

/* As create_temporary() names it. */
static bool is_temporary(const char *entry, const char *name)
{
    size_t length = strnlen(name, 240);
    return entry[0] == '.' && strncmp(entry + 1, name, length) == 0 && entry[length + 1] == '.' &&
           strlen(entry + length + 2) == 6 && strspn(entry + length + 2, suffix_letters) == 6;
}

bool output_sweep(const char *path, struct err *e)
{
    struct target t;
    if (!target_find(&t, path, e))
        return false;
    DIR *d = fdopendir(t.directory);
    if (!d) {
        fail(e, path, errno);
        close(t.directory);
        return false;
    }
    bool good = true;
    for (struct dirent *entry; good && (errno = 0, entry = readdir(d));)
        if (is_temporary(entry->d_name, t.name) && unlinkat(t.directory, entry->d_name, 0) != 0 && errno != ENOENT)
            good = fail(e, path, errno);
    if (good && errno)
        good = fail(e, path, errno);
    closedir(d);
    return good;
}

bool output_make_dirs(const char *path, struct err *e)
{
    AUTO_FREE char *part = mem_strdup(path);
    if (!*part)
        return err_set(e, "the name of the directory is empty");
    for (char *c = part + 1;; c++) {
        char kept = *c;
        if (kept != '/' && kept != '\0')
            continue;
        *c = '\0';
        if (mkdir(part, 0700) != 0) {
            int error = errno;
            struct stat st;
            /* there already, be it on a file system that refuses to make anything */
            if (stat(part, &st) != 0)
                return fail(e, part, error);
            if (!S_ISDIR(st.st_mode))
                return err_set(e, "%s: is not a directory", part);
        }
        if (!kept)
            return true;
        *c = kept;
    }
}

static int create_new(const char *path)
{
    int fd;
    do
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int output_new_file(const char *path, struct err *e)
{
    int fd = create_new(path);
    const char *slash = strrchr(path, '/');
    if (fd < 0 && errno == ENOENT && slash && slash > path) {
        AUTO_FREE char *directory = mem_printf("%.*s", (int)(slash - path), path);
        if (!output_make_dirs(directory, e))
            return -1;
        fd = create_new(path);
    }
    if (fd < 0)
        fail(e, path, errno);
    return fd;
}

/* An absolute path from the environment; the XDG specification says that a relative one is to be ignored. */
static const char *environment_path(const char *name)
{
    const char *value = getenv(name);
    return value && *value == '/' ? value : NULL;
}

char *output_state_dir(void)
{
    const char *state = environment_path("XDG_STATE_HOME"), *home = environment_path("HOME");
    if (state)
        return mem_printf("%s/fragwizard", state);
    if (geteuid() == 0)
        return mem_strdup("/var/lib/fragwizard");
    /* the account database is not asked for a home: looking there can open sockets */
    return home ? mem_printf("%s/.local/state/fragwizard", home) : mem_strdup(".fragwizard");
}

static char *existing(char *path)
{
    struct stat st;
    if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode))
        return path;
    free(path);
    return NULL;
}

char *output_config_path(enum config_place place, const char *name)
{
    const char *config = environment_path("XDG_CONFIG_HOME"), *home = environment_path("HOME");
    return place == CONFIG_SYSTEM ? mem_printf("/etc/fragwizard/%s", name)
           : config               ? mem_printf("%s/fragwizard/%s", config, name)
           : home                 ? mem_printf("%s/.config/fragwizard/%s", home, name)
                                  : NULL;
}

char *output_config_file(const char *name)
{
    if (!*name || *name == '/' || strstr(name, ".."))
        return NULL;
    char *found = existing(output_config_path(CONFIG_USER, name));
    return found ? found : existing(output_config_path(CONFIG_SYSTEM, name));
}

char *output_default_name(const char *host, double wall, const char *suffix)
{
    char plain[65], stamp[32];
    size_t n = 0;
    for (; host && host[n] && n < sizeof plain - 1; n++)
        plain[n] = host[n] == '-' || host[n] == '_' || host[n] == '.' || (host[n] >= '0' && host[n] <= '9') ||
                           (host[n] >= 'a' && host[n] <= 'z') || (host[n] >= 'A' && host[n] <= 'Z')
                       ? host[n]
                       : '-';
    plain[n] = '\0';
    clock_stamp(stamp, wall);
    return mem_printf("fragwizard-%s-%s.%s", n ? plain : "host", stamp, suffix);
}
