/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells of the row whose first column has a number (a pid), or of the first row: -1. */
#ifndef FW_TESTS_ROWS_H
#define FW_TESTS_ROWS_H

#include "tree.h"

static inline struct value row_cell(struct facts *f, const char *table, double key, const char *column)
{
    const struct table *t = facts_table(f, table);
    assert_non_null(t);
    for (size_t i = 0; i < t->rows; i++) {
        struct value v = cell_get(t, i, 0);
        if (key < 0 || (v.known && v.type != TYPE_TEXT && v.number == key))
            return fact_at(f, table, i, column);
    }
    fail_msg("no row %g in %s", key, table);
    return value_unknown(TYPE_COUNT, "");
}

static inline double row_number(struct facts *f, const char *table, double key, const char *column)
{
    struct value v = row_cell(f, table, key, column);
    if (!v.known)
        fail_msg("%s.%s is unknown: %s", table, column, v.why);
    return v.number;
}

static inline const char *row_text(struct facts *f, const char *table, double key, const char *column)
{
    struct value v = row_cell(f, table, key, column);
    return v.known ? v.text : "(unknown)";
}

#endif
