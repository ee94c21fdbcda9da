/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/spl/kstat/zfs/arcstats: the cache of ZFS, which no counter of the kernel names. */
#ifndef FW_PROBES_KERNEL_ARCSTATS_H
#define FW_PROBES_KERNEL_ARCSTATS_H

#include "probes/kernel/source.h"

struct arcstats {
    uint64_t size, min; /* bytes; it gives back what is above the minimum */
};

/* False if it is not there (no ZFS) or lacks either number. */
bool arcstats_read(struct arcstats *a, const struct root *r);

#endif
