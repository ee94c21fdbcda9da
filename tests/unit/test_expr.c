/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expressions: what each means, or what its author is told. A case is a line: source, and the value or the complaint.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "expr_fixture.h"

struct triple {
    const char *source, *expected; /* "bytes 1024", "yes or no unknown: why", or "line:column complaint" */
};

/* With the zone "Normal" of node 0 at hand. */
static void outcome(struct fixture *f, const char *source, bool row, struct str *out)
{
    struct diags d = {0};
    struct mark at = {"playbook.yaml", 1, 1};
    struct expr *e = expr_compile(&f->arena, source, at, &f->names, row ? &f->scope_decl : NULL, &d);
    if (!e || d.count) {
        show_complaint(&d, out);
    } else {
        struct value v = expr_eval(e, &f->env, row ? &f->scope : NULL);
        assert_int_equal(v.type, expr_type(e));
        str_printf(out, "%s ", type_name(v.type));
        value_format(&v, true, out);
        if (!v.known)
            str_printf(out, ": %s", v.why);
    }
    diags_free(&d);
}

static void check_triples(const struct triple *list, size_t count, bool row)
{
    struct fixture f;
    fixture_begin(&f);
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        AUTO_STR struct str got = {0};
        outcome(&f, list[i].source, row, &got);
        if (strcmp(str_text(&got), list[i].expected) != 0) {
            print_error("%s\n  gives    %s\n  expected %s\n", list[i].source, str_text(&got), list[i].expected);
            wrong++;
        }
    }
    fixture_end(&f);
    assert_int_equal(wrong, 0);
}
#define CHECK(list, row) check_triples(list, sizeof list / sizeof *list, row)

static void literals_carry_their_unit(void **state)
{
    (void)state;
    static const struct triple list[] = {
        {"3", "count 3"},
        {"2.5", "count 2.5"},
        {"-3", "count -3"},
        {"--3", "count 3"},
        {"5%", "ratio 0.05"},
        {"64MiB", "bytes 67108864"},
        {"4kB", "bytes 4000"},
        {"6MiB/min", "bytes per second 104857.6"},
        {"100/s", "count per second 100"},
        {"30s", "seconds 30"},
        {"2h", "seconds 7200"},
        {"true", "yes or no true"},
        {"false", "yes or no false"},
        {"'a'", "text a"},
        {"\"a\"", "text a"},
        {"'it''s'", "text it's"},
        {"\"say \"\"no\"\"\"", "text say \"no\""},
        {"''", "text "},
        {"'a\x1b[0m'", "text a\xef\xbf\xbd[0m"},
        {"  1  ", "count 1"},
        {"\n1\n", "count 1"},
    };
    CHECK(list, false);
}

static void operators_bind_as_in_arithmetic(void **state)
{
    (void)state;
    static const struct triple list[] = {
        {"1 + 2 * 3", "count 7"},
        {"(1 + 2) * 3", "count 9"},
        {"7 - 2 - 1", "count 4"},
        {"8 * 2 + 1 = 17", "yes or no true"},
        {"1-1", "count 0"},
        {"- 2 * 3", "count -6"},
        {"1 < 2 and 2 < 1 or true", "yes or no true"},
        {"true or false and false", "yes or no true"},
        {"(true or false) and false", "yes or no false"},
        {"not true or true", "yes or no true"},
        {"not 1 = 2", "yes or no true"},
        {"not not true", "yes or no true"},
        {"1 <= 1 and 1 >= 1 and not 1 < 1 and not 1 > 1 and 1 != 2", "yes or no true"},
        {"'a' = 'a' and 'a' != 'b'", "yes or no true"},
        {"true = true and true != false", "yes or no true"},
    };
    CHECK(list, false);
}

/* s seconds, b bytes, c count, r ratio, p rate, q byte rate */
static void dimensions_multiply_and_divide(void **state)
{
    (void)state;
    static const struct triple list[] = {
        {"vmstat.stalls * 2s", "seconds 14"},
        {"2KiB * vmstat.stalls", "bytes 14336"},
        {"vmstat.stalls * vmstat.stalls", "count 49"},
        {"50% * 2KiB", "bytes 1024"},
        {"2KiB * 50%", "bytes 1024"},
        {"50% * vmstat.stalls", "count 3.5"},
        {"vmstat.stalls * vmstat.share", "count 1.75"},
        {"50% * 50%", "ratio 0.25"},
        {"2 * 50%", "ratio 1"},
        {"50% * 2", "ratio 1"},
        {"50% * 4s", "seconds 2"},
        {"2/s * 10s", "count 20"},
        {"10s * 2/s", "count 20"},
        {"1KiB/s * 2s", "bytes 2048"},
        {"2s * 1KiB/s", "bytes 2048"},
        {"2/s * 4B", "bytes per second 8"},
        {"2KiB / 1KiB", "ratio 2"},
        {"4 / 2", "ratio 2"},
        {"4s / 2s", "ratio 2"},
        {"50% / 25%", "ratio 2"},
        {"1KiB / 50%", "bytes 2048"},
        {"1KiB / 2", "bytes 512"},
        {"50% / 2", "ratio 0.25"},
        {"10MiB / 10s", "bytes per second 1048576"},
        {"vmstat.stalls / 7s", "count per second 1"},
        {"4KiB / vmstat.swap_in", "seconds 0.00390625"},
        {"vmstat.stalls / vmstat.scan", "seconds 0.07"},
        {"8KiB/s / 4KiB", "count per second 2"},
        {"8KiB/s / 2/s", "bytes 4096"},
        {"1KiB * 1KiB", "1:6 cannot multiply bytes by bytes"},
        {"1s * 1s", "1:4 cannot multiply seconds by seconds"},
        {"1s * 1KiB", "1:4 cannot multiply seconds by bytes"},
        {"2KiB / 1/s", "1:6 cannot divide bytes by count per second"},
        {"2s / 1KiB", "1:4 cannot divide seconds by bytes"},
        {"50% / 1KiB", "1:5 cannot divide ratio by bytes"},
        {"1 * 'a'", "1:3 cannot multiply count by text"},
        {"true / 2", "1:6 cannot divide yes or no by count"},
        {"1 / 0", "ratio unknown: division by zero"},
        {"1KiB / vmstat.zero", "bytes unknown: division by zero"},
        {"0 / 0 > 1", "yes or no unknown: division by zero"},
    };
    CHECK(list, false);
}

static void sums_and_comparisons_need_one_dimension(void **state)
{
    (void)state;
    static const struct triple list[] = {
        {"1KiB + 1KiB", "bytes 2048"},
        {"2s - 1s", "seconds 1"},
        {"100% - vmstat.share", "ratio 0.75"},
        {"1 - vmstat.share", "ratio 0.75"},
        {"vmstat.share < 1", "yes or no true"},
        {"vmstat.share > -1", "yes or no true"},
        {"0.25 = vmstat.share", "yes or no true"},
        {"vmstat.total > 0", "yes or no true"},
        {"vmstat.swap_in != 0 and vmstat.window > 0", "yes or no true"},
        {"max(vmstat.total - 9GiB, 0)", "bytes 0"},
        {"1 / 4 < 50%", "yes or no true"},
        {"vmstat.stalls > vmstat.share", "1:15 cannot compare count with ratio"},
        {"vmstat.stalls > vmstat.total", "1:15 cannot compare count with bytes"},
        {"vmstat.total > 1", "1:14 cannot compare bytes with count"},
        {"vmstat.total > 30s", "1:14 cannot compare bytes with seconds"},
        {"vmstat.swap_in > 1MiB", "1:16 cannot compare bytes per second with bytes"},
        {"1KiB + 1s", "1:6 cannot add bytes and seconds"},
        {"1KiB - 1s", "1:6 cannot subtract seconds from bytes"},
        {"'a' + 'b'", "1:5 cannot add text and text"},
        {"'a' < 'b'", "1:5 texts can be compared with = and != only"},
        {"true < false", "1:6 conditions can be compared with = and != only"},
        {"'a' = 1", "1:5 cannot compare text with count"},
        {"true = 0", "1:6 cannot compare yes or no with count"},
        {"-true", "1:1 - needs a number, not yes or no"},
        {"1 and true", "1:1 and joins conditions, and this is count"},
        {"true or 1KiB", "1:9 or joins conditions, and this is bytes"},
        {"not 5%", "1:5 not needs a condition, not ratio"},
    };
    CHECK(list, false);
}

/* T true, F false, U unknown */
static void unknown_is_neither(void **state)
{
    (void)state;
#define U "vmstat.detail"
#define UNKNOWN "yes or no unknown: no detail"
    static const struct triple list[] = {
        {"true and true", "yes or no true"},
        {"true and false", "yes or no false"},
        {"false and true", "yes or no false"},
        {"true and " U, UNKNOWN},
        {U " and true", UNKNOWN},
        {"false and " U, "yes or no false"},
        {U " and false", "yes or no false"},
        {U " and " U, UNKNOWN},
        {"true or " U, "yes or no true"},
        {U " or true", "yes or no true"},
        {"false or " U, UNKNOWN},
        {U " or false", UNKNOWN},
        {"false or false", "yes or no false"},
        {"not " U, UNKNOWN},
        {U " = true", UNKNOWN},
        {U " = " U, UNKNOWN},
        {"vmstat.slabs > 1GiB", "yes or no unknown: /proc/slabinfo: permission denied"},
        {"vmstat.slabs > 1GiB and " U, "yes or no unknown: /proc/slabinfo: permission denied"},
        {U " and vmstat.slabs > 1GiB", UNKNOWN},
        {"vmstat.slabs > 1GiB or vmstat.active", "yes or no true"},
        {"vmstat.slabs + 1KiB", "bytes unknown: /proc/slabinfo: permission denied"},
        {"-vmstat.slabs", "bytes unknown: /proc/slabinfo: permission denied"},
        {"vmstat.slabs / 1s", "bytes per second unknown: /proc/slabinfo: permission denied"},
        {"known(vmstat.slabs)", "yes or no false"},
        {"known(vmstat.total)", "yes or no true"},
        {"known(" U " and false)", "yes or no true"},
        {"else(vmstat.slabs, 1KiB)", "bytes 1024"},
        {"else(vmstat.total, 1KiB)", "bytes 8589934592"},
        {"else(vmstat.slabs, 0)", "bytes 0"},
        {"else(" U ", false)", "yes or no false"},
        {"if(" U ", 1, 2)", "count unknown: no detail"},
        {"if(true, vmstat.slabs, 0)", "bytes unknown: /proc/slabinfo: permission denied"},
        {"if(false, vmstat.slabs, 0)", "bytes 0"},
        {"gone.size > 0", "yes or no unknown: no row"},
        {"answer.since > 1d", "yes or no unknown: not answered"},
        {"after.trimmed < before.trimmed", "yes or no unknown: the experiment was not made"},
        {"known(after.trimmed) and after.trimmed > 1B", "yes or no false"},
        {"fired('slab-growth')", "yes or no unknown: /proc/slabinfo: permission denied"},
    };
    CHECK(list, false);
}

static void functions(void **state)
{
    (void)state;
    static const struct triple list[] = {
        {"starts('php-fpm', 'php')", "yes or no true"},
        {"starts('php', 'php-fpm')", "yes or no false"},
        {"ends('php-fpm', 'fpm')", "yes or no true"},
        {"ends('fpm', 'php-fpm')", "yes or no false"},
        {"contains('php-fpm', 'p-f')", "yes or no true"},
        {"contains('php-fpm', 'x')", "yes or no false"},
        {"min(1, 2)", "count 1"},
        {"max(1KiB, 2KiB)", "bytes 2048"},
        {"min(vmstat.share, 1)", "ratio 0.25"},
        {"max(vmstat.total, 1KiB)", "bytes 8589934592"},
        {"abs(-3)", "count 3"},
        {"abs(1s - 3s)", "seconds 2"},
        {"clamp(5, 1, 3)", "count 3"},
        {"clamp(-5s, 0, 3s)", "seconds 0"},
        {"clamp(2, 5, 1)", "count 1"},
        {"clamp(0.5, 0, 100%)", "ratio 0.5"},
        {"clamp(1 / 0, 0, 1)", "ratio unknown: division by zero"},
        {"round(7MiB, 2MiB)", "bytes 8388608"},
        {"round(-2.5, 1)", "count -3"},
        {"round(5, 0)", "count unknown: division by zero"},
        {"sqrt(16)", "count 4"},
        {"sqrt(-16)", "count unknown: square root of a negative number"},
        {"if(1 < 2, 'few', 'many')", "text few"},
        {"if(1 > 2, 1KiB, 2KiB)", "bytes 2048"},
        {"fired('order9-unusable') and not fired(\"swap-storm\")", "yes or no true"},
        {"limit.unusable", "ratio 0.5"},
        {"limit.reserve", "bytes 67108864"},
        {"answer.database", "yes or no true"},
        {"answer.kind = 'php'", "yes or no true"},
        {"before.compact_now", "ratio 0.93"},
        {"after.compact_now < before.compact_now - 20%", "yes or no true"},
        {"starts(1, 'a')", "1:1 starts needs two texts, not count"},
        {"abs('a')", "1:1 abs needs a number, not text"},
        {"sqrt(4MiB)", "1:1 sqrt needs a plain number, not bytes"},
        {"sqrt(50%)", "1:1 sqrt needs a plain number, not ratio"},
        {"round(4MiB, 3)", "1:1 round gives one kind of value, not either bytes or count"},
        {"round('a', 1)", "1:1 round needs numbers, not text"},
        {"clamp(4MiB, 1MiB, 3s)", "1:1 clamp gives one kind of value, not either bytes or seconds"},
        {"clamp(1, 2, 'a')", "1:1 clamp gives one kind of value, not either count or text"},
        {"clamp(1, 2)", "1:11 too few arguments: clamp(x, low, high)"},
        {"if(1, 2, 3)", "1:1 the first argument of if is a condition, not count"},
        {"if(true, 2s, 3B)", "1:1 if gives one kind of value, not either seconds or bytes"},
        {"else(2s, 'a')", "1:1 else gives one kind of value, not either seconds or text"},
        {"min(1s, 1B)", "1:1 min gives one kind of value, not either seconds or bytes"},
        {"max('a', 'b')", "1:1 max needs numbers, not text"},
        {"known()", "1:7 too few arguments: known(x)"},
        {"abs(1, 2)", "1:8 too many arguments: abs(x)"},
        {"if(true, 1)", "1:11 too few arguments: if(condition, a, b)"},
        {"max(1)", "1:6 too few arguments: max(a, b) or max(table.column)"},
        {"knwon(1)", "1:1 unknown function 'knwon'; did you mean 'known'?"},
        {"total(1)", "1:1 unknown function 'total'"},
        {"fired(1)", "1:7 the id of a rule in quotes is expected here, not '1'"},
        {"fired('swap-strom')", "1:7 unknown rule 'swap-strom'; did you mean 'swap-storm'?"},
        {"fired_here('swap-storm')", "1:1 no row is at hand here; write fired('swap-storm')"},
    };
    CHECK(list, false);
}

static void aggregates(void **state)
{
    (void)state;
    static const struct triple list[] = {
        {"count(zone)", "count 3"},
        {"count(fixture.zone)", "count 3"},
        {"count(zone where not small)", "count 2"},
        {"count(zone where name = 'Normal' and node = 1)", "count 1"},
        {"any(zone)", "yes or no true"},
        {"any(nothing)", "yes or no false"},
        {"any(zone where small)", "yes or no true"},
        {"any(zone where free > 1GiB)", "yes or no false"},
        {"all(zone where free > 1MiB)", "yes or no true"},
        {"all(zone where small)", "yes or no false"},
        {"sum(zone.free)", "bytes 815792128"},
        {"sum(zone.free where small)", "bytes 10485760"},
        {"max(zone.free)", "bytes 536870912"},
        {"max(zone.unusable_order9 where node = 1)", "ratio 0.25"},
        {"min(zone.free)", "bytes 10485760"},
        {"avg(zone.unusable_order9 where not small)", "ratio 0.5"},
        {"first(zone.name where not small)", "text Normal"},
        {"first(zone.small)", "yes or no true"},
        {"sum(zone.free where not small) / sum(zone.managed where not small)", "ratio 0.125"},
        {"max(zone.free) > 5% * vmstat.total", "yes or no true"},
        {"max(max(zone.free), 1GiB)", "bytes 1073741824"},
        {"max(vmstat.total where active)", "bytes 8589934592"},
        /* nothing there */
        {"count(nothing)", "count 0"},
        {"count(nothing where size > 1B)", "count 0"},
        {"sum(nothing.size)", "bytes 0"},
        {"any(nothing where size > 1B)", "yes or no false"},
        {"all(nothing where size > 1B)", "yes or no true"},
        {"max(nothing.size)", "bytes unknown: no row"},
        {"min(nothing.size)", "bytes unknown: no row"},
        {"avg(nothing.size)", "bytes unknown: no row"},
        {"first(nothing.name)", "text unknown: no row"},
        {"max(zone.free where false)", "bytes unknown: no row"},
        {"sum(zone.free where false)", "bytes 0"},
        /* of what could be read */
        {"sum(process.pss)", "bytes 3145728"},
        {"max(process.pss)", "bytes 2097152"},
        {"min(process.pss)", "bytes 1048576"},
        {"avg(process.pss)", "bytes 1572864"},
        {"first(process.pss)", "bytes 1048576"},
        {"sum(process.pid where pss > 1MiB)", "count 201"},
        {"count(process where pss > 1MiB)", "count 1"},
        {"sum(process.pss where pid = 1)", "bytes unknown: /proc/1/smaps_rollup: permission denied"},
        {"max(process.pss where pid = 1)", "bytes unknown: /proc/1/smaps_rollup: permission denied"},
        {"count(process where pid = 1 and pss > 1MiB)", "count 0"},
        /* strictly three-valued */
        {"any(process where pss > 1MiB)", "yes or no true"},
        {"any(process where pss > 1GiB)", "yes or no unknown: /proc/1/smaps_rollup: permission denied"},
        {"all(process where pss > 1GiB)", "yes or no false"},
        {"all(process where pss > 1B)", "yes or no unknown: /proc/1/smaps_rollup: permission denied"},
        {"all(process where known(pss))", "yes or no false"},
        /* nothing could be read */
        {"count(denied)", "count 2"},
        {"count(denied where size > 1B)", "count unknown: denied to you"},
        {"sum(denied.size)", "bytes unknown: denied to you"},
        {"avg(denied.size)", "bytes unknown: denied to you"},
        {"first(denied.name)", "text unknown: denied to you"},
        {"sum(zone.free where vmstat.detail)", "bytes unknown: no detail"},
        /* the probe has not run */
        {"count(later)", "count unknown: step later was not done"},
        {"any(later where size > 1B)", "yes or no unknown: step later was not done"},
        {"sum(later.size) > 1B", "yes or no unknown: step later was not done"},
        {"any(later) or true", "yes or no true"},
        /* complaints */
        {"all(zone)", "1:9 all needs a condition: all(TABLE where CONDITION)"},
        {"sum(zone.name)", "1:5 sum needs numbers, and name is text"},
        {"max(zone.small)", "1:5 max needs numbers, and small is yes or no"},
        {"sum(zone)", "1:5 here stands table.column, such as zone.COLUMN"},
        {"sum(zoen.free)", "1:5 unknown table 'zoen'; did you mean 'zone'?"},
        {"sum(zone.fre)", "1:10 unknown column 'fre' of table zone; did you mean 'free'?"},
        {"count(zoen where nosuch > 1)", "1:7 unknown table 'zoen'; did you mean 'zone'?"},
        {"count(zone where frea > 1B)", "1:18 unknown column 'frea' of table zone; did you mean 'free'?"},
        {"count(zone where free)", "1:18 after where stands a condition, not bytes"},
        {"count(1)", "1:7 a table is expected here, not '1'"},
        {"count(zone if free)", "1:12 where or ) is expected here, not 'if'"},
        {"count(zone where small", "1:23 an operator or ) is expected, but the expression ends here"},
        {"zone.free > 1B",
         "1:1 table zone has many rows and none is at hand here; write an aggregate such as max(zone.free)"},
    };
    CHECK(list, false);
}

static void names_reach_the_innermost_row_that_has_them(void **state)
{
    (void)state;
    static const struct triple list[] = {
        {"free", "bytes 536870912"},
        {"zone.free", "bytes 536870912"},
        {"fixture.zone.free", "bytes 536870912"},
        {"min", "bytes 1048576"},
        {"min(min, 1KiB)", "bytes 1024"},
        {"free > 5% * managed and unusable_order9 > limit.unusable", "yes or no true"},
        {"max(zone.free)", "bytes 536870912"},
        {"max(zone.free, 1GiB)", "bytes 1073741824"},
        {"count(order where node = 0)", "count 3"},
        {"count(order where zone.node = node)", "count 3"},
        {"sum(order.free_blocks where node = zone.node)", "count 30"},
        {"any(order where managed > 1GiB)", "yes or no true"},
        {"any(order where block_size * free_blocks > free)", "yes or no false"},
        {"count(zone where free < 1GiB)", "count 3"},
        {"count(zone where any(order where order.node = zone.node))", "count 3"},
        {"count(order where order = 1)", "count 2"},
        {"vmstat.total", "bytes 8589934592"},
        {"manged > 64MiB", "1:1 unknown column 'manged' of table zone; did you mean 'managed'?"},
        {"zone.manged > 64MiB", "1:6 unknown column 'manged' of table zone; did you mean 'managed'?"},
        {"any(order where mangaed > 1B)", "1:17 no row at hand has a column 'mangaed'; did you mean 'managed'?"},
        {"vmstat > 1", "1:1 'vmstat' is a table; write vmstat.COLUMN, or an aggregate such as count(vmstat)"},
        {"limit.unusabel", "1:7 unknown limit 'unusabel'; did you mean 'unusable'?"},
        {"answer.datbase", "1:8 unknown answer 'datbase'; did you mean 'database'?"},
        {"after.trimed", "1:7 unknown experiment 'trimed'; did you mean 'trimmed'?"},
        {"before.trimmed > 5%", "1:16 cannot compare bytes with ratio"},
    };
    CHECK(list, true);
    static const struct triple without_row[] = {
        {"free", "1:1 unknown name 'free': no row is at hand here, write TABLE.free"},
    };
    CHECK(without_row, false);
}

static void a_text_that_a_closed_set_does_not_have_is_a_complaint(void **state)
{
    (void)state;
    static const struct triple list[] = {
        {"gone.shape = 'even groth'", "1:14 gone.shape is never 'even groth'; did you mean 'even growth'?"},
        {"'even groth' = gone.shape", "1:1 gone.shape is never 'even groth'; did you mean 'even growth'?"},
        {"gone.advice != 'chnage'", "1:16 gone.advice is never 'chnage'; did you mean 'change'?"},
        {"gone.advice = ''", "1:15 gone.advice is never '', but 'keep', 'change' or 'unknown'"},
        {"gone.advice = 'Keep'", "1:15 gone.advice is never 'Keep'; did you mean 'keep'?"},
        {"gone.advice = 'keep ' and true", "1:15 gone.advice is never 'keep '; did you mean 'keep'?"},
        {"first(nothing.shape where advice = 'kep') = 'flat'",
         "1:36 nothing.advice is never 'kep'; did you mean 'keep'?"},
        {"first(nothing.shape where advice = 'keep') = 'flatt'",
         "1:46 nothing.shape is never 'flatt'; did you mean 'flat'?"},
        {"any(nothing where shape = 'leak')",
         "1:27 nothing.shape is never 'leak', but 'flat', 'even growth' or 'uneven growth'"},
        {"any(nothing where nothing.shape = 'flta')", "1:35 nothing.shape is never 'flta'; did you mean 'flat'?"},
        {"answer.kind = 'phq'", "1:15 answer.kind is never 'phq'; did you mean 'php'?"},
        {"else(gone.advice, 'none') = 'chnage'", "1:29 gone.advice is never 'chnage'; did you mean 'change'?"},
        {"'nonne' = else(gone.advice, 'none')", "1:1 gone.advice is never 'nonne'; did you mean 'none'?"},
        {"if(true, gone.advice, gone.shape) = 'flaat'", "1:37 gone.advice is never 'flaat'; did you mean 'flat'?"},
        {"gone.advice = if(true, 'change', 'kep')", "1:34 gone.advice is never 'kep'; did you mean 'keep'?"},
        {"gone.advice = gone.shape", "1:13 gone.advice and gone.shape are never equal: one is 'keep', 'change' or "
                                     "'unknown', the other 'flat', 'even growth' or 'uneven growth'"},
        {"answer.kind != gone.advice", "1:13 answer.kind and gone.advice are never equal: one is 'php', 'java' or "
                                       "'even growth', the other 'keep', 'change' or 'unknown'"},
    };
    CHECK(list, false);
}

static void what_can_be_equal_may_be_compared(void **state)
{
    (void)state;
    static const char *const list[] = {
        "gone.shape = 'even growth'",
        "answer.kind = gone.shape",
        "else(gone.advice, 'none') = 'none'",
        "gone.advice = vmstat.host",
        "if(true, gone.advice, vmstat.host) = 'chnage'",
        "if(true, 'a', 'b') = 'c'",
        "'a' = 'b'",
        "starts(gone.shape, 'evn')",
        "contains(gone.advice, 'x') or ends(gone.advice, 'x')",
        "gone.name = 'chnage'",
        "first(nothing.name) = 'chnage'",
    };
    struct fixture f;
    fixture_begin(&f);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct diags d = {0};
        if (!expr_compile(&f.arena, list[i], (struct mark){.line = 1, .column = 1}, &f.names, NULL, &d))
            fail_msg("%s: %s", list[i], d.items[0].text);
        diags_free(&d);
    }
    fixture_end(&f);
}

/* Past what is looked through, a set counts as open. */
static void a_set_of_very_many_is_taken_as_open(void **state)
{
    (void)state;
    static const unsigned most = 256;
    struct fixture f;
    fixture_begin(&f);
    const char *values[258] = {0};
    for (unsigned i = 0; i < most; i++)
        values[i] = arena_printf(&f.arena, "value-%u", i);
    struct column column = {"word", TYPE_TEXT, "", .values = values};
    struct table_decl many = {.name = "many", .columns = &column, .column_count = 1};
    struct scope_decl row = {&many, NULL};
    struct diags d = {0};
    assert_null(expr_compile(&f.arena, "word = 'vallue-7'", (struct mark){.line = 1}, &f.names, &row, &d));
    assert_string_equal(d.items[0].text, "many.word is never 'vallue-7'; did you mean 'value-7'?");
    diags_free(&d);
    values[most] = "one more";
    assert_non_null(expr_compile(&f.arena, "word = 'vallue-7'", (struct mark){.line = 1}, &f.names, &row, &d));
    diags_free(&d);
    fixture_end(&f);
}

static void broken_shapes_are_told_where_they_break(void **state)
{
    (void)state;
    static const struct triple list[] = {
        {"", "1:1 an expression is missing here"},
        {"   ", "1:1 an expression is missing here"},
        {"1 +", "1:4 a value is expected, but the expression ends here"},
        {"(1", "1:3 an operator or ) is expected, but the expression ends here"},
        {"1)", "1:2 an operator is expected here, not ')'"},
        {"1 2", "1:3 an operator is expected here, not '2'"},
        {"64 MiB", "1:4 an operator (a unit stands directly behind its number: 64MiB) is expected here, not 'MiB'"},
        {"5 %", "1:3 % stands directly behind a number: 5%"},
        {"64Mib", "1:3 unknown unit 'Mib'; known are %, B, KiB, MiB, GiB, TiB, kB, MB, GB, us, ms, s, min, h, d and "
                  "/s, /min, /h, /d"},
        {"1 == 1", "1:3 write = for equality"},
        {"1 <> 1", "1:3 write != for inequality"},
        {"true && true", "1:6 write and"},
        {"true || true", "1:6 write or"},
        {"!true", "1:1 write not"},
        {"1 < 2 < 3", "1:7 comparisons do not chain; write a < b and b < c"},
        {"'open", "1:1 this text has no closing '"},
        {"\"", "1:1 this text has no closing \""},
        {"and", "1:1 a value is expected here, not 'and'"},
        {"true and", "1:9 a value is expected, but the expression ends here"},
        {"@", "1:1 '@' means nothing in an expression"},
        {"1 \xc3\xa4", "1:3 '\xc3\xa4' means nothing in an expression"},
        {"'\xc3\xa4\xc3\xb6' == 'a'", "1:6 write = for equality"},
        {"1 +\n  2 +\n @", "3:2 '@' means nothing in an expression"},
        {"\x01", "1:1 '\xef\xbf\xbd' means nothing in an expression"},
        {"vmstat.", "1:7 '.' means nothing in an expression"},
    };
    CHECK(list, false);
}

static void several_wrong_names_are_told_at_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    struct diags d = {0};
    struct mark at = {"p.yaml", 7, 11};
    assert_null(expr_compile(&f.arena, "manged > 1B and nam = 'a'\n and limit.x > 1", at, &f.names, &f.scope_decl, &d));
    assert_int_equal(d.count, 3);
    assert_string_equal(d.items[1].text, "unknown column 'nam' of table zone; did you mean 'name'?");
    assert_int_equal(d.items[1].mark.line, 7);
    assert_int_equal(d.items[1].mark.column, 27);
    assert_int_equal(d.items[2].mark.line, 8);
    assert_int_equal(d.items[2].mark.column, 12);
    diags_free(&d);
    fixture_end(&f);
}

static char *repeated(const char *head, const char *part, size_t times, const char *tail, const char *close)
{
    struct str s = {0};
    str_add(&s, head);
    for (size_t i = 0; i < times; i++)
        str_add(&s, part);
    str_add(&s, tail);
    for (size_t i = 0; i < times; i++)
        str_add(&s, close);
    return s.data;
}

static void size_is_limited(void **state)
{
    (void)state;
    struct {
        const char *head, *part, *tail, *close;
        size_t times;
        const char *expected;
    } list[] = {
        {"", "(", "1", ")", 31, "count 1"},
        {"", "(", "1", ")", 32, "1:33 nested deeper than 32"},
        {"", "(", "1", "", 4000, "1:33 nested deeper than 32"},
        {"", "-", "1", "", 4000, "1:32 nested deeper than 32"},
        {"", "not ", "true", "", 1000, "1:125 nested deeper than 32"},
        {"", "abs(", "1", ")", 31, "count 1"},
        {"", "abs(", "1", ")", 100, "1:129 nested deeper than 32"},
        {"1", "+1", "", "", 400, "count 401"},
        {"true", " and true", "", "", 400, "yes or no true"},
        {"1", "+1", "", "", 600, "1:1002 an expression has at most 1000 parts"},
        {"", "1", "", "", 5000, "1:1 an expression is at most 4096 bytes long"},
        {"", "any(zone where ", "true", ")", 3, "yes or no true"},
        {"", "any(zone where ", "true", ")", 4, "1:50 aggregates stand within each other at most 3 deep"},
        {"'", "''", "'", "", 10, "text ''''''''''"},
    };
    struct fixture f;
    fixture_begin(&f);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        AUTO_FREE char *source = repeated(list[i].head, list[i].part, list[i].times, list[i].tail, list[i].close);
        AUTO_STR struct str got = {0};
        outcome(&f, source, false, &got);
        assert_string_equal(str_text(&got), list[i].expected);
    }
    fixture_end(&f);
}

static void an_empty_table_of_a_failed_probe_is_unknown(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    facts_fail(f.facts, STATUS_DENIED, "/proc/x: permission denied");
    AUTO_STR struct str got = {0};
    outcome(&f, "any(nothing where size > 1B)", false, &got);
    assert_string_equal(str_text(&got), "yes or no unknown: /proc/x: permission denied");
    fixture_end(&f);
}

static void rows_that_a_case_left_out_are_counted(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    f.facts->tables[ZONE].omitted = 4;
    AUTO_STR struct str got = {0};
    outcome(&f, "count(zone)", false, &got);
    assert_string_equal(str_text(&got), "count 7");
    fixture_end(&f);
}

static void a_row_of_another_table_is_no_row(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    struct diags d = {0};
    struct expr *e = expr_compile(&f.arena, "free", (struct mark){0}, &f.names, &f.scope_decl, &d);
    struct scope other = {&f.facts->tables[ORDER], 0, NULL}, past = {&f.facts->tables[ZONE], 3, NULL};
    assert_false(expr_eval(e, &f.env, &other).known);
    assert_false(expr_eval(e, &f.env, &past).known);
    assert_string_equal(expr_eval(e, &f.env, NULL).why, "no row at hand");
    fixture_end(&f);
}

static void a_name_with_no_meaning_anywhere_is_a_complaint(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    static const char *const sources[] = {"a",       "a.b",        "limit.a",  "answer.a",
                                          "after.a", "fired('a')", "count(a)", "sum(a.b)"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct diags d = {0};
        assert_null(expr_compile(&f.arena, sources[i], (struct mark){0}, NULL, NULL, &d));
        assert_int_equal(d.count, 1);
        diags_free(&d);
    }
    struct diags d = {0};
    struct expr *e = expr_compile(&f.arena, "vmstat.total > limit.reserve", (struct mark){0}, &f.names, NULL, &d);
    struct env nothing = {0};
    assert_string_equal(expr_eval(e, &nothing, NULL).why, "not measured");
    assert_string_equal(expr_eval(e, NULL, NULL).why, "not measured");
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
    struct expr *e = expr_compile(
        &f.arena,
        "free > 1B and any(order where node = 1) and vmstat.total > 1B and vmstat.share < sum(zone.free) / "
        "vmstat.total and limit.unusable > 1",
        (struct mark){0}, &f.names, &f.scope_decl, &d);
    assert_non_null(e);
    AUTO_STR struct str tables = {0};
    expr_tables(e, visit, &tables);
    assert_string_equal(str_text(&tables), "order vmstat zone ");
    fixture_end(&f);
}

static void the_environment_is_asked_once_for_many_rows(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    struct table *t = &f.facts->tables[NOTHING];
    for (unsigned i = 0; i < 10000; i++)
        cell_number(t, table_add(t), 0, i);
    struct diags d = {0};
    struct expr *e = expr_compile(&f.arena, "count(nothing where size * 2 > 5% * vmstat.total / 1GiB * 1KiB)",
                                  (struct mark){0}, &f.names, NULL, &d);
    assert_non_null(e);
    struct value v = expr_eval(e, &f.env, NULL);
    assert_true(v.known);
    assert_int_equal(v.number, 9795);
    assert_int_equal(f.lookups, 2);
    fixture_end(&f);
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Whatever it is, it is refused with a complaint or can be evaluated. */
static void try_source(struct fixture *f, const char *source)
{
    struct diags d = {0};
    struct arena arena = {0};
    struct expr *e = expr_compile(&arena, source, (struct mark){"x", 1, 1}, &f->names, &f->scope_decl, &d);
    assert_int_equal(e == NULL, d.count > 0);
    if (e)
        assert_int_equal(expr_eval(e, &f->env, &f->scope).type, expr_type(e));
    size_t before = d.count;
    struct message *m = message_compile(&arena, source, (struct mark){"x", 1, 1}, &f->names, &f->scope_decl, &d);
    assert_int_equal(m == NULL, d.count > before);
    if (m) {
        AUTO_STR struct str out = {0};
        message_eval(m, &f->env, &f->scope, &out);
    }
    arena_free(&arena);
    diags_free(&d);
}

static void any_bytes_are_survived(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    unsigned seed = 1;
    for (unsigned i = 0; i < 10000; i++) {
        char bytes[64];
        size_t n = next_random(&seed) % (sizeof bytes - 1);
        for (size_t k = 0; k < n; k++)
            bytes[k] = (char)next_random(&seed);
        bytes[n] = '\0';
        try_source(&f, bytes);
    }
    fixture_end(&f);
}

static void any_tokens_are_survived(void **state)
{
    (void)state;
    static const char *const tokens[] = {"and",
                                         "or",
                                         "not",
                                         "where",
                                         "(",
                                         ")",
                                         ",",
                                         "+",
                                         "-",
                                         "*",
                                         "/",
                                         "=",
                                         "!=",
                                         "<",
                                         "<=",
                                         ">",
                                         ">=",
                                         "1",
                                         "0",
                                         "5%",
                                         "64MiB",
                                         "30s",
                                         "100/s",
                                         "2MiB/min",
                                         "'a'",
                                         "\"b\"",
                                         "true",
                                         "false",
                                         "free",
                                         "name",
                                         "small",
                                         "zone",
                                         "zone.free",
                                         "vmstat.total",
                                         "vmstat.share",
                                         "vmstat.detail",
                                         "order",
                                         "order.node",
                                         "limit.unusable",
                                         "answer.kind",
                                         "answer.since",
                                         "before.compact_now",
                                         "after.trimmed",
                                         "count(",
                                         "any(",
                                         "all(",
                                         "sum(",
                                         "max(",
                                         "min(",
                                         "avg(",
                                         "first(",
                                         "known(",
                                         "if(",
                                         "else(",
                                         "abs(",
                                         "clamp(",
                                         "round(",
                                         "sqrt(",
                                         "starts(",
                                         "fired('swap-storm')",
                                         "{",
                                         "}",
                                         ":raw",
                                         "nosuch",
                                         "later",
                                         "denied.size",
                                         "fixture.zone.free",
                                         "1e9",
                                         "99999999999999999999999"};
    struct fixture f;
    fixture_begin(&f);
    unsigned seed = 2;
    for (unsigned i = 0; i < 20000; i++) {
        AUTO_STR struct str source = {0};
        for (unsigned n = 1 + next_random(&seed) % 12; n; n--) {
            str_add(&source, tokens[next_random(&seed) % (sizeof tokens / sizeof *tokens)]);
            if (next_random(&seed) % 8)
                str_add_char(&source, ' ');
        }
        try_source(&f, source.data);
    }
    fixture_end(&f);
}

/* Sentences of the grammar itself, so that the evaluator sees deep trees of every kind. */
static void grow(struct str *s, unsigned *seed, unsigned depth, enum type type)
{
    static const char *const leaves[] = {[TYPE_BOOL] = "vmstat.detail",  [TYPE_TEXT] = "name",
                                         [TYPE_COUNT] = "vmstat.stalls", [TYPE_RATIO] = "unusable_order9",
                                         [TYPE_BYTES] = "free",          [TYPE_SECONDS] = "vmstat.window",
                                         [TYPE_RATE] = "vmstat.scan",    [TYPE_BYTE_RATE] = "vmstat.swap_in"};
    static const char *const literals[] = {
        [TYPE_BOOL] = "true",  [TYPE_TEXT] = "'Normal'", [TYPE_COUNT] = "3",  [TYPE_RATIO] = "50%",
        [TYPE_BYTES] = "1MiB", [TYPE_SECONDS] = "1h",    [TYPE_RATE] = "2/s", [TYPE_BYTE_RATE] = "4KiB/s"};
    if (depth == 0) {
        str_add(s, next_random(seed) % 2 ? leaves[type] : literals[type]);
        return;
    }
    unsigned pick = next_random(seed) % 4;
    enum type other = (enum type)(next_random(seed) % (TYPE_BYTE_RATE + 1));
    if (type == TYPE_BOOL) {
        if (pick == 0) {
            str_add(s, "(");
            grow(s, seed, depth - 1, other);
            str_add(s, next_random(seed) % 2 ? " = " : " != ");
            grow(s, seed, depth - 1, other);
            str_add(s, ")");
            return;
        }
        str_add(s, pick == 1 ? "(not " : pick == 2 ? "any(zone where " : "(");
        grow(s, seed, depth - 1, TYPE_BOOL);
        if (pick == 3) {
            str_add(s, next_random(seed) % 2 ? " and " : " or ");
            grow(s, seed, depth - 1, TYPE_BOOL);
        }
        str_add(s, ")");
        return;
    }
    if (type == TYPE_TEXT || pick == 0) {
        str_add(s, "if(");
        grow(s, seed, depth - 1, TYPE_BOOL);
        str_add(s, ", ");
    } else {
        str_add(s, pick == 1 ? "(" : pick == 2 ? "max(" : "else(");
    }
    grow(s, seed, depth - 1, type);
    str_add(s, type != TYPE_TEXT && pick == 1 ? " - " : ", ");
    grow(s, seed, depth - 1, type);
    str_add(s, ")");
}

static void whatever_the_grammar_allows_has_a_value(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    unsigned seed = 3, compiled = 0;
    for (unsigned i = 0; i < 3000; i++) {
        AUTO_STR struct str source = {0};
        grow(&source, &seed, i % 6, (enum type)(next_random(&seed) % (TYPE_BYTE_RATE + 1)));
        struct diags d = {0};
        struct arena arena = {0};
        struct expr *e = expr_compile(&arena, source.data, (struct mark){0}, &f.names, &f.scope_decl, &d);
        if (e) {
            compiled++;
            struct value v = expr_eval(e, &f.env, &f.scope);
            assert_true(v.known || v.why);
        } else if (!strstr(d.items[0].text, "at most")) {
            fail_msg("%s: %s", source.data, d.items[0].text);
        }
        arena_free(&arena);
        diags_free(&d);
    }
    assert_in_range(compiled, 2000, 3000);
    fixture_end(&f);
}

/* The examples of the reference: "expression  # value as people read it", with the zone Normal of node 0 at hand. */
static void the_examples_of_the_reference_are_true(void **state)
{
    (void)state;
    const char *home = getenv("SRC");
    AUTO_FREE char *path = mem_printf("%s/docs/expressions.md", home ? home : ".");
    FILE *file = fopen(path, "r");
    if (!file)
        skip();
    struct fixture f;
    fixture_begin(&f);
    char line[512];
    bool inside = false;
    unsigned examples = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "```", 3) == 0) {
            inside = strcmp(line, "```examples") == 0;
            continue;
        }
        char *sign = inside ? strstr(line, "  # ") : NULL;
        if (!sign)
            continue;
        *sign = '\0';
        struct diags d = {0};
        AUTO_STR struct str got = {0};
        struct expr *e = expr_compile(&f.arena, line, (struct mark){path, 1, 1}, &f.names, &f.scope_decl, &d);
        if (e) {
            struct value v = expr_eval(e, &f.env, &f.scope);
            value_format(&v, false, &got);
        } else {
            str_printf(&got, "error: %s", d.items[0].text);
        }
        if (strcmp(str_text(&got), sign + 4) != 0)
            fail_msg("%s gives %s, and the reference says %s", line, str_text(&got), sign + 4);
        diags_free(&d);
        examples++;
    }
    fclose(file);
    fixture_end(&f);
    assert_in_range(examples, 20, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_carry_their_unit),
        cmocka_unit_test(operators_bind_as_in_arithmetic),
        cmocka_unit_test(dimensions_multiply_and_divide),
        cmocka_unit_test(sums_and_comparisons_need_one_dimension),
        cmocka_unit_test(unknown_is_neither),
        cmocka_unit_test(functions),
        cmocka_unit_test(aggregates),
        cmocka_unit_test(names_reach_the_innermost_row_that_has_them),
        cmocka_unit_test(a_text_that_a_closed_set_does_not_have_is_a_complaint),
        cmocka_unit_test(what_can_be_equal_may_be_compared),
        cmocka_unit_test(a_set_of_very_many_is_taken_as_open),
        cmocka_unit_test(broken_shapes_are_told_where_they_break),
        cmocka_unit_test(several_wrong_names_are_told_at_once),
        cmocka_unit_test(size_is_limited),
        cmocka_unit_test(an_empty_table_of_a_failed_probe_is_unknown),
        cmocka_unit_test(rows_that_a_case_left_out_are_counted),
        cmocka_unit_test(a_row_of_another_table_is_no_row),
        cmocka_unit_test(a_name_with_no_meaning_anywhere_is_a_complaint),
        cmocka_unit_test(the_tables_read_are_known),
        cmocka_unit_test(the_environment_is_asked_once_for_many_rows),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(any_tokens_are_survived),
        cmocka_unit_test(whatever_the_grammar_allows_has_a_value),
        cmocka_unit_test(the_examples_of_the_reference_are_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
