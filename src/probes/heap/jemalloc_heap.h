/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap of a process that uses jemalloc (5.2 and 5.3, 64 bit), read extent by extent from outside. Only jemalloc's own
 * books are read: what the program keeps is not. */
#ifndef FW_PROBES_HEAP_JEMALLOC_HEAP_H
#define FW_PROBES_HEAP_JEMALLOC_HEAP_H

#include "probes/heap/heap_types.h"
#include "probes/heap/jemalloc_tree.h"

/* Looks in the places of [first, last]. Never fails: what could not be seen is HEAP_UNKNOWN with the reason. In use: regions
 * and large allocations; binned: free regions of slabs, and what no region fits into; top: free extents; trimmable: of them
 * the resident pages; pinned: what is binned. `layout`: "5.3, 48 bit". */
void jemalloc_heap_read(struct target *t, enum jemalloc_place first, enum jemalloc_place last, struct malloc_heap *h);

#endif
