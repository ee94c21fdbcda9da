/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The renderings that report_render() chooses among. Each returns a fresh string; caller frees. */
#ifndef FW_REPORT_FORMATS_H
#define FW_REPORT_FORMATS_H

#include <libxml/tree.h>

#include "report/report.h"

/* The document laid out as text. */
char *text_render(xmlDocPtr doc, const struct report_style *style, size_t *length);
/* The line of a Monitoring Plugins check: under 80 characters, then performance data. */
char *nagios_render(const struct case_file *c, size_t *length);
/* Metrics for node_exporter's textfile collector. */
char *prometheus_render(const struct case_file *c, size_t *length);

#endif
