/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool's header, in words w of the program:
 *   u32 blocks in use (padded to w) · w free list · w next pool · w previous pool · u32 arena index · u32 size class ·
 *   u32 offset of the first block never used · u32 largest such offset
 * The last is the pool's size less one block, and so tells pool size and alignment, which differ between versions. */
#include "probes/heap/pymalloc.h"

#include <string.h>
#include <sys/uio.h>

#include "base/mem.h"

enum {
    POOL_SMALL = 4096,
    POOL_LARGE = 16384,
    BLOCK_MAX = 512,
    ARENA_INDEX_MAX = 1 << 24,
    ARENA_MIN = 256 * 1024,
    HEADERS_AT_ONCE = 1024, /* as many as one process_vm_readv takes */
};

static uint32_t read_u32(const unsigned char *at)
{
    uint32_t n;
    memcpy(&n, at, sizeof n);
    return n;
}

static uint64_t read_word(const unsigned char *at, unsigned word)
{
    uint64_t n;
    if (word == 4)
        return read_u32(at);
    memcpy(&n, at, sizeof n);
    return n;
}

bool pool_parse(const unsigned char *bytes, unsigned word, uint64_t address, struct pool *p)
{
    const unsigned char *tail = bytes + (size_t)4 * word; /* behind four padded words */
    uint32_t header = word == 8 ? 48 : 32, used = read_u32(bytes), arena = read_u32(tail),
             size_class = read_u32(tail + 4), next = read_u32(tail + 8), last = read_u32(tail + 12);
    uint32_t size = last < POOL_SMALL ? POOL_SMALL : POOL_LARGE;
    if (last >= POOL_LARGE || size - last > BLOCK_MAX || size_class >= BLOCK_MAX / 8 || arena >= ARENA_INDEX_MAX)
        return false;
    uint32_t block = size - last, alignment = block / (size_class + 1), capacity = (size - header) / block;
    if (block % (size_class + 1) || (alignment != 8 && alignment != 16))
        return false;
    if (next <= header || next > last + block || (next - header) % block)
        return false;
    uint64_t list = read_word(bytes + word, word);
    if (used > (next - header) / block)
        return false;
    /* The list of free blocks is empty only when every block is in use. */
    if (list ? list < address + header || list >= address + next || (list - address - header) % block
             : used != capacity)
        return false;
    *p = (struct pool){used, capacity, block, size, alignment, arena};
    return true;
}

/* Pools of one size and alignment. A process has pools of one kind; which one, the numbers found tell. */
struct kind {
    uint32_t size, alignment;
    uint64_t pools, arenas, in_use, free, free_resident, memory;
    uint64_t missed; /* headers swapped out, in mappings that hold pools */
    uint64_t arena_end;
    uint32_t arena; /* the one at hand */
};

enum { KINDS = 4 };

struct scan {
    struct target *target;
    struct kind kinds[KINDS];
    uint64_t step; /* distance of possible headers */
    bool whole;
    uint8_t present[HEADERS_AT_ONCE / 8], swapped[HEADERS_AT_ONCE / 8];
    uint64_t address[HEADERS_AT_ONCE];
    struct iovec remote[HEADERS_AT_ONCE];
    unsigned char headers[HEADERS_AT_ONCE][POOL_HEADER_MAX];
};

static bool bit(const uint8_t *bits, uint64_t at)
{
    return bits[at / 8] >> (at % 8) & 1;
}

/* One call for many headers, which are far apart: reading all between them takes longer, and they alone are our business. */
static void read_headers(struct scan *s, size_t count)
{
    struct iovec local = {s->headers, count * POOL_HEADER_MAX};
    for (size_t i = 0; i < count; i++)
        s->remote[i] = (struct iovec){(void *)(uintptr_t)s->address[i], POOL_HEADER_MAX};
    bool live = s->target->root;
    if (live && process_vm_readv((pid_t)s->target->pid, &local, 1, s->remote, count, 0) == (ssize_t)local.iov_len) {
        s->target->bytes_read += local.iov_len;
        return;
    }
    /* a mapping went meanwhile */
    for (size_t i = 0; i < count; i++)
        if (!target_read_all(s->target, s->address[i], s->headers[i], POOL_HEADER_MAX))
            memset(s->headers[i], 0, POOL_HEADER_MAX);
}

/* Pages of [from, from + size) that are marked, in bytes. `from` counts from the first page of the bits. */
static uint64_t marked(const uint8_t *bits, uint64_t from, uint64_t size, uint64_t page, uint64_t pages)
{
    uint64_t bytes = 0;
    if (page >= size)
        return bit(bits, from / page) ? size : 0;
    for (uint64_t at = from / page; at < (from + size) / page && at < pages; at++)
        bytes += bit(bits, at) ? page : 0;
    return bytes;
}

/* `start` and `pages`: the part that the bits are of. */
static void add_pool(struct scan *s, const struct pool *p, uint64_t address, uint64_t start, uint64_t pages)
{
    struct kind *k = s->kinds;
    while (k->size != p->size || k->alignment != p->alignment)
        k++;
    uint64_t page = s->target->page, from = address - start,
             free = p->used ? (uint64_t)(p->capacity - p->used) * p->block : p->size;
    uint64_t resident = marked(s->present, from, p->size, page, pages), gone = p->size - resident;
    k->pools++;
    k->in_use += (uint64_t)p->used * p->block;
    k->free += free;
    k->free_resident += free > gone ? free - gone : 0;
    k->memory += resident + marked(s->swapped, from, p->size, page, pages);
    if (k->pools == 1 || k->arena != p->arena || address >= k->arena_end) {
        k->arenas++;
        k->arena = p->arena;
        k->arena_end = address + (uint64_t)POOLS_IN_ARENA * p->size;
    }
}

/* `pages` pages from `start`. False if no more can be read. */
static bool scan_part(struct scan *s, uint64_t start, uint64_t pages, uint64_t *swapped)
{
    struct target *t = s->target;
    size_t count = 0;
    if (!target_present(t, start, (size_t)pages, s->present, s->swapped))
        return false;
    for (uint64_t at = 0; at < pages * t->page; at += s->step) {
        if (bit(s->present, at / t->page))
            s->address[count++] = start + at;
        *swapped += bit(s->swapped, at / t->page);
    }
    if (count)
        read_headers(s, count);
    for (size_t i = 0; i < count; i++) {
        struct pool p;
        if (pool_parse(s->headers[i], t->word, s->address[i], &p) && s->address[i] % p.size == 0)
            add_pool(s, &p, s->address[i], start, pages);
    }
    return true;
}

static void scan_mapping(struct scan *s, const struct target_map *m)
{
    uint64_t page = s->target->page, unit = page < s->step ? page : s->step, part = unit * HEADERS_AT_ONCE;
    uint64_t at = (m->start + s->step - 1) / s->step * s->step, swapped = 0, before[KINDS];
    for (size_t i = 0; i < KINDS; i++)
        before[i] = s->kinds[i].pools;
    for (; at < m->end && s->whole; at += part)
        s->whole = scan_part(s, at, (m->end - at < part ? m->end - at : part) / page, &swapped);
    for (size_t i = 0; i < KINDS; i++)
        if (s->kinds[i].pools > before[i])
            s->kinds[i].missed += swapped;
}

static void scan_all(struct scan *s, uint64_t step)
{
    for (unsigned i = 0; i < KINDS; i++)
        s->kinds[i] = (struct kind){.size = i < KINDS / 2 ? POOL_SMALL : POOL_LARGE, .alignment = i % 2 ? 16 : 8};
    s->step = step;
    s->whole = true;
    for (size_t i = 0; i < s->target->map_count && s->whole; i++) {
        const struct target_map *m = &s->target->maps[i];
        bool possible = m->anonymous && !m->heap && !m->stack && memcmp(m->permissions, "rw-p", 4) == 0;
        if (possible && m->end - m->start >= ARENA_MIN)
            scan_mapping(s, m);
    }
}

static const struct kind *most_pools(const struct scan *s)
{
    const struct kind *most = s->kinds;
    for (size_t i = 1; i < KINDS; i++)
        if (s->kinds[i].pools > most->pools)
            most = &s->kinds[i];
    return most;
}

void pymalloc_read(struct target *t, struct pymalloc *out)
{
    AUTO_FREE struct scan *s = mem_alloc(sizeof *s);
    s->target = t;
    /* Every fourth small pool stands where a large one could: enough to tell which they are. */
    scan_all(s, POOL_LARGE);
    if (s->whole && most_pools(s)->size == POOL_SMALL && most_pools(s)->pools)
        scan_all(s, POOL_SMALL);
    const struct kind *k = most_pools(s);
    *out = (struct pymalloc){.whole = s->whole, .coverage = 1};
    if (!k->pools)
        return;
    out->coverage = (double)k->pools / (double)(k->pools + k->missed);
    out->pools = k->pools;
    out->arenas = k->arenas;
    out->pool_size = k->size;
    out->in_use = k->in_use;
    out->free = k->free;
    out->free_resident = k->free_resident;
    out->memory = k->memory;
}
