/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows into a target's memory for the heap walker: one block that is walked through, and a cache of lines for what is
 * looked up here and there. Both in buffers of fixed size. */
#ifndef FW_PROBES_HEAP_TARGET_VIEW_H
#define FW_PROBES_HEAP_TARGET_VIEW_H

#include "probes/heap/target.h"

enum { VIEW_BYTES = 256 << 10, VIEW_PAGES = VIEW_BYTES / 4096, PEEK_LINE = 4096, PEEK_LINES = 64 };

struct target_view {
    struct target *t;
    uint64_t start, end; /* what is loaded; equal: nothing */
    bool whole;          /* every page of it is present */
    uint8_t present[VIEW_PAGES / 8], swapped[VIEW_PAGES / 8];
    uint8_t *data;
};
void target_view_open(struct target_view *v, struct target *t);
void target_view_close(struct target_view *v);
/* Loads the block that holds an address, as far as it lies in the pages of [low, high). False past the deadline, or if the
 * target is gone. */
bool target_view_load(struct target_view *v, uint64_t address, uint64_t low, uint64_t high);
static inline bool target_view_has(const struct target_view *v, uint64_t address)
{
    if (address < v->start || address >= v->end)
        return false;
    uint64_t i = (address - v->start) / v->t->page;
    return v->whole || (v->present[i >> 3] >> (i & 7) & 1);
}
static inline bool target_view_swapped(const struct target_view *v, uint64_t address)
{
    uint64_t i = (address - v->start) / v->t->page;
    return v->swapped[i >> 3] >> (i & 7) & 1;
}

struct target_peek {
    struct target *t;
    uint64_t tags[PEEK_LINES]; /* address of the line + 1; 0: none */
    bool there[PEEK_LINES];
    uint8_t *data;
    uint64_t misses;
};
void target_peek_open(struct target_peek *k, struct target *t);
void target_peek_close(struct target_peek *k);
void target_peek_forget(struct target_peek *k); /* what was seen is old */
/* Copies `size` bytes (few; at most a line). False if a page of them is not present. */
bool target_peek(struct target_peek *k, uint64_t address, void *out, size_t size);

#endif
