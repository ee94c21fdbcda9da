/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charts as inline SVG, each with a text alternative (title and desc, and a table where the numbers matter). */
#ifndef FW_REPORT_CHARTS_H
#define FW_REPORT_CHARTS_H

#include <libxml/tree.h>

#include "engine/case/case.h"

/* Appends the chart to `parent`; false if the case has no data for it or no chart has that name.
 * Names: "map" (all memory by block), "balance" (all memory by use), "orders" (free memory by order), "uss" (USS over time),
 * "swap" (swap traffic over the window), "pressure", "slab"; of the process that leads, and of those behind it with "-2",
 * "-3": "heap" (in use against held free), "histogram" (sizes in use against sizes free). */
bool chart_add(xmlNodePtr parent, const char *name, const struct case_file *c, bool for_text);

#endif
