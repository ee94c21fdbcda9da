/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: the kernel's own formulas, and that the shipped rules leave a host in its default state alone. */
#include "tree.h"

#include "probes/kernel/min_free.h"
#include "shipped_rules.h"

#define THP "sys/kernel/mm/transparent_hugepage/"

static void set(struct tree *t, const char *name, const char *value)
{
    char path[128];
    snprintf(path, sizeof path, "proc/sys/vm/%s", name);
    tree_file(t, path, value);
}

/* A default host of one zone but DMA: 1 GiB, 512 MiB swap, Linux 6.1 */
static void small_guest(struct tree *t)
{
    tree_file(t, "fragwizard-capture", "page_size 4096\n");
    tree_file(t, "proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
    tree_file(t, "proc/meminfo",
              "MemTotal: 990000 kB\nMemFree: 500000 kB\nSwapTotal: 524284 kB\nSwapFree: 524284 kB\n"
              "HugePages_Total: 0\nHugePages_Free: 0\nHugePages_Rsvd: 0\nHugepagesize: 2048 kB\n");
    tree_file(t, "proc/swaps", "Filename Type Size Used Priority\n/dev/sdb partition 524284 0 -2\n");
    tree_file(t, "proc/zoneinfo",
              "Node 0, zone      DMA\n  pages free     3800\n        boost    0\n        min      176\n        low     "
              " 220\n        high     264\n"
              "        spanned  4095\n        present  3998\n        managed  3840\n"
              "Node 0, zone    DMA32\n  pages free     121200\n        boost    0\n        min      11088\n        low "
              "     13860\n"
              "        high     16632\n        spanned  258026\n        present  258026\n        managed  243660\n"
              "Node 0, zone   Normal\n  pages free     0\n        boost    0\n        min      0\n        low      0\n "
              "       high     0\n"
              "        spanned  0\n        present  0\n        managed  0\n");
    tree_file(t, "proc/buddyinfo",
              "Node 0, zone      DMA 0 0 0 0 0 0 0 0 1 1 3\n"
              "Node 0, zone    DMA32 1000 600 500 300 200 100 60 40 30 20 80\n");
    tree_file(t, THP "enabled", "always [madvise] never\n");
    tree_file(t, THP "defrag", "always defer defer+madvise [madvise] never\n");
    tree_file(t, THP "hpage_pmd_size", "2097152\n");
    tree_file(t, THP "khugepaged/max_ptes_none", "511\n");
    set(t, "min_free_kbytes", "45056\n");
    set(t, "watermark_scale_factor", "10\n");
    set(t, "watermark_boost_factor", "15000\n");
    set(t, "compaction_proactiveness", "20\n");
    set(t, "extfrag_threshold", "500\n");
    set(t, "swappiness", "60\n");
    set(t, "vfs_cache_pressure", "100\n");
    set(t, "max_map_count", "65530\n");
    set(t, "zone_reclaim_mode", "0\n");
    set(t, "overcommit_memory", "0\n");
    set(t, "overcommit_ratio", "50\n");
    set(t, "nr_hugepages", "0\n");
}

/* The setting's row, with all that its rule asks of this host. */
static struct scope judged(struct tree *t, struct shipped *s, const char *name)
{
    static const char *const asked[] = {"tunables", "buddy", "memory", "swap"};
    shipped_open(s);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        s->facts[s->count++] = tree_facts(t, asked[i]);
        t->facts = NULL;
    }
    return (struct scope){facts_table(s->facts[0], "tunable"), fact_row(s->facts[0], "tunable", "name", name), NULL};
}

/* The rule that says it does harm; NULL: none does. */
static const struct rule *harm(const struct shipped *s, const struct scope *row)
{
    const struct step *step = playbook_step(s->playbook, "tunables");
    for (size_t i = 0; i < step->rule_count; i++) {
        struct value v = shipped_judge(s, &step->rules[i], row);
        if (v.known && v.truth && strcmp(step->rules[i].id, "tunable-differs") != 0)
            return &step->rules[i];
    }
    return NULL;
}

static char *words(const struct shipped *s, const struct message *m, const struct scope *row)
{
    struct str text = {0};
    message_eval(m, &s->env, row, &text);
    return text.data;
}

/* What is proposed instead of a value that does harm. */
static char *proposal(const struct shipped *s, const struct rule *rule, const struct scope *row)
{
    for (size_t i = 0; i < s->playbook->recommendation_count; i++)
        if (strcmp(s->playbook->recommendations[i].id, rule->recommend[0]) == 0)
            return words(s, s->playbook->recommendations[i].proposed, row);
    return NULL;
}

static const char *demand_fails; /* the rule that tells; NULL: none does */

/* NULL: nothing is proposed. `why` stands in what is said. */
static void expect_now(struct tree *t, const char *name, const char *proposed, const char *why)
{
    struct shipped s;
    struct scope row = judged(t, &s, name);
    s.fired = demand_fails;
    const struct rule *rule = harm(&s, &row);
    if (!rule != !proposed)
        fail_msg("%s = %s: %s", name, fact_text(s.facts[0], "tunable", row.row, "current"),
                 rule ? rule->id : "left alone");
    if (rule) {
        AUTO_FREE char *value = proposal(&s, rule, &row), *said = words(&s, rule->say, &row);
        assert_string_equal(value, proposed);
        if (!strstr(said, why ? why : name))
            fail_msg("%s: %s", name, said);
    }
    shipped_close(&s);
}

static void expect(struct tree *t, const char *name, const char *value, const char *proposed, const char *why)
{
    char full[64];
    small_guest(t);
    set(t, name, value);
    snprintf(full, sizeof full, "vm.%s", name);
    expect_now(t, full, proposed, why);
}

static void a_default_host_is_left_alone(void **state)
{
    struct tree *t = *state;
    small_guest(t);
    struct shipped s;
    struct scope row = judged(t, &s, "vm.min_free_kbytes");
    struct facts *f = s.facts[0];
    assert_int_equal(f->status, STATUS_OK);
    /* 2 zones x 512 x 11 x 4 KiB; no more than 5 % of (3840 + 243660) pages = 49500 kB */
    assert_string_equal(fact_text(f, "tunable", row.row, "default"), "45056");
    assert_near(NUMBER(f, "reserve", 0, "own_kb"), 2 * 11 * 2048, 0);
    assert_near(NUMBER(f, "reserve", 0, "huge_kb"), 45056, 0);
    assert_string_equal(fact_text(f, "thp", 0, "enabled"), "madvise");
    assert_string_equal(fact_text(f, "thp", 0, "defrag_words"), "always defer defer+madvise madvise never");
    for (row.row = 0; row.row < row.table->rows; row.row++) {
        const char *name = fact_text(f, "tunable", row.row, "name");
        assert_true(NUMBER(f, "tunable", row.row, "present") == (strcmp(name, "vm.defrag_mode") != 0));
        assert_true(strlen(fact_text(f, "tunable", row.row, "about")) > 10);
        if (harm(&s, &row) || shipped_fires(&s, "tunable-differs", &row))
            fail_msg("%s is not left alone", name);
    }
    shipped_close(&s);
}

static void values_that_do_harm(void **state)
{
    struct tree *t = *state;
    expect(t, "min_free_kbytes", "5000\n", "45056", "sqrt(16 x 990000 kB) = 3979 and, for huge pages, 2 zones x 11");
    expect(t, "min_free_kbytes", "65536\n", "45056", "6.6 %"); /* 5 % of this host is 49500 */
    expect(t, "min_free_kbytes", "48000\n", NULL, NULL);       /* never lower what is within reason */
    expect(t, "min_free_kbytes", "41000\n", NULL, NULL);       /* within a tenth it is the kernel's own */
    expect(t, "watermark_scale_factor", "1\n", "10", NULL);
    expect(t, "watermark_scale_factor", "150\n", NULL, NULL);
    expect(t, "watermark_scale_factor", "1000\n", "200", NULL);
    expect(t, "watermark_boost_factor", "0\n", NULL, NULL);
    expect(t, "compaction_proactiveness", "100\n", "60", NULL);
    expect(t, "extfrag_threshold", "1000\n", "500", "lack of memory");
    expect(t, "extfrag_threshold", "0\n", "500", NULL);
    expect(t, "vfs_cache_pressure", "0\n", "100", "OOM");
    expect(t, "vfs_cache_pressure", "50\n", NULL, NULL);
    expect(t, "vfs_cache_pressure", "10000\n", "100", NULL);
    expect(t, "max_map_count", "1000\n", "65530", "ENOMEM");
    expect(t, "max_map_count", "1048576\n", NULL, NULL);
    expect(t, "zone_reclaim_mode", "1\n", "0", NULL);
    expect(t, "overcommit_memory", "1\n", NULL, NULL);
}

static struct value fired(void *data, const char *rule)
{
    (void)data;
    (void)rule;
    return value_bool(true);
}

/* What does no harm but was set by somebody is told, with what it does. */
static void what_differs_is_told(void **state)
{
    struct tree *t = *state;
    static const struct {
        const char *name, *value;
        bool told;
    } list[] = {{"watermark_boost_factor", "0\n", true},
                {"overcommit_memory", "1\n", true},
                {"swappiness", "10\n", true},
                {"swappiness", "0\n", false},
                {"min_free_kbytes", "46000\n", false},
                {"min_free_kbytes", "49560\n", false},
                {"extfrag_threshold", "0\n", false}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char full[64];
        struct shipped s;
        small_guest(t);
        set(t, list[i].name, list[i].value);
        snprintf(full, sizeof full, "vm.%s", list[i].name);
        struct scope row = judged(t, &s, full);
        assert_true(NUMBER(s.facts[0], "tunable", row.row, "differs") == 1);
        const struct rule *rule = harm(&s, &row);
        s.env.fired = rule ? fired : NULL;
        if (shipped_fires(&s, "tunable-differs", &row) != list[i].told)
            fail_msg("%s = %s", full, list[i].value);
        shipped_close(&s);
    }
}

static void swappiness_depends_on_what_swap_is(void **state)
{
    struct tree *t = *state;
    expect(t, "swappiness", "0\n", "60", "OOM");
    expect(t, "swappiness", "1\n", NULL, NULL);
    expect(t, "swappiness", "100\n", NULL, NULL);
    expect(t, "swappiness", "180\n", "60", "zram");
    small_guest(t);
    set(t, "swappiness", "180\n");
    tree_file(t, "proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 524284 0 100\n");
    expect_now(t, "vm.swappiness", NULL, NULL);
    set(t, "swappiness", "0\n");
    tree_file(t, "proc/swaps", "Filename Type Size Used Priority\n");
    expect_now(t, "vm.swappiness", NULL, NULL); /* moot */
}

static void proactiveness_follows_the_score(void **state)
{
    struct tree *t = *state;
    static const char name[] = "vm.compaction_proactiveness";
    expect(t, "compaction_proactiveness", "20\n", NULL, NULL);
    small_guest(t);
    /* Half the memory free, 70 % of that not in order 9: 83200 of 119040 pages */
    tree_file(t, "proc/buddyinfo", "Node 0, zone    DMA32 83200 0 0 0 0 0 0 0 0 70 0\n");
    /* score 258026 * 69 / (3998 + 258026 + 1) = 67: no change while nothing fails; else 115 - 67 = 48, rounded */
    expect_now(t, name, NULL, NULL);
    demand_fails = "compaction-failing";
    expect_now(t, name, "40", "score");
    /* The same pieces in 5 % of the memory: a full page cache, nothing to change */
    tree_file(t, "proc/buddyinfo", "Node 0, zone    DMA32 8320 0 0 0 0 0 0 0 0 7 0\n");
    expect_now(t, name, NULL, NULL);
    demand_fails = NULL;
    /* Nobody wants huge pages: 0 is fine */
    tree_file(t, THP "enabled", "always madvise [never]\n");
    set(t, "compaction_proactiveness", "0\n");
    expect_now(t, name, NULL, NULL);
    /* Switched off where nothing is fragmented: back to the default, no more */
    expect(t, "compaction_proactiveness", "0\n", "20", "huge pages");
}

static void huge_pages_that_stall(void **state)
{
    struct tree *t = *state;
    static const char name[] = "transparent_hugepage/defrag";
    small_guest(t);
    tree_file(t, THP "enabled", "[always] madvise never\n");
    tree_file(t, THP "defrag", "[always] defer defer+madvise madvise never\n");
    expect_now(t, name, "defer+madvise", NULL);
    tree_file(t, THP "defrag", "[always] madvise never\n"); /* before 4.11 */
    expect_now(t, name, "madvise", NULL);
    tree_file(t, THP "enabled", "always [madvise] never\n");
    expect_now(t, name, NULL, NULL);
}

static void a_pool_is_a_share_of_memory(void **state)
{
    struct tree *t = *state;
    small_guest(t);
    set(t, "nr_hugepages", "300\n");
    struct facts *f = tree_facts(t, "tunables");
    size_t row = fact_row(f, "tunable", "name", "vm.nr_hugepages");
    assert_near(NUMBER(f, "tunable", row, "share"), 300 * 2048 / 990000.0, 1e-9);
    assert_near(NUMBER(f, "tunable", fact_row(f, "tunable", "name", "vm.min_free_kbytes"), "high"), 49500, 0);
}

static void an_old_kernel_has_fewer(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/sys/vm/swappiness", "60\n");
    tree_file(t, "proc/sys/vm/min_free_kbytes", "x\n");
    struct facts *f = tree_facts(t, "tunables");
    size_t row = fact_row(f, "tunable", "name", "vm.watermark_boost_factor");
    assert_near(NUMBER(f, "tunable", row, "present"), 0, 0);
    assert_string_equal(fact_why(f, "tunable", row, "current"), "this kernel has no vm.watermark_boost_factor");
    row = fact_row(f, "tunable", "name", "vm.min_free_kbytes");
    assert_string_equal(fact_why(f, "tunable", row, "present"), "vm.min_free_kbytes is not a number");
    row = fact_row(f, "tunable", "name", "transparent_hugepage/defrag");
    assert_string_equal(fact_why(f, "tunable", row, "present"), "/sys/kernel/mm was not captured");
    tree_file(t, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0\n");
    f = tree_facts(t, "tunables");
    assert_near(NUMBER(f, "tunable", fact_row(f, "tunable", "name", "transparent_hugepage/defrag"), "present"), 0, 0);
    assert_near(NUMBER(f, "thp", 0, "in_use"), 0, 0);
}

static void nothing_captured_is_unknown(void **state)
{
    struct tree *t = *state;
    struct facts *f = tree_facts(t, "tunables");
    assert_int_equal(f->status, STATUS_ABSENT);
    for (size_t i = 0; i < facts_table(f, "tunable")->rows; i++)
        assert_non_null(fact_why(f, "tunable", i, "present"));
}

static void the_kernels_formula(void **state)
{
    (void)state;
    struct zone_facts zones[] = {
        {.name = "DMA", .managed = 3840, .high = 64},
        {.name = "DMA32", .managed = 760000, .high = 13077},
        {.name = "Normal", .managed = 5400000, .high = 40000},
        {.name = "Movable", .managed = 1000000, .high = 500},
        {.name = "Device"},
    };
    struct zoneinfo z = {zones, 5};
    struct min_free m;
    assert_true(min_free_compute(&m, &z, 4096, 9, true, 6018));
    assert_int_equal(m.zones, 3);
    assert_int_equal(m.kb, 67584);
    assert_int_equal(m.lowmem_kb, (3840 + 760000 + 5400000) * 4);
    assert_true(min_free_compute(&m, &z, 4096, 9, false, 6018));
    assert_int_equal(m.kb, 19861); /* sqrt(16 x 24655360) */
    /* 64 KiB pages: a pageblock of 512 MiB would want 8192 x 3 x 11 pages, far above 5 % */
    zones[2].managed = 900000;
    assert_true(min_free_compute(&m, &z, 65536, 13, true, 6001));
    assert_true(m.huge_capped);
    assert_int_equal(m.huge_kb, 1663840 / 20 * 64);
    /* Before 5.8 the square root stopped at 64 MiB */
    zones[2].managed = 400000000;
    assert_true(min_free_compute(&m, &z, 4096, 9, false, 4018));
    assert_int_equal(m.kb, 65536);
    assert_true(min_free_compute(&m, &z, 4096, 9, false, 6001));
    assert_int_equal(m.kb, 160152);
    struct zoneinfo none = {NULL, 0};
    assert_false(min_free_compute(&m, &none, 4096, 9, true, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(a_default_host_is_left_alone),
        tree_test(values_that_do_harm),
        tree_test(what_differs_is_told),
        tree_test(swappiness_depends_on_what_swap_is),
        tree_test(proactiveness_follows_the_score),
        tree_test(huge_pages_that_stall),
        tree_test(a_pool_is_a_share_of_memory),
        tree_test(an_old_kernel_has_fewer),
        tree_test(nothing_captured_is_unknown),
        cmocka_unit_test(the_kernels_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
