/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which answers are valid, what is said of a wrong one, and what the prompt says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/root.h"
#include "cmd/answers.h"
#include "cmd/questions.h"
#include "engine/run/answer.h"

static struct choice choices[] = {{"slow", "It became slow"}, {"growing", "It grows"}};
static const struct question choice = {
    .id = "symptom", .ask = "What?", .type = QUESTION_CHOICE, .choices = choices, .choice_count = 2};
static const struct question yesno = {.id = "sure", .ask = "Sure?", .type = QUESTION_YESNO};
static const struct question size = {.id = "size", .ask = "How large?", .type = QUESTION_NUMBER, .unit = TYPE_BYTES};
static const struct question count = {.id = "count", .ask = "How many?", .type = QUESTION_NUMBER, .unit = TYPE_COUNT};
static const struct question text = {.id = "words", .ask = "Why?", .type = QUESTION_TEXT};
static const struct question file = {.id = "log", .ask = "Which?", .type = QUESTION_FILE};
static const struct question process = {.id = "suspect", .ask = "Who?", .type = QUESTION_PROCESS};

/* A case in which 20 "nginx" and 30, 31 "php-fpm" lead. */
static struct case_file *with_processes(void)
{
    struct case_file *c = case_new();
    struct facts *f = facts_new(probe_find("processes"));
    struct table *t = facts_table(f, "process");
    static const char *const commands[] = {"nginx", "php-fpm", "php-fpm"};
    static const double pids[] = {20, 30, 31};
    for (size_t i = 0; i < 3; i++) {
        size_t row = table_add(t);
        cell_number(t, row, (unsigned)table_decl_column(t->decl, "pid"), pids[i]);
        cell_text(t, row, (unsigned)table_decl_column(t->decl, "command"), commands[i]);
    }
    case_put_facts(c, f);
    return c;
}

static void prompts(const struct question *q, struct value fallback, struct case_file *c, const char *wanted)
{
    AUTO_FREE char *prompt = question_prompt(q, &fallback, c);
    assert_string_equal(prompt, wanted);
}

static void the_prompt_says_what_enter_answers(void **state)
{
    (void)state;
    struct case_file *c = with_processes();
    prompts(&choice, value_text("growing"), c, "1-2 [Enter: 2] > ");
    prompts(&yesno, value_bool(true), c, "yes or no [Enter: yes] > ");
    prompts(&yesno, value_bool(false), c, "yes or no [Enter: no] > ");
    prompts(&size, value_number(TYPE_BYTES, 67108864), c, "bytes [Enter: 64 MiB] > ");
    prompts(&size, value_unknown(TYPE_BYTES, "none"), c, "bytes [Enter: no answer] > ");
    prompts(&count, value_number(TYPE_COUNT, 12), c, "[Enter: 12] > ");
    prompts(&text, value_text(""), c, "[Enter: none] > ");
    prompts(&file, value_text("/var/log/messages"), c, "file [Enter: /var/log/messages] > ");
    prompts(&process, value_number(TYPE_COUNT, 0), c, "process id or name [Enter: none] > ");
    prompts(&process, value_number(TYPE_COUNT, 20), c, "process id or name [Enter: 20 nginx] > ");
    prompts(&process, value_number(TYPE_COUNT, 1234567), c, "process id or name [Enter: 1234567] > ");
    case_free(c);
}

static void takes(const struct question *q, const char *line, struct case_file *c, double number)
{
    struct value v;
    struct err e;
    if (!answer_parse(q, line, c, NULL, &v, &e))
        fail_msg("'%s': %s", line, e.text);
    assert_true(v.known);
    assert_true(v.type == TYPE_BOOL ? v.truth == (number != 0) : v.number == number);
}

static void takes_text(const struct question *q, const char *line, struct case_file *c, const char *wanted)
{
    struct value v;
    struct err e;
    if (!answer_parse(q, line, c, NULL, &v, &e))
        fail_msg("'%s': %s", line, e.text);
    assert_true(v.known && v.type == TYPE_TEXT);
    assert_string_equal(v.text, wanted);
}

static void refuses(const struct question *q, const char *line, struct case_file *c, const char *wanted)
{
    struct value v;
    struct err e;
    if (answer_parse(q, line, c, NULL, &v, &e))
        fail_msg("'%s' was taken", line);
    if (!strstr(e.text, wanted))
        fail_msg("'%s': %s", line, e.text);
}

static void a_choice_is_a_number_or_a_word(void **state)
{
    (void)state;
    struct case_file *c = case_new();
    takes_text(&choice, "1", c, "slow");
    takes_text(&choice, "2", c, "growing");
    takes_text(&choice, "growing", c, "growing");
    takes_text(&choice, "SLOW", c, "slow");
    static const char *const wrong[] = {"0",    "3",           "-1", "1x", "x", "1.5", "18446744073709551617",
                                        "\xff", "slow growing"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuses(&choice, wrong[i], c, "a number from 1 to 2 or a word (slow, growing)");
    case_free(c);
}

static void yes_and_no_have_their_short_forms(void **state)
{
    (void)state;
    struct case_file *c = case_new();
    takes(&yesno, "y", c, 1);
    takes(&yesno, "YES", c, 1);
    takes(&yesno, "n", c, 0);
    takes(&yesno, "No", c, 0);
    refuses(&yesno, "maybe", c, "yes or no");
    refuses(&yesno, "1", c, "yes or no");
    case_free(c);
}

static void a_number_has_the_unit_that_is_asked(void **state)
{
    (void)state;
    struct case_file *c = case_new();
    takes(&size, "64MiB", c, 67108864);
    takes(&size, "4096", c, 4096);
    takes(&count, "12", c, 12);
    refuses(&size, "5s", c, "That is seconds; bytes is asked.");
    refuses(&size, "much", c, "such as 64MiB");
    refuses(&size, "64MiB or so", c, "such as 64MiB");
    refuses(&count, "5%", c, "asked");
    case_free(c);
}

static void a_process_is_an_id_or_a_name_that_only_one_has(void **state)
{
    (void)state;
    struct case_file *c = with_processes();
    takes(&process, "20", c, 20);
    takes(&process, "0", c, 0);
    takes(&process, "4194304", c, 4194304);
    takes(&process, "nginx", c, 20);
    refuses(&process, "php-fpm", c, "2 of the leading processes");
    refuses(&process, "mysqld", c, "None of the leading processes");
    refuses(&process, "-1", c, "None of the leading processes");
    refuses(&process, "99999999999999999999", c, "None of the leading processes");
    refuses(&process, "20 30", c, "None of the leading processes");
    assert_string_equal(answer_command(c, 20), "nginx");
    assert_null(answer_command(c, 21));
    case_free(c);
    c = case_new(); /* before any process was measured */
    takes(&process, "20", c, 20);
    refuses(&process, "nginx", c, "None");
    struct root root;
    AUTO_FREE char *self = mem_printf("%ld", (long)getpid());
    struct value v;
    struct err e;
    assert_true(root_open(&root, "/", &e));
    assert_true(answer_parse(&process, self, c, &root, &v, &e));
    assert_true(answer_parse(&process, "0", c, &root, &v, &e));
    assert_false(answer_parse(&process, "4194304", c, &root, &v, &e));
    assert_string_equal(e.text, "There is no process 4194304 here.");
    root_close(&root);
    case_free(c);
}

static void text_is_cleaned(void **state)
{
    (void)state;
    struct case_file *c = case_new();
    takes_text(&text, "since Monday", c, "since Monday");
    takes_text(&text, "\x1b[2J \xff", c, "\uFFFD[2J \uFFFD");
    AUTO_FREE char *lengthy = mem_alloc(100001);
    memset(lengthy, 'x', 100000);
    struct value v;
    struct err e;
    assert_true(answer_parse(&text, lengthy, c, NULL, &v, &e));
    assert_int_equal(strlen(v.text), 4095);
    takes_text(&file, "/proc/self/status", c, "/proc/self/status");
    refuses(&file, "/no/such/file", c, "cannot be read");
    case_free(c);
}

/* --- the answers file --- */

static struct question asked[6];
static struct step step = {.id = "all", .questions = asked, .question_count = 6};
static struct playbook book = {.steps = &step, .step_count = 1};

static void answers_are_taken_up_again(void **state)
{
    (void)state;
    char path[] = "/tmp/fragwizard-test-XXXXXX";
    close(mkstemp(path));
    struct case_file *c = case_new();
    struct answer list[] = {
        {.id = "symptom", .value = value_text("slow")},
        {.id = "sure", .value = value_bool(true)},
        {.id = "size", .value = value_number(TYPE_BYTES, 67108864)},
        {.id = "words", .value = value_text("“why”\n")},
        {.id = "suspect", .value = value_number(TYPE_COUNT, 20)},
        {.id = "log", .value = value_unknown(TYPE_TEXT, "no")},
    };
    c->answers = list;
    c->answer_count = 6;
    struct err e = {0};
    assert_true(answers_save(path, c, &book, &e));
    struct answer *out;
    size_t n;
    if (!answers_load(path, &book, &c->arena, &out, &n, &e))
        fail_msg("%s", e.text);
    assert_int_equal(n, 5); /* what is unknown was not answered */
    assert_string_equal(out[0].value.text, "slow");
    assert_true(out[1].value.truth);
    assert_true(out[2].value.number == 67108864 && out[2].value.type == TYPE_BYTES);
    assert_true(out[4].value.number == 20);
    list[4].defaulted = true; /* the largest of that day is not that of another */
    assert_true(answers_save(path, c, &book, &e));
    assert_true(answers_load(path, &book, &c->arena, &out, &n, &e));
    assert_int_equal(n, 4);
    unlink(path);
    c->answer_count = 0;
    case_free(c);
}

static void complains(const char *json, const char *wanted)
{
    char path[] = "/tmp/fragwizard-test-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, json, strlen(json)), strlen(json));
    close(fd);
    struct arena arena = {0};
    struct answer *out;
    size_t n;
    struct err e = {0};
    bool loaded = answers_load(path, &book, &arena, &out, &n, &e);
    unlink(path);
    arena_free(&arena);
    if (loaded || !strstr(e.text, wanted))
        fail_msg("%s: %s", json, loaded ? "taken" : e.text);
}

#define ANSWERS(inside) "{\"format\": \"fragwizard-answers/1\", \"answers\": {" inside "}}"

static void a_wrong_answers_file_is_told_what_is_wrong(void **state)
{
    (void)state;
    complains("", ":1:0: ");
    complains("{}", "is no answers file");
    complains("{\"format\": \"fragwizard-answers/2\", \"answers\": {}}", "is no answers file");
    complains("{\"format\": \"fragwizard-answers/1\", \"answers\": []}", "is no answers file");
    complains(ANSWERS("\"other\": 1"), "asks no 'other'");
    complains(ANSWERS("\"symptom\": \"fast\""), "'symptom' has no such answer (What?)");
    complains(ANSWERS("\"symptom\": 1"), "'symptom' has no such answer");
    complains(ANSWERS("\"sure\": \"yes\""), "'sure' has no such answer");
    complains(ANSWERS("\"size\": \"64MiB\""), "'size' has no such answer");
    complains(ANSWERS("\"suspect\": -1"), "'suspect' has no such answer");
    complains(ANSWERS("\"suspect\": 1.5"), "'suspect' has no such answer");
    complains(ANSWERS("\"suspect\": 4194305"), "'suspect' has no such answer");
    complains(ANSWERS("\"suspect\": \"nginx\""), "'suspect' has no such answer");
    complains(ANSWERS("\"log\": \"/no/such/file\""), "'log' has no such answer");
    complains(ANSWERS("\"words\": null"), "'words' has no such answer");
    complains(ANSWERS("\"sure\": true, \"sure\": false"), "duplicate");
}

int main(void)
{
    const struct question *const all[] = {&choice, &yesno, &size, &text, &process, &file};
    for (size_t i = 0; i < 6; i++)
        asked[i] = *all[i];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prompt_says_what_enter_answers),
        cmocka_unit_test(a_choice_is_a_number_or_a_word),
        cmocka_unit_test(yes_and_no_have_their_short_forms),
        cmocka_unit_test(a_number_has_the_unit_that_is_asked),
        cmocka_unit_test(a_process_is_an_id_or_a_name_that_only_one_has),
        cmocka_unit_test(text_is_cleaned),
        cmocka_unit_test(answers_are_taken_up_again),
        cmocka_unit_test(a_wrong_answers_file_is_told_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
