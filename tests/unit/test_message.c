/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages as people read them, and complaints as authors read them. A case is a line: source, and the text or the
 * complaint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "expr_fixture.h"

struct pair {
    const char *source, *expected;
};

static void outcome(struct fixture *f, const char *source, struct str *out)
{
    struct diags d = {0};
    struct message *m =
        message_compile(&f->arena, source, (struct mark){"p.yaml", 1, 1}, &f->names, &f->scope_decl, &d);
    if (m)
        message_eval(m, &f->env, &f->scope, out);
    else
        show_complaint(&d, out);
    diags_free(&d);
}

static void check_pairs(const struct pair *list, size_t count)
{
    struct fixture f;
    fixture_begin(&f);
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        AUTO_STR struct str got = {0};
        outcome(&f, list[i].source, &got);
        if (strcmp(str_text(&got), list[i].expected) != 0) {
            print_error("%s\n  gives    %s\n  expected %s\n", list[i].source, str_text(&got), list[i].expected);
            wrong++;
        }
    }
    fixture_end(&f);
    assert_int_equal(wrong, 0);
}
#define CHECK(list) check_pairs(list, sizeof list / sizeof *list)

static void parts_are_left_out_where_a_value_is_unknown(void **state)
{
    (void)state;
    static const struct pair list[] = {
        {"a{[, {name}]}.", "a, Normal."},
        {"a{[, {vmstat.slabs}]}.", "a."},
        {"{vmstat.slabs}{[, {name}]}", "unknown, Normal"},
        {"{[{name} {vmstat.slabs}]}{[{name}]}b", "Normalb"},
        {"{[]}", ""},
        {"{[free {only(free, free > 1GiB)}]}{[{only(free, free > 1MiB)} free]}", "512 MiB free"},
        {"{[a", "1:1 this {[ has no closing ]}"},
        {"a]}", "1:2 this ]} closes nothing (write }} for a brace)"},
        {"{[a{[b]}", "1:4 there is a {[ within one"},
        {"{only(free, 3)}", "1:2 the second argument of only is a condition, not count"},
    };
    CHECK(list);
}

static void values_are_shown_in_their_unit(void **state)
{
    (void)state;
    static const struct pair list[] = {
        {"", ""},
        {"no expression", "no expression"},
        {"Node {node} {name}: {unusable_order9} of {free}.", "Node 0 Normal: 75 % of 512 MiB."},
        {"{vmstat.window}, {vmstat.swap_in}, {vmstat.scan}, {vmstat.stalls}", "30 s, 1 MiB/s, 100/s, 7"},
        {"{vmstat.active} {small} {free > 1GiB}", "yes no no"},
        {"{vmstat.slabs} {vmstat.detail}", "unknown unknown"},
        {"{free:raw} {unusable_order9:raw} {small:raw} {name:raw} {vmstat.slabs:raw}",
         "536870912 0.75 false Normal unknown"},
        {"{free : raw }", "536870912"},
        {"{0.1 + 0.2:raw} {1 / 3:raw} {-3:raw} {9007199254740993:raw}",
         "0.30000000000000004 0.3333333333333333 -3 9007199254740992"},
        {"{1EiB:raw}", "1152921504606846976"},
        {"{{{name}}}", "{Normal}"},
        {"{{literal}}", "{literal}"},
        {"it's {name}", "it's Normal"},
        {"{'it''s a: {brace}'} {\"}\"}", "it's a: {brace} }"},
        {"{if(free > 1GiB, 'plenty', 'little')}", "little"},
        {"{ name }\n{ node\n}", "Normal\n0"},
        {"{first(process.command where pid = 201)}", "it's \"me\""},
        {"sysctl -w vm.x={max(zone.managed):raw}", "sysctl -w vm.x=4294967296"},
        {"\xc3\xa4 {name} \xe2\x86\x92", "\xc3\xa4 Normal \xe2\x86\x92"},
    };
    CHECK(list);
}

static void complaints_point_into_the_message(void **state)
{
    (void)state;
    static const struct pair list[] = {
        {"of {fre} free", "1:5 unknown column 'fre' of table zone; did you mean 'free'?"},
        {"\xc3\xa4\xc3\xb6 { fre}", "1:6 unknown column 'fre' of table zone; did you mean 'free'?"},
        {"one\ntwo {fre}", "2:6 unknown column 'fre' of table zone; did you mean 'free'?"},
        {"{free + 1s}", "1:7 cannot add bytes and seconds"},
        {"{free", "1:1 this { has no closing } (write {{ for a brace)"},
        {"a } b", "1:3 this } closes nothing (write }} for a brace)"},
        {"{}", "1:1 an expression is missing in these braces"},
        {"{ }", "1:1 an expression is missing in these braces"},
        {"{:raw}", "1:2 ':' means nothing in an expression"},
        {"{free:rare}", "1:6 behind a colon stands the format, and raw is the only one"},
        {"{free:}", "1:6 behind a colon stands the format, and raw is the only one"},
        {"{free > 'open}", "1:1 this { has no closing } (write {{ for a brace)"},
    };
    CHECK(list);
}

static void every_wrong_expression_is_told(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    struct diags d = {0};
    assert_null(
        message_compile(&f.arena, "{fre} {nam} } {", (struct mark){"p.yaml", 3, 10}, &f.names, &f.scope_decl, &d));
    assert_int_equal(d.count, 4);
    assert_int_equal(d.items[1].mark.line, 3);
    assert_int_equal(d.items[1].mark.column, 17);
    diags_free(&d);
    fixture_end(&f);
}

static void visit(void *data, const struct table_decl *decl)
{
    str_printf(data, "%s ", decl->name);
}

static void the_tables_read_are_known(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    struct diags d = {0};
    struct message *m = message_compile(&f.arena, "{name} {vmstat.total} of {count(process)}", (struct mark){0},
                                        &f.names, &f.scope_decl, &d);
    AUTO_STR struct str tables = {0};
    message_tables(m, visit, &tables);
    assert_string_equal(str_text(&tables), "vmstat process ");
    fixture_end(&f);
}

static void complaints_are_kept_in_order_and_bounded(void **state)
{
    (void)state;
    struct diags d = {0};
    char name[] = "a.yaml";
    diag_add(&d, (struct mark){name, 9, 1}, "last %d", 1);
    diag_add(&d, (struct mark){name, 2, 7}, "second");
    diag_add(&d, (struct mark){name, 2, 3}, "first, a hostile \x1b[31m byte");
    diag_add(&d, (struct mark){name, 9, 1}, "last 2");
    name[0] = 'x'; /* the complaints have their own copy */
    diags_sort(&d);
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    diags_print(&d, f);
    fclose(f);
    assert_string_equal(text, "a.yaml:2:3: first, a hostile \xef\xbf\xbd[31m byte\na.yaml:2:7: second\n"
                              "a.yaml:9:1: last 1\na.yaml:9:1: last 2\n");
    free(text);
    for (unsigned i = 0; i < DIAGS_MAX; i++)
        diag_add(&d, (struct mark){NULL, 0, 0}, "more");
    assert_int_equal(d.count, DIAGS_MAX);
    assert_int_equal(d.more, 4);
    f = open_memstream(&text, &size);
    diags_print(&d, f);
    fclose(f);
    assert_non_null(strstr(text, "\nmore\nand 4 more\n"));
    free(text);
    diags_free(&d);
    assert_int_equal(d.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_shown_in_their_unit),
        cmocka_unit_test(parts_are_left_out_where_a_value_is_unknown),
        cmocka_unit_test(complaints_point_into_the_message),
        cmocka_unit_test(every_wrong_expression_is_told),
        cmocka_unit_test(the_tables_read_are_known),
        cmocka_unit_test(complaints_are_kept_in_order_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
