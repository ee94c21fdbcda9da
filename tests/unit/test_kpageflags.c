/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of page flags: what is in them, on kernels before and after 4.6, and what obstructs them. */
#include "tree.h"

#include "probes/kernel/kpageflags.h"

enum { PAGES = 512 };
static const struct kpageflags_rules modern = {.max_order = 10};
static const struct kpageflags_rules heads = {.free_heads = true, .max_order = 10};

/* Flags as Linux 6.18 shows them. */
static const uint64_t anon = 0x400005828, file = 0x400000028, slab = 0x80, slab_head = 0x8080, slab_tail = 0x10080,
                      slab_odd = 0x211080, tables = 0x4000000, buddy = 0x400, reserved = 0x900000000,
                      mlocked = 0x600045828;

struct block {
    uint64_t flags[PAGES];
    size_t used;
};

static void put(struct block *b, uint64_t flags, size_t count)
{
    assert_true(b->used + count <= PAGES);
    for (size_t i = 0; i < count; i++)
        b->flags[b->used++] = flags;
}

/* The rest is of one sort; then the counts. */
static struct block_use count(struct block *b, const struct kpageflags_rules *rules, uint64_t rest)
{
    struct block_use use;
    uint8_t uses[PAGES];
    uint32_t again[PAGE_USES] = {0}, all = 0;
    put(b, rest, PAGES - b->used);
    kpageflags_count(rules, 0x100000, b->flags, PAGES, &use);
    kpageflags_uses(rules, 0x100000, b->flags, PAGES, uses);
    for (size_t i = 0; i < PAGES; i++)
        again[uses[i]]++;
    for (int u = 0; u < PAGE_USES; u++) {
        assert_int_equal(use.pages[u], again[u]);
        all += use.pages[u];
    }
    assert_int_equal(all, PAGES);
    return use;
}

static void plain_blocks(void **state)
{
    (void)state;
    static const struct {
        uint64_t flags;
        enum page_use use;
        enum block_kind kind;
    } blocks[] = {
        {buddy, PAGE_FREE, BLOCK_FREE},
        {buddy | KPF(UPTODATE), PAGE_FREE, BLOCK_FREE}, /* left from its last use */
        {anon, PAGE_MOVABLE, BLOCK_MOVABLE},
        {file, PAGE_MOVABLE, BLOCK_MOVABLE},
        {mlocked, PAGE_MOVABLE, BLOCK_MOVABLE},
        {slab, PAGE_SLAB, BLOCK_SLAB},
        {slab_odd, PAGE_SLAB, BLOCK_SLAB}, /* bits of struct page that slabs use otherwise */
        {tables, PAGE_TABLES, BLOCK_TABLES},
        {KPF(HUGE) | KPF(COMPOUND_TAIL) | KPF(UPTODATE), PAGE_HUGE, BLOCK_HUGE},
        {KPF(THP) | KPF(COMPOUND_TAIL) | 0x1000, PAGE_MOVABLE, BLOCK_MOVABLE},
        {KPF(THP) | KPF(ZERO_PAGE), PAGE_UNNAMED, BLOCK_KERNEL}, /* the huge zero page */
        {reserved, PAGE_RESERVED, BLOCK_RESERVED},
        {KPF(HWPOISON) | KPF(LRU), PAGE_RESERVED, BLOCK_RESERVED},
        {KPF(OFFLINE), PAGE_RESERVED, BLOCK_RESERVED},
        {KPF(NOPAGE), PAGE_ABSENT, BLOCK_RESERVED},
        {0, PAGE_UNNAMED, BLOCK_KERNEL},
        {KPF(COMPOUND_TAIL), PAGE_UNNAMED, BLOCK_KERNEL}, /* large kmalloc */
        {0x800, PAGE_UNNAMED, BLOCK_KERNEL},              /* a driver's page that a process has mapped */
        {0x1000, PAGE_UNNAMED, BLOCK_KERNEL},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        struct block b = {0};
        struct block_use use = count(&b, &modern, blocks[i].flags);
        if (use.pages[blocks[i].use] != PAGES || block_kind_of(&use, false) != blocks[i].kind)
            fail_msg("flags %llx", (unsigned long long)blocks[i].flags);
    }
}

static void what_obstructs_decides(void **state)
{
    (void)state;
    struct block one = {0}, two = {0}, three = {0}, most = {0};
    put(&one, slab, 1);
    put(&one, anon, 100);
    struct block_use use = count(&one, &modern, buddy);
    assert_int_equal(block_kind_of(&use, false), BLOCK_SLAB); /* one page is enough */
    assert_int_equal(use.pages[PAGE_FREE], 411);

    put(&two, slab, 10);
    put(&two, 0, 10);
    use = count(&two, &modern, buddy);
    assert_int_equal(block_kind_of(&use, false), BLOCK_MIXED);
    assert_false(block_only_unnamed(&use, false));

    put(&most, slab, 30);
    put(&most, 0, 10);
    use = count(&most, &modern, buddy);
    assert_int_equal(block_kind_of(&use, false), BLOCK_SLAB); /* three quarters of what obstructs */

    put(&three, 0, 3);
    put(&three, anon, 3);
    use = count(&three, &modern, buddy);
    assert_int_equal(block_kind_of(&use, false), BLOCK_KERNEL);
    assert_true(block_only_unnamed(&use, false)); /* free pages on per-CPU lists look the same */
    assert_false(block_only_unnamed(&use, true));
}

static void pinned_pages_look_movable(void **state)
{
    (void)state;
    struct block b = {0}, empty = {0}, other = {0};
    put(&b, anon, 5);
    struct block_use use = count(&b, &modern, buddy);
    assert_int_equal(block_kind_of(&use, false), BLOCK_MOVABLE);
    assert_int_equal(block_kind_of(&use, true), BLOCK_PINNED);
    use = count(&empty, &modern, buddy);
    assert_int_equal(block_kind_of(&use, true), BLOCK_FREE); /* the pages have gone meanwhile */
    put(&other, slab, 20);
    put(&other, anon, 20);
    use = count(&other, &modern, buddy);
    assert_int_equal(block_kind_of(&use, true), BLOCK_MIXED);
}

static void mlocked_pages_where_compaction_leaves_them(void **state)
{
    (void)state;
    const struct kpageflags_rules stay = {.max_order = 10, .locked_stays = true};
    struct block b = {0};
    put(&b, mlocked, 5);
    struct block_use use = count(&b, &stay, anon);
    assert_int_equal(use.pages[PAGE_LOCKED], 5);
    assert_int_equal(use.pages[PAGE_MOVABLE], 507);
    assert_int_equal(block_kind_of(&use, false), BLOCK_PINNED);
}

static void tails_follow_their_head(void **state)
{
    (void)state;
    struct block b = {0};
    /* before 4.6 only the first page of a slab is marked */
    put(&b, slab_head, 1);
    put(&b, KPF(COMPOUND_TAIL), 7);
    put(&b, KPF(COMPOUND_HEAD), 1); /* a large kmalloc */
    put(&b, KPF(COMPOUND_TAIL), 3);
    put(&b, KPF(LRU) | KPF(COMPOUND_HEAD) | KPF(THP), 1);
    put(&b, KPF(COMPOUND_TAIL), 3);
    put(&b, 0, 1); /* single, though behind a compound page */
    put(&b, slab_head, 1);
    put(&b, slab_tail, 3);
    struct block_use use = count(&b, &modern, buddy);
    assert_int_equal(use.pages[PAGE_SLAB], 12);
    assert_int_equal(use.pages[PAGE_UNNAMED], 5);
    assert_int_equal(use.pages[PAGE_MOVABLE], 4);
}

static void free_blocks_marked_at_their_first_page(void **state)
{
    (void)state;
    struct block b = {0}, whole = {0}, none = {0};
    struct block_use use;
    put(&b, buddy, 1); /* 0: reaches to 7, as 8 is not without flags */
    put(&b, 0, 7);
    put(&b, anon, 1);  /* 8 */
    put(&b, buddy, 1); /* 9: odd, so a single page */
    put(&b, 0, 1);     /* 10: of the kernel */
    put(&b, anon, 1);
    put(&b, buddy, 1); /* 12: at most 4 pages by alignment */
    put(&b, 0, 4);     /* of which the last is at 16, the kernel's */
    use = count(&b, &heads, anon);
    assert_int_equal(use.pages[PAGE_FREE], 8 + 1 + 4);
    assert_int_equal(use.pages[PAGE_UNNAMED], 2);

    put(&whole, buddy, 1);
    use = count(&whole, &heads, 0);
    assert_int_equal(use.pages[PAGE_FREE], PAGES);
    /* the same flags of a kernel that marks every page */
    struct block same = {0};
    put(&same, buddy, 1);
    use = count(&same, &modern, 0);
    assert_int_equal(use.pages[PAGE_FREE], 1);

    /* the second half of a free block of 1024 pages has no mark at all; at the start of one it would */
    put(&none, 0, PAGES);
    kpageflags_count(&heads, 0x100000 + PAGES, none.flags, PAGES, &use);
    assert_int_equal(use.pages[PAGE_FREE], PAGES);
    kpageflags_count(&heads, 0x100000, none.flags, PAGES, &use);
    assert_int_equal(use.pages[PAGE_UNNAMED], PAGES);
    kpageflags_count(&modern, 0x100000 + PAGES, none.flags, PAGES, &use);
    assert_int_equal(use.pages[PAGE_UNNAMED], PAGES);
}

static void style_is_told_by_pairs(void **state)
{
    (void)state;
    struct block b = {0}, pair = {0};
    put(&b, 0, 1);
    put(&b, buddy, 1); /* 1 and 2 are neighbours but no buddies */
    put(&b, buddy, 1);
    put(&b, 0, PAGES - b.used);
    assert_false(kpageflags_free_tails(b.flags, PAGES));
    put(&pair, 0, 2);
    put(&pair, buddy, 2);
    assert_true(kpageflags_free_tails(pair.flags, 4));
    assert_false(kpageflags_free_tails(pair.flags, 3));
    assert_false(kpageflags_free_tails(pair.flags, 0));
}

static void any_bits(void **state)
{
    (void)state;
    uint64_t n = 1;
    for (int round = 0; round < 200; round++) {
        struct block b = {0};
        for (int i = 0; i < PAGES; i++) {
            n = n * 6364136223846793005u + 1442695040888963407u;
            put(&b, round % 3 ? n & n << 7 & n << 13 : n, 1);
        }
        struct kpageflags_rules any = {.free_heads = round & 1, .locked_stays = round & 2, .max_order = round % 40u};
        struct block_use use = count(&b, &any, 0);
        assert_true(block_kind_of(&use, round & 1) < BLOCK_KINDS);
    }
}

static void every_kind_has_a_name_and_a_letter(void **state)
{
    (void)state;
    char letters[BLOCK_KINDS + 1] = "";
    for (int k = 0; k < BLOCK_KINDS; k++) {
        char letter = block_kind_letter((enum block_kind)k);
        assert_null(strchr(letters, letter));
        letters[k] = letter;
        assert_true(strlen(block_kind_names[k]) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_blocks),
        cmocka_unit_test(what_obstructs_decides),
        cmocka_unit_test(pinned_pages_look_movable),
        cmocka_unit_test(mlocked_pages_where_compaction_leaves_them),
        cmocka_unit_test(tails_follow_their_head),
        cmocka_unit_test(free_blocks_marked_at_their_first_page),
        cmocka_unit_test(style_is_told_by_pairs),
        cmocka_unit_test(any_bits),
        cmocka_unit_test(every_kind_has_a_name_and_a_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
