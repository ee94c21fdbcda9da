/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/meminfo. Names differ between kernels: each is known or not. */
#ifndef FW_PROBES_KERNEL_MEMINFO_H
#define FW_PROBES_KERNEL_MEMINFO_H

#include "base/mem.h"
#include "base/str.h"
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
    X(MI_CMA_TOTAL, "CmaTotal")                                                                                        \
    X(MI_CMA_FREE, "CmaFree")                                                                                          \
    X(MI_HUGE_TOTAL, "HugePages_Total")                                                                                \
    X(MI_HUGE_FREE, "HugePages_Free")                                                                                  \
    X(MI_HUGE_RSVD, "HugePages_Rsvd")                                                                                  \
    X(MI_HUGE_SURP, "HugePages_Surp")                                                                                  \
    X(MI_HUGE_SIZE, "Hugepagesize")                                                                                    \
    X(MI_HUGETLB, "Hugetlb")
enum meminfo_name { MEMINFO_NAMES(LIST_INDEX) MI_COUNT };

/* Why a value is not known. */
enum meminfo_flaw {
    MI_NO_LINE,    /* no such line: another kernel, or it was cut */
    MI_BAD_LINE,   /* no number, or one that no memory can have: an underflow */
    MI_IMPOSSIBLE, /* a part that is more than its whole */
    MI_OF_HOST,    /* lxcfs passes the host's value through, beside the container's total */
};

struct meminfo {
    uint64_t value[MI_COUNT]; /* bytes; HugePages_*: pages */
    bool known[MI_COUNT];
    enum meminfo_flaw flaw[MI_COUNT];  /* of what is not known */
    enum meminfo_name whole[MI_COUNT]; /* of what is impossible: what it is more than */
    bool mixed;                        /* the total is a container's, while most other lines are the host's */
};

/* Each bad or impossible line makes its own value unknown. False with a sentence if the text is not a meminfo: no line of it is
 * a value that we know by name. */
bool meminfo_parse(struct meminfo *m, const char *text, size_t length, struct err *e);
const char *meminfo_field(enum meminfo_name n); /* "MemTotal" */
bool meminfo_read(struct meminfo *m, const struct root *r, enum status *status, struct err *e);
/* In a container: makes unknown what lxcfs passes through from the host (by proc/self/mountinfo). */
void meminfo_hide_of_host(struct meminfo *m, const struct root *r);
/* The value, 0 if it is not known. */
uint64_t meminfo_value(const struct meminfo *m, enum meminfo_name n);
/* Why it is not known: "/proc/meminfo has no MemAvailable". */
void meminfo_why(const struct meminfo *m, enum meminfo_name n, char *out, size_t size);
/* The numbers that cannot be, added to `out`: "MemAvailable is 22.5 GiB, more than MemTotal (1.48 GiB)". False: there are none. */
bool meminfo_contradiction(const struct meminfo *m, struct str *out);

#endif
