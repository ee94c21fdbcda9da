/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap of a process that uses glibc's malloc (2.31 to 2.43, 64 and 32 bit), read chunk by chunk from outside. Every
 * structure is found by validation: no symbols, no version string. Chunk headers and list nodes are read, contents are not
 * kept. */
#ifndef FW_PROBES_HEAP_GLIBC_HEAP_H
#define FW_PROBES_HEAP_GLIBC_HEAP_H

#include "probes/heap/heap_types.h"
#include "probes/heap/target.h"

/* Never fails: what could not be seen is HEAP_UNKNOWN with the reason. */
void glibc_heap_read(struct target *t, struct malloc_heap *h);

#endif
