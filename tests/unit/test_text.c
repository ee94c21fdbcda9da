/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hostile text becomes printable UTF-8; widths, ASCII and "did you mean". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define FFFD "\xEF\xBF\xBD"

/* Written apart from text.c, by the table of well-formed sequences of the Unicode standard. */
static size_t well_formed(const unsigned char *s, size_t n)
{
    static const unsigned char table[][9] = {
        /* bytes, then first and last of each */
        {1, 0x00, 0x7F},
        {2, 0xC2, 0xDF, 0x80, 0xBF},
        {3, 0xE0, 0xE0, 0xA0, 0xBF, 0x80, 0xBF},
        {3, 0xE1, 0xEC, 0x80, 0xBF, 0x80, 0xBF},
        {3, 0xED, 0xED, 0x80, 0x9F, 0x80, 0xBF},
        {3, 0xEE, 0xEF, 0x80, 0xBF, 0x80, 0xBF},
        {4, 0xF0, 0xF0, 0x90, 0xBF, 0x80, 0xBF, 0x80, 0xBF},
        {4, 0xF1, 0xF3, 0x80, 0xBF, 0x80, 0xBF, 0x80, 0xBF},
        {4, 0xF4, 0xF4, 0x80, 0x8F, 0x80, 0xBF, 0x80, 0xBF},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t length = table[i][0], k = 0;
        if (length > n)
            continue;
        while (k < length && s[k] >= table[i][1 + 2 * k] && s[k] <= table[i][2 + 2 * k])
            k++;
        if (k == length)
            return length;
    }
    return 0;
}

static void assert_clean(const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text;
    while (length) {
        size_t n = well_formed(s, length);
        if (!n)
            fail_msg("byte %02x does not begin a character", *s);
        if (*s < 0x20 || *s == 0x7F || (*s == 0xC2 && s[1] < 0xA0))
            fail_msg("a control character was left: %02x", *s);
        s += n;
        length -= n;
    }
}

static void cleans_to(const char *raw, size_t length, const char *expected)
{
    char out[256];
    size_t n = text_clean(out, sizeof out, raw, length);
    assert_string_equal(out, expected);
    assert_int_equal(n, strlen(expected));
}

static size_t encode(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00 >> n & 0xFF) | c);
    return n;
}

static void every_two_bytes_become_clean(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 65536; pair++) {
        char raw[2] = {(char)(pair >> 8), (char)pair}, out[16];
        size_t n = text_clean(out, sizeof out, raw, 2);
        assert_true(n >= 2 && n <= 6);
        assert_int_equal(out[n], 0);
        assert_int_equal(strlen(out), n);
        assert_clean(out, n);
    }
}

static void every_four_bytes_around_the_edges_become_clean(void **state)
{
    (void)state;
    static const unsigned char edge[] = {
        0x00, 0x1B, 0x41, 0x7F, 0x80, 0x8E, 0x8F, 0x90, 0x9F, 0xA0, 0xA8, 0xAA, 0xB7, 0xBB, 0xBE, 0xBF,
        0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xE2, 0xED, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5, 0xFE, 0xFF,
    };
    enum { N = sizeof edge };
    for (unsigned i = 0; i < N * N * N * N; i++) {
        char raw[4] = {(char)edge[i % N], (char)edge[i / N % N], (char)edge[i / N / N % N], (char)edge[i / N / N / N]};
        char out[16];
        size_t n = text_clean(out, sizeof out, raw, 4);
        assert_clean(out, n);
    }
}

static bool hides(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF ||
           (c >= 0xD800 && c <= 0xDFFF) || (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

static void every_character_is_kept_or_replaced_as_promised(void **state)
{
    (void)state;
    unsigned replaced = 0;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char raw[4], out[16];
        size_t length = encode(raw, c), n = text_clean(out, sizeof out, raw, length);
        bool kept = n == length && memcmp(raw, out, n) == 0;
        if (hides(c) && kept)
            fail_msg("U+%04X was kept", c);
        if (kept)
            continue;
        replaced++;
        if (c < 0xD800 || c > 0xDFFF)
            assert_string_equal(out, FFFD);
        else
            assert_string_equal(out, FFFD FFFD FFFD);
    }
    /* little more than what was asked for: the invisible fillers, selectors and tags */
    assert_in_range(replaced, 2048 + 200, 2048 + 4096 + 300);
}

static void names_of_attackers_are_harmless(void **state)
{
    (void)state;
    cleans_to("\x1b[2Jroot", 8, FFFD "[2Jroot");
    cleans_to("a\tb\nc\r", 6, "a" FFFD "b" FFFD "c" FFFD);
    cleans_to("ab\0cd", 5, "ab" FFFD "cd");
    cleans_to("\xC2\x9B"
              "31m",
              5, FFFD "31m"); /* CSI as C1 */
    cleans_to("gpj.\xE2\x80\xAE"
              "exe",
              10, "gpj." FFFD "exe");                      /* right-to-left override */
    cleans_to("pay\xE2\x80\x8Bpal", 9, "pay" FFFD "pal");  /* zero width space */
    cleans_to("\xEF\xBB\xBF#!", 5, FFFD "#!");             /* byte order mark */
    cleans_to("\xC0\xAF", 2, FFFD FFFD);                   /* overlong slash */
    cleans_to("\xED\xA0\x80", 3, FFFD FFFD FFFD);          /* surrogate */
    cleans_to("\xF4\x90\x80\x80", 4, FFFD FFFD FFFD FFFD); /* above U+10FFFF */
    cleans_to("\xEF\xBF\xBE", 3, FFFD);                    /* non-character */
    cleans_to("a\xE2\x82", 3, "a" FFFD FFFD);              /* cut short */
    cleans_to("\xF3\xA0\x81\x81", 4, FFFD);                /* a tag: hidden text */
    cleans_to("<script>&'\"", 11, "<script>&'\"");         /* markup is text: the tree escapes it */
    /* what is harmless stays */
    cleans_to("M\xC3\xBCller \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x90\x98", 19,
              "M\xC3\xBCller \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x90\x98");
}

static void it_is_cut_between_characters(void **state)
{
    (void)state;
    char out[8];
    memset(out, 'x', sizeof out);
    assert_int_equal(text_clean(out, 6,
                                "ab\xE2\x82\xAC"
                                "c",
                                6),
                     5);
    assert_string_equal(out, "ab\xE2\x82\xAC");
    assert_int_equal(text_clean(out, 5,
                                "ab\xE2\x82\xAC"
                                "c",
                                6),
                     2);
    assert_string_equal(out, "ab");
    assert_int_equal(text_clean(out, 3, "\x01", 1), 0);
    assert_string_equal(out, "");
    assert_int_equal(text_clean(out, 1, "abc", 3), 0);
    assert_string_equal(out, "");
    out[0] = 'x';
    assert_int_equal(text_clean(out, 0, "abc", 3), 0);
    assert_int_equal(out[0], 'x');
    assert_int_equal(text_clean(out, sizeof out, "", 0), 0);
    assert_string_equal(out, "");
}

static void cleaning_twice_changes_nothing(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (unsigned i = 0; i < 20000; i++) {
        char raw[24], once[80], twice[80];
        for (unsigned k = 0; k < sizeof raw; k++) {
            seed = seed * 1664525 + 1013904223;
            raw[k] = (char)(seed >> 24);
        }
        size_t n = text_clean(once, sizeof once, raw, sizeof raw), m = text_clean(twice, sizeof twice, once, n);
        assert_int_equal(n, m);
        assert_memory_equal(once, twice, n + 1);
    }
}

static void width_counts_columns(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("mysqld"), 6);
    assert_int_equal(text_width("M\xC3\xBCller"), 6);
    assert_int_equal(text_width("e\xCC\x81"), 1);                          /* combining acute */
    assert_int_equal(text_width("\xE6\x97\xA5\xE6\x9C\xAC"), 4);           /* CJK */
    assert_int_equal(text_width("\xEF\xBD\xB1"), 1);                       /* halfwidth katakana */
    assert_int_equal(text_width("\xEF\xBC\xA1"), 2);                       /* fullwidth A */
    assert_int_equal(text_width("\xED\x95\x9C"), 2);                       /* Hangul */
    assert_int_equal(text_width("\xF0\x9F\x90\x98"), 2);                   /* elephant */
    assert_int_equal(text_width("\xF0\xA0\x80\x80"), 2);                   /* U+20000 */
    assert_int_equal(text_width("\xE2\x80\xA6 \xE2\x86\x92 \xC3\x97"), 5); /* ellipsis, arrow, times */
    assert_int_equal(text_width(FFFD), 1);
    assert_int_equal(text_width("\xFF\xFE"), 2); /* not clean, but no trap */
    assert_int_equal(text_width("a\xE2\x82"), 3);
}

static void becomes(const char *text, const char *expected)
{
    char out[128];
    assert_int_equal(text_ascii(out, sizeof out, text), strlen(expected));
    assert_string_equal(out, expected);
}

static void ascii_says_the_same(void **state)
{
    (void)state;
    becomes("plain ~ text", "plain ~ text");
    becomes("a\xE2\x80\xA6 b \xE2\x86\x92 c", "a... b -> c");
    becomes("0\xE2\x80\x93"
            "1 \xE2\x80\x94 4 \xC3\x97 2 \xE2\x89\xA5 3",
            "0-1 - 4 x 2 >= 3");
    becomes("250 \xC2\xB5s", "250 us");
    becomes(FFFD "[31m \xE6\x97\xA5", "?[31m ?");
    becomes("\xFF", "?");
    char out[6];
    assert_int_equal(text_ascii(out, sizeof out, "abc\xE2\x80\xA6"), 3);
    assert_string_equal(out, "abc");
    assert_int_equal(text_ascii(out, 0, "abc"), 0);
}

static void distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(text_distance("", ""), 0);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("managed", "manged"), 1);
    assert_int_equal(text_distance("free", "fere"), 1); /* neighbours swapped */
    assert_int_equal(text_distance("ca", "abc"), 3);
    assert_int_equal(text_distance("abc", "xyz"), 3);
    assert_int_equal(text_distance("unusable", "unsuable"), text_distance("unsuable", "unusable"));
}

static void the_nearest_name_is_suggested(void **state)
{
    (void)state;
    static const char *const names[] = {"managed", "present", "free", "unusable_order3", "unusable_order4", "pss"};
    const size_t n = sizeof names / sizeof *names;
    assert_string_equal(text_nearest("manged", names, n), "managed");
    assert_string_equal(text_nearest("fere", names, n), "free");
    assert_string_equal(text_nearest("unusable_order5", names, n), "unusable_order3");
    assert_string_equal(text_nearest("unusable-order4", names, n), "unusable_order4");
    assert_string_equal(text_nearest("pas", names, n), "pss");
    assert_string_equal(text_nearest("free", names, n), "free");
    assert_null(text_nearest("xy", names, n));
    assert_null(text_nearest("", names, n));
    assert_null(text_nearest("fragmentation", names, n));
    assert_null(text_nearest("presently_", names, n));
    assert_null(text_nearest("free", NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_two_bytes_become_clean),
        cmocka_unit_test(every_four_bytes_around_the_edges_become_clean),
        cmocka_unit_test(every_character_is_kept_or_replaced_as_promised),
        cmocka_unit_test(names_of_attackers_are_harmless),
        cmocka_unit_test(it_is_cut_between_characters),
        cmocka_unit_test(cleaning_twice_changes_nothing),
        cmocka_unit_test(width_counts_columns),
        cmocka_unit_test(ascii_says_the_same),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(the_nearest_name_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
