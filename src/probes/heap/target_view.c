/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/target_view.h"

#include <stdlib.h>

#include "base/mem.h"

static const uint64_t highest = 1ULL << 48;

void target_view_open(struct target_view *v, struct target *t)
{
    *v = (struct target_view){.t = t, .data = mem_array(1, VIEW_BYTES)};
}

void target_view_close(struct target_view *v)
{
    free(v->data);
    v->data = NULL;
    v->start = v->end = 0;
}

bool target_view_load(struct target_view *v, uint64_t address, uint64_t low, uint64_t high)
{
    uint64_t page = v->t->page, start = address & ~(uint64_t)(VIEW_BYTES - 1), end = start + VIEW_BYTES;
    low -= low % page;
    high = high > highest ? highest : high;
    high += (page - high % page) % page;
    v->start = v->end = 0;
    start = start < low ? low : start;
    end = end > high ? high : end;
    if (address < start || address >= end)
        return false;
    size_t pages = (size_t)((end - start) / page);
    if (!target_load(v->t, start, pages, v->data, v->present, v->swapped))
        return false;
    v->start = start;
    v->end = end;
    v->whole = true;
    for (size_t i = 0; i < pages; i++)
        v->whole &= v->present[i >> 3] >> (i & 7) & 1;
    return true;
}

void target_peek_open(struct target_peek *k, struct target *t)
{
    *k = (struct target_peek){.t = t, .data = mem_array(PEEK_LINES, PEEK_LINE)};
}

void target_peek_close(struct target_peek *k)
{
    free(k->data);
    k->data = NULL;
}

void target_peek_forget(struct target_peek *k)
{
    memset(k->tags, 0, sizeof k->tags);
}

/* A line never crosses a page. */
static const uint8_t *line_of(struct target_peek *k, uint64_t address)
{
    uint64_t line = address & ~(uint64_t)(PEEK_LINE - 1);
    size_t i = (size_t)((address / PEEK_LINE ^ address >> 32) % PEEK_LINES);
    uint8_t *data = k->data + i * PEEK_LINE;
    if (k->tags[i] != line + 1) {
        k->misses++;
        k->tags[i] = line + 1;
        k->there[i] = target_read_all(k->t, line, data, PEEK_LINE);
    }
    return k->there[i] ? data : NULL;
}

bool target_peek(struct target_peek *k, uint64_t address, void *out, size_t size)
{
    if (address > highest)
        return false;
    while (size) {
        size_t offset = (size_t)(address % PEEK_LINE), n = PEEK_LINE - offset < size ? PEEK_LINE - offset : size;
        const uint8_t *data = line_of(k, address);
        if (!data)
            return false;
        memcpy(out, data + offset, n);
        out = (uint8_t *)out + n;
        address += n;
        size -= n;
    }
    return true;
}
