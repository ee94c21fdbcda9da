/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Node    0, zone   Normal, type    Unmovable    118    538    602    393    230     95     35     18      0      0      0
 * Number of blocks type     Unmovable      Movable  Reclaimable      then      Node 0, zone   Normal    68    1270    70 */
#include "probes/kernel/pagetypeinfo.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/kernel/zoneinfo.h"

#define ZONES_MAX 8192
#define PAGES_MAX (1ULL << 50)

const char *const migrate_types[] = {"Unmovable", "Movable", "Reclaimable", "HighAtomic",
                                     "Reserve",   "CMA",     "Isolate",     NULL};

int pagetype_index(const struct pagetypeinfo *p, const char *type)
{
    for (unsigned i = 0; i < p->types; i++)
        if (strcmp(p->type[i], type) == 0)
            return (int)i;
    return -1;
}

static struct pagetype_zone *zone_of(struct pagetypeinfo *p, unsigned node, const char *name)
{
    /* Rows of one zone stand together, so looking from the end finds it at once in the first section. */
    for (size_t i = p->count; i-- > 0;)
        if (p->zones[i].node == node && strcmp(p->zones[i].zone, name) == 0)
            return &p->zones[i];
    if (p->count == ZONES_MAX)
        return NULL;
    MEM_ROOM(p->zones, p->count);
    struct pagetype_zone *z = &p->zones[p->count++];
    memset(z, 0, sizeof *z);
    z->node = node;
    memcpy(z->zone, name, sizeof z->zone);
    return z;
}

static int type_of(struct pagetypeinfo *p, const struct span *word)
{
    for (unsigned i = 0; i < p->types; i++)
        if (span_is(*word, p->type[i]))
            return (int)i;
    if (p->types == PAGETYPES_MAX || span_length(*word) >= sizeof *p->type)
        return -1;
    span_copy(*word, p->type[p->types], sizeof *p->type);
    return (int)p->types++;
}

static bool free_row(struct pagetypeinfo *p, struct pagetype_zone *z, struct span line)
{
    struct span word;
    if (!scan_word(&line, &word))
        return false;
    int type = type_of(p, &word);
    if (type < 0)
        return false;
    uint64_t pages = 0;
    for (unsigned order = 0; !scan_end(&line); order++) {
        uint64_t n;
        z->capped[type] |= scan_literal(&line, ">");
        if (order >= 32 || !scan_number(&line, &n) || n > PAGES_MAX >> order)
            return false;
        pages += n << order;
        if (pages > PAGES_MAX)
            return false;
    }
    z->free_pages[type] = pages;
    return true;
}

bool pagetypeinfo_parse(struct pagetypeinfo *p, const char *text, size_t length, struct err *e)
{
    *p = (struct pagetypeinfo){0};
    struct span all = span_of(text, length), line;
    int column[PAGETYPES_MAX];
    unsigned columns = 0, number = 1;
    uint64_t block_order = 64;
    enum { HEAD, FREE, BLOCKS } section = HEAD;
    for (; scan_line(&all, &line); number++) {
        if (scan_literal(&line, "Page block order:")) {
            if (!scan_number(&line, &block_order) || block_order > 32)
                goto bad;
            p->block_order = (unsigned)block_order;
        } else if (scan_literal(&line, "Pages per block:")) {
            if (!scan_number(&line, &p->pages_per_block))
                goto bad;
        } else if (scan_literal(&line, "Free pages count per migrate type")) {
            section = FREE;
        } else if (scan_literal(&line, "Number of blocks type")) {
            struct span word;
            for (columns = 0; scan_word(&line, &word); columns++) {
                int type = columns < PAGETYPES_MAX ? type_of(p, &word) : -1;
                if (type < 0)
                    goto bad;
                column[columns] = type;
            }
            section = BLOCKS;
        } else if (span_starts(line, "Number of mixed blocks")) {
            break; /* with page_owner=on; not used */
        } else if (span_starts(line, "Node")) {
            unsigned node;
            char name[16] = "";
            if (!zone_heading(&line, &node, name) || section == HEAD)
                goto bad;
            struct pagetype_zone *z = zone_of(p, node, name);
            if (!z)
                goto bad;
            if (section == FREE) {
                if (!scan_literal(&line, ", type") || !free_row(p, z, line))
                    goto bad;
                continue;
            }
            for (unsigned i = 0; i < columns; i++)
                if (!scan_number(&line, &z->blocks[column[i]]) || z->blocks[column[i]] > PAGES_MAX)
                    goto bad;
            if (!scan_end(&line))
                goto bad;
            z->has_blocks = true;
        } else if (!scan_end(&line)) {
            goto bad;
        }
    }
    if (block_order == 64 || p->pages_per_block != 1ULL << block_order || section != BLOCKS || p->count == 0)
        goto bad;
    return true;
bad:
    pagetypeinfo_free(p);
    return err_set(e, "/proc/pagetypeinfo:%u: not what a kernel prints", number);
}

void pagetypeinfo_free(struct pagetypeinfo *p)
{
    free(p->zones);
    *p = (struct pagetypeinfo){0};
}
