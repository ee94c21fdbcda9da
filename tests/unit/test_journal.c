/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was there before an apply: it comes back from disk as it was, whatever bytes, and no changed byte is followed. */
#include "tree.h"

#include "base/mem.h"
#include "base/sha256.h"
#include "cmd/settings/journal.h"

static char every_byte[512];

static void fill(struct journal *j)
{
    for (size_t i = 0; i < sizeof every_byte; i++)
        every_byte[i] = (char)i;
    struct application *a = journal_add(j, 2);
    a->wall = 1795237280;
    a->boot = "2bca130e-4d46";
    a->case_path = "/a case/ü%20.json";
    a->finished = true;
    a->changes[0] =
        (struct change){.setting = setting_find("vm.swappiness"), .id = "set-swappiness", .before = "60", .after = "1"};
    a->changes[1] = (struct change){
        .setting = setting_find("transparent_hugepage/defrag"),
        .id = "thp",
        .before = "always",
        .after = "defer+madvise",
        .keep = true,
        .file = {.wrote = "w x\n",
                 .existed = true,
                 .data = every_byte,
                 .length = sizeof every_byte,
                 .mode = 04751,
                 .uid = 12,
                 .gid = 4294967294u,
                 .changed = {1700000000, 999999999}},
    };
    a = journal_add(j, 3);
    a->wall = 1795237299;
    static const char *const names[] = {"vm.min_free_kbytes", "vm.watermark_scale_factor",
                                        "vm.compaction_proactiveness"};
    for (size_t i = 0; i < 3; i++)
        a->changes[i] = (struct change){.setting = setting_find(names[i]),
                                        .id = "",
                                        .before = "0",
                                        .after = "2147483647",
                                        .keep = true,
                                        .file = {.wrote = ""}};
    a->changes[1].file.existed = true; /* and empty */
    a->changes[2].keep = false;
}

static void same_change(const struct change *a, const struct change *b)
{
    assert_ptr_equal(a->setting, b->setting);
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->before, b->before);
    assert_string_equal(a->after, b->after);
    assert_int_equal(a->keep, b->keep);
    if (!a->keep)
        return;
    const struct sysctl_file *k = &a->file, *l = &b->file;
    assert_string_equal(k->wrote, l->wrote);
    assert_int_equal(k->existed, l->existed);
    assert_int_equal(k->length, l->length);
    if (k->length)
        assert_memory_equal(k->data, l->data, k->length);
    assert_int_equal(k->mode, l->mode);
    assert_int_equal(k->uid, l->uid);
    assert_int_equal(k->gid, l->gid);
    assert_int_equal(k->changed.tv_sec, l->changed.tv_sec);
    assert_int_equal(k->changed.tv_nsec, l->changed.tv_nsec);
}

static void same_journal(const struct journal *a, const struct journal *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(a->list[i].wall == b->list[i].wall);
        assert_string_equal(a->list[i].boot, b->list[i].boot);
        assert_string_equal(a->list[i].case_path, b->list[i].case_path);
        assert_int_equal(a->list[i].finished, b->list[i].finished);
        assert_int_equal(a->list[i].count, b->list[i].count);
        for (size_t k = 0; k < a->list[i].count; k++)
            same_change(&a->list[i].changes[k], &b->list[i].changes[k]);
    }
}

static void it_comes_back_as_it_was(void **state)
{
    (void)state;
    struct journal j = {0}, again = {0};
    AUTO_STR struct str text = {0};
    struct err e;
    fill(&j);
    journal_format(&text, &j);
    for (const char *c = text.data; *c; c++)
        assert_true(*c == '\n' || (*c >= ' ' && *c < 127));
    if (!journal_parse(&again, "changes", text.data, text.length, &e))
        fail_msg("%s", e.text);
    same_journal(&j, &again);
    arena_free(&j.arena);
    arena_free(&again.arena);
}

static void what_is_gone_is_left_out(void **state)
{
    (void)state;
    struct journal j = {0}, again = {0};
    AUTO_STR struct str text = {0};
    struct err e;
    fill(&j);
    j.list[0].changes[0].gone = true;
    for (size_t i = 0; i < 3; i++)
        j.list[1].changes[i].gone = true;
    journal_format(&text, &j);
    assert_true(journal_parse(&again, "changes", text.data, text.length, &e));
    assert_int_equal(again.count, 1);
    assert_int_equal(again.list[0].count, 1);
    same_change(&again.list[0].changes[0], &j.list[0].changes[1]);
    arena_free(&j.arena);
    arena_free(&again.arena);
}

static bool parses(const char *text, size_t length)
{
    struct journal j = {0};
    struct err e = {0};
    bool good = journal_parse(&j, "changes", text, length, &e);
    assert_true(good || e.text[0]);
    arena_free(&j.arena);
    return good;
}

static void no_changed_byte_is_followed(void **state)
{
    (void)state;
    struct journal j = {0};
    AUTO_STR struct str text = {0};
    fill(&j);
    journal_format(&text, &j);
    for (size_t i = 0; i < text.length; i++) {
        text.data[i] ^= 1;
        assert_false(parses(text.data, text.length));
        text.data[i] ^= 1;
        assert_false(parses(text.data, i));
    }
    assert_true(parses(text.data, text.length));
    arena_free(&j.arena);
}

/* With a checksum that holds, so that the parser is reached. */
static bool parses_sealed(const char *body)
{
    AUTO_STR struct str s = {0};
    char hash[65];
    str_add(&s, body);
    sha256_hex(hash, s.data, s.length);
    str_printf(&s, "sha256 %s\n", hash);
    return parses(s.data, s.length);
}

#define FIRST "fragwizard-changes/1\n"
#define APPLY FIRST "apply 5 % done c\n"

static void only_what_it_writes_is_understood(void **state)
{
    (void)state;
    assert_true(parses_sealed(FIRST));
    assert_true(parses_sealed(APPLY "change vm.swappiness id 60 1\nfile absent x\n"));
    static const char *const wrong[] = {
        "fragwizard-changes/2\n",
        FIRST "change vm.swappiness id 60 1\n",
        FIRST "file absent x\n",
        FIRST "apply 5 % maybe c\n",
        FIRST "apply x % done c\n",
        FIRST "apply 5 % done\n",
        FIRST "apply 5 % done c d\n",
        APPLY "file absent x\n",
        APPLY "change kernel.core_pattern id 60 1\n",
        APPLY "change vm.swappiness id 60\n",
        APPLY "change vm.swappiness id 60 |sh\n",
        APPLY "change vm.swappiness id 60%0A1 1\n",
        APPLY "change vm.swappiness id -1 1\n",
        APPLY "change vm.swappiness id 60 1 1\n",
        APPLY "change transparent_hugepage/defrag id always 7\n",
        APPLY "change vm.swappiness id 60 1\nfile absent\n",
        APPLY "change vm.swappiness id 60 1\nfile absent x\nfile absent x\n",
        APPLY "change vm.swappiness id 60 1\nfile 10000 0 0 0 0 x x\n",
        APPLY "change vm.swappiness id 60 1\nfile 420 0 4294967295 0 0 x x\n",
        APPLY "change vm.swappiness id 60 1\nfile 420 0 0 0 1000000000 x x\n",
        APPLY "change vm.swappiness id 60 1\nfile 420 0 0 0 0 %4 x\n",
        APPLY "change vm.swappiness id 60 1\nfile 420 0 0 0 0 %zz x\n",
        APPLY "change vm.swappiness id 60 1\nfile 420 0 0 0 0 x a%00b\n",
        APPLY "change vm.swappiness id 60 1\nfile 420 0 0 0 0 x\n",
        APPLY "anything\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (parses_sealed(wrong[i]))
            fail_msg("understood: %s", wrong[i]);
}

static void any_bytes_are_survived(void **state)
{
    (void)state;
    AUTO_STR struct str text = {0}, body = {0};
    struct journal j = {0};
    fill(&j);
    journal_format(&text, &j);
    uint32_t seed = 1;
    for (unsigned n = 0; n < 3000; n++) {
        str_clear(&body);
        str_add_n(&body, text.data, text.length - 72);
        for (unsigned k = 0; k < 1 + n % 4; k++) {
            seed = seed * 1664525u + 1013904223u;
            char to = "\n %\0x09af"[seed >> 28 & 7];
            body.data[(seed >> 8) % body.length] = to ? to : (char)(seed >> 20);
        }
        AUTO_FREE char *copy = mem_strdup(str_text(&body));
        parses_sealed(copy);
    }
    arena_free(&j.arena);
}

static void on_disk(struct tree *t, struct journal *j)
{
    struct err e;
    tree_new(t);
    setenv("XDG_STATE_HOME", t->path, 1);
    if (!journal_open(j, true, &e))
        fail_msg("%s", e.text);
}

static bool there(const struct tree *t, const char *name)
{
    char path[512];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", t->path, name);
    return lstat(path, &st) == 0;
}

static void nothing_is_left_of_an_empty_one(void **state)
{
    (void)state;
    struct tree t;
    struct journal j;
    struct err e;
    on_disk(&t, &j);
    fill(&j);
    assert_true(journal_store(&j, &e));
    assert_true(there(&t, "fragwizard/changes"));
    journal_close(&j);
    tree_file(&t, "fragwizard/.changes.abc123", "cut off");
    tree_file(&t, "fragwizard/.changes.abc1234", "somebody else's");
    assert_true(journal_open(&j, false, &e));
    assert_int_equal(j.count, 2);
    assert_false(there(&t, "fragwizard/.changes.abc123"));
    assert_true(there(&t, "fragwizard/.changes.abc1234"));
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < j.list[i].count; k++)
            j.list[i].changes[k].gone = true;
    assert_true(journal_store(&j, &e));
    journal_close(&j);
    assert_false(there(&t, "fragwizard/changes"));
    assert_true(there(&t, "fragwizard")); /* not empty */
    char path[512];
    snprintf(path, sizeof path, "%s/fragwizard/.changes.abc1234", t.path);
    unlink(path);
    assert_true(journal_open(&j, false, &e));
    journal_close(&j);
    assert_false(there(&t, "fragwizard"));
    assert_true(journal_open(&j, false, &e));
    assert_int_equal(j.lock, -1);
    journal_close(&j);
    tree_free(&t);
}

static void only_one_at_a_time(void **state)
{
    (void)state;
    struct tree t;
    struct journal j, other;
    struct err e;
    on_disk(&t, &j);
    assert_false(journal_open(&other, false, &e));
    assert_non_null(strstr(e.text, "another apply or undo"));
    journal_close(&j);
    assert_true(journal_open(&other, true, &e));
    journal_close(&other);
    tree_free(&t);
}

static void one_that_others_may_write_is_not_followed(void **state)
{
    (void)state;
    struct tree t;
    struct journal j;
    struct err e;
    char path[512];
    on_disk(&t, &j);
    fill(&j);
    assert_true(journal_store(&j, &e));
    journal_close(&j);
    snprintf(path, sizeof path, "%s/fragwizard/changes", t.path);
    assert_int_equal(chmod(path, 0620), 0);
    assert_false(journal_open(&j, false, &e));
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(journal_open(&j, false, &e));
    journal_close(&j);
    char moved[512];
    snprintf(moved, sizeof moved, "%s/moved", t.path);
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(symlink(moved, path), 0);
    assert_false(journal_open(&j, false, &e));
    unlink(path);
    snprintf(path, sizeof path, "%s/fragwizard", t.path);
    assert_int_equal(chmod(path, 0777), 0);
    assert_false(journal_open(&j, true, &e));
    tree_free(&t);
}

static void a_file_comes_back_byte_for_byte(void **state)
{
    (void)state;
    struct tree t;
    struct arena a = {0};
    struct err e;
    struct sysctl_file k = {.wrote = "ours\n"};
    char path[512];
    struct stat before, after;
    tree_new(&t);
    tree_file(&t, "x.conf", "theirs");
    snprintf(path, sizeof path, "%s/x.conf", t.path);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[2]){{1, 2}, {3, 4}}, 0), 0);
    assert_int_equal(stat(path, &before), 0);
    assert_true(sysctl_file_look(&k, path, &a, &e));
    assert_int_equal(sysctl_file_now(&k, path, &e), SYSCTL_FILE_AS_BEFORE);
    assert_true(sysctl_file_write(&k, path, &e));
    assert_int_equal(sysctl_file_now(&k, path, &e), SYSCTL_FILE_OURS);
    assert_true(sysctl_file_restore(&k, path, &e));
    assert_int_equal(sysctl_file_now(&k, path, &e), SYSCTL_FILE_AS_BEFORE);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_mode, after.st_mode);
    assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    tree_file(&t, "x.conf", "another's");
    assert_int_equal(sysctl_file_now(&k, path, &e), SYSCTL_FILE_CHANGED);
    /* one that was not there */
    struct sysctl_file none = {.wrote = "ours\n"};
    unlink(path);
    assert_true(sysctl_file_look(&none, path, &a, &e));
    assert_true(sysctl_file_write(&none, path, &e));
    assert_true(sysctl_file_restore(&none, path, &e));
    assert_false(there(&t, "x.conf"));
    assert_int_equal(sysctl_file_now(&none, path, &e), SYSCTL_FILE_AS_BEFORE);
    arena_free(&a);
    tree_free(&t);
}

static void what_is_no_plain_file_is_left_alone(void **state)
{
    (void)state;
    struct tree t;
    struct arena a = {0};
    struct err e;
    struct sysctl_file k = {.wrote = "ours\n"};
    char path[512], other[512];
    tree_new(&t);
    tree_file(&t, "target", "theirs");
    snprintf(path, sizeof path, "%s/x.conf", t.path);
    snprintf(other, sizeof other, "%s/target", t.path);
    assert_int_equal(symlink(other, path), 0);
    assert_false(sysctl_file_look(&k, path, &a, &e));
    unlink(path);
    assert_int_equal(link(other, path), 0);
    assert_false(sysctl_file_look(&k, path, &a, &e));
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(sysctl_file_look(&k, path, &a, &e));
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(sysctl_file_look(&k, path, &a, &e));
    arena_free(&a);
    tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_back_as_it_was),
        cmocka_unit_test(what_is_gone_is_left_out),
        cmocka_unit_test(no_changed_byte_is_followed),
        cmocka_unit_test(only_what_it_writes_is_understood),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(nothing_is_left_of_an_empty_one),
        cmocka_unit_test(only_one_at_a_time),
        cmocka_unit_test(one_that_others_may_write_is_not_followed),
        cmocka_unit_test(a_file_comes_back_byte_for_byte),
        cmocka_unit_test(what_is_no_plain_file_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
