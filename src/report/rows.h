/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that a template names are filled row by row, column by column in the order of their declaration. */
#ifndef FW_REPORT_ROWS_H
#define FW_REPORT_ROWS_H

#include <stdbool.h>

#include "facts/facts.h"

struct row {
    struct table *table;
    size_t row;
    unsigned column; /* the next to be filled */
};

struct row row_new(struct facts *f, unsigned table);
void put_text(struct row *r, const char *text); /* several lines of it are kept; NULL or empty: unknown */
void put_number(struct row *r, double number);
void put_bool(struct row *r, bool truth);
void put_value(struct row *r, const struct value *v, bool raw); /* as people read it */
void put_unknown(struct row *r);

#endif
