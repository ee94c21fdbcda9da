/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scanning numbers and lines of /proc text in place: bounded by an end pointer, saturating, without allocation. */
#ifndef FW_PROBES_KERNEL_PROC_SCAN_H
#define FW_PROBES_KERNEL_PROC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A part of a text that someone else owns. */
struct span {
    const char *at;
    size_t length;
};

static inline uint64_t add_saturating(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static inline uint64_t multiply_saturating(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* Skips blanks, reads decimal digits. False if there is no digit; *at is then after the blanks. */
static inline bool scan_u64(const char **at, const char *end, uint64_t *number)
{
    const char *p = *at;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    const char *begin = p;
    uint64_t n = 0;
    bool full = false;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (n > (UINT64_MAX - digit) / 10)
            full = true;
        n = n * 10 + digit;
    }
    *at = p;
    *number = full ? UINT64_MAX : n;
    return p > begin;
}

static inline bool scan_hex(const char **at, const char *end, uint64_t *number)
{
    const char *p = *at;
    uint64_t n = 0;
    bool full = false;
    for (; p < end; p++) {
        unsigned digit;
        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (*p >= 'a' && *p <= 'f')
            digit = (unsigned)(*p - 'a') + 10;
        else
            break;
        full |= n >> 60 != 0;
        n = n << 4 | digit;
    }
    bool any = p > *at;
    *at = p;
    *number = full ? UINT64_MAX : n;
    return any;
}

/* The next line of [*at, end) without its newline. False at the end. */
static inline bool scan_line(const char **at, const char *end, struct span *line)
{
    if (*at >= end)
        return false;
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    line->at = *at;
    line->length = (size_t)((newline ? newline : end) - *at);
    *at = newline ? newline + 1 : end;
    return true;
}

/* If the line begins with `key` (a literal that ends in ':'), reads the number after it. More than 2^42 is none: in kB that
 * is more than an address space. */
static inline bool line_value(struct span line, const char *key, size_t key_length, uint64_t *number)
{
    if (line.length <= key_length || memcmp(line.at, key, key_length) != 0)
        return false;
    const char *p = line.at + key_length;
    return scan_u64(&p, line.at + line.length, number) && *number <= 1ULL << 42;
}
#define LINE_VALUE(line, key, number) line_value(line, key, sizeof(key) - 1, number)

static inline bool span_starts(struct span s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.length >= n && memcmp(s.at, prefix, n) == 0;
}

static inline bool span_ends(struct span s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.length >= n && memcmp(s.at + s.length - n, suffix, n) == 0;
}

static inline bool span_is(struct span s, const char *text)
{
    return s.length == strlen(text) && memcmp(s.at, text, s.length) == 0;
}

static inline bool span_has(struct span s, const char *part)
{
    return s.length && memmem(s.at, s.length, part, strlen(part)) != NULL;
}

static inline struct span span_basename(struct span s)
{
    const char *slash = s.length ? memrchr(s.at, '/', s.length) : NULL;
    if (!slash)
        return s;
    return (struct span){slash + 1, s.length - (size_t)(slash + 1 - s.at)};
}

#endif
