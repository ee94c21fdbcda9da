/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series differ by dash and label, not by colour alone. */
#include "report/svg.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/tree.h"

enum { LEFT = 58, CHAR = 7, LABEL_LINE = 13 };

xmlNodePtr svg_begin(xmlNodePtr parent, const char *name, double width, double height, const char *title,
                     const char *description)
{
    xmlNodePtr svg = tree_element(parent, "svg", "chart");
    tree_set(svg, "viewBox", "0 0 %.0f %.0f", width, height);
    tree_set(svg, "role", "img");
    tree_set(svg, "aria-labelledby", "chart-%s-title chart-%s-desc", name, name);
    tree_set(tree_leaf(svg, "title", NULL, title), "id", "chart-%s-title", name);
    tree_set(tree_leaf(svg, "desc", NULL, description), "id", "chart-%s-desc", name);
    return svg;
}

void svg_label(xmlNodePtr svg, double x, double y, const char *class, const char *anchor, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    AUTO_FREE char *text = mem_vprintf(format, args);
    va_end(args);
    xmlNodePtr t = tree_leaf(svg, "text", class, text);
    tree_set(t, "x", "%.4g", x);
    tree_set(t, "y", "%.4g", y);
    if (anchor)
        tree_set(t, "text-anchor", "%s", anchor);
}

void svg_line(xmlNodePtr svg, const char *class, double x1, double y1, double x2, double y2)
{
    xmlNodePtr line = tree_element(svg, "line", class);
    tree_set(line, "x1", "%.4g", x1);
    tree_set(line, "y1", "%.4g", y1);
    tree_set(line, "x2", "%.4g", x2);
    tree_set(line, "y2", "%.4g", y2);
}

xmlNodePtr svg_bar(xmlNodePtr svg, const char *class, double x, double y, double width, double height)
{
    xmlNodePtr bar = tree_element(svg, "rect", class);
    tree_set(bar, "x", "%.4g", x);
    tree_set(bar, "y", "%.4g", y);
    tree_set(bar, "width", "%.4g", width);
    tree_set(bar, "height", "%.4g", height);
    return bar;
}

struct svg_name svg_shorten(const char *text, size_t room)
{
    struct svg_name name;
    snprintf(name.text, sizeof name.text, "%s", text);
    size_t seen = 0;
    for (char *p = name.text; *p && (size_t)(p - name.text) + sizeof "…" <= sizeof name.text; p++)
        if (((unsigned char)*p & 0xC0) != 0x80 && ++seen == room && p[1]) {
            memcpy(p, "…", sizeof "…");
            break;
        }
    return name;
}

/* A step between marks that people can count in: 1, 2, 5 × 10ⁿ, or powers of two for bytes. */
static double nice_step(double span, enum type type, unsigned marks)
{
    double raw = span / marks;
    if (raw <= 0)
        return 1;
    if (type == TYPE_BYTES || type == TYPE_BYTE_RATE) {
        double unit = raw < 1 ? 1 : pow(1024, floor(log2(raw) / 10));
        double m = raw / unit;
        static const double steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 256, 512, 1024};
        for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
            if (m <= steps[i])
                return steps[i] * unit;
        return 1024 * unit;
    }
    double unit = pow(10, floor(log10(raw)));
    double m = raw / unit;
    return unit * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

struct units_text svg_short_bytes(double bytes)
{
    struct units_text out = units_text(bytes, TYPE_BYTES);
    char *space = strchr(out.text, ' ');
    if (!space)
        return out;
    *space = space[1] == 'B' ? '\0' : space[1];
    if (*space)
        space[1] = '\0';
    return out;
}

double series_last(const struct series *s)
{
    return s->count ? s->y[s->count - 1] : 0;
}

double series_max(const struct series *s)
{
    double max = 0;
    for (size_t i = 0; i < s->count; i++)
        max = fmax(max, s->y[i]);
    return max;
}

void series_add(struct series *s, double x, double y)
{
    static const double beyond_any_machine = 1e20; /* a case can come from anywhere: differences must stay finite */
    if (s->count == SERIES_POINTS_MAX || fabs(x) > beyond_any_machine || fabs(y) > beyond_any_machine)
        return;
    s->x[s->count] = x;
    s->y[s->count++] = y;
}

/* The ground that lines are drawn on: values from low to high between bottom and top, time from left to right. */
struct ground {
    double low, high, last, right, top, bottom;
};

static double ground_x(const struct ground *g, double time)
{
    return LEFT + time / g->last * (g->right - LEFT);
}

static double ground_y(const struct ground *g, double value)
{
    return g->bottom - (value - g->low) / (g->high - g->low) * (g->bottom - g->top);
}

static double ground_fit(struct ground *g, struct series *const *series, size_t count, enum type type)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < series[i]->count; k++) {
            g->low = fmin(g->low, series[i]->y[k]);
            g->high = fmax(g->high, series[i]->y[k]);
            g->last = fmax(g->last, series[i]->x[k]);
        }
        size_t width = text_width(series[i]->label);
        longest = width > longest ? width : longest;
    }
    if (g->high <= g->low)
        g->high = g->low + 1;
    if (g->last <= 0)
        g->last = 1;
    double step = nice_step(g->high - g->low, type, 4);
    g->low = floor(g->low / step + 1e-9) * step;
    g->high = ceil(g->high / step - 1e-9) * step;
    g->right = CHART_WIDTH - fmin((double)longest * CHAR + 10, CHART_WIDTH * 0.4);
    return step;
}

static void add_marks(xmlNodePtr svg, const struct ground *g, double step, enum type type)
{
    for (double v = g->low; v <= g->high + step / 2; v += step) {
        bool zero = fabs(v) < step / 1000;
        double y = ground_y(g, v);
        svg_line(svg, zero ? "axis" : "grid", LEFT, y, g->right, y);
        if (zero)
            v = 0;
        svg_label(svg, LEFT - 6, y + 4, NULL, "end", "%s", units_text(v, type).text);
    }
    double tick = nice_step(g->last, TYPE_COUNT, 3);
    for (double v = 0; v <= g->last * 1.001; v += tick)
        svg_label(svg, ground_x(g, v), g->bottom + 16, NULL, v > 0 ? "middle" : "start", "%s",
                  units_text(v, TYPE_SECONDS).text);
}

/* Where the labels of lines stand: in the order in which the lines end, a line of text apart, above the bottom. */
static void place_labels(const struct ground *g, struct series *const *series, size_t count, double *at)
{
    size_t order[SERIES_MAX];
    for (size_t i = 0; i < count; i++) {
        at[i] = ground_y(g, series_last(series[i])) + 4;
        size_t k = i;
        for (; k > 0 && at[order[k - 1]] > at[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    for (size_t i = 1; i < count; i++)
        at[order[i]] = fmax(at[order[i]], at[order[i - 1]] + LABEL_LINE);
    double limit = g->bottom + 4;
    for (size_t i = count; i-- > 0; limit = at[order[i]] - LABEL_LINE)
        at[order[i]] = fmin(at[order[i]], limit);
}

void svg_lines(xmlNodePtr svg, struct series *const *series, size_t count, enum type type, double top, double height)
{
    struct ground g = {.top = top, .bottom = top + height};
    double step = ground_fit(&g, series, count, type), at[SERIES_MAX];
    add_marks(svg, &g, step, type);
    place_labels(&g, series, count, at);
    for (size_t i = 0; i < count; i++) {
        AUTO_STR struct str path = {0};
        for (size_t k = 0; k < series[i]->count; k++)
            str_printf(&path, "%s%.1f %.1f", k ? "L" : "M", ground_x(&g, series[i]->x[k]),
                       ground_y(&g, series[i]->y[k]));
        char class[32];
        snprintf(class, sizeof class, "line s%zu", i + 1);
        tree_set(tree_element(svg, "path", class), "d", "%s", str_text(&path));
        snprintf(class, sizeof class, "label t%zu", i + 1);
        svg_label(svg, g.right + 6, at[i], class, NULL, "%s", series[i]->label);
    }
}
