/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory, growing text, sentences of errors, and files that are the user's own. */
#include "tree.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/input.h"
#include "base/str.h"

static void an_arena_gives_aligned_zeroed_memory(void **state)
{
    (void)state;
    struct arena a = {0};
    unsigned char *objects[300];
    char *texts[300];
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * 37 % 500 + (i == 150 ? 200000 : 0);
        objects[i] = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)objects[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(objects[i][k], 0);
        memset(objects[i], 0xA5, size);
        texts[i] = i % 2 ? arena_printf(&a, "text %zu", i) : arena_strndup(&a, "text and more", 4 + i % 5);
    }
    for (size_t i = 0; i < 300; i++) { /* nothing lies over anything else */
        size_t size = i * 37 % 500;
        for (size_t k = 0; k < size; k++)
            assert_int_equal(objects[i][k], 0xA5);
        assert_int_equal(strncmp(texts[i], "text", 4), 0);
    }
    arena_free(&a);
    assert_string_equal(arena_strdup(&a, ""), ""); /* it can be used again */
    arena_free(&a);
    arena_free(&a);
}

static void allocations_of_nothing_are_something(void **state)
{
    (void)state;
    free(mem_alloc(0));
    free(mem_array(0, 8));
    free(mem_resize(NULL, 0, 8));
    AUTO_FREE char *copy = mem_strdup("");
    assert_string_equal(copy, "");
    AUTO_FREE char *text = mem_printf("%d %s", 5, "x");
    assert_string_equal(text, "5 x");
}

static void array_too_large(void)
{
    mem_array(SIZE_MAX / 2, 4);
}

static void resize_too_large(void)
{
    mem_resize(NULL, SIZE_MAX / 2, 4);
}

static void arena_too_large(void)
{
    struct arena a = {0};
    arena_alloc(&a, SIZE_MAX - 8);
}

static void exhausted(void (*run)(void))
{
    int ends[2], status;
    char text[256];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        run();
        _exit(0);
    }
    close(ends[1]);
    size_t used = 0;
    for (ssize_t n; (n = read(ends[0], text + used, sizeof text - 1 - used)) > 0;)
        used += (size_t)n;
    text[used] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_string_equal(text, "fragwizard: out of memory; nothing was changed\n");
}

static void running_out_is_one_sentence_and_status_3(void **state)
{
    (void)state;
#if !defined __SANITIZE_ADDRESS__
    exhausted(array_too_large);
#else
    (void)array_too_large; /* its allocator ends the program by itself */
#endif
    exhausted(resize_too_large);
    exhausted(arena_too_large);
}

static void text_grows(void **state)
{
    (void)state;
    struct str s = {0};
    assert_string_equal(str_text(&s), "");
    str_clear(&s);
    for (int i = 0; i < 1000; i++) {
        str_printf(&s, "%03d", i);
        str_add_char(&s, ',');
    }
    assert_int_equal(s.length, 4000);
    assert_int_equal(strlen(s.data), 4000);
    assert_int_equal(strncmp(s.data + 3996, "999,", 5), 0);
    str_clear(&s);
    assert_string_equal(str_text(&s), "");
    str_add_n(&s, "a\0b", 3); /* bytes, whatever they are */
    assert_int_equal(s.length, 3);
    str_free(&s);
    assert_string_equal(str_text(&s), "");
}

static void errors_are_one_sentence(void **state)
{
    (void)state;
    struct err e;
    assert_false(err_set(&e, "%s: no", "x"));
    assert_string_equal(e.text, "x: no");
    assert_false(err_system(&e, ENOENT, "%s", "x"));
    assert_string_equal(e.text, "x: No such file or directory");
    assert_false(err_set(NULL, "x"));
    assert_false(err_system(NULL, ENOENT, "x"));
    char path[2000];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    err_system(&e, ENOENT, "%s", path);
    assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

static void only_regular_files_of_a_bounded_size_are_read(void **state)
{
    struct tree *t = *state;
    struct err e;
    size_t length = 0;
    char path[512];
    tree_file(t, "ten", "0123456789");
    tree_file(t, "empty", "");
    snprintf(path, sizeof path, "%s/ten", t->path);
    AUTO_FREE char *ten = input_read_file(path, 10, &length, &e);
    assert_string_equal(ten, "0123456789");
    assert_int_equal(length, 10);
    assert_null(input_read_file(path, 9, &length, &e));
    assert_non_null(strstr(e.text, "too large"));
    snprintf(path, sizeof path, "%s/empty", t->path);
    AUTO_FREE char *empty = input_read_file(path, 0, &length, &e);
    assert_string_equal(empty, "");
    assert_int_equal(length, 0);
    snprintf(path, sizeof path, "%s/fifo", t->path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(input_read_file(path, 10, &length, &e)); /* and not waited for */
    assert_non_null(strstr(e.text, "not a regular file"));
    assert_null(input_read_file(t->path, 10, &length, &e));
    assert_null(input_read_file("/no/such", 10, &length, &e));
    assert_non_null(strstr(e.text, "/no/such: No such file"));
}

static void equal_texts_of_an_arena_are_one(void **state)
{
    (void)state;
    struct arena a = {0};
    const char *one = arena_intern(&a, "nginx.service", 13);
    assert_string_equal(one, "nginx.service");
    assert_ptr_equal(arena_intern(&a, "nginx.service and more", 13), one);
    assert_ptr_equal(arena_intern(&a, "nginx.service\0more", 18), one);
    const char *shorter = arena_intern(&a, "nginx.service", 5);
    assert_string_equal(shorter, "nginx");
    assert_ptr_not_equal(shorter, one);
    assert_string_equal(arena_intern(&a, "", 0), "");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_of_an_arena_are_one),
        cmocka_unit_test(an_arena_gives_aligned_zeroed_memory),
        cmocka_unit_test(allocations_of_nothing_are_something),
        cmocka_unit_test(running_out_is_one_sentence_and_status_3),
        cmocka_unit_test(text_grows),
        cmocka_unit_test(errors_are_one_sentence),
        tree_test(only_regular_files_of_a_bounded_size_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
