/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jemalloc's heap read from a made-up process: both trees, both families, and what is missing of them. */
#include "rows.h"

#include "jemalloc_image.h"

static void look(struct jemalloc_image *m, struct malloc_heap *h)
{
    jemalloc_heap_read(&m->target, JEMALLOC_IN_LIBRARY, JEMALLOC_IN_OTHERS, h);
}

static void all_layouts_are_counted_to_the_byte(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct jemalloc_image *m = jemalloc_image_new(i & 1, i & 2 ? JEMALLOC_5_2 : JEMALLOC_5_3);
        struct malloc_heap h;
        look(m, &h);
        assert_string_equal(h.reason, "");
        assert_int_equal(h.state, HEAP_MEASURED);
        static const char *const layouts[] = {"5.3, 48 bit", "5.3, 57 bit", "5.2, 48 bit", "5.2, 57 bit"};
        assert_string_equal(h.layout, layouts[i]);
        assert_int_equal(h.sums.in_use, m->in_use);
        assert_int_equal(h.sums.in_use + h.sums.pinned, m->active);
        assert_int_equal(h.sums.trimmable, m->dirty);
        assert_int_equal(h.sums.absent, m->retained);
        assert_int_equal(h.arena_count, 2);
        malloc_heap_free(&h);
        jemalloc_image_free(m);
    }
}

static void classes_are_jemallocs(void **state)
{
    (void)state;
    assert_int_equal(jemalloc_class_size(0), 8);
    assert_int_equal(jemalloc_class_size(4), 64);
    assert_int_equal(jemalloc_class_size(5), 80);
    assert_int_equal(jemalloc_class_size(35), 14336);
    assert_int_equal(jemalloc_class_size(36), 16384);
    assert_int_equal(jemalloc_slab_size(5), 20480);
}

static void what_is_swapped_out_is_not_covered(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct jemalloc_image *m = jemalloc_image_new(i, JEMALLOC_5_3);
        struct malloc_heap h;
        size_t page = 0;
        image_at(m, m->extents + 33 * JEMALLOC_EXTENT, &page);
        m->gone[page] = 2;
        look(m, &h);
        assert_true(h.found && h.coverage < 0.95 && h.coverage > 0);
        assert_int_equal(h.state, HEAP_UNKNOWN);
        assert_non_null(strstr(h.reason, "not resident"));
        malloc_heap_free(&h);
        m->gone[page] = 0;
        image_at(m, image_word(m), &page);
        m->gone[page] = 2;
        look(m, &h);
        assert_int_equal(h.state, HEAP_UNKNOWN);
        assert_non_null(strstr(h.reason, "swapped out"));
        malloc_heap_free(&h);
        jemalloc_image_free(m);
    }
}

static void other_pages_or_words_are_refused(void **state)
{
    (void)state;
    struct jemalloc_image *m = jemalloc_image_new(0, JEMALLOC_5_3);
    struct malloc_heap h;
    m->target.word = 4;
    look(m, &h);
    assert_int_equal(h.state, HEAP_UNKNOWN);
    assert_non_null(strstr(h.reason, "64-bit"));
    malloc_heap_free(&h);
    jemalloc_image_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_layouts_are_counted_to_the_byte),
        cmocka_unit_test(classes_are_jemallocs),
        cmocka_unit_test(what_is_swapped_out_is_not_covered),
        cmocka_unit_test(other_pages_or_words_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
