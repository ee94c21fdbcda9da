/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Free chunks that look used: those in threads' caches, which count themselves, and those in fast bins, whose lists are
 * followed into a set that the walk asks. */
#ifndef FW_PROBES_HEAP_GLIBC_BINS_H
#define FW_PROBES_HEAP_GLIBC_BINS_H

#include "probes/heap/heap_types.h"
#include "probes/heap/glibc_layout.h"
#include "probes/heap/target_view.h"

/* Addresses of an arena's chunks in fast bins: one bit for 16 bytes. A larger arena than the bits can tell apart shares them;
 * therefore a member's own link must lead to another member or end. */
struct glibc_fast {
    uint64_t *bits;
    uint64_t mask;      /* count of bits - 1; 0: nothing is in the fast bins */
    uint64_t room;      /* bits that there is memory for */
    uint64_t most;      /* size of the largest chunk seen in a list */
    uint64_t low, high; /* where the arena lies */
    bool searched;      /* the lists could not be followed: what could be in them was marked */
    uint64_t lookups;   /* left for links that nothing marked */
    bool mangled;       /* links are stored xor their place >> 12 (since 2.32) */
    bool known;         /* that was told from a link */
};
/* Follows the lists of one arena, which holds `span` bytes from the lowest address to the highest. False where a list is too
 * long, broken or leads to a page that is not present: then the arena is to be walked twice, and what small used chunks point
 * to is marked first. Zero-initialise before the first. */
bool glibc_fast_follow(struct glibc_fast *f, const struct glibc_layout *l, const struct glibc_arena *a, uint64_t span,
                       struct target_peek *k);
void glibc_fast_free(struct glibc_fast *f);

static inline uint64_t glibc_link(const struct glibc_fast *f, uint64_t place, uint64_t stored)
{
    return f->mangled ? stored ^ place >> 12 : stored;
}
static inline bool glibc_fast_bit(const struct glibc_fast *f, uint64_t chunk)
{
    uint64_t i = chunk >> 4 & f->mask;
    return f->bits[i >> 6] >> (i & 63) & 1;
}
/* A link may lead there. */
static inline bool glibc_fast_inside(const struct glibc_fast *f, const struct glibc_layout *l, uint64_t chunk)
{
    return chunk >= f->low && chunk < f->high && glibc_chunk_aligned(l, chunk);
}
static inline void glibc_fast_mark(struct glibc_fast *f, uint64_t chunk)
{
    uint64_t i = chunk >> 4 & f->mask;
    f->bits[i >> 6] |= 1ULL << (i & 63);
}

/* What threads' caches hold. */
struct glibc_caches {
    const struct glibc_found *found;
    struct target_peek *peek;
    struct heap_sums *sums; /* one an arena of the ring: tcache and tcache_count are added to */
    uint64_t bytes[HEAP_CLASSES], counts[HEAP_CLASSES];
};
/* Chunks of this size can be a thread's cache. */
static inline bool glibc_cache_size(const struct glibc_layout *l, uint64_t size)
{
    return l->word == 8 ? size == 0x290 || size == 0x300 : size == 0x190 || size == 0x1d0;
}
/* Adds what the cache in that used chunk holds, if it is one. `content` is what the program got, or NULL: it is read. */
void glibc_cache_try(struct glibc_caches *c, uint64_t chunk, uint64_t size, const uint8_t *content);

#endif
