/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unnamed kernel pages by the control group that is charged for them (/proc/kpagecgroup): the buffers of pipes and sockets
 * carry no flag, but their group's inode number. */
#ifndef FW_PROBES_PHYSMAP_PHYSMAP_CHARGE_H
#define FW_PROBES_PHYSMAP_PHYSMAP_CHARGE_H

#include "probes/physmap/physmap_tally.h"

enum { CHARGES_MAX = 64 };

struct physmap_charge {
    uint64_t inode;       /* 0: charged to no group, or free on a per-CPU list */
    char *path;           /* of the group below the memory controller; NULL: removed or not visible; owned */
    struct block_sum sum; /* estimates for all blocks: of its pages, and of free memory in blocks with one of them */
};

struct physmap_charges {
    struct physmap_charge list[CHARGES_MAX]; /* the first is of inode 0 */
    size_t count;                            /* 0: kpagecgroup could not be read */
};

/* Blocks with unnamed pages, in ascending order, of which a bounded number is read again. */
struct physmap_unnamed {
    struct unnamed_block {
        uint32_t ordinal, pages;
    } * list; /* owned by the caller */
    size_t count;
    uint64_t pages; /* all of them */
};

/* `flags` is /proc/kpageflags; `evidence` is by zone. */
void physmap_charges_find(struct physmap_charges *c, const struct root *r, const struct physmap_plan *p,
                          const struct kpageflags_rules *rules, int flags, const struct physmap_unnamed *blocks,
                          struct physmap_evidence *evidence);
void physmap_charges_free(struct physmap_charges *c);
#define AUTO_PHYSMAP_CHARGES __attribute__((cleanup(physmap_charges_free)))

#endif
