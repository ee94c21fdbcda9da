/* SPDX-License-Identifier: GPL-3.0-or-later */
/* External fragmentation: free memory by block size, with the kernel's own indexes and kcompactd's own score. */
#include "probes/kernel/buddyinfo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "probes/kernel/page_size.h"
#include "facts/probe.h"

#define ZONE_COLUMNS(X)                                                                                                \
    X(Z_NODE, "node", TYPE_COUNT, "NUMA node", .role = ROLE_KEY)                                                       \
    X(Z_NAME, "name", TYPE_TEXT, "zone", .role = ROLE_KEY)                                                             \
    X(Z_PRESENT, "present", TYPE_BYTES, "memory in the zone")                                                          \
    X(Z_MANAGED, "managed", TYPE_BYTES, "of it given out by the page allocator")                                       \
    X(Z_SPANNED, "spanned", TYPE_BYTES, "address range, with holes")                                                   \
    X(Z_FREE, "free", TYPE_BYTES, "free in blocks (buddyinfo)")                                                        \
    X(Z_SHARE, "share", TYPE_RATIO, "share of the node's memory")                                                      \
    X(Z_FREE_SHARE, "free_share", TYPE_RATIO, "free as a share of the zone")                                           \
    X(Z_MIN, "min", TYPE_BYTES, "watermark below which allocations reclaim themselves")                                \
    X(Z_LOW, "low", TYPE_BYTES, "watermark below which background reclaim starts")                                     \
    X(Z_HIGH, "high", TYPE_BYTES, "watermark at which background reclaim stops")                                       \
    X(Z_BOOST, "boost", TYPE_BYTES, "watermarks raised because kinds of pages were mixed just now (since Linux 5.0)")  \
    X(Z_PCP, "pcp", TYPE_BYTES, "free on per-CPU lists, not in free")                                                  \
    X(Z_FREE_CMA, "free_cma", TYPE_BYTES, "of free, what is for movable memory only, not for the kernel's (CMA)")      \
    X(Z_UNUSABLE3, "unusable_order3", TYPE_RATIO, "share of free memory that cannot serve a request of 8 pages")       \
    X(Z_UNUSABLE4, "unusable_order4", TYPE_RATIO, "share of free memory that cannot serve a request of 16 pages")      \
    X(Z_UNUSABLE_HUGE, "unusable_huge", TYPE_RATIO, "share of free memory that cannot serve a huge page")              \
    X(Z_FRAGINDEX3, "fragindex_order3", TYPE_COUNT,                                                                    \
      "why 8 pages would fail: 0 lack of memory, 1 fragmentation, -1 they would not")                                  \
    X(Z_FRAGINDEX4, "fragindex_order4", TYPE_COUNT,                                                                    \
      "why 16 pages would fail: 0 lack of memory, 1 fragmentation, -1 they would not")                                 \
    X(Z_FRAGINDEX_HUGE, "fragindex_huge", TYPE_COUNT,                                                                  \
      "why a huge page would fail: 0 lack of memory, 1 fragmentation, -1 it would not")                                \
    X(Z_HUGE_ORDER, "huge_order", TYPE_COUNT, "order of a huge page: it takes 2^order pages")                          \
    X(Z_SMALL, "small", TYPE_BOOL, "below 64 MiB or 1 % of its node: does not count")                                  \
    X(Z_CONTIGUITY_HUGE, "contiguity_huge", TYPE_RATIO, "share of free memory in blocks of a huge page or larger")
enum { ZONE_COLUMNS(LIST_INDEX) };
static const struct column zone_columns[] = {ZONE_COLUMNS(LIST_ENTRY)};

#define ORDER_COLUMNS(X)                                                                                               \
    X(O_NODE, "node", TYPE_COUNT, "NUMA node", .role = ROLE_KEY)                                                       \
    X(O_ZONE, "zone", TYPE_TEXT, "zone", .role = ROLE_KEY)                                                             \
    X(O_ORDER, "order", TYPE_COUNT, "blocks of 2^order pages", .role = ROLE_KEY)                                       \
    X(O_BLOCK_SIZE, "block_size", TYPE_BYTES, "size of such a block")                                                  \
    X(O_FREE_BLOCKS, "free_blocks", TYPE_COUNT, "free blocks of exactly this order")                                   \
    X(O_FREE, "free", TYPE_BYTES, "free memory in them")                                                               \
    X(O_UNUSABLE, "unusable", TYPE_RATIO, "share of free memory that cannot serve a request of this order")            \
    X(O_FRAGINDEX, "fragindex", TYPE_COUNT,                                                                            \
      "why such a request would fail: 0 lack of memory, 1 fragmentation, -1 it would not")
enum { ORDER_COLUMNS(LIST_INDEX) };
static const struct column order_columns[] = {ORDER_COLUMNS(LIST_ENTRY)};

#define NODE_COLUMNS(X)                                                                                                \
    X(N_NODE, "node", TYPE_COUNT, "NUMA node", .role = ROLE_KEY)                                                       \
    X(N_PRESENT, "present", TYPE_BYTES, "memory in the node")                                                          \
    X(N_MANAGED, "managed", TYPE_BYTES, "of it given out by the page allocator")                                       \
    X(N_LOW, "low", TYPE_BYTES, "watermarks of its zones below which background reclaim starts")                       \
    X(N_FREE, "free", TYPE_BYTES, "free in blocks")                                                                    \
    X(N_SCORE, "score", TYPE_COUNT, "fragmentation score, 0 to 100: the measure by which kcompactd works")             \
    X(N_WAKE, "wake_line", TYPE_COUNT, "score above which kcompactd starts by itself")                                 \
    X(N_STOP, "stop_line", TYPE_COUNT, "score at which it stops")                                                      \
    X(N_PROACTIVENESS, "proactiveness", TYPE_COUNT, "vm.compaction_proactiveness (since Linux 5.9)")                   \
    X(N_FREE_HUGE, "free_huge", TYPE_BYTES, "free memory in blocks of a huge page or larger")
enum { NODE_COLUMNS(LIST_INDEX) };
static const struct column node_columns[] = {NODE_COLUMNS(LIST_ENTRY)};

#define BUDDY_COLUMNS(X)                                                                                               \
    X(FREE, "free", TYPE_BYTES, "free in blocks, all zones")                                                           \
    X(FREE_HUGE, "free_huge", TYPE_BYTES, "of it in blocks of a huge page or larger")                                  \
    X(UNUSABLE_HUGE, "unusable_huge", TYPE_RATIO,                                                                      \
      "share of free memory that cannot serve a huge page, over the zones that count")                                 \
    X(HUGE_ORDER, "huge_order", TYPE_COUNT, "order of a huge page")                                                    \
    X(HUGE_SIZE, "huge_size", TYPE_BYTES, "its size")                                                                  \
    X(WORST_SCORE, "worst_score", TYPE_COUNT, "highest fragmentation score of a node")                                 \
    X(WAKE_LINE, "wake_line", TYPE_COUNT, "score above which kcompactd starts by itself")                              \
    X(BOOSTED, "boosted", TYPE_BOOL, "in some zone kinds of pages were mixed just now")
enum { BUDDY_COLUMNS(LIST_INDEX) };
static const struct column buddy_columns[] = {BUDDY_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "zone", .help = "zones: watermarks and fragmentation", COLUMNS(zone_columns)},
    {.name = "order", .help = "free blocks by size", COLUMNS(order_columns)},
    {.name = "node", .help = "nodes: kcompactd's view", COLUMNS(node_columns)},
    {.name = "buddy", .help = "free memory as a whole", COLUMNS(buddy_columns), .single = true},
};

#define SMALL_BYTES (64.0 * 1024 * 1024)

struct view {
    const struct buddyinfo *b;
    const struct zoneinfo *z;
    const char *zones_why; /* NULL: zoneinfo was read */
    double page;
    unsigned huge;
    bool proactive_known;
    unsigned proactiveness;
    char proactive_why[512];
};

static double node_managed(const struct view *v, unsigned node)
{
    double pages = 0;
    for (size_t i = 0; i < v->z->count; i++)
        if (v->z->zones[i].node == node)
            pages += (double)v->z->zones[i].managed;
    return pages;
}

static bool is_small(const struct view *v, const struct zone_facts *z)
{
    double managed = (double)z->managed;
    return managed * v->page < SMALL_BYTES || managed < node_managed(v, z->node) / 100;
}

static void put_index(struct table *t, size_t row, unsigned unusable, unsigned fragindex, const struct buddy_zone *z,
                      unsigned orders, unsigned order)
{
    if (order >= orders) {
        cell_unknown(t, row, unusable, "this kernel has no blocks of that order");
        cell_unknown(t, row, fragindex, "this kernel has no blocks of that order");
        return;
    }
    cell_number(t, row, unusable, buddy_unusable(z, orders, order) / 1000.0);
    cell_number(t, row, fragindex, buddy_fragindex(z, orders, order) / 1000.0);
}

static void put_zone(struct table *t, const struct view *v, const struct buddy_zone *z)
{
    unsigned orders = v->b->orders;
    size_t row = table_add(t);
    double pages = (double)buddy_free_pages(z, orders);
    cell_number(t, row, Z_NODE, z->node);
    cell_text(t, row, Z_NAME, z->name);
    cell_number(t, row, Z_FREE, pages * v->page);
    cell_number(t, row, Z_HUGE_ORDER, v->huge);
    put_index(t, row, Z_UNUSABLE3, Z_FRAGINDEX3, z, orders, 3);
    put_index(t, row, Z_UNUSABLE4, Z_FRAGINDEX4, z, orders, 4);
    put_index(t, row, Z_UNUSABLE_HUGE, Z_FRAGINDEX_HUGE, z, orders, v->huge);
    if (pages > 0)
        cell_number(t, row, Z_CONTIGUITY_HUGE, (double)buddy_pages_from(z, orders, v->huge) / pages);
    else
        cell_unknown(t, row, Z_CONTIGUITY_HUGE, "the zone has no free memory");
    const struct zone_facts *zone = zoneinfo_find(v->z, z->node, z->name);
    if (!zone) {
        row_unknown(t, row, v->zones_why ? v->zones_why : "/proc/zoneinfo does not list this zone");
        return;
    }
    cell_number(t, row, Z_PRESENT, (double)zone->present * v->page);
    cell_number(t, row, Z_MANAGED, (double)zone->managed * v->page);
    cell_number(t, row, Z_SPANNED, (double)zone->spanned * v->page);
    cell_number(t, row, Z_MIN, (double)zone->min * v->page);
    cell_number(t, row, Z_LOW, (double)zone->low * v->page);
    cell_number(t, row, Z_HIGH, (double)zone->high * v->page);
    cell_number(t, row, Z_PCP, (double)zone->pcp * v->page);
    if (zone->has_boost)
        cell_number(t, row, Z_BOOST, (double)zone->boost * v->page);
    else
        cell_unknown(t, row, Z_BOOST, "this kernel does not show watermark boosts");
    if (zone->has_free_cma)
        cell_number(t, row, Z_FREE_CMA, (double)zone->free_cma * v->page);
    else
        cell_unknown(t, row, Z_FREE_CMA, "this kernel does not show free CMA pages");
    double node = node_managed(v, z->node);
    if (node > 0)
        cell_number(t, row, Z_SHARE, (double)zone->managed / node);
    if (zone->managed > 0)
        cell_number(t, row, Z_FREE_SHARE, pages / (double)zone->managed);
    cell_bool(t, row, Z_SMALL, is_small(v, zone));
    row_unknown(t, row, "/proc/zoneinfo: the zone is empty");
}

static void put_orders(struct table *t, const struct view *v, const struct buddy_zone *z)
{
    for (unsigned order = 0; order < v->b->orders; order++) {
        size_t row = table_add(t);
        double size = ldexp(v->page, (int)order);
        cell_number(t, row, O_NODE, z->node);
        cell_text(t, row, O_ZONE, z->name);
        cell_number(t, row, O_ORDER, order);
        cell_number(t, row, O_BLOCK_SIZE, size);
        cell_number(t, row, O_FREE_BLOCKS, (double)z->blocks[order]);
        cell_number(t, row, O_FREE, (double)z->blocks[order] * size);
        put_index(t, row, O_UNUSABLE, O_FRAGINDEX, z, v->b->orders, order);
    }
}

/* fragmentation_score_node(): each zone weighs by its present pages, each division rounds down. Returns the score, -1
 * if zoneinfo is missing. */
static int put_node(struct table *t, const struct view *v, unsigned node)
{
    uint64_t present = 0, score = 0, low = 0;
    double managed = node_managed(v, node), pages = 0, huge = 0;
    bool complete = !v->zones_why;
    for (size_t i = 0; i < v->z->count; i++) {
        if (v->z->zones[i].node == node) {
            present += v->z->zones[i].present;
            low += v->z->zones[i].low;
        }
    }
    for (size_t i = 0; i < v->b->count; i++) {
        const struct buddy_zone *z = &v->b->zones[i];
        if (z->node != node)
            continue;
        pages += (double)buddy_free_pages(z, v->b->orders);
        huge += (double)buddy_pages_from(z, v->b->orders, v->huge);
        const struct zone_facts *zone = zoneinfo_find(v->z, node, z->name);
        if (zone)
            score += zone->present * buddy_zone_score(z, v->b->orders, v->huge) / (present + 1);
        else
            complete = false;
    }
    size_t row = table_add(t);
    cell_number(t, row, N_NODE, node);
    cell_number(t, row, N_FREE, pages * v->page);
    cell_number(t, row, N_FREE_HUGE, huge * v->page);
    if (v->proactive_known) {
        cell_number(t, row, N_PROACTIVENESS, v->proactiveness);
        cell_number(t, row, N_WAKE, buddy_wake_line(v->proactiveness));
        cell_number(t, row, N_STOP, buddy_stop_line(v->proactiveness));
    } else {
        cell_unknown(t, row, N_PROACTIVENESS, v->proactive_why);
        cell_unknown(t, row, N_WAKE, v->proactive_why);
        cell_unknown(t, row, N_STOP, v->proactive_why);
    }
    if (complete) {
        cell_number(t, row, N_PRESENT, (double)present * v->page);
        cell_number(t, row, N_MANAGED, managed * v->page);
        cell_number(t, row, N_LOW, (double)low * v->page);
        cell_number(t, row, N_SCORE, (double)score);
    }
    row_unknown(t, row, v->zones_why ? v->zones_why : "/proc/zoneinfo does not list every zone");
    return complete ? (int)score : -1;
}

static void put_whole(struct table *t, const struct view *v, int worst)
{
    size_t row = table_add(t);
    double pages = 0, huge = 0, counted = 0, counted_huge = 0;
    bool boosted = false, boost_known = false;
    for (size_t i = 0; i < v->b->count; i++) {
        const struct buddy_zone *z = &v->b->zones[i];
        double free_pages = (double)buddy_free_pages(z, v->b->orders),
               large = (double)buddy_pages_from(z, v->b->orders, v->huge);
        pages += free_pages;
        huge += large;
        const struct zone_facts *zone = zoneinfo_find(v->z, z->node, z->name);
        if (!zone || !is_small(v, zone)) {
            counted += free_pages;
            counted_huge += large;
        }
        boost_known |= zone && zone->has_boost;
        boosted |= zone && zone->boost > 0;
    }
    cell_number(t, row, FREE, pages * v->page);
    cell_number(t, row, FREE_HUGE, huge * v->page);
    cell_number(t, row, UNUSABLE_HUGE, counted > 0 ? (counted - counted_huge) / counted : 1);
    cell_number(t, row, HUGE_ORDER, v->huge);
    cell_number(t, row, HUGE_SIZE, ldexp(v->page, (int)v->huge));
    if (worst >= 0)
        cell_number(t, row, WORST_SCORE, worst);
    else
        cell_unknown(t, row, WORST_SCORE, v->zones_why ? v->zones_why : "/proc/zoneinfo does not list every zone");
    if (v->proactive_known)
        cell_number(t, row, WAKE_LINE, buddy_wake_line(v->proactiveness));
    else
        cell_unknown(t, row, WAKE_LINE, v->proactive_why);
    if (boost_known)
        cell_bool(t, row, BOOSTED, boosted);
    else
        cell_unknown(t, row, BOOSTED, v->zones_why ? v->zones_why : "this kernel does not show watermark boosts");
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    const struct root *r = in->root;
    struct table *whole = facts_table(f, "buddy");
    AUTO_BUDDYINFO struct buddyinfo b = {0};
    AUTO_ZONEINFO struct zoneinfo z = {0};
    struct err e, zones_why;
    enum status status;
    if (!buddyinfo_read(&b, r, &status, &e)) {
        facts_fail(f, status, "%s", e.text);
        row_unknown(whole, table_add(whole), e.text);
        return;
    }
    struct view v = {.b = &b, .z = &z};
    if (!zoneinfo_read(&z, r, &status, &zones_why)) {
        facts_fail(f, STATUS_PARTIAL, "%s", zones_why.text);
        v.zones_why = zones_why.text;
    } else if (!buddyinfo_fits(&b, &z, &e)) {
        facts_fail(f, STATUS_MALFORMED, "%s", e.text);
        row_unknown(whole, table_add(whole), e.text);
        return;
    }
    uint64_t page = page_size(r);
    v.page = (double)page;
    v.huge = huge_order(r, page, b.orders);
    char text[32];
    if (root_sysctl(r, "vm.compaction_proactiveness", text, sizeof text, &status, &e)) {
        struct span s = span_of_string(text);
        uint64_t n;
        v.proactive_known = scan_number(&s, &n) && scan_end(&s) && n <= 100;
        v.proactiveness = v.proactive_known ? (unsigned)n : 0;
        snprintf(v.proactive_why, sizeof v.proactive_why, "vm.compaction_proactiveness is not a number from 0 to 100");
    } else {
        snprintf(
            v.proactive_why, sizeof v.proactive_why, "%s",
            status == STATUS_ABSENT
                ? "kcompactd of this kernel does not work by itself (no vm.compaction_proactiveness; since Linux 5.9)"
                : e.text);
    }
    for (size_t i = 0; i < b.count; i++) {
        put_zone(facts_table(f, "zone"), &v, &b.zones[i]);
        put_orders(facts_table(f, "order"), &v, &b.zones[i]);
    }
    int worst = -1;
    bool complete = true;
    for (size_t i = 0; i < b.count; i++) {
        bool seen = false;
        for (size_t k = 0; !seen && k < i; k++)
            seen = b.zones[k].node == b.zones[i].node;
        if (seen)
            continue;
        int score = put_node(facts_table(f, "node"), &v, b.zones[i].node);
        complete &= score >= 0;
        worst = score > worst ? score : worst;
    }
    put_whole(whole, &v, complete ? worst : -1);
}

extern const struct probe probe_buddy;
const struct probe probe_buddy = {
    .name = "buddy",
    .help = "external fragmentation: free memory by block size, and what it cannot serve",
    .classic = "cat /proc/buddyinfo",
    .tables = tables,
    .table_count = 4,
    .reads = "proc/buddyinfo proc/zoneinfo proc/pagetypeinfo proc/meminfo proc/vmstat "
             "proc/sys/vm/compaction_proactiveness sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
    .collect = collect,
};
