/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes that /proc does not print: of a page, a huge page, a pageblock. Asked of the live kernel, concluded from a
 * capture. */
#ifndef FW_PROBES_KERNEL_PAGE_SIZE_H
#define FW_PROBES_KERNEL_PAGE_SIZE_H

#include "probes/kernel/counters.h"
#include "probes/kernel/meminfo.h"
#include "probes/kernel/zoneinfo.h"

/* A line "NAME value" of the file that `fragwizard capture` leaves at the top of its tree; false if there is none. */
bool capture_mark(const struct root *r, const char *name, char *out, size_t size);

/* Concludes the page size from counts in pages beside the same counts in bytes; 0 if nothing tells. */
uint64_t page_size_conclude(const struct meminfo *m, const struct counters *c, const struct zoneinfo *z);

uint64_t page_size(const struct root *r); /* 4096 if nothing tells otherwise */

/* Of a PMD-mapped huge page. 0: this kernel has no transparent huge pages. */
uint64_t huge_page_size(const struct root *r);
/* The order to judge by: of a PMD huge page (also without THP: what the architecture has), at most orders − 1. */
unsigned huge_order(const struct root *r, uint64_t page, unsigned orders);
/* Order of a pageblock. */
unsigned pageblock_order(const struct root *r, uint64_t page, unsigned orders);

/* Major × 1000 + minor of the kernel release, such as 6018; 0 if unknown. */
unsigned kernel_version(const struct root *r);
bool kernel_release(const struct root *r, char *out, size_t size);

#endif
