/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes of one command together: who piles up, who restarts, and how their sum grows. */
#include "rows.h"

#include "base/mem.h"

static void process(struct tree *t, unsigned pid, const char *command, unsigned start, unsigned pages)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "proc/%u/stat", pid);
    snprintf(text, sizeof text,
             "%u (%s) S 1 1 1 0 -1 4194560 83 0 0 0 12 3 0 0 20 0 1 0 %u 2703360000 %u 18446744073709551615\n", pid,
             command, start, pages + 100);
    tree_file(t, path, text);
    snprintf(path, sizeof path, "proc/%u/statm", pid);
    snprintf(text, sizeof text, "9000 %u 100 1 0 50 0\n", pages + 100);
    tree_file(t, path, text);
}

/* A machine that stands still but for what `change` does before each look, a second apart. */
static struct facts *watch(struct tree *t, unsigned looks, void (*change)(struct tree *t, unsigned look))
{
    const struct probe *p = probe_find("groups");
    change(t, 0);
    tree_open(t);
    t->root.live = true;
    struct probe_input in = {.root = &t->root};
    void *state = p->open(&in);
    for (unsigned i = 0; i < looks; i++) {
        if (i)
            change(t, i);
        p->sample(state, &in, (double)i);
    }
    t->facts = probe_collect(p, state, &in);
    p->close(state);
    t->root.live = false;
    return t->facts;
}

static size_t row_of(struct facts *f, const char *command)
{
    return fact_row(f, "group", "command", command);
}

static void one_more_each_second(struct tree *t, unsigned look)
{
    if (!look)
        process(t, 10, "calm", 7, 5000);
    process(t, 100 + look, "conn", 1000 + look, 1000);
}

static void connections_that_pile_up_are_counted(void **state)
{
    struct tree *t = *state;
    struct facts *f = watch(t, 20, one_more_each_second);
    size_t row = row_of(f, "conn");
    assert_int_equal(f->status, STATUS_OK);
    assert_near(NUMBER(f, "group", row, "processes_first"), 1, 0);
    assert_near(NUMBER(f, "group", row, "processes"), 20, 0);
    assert_near(NUMBER(f, "group", row, "started"), 19, 0);
    assert_near(NUMBER(f, "group", row, "ended"), 0, 0);
    assert_near(NUMBER(f, "group", row, "change"), 19 * 1000 * 4096.0, 0);
    assert_near(NUMBER(f, "group", row, "slope"), 1000 * 4096.0, 1);
    assert_true(NUMBER(f, "group", row, "evenness") > 0.8);
    assert_near(NUMBER(f, "group", row, "largest_share"), 1 / 19.0, 0.001);
    row = row_of(f, "calm");
    assert_near(NUMBER(f, "group", row, "change"), 0, 0);
    assert_string_equal(fact_why(f, "group", row, "largest_share"), "it did not grow");
    assert_near(NUMBER(f, "group", row, "started"), 0, 0);
}

/* Each takes the place, and the pid, of the one before, and holds more. */
static void restarts(struct tree *t, unsigned look)
{
    process(t, 50, "worker", 100 + look, 1000 + 200 * look);
}

static void workers_that_restart_are_one_series(void **state)
{
    struct tree *t = *state;
    struct facts *f = watch(t, 12, restarts);
    size_t row = row_of(f, "worker");
    assert_near(NUMBER(f, "group", row, "processes"), 1, 0);
    assert_near(NUMBER(f, "group", row, "started"), 11, 0);
    assert_near(NUMBER(f, "group", row, "ended"), 11, 0);
    assert_near(NUMBER(f, "group", row, "slope"), 200 * 4096.0, 1);
}

/* Three of a kind: one grows by 300 pages a look, another by 100. */
static void one_leads(struct tree *t, unsigned look)
{
    process(t, 70, "shop", 5, 1000 + 300 * look);
    process(t, 71, "shop", 5, 1000 + 100 * look);
    process(t, 72, "shop", 5, 9000);
}

static void the_share_of_the_fastest_is_told(void **state)
{
    struct tree *t = *state;
    struct facts *f = watch(t, 12, one_leads);
    assert_near(NUMBER(f, "group", row_of(f, "shop"), "largest_share"), 0.75, 0.001);
}

static void odd_files(struct tree *t, unsigned look)
{
    char name[32];
    snprintf(name, sizeof name, "a) (b\\%u", look % 2);
    process(t, 60, name, 5, 3000);
    tree_file(t, "proc/61/stat", "61 (x");
    tree_file(t, "proc/62/stat", "");
    process(t, 63, "nomem", 5, 100);
    tree_file(t, "proc/63/statm", "9000 x\n");
}

static void odd_files_are_left_out(void **state)
{
    struct tree *t = *state;
    struct facts *f = watch(t, 3, odd_files);
    assert_true(facts_table(f, "group")->rows >= 1);
    assert_string_equal(fact_why(f, "group", 0, "slope_low"), "window too short: 8 samples over 10 s are needed");
}

static void many_commands(struct tree *t, unsigned look)
{
    char name[16];
    for (unsigned i = 0; !look && i < 300; i++) {
        snprintf(name, sizeof name, "c%u", i);
        process(t, 1000 + i, name, 5, 3000);
    }
}

static void more_commands_than_are_kept_are_told(void **state)
{
    struct tree *t = *state;
    struct facts *f = watch(t, 2, many_commands);
    assert_int_equal(f->status, STATUS_PARTIAL);
    assert_non_null(strstr(f->reason, "44 processes of others were left out"));
}

static void a_capture_is_not_followed(void **state)
{
    struct tree *t = *state;
    process(t, 10, "a", 1, 1000);
    struct facts *f = tree_facts(t, "groups");
    assert_int_equal(f->status, STATUS_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(connections_that_pile_up_are_counted), tree_test(workers_that_restart_are_one_series),
        tree_test(the_share_of_the_fastest_is_told),     tree_test(odd_files_are_left_out),
        tree_test(more_commands_than_are_kept_are_told), tree_test(a_capture_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
