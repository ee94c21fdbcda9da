/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of what was found: known and unknown cells, clean text, order, and what a case keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "facts/facts.h"
#include "facts/probe.h"

enum { NAME, SIZE, WASTE, RECLAIMABLE, KIND, COLUMNS };

static const char *const kinds[] = {"partition", "file", NULL};

static const struct column columns[COLUMNS] = {
    {"name", TYPE_TEXT, "name"},
    {"size", TYPE_BYTES, "size"},
    {"waste", TYPE_RATIO, "waste"},
    {"reclaimable", TYPE_BOOL, "reclaimable"},
    {"kind", TYPE_TEXT, "kind", .values = kinds},
};

static const struct column ranked_columns[COLUMNS] = {
    {"name", TYPE_TEXT, "name", .role = ROLE_KEY},
    {"size", TYPE_BYTES, "size", .role = ROLE_RANK},
    {"waste", TYPE_RATIO, "waste"},
    {"reclaimable", TYPE_BOOL, "reclaimable"},
    {"kind", TYPE_TEXT, "kind", .values = kinds},
};

static const struct table_decl tables[] = {
    {.name = "cache", .help = "caches", .columns = ranked_columns, .column_count = COLUMNS, .keep = 3},
    {.name = "log", .help = "first rows", .columns = columns, .column_count = COLUMNS, .keep = 2},
    {.name = "all", .help = "all rows", .columns = columns, .column_count = COLUMNS, .single = true},
};

static const struct probe sample = {.name = "sample", .help = "for tests", .tables = tables, .table_count = 3};

static void add(struct table *t, const char *name, double size)
{
    size_t row = table_add(t);
    cell_text(t, row, NAME, name);
    if (!isnan(size))
        cell_number(t, row, SIZE, size);
}

static void order_is(const struct table *t, const char *expected)
{
    char names[64] = "";
    for (size_t i = 0; i < t->rows; i++) {
        struct value v = cell_get(t, i, NAME);
        strcat(names, v.known ? v.text : "?");
    }
    assert_string_equal(names, expected);
}

static void tables_are_found_by_name(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    assert_ptr_equal(facts_table(f, "log")->decl, &tables[1]);
    assert_null(facts_table(f, "lo"));
    assert_null(facts_table(f, ""));
    assert_int_equal(table_decl_column(&tables[0], "waste"), WASTE);
    assert_int_equal(table_decl_column(&tables[0], "wast"), -1);
    assert_int_equal(table_decl_role(&tables[0], ROLE_KEY, 0), NAME);
    assert_int_equal(table_decl_role(&tables[0], ROLE_KEY, NAME + 1), -1);
    assert_int_equal(table_decl_role(&tables[0], ROLE_RANK, 0), SIZE);
    assert_int_equal(table_decl_role(&tables[1], ROLE_RANK, 0), -1);
    assert_int_equal(f->status, STATUS_OK);
    assert_true(f->coverage < 0);
    facts_free(f);
    facts_free(NULL);
}

static void a_text_outside_of_the_values_is_unknown(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    struct table *t = facts_table(f, "log");
    static const char *const outside[] = {"fil", "files", "", "File", "\033[2J"};
    size_t row = table_add(t);
    cell_text_n(t, row, KIND, "filesystem", 4);
    assert_string_equal(cell_get(t, row, KIND).text, "file");
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        cell_text(t, row, KIND, outside[i]);
        assert_false(cell_get(t, row, KIND).known);
    }
    assert_string_equal(cell_get(t, row, KIND).why, "'\uFFFD[2J' is no value that this version knows");
    cell_text(t, row, KIND, "partition");
    assert_string_equal(cell_get(t, row, KIND).text, "partition");
    AUTO_STR struct str help = {0};
    column_help(&columns[KIND], &help);
    assert_string_equal(str_text(&help), "kind: 'partition', 'file'");
    facts_free(f);
}

static void a_new_row_is_unknown(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    struct table *t = facts_table(f, "cache");
    size_t row = table_add(t);
    for (unsigned c = 0; c < COLUMNS; c++) {
        struct value v = cell_get(t, row, c);
        assert_false(v.known);
        assert_int_equal(v.type, columns[c].type);
        assert_string_equal(v.why, "not read");
    }
    cell_number(t, row, SIZE, 4096);
    cell_bool(t, row, RECLAIMABLE, true);
    cell_text(t, row, NAME, "dentry");
    struct value size = cell_get(t, row, SIZE), name = cell_get(t, row, NAME), truth = cell_get(t, row, RECLAIMABLE);
    assert_true(size.known && size.number == 4096 && size.type == TYPE_BYTES);
    assert_true(name.known && name.type == TYPE_TEXT);
    assert_string_equal(name.text, "dentry");
    assert_true(truth.known && truth.truth && truth.type == TYPE_BOOL);
    cell_bool(t, row, RECLAIMABLE, false);
    truth = cell_get(t, row, RECLAIMABLE);
    assert_true(truth.known && !truth.truth);
    facts_free(f);
}

static void what_is_no_number_is_unknown(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    struct table *t = facts_table(f, "cache");
    size_t row = table_add(t);
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        cell_number(t, row, SIZE, 1);
        cell_number(t, row, SIZE, odd[i]);
        assert_false(cell_get(t, row, SIZE).known);
        assert_string_equal(cell_get(t, row, SIZE).why, "not a number");
        assert_false(value_number(TYPE_BYTES, odd[i]).known);
    }
    cell_text(t, row, NAME, NULL);
    assert_false(cell_get(t, row, NAME).known);
    facts_free(f);
}

static void reasons_are_kept_and_the_rest_of_a_row_gets_one(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    struct table *t = facts_table(f, "cache");
    size_t row = table_add(t);
    char why[64] = "/proc/slabinfo: permission denied";
    cell_number(t, row, SIZE, 1);
    cell_unknown(t, row, WASTE, why);
    memset(why, 'x', 5); /* it was copied */
    row_unknown(t, row, "the process has ended");
    assert_true(cell_get(t, row, SIZE).known);
    assert_string_equal(cell_get(t, row, WASTE).why, "/proc/slabinfo: permission denied");
    assert_string_equal(cell_get(t, row, NAME).why, "the process has ended");
    cell_unknown(t, row, SIZE, "a bad\x1b[31m reason");
    assert_string_equal(cell_get(t, row, SIZE).why, "a bad\xEF\xBF\xBD[31m reason");
    facts_free(f);
}

static void more_reasons_than_fit_share_the_last(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    struct table *t = facts_table(f, "cache");
    for (unsigned i = 0; i < 400; i++) {
        char why[32];
        snprintf(why, sizeof why, "reason %u", i);
        cell_unknown(t, table_add(t), SIZE, why);
    }
    assert_true(f->reason_count <= FACTS_REASONS_MAX);
    assert_string_equal(cell_get(t, 0, SIZE).why, "reason 0");
    assert_string_equal(cell_get(t, 40, SIZE).why, "reason 40");
    assert_non_null(strstr(cell_get(t, 399, SIZE).why, "more kinds of reason"));
    cell_unknown(t, 399, SIZE, "reason 7"); /* a known one is still found */
    assert_string_equal(cell_get(t, 399, SIZE).why, "reason 7");
    row_unknown(t, 399, "another");
    assert_non_null(cell_get(t, 399, NAME).why);
    facts_free(f);
}

static void text_is_cleaned_and_shared(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    struct table *t = facts_table(f, "cache");
    size_t a = table_add(t), b = table_add(t);
    cell_text(t, a, NAME, "evil\x1b]0;title\a");
    cell_text_n(t, b, NAME, "evil\x1b]0;title\a and more", 14);
    struct value x = cell_get(t, a, NAME), y = cell_get(t, b, NAME);
    assert_string_equal(x.text, "evil\xEF\xBF\xBD]0;title\xEF\xBF\xBD");
    assert_ptr_equal(x.text, y.text);
    const char *empty = facts_intern(f, "", 0);
    assert_string_equal(empty, "");
    char huge[10000];
    memset(huge, 'h', sizeof huge);
    const char *cut = facts_intern(f, huge, sizeof huge);
    assert_in_range(strlen(cut), 1000, sizeof huge - 1);
    /* many distinct ones stay what they are */
    const char *kept[2000];
    char name[32];
    for (unsigned i = 0; i < 2000; i++)
        kept[i] = facts_intern(f, name, (size_t)snprintf(name, sizeof name, "process-%u", i));
    for (unsigned i = 0; i < 2000; i++) {
        int n = snprintf(name, sizeof name, "process-%u", i);
        assert_string_equal(kept[i], name);
        assert_ptr_equal(facts_intern(f, name, (size_t)n), kept[i]);
    }
    facts_free(f);
}

static void a_worse_status_stays_with_the_first_reason(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    facts_fail(f, STATUS_OK, "nothing");
    assert_int_equal(f->status, STATUS_OK);
    assert_null(f->reason);
    facts_fail(f, STATUS_PARTIAL, "%d of %d: permission\tdenied", 3, 10);
    facts_fail(f, STATUS_DENIED, "/proc/slabinfo: permission denied");
    facts_fail(f, STATUS_PARTIAL, "again");
    assert_int_equal(f->status, STATUS_DENIED);
    assert_string_equal(f->reason, "3 of 10: permission\xEF\xBF\xBD"
                                   "denied");
    facts_free(f);
}

static void rows_are_ordered_with_unknown_ones_last(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    struct table *t = facts_table(f, "all");
    add(t, "c", 5);
    add(t, "a", 9);
    add(t, "x", NAN);
    add(t, "b", 5);
    add(t, NULL, 7);
    table_sort(t, SIZE, true);
    order_is(t, "a?cbx"); /* equals keep their order */
    table_sort(t, SIZE, false);
    order_is(t, "cb?ax");
    table_sort(t, NAME, false);
    order_is(t, "abcx?");
    table_sort(t, NAME, true);
    order_is(t, "xcba?");
    size_t order[3] = {0, 2, 4}; /* x, b, unnamed 7 */
    table_order(t, SIZE, true, order, 3);
    assert_int_equal(order[0], 4);
    assert_int_equal(order[1], 2);
    assert_int_equal(order[2], 0);
    order_is(t, "xcba?");
    struct table *empty = facts_table(f, "log");
    table_sort(empty, SIZE, true);
    assert_int_equal(empty->rows, 0);
    add(empty, "later", 1); /* it can still grow */
    order_is(empty, "later");
    facts_free(f);
}

static void a_case_keeps_the_largest_and_counts_the_rest(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    struct table *cache = facts_table(f, "cache"), *log = facts_table(f, "log"), *all = facts_table(f, "all");
    static const struct {
        const char *name;
        double size;
    } rows[] = {{"d", 1}, {"a", 4}, {"u", NAN}, {"c", 2}, {"b", 3}};
    for (size_t i = 0; i < 5; i++) {
        add(cache, rows[i].name, rows[i].size);
        add(log, rows[i].name, rows[i].size);
        add(all, rows[i].name, rows[i].size);
    }
    facts_trim(f);
    order_is(cache, "abc");
    order_is(log, "da");
    order_is(all, "daucb");
    assert_int_equal(cache->omitted, 2);
    assert_int_equal(log->omitted, 3);
    assert_int_equal(all->omitted, 0);
    facts_trim(f); /* again changes nothing */
    order_is(cache, "abc");
    assert_int_equal(cache->omitted, 2);
    facts_free(f);
}

static void ten_thousand_rows(void **state)
{
    (void)state;
    struct facts *f = facts_new(&sample);
    struct table *t = facts_table(f, "cache");
    for (unsigned i = 0; i < 10000; i++)
        add(t, i % 2 ? "odd" : "even", (i * 7919u) % 10007u);
    assert_int_equal(t->rows, 10000);
    table_sort(t, SIZE, true);
    for (size_t i = 1; i < t->rows; i++)
        assert_true(cell_get(t, i - 1, SIZE).number >= cell_get(t, i, SIZE).number);
    facts_trim(f);
    assert_int_equal(t->rows, 3);
    assert_int_equal(t->omitted, 9997);
    facts_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_found_by_name),
        cmocka_unit_test(a_text_outside_of_the_values_is_unknown),
        cmocka_unit_test(a_new_row_is_unknown),
        cmocka_unit_test(what_is_no_number_is_unknown),
        cmocka_unit_test(reasons_are_kept_and_the_rest_of_a_row_gets_one),
        cmocka_unit_test(more_reasons_than_fit_share_the_last),
        cmocka_unit_test(text_is_cleaned_and_shared),
        cmocka_unit_test(a_worse_status_stays_with_the_first_reason),
        cmocka_unit_test(rows_are_ordered_with_unknown_ones_last),
        cmocka_unit_test(a_case_keeps_the_largest_and_counts_the_rest),
        cmocka_unit_test(ten_thousand_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
