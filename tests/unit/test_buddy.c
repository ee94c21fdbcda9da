/* SPDX-License-Identifier: GPL-3.0-or-later */
/* External fragmentation: the kernel's indexes, scores and watermarks, of several kernels and page sizes. */
#include "tree.h"

#include "probes/kernel/buddyinfo.h"
#include "probes/kernel/pagetypeinfo.h"
#include "probes/kernel/zoneinfo.h"

static const char two_zones[] =
    "Node 0, zone    DMA32      1      2      4      2      5      4      3      3      4      2    752 \n"
    "Node 0, zone   Normal   1000    500    100     10      0      0      0      0      0      0      0 \n";

static void indexes_are_the_kernels(void **state)
{
    (void)state;
    struct buddyinfo b;
    struct err e;
    assert_true(buddyinfo_parse(&b, two_zones, strlen(two_zones), &e));
    assert_int_equal(b.orders, 11);
    assert_int_equal(b.count, 2);
    const struct buddy_zone *z = &b.zones[1];
    /* F = 1000 + 1000 + 400 + 80 = 2480 pages in 1610 blocks */
    assert_int_equal(buddy_free_pages(z, 11), 2480);
    assert_int_equal(buddy_unusable(z, 11, 0), 0);
    assert_int_equal(buddy_unusable(z, 11, 1), 403);  /* 1000 of 2480 */
    assert_int_equal(buddy_unusable(z, 11, 3), 967);  /* 2400 of 2480 */
    assert_int_equal(buddy_unusable(z, 11, 4), 1000); /* nothing of 16 pages */
    assert_int_equal(buddy_fragindex(z, 11, 3), -1000);
    /* 1000 - (1000 + 2480000/16)/1610 = 1000 - 156000/1610 = 1000 - 96 */
    assert_int_equal(buddy_fragindex(z, 11, 4), 904);
    /* 1000 - (1000 + 2480000/512)/1610 = 1000 - 5843/1610 = 1000 - 3 */
    assert_int_equal(buddy_fragindex(z, 11, 9), 997);
    assert_int_equal(buddy_zone_score(z, 11, 9), 100);
    buddyinfo_free(&b);
}

static void lack_of_memory_is_no_fragmentation(void **state)
{
    (void)state;
    struct buddy_zone z = {.blocks = {4}}, empty = {0};
    /* 1000 - (1000 + 4000/512)/4 = 1000 - 1007/4 = 749: four lone pages */
    assert_int_equal(buddy_fragindex(&z, 11, 9), 749);
    struct buddy_zone one = {.blocks = {[8] = 1}};
    /* 1000 - (1000 + 256000/512)/1 = -500: one block of half the size; the kernel's integers go below 0 */
    assert_int_equal(buddy_fragindex(&one, 11, 9), -500);
    assert_int_equal(buddy_unusable(&empty, 11, 9), 1000);
    assert_int_equal(buddy_fragindex(&empty, 11, 9), 0);
    assert_int_equal(buddy_zone_score(&empty, 11, 9), 0); /* the score has another answer for an empty zone */
}

static void kcompactd_lines(void **state)
{
    (void)state;
    assert_int_equal(buddy_wake_line(20), 90);
    assert_int_equal(buddy_stop_line(20), 80);
    assert_int_equal(buddy_wake_line(0), 100);
    assert_int_equal(buddy_stop_line(0), 100);
    assert_int_equal(buddy_wake_line(100), 0);
    assert_int_equal(buddy_wake_line(90), 15);
    assert_int_equal(buddy_wake_line(60), 50);
}

static void rubbish_is_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "\n",
        "x\n",
        "Node 0, zone Normal\n",
        "Node 0, zone Normal 1 2 x\n",
        "Node 0, zone Normal 1 -2\n",
        "Node 0, zone DMA 1 2 3\nNode 0, zone Normal 1 2\n",
        "Node 0, zone Normal 99999999999999999999999\n",
        "Node 0, zone Normal 0 0 0 9999999999999999\n",
        "Node 99999999, zone Normal 1\n",
        "Node 0, zone Normal 1 2\nNode 0, zone Normal 1 2\n",
        "Node 0, zone AVeryLongZoneNameIndeed 1\n",
        "Node 0, zone N 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buddyinfo b;
        struct err e;
        assert_false(buddyinfo_parse(&b, bad[i], strlen(bad[i]), &e));
        assert_null(b.zones);
        assert_non_null(strstr(e.text, "/proc/buddyinfo"));
    }
}

/* Linux 3.10 (RHEL 7): two nodes, no boost, "all_unreclaimable" and "scanned" among the fields. */
static const char zoneinfo_310[] =
    "Node 0, zone      DMA\n  pages free     3977\n        min      4\n        low      5\n        high     6\n        "
    "scanned  0\n"
    "        spanned  4095\n        present  3998\n        managed  3977\n    nr_free_pages 3977\n    nr_alloc_batch "
    "1\n"
    "        protection: (0, 2829, 128000, 128000)\n  pagesets\n    cpu: 0\n              count: 0\n              "
    "high:  0\n"
    "              batch: 1\n  vm stats threshold: 6\n  all_unreclaimable: 1\n  start_pfn:         1\n  "
    "inactive_ratio:    1\n"
    "Node 0, zone   Normal\n  pages free     100000\n        min      11000\n        low      13750\n        high     "
    "16500\n"
    "        scanned  0\n        spanned  4194304\n        present  4194304\n        managed  4120000\n    "
    "nr_free_pages 100000\n"
    "        protection: (0, 0, 0, 0)\n  pagesets\n    cpu: 0\n              count: 150\n              high:  186\n"
    "              batch: 31\n  vm stats threshold: 60\n    cpu: 1\n              count: 12\n              high:  186\n"
    "              batch: 31\n  vm stats threshold: 60\n  all_unreclaimable: 0\n  start_pfn:         4096\n  "
    "inactive_ratio:    11\n"
    "Node 1, zone   Normal\n  pages free     2000\n        min      11000\n        low      13750\n        high     "
    "16500\n"
    "        scanned  0\n        spanned  4194304\n        present  4194304\n        managed  4128768\n    "
    "nr_free_pages 2000\n"
    "        protection: (0, 0, 0, 0)\n  pagesets\n    cpu: 0\n              count: 3\n              high:  186\n"
    "              batch: 31\n  vm stats threshold: 60\n  all_unreclaimable: 0\n  start_pfn:         4198400\n  "
    "inactive_ratio:    11\n";

static void zones_of_two_nodes_and_an_old_kernel(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/sys/kernel/osrelease", "3.10.0-1160.el7.x86_64\n");
    tree_file(t, "proc/sys/vm/swappiness", "60\n");
    tree_file(t, "proc/meminfo", "MemTotal:       33000000 kB\nMemFree:          423908 kB\n");
    tree_file(t, "proc/zoneinfo", zoneinfo_310);
    /* DMA: 3977 pages; node 0: 100000 pages, half in order 9; node 1: 2000 single pages */
    tree_file(t, "proc/buddyinfo",
              "Node 0, zone      DMA      1      0      1      0      2      1      1      0      1      1      3 \n"
              "Node 0, zone   Normal  48800      0      0      0      0      0      0      0      0    100      0 \n"
              "Node 1, zone   Normal   2000      0      0      0      0      0      0      0      0      0      0 \n");
    struct facts *f = tree_facts(t, "buddy");
    assert_int_equal(f->status, STATUS_OK);
    assert_int_equal(facts_table(f, "zone")->rows, 3);
    assert_int_equal(facts_table(f, "order")->rows, 33);
    assert_int_equal(facts_table(f, "node")->rows, 2);
    assert_near(NUMBER(f, "zone", 1, "managed"), 4120000.0 * 4096, 0);
    assert_near(NUMBER(f, "zone", 1, "pcp"), 162.0 * 4096, 0);
    assert_near(NUMBER(f, "zone", 1, "min"), 11000.0 * 4096, 0);
    assert_near(NUMBER(f, "zone", 1, "high"), 16500.0 * 4096, 0); /* of the zone, not of a pageset */
    assert_near(NUMBER(f, "zone", 0, "small"), 1, 0);
    assert_near(NUMBER(f, "zone", 1, "small"), 0, 0);
    assert_near(NUMBER(f, "zone", 1, "unusable_huge"), 0.488, 1e-9); /* 48800 of 100000 */
    assert_near(NUMBER(f, "zone", 2, "unusable_huge"), 1, 0);
    assert_near(NUMBER(f, "zone", 1, "contiguity_huge"), 0.512, 1e-9);
    assert_near(NUMBER(f, "zone", 1, "huge_order"), 9, 0);
    assert_non_null(strstr(fact_why(f, "zone", 1, "boost"), "this kernel"));
    /* node 0: DMA 3998*13/4198303 = 0, Normal 4194304*48/4198303 = 47; node 1: 4194304*100/4194305 = 99 */
    assert_near(NUMBER(f, "node", 0, "score"), 47, 0);
    assert_near(NUMBER(f, "node", 1, "score"), 99, 0);
    assert_near(NUMBER(f, "buddy", 0, "worst_score"), 99, 0);
    /* without DMA: 51200 of 102000 pages serve a huge page */
    assert_near(NUMBER(f, "buddy", 0, "unusable_huge"), 50800.0 / 102000, 1e-9);
    assert_non_null(strstr(fact_why(f, "node", 0, "wake_line"), "5.9"));
}

/* Linux 6.1 on arm64 with 64 KiB pages: 14 orders, a huge page of 512 MiB is the largest block. */
static void large_pages_have_their_own_orders(void **state)
{
    struct tree *t = *state;
    tree_file(t, "fragwizard-capture", "version 1\npage_size 65536\n");
    tree_file(t, "proc/meminfo", "MemTotal:       16000000 kB\nMemFree:          655360 kB\n");
    tree_file(t, "sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "536870912\n");
    tree_file(t, "proc/sys/vm/compaction_proactiveness", "20\n");
    tree_file(t, "proc/zoneinfo",
              "Node 0, zone   Normal\n  per-node stats\n      nr_inactive_anon 1\n  pages free     10240\n        "
              "boost    0\n"
              "        min      90\n        low      334\n        high     578\n        spanned  262144\n        "
              "present  262144\n"
              "        managed  250000\n        cma      0\n        protection: (0, 0)\n");
    tree_file(t, "proc/buddyinfo", "Node 0, zone   Normal  2048 0 0 0 0 0 0 0 0 0 0 0 0 1\n");
    struct facts *f = tree_facts(t, "buddy");
    assert_near(NUMBER(f, "zone", 0, "huge_order"), 13, 0);
    assert_near(NUMBER(f, "buddy", 0, "huge_size"), 536870912, 0);
    assert_int_equal(facts_table(f, "order")->rows, 14);
    assert_near(NUMBER(f, "buddy", 0, "free"), 10240.0 * 65536, 0);
    assert_near(NUMBER(f, "zone", 0, "unusable_huge"), 0.2, 1e-9); /* 2048 of 10240 */
    assert_near(NUMBER(f, "node", 0, "score"), 19, 0);             /* 262144*20/262145 rounds down */
    assert_near(NUMBER(f, "buddy", 0, "wake_line"), 90, 0);
    assert_near(NUMBER(f, "zone", 0, "boost"), 0, 0);
    assert_near(NUMBER(f, "buddy", 0, "boosted"), 0, 0);
}

static void without_zoneinfo_watermarks_are_unknown(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/buddyinfo", two_zones);
    struct facts *f = tree_facts(t, "buddy");
    assert_int_equal(f->status, STATUS_PARTIAL);
    assert_non_null(strstr(fact_why(f, "zone", 0, "min"), "/proc/zoneinfo"));
    assert_non_null(strstr(fact_why(f, "buddy", 0, "worst_score"), "/proc/zoneinfo"));
    assert_near(NUMBER(f, "zone", 1, "unusable_order3"), 0.967, 1e-9);
}

static void more_free_pages_than_pages_are_malformed(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/buddyinfo", "Node 0, zone   Normal  1 0 0 0 0 0 0 0 0 0 1000\n");
    tree_file(t, "proc/zoneinfo",
              "Node 0, zone   Normal\n  pages free     1\n        present  1024\n        managed  1000\n");
    struct facts *f = tree_facts(t, "buddy");
    assert_int_equal(f->status, STATUS_MALFORMED);
    assert_non_null(strstr(fact_why(f, "buddy", 0, "free"), "more free pages"));
    assert_int_equal(facts_table(f, "zone")->rows, 0);
}

static void without_buddyinfo_there_is_a_reason(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", "MemTotal: 1 kB\n");
    struct facts *f = tree_facts(t, "buddy");
    assert_int_equal(f->status, STATUS_ABSENT);
    assert_non_null(strstr(f->reason, "/proc/buddyinfo"));
    assert_non_null(strstr(fact_why(f, "buddy", 0, "free"), "/proc/buddyinfo"));
}

static const char pagetypes_text[] = "Page block order: 9\nPages per block:  512\n\n"
                                     "Free pages count per migrate type at order       0      1      2      3      4   "
                                     "   5      6      7      8      9     10 \n"
                                     "Node    0, zone   Normal, type    Unmovable    118    538      0      0      0   "
                                     "   0      0      0      0      0      0 \n"
                                     "Node    0, zone   Normal, type      Movable >100000      1      0      0      0  "
                                     "    0      0      0      0      0      2 \n"
                                     "Node    0, zone   Normal, type  Reclaimable      0      0      0      0      0   "
                                     "   0      0      0      0      0      0 \n"
                                     "Node    0, zone   Normal, type   HighAtomic      0      0      0      0      0   "
                                     "   0      0      0      0      0      0 \n"
                                     "\n"
                                     "Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic \n"
                                     "Node 0, zone   Normal          300          600           90           10 \n";

static void blocks_by_type(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/pagetypeinfo", pagetypes_text);
    struct facts *f = tree_facts(t, "pagetypes");
    assert_int_equal(f->status, STATUS_OK);
    assert_int_equal(facts_table(f, "pagetype")->rows, 4);
    assert_near(NUMBER(f, "pagetypes", 0, "unmovable_share"), 0.3, 1e-9);
    assert_near(NUMBER(f, "pagetypes", 0, "reclaimable_share"), 0.09, 1e-9);
    assert_near(NUMBER(f, "pagetypes", 0, "blocks"), 1000, 0);
    size_t row = fact_row(f, "pagetype", "type", "Movable");
    assert_near(NUMBER(f, "pagetype", row, "capped"), 1, 0);
    assert_near(NUMBER(f, "pagetype", row, "free_pages"), 100000 + 2 + 2048, 0);
    row = fact_row(f, "pagetype", "type", "Unmovable");
    assert_near(NUMBER(f, "pagetype", row, "free_pages"), 118 + 1076, 0);
    assert_near(NUMBER(f, "pagetype", row, "capped"), 0, 0);
}

static void broken_pagetypes_are_malformed(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/pagetypeinfo", "Page block order: 9\nPages per block:  1024\n");
    struct facts *f = tree_facts(t, "pagetypes");
    assert_int_equal(f->status, STATUS_MALFORMED);
    assert_non_null(strstr(fact_why(f, "pagetypes", 0, "unmovable_share"), "/proc/pagetypeinfo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indexes_are_the_kernels),
        cmocka_unit_test(lack_of_memory_is_no_fragmentation),
        cmocka_unit_test(kcompactd_lines),
        cmocka_unit_test(rubbish_is_malformed),
        tree_test(zones_of_two_nodes_and_an_old_kernel),
        tree_test(large_pages_have_their_own_orders),
        tree_test(without_zoneinfo_watermarks_are_unknown),
        tree_test(more_free_pages_than_pages_are_malformed),
        tree_test(without_buddyinfo_there_is_a_reason),
        tree_test(blocks_by_type),
        tree_test(broken_pagetypes_are_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
