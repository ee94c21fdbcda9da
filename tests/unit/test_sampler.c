/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one clock: which moments are sampled, that points stay few and even, and that waiting ends when it should. */
#include "tree.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/wait.h"
#include "engine/run/sampler.h"

/* A probe that notes when it was asked, and thins as the real ones do. */
struct noted {
    double times[2048], kept[SAMPLES_MAX];
    char mark[2048]; /* what the root that it was given says */
    size_t count, kept_count, thinned;
};
static struct noted seen;

static void *note_open(const struct probe_input *in)
{
    (void)in;
    memset(&seen, 0, sizeof seen);
    return &seen;
}

static void note_sample(void *state, const struct probe_input *in, double time)
{
    struct noted *n = state;
    char text[8];
    n->mark[n->count] = root_read_small(in->root, "proc/mark", text, sizeof text) > 0 ? *text : '-';
    n->times[n->count++] = time;
    assert_true(n->kept_count < SAMPLES_MAX);
    n->kept[n->kept_count++] = time;
}

static void note_thin(void *state)
{
    struct noted *n = state;
    size_t kept = 0;
    for (size_t i = 0; i < n->kept_count; i += 2)
        n->kept[kept++] = n->kept[i];
    n->kept_count = kept;
    n->thinned++;
}

static void note_collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)in;
    cell_number(&f->tables[0], table_add(&f->tables[0]), 0, state ? (double)((struct noted *)state)->count : -1);
}

static void note_close(void *state)
{
    (void)state;
}

static const struct column columns[] = {{"count", TYPE_COUNT, "samples"}};
static const struct table_decl tables[] = {
    {.name = "noted", .help = "n", .columns = columns, .column_count = 1, .single = true}};
static const struct probe windowed = {.name = "noted",
                                      .tables = tables,
                                      .table_count = 1,
                                      .open = note_open,
                                      .sample = note_sample,
                                      .thin = note_thin,
                                      .collect = note_collect,
                                      .close = note_close};
static const struct probe instant = {.name = "at once", .tables = tables, .table_count = 1, .collect = note_collect};
static const struct probe *const both[] = {&windowed, &instant};

static void write_moments(struct tree *t, size_t count, double apart)
{
    for (size_t i = 0; i < count; i++) {
        char path[64], text[64];
        snprintf(path, sizeof path, "moment/%zu/time", i);
        snprintf(text, sizeof text, "%.3f\n", 100 + (double)i * apart);
        tree_file(t, path, text);
    }
    tree_open(t);
}

static void each_moment_is_sampled_once(void **state)
{
    struct tree *t = *state;
    write_moments(t, 11, 2.5);
    double begin = clock_now();
    struct sampler *s = sampler_start(both, 2, &t->in, 30);
    assert_true(clock_now() - begin < 1); /* without waiting */
    assert_int_equal(seen.count, 11);
    for (size_t i = 0; i < 11; i++)
        assert_near(seen.times[i], (double)i * 2.5, 1e-9);
    assert_near(sampler_elapsed(s), 25, 1e-9);
    assert_near(sampler_observed(s), 25, 1e-9);
    assert_near(sampler_remaining(s), 0, 0);
    sampler_cut(s);
    assert_int_equal(seen.count, 11);
    assert_int_equal(t->root.moment_fd, -1); /* what is read at once is read of the tree itself */
    struct facts *f = sampler_collect(s, &windowed);
    assert_near(NUMBER(f, "noted", 0, "count"), 11, 0);
    facts_free(f);
    f = sampler_collect(s, &instant);
    assert_near(NUMBER(f, "noted", 0, "count"), -1, 0);
    facts_free(f);
    sampler_free(s);
}

/* Each sample is given the root of its moment, which falls back on the tree; the root itself stays as it is. */
static void a_sample_reads_its_moment(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/mark", "t");
    tree_file(t, "moment/0/proc/mark", "a");
    tree_file(t, "moment/2/proc/mark", "c");
    write_moments(t, 3, 1);
    struct sampler *s = sampler_start(both, 2, &t->in, 30);
    assert_int_equal(seen.count, 3);
    assert_memory_equal(seen.mark, "atc", 3);
    struct facts *f = sampler_look(s, &windowed);
    assert_memory_equal(seen.mark, "t", 1);
    facts_free(f);
    sampler_free(s);
}

static void a_plain_tree_is_one_moment(void **state)
{
    struct tree *t = *state;
    tree_open(t);
    struct sampler *s = sampler_start(both, 2, &t->in, 30);
    assert_int_equal(seen.count, 1);
    assert_near(sampler_elapsed(s), 0, 0);
    assert_near(sampler_remaining(s), 0, 0);
    sampler_free(s);
}

static void many_moments_keep_few_even_points(void **state)
{
    struct tree *t = *state;
    static const size_t counts[] = {118, 119, 120, 121, 238, 240, 300, 999};
    write_moments(t, 999, 2);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        size_t all = t->root.moments;
        t->root.moments = counts[i];
        struct sampler *s = sampler_start(both, 2, &t->in, 0);
        t->root.moments = all;
        double last = 2 * (double)(counts[i] - 1), apart = seen.kept[1] - seen.kept[0];
        assert_true(seen.kept_count <= SAMPLES_MAX - 1);
        assert_true(seen.kept_count >= 59);
        assert_near(seen.kept[0], 0, 0);
        assert_near(seen.kept[seen.kept_count - 1], last, 0);
        assert_near(apart, 2.0 * (double)(1u << seen.thinned), 0);
        for (size_t k = 1; k + 1 < seen.kept_count; k++)
            assert_near(seen.kept[k] - seen.kept[k - 1], apart, 0);
        assert_int_equal(seen.thinned, counts[i] < 119 ? 0 : counts[i] < 237 ? 1 : counts[i] < 473 ? 2 : 4);
        sampler_free(s);
    }
}

/* --- the live machine --- */

static void live(struct tree *t)
{
    struct err e;
    if (!root_open(&t->root, "/", &e))
        fail_msg("%s", e.text);
    t->in = (struct probe_input){.root = &t->root};
}

/* As whoever waits does: until the next tick, which is then taken, or until `until`. */
static bool wait_until_tick(struct sampler *s, double until)
{
    wait_for(-1, fmin(until, sampler_due(s)));
    return sampler_tick(s);
}

static void no_window_is_one_sample(void **state)
{
    struct tree *t = *state;
    live(t);
    static const double windows[] = {0, -5};
    for (size_t i = 0; i < 2; i++) {
        struct sampler *s = sampler_start(both, 2, &t->in, windows[i]);
        assert_int_equal(seen.count, 1);
        assert_near(sampler_remaining(s), 0, 0);
        assert_near(sampler_elapsed(s), 0, 0);
        double begin = clock_now();
        assert_int_equal(wait_for(-1, fmin(begin + 0.05, sampler_due(s))), WAKE_TIME);
        assert_false(sampler_tick(s)); /* none comes */
        assert_near(clock_now() - begin, 0.05, 0.1);
        sampler_cut(s);
        assert_int_equal(seen.count, 1);
        sampler_free(s);
    }
}

static void the_last_sample_stands_at_the_windows_end(void **state)
{
    struct tree *t = *state;
    live(t);
    static const double windows[] = {0.1, 0.5, 0.7};
    for (size_t i = 0; i < 3; i++) {
        struct sampler *s = sampler_start(both, 2, &t->in, windows[i]);
        while (sampler_remaining(s) > 0)
            assert_true(wait_until_tick(s, INFINITY));
        assert_near(sampler_observed(s), windows[i], 0.1);
        assert_true(sampler_observed(s) >= windows[i]);
        assert_near(seen.times[seen.count - 1], sampler_observed(s), 0);
        assert_true(seen.count >= 2 && seen.count <= 5); /* at least 0.2 s apart but for the end */
        sampler_free(s);
    }
}

static void ticks_stand_on_a_grid(void **state)
{
    struct tree *t = *state;
    live(t);
    struct sampler *s = sampler_start(both, 2, &t->in, 1.6);
    while (sampler_remaining(s) > 0)
        wait_until_tick(s, clock_now() + 0.07);
    assert_int_equal(seen.count, 9);
    for (size_t i = 0; i < 9; i++)
        assert_near(seen.times[i], 0.2 * (double)i, 0.09); /* a late one does not push the rest */
    sampler_free(s);
}

static void a_stopped_program_makes_up_for_nothing(void **state)
{
    struct tree *t = *state;
    live(t);
    struct sampler *s = sampler_start(both, 2, &t->in, 12);
    usleep(1400000); /* three ticks and a half of 0.4 s */
    size_t before = seen.count;
    assert_true(wait_until_tick(s, INFINITY));
    assert_false(wait_until_tick(s, clock_now() + 0.15));
    assert_int_equal(seen.count, before + 1);
    sampler_free(s);
}

static void a_cut_takes_a_last_sample(void **state)
{
    struct tree *t = *state;
    live(t);
    struct sampler *s = sampler_start(both, 2, &t->in, 86400 * 365.0);
    assert_true(sampler_remaining(s) > 86400 * 364.0);
    wait_until_tick(s, clock_now() + 0.3);
    sampler_cut(s);
    assert_int_equal(seen.count, 2);
    assert_near(seen.times[1], 0.3, 0.1);
    assert_near(sampler_remaining(s), 0, 0);
    assert_near(sampler_elapsed(s), seen.times[1], 0);
    sampler_cut(s);
    assert_int_equal(seen.count, 2);
    sampler_free(s);
    s = sampler_start(both, 2, &t->in, 5);
    sampler_cut(s); /* so soon that a second sample would tell nothing */
    assert_int_equal(seen.count, 1);
    sampler_free(s);
}

static void an_extended_window_goes_on(void **state)
{
    struct tree *t = *state;
    live(t);
    struct sampler *s = sampler_start(both, 2, &t->in, 0);
    assert_near(sampler_remaining(s), 0, 0);
    usleep(100000); /* what is not looked at in between is not made up for */
    sampler_extend(s, 0.5);
    assert_near(sampler_remaining(s), 0.5, 0.1);
    while (sampler_remaining(s) > 0)
        assert_true(wait_until_tick(s, INFINITY));
    assert_true(sampler_observed(s) >= 0.6);
    assert_true(seen.count >= 3 && seen.count <= 5);
    for (size_t i = 1; i < seen.count; i++)
        assert_true(seen.times[i] > seen.times[i - 1]);
    size_t before = seen.count;
    sampler_extend(s, 60);
    sampler_cut(s);
    assert_near(sampler_remaining(s), 0, 0);
    assert_true(seen.count <= before + 1);
    struct facts *f = sampler_look(s, &windowed); /* one look, whatever was seen before */
    assert_near(NUMBER(f, "noted", 0, "count"), 1, 0);
    facts_free(f);
    f = sampler_look(s, &instant);
    assert_near(NUMBER(f, "noted", 0, "count"), -1, 0);
    facts_free(f);
    sampler_free(s);
}

static void a_captured_window_cannot_be_extended(void **state)
{
    struct tree *t = *state;
    write_moments(t, 3, 2);
    struct sampler *s = sampler_start(both, 2, &t->in, 30);
    sampler_extend(s, 60);
    assert_near(sampler_remaining(s), 0, 0);
    assert_near(sampler_observed(s), 4, 1e-9);
    assert_int_equal(seen.count, 3);
    sampler_free(s);
}

static void input_and_signals_end_the_wait(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    double begin = clock_now();
    assert_int_equal(wait_for(ends[0], begin + 0.05), WAKE_TIME);
    assert_int_equal(wait_for(ends[0], begin), WAKE_TIME); /* a time that has passed does not block */
    assert_near(clock_now() - begin, 0.05, 0.1);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(wait_for(ends[0], INFINITY), WAKE_INPUT);
    assert_int_equal(wait_for(ends[0], begin), WAKE_INPUT);
    assert_int_equal(read(ends[0], &(char){0}, 1), 1);
    close(ends[1]);
    assert_int_equal(wait_for(ends[0], INFINITY), WAKE_INPUT); /* the end of input is to be read */
    close(ends[0]);
    wait_catch_signals();
    assert_int_equal(wait_signal(), 0);
    pid_t child = fork();
    if (child == 0) {
        usleep(100000);
        kill(getppid(), SIGTERM);
        _exit(0);
    }
    begin = clock_now();
    assert_int_equal(wait_for(-1, begin + 5), WAKE_SIGNAL);
    assert_true(clock_now() - begin < 1);
    assert_int_equal(wait_signal(), SIGTERM);
    assert_int_equal(wait_for(-1, INFINITY), WAKE_SIGNAL); /* from then on */
    waitpid(child, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(each_moment_is_sampled_once),
        tree_test(a_sample_reads_its_moment),
        tree_test(a_plain_tree_is_one_moment),
        tree_test(many_moments_keep_few_even_points),
        tree_test(no_window_is_one_sample),
        tree_test(the_last_sample_stands_at_the_windows_end),
        tree_test(ticks_stand_on_a_grid),
        tree_test(a_stopped_program_makes_up_for_nothing),
        tree_test(a_cut_takes_a_last_sample),
        tree_test(an_extended_window_goes_on),
        tree_test(a_captured_window_cannot_be_extended),
        tree_test(input_and_signals_end_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
