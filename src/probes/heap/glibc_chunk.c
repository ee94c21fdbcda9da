/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/heap/glibc_chunk.h"

#include <stdlib.h>

void glibc_walk_open(struct glibc_walk *w, struct target *t, const struct glibc_found *found)
{
    *w = (struct glibc_walk){.t = t, .layout = found->layout};
    w->trim_unit = found->parameters.huge_page ? found->parameters.huge_page : t->page;
    target_view_open(&w->view, t);
}

void glibc_walk_close(struct glibc_walk *w)
{
    target_view_close(&w->view);
    free(w->resumed);
    w->resumed = NULL;
}

bool glibc_header(struct glibc_walk *w, uint64_t chunk, uint64_t *before, uint64_t *header)
{
    uint8_t bytes[16];
    const struct target_view *v = &w->view;
    const uint8_t *at = bytes;
    if (target_view_has(v, chunk) && chunk + 16 <= v->end)
        at = v->data + (chunk - v->start);
    else if (!target_peek(w->peek, chunk, bytes, 2 * w->layout->word))
        return false;
    *before = glibc_word(w->layout, at);
    *header = glibc_word(w->layout, at + w->layout->word);
    return true;
}

/* Fenceposts are smaller than any chunk: in a thread's heap one of 2 words and one of none at its end, in the main arena two of
 * 2 words. Returns how many bytes they take, or 0. */
uint64_t glibc_fenceposts(struct glibc_walk *w, uint64_t at)
{
    uint64_t before, first, second, two = 2 * w->layout->word;
    if (!glibc_header(w, at, &before, &first))
        return 0;
    if (!w->arena.main && (first & ~(uint64_t)GLIBC_NON_MAIN_ARENA) == GLIBC_PREV_INUSE &&
        w->limit - at <= 8 * w->layout->word)
        return w->limit - at;
    if ((first & ~(uint64_t)(GLIBC_FLAGS & ~GLIBC_IS_MMAPPED)) != two || w->limit - at < 2 * two ||
        !glibc_header(w, at + two, &before, &second))
        return 0;
    if (w->arena.main && second == (two | GLIBC_PREV_INUSE)) {
        /* where the old top was just too large to vanish, a third */
        bool third = w->limit - at >= 3 * two && glibc_header(w, at + 2 * two, &before, &first) && first == second;
        return third ? 3 * two : 2 * two;
    }
    if (w->arena.main)
        return 0;
    return second == GLIBC_PREV_INUSE && w->limit - at <= 8 * w->layout->word ? w->limit - at : 0;
}
