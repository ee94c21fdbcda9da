/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before and after: what is gone, new or unseen, the outcome and its exit status, and the three formats of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/text.h"
#include "engine/expr/expr.h"
#include "engine/case/identity.h"
#include "report/compare_document.h"
#include "sample_case.h"

/* Cases of a few checks */

static struct case_file *run_at(double started)
{
    struct case_file *c = case_new();
    c->host = "db7";
    c->playbook = "memory-fragmentation";
    c->version = "0.1.0";
    c->root = "/";
    c->started = started;
    c->window_s = 30;
    c->complete = true;
    c->status = CASE_OK;
    c->checks = arena_alloc(&c->arena, 20 * sizeof *c->checks);
    c->findings = arena_alloc(&c->arena, 20 * sizeof *c->findings);
    return c;
}

static struct check *add_check(struct case_file *c, const char *id, enum severity severity, enum check_result result)
{
    struct check *k = &c->checks[c->check_count++];
    *k = (struct check){.id = id, .step = "s", .severity = severity, .result = result, .rows = 1};
    if (result == CHECK_UNCHECKED) {
        k->why = "permission denied";
        k->unknown = 1;
    }
    return k;
}

static struct finding *add_finding(struct case_file *c, const char *id, enum severity severity, const char *row,
                                   const char *identity)
{
    struct check *k = NULL;
    for (size_t i = 0; i < c->check_count; i++)
        if (strcmp(c->checks[i].id, id) == 0)
            k = &c->checks[i];
    if (!k)
        k = add_check(c, id, severity, CHECK_FIRED);
    k->fired++;
    k->rows = k->fired > k->rows ? k->fired : k->rows;
    struct finding *f = &c->findings[c->finding_count++];
    *f = (struct finding){.id = id,
                          .step = "s",
                          .severity = severity,
                          .say = arena_printf(&c->arena, "%s at %s.", id, row ? row : "all"),
                          .row = row,
                          .identity = identity};
    return f;
}

static struct comparison *compared(const struct case_file *a, const struct case_file *b)
{
    struct err e;
    struct comparison *c = compare_cases(a, b, &e);
    if (!c)
        fail_msg("%s", e.text);
    return c;
}

/* "gone huge; new oom" */
static const char *changes(struct comparison *c)
{
    AUTO_STR struct str s = {0};
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct compared_finding *f = &c->findings[i];
        str_printf(&s, "%s%s %s", i ? "; " : "", change_names[f->change],
                   f->finding[f->finding[AFTER] ? AFTER : BEFORE]->id);
    }
    return arena_strdup(&c->arena, str_text(&s));
}

/* Compares, frees all three, and tells the outcome. */
static void expect(struct case_file *a, struct case_file *b, const char *what, enum outcome outcome)
{
    struct comparison *c = compared(a, b);
    assert_string_equal(changes(c), what);
    assert_string_equal(outcome_names[c->outcome], outcome_names[outcome]);
    comparison_free(c);
    case_free(a);
    case_free(b);
}

/* Identity */

static struct table *process_table(struct case_file *c)
{
    struct facts *f = case_facts(c, "processes");
    if (!f)
        f = sample_facts(c, "processes", 0);
    return facts_table(f, "process");
}

static size_t add_process(struct case_file *c, double pid, const char *command, const char *unit, double pss)
{
    struct table *t = process_table(c);
    size_t row = table_add(t);
    sample_set(t, row, "pid", pid);
    sample_text(t, row, "command", command);
    if (unit)
        sample_text(t, row, "unit", unit);
    if (pss >= 0)
        sample_set(t, row, "pss", pss);
    else
        cell_unknown(t, row, (unsigned)table_decl_column(t->decl, "pss"), "permission denied");
    return row;
}

static void assert_identity(const char *command, const char *unit, const char *expected)
{
    struct case_file *c = run_at(0);
    size_t row = add_process(c, 812, command, unit, 1);
    AUTO_STR struct str here = {0}, anywhere = {0};
    identity_here(process_table(c), row, &here);
    identity_anywhere(process_table(c), row, &anywhere);
    assert_string_equal(str_text(&here), "pid=812");
    assert_string_equal(str_text(&anywhere), expected);
    case_free(c);
}

static void identity_outlives_the_process(void **state)
{
    (void)state;
    assert_identity("java", "tomcat.service", "command=java unit=tomcat.service");
    assert_identity("sshd", NULL, "command=sshd");
    assert_identity("bash", "session-41.scope", "command=bash unit=session-*.scope");
    assert_identity("node", "docker-4f1c2a9be07d4f1c2a9be07d.scope", "command=node unit=docker-*.scope");
    assert_identity("x", "kubepods-pod8a7e41c2_90b1_4d1e_a1b2_0123456789ab.slice", "command=x unit=kubepods-po*.slice");
    assert_identity("php", "user@1000.service", "command=php unit=user@1000.service");
    assert_identity("x", "added-facade.service", "command=x unit=added-facade.service");
    struct case_file *c = run_at(0);
    struct facts *f = sample_facts(c, "buddy", 0);
    struct table *zone = facts_table(f, "zone");
    size_t row = table_add(zone);
    sample_set(zone, row, "node", 0);
    sample_text(zone, row, "name", "Normal");
    AUTO_STR struct str s = {0};
    identity_anywhere(zone, row, &s);
    assert_string_equal(str_text(&s), "node=0 name=Normal");
    case_free(c);
}

/* Changes */

static void gone_new_and_unchanged(void **state)
{
    (void)state;
    struct case_file *a = run_at(0), *b = run_at(60);
    add_finding(a, "huge", SEVERITY_WARNING, "node=0 name=Normal", "node=0 name=Normal");
    add_finding(a, "leak", SEVERITY_WARNING, "pid=812", "command=java unit=tomcat.service");
    add_finding(b, "leak", SEVERITY_WARNING, "pid=99", "command=java unit=tomcat.service");
    add_check(b, "huge", SEVERITY_WARNING, CHECK_CLEAR);
    expect(a, b, "gone huge; unchanged leak", OUTCOME_BETTER);

    a = run_at(0), b = run_at(60);
    add_check(a, "huge", SEVERITY_WARNING, CHECK_CLEAR);
    add_finding(b, "huge", SEVERITY_CRITICAL, "node=0 name=Normal", "node=0 name=Normal");
    expect(a, b, "new huge", OUTCOME_WORSE);

    /* what is only worth knowing weighs nothing */
    a = run_at(0), b = run_at(60);
    add_finding(a, "old", SEVERITY_INFO, NULL, NULL);
    add_check(a, "note", SEVERITY_INFO, CHECK_CLEAR);
    add_check(b, "old", SEVERITY_INFO, CHECK_CLEAR);
    add_finding(b, "note", SEVERITY_INFO, NULL, NULL);
    expect(a, b, "new note; gone old", OUTCOME_SAME);

    a = run_at(0), b = run_at(60);
    add_finding(a, "x", SEVERITY_WARNING, NULL, NULL);
    add_finding(b, "x", SEVERITY_CRITICAL, NULL, NULL);
    expect(a, b, "raised x", OUTCOME_WORSE);
    a = run_at(0), b = run_at(60);
    add_finding(a, "x", SEVERITY_WARNING, NULL, NULL);
    add_finding(b, "x", SEVERITY_INFO, NULL, NULL);
    expect(a, b, "lowered x", OUTCOME_BETTER);
}

static void equals_are_matched_in_order(void **state)
{
    (void)state;
    struct case_file *a = run_at(0), *b = run_at(60);
    add_finding(a, "leak", SEVERITY_WARNING, "pid=1", "command=php");
    add_finding(a, "leak", SEVERITY_WARNING, "pid=2", "command=php");
    add_finding(b, "leak", SEVERITY_WARNING, "pid=7", "command=php");
    add_finding(b, "leak", SEVERITY_WARNING, "pid=1", "command=php");
    struct comparison *c = compared(a, b);
    assert_string_equal(changes(c), "unchanged leak; unchanged leak");
    assert_string_equal(c->findings[0].finding[AFTER]->row, "pid=1"); /* the very same process first */
    assert_string_equal(c->findings[1].finding[AFTER]->row, "pid=7");
    comparison_free(c);
    case_free(a);
    case_free(b);

    a = run_at(0), b = run_at(60);
    add_finding(a, "leak", SEVERITY_WARNING, "pid=1", "command=php");
    add_finding(a, "leak", SEVERITY_WARNING, "pid=2", "command=php");
    add_finding(b, "leak", SEVERITY_WARNING, "pid=9", "command=php");
    expect(a, b, "gone leak; unchanged leak", OUTCOME_BETTER);

    /* a number that another program has by now */
    a = run_at(0), b = run_at(60);
    add_finding(a, "leak", SEVERITY_WARNING, "pid=1", "command=php");
    add_finding(b, "leak", SEVERITY_WARNING, "pid=1", "command=java");
    expect(a, b, "new leak; gone leak", OUTCOME_WORSE);

    /* cases without identities: the row */
    a = run_at(0), b = run_at(60);
    add_finding(a, "leak", SEVERITY_WARNING, "pid=1", NULL);
    add_finding(b, "leak", SEVERITY_WARNING, "pid=1", "command=php");
    expect(a, b, "unchanged leak", OUTCOME_SAME);
}

static void what_could_not_be_checked_is_not_gone(void **state)
{
    (void)state;
    struct case_file *a = run_at(0), *b = run_at(60);
    add_finding(a, "huge", SEVERITY_WARNING, NULL, NULL);
    add_finding(a, "slab", SEVERITY_WARNING, NULL, NULL);
    add_check(b, "huge", SEVERITY_WARNING, CHECK_CLEAR);
    add_check(b, "slab", SEVERITY_WARNING, CHECK_UNCHECKED);
    struct comparison *c = compared(a, b);
    assert_string_equal(changes(c), "unseen-after slab; gone huge");
    assert_string_equal(c->findings[0].why, "permission denied");
    assert_int_equal(c->outcome, OUTCOME_UNKNOWN);
    assert_int_equal(outcome_exit_status(c->outcome), 3);
    assert_null(strstr(c->sentence, "Better"));
    assert_int_equal(c->check_count, 1);
    assert_true(c->checks[0].decides);
    comparison_free(c);
    case_free(a);
    case_free(b);

    /* clear before, not made now: no finding either way, and yet nobody knows */
    a = run_at(0), b = run_at(60);
    add_check(a, "slab", SEVERITY_WARNING, CHECK_CLEAR);
    add_check(b, "slab", SEVERITY_WARNING, CHECK_UNCHECKED);
    expect(a, b, "", OUTCOME_UNKNOWN);
    /* the other way round nothing is lost */
    a = run_at(0), b = run_at(60);
    add_check(a, "slab", SEVERITY_WARNING, CHECK_UNCHECKED);
    add_check(b, "slab", SEVERITY_WARNING, CHECK_CLEAR);
    expect(a, b, "", OUTCOME_SAME);
    /* unless it now says something that may have been so before */
    a = run_at(0), b = run_at(60);
    add_check(a, "slab", SEVERITY_WARNING, CHECK_UNCHECKED);
    add_finding(b, "slab", SEVERITY_WARNING, NULL, NULL);
    expect(a, b, "unseen-before slab", OUTCOME_UNKNOWN);
    /* never made: the same blind spot */
    a = run_at(0), b = run_at(60);
    add_check(a, "slab", SEVERITY_WARNING, CHECK_UNCHECKED);
    add_check(b, "slab", SEVERITY_WARNING, CHECK_UNCHECKED);
    expect(a, b, "", OUTCOME_SAME);
    /* an optional check is covered by others, a finding of one is not */
    a = run_at(0), b = run_at(60);
    add_check(a, "psi", SEVERITY_WARNING, CHECK_CLEAR)->optional = true;
    add_check(b, "psi", SEVERITY_WARNING, CHECK_UNCHECKED)->optional = true;
    expect(a, b, "", OUTCOME_SAME);
    a = run_at(0), b = run_at(60);
    add_finding(a, "psi", SEVERITY_WARNING, NULL, NULL);
    add_check(b, "psi", SEVERITY_WARNING, CHECK_UNCHECKED)->optional = true;
    expect(a, b, "unseen-after psi", OUTCOME_UNKNOWN);
    /* what is worse is worse, whatever else is unknown */
    a = run_at(0), b = run_at(60);
    add_finding(a, "slab", SEVERITY_WARNING, NULL, NULL);
    add_check(a, "oom", SEVERITY_CRITICAL, CHECK_CLEAR);
    add_check(b, "slab", SEVERITY_WARNING, CHECK_UNCHECKED);
    add_finding(b, "oom", SEVERITY_CRITICAL, NULL, NULL);
    expect(a, b, "new oom; unseen-after slab", OUTCOME_WORSE);
}

static void add_step(struct case_file *c, int state)
{
    c->steps = arena_alloc(&c->arena, sizeof *c->steps);
    c->steps[0] = (struct step_record){.id = "s", .title = "S", .state = state};
    c->step_count = 1;
}

static void steps_that_were_not_done(void **state)
{
    (void)state;
    static const struct {
        int state;
        bool complete;
        const char *what;
        enum outcome outcome;
    } cases[] = {
        {STEP_PASSED, true, "gone x", OUTCOME_BETTER}, /* a branch not taken is an answer */
        {STEP_SKIPPED, true, "unseen-after x", OUTCOME_UNKNOWN},
        {STEP_PENDING, false, "unseen-after x", OUTCOME_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct case_file *a = run_at(0), *b = run_at(60);
        add_finding(a, "x", SEVERITY_WARNING, NULL, NULL);
        add_check(b, "x", SEVERITY_WARNING, CHECK_NOT_RUN);
        add_step(b, cases[i].state);
        b->complete = cases[i].complete;
        expect(a, b, cases[i].what, cases[i].outcome);
    }
}

static void another_playbook_version(void **state)
{
    (void)state;
    /* a rule that is no more, or not yet there, is a remark unless it had something to say */
    struct case_file *a = run_at(0), *b = run_at(60);
    add_check(a, "old", SEVERITY_WARNING, CHECK_CLEAR);
    add_check(b, "young", SEVERITY_WARNING, CHECK_CLEAR);
    expect(a, b, "", OUTCOME_SAME);
    a = run_at(0), b = run_at(60);
    add_finding(a, "old", SEVERITY_WARNING, NULL, NULL);
    expect(a, b, "unseen-after old", OUTCOME_UNKNOWN);
    a = run_at(0), b = run_at(60);
    add_finding(b, "young", SEVERITY_WARNING, NULL, NULL);
    expect(a, b, "unseen-before young", OUTCOME_UNKNOWN);

    a = run_at(0), b = run_at(60);
    add_finding(a, "x", SEVERITY_WARNING, NULL, NULL);
    a->checks[0].formula = "free < 5%";
    add_check(b, "x", SEVERITY_WARNING, CHECK_CLEAR)->formula = "free < 3%";
    struct comparison *c = compared(a, b);
    assert_true(c->findings[0].redefined);
    assert_non_null(strstr(c->remarks[0], "1 check is not the same"));
    comparison_free(c);
    case_free(a);
    case_free(b);
}

static void rows_that_could_not_be_judged(void **state)
{
    (void)state;
    static const struct {
        double pss;     /* of the process after; negative: unknown; 0: it is not in the table */
        size_t omitted; /* rows that the case did not keep */
        size_t unknown; /* of 20 rows */
        const char *what;
    } cases[] = {
        {1e6, 5, 9, "gone large"},        /* seen again, and well */
        {-1, 5, 9, "unseen-after large"}, /* there, but not to be measured */
        {0, 0, 9, "gone large"},          /* all rows are there, and it is not */
        {0, 5, 9, "unseen-after large"},  /* among those that nobody could see? */
        {0, 5, 1, "gone large"},          /* one that ended meanwhile is no reason to doubt */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct case_file *a = run_at(0), *b = run_at(60);
        struct evidence e = {"pss", value_number(TYPE_BYTES, 8e9)};
        add_process(a, 812, "java", "tomcat.service", 8e9);
        struct finding *f = add_finding(a, "large", SEVERITY_WARNING, "pid=812", "command=java unit=tomcat.service");
        f->evidence = &e;
        f->evidence_count = 1;
        struct check *k = add_check(b, "large", SEVERITY_WARNING, CHECK_CLEAR);
        k->rows = 20;
        k->unknown = cases[i].unknown;
        k->why = "permission denied";
        add_process(b, 4, "sh", NULL, 1e5);
        if (cases[i].pss != 0)
            add_process(b, 977, "java", "tomcat.service", cases[i].pss);
        process_table(b)->omitted = cases[i].omitted;
        expect(a, b, cases[i].what, strstr(cases[i].what, "gone") ? OUTCOME_BETTER : OUTCOME_UNKNOWN);
    }
}

static void more_findings_than_are_listed(void **state)
{
    (void)state;
    struct case_file *a = run_at(0), *b = run_at(60);
    add_finding(a, "x", SEVERITY_WARNING, "name=a", "name=a");
    add_finding(b, "x", SEVERITY_WARNING, "name=b", "name=b");
    a->checks[0].fired = b->checks[0].fired = 12;
    expect(a, b, "unseen-after x; unseen-before x", OUTCOME_UNKNOWN);
    a = run_at(0), b = run_at(60);
    add_finding(a, "x", SEVERITY_WARNING, "name=a", "name=a");
    add_finding(b, "x", SEVERITY_WARNING, "name=a", "name=a");
    a->checks[0].fired = 12, b->checks[0].fired = 15;
    expect(a, b, "unchanged x", OUTCOME_WORSE);
}

static void what_cannot_be_compared_at_all(void **state)
{
    (void)state;
    struct err e;
    struct case_file *a = run_at(0), *b = run_at(60);
    b->host = "db8";
    assert_null(compare_cases(a, b, &e));
    assert_non_null(strstr(e.text, "host db7, the second of db8"));
    b->host = "db7";
    b->playbook = "quick";
    assert_null(compare_cases(a, b, &e));
    assert_non_null(strstr(e.text, "with quick"));
    case_free(a);
    case_free(b);
}

/* Figures */

static const struct compared_figure *figure_of(const struct compared_figure *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    fail_msg("no figure %s", name);
    return NULL;
}

static void figures_show_where_it_stands_now(void **state)
{
    (void)state;
    struct case_file *a = run_at(0), *b = run_at(60);
    sample_memory(a);
    sample_memory(b);
    struct table *memory = facts_table(case_facts(b, "memory"), "memory");
    sample_set(memory, 0, "available", 33e9);
    struct evidence e[] = {{"pss", value_number(TYPE_BYTES, 8e9)},
                           {"rss", value_number(TYPE_BYTES, 9e9)},
                           {"memory.available", value_number(TYPE_BYTES, 12e9)}};
    struct finding *f = add_finding(a, "large", SEVERITY_WARNING, "pid=812", "command=java unit=tomcat.service");
    f->evidence = e;
    f->evidence_count = 3;
    add_check(b, "large", SEVERITY_WARNING, CHECK_CLEAR);
    add_process(b, 4, "sh", NULL, 1e5);
    size_t row = add_process(b, 977, "java", "tomcat.service", 2e9);
    cell_unknown(process_table(b), row, (unsigned)table_decl_column(process_table(b)->decl, "rss"), "vanished");
    struct comparison *c = compared(a, b);
    const struct compared_finding *x = &c->findings[0];
    assert_int_equal(x->figure_count, 3);
    assert_true(figure_of(x->figures, 3, "pss")->value[BEFORE].number == 8e9);
    assert_true(figure_of(x->figures, 3, "pss")->value[AFTER].number == 2e9);
    assert_false(figure_of(x->figures, 3, "rss")->value[AFTER].known);
    assert_string_equal(figure_of(x->figures, 3, "rss")->value[AFTER].why, "vanished");
    assert_true(figure_of(x->figures, 3, "memory.available")->value[AFTER].number == 33e9);
    assert_int_equal(c->figure_count, 1);
    assert_true(c->figures[0].value[BEFORE].number == 12e9 && c->figures[0].value[AFTER].number == 33e9);
    comparison_free(c);
    case_free(a);
    case_free(b);
}

static void add_setting(struct case_file *c, const char *name, const char *current)
{
    struct facts *f = case_facts(c, "tunables");
    if (!f)
        f = sample_facts(c, "tunables", 0);
    struct table *t = facts_table(f, "tunable");
    size_t row = table_add(t);
    sample_text(t, row, "name", name);
    if (current)
        sample_text(t, row, "current", current);
}

static void settings_that_were_changed(void **state)
{
    (void)state;
    struct case_file *a = run_at(0), *b = run_at(60);
    add_setting(a, "vm.swappiness", "60");
    add_setting(a, "vm.min_free_kbytes", "67584");
    add_setting(a, "vm.zone_reclaim_mode", "0");
    add_setting(b, "vm.min_free_kbytes", "67584");
    add_setting(b, "vm.swappiness", "10");
    add_setting(b, "vm.zone_reclaim_mode", NULL);
    struct comparison *c = compared(a, b);
    assert_int_equal(c->setting_count, 1);
    assert_string_equal(c->settings[0].name, "vm.swappiness");
    assert_string_equal(c->settings[0].value[BEFORE].text, "60");
    assert_string_equal(c->settings[0].value[AFTER].text, "10");
    comparison_free(c);
    case_free(a);
    case_free(b);
}

/* Words */

static void add_verdict(struct case_file *c, const char *id, enum verdict_state state, const char *kind, bool leads)
{
    struct verdict *list = arena_alloc(&c->arena, (c->verdict_count + 1) * sizeof *list);
    if (c->verdict_count)
        memcpy(list, c->verdicts, c->verdict_count * sizeof *list);
    list[c->verdict_count++] = (struct verdict){.id = id, .title = id, .state = state, .kind = kind};
    c->verdicts = list;
    if (leads)
        c->lead = id;
}

static void the_first_sentence(void **state)
{
    (void)state;
    struct case_file *a = run_at(0), *b = run_at(60);
    add_finding(a, "huge", SEVERITY_WARNING, NULL, NULL);
    add_finding(a, "small", SEVERITY_WARNING, NULL, NULL);
    add_check(b, "huge", SEVERITY_WARNING, CHECK_CLEAR);
    add_check(b, "small", SEVERITY_WARNING, CHECK_CLEAR);
    add_verdict(a, "leak", VERDICT_RULED_OUT, NULL, false);
    add_verdict(b, "leak", VERDICT_RULED_OUT, NULL, false);
    add_verdict(a, "external-fragmentation", VERDICT_CONFIRMED, NULL, true);
    add_verdict(b, "external-fragmentation", VERDICT_RULED_OUT, NULL, false);
    struct comparison *c = compared(a, b);
    assert_string_equal(c->sentence,
                        "Better: 2 findings gone, none new. External fragmentation: confirmed → ruled out.");
    assert_string_equal(c->verdicts[0].verdict[AFTER]->id, "external-fragmentation");
    comparison_free(c);
    c = compared(b, a);
    assert_string_equal(c->sentence, "Worse: 2 findings new. External fragmentation: ruled out → confirmed.");
    assert_string_equal(c->remarks[0], "The case given first is the later of the two.");
    comparison_free(c);
    c = compared(b, b);
    assert_string_equal(c->sentence, "The same: no warning before, none after.");
    comparison_free(c);
    b->verdicts[1].state = VERDICT_CONFIRMED;
    b->verdicts[1].kind = "pinned";
    a->verdicts[1].kind = "compactable";
    b->checks[1].result = CHECK_UNCHECKED;
    b->lead = "external-fragmentation";
    c = compared(a, b);
    assert_string_equal(
        c->sentence, "Cannot be told: 1 check could be made in one run only; 1 finding gone, 1 could not be looked for "
                     "again, none new. External fragmentation: confirmed (compactable) → confirmed (pinned).");
    comparison_free(c);
    case_free(a);
    case_free(b);
}

static bool remarked(const struct comparison *c, const char *what)
{
    for (size_t i = 0; i < c->remark_count; i++)
        if (strstr(c->remarks[i], what))
            return true;
    return false;
}

static void remarks_tell_what_is_not_alike(void **state)
{
    (void)state;
    struct case_file *a = sample_case(), *b = sample_case();
    b->started += 3600;
    b->window_s = 21600;
    b->complete = false;
    b->version = "0.2.0";
    b->root = "/srv/capture";
    struct table *host = facts_table(case_facts(b, "host"), "host");
    sample_text(host, 0, "user", "alice");
    sample_text(host, 0, "kernel", "6.12.1");
    sample_set(host, 0, "memory_total", 32e9);
    sample_set(host, 0, "uptime", 600);
    b->answers[0].shown = "Out of memory";
    case_facts(b, "growth")->coverage = 0.2;
    case_facts(b, "processes")->status = STATUS_PARTIAL;
    struct comparison *c = compared(a, b);
    static const char *const said[] = {
        "second run was left before its end",
        "Observed for 30 s before and 6 h after",
        "fragwizard 0.1.0 before and 0.2.0 after",
        "first case was read from the running machine",
        "Run as root before and as alice after",
        "Kernel 6.1.0-28-amd64 before, 6.12.1 after",
        "Memory of 59.6 GiB before and 29.8 GiB after",
        "restarted in between",
        "What brought you here? Requests are slow now and then before, Out of memory after",
        "Probe growth saw 84 % before and 20 % after",
        "Probe processes: ok before, partial after",
        "could be made in neither run",
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (!remarked(c, said[i]))
            fail_msg("not remarked: %s", said[i]);
    comparison_free(c);
    b->root = "/";
    case_free(b);
    b = sample_case();
    b->started += 3600;
    c = compared(a, b);
    assert_int_equal(c->remark_count, 1); /* what neither run could see */
    comparison_free(c);
    case_free(a);
    case_free(b);
}

/* Formats */

static void leave(const char *name, const char *text)
{
    const char *directory = getenv("FRAGWIZARD_TEST_REPORTS");
    if (!directory)
        return;
    AUTO_FREE char *path = mem_printf("%s/%s", directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static char *render(const struct comparison *c, enum report_format f, struct report_style style)
{
    struct err e;
    size_t length;
    char *text = compare_render(c, f, &style, &length, &e);
    if (!text)
        fail_msg("%s", e.text);
    assert_int_equal(strlen(text), length);
    return text;
}

static void identify(struct case_file *c)
{
    for (size_t i = 0; i < c->finding_count; i++)
        c->findings[i].identity = c->findings[i].row;
}

/* Everything that a comparison can hold: gone, unchanged, unseen, new, settings, experiments. */
static struct case_file *later(void)
{
    struct case_file *c = sample_case();
    identify(c);
    c->started += 93600;
    c->window_s = 300;
    c->case_id = "INC-20417 after";
    c->headline = "The kernel killed a process for want of memory.";
    struct finding *f = c->findings;
    c->checks[0].result = CHECK_CLEAR; /* huge-unusable is gone */
    c->checks[0].fired = 0;
    c->checks[2].result = CHECK_UNCHECKED; /* growing-process cannot be looked for */
    c->checks[2].why = "one moment only";
    c->checks[2].fired = 0;
    static struct evidence better[] = {
        {"vmstat.compact_fail_share", {.type = TYPE_RATIO, .known = true, .number = 0.12}},
        {"vmstat.compact_stalls", {.type = TYPE_COUNT, .known = true, .number = 117}}};
    f[1].evidence = better;
    f[1].say = "12 % of 117 direct compactions failed over the window.";
    f[2] = (struct finding){.id = "check-number-7",
                            .step = "slab",
                            .severity = SEVERITY_CRITICAL,
                            .say = "The kernel killed 2 processes of " SAMPLE_HOSTILE " for want of memory."};
    c->checks[7].result = CHECK_FIRED;
    c->checks[7].severity = SEVERITY_CRITICAL;
    c->checks[7].fired = 1;
    for (size_t i = 0; i < 3; i++)
        f[i] = f[i + 1];
    c->finding_count = 3;
    struct table *zone = facts_table(case_facts(c, "buddy"), "zone");
    sample_set(zone, 1, "unusable_huge", 0.12);
    sample_set(zone, 1, "free", 7.1e9);
    c->verdicts[0].state = VERDICT_RULED_OUT;
    c->verdicts[3].state = VERDICT_CONFIRMED;
    c->lead = "pressure";
    add_setting(c, "vm.compaction_proactiveness", "60");
    add_setting(c, "transparent_hugepage/defrag", "defer+madvise");
    static struct experiment done = {.id = "compact-now",
                                     .step = "external",
                                     .ask = "Compact now?",
                                     .measure = "free memory in huge blocks",
                                     .state = EXPERIMENT_DONE,
                                     .before = {.type = TYPE_BYTES, .known = true, .number = 0},
                                     .after = {.type = TYPE_BYTES, .known = true, .number = 4.1e9}};
    c->experiments = &done;
    c->experiment_count = 1;
    return c;
}

static struct case_file *earlier(void)
{
    struct case_file *c = sample_case();
    identify(c);
    add_setting(c, "vm.compaction_proactiveness", "20");
    add_setting(c, "transparent_hugepage/defrag", "always");
    return c;
}

/* HTML and wrapped text as the same words. */
static char *words_of(const char *text)
{
    struct str s = {0};
    for (const char *p = text; *p; p++) {
        if (*p == '<') {
            p = strchr(p, '>');
            if (s.length && s.data[s.length - 1] != ' ')
                str_add_char(&s, ' ');
            continue;
        }
        static const char *const entities[][2] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}};
        char c = *p;
        for (size_t i = 0; i < 4; i++)
            if (strncmp(p, entities[i][0], strlen(entities[i][0])) == 0) {
                c = *entities[i][1];
                p += strlen(entities[i][0]) - 1;
                break;
            }
        bool blank = c == ' ' || c == '\n';
        if (!blank || (s.length && s.data[s.length - 1] != ' '))
            str_add_char(&s, blank ? ' ' : c);
    }
    str_add(&s, "");
    return s.data;
}

static char *plain_words(const char *text)
{
    struct str s = {0};
    for (const char *p = text; *p; p++)
        if ((*p != ' ' && *p != '\n') || (s.length && s.data[s.length - 1] != ' '))
            str_add_char(&s, *p == '\n' ? ' ' : *p);
    str_add(&s, "");
    return s.data;
}

static void every_format_holds_the_same(void **state)
{
    (void)state;
    struct case_file *a = earlier(), *b = later();
    struct comparison *c = compared(a, b);
    assert_string_equal(changes(c), "new check-number-7; unseen-after growing-process; gone huge-unusable; unchanged "
                                    "compaction-fails; unchanged cache-is-normal");
    assert_int_equal(c->outcome, OUTCOME_WORSE);
    AUTO_FREE char *html = render(c, FORMAT_HTML, (struct report_style){0}),
                   *text = render(c, FORMAT_TEXT, (struct report_style){.width = 80}),
                   *json = render(c, FORMAT_JSON, (struct report_style){0});
    leave("diff.html", html);
    leave("diff.txt", text);
    leave("diff.json", json);
    AUTO_FREE char *in_html = words_of(html), *in_text = plain_words(text);
    const char *const said[] = {
        c->sentence,
        "New. The kernel killed 2 processes of " SAMPLE_HOSTILE " for want of memory.",
        "Could not be looked for again. Process 1200",
        "Gone. Node 0 Normal: 100 % of its 5.5 GiB",
        "Unchanged. 12 % of 117 direct compactions failed",
        "unusable huge 100 % → 12 %",
        "vmstat compact stalls 412 → 117",
        "vm.compaction_proactiveness 20 60",
        "Before: not offered",
        "After: done: 0 B → 3.82 GiB",
        "Plain lack of memory (leads now) [-] Ruled out [+] Confirmed",
        "one moment only",
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (!strstr(in_html, said[i]))
            fail_msg("not in the HTML: %s\n%s", said[i], in_html);
        if (!strstr(in_text, said[i]))
            fail_msg("not in the text: %s\n%s", said[i], text);
    }
    assert_ptr_equal(strstr(text, "[!!] Worse: 1 finding new and critical, 1 gone, 1 could not be"), text);
    static const char *const in_json[] = {"\"change\": \"new\"",       "\"change\": \"gone\"",
                                          "\"change\": \"unchanged\"", "\"change\": \"unseen-after\"",
                                          "\"outcome\": \"worse\"",    "\"why\": \"one moment only\"",
                                          "\"before\": \"always\"",    "\"measured_after\": 4100000000"};
    for (size_t i = 0; i < sizeof in_json / sizeof *in_json; i++)
        if (!strstr(json, in_json[i]))
            fail_msg("not in the JSON: %s", in_json[i]);
    assert_null(strstr(html, "<script"));
    assert_non_null(strstr(html, "content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    comparison_free(c);
    case_free(a);
    case_free(b);
}

static void text_fits_its_width(void **state)
{
    (void)state;
    struct case_file *a = earlier(), *b = later();
    struct comparison *c = compared(a, b);
    for (unsigned width = 60; width <= 120; width += 20) {
        AUTO_FREE char *text = render(c, FORMAT_TEXT, (struct report_style){.width = width, .ascii = width == 60});
        for (const char *p = text; *p; p += strcspn(p, "\n") + 1) {
            AUTO_FREE char *line = mem_printf("%.*s", (int)strcspn(p, "\n"), p);
            if (text_width(line) > width)
                fail_msg("wider than %u: %s", width, line);
        }
        for (const char *p = text; width == 60 && *p; p++)
            assert_true((unsigned char)*p < 0x80);
        assert_null(strchr(text, '\033'));
    }
    comparison_free(c);
    case_free(a);
    case_free(b);
}

static void hostile_names_are_text(void **state)
{
    (void)state;
    struct case_file *a = earlier(), *b = later();
    a->findings[0].say = "\033]0;evil\a\xff\xfe \xe2\x80\xae<b>bold</b>";
    b->findings[1].say = "<script>alert(1)</script>";
    b->headline = "<img src=x onerror=y>";
    b->verdicts[0].title = "<b>v</b>";
    struct comparison *c = compared(a, b);
    AUTO_FREE char *html = render(c, FORMAT_HTML, (struct report_style){0}),
                   *text = render(c, FORMAT_TEXT, (struct report_style){.width = 80});
    assert_null(strpbrk(html, "\033\a"));
    assert_null(strpbrk(text, "\033\a"));
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "<img"));
    assert_null(strstr(html, "<b>v"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    comparison_free(c);
    case_free(a);
    case_free(b);
}

static void better_and_empty_render(void **state)
{
    (void)state;
    struct case_file *a = earlier(), *b = sample_case_healthy();
    b->started += 600;
    struct comparison *c = compared(a, b);
    AUTO_FREE char *html = render(c, FORMAT_HTML, (struct report_style){0});
    leave("diff-better.html", html);
    assert_int_equal(c->outcome, OUTCOME_BETTER);
    comparison_free(c);
    case_free(a);
    case_free(b);
    a = run_at(0), b = run_at(60);
    c = compared(a, b);
    AUTO_FREE char *text = render(c, FORMAT_TEXT, (struct report_style){.width = 80});
    assert_non_null(strstr(text, "The same: no warning before, none after."));
    AUTO_FREE char *json = render(c, FORMAT_JSON, (struct report_style){0});
    leave("diff-empty.json", json);
    comparison_free(c);
    case_free(a);
    case_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_outlives_the_process),
        cmocka_unit_test(gone_new_and_unchanged),
        cmocka_unit_test(equals_are_matched_in_order),
        cmocka_unit_test(what_could_not_be_checked_is_not_gone),
        cmocka_unit_test(steps_that_were_not_done),
        cmocka_unit_test(another_playbook_version),
        cmocka_unit_test(rows_that_could_not_be_judged),
        cmocka_unit_test(more_findings_than_are_listed),
        cmocka_unit_test(what_cannot_be_compared_at_all),
        cmocka_unit_test(figures_show_where_it_stands_now),
        cmocka_unit_test(settings_that_were_changed),
        cmocka_unit_test(the_first_sentence),
        cmocka_unit_test(remarks_tell_what_is_not_alike),
        cmocka_unit_test(every_format_holds_the_same),
        cmocka_unit_test(text_fits_its_width),
        cmocka_unit_test(hostile_names_are_text),
        cmocka_unit_test(better_and_empty_render),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
