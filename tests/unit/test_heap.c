/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a look at a heap amounts to, whose turn it is, and that no number is given where there can be none. */
#include "rows.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>

#include "probes/heap/heap_track.h"

static const double mib = 1024 * 1024;
static const struct detection glibc = {.allocator = "glibc", .language = LANGUAGE_NATIVE, .any = true};

/* Of a process of 100 MiB: 60 in use and 30 free in the heap (10 of it not resident), 20 in chunks of their own. */
static struct heap_look usual(void)
{
    struct heap_look l = {.rss = 110 * mib, .anonymous = 100 * mib};
    l.heap = (struct malloc_heap){.state = HEAP_MEASURED, .found = true, .coverage = 1, .mmapped = 20 << 20};
    l.heap.sums = (struct heap_sums){.system = 90 << 20, .in_use = 60 << 20, .free = 30 << 20, .absent = 10 << 20};
    l.python = (struct pymalloc){.whole = true, .coverage = 1};
    return l;
}

static void live_and_held_are_told_apart(void **state)
{
    (void)state;
    struct heap_look l = usual();
    heap_look_judge(&l, &glibc, false);
    assert_int_equal(l.state, HEAP_MEASURED);
    assert_string_equal(l.reason, "");
    assert_string_equal(l.allocator, "glibc");
    assert_near(l.live, 80 * mib, 1);
    assert_near(l.held, 20 * mib, 1);
    assert_near(l.outside, 0, 1);
}

static void cpython_adds_its_own(void **state)
{
    (void)state;
    struct heap_look l = usual();
    l.anonymous = 150 * mib;
    l.python = (struct pymalloc){.whole = true,
                                 .coverage = 1,
                                 .pools = 2000,
                                 .in_use = 20 << 20,
                                 .free = 11 << 20,
                                 .free_resident = 10 << 20,
                                 .memory = 31 << 20};
    heap_look_judge(&l, &glibc, false);
    assert_string_equal(l.allocator, "glibc + pymalloc");
    assert_near(l.live, 100 * mib, 1);
    assert_near(l.held, 30 * mib, 1);
    assert_near(l.outside, 19 * mib, 1);
}

static void pools_swapped_out_make_an_estimate_or_less(void **state)
{
    (void)state;
    struct heap_look l = usual();
    l.python = (struct pymalloc){.whole = true, .coverage = 0.95, .pools = 2000, .in_use = 19 << 20};
    heap_look_judge(&l, &glibc, false);
    assert_int_equal(l.state, HEAP_ESTIMATE);
    assert_near((double)l.python.in_use, 20 * mib, 2);
    assert_near(l.live, 100 * mib, 2);
    assert_string_equal(l.reason, "5.0 % of CPython's pools are swapped out");
    l = usual();
    l.python = (struct pymalloc){.whole = true, .coverage = 0.5, .pools = 2000, .in_use = 10 << 20};
    heap_look_judge(&l, &glibc, false);
    assert_int_equal(l.state, HEAP_UNKNOWN);
    assert_true(isnan(l.live) && isnan(l.held));
    l = usual();
    l.python = (struct pymalloc){.whole = false, .coverage = 1, .pools = 2000, .in_use = 10 << 20};
    heap_look_judge(&l, &glibc, false);
    assert_int_equal(l.state, HEAP_UNKNOWN);
    assert_true(l.failed);
}

static void an_allocator_that_is_not_read_has_a_name_and_no_number(void **state)
{
    (void)state;
    static const char *const names[] = {"jemalloc", "tcmalloc", "mimalloc", "scudo", "musl", "go"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct detection d = {.allocator = names[i], .any = true};
        struct heap_look l = {.anonymous = 100 * mib};
        heap_look_judge(&l, &d, false);
        assert_int_equal(l.state, HEAP_UNKNOWN);
        assert_string_equal(l.allocator, names[i]);
        assert_true(strstr(l.reason, names[i]) == l.reason);
        assert_true(isnan(l.live) && isnan(l.held));
        assert_near(l.outside, 100 * mib, 1); /* counted by pages, whoever's they are */
    }
}

static void no_known_heap_is_unknown(void **state)
{
    (void)state;
    struct detection d = {.any = true};
    struct heap_look l = {.anonymous = 100 * mib, .heap.state = HEAP_UNKNOWN};
    heap_look_judge(&l, &d, false);
    assert_string_equal(l.allocator, "unknown");
    assert_int_equal(l.state, HEAP_UNKNOWN);
    assert_true(isnan(l.live));
    assert_near(l.outside, 100 * mib, 1);
}

static void a_heap_that_was_not_read_leaves_the_rest_unknown_too(void **state)
{
    (void)state;
    struct heap_look l = usual();
    l.heap.state = HEAP_UNKNOWN;
    snprintf(l.heap.reason, sizeof l.heap.reason, "only 70 %% of it is resident");
    heap_look_judge(&l, &glibc, false);
    assert_string_equal(l.reason, "only 70 % of it is resident");
    assert_true(isnan(l.live) && isnan(l.held) && isnan(l.outside));
    assert_true(l.failed);
}

static void memory_outside_every_heap_is_no_heap(void **state)
{
    (void)state;
    struct heap_look l = usual();
    l.anonymous = 1100 * mib;
    heap_look_judge(&l, &glibc, false);
    assert_int_equal(l.state, HEAP_UNKNOWN);
    assert_true(isnan(l.live));
    assert_near(l.outside, 1000 * mib, 1);
    assert_string_equal(l.reason, "most of its memory (1,000 MiB of 1.07 GiB) is not in malloc's heap: an allocator or "
                                  "mappings of its own");
    struct detection jvm = {.allocator = "glibc", .language = LANGUAGE_JVM, .any = true};
    heap_look_judge(&l, &jvm, false);
    assert_non_null(strstr(l.reason, "the heap of its JVM"));
    /* With a good part in the heap, its figures stand beside what is outside. */
    l = usual();
    l.anonymous = 400 * mib;
    heap_look_judge(&l, &glibc, false);
    assert_int_equal(l.state, HEAP_MEASURED);
    assert_near(l.outside, 300 * mib, 1);
}

static void cpython_without_its_lock_is_unknown(void **state)
{
    (void)state;
    struct heap_look l = usual();
    heap_look_judge(&l, &glibc, true);
    assert_int_equal(l.state, HEAP_UNKNOWN);
    assert_true(isnan(l.live));
}

static void looking_takes_a_twentieth_of_the_time(void **state)
{
    (void)state;
    assert_true(heap_due(1, 0.5, 0, 8));
    assert_false(heap_due(1, 0, 0.01, 8)); /* 0.01 s for one of eight: again after 1.6 s */
    assert_true(heap_due(1.61, 0, 0.01, 8));
    assert_false(heap_due(150, 0, 1, 8));
    assert_true(heap_due(161, 0, 1, 8));
    /* Eight processes whose looks take as long as they may, over ten minutes of ticks */
    double last[8], spent = 0;
    for (int i = 0; i < 8; i++)
        last[i] = -1e9;
    for (double now = 2; now <= 600; now += 2)
        for (int i = 0; i < 8; i++)
            if (heap_due(now, last[i], 0.2 * (i + 1), 8)) {
                last[i] = now;
                spent += 0.2 * (i + 1);
            }
    assert_true(spent < 0.05 * 600 + 0.2 * 36);
}

static void a_captured_tree_has_no_heap(void **state)
{
    struct tree *c = *state;
    tree_file(c, "proc/50/status", "Name:\tapp\nVmSize:\t 900000 kB\nVmRSS:\t 700000 kB\nThreads:\t1\n");
    tree_file(c, "proc/50/statm", "225000 175000 100 1 0 100 0\n");
    tree_file(c, "proc/50/maps", "7f00a0000000-7f00a0100000 r-xp 00000000 08:01 12 /usr/lib/libc.so.6\n");
    struct facts *f = tree_facts(c, "heap");
    assert_int_equal(f->status, STATUS_ABSENT);
    assert_string_equal(f->reason, "the heap can only be read on the machine itself");
    assert_int_equal(facts_table(f, "total")->rows, 0);
    assert_int_equal(facts_table(f, "heaps")->rows, 0);
}

/* This program itself */
static struct facts *look_at_self(struct root *live, double window, int samples, void **state)
{
    const struct probe *p = probe_find("heap");
    struct probe_input in = {.root = live, .pid = getpid(), .window_s = window, .top = 1};
    *state = p->open(&in);
    for (int i = 0; i < samples; i++)
        p->sample(*state, &in, i * window / (samples > 1 ? samples - 1 : 1));
    return probe_collect(p, *state, &in);
}

static void one_look_is_one_moment(void **state)
{
    (void)state;
    struct root live;
    void *s;
    assert_true(root_open(&live, "/", NULL));
    struct facts *f = look_at_self(&live, 0, 1, &s);
    assert_int_equal(facts_table(f, "total")->rows, 1);
    assert_true(row_number(f, "total", getpid(), "samples") == 1);
    assert_true(row_number(f, "total", getpid(), "rss") > 0);
    assert_false(row_cell(f, "total", getpid(), "live_slope").known);
    assert_true(row_number(f, "heaps", -1, "processes") == 1);
    assert_int_equal(facts_table(f, "heap_sample")->rows, 1);
    facts_free(f);
    probe_find("heap")->close(s);
    root_close(&live);
}

static void a_process_that_is_not_there_is_said_to_be_gone(void **state)
{
    (void)state;
    struct root live;
    assert_true(root_open(&live, "/", NULL));
    const struct probe *p = probe_find("heap");
    struct probe_input in = {.root = &live, .pid = 0x3ffffff0, .top = 1};
    void *s = p->open(&in);
    p->sample(s, &in, 0);
    struct facts *f = probe_collect(p, s, &in);
    assert_string_equal(row_text(f, "total", 0x3ffffff0, "state"), "unknown");
    assert_string_equal(row_text(f, "total", 0x3ffffff0, "reason"), "it has ended");
    assert_false(row_cell(f, "total", 0x3ffffff0, "live").known);
    facts_free(f);
    p->close(s);
    root_close(&live);
}

/* Holds so much memory until it is killed. */
static pid_t start_child(size_t bytes)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *memory = malloc(bytes);
        memset(memory, 1, bytes);
        if (write(ready[1], memory, 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static bool has_row(struct facts *f, pid_t pid)
{
    const struct table *t = facts_table(f, "total");
    for (size_t i = 0; i < t->rows; i++)
        if (cell_get(t, i, 0).number == pid)
            return true;
    return false;
}

static void the_end_of_the_suspect_is_told_others_are_dropped(void **state)
{
    (void)state;
    struct root live;
    assert_true(root_open(&live, "/", NULL));
    const struct probe *p = probe_find("heap");
    pid_t suspect = start_child(1 << 20), other = start_child(64 << 20);
    struct probe_input in = {.root = &live, .pid = suspect, .window_s = 10, .top = 100};
    void *s = p->open(&in);
    p->sample(s, &in, 0);
    p->sample(s, &in, 1);
    struct facts *f = probe_collect(p, s, &in);
    assert_true(has_row(f, other));
    bool denied = strstr(row_text(f, "total", suspect, "reason"), "denied") != NULL;
    facts_free(f);
    end_child(suspect);
    end_child(other);
    p->sample(s, &in, 20);
    f = probe_collect(p, s, &in);
    assert_false(has_row(f, other));
    if (!denied)
        assert_true(row_number(f, "total", suspect, "samples") > 0);
    assert_string_equal(row_text(f, "total", suspect, "reason"), "it has ended");
    assert_false(row_cell(f, "total", suspect, "live").known);
    assert_false(row_cell(f, "total", suspect, "live_change").known);
    facts_free(f);
    p->close(s);
    root_close(&live);
}

static void a_suspect_named_later_is_added(void **state)
{
    (void)state;
    struct root live;
    assert_true(root_open(&live, "/", NULL));
    const struct probe *p = probe_find("heap");
    pid_t child = start_child(1 << 20);
    struct probe_input in = {.root = &live, .window_s = 10};
    void *s = p->open(&in);
    p->sample(s, &in, 0);
    in.pid = child;
    p->sample(s, &in, 1);
    struct facts *f = probe_collect(p, s, &in);
    assert_true(has_row(f, child));
    assert_false(has_row(f, getpid()));
    facts_free(f);
    end_child(child);
    p->close(s);
    root_close(&live);
}

static void points_are_thinned(void **state)
{
    (void)state;
    struct root live;
    assert_true(root_open(&live, "/", NULL));
    const struct probe *p = probe_find("heap");
    struct probe_input in = {.root = &live, .pid = getpid(), .window_s = 1e5, .top = 1};
    void *s = p->open(&in);
    for (int i = 0; i < 500; i++)
        p->sample(s, &in, i * 100.0);
    p->thin(s);
    p->thin(s);
    struct facts *f = probe_collect(p, s, &in);
    double samples = row_number(f, "total", getpid(), "samples");
    assert_true(samples > 10 && samples <= SAMPLES_MAX);
    assert_int_equal(facts_table(f, "heap_sample")->rows, samples);
    facts_free(f);
    p->close(s);
    root_close(&live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live_and_held_are_told_apart),
        cmocka_unit_test(cpython_adds_its_own),
        cmocka_unit_test(pools_swapped_out_make_an_estimate_or_less),
        cmocka_unit_test(an_allocator_that_is_not_read_has_a_name_and_no_number),
        cmocka_unit_test(no_known_heap_is_unknown),
        cmocka_unit_test(a_heap_that_was_not_read_leaves_the_rest_unknown_too),
        cmocka_unit_test(memory_outside_every_heap_is_no_heap),
        cmocka_unit_test(cpython_without_its_lock_is_unknown),
        cmocka_unit_test(looking_takes_a_twentieth_of_the_time),
        tree_test(a_captured_tree_has_no_heap),
        cmocka_unit_test(one_look_is_one_moment),
        cmocka_unit_test(a_process_that_is_not_there_is_said_to_be_gone),
        cmocka_unit_test(the_end_of_the_suspect_is_told_others_are_dropped),
        cmocka_unit_test(a_suspect_named_later_is_added),
        cmocka_unit_test(points_are_thinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
