/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap of one process: does what is in use grow (a leak), or what is free but held (fragmentation)? And which sizes
 * are free against which are in use? */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/chart.h"
#include "report/lookup.h"
#include "report/svg.h"
#include "report/tree.h"

enum { LEADERS_MAX = 9, CLASSES_MAX = 40, BARS = 96 };

static bool has_rows(const struct table *t, double pid)
{
    size_t rows = 0;
    for (size_t i = 0; t && i < t->rows && rows < 2; i++)
        rows += lookup_is(t, i, "pid", pid);
    return rows >= 2;
}

/* "pid=1200 arena=0": 1200 */
static bool pid_of_row(const char *row, double *pid)
{
    for (const char *p = row; p && (p = strstr(p, "pid=")); p++)
        if (p == row || p[-1] == ' ') {
            char *end;
            *pid = strtod(p + 4, &end);
            return end > p + 4;
        }
    return false;
}

struct leaders {
    double pid[LEADERS_MAX];
    unsigned count;
};

static void lead(struct leaders *l, const struct table *t, double pid)
{
    for (unsigned i = 0; i < l->count; i++)
        if (l->pid[i] == pid)
            return;
    if (l->count < LEADERS_MAX && has_rows(t, pid))
        l->pid[l->count++] = pid;
}

/* The process of that rank among those that have rows in `t`: those with findings, worst first, then the suspect. */
static bool find_leader(const struct chart_order *o, const struct table *t, double *pid)
{
    struct leaders l = {0};
    for (size_t i = 0; i < o->c->finding_count; i++)
        if (pid_of_row(o->c->findings[i].row, pid))
            lead(&l, t, *pid);
    if (lookup_number(lookup_table(o->c, "process", "target"), 0, "pid", pid))
        lead(&l, t, *pid);
    if (o->rank >= l.count)
        return false;
    *pid = l.pid[o->rank];
    return true;
}

/* The caller frees it. */
static char *name_of(const struct case_file *c, double pid)
{
    const char *command = lookup_command(lookup_table(c, "heap", "total"), pid, "process");
    return mem_printf("%s %.0f", svg_shorten(command, 20).text, pid);
}

/* "120 MiB at first, 180 MiB at last (+60 MiB)" */
static void describe_change(struct str *out, const char *what, double first, double last)
{
    str_printf(out, " %s: %s at first, %s at last (%s%s).", what, units_text(first, TYPE_BYTES).text,
               units_text(last, TYPE_BYTES).text, last > first ? "+" : "", units_text(last - first, TYPE_BYTES).text);
}

/* The picture to draw, with its words below it. For text there is none: NULL, and the words have a title. */
static xmlNodePtr begin(xmlNodePtr parent, const struct chart_order *o, const char *name, double height,
                        const char *title, const char *words)
{
    AUTO_FREE char *id = mem_printf("%s-%u", name, o->rank + 1);
    xmlNodePtr svg = o->for_text ? NULL : svg_begin(parent, id, CHART_WIDTH, height, title, words);
    xmlNodePtr p = tree_element(parent, "p", svg ? "gap" : NULL);
    if (!svg) {
        tree_leaf(p, "strong", NULL, title);
        tree_text(p, ". ");
    }
    tree_text(p, words);
    return svg;
}

bool chart_heap(xmlNodePtr parent, const struct chart_order *o)
{
    static const char *const columns[] = {"live", "held"}, *const labels[] = {"in use", "free, held"},
                             *const words_of[] = {"In use", "Free but held"};
    const struct table *t = lookup_table(o->c, "heap", "heap_sample");
    double pid, time, value;
    if (!find_leader(o, t, &pid))
        return false;
    AUTO_STR struct str words = {0};
    AUTO_FREE struct series *series = mem_array(2, sizeof *series);
    struct series *lines[2];
    size_t count = 0;
    double window = 0;
    for (size_t i = 0; i < 2; i++) {
        struct series *s = &series[count];
        for (size_t row = 0; row < t->rows; row++)
            if (lookup_is(t, row, "pid", pid) && lookup_number(t, row, "time", &time) &&
                lookup_number(t, row, columns[i], &value))
                series_add(s, time, value);
        if (s->count < 2)
            continue;
        double first = s->y[0];
        describe_change(&words, words_of[i], first, series_last(s));
        for (size_t k = 0; k < s->count; k++)
            s->y[k] -= first;
        window = fmax(window, s->x[s->count - 1]);
        snprintf(s->label, sizeof s->label, "%s", labels[i]);
        lines[count++] = s;
    }
    if (!count)
        return false;
    str_printf(&words, " Over %s.", units_text(window, TYPE_SECONDS).text);
    AUTO_FREE char *name = name_of(o->c, pid), *title = mem_printf("Heap of %s", name);
    xmlNodePtr svg = begin(parent, o, "heap", 210, title, str_text(&words) + 1);
    if (svg) {
        svg_label(svg, 2, 14, "strong", NULL, "%s: change", title);
        svg_lines(svg, lines, count, TYPE_BYTES, 30, 150);
    }
    return true;
}

/* Sizes */

struct class
{
    double from, to, used_count, used, free_count, free;
};

static int by_size(const void *a, const void *b)
{
    const struct class *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

static size_t read_classes(const struct table *t, double pid, struct class *list)
{
    size_t count = 0;
    for (size_t row = 0; row < t->rows && count < CLASSES_MAX; row++) {
        struct class k = {0};
        if (!lookup_is(t, row, "pid", pid) || !lookup_number(t, row, "from", &k.from))
            continue;
        lookup_number(t, row, "to", &k.to);
        lookup_number(t, row, "used_count", &k.used_count);
        lookup_number(t, row, "used", &k.used);
        lookup_number(t, row, "free_count", &k.free_count);
        lookup_number(t, row, "free", &k.free);
        k.used = fmax(k.used, 0);
        k.free = fmax(k.free, 0);
        if (k.used > 0 || k.free > 0)
            list[count++] = k;
    }
    qsort(list, count, sizeof *list, by_size);
    return count;
}

static void add_class_table(xmlNodePtr parent, const struct class *list, size_t count)
{
    static const char *const heads[] = {"size from", "chunks in use", "their memory", "chunks free", "their memory"};
    xmlNodePtr details = tree_element(parent, "details", NULL);
    tree_leaf(details, "summary", NULL, "The same in numbers");
    xmlNodePtr table = tree_table(details, NULL, "Sizes of chunks in use and free");
    xmlNodePtr head = tree_element(tree_element(table, "thead", NULL), "tr", NULL);
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
        tree_set(tree_leaf(head, "th", "n", heads[i]), "scope", "col");
    xmlNodePtr body = tree_element(table, "tbody", NULL);
    for (size_t i = 0; i < count; i++) {
        xmlNodePtr row = tree_element(body, "tr", NULL);
        tree_set(tree_leaf(row, "th", "n", units_text(list[i].from, TYPE_BYTES).text), "scope", "row");
        tree_leaf(row, "td", "n", units_text(list[i].used_count, TYPE_COUNT).text);
        tree_leaf(row, "td", "n", units_text(list[i].used, TYPE_BYTES).text);
        tree_leaf(row, "td", "n", units_text(list[i].free_count, TYPE_COUNT).text);
        tree_leaf(row, "td", "n", units_text(list[i].free, TYPE_BYTES).text);
    }
}

static void add_class_bars(xmlNodePtr svg, const struct class *list, size_t count)
{
    double top = 44, bottom = top + BARS, max = 0, slot = (double)(CHART_WIDTH - 4) / (double)count,
           wide = fmin(slot / 2 - 1, 14);
    for (size_t i = 0; i < count; i++)
        max = fmax(max, fmax(list[i].used, list[i].free));
    size_t apart = (size_t)ceil(26 / slot); /* a label for each class only where there is room */
    for (size_t i = 0; i < count; i++) {
        double middle = 2 + ((double)i + 0.5) * slot, used = list[i].used / max * BARS,
               idle = list[i].free / max * BARS;
        svg_bar(svg, "bar accent", middle - wide, bottom - used, wide, used);
        svg_bar(svg, "bar idle", middle, bottom - idle, wide, idle);
        if (i % apart == 0)
            svg_label(svg, middle, bottom + 13, "small", "middle", "%s", svg_short_bytes(list[i].from).text);
    }
    svg_line(svg, "axis", 2, bottom, CHART_WIDTH - 2, bottom);
    svg_bar(svg, "bar accent", 2, 24, 9, 9);
    svg_label(svg, 15, 32, NULL, NULL, "in use");
    svg_bar(svg, "bar idle", 62, 24, 9, 9);
    svg_label(svg, 75, 32, NULL, NULL, "free; memory by size of chunk");
}

bool chart_histogram(xmlNodePtr parent, const struct chart_order *o)
{
    const struct table *t = lookup_table(o->c, "heap", "size");
    struct class list[CLASSES_MAX];
    double pid;
    size_t count = find_leader(o, t, &pid) ? read_classes(t, pid, list) : 0;
    if (count < 2)
        return false;
    double used = 0, idle = 0;
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        used += list[i].used;
        idle += list[i].free;
        if (list[i].free > list[most].free)
            most = i;
    }
    AUTO_STR struct str words = {0};
    str_printf(&words, "Chunks in use hold %s, free chunks %s", units_text(used, TYPE_BYTES).text,
               units_text(idle, TYPE_BYTES).text);
    if (list[most].free > 0)
        str_printf(&words, "; most of what is free (%s) is in chunks from %s",
                   units_text(list[most].free, TYPE_BYTES).text, units_text(list[most].from, TYPE_BYTES).text);
    if (list[most].free > 0 && list[most].to > list[most].from)
        str_printf(&words, " to %s", units_text(list[most].to, TYPE_BYTES).text);
    str_add(&words, ".");
    AUTO_FREE char *name = name_of(o->c, pid), *title = mem_printf("Sizes in the heap of %s", name);
    xmlNodePtr svg = begin(parent, o, "histogram", 44 + BARS + 20, title, str_text(&words));
    if (svg) {
        svg_label(svg, 2, 14, "strong", NULL, "%s", title);
        add_class_bars(svg, list, count);
        add_class_table(parent, list, count);
    }
    return true;
}
