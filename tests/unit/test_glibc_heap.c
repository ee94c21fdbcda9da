/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap walker over made-up heaps whose contents are known. */
#include "tree.h"

#include "heap_image.h"

static void test_classes(void **state)
{
    (void)state;
    assert_int_equal(heap_class(0), 0);
    assert_int_equal(heap_class(16), 0);
    for (unsigned c = 0; c < HEAP_CLASSES; c++) {
        assert_int_equal(heap_class(heap_class_from(c)), c);
        if (c)
            assert_int_equal(heap_class(heap_class_from(c) - 1), c - 1);
    }
    assert_int_equal(heap_class(UINT64_MAX), HEAP_CLASSES - 1);
    assert_string_equal(heap_state_names[HEAP_ESTIMATE], "estimate");
}

static void look(struct heap_image *m, struct malloc_heap *h)
{
    glibc_heap_read(&m->target, h);
}

static void test_whole(void **state)
{
    (void)state;
    for (unsigned word = 4; word <= 8; word += 4) {
        struct heap_image *m = image_new(word);
        struct malloc_heap h;
        look(m, &h);
        assert_string_equal(h.reason, "");
        assert_int_equal(h.state, HEAP_MEASURED);
        assert_true(h.found);
        assert_int_equal(h.arena_count, 2);
        assert_int_equal(h.sums.system, m->system);
        assert_int_equal(h.sums.walked, m->system);
        assert_int_equal(h.sums.in_use, m->in_use);
        assert_int_equal(h.sums.binned, m->binned);
        assert_int_equal(h.sums.fast, m->fast);
        assert_int_equal(h.sums.tcache, m->cached);
        assert_int_equal(h.sums.tcache_count, 2);
        assert_int_equal(h.sums.top, m->top);
        assert_int_equal(h.sums.in_use + h.sums.free, h.sums.system);
        assert_int_equal(h.sums.trimmable + h.sums.pinned + h.sums.kept_top + h.sums.absent, h.sums.free);
        assert_int_equal(h.mmapped, 300 * 1024);
        assert_int_equal(h.mmapped_count, 2);
        assert_true(h.arenas[0].main && !h.arenas[1].main);
        uint64_t used = 0, unused = 0;
        for (unsigned c = 0; c < HEAP_CLASSES; c++) {
            used += h.used_sizes[c];
            unused += h.free_sizes[c];
        }
        assert_true(used <= h.sums.in_use && unused == h.sums.free - h.sums.top);
        malloc_heap_free(&h);
        image_free(m);
    }
}

static void take(struct heap_image *m, unsigned region, unsigned page, bool swapped)
{
    m->regions[region].gone[page] = 1;
    m->regions[region].swapped[page] = swapped;
}

/* image_read aborts where a page is read that is not there. */
static void test_absent(void **state)
{
    (void)state;
    struct heap_image *m = image_new(8);
    struct malloc_heap h;
    take(m, 1, 5, true);
    look(m, &h);
    assert_true(h.found && h.coverage < 1 && h.coverage > 0.85);
    assert_true(h.state == HEAP_UNKNOWN ? h.reason[0] != '\0' : h.sums.in_use > 0);
    malloc_heap_free(&h);
    for (unsigned page = 0; page < IMAGE_HEAP / IMAGE_PAGE; page += 2)
        take(m, 1, page, true);
    look(m, &h);
    assert_int_equal(h.state, HEAP_UNKNOWN);
    assert_true(h.coverage < 0.9);
    assert_non_null(strstr(h.reason, "could be walked"));
    malloc_heap_free(&h);
    take(m, 2, 0, true); /* the thread's arena itself */
    look(m, &h);
    assert_int_equal(h.state, HEAP_UNKNOWN);
    assert_non_null(strstr(h.reason, "ring of arenas"));
    malloc_heap_free(&h);
    take(m, 0, 0, true); /* and main_arena */
    look(m, &h);
    assert_int_equal(h.state, HEAP_UNKNOWN);
    assert_false(h.found);
    assert_non_null(strstr(h.reason, "no glibc arena was found"));
    malloc_heap_free(&h);
    image_free(m);
}

static void test_unused(void **state)
{
    (void)state;
    struct heap_image *m = image_new(8);
    struct malloc_heap h;
    memset(m->regions[0].bytes, 0, IMAGE_LIBC);
    look(m, &h);
    assert_int_equal(h.state, HEAP_UNKNOWN);
    assert_false(h.found);
    malloc_heap_free(&h);
    uint64_t arena = image_libc + 0x100; /* as before the first malloc */
    image_put(m, arena + 2160, arena);
    image_put(m, arena + 2176, 1);
    image_parameters(m, image_libc + 0x2000);
    image_put(m, image_libc + 0x2000, 0);
    look(m, &h);
    assert_true(h.found);
    assert_int_equal(h.state, HEAP_MEASURED);
    assert_int_equal(h.sums.in_use, 0);
    malloc_heap_free(&h);
    image_free(m);
}

/* A heap without a chunk, nor any in the fast bins, gets its chunks while it is looked at: at whatever read, the walk stays sound. */
static void test_first_chunks_meanwhile(void **state)
{
    (void)state;
    static const uint64_t none[10];
    for (unsigned n = 1; n < 200; n++) {
        struct heap_image *m = image_new(8);
        struct malloc_heap h;
        uint64_t arena = image_libc + 0x100, thread = image_thread + 0x30;
        m->put_before = n;
        m->put_at = arena + 96;
        memcpy(&m->put_value, m->regions[0].bytes + 0x100 + 96, sizeof m->put_value);
        image_arena(m, arena, thread, image_heap, IMAGE_HEAP, none, 10);
        look(m, &h);
        assert_true(h.sums.in_use + h.sums.free <= m->system);
        malloc_heap_free(&h);
        image_free(m);
    }
}

/* A list that leads back into itself, and a top that points nowhere. */
static void test_loops(void **state)
{
    (void)state;
    struct heap_image *m = image_new(8);
    struct malloc_heap h;
    uint64_t head;
    memcpy(&head, m->regions[0].bytes + 0x100 + 16 + 2 * 8, sizeof head);
    assert_true(head != 0);
    image_put(m, head + 16, head ^ (head + 16) >> 12);
    look(m, &h);
    assert_true(h.sums.fast <= m->fast);
    malloc_heap_free(&h);
    image_put(m, image_libc + 0x100 + 96, image_heap + 0x20);
    look(m, &h);
    assert_true(h.coverage >= 0 && h.coverage <= 1);
    malloc_heap_free(&h);
    image_free(m);
}

static void test_target(void **state)
{
    (void)state;
    struct heap_image *m = image_new(8);
    struct target *t = &m->target;
    uint8_t buffer[3 * IMAGE_PAGE], present[1], swapped[1];
    take(m, 1, 1, true);
    assert_true(target_present(t, image_heap, 3, present, swapped));
    assert_int_equal(present[0], 5);
    assert_int_equal(swapped[0], 2);
    assert_true(target_read(t, image_heap + 100, buffer, 2 * IMAGE_PAGE, present));
    assert_int_equal(present[0], 5);
    assert_memory_equal(buffer, m->regions[1].bytes + 100, IMAGE_PAGE - 100);
    assert_int_equal(buffer[IMAGE_PAGE], 0);
    assert_false(target_read_all(t, image_heap + IMAGE_PAGE - 4, buffer, 8));
    assert_true(target_read_all(t, image_heap + IMAGE_PAGE - 8, buffer, 8));
    assert_false(target_read_all(t, UINT64_MAX - 4, buffer, 8));
    assert_null(target_find(t, image_heap - 1));
    assert_non_null(target_find(t, image_heap + IMAGE_HEAP - 1));
    assert_null(target_find(t, image_heap + IMAGE_HEAP));
    t->deadline = 1e-9;
    assert_false(target_read_all(t, image_heap, buffer, 8));
    image_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_unused),
        cmocka_unit_test(test_first_chunks_meanwhile),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
