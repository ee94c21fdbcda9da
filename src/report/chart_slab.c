/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The largest slab caches, each as what is in use and what is held but unused. */
#include <math.h>

#include "report/chart.h"
#include "report/lookup.h"
#include "report/svg.h"

enum { CACHES_MAX = 8, ROW = 21, NAME = 132 };

bool chart_slab(xmlNodePtr parent, const struct chart_order *o)
{
    const struct table *t = lookup_table(o->c, "slab", "cache");
    if (!t || !t->rows)
        return false;
    AUTO_FREE size_t *rows = mem_array(t->rows, sizeof *rows);
    for (size_t i = 0; i < t->rows; i++)
        rows[i] = i;
    int column = table_decl_column(t->decl, "size");
    if (column < 0)
        return false;
    table_order(t, (unsigned)column, true, rows, t->rows);
    size_t count = 0;
    double size[CACHES_MAX], waste[CACHES_MAX];
    for (size_t i = 0; i < t->rows && count < CACHES_MAX; i++) {
        if (!lookup_number(t, rows[i], "size", &size[count]) || size[count] <= 0)
            continue;
        waste[count] = 0;
        lookup_number(t, rows[i], "waste", &waste[count]);
        waste[count] = fmin(fmax(waste[count], 0), size[count]);
        rows[count++] = rows[i];
    }
    if (!count)
        return false;
    AUTO_STR struct str words = {0};
    str_add(&words, "Size and the part of it not in use:");
    for (size_t i = 0; i < count; i++)
        str_printf(&words, "%s %s %s, %s unused", i ? ";" : "", lookup_text(t, rows[i], "name"),
                   units_text(size[i], TYPE_BYTES).text, units_text(waste[i], TYPE_BYTES).text);
    str_add(&words, ".");
    xmlNodePtr svg =
        svg_begin(parent, "slab", CHART_WIDTH, (double)count * ROW + 28, "Largest slab caches", str_text(&words));
    svg_label(svg, 2, 14, "strong", NULL, "Largest slab caches: in use, and held but unused");
    double room = CHART_WIDTH - NAME - 150;
    for (size_t i = 0; i < count; i++) {
        double y = 26 + (double)i * ROW, used = (size[i] - waste[i]) / size[0] * room, idle = waste[i] / size[0] * room;
        svg_label(svg, NAME - 6, y + 12, NULL, "end", "%s", svg_shorten(lookup_text(t, rows[i], "name"), 20).text);
        svg_bar(svg, "bar", NAME, y, used, ROW - 6);
        if (idle > 0.2)
            svg_bar(svg, "bar idle", NAME + used, y, idle, ROW - 6);
        svg_label(svg, NAME + used + idle + 6, y + 12, NULL, NULL, "%s, %s unused",
                  units_text(size[i], TYPE_BYTES).text, units_text(waste[i], TYPE_BYTES).text);
    }
    return true;
}
