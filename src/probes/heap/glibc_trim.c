/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Follows mtrim() and systrim() of glibc's malloc.c. */
#include "probes/heap/glibc_trim.h"

enum { PIECE = 4096 }; /* pages asked for at once */

/* Bytes of [from, to) on present pages. */
static uint64_t resident(struct target_view *v, uint64_t from, uint64_t to)
{
    uint64_t page = v->t->page, sum = 0;
    if (v->whole && from >= v->start && to <= v->end)
        return to - from;
    while (from < to) {
        uint8_t own[PIECE / 8];
        const uint8_t *bits = own;
        uint64_t first = from - from % page, end;
        if (from >= v->start && from < v->end) {
            first = v->start;
            end = v->end;
            bits = v->present;
        } else {
            end = to - to % page + (to % page ? page : 0);
            end = end - first > PIECE * page ? first + PIECE * page : end;
            end = from < v->start && end > v->start && v->end > v->start ? v->start : end;
            if (!target_present(v->t, first, (size_t)((end - first) / page), own, NULL))
                return sum;
        }
        for (uint64_t at = from; at < to && at < end; at = from) {
            uint64_t i = (at - first) / page, next = first + (i + 1) * page;
            next = next < to ? next : to;
            sum += bits[i >> 3] >> (i & 7) & 1 ? next - at : 0;
            from = next;
        }
    }
    return sum;
}

static void stuck(struct target_view *v, uint64_t from, uint64_t to, struct heap_sums *s)
{
    if (from >= to)
        return;
    uint64_t there = resident(v, from, to);
    s->pinned += there;
    s->absent += to - from - there;
}

void glibc_trim_run(struct target_view *v, unsigned word, uint64_t start, uint64_t end, struct heap_sums *s)
{
    uint64_t page = v->t->page, a = (start + 6 * word + page - 1) & ~(page - 1);
    if (a >= end || end - a < page) {
        stuck(v, start, end, s);
        return;
    }
    uint64_t b = a + ((end - a) & ~(page - 1)), there = resident(v, a, b);
    s->trimmable += there;
    s->absent += b - a - there;
    stuck(v, start, a, s);
    stuck(v, b, end, s);
}

void glibc_trim_top(struct target_view *v, unsigned word, uint64_t start, uint64_t end, bool given, uint64_t unit,
                    struct heap_sums *s)
{
    uint64_t page = v->t->page, a = (start + page - 1) & ~(page - 1), kept = 4 * word + 1;
    if (given) {
        uint64_t extra = end - start > kept ? (end - start - kept) / unit * unit : 0, there;
        a = end - extra;
        there = resident(v, a, end);
        s->trimmable += there;
        s->absent += extra - there;
    } else if (a < end) {
        uint64_t there = resident(v, a, end);
        s->kept_top += there;
        s->absent += end - a - there;
    } else {
        a = end;
    }
    stuck(v, start, a, s);
}
