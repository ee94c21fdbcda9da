/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vm.min_free_kbytes as the kernel computes it by itself. */
#ifndef FW_PROBES_KERNEL_MIN_FREE_H
#define FW_PROBES_KERNEL_MIN_FREE_H

#include "probes/kernel/zoneinfo.h"

/* With the numbers that go in. */
struct min_free {
    unsigned zones;       /* populated zones but Movable, HighMem and Device */
    uint64_t block_pages; /* pages of a pageblock */
    uint64_t lowmem_kb;
    uint64_t plain_kb; /* from the size of low memory */
    uint64_t huge_kb;  /* with huge pages; 0 without */
    bool huge_capped;  /* by 5 % of low memory */
    uint64_t kb;       /* the larger of the two */
};
/* `version` as kernel_version(), 0: a recent one. False if there is no low memory. */
bool min_free_compute(struct min_free *m, const struct zoneinfo *z, uint64_t page, unsigned block_order,
                      bool huge_pages, unsigned version);

#endif
