/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPython's own allocator of small objects (up to 512 bytes), which takes arenas from the kernel past malloc and carves them
 * into pools: 4 KiB pools up to 3.9, 16 KiB pools from 3.10 (to 3.15 at least). Pools are found by validating the header at
 * each aligned address; nothing but headers of pages that are present is read. The free-threaded build has none: it uses
 * mimalloc. */
#ifndef FW_PROBES_HEAP_PYMALLOC_H
#define FW_PROBES_HEAP_PYMALLOC_H

#include "probes/heap/target.h"

#define POOL_HEADER_MAX 48
#define POOLS_IN_ARENA 64

struct pool {
    uint32_t used, capacity; /* blocks */
    uint32_t block;          /* bytes of one */
    uint32_t size;           /* of the pool: 4096 or 16384 */
    uint32_t alignment;      /* of blocks: 8 up to 3.7, then 16 */
    uint32_t arena;          /* index in the interpreter's table of arenas */
};
/* `bytes` are the first 48 at an address of the target (32 if the word is 4). False unless all members agree. */
bool pool_parse(const unsigned char *bytes, unsigned word, uint64_t address, struct pool *p);

struct pymalloc {
    bool whole;             /* the search was not ended by the deadline or an error */
    double coverage;        /* pools read ÷ pools read and those swapped out, 0–1; 1 if there are none */
    uint64_t pools, arenas; /* pools that were used at least once */
    uint64_t pool_size;     /* 0: none found */
    uint64_t in_use;        /* bytes of allocated blocks */
    uint64_t free;          /* bytes of free blocks, and of pools all of whose blocks are free */
    uint64_t free_resident; /* of them in pages that are resident */
    uint64_t memory;        /* pools' pages that are resident or swapped out */
};
/* Looks through the anonymous mappings of the target. Figures are of what was covered, not scaled up. */
void pymalloc_read(struct target *t, struct pymalloc *out);

#endif
