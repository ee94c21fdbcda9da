/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each verb by itself, without main: its help, its complaint about a wrong word, and one thing that it is for. */
#include "tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/cmd.h"

static const struct command *const verbs[] = {
    &command_session, &command_audit, &command_probe,  &command_check,   &command_list,  &command_explain,
    &command_report,  &command_diff,  &command_resume, &command_capture, &command_apply, &command_undo,
};

static char said[2][64 * 1024]; /* on stdout and stderr by the last verb that ran */

static int open_scratch(void)
{
    char name[] = "/tmp/verbs-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    return fd;
}

static void read_back(int fd, char *out, size_t size)
{
    ssize_t n = pread(fd, out, size - 1, 0);
    assert_true(n >= 0);
    out[n] = '\0';
    close(fd);
}

/* words: argv[1]… ends with NULL. */
static int run(const struct command *c, char **words)
{
    char *argv[8] = {(char *)c->name};
    int argc = 1, scratch[2] = {open_scratch(), open_scratch()}, before[2];
    for (; words[argc - 1]; argc++)
        argv[argc] = words[argc - 1];
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        before[i] = dup(i + 1);
        dup2(scratch[i], i + 1);
    }
    int status = c->run(argc, argv);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        dup2(before[i], i + 1);
        close(before[i]);
        read_back(scratch[i], said[i], sizeof said[i]);
    }
    return status;
}
#define RUN(verb, ...) run(&command_##verb, (char *[]){__VA_ARGS__, NULL})

static const char *in_source(const char *path)
{
    static char out[4][512];
    static unsigned next;
    char *to = out[next++ % 4];
    const char *source = getenv("SRC");
    snprintf(to, sizeof out[0], "%s/%s", source ? source : ".", path);
    return to;
}

static void says(int stream, const char *text)
{
    if (!strstr(said[stream], text))
        fail_msg("\"%s\" is not in: %s", text, said[stream]);
}

static void each_has_help(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        assert_int_equal(run(verbs[i], (char *[]){"--help", NULL}), EXIT_OK);
        says(0, "fragwizard");
        assert_string_equal(said[1], "");
    }
}

static void each_refuses_a_wrong_option_in_one_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        assert_int_equal(run(verbs[i], (char *[]){"--no-such-word", NULL}), EXIT_UNKNOWN);
        says(1, "--no-such-word");
        assert_string_equal(said[0], "");
        assert_ptr_equal(strchr(said[1], '\n'), said[1] + strlen(said[1]) - 1);
    }
}

static void audit_judges_a_captured_tree(void **state)
{
    (void)state;
    int status = RUN(audit, "--root", (char *)in_source("tests/roots/linux-6.18"));
    assert_in_range(status, EXIT_OK, EXIT_CRITICAL);
    says(0, "Verdict");
    assert_int_equal(RUN(audit, "--root", "/nowhere"), EXIT_UNKNOWN);
    says(1, "/nowhere");
}

static void session_and_resume_need_a_terminal(void **state)
{
    (void)state;
    int before = dup(0), null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    close(null);
    assert_int_equal(RUN(session, "--root", (char *)in_source("tests/roots/linux-6.18")), EXIT_UNKNOWN);
    says(1, "--auto");
    assert_int_equal(RUN(resume, (char *)in_source("tests/case/old/stopped.json")), EXIT_UNKNOWN);
    says(1, "terminal");
    dup2(before, 0);
    close(before);
}

static void probe_shows_its_tables(void **state)
{
    (void)state;
    assert_int_equal(RUN(probe, "buddy", "--root", (char *)in_source("tests/roots/linux-6.18")), EXIT_OK);
    says(0, "Normal");
    assert_int_equal(RUN(probe, "budy"), EXIT_UNKNOWN);
    says(1, "did you mean");
}

static void check_names_file_line_and_column(void **state)
{
    struct tree *t = *state;
    assert_int_equal(RUN(check, (char *)in_source("playbooks/memory-fragmentation.yaml")), EXIT_OK);
    char path[512];
    snprintf(path, sizeof path, "%s/x.yaml", t->path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("format: fragwizard-playbook/1\nname: x\n", f);
    fclose(f);
    assert_int_equal(RUN(check, path), EXIT_UNKNOWN);
    AUTO_STR struct str all = {0};
    str_printf(&all, "%s%s", said[0], said[1]);
    assert_non_null(strstr(str_text(&all), "x.yaml:1:1: missing key 'title'"));
}

static void list_and_explain_tell_of_a_fact(void **state)
{
    (void)state;
    assert_int_equal(RUN(list, "facts"), EXIT_OK);
    says(0, "unusable_huge");
    assert_int_equal(RUN(explain, "zone.unusable_huge"), EXIT_OK);
    says(0, "unusable_huge");
}

static void report_and_diff_read_cases(void **state)
{
    (void)state;
    char *old = (char *)in_source("tests/case/old/linux-6.18.json");
    assert_in_range(RUN(report, old), EXIT_OK, EXIT_CRITICAL);
    says(0, "Verdict");
    assert_int_equal(RUN(diff, old, old), EXIT_OK);
    assert_int_equal(RUN(report, (char *)in_source("README.md")), EXIT_UNKNOWN);
    says(1, "README.md: was changed or damaged, or is not a case");
}

static void capture_makes_a_tree(void **state)
{
    struct tree *t = *state;
    char path[512], inside[600];
    snprintf(path, sizeof path, "%s/captured", t->path);
    assert_int_equal(RUN(capture, path), EXIT_OK);
    snprintf(inside, sizeof inside, "%s/proc/meminfo", path);
    assert_int_equal(access(inside, R_OK), 0);
}

static void apply_and_undo_without_anything_to_change(void **state)
{
    struct tree *t = *state;
    setenv("XDG_STATE_HOME", t->path, 1); /* never what was changed on this machine */
    assert_int_equal(RUN(apply, (char *)in_source("tests/case/old/linux-6.18.json"), "--dry-run"), EXIT_UNKNOWN);
    says(1, "captured tree");
    assert_int_equal(run(&command_undo, (char *[]){NULL}), EXIT_OK);
    says(0, "nothing to undo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_help),
        cmocka_unit_test(each_refuses_a_wrong_option_in_one_sentence),
        cmocka_unit_test(audit_judges_a_captured_tree),
        cmocka_unit_test(session_and_resume_need_a_terminal),
        cmocka_unit_test(probe_shows_its_tables),
        cmocka_unit_test_setup_teardown(check_names_file_line_and_column, tree_setup, tree_teardown),
        cmocka_unit_test(list_and_explain_tell_of_a_fact),
        cmocka_unit_test(report_and_diff_read_cases),
        cmocka_unit_test_setup_teardown(capture_makes_a_tree, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(apply_and_undo_without_anything_to_change, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
