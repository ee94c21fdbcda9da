/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of the kernel, piece by piece. */
#include "probes/kernel/fields.h"

#include <stdlib.h>
#include <string.h>

/* zoneinfo grows with nodes × processors and is the largest of what is read whole: 2.5 MiB with 1024 processors. */
#define SOURCE_BYTES_MAX (32UL * 1024 * 1024)

struct fields fields_of(const char *text, size_t length)
{
    return (struct fields){text, text + length};
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip(struct fields *s)
{
    while (s->at < s->end && blank(*s->at))
        s->at++;
}

bool fields_line(struct fields *all, struct fields *line)
{
    if (all->at >= all->end)
        return false;
    const char *newline = memchr(all->at, '\n', (size_t)(all->end - all->at));
    *line = (struct fields){all->at, newline ? newline : all->end};
    all->at = newline ? newline + 1 : all->end;
    return true;
}

bool fields_word(struct fields *s, struct fields *word)
{
    skip(s);
    if (s->at == s->end)
        return false;
    word->at = s->at;
    while (s->at < s->end && !blank(*s->at))
        s->at++;
    word->end = s->at;
    return true;
}

bool fields_number(struct fields *s, uint64_t *n)
{
    skip(s);
    const char *at = s->at;
    uint64_t value = 0;
    while (at < s->end && *at >= '0' && *at <= '9') {
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return false;
        at++;
    }
    if (at == s->at)
        return false;
    s->at = at;
    *n = value;
    return true;
}

bool fields_take(struct fields *s, const char *literal)
{
    skip(s);
    size_t length = strlen(literal);
    if (fields_length(s) < length || memcmp(s->at, literal, length) != 0)
        return false;
    s->at += length;
    return true;
}

bool fields_find(struct fields *s, const char *literal)
{
    const char *found = memmem(s->at, fields_length(s), literal, strlen(literal));
    if (!found)
        return false;
    s->at = found + strlen(literal);
    return true;
}

bool fields_end(struct fields *s)
{
    skip(s);
    return s->at == s->end;
}

bool fields_is(const struct fields *s, const char *text)
{
    size_t length = strlen(text);
    return fields_length(s) == length && memcmp(s->at, text, length) == 0;
}

bool fields_begins(const struct fields *s, const char *prefix)
{
    size_t length = strlen(prefix);
    return fields_length(s) >= length && memcmp(s->at, prefix, length) == 0;
}

size_t fields_length(const struct fields *s)
{
    return (size_t)(s->end - s->at);
}

void fields_copy(const struct fields *s, char *out, size_t size)
{
    size_t length = fields_length(s) < size - 1 ? fields_length(s) : size - 1;
    memcpy(out, s->at, length);
    out[length] = '\0';
}

uint64_t fields_times(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

uint64_t fields_plus(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

bool source_read(struct source *s, const struct root *r, const char *path)
{
    source_free(s);
    s->status = STATUS_OK;
    s->text = root_read(r, path, SOURCE_BYTES_MAX, &s->length, &s->status, &s->why);
    return s->text != NULL;
}

void source_free(struct source *s)
{
    free(s->text);
    s->text = NULL;
    s->length = 0;
}

bool source_line(const struct root *r, const char *path, char *out, size_t size)
{
    char buffer[1024];
    ssize_t length = root_read_small(r, path, buffer, sizeof buffer);
    if (length < 0)
        return false;
    struct fields all = fields_of(buffer, (size_t)length), line;
    if (!fields_line(&all, &line))
        return false;
    skip(&line);
    while (line.end > line.at && (blank(line.end[-1]) || line.end[-1] == '\0'))
        line.end--;
    if (fields_length(&line) == 0 || fields_length(&line) >= size)
        return false;
    fields_copy(&line, out, size);
    return true;
}

bool source_number(const struct root *r, const char *path, uint64_t *n)
{
    char text[64];
    if (!source_line(r, path, text, sizeof text))
        return false;
    struct fields s = fields_of(text, strlen(text));
    return fields_number(&s, n) && fields_end(&s);
}
