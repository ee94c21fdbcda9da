/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which stretches of memory an arena is made of: the main arena of the program break and of mappings where that was blocked,
 * the others of heaps, each of which names the one before. */
#ifndef FW_PROBES_HEAP_GLIBC_SEGMENTS_H
#define FW_PROBES_HEAP_GLIBC_SEGMENTS_H

#include "probes/heap/glibc_walk.h"

/* Walks all of w->arena into w->sums, after looking through its fast bins; returns how many segments it found. */
unsigned glibc_walk_arena(struct glibc_walk *w, const struct glibc_parameters *p);

#endif
