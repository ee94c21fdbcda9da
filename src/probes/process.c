/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One process: its mappings by kind, from smaps. Costs a walk of its page tables; reads it once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "probes/heap/allocator.h"
#include "probes/kernel/pids.h"
#include "probes/program/redact.h"
#include "facts/probe.h"

#define TARGET_COLUMNS(X)                                                                                              \
    X(T_PID, "pid", TYPE_COUNT, "process id", .role = ROLE_KEY)                                                        \
    X(T_USER, "user", TYPE_TEXT, "owner; the number if the system's passwd file has no name for it")                   \
    X(T_COMMAND, "command", TYPE_TEXT, "name of the program")                                                          \
    X(T_COMMAND_LINE, "command_line", TYPE_TEXT,                                                                       \
      "arguments, without what could be a secret unless command lines were asked for")                                 \
    X(T_STATE, "state", TYPE_TEXT, "state letter, as in ps", .values = process_states)                                 \
    X(T_THREADS, "threads", TYPE_COUNT, "threads")                                                                     \
    X(T_RSS, "rss", TYPE_BYTES, "resident memory; shared pages count fully")                                           \
    X(T_PSS, "pss", TYPE_BYTES, "resident memory with shared pages split among those that map them")                   \
    X(T_USS, "uss", TYPE_BYTES, "private memory: what its end would free")                                             \
    X(T_SWAP, "swap", TYPE_BYTES, "swapped out")                                                                       \
    X(T_SWAP_PSS, "swap_pss", TYPE_BYTES, "swapped out, shared pages split")                                           \
    X(T_PEAK_RSS, "peak_rss", TYPE_BYTES, "highest resident memory so far (VmHWM)")                                    \
    X(T_PINNED, "pinned", TYPE_BYTES, "pages pinned for devices or io_uring (VmPin): compaction cannot move them")     \
    X(T_HUGETLB, "hugetlb", TYPE_BYTES, "huge pages of the pool, outside rss and pss")                                 \
    X(T_MAPPINGS, "mappings", TYPE_COUNT, "memory mappings")                                                           \
    X(T_MAX_MAP_COUNT, "max_map_count", TYPE_COUNT, "the limit vm.max_map_count")                                      \
    X(T_MAPPINGS_SHARE, "mappings_share", TYPE_RATIO,                                                                  \
      "mappings by the limit; at 1 mmap, munmap and thread creation fail")                                             \
    X(T_ARENA_HEAPS, "arena_heaps", TYPE_COUNT, "heaps of glibc arenas, 64 MiB of address space each")                 \
    X(T_ARENA_HEAPS_RESERVED, "arena_heaps_reserved", TYPE_BYTES, "address space of these heaps; not memory in use")   \
    X(T_ALLOCATOR, "allocator", TYPE_TEXT, "the allocator, told from mapped libraries", .values = allocator_names)     \
    X(T_RUNTIME, "runtime", TYPE_TEXT, "the language runtime, told from mapped libraries", .values = language_names)   \
    X(T_AGE, "age", TYPE_SECONDS, "time since it started")                                                             \
    X(T_OOM_SCORE, "oom_score", TYPE_COUNT, "the kernel's badness; the highest is killed first")                       \
    X(T_EVIDENCE, "evidence", TYPE_TEXT, "what allocator and runtime were told from")                                  \
    X(T_READ_TIME, "read_time", TYPE_SECONDS,                                                                          \
      "time that reading its mappings took; meanwhile its own mmap and munmap wait")
enum { TARGET_COLUMNS(LIST_INDEX) };
static const struct column target_columns[] = {TARGET_COLUMNS(LIST_ENTRY)};

#define MAPPING_COLUMNS(X)                                                                                             \
    X(M_KIND, "kind", TYPE_TEXT, "kind of mapping", .values = mapping_kind_names, .role = ROLE_KEY)                    \
    X(M_COUNT, "count", TYPE_COUNT, "mappings of the kind")                                                            \
    X(M_SIZE, "size", TYPE_BYTES, "address space")                                                                     \
    X(M_RSS, "rss", TYPE_BYTES, "resident memory")                                                                     \
    X(M_PSS, "pss", TYPE_BYTES, "resident memory, shared pages split")                                                 \
    X(M_USS, "uss", TYPE_BYTES, "private memory")                                                                      \
    X(M_SWAP, "swap", TYPE_BYTES, "swapped out")                                                                       \
    X(M_SWAP_PSS, "swap_pss", TYPE_BYTES, "swapped out, shared pages split")                                           \
    X(M_ANON_HUGE, "anon_huge", TYPE_BYTES, "in transparent huge pages")                                               \
    X(M_LAZY_FREE, "lazy_free", TYPE_BYTES, "given back with MADV_FREE, taken when memory is short")                   \
    X(M_LOCKED, "locked", TYPE_BYTES, "locked in memory")
enum { MAPPING_COLUMNS(LIST_INDEX) };
static const struct column mapping_columns[] = {MAPPING_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "target", .help = "the suspected process", COLUMNS(target_columns), .single = true},
    {.name = "mapping", .help = "its memory by kind of mapping", COLUMNS(mapping_columns)},
};

static void add_mappings(struct facts *f, const struct smaps_kinds *k)
{
    struct table *t = facts_table(f, "mapping");
    for (unsigned i = 0; i < MAPPING_KINDS; i++) {
        const struct smaps_sum *s = &k->sums[i];
        if (!k->mappings[i])
            continue;
        size_t row = table_add(t);
        cell_text(t, row, M_KIND, mapping_kind_names[i]);
        cell_number(t, row, M_COUNT, (double)k->mappings[i]);
        cell_number(t, row, M_SIZE, (double)s->size);
        cell_number(t, row, M_RSS, (double)s->rss);
        cell_number(t, row, M_PSS, (double)s->pss);
        cell_number(t, row, M_USS, (double)smaps_uss(s));
        cell_number(t, row, M_SWAP, (double)s->swap);
        if (s->has & SMAPS_SWAP_PSS || s->swap == 0)
            cell_number(t, row, M_SWAP_PSS, (double)s->swap_pss);
        else
            cell_unknown(t, row, M_SWAP_PSS, "needs Linux 4.3 or later");
        cell_number(t, row, M_ANON_HUGE, (double)s->anon_huge);
        cell_number(t, row, M_LAZY_FREE, (double)s->lazy_free);
        cell_number(t, row, M_LOCKED, (double)s->locked);
    }
    table_sort(t, M_RSS, true);
}

static void add_totals(struct table *t, const struct smaps_kinds *k)
{
    const struct smaps_sum *s = &k->total;
    cell_number(t, 0, T_RSS, (double)s->rss);
    cell_number(t, 0, T_PSS, (double)s->pss);
    cell_number(t, 0, T_USS, (double)smaps_uss(s));
    cell_number(t, 0, T_SWAP, (double)s->swap);
    if (s->has & SMAPS_SWAP_PSS || s->swap == 0)
        cell_number(t, 0, T_SWAP_PSS, (double)s->swap_pss);
    else
        cell_unknown(t, 0, T_SWAP_PSS, "needs Linux 4.3 or later");
    cell_number(t, 0, T_HUGETLB, (double)s->private_hugetlb + (double)s->shared_hugetlb);
    cell_number(t, 0, T_MAPPINGS, (double)k->total_mappings);
    cell_number(t, 0, T_ARENA_HEAPS, (double)k->arena_heaps);
    cell_number(t, 0, T_ARENA_HEAPS_RESERVED, (double)k->arena_bytes);
}

static void add_detection(struct table *t, struct detection *d, const char *command)
{
    detect_finish(d, command);
    char evidence[256];
    snprintf(evidence, sizeof evidence, "%s; %s", d->language_evidence, d->allocator_evidence);
    cell_text(t, 0, T_EVIDENCE, evidence);
    cell_text(t, 0, T_RUNTIME, language_names[d->language]);
    cell_text(t, 0, T_ALLOCATOR, d->allocator ? d->allocator : allocator_names[ALLOCATOR_UNKNOWN]);
}

/* 0 or -errno. */
static int read_smaps(const struct pids *p, long pid, struct smaps_kinds *k, struct detection *d)
{
    AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
    pids_lines(p, pid, "smaps", l);
    size_t length;
    struct vma v;
    for (char *line; (line = lines_next(l, &length));) {
        smaps_kinds_line(k, line, length);
        if (length && (line[0] < 'A' || line[0] > 'Z') && vma_parse(line, length, &v))
            detect_mapping(d, &v);
    }
    smaps_kinds_end(k);
    int error = l->error;
    lines_close(l);
    return error ? -error : k->total.has & SMAPS_UNFIT ? -EBADMSG : k->total_mappings ? 0 : -ENODATA;
}

static void add_status(struct table *t, const struct proc_status *s, const struct root *r)
{
    struct users users;
    char number[24], state[2] = {s->state, '\0'};
    if (s->has & PROC_UID) {
        users_read(&users, r);
        cell_text(t, 0, T_USER, users_name(&users, s->uid, number));
        users_free(&users);
    }
    cell_text(t, 0, T_COMMAND, s->command);
    if (s->state)
        cell_text(t, 0, T_STATE, state);
    if (s->has & PROC_THREADS)
        cell_number(t, 0, T_THREADS, (double)s->threads);
    if (s->has & PROC_VM_RSS)
        cell_number(t, 0, T_RSS, (double)s->vm_rss);
    if (s->has & PROC_VM_SWAP)
        cell_number(t, 0, T_SWAP, (double)s->vm_swap);
    if (s->has & PROC_VM_PEAK_RSS)
        cell_number(t, 0, T_PEAK_RSS, (double)s->vm_peak_rss);
    if (s->has & PROC_VM_PIN)
        cell_number(t, 0, T_PINNED, (double)s->vm_pin);
    if (s->has & PROC_HUGETLB)
        cell_number(t, 0, T_HUGETLB, (double)s->hugetlb);
}

static void add_command_line(struct table *t, const struct probe_input *in, const struct pids *p)
{
    enum { WHOLE_MAX = 4096 }; /* the beginning is enough */
    AUTO_FREE char *buffer = mem_alloc(COMMAND_LINE_BYTES_MAX);
    AUTO_FREE struct words *words = mem_alloc(sizeof *words);
    AUTO_STR struct str text = {0};
    ssize_t n = pids_read(p, in->pid, "cmdline", buffer, COMMAND_LINE_BYTES_MAX);
    if (n == -EFBIG)
        n = COMMAND_LINE_BYTES_MAX - 1;
    words_split(buffer, n > 0 ? (size_t)n : 0, words);
    struct subject subject = words_subject(words);
    if (in->command_lines)
        for (ssize_t i = 0; i < n && i < WHOLE_MAX; i++)
            str_add_char(&text, buffer[i] ? buffer[i] : ' ');
    else
        program_redact(words, &subject, ' ', &text);
    while (text.length && text.data[text.length - 1] == ' ')
        str_cut(&text, text.length - 1);
    if (text.length)
        cell_text_n(t, 0, T_COMMAND_LINE, text.data, text.length);
    else
        cell_unknown(t, 0, T_COMMAND_LINE, n >= 0 ? "it has none" : "cmdline could not be read");
}

static void add_small_files(struct table *t, const struct pids *p, const struct probe_input *in)
{
    long pid = in->pid;
    char buffer[2048];
    struct proc_stat stat;
    ssize_t n = pids_read(p, pid, "stat", buffer, sizeof buffer);
    char uptime[128];
    if (n > 0 && stat_parse(buffer, (size_t)n, &stat) &&
        root_read_small(&p->root, "proc/uptime", uptime, sizeof uptime) > 0) {
        double age = strtod(uptime, NULL) - (double)stat.start_ticks / p->ticks_per_second;
        cell_number(t, 0, T_AGE, age > 0 ? age : 0);
    }
    uint64_t number;
    n = pids_read(p, pid, "oom_score", buffer, sizeof buffer);
    struct span text = span_of(buffer, n > 0 ? (size_t)n : 0);
    if (scan_number(&text, &number))
        cell_number(t, 0, T_OOM_SCORE, (double)number);
    add_command_line(t, in, p);
    struct err e;
    enum status status;
    if (!root_sysctl(in->root, "vm.max_map_count", buffer, sizeof buffer, &status, &e)) {
        cell_unknown(t, 0, T_MAX_MAP_COUNT, e.text);
        cell_unknown(t, 0, T_MAPPINGS_SHARE, e.text);
    } else if (text = span_of_string(buffer), scan_number(&text, &number) && number) {
        cell_number(t, 0, T_MAX_MAP_COUNT, (double)number);
        struct value mappings = cell_get(t, 0, T_MAPPINGS);
        if (mappings.known)
            cell_number(t, 0, T_MAPPINGS_SHARE, mappings.number / (double)number);
    }
}

static const char *smaps_problem(int error, const struct root *r)
{
    switch (-error) {
    case EACCES:
    case EPERM:
        return pids_denied(r);
    case ENODATA:
        return "the kernel shows no mappings of it";
    case ENOENT:
        return "not captured";
    default:
        return "could not be read";
    }
}

static void read_target(struct facts *f, const struct pids *p, const struct probe_input *in)
{
    int error = 0;
    struct proc_status status;
    if (!pids_status(p, in->pid, &status, &error)) {
        if (error == -ENOENT || error == -ESRCH)
            facts_fail(f, STATUS_VANISHED, "there is no process %ld; it may have ended", in->pid);
        else
            facts_fail(f, status_of_errno(-error), "/proc/%ld/status: %s", in->pid,
                       status_name(status_of_errno(-error)));
        return;
    }
    AUTO_FREE struct smaps_kinds *kinds = mem_alloc(sizeof *kinds);
    struct detection detection = {0};
    double begin = clock_now();
    error = status.has & PROC_VM_SIZE ? read_smaps(p, in->pid, kinds, &detection) : 0;
    double cost = clock_now() - begin;
    if (error == -ESRCH || (error == -ENOENT && in->root->live)) {
        facts_fail(f, STATUS_VANISHED, "process %ld ended while it was being read", in->pid);
        return;
    }
    struct table *t = facts_table(f, "target");
    table_add(t);
    cell_number(t, 0, T_PID, (double)in->pid);
    add_status(t, &status, in->root);
    f->coverage = error ? 0 : 1;
    if (error) {
        struct smaps_sum sum;
        if (pids_smaps(p, in->pid, &sum) == 0) { /* a capture can hold only smaps_rollup */
            cell_number(t, 0, T_RSS, (double)sum.rss);
            cell_number(t, 0, T_PSS, (double)sum.pss);
            cell_number(t, 0, T_USS, (double)smaps_uss(&sum));
            cell_number(t, 0, T_SWAP_PSS, (double)sum.swap_pss);
        }
        facts_fail(f, STATUS_PARTIAL, "/proc/%ld/smaps: %s", in->pid, smaps_problem(error, in->root));
    } else {
        add_totals(t, kinds);
        add_mappings(f, kinds);
        cell_number(t, 0, T_READ_TIME, cost);
    }
    if (!(status.has & PROC_VM_SIZE))
        facts_fail(f, STATUS_PARTIAL, "process %ld is a kernel thread or has ended: it has no memory of its own",
                   in->pid);
    add_detection(t, &detection, status.command);
    add_small_files(t, p, in);
    char why[128];
    snprintf(why, sizeof why, "smaps: %s", smaps_problem(error, in->root));
    row_unknown(t, 0, error ? why : "this kernel does not tell, or it was not captured");
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
    read_target(f, &p, in);
    pids_close(&p);
}

extern const struct probe probe_process;
const struct probe probe_process = {
    .name = "process",
    .help = "one process: its memory by kind of mapping",
    .classic = "grep -E 'VmRSS|VmSwap' /proc/PID/status; awk over /proc/PID/smaps",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads = "proc/SUSPECT/stat proc/SUSPECT/status proc/SUSPECT/smaps_rollup proc/SUSPECT/smaps "
             "proc/SUSPECT/oom_score proc/NAMED/cmdline proc/uptime proc/sys/vm/max_map_count etc/passwd",
    .needs_pid = true,
    .collect = collect,
};
