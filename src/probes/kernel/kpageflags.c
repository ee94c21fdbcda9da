/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classifies the entries of /proc/kpageflags: 8 bytes a page frame, made by stable_page_flags() (fs/proc/page.c). */
#include "probes/kernel/kpageflags.h"

#include <string.h>

#include "base/mem.h"

#define ABSENT KPF(NOPAGE)
#define RESERVED (KPF(RESERVED) | KPF(HWPOISON) | KPF(OFFLINE))
#define COMPOUND (KPF(COMPOUND_HEAD) | KPF(COMPOUND_TAIL))
/* Compaction takes pages from the LRU lists. A page between two lists (per-CPU batches, isolated by reclaim) has no
 * KPF_LRU for a moment, but is swap-backed or up to date. KPF_ANON and KPF_MMAP alone prove nothing: they are read from
 * fields of struct page that the kernel's own pages use for other things, and drivers map pages of theirs. */
#define MOVABLE (KPF(LRU) | KPF(SWAPBACKED) | KPF(THP) | KPF(UPTODATE))

/* Order matters: freed pages keep flags of their last use, slab pages have bits of movable ones. */
static enum page_use use_of(const struct kpageflags_rules *rules, uint64_t f)
{
    if (f & (ABSENT | RESERVED))
        return f & ABSENT ? PAGE_ABSENT : PAGE_RESERVED;
    if (f & KPF(BUDDY))
        return PAGE_FREE;
    if (f & KPF(SLAB))
        return PAGE_SLAB;
    if (f & KPF(HUGE))
        return PAGE_HUGE;
    if (f & KPF(PGTABLE))
        return PAGE_TABLES;
    if (f & KPF(ZERO_PAGE)) /* the huge one is marked KPF_THP too, yet it is the kernel's */
        return PAGE_UNNAMED;
    if (f & MOVABLE)
        return rules->locked_stays && f & KPF(UNEVICTABLE) ? PAGE_LOCKED : PAGE_MOVABLE;
    return PAGE_UNNAMED;
}

/* Pages of one use that follow each other. */
struct run {
    size_t begin, end;
    enum page_use use;
};

/* Where only first pages are marked, a free block reaches as far as alignment and pages without any flag allow. That can be
 * too far by pages of the kernel which happen to follow. */
static size_t free_block_end(const struct kpageflags_rules *rules, uint64_t frame, const uint64_t *flags, size_t at,
                             size_t count)
{
    size_t end = at + 1, reach = at + 1;
    for (unsigned order = 1; order <= rules->max_order && order < 31; order++) {
        size_t size = (size_t)1 << order;
        if ((frame + at) & (size - 1) || at + size > count)
            break;
        while (reach < at + size && flags[reach] == 0)
            reach++;
        if (reach < at + size)
            break;
        end = at + size;
    }
    return end;
}

static bool all_zero(const uint64_t *flags, size_t count)
{
    size_t i = 0;
    while (i < count && flags[i] == 0)
        i++;
    return i == count;
}

/* `compound`: the use of the compound page under way, as older kernels mark its first page only. */
static bool next_run(const struct kpageflags_rules *rules, uint64_t frame, const uint64_t *flags, size_t count,
                     struct run *r, enum page_use *compound)
{
    size_t i = r->end;
    if (i >= count)
        return false;
    uint64_t f = flags[i];
    r->begin = i;
    r->use = use_of(rules, f);
    if (rules->free_heads && r->use == PAGE_FREE) {
        r->end = free_block_end(rules, frame, flags, i, count);
        return true;
    }
    for (i++; i < count && flags[i] == f; i++)
        ;
    r->end = i;
    if (f & KPF(COMPOUND_TAIL) && r->use == PAGE_UNNAMED)
        r->use = *compound;
    else
        *compound = f & COMPOUND ? r->use : PAGE_UNNAMED;
    return true;
}

/* A free block can be larger than a pageblock: then only the first of its pageblocks has a mark. */
static bool is_middle_of_free(const struct kpageflags_rules *rules, uint64_t frame, const uint64_t *flags, size_t count)
{
    return rules->free_heads && rules->max_order < 31 && frame & ((UINT64_C(1) << rules->max_order) - 1) &&
           all_zero(flags, count);
}

void kpageflags_uses(const struct kpageflags_rules *rules, uint64_t frame, const uint64_t *flags, size_t count,
                     uint8_t *uses)
{
    struct run r = {0};
    enum page_use compound = PAGE_UNNAMED;
    if (is_middle_of_free(rules, frame, flags, count)) {
        memset(uses, PAGE_FREE, count);
        return;
    }
    while (next_run(rules, frame, flags, count, &r, &compound))
        memset(uses + r.begin, (int)r.use, r.end - r.begin);
}

void kpageflags_count(const struct kpageflags_rules *rules, uint64_t frame, const uint64_t *flags, size_t count,
                      struct block_use *b)
{
    struct run r = {0};
    enum page_use compound = PAGE_UNNAMED;
    *b = (struct block_use){0};
    if (is_middle_of_free(rules, frame, flags, count)) {
        b->pages[PAGE_FREE] = (uint32_t)count;
        return;
    }
    while (next_run(rules, frame, flags, count, &r, &compound))
        b->pages[r.use] += (uint32_t)(r.end - r.begin);
}

/* Two free pages that are buddies would have been merged: with first pages only, never are both marked. */
bool kpageflags_free_tails(const uint64_t *flags, size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2)
        if (flags[i] & flags[i + 1] & KPF(BUDDY))
            return true;
    return false;
}

static const struct {
    enum page_use use;
    enum block_kind kind;
} obstacles[] = {
    {PAGE_SLAB, BLOCK_SLAB},         {PAGE_TABLES, BLOCK_TABLES},   {PAGE_HUGE, BLOCK_HUGE},
    {PAGE_RESERVED, BLOCK_RESERVED}, {PAGE_ABSENT, BLOCK_RESERVED}, {PAGE_UNNAMED, BLOCK_KERNEL},
    {PAGE_LOCKED, BLOCK_PINNED},
};

enum block_kind block_kind_of(const struct block_use *b, bool pinned)
{
    uint64_t all = 0, share[BLOCK_KINDS] = {0};
    for (size_t i = 0; i < ARRAY_SIZE(obstacles); i++) {
        all += b->pages[obstacles[i].use];
        share[obstacles[i].kind] += b->pages[obstacles[i].use];
    }
    if (pinned && b->pages[PAGE_MOVABLE] > 0) { /* how many of them is not known: all of them at most */
        all += b->pages[PAGE_MOVABLE];
        share[BLOCK_PINNED] += b->pages[PAGE_MOVABLE];
    }
    if (all == 0)
        return b->pages[PAGE_MOVABLE] > 0 ? BLOCK_MOVABLE : BLOCK_FREE;
    for (int k = 0; k < BLOCK_KINDS; k++)
        if (share[k] * 4 >= all * 3)
            return (enum block_kind)k;
    return BLOCK_MIXED;
}

bool block_only_unnamed(const struct block_use *b, bool pinned)
{
    if (b->pages[PAGE_UNNAMED] == 0 || (pinned && b->pages[PAGE_MOVABLE] > 0))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(obstacles); i++)
        if (obstacles[i].use != PAGE_UNNAMED && b->pages[obstacles[i].use] > 0)
            return false;
    return true;
}

const char *const block_kind_names[] = {
    [BLOCK_FREE] = "free",       [BLOCK_MOVABLE] = "movable",
    [BLOCK_SLAB] = "slab",       [BLOCK_TABLES] = "page tables",
    [BLOCK_HUGE] = "huge pages", [BLOCK_RESERVED] = "reserved",
    [BLOCK_KERNEL] = "kernel",   [BLOCK_PINNED] = "pinned user",
    [BLOCK_MIXED] = "mixed",     [BLOCK_LISTED] = "per-CPU lists",
    [BLOCK_LISTED + 1] = NULL,
};

char block_kind_letter(enum block_kind k)
{
    static const char letters[BLOCK_KINDS] = {
        [BLOCK_FREE] = '.',     [BLOCK_MOVABLE] = 'm', [BLOCK_SLAB] = 's',   [BLOCK_TABLES] = 't', [BLOCK_HUGE] = 'h',
        [BLOCK_RESERVED] = 'r', [BLOCK_KERNEL] = 'k',  [BLOCK_PINNED] = 'p', [BLOCK_MIXED] = 'x',
    };
    return letters[k];
}
