/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/charts.h"

#include <string.h>

#include "report/chart.h"

/* "heap-2" is the second of "heap" */
static unsigned rank_of(const char *name, size_t *length)
{
    size_t n = strlen(name);
    bool ranked = n > 2 && name[n - 2] == '-' && name[n - 1] >= '1' && name[n - 1] <= '9';
    *length = ranked ? n - 2 : n;
    return ranked ? (unsigned)(name[n - 1] - '1') : 0;
}

bool chart_add(xmlNodePtr parent, const char *name, const struct case_file *c, bool for_text)
{
    static const struct {
        const char *name;
        chart_builder *build;
    } charts[] = {
        {"map", chart_map},   {"balance", chart_balance},   {"orders", chart_orders},
        {"slab", chart_slab}, {"uss", chart_uss},           {"swap", chart_swap},
        {"heap", chart_heap}, {"pressure", chart_pressure}, {"histogram", chart_histogram},
    };
    size_t length;
    struct chart_order order = {.c = c, .rank = rank_of(name, &length), .for_text = for_text};
    for (size_t i = 0; i < ARRAY_SIZE(charts); i++)
        if (strlen(charts[i].name) == length && strncmp(charts[i].name, name, length) == 0)
            return charts[i].build(parent, &order);
    return false;
}
