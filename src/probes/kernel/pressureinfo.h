/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/pressure/{memory,io,cpu}. */
#ifndef FW_PROBES_KERNEL_PRESSUREINFO_H
#define FW_PROBES_KERNEL_PRESSUREINFO_H

#include "probes/kernel/source.h"

struct pressure_line {
    bool known;
    double avg10, avg60, avg300; /* 0–1 */
    uint64_t total;              /* microseconds */
};

struct pressure {
    struct pressure_line some, full; /* cpu has no full line before 5.13 */
};

bool pressure_parse(struct pressure *p, const char *text, size_t length, const char *name, struct err *e);
bool pressure_read(struct pressure *p, const struct root *r, const char *name, enum status *status, struct err *e);

#endif
