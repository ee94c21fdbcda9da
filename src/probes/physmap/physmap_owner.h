/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is in the way of large blocks: owners of pages that cannot be moved, those first that hold up most free memory. */
#ifndef FW_PROBES_PHYSMAP_PHYSMAP_OWNER_H
#define FW_PROBES_PHYSMAP_PHYSMAP_OWNER_H

#include "probes/physmap/physmap_charge.h"
#include "probes/physmap/physmap_pins.h"

struct physmap_owner {
    char *name; /* may hold raw bytes of the machine; owned */
    enum block_kind kind;
    long pid;           /* 0: not a process */
    const char *cgroup; /* NULL: none; borrowed from the charges */
    double memory;      /* bytes */
    bool placed;        /* the blocks are known */
    double blocks;      /* that hold at least one of its pages; other owners can be in them too */
    double free_behind; /* bytes of free memory in them */
};

struct physmap_owners {
    struct physmap_owner *list; /* owned */
    size_t count;
};

struct physmap_found {
    const struct physmap_result *result;
    const struct physmap_charges *charges;
    const struct physmap_pins *pins;
    const struct block_sum *pin_sums; /* by process of `pins`: estimates for all blocks */
    uint64_t page;
};
void physmap_owners_rank(struct physmap_owners *o, const struct root *r, const struct physmap_found *found);
void physmap_owners_free(struct physmap_owners *o);
#define AUTO_PHYSMAP_OWNERS __attribute__((cleanup(physmap_owners_free)))

#endif
