/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells of a case by name. A table or column that this case does not have is no error: what needs it is left out. */
#ifndef FW_REPORT_LOOKUP_H
#define FW_REPORT_LOOKUP_H

#include "engine/case/case.h"

/* NULL if that probe has not run or has no such table. */
const struct table *lookup_table(const struct case_file *c, const char *probe, const char *table);
/* False if it is unknown or no number. `t` may be NULL, the row beyond its end. */
bool lookup_number(const struct table *t, size_t row, const char *column, double *out);
bool lookup_is(const struct table *t, size_t row, const char *column, double number);
/* Of the only row of the table that is named as its probe. */
bool lookup_figure(const struct case_file *c, const char *probe, const char *column, double *out);
const char *lookup_text(const struct table *t, size_t row, const char *column); /* "?" if unknown */
bool lookup_true(const struct table *t, size_t row, const char *column);        /* known and true */

/* What the process is called in a table that has both its pid and its command. */
const char *lookup_command(const struct table *t, double pid, const char *otherwise);

/* Whether its name and its dimension are what a monitoring system takes: a case can come from anybody. */
bool lookup_is_metric(const struct figure *f);

struct tally {                              /* how many a case has */
    size_t severity[SEVERITY_CRITICAL + 1]; /* findings */
    size_t result[CHECK_NOT_RUN + 1];       /* checks */
};
struct tally lookup_tally(const struct case_file *c);

#endif
