/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A made-up process with a glibc heap, in memory: libc's data, a main heap and the heap of one thread's arena. What is in it
 * is known, and a fuzzer may then change any word and take any page away. */
#ifndef FW_TESTS_HEAP_IMAGE_H
#define FW_TESTS_HEAP_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/heap/glibc_heap.h"

enum { IMAGE_REGIONS = 3, IMAGE_PAGE = 4096, IMAGE_LIBC = 3 * IMAGE_PAGE, IMAGE_HEAP = 64 << 10 };

struct heap_image {
    struct image_region {
        uint64_t start;
        size_t size;
        uint8_t *bytes, *gone, *swapped; /* one a page */
    } regions[IMAGE_REGIONS];
    struct target target;
    struct target_map maps[IMAGE_REGIONS];
    unsigned word;
    /* Before the read of that number (from 1) this value is put there: what is looked at goes on meanwhile. 0: never */
    unsigned reads, put_before;
    uint64_t put_at, put_value;
    /* what is true of it */
    uint64_t system, in_use, binned, fast, cached, top;
};

static const uint64_t image_libc = 0x7f1234560000, image_heap = 0x555555600000, image_thread = 0x7e0000000000;
static const uint64_t image_libc_32 = 0xf7e10000, image_heap_32 = 0x56600000, image_thread_32 = 0xf5a00000;

static inline struct image_region *image_find(struct heap_image *m, uint64_t address)
{
    for (unsigned i = 0; i < IMAGE_REGIONS; i++)
        if (address >= m->regions[i].start && address - m->regions[i].start < m->regions[i].size)
            return &m->regions[i];
    return NULL;
}

static inline bool image_pages(void *context, uint64_t address, size_t pages, uint64_t *entries)
{
    for (size_t i = 0; i < pages; i++) {
        struct image_region *r = image_find(context, address + i * IMAGE_PAGE);
        size_t page = r ? (size_t)(address + i * IMAGE_PAGE - r->start) / IMAGE_PAGE : 0;
        entries[i] = !r ? 0 : !r->gone[page] ? 1ULL << 63 : r->swapped[page] ? 1ULL << 62 : 0;
    }
    return true;
}

static inline void image_put(struct heap_image *m, uint64_t address, uint64_t value)
{
    struct image_region *r = image_find(m, address);
    uint32_t four = (uint32_t)value;
    if (m->word == 8)
        memcpy(r->bytes + (address - r->start), &value, sizeof value);
    else
        memcpy(r->bytes + (address - r->start), &four, sizeof four);
}

/* A page that is not present must never be asked for: that would bring it in. */
static inline size_t image_read(void *context, uint64_t address, void *buffer, size_t size)
{
    size_t done = 0;
    struct heap_image *m = context;
    if (++m->reads == m->put_before)
        image_put(m, m->put_at, m->put_value);
    while (done < size) {
        struct image_region *r = image_find(context, address + done);
        if (!r)
            break;
        size_t offset = (size_t)(address + done - r->start), n = r->size - offset;
        if (r->gone[offset / IMAGE_PAGE])
            abort();
        n = n < size - done ? n : size - done;
        size_t left = IMAGE_PAGE - offset % IMAGE_PAGE;
        n = n < left ? n : left;
        memcpy((uint8_t *)buffer + done, r->bytes + offset, n);
        done += n;
    }
    return done;
}

/* An arena's malloc_state with empty bins. */
static inline void image_arena(struct heap_image *m, uint64_t at, uint64_t next, uint64_t top, uint64_t system,
                               const uint64_t fast[], unsigned fast_count)
{
    unsigned w = m->word, tops = w == 8 ? 96 : 56, bins = w == 8 ? 112 : 64, ring = w == 8 ? 2160 : 1096;
    for (unsigned i = 0; i < fast_count; i++)
        image_put(m, at + (w == 8 ? 16 : 12) + i * w, fast[i]);
    image_put(m, at + tops, top);
    for (unsigned i = 0; i < 127; i++) {
        uint64_t self = at + bins + 2ULL * i * w - 2 * w;
        image_put(m, at + bins + 2ULL * i * w, self);
        image_put(m, at + bins + 2ULL * i * w + w, self);
    }
    image_put(m, at + ring, next);
    image_put(m, at + ring + 2 * w, 1);      /* attached_threads */
    image_put(m, at + ring + 3 * w, system); /* system_mem, max_system_mem */
    image_put(m, at + ring + 4 * w, system);
}

static inline void image_parameters(struct heap_image *m, uint64_t at)
{
    unsigned w = m->word;
    struct image_region *r = image_find(m, at);
    uint8_t *base = r->bytes + (at - r->start); /* of sbrk_base */
    int32_t numbers[4] = {2, 65536, 3, 0};      /* n_mmaps, n_mmaps_max, max_n_mmaps, no_dyn_threshold */
    memcpy(base - 2 * w - 16 - (w == 8 ? 4 : 0), numbers, sizeof numbers);
    image_put(m, at - 2 * w, 300 * 1024); /* mmapped_mem, max_mmapped_mem */
    image_put(m, at - w, 400 * 1024);
    image_put(m, at, w == 8 ? image_heap : image_heap_32);
    image_put(m, at + w, 64); /* tcache_bins, tcache_max_bytes, tcache_count */
    image_put(m, at + 2 * w, w == 8 ? 1032 : 1020);
    image_put(m, at + 3 * w, 7);
}

/* Chunks from `at` to the end: a cache, then used, free, used ones of growing sizes, two in a fast bin, top. */
static inline uint64_t image_chunks(struct heap_image *m, uint64_t at, uint64_t end, unsigned flags, uint64_t fast[])
{
    unsigned w = m->word, least = 4 * w;
    uint64_t cache = at, cache_size = w == 8 ? 0x290 : 0x190, previous_fast = 0, cached = 0;
    uint64_t before = 0, size = cache_size;
    bool was_free = false;
    for (unsigned i = 0; at + size + 4096 < end; i++) {
        bool freed = i % 3 == 2 && i > 3;
        if (was_free)
            image_put(m, at, before);
        image_put(m, at + w, size | !was_free | (freed ? 0 : flags));
        if (freed) {
            m->binned += size;
        } else if (size == 64 && previous_fast == 0) {
            image_put(m, at + 2 * w, (at + 2 * w) >> 12); /* the list's end */
            previous_fast = at;
            m->fast += size;
        } else if (size == 64 && fast[w == 8 ? 2 : 6] == 0) {
            image_put(m, at + 2 * w, previous_fast ^ (at + 2 * w) >> 12);
            fast[w == 8 ? 2 : 6] = at;
            m->fast += size;
        } else if (size == least && i > 0 && !cached) {
            cached = at + 2 * w;
            image_put(m, cached, cached >> 12);
            m->cached += size;
        } else {
            m->in_use += size;
        }
        was_free = freed;
        before = size;
        at += size;
        size = i % 7 == 0 ? 64 : i % 7 == 1 ? least : 64 + (i * 48 & 0x7f0);
        if (i == 20)
            size = 3 * IMAGE_PAGE;
    }
    if (was_free) { /* nothing free lies before top */
        m->binned -= before;
        m->in_use += before;
        was_free = false;
    }
    image_put(m, at + w, (end - at) | 1);
    m->top += end - at;
    struct image_region *r = image_find(m, cache);
    uint16_t one = 1;
    memcpy(r->bytes + (cache + 2 * w - r->start), &one, sizeof one); /* counts[0], entries[0] */
    image_put(m, cache + 2 * w + 128, cached);
    return at;
}

static inline struct heap_image *image_new(unsigned word)
{
    struct heap_image *m = calloc(1, sizeof *m);
    const uint64_t starts[2][IMAGE_REGIONS] = {{image_libc_32, image_heap_32, image_thread_32},
                                               {image_libc, image_heap, image_thread}};
    const uint64_t *start = starts[word == 8];
    m->word = word;
    for (unsigned i = 0; i < IMAGE_REGIONS; i++) {
        struct image_region *r = &m->regions[i];
        r->start = start[i];
        r->size = i ? IMAGE_HEAP : IMAGE_LIBC;
        r->bytes = calloc(1, r->size);
        r->gone = calloc(1, r->size / IMAGE_PAGE);
        r->swapped = calloc(1, r->size / IMAGE_PAGE);
        m->maps[i] =
            (struct target_map){.start = r->start, .end = r->start + r->size, .permissions = {'r', 'w', '-', 'p'}};
    }
    m->maps[0].libc = true;
    m->maps[0].inode = 1;
    m->maps[1].heap = true;
    m->maps[2].anonymous = true;
    /* by address */
    struct target_map sorted[IMAGE_REGIONS] = {m->maps[1], m->maps[2], m->maps[0]};
    memcpy(m->maps, sorted, sizeof sorted);
    static const struct target_source source = {image_pages, image_read};
    m->target = (struct target){.pid = 1,
                                .pagemap = -1,
                                .directory = -1,
                                .page = IMAGE_PAGE,
                                .word = word,
                                .maps = m->maps,
                                .map_count = IMAGE_REGIONS,
                                .source = &source,
                                .context = m};

    uint64_t fast[2][11] = {{0}}, pad = word == 8 ? 0 : 8, arena = start[0] + 0x100;
    uint64_t info = word == 8 ? 0x30 : 0x18, thread = start[2] + info, state = word == 8 ? 2200 : 1116;
    uint64_t top = image_chunks(m, start[1] + pad, start[1] + IMAGE_HEAP, 0, fast[0]);
    uint64_t first = ((thread + state + 2 * word + 15) & ~15ULL) - 2 * word;
    uint64_t thread_top = image_chunks(m, first, start[2] + IMAGE_HEAP, 4, fast[1]);
    m->in_use += pad + (first - start[2]);
    m->system = 2 * IMAGE_HEAP;
    image_arena(m, arena, thread, top, IMAGE_HEAP, fast[0], word == 8 ? 10 : 11);
    image_arena(m, thread, arena, thread_top, IMAGE_HEAP, fast[1], word == 8 ? 10 : 11);
    image_put(m, start[2], thread); /* heap_info: ar_ptr, prev, size, mprotect_size */
    image_put(m, start[2] + 2 * word, IMAGE_HEAP);
    image_put(m, start[2] + 3 * word, IMAGE_HEAP);
    image_parameters(m, start[0] + 0x2000);
    return m;
}

static inline void image_free(struct heap_image *m)
{
    for (unsigned i = 0; i < IMAGE_REGIONS; i++) {
        free(m->regions[i].bytes);
        free(m->regions[i].gone);
        free(m->regions[i].swapped);
    }
    free(m);
}

#endif
