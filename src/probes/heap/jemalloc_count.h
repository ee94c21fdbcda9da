/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adds extents up to what is in use, free and stuck, by arena and by class. */
#ifndef FW_PROBES_HEAP_JEMALLOC_COUNT_H
#define FW_PROBES_HEAP_JEMALLOC_COUNT_H

#include "probes/heap/heap_types.h"
#include "probes/heap/jemalloc_layout.h"
#include "probes/heap/target.h"

struct jemalloc_count {
    struct target *t;
    struct malloc_heap *heap;
    struct jemalloc_class {
        uint64_t used, bytes;   /* allocations, and their extents' bytes (of slabs: their regions') */
        uint64_t free;          /* regions of slabs */
    } * classes;                /* JEMALLOC_CLASSES of them */
    uint64_t *large;            /* large allocations by arena */
    uint16_t *places;           /* in heap->arenas by arena, plus one */
    bool offsets;               /* large allocations begin somewhere in their first page, and have one more for that */
    uint64_t slabs, slabs_used; /* bytes of slabs, and of their regions in use */
    uint64_t active;            /* bytes of slabs and large allocations */
    uint64_t idle;              /* bytes of dirty and muzzy extents */
    /* Bytes that were not seen: whose extents or leaves are not present, and whose extents changed before they were read */
    struct jemalloc_missing {
        double slabs, large, any;
    } lost, moved;
};
void jemalloc_count_open(struct jemalloc_count *c, struct target *t, struct malloc_heap *h);
void jemalloc_count_close(struct jemalloc_count *c);
void jemalloc_count_extent(struct jemalloc_count *c, const struct jemalloc_extent *e);
/* An extent of which there is the tree's word only. */
void jemalloc_count_missing(struct jemalloc_missing *m, const struct jemalloc_element *e);
/* A part of the tree that is swapped out: the addresses that it tells of. */
void jemalloc_count_hidden(struct jemalloc_count *c, uint64_t start, uint64_t size);
/* Adds the arenas up, with what was lost taken to be like the rest; sets the heap's figures and its coverage. */
void jemalloc_count_finish(struct jemalloc_count *c);

#endif
