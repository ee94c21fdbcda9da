/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search for CPython's pools, in a process whose pages hold any bytes. An input is a byte of settings, then what stands
 * at the beginning of each pool. */
#define FUZZ_SEEDS "tests/fuzz/pymalloc"

#include <stdint.h>
#include <string.h>

#include "driver.h"
#include "probes/heap/pymalloc.h"

enum { PAGE = 4096, POOLS_MAX = 256 };

struct image {
    const uint8_t *data;
    size_t pools;
    uint64_t start, step;
    unsigned odd; /* which pages are swapped out */
};

static bool image_pages(void *context, uint64_t address, size_t pages, uint64_t *entries)
{
    const struct image *i = context;
    for (size_t n = 0; n < pages; n++, address += PAGE)
        entries[n] = address / PAGE % 13 < i->odd ? 1ULL << 62 : 1ULL << 63;
    return true;
}

static size_t image_read(void *context, uint64_t address, void *buffer, size_t size)
{
    const struct image *i = context;
    uint64_t at = (address - i->start) / i->step;
    memset(buffer, 0, size);
    if (at >= i->pools || (address - i->start) % i->step || size > POOL_HEADER_MAX)
        return 0;
    memcpy(buffer, i->data + at * POOL_HEADER_MAX, size);
    return size;
}

static const struct target_source source = {image_pages, image_read};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    unsigned word = data[0] & 1 ? 4 : 8;
    struct image i = {.data = data + 1,
                      .pools = (size - 1) / POOL_HEADER_MAX,
                      .start = word == 8 ? 0x7f0000000000 : 0xf7000000,
                      .step = data[0] & 2 ? 16384 : 4096,
                      .odd = data[0] >> 2 & 7};
    if (i.pools > POOLS_MAX)
        i.pools = POOLS_MAX;
    struct target_map map = {
        .start = i.start, .end = i.start + POOLS_MAX * i.step, .permissions = "rw-p", .anonymous = true};
    struct target t = {.page = PAGE, .word = word, .maps = &map, .map_count = 1, .source = &source, .context = &i};
    struct pymalloc p;
    pymalloc_read(&t, &p);
    uint64_t most = p.pools * p.pool_size;
    if (!p.whole || p.pools > i.pools || p.arenas > p.pools || p.in_use + p.free > most || p.memory > most ||
        p.free_resident > p.free || !(p.coverage >= 0 && p.coverage <= 1))
        abort();
    return 0;
}
