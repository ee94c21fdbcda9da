/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real machine into a tree that --root reads: the files that the probes read, and nothing else (no environment, no file
 * contents, command lines only of the process named). Over a window the moving files are kept at several moments, so that rates
 * replay too. What could not be read is listed in `fragwizard-denied`. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/root.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "engine/sampler.h"

enum { FILE_BYTES_MAX = 8 * 1024 * 1024, MOMENTS_MAX = 60, DEPTH_MAX = 16, LEADING = 40 };

static const char usage[] =
    "fragwizard capture DIR [--duration 30s] [--pid PID]\n"
    "\n"
    "Copies what the probes read below /proc and /sys into DIR (which must not exist), so that\n"
    "`fragwizard --root DIR --auto` can judge this machine elsewhere. With a duration the moving figures\n"
    "are kept at several moments, so that rates replay too. --pid adds that process's maps and command line.\n";

/* Copied once; a trailing slash copies the regular files of a directory, // those of all directories below. */
static const char *const once[] = {
    "proc/meminfo", "proc/vmstat", "proc/zoneinfo", "proc/buddyinfo", "proc/pagetypeinfo", "proc/slabinfo", "proc/swaps",
    "proc/version", "proc/uptime", "proc/cpuinfo", "proc/loadavg", "proc/pressure/", "proc/sys/vm/", "proc/sys/kernel/osrelease",
    "proc/sys/kernel/hostname", "proc/sys/kernel/ostype", "proc/sys/fs/dentry-state", "proc/sys/fs/file-nr",
    "proc/self/cgroup", "sys/kernel/mm/transparent_hugepage//", "sys/kernel/mm/hugepages//",
    "sys/kernel/mm/lru_gen/", "sys/hypervisor/type", "sys/class/dmi/id/sys_vendor",
    "sys/class/dmi/id/product_name", "sys/class/dmi/id/board_vendor", "sys/class/dmi/id/bios_vendor",
    "sys/class/dmi/id/chassis_asset_tag", "sys/devices/system/cpu/online", "sys/devices/system/node/online",
    "sys/module/zswap/parameters/", "etc/os-release", NULL,
};

/* Copied at every moment. */
static const char *const moving[] = {"proc/meminfo", "proc/vmstat", "proc/pressure/", "proc/slabinfo", NULL};
static const char *const of_process[] = {"stat", "statm", "status", "smaps_rollup", "cgroup", NULL};

struct capture {
    struct root root;
    const char *directory;
    char *target; /* where files go now: the tree or one of its moments */
    struct str denied;
    size_t files, bytes;
    bool failed;
    struct err e;
};

static void write_file(struct capture *c, const char *path, const char *data, size_t length)
{
    AUTO_FREE char *out = mem_printf("%s/%s", c->target, path);
    char *slash = strrchr(out, '/');
    *slash = '\0';
    bool made = output_make_dirs(out, &c->e);
    *slash = '/';
    if (!made || !output_write_file(out, data, length, 0600, &c->e))
        c->failed = true;
    c->files++;
    c->bytes += length;
}

static void copy_file(struct capture *c, const char *path)
{
    size_t length;
    enum status status;
    struct err e;
    if (c->failed)
        return;
    AUTO_FREE char *data = root_read(&c->root, path, FILE_BYTES_MAX, &length, &status, &e);
    if (data)
        write_file(c, path, data, length);
    else if (status == STATUS_DENIED)
        str_printf(&c->denied, "%s\n", path);
}

/* `accept` NULL takes every regular file. Links are not followed: /sys is full of loops. */
static void copy_directory(struct capture *c, const char *path, bool deep, unsigned depth, bool (*accept)(const char *name))
{
    int fd = root_open_dir(&c->root, path);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *entry; !c->failed && (entry = readdir(d));) {
        struct stat st;
        if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        AUTO_FREE char *below = mem_printf("%s/%s", path, entry->d_name);
        if (S_ISDIR(st.st_mode) && deep && depth < DEPTH_MAX)
            copy_directory(c, below, deep, depth + 1, accept);
        else if (S_ISREG(st.st_mode) && (st.st_mode & 0444) && (!accept || accept(entry->d_name)))
            copy_file(c, below);
    }
    closedir(d);
}

static void copy_listed(struct capture *c, const char *const *list)
{
    for (size_t i = 0; list[i]; i++) {
        size_t length = strlen(list[i]);
        if (list[i][length - 1] != '/') {
            copy_file(c, list[i]);
            continue;
        }
        bool deep = list[i][length - 2] == '/';
        AUTO_FREE char *path = mem_printf("%.*s", (int)(length - 1 - deep), list[i]);
        copy_directory(c, path, deep, 0, NULL);
    }
}

static bool is_cgroup_file(const char *name)
{
    static const char *const names[] = {
        "memory.current", "memory.max", "memory.high", "memory.swap.current", "memory.swap.max", "memory.events", "memory.stat",
        "memory.pressure", "memory.usage_in_bytes", "memory.limit_in_bytes", "memory.memsw.usage_in_bytes",
        "memory.memsw.limit_in_bytes", "memory.failcnt", "memory.oom_control", "memory.use_hierarchy", "cgroup.controllers",
        "cgroup.procs", "pids.current", NULL};
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool is_slab_file(const char *name)
{
    return strcmp(name, "reclaim_account") == 0 || strcmp(name, "aliases") == 0;
}

/* Only names and numbers of accounts, as reports show them. */
static void copy_accounts(struct capture *c)
{
    size_t length;
    enum status status;
    AUTO_FREE char *text = root_read(&c->root, "etc/passwd", FILE_BYTES_MAX, &length, &status, &c->e);
    AUTO_STR struct str out = {0};
    for (char *line = text; line && *line;) {
        char *next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        char *uid = strchr(line, ':');
        uid = uid ? strchr(uid + 1, ':') : NULL;
        if (uid)
            str_printf(&out, "%.*s:x:%.*s::::\n", (int)strcspn(line, ":"), line, (int)strcspn(uid + 1, ":"), uid + 1);
        line = next;
    }
    if (out.length && !c->failed)
        write_file(c, "etc/passwd", out.data, out.length);
}

static void copy_process(struct capture *c, long pid, bool whole)
{
    char path[64];
    for (size_t i = 0; of_process[i]; i++) {
        snprintf(path, sizeof path, "proc/%ld/%s", pid, of_process[i]);
        copy_file(c, path);
    }
    snprintf(path, sizeof path, "proc/%ld/maps", pid);
    copy_file(c, path);
    if (!whole)
        return;
    static const char *const more[] = {"smaps", "cmdline", "oom_score", NULL};
    for (size_t i = 0; more[i]; i++) {
        snprintf(path, sizeof path, "proc/%ld/%s", pid, more[i]);
        copy_file(c, path);
    }
}

struct leader {
    long pid;
    unsigned long pages;
};

static int compare_leaders(const void *a, const void *b)
{
    const struct leader *x = a, *y = b;
    return (x->pages < y->pages) - (x->pages > y->pages);
}

static size_t list_processes(struct capture *c, struct leader **out)
{
    int fd = root_open_dir(&c->root, "proc");
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    size_t count = 0, room = 0;
    *out = NULL;
    for (struct dirent *entry; d && (entry = readdir(d));) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        char path[300], text[256];
        snprintf(path, sizeof path, "%s/statm", entry->d_name);
        struct leader l = {.pid = strtol(entry->d_name, NULL, 10)};
        if (root_read_below(&c->root, fd, path, text, sizeof text) < 0 || sscanf(text, "%*u %lu", &l.pages) != 1)
            continue;
        if (count == room)
            *out = mem_resize(*out, room = room ? room * 2 : 256, sizeof **out);
        (*out)[count++] = l;
    }
    if (d)
        closedir(d);
    if (count)
        qsort(*out, count, sizeof **out, compare_leaders);
    return count;
}

static void copy_moment(struct capture *c, unsigned n, double time, const struct leader *leaders, size_t count)
{
    AUTO_FREE char *tree = c->target;
    AUTO_FREE char *moment = mem_printf("%s/moment/%u", tree, n);
    c->target = moment;
    char text[64];
    write_file(c, "time", text, (size_t)snprintf(text, sizeof text, "%.3f\n", time));
    copy_listed(c, moving);
    copy_directory(c, "sys/fs/cgroup", true, 0, is_cgroup_file);
    for (size_t i = 0; i < count && i < LEADING; i++) {
        snprintf(text, sizeof text, "proc/%ld/smaps_rollup", leaders[i].pid);
        copy_file(c, text);
        snprintf(text, sizeof text, "proc/%ld/stat", leaders[i].pid);
        copy_file(c, text);
    }
    c->target = mem_strdup(tree);
}

static void copy_window(struct capture *c, double window, const struct leader *leaders, size_t count)
{
    double begin = clock_now(), interval = window / 10;
    if (interval < 0.5)
        interval = 0.5;
    if (window / interval > MOMENTS_MAX)
        interval = window / MOMENTS_MAX;
    for (unsigned n = 0; n < MOMENTS_MAX + 1 && !c->failed; n++) {
        double at = n * interval;
        if (at > window + 1e-9)
            break;
        while (clock_now() - begin < at && !sampler_signal())
            sampler_wait(NULL, -1, begin + at);
        copy_moment(c, n, clock_now() - begin, leaders, count);
        if (sampler_signal())
            break;
    }
}

static void describe(struct capture *c)
{
    char time[32], host[256], text[512];
    enum status status;
    clock_iso(time, clock_wall());
    if (!root_sysctl(&c->root, "kernel.hostname", host, sizeof host, &status, NULL))
        snprintf(host, sizeof host, "unknown");
    int length = snprintf(text, sizeof text, "page_size %ld\nhostname %.200s\ntime %s\nversion %s\n", sysconf(_SC_PAGESIZE), host,
                          time, FRAGWIZARD_VERSION);
    write_file(c, "fragwizard-capture", text, (size_t)length);
    if (c->denied.length)
        write_file(c, "fragwizard-denied", c->denied.data, c->denied.length);
}

static void capture_all(struct capture *c, long pid, double window)
{
    struct leader *leaders;
    size_t count = list_processes(c, &leaders);
    if (window > 0)
        copy_window(c, window, leaders, count);
    copy_listed(c, once);
    copy_directory(c, "sys/fs/cgroup", true, 0, is_cgroup_file);
    copy_directory(c, "sys/kernel/slab", true, 0, is_slab_file);
    copy_accounts(c);
    for (size_t i = 0; i < count && !c->failed; i++)
        copy_process(c, leaders[i].pid, leaders[i].pid == pid);
    free(leaders);
    describe(c);
}

static int capture(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"duration", required_argument, NULL, 'd'}, {"pid", required_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'}, {0}};
    double window = 0;
    long pid = 0;
    optind = 0;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout), EXIT_OK;
        if (option == 'd' && units_parse_duration(optarg, &window))
            continue;
        if (option == 'p' && (pid = strtol(optarg, NULL, 10)) > 0)
            continue;
        return complain("capture: '%s' is not understood; see `fragwizard capture --help`", argv[optind - 1]);
    }
    if (optind != argc - 1)
        return complain("capture: name one directory; see `fragwizard capture --help`");
    struct capture c = {.directory = argv[optind]};
    if (mkdir(c.directory, 0700) != 0)
        return complain("%s: %s", c.directory, errno == EEXIST ? "exists already; capture makes a new directory" : strerror(errno));
    if (!root_open(&c.root, "/", &c.e))
        return complain("%s", c.e.text);
    sampler_catch_signals();
    c.target = mem_strdup(c.directory);
    capture_all(&c, pid, window);
    root_close(&c.root);
    free(c.target);
    bool partial = c.denied.length > 0;
    str_free(&c.denied);
    if (c.failed)
        return complain("%s", c.e.text);
    printf("%s: %zu files, %.1f MiB%s\n", c.directory, c.files, (double)c.bytes / 1048576.0,
           partial ? "; what could not be read is listed in fragwizard-denied (run as root to have it)" : "");
    return EXIT_OK;
}

const struct command command_capture = {"capture", capture, "this machine into a directory that --root reads"};
