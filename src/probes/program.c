/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the leading processes run, and how much memory they will take by their own rules. Command lines are shown without what
 * could be a secret; of the environment only variables of a fixed list are looked for, and of these only a number is kept. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "probes/heap/allocator.h"
#include "probes/kernel/cgroup_memory.h"
#include "probes/kernel/cgroup_path.h"
#include "probes/kernel/meminfo.h"
#include "probes/kernel/pids.h"
#include "probes/program/config.h"
#include "probes/program/name.h"
#include "probes/program/redact.h"
#include "facts/probe.h"

enum { TOP_DEFAULT = 40 };

#define PROGRAM_COLUMNS(X)                                                                                             \
    X(P_PID, "pid", TYPE_COUNT, "process id", .role = ROLE_KEY)                                                        \
    X(P_COMMAND, "command", TYPE_TEXT, "name of the program")                                                          \
    X(P_NAME, "name", TYPE_TEXT,                                                                                       \
      "a telling name, by its command line: the script, jar or module, the pool, the database that it serves")         \
    X(P_ARGUMENTS, "arguments", TYPE_TEXT,                                                                             \
      "command line without what could be a secret: names of options, and values of those that are known to be "       \
      "harmless")                                                                                                      \
    X(P_UNIT, "unit", TYPE_TEXT, "unit of the service manager, or last component of the control group")                \
    X(P_CONTAINER, "container", TYPE_TEXT, "short identifier of its container, by its control group")                  \
    X(P_POD, "pod", TYPE_TEXT, "uid of its Kubernetes pod, by its control group")                                      \
    X(P_AGE, "age", TYPE_SECONDS, "time since it started")                                                             \
    X(P_BOUND, "bound", TYPE_BYTES, "memory that it will take at most by its own rules, or that it aims at")           \
    X(P_BOUND_NAME, "bound_name", TYPE_TEXT, "the setting that says so")                                               \
    X(P_BOUND_FROM, "bound_from", TYPE_TEXT, "where that is set: command line, environment, default, or a file")       \
    X(P_BOUND_KIND, "bound_kind", TYPE_TEXT,                                                                           \
      "heap: may fill, then what asks for more fails; cache: fills by design and stays full; soft: a goal that may "   \
      "be exceeded",                                                                                                   \
      .values = bound_kinds)                                                                                           \
    X(P_WORKERS_MAX, "workers_max", TYPE_COUNT, "processes that its PHP-FPM pool may have (pm.max_children)")          \
    X(P_WORKER_LIMIT, "worker_limit", TYPE_BYTES, "what a request in each of them may take (memory_limit)")            \
    X(P_RSS, "rss", TYPE_BYTES, "resident memory when they were listed", .role = ROLE_RANK)
enum { PROGRAM_COLUMNS(LIST_INDEX) };
static const struct column program_columns[] = {PROGRAM_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "program",
     .help = "what the leading processes run, and their own limits",
     COLUMNS(program_columns),
     .keep = 40},
};

struct look {
    const struct probe_input *in;
    struct pids pids;
    struct cgroup_mount mount;
    uint64_t memory_total; /* 0: unknown */
    double uptime;         /* negative: unknown */
    size_t seen, blind;    /* processes, and those of them whose command line could not be read */
    struct words words;
    struct subject subject;
    struct config config;
    struct lines lines;
    char command_line[COMMAND_LINE_BYTES_MAX], environment[COMMAND_LINE_BYTES_MAX];
};

struct process {
    long pid, parent; /* parent 0: not known */
    const char *command;
};

/* Its beginning, if it is longer than that. */
static ssize_t read_beginning(const struct look *k, long pid, const char *name, char *buffer)
{
    ssize_t n = pids_read(&k->pids, pid, name, buffer, COMMAND_LINE_BYTES_MAX);
    return n == -EFBIG ? COMMAND_LINE_BYTES_MAX - 1 : n;
}

static bool runs(struct look *k, long pid, enum language language)
{
    struct detection d = {0};
    struct vma v;
    size_t length;
    pids_lines(&k->pids, pid, "maps", &k->lines);
    for (char *line; d.language != language && (line = lines_next(&k->lines, &length));)
        if (vma_parse(line, length, &v))
            detect_mapping(&d, &v);
    lines_close(&k->lines);
    return d.language == language;
}

/* MemTotal, or the limit of its control group if that is less. */
static uint64_t memory_seen(const struct look *k, const struct cgroup_paths *paths)
{
    char path[CGROUP_PATH_MAX];
    uint64_t limit, usage;
    struct span group = cgroup_accounted(paths);
    if (!k->mount.version || !group.at || span_length(group) >= sizeof path)
        return k->memory_total;
    span_copy(group, path, sizeof path);
    bool limited = cgroup_nearest_limit(k->in->root, k->mount, path, &limit, &usage);
    return limited && (!k->memory_total || limit < k->memory_total) ? limit : k->memory_total;
}

static void add_group(struct table *t, size_t row, const struct cgroup_paths *paths)
{
    char text[256];
    struct span managed = cgroup_managed(paths), accounted = cgroup_accounted(paths);
    if (managed.at && cgroup_unit(managed, text, sizeof text))
        cell_text(t, row, P_UNIT, text);
    if (managed.at && (cgroup_container(managed, text, sizeof text) || cgroup_container(accounted, text, sizeof text)))
        cell_text(t, row, P_CONTAINER, text);
    else if (managed.at)
        cell_unknown(t, row, P_CONTAINER, "in no container, by its control group");
    if (managed.at && (cgroup_pod(managed, text, sizeof text) || cgroup_pod(accounted, text, sizeof text)))
        cell_text(t, row, P_POD, text);
    else if (managed.at)
        cell_unknown(t, row, P_POD, "in no pod, by its control group");
}

static void add_bound(struct table *t, size_t row, const struct bound *b)
{
    if (!b->known) {
        for (unsigned column = P_BOUND; column <= P_BOUND_KIND; column++)
            cell_unknown(t, row, column, b->why);
        if (!b->name)
            return;
        cell_text(t, row, P_BOUND_NAME, b->name);
        cell_text(t, row, P_BOUND_KIND, bound_kinds[b->kind]);
        return;
    }
    cell_number(t, row, P_BOUND, (double)b->bytes);
    cell_text(t, row, P_BOUND_NAME, b->name);
    cell_text(t, row, P_BOUND_FROM, b->from);
    cell_text(t, row, P_BOUND_KIND, bound_kinds[b->kind]);
}

/* Variables are inherited: they mean something only to the runtime that reads them. */
static void check_runtime(struct look *k, long pid, struct bound *b)
{
    bool go = b->known && strcmp(b->name, "GOMEMLIMIT") == 0;
    bool dotnet = b->known && strcmp(b->name, "DOTNET_GCHeapHardLimit") == 0;
    if ((go && !runs(k, pid, LANGUAGE_GO)) || (dotnet && !runs(k, pid, LANGUAGE_DOTNET)))
        *b = (struct bound){.why = "not a program whose limits are known"};
}

/* The text is the environment's; at == NULL: it could not be read. */
static struct span read_environment(struct look *k, long pid)
{
    ssize_t n = k->pids.root.live ? read_beginning(k, pid, "environ", k->environment) : -ENOENT;
    return n >= 0 ? span_of(k->environment, (size_t)n) : (struct span){0};
}

static void add_pool(struct look *k, struct table *t, size_t row, const char *command)
{
    struct fpm_pool pool;
    config_fpm_pool(&k->config, &k->words, command, &pool);
    if (pool.has_workers)
        cell_number(t, row, P_WORKERS_MAX, (double)pool.workers);
    else
        cell_unknown(t, row, P_WORKERS_MAX, pool.why);
    if (pool.has_limit)
        cell_number(t, row, P_WORKER_LIMIT, (double)pool.limit);
    else
        cell_unknown(t, row, P_WORKER_LIMIT, pool.why);
}

/* Its first process has the command line that it was started with; the others have titles. */
static void bound_postgres(struct look *k, const struct process *p, struct bound *out)
{
    if (k->words.title) {
        ssize_t n = p->parent ? read_beginning(k, p->parent, "cmdline", k->command_line) : 0;
        words_split(k->command_line, n > 0 ? (size_t)n : 0, &k->words);
    }
    config_bound_postgres(&k->config, &k->words, out);
}

/* What stands in files of its own. */
static void add_configured(struct look *k, struct table *t, size_t row, const struct process *p, struct bound *bound)
{
    struct root files;
    enum program program = k->subject.program;
    int error = root_of_process(k->in->root, p->pid, &files);
    k->config.files = error ? NULL : &files;
    k->config.why = error == -ENOENT  ? "its configuration was not captured"
                    : error == -EXDEV ? "its configuration is in a user namespace of its own"
                    : error           ? "its configuration could not be read"
                                      : NULL;
    add_pool(k, t, row, p->command);
    if (program == PROGRAM_POSTGRES)
        bound_postgres(k, p, bound);
    else if (program == PROGRAM_REDIS || program == PROGRAM_MARIADB)
        config_bound(&k->config, &k->words, &k->subject, bound);
    root_close(&files);
}

static void add_words(struct look *k, struct table *t, size_t row, const struct process *p, uint64_t memory)
{
    AUTO_STR struct str name = {0}, arguments = {0};
    ssize_t n = read_beginning(k, p->pid, "cmdline", k->command_line);
    words_split(k->command_line, n > 0 ? (size_t)n : 0, &k->words);
    k->seen++;
    k->blind += n < 0;
    if (!k->words.count) {
        row_unknown(t, row,
                    n >= 0         ? "it has no command line"
                    : n == -EACCES ? pids_denied(&k->pids.root)
                    : n == -ENOENT ? "not captured"
                                   : "its command line could not be read");
        return;
    }
    k->subject = words_subject(&k->words);
    if (program_name(&k->words, &k->subject, &name))
        cell_text(t, row, P_NAME, name.data);
    else
        cell_unknown(t, row, P_NAME, "its command line names nothing that tells more");
    program_redact(&k->words, &k->subject, ' ', &arguments);
    cell_text_n(t, row, P_ARGUMENTS, arguments.data, arguments.length);
    struct bound bound;
    struct span environment = read_environment(k, p->pid);
    bound_of_words(&k->words, &k->subject, environment, memory, &bound);
    explicit_bzero(k->environment, span_length(environment));
    check_runtime(k, p->pid, &bound);
    add_configured(k, t, row, p, &bound);
    add_bound(t, row, &bound);
}

static void add_age(const struct look *k, struct table *t, size_t row, struct process *p)
{
    char buffer[2048];
    struct proc_stat stat;
    ssize_t n = pids_read(&k->pids, p->pid, "stat", buffer, sizeof buffer);
    if (n <= 0 || !stat_parse(buffer, (size_t)n, &stat))
        return;
    p->parent = (long)stat.parent;
    if (k->uptime < 0)
        return;
    double age = k->uptime - (double)stat.start_ticks / k->pids.ticks_per_second;
    cell_number(t, row, P_AGE, age > 0 ? age : 0);
}

/* False if the process is gone. */
static bool add_process(struct look *k, struct table *t, struct leader leader)
{
    char buffer[8192];
    AUTO_FREE char *more = NULL;
    struct proc_status status;
    struct cgroup_paths paths = {0};
    int error;
    if (!pids_status(&k->pids, leader.pid, &status, &error))
        return false;
    size_t row = table_add(t);
    cell_number(t, row, P_PID, (double)leader.pid);
    cell_text(t, row, P_COMMAND, status.command);
    if (leader.rss)
        cell_number(t, row, P_RSS, (double)leader.rss);
    struct process p = {.pid = leader.pid, .command = status.command};
    add_age(k, t, row, &p);
    ssize_t n;
    const char *text = pids_text(&k->pids, leader.pid, "cgroup", buffer, sizeof buffer, &n, &more);
    if (text)
        cgroup_paths_parse(text, (size_t)n, &paths);
    add_group(t, row, &paths);
    add_words(k, t, row, &p, memory_seen(k, &paths));
    row_unknown(t, row, k->in->root->live ? "could not be read" : "not captured");
    return true;
}

static void look_begin(struct look *k)
{
    struct meminfo m;
    enum status status;
    enum type type;
    char uptime[128];
    if (meminfo_read(&m, k->in->root, &status, NULL))
        k->memory_total = meminfo_value(&m, MI_MEM_TOTAL);
    if (root_read_small(&k->pids.root, "proc/uptime", uptime, sizeof uptime) <= 0 ||
        !units_parse(uptime, &k->uptime, &type))
        k->uptime = -1;
    k->mount = cgroup_mount_find(k->in->root);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    struct err e;
    enum status status;
    AUTO_FREE struct look *k = mem_alloc(sizeof *k);
    k->in = in;
    if (!pids_open(&k->pids, in->root, &status, &e)) {
        facts_fail(f, status, "%s", e.text);
        return;
    }
    look_begin(k);
    size_t count;
    AUTO_FREE struct leader *leaders = pids_leaders(&k->pids, in->top ? in->top : TOP_DEFAULT, &count);
    struct table *t = facts_table(f, "program");
    bool suspect = in->pid > 0;
    for (size_t i = 0; i < count; i++) {
        add_process(k, t, leaders[i]);
        suspect = suspect && leaders[i].pid != in->pid;
    }
    if (suspect)
        add_process(k, t, (struct leader){in->pid, 0});
    pids_close(&k->pids);
    if (!k->seen) {
        facts_fail(f, STATUS_ABSENT, "/proc: no processes with memory in it");
        return;
    }
    f->coverage = (double)(k->seen - k->blind) / (double)k->seen;
    if (k->blind)
        facts_fail(f, STATUS_PARTIAL, "command lines of %zu of %zu leading processes: %s", k->blind, k->seen,
                   in->root->live ? pids_denied(in->root) : "not captured");
}

extern const struct probe probe_program;
const struct probe probe_program = {
    .name = "program",
    .help = "what the leading processes run, and their own limits",
    .classic = "ps -o args; tr '\\0' ' ' </proc/PID/cmdline; cat /proc/PID/cgroup",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads = "proc/PID/statm proc/PID/status proc/LEADING/stat proc/LEADING/cgroup proc/NAMED/cmdline proc/meminfo "
             "proc/uptime sys/fs/cgroup/**/cgroup.controllers sys/fs/cgroup/**/memory.stat "
             "sys/fs/cgroup/**/memory.current sys/fs/cgroup/**/memory.usage_in_bytes sys/fs/cgroup/**/memory.max "
             "sys/fs/cgroup/**/memory.limit_in_bytes sys/fs/cgroup/**/memory.memsw.limit_in_bytes "
             "sys/fs/cgroup/**/memory.memsw.usage_in_bytes sys/fs/cgroup/**/memory.high "
             "sys/fs/cgroup/**/memory.swap.current sys/fs/cgroup/**/memory.swap.max",
    .reads_live = "proc/PID/cmdline proc/LEADING/environ proc/LEADING/maps etc/**/*.conf etc/**/*.cnf etc/**/php.ini "
                  "var/lib/**/postgresql.conf var/lib/**/postgresql.auto.conf usr/local/etc/php-fpm.d/*.conf "
                  "usr/local/etc/php/php.ini",
    .collect = collect,
};
