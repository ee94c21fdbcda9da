/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether live data grows, or garbage waits: what can be told from what collections left.
 *
 * What is used right after a collection is never less than what the program keeps. It can be more: collections of the young
 * generation move what survives them to the old one and do not ask again, so that the old generation fills with garbage as well,
 * evenly and for hours, until it is collected itself. So:
 * - If what collections leave does not grow, live data does not: a bound that always holds.
 * - If it grows, that is growth of live data only as far as a collection of the old generation has confirmed it. What was live at
 *   a moment and has not been let go since is in every later figure: each point counts as the least that came after it, up to the
 *   last collection of the old generation. What was promoted after that one is left out. A saw-tooth becomes flat, a leak stays.
 *   (A program that lets go one thing while it takes another of the same size up is taken for one that keeps: so it does.)
 *
 * Serial and Parallel collect the old generation by full collections. G1 marks it in a concurrent cycle of two pauses (remark,
 * cleanup) and empties regions in the mixed collections that follow; as the next cycle begins only after these, the least between
 * two cycles is what the earlier one left. G1 leaves garbage of up to 5 % of the heap (G1HeapWastePercent): less
 * growth than that can be garbage that gathers. */
#ifndef FW_PROBES_JVM_JVM_LIVE_H
#define FW_PROBES_JVM_JVM_LIVE_H

#include "probes/jvm/jvm_counters.h"

/* After one collection. */
struct jvm_point {
    double time; /* its end: seconds since the JVM's start */
    double left; /* bytes used in the old generation and the survivor spaces */
    double old;  /* of them in the old generation */
    double metaspace;
    double collections[JVM_KINDS]; /* as in jvm_counters */
};

/* Writes what of each point is known to be live, in `live`; how many points, from the first, it is known for. 0: the old
 * generation was not collected between these points. */
size_t jvm_live(const struct jvm_point *points, size_t count, double *live);

#endif
