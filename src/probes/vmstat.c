/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paging, reclaim and compaction over a window: differences between two moments, never totals since boot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/kernel/counters.h"
#include "probes/kernel/page_size.h"
#include "facts/probe.h"

#define VMSTAT_COLUMNS(X)                                                                                              \
    X(SAMPLES, "samples", TYPE_COUNT, "moments looked at")                                                             \
    X(WINDOW, "window", TYPE_SECONDS, "time between the first and the last")                                           \
    X(SWAP_IN, "swap_in", TYPE_BYTE_RATE, "read from swap")                                                            \
    X(SWAP_OUT, "swap_out", TYPE_BYTE_RATE, "written to swap")                                                         \
    X(SWAP_IN_MAX, "swap_in_max", TYPE_BYTE_RATE, "read from swap in the worst interval")                              \
    X(SWAP_OUT_MAX, "swap_out_max", TYPE_BYTE_RATE, "written to swap in the worst interval")                           \
    X(FREE_MIN, "free_min", TYPE_BYTES, "lowest free memory seen")                                                     \
    X(FREE_LAST, "free_last", TYPE_BYTES, "free memory at the end")                                                    \
    X(SCAN_KSWAPD, "scan_kswapd", TYPE_RATE, "pages that reclaim in the background looked at")                         \
    X(SCAN_DIRECT, "scan_direct", TYPE_RATE, "pages that waiting processes looked at themselves")                      \
    X(STEAL_KSWAPD, "steal_kswapd", TYPE_RATE, "pages that reclaim in the background freed")                           \
    X(STEAL_DIRECT, "steal_direct", TYPE_RATE, "pages that waiting processes freed themselves")                        \
    X(RECLAIM_EFFICIENCY, "reclaim_efficiency", TYPE_RATIO, "freed pages per page looked at")                          \
    X(REFAULT_ANON, "refault_anon", TYPE_RATE, "swapped pages that were needed again soon")                            \
    X(REFAULT_FILE, "refault_file", TYPE_RATE, "cache pages that were needed again soon")                              \
    X(ALLOC_STALLS, "alloc_stalls", TYPE_COUNT, "allocations that had to reclaim memory themselves")                   \
    X(COMPACT_STALLS, "compact_stalls", TYPE_COUNT, "allocations that had to compact memory themselves")               \
    X(COMPACT_FAILS, "compact_fails", TYPE_COUNT, "of them without success")                                           \
    X(COMPACT_FAIL_SHARE, "compact_fail_share", TYPE_RATIO, "share of them without success; 0 if there were none")     \
    X(THP_FAULTS, "thp_faults", TYPE_COUNT, "page faults that got a huge page")                                        \
    X(THP_FALLBACKS, "thp_fallbacks", TYPE_COUNT, "page faults for which no huge page was to be had")                  \
    X(THP_FALLBACK_SHARE, "thp_fallback_share", TYPE_RATIO, "share of those; 0 if no huge page was asked for")         \
    X(KSWAPD_WAKES, "kswapd_wakes", TYPE_COUNT, "runs of background reclaim")                                          \
    X(KCOMPACTD_WAKES, "kcompactd_wakes", TYPE_COUNT, "runs of background compaction")                                 \
    X(MIGRATE_OK, "migrate_ok", TYPE_COUNT, "pages moved")                                                             \
    X(MIGRATE_FAIL, "migrate_fail", TYPE_COUNT, "pages that could not be moved")                                       \
    X(OOM_KILLS, "oom_kills", TYPE_COUNT, "processes killed for lack of memory")                                       \
    X(OOM_KILLS_EVER, "oom_kills_ever", TYPE_COUNT, "the same since boot (since Linux 4.13)")                          \
    X(MAJOR_FAULTS, "major_faults", TYPE_RATE, "page faults that waited for a device")                                 \
    X(FILE_IN, "file_in", TYPE_BYTE_RATE, "read from block devices, swap excepted")                                    \
    X(FILE_OUT, "file_out", TYPE_BYTE_RATE, "written to block devices, swap excepted")
enum { VMSTAT_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {VMSTAT_COLUMNS(LIST_ENTRY)};

#define SAMPLE_COLUMNS(X)                                                                                              \
    X(S_TIME, "time", TYPE_SECONDS, "since the first sample")                                                          \
    X(S_SWAP_IN, "swap_in", TYPE_BYTE_RATE, "read from swap")                                                          \
    X(S_SWAP_OUT, "swap_out", TYPE_BYTE_RATE, "written to swap")                                                       \
    X(S_FREE, "free", TYPE_BYTES, "free pages")                                                                        \
    X(S_CACHE, "cache", TYPE_BYTES, "page cache")                                                                      \
    X(S_AVAILABLE, "available", TYPE_BYTES, "what applications can get without swapping")                              \
    X(S_SCAN, "scan", TYPE_RATE, "pages that reclaim looked at")                                                       \
    X(S_STEAL, "steal", TYPE_RATE, "pages that reclaim freed")                                                         \
    X(S_REFAULTS, "refaults", TYPE_RATE, "pages that were needed again soon")                                          \
    X(S_STALLS, "stalls", TYPE_COUNT, "allocations that had to reclaim or compact, since the sample before")
enum { SAMPLE_COLUMNS(LIST_INDEX) };
static const struct column sample_columns[] = {SAMPLE_COLUMNS(LIST_ENTRY)};

static const struct {
    unsigned column;
    enum counter counter;
} changes[] = {
    {SWAP_IN, CT_PSWPIN},
    {SWAP_OUT, CT_PSWPOUT},
    {SCAN_KSWAPD, CT_SCAN_KSWAPD},
    {SCAN_DIRECT, CT_SCAN_DIRECT},
    {STEAL_KSWAPD, CT_STEAL_KSWAPD},
    {STEAL_DIRECT, CT_STEAL_DIRECT},
    {ALLOC_STALLS, CT_ALLOCSTALL},
    {COMPACT_STALLS, CT_COMPACT_STALL},
    {COMPACT_FAILS, CT_COMPACT_FAIL},
    {THP_FAULTS, CT_THP_FAULT_ALLOC},
    {KSWAPD_WAKES, CT_KSWAPD_RUN},
    {KCOMPACTD_WAKES, CT_COMPACT_DAEMON_WAKE},
    {MIGRATE_OK, CT_MIGRATE_OK},
    {MIGRATE_FAIL, CT_MIGRATE_FAIL},
    {OOM_KILLS, CT_OOM_KILL},
    {MAJOR_FAULTS, CT_PGMAJFAULT},
};

static const struct table_decl tables[] = {
    {.name = "vmstat", .help = "paging, reclaim and compaction over the window", COLUMNS(columns), .single = true},
    {.name = "vmstat_sample", .help = "the same over time", COLUMNS(sample_columns), .keep = SAMPLES_MAX},
};

struct point {
    double time;
    bool available_known;
    uint64_t available; /* bytes */
    struct counters counters;
};

struct state {
    struct point first, last;
    struct point points[SAMPLES_MAX + 1];
    size_t kept, samples;
    uint64_t free_min;      /* pages */
    double in_max, out_max; /* pages per second; negative: no interval yet */
    enum status status;
    struct err why;
};

static void *open_state(const struct probe_input *in)
{
    (void)in;
    struct state *s = mem_alloc(sizeof *s);
    s->in_max = s->out_max = -1;
    return s;
}

/* The difference of one counter; false if either moment lacks it or it ran backwards (two boots in one capture). */
static bool difference(const struct point *a, const struct point *b, enum counter c, double *d)
{
    if (!a->counters.known[c] || !b->counters.known[c] || b->counters.value[c] < a->counters.value[c])
        return false;
    *d = (double)(b->counters.value[c] - a->counters.value[c]);
    return true;
}

static void raise_max(double *max, const struct point *a, const struct point *b, enum counter c)
{
    double d, time = b->time - a->time;
    if (time > 0 && difference(a, b, c, &d) && d / time > *max)
        *max = d / time;
}

static void sample(void *state, const struct probe_input *in, double time_s)
{
    struct state *s = state;
    struct point p = {.time = time_s};
    struct err e;
    enum status status;
    if (!counters_read(&p.counters, in->root, &status, &e)) {
        s->status = status;
        s->why = e;
        return;
    }
    struct meminfo m;
    if (meminfo_read(&m, in->root, &status, &e) && m.known[MI_MEM_AVAILABLE]) {
        p.available_known = true;
        p.available = m.value[MI_MEM_AVAILABLE];
    }
    if (s->samples == 0) {
        s->first = p;
        s->free_min = p.counters.value[CT_NR_FREE];
    } else {
        raise_max(&s->in_max, &s->last, &p, CT_PSWPIN);
        raise_max(&s->out_max, &s->last, &p, CT_PSWPOUT);
        if (p.counters.value[CT_NR_FREE] < s->free_min)
            s->free_min = p.counters.value[CT_NR_FREE];
    }
    s->last = p;
    s->samples++;
    if (s->kept < SAMPLES_MAX)
        s->points[s->kept++] = p;
}

static void thin(void *state)
{
    struct state *s = state;
    s->kept = samples_thin(s->points, s->kept, sizeof *s->points);
}

static void not_counted(struct table *t, unsigned column, enum counter c)
{
    char why[128];
    snprintf(why, sizeof why, "this kernel does not count %s", counter_name(c));
    cell_unknown(t, 0, column, why);
}

/* As the column's type has it: how many, how many a second, or pages as bytes a second. */
static void put_change(struct table *t, const struct state *s, unsigned column, enum counter c, double page)
{
    enum type type = columns[column].type;
    double d, window = s->last.time - s->first.time;
    if (!s->last.counters.known[c])
        not_counted(t, column, c);
    else if (difference(&s->first, &s->last, c, &d))
        cell_number(t, 0, column, (type == TYPE_BYTE_RATE ? d * page : d) / (type == TYPE_COUNT ? 1 : window));
    else
        cell_unknown(t, 0, column, "the counter ran backwards: these moments are not of one boot");
}

static void put_shares(struct table *t, const struct state *s)
{
    const struct point *a = &s->first, *b = &s->last;
    double scan_k, scan_d, steal_k, steal_d, stall, fail, thp, fallback, charge = 0;
    if (difference(a, b, CT_SCAN_KSWAPD, &scan_k) && difference(a, b, CT_SCAN_DIRECT, &scan_d) &&
        difference(a, b, CT_STEAL_KSWAPD, &steal_k) && difference(a, b, CT_STEAL_DIRECT, &steal_d)) {
        if (scan_k + scan_d > 0)
            cell_number(t, 0, RECLAIM_EFFICIENCY, (steal_k + steal_d) / (scan_k + scan_d));
        else
            cell_unknown(t, 0, RECLAIM_EFFICIENCY, "nothing was reclaimed in the window");
    }
    if (difference(a, b, CT_COMPACT_STALL, &stall) && difference(a, b, CT_COMPACT_FAIL, &fail))
        cell_number(t, 0, COMPACT_FAIL_SHARE, stall > 0 ? (fail < stall ? fail / stall : 1) : 0);
    else
        not_counted(t, COMPACT_FAIL_SHARE, CT_COMPACT_STALL);
    /* Since 5.8 a huge page refused by a cgroup's limit is counted apart: no matter of fragmentation. */
    if (difference(a, b, CT_THP_FAULT_ALLOC, &thp) && difference(a, b, CT_THP_FAULT_FALLBACK, &fallback)) {
        if (difference(a, b, CT_THP_FALLBACK_CHARGE, &charge))
            fallback = fallback > charge ? fallback - charge : 0;
        cell_number(t, 0, THP_FALLBACKS, fallback);
        cell_number(t, 0, THP_FALLBACK_SHARE, thp + fallback > 0 ? fallback / (thp + fallback) : 0);
    } else {
        not_counted(t, THP_FALLBACKS, CT_THP_FAULT_FALLBACK);
        not_counted(t, THP_FALLBACK_SHARE, CT_THP_FAULT_FALLBACK);
    }
}

/* Transfers to block devices without those to swap, which the kernel counts in both. */
static void put_files(struct table *t, const struct state *s, double page)
{
    double all, swap, time = s->last.time - s->first.time;
    if (difference(&s->first, &s->last, CT_PGPGIN, &all) && difference(&s->first, &s->last, CT_PSWPIN, &swap))
        cell_number(t, 0, FILE_IN, all * 1024 > swap * page ? (all * 1024 - swap * page) / time : 0);
    if (difference(&s->first, &s->last, CT_PGPGOUT, &all) && difference(&s->first, &s->last, CT_PSWPOUT, &swap))
        cell_number(t, 0, FILE_OUT, all * 1024 > swap * page ? (all * 1024 - swap * page) / time : 0);
}

static void put_refaults(struct table *t, const struct state *s)
{
    if (s->last.counters.known[CT_REFAULT] && !s->last.counters.known[CT_REFAULT_FILE]) {
        /* Before 5.9 only file pages were followed, under one name. */
        put_change(t, s, REFAULT_FILE, CT_REFAULT, 1);
        cell_unknown(t, 0, REFAULT_ANON, "this kernel does not follow anonymous pages that return");
        return;
    }
    put_change(t, s, REFAULT_ANON, CT_REFAULT_ANON, 1);
    put_change(t, s, REFAULT_FILE, CT_REFAULT_FILE, 1);
}

static void add_sample(struct table *t, const struct point *before, const struct point *p, double page)
{
    static const char *const first = "the first sample: rates begin with the second";
    static const char *const missing = "this kernel does not count it";
    size_t row = table_add(t);
    cell_number(t, row, S_TIME, p->time);
    cell_number(t, row, S_FREE, (double)p->counters.value[CT_NR_FREE] * page);
    if (p->counters.known[CT_NR_FILE])
        cell_number(t, row, S_CACHE, (double)p->counters.value[CT_NR_FILE] * page);
    if (p->available_known)
        cell_number(t, row, S_AVAILABLE, (double)p->available);
    else
        cell_unknown(t, row, S_AVAILABLE, missing);
    double time = before ? p->time - before->time : 0, a, b, c = 0;
    if (time <= 0) {
        row_unknown(t, row, first);
        return;
    }
    if (difference(before, p, CT_PSWPIN, &a))
        cell_number(t, row, S_SWAP_IN, a * page / time);
    if (difference(before, p, CT_PSWPOUT, &a))
        cell_number(t, row, S_SWAP_OUT, a * page / time);
    if (difference(before, p, CT_SCAN_KSWAPD, &a) && difference(before, p, CT_SCAN_DIRECT, &b))
        cell_number(t, row, S_SCAN, (a + b) / time);
    if (difference(before, p, CT_STEAL_KSWAPD, &a) && difference(before, p, CT_STEAL_DIRECT, &b))
        cell_number(t, row, S_STEAL, (a + b) / time);
    if (difference(before, p, CT_REFAULT_FILE, &a)) {
        (void)difference(before, p, CT_REFAULT_ANON, &c);
        cell_number(t, row, S_REFAULTS, (a + c) / time);
    } else if (difference(before, p, CT_REFAULT, &a)) {
        cell_number(t, row, S_REFAULTS, a / time);
    }
    if (difference(before, p, CT_ALLOCSTALL, &a)) {
        c = 0;
        (void)difference(before, p, CT_COMPACT_STALL, &c);
        cell_number(t, row, S_STALLS, a + c);
    }
    row_unknown(t, row, missing);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    struct state *s = state, *own = NULL;
    if (!s || s->samples == 0) {
        s = own = open_state(in);
        sample(own, in, 0);
    }
    struct table *t = facts_table(f, "vmstat"), *samples = facts_table(f, "vmstat_sample");
    table_add(t);
    cell_number(t, 0, SAMPLES, (double)s->samples);
    if (s->samples == 0) {
        facts_fail(f, s->status, "%s", s->why.text);
        row_unknown(t, 0, s->why.text);
        free(own);
        return;
    }
    if (s->why.text[0])
        facts_fail(f, STATUS_PARTIAL, "%s", s->why.text);
    double page = (double)page_size(in->root), window = s->last.time - s->first.time;
    cell_number(t, 0, WINDOW, window);
    cell_number(t, 0, FREE_MIN, (double)s->free_min * page);
    cell_number(t, 0, FREE_LAST, (double)s->last.counters.value[CT_NR_FREE] * page);
    if (s->last.counters.known[CT_OOM_KILL])
        cell_number(t, 0, OOM_KILLS_EVER, (double)s->last.counters.value[CT_OOM_KILL]);
    else
        not_counted(t, OOM_KILLS_EVER, CT_OOM_KILL);
    if (s->samples < 2 || window <= 0) {
        row_unknown(t, 0, "one moment only; a window needs two");
    } else {
        for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
            put_change(t, s, changes[i].column, changes[i].counter, page);
        if (s->in_max >= 0)
            cell_number(t, 0, SWAP_IN_MAX, s->in_max * page);
        if (s->out_max >= 0)
            cell_number(t, 0, SWAP_OUT_MAX, s->out_max * page);
        put_refaults(t, s);
        put_shares(t, s);
        put_files(t, s, page);
        row_unknown(t, 0, "this kernel does not count it, or its counters ran backwards");
    }
    const struct point *before = NULL;
    for (size_t i = 0; i < s->kept; i++) {
        add_sample(samples, before, &s->points[i], page);
        before = &s->points[i];
    }
    if (before && s->last.time > before->time && s->kept < SAMPLES_MAX)
        add_sample(samples, before, &s->last, page);
    free(own);
}

extern const struct probe probe_vmstat;
const struct probe probe_vmstat = {
    .name = "vmstat",
    .help = "swapping, reclaim and compaction over a window",
    .classic = "vmstat 5 10",
    .tables = tables,
    .table_count = 2,
    .reads = "proc/zoneinfo",
    .reads_moving = "proc/vmstat proc/meminfo",
    .open = open_state,
    .sample = sample,
    .thin = thin,
    .collect = collect,
    .close = free,
};
