/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pageblocks by migrate type: unmovable ones are what compaction cannot clear. */
#include "probes/kernel/pagetypeinfo.h"

#include "facts/probe.h"

#define TYPE_COLUMNS(X)                                                                                                \
    X(P_NODE, "node", TYPE_COUNT, "NUMA node", .role = ROLE_KEY)                                                       \
    X(P_ZONE, "zone", TYPE_TEXT, "zone", .role = ROLE_KEY)                                                             \
    X(P_TYPE, "type", TYPE_TEXT, "what the blocks are for", .values = migrate_types, .role = ROLE_KEY)                 \
    X(P_BLOCKS, "blocks", TYPE_COUNT, "pageblocks of this type")                                                       \
    X(P_SHARE, "block_share", TYPE_RATIO, "share of the zone's blocks")                                                \
    X(P_FREE, "free_pages", TYPE_COUNT, "free pages in lists of this type; at least so many where capped")             \
    X(P_CAPPED, "capped", TYPE_BOOL, "the kernel stopped counting at 100000 blocks of an order")
enum { TYPE_COLUMNS(LIST_INDEX) };
static const struct column type_columns[] = {TYPE_COLUMNS(LIST_ENTRY)};

#define PAGETYPES_COLUMNS(X)                                                                                           \
    X(UNMOVABLE, "unmovable_share", TYPE_RATIO, "share of all pageblocks that is for pages which cannot be moved")     \
    X(RECLAIMABLE, "reclaimable_share", TYPE_RATIO, "share for pages which can be freed but not moved")                \
    X(MOVABLE, "movable_share", TYPE_RATIO, "share for pages which can be moved")                                      \
    X(BLOCKS, "blocks", TYPE_COUNT, "all pageblocks")                                                                  \
    X(BLOCK_PAGES, "block_pages", TYPE_COUNT, "pages in a pageblock")
enum { PAGETYPES_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {PAGETYPES_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "pagetype", .help = "pageblocks and free pages by migrate type", COLUMNS(type_columns), .keep = 200},
    {.name = "pagetypes", .help = "pageblocks as a whole", COLUMNS(columns), .single = true},
};

static void put_zone(struct table *t, const struct pagetypeinfo *p, const struct pagetype_zone *z)
{
    double all = 0;
    for (unsigned i = 0; i < p->types; i++)
        all += (double)z->blocks[i];
    for (unsigned i = 0; i < p->types; i++) {
        size_t row = table_add(t);
        cell_number(t, row, P_NODE, z->node);
        cell_text(t, row, P_ZONE, z->zone);
        cell_text(t, row, P_TYPE, p->type[i]);
        cell_number(t, row, P_FREE, (double)z->free_pages[i]);
        cell_bool(t, row, P_CAPPED, z->capped[i]);
        if (z->has_blocks) {
            cell_number(t, row, P_BLOCKS, (double)z->blocks[i]);
            cell_number(t, row, P_SHARE, all > 0 ? (double)z->blocks[i] / all : 0);
        }
        row_unknown(t, row, "/proc/pagetypeinfo counts no blocks of this zone");
    }
}

static void put_share(struct table *t, unsigned column, const struct pagetypeinfo *p, const char *type, double all)
{
    int index = pagetype_index(p, type);
    double blocks = 0;
    if (index < 0 || all <= 0) {
        cell_unknown(t, 0, column, "/proc/pagetypeinfo has no such type");
        return;
    }
    for (size_t i = 0; i < p->count; i++)
        blocks += (double)p->zones[i].blocks[index];
    cell_number(t, 0, column, blocks / all);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    struct table *t = facts_table(f, "pagetypes");
    AUTO_SOURCE struct source s = {0};
    AUTO_PAGETYPEINFO struct pagetypeinfo p = {0};
    struct err e;
    enum status status;
    table_add(t);
    if (!source_read(&s, in->root, "proc/pagetypeinfo", &status, &e) ||
        !source_parsed(pagetypeinfo_parse(&p, s.text, s.length, &e), &status)) {
        facts_fail(f, status, "%s", e.text);
        row_unknown(t, 0, e.text);
        return;
    }
    double all = 0;
    for (size_t i = 0; i < p.count; i++) {
        put_zone(facts_table(f, "pagetype"), &p, &p.zones[i]);
        for (unsigned k = 0; k < p.types; k++)
            all += (double)p.zones[i].blocks[k];
    }
    cell_number(t, 0, BLOCKS, all);
    cell_number(t, 0, BLOCK_PAGES, (double)p.pages_per_block);
    put_share(t, UNMOVABLE, &p, "Unmovable", all);
    put_share(t, RECLAIMABLE, &p, "Reclaimable", all);
    put_share(t, MOVABLE, &p, "Movable", all);
}

extern const struct probe probe_pagetypes;
const struct probe probe_pagetypes = {
    .name = "pagetypes",
    .help = "pageblocks by kind: what compaction can clear and what not",
    .classic = "cat /proc/pagetypeinfo",
    .tables = tables,
    .table_count = 2,
    .reads = "proc/pagetypeinfo",
    .collect = collect,
};
