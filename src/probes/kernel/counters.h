/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/vmstat: the counters used here, summed over the forms they had (per zone, per kind) in older and newer kernels.
 */
#ifndef FW_PROBES_KERNEL_COUNTERS_H
#define FW_PROBES_KERNEL_COUNTERS_H

#include "base/mem.h"
#include "probes/kernel/source.h"

#define COUNTERS(X)                                                                                                    \
    X(CT_NR_FREE, "nr_free_pages")                                                                                     \
    X(CT_NR_FILE, "nr_file_pages")                                                                                     \
    X(CT_NR_ANON, "nr_anon_pages")                                                                                     \
    X(CT_NR_MAPPED, "nr_mapped")                                                                                       \
    X(CT_NR_PAGE_TABLES, "nr_page_table_pages")                                                                        \
    X(CT_NR_SLAB_RECLAIMABLE, "nr_slab_reclaimable")                                                                   \
    X(CT_NR_SLAB_UNRECLAIMABLE, "nr_slab_unreclaimable")                                                               \
    X(CT_NR_ZSPAGES, "nr_zspages")                                                                                     \
    X(CT_NR_MEMMAP, "nr_memmap_pages", .also = "nr_memmap")                                                            \
    X(CT_PGPGIN, "pgpgin")                                                                                             \
    X(CT_PGPGOUT, "pgpgout")                                                                                           \
    X(CT_PSWPIN, "pswpin")                                                                                             \
    X(CT_PSWPOUT, "pswpout")                                                                                           \
    X(CT_ALLOCSTALL, "allocstall", .zones = true)                                                                      \
    X(CT_PGMAJFAULT, "pgmajfault")                                                                                     \
    X(CT_SCAN_KSWAPD, "pgscan_kswapd", .zones = true)                                                                  \
    X(CT_SCAN_DIRECT, "pgscan_direct", .zones = true)                                                                  \
    X(CT_STEAL_KSWAPD, "pgsteal_kswapd", .zones = true)                                                                \
    X(CT_STEAL_DIRECT, "pgsteal_direct", .zones = true)                                                                \
    X(CT_REFAULT, "workingset_refault")                                                                                \
    X(CT_REFAULT_ANON, "workingset_refault_anon")                                                                      \
    X(CT_REFAULT_FILE, "workingset_refault_file")                                                                      \
    X(CT_COMPACT_STALL, "compact_stall")                                                                               \
    X(CT_COMPACT_FAIL, "compact_fail")                                                                                 \
    X(CT_COMPACT_SUCCESS, "compact_success")                                                                           \
    X(CT_COMPACT_DAEMON_WAKE, "compact_daemon_wake")                                                                   \
    X(CT_KSWAPD_RUN, "pageoutrun")                                                                                     \
    X(CT_MIGRATE_OK, "pgmigrate_success")                                                                              \
    X(CT_MIGRATE_FAIL, "pgmigrate_fail")                                                                               \
    X(CT_THP_FAULT_ALLOC, "thp_fault_alloc")                                                                           \
    X(CT_THP_FAULT_FALLBACK, "thp_fault_fallback")                                                                     \
    X(CT_THP_FALLBACK_CHARGE, "thp_fault_fallback_charge")                                                             \
    X(CT_OOM_KILL, "oom_kill")                                                                                         \
    X(CT_BALLOON_INFLATE, "balloon_inflate")                                                                           \
    X(CT_BALLOON_DEFLATE, "balloon_deflate")                                                                           \
    X(CT_PIN_ACQUIRED, "nr_foll_pin_acquired")                                                                         \
    X(CT_PIN_RELEASED, "nr_foll_pin_released")
enum counter { COUNTERS(LIST_INDEX) CT_COUNT };

struct counters {
    uint64_t value[CT_COUNT]; /* as the file has them: pages, events; pgpgin and pgpgout in KiB */
    bool known[CT_COUNT];
};

bool counters_parse(struct counters *c, const char *text, size_t length, struct err *e);
bool counters_read(struct counters *c, const struct root *r, enum status *status, struct err *e);
const char *counter_name(enum counter c); /* as the file names it */

#endif
