/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The performance data that a HotSpot JVM keeps of itself, as jstat reads it: a prologue of 32 bytes, then entries of a name and a
 * number or a text (OpenJDK hotspot/share/runtime/perfMemory.hpp, version 2.0, the same since Java 5). Bytes of another process: any
 * can come. */
#ifndef FW_PROBES_JVM_PERF_DATA_H
#define FW_PROBES_JVM_PERF_DATA_H

#include "base/scan.h"

#define PERF_PROLOGUE_SIZE 32
#define PERF_DATA_MAX (64 * 1024) /* of -XX:PerfDataMemorySize, which is 32 KiB by itself, as much is read */

struct perf_data {
    const char *bytes; /* borrowed */
    size_t used;       /* of them */
    size_t next;       /* offset of the next entry */
    uint32_t left;     /* entries */
};

struct perf_entry {
    struct span name;
    bool is_text;
    struct span text;
    int64_t number;
};

/* How many bytes are in use, by the prologue; 0 with *why if this is no performance data of this machine's byte order, or not yet
 * filled in. */
size_t perf_data_size(const char prologue[PERF_PROLOGUE_SIZE], const char **why);
/* False with *why as above, or if fewer bytes are there than it says. */
bool perf_data_open(struct perf_data *d, const char *bytes, size_t size, const char **why);
/* The next entry that is a long number or a text; false at the end, or where an entry leaves its bounds. */
bool perf_data_next(struct perf_data *d, struct perf_entry *e);

#endif
