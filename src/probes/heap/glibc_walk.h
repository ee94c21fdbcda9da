/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes through one segment of a heap from chunk to chunk, over gaps where pages are not resident. */
#ifndef FW_PROBES_HEAP_GLIBC_WALK_H
#define FW_PROBES_HEAP_GLIBC_WALK_H

#include "probes/heap/glibc_chunk.h"

/* Walks from the chunk at `start` (or, if `search`, from the first that can be found behind it) to the segment's end: the top
 * chunk, a pair of fenceposts, or `limit`. Returns where it ended. */
uint64_t glibc_walk_segment(struct glibc_walk *w, uint64_t start, uint64_t limit, bool search);

#endif
