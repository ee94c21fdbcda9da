/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/meminfo. Names differ between kernels: each is known or not. */
#ifndef FW_PROBES_KERNEL_MEMINFO_H
#define FW_PROBES_KERNEL_MEMINFO_H

#include "probes/kernel/source.h"

enum meminfo_name {
    MI_MEM_TOTAL,
    MI_MEM_FREE,
    MI_MEM_AVAILABLE,
    MI_BUFFERS,
    MI_CACHED,
    MI_SWAP_CACHED,
    MI_ACTIVE_ANON,
    MI_INACTIVE_ANON,
    MI_ACTIVE_FILE,
    MI_INACTIVE_FILE,
    MI_UNEVICTABLE,
    MI_MLOCKED,
    MI_SWAP_TOTAL,
    MI_SWAP_FREE,
    MI_ZSWAP,
    MI_DIRTY,
    MI_WRITEBACK,
    MI_ANON_PAGES,
    MI_MAPPED,
    MI_SHMEM,
    MI_KRECLAIMABLE,
    MI_SLAB,
    MI_SRECLAIMABLE,
    MI_SUNRECLAIM,
    MI_KERNEL_STACK,
    MI_PAGE_TABLES,
    MI_SEC_PAGE_TABLES,
    MI_BOUNCE,
    MI_WRITEBACK_TMP,
    MI_COMMIT_LIMIT,
    MI_COMMITTED_AS,
    MI_VMALLOC_USED,
    MI_PERCPU,
    MI_HARDWARE_CORRUPTED,
    MI_ANON_HUGE,
    MI_SHMEM_HUGE,
    MI_BALLOON,
    MI_GPU_ACTIVE,
    MI_GPU_RECLAIM,
    MI_HUGE_TOTAL,
    MI_HUGE_FREE,
    MI_HUGE_RSVD,
    MI_HUGE_SURP,
    MI_HUGE_SIZE,
    MI_HUGETLB,
    MI_COUNT
};

struct meminfo {
    uint64_t value[MI_COUNT]; /* bytes; HugePages_*: pages */
    bool known[MI_COUNT];
};

/* False with a sentence if the text is not a meminfo (no MemTotal in kB). */
bool meminfo_parse(struct meminfo *m, const char *text, size_t length, struct err *e);
const char *meminfo_field(enum meminfo_name n); /* "MemTotal" */
bool meminfo_read(struct meminfo *m, const struct root *r, enum status *status, struct err *e);
/* The value, 0 if the kernel has no such name. */
uint64_t meminfo_value(const struct meminfo *m, enum meminfo_name n);

#endif
