/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What jemalloc's books look like in memory: the tree that maps pages to extents, its leaves' elements, and the extents
 * (extent_t of 5.2, edata_t of 5.3). After rtree.h, extent_structs.h and edata.h of jemalloc; 64 bit and 4 KiB pages only. */
#ifndef FW_PROBES_HEAP_JEMALLOC_LAYOUT_H
#define FW_PROBES_HEAP_JEMALLOC_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    JEMALLOC_PAGE_BITS = 12,
    JEMALLOC_PAGE = 1 << JEMALLOC_PAGE_BITS,
    JEMALLOC_EXTENT = 128,      /* bytes read of an extent */
    JEMALLOC_ALIGNMENT = 64,    /* of extents and of the tree's nodes, at least */
    JEMALLOC_SMALL = 36,        /* classes below live in slabs */
    JEMALLOC_CLASSES = 232,     /* the class of what is no allocation */
    JEMALLOC_REGIONS_MAX = 512, /* in a slab */
    JEMALLOC_ARENAS = 1 << 12,
};

/* By the width of addresses that jemalloc was built for (LG_VADDR). */
struct jemalloc_tree {
    unsigned address_bits; /* 48 or 57 */
    unsigned levels;       /* 2 or 3 */
    unsigned bits;         /* of an address, decided by one level */
    unsigned element;      /* bytes of a leaf's */
};
extern const struct jemalloc_tree jemalloc_trees[];
enum { JEMALLOC_TREES = 2 };
/* Bytes of a node; level 0 is the root. */
static inline uint64_t jemalloc_node_size(const struct jemalloc_tree *t, unsigned level)
{
    return (level + 1 == t->levels ? t->element : 8ULL) << t->bits;
}
/* How far an address is shifted for its index in a node of that level. */
static inline unsigned jemalloc_shift(const struct jemalloc_tree *t, unsigned level)
{
    return JEMALLOC_PAGE_BITS + t->bits * (t->levels - 1 - level);
}
static inline uint64_t jemalloc_index(const struct jemalloc_tree *t, unsigned level, uint64_t address)
{
    return address >> jemalloc_shift(t, level) & ((1ULL << t->bits) - 1);
}

enum jemalloc_family { JEMALLOC_5_2, JEMALLOC_5_3, JEMALLOC_FAMILIES };
extern const char *const jemalloc_family_names[];

struct jemalloc_element {
    uint64_t extent; /* its address; 0: none */
    unsigned class;  /* of an extent that is free, what it was before */
    bool slab;
    bool free, tells; /* free: the extent is no allocation, if the element tells (5.3) */
};
/* Of the bytes of one, jemalloc_tree.element of them. */
struct jemalloc_element jemalloc_element(const struct jemalloc_tree *t, enum jemalloc_family f, const uint8_t *bytes);

enum jemalloc_state { JEMALLOC_ACTIVE, JEMALLOC_DIRTY, JEMALLOC_MUZZY, JEMALLOC_RETAINED }; /* others: in transit */

struct jemalloc_extent {
    uint64_t start, size; /* whole pages */
    bool offset;          /* its allocation does not begin at a page (opt.cache_oblivious) */
    unsigned arena, state, class;
    bool slab;              /* in use */
    unsigned regions, free; /* of a slab */
    bool torn;              /* its count and its map of free regions differ, or cannot be */
};
/* It can be what an element leads to: only of an allocation does the element repeat the class. */
static inline bool jemalloc_agrees(const struct jemalloc_extent *e, const struct jemalloc_element *l)
{
    if (e->state == JEMALLOC_ACTIVE && e->class < JEMALLOC_CLASSES)
        return e->class == l->class && e->slab == l->slab;
    return e->class == JEMALLOC_CLASSES && !e->slab;
}
/* Of JEMALLOC_EXTENT bytes. False if it can be none: no size, no address, more regions than a slab has. */
bool jemalloc_extent(enum jemalloc_family f, const uint8_t *bytes, struct jemalloc_extent *e);
/* Bytes of one allocation of a class below JEMALLOC_CLASSES. */
uint64_t jemalloc_class_size(unsigned class);
/* Bytes of a slab of a small class: the fewest whole pages that it divides. */
uint64_t jemalloc_slab_size(unsigned class);

#endif
