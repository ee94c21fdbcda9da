/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A comparison for people and for programs. */
#ifndef FW_REPORT_COMPARE_DOCUMENT_H
#define FW_REPORT_COMPARE_DOCUMENT_H

#include "facts/probe.h"
#include "report/compare.h"
#include "report/report.h"

/* What templates/diff.html can name. */
extern const struct probe compare_tables;

/* FORMAT_TEXT, FORMAT_HTML or FORMAT_JSON; as report_render(). */
char *compare_render(const struct comparison *c, enum report_format f, const struct report_style *style, size_t *length,
                     struct err *e);

/* Format fragwizard-diff/1, schema/diff.json. Caller frees. */
char *compare_to_json(const struct comparison *c, size_t *length);

#endif
