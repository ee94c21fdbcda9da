/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/zoneinfo: what zones there are, their size and watermarks. All numbers are pages. */
#ifndef FW_PROBES_KERNEL_ZONEINFO_H
#define FW_PROBES_KERNEL_ZONEINFO_H

#include "probes/kernel/source.h"

struct zone_facts {
    unsigned node;
    char name[16];
    uint64_t free, min, low, high, boost, spanned, present, managed;
    uint64_t free_cma; /* of free: for movable pages only */
    uint64_t start;    /* number of the first page frame of its span */
    uint64_t pcp;      /* pages on per-CPU lists */
    bool has_free_cma;
    bool has_boost, has_managed; /* boost since 5.0; managed since 3.9, before that `managed` repeats present */
};

struct zoneinfo {
    struct zone_facts *zones; /* owned; also the unpopulated ones that newer kernels print */
    size_t count;
};

bool zoneinfo_parse(struct zoneinfo *z, const char *text, size_t length, struct err *e);
bool zoneinfo_read(struct zoneinfo *z, const struct root *r, enum status *status, struct err *e);
void zoneinfo_free(struct zoneinfo *z);
#define AUTO_ZONEINFO __attribute__((unused, cleanup(zoneinfo_free)))
const struct zone_facts *zoneinfo_find(const struct zoneinfo *z, unsigned node, const char *name);

/* "Node 0, zone   Normal" at the start of a line of zoneinfo, buddyinfo or pagetypeinfo; leaves `line` behind it. The
 * name ends at a blank or comma. */
bool zone_heading(struct span *line, unsigned *node, char name[16]);

#endif
