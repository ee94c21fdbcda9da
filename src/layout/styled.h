/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of which each byte has a look, and where it is broken into lines. */
#ifndef FW_LAYOUT_STYLED_H
#define FW_LAYOUT_STYLED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Bits, and a colour above them */
enum {
    LOOK_BOLD = 1,
    LOOK_DIM = 2,
    LOOK_COLOR = 4,
    LOOK_RED = 1 * LOOK_COLOR,
    LOOK_YELLOW = 2 * LOOK_COLOR,
    LOOK_GREEN = 3 * LOOK_COLOR,
    LOOK_CYAN = 4 * LOOK_COLOR,
    LOOK_MAGENTA = 5 * LOOK_COLOR
};

struct styled { /* clean UTF-8; looks has a byte for each of text, but for those at the end that are plain */
    struct str text, looks;
};

void styled_free(struct styled *s); /* and empties it */
#define AUTO_STYLED __attribute__((unused, cleanup(styled_free)))
void styled_add(struct styled *s, const char *text, size_t length, unsigned look);
void styled_add_part(struct styled *to, const struct styled *from, size_t begin, size_t end); /* bytes of it */
void styled_append(struct styled *to, const struct styled *from);
void styled_trim(struct styled *s); /* of spaces at both ends */
unsigned styled_width(const struct styled *s);
/* Appends those bytes to `out`, with escape sequences for their looks if `color`. */
void styled_write(const struct styled *s, size_t begin, size_t end, bool color, struct str *out);

struct span { /* bytes of a text */
    size_t begin, end;
};

enum { BREAK_HYPHENS = 1 /* also behind a hyphen */, BREAK_NO_WORD = 2 /* a word wider than a line stays whole */ };
/* The lines of a text, at most `width` columns each, broken between words; caller frees. */
struct span *break_lines(const char *text, size_t length, unsigned width, unsigned flags, size_t *count);
/* Columns of the widest part that is not broken at spaces (or hyphens). */
unsigned longest_word(const char *text, unsigned flags);

#endif
