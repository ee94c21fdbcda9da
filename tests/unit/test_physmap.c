/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which blocks a machine has, which of them are read, what follows from a part of them, and the picture. */
#include "tree.h"

#include <errno.h>
#include <math.h>

#include "probes/physmap/physmap_picture.h"
#include "probes/physmap/physmap_tally.h"

enum { ORDER = 9, PAGES = 1 << ORDER };

static const char iomem[] = "00000000-00000fff : Reserved\n"
                            "00001000-0009fbff : System RAM\n"
                            "000f0000-000fffff : System ROM\n"
                            "00100000-bfffffff : System RAM\n"
                            "  01000000-02209987 : Kernel code\n"
                            "c0001000-eebfffff : PCI Bus 0000:00\n"
                            "100000000-63fffffff : System RAM\n"
                            "800000000-8ffffffff : Persistent Memory\n"
                            "  800000000-8ffffffff : dax0.0\n"
                            "    800000000-8ffffffff : System RAM (kmem)\n";

static struct zone_facts some_zones[] = {
    {.node = 0, .name = "Normal", .start = 0x100000, .spanned = 0x540000, .present = 0x540000},
    {.node = 0, .name = "DMA", .start = 1, .spanned = 4095, .present = 3998},
    {.node = 0, .name = "DMA32", .start = 4096, .spanned = 1044480, .present = 782336},
    {.node = 0, .name = "Device"},
    {.node = 1, .name = "Movable", .start = 0x800000, .spanned = 0x100000, .present = 0x100000},
};
static const struct zoneinfo some = {some_zones, sizeof some_zones / sizeof *some_zones};

static void blocks_are_where_memory_is(void **state)
{
    (void)state;
    struct physmap_blocks b;
    struct err e;
    assert_true(physmap_blocks_find(&b, iomem, strlen(iomem), &some, 4096, ORDER, &e));
    /* 16 MiB and the rest of 3 GiB, 21 GiB, 4 GiB */
    assert_int_equal(b.count, 1536 + 10752 + 2048);
    assert_int_equal(b.run_count, 4);
    assert_int_equal(b.runs[0].zone, 1);
    assert_int_equal(b.runs[0].count, 8); /* the hole below 1 MiB is inside a block */
    assert_int_equal(b.runs[1].zone, 2);
    assert_int_equal(b.runs[1].count, 1528);
    assert_int_equal(b.runs[2].ordinal, 1536);
    assert_int_equal(b.runs[3].block, 0x800000 / PAGES);
    assert_int_equal(b.ram_count, 4);

    assert_int_equal(physmap_ordinal(&b, 0), 0);
    assert_int_equal(physmap_ordinal(&b, 0xbffff), 1535);
    assert_true(physmap_ordinal(&b, 0xc0000) == UINT64_MAX);
    assert_int_equal(physmap_ordinal(&b, 0x100000), 1536);
    assert_true(physmap_ordinal(&b, UINT64_MAX) == UINT64_MAX);
    for (uint64_t i = 0; i < b.count; i += 97) {
        const struct physmap_run *r = physmap_run_at(&b, i);
        assert_true(i >= r->ordinal && i < r->ordinal + r->count);
        assert_int_equal(physmap_ordinal(&b, (r->block + (i - r->ordinal)) << ORDER), i);
    }

    uint64_t flags[PAGES] = {0};
    size_t absent = 0;
    physmap_mark_holes(&b, 0, flags);
    for (size_t i = 0; i < PAGES; i++)
        absent += flags[i] == KPF(NOPAGE);
    assert_int_equal(absent, 1 + (0x100 - 0x9f)); /* page 0; what is behind the last whole page of the first range */
    assert_int_equal(flags[0x9e], 0);
    assert_int_equal(flags[0x9f], KPF(NOPAGE));
    memset(flags, 0, sizeof flags);
    physmap_mark_holes(&b, 1, flags);
    for (size_t i = 0; i < PAGES; i++)
        assert_int_equal(flags[i], 0);
    physmap_blocks_free(&b);
}

static void zones_alone_when_addresses_are_hidden(void **state)
{
    (void)state;
    static const char hidden[] = "00000000-00000000 : Reserved\n00000000-00000000 : System RAM\n";
    struct physmap_blocks b;
    struct err e;
    assert_true(physmap_blocks_find(&b, hidden, strlen(hidden), &some, 4096, ORDER, &e));
    assert_int_equal(b.ram_count, 0);
    assert_int_equal(b.count, 2048 + 10752 + 2048);
    physmap_blocks_free(&b);
    assert_true(physmap_blocks_find(&b, NULL, 0, &some, 4096, ORDER, &e));
    assert_int_equal(b.count, 2048 + 10752 + 2048);
    physmap_blocks_free(&b);

    /* spans that overlap: no block twice */
    struct zone_facts mixed[] = {
        {.node = 0, .name = "Normal", .start = 0, .spanned = 0x10000, .present = 0x8000},
        {.node = 1, .name = "Normal", .start = 0x4000, .spanned = 0x10000, .present = 0x8000},
    };
    struct zoneinfo two = {mixed, 2};
    assert_true(physmap_blocks_find(&b, NULL, 0, &two, 4096, ORDER, &e));
    assert_int_equal(b.count, 0x14000 / PAGES);
    physmap_blocks_free(&b);

    struct zoneinfo none = {0};
    assert_false(physmap_blocks_find(&b, iomem, strlen(iomem), &none, 4096, ORDER, &e));
    assert_non_null(strstr(e.text, "/proc/zoneinfo"));
}

static void choices_are_spread_and_repeatable(void **state)
{
    (void)state;
    struct physmap_blocks b;
    struct physmap_plan p;
    struct err e;
    assert_true(physmap_blocks_find(&b, iomem, strlen(iomem), &some, 4096, ORDER, &e));
    physmap_plan(&p, &b, some.count, 0);
    assert_int_equal(p.wanted, b.count); /* a small machine is read whole */
    physmap_plan_free(&p);
    physmap_plan(&p, &b, some.count, 1000);
    assert_true(p.wanted >= 990 && p.wanted <= 1050);
    assert_int_equal(p.strata[1].wanted, 8);   /* of a tiny zone, all */
    assert_int_equal(p.strata[2].wanted, 106); /* 1528 of 14336 */
    assert_int_equal(p.strata[3].wanted, 0);
    for (size_t z = 0; z < some.count; z++) {
        uint64_t last = 0;
        for (uint64_t i = 0; i < p.strata[z].wanted; i++) {
            uint64_t at = physmap_choice(&p.strata[z], i);
            assert_true(i == 0 || at > last);
            assert_true(at >= p.strata[z].ordinal && at < p.strata[z].ordinal + p.strata[z].blocks);
            assert_true(at == physmap_choice(&p.strata[z], i));
            last = at;
        }
    }
    physmap_plan_free(&p);
    physmap_blocks_free(&b);

    struct zone_facts large[] = {
        {.node = 0, .name = "Normal", .start = 0, .spanned = UINT64_C(1) << 28, .present = UINT64_C(1) << 28}};
    struct zoneinfo tebibyte = {large, 1};
    assert_true(physmap_blocks_find(&b, NULL, 0, &tebibyte, 4096, ORDER, &e));
    physmap_plan(&p, &b, 1, 0);
    assert_int_equal(p.wanted, 8192); /* a fixed number, however large */
    physmap_plan_free(&p);
    physmap_blocks_free(&b);
    assert_true(physmap_blocks_find(&b, NULL, 0, &tebibyte, 65536, 13, &e)); /* blocks of 512 MiB */
    physmap_plan(&p, &b, 1, 0);
    assert_int_equal(p.wanted, 512);
    physmap_plan_free(&p);
    physmap_blocks_free(&b);
}

/* A machine in a file: block by block of one sort, by chance. */
struct machine {
    int fd;
    struct zone_facts zones[2];
    struct zoneinfo info;
    struct physmap_blocks blocks;
    uint64_t state;
};

static double chance(struct machine *m)
{
    m->state = m->state * 6364136223846793005u + 1442695040888963407u;
    return (double)(m->state >> 40) / (double)(1 << 24);
}

static void fill(uint64_t *flags, uint64_t used, size_t pages)
{
    for (size_t i = 0; i < PAGES; i++)
        flags[i] = i % 512 < pages ? used : KPF(BUDDY);
}

static void make(struct machine *m, struct tree *t, uint64_t seed)
{
    enum { BLOCKS = 3000 };
    struct err e;
    char path[256];
    *m = (struct machine){.state = seed};
    m->zones[0] = (struct zone_facts){.name = "DMA32", .spanned = 600 * PAGES, .present = 600 * PAGES};
    m->zones[1] = (struct zone_facts){
        .name = "Normal", .start = 600 * PAGES, .spanned = (BLOCKS - 600) * PAGES, .present = (BLOCKS - 600) * PAGES};
    m->info = (struct zoneinfo){m->zones, 2};
    assert_true(physmap_blocks_find(&m->blocks, NULL, 0, &m->info, 4096, ORDER, &e));
    snprintf(path, sizeof path, "%s/flags", t->path);
    m->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(m->fd >= 0);
    for (int i = 0; i < BLOCKS; i++) {
        uint64_t flags[PAGES];
        double c = chance(m), normal = i >= 600;
        size_t pages = (size_t)(chance(m) * 512);
        if (c < (normal != 0 ? 0.2 : 0.7))
            fill(flags, 0, 0);
        else if (c < 0.75)
            fill(flags, KPF(LRU), pages);
        else if (c < 0.9)
            fill(flags, KPF(SLAB), pages);
        else
            fill(flags, 0, pages);
        assert_int_equal(write(m->fd, flags, sizeof flags), sizeof flags);
    }
}

static void unmake(struct machine *m)
{
    close(m->fd);
    physmap_blocks_free(&m->blocks);
}

struct tallies {
    struct physmap_tally zone[2];
    uint64_t last, seen;
};

static void tally(void *context, const struct physmap_look *look)
{
    static const struct kpageflags_rules rules = {.max_order = 10};
    struct tallies *t = context;
    struct block_use use;
    assert_true(t->seen == 0 || look->ordinal > t->last);
    t->last = look->ordinal;
    t->seen++;
    kpageflags_count(&rules, look->block << ORDER, look->flags, PAGES, &use);
    physmap_add(&t->zone[look->zone], &use, false);
}

static void look_at(struct machine *m, uint64_t limit, const struct physmap_listed *listed, struct physmap_result *r)
{
    struct physmap_plan p;
    struct tallies *t = calloc(1, sizeof *t);
    int error;
    physmap_plan(&p, &m->blocks, 2, limit);
    assert_int_equal(physmap_scan(&p, m->fd, tally, t, &error), p.wanted);
    assert_int_equal(error, 0);
    physmap_conclude(r, &p, t->zone, listed);
    physmap_plan_free(&p);
    free(t);
}

static void a_part_stands_for_all_within_its_error(void **state)
{
    struct tree *t = *state;
    static const struct physmap_listed listed[2] = {{.share = 0.5}, {.share = 0.1}};
    unsigned kept = 0, asked = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct machine m;
        struct physmap_result all, part;
        make(&m, t, seed);
        look_at(&m, 0, listed, &all);
        assert_near(all.error, 0, 0);
        assert_near(all.blocks, 3000, 0);
        double sum = 0;
        for (int k = 0; k < BLOCK_KINDS; k++)
            sum += all.sum.kind[k].blocks;
        assert_near(sum, 3000, 1e-6);
        for (uint64_t limit = 100; limit <= 400; limit *= 2) {
            look_at(&m, limit, listed, &part);
            assert_true(part.error > 0 && part.error < 0.25);
            assert_near(part.blocks, 3000, 0);
            for (int k = 0; k < BLOCK_KINDS; k++, asked++)
                kept += fabs(part.sum.kind[k].blocks - all.sum.kind[k].blocks) <= part.kind_error[k] * 3000;
            kept += fabs(part.movable_share - all.movable_share) <= part.movable_error;
            kept += fabs(part.pinned_share - all.pinned_share) <= part.pinned_error;
            asked += 2;
        }
        unmake(&m);
    }
    if (kept * 100 < asked * 93) /* 95 % intervals; the seeds are fixed */
        fail_msg("%u of %u estimates within their error", kept, asked);
}

static void free_memory_by_what_is_beside_it(void **state)
{
    (void)state;
    struct physmap_tally t[1] = {0};
    struct physmap_stratum s = {.blocks = 4, .wanted = 4};
    struct physmap_plan p = {.strata = &s, .stratum_count = 1, .wanted = 4};
    struct block_use whole = {{[PAGE_FREE] = 512}}, movable = {{[PAGE_FREE] = 100, [PAGE_MOVABLE] = 412}},
                     slab = {{[PAGE_FREE] = 50, [PAGE_SLAB] = 462}}, bare = {{[PAGE_FREE] = 200, [PAGE_UNNAMED] = 312}};
    struct physmap_result r;
    physmap_add(t, &whole, false);
    physmap_add(t, &movable, false);
    physmap_add(t, &slab, false);
    physmap_add(t, &bare, false);
    /* 78 of the 312 unnamed pages are on per-CPU lists */
    struct physmap_evidence unasked = {0};
    struct physmap_listed listed;
    physmap_weigh(&listed, &s, t, &unasked, 78);
    assert_near(listed.share, 0.25, 1e-12);
    assert_near(listed.pages, 78, 1e-12);
    physmap_conclude(&r, &p, t, &listed);
    assert_near(r.free_movable, 100 + 50, 1e-9);
    assert_near(r.free_pinned, 50 + 150, 1e-9);
    assert_near(r.movable_share, 150.0 / 350, 1e-9);
    assert_near(r.pinned_share, 200.0 / 862, 1e-9);
    assert_near(r.listed_pages, 78, 1e-9);
    assert_near(r.listed.blocks, 0.25, 1e-9);
    physmap_weigh(&listed, &s, t, &unasked, 1000);
    assert_near(listed.share, 1, 0);
    assert_near(listed.pages, 312, 0);

    /* half of them are charged to a control group, so not free; and no block is without a charged one */
    struct physmap_evidence charged = {.unnamed = 10, .uncharged = 5, .weight = 3, .squares = 9};
    physmap_weigh(&listed, &s, t, &charged, 1000);
    assert_near(listed.pages, 156, 1e-9);
    assert_near(listed.share, 0, 0);
    charged.uncharged_weight = 3;
    physmap_weigh(&listed, &s, t, &charged, 78);
    assert_near(listed.share, 0.5, 1e-12);

    struct physmap_tally none[1] = {0};
    physmap_weigh(&listed, &s, none, &unasked, 10);
    assert_near(listed.pages, 0, 0);
    physmap_conclude(&r, &p, none, &listed);
    assert_true(r.movable_share < 0 && r.pinned_share < 0);
}

static void what_cannot_be_read_is_told(void **state)
{
    struct tree *t = *state;
    struct machine m;
    struct physmap_plan p;
    struct tallies *seen = calloc(1, sizeof *seen);
    int error;
    make(&m, t, 3);
    physmap_plan(&p, &m.blocks, 2, 0);
    assert_int_equal(ftruncate(m.fd, 700 * PAGES * 8 + 80), 0); /* the file ends early: no pages behind it */
    assert_int_equal(physmap_scan(&p, m.fd, tally, seen, &error), 3000);
    assert_near(seen->zone[1].use[PAGE_ABSENT].pages, 2300 * PAGES - 10, 0);
    assert_int_equal(physmap_scan(&p, -1, tally, seen, &error), 0);
    assert_int_equal(error, EBADF);
    physmap_plan_free(&p);
    unmake(&m);
    free(seen);
}

static void the_picture_has_a_cell_for_each_block(void **state)
{
    (void)state;
    struct physmap_blocks b;
    struct physmap_picture p;
    struct err e;
    static const struct physmap_listed listed[5] = {[0] = {.share = 0.1}, [2] = {.share = 0.9}};
    assert_true(physmap_blocks_find(&b, iomem, strlen(iomem), &some, 4096, ORDER, &e));
    picture_plan(&p, &b, b.count);
    assert_int_equal(p.shift, 0);
    assert_int_equal(p.row_count, 1 + 12 + 84 + 16);
    for (uint64_t i = 0; i < b.count; i++) {
        const struct physmap_run *r = physmap_run_at(&b, i);
        picture_add(&p, r->block + (i - r->ordinal), i % 2 ? BLOCK_SLAB : BLOCK_KERNEL, i % 2 == 0);
    }
    picture_end(&p, listed);
    assert_string_equal(p.rows[0].text, "ksksksks");
    assert_int_equal(p.rows[1].block, 8);
    assert_true(strncmp(p.rows[1].text, "msmsms", 6) == 0); /* most unnamed pages there are on per-CPU lists */
    assert_true(strncmp(p.rows[13].text, "ksksks", 6) == 0);
    assert_int_equal(p.rows[13].block, 0x100000 / PAGES);
    for (size_t i = 0; i < p.row_count; i++) {
        assert_int_equal(strlen(p.rows[i].text), p.rows[i].cells);
        assert_null(strpbrk(p.rows[i].text, "?K"));
    }
    picture_free(&p);
    physmap_blocks_free(&b);
}

static void the_picture_of_a_large_machine_is_coarse(void **state)
{
    (void)state;
    struct zone_facts large[] = {
        {.name = "Normal", .start = 0, .spanned = UINT64_C(1) << 28, .present = UINT64_C(1) << 28},
        {.node = 1, .name = "Normal", .start = UINT64_C(1) << 30, .spanned = 100 * PAGES, .present = 100 * PAGES}};
    struct zoneinfo tebibyte = {large, 2};
    static const struct physmap_listed listed[2] = {{0}};
    struct physmap_blocks b;
    struct physmap_plan plan;
    struct physmap_picture p;
    struct err e;
    assert_true(physmap_blocks_find(&b, NULL, 0, &tebibyte, 4096, ORDER, &e));
    physmap_plan(&plan, &b, 2, 0);
    picture_plan(&p, &b, plan.wanted);
    assert_true(p.row_count <= PICTURE_SIDE);
    for (size_t z = 0; z < 2; z++)
        for (uint64_t i = 0; i < plan.strata[z].wanted; i++) {
            uint64_t ordinal = physmap_choice(&plan.strata[z], i);
            const struct physmap_run *r = physmap_run_at(&b, ordinal);
            /* two of three in the way of nothing */
            picture_add(&p, r->block + (ordinal - r->ordinal), i % 3 ? BLOCK_FREE : BLOCK_TABLES, false);
        }
    picture_end(&p, listed);
    size_t cells = 0, unseen = 0, tables = 0;
    for (size_t i = 0; i < p.row_count; i++)
        for (const char *c = p.rows[i].text; *c; c++, cells++) {
            unseen += *c == '?';
            tables += *c == 't';
        }
    assert_true(cells > 4000);
    assert_int_equal(unseen, 0);
    assert_true(tables > cells / 4);
    assert_int_equal(p.rows[p.row_count - 1].block, (UINT64_C(1) << 30) / PAGES);
    picture_free(&p);
    physmap_plan_free(&plan);
    physmap_blocks_free(&b);
}

static void only_on_the_machine_itself(void **state)
{
    struct facts *f = tree_facts(*state, "physmap");
    assert_int_equal(f->status, STATUS_ABSENT);
    assert_non_null(strstr(f->reason, "on the machine itself"));
    assert_non_null(strstr(fact_why(f, "physmap", 0, "movable_share"), "on the machine itself"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_where_memory_is),
        cmocka_unit_test(zones_alone_when_addresses_are_hidden),
        cmocka_unit_test(choices_are_spread_and_repeatable),
        tree_test(a_part_stands_for_all_within_its_error),
        cmocka_unit_test(free_memory_by_what_is_beside_it),
        tree_test(what_cannot_be_read_is_told),
        cmocka_unit_test(the_picture_has_a_cell_for_each_block),
        cmocka_unit_test(the_picture_of_a_large_machine_is_coarse),
        tree_test(only_on_the_machine_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
