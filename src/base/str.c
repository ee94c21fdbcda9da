/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static void reserve(struct str *s, size_t more)
{
    size_t need;
    if (__builtin_add_overflow(s->length, more + 1, &need))
        mem_exhausted();
    if (need <= s->capacity)
        return;
    size_t capacity = s->capacity ? s->capacity : 64;
    while (capacity < need)
        capacity *= 2;
    s->data = mem_resize(s->data, capacity, 1);
    s->capacity = capacity;
}

void str_add_n(struct str *s, const char *text, size_t length)
{
    reserve(s, length);
    memcpy(s->data + s->length, text, length);
    s->length += length;
    s->data[s->length] = '\0';
}

void str_add(struct str *s, const char *text)
{
    str_add_n(s, text, strlen(text));
}

void str_add_char(struct str *s, char c)
{
    str_add_n(s, &c, 1);
}

void str_add_repeated(struct str *s, char c, size_t count)
{
    reserve(s, count);
    memset(s->data + s->length, c, count);
    s->length += count;
    s->data[s->length] = '\0';
}

void str_printf(struct str *s, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0) {
        reserve(s, (size_t)length);
        vsnprintf(s->data + s->length, (size_t)length + 1, format, again);
        s->length += (size_t)length;
    }
    va_end(again);
}

const char *str_text(const struct str *s)
{
    return s->data ? s->data : "";
}

void str_clear(struct str *s)
{
    s->length = 0;
    if (s->data)
        s->data[0] = '\0';
}

void str_cut(struct str *s, size_t length)
{
    if (length < s->length)
        s->data[s->length = length] = '\0';
}

void str_free(struct str *s)
{
    free(s->data);
    *s = (struct str){0};
}
