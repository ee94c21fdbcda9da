/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing string. */
#ifndef FW_BASE_STR_H
#define FW_BASE_STR_H

#include <stddef.h>

struct str {
    char *data; /* NUL-terminated once anything was added; NULL before: use str_text() */
    size_t length;
    size_t capacity;
};

void str_add(struct str *s, const char *text);
void str_add_n(struct str *s, const char *text, size_t length);
void str_add_char(struct str *s, char c);
void str_add_repeated(struct str *s, char c, size_t count);
void str_printf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *str_text(const struct str *s); /* never NULL; owned by `s` */
void str_clear(struct str *s);
void str_cut(struct str *s, size_t length); /* to that length, if it is longer */ /* keeps the memory */
void str_free(struct str *s);
#define AUTO_STR __attribute__((unused, cleanup(str_free)))

#endif
