/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What windowed probes saw, as lines over time. */
#include <math.h>
#include <stdio.h>

#include "report/chart.h"
#include "report/lookup.h"
#include "report/svg.h"

enum { HEIGHT = 210, TOP = 30, LINES = 150, GROWING_MAX = 64 };

static xmlNodePtr begin(xmlNodePtr parent, const char *name, const char *title, const char *heading, const char *words)
{
    xmlNodePtr svg = svg_begin(parent, name, CHART_WIDTH, HEIGHT, title, words);
    svg_label(svg, 2, 14, "strong", NULL, "%s", heading);
    return svg;
}

/* A process and the change of its private memory. */
struct growing {
    double pid;
    struct series *change;
};

/* The caller frees each `change`. */
static size_t read_growing(const struct table *t, struct growing *g)
{
    size_t count = 0;
    for (size_t row = 0; row < t->rows; row++) {
        double pid, time, uss, swapped = 0;
        if (!lookup_number(t, row, "pid", &pid) || !lookup_number(t, row, "time", &time) ||
            !lookup_number(t, row, "uss", &uss))
            continue;
        lookup_number(t, row, "swap_pss", &swapped);
        size_t i = 0;
        while (i < count && g[i].pid != pid)
            i++;
        if (i == GROWING_MAX)
            continue;
        if (i == count)
            g[count++] = (struct growing){pid, mem_alloc(sizeof *g[i].change)};
        series_add(g[i].change, time, uss + swapped);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = g[i].change->count; k-- > 0;)
            g[i].change->y[k] -= g[i].change->y[0];
    return count;
}

static int by_change(const void *a, const void *b)
{
    const struct growing *x = a, *y = b;
    double p = fabs(series_last(x->change)), q = fabs(series_last(y->change));
    return p != q ? (p < q) - (p > q) : (x->pid > y->pid) - (x->pid < y->pid);
}

/* Private memory of the fastest growing processes, as change since the window began. */
bool chart_uss(xmlNodePtr parent, const struct chart_order *o)
{
    const struct table *t = lookup_table(o->c, "growth", "growth_sample"),
                       *names = lookup_table(o->c, "growth", "growth");
    struct growing all[GROWING_MAX];
    size_t count = t ? read_growing(t, all) : 0, shown = 0;
    struct series *lines[SERIES_MAX];
    qsort(all, count, sizeof *all, by_change);
    AUTO_STR struct str words = {0};
    str_add(&words, "Change of USS + SwapPss since the window began.");
    for (size_t i = 0; i < count && shown < SERIES_MAX; i++) {
        struct series *s = all[i].change;
        double last = series_last(s);
        /* beside one that grows, those that hardly move are only clutter */
        if (last == 0 || fabs(last) < fabs(series_last(all[0].change)) / 50)
            break;
        const char *command = lookup_command(names, all[i].pid, "pid");
        snprintf(s->label, sizeof s->label, "%.44s %.0f", svg_shorten(command, 14).text, all[i].pid);
        str_printf(&words, "%s %s %.0f %s%s", shown ? "," : "", command, all[i].pid, last > 0 ? "+" : "",
                   units_text(last, TYPE_BYTES).text);
        lines[shown++] = s;
    }
    if (shown) {
        str_add(&words, ".");
        xmlNodePtr svg = begin(parent, "uss", "Private memory of processes over the window",
                               "Private memory (USS + SwapPss), change", str_text(&words));
        svg_lines(svg, lines, shown, TYPE_BYTES, TOP, LINES);
    }
    for (size_t i = 0; i < count; i++)
        free(all[i].change);
    return shown > 0;
}

struct wanted {
    const char *column, *label;
};

/* Columns of one table of samples over its time. */
static bool add_samples(xmlNodePtr parent, const char *name, const char *heading, const struct table *t,
                        const struct wanted *wanted, size_t wanted_count, enum type type)
{
    if (!t || t->rows < 2)
        return false;
    struct series *list[SERIES_MAX];
    size_t count = 0;
    double most = 0;
    AUTO_STR struct str words = {0};
    str_add(&words, "Highest over the window:");
    for (size_t i = 0; i < wanted_count; i++) {
        struct series *s = mem_alloc(sizeof *s);
        double time, value;
        for (size_t row = 0; row < t->rows; row++)
            if (lookup_number(t, row, "time", &time) && lookup_number(t, row, wanted[i].column, &value))
                series_add(s, time, value);
        if (s->count < 2) {
            free(s);
            continue;
        }
        snprintf(s->label, sizeof s->label, "%s", wanted[i].label);
        str_printf(&words, "%s %s %s", count ? "," : "", s->label, units_text(series_max(s), type).text);
        most = fmax(most, series_max(s));
        list[count++] = s;
    }
    bool worth = count && most > 0; /* a flat line at nought says nothing that the table does not */
    if (worth) {
        str_add(&words, ".");
        xmlNodePtr svg = begin(parent, name, heading, heading, str_text(&words));
        svg_lines(svg, list, count, type, TOP, LINES);
    }
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    return worth;
}

bool chart_swap(xmlNodePtr parent, const struct chart_order *o)
{
    static const struct wanted wanted[] = {{"swap_in", "in"}, {"swap_out", "out"}};
    return add_samples(parent, "swap", "Swap traffic over the window", lookup_table(o->c, "vmstat", "vmstat_sample"),
                       wanted, 2, TYPE_BYTE_RATE);
}

bool chart_pressure(xmlNodePtr parent, const struct chart_order *o)
{
    static const struct wanted wanted[] = {
        {"memory_some", "memory, some"}, {"memory_full", "memory, full"}, {"io_some", "I/O, some"}};
    return add_samples(parent, "pressure", "Time lost to waiting (pressure)",
                       lookup_table(o->c, "pressure", "pressure_sample"), wanted, 3, TYPE_RATIO);
}
