/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of the kernel's memory management: their values, the kernel's defaults, and the numbers of this host that they are
 * to be held against. What is right is for the playbook to say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts/probe.h"
#include "facts/setting.h"
#include "probes/kernel/buddyinfo.h"
#include "probes/kernel/min_free.h"
#include "probes/kernel/page_size.h"
#include "probes/kernel/source.h"

#define TUNABLE_COLUMNS(X)                                                                                             \
    X(NAME, "name", TYPE_TEXT, "sysctl, or transparent_hugepage/… below /sys/kernel/mm", .values = setting_names,      \
      .role = ROLE_KEY)                                                                                                \
    X(PRESENT, "present", TYPE_BOOL, "this kernel has it")                                                             \
    X(CURRENT, "current", TYPE_TEXT, "its value now")                                                                  \
    X(CURRENT_VALUE, "current_value", TYPE_COUNT, "the same as a number")                                              \
    X(DEFAULT, "default", TYPE_TEXT, "what the kernel sets by itself, on this machine")                                \
    X(DEFAULT_VALUE, "default_value", TYPE_COUNT, "the same as a number")                                              \
    X(DIFFERS, "differs", TYPE_BOOL, "it is not the kernel's default")                                                 \
    X(SHARE, "share", TYPE_RATIO, "share of memory, of settings that are an amount of it")                             \
    X(LOW, "low", TYPE_COUNT, "the least that `fragwizard apply` sets it to")                                          \
    X(HIGH, "high", TYPE_COUNT, "the most that it sets it to, on this machine")                                        \
    X(ABOUT, "about", TYPE_TEXT, "what it does")                                                                       \
    X(SOURCE, "source", TYPE_TEXT, "where that and the default are documented")                                        \
    X(RISK, "risk", TYPE_TEXT, "what a change can do")
enum { TUNABLE_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {TUNABLE_COLUMNS(LIST_ENTRY)};

static const char *const thp_words[] = {"always", "madvise", "never", NULL};
static const char *const thp_defrag_words[] = {"always", "defer", "defer+madvise", "madvise", "never", NULL};
static const char *const thp_shmem_words[] = {"always", "within_size", "advise", "never", "deny", "force", NULL};
#define THP_COLUMNS(X)                                                                                                 \
    X(T_ENABLED, "enabled", TYPE_TEXT, "who gets huge pages", .values = thp_words)                                     \
    X(T_DEFRAG, "defrag", TYPE_TEXT, "who waits for a huge page while memory is compacted",                            \
      .values = thp_defrag_words)                                                                                      \
    X(T_DEFRAG_WORDS, "defrag_words", TYPE_TEXT, "those of them that this kernel offers")                              \
    X(T_IN_USE, "in_use", TYPE_BOOL, "programs can get huge pages: enabled is always or madvise")                      \
    X(T_SHMEM, "shmem_enabled", TYPE_TEXT, "huge pages for shared memory", .values = thp_shmem_words)                  \
    X(T_MAX_PTES_NONE, "max_ptes_none", TYPE_COUNT, "empty pages that khugepaged may fill up to make a huge page")     \
    X(T_KHUGEPAGED_DEFRAG, "khugepaged_defrag", TYPE_COUNT, "khugepaged may compact (0 or 1)")                         \
    X(T_HUGE_SIZE, "huge_page_size", TYPE_BYTES, "size of a huge page")
enum { THP_COLUMNS(LIST_INDEX) };
static const struct column thp_columns[] = {THP_COLUMNS(LIST_ENTRY)};

#define RESERVE_COLUMNS(X)                                                                                             \
    X(R_ZONES, "zones", TYPE_COUNT, "zones with memory, but Movable, HighMem and Device")                              \
    X(R_BLOCK, "block_kb", TYPE_COUNT, "size of a pageblock, in kB")                                                   \
    X(R_LOW, "low_kb", TYPE_COUNT, "memory of these zones, in kB")                                                     \
    X(R_PLAIN, "plain_kb", TYPE_COUNT, "clamp(sqrt(16 * low_kb), 128, 262144); before Linux 5.8 at most 65536")        \
    X(R_HUGE, "huge_kb", TYPE_COUNT, "min(11 * zones * block_kb, 5 % of low_kb) with huge pages; 0 without")           \
    X(R_OWN, "own_kb", TYPE_COUNT,                                                                                     \
      "the larger of the two, which the kernel sets; where that is unknown, huge pages are assumed to be in use")      \
    X(R_LEAST, "least_kb", TYPE_COUNT, "the same, but without huge pages where nothing tells")
enum { RESERVE_COLUMNS(LIST_INDEX) };
static const struct column reserve_columns[] = {RESERVE_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "tunable", .help = "settings, and what the kernel sets by itself", COLUMNS(columns)},
    {.name = "thp", .help = "transparent huge pages", COLUMNS(thp_columns), .single = true},
    {.name = "reserve",
     .help = "vm.min_free_kbytes as the kernel computes it",
     COLUMNS(reserve_columns),
     .single = true},
};

#define THP "sys/kernel/mm/transparent_hugepage/"

struct host {
    const struct root *root;
    struct table *table;
    bool sysctls;   /* some vm setting could be read: one that is not there is absent from this kernel */
    bool thp_known; /* false: /sys/kernel/mm was not captured, as in a sosreport */
    struct meminfo m;
    uint64_t page, total_kb;
    unsigned version;
    struct min_free min_free;
    bool min_free_known;
};

/* "always defer [madvise] never": the word in brackets. Takes the brackets out of `all`, unless NULL. */
static bool chosen(const struct root *r, const char *path, char out[32], char *all, size_t size)
{
    char text[256];
    if (!source_line(r, path, text, sizeof text))
        return false;
    char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
    if (!close || close - open > 31)
        return false;
    *open = *close = '\0';
    snprintf(out, 32, "%s", open + 1);
    if (all)
        snprintf(all, size, "%s%s%s", text, out, close + 1);
    return true;
}

static bool fail(struct host *h, size_t row, bool absent, const char *why)
{
    if (absent)
        cell_bool(h->table, row, PRESENT, false);
    row_unknown(h->table, row, why);
    return false;
}

static bool read_sysctl(struct host *h, const struct setting *s, size_t row, char value[64])
{
    struct err e;
    enum status status;
    if (!root_sysctl(h->root, s->name, value, 64, &status, &e)) {
        bool absent = status == STATUS_ABSENT && h->sysctls;
        if (absent)
            err_set(&e, "this kernel has no %s", s->name);
        else
            facts_fail(h->table->facts, STATUS_PARTIAL, "%s", e.text);
        return fail(h, row, absent, e.text);
    }
    struct span f = span_of_string(value);
    uint64_t n;
    if (scan_number(&f, &n) && scan_end(&f))
        return true;
    err_set(&e, "%s is not a number", s->name);
    facts_fail(h->table->facts, STATUS_MALFORMED, "%s", e.text);
    return fail(h, row, false, e.text);
}

static bool read_huge_page_setting(struct host *h, const struct setting *s, size_t row, char value[64])
{
    uint64_t n;
    struct err e;
    bool found = s->words ? chosen(h->root, s->path, value, NULL, 0) : source_number(h->root, s->path, &n);
    if (found && !s->words)
        snprintf(value, 64, "%llu", (unsigned long long)n);
    if (!found && h->thp_known)
        err_set(&e, "/%s: not found", s->path);
    return found || fail(h, row, h->thp_known, h->thp_known ? e.text : "/sys/kernel/mm was not captured");
}

static bool is_named(const struct setting *s, const char *name)
{
    return strcmp(s->name, name) == 0;
}

/* Newer kernels take vm.vfs_cache_pressure in parts of vm.vfs_cache_pressure_denom. */
static uint64_t cache_pressure_base(const struct root *r)
{
    char text[32];
    struct err e;
    enum status status;
    uint64_t n;
    if (!root_sysctl(r, "vm.vfs_cache_pressure_denom", text, sizeof text, &status, &e))
        return 100;
    struct span f = span_of_string(text);
    return scan_number(&f, &n) && n >= 100 && n <= 1000000 ? n : 100;
}

/* What the kernel sets by itself. NULL: *why tells. */
static const char *default_of(const struct host *h, const struct setting *s, char text[32], const char **why)
{
    uint64_t n = 0, huge;
    *why = "the kernel's configuration decides: always or madvise";
    if (s->standard)
        return s->standard;
    if (is_named(s, "transparent_hugepage/defrag"))
        return h->version && h->version < 4006 ? "always" : "madvise";
    if (is_named(s, "vm.min_free_kbytes")) {
        *why = "/proc/zoneinfo: not read, so the kernel's own value cannot be computed";
        n = h->min_free_known ? h->min_free.kb : 0;
    } else if (is_named(s, "vm.vfs_cache_pressure")) {
        n = cache_pressure_base(h->root);
    } else if (is_named(s, "transparent_hugepage/khugepaged/max_ptes_none")) {
        *why = "/" THP "hpage_pmd_size: not found";
        huge = huge_page_size(h->root);
        n = huge > h->page ? huge / h->page - 1 : 0;
    }
    snprintf(text, 32, "%llu", (unsigned long long)n);
    return n ? text : NULL;
}

static void put_share(struct host *h, const struct setting *s, size_t row, double value)
{
    const struct meminfo *m = &h->m;
    if (is_named(s, "vm.watermark_scale_factor"))
        cell_number(h->table, row, SHARE, value / 10000);
    else if (is_named(s, "vm.min_free_kbytes") && h->total_kb)
        cell_number(h->table, row, SHARE, value / (double)h->total_kb);
    else if (is_named(s, "vm.nr_hugepages") && h->total_kb && m->known[MI_HUGE_SIZE])
        cell_number(h->table, row, SHARE, value * (double)m->value[MI_HUGE_SIZE] / 1024 / (double)h->total_kb);
    else
        cell_unknown(h->table, row, SHARE, "no amount of memory");
}

static void put_setting(struct host *h, const struct setting *s)
{
    struct table *t = h->table;
    char value[64], own[32];
    const char *why;
    size_t row = table_add(t);
    cell_text(t, row, NAME, s->name);
    cell_text(t, row, ABOUT, s->about);
    cell_text(t, row, SOURCE, s->source);
    cell_text(t, row, RISK, s->risk);
    if (!(strncmp(s->name, "vm.", 3) == 0 ? read_sysctl : read_huge_page_setting)(h, s, row, value))
        return;
    cell_bool(t, row, PRESENT, true);
    cell_text(t, row, CURRENT, value);
    const char *standard = default_of(h, s, own, &why);
    if (standard) {
        cell_text(t, row, DEFAULT, standard);
        cell_bool(t, row, DIFFERS, strcmp(value, standard) != 0);
    } else {
        cell_unknown(t, row, DEFAULT, why);
        cell_unknown(t, row, DEFAULT_VALUE, why);
        cell_unknown(t, row, DIFFERS, why);
    }
    if (!s->words) {
        cell_number(t, row, CURRENT_VALUE, strtod(value, NULL));
        if (standard)
            cell_number(t, row, DEFAULT_VALUE, strtod(standard, NULL));
        put_share(h, s, row, strtod(value, NULL));
        if (s->file && (h->total_kb || !s->memory_share)) {
            cell_number(t, row, LOW, (double)s->low);
            cell_number(t, row, HIGH, (double)setting_most(s, h->total_kb));
        }
    }
    row_unknown(t, row, s->words ? "a word, not a number" : "fragwizard does not set it");
}

static void put_thp(struct host *h, struct table *t)
{
    char word[32], all[256];
    uint64_t n;
    table_add(t);
    if (chosen(h->root, THP "enabled", word, NULL, 0)) {
        cell_text(t, 0, T_ENABLED, word);
        cell_bool(t, 0, T_IN_USE, strcmp(word, "never") != 0);
    } else if (h->thp_known) {
        cell_bool(t, 0, T_IN_USE, false);
    }
    if (chosen(h->root, THP "defrag", word, all, sizeof all)) {
        cell_text(t, 0, T_DEFRAG, word);
        cell_text(t, 0, T_DEFRAG_WORDS, all);
    }
    if (chosen(h->root, THP "shmem_enabled", word, NULL, 0))
        cell_text(t, 0, T_SHMEM, word);
    if (source_number(h->root, THP "khugepaged/max_ptes_none", &n))
        cell_number(t, 0, T_MAX_PTES_NONE, (double)n);
    if (source_number(h->root, THP "khugepaged/defrag", &n))
        cell_number(t, 0, T_KHUGEPAGED_DEFRAG, (double)n);
    n = huge_page_size(h->root);
    if (n)
        cell_number(t, 0, T_HUGE_SIZE, (double)n);
    row_unknown(t, 0, h->thp_known ? "this kernel has no transparent huge pages" : "/sys/kernel/mm was not captured");
}

static void put_reserve(struct host *h, struct table *t, const struct table *thp)
{
    AUTO_ZONEINFO struct zoneinfo z = {0};
    AUTO_BUDDYINFO struct buddyinfo b = {0};
    struct err e;
    enum status status;
    struct min_free *m = &h->min_free;
    table_add(t);
    if (!zoneinfo_read(&z, h->root, &status, &e)) {
        facts_fail(t->facts, STATUS_PARTIAL, "%s", e.text);
        row_unknown(t, 0, e.text);
        return;
    }
    bool buddy = buddyinfo_read(&b, h->root, &status, &e) && buddyinfo_fits(&b, &z, &e);
    struct value in_use = cell_get(thp, 0, T_IN_USE);
    unsigned block = pageblock_order(h->root, h->page, buddy ? b.orders : 0);
    h->min_free_known = min_free_compute(m, &z, h->page, block, !in_use.known || in_use.truth, h->version);
    if (!h->min_free_known) {
        row_unknown(t, 0, "/proc/zoneinfo tells of no low memory");
        return;
    }
    const double cells[] = {
        [R_ZONES] = m->zones,
        [R_BLOCK] = (double)m->block_pages * (double)h->page / 1024,
        [R_LOW] = (double)m->lowmem_kb,
        [R_PLAIN] = (double)m->plain_kb,
        [R_HUGE] = (double)m->huge_kb,
        [R_OWN] = (double)m->kb,
        [R_LEAST] = (double)(in_use.known ? m->kb : m->plain_kb),
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cells); i++)
        cell_number(t, 0, i, cells[i]);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    struct host h = {.root = in->root, .table = facts_table(f, "tunable")};
    struct table *thp = facts_table(f, "thp");
    struct err e;
    enum status status;
    char text[64];
    h.sysctls = root_sysctl(in->root, "vm.swappiness", text, sizeof text, &status, &e) ||
                root_sysctl(in->root, "vm.min_free_kbytes", text, sizeof text, &status, &e);
    if (!h.sysctls)
        facts_fail(f, status, "%s", e.text);
    if (meminfo_read(&h.m, in->root, &status, &e))
        h.total_kb = meminfo_value(&h.m, MI_MEM_TOTAL) / 1024;
    else
        facts_fail(f, STATUS_PARTIAL, "%s", e.text);
    h.page = page_size(in->root);
    h.version = kernel_version(in->root);
    int mm = in->root->live ? -1 : root_open_dir(in->root, "sys/kernel/mm");
    h.thp_known = in->root->live || mm >= 0;
    if (mm >= 0)
        close(mm);
    put_thp(&h, thp);
    put_reserve(&h, facts_table(f, "reserve"), thp);
    for (const struct setting *s = settings; s->name; s++)
        put_setting(&h, s);
}

extern const struct probe probe_tunables;
const struct probe probe_tunables = {
    .name = "tunables",
    .help = "kernel settings, and what the kernel sets by itself",
    .classic = "sysctl vm.min_free_kbytes vm.swappiness",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads = "proc/sys/vm/compaction_proactiveness proc/sys/vm/defrag_mode proc/sys/vm/extfrag_threshold "
             "proc/sys/vm/max_map_count proc/sys/vm/min_free_kbytes proc/sys/vm/nr_hugepages "
             "proc/sys/vm/overcommit_memory proc/sys/vm/overcommit_ratio proc/sys/vm/swappiness "
             "proc/sys/vm/vfs_cache_pressure proc/sys/vm/vfs_cache_pressure_denom "
             "proc/sys/vm/watermark_boost_factor proc/sys/vm/watermark_scale_factor proc/sys/vm/zone_reclaim_mode "
             "sys/kernel/mm/transparent_hugepage/enabled sys/kernel/mm/transparent_hugepage/defrag "
             "sys/kernel/mm/transparent_hugepage/shmem_enabled sys/kernel/mm/transparent_hugepage/hpage_pmd_size "
             "sys/kernel/mm/transparent_hugepage/khugepaged/defrag "
             "sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none sys/module/zswap/parameters/enabled "
             "proc/meminfo proc/vmstat proc/zoneinfo proc/buddyinfo proc/pagetypeinfo proc/swaps proc/SUSPECT/maps "
             "proc/sys/kernel/osrelease proc/version",
    .collect = collect,
};
