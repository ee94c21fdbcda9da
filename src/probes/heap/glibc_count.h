/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts a chunk as used, free, or free though it looks used, and opens and closes runs of free chunks. */
#ifndef FW_PROBES_HEAP_GLIBC_COUNT_H
#define FW_PROBES_HEAP_GLIBC_COUNT_H

#include "probes/heap/glibc_chunk.h"

void glibc_count_used(struct glibc_walk *w, uint64_t chunk, uint64_t size); /* to its neighbours it is */
void glibc_count_free(struct glibc_walk *w, uint64_t chunk, uint64_t size);
/* Fenceposts, and what others put between segments: glibc counts it as used. */
static inline void glibc_count_overhead(struct glibc_walk *w, uint64_t bytes)
{
    w->sums->in_use += bytes;
}
/* Adds the counts of small chunks to the size classes; once, at the end. */
void glibc_count_sizes(struct glibc_walk *w);
/* The run of free chunks ends there. */
void glibc_count_run(struct glibc_walk *w, uint64_t end);

/* What glibc_count_used is made of, for the loop that does it for many. */
bool glibc_count_is_fast(struct glibc_walk *w, uint64_t chunk, uint64_t size);
void glibc_count_fast(struct glibc_walk *w, uint64_t chunk, uint64_t size);
void glibc_count_cache(struct glibc_walk *w, uint64_t chunk, uint64_t size);
void glibc_count_large(struct glibc_walk *w, uint64_t size); /* a used one of 1 KiB or more */
/* Marks what the chunk would lead to if it were in a fast bin. */
void glibc_count_mark(struct glibc_walk *w, uint64_t chunk, uint64_t size);

#endif
