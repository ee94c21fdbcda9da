/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where jemalloc's tree of extents is in a target, and its nodes piece by piece. */
#ifndef FW_PROBES_HEAP_JEMALLOC_TREE_H
#define FW_PROBES_HEAP_JEMALLOC_TREE_H

#include "probes/heap/jemalloc_layout.h"
#include "probes/heap/target_view.h"

/* Where it is looked for: in the data of … */
enum jemalloc_place {
    JEMALLOC_IN_LIBRARY, /* a library named libjemalloc */
    JEMALLOC_IN_PROGRAM, /* the program's own file */
    JEMALLOC_IN_OTHERS,  /* any other library */
    JEMALLOC_PLACES,
};

struct jemalloc_found {
    bool found;
    const struct jemalloc_tree *tree;
    enum jemalloc_family family;
    uint64_t root;
    char why[128]; /* it was not found, or cannot be used */
};
/* In the first place of [first, last] that has one. Reads some pages of nodes and extents to be sure. */
void jemalloc_find(struct target *t, enum jemalloc_place first, enum jemalloc_place last, struct jemalloc_found *f);

/* Pieces of a node: `absent` of them are swapped out or could not be read (no bytes then); never touched pages are zero, and
 * are left out. Returning false ends it. */
typedef bool (*jemalloc_visit)(void *context, const uint8_t *bytes, uint64_t offset, uint64_t size);
/* A node of `size` bytes at an address that need not begin a page. False if the visitor ended it, past the deadline, or if
 * the target is gone. */
bool jemalloc_node_each(struct target *t, uint64_t node, uint64_t size, uint8_t *buffer, jemalloc_visit visit,
                        void *context);
enum { JEMALLOC_BUFFER_PAGES = 16, JEMALLOC_BUFFER = JEMALLOC_BUFFER_PAGES * JEMALLOC_PAGE };
/* A node can be there: aligned, and wholly in anonymous writable memory. */
bool jemalloc_node_possible(const struct target *t, uint64_t address, uint64_t size);

#endif
