/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leaves are read in the order of addresses, extents in the order of their own: a heap that has lived long has them in
 * any order, and each alone would cost a read. */
#include "probes/heap/jemalloc_walk.h"

#include <stdlib.h>

#include "base/mem.h"

/* The less time passes between the tree and its extents, the fewer have changed; so a batch is small until it costs more than
 * one block for so many extents. */
enum { BATCH_LEAST = 1 << 8, BATCH_MAX = 1 << 14, EXTENTS_A_BLOCK = 64, LEVELS_MAX = 3 };

struct entry {
    uint64_t extent;
    uint64_t page; /* that the element stands for */
    uint16_t class;
    bool slab, free, tells;
};

struct walk {
    struct target *t;
    const struct jemalloc_found *found;
    struct jemalloc_count *count;
    struct jemalloc_walked *out;
    struct target_view view;
    struct target_peek peek;
    uint8_t *buffers[LEVELS_MAX];
    uint64_t base[LEVELS_MAX]; /* first address that the node of each level is for */
    struct entry *entries;
    size_t entry_count, batch;
    size_t blocks; /* loaded for this batch */
    uint64_t last; /* extent of the element before: all of one extent stand side by side */
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->extent != y->extent)
        return x->extent < y->extent ? -1 : 1;
    return (x->page > y->page) - (x->page < y->page);
}

static bool read_extent(struct walk *w, uint64_t at, uint8_t bytes[JEMALLOC_EXTENT])
{
    struct target_view *v = &w->view;
    if (at < v->start || at >= v->end) {
        target_view_load(v, at, 0, UINT64_MAX);
        w->blocks++;
    }
    if (at < v->start || at + JEMALLOC_EXTENT > v->end) /* across the end of what was loaded */
        return target_peek(&w->peek, at, bytes, JEMALLOC_EXTENT);
    if (!target_view_has(v, at) || !target_view_has(v, at + JEMALLOC_EXTENT - 1))
        return false;
    memcpy(bytes, v->data + (at - v->start), JEMALLOC_EXTENT);
    return true;
}

static void count_entry(struct walk *w, const struct entry *n)
{
    uint8_t bytes[JEMALLOC_EXTENT];
    struct jemalloc_element element = {n->extent, n->class, n->slab, n->free, n->tells};
    struct jemalloc_extent e;
    w->out->extents++;
    if (!read_extent(w, n->extent, bytes)) {
        jemalloc_count_missing(&w->count->lost, &element);
        return;
    }
    bool good = jemalloc_extent(w->found->family, bytes, &e) && n->page >= e.start && n->page - e.start < e.size &&
                jemalloc_agrees(&e, &element);
    w->out->torn += !good || e.torn;
    if (good)
        jemalloc_count_extent(w->count, &e);
    else
        jemalloc_count_missing(&w->count->moved, &element);
}

static bool flush(struct walk *w)
{
    if (w->entry_count)
        qsort(w->entries, w->entry_count, sizeof *w->entries, compare_entries);
    /* a live target: what was loaded before is old */
    w->view.start = w->view.end = 0;
    target_peek_forget(&w->peek);
    for (size_t i = 0; i < w->entry_count && !target_expired(w->t); i++)
        if (i == 0 || w->entries[i].extent != w->entries[i - 1].extent)
            count_entry(w, &w->entries[i]);
    if (w->blocks > w->entry_count / EXTENTS_A_BLOCK && w->batch < BATCH_MAX)
        w->batch *= 2;
    w->blocks = w->entry_count = 0;
    return !target_expired(w->t);
}

static bool visit_leaf(void *context, const uint8_t *bytes, uint64_t offset, uint64_t size)
{
    struct walk *w = context;
    const struct jemalloc_tree *tree = w->found->tree;
    unsigned last = tree->levels - 1;
    uint64_t page = w->base[last] + offset / tree->element * JEMALLOC_PAGE;
    if (!bytes) {
        jemalloc_count_hidden(w->count, page, size / tree->element * JEMALLOC_PAGE);
        return true;
    }
    w->out->metadata += size;
    for (uint64_t i = 0; i < size; i += tree->element, page += JEMALLOC_PAGE) {
        uint64_t first;
        memcpy(&first, bytes + i, sizeof first);
        if (!first)
            continue;
        struct jemalloc_element e = jemalloc_element(tree, w->found->family, bytes + i);
        if (!e.extent || e.extent == w->last)
            continue;
        w->last = e.extent;
        w->entries[w->entry_count++] = (struct entry){
            .extent = e.extent,
            .page = page,
            .class = (uint16_t)(e.class < UINT16_MAX ? e.class : UINT16_MAX),
            .slab = e.slab,
            .free = e.free,
            .tells = e.tells,
        };
        if (w->entry_count == w->batch && !flush(w))
            return false;
    }
    return true;
}

static bool walk_node(struct walk *w, unsigned level, uint64_t node);

static bool visit_words(struct walk *w, unsigned level, const uint8_t *bytes, uint64_t offset, uint64_t size)
{
    if (!bytes) {
        w->out->hidden = true;
        return true;
    }
    for (uint64_t i = 0; i < size; i += 8) {
        uint64_t child;
        memcpy(&child, bytes + i, sizeof child);
        if (child <= 1 || !jemalloc_node_possible(w->t, child, jemalloc_node_size(w->found->tree, level + 1)))
            continue;
        w->base[level + 1] = w->base[level] + ((offset + i) / 8 << jemalloc_shift(w->found->tree, level));
        if (!walk_node(w, level + 1, child))
            return false;
    }
    return true;
}

static bool visit_root(void *context, const uint8_t *bytes, uint64_t offset, uint64_t size)
{
    return visit_words(context, 0, bytes, offset, size);
}

static bool visit_between(void *context, const uint8_t *bytes, uint64_t offset, uint64_t size)
{
    return visit_words(context, 1, bytes, offset, size);
}

static bool walk_node(struct walk *w, unsigned level, uint64_t node)
{
    const struct jemalloc_tree *tree = w->found->tree;
    jemalloc_visit visit = level + 1 == tree->levels ? visit_leaf : level ? visit_between : visit_root;
    return jemalloc_node_each(w->t, node, jemalloc_node_size(tree, level), w->buffers[level], visit, w);
}

bool jemalloc_walk(struct target *t, const struct jemalloc_found *f, struct jemalloc_count *c,
                   struct jemalloc_walked *out)
{
    struct walk w = {.t = t, .found = f, .count = c, .out = out, .batch = BATCH_LEAST};
    *out = (struct jemalloc_walked){0};
    target_view_open(&w.view, t);
    target_peek_open(&w.peek, t);
    w.entries = mem_array(BATCH_MAX, sizeof *w.entries);
    for (unsigned i = 0; i < f->tree->levels; i++)
        w.buffers[i] = mem_array(1, JEMALLOC_BUFFER);
    bool whole = walk_node(&w, 0, f->root) && flush(&w);
    out->metadata += out->extents * JEMALLOC_EXTENT;
    for (unsigned i = 0; i < f->tree->levels; i++)
        free(w.buffers[i]);
    free(w.entries);
    target_peek_close(&w.peek);
    target_view_close(&w.view);
    return whole;
}
