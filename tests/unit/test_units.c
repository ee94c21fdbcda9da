/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How numbers are written and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"

static void shows(double number, enum type type, const char *expected)
{
    char out[64];
    units_format(out, sizeof out, number, type);
    assert_string_equal(out, expected);
}

#define KIB 1024.0
#define MIB 1048576.0
#define GIB 1073741824.0

static void bytes_in_binary_units(void **state)
{
    (void)state;
    shows(0, TYPE_BYTES, "0 B");
    shows(1, TYPE_BYTES, "1 B");
    shows(1023, TYPE_BYTES, "1,023 B");
    shows(1024, TYPE_BYTES, "1 KiB");
    shows(4096, TYPE_BYTES, "4 KiB");
    shows(1536, TYPE_BYTES, "1.5 KiB");
    shows(512 * MIB, TYPE_BYTES, "512 MiB");
    shows(1.4 * GIB, TYPE_BYTES, "1.4 GiB");
    shows(1.4375 * GIB, TYPE_BYTES, "1.44 GiB");
    shows(15.55 * GIB, TYPE_BYTES, "15.6 GiB");
    shows(99.96 * GIB, TYPE_BYTES, "100 GiB");
    shows(9.996 * MIB, TYPE_BYTES, "10 MiB");
    shows(1023.4 * MIB, TYPE_BYTES, "1,023 MiB");
    shows(1023.6 * MIB, TYPE_BYTES, "1 GiB"); /* never "1,024 MiB" */
    shows(6.0 * 1024 * GIB, TYPE_BYTES, "6 TiB");
    shows(-1.5 * MIB, TYPE_BYTES, "-1.5 MiB");
    shows(0.5, TYPE_BYTES, "0.5 B");
    shows(0.001, TYPE_BYTES, "<0.01 B");
    shows(-0.001, TYPE_BYTES, ">-0.01 B");
    shows(0x1p60, TYPE_BYTES, "1 EiB");
    shows(0x1p64, TYPE_BYTES, "16 EiB");
}

static void ratios_as_percent(void **state)
{
    (void)state;
    shows(0, TYPE_RATIO, "0 %");
    shows(0.37, TYPE_RATIO, "37 %");
    shows(0.374, TYPE_RATIO, "37 %");
    shows(0.004, TYPE_RATIO, "0.4 %");
    shows(0.001, TYPE_RATIO, "0.1 %");
    shows(0.0009, TYPE_RATIO, "<0.1 %");
    shows(1e-12, TYPE_RATIO, "<0.1 %");
    shows(0.05, TYPE_RATIO, "5 %");
    shows(0.0525, TYPE_RATIO, "5.3 %");
    shows(0.0996, TYPE_RATIO, "10 %");
    shows(0.99, TYPE_RATIO, "99 %");
    shows(0.996, TYPE_RATIO, "99.6 %");
    shows(0.9994, TYPE_RATIO, "99.9 %"); /* not yet all */
    shows(0.99951, TYPE_RATIO, "100 %");
    shows(1, TYPE_RATIO, "100 %");
    shows(12.5, TYPE_RATIO, "1,250 %");
    shows(-0.25, TYPE_RATIO, "-25 %");
    shows(-0.0001, TYPE_RATIO, ">-0.1 %");
}

static void time_in_two_parts(void **state)
{
    (void)state;
    shows(0, TYPE_SECONDS, "0 s");
    shows(30, TYPE_SECONDS, "30 s");
    shows(0.2, TYPE_SECONDS, "0.20 s");
    shows(0.999, TYPE_SECONDS, "1 s");
    shows(1.54, TYPE_SECONDS, "1.5 s");
    shows(9.97, TYPE_SECONDS, "10 s");
    shows(59.4, TYPE_SECONDS, "59 s");
    shows(59.7, TYPE_SECONDS, "1 min");
    shows(90, TYPE_SECONDS, "1 min 30 s");
    shows(300, TYPE_SECONDS, "5 min");
    shows(3599.8, TYPE_SECONDS, "1 h");
    shows(7500, TYPE_SECONDS, "2 h 5 min");
    shows(7200, TYPE_SECONDS, "2 h");
    shows(86399, TYPE_SECONDS, "1 d");
    shows(3 * 86400 + 4 * 3600, TYPE_SECONDS, "3 d 4 h");
    shows(3 * 86400 + 23 * 3600 + 3599, TYPE_SECONDS, "4 d");
    shows(1234.0 * 86400, TYPE_SECONDS, "1,234 d");
    shows(0.043, TYPE_SECONDS, "43 ms");
    shows(0.0012, TYPE_SECONDS, "1.2 ms");
    shows(0.00025, TYPE_SECONDS, "250 \xC2\xB5s");
    shows(1e-9, TYPE_SECONDS, "<1 \xC2\xB5s");
    shows(-90, TYPE_SECONDS, "-1 min 30 s");
}

static void rates_in_the_unit_that_reads_best(void **state)
{
    (void)state;
    shows(0, TYPE_BYTE_RATE, "0 B/s");
    shows(12 * MIB / 60, TYPE_BYTE_RATE, "12 MiB/min");
    shows(2 * MIB / 60, TYPE_BYTE_RATE, "2 MiB/min");
    shows(MIB, TYPE_BYTE_RATE, "1 MiB/s");
    shows(250 * MIB, TYPE_BYTE_RATE, "250 MiB/s");
    shows(100, TYPE_BYTE_RATE, "5.86 KiB/min");
    shows(-12 * MIB / 60, TYPE_BYTE_RATE, "-12 MiB/min");
    shows(1e-9, TYPE_BYTE_RATE, "<0.01 B/min");
    shows(0, TYPE_RATE, "0/s");
    shows(100, TYPE_RATE, "100/s");
    shows(12345.6, TYPE_RATE, "12,346/s");
    shows(2.5, TYPE_RATE, "2.5/s");
    shows(0.2, TYPE_RATE, "12/min");
    shows(1.0 / 60, TYPE_RATE, "1/min");
    shows(1.0 / 3600, TYPE_RATE, "1/h");
}

static void counts_with_separators(void **state)
{
    (void)state;
    shows(0, TYPE_COUNT, "0");
    shows(7, TYPE_COUNT, "7");
    shows(999, TYPE_COUNT, "999");
    shows(1000, TYPE_COUNT, "1,000");
    shows(12345, TYPE_COUNT, "12,345");
    shows(12345.6, TYPE_COUNT, "12,346");
    shows(1234567890, TYPE_COUNT, "1,234,567,890");
    shows(123.4, TYPE_COUNT, "123");
    shows(12.34, TYPE_COUNT, "12.3");
    shows(1.5, TYPE_COUNT, "1.5");
    shows(0.8472, TYPE_COUNT, "0.847");
    shows(0.85, TYPE_COUNT, "0.85");
    shows(0.0031, TYPE_COUNT, "0.0031");
    shows(1e-9, TYPE_COUNT, "<0.001");
    shows(-1, TYPE_COUNT, "-1");
    shows(-12345, TYPE_COUNT, "-12,345");
    shows(999999999999999, TYPE_COUNT, "999,999,999,999,999");
    shows(0x1p63, TYPE_COUNT, "9.22e+18");
    shows(1e300, TYPE_COUNT, "1e+300");
}

static void odd_values_stay_words(void **state)
{
    (void)state;
    shows(1, TYPE_BOOL, "yes");
    shows(0, TYPE_BOOL, "no");
    shows(NAN, TYPE_BYTES, "not a number");
    shows(INFINITY, TYPE_SECONDS, "more than any number");
    shows(-INFINITY, TYPE_SECONDS, "less than any number");
    shows(-0.0, TYPE_BYTES, "0 B");
    char out[5] = "xxxx";
    units_format(out, sizeof out, 123456, TYPE_COUNT);
    assert_string_equal(out, "123,");
    units_format(out, 0, 1, TYPE_COUNT);
    assert_string_equal(out, "123,");
}

static void any_number_fits_in_64_bytes(void **state)
{
    (void)state;
    static const double extreme[] = {1.7976931348623157e308, 5e-324, 1e15, 9.999999e14, 1e22, 0x1p53, 0x1p64, 86399.99};
    for (enum type type = TYPE_BOOL; type <= TYPE_BYTE_RATE; type++)
        for (size_t i = 0; i < sizeof extreme / sizeof *extreme; i++)
            for (int sign = -1; sign <= 1; sign += 2) {
                char out[80];
                memset(out, 'x', sizeof out);
                units_format(out, sizeof out, sign * extreme[i], type);
                assert_in_range(strlen(out), 1, 63);
                assert_null(strstr(out, "nan"));
            }
    /* and a sweep over magnitudes: no "1,024", no "60 s", no "1,000 ms" */
    for (double x = 1e-7; x < 1e12; x *= 1.0007) {
        char out[64];
        units_format(out, sizeof out, x, TYPE_BYTES);
        assert_null(strstr(out, "1,024"));
        units_format(out, sizeof out, x, TYPE_SECONDS);
        assert_null(strstr(out, "1,000 m"));
        assert_null(strstr(out, "1,000 \xC2"));
        assert_false(strcmp(out, "60 s") == 0 || strncmp(out, "60 min", 6) == 0 || strncmp(out, "24 h", 4) == 0);
        assert_null(strstr(out, " 60 "));
        assert_null(strstr(out, " 24 h"));
    }
}

static void the_locale_changes_nothing(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "C.UTF-8"};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        if (!setlocale(LC_ALL, locales[i]))
            continue;
        double number;
        enum type type;
        shows(1.4 * GIB, TYPE_BYTES, "1.4 GiB");
        assert_int_equal(units_parse("1.5MiB", &number, &type), 6);
        assert_true(number == 1.5 * MIB);
    }
    setlocale(LC_ALL, "C");
}

static void reads(const char *text, size_t used, double expected, enum type expected_type)
{
    double number = -1;
    enum type type = TYPE_TEXT;
    assert_int_equal(units_parse(text, &number, &type), used);
    if (fabs(number - expected) > 1e-12 * fabs(expected))
        fail_msg("%s was read as %.17g", text, number);
    assert_int_equal(type, expected_type);
}

static void refuses(const char *text)
{
    double number;
    enum type type;
    assert_int_equal(units_parse(text, &number, &type), 0);
}

static void literals(void **state)
{
    (void)state;
    reads("3", 1, 3, TYPE_COUNT);
    reads("0.25)", 4, 0.25, TYPE_COUNT);
    reads("5%", 2, 0.05, TYPE_RATIO);
    reads("0.1% * x", 4, 0.001, TYPE_RATIO);
    reads("64MiB", 5, 64 * MIB, TYPE_BYTES);
    reads("4KiB", 4, 4096, TYPE_BYTES);
    reads("4kB", 3, 4000, TYPE_BYTES);
    reads("1GB", 3, 1e9, TYPE_BYTES);
    reads("2TiB", 4, 0x1p41, TYPE_BYTES);
    reads("1.5MB ", 5, 1.5e6, TYPE_BYTES);
    reads("7B", 2, 7, TYPE_BYTES);
    reads("2MiB/min", 8, 2 * MIB / 60, TYPE_BYTE_RATE);
    reads("1KiB/s>", 6, 1024, TYPE_BYTE_RATE);
    reads("10MB/h", 6, 1e7 / 3600, TYPE_BYTE_RATE);
    reads("100/s", 5, 100, TYPE_RATE);
    reads("6/min", 5, 0.1, TYPE_RATE);
    reads("30s", 3, 30, TYPE_SECONDS);
    reads("5min", 4, 300, TYPE_SECONDS);
    reads("2h", 2, 7200, TYPE_SECONDS);
    reads("1d", 2, 86400, TYPE_SECONDS);
    reads("200ms", 5, 0.2, TYPE_SECONDS);
    reads("9007199254740993", 16, 9007199254740992.0, TYPE_COUNT);
    reads("0.1234567890123456789012345", 27, 0.1234567890123456, TYPE_COUNT);
}

static void a_literal_ends_where_the_expression_goes_on(void **state)
{
    (void)state;
    reads("100/size", 3, 100, TYPE_COUNT);
    reads("64MiB/min(a, b)", 5, 64 * MIB, TYPE_BYTES);
    reads("100/s.x", 3, 100, TYPE_COUNT);
    reads("100/ s", 3, 100, TYPE_COUNT);
    reads("5 and", 1, 5, TYPE_COUNT);
    reads("5.", 1, 5, TYPE_COUNT);
    reads("1/2", 1, 1, TYPE_COUNT);
    reads("30s/s", 3, 30, TYPE_SECONDS);
}

static void what_is_no_literal(void **state)
{
    (void)state;
    refuses("");
    refuses("x");
    refuses("-5");
    refuses(".5");
    refuses("5x");
    refuses("5MIB");
    refuses("4K");
    refuses("1e6");
    refuses("5mins");
    refuses("5MiB_");
    char huge[401];
    memset(huge, '9', 400);
    huge[400] = '\0';
    refuses(huge);
}

static void lasts(const char *text, double expected)
{
    double seconds = -1;
    if (!units_parse_duration(text, &seconds))
        fail_msg("%s was refused", text);
    assert_true(fabs(seconds - expected) < 1e-9);
}

static void durations(void **state)
{
    (void)state;
    lasts("30", 30);
    lasts("30s", 30);
    lasts("0", 0);
    lasts("0.5s", 0.5);
    lasts("5min", 300);
    lasts("2h", 7200);
    lasts("3d", 259200);
    lasts("2 h 5 min", 7500); /* as it is shown */
    lasts("1h30min", 5400);
    static const char *const wrong[] = {"",    " ",    "s",   "5x",  "5MiB", "5%",   "-3s",
                                        "5s!", "1h30", "5/s", "inf", "nan",  "0x10", "1e9"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double seconds;
        if (units_parse_duration(wrong[i], &seconds))
            fail_msg("\"%s\" was accepted", wrong[i]);
    }
}

static void types_have_names(void **state)
{
    (void)state;
    assert_string_equal(type_name(TYPE_BYTES), "bytes");
    assert_string_equal(type_name(TYPE_BYTE_RATE), "bytes per second");
    assert_string_equal(type_name((enum type)99), "unknown");
    assert_true(type_is_number(TYPE_COUNT));
    assert_true(type_is_number(TYPE_BYTE_RATE));
    assert_false(type_is_number(TYPE_TEXT));
    assert_false(type_is_number(TYPE_BOOL));
}

static void times_of_day(void **state)
{
    (void)state;
    char out[32];
    clock_iso(out, 1795224158.9);
    assert_string_equal(out, "2026-11-21T01:22:38Z");
    clock_stamp(out, 1795224158.9);
    assert_string_equal(out, "20261121T0122Z");
    clock_iso(out, 0);
    assert_string_equal(out, "1970-01-01T00:00:00Z");
    clock_iso(out, NAN);
    assert_string_equal(out, "1970-01-01T00:00:00Z");
    clock_iso(out, 1e300);
    assert_string_equal(out, "1970-01-01T00:00:00Z");
    clock_iso(out, 253402300799.0);
    assert_string_equal(out, "9999-12-31T23:59:59Z");
    double a = clock_now(), b = clock_now();
    assert_true(b >= a);
    assert_true(clock_wall() > 1.7e9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_in_binary_units),
        cmocka_unit_test(ratios_as_percent),
        cmocka_unit_test(time_in_two_parts),
        cmocka_unit_test(rates_in_the_unit_that_reads_best),
        cmocka_unit_test(counts_with_separators),
        cmocka_unit_test(odd_values_stay_words),
        cmocka_unit_test(any_number_fits_in_64_bytes),
        cmocka_unit_test(the_locale_changes_nothing),
        cmocka_unit_test(literals),
        cmocka_unit_test(a_literal_ends_where_the_expression_goes_on),
        cmocka_unit_test(what_is_no_literal),
        cmocka_unit_test(durations),
        cmocka_unit_test(types_have_names),
        cmocka_unit_test(times_of_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
