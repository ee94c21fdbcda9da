/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of the kernel's memory management, each with what this host's own numbers recommend. To leave it is the
 * common advice. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probes/advice.h"
#include "probes/kernel/buddyinfo.h"
#include "probes/kernel/page_size.h"
#include "facts/probe.h"
#include "probes/kernel/swaps.h"

enum { NAME, CURRENT, CURRENT_VALUE, DEFAULT, RECOMMENDED, RECOMMENDED_VALUE, ADVICE, DIFFERS, WHY, SOURCE, RISK };
static const struct column columns[] = {
    [NAME] = {"name", TYPE_TEXT, "sysctl, or transparent_hugepage/… below /sys/kernel/mm", .role = ROLE_KEY},
    [CURRENT] = {"current", TYPE_TEXT, "its value now"},
    [CURRENT_VALUE] = {"current_value", TYPE_COUNT, "the same as a number"},
    [DEFAULT] = {"default", TYPE_TEXT, "what the kernel sets by itself"},
    [RECOMMENDED] = {"recommended", TYPE_TEXT, "what suits this host"},
    [RECOMMENDED_VALUE] = {"recommended_value", TYPE_COUNT, "the same as a number"},
    [ADVICE] = {"advice", TYPE_TEXT, "keep, change, absent (this kernel has none) or unknown"},
    [DIFFERS] = {"differs", TYPE_BOOL, "somebody set it: it is not the kernel's default"},
    [WHY] = {"why", TYPE_TEXT, "reason, with this host's numbers"},
    [SOURCE] = {"source", TYPE_TEXT, "where the default or the formula comes from"},
    [RISK] = {"risk", TYPE_TEXT, "what a change can do"},
};

enum { T_ENABLED, T_DEFRAG, T_SHMEM, T_MAX_PTES_NONE, T_KHUGEPAGED_DEFRAG, T_HUGE_SIZE };
static const struct column thp_columns[] = {
    [T_ENABLED] = {"enabled", TYPE_TEXT, "always, madvise or never"},
    [T_DEFRAG] = {"defrag", TYPE_TEXT, "always, defer, defer+madvise, madvise or never"},
    [T_SHMEM] = {"shmem_enabled", TYPE_TEXT, "huge pages for shared memory"},
    [T_MAX_PTES_NONE] = {"max_ptes_none", TYPE_COUNT, "empty pages that khugepaged may fill up to make a huge page"},
    [T_KHUGEPAGED_DEFRAG] = {"khugepaged_defrag", TYPE_COUNT, "khugepaged may compact (0 or 1)"},
    [T_HUGE_SIZE] = {"huge_page_size", TYPE_BYTES, "size of a huge page"},
};

static const struct table_decl tables[] = {
    {.name = "tunable", .help = "settings and what suits this host", COLUMNS(columns)},
    {.name = "thp", .help = "transparent huge pages", COLUMNS(thp_columns), .single = true},
};

struct host {
    const struct root *root;
    struct table *table;
    bool sysctls; /* some vm setting could be read: one that is not there is absent from this kernel */
    struct meminfo m;
    bool meminfo;
    double total_kb;
    uint64_t page;
    unsigned version;
    char thp[32], defrag[32]; /* the chosen words; empty if there is no THP */
    bool thp_known;           /* false: /sys/kernel/mm was not captured, as in a sosreport */
    bool thp_in_use;          /* taken for granted if unknown: that is what distributions set */
    struct min_free min_free;
    bool min_free_known;
    bool swap_known, swap, zram, zswap;
    double score, free_share; /* negative: unknown */
};

/* A row being written. */
struct row {
    struct host *host;
    size_t at;
    uint64_t value;
};

static void say(const struct row *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct row *r, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
    cell_text(r->host->table, r->at, WHY, text);
}

static void put_value(const struct row *r, unsigned text_column, int number_column, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    cell_text(r->host->table, r->at, text_column, text);
    if (number_column >= 0)
        cell_number(r->host->table, r->at, (unsigned)number_column, (double)value);
}

static void put_default(const struct row *r, uint64_t value)
{
    put_value(r, DEFAULT, -1, value);
    cell_bool(r->host->table, r->at, DIFFERS, r->value != value);
}

static void keep(const struct row *r)
{
    put_value(r, RECOMMENDED, RECOMMENDED_VALUE, r->value);
    cell_text(r->host->table, r->at, ADVICE, "keep");
}

static void change(const struct row *r, uint64_t value)
{
    put_value(r, RECOMMENDED, RECOMMENDED_VALUE, value);
    cell_text(r->host->table, r->at, ADVICE, "change");
}

static struct row begin(struct host *h, const char *name, const char *source, const char *risk)
{
    struct row r = {h, table_add(h->table), 0};
    cell_text(h->table, r.at, NAME, name);
    cell_text(h->table, r.at, SOURCE, source);
    cell_text(h->table, r.at, RISK, risk);
    return r;
}

static void finish_without(struct row *r, const char *advice, const char *why)
{
    cell_text(r->host->table, r->at, ADVICE, advice);
    cell_text(r->host->table, r->at, WHY, why);
    row_unknown(r->host->table, r->at, why);
}

/* Starts a row for a sysctl and reads its number. False: the row is complete without it. */
static bool sysctl_row(struct host *h, struct row *r, const char *name, const char *source, const char *risk)
{
    char text[64];
    struct err e;
    enum status status;
    *r = begin(h, name, source, risk);
    if (!root_sysctl(h->root, name, text, sizeof text, &status, &e)) {
        char why[600];
        if (status == STATUS_ABSENT && h->sysctls) {
            snprintf(why, sizeof why, "this kernel has no %s", name);
            finish_without(r, "absent", why);
        } else {
            facts_fail(h->table->facts, STATUS_PARTIAL, "%s", e.text);
            finish_without(r, "unknown", e.text);
        }
        return false;
    }
    struct span s = span_of_string(text);
    if (!scan_number(&s, &r->value) || !scan_end(&s)) {
        char why[128];
        snprintf(why, sizeof why, "%s is not a number", name);
        facts_fail(h->table->facts, STATUS_MALFORMED, "%s", why);
        finish_without(r, "unknown", why);
        return false;
    }
    put_value(r, CURRENT, CURRENT_VALUE, r->value);
    return true;
}

/* "always defer [madvise] never": the word in brackets, or the whole if there is none. */
static bool chosen(const struct root *r, const char *path, char out[32], char *all, size_t size)
{
    char text[256];
    if (!source_line(r, path, text, sizeof text))
        return false;
    if (all)
        snprintf(all, size, "%s", text);
    char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
    if (!close || close - open > 31)
        return false;
    *close = '\0';
    snprintf(out, 32, "%s", open + 1);
    return true;
}

static const char *no_thp(const struct host *h, const char *missing)
{
    return h->thp_known ? missing : "/sys/kernel/mm was not captured";
}

static void min_free_kbytes(struct host *h)
{
    struct row r;
    if (!sysctl_row(
            h, &r, "vm.min_free_kbytes",
            "Linux mm/page_alloc.c calculate_min_free_kbytes(), mm/khugepaged.c set_recommended_min_free_kbytes()",
            "memory kept free is lost to cache and applications; set far too high it makes the host reclaim or kill at "
            "once"))
        return;
    if (!h->min_free_known || !h->meminfo) {
        finish_without(&r, "unknown",
                       "/proc/zoneinfo or /proc/meminfo: not read, so the kernel's own value cannot be computed");
        return;
    }
    const struct min_free *m = &h->min_free;
    char formula[400];
    if (m->huge_kb > m->plain_kb)
        snprintf(formula, sizeof formula,
                 "%u zones x %llu pages of a pageblock x 11 x %llu KiB = %llu kB for huge pages%s "
                 "(without them sqrt(16 x %llu kB) = %llu kB)",
                 m->zones, (unsigned long long)m->block_pages, (unsigned long long)(h->page / 1024),
                 (unsigned long long)m->huge_kb,
                 m->huge_capped ? ", held to 5 % of low memory"
                 : h->thp_known ? ""
                                : ", if they are on",
                 (unsigned long long)m->lowmem_kb, (unsigned long long)m->plain_kb);
    else
        snprintf(formula, sizeof formula, "sqrt(16 x %llu kB of low memory) = %llu kB",
                 (unsigned long long)m->lowmem_kb, (unsigned long long)m->plain_kb);
    put_default(&r, m->kb);
    /* The kernel computed it from what memory there was at boot: a few per cent beside are no setting of anybody. */
    double value = (double)r.value, own = (double)m->kb, least = h->thp_known ? own : (double)m->plain_kb;
    bool low = value < 0.95 * least;
    bool high = value > 0.05 * h->total_kb && value > 1.05 * own;
    double share = 100 * value / h->total_kb;
    if (h->thp_known || low || value > 1.05 * own)
        cell_bool(h->table, r.at, DIFFERS, low || value > 1.05 * own);
    else
        cell_unknown(h->table, r.at, DIFFERS, no_thp(h, ""));
    if (low) {
        change(&r, m->kb);
        say(&r,
            "%llu kB is below the kernel's own value for this host: %s. Bursts and huge pages then find too little in "
            "reserve.",
            (unsigned long long)r.value, formula);
    } else if (high) {
        change(&r, m->kb);
        say(&r, "%llu kB is %.1f %% of memory, held back from everybody; the kernel's own value is %s.",
            (unsigned long long)r.value, share, formula);
    } else {
        keep(&r);
        say(&r, "%.1f %% of memory; the kernel's own value for this host: %s.", share, formula);
    }
}

static void watermark_scale_factor(struct host *h)
{
    struct row r;
    if (!sysctl_row(h, &r, "vm.watermark_scale_factor",
                    "Linux Documentation/admin-guide/sysctl/vm.rst (unit: 1/10000 of memory; default 10)",
                    "each step keeps more memory idle between the watermarks"))
        return;
    put_default(&r, 10);
    double percent = (double)r.value / 100;
    if (r.value < 10) {
        change(&r, 10);
        say(&r,
            "%.2f %% between the watermarks is less than the default 0.1 %%: background reclaim starts too late for "
            "bursts.",
            percent);
    } else if (r.value > 200) {
        change(&r, 200);
        say(&r, "%.1f %% of memory between the watermarks lies idle; above 2 %% there is no gain for bursts.", percent);
    } else {
        keep(&r);
        say(&r, "%.1f %% of memory between the watermarks; 0.1 to 2 %% is sound, more only against stalls in bursts.",
            percent);
    }
}

static void watermark_boost_factor(struct host *h)
{
    struct row r;
    if (!sysctl_row(h, &r, "vm.watermark_boost_factor", "Linux Documentation/admin-guide/sysctl/vm.rst (default 15000)",
                    "background reclaim works more often, for a short while"))
        return;
    put_default(&r, 15000);
    if (r.value == 0) {
        change(&r, 15000);
        say(&r, "0 switches off what the kernel does when kinds of pages get mixed in a block: fragmentation then "
                "builds up. 0 is right "
                "only where background reclaim runs in bursts with plenty free.");
    } else {
        keep(&r);
        say(&r, "reclaims a little when kinds of pages get mixed in a block, against fragmentation.");
    }
}

static void compaction_proactiveness(struct host *h)
{
    struct row r;
    if (!sysctl_row(
            h, &r, "vm.compaction_proactiveness",
            "Linux Documentation/admin-guide/sysctl/vm.rst (default 20), mm/compaction.c fragmentation_score_wmark()",
            "writing it compacts at once; kcompactd uses processor time and causes latency spikes, above 80 all the "
            "time"))
        return;
    put_default(&r, 20);
    uint64_t fit = proactiveness_for(h->score);
    if (r.value > 80) {
        change(&r, 60);
        say(&r, "%llu keeps kcompactd busy nearly always; up to 60 is sound.", (unsigned long long)r.value);
    } else if (r.value == 0 && h->thp_in_use) {
        change(&r, h->score >= 55 && h->free_share >= 0.1 ? fit : 20);
        say(&r,
            "0 switches off compaction in the background while huge pages are in use (%s); requests then compact by "
            "themselves "
            "and wait.",
            h->thp[0] ? h->thp : "as far as one can tell");
    } else if (h->score >= 55 && h->score <= buddy_wake_line((unsigned)r.value) && h->free_share >= 0.1 &&
               fit > r.value) {
        /* Little free memory is always in small pieces: that is a full page cache, not a fault. Above its line kcompactd is
         * at work already. */
        change(&r, fit);
        say(&r,
            "%.0f %% of memory is free but fragmented: the node score is %.0f, and kcompactd starts above %u only. "
            "clamp(115 - score, 20, 60) = %llu lets it work.",
            100 * h->free_share, h->score, buddy_wake_line((unsigned)r.value), (unsigned long long)fit);
    } else {
        keep(&r);
        if (h->score >= 0)
            say(&r, "the worst node score is %.0f; kcompactd starts above %u and stops at %u.", h->score,
                buddy_wake_line((unsigned)r.value), buddy_stop_line((unsigned)r.value));
        else
            say(&r, "kcompactd starts above a node score of %u and stops at %u.", buddy_wake_line((unsigned)r.value),
                buddy_stop_line((unsigned)r.value));
    }
}

static void extfrag_threshold(struct host *h)
{
    struct row r;
    if (!sysctl_row(h, &r, "vm.extfrag_threshold",
                    "Linux Documentation/admin-guide/sysctl/vm.rst (0 to 1000, default 500)",
                    "lower compacts where reclaim would do, higher reclaims where compaction would do"))
        return;
    put_default(&r, 500);
    if (r.value == 500) {
        keep(&r);
        say(&r, "the kernel compacts if a failing request is due to fragmentation rather than to lack of memory.");
    } else {
        change(&r, 500);
        say(&r,
            r.value > 500
                ? "%llu: the kernel takes most failing requests for lack of memory and does not compact for them; the "
                  "default decides at 500."
                : "%llu: the kernel compacts even where memory is lacking, for nothing; the default decides at 500.",
            (unsigned long long)r.value);
    }
}

static void defrag_mode(struct host *h)
{
    struct row r;
    if (!sysctl_row(h, &r, "vm.defrag_mode",
                    "Linux Documentation/admin-guide/sysctl/vm.rst (recent kernels; default 0)",
                    "allocations that would mix kinds of pages reclaim or compact instead, and wait for it"))
        return;
    put_default(&r, 0);
    keep(&r);
    say(&r, r.value ? "kinds of pages are not mixed in a block unless memory would run out."
                    : "the default. 1, set at boot, prevents mixing on hosts that must have huge pages for months; it "
                      "does not cure later.");
}

static void swappiness(struct host *h)
{
    struct row r;
    if (!sysctl_row(h, &r, "vm.swappiness",
                    "Linux Documentation/admin-guide/sysctl/vm.rst (0 to 200, before 5.8 to 100; default 60)",
                    "moves reclaim between anonymous memory and cache; it does not change fragmentation"))
        return;
    put_default(&r, 60);
    const char *none = "a cost ratio between swap and file I/O; it does not defragment anything";
    if (h->swap_known && !h->swap) {
        keep(&r);
        say(&r, "no swap: without effect now.");
    } else if (r.value == 0 && h->swap) {
        change(&r, 60);
        say(&r, "0 keeps anonymous memory to the last: reclaim falls on the cache, and the OOM killer comes sooner "
                "although swap is there.");
    } else if (r.value > 100 && h->swap && !h->zram && !h->zswap) {
        change(&r, 60);
        say(&r,
            "%llu says that swap is faster than files; that is so with zram or zswap only, and here swap is a device.",
            (unsigned long long)r.value);
    } else {
        keep(&r);
        if (r.value == 60)
            say(&r, "the default: %s.", none);
        else if (h->zram || h->zswap)
            say(&r, "%llu suits compressed swap, where high values are right: %s.", (unsigned long long)r.value, none);
        else if (r.value < 60)
            say(&r, "%llu: cache is reclaimed before anonymous memory; the default is 60. It is %s.",
                (unsigned long long)r.value, none);
        else
            say(&r, "%llu: anonymous memory is reclaimed more than cache; the default is 60. It is %s.",
                (unsigned long long)r.value, none);
    }
}

static void vfs_cache_pressure(struct host *h)
{
    struct row r;
    if (!sysctl_row(h, &r, "vm.vfs_cache_pressure", "Linux Documentation/admin-guide/sysctl/vm.rst (default 100)",
                    "higher drops cached names and inodes sooner, so that file look-ups cost more"))
        return;
    /* Newer kernels take it in parts of vm.vfs_cache_pressure_denom, 100 unless set. */
    char text[32];
    uint64_t base = 100;
    struct err e;
    enum status status;
    if (root_sysctl(h->root, "vm.vfs_cache_pressure_denom", text, sizeof text, &status, &e)) {
        struct span s = span_of_string(text);
        uint64_t n;
        if (scan_number(&s, &n) && n >= 100 && n <= 1000000)
            base = n;
    }
    put_default(&r, base);
    if (r.value == 0) {
        change(&r, base);
        say(&r, "0 never frees cached names and inodes: they grow until the OOM killer comes.");
    } else if (r.value > 2 * base) {
        change(&r, base);
        say(&r,
            "%llu drops cached names and inodes faster than they are of use; up to %llu only where they are shown to "
            "dominate.",
            (unsigned long long)r.value, (unsigned long long)(2 * base));
    } else {
        keep(&r);
        say(&r, "names and inodes are reclaimed %s page cache.",
            r.value == base  ? "as readily as"
            : r.value < base ? "later than"
                             : "sooner than");
    }
}

static void max_map_count(struct host *h, long pid)
{
    struct row r;
    if (!sysctl_row(h, &r, "vm.max_map_count", "Linux Documentation/admin-guide/sysctl/vm.rst (default 65530)",
                    "a runaway process can use more kernel memory for its mappings"))
        return;
    put_default(&r, 65530);
    uint64_t maps = pid > 0 ? count_maps(h->root, pid) : 0;
    if (r.value < 65530) {
        change(&r, 65530);
        say(&r, "below the default: a process with more mappings gets ENOMEM, which looks like memory running out.");
    } else if ((double)maps > 0.8 * (double)r.value) {
        change(&r, 2 * r.value);
        say(&r, "process %ld has %llu of %llu mappings; at the limit it gets ENOMEM with memory free.", pid,
            (unsigned long long)maps, (unsigned long long)r.value);
    } else {
        keep(&r);
        say(&r, "mappings that one process may have; double it where one comes above 80 %% of it.");
    }
}

static void zone_reclaim_mode(struct host *h)
{
    struct row r;
    if (!sysctl_row(
            h, &r, "vm.zone_reclaim_mode", "Linux Documentation/admin-guide/sysctl/vm.rst (default 0 since 3.16)",
            "memory of other nodes is used before cache is dropped: slower access for programs bound to a node"))
        return;
    put_default(&r, 0);
    if (r.value) {
        change(&r, 0);
        say(&r, "not 0: a node reclaims its own cache, and swaps, while others have memory free.");
    } else {
        keep(&r);
        say(&r, "nodes share their free memory.");
    }
}

static void overcommit(struct host *h)
{
    struct row r;
    if (sysctl_row(h, &r, "vm.overcommit_memory",
                   "Linux Documentation/admin-guide/mm/overcommit-accounting (default 0)",
                   "programs can be refused memory, or killed, at another time than before")) {
        put_default(&r, 0);
        keep(&r);
        if (r.value == 2 && h->meminfo && h->m.known[MI_COMMIT_LIMIT] && h->m.value[MI_COMMIT_LIMIT])
            say(&r,
                "2: the kernel refuses to promise more than CommitLimit, and %.0f %% of it are promised; a refusal "
                "looks like memory "
                "running out and has nothing to do with fragmentation.",
                100 * (double)meminfo_value(&h->m, MI_COMMITTED_AS) / (double)h->m.value[MI_COMMIT_LIMIT]);
        else
            say(&r, "decides what is promised, not what is used: unrelated to fragmentation.");
    }
    if (sysctl_row(h, &r, "vm.overcommit_ratio",
                   "Linux Documentation/admin-guide/mm/overcommit-accounting (default 50)",
                   "counts with vm.overcommit_memory 2 only")) {
        put_default(&r, 50);
        keep(&r);
        say(&r, "counts with vm.overcommit_memory 2 only.");
    }
}

static void nr_hugepages(struct host *h)
{
    struct row r;
    if (!sysctl_row(
            h, &r, "vm.nr_hugepages", "Linux Documentation/admin-guide/mm/hugetlbpage (default 0)",
            "a program that wants the pool later cannot start; a pool once given back may be hard to get again"))
        return;
    put_default(&r, 0);
    if (!h->meminfo || !h->m.known[MI_HUGE_FREE] || !h->m.known[MI_HUGE_SIZE]) {
        keep(&r);
        say(&r, "/proc/meminfo does not tell how much of the pool is in use.");
        return;
    }
    uint64_t idle = h->m.value[MI_HUGE_FREE], reserved = meminfo_value(&h->m, MI_HUGE_RSVD),
             all = meminfo_value(&h->m, MI_HUGE_TOTAL);
    uint64_t unused = idle > reserved ? idle - reserved : 0;
    double share = (double)unused * (double)h->m.value[MI_HUGE_SIZE] / (double)h->m.value[MI_MEM_TOTAL];
    if (share > 0.1 && unused <= all) {
        change(&r, all - unused);
        say(&r,
            "%llu of %llu huge pages lie idle, %.0f %% of memory that nothing else can use. Unless a program is about "
            "to start that "
            "wants them, give them back.",
            (unsigned long long)unused, (unsigned long long)all, 100 * share);
    } else {
        keep(&r);
        if (all)
            say(&r, "%llu of %llu pages of the pool are in use or reserved.", (unsigned long long)(all - unused),
                (unsigned long long)all);
        else
            say(&r, "no pool of huge pages.");
    }
}

static void thp_enabled(struct host *h)
{
    struct row r = begin(h, "transparent_hugepage/enabled", "Linux Documentation/admin-guide/mm/transhuge.rst",
                         "fewer huge pages: more time in page table walks");
    if (!h->thp[0]) {
        finish_without(&r, h->thp_known ? "absent" : "unknown",
                       no_thp(h, "/sys/kernel/mm/transparent_hugepage: not found"));
        return;
    }
    cell_text(h->table, r.at, CURRENT, h->thp);
    cell_text(h->table, r.at, RECOMMENDED, h->thp);
    cell_text(h->table, r.at, ADVICE, "keep");
    bool always = strcmp(h->thp, "always") == 0;
    say(&r, always ? "every large mapping may get huge pages; what hurts is waiting for them (see defrag), or memory "
                     "that grows by them."
            : strcmp(h->thp, "never") == 0 ? "no huge pages: order-9 blocks are wanted by hardly anybody."
                                           : "huge pages for programs that ask for them.");
    cell_unknown(h->table, r.at, DEFAULT, "the kernel's configuration decides: always or madvise");
    cell_unknown(h->table, r.at, DIFFERS, "the kernel's configuration decides: always or madvise");
    row_unknown(h->table, r.at, "a word, not a number");
}

static void thp_defrag(struct host *h)
{
    char all[256] = "", now[32];
    struct row r =
        begin(h, "transparent_hugepage/defrag", "Linux Documentation/admin-guide/mm/transhuge.rst (default madvise)",
              "huge pages come later, made in the background");
    if (!h->thp[0] || !chosen(h->root, "sys/kernel/mm/transparent_hugepage/defrag", now, all, sizeof all)) {
        finish_without(&r, h->thp_known ? "absent" : "unknown",
                       no_thp(h, "/sys/kernel/mm/transparent_hugepage/defrag: not found"));
        return;
    }
    /* 4.6 made madvise the default; defer+madvise is new in 4.11. */
    const char *better = strstr(all, "defer+madvise") ? "defer+madvise" : "madvise";
    bool stalls = strcmp(now, "always") == 0 && strcmp(h->thp, "always") == 0;
    cell_text(h->table, r.at, CURRENT, now);
    cell_text(h->table, r.at, DEFAULT, h->version && h->version < 4006 ? "always" : "madvise");
    cell_bool(h->table, r.at, DIFFERS, strcmp(now, h->version && h->version < 4006 ? "always" : "madvise") != 0);
    cell_text(h->table, r.at, RECOMMENDED, stalls ? better : now);
    cell_text(h->table, r.at, ADVICE, stalls ? "change" : "keep");
    if (stalls)
        say(&r,
            "enabled and defrag are both always: any page fault may stop to compact or reclaim for a huge page. With "
            "%s only programs that "
            "asked for huge pages wait.",
            better);
    else
        say(&r, "%s",
            strcmp(now, "always") == 0
                ? "always has the effect of madvise while enabled is not always."
                : "page faults of programs that did not ask for huge pages do not wait for them.");
    row_unknown(h->table, r.at, "a word, not a number");
}

static void max_ptes_none(struct host *h)
{
    struct row r = begin(h, "transparent_hugepage/khugepaged/max_ptes_none",
                         "Linux Documentation/admin-guide/mm/transhuge.rst (default: pages of a huge page - 1)",
                         "fewer huge pages are made in the background");
    if (!source_number(h->root, "sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none", &r.value)) {
        finish_without(&r, h->thp_known ? "absent" : "unknown",
                       no_thp(h, "/sys/kernel/mm/transparent_hugepage/khugepaged: not found"));
        return;
    }
    uint64_t huge = huge_page_size(h->root);
    put_value(&r, CURRENT, CURRENT_VALUE, r.value);
    if (huge > h->page)
        put_default(&r, huge / h->page - 1);
    keep(&r);
    say(&r,
        "up to %llu pages of a huge page may be empty when khugepaged makes it; lower it where huge pages make "
        "programs grow.",
        (unsigned long long)r.value);
    row_unknown(h->table, r.at, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size: not found");
}

static void put_thp(struct host *h, struct table *t)
{
    char word[32];
    uint64_t n;
    const char *why = "this kernel has no transparent huge pages, or /sys was not captured";
    table_add(t);
    if (h->thp[0])
        cell_text(t, 0, T_ENABLED, h->thp);
    if (h->defrag[0])
        cell_text(t, 0, T_DEFRAG, h->defrag);
    if (chosen(h->root, "sys/kernel/mm/transparent_hugepage/shmem_enabled", word, NULL, 0))
        cell_text(t, 0, T_SHMEM, word);
    if (source_number(h->root, "sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none", &n))
        cell_number(t, 0, T_MAX_PTES_NONE, (double)n);
    if (source_number(h->root, "sys/kernel/mm/transparent_hugepage/khugepaged/defrag", &n))
        cell_number(t, 0, T_KHUGEPAGED_DEFRAG, (double)n);
    n = huge_page_size(h->root);
    if (n)
        cell_number(t, 0, T_HUGE_SIZE, (double)n);
    row_unknown(t, 0, why);
}

static void look_at_swap(struct host *h)
{
    AUTO_SWAPS struct swaps s = {0};
    struct err e;
    enum status status;
    char text[16];
    if (swaps_read(&s, h->root, &status, &e)) {
        h->swap_known = true;
        h->swap = s.count > 0;
        for (size_t i = 0; i < s.count; i++)
            h->zram |= swap_is_zram(&s.devices[i]);
    } else if (h->meminfo && h->m.known[MI_SWAP_TOTAL]) {
        h->swap_known = true;
        h->swap = h->m.value[MI_SWAP_TOTAL] > 0;
    }
    if (source_line(h->root, "sys/module/zswap/parameters/enabled", text, sizeof text))
        h->zswap = text[0] == 'Y' || text[0] == '1';
}

static void look_at_zones(struct host *h)
{
    AUTO_ZONEINFO struct zoneinfo z = {0};
    AUTO_BUDDYINFO struct buddyinfo b = {0};
    struct err e;
    enum status status;
    h->score = h->free_share = -1;
    bool buddy = buddyinfo_read(&b, h->root, &status, &e);
    if (!zoneinfo_read(&z, h->root, &status, &e)) {
        facts_fail(h->table->facts, STATUS_PARTIAL, "%s", e.text);
        return;
    }
    buddy = buddy && buddyinfo_fits(&b, &z, &e);
    unsigned orders = buddy ? b.orders : 0, block = pageblock_order(h->root, h->page, orders);
    h->min_free_known = min_free_compute(&h->min_free, &z, h->page, block, h->thp_in_use, h->version);
    if (!buddy)
        return;
    unsigned order = huge_order(h->root, h->page, orders);
    double managed = 0, pages = 0;
    for (size_t i = 0; i < z.count; i++) {
        uint64_t present = 0, score = 0;
        managed += (double)z.zones[i].managed;
        for (size_t k = 0; k < z.count; k++)
            present += z.zones[k].node == z.zones[i].node ? z.zones[k].present : 0;
        for (size_t k = 0; k < b.count; k++) {
            const struct zone_facts *zone =
                b.zones[k].node == z.zones[i].node ? zoneinfo_find(&z, b.zones[k].node, b.zones[k].name) : NULL;
            if (zone)
                score += zone->present * buddy_zone_score(&b.zones[k], orders, order) / (present + 1);
        }
        if ((double)score > h->score)
            h->score = (double)score;
    }
    for (size_t k = 0; k < b.count; k++)
        pages += (double)buddy_free_pages(&b.zones[k], orders);
    if (managed > 0)
        h->free_share = pages / managed;
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    struct host h = {.root = in->root, .table = facts_table(f, "tunable")};
    struct err e;
    enum status status;
    char text[64];
    h.sysctls = root_sysctl(in->root, "vm.swappiness", text, sizeof text, &status, &e) ||
                root_sysctl(in->root, "vm.min_free_kbytes", text, sizeof text, &status, &e);
    if (!h.sysctls)
        facts_fail(f, status, "%s", e.text);
    h.meminfo = meminfo_read(&h.m, in->root, &status, &e);
    if (!h.meminfo)
        facts_fail(f, STATUS_PARTIAL, "%s", e.text);
    h.total_kb = (double)meminfo_value(&h.m, MI_MEM_TOTAL) / 1024;
    h.page = page_size(in->root);
    h.version = kernel_version(in->root);
    if (!chosen(in->root, "sys/kernel/mm/transparent_hugepage/enabled", h.thp, NULL, 0))
        h.thp[0] = '\0';
    if (!chosen(in->root, "sys/kernel/mm/transparent_hugepage/defrag", h.defrag, NULL, 0))
        h.defrag[0] = '\0';
    int mm = in->root->live ? -1 : root_open_dir(in->root, "sys/kernel/mm");
    h.thp_known = h.thp[0] || in->root->live || mm >= 0;
    if (mm >= 0)
        close(mm);
    h.thp_in_use = h.thp[0] ? strcmp(h.thp, "never") != 0 : !h.thp_known;
    look_at_swap(&h);
    look_at_zones(&h);
    min_free_kbytes(&h);
    watermark_scale_factor(&h);
    watermark_boost_factor(&h);
    compaction_proactiveness(&h);
    extfrag_threshold(&h);
    defrag_mode(&h);
    swappiness(&h);
    vfs_cache_pressure(&h);
    max_map_count(&h, in->pid);
    zone_reclaim_mode(&h);
    overcommit(&h);
    nr_hugepages(&h);
    thp_enabled(&h);
    thp_defrag(&h);
    max_ptes_none(&h);
    put_thp(&h, facts_table(f, "thp"));
}

extern const struct probe probe_tunables;
const struct probe probe_tunables = {
    .name = "tunables",
    .help = "kernel settings and what suits this host",
    .classic = "sysctl vm.min_free_kbytes vm.swappiness",
    .tables = tables,
    .table_count = 2,
    .collect = collect,
};
