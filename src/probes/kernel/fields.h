/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading text of the kernel piece by piece, bounded by a length (no NUL needed), without ever overflowing a number;
 * and the files themselves with the sentence that tells why one is missing. */
#ifndef FW_PROBES_KERNEL_FIELDS_H
#define FW_PROBES_KERNEL_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/root.h"

/* What is left to read. Borrowed text. */
struct fields {
    const char *at, *end;
};

struct fields fields_of(const char *text, size_t length);
bool fields_line(struct fields *all, struct fields *line); /* the next line, without newline */
bool fields_word(struct fields *s, struct fields *word);   /* the next run of non-blanks */
bool fields_number(struct fields *s,
                   uint64_t *n); /* blanks, then decimal digits up to a non-digit; false if > 64 bit */
bool fields_take(struct fields *s, const char *literal);  /* blanks, then exactly that */
bool fields_find(struct fields *s, const char *literal);  /* moves behind its next occurrence */
bool fields_end(struct fields *s);                        /* only blanks are left */
bool fields_is(const struct fields *s, const char *text); /* equal as a whole */
bool fields_begins(const struct fields *s, const char *prefix);
size_t fields_length(const struct fields *s);
void fields_copy(const struct fields *s, char *out, size_t size); /* cut, NUL-terminated */

/* `a` × `b`, saturating. */
uint64_t fields_times(uint64_t a, uint64_t b);
uint64_t fields_plus(uint64_t a, uint64_t b);

/* A file of the root read whole. Zero-initialise; AUTO_SOURCE frees it. */
struct source {
    char *text; /* NULL if it could not be read */
    size_t length;
    enum status status;
    struct err why;
};
bool source_read(struct source *s, const struct root *r, const char *path);
void source_free(struct source *s);
#define AUTO_SOURCE __attribute__((cleanup(source_free)))

/* A small file's first line, trimmed. False if it cannot be read or does not fit. */
bool source_line(const struct root *r, const char *path, char *out, size_t size);
bool source_number(const struct root *r, const char *path, uint64_t *n);

#endif
