/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes through the leaves of jemalloc's tree, page of addresses after page, and counts every extent once. */
#ifndef FW_PROBES_HEAP_JEMALLOC_WALK_H
#define FW_PROBES_HEAP_JEMALLOC_WALK_H

#include "probes/heap/jemalloc_count.h"
#include "probes/heap/jemalloc_tree.h"

struct jemalloc_walked {
    uint64_t extents, torn; /* seen; of them those that changed between the tree and them, or within */
    uint64_t metadata;      /* resident bytes of leaves and extents */
    bool hidden;            /* a node between root and leaves is swapped out: much may be missing */
};
/* False past the deadline, or if the target is gone. */
bool jemalloc_walk(struct target *t, const struct jemalloc_found *f, struct jemalloc_count *c,
                   struct jemalloc_walked *out);

#endif
