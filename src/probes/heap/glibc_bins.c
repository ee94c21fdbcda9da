/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fast bins' single links begin at the arena, those of a cache at its tcache_perthread_struct: 16-bit counts (since 2.42
 * slots left), then pointers, one for each bin. Chunks in either look used to their neighbours. */
#include "probes/heap/glibc_bins.h"

#include <stdlib.h>

#include "base/mem.h"

enum {
    BITS_MIN = 1 << 16,
    BITS_MAX = 1 << 26,  /* 8 MiB: 1 GiB of heap */
    MISSES_MIN = 1000,   /* lines looked up in following lists, and one more for so many bytes: then */
    MISS_BYTES = 16384,  /* another walk costs less */
    CACHE_BINS_OLD = 64, /* up to 2.41 */
    CACHE_BINS_NEW = 76, /* the last 12 hold chunks of different sizes */
    CACHE_BYTES_MAX = 0x300,
    TORN_MAX = 2,
};

static uint64_t fast_size(const struct glibc_layout *l, unsigned bin)
{
    return l->word == 8 ? (bin + 2ULL) << 4 : (bin + 2ULL) << 3;
}

static bool read_word(struct target_peek *k, const struct glibc_layout *l, uint64_t at, uint64_t *value)
{
    uint8_t bytes[8];
    if (!target_peek(k, at, bytes, l->word))
        return false;
    *value = glibc_word(l, bytes);
    return true;
}

static bool has_size(struct target_peek *k, const struct glibc_layout *l, uint64_t chunk, uint64_t size)
{
    uint64_t header;
    return glibc_chunk_aligned(l, chunk) && read_word(k, l, chunk + l->word, &header) && (header & ~7ULL) == size;
}

/* A link that leads to a chunk of the bin's size, or to nothing, in one of the two ways only, tells which it is. */
static void learn(struct glibc_fast *f, struct target_peek *k, const struct glibc_layout *l, uint64_t place,
                  uint64_t stored, uint64_t size)
{
    uint64_t revealed = stored ^ place >> 12;
    if (f->known)
        return;
    bool plain = stored == 0 || has_size(k, l, stored, size), mangled = revealed == 0 || has_size(k, l, revealed, size);
    if (plain != mangled) {
        f->mangled = mangled;
        f->known = true;
    }
}

/* One list to its end. */
static bool follow(struct glibc_fast *f, struct target_peek *k, const struct glibc_layout *l, uint64_t chunk,
                   uint64_t size, uint64_t misses)
{
    while (chunk) {
        uint64_t place = chunk + 2 * l->word, stored;
        if (k->misses > misses || !has_size(k, l, chunk, size) || glibc_fast_bit(f, chunk) ||
            !read_word(k, l, place, &stored))
            return false; /* too long, not resident, a loop, or changed under us */
        glibc_fast_mark(f, chunk);
        learn(f, k, l, place, stored, size);
        chunk = glibc_link(f, place, stored);
    }
    return true;
}

static void make_room(struct glibc_fast *f, uint64_t span)
{
    uint64_t bits = BITS_MIN;
    while (bits < BITS_MAX && bits * 16 < span)
        bits *= 2;
    if (bits > f->room) {
        free(f->bits);
        f->bits = mem_array((size_t)(bits / 64), sizeof *f->bits);
        f->room = bits;
    } else {
        memset(f->bits, 0, (size_t)(bits / 8));
    }
    f->mask = bits - 1;
}

bool glibc_fast_follow(struct glibc_fast *f, const struct glibc_layout *l, const struct glibc_arena *a, uint64_t span,
                       struct target_peek *k)
{
    bool complete = true;
    uint64_t misses = MISSES_MIN + span / MISS_BYTES;
    f->mask = f->most = 0;
    f->lookups = misses;
    if (!f->known)
        f->mangled = true;
    k->misses = 0;
    for (unsigned i = 0; i < l->fast_count; i++) {
        uint64_t head = a->fast[i], size = fast_size(l, i);
        if (!head)
            continue;
        if (!f->mask)
            make_room(f, span);
        f->most = size;
        if (!follow(f, k, l, head, size, misses)) {
            glibc_fast_mark(f, head);
            complete = false;
        }
    }
    f->searched = !complete;
    return complete;
}

void glibc_fast_free(struct glibc_fast *f)
{
    free(f->bits);
    *f = (struct glibc_fast){0};
}

/* The arena of a chunk, by its header; the main arena if it cannot be told. */
static size_t arena_of(struct glibc_caches *c, uint64_t chunk, uint64_t header)
{
    const struct glibc_layout *l = c->found->layout;
    uint64_t arena;
    if (!(header & 4) || !read_word(c->peek, l, chunk & ~(glibc_heap_span(l) - 1), &arena))
        return 0;
    for (size_t i = 0; i < c->found->count; i++)
        if (c->found->arenas[i].address == arena)
            return i;
    return 0;
}

struct cache {
    unsigned bins;
    uint16_t held[CACHE_BINS_NEW];
    uint64_t entry[CACHE_BINS_NEW]; /* what the program got: behind the header */
};

static bool entry_sound(const struct glibc_caches *c, uint64_t entry)
{
    const struct target_map *m = target_find(c->peek->t, entry);
    return entry % 16 == 0 && m && m->permissions[1] == 'w';
}

/* Since 2.42 the numbers are slots left of tcache_count; up to then chunks held. A bin is empty in both or in neither, but for
 * those that its thread is just changing. */
static bool cache_parse(const struct glibc_caches *c, const uint8_t *bytes, bool slots, struct cache *k)
{
    const struct glibc_layout *l = c->found->layout;
    uint64_t most = c->found->parameters.tcache_count;
    unsigned torn = 0;
    k->bins = slots ? CACHE_BINS_NEW : CACHE_BINS_OLD;
    for (unsigned i = 0; i < k->bins; i++) {
        uint16_t number;
        memcpy(&number, bytes + 2 * i, sizeof number);
        k->entry[i] = glibc_word(l, bytes + 2 * k->bins + i * l->word);
        if (number > most || (k->entry[i] && !entry_sound(c, k->entry[i])))
            return false;
        k->held[i] = slots ? (uint16_t)(most - number) : number;
        if ((k->held[i] == 0) != (k->entry[i] == 0) && ++torn > TORN_MAX)
            return false;
    }
    return true;
}

static void cache_add(struct glibc_caches *c, size_t arena, uint64_t size, uint64_t count)
{
    unsigned class = heap_class(size);
    c->sums[arena].tcache += size * count;
    c->sums[arena].tcache_count += count;
    c->bytes[class] += size * count;
    c->counts[class] += count;
}

/* A bin of chunks of different sizes: each is looked up. */
static void cache_add_list(struct glibc_caches *c, uint64_t entry, unsigned count)
{
    const struct glibc_layout *l = c->found->layout;
    uint64_t header, stored;
    for (; count && entry; count--) {
        uint64_t chunk = entry - 2 * l->word;
        if (!read_word(c->peek, l, chunk + l->word, &header) || !read_word(c->peek, l, entry, &stored) ||
            (header & ~7ULL) > 1ULL << 32)
            return;
        cache_add(c, arena_of(c, chunk, header), header & ~7ULL, 1);
        entry = stored ^ entry >> 12;
    }
}

void glibc_cache_try(struct glibc_caches *c, uint64_t chunk, uint64_t size, const uint8_t *content)
{
    const struct glibc_layout *l = c->found->layout;
    uint8_t own[CACHE_BYTES_MAX];
    struct cache k;
    size_t length = (size_t)size - l->word;
    bool slots = size > (l->word == 8 ? 0x290 : 0x190);
    size_t least = slots ? CACHE_BINS_NEW * (2 + l->word) : CACHE_BINS_OLD * (2 + l->word);
    if (length > sizeof own || length < least)
        return;
    if (!content && !target_read_all(c->peek->t, chunk + 2 * l->word, own, length))
        return;
    if (!cache_parse(c, content ? content : own, slots, &k))
        return;
    uint64_t headers[CACHE_BINS_NEW] = {0};
    unsigned torn = 0;
    for (unsigned i = 0; i < CACHE_BINS_OLD; i++) {
        uint64_t expected = glibc_min_size(l) + 16ULL * i;
        if (k.entry[i] && read_word(c->peek, l, k.entry[i] - l->word, &headers[i]) &&
            (headers[i] & ~7ULL) != expected && ++torn > TORN_MAX)
            return; /* not a cache after all */
    }
    for (unsigned i = 0; i < k.bins; i++) {
        if (!k.entry[i])
            continue;
        if (i < CACHE_BINS_OLD)
            cache_add(c, arena_of(c, k.entry[i] - 2 * l->word, headers[i]), glibc_min_size(l) + 16ULL * i, k.held[i]);
        else
            cache_add_list(c, k.entry[i], k.held[i]);
    }
}
