/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Swap space from /proc/swaps and from what an sosreport has instead. */
#include "tree.h"

#define MEMINFO                                                                                                        \
    "MemTotal: 1000000 kB\nMemFree: 10 kB\nSwapCached: 128 kB\nSwapTotal: 2097148 kB\nSwapFree: 2000000 kB\n"

static void devices_and_their_kinds(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", MEMINFO);
    tree_file(t, "proc/swaps",
              "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
              "/dev/vda2                               partition\t524284\t\t1024\t\t-2\n"
              "/swap\\040file                          file\t\t1048576\t\t0\t\t-3\n"
              "/dev/zram0                              partition\t2097148\t\t2097148\t\t100\n");
    struct facts *f = tree_facts(t, "swap");
    assert_int_equal(f->status, STATUS_OK);
    assert_near(NUMBER(f, "swap", 0, "devices"), 3, 0);
    assert_near(NUMBER(f, "swap", 0, "total"), (524284.0 + 1048576 + 2097148) * 1024, 0);
    assert_near(NUMBER(f, "swap", 0, "used"), (1024.0 + 2097148) * 1024, 0);
    assert_near(NUMBER(f, "swap", 0, "zram"), 1, 0);
    assert_near(NUMBER(f, "swap", 0, "cached"), 128 * 1024, 0);
    assert_string_equal(fact_text(f, "swap_device", 0, "kind"), "partition");
    assert_near(NUMBER(f, "swap_device", 0, "priority"), -2, 0);
    assert_string_equal(fact_text(f, "swap_device", 1, "device"), "/swap file");
    assert_string_equal(fact_text(f, "swap_device", 1, "kind"), "file");
    assert_string_equal(fact_text(f, "swap_device", 2, "kind"), "zram");
    assert_non_null(strstr(fact_why(f, "swap", 0, "zswap"), "not captured"));
}

static void no_swap_is_known(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", "MemTotal: 1000000 kB\nMemFree: 10 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    tree_file(t, "proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    tree_file(t, "sys/module/zswap/parameters/enabled", "N\n");
    struct facts *f = tree_facts(t, "swap");
    assert_int_equal(f->status, STATUS_OK);
    assert_near(NUMBER(f, "swap", 0, "total"), 0, 0);
    assert_near(NUMBER(f, "swap", 0, "used_share"), 0, 0);
    assert_near(NUMBER(f, "swap", 0, "devices"), 0, 0);
    assert_near(NUMBER(f, "swap", 0, "zram"), 0, 0);
    assert_near(NUMBER(f, "swap", 0, "zswap"), 0, 0);
}

static void sosreport_has_a_table_in_bytes(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", MEMINFO);
    tree_file(t, "sos_commands/memory/swapon_--bytes_--show",
              "NAME      TYPE             SIZE     USED PRIO\n"
              "/dev/dm-1 partition 2147479552 98304000   -2\n");
    struct facts *f = tree_facts(t, "swap");
    assert_int_equal(f->status, STATUS_OK);
    assert_near(NUMBER(f, "swap", 0, "total"), 2147479552.0, 0);
    assert_near(NUMBER(f, "swap", 0, "used"), 98304000.0, 0);
    assert_near(NUMBER(f, "swap_device", 0, "priority"), -2, 0);
}

static void meminfo_stands_in_without_devices(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", MEMINFO);
    struct facts *f = tree_facts(t, "swap");
    assert_int_equal(f->status, STATUS_PARTIAL);
    assert_near(NUMBER(f, "swap", 0, "total"), 2097148.0 * 1024, 0);
    assert_near(NUMBER(f, "swap", 0, "used"), 97148.0 * 1024, 0);
    assert_non_null(strstr(fact_why(f, "swap", 0, "devices"), "/proc/swaps"));
}

static void rubbish_is_malformed(void **state)
{
    struct tree *t = *state;
    static const char *const bad[] = {
        "", "x\n", "Filename Type Size Used Priority\n/dev/vda2 partition\n",
        "Filename Type Size Used Priority\n/dev/vda2 partition 10 20 -1\n",
        "Filename Type Size Used Priority\n/dev/vda2 partition 99999999999999999999 0 -1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tree_file(t, "proc/swaps", bad[i]);
        struct facts *f = tree_facts(t, "swap");
        assert_int_equal(f->status, STATUS_MALFORMED);
        (void)fact_why(f, "swap", 0, "total");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(devices_and_their_kinds),        tree_test(no_swap_is_known),
        tree_test(sosreport_has_a_table_in_bytes), tree_test(meminfo_stands_in_without_devices),
        tree_test(rubbish_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
