/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which pageblocks a machine has, numbered without gaps by address, and the zone of each. Pure. */
#ifndef FW_PROBES_PHYSMAP_PHYSMAP_BLOCKS_H
#define FW_PROBES_PHYSMAP_PHYSMAP_BLOCKS_H

#include "probes/kernel/zoneinfo.h"

/* Blocks that follow each other in one zone. */
struct physmap_run {
    size_t zone;           /* index in zoneinfo */
    uint64_t block, count; /* the first: its frame number by the pages in a block */
    uint64_t ordinal;      /* number of the first without gaps */
};

struct physmap_frames {
    uint64_t begin, end;
};

struct physmap_blocks {
    struct physmap_run *runs; /* by address; owned. A zone's runs follow each other */
    size_t run_count;
    uint64_t count;             /* of all blocks */
    struct physmap_frames *ram; /* by address, disjoint; owned. None: /proc/iomem does not tell */
    size_t ram_count;
    unsigned order; /* pages in a block: 2^order */
};

/* `iomem` is the text of /proc/iomem (may be NULL), `page` the size of a page. False: no zone has a known place. */
bool physmap_blocks_find(struct physmap_blocks *b, const char *iomem, size_t length, const struct zoneinfo *zones,
                         uint64_t page, unsigned order, struct err *e);
void physmap_blocks_free(struct physmap_blocks *b);
#define AUTO_PHYSMAP_BLOCKS __attribute__((cleanup(physmap_blocks_free)))

/* The run with that ordinal, which must be below count. */
const struct physmap_run *physmap_run_at(const struct physmap_blocks *b, uint64_t ordinal);
/* The ordinal of the block of a page frame; UINT64_MAX if it is in none. */
uint64_t physmap_ordinal(const struct physmap_blocks *b, uint64_t frame);
/* Marks those entries of a block's page flags absent that are no memory: the kernel shows holes within a zone as pages
 * without any flag. */
void physmap_mark_holes(const struct physmap_blocks *b, uint64_t block, uint64_t *flags);

#endif
