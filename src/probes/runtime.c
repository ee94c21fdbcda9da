/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Language runtime and allocator of the leading processes, told from /proc/PID/maps (in an sosreport from smaps). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "probes/heap/allocator.h"
#include "probes/kernel/cgroup_path.h"
#include "probes/kernel/pids.h"
#include "facts/probe.h"

enum { TOP_DEFAULT = 40, MAPS_BYTES_MAX = 4 << 20, SMAPS_BYTES_MAX = 64 << 20 };

#define RUNTIME_COLUMNS(X)                                                                                             \
    X(R_PID, "pid", TYPE_COUNT, "process id", .role = ROLE_KEY)                                                        \
    X(R_COMMAND, "command", TYPE_TEXT, "name of the program")                                                          \
    X(R_LANGUAGE, "language", TYPE_TEXT, "the language runtime", .values = language_names)                             \
    X(R_ALLOCATOR, "allocator", TYPE_TEXT, "the allocator", .values = allocator_names)                                 \
    X(R_EVIDENCE, "evidence", TYPE_TEXT, "what both were told from")                                                   \
    X(R_PSS, "pss", TYPE_BYTES, "resident memory with shared pages split among those that map them",                   \
      .role = ROLE_RANK)                                                                                               \
    X(R_CONTAINER, "container", TYPE_BOOL, "runs in a container, by its control group")
enum { RUNTIME_COLUMNS(LIST_INDEX) };
static const struct column runtime_columns[] = {RUNTIME_COLUMNS(LIST_ENTRY)};
#define TOTAL_COLUMNS(X)                                                                                               \
    X(T_PHP, "php", TYPE_COUNT, "leading processes that run PHP")                                                      \
    X(T_PYTHON, "python", TYPE_COUNT, "leading processes that run Python")                                             \
    X(T_JVM, "jvm", TYPE_COUNT, "leading processes that run a JVM")                                                    \
    X(T_NODE, "node", TYPE_COUNT, "leading processes that run Node")                                                   \
    X(T_GO, "go", TYPE_COUNT, "leading processes written in Go")                                                       \
    X(T_RUBY, "ruby", TYPE_COUNT, "leading processes that run Ruby")                                                   \
    X(T_DOTNET, "dotnet", TYPE_COUNT, "leading processes that run .NET")                                               \
    X(T_NATIVE, "native", TYPE_COUNT, "leading processes without a known runtime")
enum { TOTAL_COLUMNS(LIST_INDEX) };
static const struct column total_columns[] = {TOTAL_COLUMNS(LIST_ENTRY)};
static const enum language total_languages[] = {
    [T_PHP] = LANGUAGE_PHP, [T_PYTHON] = LANGUAGE_PYTHON, [T_JVM] = LANGUAGE_JVM,       [T_NODE] = LANGUAGE_NODE,
    [T_GO] = LANGUAGE_GO,   [T_RUBY] = LANGUAGE_RUBY,     [T_DOTNET] = LANGUAGE_DOTNET, [T_NATIVE] = LANGUAGE_NATIVE,
};

static const struct table_decl tables[] = {
    {.name = "runtime",
     .help = "runtimes and allocators of the leading processes",
     COLUMNS(runtime_columns),
     .keep = 40},
    {.name = "runtimes", .help = "leading processes by runtime", COLUMNS(total_columns), .single = true},
};

/* Reads what fits the budget: libraries come with the text of a program in no fixed order, but early answers stay right. */
static int detect(const struct pids *p, long pid, const char *file, size_t budget, struct detection *d, struct lines *l,
                  bool *cut)
{
    pids_lines(p, pid, file, l);
    size_t length;
    struct vma v;
    for (char *line; (line = lines_next(l, &length));) {
        if (length && (line[0] < 'A' || line[0] > 'Z') && vma_parse(line, length, &v))
            detect_mapping(d, &v);
        if (l->total > budget) {
            *cut = true;
            break;
        }
    }
    int error = l->error;
    lines_close(l);
    return -error;
}

/* False if the process is gone. */
static bool add_process(struct table *t, const struct pids *p, long pid, struct lines *l, enum language *language,
                        bool *denied)
{
    struct proc_status status;
    int error;
    bool live = p->root.live, cut = false;
    if (!pids_status(p, pid, &status, &error))
        return false;
    struct detection d = {0};
    error = detect(p, pid, "maps", MAPS_BYTES_MAX, &d, l, &cut);
    if (error == -ENOENT && !live)
        error = detect(p, pid, "smaps", SMAPS_BYTES_MAX, &d, l, &cut);
    if (error == -ESRCH || (error == -ENOENT && live))
        return false;
    *denied = !d.any;
    detect_finish(&d, status.command);
    *language = d.language;

    size_t row = table_add(t);
    char evidence[320], buffer[8192];
    snprintf(evidence, sizeof evidence, "%s; %s%s", d.language_evidence, d.allocator_evidence,
             cut ? " (mappings read in part)" : "");
    cell_number(t, row, R_PID, (double)pid);
    cell_text(t, row, R_COMMAND, status.command);
    cell_text(t, row, R_LANGUAGE, language_names[d.language]);
    cell_text(t, row, R_ALLOCATOR, d.allocator ? d.allocator : allocator_names[ALLOCATOR_UNKNOWN]);
    cell_text(t, row, R_EVIDENCE, evidence);
    struct smaps_sum sum;
    if ((error = pids_smaps(p, pid, &sum)) == 0 && sum.has & SMAPS_PSS)
        cell_number(t, row, R_PSS, (double)sum.pss);
    else
        cell_unknown(t, row, R_PSS,
                     error == -EACCES || error == -EPERM ? pids_denied(&p->root) : "smaps_rollup could not be read");
    ssize_t n = pids_read(p, pid, "cgroup", buffer, sizeof buffer);
    if (n >= 0)
        cell_bool(t, row, R_CONTAINER, cgroup_is_container(span_of(buffer, (size_t)n)));
    row_unknown(t, row, "not captured");
    return true;
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
    size_t count, seen = 0, blind = 0, counts[LANGUAGES] = {0};
    AUTO_FREE struct leader *leaders = pids_leaders(&p, in->top ? in->top : TOP_DEFAULT, &count);
    AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
    struct table *t = facts_table(f, "runtime");
    for (size_t i = 0; i < count; i++) {
        enum language language = LANGUAGE_UNKNOWN;
        bool denied = false;
        if (!add_process(t, &p, leaders[i].pid, l, &language, &denied))
            continue;
        seen++;
        blind += denied;
        counts[language]++;
    }
    pids_close(&p);
    if (!seen) {
        facts_fail(f, STATUS_ABSENT, "/proc: no processes with memory in it");
        return;
    }
    f->coverage = (double)(seen - blind) / (double)seen;
    if (blind)
        facts_fail(f, STATUS_PARTIAL, "mappings of %zu of %zu leading processes, told by their names only: %s", blind,
                   seen, in->root->live ? pids_denied(in->root) : "not captured");
    table_sort(t, R_PSS, true);
    t = facts_table(f, "runtimes");
    table_add(t);
    for (unsigned column = 0; column < ARRAY_SIZE(total_languages); column++)
        cell_number(t, 0, column, (double)counts[total_languages[column]]);
}

extern const struct probe probe_runtime;
const struct probe probe_runtime = {
    .name = "runtime",
    .help = "language runtimes and allocators of the leading processes",
    .classic = "ps; ldd; grep -E 'malloc|jvm|python' /proc/PID/maps",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads = "proc/PID/statm proc/PID/status proc/LEADING/maps proc/LEADING/smaps_rollup proc/LEADING/cgroup",
    .reads_live = "proc/LEADING/smaps",
    .collect = collect,
};
