/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charts as inline SVG. Colours come from classes of the stylesheet, so that they follow dark mode and print; each
 * series is also told apart by its dash or by a label beside it, and each chart says in words what it shows. */
#include "report/charts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/tree.h"

enum {
    WIDTH = 440,
    LEFT = 58,
    SERIES_MAX = 6,
    POINTS_MAX = 256,
    ZONES_MAX = 4,
    CACHES_MAX = 8,
    ORDERS_MAX = 24,
    CHAR = 7
};

static const struct table *find_table(const struct case_file *c, const char *probe, const char *table)
{
    struct facts *f = case_facts(c, probe);
    return f ? facts_table(f, table) : NULL;
}

static bool number_at(const struct table *t, size_t row, const char *column, double *out)
{
    int index = table_decl_column(t->decl, column);
    if (index < 0)
        return false;
    struct value v = cell_get(t, row, (unsigned)index);
    if (!v.known || !type_is_number(v.type))
        return false;
    *out = v.number;
    return true;
}

static const char *text_at(const struct table *t, size_t row, const char *column)
{
    int index = table_decl_column(t->decl, column);
    struct value v = index >= 0 ? cell_get(t, row, (unsigned)index) : value_unknown(TYPE_TEXT, "");
    return v.known && v.type == TYPE_TEXT ? v.text : "?";
}

static bool true_at(const struct table *t, size_t row, const char *column)
{
    int index = table_decl_column(t->decl, column);
    struct value v = index >= 0 ? cell_get(t, row, (unsigned)index) : value_unknown(TYPE_BOOL, "");
    return v.known && v.type == TYPE_BOOL && v.truth;
}

static xmlNodePtr svg_begin(xmlNodePtr parent, const char *name, double height, const char *title,
                            const char *description)
{
    xmlNodePtr svg = tree_element(parent, "svg", "chart");
    tree_set(svg, "viewBox", "0 0 %d %.0f", WIDTH, height);
    tree_set(svg, "role", "img");
    tree_set(svg, "aria-labelledby", "chart-%s-title chart-%s-desc", name, name);
    tree_set(tree_leaf(svg, "title", NULL, title), "id", "chart-%s-title", name);
    tree_set(tree_leaf(svg, "desc", NULL, description), "id", "chart-%s-desc", name);
    return svg;
}

static void add_label(xmlNodePtr svg, double x, double y, const char *class, const char *anchor, const char *text)
{
    xmlNodePtr t = tree_leaf(svg, "text", class, text);
    tree_set(t, "x", "%.4g", x);
    tree_set(t, "y", "%.4g", y);
    if (anchor)
        tree_set(t, "text-anchor", "%s", anchor);
}

static void add_line(xmlNodePtr svg, const char *class, double x1, double y1, double x2, double y2)
{
    xmlNodePtr line = tree_element(svg, "line", class);
    tree_set(line, "x1", "%.4g", x1);
    tree_set(line, "y1", "%.4g", y1);
    tree_set(line, "x2", "%.4g", x2);
    tree_set(line, "y2", "%.4g", y2);
}

static void add_bar(xmlNodePtr svg, const char *class, double x, double y, double width, double height)
{
    xmlNodePtr bar = tree_element(svg, "rect", class);
    tree_set(bar, "x", "%.4g", x);
    tree_set(bar, "y", "%.4g", y);
    tree_set(bar, "width", "%.4g", width);
    tree_set(bar, "height", "%.4g", height);
}

/* At most `room` characters of a name, the rest as an ellipsis. */
static void shorten(char *out, size_t size, const char *text, size_t room)
{
    snprintf(out, size, "%s", text);
    size_t seen = 0;
    for (char *p = out; *p; p++) {
        if (((unsigned char)*p & 0xC0) == 0x80)
            continue;
        if (++seen == room && p[1] && (size_t)(p - out) + 4 <= size) {
            memcpy(p, "…", sizeof "…");
            return;
        }
    }
    /* snprintf may have cut within a character */
    for (char *p = out + strlen(out); p > out && ((unsigned char)p[-1] & 0x80); p--) {
        unsigned char c = (unsigned char)p[-1];
        if (c >= 0xC0) {
            size_t need = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
            if (strlen(p - 1) < need)
                p[-1] = '\0';
            break;
        }
    }
}

/* A step between gridlines that people can count in: 1, 2, 5 × 10ⁿ, or powers of two for bytes. */
static double nice_step(double span, enum type type, unsigned lines)
{
    double raw = span / lines;
    if (raw <= 0)
        return 1;
    if (type == TYPE_BYTES || type == TYPE_BYTE_RATE) {
        double unit = raw < 1 ? 1 : pow(1024, floor(log2(raw) / 10));
        double m = raw / unit;
        static const double steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 256, 512, 1024};
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            if (m <= steps[i])
                return steps[i] * unit;
        return 1024 * unit;
    }
    double unit = pow(10, floor(log10(raw)));
    double m = raw / unit;
    return unit * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

/* "1.4 GiB" is too wide for a bar: "1.4G". */
static void short_bytes(char *out, size_t size, double bytes)
{
    units_format(out, size, bytes, TYPE_BYTES);
    char *space = strchr(out, ' ');
    if (!space)
        return;
    *space = space[1] == 'B' ? '\0' : space[1];
    if (*space)
        space[1] = '\0';
}

struct series {
    char label[64];
    double x[POINTS_MAX], y[POINTS_MAX];
    size_t count;
};

static double series_last(const struct series *s)
{
    return s->count ? s->y[s->count - 1] : 0;
}

/* Lines over time, labelled at their right ends. */
static void add_lines(xmlNodePtr svg, struct series *const *series, size_t count, enum type type, double top,
                      double height)
{
    double low = 0, high = 0, last = 0;
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < series[i]->count; k++) {
            low = fmin(low, series[i]->y[k]);
            high = fmax(high, series[i]->y[k]);
            last = fmax(last, series[i]->x[k]);
        }
        size_t width = text_width(series[i]->label);
        longest = width > longest ? width : longest;
    }
    if (high <= low)
        high = low + 1;
    if (last <= 0)
        last = 1;
    double step = nice_step(high - low, type, 4);
    low = floor(low / step + 1e-9) * step;
    high = ceil(high / step - 1e-9) * step;
    double right = WIDTH - fmin((double)longest * CHAR + 10, WIDTH * 0.4);
    double bottom = top + height;
    char text[96];
    for (double v = low; v <= high + step / 2; v += step) {
        double y = bottom - (v - low) / (high - low) * height;
        bool zero = fabs(v) < step / 1000;
        add_line(svg, zero ? "axis" : "grid", LEFT, y, right, y);
        if (zero)
            v = 0;
        units_format(text, sizeof text, v, type);
        add_label(svg, LEFT - 6, y + 4, NULL, "end", text);
    }
    /* four marks of time at most */
    double tick = nice_step(last, TYPE_COUNT, 3);
    for (double v = 0; v <= last * 1.001; v += tick) {
        double x = LEFT + v / last * (right - LEFT);
        units_format(text, sizeof text, v, TYPE_SECONDS);
        add_label(svg, x, bottom + 16, NULL, v > 0 ? "middle" : "start", text);
    }
    /* labels keep their order and a line's distance */
    double at[SERIES_MAX];
    size_t order[SERIES_MAX];
    for (size_t i = 0; i < count; i++) {
        at[i] = bottom - (series_last(series[i]) - low) / (high - low) * height + 4;
        order[i] = i;
    }
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && at[order[k]] < at[order[k - 1]]; k--) {
            size_t swap = order[k];
            order[k] = order[k - 1];
            order[k - 1] = swap;
        }
    for (size_t i = 1; i < count; i++)
        at[order[i]] = fmax(at[order[i]], at[order[i - 1]] + 13);
    double over = count ? at[order[count - 1]] - (bottom + 4) : 0;
    for (size_t i = count; over > 0 && i-- > 0;) {
        double limit = i + 1 < count ? at[order[i + 1]] - 13 : bottom + 4;
        at[order[i]] = fmin(at[order[i]], limit);
    }
    for (size_t i = 0; i < count; i++) {
        AUTO_STR struct str path = {0};
        for (size_t k = 0; k < series[i]->count; k++)
            str_printf(&path, "%s%.1f %.1f", k ? "L" : "M", LEFT + series[i]->x[k] / last * (right - LEFT),
                       bottom - (series[i]->y[k] - low) / (high - low) * height);
        char class[32];
        snprintf(class, sizeof class, "line s%zu", i + 1);
        xmlNodePtr line = tree_element(svg, "path", class);
        tree_set(line, "d", "%s", str_text(&path));
        snprintf(class, sizeof class, "label t%zu", i + 1);
        add_label(svg, right + 6, at[i], class, NULL, series[i]->label);
    }
}

static struct series *series_read(const struct table *t, const char *x, const char *y)
{
    struct series *s = mem_alloc(sizeof *s);
    for (size_t row = 0; row < t->rows && s->count < POINTS_MAX; row++)
        if (number_at(t, row, x, &s->x[s->count]) && number_at(t, row, y, &s->y[s->count]))
            s->count++;
    return s;
}

static double series_max(const struct series *s)
{
    double max = 0;
    for (size_t i = 0; i < s->count; i++)
        max = fmax(max, s->y[i]);
    return max;
}

/* Free memory by order: one row of bars for each zone that counts, blocks large enough for a huge page in the accent.
 */
struct zone {
    double node, managed, free, huge_order, unusable;
    bool has_unusable;
    const char *name;
    double bytes[ORDERS_MAX], block[ORDERS_MAX];
    size_t orders;
};

static size_t read_zones(const struct case_file *c, struct zone *zones)
{
    const struct table *zone = find_table(c, "buddy", "zone"), *order = find_table(c, "buddy", "order");
    size_t count = 0;
    for (size_t i = 0; zone && order && i < zone->rows; i++) {
        struct zone z = {.name = text_at(zone, i, "name"), .huge_order = 9};
        if (true_at(zone, i, "small") || !number_at(zone, i, "node", &z.node) ||
            !number_at(zone, i, "managed", &z.managed))
            continue;
        number_at(zone, i, "huge_order", &z.huge_order);
        z.has_unusable = number_at(zone, i, "unusable_huge", &z.unusable);
        for (size_t k = 0; k < order->rows; k++) {
            double node, number, bytes, block;
            if (!number_at(order, k, "node", &node) || node != z.node ||
                strcmp(text_at(order, k, "zone"), z.name) != 0 || !number_at(order, k, "order", &number) ||
                number < 0 || number >= ORDERS_MAX || !number_at(order, k, "free", &bytes))
                continue;
            size_t o = (size_t)number;
            z.bytes[o] = bytes;
            z.block[o] = number_at(order, k, "block_size", &block) ? block : 4096 * exp2(number);
            z.free += bytes;
            z.orders = o + 1 > z.orders ? o + 1 : z.orders;
        }
        if (!z.orders)
            continue;
        size_t place = count;
        while (place > 0 && zones[place - 1].managed < z.managed)
            place--;
        if (place >= ZONES_MAX)
            continue;
        size_t last = count < ZONES_MAX ? count++ : ZONES_MAX - 1;
        memmove(&zones[place + 1], &zones[place], (last - place) * sizeof *zones);
        zones[place] = z;
    }
    return count;
}

static bool add_orders(xmlNodePtr parent, const struct case_file *c)
{
    struct zone zones[ZONES_MAX];
    size_t count = read_zones(c, zones);
    if (!count)
        return false;
    AUTO_STR struct str words = {0};
    char free_text[64], large_text[64], block_text[64], text[256];
    for (size_t i = 0; i < count; i++) {
        const struct zone *z = &zones[i];
        double large = 0, block = 0;
        for (size_t o = 0; o < z->orders; o++)
            if ((double)o >= z->huge_order) {
                large += z->bytes[o];
                block = block > 0 ? block : z->block[o];
            }
        units_format(free_text, sizeof free_text, z->free, TYPE_BYTES);
        units_format(large_text, sizeof large_text, large, TYPE_BYTES);
        units_format(block_text, sizeof block_text, block, TYPE_BYTES);
        str_printf(&words, "%sNode %.0f %s: %s free, of which %s in blocks of %s or larger.", i ? " " : "", z->node,
                   z->name, free_text, large_text, block_text);
    }
    enum { BARS = 64, PANEL = BARS + 44 };
    xmlNodePtr svg = svg_begin(parent, "orders", (double)count * PANEL, "Free memory by block size", str_text(&words));
    for (size_t i = 0; i < count; i++) {
        const struct zone *z = &zones[i];
        double top = (double)i * PANEL + 24, bottom = top + BARS, max = 0,
               slot = (double)(WIDTH - 4) / (double)z->orders;
        for (size_t o = 0; o < z->orders; o++)
            max = fmax(max, z->bytes[o]);
        units_format(free_text, sizeof free_text, z->free, TYPE_BYTES);
        snprintf(text, sizeof text, "Node %.0f %s, %s free", z->node, z->name, free_text);
        add_label(svg, 2, top - 10, "strong", NULL, text);
        if (z->has_unusable) {
            units_format(free_text, sizeof free_text, z->unusable, TYPE_RATIO);
            snprintf(text, sizeof text, "%s unusable for a huge page", free_text);
            add_label(svg, WIDTH - 2, top - 10, NULL, "end", text);
        }
        for (size_t o = 0; o < z->orders; o++) {
            double height = max > 0 ? z->bytes[o] / max * (BARS - 12) : 0, x = 2 + (double)o * slot;
            bool large = (double)o >= z->huge_order;
            add_bar(svg, large ? "bar accent" : "bar", x + 2, bottom - height, slot - 4, height);
            if (z->bytes[o] > 0) {
                short_bytes(text, sizeof text, z->bytes[o]);
                add_label(svg, x + slot / 2, bottom - height - 3, "small", "middle", text);
            }
            short_bytes(text, sizeof text, z->block[o]);
            add_label(svg, x + slot / 2, bottom + 13, large ? "small strong" : "small", "middle", text);
        }
        add_line(svg, "axis", 2, bottom, WIDTH - 2, bottom);
    }
    return true;
}

/* Private memory of the fastest growing processes, as change since the window began. */
static bool add_uss(xmlNodePtr parent, const struct case_file *c)
{
    const struct table *t = find_table(c, "growth", "growth_sample"), *names = find_table(c, "growth", "growth");
    if (!t || t->rows < 2)
        return false;
    struct series *found[64];
    double pids[64];
    size_t count = 0;
    for (size_t row = 0; row < t->rows; row++) {
        double pid, time, uss, swapped = 0;
        if (!number_at(t, row, "pid", &pid) || !number_at(t, row, "time", &time) || !number_at(t, row, "uss", &uss))
            continue;
        number_at(t, row, "swap_pss", &swapped);
        size_t i = 0;
        while (i < count && pids[i] != pid)
            i++;
        if (i == count) {
            if (count == 64)
                continue;
            found[count] = mem_alloc(sizeof **found);
            pids[count++] = pid;
        }
        struct series *s = found[i];
        if (s->count < POINTS_MAX) {
            s->x[s->count] = time;
            s->y[s->count++] = uss + swapped;
        }
    }
    struct series *best[SERIES_MAX + 1];
    double best_pid[SERIES_MAX + 1];
    size_t best_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct series *s = found[i];
        double first = s->y[0];
        for (size_t k = 0; k < s->count; k++)
            s->y[k] -= first;
        if (s->count < 2)
            continue;
        size_t place = best_count;
        while (place > 0 && fabs(series_last(best[place - 1])) < fabs(series_last(s)))
            place--;
        for (size_t k = best_count; k > place; k--) {
            best[k] = best[k - 1];
            best_pid[k] = best_pid[k - 1];
        }
        best[place] = s;
        best_pid[place] = pids[i];
        best_count = best_count < SERIES_MAX ? best_count + 1 : SERIES_MAX;
    }
    /* beside one that grows, those that hardly move are only clutter */
    while (best_count > 1 && fabs(series_last(best[best_count - 1])) < fabs(series_last(best[0])) / 50)
        best_count--;
    AUTO_STR struct str words = {0};
    str_add(&words, "Change of USS + SwapPss since the window began.");
    for (size_t i = 0; i < best_count; i++) {
        const char *command = "pid";
        for (size_t k = 0; names && k < names->rows; k++) {
            double pid;
            if (number_at(names, k, "pid", &pid) && pid == best_pid[i])
                command = text_at(names, k, "command");
        }
        char change[64], name[64];
        double last = series_last(best[i]);
        units_format(change, sizeof change, last, TYPE_BYTES);
        shorten(name, sizeof name, command, 14);
        snprintf(best[i]->label, sizeof best[i]->label, "%.44s %.0f", name, best_pid[i]);
        str_printf(&words, "%s %s %.0f %s%s", i ? "," : "", command, best_pid[i], last > 0 ? "+" : "", change);
    }
    bool moved = false;
    for (size_t i = 0; i < best_count; i++)
        moved |= series_last(best[i]) != 0;
    if (best_count && moved) {
        str_add(&words, ".");
        xmlNodePtr svg = svg_begin(parent, "uss", 210, "Private memory of processes over the window", str_text(&words));
        add_label(svg, 2, 14, "strong", NULL, "Private memory (USS + SwapPss), change");
        add_lines(svg, best, best_count, TYPE_BYTES, 30, 150);
    }
    for (size_t i = 0; i < count; i++)
        free(found[i]);
    return best_count && moved;
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
        struct series *s = series_read(t, "time", wanted[i].column);
        if (s->count < 2) {
            free(s);
            continue;
        }
        char text[64];
        snprintf(s->label, sizeof s->label, "%s", wanted[i].label);
        units_format(text, sizeof text, series_max(s), type);
        str_printf(&words, "%s %s %s", count ? "," : "", s->label, text);
        most = fmax(most, series_max(s));
        list[count++] = s;
    }
    bool worth = count && most > 0; /* a flat line at nought says nothing that the table does not */
    if (worth) {
        str_add(&words, ".");
        xmlNodePtr svg = svg_begin(parent, name, 210, heading, str_text(&words));
        add_label(svg, 2, 14, "strong", NULL, heading);
        add_lines(svg, list, count, type, 30, 150);
    }
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    return worth;
}

static bool add_swap(xmlNodePtr parent, const struct case_file *c)
{
    static const struct wanted wanted[] = {{"swap_in", "in"}, {"swap_out", "out"}};
    return add_samples(parent, "swap", "Swap traffic over the window", find_table(c, "vmstat", "vmstat_sample"), wanted,
                       2, TYPE_BYTE_RATE);
}

static bool add_pressure(xmlNodePtr parent, const struct case_file *c)
{
    static const struct wanted wanted[] = {
        {"memory_some", "memory, some"}, {"memory_full", "memory, full"}, {"io_some", "I/O, some"}};
    return add_samples(parent, "pressure", "Time lost to waiting (pressure)",
                       find_table(c, "pressure", "pressure_sample"), wanted, 3, TYPE_RATIO);
}

static bool add_slab(xmlNodePtr parent, const struct case_file *c)
{
    const struct table *t = find_table(c, "slab", "cache");
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
        if (!number_at(t, rows[i], "size", &size[count]) || size[count] <= 0)
            continue;
        waste[count] = 0;
        number_at(t, rows[i], "waste", &waste[count]);
        waste[count] = fmin(fmax(waste[count], 0), size[count]);
        rows[count++] = rows[i];
    }
    if (!count)
        return false;
    AUTO_STR struct str words = {0};
    str_add(&words, "Size and the part of it not in use:");
    char a[64], b[64], text[192];
    for (size_t i = 0; i < count; i++) {
        units_format(a, sizeof a, size[i], TYPE_BYTES);
        units_format(b, sizeof b, waste[i], TYPE_BYTES);
        str_printf(&words, "%s %s %s, %s unused", i ? ";" : "", text_at(t, rows[i], "name"), a, b);
    }
    str_add(&words, ".");
    enum { ROW = 21, NAME = 132 };
    xmlNodePtr svg = svg_begin(parent, "slab", (double)count * ROW + 28, "Largest slab caches", str_text(&words));
    add_label(svg, 2, 14, "strong", NULL, "Largest slab caches: in use, and held but unused");
    double room = WIDTH - NAME - 150;
    for (size_t i = 0; i < count; i++) {
        double y = 26 + (double)i * ROW, used = (size[i] - waste[i]) / size[0] * room, idle = waste[i] / size[0] * room;
        shorten(text, sizeof text, text_at(t, rows[i], "name"), 20);
        add_label(svg, NAME - 6, y + 12, NULL, "end", text);
        add_bar(svg, "bar", NAME, y, used, ROW - 6);
        if (idle > 0.2)
            add_bar(svg, "bar idle", NAME + used, y, idle, ROW - 6);
        units_format(a, sizeof a, size[i], TYPE_BYTES);
        units_format(b, sizeof b, waste[i], TYPE_BYTES);
        snprintf(text, sizeof text, "%s, %s unused", a, b);
        add_label(svg, NAME + used + idle + 6, y + 12, NULL, NULL, text);
    }
    return true;
}

bool chart_add(xmlNodePtr parent, const char *name, const struct case_file *c)
{
    static const struct {
        const char *name;
        bool (*add)(xmlNodePtr parent, const struct case_file *c);
    } charts[] = {
        {"orders", add_orders}, {"uss", add_uss}, {"swap", add_swap}, {"pressure", add_pressure}, {"slab", add_slab}};
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++)
        if (strcmp(charts[i].name, name) == 0)
            return charts[i].add(parent, c);
    return false;
}
