/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/meminfo. Names differ between kernels: each is known or not. */
#ifndef FW_PROBES_KERNEL_MEMINFO_H
#define FW_PROBES_KERNEL_MEMINFO_H

#include "base/mem.h"
#include "probes/kernel/source.h"

#define MEMINFO_NAMES(X)                                                                                               \
    X(MI_MEM_TOTAL, "MemTotal")                                                                                        \
    X(MI_MEM_FREE, "MemFree")                                                                                          \
    X(MI_MEM_AVAILABLE, "MemAvailable")                                                                                \
    X(MI_BUFFERS, "Buffers")                                                                                           \
    X(MI_CACHED, "Cached")                                                                                             \
    X(MI_SWAP_CACHED, "SwapCached")                                                                                    \
    X(MI_ACTIVE_ANON, "Active(anon)")                                                                                  \
    X(MI_INACTIVE_ANON, "Inactive(anon)")                                                                              \
    X(MI_ACTIVE_FILE, "Active(file)")                                                                                  \
    X(MI_INACTIVE_FILE, "Inactive(file)")                                                                              \
    X(MI_UNEVICTABLE, "Unevictable")                                                                                   \
    X(MI_MLOCKED, "Mlocked")                                                                                           \
    X(MI_SWAP_TOTAL, "SwapTotal")                                                                                      \
    X(MI_SWAP_FREE, "SwapFree")                                                                                        \
    X(MI_ZSWAP, "Zswap")                                                                                               \
    X(MI_DIRTY, "Dirty")                                                                                               \
    X(MI_WRITEBACK, "Writeback")                                                                                       \
    X(MI_ANON_PAGES, "AnonPages")                                                                                      \
    X(MI_MAPPED, "Mapped")                                                                                             \
    X(MI_SHMEM, "Shmem")                                                                                               \
    X(MI_KRECLAIMABLE, "KReclaimable")                                                                                 \
    X(MI_SLAB, "Slab")                                                                                                 \
    X(MI_SRECLAIMABLE, "SReclaimable")                                                                                 \
    X(MI_SUNRECLAIM, "SUnreclaim")                                                                                     \
    X(MI_KERNEL_STACK, "KernelStack")                                                                                  \
    X(MI_PAGE_TABLES, "PageTables")                                                                                    \
    X(MI_SEC_PAGE_TABLES, "SecPageTables")                                                                             \
    X(MI_BOUNCE, "Bounce")                                                                                             \
    X(MI_WRITEBACK_TMP, "WritebackTmp")                                                                                \
    X(MI_COMMIT_LIMIT, "CommitLimit")                                                                                  \
    X(MI_COMMITTED_AS, "Committed_AS")                                                                                 \
    X(MI_VMALLOC_USED, "VmallocUsed")                                                                                  \
    X(MI_PERCPU, "Percpu")                                                                                             \
    X(MI_HARDWARE_CORRUPTED, "HardwareCorrupted")                                                                      \
    X(MI_ANON_HUGE, "AnonHugePages")                                                                                   \
    X(MI_SHMEM_HUGE, "ShmemHugePages")                                                                                 \
    X(MI_BALLOON, "Balloon")                                                                                           \
    X(MI_GPU_ACTIVE, "GPUActive")                                                                                      \
    X(MI_GPU_RECLAIM, "GPUReclaim")                                                                                    \
    X(MI_HUGE_TOTAL, "HugePages_Total")                                                                                \
    X(MI_HUGE_FREE, "HugePages_Free")                                                                                  \
    X(MI_HUGE_RSVD, "HugePages_Rsvd")                                                                                  \
    X(MI_HUGE_SURP, "HugePages_Surp")                                                                                  \
    X(MI_HUGE_SIZE, "Hugepagesize")                                                                                    \
    X(MI_HUGETLB, "Hugetlb")
enum meminfo_name { MEMINFO_NAMES(LIST_INDEX) MI_COUNT };

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
