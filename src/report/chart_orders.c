/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Free memory by order: one row of bars for each zone that counts, blocks large enough for a huge page in the accent. */
#include <math.h>
#include <string.h>

#include "report/chart.h"
#include "report/lookup.h"
#include "report/svg.h"

enum { ZONES_MAX = 4, ORDERS_MAX = 24, BARS = 64, PANEL = BARS + 44 };

struct zone {
    double node, managed, free, huge_order, unusable;
    bool has_unusable;
    const char *name;
    double bytes[ORDERS_MAX], block[ORDERS_MAX];
    size_t orders;
};

static size_t read_zones(const struct case_file *c, struct zone *zones)
{
    const struct table *zone = lookup_table(c, "buddy", "zone"), *order = lookup_table(c, "buddy", "order");
    size_t count = 0;
    for (size_t i = 0; zone && order && i < zone->rows; i++) {
        struct zone z = {.name = lookup_text(zone, i, "name"), .huge_order = 9};
        if (lookup_true(zone, i, "small") || !lookup_number(zone, i, "node", &z.node) ||
            !lookup_number(zone, i, "managed", &z.managed))
            continue;
        lookup_number(zone, i, "huge_order", &z.huge_order);
        z.has_unusable = lookup_number(zone, i, "unusable_huge", &z.unusable);
        for (size_t k = 0; k < order->rows; k++) {
            double number, bytes, block;
            if (!lookup_is(order, k, "node", z.node) || strcmp(lookup_text(order, k, "zone"), z.name) != 0 ||
                !lookup_number(order, k, "order", &number) || number < 0 || number >= ORDERS_MAX ||
                !lookup_number(order, k, "free", &bytes))
                continue;
            size_t o = (size_t)number;
            z.bytes[o] = bytes;
            z.block[o] = lookup_number(order, k, "block_size", &block) ? block : 4096 * exp2(number);
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

static void describe(struct str *words, const struct zone *z)
{
    double large = 0, block = 0;
    for (size_t o = 0; o < z->orders; o++)
        if ((double)o >= z->huge_order) {
            large += z->bytes[o];
            block = block > 0 ? block : z->block[o];
        }
    str_printf(words, "%sNode %.0f %s: %s free, of which %s in blocks of %s or larger.", words->length ? " " : "",
               z->node, z->name, units_text(z->free, TYPE_BYTES).text, units_text(large, TYPE_BYTES).text,
               units_text(block, TYPE_BYTES).text);
}

static void add_panel(xmlNodePtr svg, const struct zone *z, double top)
{
    double bottom = top + BARS, max = 0, slot = (double)(CHART_WIDTH - 4) / (double)z->orders;
    for (size_t o = 0; o < z->orders; o++)
        max = fmax(max, z->bytes[o]);
    svg_label(svg, 2, top - 10, "strong", NULL, "Node %.0f %s, %s free", z->node, z->name,
              units_text(z->free, TYPE_BYTES).text);
    if (z->has_unusable)
        svg_label(svg, CHART_WIDTH - 2, top - 10, NULL, "end", "%s unusable for a huge page",
                  units_text(z->unusable, TYPE_RATIO).text);
    for (size_t o = 0; o < z->orders; o++) {
        double height = max > 0 ? z->bytes[o] / max * (BARS - 12) : 0, x = 2 + (double)o * slot;
        bool large = (double)o >= z->huge_order;
        svg_bar(svg, large ? "bar accent" : "bar", x + 2, bottom - height, slot - 4, height);
        if (z->bytes[o] > 0)
            svg_label(svg, x + slot / 2, bottom - height - 3, "small", "middle", "%s",
                      svg_short_bytes(z->bytes[o]).text);
        svg_label(svg, x + slot / 2, bottom + 13, large ? "small strong" : "small", "middle", "%s",
                  svg_short_bytes(z->block[o]).text);
    }
    svg_line(svg, "axis", 2, bottom, CHART_WIDTH - 2, bottom);
}

bool chart_orders(xmlNodePtr parent, const struct chart_order *o)
{
    struct zone zones[ZONES_MAX];
    size_t count = read_zones(o->c, zones);
    if (!count)
        return false;
    AUTO_STR struct str words = {0};
    for (size_t i = 0; i < count; i++)
        describe(&words, &zones[i]);
    xmlNodePtr svg =
        svg_begin(parent, "orders", CHART_WIDTH, (double)count * PANEL, "Free memory by block size", str_text(&words));
    for (size_t i = 0; i < count; i++)
        add_panel(svg, &zones[i], (double)i * PANEL + 24);
    return true;
}
