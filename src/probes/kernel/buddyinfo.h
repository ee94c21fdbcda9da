/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/buddyinfo and the kernel's own measures over it, in the kernel's integer arithmetic (mm/vmstat.c,
 * mm/compaction.c), so that they equal debugfs extfrag/{unusable_index,extfrag_index} to the last digit. */
#ifndef FW_PROBES_KERNEL_BUDDYINFO_H
#define FW_PROBES_KERNEL_BUDDYINFO_H

#include "probes/kernel/source.h"
#include "probes/kernel/zoneinfo.h"

#define BUDDY_ORDERS_MAX 32

struct buddy_zone {
    unsigned node;
    char name[16];
    uint64_t blocks[BUDDY_ORDERS_MAX]; /* free blocks by order */
};

struct buddyinfo {
    struct buddy_zone *zones; /* owned */
    size_t count;
    unsigned orders; /* columns; 11 on most machines, up to 14 on arm64 */
};

bool buddyinfo_parse(struct buddyinfo *b, const char *text, size_t length, struct err *e);
bool buddyinfo_read(struct buddyinfo *b, const struct root *r, enum status *status, struct err *e);
/* False if a zone has more free pages than pages: one of the files is not what the kernel printed. */
bool buddyinfo_fits(const struct buddyinfo *b, const struct zoneinfo *zones, struct err *e);
void buddyinfo_free(struct buddyinfo *b);
#define AUTO_BUDDYINFO __attribute__((unused, cleanup(buddyinfo_free)))

uint64_t buddy_free_pages(const struct buddy_zone *z, unsigned orders);
/* Pages in free blocks of `order` or larger. */
uint64_t buddy_pages_from(const struct buddy_zone *z, unsigned orders, unsigned order);
/* Thousandths. */
int buddy_unusable(const struct buddy_zone *z, unsigned orders, unsigned order);
int buddy_fragindex(const struct buddy_zone *z, unsigned orders, unsigned order);
/* kcompactd's measure of one zone (0–100), and when it starts and stops at this vm.compaction_proactiveness. */
unsigned buddy_zone_score(const struct buddy_zone *z, unsigned orders, unsigned order);
unsigned buddy_wake_line(unsigned proactiveness);
unsigned buddy_stop_line(unsigned proactiveness);

#endif
