/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real machine into a tree that --root reads: the files that the probes declare, and nothing else (no environment, no file
 * contents, the command line only of the process named and that shortened). Over a window the moving files are kept at several moments, so that rates
 * replay too. What could not be read is listed in `fragwizard-denied`. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/root.h"
#include "base/str.h"
#include "base/version.h"
#include "base/wait.h"
#include "cmd/capture_files.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "probes/program/redact.h"
#include "facts/probe.h"

enum { ACCOUNT_BYTES_MAX = 8 * 1024 * 1024, MOMENTS_MAX = 60, LEADING = 40 };

static const char usage[] =
    "fragwizard capture DIR [--duration 30s] [--pid PID] [--command-lines]\n"
    "\n"
    "Copies what the probes read below /proc and /sys into DIR, which must not exist, so that\n"
    "`fragwizard --root DIR --auto` can judge this machine elsewhere. With a duration the moving figures are kept at\n"
    "several moments, so that rates replay too; SIGINT or SIGTERM ends that early, and the capture is good. --pid "
    "adds\n"
    "that process's smaps and command line. Nothing else of any process is copied than its figures, its name, its\n"
    "cgroup and the names of the files it maps. Its command line is shortened to what is known to be harmless, unless\n"
    "--command-lines keeps it whole, with passwords that stand in it.\n"
    "\n"
    "Exit status: 0, or 3 if the capture is not complete.\n";

struct capture {
    struct root root;
    struct pids pids;
    struct whose whose;
    const char *directory;
    char moment[32]; /* "moment/3/" while one is taken, else empty */
    struct str denied;
    size_t files, bytes;
    bool failed, command_lines;
    struct err e;
    char buffer[65536];
};

static int create(struct capture *c, const char *path)
{
    AUTO_FREE char *out = mem_printf("%s/%s%s", c->directory, c->moment, path);
    int fd = output_new_file(out, &c->e);
    c->failed = c->failed || fd < 0;
    c->files++;
    return fd;
}

static void append(struct capture *c, int fd, const char *data, size_t length)
{
    if (!c->failed && !output_write_fd(fd, c->directory, data, length, &c->e))
        c->failed = true;
    c->bytes += length;
}

static void complete(struct capture *c, int fd)
{
    if (close(fd) != 0 && !c->failed)
        c->failed = !err_system(&c->e, errno, "%s", c->directory);
}

static void write_file(struct capture *c, const char *path, const char *data, size_t length)
{
    int fd = c->failed ? -1 : create(c, path);
    if (fd < 0)
        return;
    append(c, fd, data, length);
    complete(c, fd);
}

static ssize_t read_piece(struct capture *c, int fd)
{
    ssize_t n;
    do
        n = read(fd, c->buffer, sizeof c->buffer);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* What vanished or does not exist leaves no file; the probes will say so. */
static void copy_file(struct capture *c, const char *path)
{
    int in = c->failed ? -1 : root_open_file(&c->root, path);
    ssize_t n = in < 0 ? in : read_piece(c, in);
    if (!c->failed && n < 0 && status_of_errno((int)-n) == STATUS_DENIED)
        str_printf(&c->denied, "%s\n", path);
    int out = n < 0 ? -1 : create(c, path);
    for (; out >= 0 && n > 0 && !c->failed; n = read_piece(c, in))
        append(c, out, c->buffer, (size_t)n);
    if (out >= 0)
        complete(c, out);
    if (in >= 0)
        close(in);
}

/* Only names and numbers of accounts, as reports show them. */
static void copy_accounts(struct capture *c)
{
    AUTO_FREE char *text = root_read(&c->root, "etc/passwd", ACCOUNT_BYTES_MAX, NULL, NULL, NULL);
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
    if (out.length)
        write_file(c, "etc/passwd", out.data, out.length);
}

/* As a command line too, so that what is read of it is the same. */
static void copy_shortened(struct capture *c, const char *path)
{
    AUTO_FREE char *text = mem_alloc(COMMAND_LINE_BYTES_MAX);
    AUTO_FREE struct words *words = mem_alloc(sizeof *words);
    AUTO_STR struct str out = {0};
    ssize_t n = root_read_small(&c->root, path, text, COMMAND_LINE_BYTES_MAX);
    if (n < 0 && status_of_errno((int)-n) == STATUS_DENIED)
        str_printf(&c->denied, "%s\n", path);
    if (n == -EFBIG)
        n = COMMAND_LINE_BYTES_MAX - 1;
    if (n < 0)
        return;
    words_split(text, (size_t)n, words);
    struct subject subject = words_subject(words);
    program_redact(words, &subject, '\0', &out);
    write_file(c, path, str_text(&out), out.length);
}

static bool is_command_line(const char *path)
{
    return fnmatch("proc/[0-9]*/cmdline", path, FNM_PATHNAME) == 0;
}

static void copy_one(void *data, const char *path)
{
    const struct capture *c = data;
    if (strcmp(path, "etc/passwd") == 0)
        copy_accounts(data);
    else if (!c->command_lines && is_command_line(path))
        copy_shortened(data, path);
    else
        copy_file(data, path);
}

/* All that the probes declare, or what of it moves. */
static void copy_declared(struct capture *c, bool moving)
{
    size_t n = 0, count = 0;
    while (probes[count])
        count++;
    AUTO_FREE const char **declared = mem_array(2 * count, sizeof *declared);
    for (size_t i = 0; i < count; i++) {
        declared[n++] = probes[i]->reads_moving;
        if (!moving)
            declared[n++] = probes[i]->reads;
    }
    AUTO_FREE long *all = pids_list(&c->pids, &c->whose.count);
    c->whose.all = all;
    files_each(&c->root, declared, n, &c->whose, copy_one, c);
}

static void copy_moment(struct capture *c, unsigned n, double time)
{
    char text[32];
    snprintf(c->moment, sizeof c->moment, "moment/%u/", n);
    write_file(c, "time", text, (size_t)snprintf(text, sizeof text, "%.3f\n", time));
    copy_declared(c, true);
    c->moment[0] = '\0';
}

static void copy_window(struct capture *c, double window)
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
        while (clock_now() - begin < at && !wait_signal())
            wait_for(-1, begin + at);
        copy_moment(c, n, clock_now() - begin);
        if (wait_signal())
            break;
    }
}

/* What the files themselves do not tell. */
static void describe(struct capture *c)
{
    char time[32], host[256], number[24];
    struct utsname system;
    struct users users = {0};
    AUTO_STR struct str text = {0};
    clock_iso(time, clock_wall());
    users_read(&users, &c->root);
    if (!root_sysctl(&c->root, "kernel.hostname", host, sizeof host, NULL, NULL))
        snprintf(host, sizeof host, "unknown");
    str_printf(&text, "page_size %ld\nhostname %s\ntime %s\nversion %s\nuser %s\n", sysconf(_SC_PAGESIZE), host, time,
               fragwizard_version, users_name(&users, geteuid(), number));
    if (uname(&system) == 0)
        str_printf(&text, "machine %s\n", system.machine);
    users_free(&users);
    if (c->denied.length)
        write_file(c, "fragwizard-denied", c->denied.data, c->denied.length);
    write_file(c, "fragwizard-capture", text.data, text.length);
}

static void capture_all(struct capture *c, double window)
{
    enum status status;
    if (!pids_open(&c->pids, &c->root, &status, &c->e)) {
        c->failed = true;
        return;
    }
    AUTO_FREE struct leader *leaders = pids_leaders(&c->pids, LEADING, &c->whose.leading);
    c->whose.leaders = leaders;
    if (window > 0)
        copy_window(c, window);
    copy_declared(c, false);
    pids_close(&c->pids);
    describe(c);
}

struct request {
    const char *directory;
    double window;
    long pid;
    bool command_lines;
};

static bool take_duration(void *window, const char *word)
{
    return units_parse_duration(word, window) ||
           (complain("capture: --duration: '%s' is no duration (30s, 5min, 2h)", word), false);
}

static bool take_pid(void *pid, const char *word)
{
    return parse_pid(word, pid) || (complain("capture: --pid: '%s' is no process id", word), false);
}

static bool parse(struct request *q, int argc, char **argv, int *status)
{
    const struct option_decl list[] = {{"duration", .take = take_duration, .data = &q->window},
                                       {"pid", .take = take_pid, .data = &q->pid},
                                       {"command-lines", .flag = &q->command_lines},
                                       {0}};
    const struct verb_options options = {"capture", usage, .list = list};
    *q = (struct request){0};
    if (!options_parse(&options, argc, argv, status))
        return false;
    if (optind != argc - 1)
        return complain(optind == argc ? "capture: into which directory? see `fragwizard capture --help`"
                                       : "capture: one directory only; see `fragwizard capture --help`"),
               false;
    q->directory = argv[optind];
    return true;
}

static int capture(int argc, char **argv)
{
    struct request q;
    int status;
    if (!parse(&q, argc, argv, &status))
        return status;
    if (q.pid && process_is_gone(q.pid))
        return complain("capture: --pid: there is no process %ld", q.pid);
    AUTO_FREE struct capture *c = mem_alloc(sizeof *c);
    c->directory = q.directory;
    c->command_lines = q.command_lines;
    if (!root_open(&c->root, "/", &c->e))
        return complain("capture: %s", c->e.text);
    if (mkdir(c->directory, 0700) != 0) {
        int number = errno;
        root_close(&c->root);
        return complain("capture: %s: %s", c->directory,
                        number == EEXIST   ? "exists already; a capture makes a new directory"
                        : number == ENOENT ? "the directory above it does not exist"
                                           : strerror(number));
    }
    wait_catch_signals();
    c->whose.named = q.pid;
    capture_all(c, q.window);
    root_close(&c->root);
    bool partial = c->denied.length > 0;
    str_free(&c->denied);
    if (c->failed)
        return complain("capture: %s; what is in %s is not complete", c->e.text, c->directory);
    printf("%s: %zu files, %.1f MiB%s%s\n", c->directory, c->files, (double)c->bytes / 1048576.0,
           partial ? "; what could not be read is listed in fragwizard-denied" : "",
           partial && geteuid() != 0 ? " (root could read it)" : "");
    return EXIT_OK;
}

const struct command command_capture = {"capture", capture, "this machine into a directory that --root reads"};
