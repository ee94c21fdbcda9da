/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What /proc/kpageflags tells of a pageblock: how its pages are used, and what keeps compaction from clearing it. Pure:
 * flags in, counts out. */
#ifndef FW_PROBES_KERNEL_KPAGEFLAGS_H
#define FW_PROBES_KERNEL_KPAGEFLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of an entry (include/uapi/linux/kernel-page-flags.h; 32 and above: include/linux/kernel-page-flags.h). */
enum kpf {
    KPF_UPTODATE = 3,
    KPF_LRU = 5,
    KPF_SLAB = 7,
    KPF_BUDDY = 10, /* since 4.6 on every page of a free block, before that on its first only */
    KPF_SWAPBACKED = 14,
    KPF_COMPOUND_HEAD = 15,
    KPF_COMPOUND_TAIL = 16,
    KPF_HUGE = 17, /* hugetlb */
    KPF_UNEVICTABLE = 18,
    KPF_HWPOISON = 19,
    KPF_NOPAGE = 20,
    KPF_THP = 22,     /* also smaller folios that can be mapped: no proof of a huge page */
    KPF_OFFLINE = 23, /* given to the hypervisor (balloon, virtio-mem) */
    KPF_ZERO_PAGE = 24,
    KPF_PGTABLE = 26, /* since 4.18 */
    KPF_RESERVED = 32,
};
#define KPF(bit) (UINT64_C(1) << KPF_##bit)

enum page_use {
    PAGE_FREE,
    PAGE_MOVABLE,
    PAGE_SLAB,
    PAGE_TABLES,
    PAGE_HUGE,
    PAGE_RESERVED,
    PAGE_UNNAMED, /* no flag tells: a page of the kernel, or a free one on a per-CPU list */
    PAGE_LOCKED,  /* mlocked, where compaction is told to leave such pages */
    PAGE_ABSENT,
    PAGE_USES
};

struct kpageflags_rules {
    bool free_heads;    /* KPF_BUDDY is on first pages only */
    bool locked_stays;  /* vm.compact_unevictable_allowed is 0 */
    unsigned max_order; /* of a free block; for free_heads */
};

/* The use of each page, from its flags: a block's pages, the first of which has frame number `frame`. */
void kpageflags_uses(const struct kpageflags_rules *rules, uint64_t frame, const uint64_t *flags, size_t count,
                     uint8_t *uses);

struct block_use {
    uint32_t pages[PAGE_USES];
};
/* The same, counted; the hot loop of a scan. */
void kpageflags_count(const struct kpageflags_rules *rules, uint64_t frame, const uint64_t *flags, size_t count,
                      struct block_use *b);

/* Whether these flags prove that KPF_BUDDY is on every page of a free block. They are a block's, or several blocks'. */
bool kpageflags_free_tails(const uint64_t *flags, size_t count);

enum block_kind {
    BLOCK_FREE,    /* wholly */
    BLOCK_MOVABLE, /* all that is in use can be moved */
    BLOCK_SLAB,
    BLOCK_TABLES,
    BLOCK_HUGE,
    BLOCK_RESERVED, /* or absent */
    BLOCK_KERNEL,   /* pages without a name */
    BLOCK_PINNED,   /* pages of processes that may not be moved */
    BLOCK_MIXED,    /* several of those, none of which has three quarters */
    BLOCK_KINDS,
    BLOCK_LISTED =
        BLOCK_KINDS, /* of BLOCK_KERNEL, what zones count as free pages on per-CPU lists: told apart at the end */
};
/* What obstructs a block. `pinned`: it holds pages of a process that pins its memory. */
enum block_kind block_kind_of(const struct block_use *b, bool pinned);
/* Nothing but unnamed pages keeps it from being cleared: free pages on per-CPU lists would look the same. */
bool block_only_unnamed(const struct block_use *b, bool pinned);
extern const char *const block_kind_names[]; /* by enum block_kind and BLOCK_LISTED, then NULL */
char block_kind_letter(enum block_kind k);

#endif
