/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a comparison share: compare.c (findings, checks, outcome), compare_figures.c, compare_remarks.c. */
#ifndef FW_REPORT_COMPARE_PARTS_H
#define FW_REPORT_COMPARE_PARTS_H

#include "report/compare.h"

/* Where the row that a finding of `from` is about stands in `in`. table NULL: no such table was measured there; row beyond
 * its end: the row is not in it. */
struct place {
    const struct table *table;
    size_t row;
};
struct place compare_place(const struct case_file *in, const struct case_file *from, const struct finding *f);

/* Whether evidence of that name is of the finding's row, and not of a single-row table. */
bool compare_is_of_row(const char *evidence);

void compare_figures(struct comparison *c); /* of each finding, of the machine, and settings */
void compare_remarks(struct comparison *c);

#endif
