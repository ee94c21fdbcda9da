/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine gets from a playbook, and what its author hears. Each kind of complaint: tests/playbooks/broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "find_rule.h"

static const char *source(const char *name)
{
    static char path[4096];
    const char *src = getenv("SRC");
    snprintf(path, sizeof path, "%s/%s", src ? src : ".", name);
    return path;
}

static struct playbook *load_small(void)
{
    struct diags d = {0};
    struct err e;
    char *origin;
    struct playbook *p = playbook_load(source("tests/playbooks/ok/small.yaml"), &d, &origin, &e);
    assert_non_null(p);
    assert_int_equal(d.count, 0);
    assert_string_equal(origin, source("tests/playbooks/ok/small.yaml"));
    free(origin);
    diags_free(&d);
    return p;
}

/* The complaints about a text, as `check` prints them. */
static void complains(const char *text, const char *expected)
{
    struct diags d = {0};
    assert_null(playbook_parse("x.yaml", text, strlen(text), &d));
    char *out = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&out, &length);
    diags_print(&d, stream);
    fclose(stream);
    assert_string_equal(out, expected);
    free(out);
    diags_free(&d);
}

static void everything_is_read(void **state)
{
    (void)state;
    struct playbook *p = load_small();
    assert_string_equal(p->name, "small");
    assert_string_equal(p->title, "A small playbook");
    assert_true(p->window_s == 10);
    assert_int_equal(p->limit_count, 2);
    assert_string_equal(p->limits[0].name, "available");
    assert_int_equal(p->limits[0].type, TYPE_RATIO);
    assert_true(p->limits[0].number == 0.05);
    assert_string_equal(p->limits[1].source, "Linux mm/compaction.c");
    assert_int_equal(p->step_count, 3);
    assert_int_equal(p->recommendation_count, 3);
    assert_int_equal(p->verdict_count, 2);

    const struct step *vitals = playbook_step(p, "vitals");
    assert_ptr_equal(vitals, &p->steps[0]);
    assert_string_equal(vitals->classic, "free -m");
    assert_int_equal(vitals->probe_count, 2);
    assert_string_equal(vitals->probes[1]->name, "memory");
    assert_null(vitals->when);
    assert_int_equal(vitals->next_count, 2);
    assert_string_equal(vitals->nexts[0].step, "end");
    assert_non_null(vitals->nexts[0].when);
    const struct show *show = &vitals->shows[1];
    assert_string_equal(show->table->name, "balance");
    assert_string_equal(show->sort, "bytes");
    assert_true(show->descending);
    assert_int_equal(show->rows, 20);
    assert_int_equal(show->column_count, 0);
    assert_int_equal(vitals->shows[0].rows, 10);
    assert_null(playbook_step(p, "end"));
    playbook_free(p);
}

static void each_type_of_question(void **state)
{
    (void)state;
    struct playbook *p = load_small();
    const struct question *q = p->steps[0].questions;
    assert_int_equal(p->steps[0].question_count, 6);
    assert_int_equal(q[0].type, QUESTION_CHOICE);
    assert_int_equal(q[0].choice_count, 2);
    assert_string_equal(q[0].choices[1].id, "oom");
    assert_string_equal(q[0].choices[1].text, "Processes were killed");
    assert_string_equal(q[0].fallback.text, "slow");
    assert_int_equal(q[1].unit, TYPE_SECONDS);
    assert_int_equal(q[1].fallback.type, TYPE_SECONDS);
    assert_true(q[1].fallback.number == 3600);
    assert_non_null(q[1].when);
    assert_int_equal(q[2].type, QUESTION_PROCESS);
    assert_true(q[2].fallback.known && q[2].fallback.type == TYPE_COUNT && q[2].fallback.number == 0);
    assert_int_equal(q[3].fallback.type, TYPE_BOOL);
    assert_false(q[3].fallback.truth);
    assert_string_equal(q[4].fallback.text, "");
    assert_int_equal(q[5].type, QUESTION_FILE);
    playbook_free(p);
}

static void what_is_built_on_keeps_the_rest(void **state)
{
    (void)state;
    struct diags d = {0};
    struct err e;
    struct playbook *p = playbook_load(source("tests/playbooks/ok/extended.yaml"), &d, NULL, &e);
    assert_non_null(p);
    assert_string_equal(p->name, "extended");
    assert_string_equal(p->summary, "One of each kind, for the tests.");
    assert_true(p->window_s == 20);
    assert_int_equal(p->limit_count, 3);
    assert_true(p->limits[0].number == 0.07);
    assert_string_equal(p->limits[0].source, "heuristic");
    assert_true(p->limits[1].number == 0.9);

    assert_int_equal(p->step_count, 4);
    assert_string_equal(p->steps[1].id, "swapping");
    const struct step *vitals = playbook_step(p, "vitals"), *zones = playbook_step(p, "zones");
    assert_int_equal(vitals->show_count, 0);
    assert_int_equal(vitals->question_count, 4);
    const struct rule *low = find_rule(p, "low-available", NULL), *huge = find_rule(p, "huge-unusable", NULL);
    assert_int_equal(low->severity, SEVERITY_WARNING);
    assert_string_equal(low->formula, "memory.available_share < limit.available");
    assert_string_equal(low->mark.file, p->file);
    assert_non_null(strstr(zones->mark.file, "extended.yaml"));
    assert_int_equal(zones->rule_count, 1);
    assert_string_equal(huge->recommend[0], "compaction-proactiveness");

    /* what nobody recommends any more went by itself; what was left out is unknown to the verdicts that name it */
    assert_int_equal(p->recommendation_count, 2);
    assert_non_null(strstr(p->recommendations[0].mark.file, "small.yaml"));
    assert_int_equal(p->verdict_count, 3);
    assert_string_equal(p->verdicts[1].id, "swapped");
    assert_int_equal(p->verdicts[0].for_count, 2);
    assert_int_equal(p->warnings.count, 0);
    playbook_free(p);
    diags_free(&d);
}

static void limits_are_changed(void **state)
{
    (void)state;
    struct playbook *p = load_small();
    struct diags d = {0};
    assert_true(limits_change_by_word(p, "available=7%", &d));
    assert_true(limits_change_by_word(p, "available=8%", &d));
    assert_true(p->limits[0].number == 0.08);
    assert_true(p->limits[0].own == 0.05);
    assert_string_equal(p->limits[0].origin, "--limit");
    assert_null(p->limits[1].origin);
    assert_int_equal(d.count, 0);
    assert_false(limits_change_by_word(p, "unusable=5MiB", &d));
    assert_false(limits_change_by_word(p, "unusable", &d));
    assert_false(limits_change_by_word(p, "nothing=5%", &d));
    assert_int_equal(d.count, 3);
    assert_true(p->limits[1].number == 0.9);

    struct value kept = value_number(TYPE_RATIO, 0.6), other = value_number(TYPE_BYTES, 1);
    assert_true(limits_restore(p, "unusable", &kept, "--limit"));
    assert_true(p->limits[1].number == 0.6);
    assert_true(p->limits[1].own == 0.9);
    assert_false(limits_restore(p, "unusable", &other, "--limit"));
    assert_false(limits_restore(p, "nothing", &kept, "--limit"));
    playbook_free(p);
    diags_free(&d);
}

static void a_rule_keeps_its_reasons(void **state)
{
    (void)state;
    struct playbook *p = load_small();
    const struct step *step = NULL;
    const struct rule *rule = find_rule(p, "huge-unusable", &step);
    assert_string_equal(step->id, "zones");
    assert_string_equal(rule->table->name, "zone");
    assert_int_equal(rule->severity, SEVERITY_WARNING);
    assert_string_equal(rule->formula, "unusable_huge > limit.unusable and free > 5% * managed");
    assert_string_equal(rule->why, "Huge pages cannot be had.");
    assert_int_equal(rule->evidence_count, 3);
    assert_string_equal(rule->evidence[2], "host.memory_total");
    assert_int_equal(rule->recommend_count, 2);
    assert_true(rule->optional);
    assert_int_equal(rule->most, 3);
    assert_int_equal(rule->mark.line, 89);
    assert_int_equal(rule->mark.column, 13);
    assert_string_equal(rule->mark.file, p->file);
    const struct rule *other = find_rule(p, "low-available", NULL);
    assert_null(other->table);
    assert_int_equal(other->most, 10);
    assert_false(other->optional);
    assert_null(find_rule(p, "none", NULL));
    playbook_free(p);
}

/* Facts of one probe for messages, with one row of one table. */
struct world {
    struct facts *facts;
};

static const struct table *table_at_hand(void *data, const struct table_decl *decl, const char **why)
{
    struct world *w = data;
    for (unsigned i = 0; i < w->facts->probe->table_count; i++)
        if (w->facts->tables[i].decl == decl)
            return &w->facts->tables[i];
    *why = "not measured";
    return NULL;
}

static void a_sysctl_words_itself(void **state)
{
    (void)state;
    struct playbook *p = load_small();
    const struct recommendation_decl *d = &p->recommendations[1];
    assert_string_equal(d->kind, "sysctl");
    assert_string_equal(d->sysctl, "vm.compaction_proactiveness");
    struct world w = {facts_new(probe_find("tunables"))};
    struct table *t = facts_table(w.facts, "tunable");
    size_t row = table_add(t);
    cell_text(t, row, (unsigned)table_decl_column(t->decl, "current"), "20");
    cell_text(t, row, (unsigned)table_decl_column(t->decl, "default"), "40");
    struct env env = {.data = &w, .table = table_at_hand};
    struct scope scope = {t, row, NULL};
    const struct {
        const struct message *message;
        const char *expected;
    } words[] = {
        {d->current, "20"},
        {d->proposed, "40"},
        {d->apply, "sysctl -w vm.compaction_proactiveness=40"},
        {d->keep,
         "echo 'vm.compaction_proactiveness = 40' > /etc/sysctl.d/60-fragwizard-vm.compaction_proactiveness.conf"},
        {d->verify, "sysctl vm.compaction_proactiveness"},
        {d->undo, "sysctl -w vm.compaction_proactiveness=20; rm -f "
                  "/etc/sysctl.d/60-fragwizard-vm.compaction_proactiveness.conf"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct str s = {0};
        message_eval(words[i].message, &env, &scope, &s);
        assert_string_equal(str_text(&s), words[i].expected);
        str_free(&s);
    }
    facts_free(w.facts);
    /* Others speak of the row that their rules judged, if these agree on the table. */
    assert_null(p->recommendations[0].table);
    assert_string_equal(p->recommendations[2].table->name, "zone");
    assert_null(p->recommendations[0].keep);
    playbook_free(p);
}

static void verdicts_and_their_sentences(void **state)
{
    (void)state;
    struct playbook *p = load_small();
    const struct verdict_decl *v = &p->verdicts[0];
    assert_non_null(v->headline);
    assert_non_null(v->confirmed);
    assert_non_null(v->ruled_out);
    assert_int_equal(v->for_count, 2);
    assert_null(v->sentences_for[0].when);
    assert_non_null(v->sentences_for[1].when);
    assert_int_equal(v->against_count, 1);
    assert_null(p->verdicts[1].confirmed);
    playbook_free(p);
}

#define HEAD "format: fragwizard-playbook/1\nname: x\ntitle: x\nsummary: x\n"

static void all_complaints_in_order_of_place(void **state)
{
    (void)state;
    complains(HEAD "windw: 1s\n"
                   "steps:\n"
                   "  - id: a\n"
                   "    title: A\n"
                   "    why: x\n"
                   "    prob: memory\n"
                   "    next: c\n"
                   "  - id: b\n"
                   "    title: \"B\"\n"
                   "    why:\n"
                   "verdicts:\n"
                   "  - id: v\n"
                   "    title: x\n"
                   "    confirmed: 1 >\n",
              "x.yaml:5:1: unknown key 'windw'; did you mean 'window'?\n"
              "x.yaml:10:5: unknown key 'prob'; did you mean 'probe'?\n"
              "x.yaml:11:11: there is no step 'c'\n"
              "x.yaml:14:9: 'why' is empty\n"
              "x.yaml:18:19: a value is expected, but the expression ends here\n");
}

static void places_within_quotes(void **state)
{
    (void)state;
    complains(HEAD "steps:\n"
                   "  - {id: a, title: A, why: x, when: \"5s > limit.x\"}\n"
                   "  - {id: b, title: B, why: x, when: 'limit.y > 1'}\n",
              "x.yaml:6:49: unknown limit 'x'\n"
              "x.yaml:7:44: unknown limit 'y'\n");
}

static void a_file_of_anything(void **state)
{
    (void)state;
    complains("", "x.yaml:1:1: empty\n");
    complains("# only a comment\n", "x.yaml:1:1: empty\n");
    complains("just words", "x.yaml:1:1: a playbook must be a mapping (key: value), not a text\n");
    complains("- a\n- b\n", "x.yaml:1:1: a playbook must be a mapping (key: value), not a list\n");
    complains("a: \xff\n", "x.yaml:1:4: not valid UTF-8 text: invalid leading UTF-8 octet\n");
    complains("? [a]\n: b\n", "x.yaml:1:3: a key must be a plain name\n");
}

static void many_complaints_are_counted(void **state)
{
    (void)state;
    struct str s = {0};
    str_add(&s, HEAD "steps: []\n");
    for (int i = 0; i < 500; i++)
        str_printf(&s, "k%d: 1\n", i);
    struct diags d = {0};
    assert_null(playbook_parse("x.yaml", s.data, s.length, &d));
    assert_int_equal(d.count, DIAGS_MAX);
    diags_free(&d);
    str_free(&s);
}

static double refusal(const char *text, size_t length)
{
    struct diags d = {0};
    double begin = clock_now();
    assert_null(playbook_parse("x.yaml", text, length, &d));
    double took = clock_now() - begin;
    assert_true(d.count >= 1);
    diags_free(&d);
    return took;
}

static void costly_files_are_refused(void **state)
{
    (void)state;
    enum { SIZE = 1024 * 1024 };
    static const char *const patterns[] = {
        "[",  "- ",           "{a: ",         "? ",     "a,", "&a ",    "*a ",       "!a ", "\"",    "'",     "#\n",
        "\n", "%TAG !a! b\n", "%TAG !a! b\r", "a: |\n", "\t", "a: b\n", "- - - -\n", "x",   "...\n", "---\n", ": "};
    AUTO_FREE char *text = mem_alloc(SIZE + 1);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        size_t n = strlen(patterns[i]);
        for (size_t at = 0; at < SIZE; at++)
            text[at] = patterns[i][at % n];
        /* a few milliseconds; a hang would take minutes */
        double took = refusal(text, SIZE);
        if (took > 10)
            fail_msg("1 MiB of \"%s\" takes %.2f s", patterns[i], took);
    }
    assert_true(refusal(text, SIZE + 1) < 10);
}

static void names_and_paths(void **state)
{
    (void)state;
    char directory[] = "/tmp/fragwizard-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    AUTO_FREE char *config = mem_printf("%s/fragwizard", directory), *playbooks = mem_printf("%s/playbooks", config);
    assert_int_equal(mkdir(config, 0700) | mkdir(playbooks, 0700), 0);
    AUTO_FREE char *old = mem_strdup(getenv("XDG_CONFIG_HOME") ? getenv("XDG_CONFIG_HOME") : "");
    setenv("XDG_CONFIG_HOME", directory, 1);

    struct diags d = {0};
    struct err e;
    char *origin;
    struct playbook *p = playbook_load("quick", &d, &origin, &e);
    assert_non_null(p);
    assert_string_equal(origin, "built in");
    free(origin);
    playbook_free(p);

    AUTO_FREE char *target = mem_strdup(source("tests/playbooks/ok/small.yaml"));
    AUTO_FREE char *resolved = realpath(target, NULL), *link = mem_printf("%s/quick.yaml", playbooks);
    assert_int_equal(symlink(resolved, link), 0);
    p = playbook_load("quick", &d, &origin, &e);
    assert_non_null(p);
    assert_string_equal(p->name, "small");
    assert_string_equal(origin, link);
    free(origin);
    playbook_free(p);

    struct arena a = {0};
    size_t count;
    const char **names = playbook_names(&a, &count);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "memory-fragmentation");
    assert_string_equal(names[1], "quick");
    arena_free(&a);

    assert_null(playbook_load("qiuck", &d, &origin, &e));
    assert_string_equal(e.text, "there is no playbook 'qiuck'; did you mean 'quick'?");
    assert_null(origin);
    assert_null(playbook_load("/nonexistent/x.yaml", &d, &origin, &e));
    assert_string_equal(e.text, "/nonexistent/x.yaml: No such file or directory");
    assert_null(playbook_load("../no-such-directory/passwd", &d, NULL, &e));
    assert_null(playbook_load("/", &d, NULL, &e));
    assert_string_equal(e.text, "/: is not a regular file");
    assert_int_equal(d.count, 0);

    unlink(link);
    rmdir(playbooks);
    rmdir(config);
    rmdir(directory);
    if (*old)
        setenv("XDG_CONFIG_HOME", old, 1);
    else
        unsetenv("XDG_CONFIG_HOME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(each_type_of_question),
        cmocka_unit_test(what_is_built_on_keeps_the_rest),
        cmocka_unit_test(limits_are_changed),
        cmocka_unit_test(a_rule_keeps_its_reasons),
        cmocka_unit_test(a_sysctl_words_itself),
        cmocka_unit_test(verdicts_and_their_sentences),
        cmocka_unit_test(all_complaints_in_order_of_place),
        cmocka_unit_test(places_within_quotes),
        cmocka_unit_test(a_file_of_anything),
        cmocka_unit_test(many_complaints_are_counted),
        cmocka_unit_test(costly_files_are_refused),
        cmocka_unit_test(names_and_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
