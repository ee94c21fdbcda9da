/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that a template names, filled by column name; and the columns that follow from a record's fields. */
#ifndef FW_REPORT_ROWS_H
#define FW_REPORT_ROWS_H

#include <stdbool.h>

#include "facts/facts.h"
#include "facts/record.h"
#include "report/words.h"

/* The columns of a record, in an array of columns: FINDING_FIELDS(RECORD_COLUMN, ). Words, times and values are text, as people
 * read them; of a list there is how many. */
#define RECORD_COLUMN(R, KIND, member, detail, NEED, NAME, HELP) RECORD_COLUMN_##KIND(NAME, HELP, detail)
#define RECORD_COLUMN_NAME(NAME, HELP, d) {NAME, TYPE_TEXT, HELP},
#define RECORD_COLUMN_TEXT(NAME, HELP, d) {NAME, TYPE_TEXT, HELP},
#define RECORD_COLUMN_CHOICE(NAME, HELP, d) {NAME, TYPE_TEXT, HELP},
#define RECORD_COLUMN_WORD(NAME, HELP, d) {NAME, TYPE_TEXT, HELP, .values = d##_names},
#define RECORD_COLUMN_BOOL(NAME, HELP, d) {NAME, TYPE_BOOL, HELP},
#define RECORD_COLUMN_COUNT(NAME, HELP, d) {NAME, TYPE_COUNT, HELP},
#define RECORD_COLUMN_NUMBER(NAME, HELP, d) {NAME, TYPE_##d, HELP},
#define RECORD_COLUMN_TIME(NAME, HELP, d) {NAME, TYPE_TEXT, HELP},
#define RECORD_COLUMN_VALUE(NAME, HELP, d) {NAME, TYPE_TEXT, HELP},
#define RECORD_COLUMN_MEASURED(NAME, HELP, d) {NAME, TYPE_TEXT, HELP},
#define RECORD_COLUMN_NAMES(NAME, HELP, d) {NAME "_count", TYPE_COUNT, "how many: " HELP},
#define RECORD_COLUMN_TEXTS(NAME, HELP, d) {NAME "_count", TYPE_COUNT, "how many: " HELP},
#define RECORD_COLUMN_COUNTS(NAME, HELP, d) {NAME "_count", TYPE_COUNT, "how many: " HELP},
#define RECORD_COLUMN_RECORDS(NAME, HELP, d) {NAME "_count", TYPE_COUNT, "how many: " HELP},

/* Columns declared with what fills them: #define RUN_COLUMNS(X) X(TEXT, "host", "host name", c->host) … The array of columns is
 * {RUN_COLUMNS(ROW_COLUMN)}; RUN_COLUMNS(ROW_PUT) fills the `struct row r` of a function that has the names used. Other
 * members of the column may follow the value. */
#define ROW_COLUMN(TYPE, NAME, HELP, value, ...) {NAME, TYPE_##TYPE, HELP, __VA_ARGS__},
#define ROW_PUT(TYPE, NAME, HELP, value, ...) ROW_PUT_##TYPE(NAME, value)
#define ROW_PUT_TEXT(NAME, value) put_text(&r, NAME, value);
#define ROW_PUT_BOOL(NAME, value) put_bool(&r, NAME, value);
#define ROW_PUT_COUNT(NAME, value) put_number(&r, NAME, (double)(value));
#define ROW_PUT_RATIO(NAME, value) put_number(&r, NAME, value);
#define ROW_PUT_SECONDS(NAME, value) put_number(&r, NAME, value);

struct wall_text {
    char text[32];
} wall_text(double wall); /* "2026-11-21 01:22 UTC" */

struct row {
    struct table *table;
    size_t row;
};

struct row row_new(struct facts *f, unsigned table);
/* A column that the table does not have is a mistake of the program. */
void put_text(const struct row *r, const char *column, const char *text); /* keeps lines; NULL or empty: unknown */
void put_number(const struct row *r, const char *column, double number);
void put_bool(const struct row *r, const char *column, bool truth);
void put_value(const struct row *r, const char *column, const struct value *v, bool raw); /* as people read it */
/* "unusable_order9" reads as "unusable order9", "memory.free" as "memory free". */
void put_name(const struct row *r, const char *column, const char *name);
/* Those of the columns `sign`, `word` and `class` that the table has. */
void put_look(const struct row *r, const struct look *look);
/* The columns of the record that the table has; what is put there after it replaces it. */
void put_record(const struct row *r, const struct record *record, const void *object);

#endif
