/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The picture of memory: letters for blocks or groups of blocks, at most 128 × 128. Pure. */
#ifndef FW_PROBES_PHYSMAP_PHYSMAP_PICTURE_H
#define FW_PROBES_PHYSMAP_PHYSMAP_PICTURE_H

#include "probes/physmap/physmap_tally.h"

enum { PICTURE_SIDE = 128 };

struct picture_row {
    size_t zone;
    uint64_t block; /* the first */
    unsigned cells;
    char text[PICTURE_SIDE + 1];
};

struct physmap_picture {
    struct picture_row *rows; /* owned */
    size_t row_count;
    unsigned shift; /* a cell stands for 2^shift blocks */
    size_t row;     /* the cell under way */
    unsigned cell;
    uint32_t count[BLOCK_KINDS + 1]; /* in it, by kind; the last: obstructed by unnamed pages only */
};

/* Rows begin anew with every zone and behind large holes. `wanted` of all blocks will be added: cells are large enough
 * to hold one of them. */
void picture_plan(struct physmap_picture *p, const struct physmap_blocks *b, uint64_t wanted);
void picture_free(struct physmap_picture *p);
#define AUTO_PICTURE __attribute__((unused, cleanup(picture_free)))
/* Blocks in ascending order. */
void picture_add(struct physmap_picture *p, uint64_t block, enum block_kind kind, bool only_unnamed);
/* `listed` by zone: blocks that only unnamed pages obstruct are shown as movable where that is the likelier. */
void picture_end(struct physmap_picture *p, const struct physmap_listed *listed);

#endif
