/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the terminal can do and how it was asked to look: NO_COLOR, TERM=dumb, CLICOLOR, LANG=C, ACCESSIBLE=1. */
#ifndef FW_TERM_TERM_H
#define FW_TERM_TERM_H

#include <stdbool.h>

#include "facts/facts.h"
#include "facts/severity.h"

struct term {
    bool tty_in, tty_out, tty_err;
    bool color;      /* stdout */
    bool color_err;  /* stderr */
    bool ascii;      /* the locale is not UTF-8 */
    bool dumb;       /* TERM=dumb or none: no cursor movement */
    bool accessible; /* static text, numbered choices, no redrawing */
    unsigned width, height;
};

void term_init(struct term *t);         /* also after SIGWINCH */
const char *term_sign(enum severity s); /* "[i]", "[!]", "[!!]"; "[ok]" and "[?]" are said where they are used */

/* A table for the terminal: only `columns` (NULL-terminated names, NULL: all), `count` rows by
 * index (NULL: the first `count`), fitted to `width` (0: not cut). A single row that is wider stands downwards. Caller
 * frees. */
char *term_table(const struct table *t, const char *const *columns, const size_t *rows, size_t count,
                 const struct term *term, unsigned width);

/* All rows and columns; those that have no room beside the others follow below, after the columns that name the row. */
char *term_table_whole(const struct table *t, const struct term *term, unsigned width);

/* Prints clean text to stdout, in ASCII if the terminal wants it, wrapped at the width with `indent` spaces. */
void term_print(const struct term *t, unsigned indent, const char *text);

#endif
