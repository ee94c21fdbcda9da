/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What malloc_trim(0) would give back of a stretch of free memory, and what stays stuck. */
#ifndef FW_PROBES_HEAP_GLIBC_TRIM_H
#define FW_PROBES_HEAP_GLIBC_TRIM_H

#include "probes/heap/heap_types.h"
#include "probes/heap/target_view.h"

/* Adds free chunks that lie side by side: malloc_trim gives back the whole pages behind the first 6 words. `view` is asked
 * for what is resident where it can tell. */
void glibc_trim_run(struct target_view *view, unsigned word, uint64_t start, uint64_t end, struct heap_sums *s);
/* Adds the top chunk. `given`: it ends where the program break is, so that malloc_trim lowers that by multiples of `unit`. */
void glibc_trim_top(struct target_view *view, unsigned word, uint64_t start, uint64_t end, bool given, uint64_t unit,
                    struct heap_sums *s);

#endif
