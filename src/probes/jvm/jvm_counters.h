/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a JVM's performance data says of its heap. The counters are HotSpot's (sun.gc.*, as jcmd PID PerfCounter.print shows them);
 * that they differ by collector stays in here. */
#ifndef FW_PROBES_JVM_JVM_COUNTERS_H
#define FW_PROBES_JVM_JVM_COUNTERS_H

#include "probes/jvm/perf_data.h"

enum jvm_collector {
    JVM_COLLECTOR_UNKNOWN,
    JVM_SERIAL,
    JVM_PARALLEL,
    JVM_G1,
    JVM_CMS,
    JVM_SHENANDOAH,
    JVM_ZGC,
    JVM_COLLECTORS,
};
extern const char *const jvm_collector_names[]; /* by enum jvm_collector, then NULL */

/* Collections of the young generation and, of G1, mixed ones; of the whole heap; pauses of concurrent cycles. */
enum jvm_kind { JVM_YOUNG, JVM_FULL, JVM_CONCURRENT, JVM_KINDS };

/* One state of it. NaN: the JVM does not say. */
struct jvm_counters {
    enum jvm_collector collector;
    double heap_max;      /* bytes, -Xmx */
    double heap_capacity; /* committed */
    double old_used, old_max;
    double survivors; /* used of the survivor spaces, which only collections change */
    double metaspace_used, metaspace_capacity;
    double threads;
    double collections[JVM_KINDS]; /* begun, since the JVM's start */
    double paused;                 /* seconds in collections, since then */
    double collected;              /* when the last collection ended, in seconds since the JVM's start */
    bool collecting;               /* in the midst of one: what is used is being moved */
    char cause[64];                /* of the last collection */
};

bool jvm_counters_read(struct jvm_counters *c, const char *bytes, size_t size, const char **why);
/* Whether the counters tell what a collection left: those of collectors that work beside the program do not. */
bool jvm_tells_what_is_left(enum jvm_collector c);

#endif
