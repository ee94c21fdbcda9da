/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All memory as one bar whose parts add up to the total, what no counter names among them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/chart.h"
#include "report/lookup.h"
#include "report/svg.h"
#include "report/tree.h"

/* Parts beyond these, and those too small to be seen, are one: "everything else". What is not named stays apart, however
 * small: it is the check of the sum. */
enum { PARTS_MAX = 9, HEIGHT = 26, TOP = 38, NUMBER_WIDTH = 13 };
static const double small_share = 0.005;
#define UNNAMED "not named by the kernel"

struct part {
    const char *item;
    double bytes;
};

static int by_bytes(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    return x->bytes != y->bytes ? (x->bytes < y->bytes) - (x->bytes > y->bytes) : strcmp(x->item, y->item);
}

struct balance {
    struct part parts[PARTS_MAX + 2];
    size_t count;
    double sum, total;
};

static bool read_balance(struct balance *b, const struct case_file *c)
{
    const struct table *t = lookup_table(c, "memory", "balance");
    if (!lookup_figure(c, "memory", "total", &b->total) || b->total <= 0)
        return false;
    AUTO_FREE struct part *all = mem_array(t ? t->rows + 1 : 1, sizeof *all);
    struct part rest = {"everything else", 0}, unnamed = {UNNAMED, 0};
    size_t count = 0;
    for (size_t row = 0; t && row < t->rows; row++) {
        struct part p = {.item = lookup_text(t, row, "item")};
        if (!lookup_number(t, row, "bytes", &p.bytes))
            continue;
        b->sum += p.bytes;
        if (strcmp(p.item, UNNAMED) == 0)
            unnamed.bytes += p.bytes;
        else if (p.bytes > 0)
            all[count++] = p;
    }
    qsort(all, count, sizeof *all, by_bytes);
    for (size_t i = 0; i < count; i++)
        if (b->count < PARTS_MAX && all[i].bytes >= b->total * small_share)
            b->parts[b->count++] = all[i];
        else
            rest.bytes += all[i].bytes;
    if (rest.bytes > 0)
        b->parts[b->count++] = rest;
    b->parts[b->count++] = unnamed;
    return count > 0;
}

/* What is free is empty, what is not named stands out; the rest differs from its neighbours. */
static void part_class(char *out, size_t size, const struct balance *b, size_t i)
{
    const char *item = b->parts[i].item;
    if (strcmp(item, UNNAMED) == 0 || strncmp(item, "free", 4) == 0)
        snprintf(out, size, "part %s", *item == 'f' ? "free" : "unnamed");
    else
        snprintf(out, size, "part p%zu", i + 1);
}

static void add_legend(xmlNodePtr parent, const struct balance *b)
{
    xmlNodePtr list = tree_element(parent, "ol", "parts");
    for (size_t i = 0; i < b->count; i++) {
        char text[160], class[32];
        snprintf(text, sizeof text, " %s, %s", units_text(b->parts[i].bytes, TYPE_BYTES).text,
                 units_text(b->parts[i].bytes / b->total, TYPE_RATIO).text);
        part_class(class, sizeof class, b, i);
        xmlNodePtr item = tree_element(list, "li", NULL), key = tree_element(item, "svg", "key");
        tree_set(key, "viewBox", "0 0 3 1");
        tree_set(key, "aria-hidden", "true");
        svg_bar(key, class, 0, 0, 3, 1);
        tree_leaf(item, "span", NULL, b->parts[i].item);
        tree_leaf(item, "span", "dim", text);
    }
}

bool chart_balance(xmlNodePtr parent, const struct chart_order *o)
{
    struct balance b = {0};
    if (!read_balance(&b, o->c))
        return false;
    char class[32];
    AUTO_STR struct str words = {0};
    /* a rounding of the page counts, no more */
    bool closes = fabs(b.sum - b.total) <= b.total / 1000;
    str_printf(&words, closes ? "The parts add up to MemTotal, %s:" : "Parts of MemTotal, %s:",
               units_text(b.total, TYPE_BYTES).text);
    for (size_t i = 0; i < b.count; i++)
        str_printf(&words, "%s %s %s", i ? "," : "", b.parts[i].item,
                   units_text(b.parts[i].bytes / b.total, TYPE_RATIO).text);
    str_add(&words, ".");
    xmlNodePtr svg =
        svg_begin(parent, "balance", CHART_WIDTH, TOP + HEIGHT + 2, "What memory is spent on", str_text(&words));
    svg_label(svg, 2, 14, "strong", NULL, "What memory is spent on");
    double at = 0, whole = 0;
    for (size_t i = 0; i < b.count; i++)
        whole += fmax(b.parts[i].bytes, 0);
    for (size_t i = 0; i < b.count; i++) {
        double width = fmax(b.parts[i].bytes, 0) / whole * CHART_WIDTH;
        part_class(class, sizeof class, &b, i);
        svg_bar(svg, class, at, TOP, width, HEIGHT);
        if (width >= NUMBER_WIDTH)
            svg_label(svg, at + width / 2, TOP - 4, "small", "middle", "%zu", i + 1);
        at += width;
    }
    svg_bar(svg, "frame", 0, TOP, CHART_WIDTH, HEIGHT);
    add_legend(parent, &b);
    return true;
}
