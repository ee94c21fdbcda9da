/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What charts are drawn with. Colours come from classes of the stylesheet, so that they follow dark mode and print. */
#ifndef FW_REPORT_SVG_H
#define FW_REPORT_SVG_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "base/units.h"

enum { CHART_WIDTH = 440, SERIES_MAX = 6, SERIES_POINTS_MAX = 256 };

/* An image with its name and its description in words; `name` makes their ids and must be unique in the document. */
xmlNodePtr svg_begin(xmlNodePtr parent, const char *name, double width, double height, const char *title,
                     const char *description);
void svg_label(xmlNodePtr svg, double x, double y, const char *class, const char *anchor, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void svg_line(xmlNodePtr svg, const char *class, double x1, double y1, double x2, double y2);
xmlNodePtr svg_bar(xmlNodePtr svg, const char *class, double x, double y, double width, double height);

/* At most `room` characters (20 at most) of a name, the rest as an ellipsis. */
struct svg_name {
    char text[96];
} svg_shorten(const char *text, size_t room);
/* "1.4 GiB" is too wide for a bar: "1.4G". */
struct units_text svg_short_bytes(double bytes);

struct series {
    char label[64];
    double x[SERIES_POINTS_MAX], y[SERIES_POINTS_MAX];
    size_t count;
};
void series_add(struct series *s, double x, double y); /* beyond its room nothing is added */
double series_last(const struct series *s);            /* 0 if it is empty */
double series_max(const struct series *s);

/* Lines over time, each with a dash of its own, labelled at their right ends. */
void svg_lines(xmlNodePtr svg, struct series *const *series, size_t count, enum type type, double top, double height);

#endif
