/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/swaps, and the tables of swapon(8) that an sosreport keeps instead. */
#ifndef FW_PROBES_KERNEL_SWAPS_H
#define FW_PROBES_KERNEL_SWAPS_H

#include "probes/kernel/source.h"

struct swap_device {
    char name[256];
    char type[16];       /* partition, file */
    uint64_t size, used; /* bytes */
    int64_t priority;
};

struct swaps {
    struct swap_device *devices; /* owned */
    size_t count;
};

bool swaps_parse(struct swaps *s, const char *text, size_t length, struct err *e);
/* From proc/swaps, else sos_commands. */
bool swaps_read(struct swaps *s, const struct root *r, enum status *status, struct err *e);
bool swap_is_zram(const struct swap_device *d);
void swaps_free(struct swaps *s);
#define AUTO_SWAPS __attribute__((unused, cleanup(swaps_free)))

#endif
