/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Advice on settings: the kernel's own formulas, and to leave things alone on a host in its default state. */
#include "tree.h"

#include "probes/advice.h"

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

static void a_default_host_is_left_alone(void **state)
{
    struct tree *t = *state;
    small_guest(t);
    struct facts *f = tree_facts(t, "tunables");
    assert_int_equal(f->status, STATUS_OK);
    for (size_t i = 0; i < facts_table(f, "tunable")->rows; i++) {
        const char *name = fact_text(f, "tunable", i, "name"), *advice = fact_text(f, "tunable", i, "advice");
        if (strcmp(name, "vm.defrag_mode") == 0)
            assert_string_equal(advice, "absent");
        else if (strcmp(advice, "keep") != 0)
            fail_msg("%s: %s, %s", name, advice, fact_text(f, "tunable", i, "why"));
        assert_true(strlen(fact_text(f, "tunable", i, "why")) > 10);
    }
    /* 2 zones x 512 x 11 x 4 KiB; no more than 5 % of (3840 + 243660) pages = 49500 kB */
    size_t row = fact_row(f, "tunable", "name", "vm.min_free_kbytes");
    assert_string_equal(fact_text(f, "tunable", row, "default"), "45056");
    assert_non_null(
        strstr(fact_text(f, "tunable", row, "why"), "2 zones x 512 pages of a pageblock x 11 x 4 KiB = 45056 kB"));
    assert_string_equal(fact_text(f, "thp", 0, "enabled"), "madvise");
}

static void expect(struct tree *t, const char *name, const char *value, const char *advice, double recommended,
                   const char *why)
{
    small_guest(t);
    set(t, name, value);
    struct facts *f = tree_facts(t, "tunables");
    char full[64];
    snprintf(full, sizeof full, "vm.%s", name);
    size_t row = fact_row(f, "tunable", "name", full);
    if (strcmp(fact_text(f, "tunable", row, "advice"), advice) != 0)
        fail_msg("%s = %s: %s, not %s: %s", name, value, fact_text(f, "tunable", row, "advice"), advice,
                 fact_text(f, "tunable", row, "why"));
    assert_near(NUMBER(f, "tunable", row, "recommended_value"), recommended, 0);
    if (why && !strstr(fact_text(f, "tunable", row, "why"), why))
        fail_msg("%s = %s: %s", name, value, fact_text(f, "tunable", row, "why"));
}

static void values_that_do_harm(void **state)
{
    struct tree *t = *state;
    expect(t, "min_free_kbytes", "5000\n", "change", 45056, "below");
    expect(t, "min_free_kbytes", "65536\n", "change", 45056, "6.6 %"); /* 5 % of this host is 49500 */
    expect(t, "min_free_kbytes", "48000\n", "keep", 48000, "4.8 %");   /* never lower what is within reason */
    expect(t, "watermark_scale_factor", "1\n", "change", 10, NULL);
    expect(t, "watermark_scale_factor", "150\n", "keep", 150, NULL);
    expect(t, "watermark_scale_factor", "1000\n", "change", 200, NULL);
    expect(t, "watermark_boost_factor", "0\n", "change", 15000, NULL);
    expect(t, "compaction_proactiveness", "100\n", "change", 60, NULL);
    expect(t, "extfrag_threshold", "1000\n", "change", 500, "lack of memory");
    expect(t, "extfrag_threshold", "0\n", "change", 500, NULL);
    expect(t, "vfs_cache_pressure", "0\n", "change", 100, "OOM");
    expect(t, "vfs_cache_pressure", "50\n", "keep", 50, "later");
    expect(t, "vfs_cache_pressure", "10000\n", "change", 100, NULL);
    expect(t, "max_map_count", "1000\n", "change", 65530, "ENOMEM");
    expect(t, "max_map_count", "1048576\n", "keep", 1048576, NULL);
    expect(t, "zone_reclaim_mode", "1\n", "change", 0, NULL);
    expect(t, "overcommit_memory", "1\n", "keep", 1, NULL);
}

static void swappiness_depends_on_what_swap_is(void **state)
{
    struct tree *t = *state;
    expect(t, "swappiness", "0\n", "change", 60, "OOM");
    expect(t, "swappiness", "1\n", "keep", 1, NULL);
    expect(t, "swappiness", "100\n", "keep", 100, "100");
    expect(t, "swappiness", "180\n", "change", 60, "zram");
    small_guest(t);
    set(t, "swappiness", "180\n");
    tree_file(t, "proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 524284 0 100\n");
    struct facts *f = tree_facts(t, "tunables");
    size_t row = fact_row(f, "tunable", "name", "vm.swappiness");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "keep");
    set(t, "swappiness", "0\n");
    tree_file(t, "proc/swaps", "Filename Type Size Used Priority\n");
    f = tree_facts(t, "tunables");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "keep"); /* moot */
    assert_non_null(strstr(fact_text(f, "tunable", row, "why"), "No swap"));
    assert_near(NUMBER(f, "tunable", row, "differs"), 1, 0);
}

static void proactiveness_follows_the_score(void **state)
{
    struct tree *t = *state;
    expect(t, "compaction_proactiveness", "20\n", "keep", 20, "score");
    small_guest(t);
    /* Half the memory free, 70 % of that not in order 9: 83200 of 119040 pages */
    tree_file(t, "proc/buddyinfo", "Node 0, zone    DMA32 83200 0 0 0 0 0 0 0 0 70 0\n");
    struct facts *f = tree_facts(t, "tunables");
    size_t row = fact_row(f, "tunable", "name", "vm.compaction_proactiveness");
    /* score 258026 * 69 / (3998 + 258026 + 1) = 67; 115 - 67 = 48 */
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "change");
    assert_near(NUMBER(f, "tunable", row, "recommended_value"), 48, 0);
    /* The same pieces in 5 % of the memory: a full page cache, nothing to change */
    tree_file(t, "proc/buddyinfo", "Node 0, zone    DMA32 8320 0 0 0 0 0 0 0 0 7 0\n");
    f = tree_facts(t, "tunables");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "keep");
    /* Nobody wants huge pages: 0 is fine */
    tree_file(t, THP "enabled", "always madvise [never]\n");
    set(t, "compaction_proactiveness", "0\n");
    f = tree_facts(t, "tunables");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "keep");
    /* Switched off where nothing is fragmented: back to the default, no more */
    expect(t, "compaction_proactiveness", "0\n", "change", 20, "huge pages");
}

static void huge_pages_that_stall(void **state)
{
    struct tree *t = *state;
    small_guest(t);
    tree_file(t, THP "enabled", "[always] madvise never\n");
    tree_file(t, THP "defrag", "[always] defer defer+madvise madvise never\n");
    struct facts *f = tree_facts(t, "tunables");
    size_t row = fact_row(f, "tunable", "name", "transparent_hugepage/defrag");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "change");
    assert_string_equal(fact_text(f, "tunable", row, "recommended"), "defer+madvise");
    tree_file(t, THP "defrag", "[always] madvise never\n"); /* before 4.11 */
    f = tree_facts(t, "tunables");
    assert_string_equal(fact_text(f, "tunable", row, "recommended"), "madvise");
    tree_file(t, THP "enabled", "always [madvise] never\n");
    f = tree_facts(t, "tunables");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "keep");
}

static void an_idle_pool_is_named(void **state)
{
    struct tree *t = *state;
    small_guest(t);
    set(t, "nr_hugepages", "300\n");
    tree_file(t, "proc/meminfo",
              "MemTotal: 990000 kB\nMemFree: 50000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
              "HugePages_Total: 300\nHugePages_Free: 280\nHugePages_Rsvd: 30\nHugepagesize: 2048 kB\n");
    struct facts *f = tree_facts(t, "tunables");
    size_t row = fact_row(f, "tunable", "name", "vm.nr_hugepages");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "change");
    assert_near(NUMBER(f, "tunable", row, "recommended_value"), 50, 0); /* 20 in use, 30 reserved */
}

static void an_old_kernel_has_fewer(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/sys/vm/swappiness", "60\n");
    tree_file(t, "proc/sys/vm/min_free_kbytes", "x\n");
    struct facts *f = tree_facts(t, "tunables");
    size_t row = fact_row(f, "tunable", "name", "vm.watermark_boost_factor");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "absent");
    assert_string_equal(fact_why(f, "tunable", row, "current"), "this kernel has no vm.watermark_boost_factor");
    row = fact_row(f, "tunable", "name", "vm.min_free_kbytes");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "unknown");
    row = fact_row(f, "tunable", "name", "transparent_hugepage/defrag");
    assert_string_equal(fact_text(f, "tunable", row, "advice"), "unknown"); /* as /sys was not captured */
    tree_file(t, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0\n");
    f = tree_facts(t, "tunables");
    assert_string_equal(
        fact_text(f, "tunable", fact_row(f, "tunable", "name", "transparent_hugepage/defrag"), "advice"), "absent");
}

static void nothing_captured_is_unknown(void **state)
{
    struct tree *t = *state;
    struct facts *f = tree_facts(t, "tunables");
    assert_int_equal(f->status, STATUS_ABSENT);
    for (size_t i = 0; i < facts_table(f, "tunable")->rows; i++)
        assert_string_equal(fact_text(f, "tunable", i, "advice"), "unknown");
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
    assert_int_equal(proactiveness_for(95), 20);
    assert_int_equal(proactiveness_for(70), 45);
    assert_int_equal(proactiveness_for(10), 60);
    assert_int_equal(proactiveness_for(-1), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(a_default_host_is_left_alone),
        tree_test(values_that_do_harm),
        tree_test(swappiness_depends_on_what_swap_is),
        tree_test(proactiveness_follows_the_score),
        tree_test(huge_pages_that_stall),
        tree_test(an_idle_pool_is_named),
        tree_test(an_old_kernel_has_fewer),
        tree_test(nothing_captured_is_unknown),
        cmocka_unit_test(the_kernels_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
