/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of jemalloc's heaps over a made-up process that the input changes: 6 bytes each are a region, a word in it and
 * what becomes of it. Whatever it finds, it ends, reads only pages that are present, and gives figures that add up. */
#define FUZZ_SEEDS "tests/fuzz/jemalloc"
#define FUZZ_INPUT_MAX (16 * 1024)
#include "driver.h"

#include "../unit/jemalloc_image.h"

static void promise(bool kept)
{
    if (!kept)
        abort();
}

static void change(struct jemalloc_image *m, const uint8_t *d)
{
    static const uint64_t sizes[] = {IMAGE_ROOT, IMAGE_BASE};
    unsigned region = d[0] & 1;
    uint8_t *bytes = region ? m->base : m->root;
    /* words near what is used, or anywhere */
    uint64_t word = (uint64_t)(d[1] | d[2] << 8), at = word * 8 % sizes[region];
    if (d[0] & 2)
        at = region ? m->extents - image_base + word % (IMAGE_EXTENTS * 16) * 8 : image_word(m) - image_root;
    else if (d[0] & 4 && region)
        at = m->leaf_used - image_base + word % 64 * 8;
    uint64_t old, value = d[4] | (uint64_t)d[5] << 8;
    memcpy(&old, bytes + at, sizeof old);
    switch (d[3] % 8) {
    case 0:
        old ^= 1ULL << value % 64;
        break;
    case 1:
        old = value;
        break;
    case 2: /* somewhere in its books */
        old = image_base + value * 64 % IMAGE_BASE;
        break;
    case 3:
        old += (value & 0x3f) * 64 - 2048;
        break;
    case 4:
        old = UINT64_MAX - value;
        break;
    case 5: /* another size */
        old = (value & 0xff) << 12;
        break;
    case 6:
        m->gone[(at / IMAGE_PAGE + region * (IMAGE_ROOT / IMAGE_PAGE)) % IMAGE_PAGES] = 1 + (value & 1);
        break;
    default: /* what a neighbour holds */
        memcpy(&old, bytes + (at + 8 * (value % 64)) % sizes[region], sizeof old);
    }
    memcpy(bytes + at, &old, sizeof old);
}

static void check(const struct malloc_heap *h)
{
    promise(h->coverage >= 0 && h->coverage <= 1);
    promise(h->state == HEAP_MEASURED || h->reason[0]);
    if (h->state == HEAP_UNKNOWN)
        return;
    const struct heap_sums *s = &h->sums;
    promise(h->found && h->layout[0]);
    promise(s->free == s->binned + s->top && s->pinned == s->binned && s->trimmable + s->absent == s->top);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct jemalloc_image *m = jemalloc_image_new(data[0] & 1, data[0] & 2 ? JEMALLOC_5_2 : JEMALLOC_5_3);
    for (size_t i = 1; i + 6 <= size; i += 6)
        change(m, data + i);
    struct malloc_heap h;
    jemalloc_heap_read(&m->target, JEMALLOC_IN_LIBRARY, JEMALLOC_IN_OTHERS, &h);
    check(&h);
    malloc_heap_free(&h);
    jemalloc_image_free(m);
    return 0;
}
