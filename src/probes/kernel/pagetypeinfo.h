/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/pagetypeinfo: free pages and pageblocks by migrate type. Costly for the kernel: never polled. */
#ifndef FW_PROBES_KERNEL_PAGETYPEINFO_H
#define FW_PROBES_KERNEL_PAGETYPEINFO_H

#include "probes/kernel/source.h"

#define PAGETYPES_MAX 16

struct pagetype_zone {
    unsigned node;
    char zone[16];
    uint64_t blocks[PAGETYPES_MAX];
    uint64_t free_pages[PAGETYPES_MAX]; /* a lower bound where capped */
    bool capped[PAGETYPES_MAX];         /* since 5.6 a count above 100000 prints as ">100000" */
    bool has_blocks;
};

struct pagetypeinfo {
    unsigned block_order;
    uint64_t pages_per_block;
    unsigned types;
    char type[PAGETYPES_MAX][24];
    struct pagetype_zone *zones; /* owned */
    size_t count;
};

bool pagetypeinfo_parse(struct pagetypeinfo *p, const char *text, size_t length, struct err *e);
void pagetypeinfo_free(struct pagetypeinfo *p);
#define AUTO_PAGETYPEINFO __attribute__((unused, cleanup(pagetypeinfo_free)))
extern const char *const migrate_types[];                           /* those that kernels since 3.10 print, then NULL */
int pagetype_index(const struct pagetypeinfo *p, const char *type); /* -1: this kernel has no such type */

#endif
