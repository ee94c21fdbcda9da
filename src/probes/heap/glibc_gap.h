/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaps in a walk, where pages are not resident or the heap changed: where it can go on, and what the gap holds. */
#ifndef FW_PROBES_HEAP_GLIBC_GAP_H
#define FW_PROBES_HEAP_GLIBC_GAP_H

#include "probes/heap/glibc_count.h"

/* What is known of a gap. */
struct glibc_gap {
    bool swapped;    /* a page of it is */
    bool first_used; /* its first chunk */
    uint64_t gone;   /* the end of its last page that is not there */
    uint64_t barren, last;
};
extern const struct glibc_gap glibc_gap_unknown;

/* A chain of chunks begins there. */
bool glibc_gap_chain(struct glibc_walk *w, uint64_t chunk, uint64_t limit);
/* The first place from `from` on where one does; top and the segment's end are such places. */
uint64_t glibc_gap_search(struct glibc_walk *w, uint64_t from, struct glibc_gap *g);
/* Goes on behind what cannot be read, from `from` on; `settles`: the chunk under way is sound. False at the segment's end. */
bool glibc_gap_resume(struct glibc_walk *w, uint64_t from, bool settles);
/* At `next`, whose chunk before it is free and `size` long: if all of it was counted as other chunks behind a gap, that count is undone. */
bool glibc_gap_go_back(struct glibc_walk *w, uint64_t next, uint64_t size);
void glibc_gap_add(struct glibc_walk *w, uint64_t from, uint64_t to, const struct glibc_gap *g);
/* Shares the last gap's bytes, as what was walked before and behind it is. */
void glibc_gap_resolve(struct glibc_walk *w);
/* What a gap is compared with begins at `at`. */
void glibc_gap_neighbourhood(struct glibc_walk *w, uint64_t at);
/* Shares bytes that could not be walked. */
void glibc_gap_guess(struct glibc_walk *w, uint64_t bytes, double share);

#endif
