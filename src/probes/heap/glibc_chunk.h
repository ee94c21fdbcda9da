/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of a walk through an arena, and how it reads chunks. */
#ifndef FW_PROBES_HEAP_GLIBC_CHUNK_H
#define FW_PROBES_HEAP_GLIBC_CHUNK_H

#include "probes/heap/glibc_bins.h"
#include "probes/heap/target_view.h"

struct glibc_mix { /* bytes of used and free chunks */
    double used, free;
};

/* Where the walk went on behind a gap, and what it had counted: should the next boundary that is sure tell that all since
 * then lies inside one free chunk (its stale headers still look like chunks), this is gone back to. */
struct glibc_resumed {
    uint64_t gap, at;
    struct heap_sums sums;
    struct glibc_mix guessed, since;
    uint64_t barren;
    double doubtful;
};

enum { SIZES_SMALL = 1024 / 16 };

struct glibc_walk {
    struct target *t;
    const struct glibc_layout *layout;
    struct target_peek *peek;
    struct glibc_fast *fast;
    struct glibc_caches *caches;
    struct malloc_heap *heap; /* gets the size classes */
    uint64_t trim_unit;
    bool marking; /* only marks what could be in a fast bin */
    struct target_view view;
    uint64_t small_used[SIZES_SMALL], small_free[SIZES_SMALL]; /* chunks by size / 16 */

    /* of the arena under way */
    struct glibc_arena arena;
    struct heap_sums *sums;   /* in_use also counts fenceposts and what lies between segments */
    struct glibc_mix guessed; /* of gaps, by what lies around them */
    struct glibc_mix big;     /* what of chunks is over 4 pages: it says nothing of its neighbourhood */
    double doubtful;          /* bytes of gaps that could be either, most where used and free ones are as frequent */
    uint64_t barren;          /* bytes of gaps that large chunks lie across */
    uint64_t break_end;       /* where the program break is, or 0 */
    uint64_t torn;            /* boundaries that did not fit: the heap changed under the walk */

    /* of the segment under way */
    uint64_t low, limit;
    uint64_t at, size; /* a chunk whose header was read; whether it is used, the next one's tells */
    bool in_run;       /* free chunks are open from run on */
    uint64_t run;
    unsigned retries;
    struct glibc_mix since;          /* sums where the neighbourhood begins */
    uint64_t since_at, pending;      /* bytes of a gap whose right side is not known yet */
    struct glibc_mix pending_before; /* its left side */
    struct glibc_resumed *resumed;
    size_t resumed_count, resumed_room;
};

void glibc_walk_open(struct glibc_walk *w, struct target *t, const struct glibc_found *found);
void glibc_walk_close(struct glibc_walk *w);

enum {
    GLIBC_PREV_INUSE = 1,
    GLIBC_IS_MMAPPED = 2,
    GLIBC_NON_MAIN_ARENA = 4,
    GLIBC_FLAGS = 7,
    GLIBC_NEVER = 8 | GLIBC_IS_MMAPPED, /* sizes are multiples of 16, and mapped chunks lie in no heap */
};

static inline bool glibc_top_inside(const struct glibc_walk *w)
{
    return w->arena.top >= w->low && w->arena.top < w->limit;
}

/* What the walk must not step over. */
static inline uint64_t glibc_stop(const struct glibc_walk *w)
{
    return glibc_top_inside(w) ? w->arena.top : w->limit;
}

static inline __attribute__((always_inline)) uint64_t glibc_load(const uint8_t *at, unsigned word)
{
    uint64_t eight;
    uint32_t four;
    if (word == 4) {
        memcpy(&four, at, sizeof four);
        return four;
    }
    memcpy(&eight, at, sizeof eight);
    return eight;
}

/* A chunk's two words. False if they are not resident. */
bool glibc_header(struct glibc_walk *w, uint64_t chunk, uint64_t *before, uint64_t *header);
/* How many bytes the fenceposts take that begin there, or 0. */
uint64_t glibc_fenceposts(struct glibc_walk *w, uint64_t at);

#endif
