/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One look at the heap of one process: which allocator it has, what glibc's malloc, jemalloc and CPython hold, and what
 * belongs to none of them. Of an allocator that cannot be read there is its name, never a number. */
#ifndef FW_PROBES_HEAP_HEAP_LOOK_H
#define FW_PROBES_HEAP_HEAP_LOOK_H

#include "probes/heap/allocator.h"
#include "probes/heap/glibc_heap.h"
#include "probes/heap/jemalloc_heap.h"
#include "probes/kernel/pids.h"
#include "probes/heap/pymalloc.h"

struct heap_look {
    enum heap_state state;
    char reason[256];            /* unknown or estimate: why; "" if measured */
    const char *allocator;       /* constant text; "unknown" */
    struct malloc_heap heap;     /* glibc's, and once judged jemalloc's with it */
    struct malloc_heap jemalloc; /* not found: not sought, or not there */
    struct pymalloc python;
    double coverage;
    double rss, anonymous; /* resident; anonymous with what is swapped out. NaN: unknown, as all that follow */
    double live;           /* in use by the program */
    double held;           /* free, but resident */
    double outside;        /* anonymous memory that belongs to no known heap */
    double cost_s;
    uint64_t bytes_read; /* of its memory */
    bool gone;           /* it has ended, or its id is another's */
    bool failed;         /* another look may succeed */
    bool denied;
};

/* Resident and private memory by statm, which is cheap. 0 or -errno. */
int heap_look_size(const struct pids *p, long pid, uint64_t *resident, uint64_t *private);
/* `started`: its start time in ticks, 0 if not known; `deadline`: clock_now() at which reading ends. */
void heap_look(struct heap_look *l, const struct pids *p, long pid, uint64_t started, double deadline);
void heap_look_free(struct heap_look *l);

/* What the parts that were read amount to; by itself for tests. `own_objects`: CPython that has no pymalloc. */
void heap_look_judge(struct heap_look *l, const struct detection *d, bool own_objects);

#endif
