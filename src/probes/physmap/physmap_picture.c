/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws the blocks in the order of their addresses. */
#include "probes/physmap/physmap_picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ONLY_UNNAMED = BLOCK_KINDS };
static const char unseen = '?', absent = 'r', undecided = 'K'; /* the last only until the picture is complete */

static void new_row(struct physmap_picture *p, size_t zone, uint64_t block)
{
    MEM_ROOM(p->rows, p->row_count);
    struct picture_row *r = &p->rows[p->row_count++];
    *r = (struct picture_row){.zone = zone, .block = block};
    memset(r->text, absent, PICTURE_SIDE);
}

static uint64_t row_blocks(const struct physmap_picture *p)
{
    return (uint64_t)PICTURE_SIDE << p->shift;
}

/* A run of blocks into the last row and new ones, until there are more than `most`. */
static void lay(struct physmap_picture *p, const struct physmap_run *run, size_t most)
{
    uint64_t block = run->block, end = run->block + run->count;
    while (block < end && p->row_count <= most) {
        struct picture_row *r = p->row_count ? &p->rows[p->row_count - 1] : NULL;
        if (!r || r->zone != run->zone || block - r->block >= row_blocks(p)) {
            new_row(p, run->zone, block);
            continue;
        }
        uint64_t stop = r->block + row_blocks(p) < end ? r->block + row_blocks(p) : end;
        unsigned from = (unsigned)((block - r->block) >> p->shift);
        r->cells = (unsigned)((stop - 1 - r->block) >> p->shift) + 1;
        memset(r->text + from, unseen, r->cells - from);
        block = stop;
    }
}

void picture_plan(struct physmap_picture *p, const struct physmap_blocks *b, uint64_t wanted)
{
    size_t zones = 0;
    *p = (struct physmap_picture){0};
    for (size_t i = 0; i < b->run_count; i++)
        zones += i == 0 || b->runs[i].zone != b->runs[i - 1].zone;
    size_t most = zones > PICTURE_SIDE ? zones : PICTURE_SIDE;
    /* One block of each stretch of 2^shift / 2 is looked at, so that every cell holds a whole stretch. */
    while (p->shift < 40 && wanted < b->count && wanted << p->shift < 2 * b->count)
        p->shift++;
    for (; p->shift < 40; p->shift++) {
        p->row_count = 0;
        for (size_t i = 0; i < b->run_count && p->row_count <= most; i++)
            lay(p, &b->runs[i], most);
        if (p->row_count <= most)
            break;
    }
}

void picture_free(struct physmap_picture *p)
{
    free(p->rows);
    *p = (struct physmap_picture){0};
}

/* What is in the way of most of the cell's blocks; if nothing is in the way of any, whether all are free. */
static void close_cell(struct physmap_picture *p)
{
    int best = -1;
    for (int k = 0; k <= ONLY_UNNAMED; k++) {
        bool obstructs = k != BLOCK_FREE && k != BLOCK_MOVABLE;
        if (p->count[k] && obstructs && (best < 0 || p->count[k] > p->count[best]))
            best = k;
    }
    if (best < 0 && p->count[BLOCK_FREE] + p->count[BLOCK_MOVABLE] > 0)
        best = p->count[BLOCK_MOVABLE] ? BLOCK_MOVABLE : BLOCK_FREE;
    if (best >= 0)
        p->rows[p->row].text[p->cell] = best == ONLY_UNNAMED ? undecided : block_kind_letter((enum block_kind)best);
    memset(p->count, 0, sizeof p->count);
}

void picture_add(struct physmap_picture *p, uint64_t block, enum block_kind kind, bool only_unnamed)
{
    size_t row = p->row;
    while (row + 1 < p->row_count && block >= p->rows[row + 1].block)
        row++;
    if (row >= p->row_count || block < p->rows[row].block || block - p->rows[row].block >= row_blocks(p))
        return;
    unsigned cell = (unsigned)((block - p->rows[row].block) >> p->shift);
    if (row != p->row || cell != p->cell) {
        close_cell(p);
        p->row = row;
        p->cell = cell;
    }
    p->count[only_unnamed ? (int)ONLY_UNNAMED : (int)kind]++;
}

void picture_end(struct physmap_picture *p, const struct physmap_listed *listed)
{
    if (p->row_count)
        close_cell(p);
    for (size_t i = 0; i < p->row_count; i++) {
        struct picture_row *r = &p->rows[i];
        char letter = block_kind_letter(listed[r->zone].share > 0.5 ? BLOCK_MOVABLE : BLOCK_KERNEL);
        for (char *c = r->text; (c = memchr(c, undecided, (size_t)(r->text + PICTURE_SIDE - c)));)
            *c = letter;
        r->text[r->cells] = '\0';
    }
}
