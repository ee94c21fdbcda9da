/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading text of the kernel piece by piece, in place: bounded by an end (no NUL needed), without allocation. There is one
 * rule for numbers: one that does not fit is no number. Nothing wraps, nothing is cut to the largest. */
#ifndef FW_BASE_SCAN_H
#define FW_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A piece of a text that someone else owns: what is left to read, or what was found. */
struct span {
    const char *at, *end;
};

static inline struct span span_of(const char *text, size_t length)
{
    return (struct span){text, text + length};
}

static inline struct span span_of_string(const char *text)
{
    return span_of(text, strlen(text));
}

static inline size_t span_length(struct span s)
{
    return (size_t)(s.end - s.at);
}

static inline bool span_starts(struct span s, const char *prefix)
{
    size_t n = strlen(prefix);
    return span_length(s) >= n && memcmp(s.at, prefix, n) == 0;
}

static inline bool span_ends(struct span s, const char *suffix)
{
    size_t n = strlen(suffix);
    return span_length(s) >= n && memcmp(s.end - n, suffix, n) == 0;
}

static inline bool span_is(struct span s, const char *text)
{
    return span_length(s) == strlen(text) && span_starts(s, text);
}

static inline const char *span_find(struct span s, const char *part)
{
    return s.at ? memmem(s.at, span_length(s), part, strlen(part)) : NULL;
}

static inline const char *span_find_char(struct span s, char c)
{
    return s.at ? memchr(s.at, c, span_length(s)) : NULL;
}

/* What is behind the last slash. */
static inline struct span span_basename(struct span s)
{
    const char *slash = s.at ? memrchr(s.at, '/', span_length(s)) : NULL;
    return slash ? (struct span){slash + 1, s.end} : s;
}

/* Cut to the size, NUL-terminated. Returns the length written. */
static inline size_t span_copy(struct span s, char *out, size_t size)
{
    size_t length = span_length(s) < size - 1 ? span_length(s) : size - 1;
    if (length)
        memcpy(out, s.at, length);
    out[length] = '\0';
    return length;
}

/* Each scan_ takes something off the front of `s`. If that is not there it gives false and leaves `s` where it was, or behind
 * blanks. */

/* The next line, without its newline. */
static inline bool scan_line(struct span *s, struct span *line)
{
    if (s->at >= s->end)
        return false;
    const char *newline = memchr(s->at, '\n', span_length(*s));
    *line = (struct span){s->at, newline ? newline : s->end};
    s->at = newline ? newline + 1 : s->end;
    return true;
}

static inline bool scan_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Whether only blanks are left. */
static inline bool scan_end(struct span *s)
{
    while (s->at < s->end && scan_is_blank(*s->at))
        s->at++;
    return s->at == s->end;
}

/* The next run of non-blanks. */
static inline bool scan_word(struct span *s, struct span *word)
{
    if (scan_end(s))
        return false;
    word->at = s->at;
    while (s->at < s->end && !scan_is_blank(*s->at))
        s->at++;
    word->end = s->at;
    return true;
}

/* Blanks, then decimal digits up to a non-digit. */
static inline bool scan_number(struct span *s, uint64_t *number)
{
    const char *p = s->at, *end = s->end;
    while (p < end && scan_is_blank(*p))
        p++;
    const char *begin = p;
    uint64_t n = 0;
    for (unsigned digit; p < end && (digit = (unsigned char)*p - (unsigned)'0') <= 9; p++)
        if (__builtin_mul_overflow(n, (uint64_t)10, &n) || __builtin_add_overflow(n, (uint64_t)digit, &n))
            return false;
    if (p == begin)
        return false;
    s->at = p;
    *number = n;
    return true;
}

/* Hexadecimal digits as the kernel prints them, without blanks or 0x before them. */
static inline bool scan_hex(struct span *s, uint64_t *number)
{
    const char *p = s->at;
    uint64_t n = 0;
    for (; p < s->end; p++) {
        unsigned digit;
        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (*p >= 'a' && *p <= 'f')
            digit = (unsigned)(*p - 'a') + 10;
        else
            break;
        if (n >> 60)
            return false;
        n = n << 4 | digit;
    }
    if (p == s->at)
        return false;
    s->at = p;
    *number = n;
    return true;
}

/* Exactly this character. */
static inline bool scan_char(struct span *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* Blanks, then exactly that. */
static inline bool scan_literal(struct span *s, const char *literal)
{
    scan_end(s);
    if (!span_starts(*s, literal))
        return false;
    s->at += strlen(literal);
    return true;
}

/* Everything up to the next occurrence of that, and it too. */
static inline bool scan_past(struct span *s, const char *literal)
{
    const char *found = span_find(*s, literal);
    if (!found)
        return false;
    s->at = found + strlen(literal);
    return true;
}

/* Exactly `key`, a literal such as "VmRSS:". */
static inline bool scan_key(struct span *s, const char *key, size_t length)
{
    if (span_length(*s) < length || memcmp(s->at, key, length) != 0)
        return false;
    s->at += length;
    return true;
}
#define SCAN_KEY(s, key) scan_key(s, key, sizeof(key) - 1)

/* A number of kB, as bytes. More than 2^42 is none: that is more than an address space. */
static inline bool scan_kb(struct span *s, uint64_t *bytes)
{
    uint64_t kb;
    if (!scan_number(s, &kb) || kb > 1ULL << 42)
        return false;
    *bytes = kb * 1024;
    return true;
}

/* `sum` + `n` and `a` × `b`; false, and the result as it was, if that does not fit. */
static inline bool add_fits(uint64_t *sum, uint64_t n)
{
    uint64_t more;
    if (__builtin_add_overflow(*sum, n, &more))
        return false;
    *sum = more;
    return true;
}

static inline bool times_fits(uint64_t a, uint64_t b, uint64_t *product)
{
    uint64_t p;
    if (__builtin_mul_overflow(a, b, &p))
        return false;
    *product = p;
    return true;
}

#endif
