/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slab caches: use, waste, growth, and what is known without root. */
#include "tree.h"

#include "probes/kernel/slabinfo.h"

#define HEAD                                                                                                           \
    "slabinfo - version: 2.1\n"                                                                                        \
    "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> "             \
    "<batchcount> "                                                                                                    \
    "<sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
#define TAIL(slabs) " : tunables    0    0    0 : slabdata   " slabs "   " slabs "      0\n"
#define MEMINFO "MemTotal: 1000000 kB\nMemFree: 10 kB\nSlab: 100000 kB\nSReclaimable: 60000 kB\nSUnreclaim: 40000 kB\n"

static void waste_and_use(void **state)
{
    struct tree *t = *state;
    tree_file(t, "fragwizard-capture", "page_size 4096\n");
    tree_file(t, "proc/meminfo", MEMINFO);
    /* shmem_inode_cache: (4600 - 230) free of 704 bytes, 200 slabs of 8 pages that hold 23 of them: 32768 - 16192 =
     * 16576 over */
    tree_file(t, "proc/slabinfo",
              HEAD "shmem_inode_cache    230   4600    704   23    8" TAIL(
                  "200") "dentry            21000  21000    192   21    1" TAIL("1000") "empty                 0      "
                                                                                        "0    312   13    1" TAIL("0"));
    tree_file(t, "sys/kernel/slab/shmem_inode_cache/reclaim_account", "0\n");
    tree_file(t, "sys/kernel/slab/shmem_inode_cache/aliases", "2\n");
    tree_file(t, "proc/sys/fs/dentry-state", "21000\t20000\t45\t0\t15000\t0\n");
    struct facts *f = tree_facts(t, "slab");
    assert_int_equal(f->status, STATUS_OK);
    assert_string_equal(fact_text(f, "cache", 0, "name"), "shmem_inode_cache"); /* the largest first */
    assert_near(NUMBER(f, "cache", 0, "use"), 0.05, 1e-9);
    assert_near(NUMBER(f, "cache", 0, "size"), 200 * 8 * 4096, 0);
    assert_near(NUMBER(f, "cache", 0, "waste"), 4370.0 * 704 + 200.0 * 16576, 0);
    assert_near(NUMBER(f, "cache", 0, "reclaimable"), 0, 0);
    assert_near(NUMBER(f, "cache", 0, "aliases"), 2, 0);
    assert_near(NUMBER(f, "cache", 1, "reclaimable"), 1, 0); /* dentry is known by name */
    assert_near(NUMBER(f, "cache", 1, "waste"), 1000 * (4096 - 21 * 192), 0);
    (void)fact_why(f, "cache", 2, "use");
    assert_near(NUMBER(f, "slab", 0, "total"), 100000 * 1024.0, 0);
    assert_near(NUMBER(f, "slab", 0, "unreclaimable_share"), 0.04, 1e-9);
    assert_near(NUMBER(f, "slab", 0, "detail"), 1, 0);
    assert_near(NUMBER(f, "slab", 0, "dentry_unused"), 20000, 0);
    assert_near(NUMBER(f, "slab", 0, "dentry_negative"), 15000, 0);
    assert_non_null(strstr(fact_why(f, "cache", 0, "growth"), "one moment only"));
}

static void growth_over_the_window(void **state)
{
    struct tree *t = *state;
    tree_file(t, "fragwizard-capture", "page_size 4096\n");
    tree_file(t, "moment/0/time", "0\n");
    tree_file(t, "moment/0/proc/meminfo", MEMINFO);
    tree_file(t, "moment/0/proc/slabinfo", HEAD "kmalloc-64   64 64 64 64 1" TAIL("100"));
    tree_file(t, "moment/1/time", "60\n");
    tree_file(t, "moment/1/proc/meminfo",
              "MemTotal: 1000000 kB\nMemFree: 10 kB\nSlab: 100600 kB\nSReclaimable: 60000 kB\nSUnreclaim: 40600 kB\n");
    tree_file(t, "proc/slabinfo", HEAD "kmalloc-64   64 64 64 64 1" TAIL("250") "new 64 64 64 64 1" TAIL("1"));
    struct facts *f = tree_facts(t, "slab");
    assert_near(NUMBER(f, "slab", 0, "growth_unreclaimable"), 600 * 1024 / 60.0, 1e-6);
    assert_near(NUMBER(f, "slab", 0, "growth_reclaimable"), 0, 0);
    assert_near(NUMBER(f, "cache", 0, "growth"), 150 * 4096 / 60.0, 1e-6);
    assert_string_equal(fact_why(f, "cache", 1, "growth"), "the cache is new");
}

static void totals_without_root(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", MEMINFO);
    struct facts *f = tree_facts(t, "slab");
    assert_int_equal(f->status, STATUS_PARTIAL);
    assert_near(NUMBER(f, "slab", 0, "detail"), 0, 0);
    assert_near(NUMBER(f, "slab", 0, "unreclaimable"), 40000 * 1024.0, 0);
    assert_non_null(strstr(fact_why(f, "slab", 0, "waste"), "/proc/slabinfo"));
    assert_int_equal(facts_table(f, "cache")->rows, 0);
}

static void names_may_hold_anything(void **state)
{
    (void)state;
    struct slabinfo s;
    struct err e;
    static const char plain[] = HEAD "two words 7  3 4 64 64 1 : tunables 120 60 8 : slabdata 5 6 0 : globalstat 1 2\n";
    assert_true(slabinfo_parse(&s, plain, strlen(plain), &e));
    assert_string_equal(s.caches[0].name, "two words 7");
    assert_int_equal(s.caches[0].active_objs, 3);
    assert_int_equal(s.caches[0].slabs, 6);
    slabinfo_free(&s);
}

static void rubbish_is_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "slabinfo - version: 1.1\nx\n",
                                      HEAD,
                                      HEAD "dentry 1 2 3\n",
                                      HEAD "dentry 1 2 192 21 x" TAIL("9"),
                                      HEAD "dentry 1 2 192 21 1 : tunables 0 0 0\n",
                                      HEAD "dentry 99999999999999999999 2 192 21 1" TAIL("9"),
                                      HEAD "1 2 3 4 5" TAIL("9")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct slabinfo s;
        struct err e;
        assert_false(slabinfo_parse(&s, bad[i], strlen(bad[i]), &e));
        assert_null(s.caches);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(waste_and_use),
        tree_test(growth_over_the_window),
        tree_test(totals_without_root),
        cmocka_unit_test(names_may_hold_anything),
        cmocka_unit_test(rubbish_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
