/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who owns physical memory, pageblock by pageblock: what keeps compaction from making large blocks of what is free. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "probes/kernel/buddyinfo.h"
#include "probes/kernel/page_size.h"
#include "probes/physmap/physmap_owner.h"
#include "probes/physmap/physmap_picture.h"
#include "facts/probe.h"

#define PHYSMAP_COLUMNS(X)                                                                                             \
    X(P_BLOCK_SIZE, "block_size", TYPE_BYTES, "size of a block (pageblock)")                                           \
    X(P_BLOCKS, "blocks", TYPE_COUNT, "blocks of memory")                                                              \
    X(P_SCANNED, "scanned", TYPE_COUNT, "of them looked at")                                                           \
    X(P_SAMPLED, "sampled", TYPE_BOOL, "only a part was looked at: all figures are estimates")                         \
    X(P_ERROR, "error", TYPE_RATIO,                                                                                    \
      "of the shares, 95 % half width: of looking at a part, and of weighing unnamed pages")                           \
    X(P_PRESENT, "present", TYPE_BYTES, "memory in the blocks")                                                        \
    X(P_FREE, "free", TYPE_BYTES, "free memory, without per-CPU lists")                                                \
    X(P_FREE_WHOLE, "free_whole", TYPE_BYTES, "of it in wholly free blocks")                                           \
    X(P_FREE_MOVABLE, "free_movable", TYPE_BYTES, "of it in blocks where all else can be moved")                       \
    X(P_FREE_PINNED, "free_pinned", TYPE_BYTES, "of it in blocks holding something that compaction cannot move")       \
    X(P_MOVABLE_SHARE, "movable_share", TYPE_RATIO,                                                                    \
      "free_movable / (free_movable + free_pinned): what compaction "                                                  \
      "could win of the free memory in used blocks")                                                                   \
    X(P_PINNED_SHARE, "pinned_share", TYPE_RATIO, "free_pinned / free: what compaction cannot win of all free memory") \
    X(P_UNNAMED, "unnamed", TYPE_BYTES, "pages without any flag: of the kernel (pipes, sockets, drivers, vmalloc)")    \
    X(P_LISTED, "listed", TYPE_BYTES, "such pages that are free on per-CPU lists, not counted in unnamed")             \
    X(P_PINNED_USER, "pinned_user", TYPE_BYTES, "memory of processes that is pinned in place (VmPin)")                 \
    X(P_PINNED_PROCESS, "pinned_user_process", TYPE_TEXT, "the process with most of it")
enum { PHYSMAP_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {PHYSMAP_COLUMNS(LIST_ENTRY)};

#define KIND_COLUMNS(X)                                                                                                \
    X(K_KIND, "kind", TYPE_TEXT, "what is in the blocks, or obstructs them", .values = block_kind_names,               \
      .role = ROLE_KEY)                                                                                                \
    X(K_BLOCKS, "blocks", TYPE_COUNT, "blocks")                                                                        \
    X(K_SHARE, "share", TYPE_RATIO, "share of all blocks")                                                             \
    X(K_MEMORY, "memory", TYPE_BYTES, "memory of the blocks")                                                          \
    X(K_FREE, "free", TYPE_BYTES, "of it free")                                                                        \
    X(K_ERROR, "error", TYPE_RATIO, "of the share, 95 % half width")
enum { KIND_COLUMNS(LIST_INDEX) };
static const struct column kind_columns[] = {KIND_COLUMNS(LIST_ENTRY)};

#define ZONE_COLUMNS(X)                                                                                                \
    X(Z_NODE, "node", TYPE_COUNT, "NUMA node", .role = ROLE_KEY)                                                       \
    X(Z_ZONE, "zone", TYPE_TEXT, "zone", .role = ROLE_KEY)                                                             \
    X(Z_BLOCKS, "blocks", TYPE_COUNT, "blocks of memory")                                                              \
    X(Z_FREE, "free", TYPE_BYTES, "free memory")                                                                       \
    X(Z_FREE_WHOLE, "free_whole", TYPE_BYTES, "of it in wholly free blocks")                                           \
    X(Z_FREE_MOVABLE, "free_movable", TYPE_BYTES, "of it in blocks where all else can be moved")                       \
    X(Z_FREE_PINNED, "free_pinned", TYPE_BYTES, "of it in blocks holding something that compaction cannot move")
enum { ZONE_COLUMNS(LIST_INDEX) };
static const struct column zone_columns[] = {ZONE_COLUMNS(LIST_ENTRY)};

#define OWNER_COLUMNS(X)                                                                                               \
    X(O_RANK, "rank", TYPE_COUNT, "by the free memory behind it")                                                      \
    X(O_NAME, "name", TYPE_TEXT, "whose pages these are", .role = ROLE_KEY)                                            \
    X(O_KIND, "kind", TYPE_TEXT, "as in block_kind", .values = block_kind_names)                                       \
    X(O_PID, "pid", TYPE_COUNT, "the process")                                                                         \
    X(O_CGROUP, "cgroup", TYPE_TEXT, "the control group")                                                              \
    X(O_BLOCKS, "blocks", TYPE_COUNT, "blocks with at least one of the pages; others can be there too")                \
    X(O_MEMORY, "memory", TYPE_BYTES, "size of the pages")                                                             \
    X(O_FREE_BEHIND, "free_behind", TYPE_BYTES, "free memory in these blocks")
enum { OWNER_COLUMNS(LIST_INDEX) };
static const struct column owner_columns[] = {OWNER_COLUMNS(LIST_ENTRY)};

#define MAP_COLUMNS(X)                                                                                                 \
    X(M_ROW, "row", TYPE_COUNT, "row of the picture", .role = ROLE_KEY)                                                \
    X(M_ADDRESS, "address", TYPE_BYTES, "physical address of its first cell")                                          \
    X(M_CELLS, "cells", TYPE_TEXT,                                                                                     \
      "a letter a cell: . free, m movable only, s slab, t page tables, h huge pages, r reserved or absent, k "         \
      "kernel pages without a name, p pinned user pages, x mixed, ? not looked at")                                    \
    X(M_PER_CELL, "blocks_per_cell", TYPE_COUNT, "blocks that a cell stands for")
enum { MAP_COLUMNS(LIST_INDEX) };
static const struct column map_columns[] = {MAP_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "physmap", .help = "physical memory by its blocks", COLUMNS(columns), .single = true},
    {.name = "block_kind", .help = "blocks by what is in them", COLUMNS(kind_columns)},
    {.name = "physmap_zone", .help = "free memory by zone and what is beside it", COLUMNS(zone_columns)},
    {.name = "owner", .help = "who holds pages that cannot be moved", COLUMNS(owner_columns), .keep = 20},
    {.name = "map", .help = "picture of memory, by address", COLUMNS(map_columns)},
};

/* One look at the machine. */
struct physmap {
    const struct root *root;
    struct zoneinfo zones;
    struct physmap_blocks blocks;
    struct physmap_plan plan;
    struct physmap_pins pins;
    struct physmap_picture picture;
    struct kpageflags_rules rules;
    uint64_t page;
    unsigned orders;
    double buddy_free;             /* pages by buddyinfo; negative: not read */
    struct physmap_tally *tally;   /* by zone */
    struct physmap_listed *listed; /* by zone */
    struct block_sum pin_sums[PINS_MAX];
    struct physmap_unnamed unnamed;
};

static void release(struct physmap *m)
{
    zoneinfo_free(&m->zones);
    physmap_blocks_free(&m->blocks);
    physmap_plan_free(&m->plan);
    physmap_pins_free(&m->pins);
    picture_free(&m->picture);
    free(m->tally);
    free(m->listed);
    free(m->unnamed.list);
}
#define AUTO_PHYSMAP __attribute__((unused, cleanup(release)))

/* Without /proc/iomem holes within a zone cannot be told from unnamed pages but by their size. */
static void guess_hole(const struct physmap *m, size_t zone, struct block_use *b)
{
    const struct zone_facts *z = &m->zones.zones[zone];
    uint32_t all = (uint32_t)1 << m->blocks.order;
    if (m->blocks.ram_count == 0 && z->present < z->spanned && b->pages[PAGE_UNNAMED] == all) {
        b->pages[PAGE_UNNAMED] = 0;
        b->pages[PAGE_ABSENT] = all;
    }
}

static void remember_unnamed(struct physmap *m, uint64_t ordinal, uint32_t pages)
{
    struct physmap_unnamed *u = &m->unnamed;
    if (ordinal > UINT32_MAX)
        return;
    MEM_ROOM(u->list, u->count);
    u->list[u->count++] = (struct unnamed_block){(uint32_t)ordinal, pages};
    u->pages += pages;
}

static void add_pins(struct physmap *m, unsigned processes, size_t zone, const struct block_use *b)
{
    const struct physmap_stratum *s = &m->plan.strata[zone];
    double factor = (double)s->blocks / (double)s->wanted;
    for (size_t i = 0; i < m->pins.count; i++)
        if (processes >> i & 1) {
            m->pin_sums[i].blocks += factor;
            m->pin_sums[i].free += b->pages[PAGE_FREE] * factor;
        }
}

static void visit(void *context, const struct physmap_look *look)
{
    struct physmap *m = context;
    struct block_use b;
    kpageflags_count(&m->rules, look->block << m->blocks.order, look->flags, (size_t)1 << m->blocks.order, &b);
    guess_hole(m, look->zone, &b);
    unsigned processes = m->pins.count ? physmap_pins_at(&m->pins, look->ordinal) : 0;
    if (processes)
        add_pins(m, processes, look->zone, &b);
    physmap_add(&m->tally[look->zone], &b, processes != 0);
    picture_add(&m->picture, look->block, block_kind_of(&b, processes != 0), block_only_unnamed(&b, processes != 0));
    if (b.pages[PAGE_UNNAMED] > 0)
        remember_unnamed(m, look->ordinal, b.pages[PAGE_UNNAMED]);
}

/* Before 4.6 only the first page of a free block is marked; distributions brought the change into older kernels, so the
 * flags of some blocks are asked. */
static bool marks_heads_only(const struct physmap *m, int fd)
{
    enum { ASKED = 64 };
    unsigned version = kernel_version(m->root);
    if (version >= 4006)
        return false;
    AUTO_FREE uint64_t *entries = mem_array((size_t)1 << m->blocks.order, sizeof *entries);
    struct physmap_stratum s = {.blocks = m->blocks.count, .wanted = m->blocks.count < ASKED ? m->blocks.count : ASKED};
    for (uint64_t i = 0; i < s.wanted; i++) {
        uint64_t ordinal = physmap_choice(&s, i);
        const struct physmap_run *run = physmap_run_at(&m->blocks, ordinal);
        if (physmap_read_block(&m->blocks, fd, run->block + (ordinal - run->ordinal), entries) &&
            kpageflags_free_tails(entries, (size_t)1 << m->blocks.order))
            return false;
    }
    return version > 0;
}

static bool mlocked_stays(const struct root *r)
{
    uint64_t allowed;
    return source_number(r, "proc/sys/vm/compact_unevictable_allowed", &allowed) && allowed == 0;
}

/* Everything but the flags. */
static bool prepare(struct physmap *m, const struct probe_input *in, enum status *status, struct err *e)
{
    AUTO_BUDDYINFO struct buddyinfo b = {0};
    AUTO_SOURCE struct source iomem = {0};
    const struct root *r = in->root;
    if (!zoneinfo_read(&m->zones, r, status, e))
        return false;
    m->page = page_size(r);
    m->buddy_free = -1;
    struct err ignored;
    enum status read;
    if (buddyinfo_read(&b, r, &read, &ignored)) {
        m->orders = b.orders;
        m->buddy_free = 0;
        for (size_t i = 0; i < b.count; i++)
            m->buddy_free += (double)buddy_free_pages(&b.zones[i], b.orders);
    }
    (void)source_read(&iomem, r, "proc/iomem", &read, NULL);
    *status = STATUS_MALFORMED;
    if (!physmap_blocks_find(&m->blocks, iomem.text, iomem.length, &m->zones, m->page,
                             pageblock_order(r, m->page, m->orders), e))
        return false;
    physmap_plan(&m->plan, &m->blocks, m->zones.count, in->blocks);
    picture_plan(&m->picture, &m->blocks, m->plan.wanted);
    m->tally = mem_array(m->zones.count, sizeof *m->tally);
    m->listed = mem_array(m->zones.count, sizeof *m->listed);
    physmap_pins_find(&m->pins, r, &m->blocks);
    m->rules.max_order = m->orders ? m->orders - 1 : 10;
    m->rules.locked_stays = mlocked_stays(r);
    return true;
}

/* Estimates are no whole numbers. */
static void put_bytes(struct table *t, size_t row, unsigned column, double bytes)
{
    cell_number(t, row, column, round(bytes));
}

static void put_kind(struct table *t, const char *name, const struct block_sum *s, double all, double error,
                     double page)
{
    size_t row = table_add(t);
    cell_text(t, row, K_KIND, name);
    cell_number(t, row, K_BLOCKS, round(s->blocks));
    cell_number(t, row, K_SHARE, s->blocks / all);
    put_bytes(t, row, K_MEMORY, s->pages * page);
    put_bytes(t, row, K_FREE, s->free * page);
    cell_number(t, row, K_ERROR, error);
}

static void put_kinds(struct table *t, const struct physmap_result *r, double page)
{
    for (int k = 0; k < BLOCK_KINDS; k++) {
        struct block_sum s = r->sum.kind[k];
        if (k == BLOCK_KERNEL) {
            s.blocks -= r->listed.blocks;
            s.pages -= r->listed.pages;
            s.free -= r->listed.free;
        }
        if (s.blocks >= 0.5)
            put_kind(t, block_kind_names[k], &s, r->blocks, r->kind_error[k], page);
    }
    if (r->listed.blocks >= 0.5)
        put_kind(t, block_kind_names[BLOCK_LISTED], &r->listed, r->blocks, r->kind_error[BLOCK_KERNEL], page);
}

static void put_zones(struct table *t, const struct physmap *m)
{
    double page = (double)m->page;
    for (size_t i = 0; i < m->zones.count; i++) {
        const struct physmap_stratum *s = &m->plan.strata[i];
        const struct block_sum *place = m->tally[i].place;
        double factor = physmap_factor(s, &m->tally[i]) * page, unnamed = place[FREE_UNNAMED].free * factor, all = 0;
        if (s->blocks == 0)
            continue;
        for (int k = 0; k < FREE_PLACES; k++)
            all += place[k].free * factor;
        size_t row = table_add(t);
        cell_number(t, row, Z_NODE, m->zones.zones[i].node);
        cell_text(t, row, Z_ZONE, m->zones.zones[i].name);
        cell_number(t, row, Z_BLOCKS, (double)s->blocks);
        put_bytes(t, row, Z_FREE, all);
        put_bytes(t, row, Z_FREE_WHOLE, place[FREE_WHOLE].free * factor);
        put_bytes(t, row, Z_FREE_MOVABLE, place[FREE_MOVABLE].free * factor + unnamed * m->listed[i].share);
        put_bytes(t, row, Z_FREE_PINNED, place[FREE_OBSTRUCTED].free * factor + unnamed * (1 - m->listed[i].share));
    }
}

static void put_owners(struct table *t, const struct physmap_owners *owners)
{
    for (size_t i = 0; i < owners->count; i++) {
        const struct physmap_owner *o = &owners->list[i];
        size_t row = table_add(t);
        cell_number(t, row, O_RANK, (double)i + 1);
        cell_text(t, row, O_NAME, o->name);
        cell_text(t, row, O_KIND, block_kind_names[o->kind]);
        put_bytes(t, row, O_MEMORY, o->memory);
        if (o->pid)
            cell_number(t, row, O_PID, (double)o->pid);
        else
            cell_unknown(t, row, O_PID, "not a process");
        if (o->cgroup)
            cell_text(t, row, O_CGROUP, o->cgroup);
        else
            cell_unknown(t, row, O_CGROUP, "no control group is known");
        if (o->placed) {
            cell_number(t, row, O_BLOCKS, round(o->blocks));
            put_bytes(t, row, O_FREE_BEHIND, o->free_behind);
        }
        row_unknown(t, row, "nothing tells in which blocks they are");
    }
}

static void put_map(struct table *t, const struct physmap *m)
{
    double block = ldexp((double)m->page, (int)m->blocks.order);
    for (size_t i = 0; i < m->picture.row_count; i++) {
        const struct picture_row *r = &m->picture.rows[i];
        size_t row = table_add(t);
        cell_number(t, row, M_ROW, (double)i);
        cell_number(t, row, M_ADDRESS, (double)r->block * block);
        cell_text(t, row, M_CELLS, r->text);
        cell_number(t, row, M_PER_CELL, ldexp(1, (int)m->picture.shift));
    }
}

static void put_pins(struct table *t, const struct physmap *m)
{
    const struct physmap_pins *p = &m->pins;
    if (p->count > 0) {
        AUTO_FREE char *name = mem_printf("%ld (%s)", p->list[0].pid, p->list[0].command);
        cell_text(t, 0, P_PINNED_PROCESS, name);
        cell_number(t, 0, P_PINNED_USER, p->pinned);
        return;
    }
    if (p->held_known || p->looked)
        cell_number(t, 0, P_PINNED_USER, (double)p->held * (double)m->page);
    cell_unknown(t, 0, P_PINNED_PROCESS,
                 p->held ? "no process accounts for what the kernel counts" : "no memory is pinned");
}

static void put_whole(struct table *t, const struct physmap *m, const struct physmap_result *r, uint64_t done)
{
    double page = (double)m->page, whole = r->sum.place[FREE_WHOLE].free, present = 0;
    for (int k = 0; k < BLOCK_KINDS; k++)
        present += r->sum.kind[k].pages;
    cell_number(t, 0, P_BLOCK_SIZE, ldexp(page, (int)m->blocks.order));
    cell_number(t, 0, P_BLOCKS, r->blocks);
    cell_number(t, 0, P_SCANNED, (double)done);
    cell_bool(t, 0, P_SAMPLED, (double)done < r->blocks);
    cell_number(t, 0, P_ERROR, r->error);
    put_bytes(t, 0, P_PRESENT, present * page);
    put_bytes(t, 0, P_FREE, (whole + r->free_movable + r->free_pinned) * page);
    put_bytes(t, 0, P_FREE_WHOLE, whole * page);
    put_bytes(t, 0, P_FREE_MOVABLE, r->free_movable * page);
    put_bytes(t, 0, P_FREE_PINNED, r->free_pinned * page);
    if (r->movable_share >= 0)
        cell_number(t, 0, P_MOVABLE_SHARE, r->movable_share);
    else
        cell_unknown(t, 0, P_MOVABLE_SHARE, "all free memory is in wholly free blocks");
    if (r->pinned_share >= 0)
        cell_number(t, 0, P_PINNED_SHARE, r->pinned_share);
    else
        cell_unknown(t, 0, P_PINNED_SHARE, "there is no free memory");
    put_bytes(t, 0, P_UNNAMED, (r->sum.use[PAGE_UNNAMED].pages - r->listed_pages) * page);
    put_bytes(t, 0, P_LISTED, r->listed_pages * page);
    put_pins(t, m);
    row_unknown(t, 0, "the processes could not be listed");
}

/* Flags that mean something else than here would show in the sum of free memory. */
static void check_free(struct facts *f, const struct physmap *m, const struct physmap_result *r, uint64_t done)
{
    double by_flags = r->sum.place[FREE_WHOLE].free + r->free_movable + r->free_pinned;
    double page = (double)m->page, apart = fabs(by_flags - m->buddy_free) * page;
    char flags[64], buddy[64];
    if (m->buddy_free < 0 || done < m->blocks.count || apart <= 0.1 * m->buddy_free * page + 64.0 * 1024 * 1024)
        return;
    units_format(flags, sizeof flags, by_flags * page, TYPE_BYTES);
    units_format(buddy, sizeof buddy, m->buddy_free * page, TYPE_BYTES);
    facts_fail(f, STATUS_PARTIAL,
               "/proc/kpageflags shows %s free, /proc/buddyinfo %s: memory moved while it was read, or this kernel's "
               "flags are not understood",
               flags, buddy);
}

static void conclude(struct facts *f, struct physmap *m, int fd, uint64_t done)
{
    struct physmap_result r;
    AUTO_PHYSMAP_CHARGES struct physmap_charges charges = {0};
    AUTO_PHYSMAP_OWNERS struct physmap_owners owners = {0};
    AUTO_FREE struct physmap_evidence *evidence = mem_array(m->zones.count, sizeof *evidence);
    physmap_charges_find(&charges, m->root, &m->plan, &m->rules, fd, &m->unnamed, evidence);
    for (size_t i = 0; i < m->zones.count; i++)
        physmap_weigh(&m->listed[i], &m->plan.strata[i], &m->tally[i], &evidence[i], m->zones.zones[i].pcp);
    physmap_conclude(&r, &m->plan, m->tally, m->listed);
    picture_end(&m->picture, m->listed);
    struct physmap_found found = {&r, &charges, &m->pins, m->pin_sums, m->page};
    physmap_owners_rank(&owners, m->root, &found);
    put_whole(facts_table(f, "physmap"), m, &r, done);
    put_kinds(facts_table(f, "block_kind"), &r, (double)m->page);
    put_zones(facts_table(f, "physmap_zone"), m);
    put_owners(facts_table(f, "owner"), &owners);
    put_map(facts_table(f, "map"), m);
    check_free(f, m, &r, done);
}

static void fail(struct facts *f, enum status status, const char *why)
{
    facts_fail(f, status, "%s", why);
    row_unknown(facts_table(f, "physmap"), 0, f->reason);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    AUTO_PHYSMAP struct physmap m = {.root = in->root};
    static const char path[] = "/proc/kpageflags";
    char why[256];
    struct err e;
    enum status status;
    table_add(facts_table(f, "physmap"));
    if (!in->root->live) {
        fail(f, STATUS_ABSENT, "page flags can be read on the machine itself only");
        return;
    }
    int fd = root_open_file(in->root, path + 1);
    if (fd < 0) {
        status = status_of_errno(-fd);
        root_reason(why, sizeof why, path, status);
        fail(f, status, why);
        return;
    }
    if (!prepare(&m, in, &status, &e)) {
        close(fd);
        fail(f, status, e.text);
        return;
    }
    m.rules.free_heads = marks_heads_only(&m, fd);
    int error;
    uint64_t done = physmap_scan(&m.plan, fd, visit, &m, &error);
    if (error && done < m.plan.wanted / 2) {
        err_system(&e, error, "%s", path);
        fail(f, status_of_errno(error), e.text);
    } else {
        if (error)
            facts_fail(f, STATUS_PARTIAL, "%s: could be read only in part", path);
        f->coverage = (double)done / (double)m.plan.wanted;
        conclude(f, &m, fd, done);
    }
    close(fd);
}

extern const struct probe probe_physmap;
const struct probe probe_physmap = {
    .name = "physmap",
    .help = "who owns physical memory, block by block, and what compaction cannot move",
    .classic = "page-types",
    .tables = tables,
    .table_count = ARRAY_SIZE(tables),
    .reads_live = "proc/kpageflags proc/kpagecgroup proc/iomem proc/slabinfo proc/meminfo proc/vmstat proc/zoneinfo "
                  "proc/buddyinfo proc/sys/kernel/osrelease proc/version proc/sys/vm/compact_unevictable_allowed "
                  "sys/kernel/mm/transparent_hugepage/hpage_pmd_size proc/PID/status proc/PID/maps proc/PID/pagemap "
                  "proc/PID/fdinfo/* sys/fs/cgroup/**/cgroup.controllers sys/fs/cgroup/**/memory.stat "
                  "sys/fs/cgroup/**/memory.usage_in_bytes",
    .collect = collect,
};
