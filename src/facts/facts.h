/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts: what a probe found, as named tables. Each column is declared once, in C, with its type (unit) and a line of help;
 * the declarations are the catalogue against which playbooks are checked. A cell is known or unknown with a reason. */
#ifndef FW_FACTS_FACTS_H
#define FW_FACTS_FACTS_H

#include <stdint.h>

#include "base/mem.h"
#include "base/root.h"
#include "base/units.h"
#include "facts/value.h"

/* What a column is to the rows of its table. */
enum role {
    ROLE_NONE,
    ROLE_KEY,  /* identifies a row, together with the other keys, in the order of the columns */
    ROLE_RANK, /* the number by which the largest rows are kept */
};

struct column {
    const char *name;
    enum type type;
    const char *help;
    const char *const *values; /* of a text that is always one of these, NULL-terminated; NULL: any text */
    enum role role;
};

struct table_decl {
    const char *name;
    const char *help;
    const struct column *columns; /* COLUMNS(array) gives both */
    unsigned column_count;
    bool single;   /* exactly one row (or none): its columns can be named probe.column */
    unsigned keep; /* rows that a case keeps, the first ones if no column ranks them; 0: all */
};

#define COLUMNS(array) .columns = (array), .column_count = ARRAY_SIZE(array)

/* -1 if there is none. */
int table_decl_column(const struct table_decl *d, const char *name);
/* The first column of that role that is not before `from`; -1 if there is none. */
int table_decl_role(const struct table_decl *d, enum role role, unsigned from);
/* The column's help, and the values that it can have. */
void column_help(const struct column *c, struct str *out);

union cell {
    double number;
    const char *text;
};

struct table {
    const struct table_decl *decl;
    struct facts *facts; /* owner */
    union cell *cells;   /* row by row */
    uint8_t *unknown;    /* 0: known; else 1 + index of the reason */
    size_t rows, capacity;
    size_t omitted; /* rows that the case did not keep */
};

#define FACTS_REASONS_MAX 64

struct probe;
struct facts {
    const struct probe *probe;
    enum status status;
    const char *reason;   /* why not ok; NULL if ok */
    double cost_s;        /* time spent reading and computing */
    double coverage;      /* share (0–1) of what it set out to read; negative: does not apply */
    struct table *tables; /* in the order of the probe's declarations */
    const char *reasons[FACTS_REASONS_MAX];
    unsigned reason_count;
    struct arena arena; /* all strings */
};

struct facts *facts_new(const struct probe *p);
void facts_free(struct facts *f);
struct table *facts_table(struct facts *f, const char *name); /* NULL if not declared */
/* The table that is so declared, of some of these facts; NULL: none. */
const struct table *facts_find(struct facts *const *list, size_t count, const struct table_decl *decl);
/* Sets status and reason (copied; cleaned). A worse status replaces a better; the first reason stays. */
void facts_fail(struct facts *f, enum status status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A clean copy of machine text, shared among equal strings of these facts. */
const char *facts_intern(struct facts *f, const char *raw, size_t length);

/* A new row, every cell unknown ("not read"). Returns its index. */
size_t table_add(struct table *t);
void cell_number(struct table *t, size_t row, unsigned column, double number); /* NaN and infinities become unknown */
void cell_bool(struct table *t, size_t row, unsigned column, bool truth);
/* Cleaned and copied; NULL, and a text that is none of the column's values: unknown. */
void cell_text(struct table *t, size_t row, unsigned column, const char *raw);
void cell_text_n(struct table *t, size_t row, unsigned column, const char *raw, size_t length);
void cell_unknown(struct table *t, size_t row, unsigned column, const char *why); /* copied */
/* Every cell of the row that is still "not read" gets this reason. */
void row_unknown(struct table *t, size_t row, const char *why);
struct value cell_get(const struct table *t, size_t row, unsigned column);
struct value cell_named(const struct table *t, size_t row, const char *column); /* no such column or row: unknown */
/* Row order by a column, largest first if `descending`; unknown last. Stable. */
void table_sort(struct table *t, unsigned column, bool descending);
/* The same for a list of row indexes, leaving the table as it is. */
void table_order(const struct table *t, unsigned column, bool descending, size_t *order, size_t count);
/* Keeps what a case keeps (decl->keep). */
void facts_trim(struct facts *f);

#endif
