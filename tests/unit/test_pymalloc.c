/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool of CPython is known by its header alone, and nothing else passes for one. */
#include "tree.h"

#include "probes/heap/pymalloc.h"

/* A pool as CPython lays it out: `carved` blocks were handed out at least once, `used` are in use now. */
struct wanted {
    uint32_t size, alignment, size_class, used, carved, arena;
};

static void put(unsigned char *at, uint64_t n, unsigned bytes)
{
    memcpy(at, &n, bytes);
}

static void make(unsigned char bytes[POOL_HEADER_MAX], unsigned word, uint64_t address, struct wanted w)
{
    uint32_t header = word == 8 ? 48 : 32, block = (w.size_class + 1) * w.alignment;
    unsigned char *tail = bytes + (size_t)4 * word;
    memset(bytes, 0, POOL_HEADER_MAX);
    put(bytes, w.used, 4);
    if (w.used < (w.size - header) / block)
        put(bytes + word, address + header + (uint64_t)(w.carved - 1) * block, word);
    put(bytes + (size_t)2 * word, address + 0x10000, word);
    put(bytes + (size_t)3 * word, address - 0x10000, word);
    put(tail, w.arena, 4);
    put(tail + 4, w.size_class, 4);
    put(tail + 8, header + w.carved * block, 4);
    put(tail + 12, w.size - block, 4);
}

static const uint64_t here = 0x7f1200004000;

static bool parse(const unsigned char *bytes, struct pool *p)
{
    return pool_parse(bytes, 8, here, p);
}

static void pools_of_all_versions_are_known(void **state)
{
    (void)state;
    static const struct {
        unsigned word;
        struct wanted wanted;
        uint32_t capacity;
    } versions[] = {
        {8, {4096, 8, 3, 5, 100, 2}, 126},   /* 2.7 to 3.7 */
        {8, {4096, 16, 3, 5, 60, 2}, 63},    /* 3.8, 3.9 */
        {8, {16384, 16, 3, 5, 255, 2}, 255}, /* from 3.10 */
        {4, {4096, 8, 3, 5, 100, 2}, 127},   /* 32 bit */
    };
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        unsigned char bytes[POOL_HEADER_MAX];
        struct pool p;
        uint64_t address = versions[i].word == 8 ? here : 0xf7004000;
        make(bytes, versions[i].word, address, versions[i].wanted);
        assert_true(pool_parse(bytes, versions[i].word, address, &p));
        assert_int_equal(p.size, versions[i].wanted.size);
        assert_int_equal(p.alignment, versions[i].wanted.alignment);
        assert_int_equal(p.block, 4 * versions[i].wanted.alignment);
        assert_int_equal(p.capacity, versions[i].capacity);
        assert_int_equal(p.used, 5);
        assert_int_equal(p.arena, 2);
    }
}

static void every_size_class_full_and_empty(void **state)
{
    (void)state;
    unsigned char bytes[POOL_HEADER_MAX];
    struct pool p;
    for (uint32_t size_class = 0; size_class < 32; size_class++) {
        uint32_t capacity = (16384 - 48) / ((size_class + 1) * 16);
        make(bytes, 8, here, (struct wanted){16384, 16, size_class, capacity, capacity, 0});
        assert_true(parse(bytes, &p));
        assert_int_equal(p.used, p.capacity);
        make(bytes, 8, here, (struct wanted){16384, 16, size_class, 0, capacity, 0});
        assert_true(parse(bytes, &p));
        assert_int_equal(p.used, 0);
        make(bytes, 8, here, (struct wanted){16384, 16, size_class, 1, 2, 0});
        assert_true(parse(bytes, &p));
    }
}

static void what_does_not_agree_is_no_pool(void **state)
{
    (void)state;
    static const struct wanted good = {16384, 16, 3, 5, 100, 2};
    static const struct {
        unsigned at, bytes;
        uint64_t value;
    } wrong[] = {
        {0, 4, 101},                 /* more in use than were ever handed out */
        {8, 8, 0},                   /* no free list, yet blocks are free */
        {8, 8, 0x7f1200004047},      /* it points between blocks */
        {8, 8, 0x7f1200004000 + 16}, /* into the header */
        {8, 8, 0x7f1200008000},      /* into the next pool */
        {32, 4, 0x7fffffff},         /* no table of arenas is so long */
        {36, 4, 4},                  /* another size than the last offset tells */
        {36, 4, 0xffff},             /* as in a pool not yet carved */
        {40, 4, 48},                 /* nothing handed out */
        {40, 4, 49 + 6400},          /* between blocks */
        {40, 4, 16384 + 64},         /* behind the end */
        {44, 4, 16384},              /* blocks of no bytes */
        {44, 4, 16384 - 528},        /* blocks larger than 512 */
        {44, 4, 0xffffffff},         /* nonsense */
        {44, 4, 0},
    };
    unsigned char bytes[POOL_HEADER_MAX];
    struct pool p;
    make(bytes, 8, here, good);
    assert_true(parse(bytes, &p));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        make(bytes, 8, here, good);
        put(bytes + wrong[i].at, wrong[i].value, wrong[i].bytes);
        if (parse(bytes, &p))
            fail_msg("case %zu passes for a pool", i);
    }
}

static void data_is_no_pool(void **state)
{
    (void)state;
    unsigned char bytes[POOL_HEADER_MAX];
    struct pool p;
    for (int value = 0; value < 256; value++) {
        memset(bytes, value, sizeof bytes);
        assert_false(parse(bytes, &p));
        assert_false(pool_parse(bytes, 4, 0xf7004000, &p));
    }
    uint64_t random = 20261121;
    for (int run = 0; run < 200000; run++) {
        for (size_t i = 0; i < sizeof bytes; i += 8) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            put(bytes + i, random >> (run % 48), 8);
        }
        assert_false(parse(bytes, &p));
    }
}

/* An image of arenas at `here`; pages can be absent or swapped out. */
struct image {
    unsigned char *bytes;
    size_t size;
    uint64_t *pages;
};

static bool image_pages(void *context, uint64_t address, size_t pages, uint64_t *entries)
{
    const struct image *i = context;
    for (size_t n = 0; n < pages; n++)
        entries[n] = address + n * 4096 < here + i->size ? i->pages[(address - here) / 4096 + n] : 0;
    return true;
}

static size_t image_read(void *context, uint64_t address, void *buffer, size_t size)
{
    const struct image *i = context;
    if (address < here || address - here + size > i->size)
        return 0;
    for (uint64_t at = address / 4096; at <= (address + size - 1) / 4096; at++)
        if (!(i->pages[at - here / 4096] >> 63))
            fail_msg("a page that is not present is read");
    memcpy(buffer, i->bytes + (address - here), size);
    return size;
}

static const struct target_source image_source = {image_pages, image_read};
static const uint64_t is_present = 1ULL << 63, is_swapped = 1ULL << 62;
enum { ARENA_LARGE = 1 << 20, IMAGE = 4 * ARENA_LARGE };

/* Pools of `size`, filled one after another: two of three blocks in use, each eighth pool empty. */
static struct image image_new(uint32_t size, uint32_t alignment, size_t pools, uint64_t *in_use)
{
    struct image i = {calloc(1, IMAGE), IMAGE, calloc(IMAGE / 4096, sizeof *i.pages)};
    assert_true(i.bytes && i.pages);
    *in_use = 0;
    for (size_t n = 0; n < pools; n++) {
        uint32_t block = (uint32_t)(n % 32 + 1) * alignment, capacity = (size - 48) / block;
        struct wanted w = {.size = size,
                           .alignment = alignment,
                           .size_class = (uint32_t)(n % 32),
                           .used = n % 8 == 7 ? 0 : capacity * 2 / 3,
                           .carved = capacity,
                           .arena = (uint32_t)(n / 64)};
        make(i.bytes + n * size, 8, here + n * size, w);
        for (size_t page = n * size / 4096; page < (n + 1) * size / 4096; page++)
            i.pages[page] = is_present;
        *in_use += (uint64_t)w.used * block;
    }
    return i;
}

static struct pymalloc image_look(struct image *i)
{
    struct target_map map = {.start = here, .end = here + i->size, .permissions = "rw-p", .anonymous = true};
    struct target t = {.page = 4096, .word = 8, .maps = &map, .map_count = 1, .source = &image_source, .context = i};
    struct pymalloc p;
    pymalloc_read(&t, &p);
    assert_true(p.whole);
    return p;
}

static void image_free(struct image *i)
{
    free(i->bytes);
    free(i->pages);
}

static void arenas_of_all_versions_are_counted(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{4096, 8}, {4096, 16}, {16384, 16}};
    for (size_t n = 0; n < 3; n++) {
        uint64_t in_use;
        struct image i = image_new(sizes[n][0], sizes[n][1], 100, &in_use);
        struct pymalloc p = image_look(&i);
        assert_int_equal(p.pool_size, sizes[n][0]);
        assert_int_equal(p.pools, 100);
        assert_int_equal(p.arenas, 2);
        assert_int_equal(p.in_use, in_use);
        assert_int_equal(p.memory, 100 * sizes[n][0]);
        assert_int_equal(p.free, p.free_resident);
        assert_true(p.in_use + p.free < p.memory && p.in_use + p.free > p.memory / 100 * 93);
        assert_true(p.coverage == 1);
        image_free(&i);
    }
}

static void pages_that_are_not_there_are_not_read(void **state)
{
    (void)state;
    uint64_t in_use;
    struct image i = image_new(16384, 16, 100, &in_use);
    for (size_t n = 0; n < 400; n += 4)
        i.pages[n + 3] = 0; /* the last page of each pool was never touched */
    struct pymalloc p = image_look(&i);
    assert_int_equal(p.pools, 100);
    assert_int_equal(p.in_use, in_use);
    assert_int_equal(p.memory, 100 * 3 * 4096);
    assert_true(p.free_resident < p.free);
    for (size_t n = 0; n < 200; n++)
        i.pages[n] = is_swapped;
    p = image_look(&i);
    assert_int_equal(p.pools, 50);
    assert_true(p.coverage == 0.5);
    image_free(&i);
}

static void a_mapping_of_data_holds_no_pools(void **state)
{
    (void)state;
    struct image i = {calloc(1, IMAGE), IMAGE, calloc(IMAGE / 4096, sizeof *i.pages)};
    for (size_t n = 0; n < IMAGE / 4096; n++)
        i.pages[n] = n % 3 ? is_present : is_swapped;
    for (size_t n = 0; n < IMAGE; n++)
        i.bytes[n] = (unsigned char)(n * n >> 3);
    struct pymalloc p = image_look(&i);
    assert_int_equal(p.pools, 0);
    assert_int_equal(p.in_use, 0);
    assert_true(p.coverage == 1); /* what is swapped out is not known to be CPython's */
    image_free(&i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_of_all_versions_are_known),    cmocka_unit_test(every_size_class_full_and_empty),
        cmocka_unit_test(what_does_not_agree_is_no_pool),     cmocka_unit_test(data_is_no_pool),
        cmocka_unit_test(arenas_of_all_versions_are_counted), cmocka_unit_test(pages_that_are_not_there_are_not_read),
        cmocka_unit_test(a_mapping_of_data_holds_no_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
