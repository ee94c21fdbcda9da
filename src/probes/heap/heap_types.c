/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/heap_types.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *const heap_state_names[] = {"measured", "estimate", "unknown", NULL};

unsigned heap_class(uint64_t size)
{
    if (size < 16)
        return 0;
    unsigned exponent = 63 - (unsigned)__builtin_clzll(size);
    unsigned class = (exponent - 4) * 4 + (unsigned)(size >> (exponent - 2) & 3);
    return class < HEAP_CLASSES ? class : HEAP_CLASSES - 1;
}

uint64_t heap_class_from(unsigned class)
{
    return (4ULL + class % 4) << (2 + class / 4);
}

void malloc_heap_free(struct malloc_heap *h)
{
    free(h->arenas);
    h->arenas = NULL;
    h->arena_count = 0;
}

void heap_sums_add(struct heap_sums *to, const struct heap_sums *s)
{
    to->system += s->system;
    to->walked += s->walked;
    to->in_use += s->in_use;
    to->in_use_count += s->in_use_count;
    to->free += s->free;
    to->binned += s->binned;
    to->binned_count += s->binned_count;
    to->fast += s->fast;
    to->fast_count += s->fast_count;
    to->tcache += s->tcache;
    to->tcache_count += s->tcache_count;
    to->top += s->top;
    to->largest_free = s->largest_free > to->largest_free ? s->largest_free : to->largest_free;
    to->trimmable += s->trimmable;
    to->pinned += s->pinned;
    to->kept_top += s->kept_top;
    to->absent += s->absent;
}

void malloc_heap_add(struct malloc_heap *to, const struct malloc_heap *from)
{
    if (from->state > to->state) {
        to->state = from->state;
        memcpy(to->reason, from->reason, sizeof to->reason);
    }
    to->coverage = from->coverage < to->coverage ? from->coverage : to->coverage;
    heap_sums_add(&to->sums, &from->sums);
    to->mmapped += from->mmapped;
    to->mmapped_count += from->mmapped_count;
    to->metadata += from->metadata;
    to->arenas = mem_resize(to->arenas, to->arena_count + from->arena_count, sizeof *to->arenas);
    for (size_t i = 0; i < from->arena_count; i++)
        if (from->arenas[i].sums.system) /* one that was used */
            to->arenas[to->arena_count++] = from->arenas[i];
    for (unsigned i = 0; i < HEAP_CLASSES; i++) {
        to->used_sizes[i] += from->used_sizes[i];
        to->used_counts[i] += from->used_counts[i];
        to->free_sizes[i] += from->free_sizes[i];
        to->free_counts[i] += from->free_counts[i];
    }
}
