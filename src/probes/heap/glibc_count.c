/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/glibc_count.h"

#include "probes/heap/glibc_trim.h"

static void class_add(uint64_t bytes[], uint64_t counts[], uint64_t size, uint64_t count)
{
    unsigned class = heap_class(size);
    bytes[class] += size * count;
    counts[class] += count;
}

void glibc_count_sizes(struct glibc_walk *w)
{
    for (unsigned i = 0; i < SIZES_SMALL; i++) {
        class_add(w->heap->used_sizes, w->heap->used_counts, i * 16ULL, w->small_used[i]);
        class_add(w->heap->free_sizes, w->heap->free_counts, i * 16ULL, w->small_free[i]);
    }
    memset(w->small_used, 0, sizeof w->small_used);
    memset(w->small_free, 0, sizeof w->small_free);
}

void glibc_count_run(struct glibc_walk *w, uint64_t end)
{
    const struct target_view *v = &w->view;
    w->in_run = false;
    if (v->whole && w->run >= v->start && end <= v->end && end - w->run < w->t->page)
        w->sums->pinned += end - w->run; /* nearly always */
    else
        glibc_trim_run(&w->view, w->layout->word, w->run, end, w->sums);
}

static bool link_at(struct glibc_walk *w, uint64_t place, uint64_t *stored)
{
    uint8_t bytes[8];
    const struct target_view *v = &w->view;
    if (target_view_has(v, place) && place + w->layout->word <= v->end)
        *stored = glibc_word(w->layout, v->data + (place - v->start));
    else if (target_peek(w->peek, place, bytes, w->layout->word))
        *stored = glibc_word(w->layout, bytes);
    else
        return false;
    return true;
}

bool glibc_count_is_fast(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    struct glibc_fast *f = w->fast;
    uint64_t place = chunk + 2 * w->layout->word, stored, header;
    uint8_t bytes[8];
    bool marked = glibc_fast_bit(f, chunk);
    if (!marked && !f->searched)
        return false;
    if (!link_at(w, place, &stored))
        return marked;
    uint64_t next = glibc_link(f, place, stored);
    if (next == 0)
        return marked; /* the last in a thread's cache looks the same */
    if (!glibc_fast_inside(f, w->layout, next) || !glibc_fast_bit(f, next))
        return false;
    if (marked)
        return true;
    /* What would point to it is not resident, or it is new in its list: then where it points to must be of its kind. */
    if (!target_find(w->t, next))
        return false;
    if (!f->lookups)
        return f->mangled;
    f->lookups--;
    if (!target_peek(w->peek, next + w->layout->word, bytes, w->layout->word))
        return f->mangled;
    header = glibc_word(w->layout, bytes);
    return (header & ~(uint64_t)GLIBC_FLAGS) == size;
}

/* Marks what the chunk would lead to if it were in a fast bin. */
void glibc_count_mark(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    const struct target_view *v = &w->view;
    uint64_t place = chunk + 2 * w->layout->word, stored;
    if (!link_at(w, place, &stored))
        return;
    uint64_t next = glibc_link(w->fast, place, stored);
    if (!glibc_fast_inside(w->fast, w->layout, next))
        return;
    if (target_view_has(v, next) &&
        (glibc_word(w->layout, v->data + (next - v->start) + w->layout->word) & ~(uint64_t)GLIBC_FLAGS) != size)
        return;
    glibc_fast_mark(w->fast, next);
}

void glibc_count_large(struct glibc_walk *w, uint64_t size)
{
    class_add(w->heap->used_sizes, w->heap->used_counts, size, 1);
    if (size > 4 * w->t->page)
        w->big.used += (double)(size - 4 * w->t->page);
}

static void large_free(struct glibc_walk *w, uint64_t size)
{
    class_add(w->heap->free_sizes, w->heap->free_counts, size, 1);
    if (size > w->sums->largest_free)
        w->sums->largest_free = size;
    if (size > 4 * w->t->page)
        w->big.free += (double)(size - 4 * w->t->page);
}

void glibc_count_cache(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    const struct target_view *v = &w->view;
    bool inside = v->whole && chunk >= v->start && chunk + size + w->layout->word <= v->end;
    glibc_cache_try(w->caches, chunk, size, inside ? v->data + (chunk - v->start) + 2 * w->layout->word : NULL);
}

void glibc_count_fast(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    if (!w->in_run) {
        w->in_run = true;
        w->run = chunk;
    }
    w->sums->fast += size;
    w->sums->fast_count++;
    w->small_free[size >> 4]++;
}

void glibc_count_used(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    if (w->marking) {
        if (size <= w->fast->most)
            glibc_count_mark(w, chunk, size);
        w->sums->in_use += size;
        return;
    }
    if (w->fast->mask && size <= w->fast->most && glibc_count_is_fast(w, chunk, size)) {
        glibc_count_fast(w, chunk, size);
        return;
    }
    if (w->in_run)
        glibc_count_run(w, chunk);
    w->sums->in_use += size;
    w->sums->in_use_count++;
    if (glibc_cache_size(w->layout, size))
        glibc_count_cache(w, chunk, size);
    if (size < SIZES_SMALL * 16)
        w->small_used[size >> 4]++;
    else
        glibc_count_large(w, size);
}

void glibc_count_free(struct glibc_walk *w, uint64_t chunk, uint64_t size)
{
    w->sums->binned += size;
    if (w->marking)
        return;
    if (!w->in_run) {
        w->in_run = true;
        w->run = chunk;
    }
    w->sums->binned_count++;
    if (size < SIZES_SMALL * 16) {
        w->small_free[size >> 4]++;
        if (size > w->sums->largest_free)
            w->sums->largest_free = size;
    } else {
        large_free(w, size);
    }
}
