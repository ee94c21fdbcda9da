/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formulas over a host's numbers by which settings are judged. */
#ifndef FW_PROBES_ADVICE_H
#define FW_PROBES_ADVICE_H

#include "probes/kernel/zoneinfo.h"

/* vm.min_free_kbytes as the kernel computes it by itself, with the numbers that go in. */
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

/* vm.compaction_proactiveness by which kcompactd works at this node score: clamp(115 - score, 20, 60). */
unsigned proactiveness_for(double score);

/* Lines of /proc/PID/maps; 0 if it cannot be read. */
uint64_t count_maps(const struct root *r, long pid);

#endif
