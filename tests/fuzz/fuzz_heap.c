/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap walker over a made-up process that the input changes: 8 bytes each are a region, a word in it and what becomes of
 * it. Whatever it finds, it ends, reads only pages that are present, and gives figures that add up. */
#define FUZZ_SEEDS "tests/fuzz/heap"
#define FUZZ_INPUT_MAX (16 * 1024)
#include "driver.h"

#include "../unit/heap_image.h"

static void promise(bool kept)
{
    if (!kept)
        abort();
}

static uint64_t small(uint64_t n) /* a step of words up or down */
{
    return (n & 0x3f) * 8 - 256;
}

static void change(struct heap_image *m, const uint8_t *d)
{
    struct image_region *r = &m->regions[d[0] % IMAGE_REGIONS];
    size_t words = r->size / m->word, at = (size_t)(d[1] | d[2] << 8 | d[3] << 16) % words;
    uint64_t old = 0, value = d[5] | (uint64_t)d[6] << 8 | (uint64_t)d[7] << 16;
    memcpy(&old, r->bytes + at * m->word, m->word);
    switch (d[4] % 10) {
    case 0:
        image_put(m, r->start + at * m->word, value);
        break;
    case 1:
        image_put(m, r->start + at * m->word, old ^ 1ULL << value % 64);
        break;
    case 2: /* somewhere in the heaps */
        image_put(m, r->start + at * m->word, m->regions[value % IMAGE_REGIONS].start + (value >> 2) % IMAGE_HEAP);
        break;
    case 3:
        image_put(m, r->start + at * m->word, old + small(value));
        break;
    case 4: /* a chunk's size */
        image_put(m, r->start + at * m->word, (value & 0xffff0) | (value & 7));
        break;
    case 5: /* what a neighbour holds */
        memcpy(r->bytes + at * m->word, r->bytes + (at + value % 64) % words * m->word, m->word);
        break;
    case 6:
        image_put(m, r->start + at * m->word, UINT64_MAX - value);
        break;
    case 7: /* a mangled link */
        image_put(m, r->start + at * m->word,
                  (r->start + (value & 0xfff0) % r->size) ^ (r->start + at * m->word) >> 12);
        break;
    case 8:
        m->regions[1 + value % 2].gone[(value >> 1) % (IMAGE_HEAP / IMAGE_PAGE)] = 1;
        m->regions[1 + value % 2].swapped[(value >> 1) % (IMAGE_HEAP / IMAGE_PAGE)] = value >> 9 & 1;
        break;
    default: { /* a mapping that is shorter or longer than it was */
        struct target_map *map = &m->maps[value % IMAGE_REGIONS];
        uint64_t end = map->start + ((value >> 2) % 32 + 1) * IMAGE_PAGE;
        if (end <= map->start + (1 << 20))
            map->end = end;
    }
    }
}

static void check(const struct malloc_heap *h)
{
    promise(h->coverage >= 0 && h->coverage <= 1);
    promise(h->state == HEAP_MEASURED || h->reason[0]);
    if (h->state == HEAP_UNKNOWN)
        return;
    const struct heap_sums *s = &h->sums;
    promise(h->found && s->walked <= s->system);
    promise(s->free == s->binned + s->fast + s->tcache + s->top);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct heap_image *m = image_new(data[0] & 1 ? 4 : 8);
    for (size_t i = 1; i + 8 <= size; i += 8)
        change(m, data + i);
    m->target.deadline = 0;
    struct malloc_heap h;
    glibc_heap_read(&m->target, &h);
    check(&h);
    malloc_heap_free(&h);
    image_free(m);
    return 0;
}
