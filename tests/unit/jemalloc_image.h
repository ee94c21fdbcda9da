/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A made-up process with a jemalloc heap, in memory: a library's data with the root of the tree, and jemalloc's own memory with
 * nodes and extents. What is in it is known, and a fuzzer may then change any word and take any page away. */
#ifndef FW_TESTS_JEMALLOC_IMAGE_H
#define FW_TESTS_JEMALLOC_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/heap/jemalloc_heap.h"

enum {
    IMAGE_PAGE = 4096,
    IMAGE_ROOT = (2 << 20) + 4 * IMAGE_PAGE,
    IMAGE_BASE = (2 << 20) + (512 << 10) + 64 * IMAGE_PAGE,
    IMAGE_HEAP = 1 << 20,
    IMAGE_EXTENTS = 64,
    IMAGE_PAGES = (IMAGE_ROOT + IMAGE_BASE + IMAGE_HEAP) / IMAGE_PAGE,
};
static const uint64_t image_root = 0x7f1234560000, image_base = 0x7f0000200000, image_heap = 0x7e8040300000;

struct jemalloc_image {
    const struct jemalloc_tree *tree;
    enum jemalloc_family family;
    uint8_t *root, *base;
    uint8_t gone[IMAGE_PAGES]; /* 1: never touched, 2: swapped out */
    uint64_t extents;          /* address of the first */
    uint64_t leaf_used;        /* address of the first element in use */
    struct target target;
    struct target_map maps[4];
    /* what is true of it */
    uint64_t in_use, active, dirty, retained;
};

/* Where the bytes of an address are; the heap's own are not kept. */
static inline uint8_t *image_at(struct jemalloc_image *m, uint64_t at, size_t *page)
{
    static uint8_t nothing[IMAGE_PAGE];
    if (at >= image_root && at < image_root + IMAGE_ROOT) {
        *page = (size_t)(at - image_root) / IMAGE_PAGE;
        return m->root + (at - image_root);
    }
    if (at >= image_base && at < image_base + IMAGE_BASE) {
        *page = (size_t)(IMAGE_ROOT + at - image_base) / IMAGE_PAGE;
        return m->base + (at - image_base);
    }
    if (at >= image_heap && at < image_heap + IMAGE_HEAP) {
        *page = (size_t)(IMAGE_ROOT + IMAGE_BASE + at - image_heap) / IMAGE_PAGE;
        return nothing + at % IMAGE_PAGE;
    }
    return NULL;
}

static inline bool image_pages(void *context, uint64_t address, size_t pages, uint64_t *entries)
{
    struct jemalloc_image *m = context;
    for (size_t i = 0; i < pages; i++) {
        size_t page;
        bool there = image_at(m, address + i * IMAGE_PAGE, &page);
        entries[i] = !there ? 0 : m->gone[page] == 0 ? 1ULL << 63 : m->gone[page] == 2 ? 1ULL << 62 : 0;
    }
    return true;
}

/* A page that is not present must never be asked for: that would bring it in. */
static inline size_t image_read(void *context, uint64_t address, void *buffer, size_t size)
{
    struct jemalloc_image *m = context;
    for (size_t done = 0; done < size;) {
        size_t page, n = IMAGE_PAGE - (address + done) % IMAGE_PAGE;
        const uint8_t *from = image_at(m, address + done, &page);
        if (!from)
            return done;
        if (m->gone[page])
            abort();
        n = n < size - done ? n : size - done;
        memcpy((uint8_t *)buffer + done, from, n);
        done += n;
    }
    return size;
}

static inline void image_put(struct jemalloc_image *m, uint64_t at, uint64_t value)
{
    size_t page;
    memcpy(image_at(m, at, &page), &value, sizeof value);
}

/* The root begins behind some other data. */
static inline uint64_t image_word(const struct jemalloc_image *m)
{
    return image_root + 0x1040 + 8 * jemalloc_index(m->tree, 0, image_heap);
}

static inline void image_element(struct jemalloc_image *m, uint64_t leaf, uint64_t page, uint64_t extent,
                                 unsigned class, bool slab, unsigned state)
{
    uint64_t at = leaf + jemalloc_index(m->tree, m->tree->levels - 1, page) * m->tree->element;
    bool new = m->family == JEMALLOC_5_3;
    if (m->tree->element == 8) {
        image_put(m, at, (uint64_t) class << 48 | extent | slab | (new ? state << 2 : 0));
        return;
    }
    image_put(m, at, extent);
    image_put(m, at + 8, new ? (uint64_t) class << 5 | state << 2 | slab : class | (uint64_t)slab << 32);
}

/* One extent; `used`: regions of a slab. Returns its end. */
static inline uint64_t image_extent(struct jemalloc_image *m, uint64_t leaf, unsigned i, uint64_t start, uint64_t size,
                                    unsigned class, bool slab, unsigned state, unsigned used)
{
    uint64_t at = m->extents + (uint64_t)i * JEMALLOC_EXTENT, map[8] = {0};
    unsigned regions = slab ? (unsigned)(size / jemalloc_class_size(class)) : 0, unused = regions - used;
    bool new = m->family == JEMALLOC_5_3;
    for (unsigned r = used; r < regions; r++)
        map[r / 64] |= 1ULL << r % 64;
    image_put(m, at,
              (i & 1) | (uint64_t)slab << 12 | (uint64_t)state << (new ? 17 : 16) |
                  (uint64_t) class << (new ? 20 : 18) | (slab ? (uint64_t)unused << (new ? 28 : 26) : 0));
    image_put(m, at + 8, start);
    image_put(m, at + 16, size);
    for (unsigned w = 0; slab && w < 8; w++)
        image_put(m, at + 64 + 8 * w, map[w]);
    for (uint64_t page = start; page < start + size; page += IMAGE_PAGE)
        if (slab || page == start || page + IMAGE_PAGE == start + size)
            image_element(m, leaf, page, at, class, slab, state);
    if (state == JEMALLOC_ACTIVE) {
        m->active += size;
        m->in_use += slab ? used * jemalloc_class_size(class) : size;
    } else {
        *(state == JEMALLOC_RETAINED ? &m->retained : &m->dirty) += size;
    }
    return start + size;
}

static inline struct jemalloc_image *jemalloc_image_new(unsigned tree, enum jemalloc_family family)
{
    static const struct target_source source = {image_pages, image_read};
    struct jemalloc_image *m = calloc(1, sizeof *m);
    m->tree = &jemalloc_trees[tree];
    m->family = family;
    m->root = calloc(1, IMAGE_ROOT);
    m->base = calloc(1, IMAGE_BASE);
    m->maps[0] = (struct target_map){.start = image_heap, .end = image_heap + IMAGE_HEAP, .anonymous = true};
    m->maps[1] = (struct target_map){.start = image_base, .end = image_base + IMAGE_BASE, .anonymous = true};
    m->maps[2] = (struct target_map){.start = image_root, .end = image_root + IMAGE_PAGE, .inode = 1, .jemalloc = true};
    m->maps[3] =
        (struct target_map){.start = image_root + IMAGE_PAGE, .end = image_root + IMAGE_ROOT, .anonymous = true};
    for (unsigned i = 0; i < 4; i++)
        memcpy(m->maps[i].permissions, "rw-p", 4);
    m->target = (struct target){.pid = 1,
                                .pagemap = -1,
                                .directory = -1,
                                .page = IMAGE_PAGE,
                                .word = 8,
                                .maps = m->maps,
                                .map_count = 4,
                                .source = &source,
                                .context = m};
    uint64_t node = image_base + 0x40, leaf = node;
    image_put(m, image_word(m), node);
    if (m->tree->levels == 3) {
        leaf = image_base + (1 << 20) + 0x80;
        image_put(m, node + 8 * jemalloc_index(m->tree, 1, image_heap), leaf);
    }
    m->extents = image_base + (2 << 20) + (512 << 10) + 0x100;
    m->leaf_used = leaf + jemalloc_index(m->tree, m->tree->levels - 1, image_heap) * m->tree->element;
    uint64_t at = image_heap;
    for (unsigned i = 0; i < 40; i += 4) {
        unsigned class = 1 + i % 30;
        uint64_t size = jemalloc_slab_size(class);
        at = image_extent(m, leaf, i, at, size, class, true, JEMALLOC_ACTIVE,
                          (unsigned)(size / jemalloc_class_size(class)) * (i % 3 + 1) / 4);
        at = image_extent(m, leaf, i + 1, at, 16 << 10, 36, false, JEMALLOC_ACTIVE, 0);
        at = image_extent(m, leaf, i + 2, at, 3 * IMAGE_PAGE, JEMALLOC_CLASSES, false, JEMALLOC_DIRTY, 0);
        at = image_extent(m, leaf, i + 3, at, 2 * IMAGE_PAGE, JEMALLOC_CLASSES, false, JEMALLOC_RETAINED, 0);
    }
    return m;
}

static inline void jemalloc_image_free(struct jemalloc_image *m)
{
    free(m->root);
    free(m->base);
    free(m);
}

#endif
