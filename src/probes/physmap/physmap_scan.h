/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which blocks of /proc/kpageflags are read, and reading them in one pass: all on a small machine, on a large one a fixed
 * number, one at random from each of so many equal stretches of every zone. */
#ifndef FW_PROBES_PHYSMAP_PHYSMAP_SCAN_H
#define FW_PROBES_PHYSMAP_PHYSMAP_SCAN_H

#include "probes/physmap/physmap_blocks.h"

/* A zone's share of the reading. */
struct physmap_stratum {
    uint64_t ordinal, blocks; /* what there is; 0 blocks: an empty zone */
    uint64_t wanted;          /* of them to read */
};

struct physmap_plan {
    const struct physmap_blocks *blocks; /* borrowed */
    struct physmap_stratum *strata;      /* by zone; owned */
    size_t stratum_count;
    uint64_t wanted; /* blocks to read */
};

/* `limit`: blocks to read; 0: as the size of the machine suggests. */
void physmap_plan(struct physmap_plan *p, const struct physmap_blocks *b, size_t zones, uint64_t limit);
void physmap_plan_free(struct physmap_plan *p);
#define AUTO_PHYSMAP_PLAN __attribute__((cleanup(physmap_plan_free)))
/* The ordinal of the choice number `i` of a stratum, ascending in i. The same at every run: two looks at one machine compare
 * the same blocks. */
uint64_t physmap_choice(const struct physmap_stratum *s, uint64_t i);

/* A block that was read. `flags` may be changed. */
struct physmap_look {
    size_t zone;
    uint64_t ordinal, block;
    uint64_t *flags;
};
typedef void physmap_visit(void *context, const struct physmap_look *look);
/* Visits the planned blocks in ascending order. `fd` is /proc/kpageflags or a file of its form, and what is behind its end is
 * absent. Returns how many blocks could be read; fewer than planned: *error is an errno. */
uint64_t physmap_scan(const struct physmap_plan *p, int fd, physmap_visit *visit, void *context, int *error);
/* Reads the entries of one block from kpageflags or kpagecgroup. False with errno. */
bool physmap_read_block(const struct physmap_blocks *b, int fd, uint64_t block, uint64_t *entries);

#endif
