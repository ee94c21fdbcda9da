/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The picture of all memory as cells, one a block or a group of blocks: read from its table, made coarser, and written as
 * the run-length paths of an SVG. */
#ifndef FW_REPORT_MEMORY_MAP_H
#define FW_REPORT_MEMORY_MAP_H

#include "base/str.h"
#include "facts/facts.h"

enum { MAP_SIDE_MAX = 128 }; /* what goes beyond it is not drawn */

/* What can be in a cell. In the order of how much it is in the way of a large block, least first. */
enum map_kind {
    MAP_ABSENT,
    MAP_UNSEEN,
    MAP_FREE,
    MAP_MOVABLE,
    MAP_HUGE,
    MAP_TABLES,
    MAP_SLAB,
    MAP_MIXED,
    MAP_KERNEL,
    MAP_PINNED,
    MAP_KINDS
};
extern const struct map_look {
    char letter;       /* in the table `map` and in the text report */
    const char *name;  /* in the table `block_kind` */
    const char *class; /* in the stylesheet */
    const char *words;
} map_looks[MAP_KINDS];

struct memory_map {
    unsigned rows, columns;
    unsigned char cell[MAP_SIDE_MAX][MAP_SIDE_MAX]; /* enum map_kind; short rows end in MAP_ABSENT */
    double address[MAP_SIDE_MAX];                   /* of the first cell; negative: unknown */
    double blocks_per_cell;
};

/* Any letters, any lengths; a letter that nobody knows was not seen. False if nothing is there. */
bool memory_map_read(struct memory_map *m, const struct table *t);
/* The same with one cell for each group of cells: what most of them hold, of equals what is more in the way. */
void memory_map_reduce(struct memory_map *out, const struct memory_map *m, unsigned group_rows, unsigned group_columns);
/* Appends a path in units of cells: a horizontal line through the middle of each run of cells whose kind is in the set
 * (1u << kind, or'ed). */
void memory_map_path(const struct memory_map *m, unsigned kinds, struct str *out);

#endif
