/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of the kernel is read piece by piece; a number that does not fit is none, whatever prints it. */
#include "tree.h"
#include "base/scan.h"
#include "probes/kernel/smaps.h"

static void a_number_that_does_not_fit_is_none(void **state)
{
    (void)state;
    uint64_t n = 7;
    struct span s = span_of_string(" \t18446744073709551615 18446744073709551616");
    assert_true(scan_number(&s, &n) && n == UINT64_MAX);
    assert_false(scan_number(&s, &n));
    assert_true(n == UINT64_MAX && scan_literal(&s, "18446744073709551616") && scan_end(&s));
    s = span_of_string("ffffffffffffffff-10000000000000000");
    assert_true(scan_hex(&s, &n) && n == UINT64_MAX && scan_char(&s, '-'));
    assert_false(scan_hex(&s, &n));
    s = span_of_string("4398046511105 kB"); /* one more than 2^42 */
    assert_false(scan_kb(&s, &n));
    assert_false(add_fits(&n, 1));
    assert_false(times_fits(1ULL << 60, 16, &n));
    assert_true(n == UINT64_MAX);
}

static void nothing_is_read_behind_the_end(void **state)
{
    (void)state;
    uint64_t n;
    struct span s = span_of("Rss: 123456", 7), line;
    assert_true(scan_line(&s, &line) && SCAN_KEY(&line, "Rss:"));
    assert_true(scan_number(&line, &n) && n == 12 && scan_end(&line));
    assert_false(scan_line(&s, &line) || scan_number(&s, &n) || scan_char(&s, '3') || scan_past(&s, "456"));
}

static void a_sum_that_does_not_fit_makes_smaps_unknown(void **state)
{
    (void)state;
    struct smaps_sum sum = {0}, part;
    static const char text[] = "Rss: 4398046511104 kB\n";
    assert_true(smaps_parse(text, strlen(text), &part));
    for (int i = 0; i < 10000; i++)
        smaps_add(&sum, &part);
    assert_false(smaps_has(&sum, SMAPS_RSS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_that_does_not_fit_is_none),
        cmocka_unit_test(nothing_is_read_behind_the_end),
        cmocka_unit_test(a_sum_that_does_not_fit_makes_smaps_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
