/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The charts themselves. Each appends itself to `parent`, or returns false if the case has no data for it. */
#ifndef FW_REPORT_CHART_H
#define FW_REPORT_CHART_H

#include <libxml/tree.h>

#include "engine/case/case.h"

struct chart_order {
    const struct case_file *c;
    unsigned rank; /* of processes: the leading one, the one behind it … from 0 */
    bool for_text; /* a text report shows no picture: words, tables and letters in its place */
};
typedef bool chart_builder(xmlNodePtr parent, const struct chart_order *o);

chart_builder chart_orders;    /* free memory by order */
chart_builder chart_slab;      /* largest slab caches */
chart_builder chart_uss;       /* private memory over the window */
chart_builder chart_swap;      /* swap traffic over the window */
chart_builder chart_pressure;  /* time lost to waiting */
chart_builder chart_balance;   /* all memory by use, one bar */
chart_builder chart_map;       /* every block of memory by what is in it */
chart_builder chart_heap;      /* one process: in use against held free over the window */
chart_builder chart_histogram; /* one process: sizes in use against sizes free */

#endif
