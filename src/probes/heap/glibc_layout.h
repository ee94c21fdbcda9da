/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where glibc's malloc keeps what: its arenas and its parameters, found in a target by what must hold of them. */
#ifndef FW_PROBES_HEAP_GLIBC_LAYOUT_H
#define FW_PROBES_HEAP_GLIBC_LAYOUT_H

#include "probes/heap/target.h"

#define GLIBC_ARENAS_MAX 4096
#define GLIBC_BINS 127 /* pairs of pointers in malloc_state */
#define GLIBC_FAST_MAX 11
#define GLIBC_STATE_MAX 2304 /* no malloc_state is larger */

/* Offsets in struct malloc_state. */
struct glibc_layout {
    unsigned word;             /* bytes of a pointer */
    unsigned fast, fast_count; /* fast bins; none since 2.43 */
    unsigned top, bins, next, attached, system_mem, size;
};

static inline uint64_t glibc_word(const struct glibc_layout *l, const void *at)
{
    uint64_t eight;
    uint32_t four;
    if (l->word == 4) {
        memcpy(&four, at, sizeof four);
        return four;
    }
    memcpy(&eight, at, sizeof eight);
    return eight;
}

static inline unsigned glibc_min_size(const struct glibc_layout *l)
{
    return l->word * 4;
}

/* Chunks lie so that what the program gets is at a multiple of 16. */
static inline bool glibc_chunk_aligned(const struct glibc_layout *l, uint64_t address)
{
    return (address + 2 * l->word) % 16 == 0;
}

static inline uint64_t glibc_chunk_after(const struct glibc_layout *l, uint64_t address)
{
    return ((address + 2 * l->word + 15) & ~15ULL) - 2 * l->word;
}

/* Of a chunk in a thread's arena: the heap that holds it begins at a multiple of this. */
static inline uint64_t glibc_heap_span(const struct glibc_layout *l)
{
    return l->word == 4 ? 1ULL << 20 : 64ULL << 20;
}

struct glibc_arena {
    uint64_t address, next, top, system_mem;
    uint64_t fast[GLIBC_FAST_MAX]; /* heads of the fast bins */
    bool main, initialised;
};

struct glibc_parameters { /* struct malloc_par */
    uint64_t sbrk_base, mmapped, mmapped_count, tcache_count, huge_page;
};

struct glibc_found {
    const struct glibc_layout *layout;
    struct glibc_arena *arenas; /* the ring, the main arena first; fresh memory */
    size_t count;
    struct glibc_parameters parameters;
    bool found; /* a main arena; without it the reason is in `why` */
    bool whole; /* the ring closed and the parameters were found; without it too */
    char why[192];
};
void glibc_find(struct target *t, struct glibc_found *f);
void glibc_found_free(struct glibc_found *f);
/* An arena's malloc_state again. False if it is not there or not sound. */
bool glibc_arena_read(struct target *t, const struct glibc_layout *l, uint64_t address, struct glibc_arena *a);

/* A heap of a thread's arena. */
struct glibc_heap_info {
    uint64_t base, arena, previous, size;
};
bool glibc_heap_info_read(struct target *t, const struct glibc_layout *l, uint64_t base, struct glibc_heap_info *h);

#endif
