/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences over a window, with the names that counters had in several kernels. */
#include "tree.h"

#include "probes/kernel/counters.h"

static void old_names_are_summed(void **state)
{
    (void)state;
    /* 3.10: one allocstall, scan and steal by zone, refault not split, no oom_kill */
    static const char text[] =
        "nr_free_pages 1000\nnr_file_pages 500\npgpgin 9\npswpin 1\npswpout 2\npgsteal_kswapd_dma "
        "1\npgsteal_kswapd_dma32 20\n"
        "pgsteal_kswapd_normal 300\npgsteal_kswapd_movable 4000\npgsteal_direct_normal 5\npgscan_kswapd_dma32 7\n"
        "pgscan_kswapd_normal 11\npgscan_direct_normal 13\npgscan_direct_throttle 1000000\nallocstall 17\nthp_split 3\n"
        "workingset_refault 19\npageoutrun 23\n";
    struct counters c;
    struct err e;
    assert_true(counters_parse(&c, text, strlen(text), &e));
    assert_int_equal(c.value[CT_STEAL_KSWAPD], 4321);
    assert_int_equal(c.value[CT_STEAL_DIRECT], 5);
    assert_int_equal(c.value[CT_SCAN_KSWAPD], 18);
    assert_int_equal(c.value[CT_SCAN_DIRECT], 13); /* pgscan_direct_throttle counts something else */
    assert_int_equal(c.value[CT_ALLOCSTALL], 17);
    assert_int_equal(c.value[CT_REFAULT], 19);
    assert_false(c.known[CT_OOM_KILL]);
    assert_false(c.known[CT_REFAULT_ANON]);
}

static void new_names_are_summed(void **state)
{
    (void)state;
    static const char text[] =
        "nr_free_pages 1000\npswpin 1\npswpout 2\nallocstall_dma 1\nallocstall_dma32 2\nallocstall_normal "
        "40\nallocstall_movable 500\n"
        "allocstall_device 6000\npgscan_kswapd 3\npgscan_direct 4\npgscan_khugepaged 5\npgscan_direct_throttle 6\n"
        "workingset_refault_anon 8\nworkingset_refault_file 9\nnr_free_pages_blocks 7\n";
    struct counters c;
    struct err e;
    assert_true(counters_parse(&c, text, strlen(text), &e));
    assert_int_equal(c.value[CT_ALLOCSTALL], 6543);
    assert_int_equal(c.value[CT_SCAN_KSWAPD], 3);
    assert_int_equal(c.value[CT_SCAN_DIRECT], 4);
    assert_int_equal(c.value[CT_NR_FREE], 1000);
    assert_false(c.known[CT_REFAULT]);
}

static void rubbish_is_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "nr_free_pages\n",
                                      "nr_free_pages x\n",
                                      "nr_free_pages 1 2\n",
                                      "pswpin 1\n",
                                      "nr_free_pages 99999999999999999999\npswpin 1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct counters c;
        struct err e;
        assert_false(counters_parse(&c, bad[i], strlen(bad[i]), &e));
    }
}

static void moment(struct tree *t, int n, const char *time, const char *vmstat, const char *meminfo)
{
    char path[64];
    snprintf(path, sizeof path, "moment/%d/time", n);
    tree_file(t, path, time);
    snprintf(path, sizeof path, "moment/%d/proc/vmstat", n);
    tree_file(t, path, vmstat);
    snprintf(path, sizeof path, "moment/%d/proc/meminfo", n);
    tree_file(t, path, meminfo);
}

static const char first[] =
    "nr_free_pages 1000\nnr_file_pages 500\npgpgin 10000\npgpgout 10000\npswpin 100\npswpout 200\npgmajfault 10\n"
    "allocstall_normal 5\npgscan_kswapd 1000\npgscan_direct 0\npgsteal_kswapd 900\npgsteal_direct "
    "0\nworkingset_refault_anon 0\n"
    "workingset_refault_file 0\ncompact_stall 50\ncompact_fail 40\ncompact_success 10\ncompact_daemon_wake "
    "3\npageoutrun 7\n"
    "pgmigrate_success 0\npgmigrate_fail 0\nthp_fault_alloc 10\nthp_fault_fallback 5\nthp_fault_fallback_charge "
    "1\noom_kill 2\n";
static const char middle[] =
    "nr_free_pages 400\nnr_file_pages 500\npgpgin 10000\npgpgout 10000\npswpin 1100\npswpout 200\npgmajfault 10\n"
    "allocstall_normal 5\npgscan_kswapd 1000\npgscan_direct 0\npgsteal_kswapd 900\npgsteal_direct "
    "0\nworkingset_refault_anon 0\n"
    "workingset_refault_file 0\ncompact_stall 50\ncompact_fail 40\ncompact_success 10\ncompact_daemon_wake "
    "3\npageoutrun 7\n"
    "pgmigrate_success 0\npgmigrate_fail 0\nthp_fault_alloc 10\nthp_fault_fallback 5\nthp_fault_fallback_charge "
    "1\noom_kill 2\n";
static const char last[] =
    "nr_free_pages 800\nnr_file_pages 600\npgpgin 16000\npgpgout 10000\npswpin 1100\npswpout 400\npgmajfault 30\n"
    "allocstall_normal 25\npgscan_kswapd 3000\npgscan_direct 2000\npgsteal_kswapd 1900\npgsteal_direct 1000\n"
    "workingset_refault_anon 100\nworkingset_refault_file 200\ncompact_stall 250\ncompact_fail 190\ncompact_success "
    "60\n"
    "compact_daemon_wake 4\npageoutrun 9\npgmigrate_success 0\npgmigrate_fail 0\nthp_fault_alloc "
    "40\nthp_fault_fallback 80\n"
    "thp_fault_fallback_charge 6\noom_kill 3\n";
static const char meminfo[] = "MemTotal: 8000 kB\nMemFree: 4000 kB\nMemAvailable: 6000 kB\n";

static void rates_are_differences(void **state)
{
    struct tree *t = *state;
    tree_file(t, "fragwizard-capture", "page_size 4096\n");
    moment(t, 0, "0\n", first, meminfo);
    moment(t, 1, "2\n", middle, meminfo);
    moment(t, 2, "10\n", last, meminfo);
    struct facts *f = tree_facts(t, "vmstat");
    assert_int_equal(f->status, STATUS_OK);
    assert_near(NUMBER(f, "vmstat", 0, "samples"), 3, 0);
    assert_near(NUMBER(f, "vmstat", 0, "window"), 10, 1e-9);
    assert_near(NUMBER(f, "vmstat", 0, "swap_in"), 1000 * 4096 / 10.0, 1e-6);
    assert_near(NUMBER(f, "vmstat", 0, "swap_in_max"), 1000 * 4096 / 2.0, 1e-6);
    assert_near(NUMBER(f, "vmstat", 0, "swap_out"), 200 * 4096 / 10.0, 1e-6);
    assert_near(NUMBER(f, "vmstat", 0, "free_min"), 400 * 4096, 0);
    assert_near(NUMBER(f, "vmstat", 0, "free_last"), 800 * 4096, 0);
    assert_near(NUMBER(f, "vmstat", 0, "scan_direct"), 200, 1e-9);
    assert_near(NUMBER(f, "vmstat", 0, "reclaim_efficiency"), 0.5, 1e-9);
    assert_near(NUMBER(f, "vmstat", 0, "alloc_stalls"), 20, 0);
    assert_near(NUMBER(f, "vmstat", 0, "compact_stalls"), 200, 0);
    assert_near(NUMBER(f, "vmstat", 0, "compact_fail_share"), 0.75, 1e-9);
    assert_near(NUMBER(f, "vmstat", 0, "thp_fallbacks"), 70, 0); /* 75 less 5 that a cgroup refused */
    assert_near(NUMBER(f, "vmstat", 0, "thp_fallback_share"), 0.7, 1e-9);
    assert_near(NUMBER(f, "vmstat", 0, "oom_kills"), 1, 0);
    assert_near(NUMBER(f, "vmstat", 0, "refault_anon"), 10, 1e-9);
    /* 6000 KiB read, of which 1000 pages from swap */
    assert_near(NUMBER(f, "vmstat", 0, "file_in"), (6000 * 1024 - 1000 * 4096) / 10.0, 1e-6);
    assert_int_equal(facts_table(f, "vmstat_sample")->rows, 3);
    assert_near(NUMBER(f, "vmstat_sample", 1, "swap_in"), 500 * 4096, 1e-6);
    assert_near(NUMBER(f, "vmstat_sample", 2, "stalls"), 220, 0);
    assert_near(NUMBER(f, "vmstat_sample", 2, "available"), 6000 * 1024, 0);
}

static void one_moment_has_no_rates(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/vmstat", first);
    struct facts *f = tree_facts(t, "vmstat");
    assert_int_equal(f->status, STATUS_OK);
    assert_string_equal(fact_why(f, "vmstat", 0, "swap_in"), "one moment only; a window needs two");
    assert_string_equal(fact_why(f, "vmstat", 0, "compact_stalls"), "one moment only; a window needs two");
    assert_near(NUMBER(f, "vmstat", 0, "free_last"), 1000 * 4096, 0);
}

static void missing_names_are_unknown_not_zero(void **state)
{
    struct tree *t = *state;
    static const char *const text[] = {
        "nr_free_pages 1000\npswpin 0\npswpout 0\nworkingset_refault 10\nallocstall 1\n",
        "nr_free_pages 1000\npswpin 0\npswpout 0\nworkingset_refault 30\nallocstall 4\n"};
    moment(t, 0, "0\n", text[0], "MemTotal: 8000 kB\nMemFree: 4000 kB\n");
    moment(t, 1, "2\n", text[1], "MemTotal: 8000 kB\nMemFree: 4000 kB\n");
    struct facts *f = tree_facts(t, "vmstat");
    assert_string_equal(fact_why(f, "vmstat", 0, "oom_kills"), "this kernel does not count oom_kill");
    assert_string_equal(fact_why(f, "vmstat", 0, "thp_fallback_share"),
                        "this kernel does not count thp_fault_fallback");
    assert_near(NUMBER(f, "vmstat", 0, "refault_file"), 10, 1e-9); /* 4.19 counts both as one */
    assert_near(NUMBER(f, "vmstat", 0, "alloc_stalls"), 3, 0);
    assert_non_null(strstr(fact_why(f, "vmstat_sample", 1, "available"), "this kernel"));
}

static void counters_that_run_backwards_give_no_rate(void **state)
{
    struct tree *t = *state;
    moment(t, 0, "0\n", last, meminfo);
    moment(t, 1, "2\n", first, meminfo);
    struct facts *f = tree_facts(t, "vmstat");
    assert_non_null(strstr(fact_why(f, "vmstat", 0, "swap_in"), "backwards"));
    (void)fact_why(f, "vmstat", 0, "swap_in_max");
}

static void thinning_keeps_points_over_the_whole_window(void **state)
{
    struct tree *t = *state;
    const struct probe *p = probe_find("vmstat");
    tree_file(t, "proc/vmstat", first);
    tree_file(t, "proc/meminfo", meminfo);
    tree_open(t);
    void *s = p->open(&t->in);
    for (int i = 0; i < 1000; i++) {
        if (i && i % 100 == 0)
            p->thin(s);
        p->sample(s, &t->in, i);
    }
    struct facts *f = facts_new(p);
    p->collect(s, &t->in, f);
    size_t rows = facts_table(f, "vmstat_sample")->rows;
    assert_true(rows > 2 && rows <= SAMPLES_MAX);
    assert_near(NUMBER(f, "vmstat_sample", 0, "time"), 0, 0);
    assert_near(NUMBER(f, "vmstat", 0, "window"), 999, 0);
    assert_near(NUMBER(f, "vmstat", 0, "samples"), 1000, 0);
    facts_free(f);
    p->close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_names_are_summed),
        cmocka_unit_test(new_names_are_summed),
        cmocka_unit_test(rubbish_is_malformed),
        tree_test(rates_are_differences),
        tree_test(one_moment_has_no_rates),
        tree_test(missing_names_are_unknown_not_zero),
        tree_test(counters_that_run_backwards_give_no_rate),
        tree_test(thinning_keeps_points_over_the_whole_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
