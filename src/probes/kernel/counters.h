/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/vmstat: the counters used here, summed over the forms they had (per zone, per kind) in older and newer kernels.
 */
#ifndef FW_PROBES_KERNEL_COUNTERS_H
#define FW_PROBES_KERNEL_COUNTERS_H

#include "probes/kernel/source.h"

enum counter {
    CT_NR_FREE,
    CT_NR_FILE,
    CT_NR_ANON,
    CT_NR_MAPPED,
    CT_NR_PAGE_TABLES,
    CT_NR_SLAB_RECLAIMABLE,
    CT_NR_SLAB_UNRECLAIMABLE,
    CT_NR_ZSPAGES,
    CT_NR_MEMMAP,
    CT_PGPGIN,
    CT_PGPGOUT,
    CT_PSWPIN,
    CT_PSWPOUT,
    CT_ALLOCSTALL,
    CT_PGMAJFAULT,
    CT_SCAN_KSWAPD,
    CT_SCAN_DIRECT,
    CT_STEAL_KSWAPD,
    CT_STEAL_DIRECT,
    CT_REFAULT,
    CT_REFAULT_ANON,
    CT_REFAULT_FILE,
    CT_COMPACT_STALL,
    CT_COMPACT_FAIL,
    CT_COMPACT_SUCCESS,
    CT_COMPACT_DAEMON_WAKE,
    CT_KSWAPD_RUN,
    CT_MIGRATE_OK,
    CT_MIGRATE_FAIL,
    CT_THP_FAULT_ALLOC,
    CT_THP_FAULT_FALLBACK,
    CT_THP_FALLBACK_CHARGE,
    CT_OOM_KILL,
    CT_BALLOON_INFLATE,
    CT_BALLOON_DEFLATE,
    CT_PIN_ACQUIRED,
    CT_PIN_RELEASED,
    CT_COUNT
};

struct counters {
    uint64_t value[CT_COUNT]; /* as the file has them: pages, events; pgpgin and pgpgout in KiB */
    bool known[CT_COUNT];
};

bool counters_parse(struct counters *c, const char *text, size_t length, struct err *e);
bool counters_read(struct counters *c, const struct root *r, enum status *status, struct err *e);
const char *counter_name(enum counter c); /* as the file names it */

#endif
