/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is found of a heap. All sizes are bytes; of glibc's they include its own overhead, as mallinfo2 counts. */
#ifndef FW_PROBES_HEAP_HEAP_TYPES_H
#define FW_PROBES_HEAP_HEAP_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum heap_state {
    HEAP_MEASURED, /* at least 99 % of the arenas' memory was walked */
    HEAP_ESTIMATE, /* 90 to 99 %: figures are scaled up to the whole */
    HEAP_UNKNOWN,  /* less, or it was changing too fast, or not glibc's: no figures */
};
extern const char *const heap_state_names[]; /* by enum heap_state, then NULL */

/* Four classes for each power of two of the chunk size, from 16 bytes up. */
#define HEAP_CLASSES 128
unsigned heap_class(uint64_t chunk_size);
uint64_t heap_class_from(unsigned c); /* smallest chunk size of the class */

struct heap_sums {
    uint64_t system;               /* obtained from the kernel (system_mem) */
    uint64_t walked;               /* of it walked */
    uint64_t in_use, in_use_count; /* chunks that the program holds */
    uint64_t free;                 /* all that follows up to top: in_use + free = system (when all was walked) */
    uint64_t binned, binned_count; /* in the small, large and unsorted bins */
    uint64_t fast, fast_count;     /* in fast bins */
    uint64_t tcache, tcache_count; /* in threads' caches */
    uint64_t top;                  /* the chunk at the end, never used or given back to it */
    uint64_t largest_free;         /* largest free chunk, top aside */
    uint64_t trimmable;            /* whole resident pages that malloc_trim(0) would give back */
    uint64_t pinned;               /* resident free bytes that it would not, thread arenas' whole top pages aside:
                                          stuck in pages that are partly in use */
    uint64_t kept_top;             /* resident whole pages of tops that malloc_trim(0) leaves: those of threads'
                                          arenas; free = trimmable + pinned + kept_top + absent */
    uint64_t absent;               /* free bytes whose pages are not resident: they cost nothing */
};

void heap_sums_add(struct heap_sums *to, const struct heap_sums *s);

struct heap_arena {
    uint64_t address; /* of its malloc_state */
    unsigned number;  /* the allocator's own, if it has one */
    bool main, jemalloc;
    unsigned heaps; /* segments; of jemalloc extents */
    struct heap_sums sums;
};

struct malloc_heap {
    enum heap_state state;
    char reason[192]; /* why estimate or unknown: a sentence's end; "" if measured */
    bool found;       /* the allocator's books were found and validated */
    bool little;      /* unknown although all was walked: it is next to nothing of the program's memory */
    double coverage;  /* walked ÷ system_mem over the ring of arenas, 0–1 */
    struct heap_sums sums;
    uint64_t mmapped, mmapped_count; /* chunks in mappings of their own (mp_.mmapped_mem) */
    uint64_t metadata;               /* resident bytes of its books, where they are no part of the arenas' memory */
    char layout[24];                 /* which of several layouts was found, for the evidence; "" */
    struct heap_arena *arenas;       /* fresh memory */
    size_t arena_count;
    uint64_t used_sizes[HEAP_CLASSES], free_sizes[HEAP_CLASSES]; /* bytes by class of chunk size */
    uint64_t used_counts[HEAP_CLASSES], free_counts[HEAP_CLASSES];
    double cost_s;
};
/* Adds what another allocator of the same process has: figures, classes, arenas. State, reason and coverage are the worse ones. */
void malloc_heap_add(struct malloc_heap *to, const struct malloc_heap *from);
void malloc_heap_free(struct malloc_heap *h);

#endif
