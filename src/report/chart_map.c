/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map of memory: every block by what is in it, as people know it from disk defragmenters. What is in the way of
 * large blocks is dark on paper and bright on a dark screen, and each kind has a shape of its own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/chart.h"
#include "report/lookup.h"
#include "report/memory_map.h"
#include "report/svg.h"
#include "report/tree.h"

enum {
    LEFT = 60, /* room for addresses, in a phone's larger type too */
    CELLS_WIDTH = 512,
    HEIGHT_MIN = 120,
    LABELS = 12,
    LABEL_APART = 20,
    PATHS_MAX = 40000, /* bytes: a map that needs more is drawn coarser */
    TEXT_ROWS = 16,
    TEXT_COLUMNS = 64
};

#define OCCUPIED (~0u << MAP_MOVABLE & ((1u << MAP_KINDS) - 1))

/* Numbers */

struct legend {
    const char *name;
    unsigned kind; /* enum map_kind; MAP_KINDS: not one that the map knows */
    double blocks, share, free, error;
    bool has_share, has_free;
};

static unsigned kind_named(const char *name)
{
    unsigned i = 0;
    while (i < MAP_KINDS && strcmp(map_looks[i].name, name) != 0)
        i++;
    return i;
}

/* From free to what is most in the way; then what is no memory or was not seen. */
static int by_kind(const void *a, const void *b)
{
    const struct legend *x = a, *y = b;
    unsigned p = x->kind < MAP_FREE ? x->kind + MAP_KINDS : x->kind,
             q = y->kind < MAP_FREE ? y->kind + MAP_KINDS : y->kind;
    return p != q ? (p > q) - (p < q) : strcmp(x->name, y->name);
}

/* From `block_kind`; without it by counting cells. The caller frees it. */
static struct legend *read_legend(const struct case_file *c, const struct memory_map *m, size_t *count)
{
    const struct table *t = lookup_table(c, "physmap", "block_kind");
    struct legend *list = mem_array((t ? t->rows : 0) + MAP_KINDS, sizeof *list);
    *count = 0;
    for (size_t row = 0; t && row < t->rows; row++) {
        struct legend l = {.name = lookup_text(t, row, "kind")};
        l.kind = kind_named(l.name);
        if (!lookup_number(t, row, "blocks", &l.blocks) || l.blocks <= 0)
            continue;
        l.has_share = lookup_number(t, row, "share", &l.share);
        l.has_free = lookup_number(t, row, "free", &l.free);
        lookup_number(t, row, "error", &l.error);
        list[(*count)++] = l;
    }
    if (!*count) {
        double cells[MAP_KINDS] = {0}, all = 0;
        for (unsigned r = 0; r < m->rows; r++)
            for (unsigned k = 0; k < m->columns; k++)
                cells[m->cell[r][k]]++, all++;
        for (unsigned kind = 0; kind < MAP_KINDS; kind++)
            if (cells[kind] > 0)
                list[(*count)++] = (struct legend){.name = map_looks[kind].name,
                                                   .kind = kind,
                                                   .blocks = cells[kind] * m->blocks_per_cell,
                                                   .share = cells[kind] / all,
                                                   .has_share = true};
    }
    qsort(list, *count, sizeof *list, by_kind);
    return list;
}

static const char *words_of(const struct legend *l)
{
    return l->kind < MAP_KINDS ? map_looks[l->kind].words : l->name;
}

static void say_share(struct str *out, const char *before, const struct legend *l)
{
    if (l->has_share)
        str_printf(out, "%s%s", before, units_text(l->share, TYPE_RATIO).text);
    if (l->has_share && l->error > 0)
        str_printf(out, " ± %s", units_text(l->error, TYPE_RATIO).text);
}

static double block_size(const struct case_file *c)
{
    double size;
    return lookup_figure(c, "physmap", "block_size", &size) ? size : 0;
}

/* How many blocks there are, how large, and whether all were looked at. */
static void describe_blocks(struct str *out, const struct case_file *c, const struct memory_map *m)
{
    const struct table *t = lookup_table(c, "physmap", "physmap");
    double value;
    if (lookup_number(t, 0, "blocks", &value))
        str_printf(out, "%s blocks", units_text(value, TYPE_COUNT).text);
    else
        str_add(out, "Blocks");
    str_printf(out, " of %s", units_text(block_size(c), TYPE_BYTES).text);
    if (m->blocks_per_cell > 1)
        str_printf(out, ", %s in a cell", units_text(m->blocks_per_cell, TYPE_COUNT).text);
    if (lookup_true(t, 0, "sampled") && lookup_number(t, 0, "scanned", &value)) {
        str_printf(out, "; %s of them were looked at", units_text(value, TYPE_COUNT).text);
        if (lookup_number(t, 0, "error", &value))
            str_printf(out, ", so shares are right to ± %s", units_text(value, TYPE_RATIO).text);
    }
    str_add(out, ".");
}

/* What the free memory shares its blocks with: the answer that the picture gives. */
static void describe_free(struct str *out, const struct case_file *c)
{
    static const struct {
        const char *column, *before, *words;
    } parts[] = {{"free_whole", "", "are whole free blocks"},
                 {"free_movable", ",", "lie in blocks where all else can be moved"},
                 {"free_pinned", ", and", "in blocks holding something that compaction cannot move"}};
    const struct table *t = lookup_table(c, "physmap", "physmap");
    double value[3], all = 0;
    for (size_t i = 0; i < 3; i++) {
        if (!lookup_number(t, 0, parts[i].column, &value[i]))
            return;
        all += value[i];
    }
    if (all <= 0)
        return;
    str_printf(out, " Of %s of free memory", units_text(all, TYPE_BYTES).text);
    for (size_t i = 0; i < 3; i++)
        str_printf(out, "%s %s (%s) %s", parts[i].before, units_text(value[i], TYPE_BYTES).text,
                   units_text(value[i] / all, TYPE_RATIO).text, parts[i].words);
    str_add(out, ".");
}

static void describe_kinds(struct str *out, const struct legend *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        str_printf(out, "%s %s", i ? "," : " By blocks:", words_of(&list[i]));
        say_share(out, " ", &list[i]);
    }
    if (count)
        str_add(out, ".");
}

/* The picture */

static size_t write_paths(const struct memory_map *m, struct str paths[MAP_KINDS])
{
    size_t bytes = 0;
    for (unsigned kind = 0; kind < MAP_KINDS; kind++) {
        str_clear(&paths[kind]);
        /* the ground of everything in use is movable memory, and what is free needs no ink: the two commonest kinds cost
         * least */
        if (kind != MAP_FREE)
            memory_map_path(m, kind == MAP_MOVABLE ? OCCUPIED : 1u << kind, &paths[kind]);
        bytes += paths[kind].length;
    }
    return bytes;
}

/* Whether a row does not go on where the one before it ends: memory has holes, and each zone begins anew. */
static bool is_jump(const struct memory_map *m, unsigned row, double row_size)
{
    return row > 0 && fabs(m->address[row] - m->address[row - 1] - row_size) > row_size / 1000;
}

/* Addresses of some rows only, and wherever they jump if there is room. */
static void add_axis(xmlNodePtr svg, const struct memory_map *m, double cell_height, double block)
{
    unsigned step = 1, apart = (unsigned)ceil(LABEL_APART / cell_height), last = 0;
    while (step < apart || m->rows > step * LABELS)
        step *= 2;
    double row_size = block * m->blocks_per_cell * m->columns;
    for (unsigned row = 0; row < m->rows; row++) {
        unsigned room = row - last;
        if (m->address[row] < 0 || (row > 0 && room < step && (room < apart || !is_jump(m, row, row_size))))
            continue;
        svg_label(svg, LEFT - 6, fmax((row + 0.5) * cell_height, 5) + 4, NULL, "end", "%s",
                  units_text(m->address[row], TYPE_BYTES).text);
        last = row;
    }
}

static void add_picture(xmlNodePtr parent, const struct memory_map *whole, double block, const char *words)
{
    struct str paths[MAP_KINDS] = {0};
    struct memory_map *m = mem_alloc(sizeof *m);
    memory_map_reduce(m, whole, 1, 1);
    for (unsigned fold = 1; write_paths(m, paths) > PATHS_MAX; fold++)
        memory_map_reduce(m, whole, 1u << fold / 2, 1u << (fold + 1) / 2);
    double width = (double)CELLS_WIDTH / m->columns;
    double height = fmin(fmax(width, (double)HEIGHT_MIN / m->rows), 4 * width);
    xmlNodePtr svg =
        svg_begin(parent, "map", LEFT + CELLS_WIDTH, ceil(height * m->rows), "Map of memory by address", words);
    svg_bar(svg, "frame", LEFT, 0, CELLS_WIDTH, height * m->rows);
    add_axis(svg, m, height, block);
    xmlNodePtr cells = tree_element(svg, "g", "cells");
    tree_set(cells, "transform", "translate(%d 0) scale(%.4g %.4g)", LEFT, width, height);
    for (unsigned i = 0; i < MAP_KINDS; i++) {
        unsigned kind = i == 0 ? MAP_MOVABLE : i <= MAP_MOVABLE ? i - 1 : i; /* the ground first */
        if (paths[kind].length)
            tree_set(tree_element(cells, "path", map_looks[kind].class), "d", "%s", str_text(&paths[kind]));
    }
    for (unsigned i = 0; i < MAP_KINDS; i++)
        str_free(&paths[i]);
    free(m);
}

/* Its letters, for text: coarser still, so that it fits a screen. */
static void add_letters(xmlNodePtr parent, const struct memory_map *whole)
{
    struct memory_map *m = mem_alloc(sizeof *m);
    memory_map_reduce(m, whole, (whole->rows + TEXT_ROWS - 1) / TEXT_ROWS,
                      (whole->columns + TEXT_COLUMNS - 1) / TEXT_COLUMNS);
    AUTO_STR struct str text = {0};
    for (unsigned row = 0; row < m->rows; row++) {
        double address = m->address[row];
        str_printf(&text, "%s%9s ", row ? "\n" : "", address >= 0 ? units_text(address, TYPE_BYTES).text : "");
        for (unsigned column = 0; column < m->columns; column++)
            str_add_char(&text, map_looks[m->cell[row][column]].letter);
    }
    tree_leaf(parent, "pre", "picture", str_text(&text));
    str_clear(&text);
    str_printf(&text, "A letter stands for %s blocks: what most of them hold.",
               units_text(m->blocks_per_cell, TYPE_COUNT).text);
    if (m->blocks_per_cell > 1)
        tree_leaf(parent, "p", "tight", str_text(&text));
    free(m);
}

/* The legend */

static void add_sign(xmlNodePtr cell, const struct legend *l, bool for_text)
{
    const struct map_look *look = l->kind < MAP_KINDS ? &map_looks[l->kind] : NULL;
    if (for_text) {
        if (look)
            tree_text_n(cell, &look->letter, 1);
        return;
    }
    xmlNodePtr key = tree_element(cell, "svg", look ? "key cells" : "key none");
    tree_set(key, "viewBox", "0 0 3 1");
    tree_set(key, "aria-hidden", "true");
    if (look)
        tree_set(tree_element(key, "path", look->class), "d", "M0 .5h3");
}

static void add_legend(xmlNodePtr parent, const struct legend *list, size_t count, bool for_text)
{
    static const char *const heads[] = {"blocks that hold", "blocks", "share", "free in them"};
    bool has_free = false;
    for (size_t i = 0; i < count; i++)
        has_free |= list[i].has_free;
    xmlNodePtr table = tree_table(parent, "legend", "Legend of the map of memory"),
               head = tree_element(tree_element(table, "thead", NULL), "tr", NULL);
    if (for_text)
        tree_element(head, "td", NULL);
    for (size_t i = 0; i < (has_free ? 4 : 3); i++)
        tree_set(tree_leaf(head, "th", i ? "n" : NULL, heads[i]), "scope", "col");
    xmlNodePtr body = tree_element(table, "tbody", NULL);
    for (size_t i = 0; i < count; i++) {
        const struct legend *l = &list[i];
        xmlNodePtr row = tree_element(body, "tr", NULL), name;
        if (for_text)
            add_sign(tree_element(row, "td", NULL), l, true);
        name = tree_element(row, "th", NULL);
        tree_set(name, "scope", "row");
        if (!for_text)
            add_sign(name, l, false);
        tree_text(name, words_of(l));
        AUTO_STR struct str share = {0};
        say_share(&share, "", l);
        tree_leaf(row, "td", "n", units_text(l->blocks, TYPE_COUNT).text);
        tree_leaf(row, "td", "n", str_text(&share));
        if (has_free)
            tree_leaf(row, "td", "n", l->has_free ? units_text(l->free, TYPE_BYTES).text : "");
    }
}

bool chart_map(xmlNodePtr parent, const struct chart_order *o)
{
    AUTO_FREE struct memory_map *m = mem_alloc(sizeof *m);
    if (!memory_map_read(m, lookup_table(o->c, "physmap", "map")))
        return false;
    size_t count;
    AUTO_FREE struct legend *list = read_legend(o->c, m, &count);
    AUTO_STR struct str words = {0}, described = {0};
    describe_blocks(&words, o->c, m);
    describe_free(&words, o->c);
    tree_leaf(parent, "figcaption", NULL, "Map of memory, by address");
    tree_leaf(parent, "p", "tight", str_text(&words));
    str_add(&described, str_text(&words));
    describe_kinds(&described, list, count);
    if (o->for_text) {
        add_legend(parent, list, count, true);
        add_letters(parent, m);
    } else {
        xmlNodePtr both = tree_element(parent, "div", "map");
        add_picture(both, m, block_size(o->c), str_text(&described));
        add_legend(both, list, count, false);
    }
    return true;
}
