/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/heap_types.h"

#include <stddef.h>
#include <stdlib.h>

const char *const heap_state_names[] = {"measured", "estimate", "unknown", NULL};

unsigned heap_class(uint64_t size)
{
    if (size < 16)
        return 0;
    unsigned exponent = 63 - (unsigned)__builtin_clzll(size);
    unsigned class = (exponent - 4) * 4 + (unsigned)(size >> (exponent - 2) & 3);
    return class < HEAP_CLASSES ? class : HEAP_CLASSES - 1;
}

uint64_t heap_class_from(unsigned class)
{
    return (4ULL + class % 4) << (2 + class / 4);
}

void malloc_heap_free(struct malloc_heap *h)
{
    free(h->arenas);
    h->arenas = NULL;
    h->arena_count = 0;
}
