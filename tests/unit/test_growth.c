/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growth is told from warm-up, steps, saw-teeth and noise, and never claimed from too short a window: by the probe's numbers
 * and the shipped rules. */
#include "rows.h"

#include <math.h>

#include "base/trend.h"
#include "shipped_rules.h"

enum { POINTS = 31 };
static const double mib = 1024 * 1024;

struct series {
    double time[120], value[120];
    size_t count;
};

/* Fixed seed: the same series on every machine. */
static uint64_t random_state = 20261121;
static double uniform(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) / 9007199254740992.0;
}
static double noise(void) /* roughly normal, deviation 1 */
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum - 6;
}

static struct shipped shipped;

static struct trend trend_of(const struct series *s)
{
    struct trend t;
    trend_find(s->time, s->value, s->count, &t);
    return t;
}

/* As the probe puts it into table growth. */
static struct value rule_on(const struct series *s, const char *rule)
{
    struct trend t = trend_of(s);
    const struct {
        const char *column;
        double number;
    } cells[] = {{"first", t.first},
                 {"last", t.last},
                 {"change", t.change},
                 {"window", t.window},
                 {"slope", t.slope},
                 {"slope_low", t.is_short ? NAN : t.low},
                 {"slope_high", t.is_short ? NAN : t.high},
                 {"slope_begin", t.third[0]},
                 {"slope_middle", t.third[1]},
                 {"slope_end", t.third[2]},
                 {"evenness", t.evenness},
                 {"jump", t.jump},
                 {"fall", t.fall}};
    struct facts *f = facts_new(probe_find("growth"));
    struct table *table = facts_table(f, "growth");
    size_t row = table_add(table);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        cell_number(table, row, (unsigned)table_decl_column(table->decl, cells[i].column), cells[i].number);
    cell_bool(table, row, (unsigned)table_decl_column(table->decl, "ended"), false);
    struct scope scope = {table, row, NULL};
    struct value v = shipped_judge(&shipped, find_rule(shipped.playbook, rule, NULL), &scope);
    facts_free(f);
    v.why = NULL;
    return v;
}

static bool fires(const struct series *s, const char *rule)
{
    struct value v = rule_on(s, rule);
    return v.known && v.truth;
}

static bool grows_evenly(const struct series *s)
{
    return fires(s, "growing-evenly");
}

static bool levels_off(const struct series *s)
{
    return fires(s, "growth-levelling");
}

static bool is_left_alone(const struct series *s)
{
    struct value even = rule_on(s, "growing-evenly"), level = rule_on(s, "growth-levelling");
    return even.known && !even.truth && level.known && !level.truth;
}

static struct series ramp(size_t count, double interval, double start, double per_second)
{
    struct series s = {.count = count};
    for (size_t i = 0; i < count; i++) {
        s.time[i] = (double)i * interval;
        s.value[i] = start + per_second * s.time[i];
    }
    return s;
}

static void a_steady_leak_is_even_growth_with_its_rate(void **state)
{
    (void)state;
    struct series s = ramp(POINTS, 1, 100 * mib, mib);
    for (size_t i = 0; i < s.count; i++)
        s.value[i] += noise() * 0.3 * mib;
    struct trend t = trend_of(&s);
    assert_true(grows_evenly(&s));
    assert_true(t.low > 0.9 * mib && t.high < 1.1 * mib && t.low < t.slope && t.slope < t.high);
    assert_true(t.window == 30);
}

static void growth_in_lumps_is_even_growth(void **state)
{
    (void)state;
    struct series s = ramp(POINTS, 1, 100 * mib, 0);
    for (size_t i = 0; i < s.count; i++)
        s.value[i] += floor((double)i / 3) * 4 * mib;
    assert_true(grows_evenly(&s));
}

static void standing_still_is_flat(void **state)
{
    (void)state;
    struct series s = ramp(POINTS, 1, 100 * mib, 0);
    assert_true(is_left_alone(&s));
    s = ramp(POINTS, 1, 0, 0);
    assert_true(is_left_alone(&s));
}

static void too_small_to_matter_is_flat(void **state)
{
    (void)state;
    struct series s = ramp(POINTS, 1, 100 * mib, 20 * 1024); /* 600 kB in all */
    assert_true(is_left_alone(&s));
    s = ramp(POINTS, 1, 10000 * mib, mib); /* 0.3 % */
    assert_true(is_left_alone(&s));
}

static void a_warm_up_levels_off(void **state)
{
    (void)state;
    struct series s = ramp(POINTS, 1, 0, 0);
    for (size_t i = 0; i < s.count; i++)
        s.value[i] = 200 * mib - 100 * mib * exp(-s.time[i] / 6) + noise() * 0.1 * mib;
    assert_true(levels_off(&s));
    for (size_t i = 0; i < s.count; i++) /* ends early in the window */
        s.value[i] = 100 * mib + fmin(s.time[i], 9) * 5 * mib;
    assert_true(levels_off(&s));
}

static void one_jump_is_a_step(void **state)
{
    (void)state;
    for (size_t at = 1; at < POINTS - 1; at++) {
        struct series s = ramp(POINTS, 1, 100 * mib, 0);
        for (size_t i = 0; i < s.count; i++)
            s.value[i] += (i >= at ? 50 * mib : 0) + noise() * 0.1 * mib;
        assert_true(is_left_alone(&s));
    }
}

static void a_saw_tooth_is_not_growth(void **state)
{
    (void)state;
    for (int period = 3; period <= 15; period++)
        for (int phase = 0; phase < period; phase++) {
            struct series s = ramp(POINTS, 1, 100 * mib, 0);
            for (size_t i = 0; i < s.count; i++)
                s.value[i] += 60 * mib * (double)(((int)i + phase) % period) / period;
            assert_true(is_left_alone(&s));
        }
}

static void release_is_shrinking(void **state)
{
    (void)state;
    struct series s = ramp(POINTS, 1, 500 * mib, -2 * mib);
    assert_true(is_left_alone(&s));
}

static void growth_that_only_began_is_not_called_even(void **state)
{
    (void)state;
    struct series s = ramp(POINTS, 1, 100 * mib, 0);
    for (size_t i = 0; i < s.count; i++)
        s.value[i] += fmax(0, s.time[i] - 12) * 3 * mib;
    assert_true(is_left_alone(&s));
}

static void a_short_window_says_so(void **state)
{
    (void)state;
    struct series s = ramp(7, 5, 100 * mib, 10 * mib);
    assert_true(trend_of(&s).is_short && !rule_on(&s, "growing-evenly").known);
    s = ramp(30, 0.2, 100 * mib, 10 * mib);
    assert_true(trend_of(&s).is_short && !rule_on(&s, "growing-evenly").known);
    s = ramp(1, 1, mib, 0);
    assert_true(trend_of(&s).is_short && !rule_on(&s, "growing-evenly").known);
    s.count = 0;
    assert_true(trend_of(&s).is_short && !rule_on(&s, "growing-evenly").known);
    s = ramp(8, 2, 100 * mib, 10 * mib);
    assert_true(grows_evenly(&s));
}

static void samples_at_one_time_do_not_divide_by_zero(void **state)
{
    (void)state;
    struct series s = ramp(20, 0, mib, 0);
    struct trend t = trend_of(&s);
    assert_true(isnan(t.slope));
    assert_true(t.is_short);
}

/* 1,000 noisy series without a trend: independent noise, and noise that remembers (a cache that fills and empties). */
static void noise_is_hardly_ever_called_growth(void **state)
{
    (void)state;
    int even = 0;
    for (int run = 0; run < 1000; run++) {
        struct series s = ramp(run % 2 ? POINTS : 12, run % 2 ? 1 : 2.5, 0, 0);
        double level = 0, memory = run % 4 < 2 ? 0 : 0.5, size = (1 + run % 10) * mib;
        for (size_t i = 0; i < s.count; i++) {
            level = memory * level + noise();
            s.value[i] = 200 * mib + level * size;
        }
        even += grows_evenly(&s);
    }
    if (even >= 20)
        print_error("%d of 1000\n", even);
    assert_true(even < 20);
}

/* Leaks of 0.2 to 2 MiB/s under noise as large as two seconds of it are found. */
static void leaks_are_found_under_noise(void **state)
{
    (void)state;
    int found = 0;
    for (int run = 0; run < 500; run++) {
        double rate = (0.2 + 0.2 * (run % 10)) * mib;
        struct series s = ramp(POINTS, 1, 150 * mib, rate);
        for (size_t i = 0; i < s.count; i++)
            s.value[i] += noise() * rate * 2;
        found += grows_evenly(&s);
    }
    if (found < 475)
        print_error("%d of 500 found\n", found);
    assert_true(found >= 475);
}

static void write_moment(struct tree *c, int moment, int pid, const char *start, double uss_kb)
{
    char path[80], text[512];
    snprintf(path, sizeof path, "moment/%d/time", moment);
    snprintf(text, sizeof text, "%d\n", moment * 2);
    tree_file(c, path, text);
    snprintf(path, sizeof path, "moment/%d/proc/%d/smaps_rollup", moment, pid);
    snprintf(text, sizeof text,
             "Rss: %.0f kB\nPss: %.0f kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: %.0f kB\nSwap: 0 kB\nSwapPss: 0 kB\n",
             uss_kb + 500, uss_kb, uss_kb);
    tree_file(c, path, text);
    snprintf(path, sizeof path, "moment/%d/proc/%d/stat", moment, pid);
    snprintf(text, sizeof text, "%d (app) S 1 1 1 0 -1 4194560 83 0 0 0 12 3 0 0 20 0 27 0 %s 2703360000 600 1\n", pid,
             start);
    tree_file(c, path, text);
}

static void write_app(struct tree *c)
{
    tree_file(c, "proc/50/status", "Name:\tapp\nVmSize:\t 9000 kB\nVmRSS:\t 700000 kB\nThreads:\t1\n");
    tree_file(c, "proc/50/stat", "50 (app) S 1 1 1 0 -1 4194560 83 0 0 0 12 3 0 0 20 0 27 0 8112 2703360000 600 1\n");
}

/* In a group below or at /apps, which has used 900 of its 1,000 MB; the machine has more to give. */
static void write_app_in(struct tree *c, const char *group)
{
    char text[64];
    write_app(c);
    snprintf(text, sizeof text, "0::%s\n", group);
    tree_file(c, "proc/50/cgroup", text);
    tree_file(c, "proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\n");
    tree_file(c, "sys/fs/cgroup/cgroup.controllers", "memory\n");
    tree_file(c, "sys/fs/cgroup/apps/memory.current", "900000000\n");
    tree_file(c, "sys/fs/cgroup/apps/memory.max", "1000000000\n");
}

static struct facts *replay(struct tree *c, long pid)
{
    c->in.pid = pid;
    return tree_facts(c, "growth");
}

static void a_captured_window_is_judged_against_its_limit(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    write_app_in(&c, "/apps/a");
    tree_file(&c, "moment/0/sys/fs/cgroup/apps/memory.current", "881568000\n"); /* it grows as the process does */
    tree_file(&c, "sys/fs/cgroup/apps/a/memory.current", "700000000\n");
    tree_file(&c, "sys/fs/cgroup/apps/a/memory.max", "max\n");
    for (int i = 0; i < 10; i++)
        write_moment(&c, i, 50, "8112", 100000 + i * 2000);
    tree_open(&c);
    struct facts *f = replay(&c, 0);
    assert_true(row_number(f, "growth", 50, "evenness") > 0.8);
    assert_true(row_number(f, "growth", 50, "samples") == 10);
    assert_true(row_number(f, "growth", 50, "slope") == 1000 * 1024);
    assert_string_equal(row_text(f, "growth", 50, "limit_name"), "memory.max of /apps");
    double left = row_number(f, "growth", 50, "time_to_limit");
    assert_true(left > 97 && left < 98); /* 100,000,000 bytes at 1,024,000 a second */
    assert_true(row_number(f, "growths", -1, "fastest_slope") == 1000 * 1024);
    assert_int_equal(facts_table(f, "growth_sample")->rows, 10);
    tree_free(&c);
}

/* The group's usage stands still: the process only takes what others give back, and meets no limit. */
static void a_limit_that_does_not_come_nearer_is_none(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    write_app_in(&c, "/apps");
    for (int i = 0; i < 10; i++)
        write_moment(&c, i, 50, "8112", 100000 + i * 2000);
    tree_open(&c);
    struct facts *f = replay(&c, 0);
    assert_true(row_number(f, "growth", 50, "slope") == 1000 * 1024);
    assert_false(row_cell(f, "growth", 50, "time_to_limit").known);
    tree_free(&c);
}

/* A file that is read through a private mapping is cache, though only this process maps it. */
static void pages_of_files_are_no_growth(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    write_app(&c);
    for (int i = 0; i < 10; i++) {
        char path[96], text[256];
        write_moment(&c, i, 50, "8112", 0);
        snprintf(path, sizeof path, "moment/%d/proc/50/smaps_rollup", i);
        snprintf(
            text, sizeof text,
            "Rss: 700000 kB\nPrivate_Clean: %d kB\nPrivate_Dirty: 5000 kB\nAnonymous: 5000 kB\nLazyFree: 1000 kB\n",
            100000 + i * 2000);
        tree_file(&c, path, text);
    }
    tree_open(&c);
    struct facts *f = replay(&c, 0);
    assert_true(row_number(f, "growth", 50, "slope") == 0);
    assert_true(row_number(f, "growth", 50, "last") == 4000 * 1024);
    tree_free(&c);
}

static void a_pid_used_again_is_not_continued(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    write_app(&c);
    for (int i = 0; i < 12; i++)
        write_moment(&c, i, 50, i < 10 ? "8112" : "9999", 100000 + i * 2000);
    tree_open(&c);
    struct facts *f = replay(&c, 0);
    assert_true(row_cell(f, "growth", 50, "ended").truth);
    assert_true(row_number(f, "growth", 50, "samples") == 10);
    assert_false(row_cell(f, "growth", 50, "time_to_limit").known);
    tree_free(&c);
}

static void what_was_not_captured_over_the_window_is_not_called_flat(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    for (int pid = 50; pid < 52; pid++) {
        char path[64];
        snprintf(path, sizeof path, "proc/%d/status", pid);
        tree_file(&c, path, "Name:\tapp\nVmSize:\t 9000 kB\nVmRSS:\t 700000 kB\nThreads:\t1\n");
        snprintf(path, sizeof path, "proc/%d/stat", pid);
        tree_file(&c, path, "50 (app) S 1 1 1 0 -1 4194560 83 0 0 0 12 3 0 0 20 0 27 0 8112 2703360000 600 1\n");
        snprintf(path, sizeof path, "proc/%d/smaps_rollup", pid);
        tree_file(&c, path, "Rss: 400 kB\nPrivate_Dirty: 100 kB\n");
    }
    for (int i = 0; i < 10; i++)
        write_moment(&c, i, 50, "8112", 100000);
    tree_open(&c);
    struct facts *f = replay(&c, 0);
    assert_true(row_number(f, "growth", 50, "evenness") == 0 && row_number(f, "growth", 50, "slope_high") == 0);
    struct value slope = row_cell(f, "growth", 51, "slope");
    assert_false(slope.known);
    assert_string_equal(slope.why, "not captured over the window");
    assert_false(row_cell(f, "growth", 51, "evenness").known);
    assert_int_equal(f->status, STATUS_PARTIAL);
    tree_free(&c);
}

static void one_moment_has_no_rate(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_file(&c, "proc/50/status", "Name:\tapp\nVmSize:\t 9000 kB\nVmRSS:\t 700000 kB\nThreads:\t1\n");
    tree_file(&c, "proc/50/smaps_rollup", "Rss: 400 kB\nPrivate_Dirty: 100 kB\n");
    tree_open(&c);
    struct facts *f = replay(&c, 0);
    struct value slope = row_cell(f, "growth", 50, "slope"), growing = row_cell(f, "growths", -1, "fastest_slope");
    assert_false(slope.known);
    assert_string_equal(slope.why, "one moment only");
    assert_false(growing.known);
    assert_true(row_number(f, "growth", 50, "first") == 100 * 1024);
    tree_free(&c);
}

static void the_suspect_is_followed_even_if_it_is_small_or_gone(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_open(&c);
    struct facts *f = replay(&c, 4711);
    assert_true(row_number(f, "growth", 4711, "samples") == 0);
    tree_free(&c);
}

static void a_long_window_is_thinned(void **state)
{
    (void)state;
    struct root live;
    assert_true(root_open(&live, "/", NULL));
    const struct probe *p = probe_find("growth");
    struct probe_input in = {.root = &live, .pid = getpid(), .top = 2};
    void *s = p->open(&in);
    size_t points = 0;
    for (int i = 0; i < 500; i++) {
        p->sample(s, &in, i * 10.0);
        if (++points == SAMPLES_MAX) {
            p->thin(s);
            points = (points + 1) / 2;
        }
    }
    struct facts *f = probe_collect(p, s, &in);
    double samples = row_number(f, "growth", getpid(), "samples");
    assert_true(samples > 50 && samples <= SAMPLES_MAX);
    assert_true(row_number(f, "growth", getpid(), "window") > 4500);
    facts_free(f);
    p->close(s);
    root_close(&live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_leak_is_even_growth_with_its_rate),
        cmocka_unit_test(growth_in_lumps_is_even_growth),
        cmocka_unit_test(standing_still_is_flat),
        cmocka_unit_test(too_small_to_matter_is_flat),
        cmocka_unit_test(a_warm_up_levels_off),
        cmocka_unit_test(one_jump_is_a_step),
        cmocka_unit_test(a_saw_tooth_is_not_growth),
        cmocka_unit_test(release_is_shrinking),
        cmocka_unit_test(growth_that_only_began_is_not_called_even),
        cmocka_unit_test(a_short_window_says_so),
        cmocka_unit_test(samples_at_one_time_do_not_divide_by_zero),
        cmocka_unit_test(noise_is_hardly_ever_called_growth),
        cmocka_unit_test(leaks_are_found_under_noise),
        cmocka_unit_test(a_captured_window_is_judged_against_its_limit),
        cmocka_unit_test(a_limit_that_does_not_come_nearer_is_none),
        cmocka_unit_test(pages_of_files_are_no_growth),
        cmocka_unit_test(a_pid_used_again_is_not_continued),
        cmocka_unit_test(what_was_not_captured_over_the_window_is_not_called_flat),
        cmocka_unit_test(one_moment_has_no_rate),
        cmocka_unit_test(the_suspect_is_followed_even_if_it_is_small_or_gone),
        cmocka_unit_test(a_long_window_is_thinned),
    };
    shipped_open(&shipped);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    shipped_close(&shipped);
    return failed;
}
