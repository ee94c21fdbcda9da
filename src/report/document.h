/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The document: a tree (libxml2) made from templates/report.html and a case. The template's own attributes direct it:
 *   fw-for="finding" fw-where="severity = 'critical'" fw-limit="3"   repeat the element for each row of a table of the case
 *   fw-if="any(unchecked)"                                           keep the element only if true
 *   fw-class="{severity}"                                            append to its class
 *   fw-chart="orders"                                                put a chart (SVG) here; the element goes if there is no data
 *   fw-shows                                                         put the tables of the step at hand here
 *   fw-text="no" or "only"                                           keep it out of the text report, or out of the HTML
 * and text and attribute values are messages ({say}, {case.headline}) of the expression language. The tables offered:
 * case, finding, evidence, advice, recommendation, verdict, sentence, verdict_owner, experiment, check, unchecked, cost, answer,
 * note, step (their columns are declared in case_tables.c), then every table of the probes. The stylesheet goes into an empty <style>. */
#ifndef FW_REPORT_DOCUMENT_H
#define FW_REPORT_DOCUMENT_H

#include <libxml/tree.h>

#include "engine/case/case.h"

/* For the text report or for HTML; what is kept out of that one is not built at all. NULL with a sentence (a template of the
 * user's can be wrong: file:line). xmlFreeDoc frees it. */
xmlDocPtr document_build(const struct case_file *c, bool for_text, struct err *e);
/* The same of any template ("templates/NAME.html") and the tables that it names; NULL for a case: no probe's tables, charts
 * or steps beside them. */
xmlDocPtr document_make(const char *html_name, const struct facts *tables, const struct case_file *c, bool for_text,
                        struct err *e);

#endif
