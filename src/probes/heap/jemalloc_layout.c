/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An extent: u64 bits · address · size, the low bits of which are others' · … · at 64 a map of a slab's regions, 1: free.
 *
 *   bits   arena  slab  state   class   free regions
 *   5.2    0–11   12    16–17   18–25   26–35
 *   5.3    0–11   12    17–19   20–27   28–37
 *
 * A leaf's element holds the extent's address and repeats its class:
 *   48-bit tree  u64: class << 48 | extent | bit 0 slab (5.3: bits 1–4 head and state)
 *   57-bit tree  u64 extent, then 5.3 u32: bit 0 slab, 1 head, 2–4 state, class << 5; 5.2 u32 class, u8 slab */
#include "probes/heap/jemalloc_layout.h"

#include <string.h>

const struct jemalloc_tree jemalloc_trees[JEMALLOC_TREES] = {{48, 2, 18, 8}, {57, 3, 15, 16}};
const char *const jemalloc_family_names[] = {"5.2", "5.3"};

static const uint64_t addresses = 1ULL << 47; /* of programs */

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t n;
    memcpy(&n, bytes, sizeof n);
    return n;
}

static unsigned field(uint64_t bits, unsigned from, unsigned width)
{
    return (unsigned)(bits >> from & ((1U << width) - 1));
}

struct jemalloc_element jemalloc_element(const struct jemalloc_tree *t, enum jemalloc_family f, const uint8_t *bytes)
{
    uint64_t first = word_at(bytes);
    if (t->element == 8) {
        uint64_t extent = first & ((1ULL << 48) - 1) & ~(uint64_t)(JEMALLOC_ALIGNMENT - 1);
        bool new = f == JEMALLOC_5_3;
        return (struct jemalloc_element){extent, field(first, 48, 16), first & 1, new &&field(first, 2, 3), new};
    }
    uint64_t second = word_at(bytes + 8);
    if (f == JEMALLOC_5_2)
        return (struct jemalloc_element){first, (unsigned)(second & UINT32_MAX), second >> 32 & 1, false, false};
    return (struct jemalloc_element){first, field(second, 5, 27), second & 1, field(second, 2, 3), true};
}

uint64_t jemalloc_class_size(unsigned class)
{
    if (class < 5)
        return class ? 16ULL * class : 8;
    unsigned group = (class - 5) / 4, step = (class - 5) % 4 + 1;
    return (64ULL << group) + step * (16ULL << group);
}

uint64_t jemalloc_slab_size(unsigned class)
{
    uint64_t region = jemalloc_class_size(class), size = JEMALLOC_PAGE;
    while (size % region)
        size += JEMALLOC_PAGE;
    return size;
}

/* Free regions by the map. */
static unsigned count_free(const uint8_t *map, unsigned regions)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < regions; i += 64) {
        uint64_t word = word_at(map + i / 8);
        if (regions - i < 64)
            word &= (1ULL << (regions - i)) - 1; /* what follows is rubbish */
        sum += (unsigned)__builtin_popcountll(word);
    }
    return sum;
}

bool jemalloc_extent(enum jemalloc_family f, const uint8_t *bytes, struct jemalloc_extent *e)
{
    bool new = f == JEMALLOC_5_3;
    uint64_t bits = word_at(bytes), address = word_at(bytes + 8), in_page = JEMALLOC_PAGE - 1;
    *e = (struct jemalloc_extent){
        .start = address & ~in_page,
        .size = word_at(bytes + 16) & ~in_page,
        .offset = address & in_page,
        .arena = field(bits, 0, 12),
        .state = new ? field(bits, 17, 3) : field(bits, 16, 2),
        .class = field(bits, new ? 20 : 18, 8),
    };
    /* the mark stays when a slab is freed */
    e->slab = field(bits, 12, 1) && e->state == JEMALLOC_ACTIVE && e->class < JEMALLOC_CLASSES;
    if (!e->start || e->start >= addresses || !e->size || e->size > addresses - e->start)
        return false;
    if (!e->slab)
        return true;
    if (e->class >= JEMALLOC_SMALL)
        return false;
    uint64_t regions = e->size / jemalloc_class_size(e->class);
    if (!regions || regions > JEMALLOC_REGIONS_MAX)
        return false;
    e->regions = (unsigned)regions;
    e->free = count_free(bytes + 64, e->regions);
    e->torn = e->free != field(bits, new ? 28 : 26, 10);
    return true;
}
