/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report: one document, built once from a case, rendered as HTML or text; and the one-line formats. Each returns a
 * fresh string (caller frees) or NULL with a sentence. */
#ifndef FW_REPORT_REPORT_H
#define FW_REPORT_REPORT_H

#include "engine/case/case.h"

enum report_format { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON, FORMAT_NAGIOS, FORMAT_PROMETHEUS };
bool report_format_parse(const char *name, enum report_format *f); /* "text", "html", "json", "nagios", "prometheus" */
bool report_format_of_path(const char *path, enum report_format *f); /* by ending: .txt .html .htm .json .prom */
const char *report_format_suffix(enum report_format f);              /* "txt", "html", "json", "txt", "prom" */

struct report_style { /* of text on a terminal or in a file */
    unsigned width;   /* columns; 0: 80 */
    bool color;
    bool ascii;
};

char *report_render(const struct case_file *c, enum report_format f, const struct report_style *style, size_t *length,
                    struct err *e);

#endif
