/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pressure stall information over a window. */
#include "tree.h"

static void shares_are_differences_of_totals(void **state)
{
    struct tree *t = *state;
    tree_file(t, "moment/0/time", "0\n");
    tree_file(t, "moment/0/proc/pressure/memory",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n"
              "full avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n");
    tree_file(t, "moment/0/proc/pressure/io",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
              "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    tree_file(t, "moment/0/proc/pressure/cpu",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"); /* no full before 5.13 */
    tree_file(t, "moment/1/time", "10\n");
    tree_file(t, "moment/1/proc/pressure/memory",
              "some avg10=42.10 avg60=12.34 avg300=3.00 total=5000000\n"
              "full avg10=20.00 avg60=5.05 avg300=1.00 total=2500000\n");
    tree_file(t, "moment/1/proc/pressure/io",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\n"
              "full avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n");
    tree_file(t, "moment/1/proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=20000000\n");
    struct facts *f = tree_facts(t, "pressure");
    assert_int_equal(f->status, STATUS_OK);
    assert_near(NUMBER(f, "pressure", 0, "memory_some"), 0.4, 1e-9);
    assert_near(NUMBER(f, "pressure", 0, "memory_full"), 0.2, 1e-9);
    assert_near(NUMBER(f, "pressure", 0, "io_some"), 0.25, 1e-9);
    assert_near(NUMBER(f, "pressure", 0, "io_full"), 0.1, 1e-9);
    assert_near(NUMBER(f, "pressure", 0, "cpu_some"), 1, 0); /* never above the whole */
    assert_near(NUMBER(f, "pressure", 0, "memory_some_avg60"), 0.1234, 1e-9);
    assert_near(NUMBER(f, "pressure", 0, "memory_full_avg60"), 0.0505, 1e-9);
    assert_int_equal(facts_table(f, "pressure_sample")->rows, 2);
    assert_near(NUMBER(f, "pressure_sample", 1, "memory_some"), 0.4, 1e-9);
}

static void one_moment_has_the_kernels_average(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/pressure/memory",
              "some avg10=0.00 avg60=1.50 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    struct facts *f = tree_facts(t, "pressure");
    assert_int_equal(f->status, STATUS_PARTIAL); /* io and cpu are missing */
    assert_near(NUMBER(f, "pressure", 0, "memory_some_avg60"), 0.015, 1e-9);
    assert_string_equal(fact_why(f, "pressure", 0, "memory_some"), "one moment only; a window needs two");
}

static void a_kernel_without_it_says_so(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", "MemTotal: 1 kB\n");
    struct facts *f = tree_facts(t, "pressure");
    assert_int_equal(f->status, STATUS_ABSENT);
    assert_non_null(strstr(f->reason, "4.20"));
    assert_non_null(strstr(fact_why(f, "pressure", 0, "memory_some"), "4.20"));
}

static void rubbish_is_malformed(void **state)
{
    struct tree *t = *state;
    static const char *const bad[] = {"",
                                      "some avg10=0.00\n",
                                      "some avg10=x avg60=0.00 avg300=0.00 total=1\n",
                                      "some avg10=0.00 avg60=0.00 avg300=0.00 total=99999999999999999999999\n",
                                      "some avg10=900.00 avg60=0.00 avg300=0.00 total=1\n",
                                      "\x01\xff\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tree_file(t, "proc/pressure/memory", bad[i]);
        assert_int_equal(tree_facts(t, "pressure")->status, STATUS_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(shares_are_differences_of_totals),
        tree_test(one_moment_has_the_kernels_average),
        tree_test(a_kernel_without_it_says_so),
        tree_test(rubbish_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
