/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be set at all: the settings that the shipped playbooks recommend, and of each the values that make sense. */
#include "tree.h"

#include "base/mem.h"
#include "cmd/settings/setting.h"
#include "engine/playbook/playbook.h"

static void they_are_those_of_the_playbooks(void **state)
{
    (void)state;
    static const char *const shipped[] = {"memory-fragmentation", "quick"};
    bool named[32] = {false};
    for (size_t n = 0; n < 2; n++) {
        struct diags diags = {0};
        struct err e;
        struct playbook *p = playbook_load(shipped[n], &diags, NULL, &e);
        assert_non_null(p);
        for (size_t i = 0; i < p->recommendation_count; i++) {
            if (!p->recommendations[i].sysctl)
                continue;
            const struct setting *s = setting_find(p->recommendations[i].sysctl);
            assert_non_null(s);
            named[s - settings] = true;
        }
        playbook_free(p);
        diags_free(&diags);
    }
    for (size_t i = 0; settings[i].name; i++)
        assert_true(named[i] == (settings[i].file != NULL));
}

static void nothing_else_is_found(void **state)
{
    (void)state;
    static const char *const others[] = {"",
                                         "vm",
                                         "vm.swappiness ",
                                         "vm.swappiness/",
                                         "vm/swappiness",
                                         "kernel.core_pattern",
                                         "vm.drop_caches",
                                         "../vm.swappiness",
                                         "VM.SWAPPINESS",
                                         "transparent_hugepage/enabled"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(setting_find(others[i]));
}

static void each_has_its_own_place(void **state)
{
    (void)state;
    for (const struct setting *s = settings; s->name; s++) {
        assert_true(strncmp(s->path, "proc/sys/vm/", 12) == 0 ||
                    strncmp(s->path, "sys/kernel/mm/transparent_hugepage/", 35) == 0);
        assert_non_null(s->about && s->source && s->risk ? s : NULL);
        if (s->file)
            assert_non_null(
                strstr(s->file, s->words ? "/etc/tmpfiles.d/60-fragwizard-" : "/etc/sysctl.d/60-fragwizard-"));
        for (const struct setting *other = s + 1; other->name; other++) {
            assert_string_not_equal(s->path, other->path);
            if (s->file && other->file)
                assert_string_not_equal(s->file, other->file);
        }
    }
}

static void machine_new(struct tree *t)
{
    tree_new(t);
    tree_file(t, "proc/meminfo", "MemTotal:       1000000 kB\nMemFree: 5 kB\n");
    tree_file(t, "proc/sys/vm/swappiness", "60\n");
    tree_file(t, "proc/sys/vm/min_free_kbytes", "-5\n");
    tree_file(t, "sys/kernel/mm/transparent_hugepage/defrag", "always defer [madvise] never\n");
    tree_open(t);
}

static bool takes(struct tree *t, const char *name, const char *value)
{
    struct err e = {0};
    bool accepted = setting_accepts(setting_find(name), &t->root, value, &e);
    assert_int_equal(accepted, !e.text[0]);
    return accepted;
}

static void numbers_in_range(void **state)
{
    (void)state;
    struct tree t;
    machine_new(&t);
    assert_true(takes(&t, "vm.swappiness", "1"));
    assert_true(takes(&t, "vm.swappiness", "60"));
    assert_true(takes(&t, "vm.swappiness", "200"));
    static const char *const wrong[] = {
        "",     "0",        "201",   "060",  "+60",   "-1",          "60 ",
        " 60",  "60\n",     "6e1",   "0x3c", "60;rm", "99999999999", "18446744073709551676",
        "60kB", "\xd9\xa3", "sixty", "60 70"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(takes(&t, "vm.swappiness", wrong[i]));
    assert_true(takes(&t, "vm.zone_reclaim_mode", "0"));
    assert_false(takes(&t, "vm.zone_reclaim_mode", "1"));
    assert_true(takes(&t, "vm.max_map_count", "2147483647"));
    assert_false(takes(&t, "vm.max_map_count", "2147483648"));
    assert_false(takes(&t, "vm.max_map_count", "65529"));
    tree_free(&t);
}

static void a_reserve_is_at_most_a_twentieth_of_memory(void **state)
{
    (void)state;
    struct tree t;
    machine_new(&t);
    assert_true(takes(&t, "vm.min_free_kbytes", "50000"));
    assert_false(takes(&t, "vm.min_free_kbytes", "50001"));
    assert_false(takes(&t, "vm.min_free_kbytes", "127"));
    tree_file(&t, "proc/meminfo", "MemFree: 5 kB\n");
    assert_false(takes(&t, "vm.min_free_kbytes", "50000"));
    tree_free(&t);
}

static void words_that_the_kernel_offers(void **state)
{
    (void)state;
    struct tree t;
    machine_new(&t);
    static const char defrag[] = "transparent_hugepage/defrag";
    assert_true(takes(&t, defrag, "madvise"));
    assert_true(takes(&t, defrag, "defer"));
    assert_false(takes(&t, defrag, "defer+madvise")); /* not this kernel */
    assert_false(takes(&t, defrag, "always"));        /* offered, and what is advised against */
    assert_false(takes(&t, defrag, "[madvise]"));
    assert_false(takes(&t, defrag, "madvise never"));
    assert_false(takes(&t, defrag, ""));
    tree_free(&t);
}

static void what_is_there_is_read(void **state)
{
    (void)state;
    struct tree t;
    struct err e;
    char now[SETTING_VALUE_MAX];
    machine_new(&t);
    assert_true(setting_read(setting_find("vm.swappiness"), &t.root, now, &e));
    assert_string_equal(now, "60");
    assert_true(setting_read(setting_find("transparent_hugepage/defrag"), &t.root, now, &e));
    assert_string_equal(now, "madvise");
    assert_false(setting_read(setting_find("vm.max_map_count"), &t.root, now, &e));
    assert_string_equal(e.text, "this kernel has no vm.max_map_count");
    assert_false(setting_read(setting_find("vm.min_free_kbytes"), &t.root, now, &e));
    tree_free(&t);
}

static void an_undo_may_write_what_the_kernel_had(void **state)
{
    (void)state;
    const struct setting *number = setting_find("vm.swappiness"), *word = setting_find("transparent_hugepage/defrag");
    assert_true(setting_is_value(number, "0"));
    assert_true(setting_is_value(word, "always"));
    assert_false(setting_is_value(number, "always"));
    assert_false(setting_is_value(number, "1\n2"));
    assert_false(setting_is_value(number, ""));
    assert_false(setting_is_value(word, "5"));
    assert_false(setting_is_value(word, "a b"));
    assert_false(setting_is_value(word, "abcdefghijklmnopqrstuvwxyzabcdefgh"));
}

static void the_names_are_theirs(void **state)
{
    (void)state;
    size_t i = 0;
    for (; settings[i].name; i++)
        assert_string_equal(setting_names[i], settings[i].name);
    assert_null(setting_names[i]);
}

static void commands_are_exact(void **state)
{
    (void)state;
    AUTO_STR struct str s = {0};
    setting_add_command(&s, setting_find("vm.swappiness"), "60");
    assert_string_equal(str_text(&s), "sysctl -w vm.swappiness=60");
    str_clear(&s);
    setting_add_command(&s, setting_find("transparent_hugepage/defrag"), "madvise");
    assert_string_equal(str_text(&s), "echo madvise > /sys/kernel/mm/transparent_hugepage/defrag");
    str_clear(&s);
    setting_add_line(&s, setting_find("transparent_hugepage/defrag"), "madvise");
    assert_string_equal(str_text(&s), "w /sys/kernel/mm/transparent_hugepage/defrag - - - - madvise");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_those_of_the_playbooks),
        cmocka_unit_test(nothing_else_is_found),
        cmocka_unit_test(each_has_its_own_place),
        cmocka_unit_test(numbers_in_range),
        cmocka_unit_test(a_reserve_is_at_most_a_twentieth_of_memory),
        cmocka_unit_test(words_that_the_kernel_offers),
        cmocka_unit_test(what_is_there_is_read),
        cmocka_unit_test(an_undo_may_write_what_the_kernel_had),
        cmocka_unit_test(the_names_are_theirs),
        cmocka_unit_test(commands_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
