/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/jemalloc_count.h"

#include <stdlib.h>

#include "base/mem.h"

static const double fill_least = 0.5; /* with less read, there is no figure to be made more of */

void jemalloc_count_open(struct jemalloc_count *c, struct target *t, struct malloc_heap *h)
{
    *c = (struct jemalloc_count){.t = t, .heap = h};
    c->classes = mem_array(JEMALLOC_CLASSES, sizeof *c->classes);
    c->large = mem_array(JEMALLOC_ARENAS, sizeof *c->large);
    c->places = mem_array(JEMALLOC_ARENAS, sizeof *c->places);
}

void jemalloc_count_close(struct jemalloc_count *c)
{
    free(c->classes);
    free(c->large);
    free(c->places);
}

static struct heap_arena *arena_of(struct jemalloc_count *c, unsigned number)
{
    struct malloc_heap *h = c->heap;
    if (!c->places[number]) {
        MEM_ROOM(h->arenas, h->arena_count);
        h->arenas[h->arena_count++] = (struct heap_arena){.number = number, .jemalloc = true};
        c->places[number] = (uint16_t)h->arena_count;
    }
    return &h->arenas[c->places[number] - 1];
}

static void count_slab(struct jemalloc_count *c, const struct jemalloc_extent *e, struct heap_sums *s)
{
    struct jemalloc_class *k = &c->classes[e->class];
    uint64_t region = jemalloc_class_size(e->class), used = e->regions - e->free;
    k->used += used;
    k->bytes += used * region;
    k->free += e->free;
    s->in_use += used * region;
    s->in_use_count += used;
    s->binned += e->size - used * region; /* with the slab's tail, which no region fits into */
    s->binned_count += e->free;
    c->slabs += e->size;
    c->slabs_used += used * region;
}

static void count_large(struct jemalloc_count *c, const struct jemalloc_extent *e, struct heap_sums *s)
{
    struct jemalloc_class *k = &c->classes[e->class];
    k->used++;
    s->in_use_count++;
    if (e->class < JEMALLOC_SMALL) { /* a small one that the profiler samples has an extent of its own */
        uint64_t size = jemalloc_class_size(e->class);
        size = size < e->size ? size : e->size;
        k->bytes += size;
        s->in_use += size;
        s->binned += e->size - size;
        return;
    }
    k->bytes += e->size;
    s->in_use += e->size;
    c->large[e->arena]++;
    c->offsets |= e->offset || e->size > jemalloc_class_size(e->class); /* aligned ones have the page, but no offset */
}

static void count_idle(struct jemalloc_count *c, const struct jemalloc_extent *e, struct heap_sums *s)
{
    uint64_t present = 0;
    s->top += e->size;
    if (e->state != JEMALLOC_RETAINED) {
        target_count(c->t, e->start, (size_t)(e->size / JEMALLOC_PAGE), &present, NULL);
        c->idle += e->size;
        s->largest_free = e->size > s->largest_free ? e->size : s->largest_free;
    }
    s->trimmable += present * JEMALLOC_PAGE;
    s->absent += e->size - present * JEMALLOC_PAGE;
}

void jemalloc_count_extent(struct jemalloc_count *c, const struct jemalloc_extent *e)
{
    struct heap_arena *a = arena_of(c, e->arena);
    struct heap_sums *s = &a->sums;
    a->heaps++;
    s->system += e->size;
    if (e->state != JEMALLOC_ACTIVE || e->class >= JEMALLOC_CLASSES) {
        count_idle(c, e, s);
        return;
    }
    c->active += e->size;
    if (e->slab)
        count_slab(c, e, s);
    else
        count_large(c, e, s);
}

void jemalloc_count_missing(struct jemalloc_missing *m, const struct jemalloc_element *e)
{
    if (e->class >= JEMALLOC_CLASSES || e->free)
        return;
    bool slab = e->slab && e->class < JEMALLOC_SMALL;
    double size = (double)(slab ? jemalloc_slab_size(e->class) : jemalloc_class_size(e->class));
    *(!e->tells ? &m->any : slab ? &m->slabs : &m->large) += size;
}

void jemalloc_count_hidden(struct jemalloc_count *c, uint64_t start, uint64_t size)
{
    uint64_t present, swapped;
    if (target_count(c->t, start, (size_t)(size / JEMALLOC_PAGE), &present, &swapped))
        c->lost.any += (double)(present + swapped) * JEMALLOC_PAGE;
}

static double share(uint64_t part, uint64_t whole, double otherwise)
{
    return whole ? (double)part / (double)whole : otherwise;
}

/* The page that each large allocation has more than it needs. */
static void take_padding(struct jemalloc_count *c)
{
    if (!c->offsets)
        return;
    for (size_t i = 0; i < c->heap->arena_count; i++) {
        struct heap_arena *a = &c->heap->arenas[i];
        uint64_t padding = c->large[a->number] * JEMALLOC_PAGE;
        a->sums.in_use -= padding < a->sums.in_use ? padding : a->sums.in_use;
        a->sums.binned += padding;
    }
    for (unsigned i = JEMALLOC_SMALL; i < JEMALLOC_CLASSES; i++) {
        uint64_t padding = c->classes[i].used * JEMALLOC_PAGE;
        c->classes[i].bytes -= padding < c->classes[i].bytes ? padding : c->classes[i].bytes;
    }
}

static void add_sizes(struct jemalloc_count *c)
{
    struct malloc_heap *h = c->heap;
    for (unsigned i = 0; i < JEMALLOC_CLASSES; i++) {
        const struct jemalloc_class *k = &c->classes[i];
        uint64_t size = jemalloc_class_size(i);
        unsigned to = heap_class(size);
        h->used_counts[to] += k->used;
        h->used_sizes[to] += k->bytes;
        h->free_counts[to] += k->free;
        h->free_sizes[to] += k->free * size;
    }
}

static int compare_arenas(const void *a, const void *b)
{
    const struct heap_arena *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static void scale(uint64_t *n, double factor)
{
    *n = (uint64_t)((double)*n * factor);
}

/* Of what is missing the bytes that belong to slabs and large allocations; of them those in use, as elsewhere. */
static double missing(const struct jemalloc_count *c, const struct jemalloc_missing *m, uint64_t in_use, double *used)
{
    double any = m->any * share(c->active, c->active + c->idle, 1);
    *used += m->large + m->slabs * share(c->slabs_used, c->slabs, 1) + any * share(in_use, c->active, 1);
    return m->slabs + m->large + any;
}

/* More of the same in all arenas and classes. */
static void fill_gaps(struct jemalloc_count *c, uint64_t in_use)
{
    struct malloc_heap *h = c->heap;
    double used = 0, lost = missing(c, &c->lost, in_use, &used), moved = missing(c, &c->moved, in_use, &used),
           seen = (double)c->active;
    h->coverage = seen + lost > 0 ? seen / (seen + lost) : 1;
    if (lost + moved <= 0 || seen < fill_least * (seen + lost + moved))
        return;
    double more_used = in_use ? 1 + used / (double)in_use : 1, more = (seen + lost + moved) / seen;
    for (size_t i = 0; i < h->arena_count; i++) {
        struct heap_sums *s = &h->arenas[i].sums;
        scale(&s->in_use, more_used);
        scale(&s->in_use_count, more_used);
        scale(&s->binned, more);
        scale(&s->binned_count, more);
        s->system = s->in_use + s->binned + s->top;
    }
    for (unsigned i = 0; i < HEAP_CLASSES; i++) {
        scale(&h->used_sizes[i], more_used);
        scale(&h->used_counts[i], more_used);
        scale(&h->free_sizes[i], more);
        scale(&h->free_counts[i], more);
    }
}

void jemalloc_count_finish(struct jemalloc_count *c)
{
    struct malloc_heap *h = c->heap;
    uint64_t in_use = 0;
    take_padding(c);
    add_sizes(c);
    for (size_t i = 0; i < h->arena_count; i++)
        in_use += h->arenas[i].sums.in_use;
    fill_gaps(c, in_use);
    if (h->arena_count)
        qsort(h->arenas, h->arena_count, sizeof *h->arenas, compare_arenas);
    for (size_t i = 0; i < h->arena_count; i++) {
        struct heap_sums *s = &h->arenas[i].sums;
        s->walked = s->system;
        s->free = s->binned + s->top;
        s->pinned = s->binned;
        heap_sums_add(&h->sums, s);
    }
}
