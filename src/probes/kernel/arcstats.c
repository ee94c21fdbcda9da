/* SPDX-License-Identifier: GPL-3.0-or-later */
/* c_min                           4    2100000000 */
#include "probes/kernel/arcstats.h"

bool arcstats_read(struct arcstats *a, const struct root *r)
{
    char text[32768];
    ssize_t length = root_read_small(r, "proc/spl/kstat/zfs/arcstats", text, sizeof text);
    struct span all = span_of(text, length > 0 ? (size_t)length : 0), line, name;
    bool size = false, min = false;
    while (scan_line(&all, &line)) {
        uint64_t type;
        if (!scan_word(&line, &name) || !scan_number(&line, &type))
            continue;
        if (span_is(name, "size"))
            size = scan_number(&line, &a->size);
        else if (span_is(name, "c_min"))
            min = scan_number(&line, &a->min);
    }
    return size && min;
}
