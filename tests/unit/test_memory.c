/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The balance of memory adds up to the total on every kernel, and nothing is counted twice. */
#include "tree.h"

#include "probes/kernel/meminfo.h"
#include "probes/kernel/page_size.h"

/* Linux 6.18, 24 GiB, idle */
static const char meminfo_618[] =
    "MemTotal:       24684092 kB\nMemFree:        24367920 kB\nMemAvailable:   24332140 kB\nBuffers:            3980 "
    "kB\n"
    "Cached:            69772 kB\nSwapCached:            0 kB\nActive:            23796 kB\nInactive:          52804 "
    "kB\n"
    "Active(anon):       1568 kB\nInactive(anon):    10140 kB\nActive(file):      22228 kB\nInactive(file):    42664 "
    "kB\n"
    "Unevictable:       19928 kB\nMlocked:           19000 kB\nSwapTotal:             0 kB\nSwapFree:              0 "
    "kB\n"
    "Zswap:                 0 kB\nZswapped:              0 kB\nDirty:               268 kB\nWriteback:             0 "
    "kB\n"
    "AnonPages:         22800 kB\nMapped:            10796 kB\nShmem:              8856 kB\nKReclaimable:     118992 "
    "kB\n"
    "Slab:             143964 kB\nSReclaimable:     118992 kB\nSUnreclaim:        24972 kB\nKernelStack:        1528 "
    "kB\n"
    "PageTables:         2380 kB\nSecPageTables:         0 kB\nNFS_Unstable:          0 kB\nBounce:                0 "
    "kB\n"
    "WritebackTmp:          0 kB\nCommitLimit:    12342044 kB\nCommitted_AS:      71020 kB\nVmallocTotal:   "
    "34359738367 kB\n"
    "VmallocUsed:       14332 kB\nVmallocChunk:          0 kB\nPercpu:              688 kB\nAnonHugePages:         0 "
    "kB\n"
    "Balloon:               0 kB\nHugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\n"
    "HugePages_Surp:        0\nHugepagesize:       2048 kB\nHugetlb:               0 kB\nDirectMap4k:       30720 kB\n";

static const char zoneinfo[] =
    "Node 0, zone   Normal\n  pages free     6091980\n        boost    0\n        min      16896\n        low      "
    "22000\n"
    "        high     27000\n        spanned  6291358\n        present  6291358\n        managed  6171023\n"
    "  pagesets\n    cpu: 0\n              count:    5000\n              high:     5449\n"
    "    cpu: 1\n              count:    6000\n              high:     5449\n";

static double sum(struct facts *f)
{
    double all = 0;
    for (size_t i = 0; i < facts_table(f, "balance")->rows; i++)
        all += NUMBER(f, "balance", i, "bytes");
    return all;
}

static double item(struct facts *f, const char *name)
{
    return NUMBER(f, "balance", fact_row(f, "balance", "item", name), "bytes");
}

static void an_idle_machine_balances(void **state)
{
    struct tree *t = *state;
    tree_file(t, "fragwizard-capture", "page_size 4096\n");
    tree_file(t, "proc/meminfo", meminfo_618);
    tree_file(t, "proc/zoneinfo", zoneinfo);
    struct facts *f = tree_facts(t, "memory");
    assert_int_equal(f->status, STATUS_OK);
    assert_true(sum(f) == 24684092.0 * 1024);
    assert_near(item(f, "free, on per-CPU lists"), 11000 * 4096.0, 0);
    assert_near(item(f, "page cache"), (69772 + 3980 - 8856) * 1024.0, 0);
    assert_near(item(f, "vmalloc"), (14332 - 1528) * 1024.0, 0); /* kernel stacks are in it */
    /* 24684092 - 24367920 - 44000 - 22800 - 64896 - 8856 - 118992 - 24972 - 1528 - 2380 - 688 - 12804 */
    assert_near(NUMBER(f, "memory", 0, "unaccounted"), 14256 * 1024.0, 0);
    struct table *b = facts_table(f, "balance");
    assert_string_equal(fact_text(f, "balance", b->rows - 1, "item"), "not named by the kernel");
    assert_near(NUMBER(f, "memory", 0, "available_share"), 24332140.0 / 24684092, 1e-12);
    assert_near(NUMBER(f, "memory", 0, "reclaimable"), (22228 + 42664 + 118992) * 1024.0, 0);
}

/* Linux 3.10: no MemAvailable, Percpu, KReclaimable, Hugetlb; VmallocUsed counts addresses; an idle pool of huge pages
 */
static void an_old_kernel_balances(void **state)
{
    struct tree *t = *state;
    tree_file(
        t, "proc/meminfo",
        "MemTotal:       16266484 kB\nMemFree:          271312 kB\nBuffers:            2104 kB\nCached:          "
        "1034204 kB\n"
        "SwapCached:         4096 kB\nActive:           900000 kB\nInactive:        1000000 kB\nActive(anon):     "
        "403000 kB\n"
        "Inactive(anon):   400000 kB\nActive(file):     500000 kB\nInactive(file):   526308 kB\nUnevictable:           "
        "0 kB\n"
        "Mlocked:               0 kB\nSwapTotal:       2097148 kB\nSwapFree:        2000000 kB\nDirty:                "
        "16 kB\n"
        "Writeback:             0 kB\nAnonPages:        790000 kB\nMapped:            40000 kB\nShmem:             "
        "10000 kB\n"
        "Slab:             300000 kB\nSReclaimable:     200000 kB\nSUnreclaim:       100000 kB\nKernelStack:        "
        "8000 kB\n"
        "PageTables:        20000 kB\nNFS_Unstable:          0 kB\nBounce:                0 kB\nWritebackTmp:          "
        "0 kB\n"
        "CommitLimit:     2097152 kB\nCommitted_AS:    1500000 kB\nVmallocTotal:   34359738367 kB\nVmallocUsed:      "
        "360000 kB\n"
        "VmallocChunk:   34359000000 kB\nHardwareCorrupted:     0 kB\nAnonHugePages:    100000 kB\nHugePages_Total:    "
        "6656\n"
        "HugePages_Free:     6000\nHugePages_Rsvd:        0\nHugePages_Surp:        0\nHugepagesize:       2048 kB\n");
    struct facts *f = tree_facts(t, "memory");
    assert_int_equal(f->status, STATUS_PARTIAL); /* no zoneinfo */
    assert_non_null(strstr(fact_why(f, "memory", 0, "available"), "MemAvailable"));
    assert_non_null(strstr(fact_why(f, "memory", 0, "available_share"), "MemAvailable"));
    assert_non_null(strstr(fact_why(f, "memory", 0, "percpu"), "Percpu"));
    (void)fact_why(f, "memory", 0, "vmalloc");
    (void)fact_why(f, "memory", 0, "pcp");
    assert_near(NUMBER(f, "memory", 0, "hugetlb"), 13312.0 * 1048576, 0);
    assert_near(NUMBER(f, "memory", 0, "hugetlb_reserved_idle"), 12000.0 * 1048576, 0);
    assert_true(sum(f) == 16266484.0 * 1024);
    assert_near(item(f, "swap cache, not mapped"), 3000 * 1024.0, 0); /* 803000 - 790000 - 10000 */
    assert_near(item(f, "huge page pool, in use"), 656 * 2048 * 1024.0, 0);
    assert_near(NUMBER(f, "memory", 0, "unaccounted"), 206376 * 1024.0, 0);
}

static void numbers_above_the_total_are_named(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo",
              "MemTotal: 1000 kB\nMemFree: 600 kB\nBuffers: 0 kB\nAnonPages: 500 kB\nCached: 100 kB\nShmem: 20 kB\n"
              "SReclaimable: 0 kB\nSUnreclaim: 0 kB\nPageTables: 0 kB\n");
    struct facts *f = tree_facts(t, "memory");
    assert_true(sum(f) == 1000.0 * 1024);
    assert_near(item(f, "counted twice by the kernel"), -200 * 1024.0, 0);
    assert_near(NUMBER(f, "memory", 0, "unaccounted"), 0, 0);
}

static void pools_of_all_sizes(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo",
              "MemTotal: 16777216 kB\nMemFree: 600 kB\nHugePages_Total: 10\nHugePages_Free: 4\nHugepagesize: 2048 kB\n"
              "Hugetlb: 4214784 kB\n");
    tree_file(t, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "4\n");
    tree_file(t, "sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "3\n");
    struct facts *f = tree_facts(t, "memory");
    assert_near(NUMBER(f, "memory", 0, "hugetlb"), 4214784.0 * 1024, 0);
    assert_near(NUMBER(f, "memory", 0, "hugetlb_free"), 8.0 * 1048576 + 3.0 * 1073741824, 0);
}

static void rubbish_is_malformed(void **state)
{
    struct tree *t = *state;
    static const char *const bad[] = {"",
                                      "MemTotal:\n",
                                      "MemTotal: 0 kB\n",
                                      "MemTotal: 12\n",
                                      "MemTotal: 12 MB\n",
                                      "MemTotal: -1 kB\n",
                                      "MemTotal: 99999999999999999999999 kB\n",
                                      "MemTotal: 18446744073709551615 kB\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tree_file(t, "proc/meminfo", bad[i]);
        struct facts *f = tree_facts(t, "memory");
        assert_int_equal(f->status, STATUS_MALFORMED);
        assert_non_null(strstr(fact_why(f, "memory", 0, "total"), "/proc/meminfo"));
        assert_int_equal(facts_table(f, "balance")->rows, 0);
    }
}

/* One bad or missing line makes that value unknown, never the whole file. */
static void a_bad_line_costs_its_own_value(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo",
              "MemTotal: 4000 kB\nMemAvailable: x kB\nSwapTotal: 100 kB\nSwapFree: 18446744073709551488 kB\n"
              "HugePages_Total: 9\nHugePages_Free: 5\nHugePages_Rsvd: 3\nHugepagesize: 100 kB\n");
    struct facts *f = tree_facts(t, "memory");
    assert_near(NUMBER(f, "memory", 0, "total"), 4000 * 1024.0, 0);
    assert_string_equal(fact_why(f, "memory", 0, "free"), "/proc/meminfo has no MemFree");
    assert_string_equal(fact_why(f, "memory", 0, "swap_free"), "/proc/meminfo: SwapFree is no number that can be");
    assert_non_null(strstr(fact_text(f, "memory", 0, "contradiction"), "SwapFree is no number that can be"));
    assert_near(NUMBER(f, "memory", 0, "hugetlb_reserved_idle"), 2 * 100 * 1024.0, 0); /* three are promised */
    (void)fact_why(f, "memory", 0, "unaccounted");
    tree_file(t, "proc/meminfo", "MemFree: 1 kB\n");
    f = tree_facts(t, "memory");
    assert_string_equal(fact_why(f, "memory", 0, "total"), "/proc/meminfo has no MemTotal");
    assert_near(NUMBER(f, "memory", 0, "free"), 1024, 0);
    (void)fact_why(f, "memory", 0, "free_share");
}

static void numbers_that_cannot_be_are_unknown(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 15000 kB\nSwapTotal: 10 kB\n");
    struct facts *f = tree_facts(t, "memory");
    assert_string_equal(fact_why(f, "memory", 0, "available"), "/proc/meminfo: MemAvailable is more than MemTotal");
    (void)fact_why(f, "memory", 0, "obtainable");
    assert_string_equal(fact_text(f, "memory", 0, "contradiction"),
                        "MemAvailable is 14.6 MiB, more than MemTotal (1,000 KiB)");
    assert_near(NUMBER(f, "memory", 0, "mixed"), 0, 0);
    /* many such numbers: the total is a container's */
    tree_file(t, "proc/meminfo",
              "MemTotal: 1000 kB\nMemFree: 100 kB\nAnonPages: 5000 kB\nActive(anon): 4000 kB\nSUnreclaim: 3000 kB\n");
    f = tree_facts(t, "memory");
    assert_near(NUMBER(f, "memory", 0, "mixed"), 1, 0);
    (void)fact_why(f, "memory", 0, "slab_unreclaimable");
}

static void lxcfs_copies_the_hosts_huge_pages(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo",
              "MemTotal: 4000 kB\nMemFree: 100 kB\nPageTables: 300 kB\nHugePages_Total: 16\nHugePages_Free: 16\n"
              "Hugepagesize: 100 kB\nHugetlb: 1600 kB\n");
    tree_file(t, "proc/self/mountinfo", "100 99 0:57 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n");
    struct facts *f = tree_facts(t, "memory");
    assert_near(NUMBER(f, "memory", 0, "total"), 4000 * 1024.0, 0);
    assert_non_null(strstr(fact_why(f, "memory", 0, "page_tables"), "the host's"));
    assert_non_null(strstr(fact_why(f, "memory", 0, "hugetlb_reserved_idle"), "the host's"));
}

/* The default size has no pages, and the others were not captured: how much of them is idle nobody knows. */
static void pools_of_another_size_are_not_ruled_out(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo",
              "MemTotal: 9000000 kB\nMemFree: 100 kB\nHugePages_Total: 0\nHugePages_Free: 0\nHugepagesize: 2048 kB\n"
              "Hugetlb: 8388608 kB\n");
    struct facts *f = tree_facts(t, "memory");
    assert_near(NUMBER(f, "memory", 0, "hugetlb"), 8388608 * 1024.0, 0);
    assert_non_null(strstr(fact_why(f, "memory", 0, "hugetlb_reserved_idle"), "other sizes"));
}

static void zfs_gives_its_cache_back(void **state)
{
    struct tree *t = *state;
    tree_file(
        t, "proc/meminfo",
        "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 50 kB\nBuffers: 0 kB\nCached: 0 kB\nAnonPages: 100 kB\n"
        "SReclaimable: 0 kB\nSUnreclaim: 100 kB\nPageTables: 0 kB\n");
    tree_file(t, "proc/spl/kstat/zfs/arcstats",
              "13 1 0x01 123 33456 1 1\nname type data\nc_min 4 102400\nc_max 4 900000\nsize 4 614400\n");
    struct facts *f = tree_facts(t, "memory");
    assert_near(NUMBER(f, "memory", 0, "arc"), 600 * 1024.0, 0);
    assert_near(NUMBER(f, "memory", 0, "obtainable"), 550 * 1024.0, 0);
    assert_near(item(f, "ZFS cache (ARC)"), 600 * 1024.0, 0);
    assert_near(NUMBER(f, "memory", 0, "unaccounted"), 100 * 1024.0, 0);
}

/* A balloon that MemTotal still holds (deflate on OOM) is what no counter names, and counts once. */
static void a_balloon_is_counted_once(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo",
              "MemTotal: 8000 kB\nMemFree: 1000 kB\nBuffers: 0 kB\nCached: 500 kB\nAnonPages: 500 kB\n"
              "SReclaimable: 0 kB\nSUnreclaim: 0 kB\nPageTables: 0 kB\n");
    tree_file(t, "proc/vmstat", "nr_free_pages 250\npswpin 0\nballoon_inflate 1450\nballoon_deflate 0\n");
    struct facts *f = tree_facts(t, "memory");
    assert_near(NUMBER(f, "memory", 0, "balloon"), 5800 * 1024.0, 0);
    assert_near(NUMBER(f, "memory", 0, "unaccounted"), 200 * 1024.0, 0);
    /* more than is missing: it has lowered MemTotal */
    tree_file(t, "proc/vmstat", "nr_free_pages 250\npswpin 0\nballoon_inflate 9000\nballoon_deflate 0\n");
    f = tree_facts(t, "memory");
    assert_near(NUMBER(f, "memory", 0, "balloon"), 0, 0);
    assert_near(NUMBER(f, "memory", 0, "unaccounted"), 6000 * 1024.0, 0);
}

/* Without a mark in the capture the page size is concluded from counts in pages beside the same in bytes. */
static void page_size_of_a_capture(void **state)
{
    struct tree *t = *state;
    tree_file(
        t, "proc/meminfo",
        "MemTotal: 16000000 kB\nMemFree: 655360 kB\nAnonPages: 640000 kB\nMapped: 64000 kB\nSUnreclaim: 128000 kB\n");
    tree_file(t, "proc/vmstat",
              "nr_free_pages 10240\nnr_anon_pages 10100\nnr_mapped 990\nnr_slab_unreclaimable 2000\npswpin 0\n");
    tree_open(t);
    assert_int_equal(page_size(&t->root), 65536);
    tree_file(t, "proc/vmstat",
              "nr_free_pages 163840\nnr_anon_pages 160000\nnr_mapped 16000\nnr_slab_unreclaimable 32000\npswpin 0\n");
    assert_int_equal(page_size(&t->root), 4096);
    tree_file(t, "fragwizard-capture", "time 2026-01-01T00:00:00Z\npage_size 16384\n");
    assert_int_equal(page_size(&t->root), 16384);
}

/* Page initialisation deferred: zones manage a quarter of MemTotal, which must not look like pages of 16 KiB. */
static void deferred_initialisation_does_not_mislead(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", meminfo_618);
    tree_file(t, "proc/zoneinfo",
              "Node 0, zone   Normal\n  pages free     641866\n        spanned  6291358\n        present  6291358\n"
              "        managed  1497653\n");
    tree_open(t);
    assert_int_equal(page_size(&t->root), 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(an_idle_machine_balances),
        tree_test(an_old_kernel_balances),
        tree_test(numbers_above_the_total_are_named),
        tree_test(pools_of_all_sizes),
        tree_test(rubbish_is_malformed),
        tree_test(a_bad_line_costs_its_own_value),
        tree_test(numbers_that_cannot_be_are_unknown),
        tree_test(lxcfs_copies_the_hosts_huge_pages),
        tree_test(pools_of_another_size_are_not_ruled_out),
        tree_test(zfs_gives_its_cache_back),
        tree_test(a_balloon_is_counted_once),
        tree_test(page_size_of_a_capture),
        tree_test(deferred_initialisation_does_not_mislead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
