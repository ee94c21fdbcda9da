/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk over the steps: branches, questions, going back, leaving and going on. */
#include "engine_fixture.h"

#include "base/clock.h"
#include "engine/run/capture_time.h"

static const char *states(const struct case_file *c)
{
    static char out[128];
    static const char *const words[] = {"pending", "done", "skipped", "passed"};
    *out = '\0';
    for (size_t i = 0; i < c->step_count; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "", words[c->steps[i].state]);
    return out;
}

#define STEP(id, more) "- id: " #id "\n  title: " #id "\n" more
#define RULE(id, when) "  rules:\n  - {id: " #id ", when: \"" when "\", severity: warning, say: " #id "}\n"

#define BRANCHES                                                                                                       \
    "steps:\n" STEP(one, "  probes: [memory, pressure]\n")                                                             \
        STEP(no, "  when: memory.total < 0MiB\n" RULE(r_no, "memory.total > 0MiB"))                                    \
            STEP(yes, "  when: memory.total > 0MiB\n" RULE(r_yes, "memory.total > 0MiB"))                              \
                STEP(dunno, "  when: pressure.memory_some > 0%\n" RULE(r_dunno, "memory.total > 0MiB"))                \
                    STEP(jump, "  next: [{when: pressure.memory_some > 0%, step: over}, {when: memory.total < 0MiB, "  \
                               "step: end}, {when: fired('r_yes'), step: last}]\n")                                    \
                        STEP(over, RULE(r_over, "memory.total > 0MiB"))                                                \
                            STEP(last, "  next: end\n" RULE(                                                           \
                                           r_last, "memory.total > 0MiB")) "verdicts:\n"                               \
                                                                           "- {id: passed, title: P, ruled-out: not "  \
                                                                           "fired('r_no') and not fired('r_over')}\n"

static void branches_are_taken_in_three_values(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, BRANCHES);
    struct case_file *c = bench_audit(b);
    assert_string_equal(states(c), "done passed done done done passed done");
    assert_string_equal(said(c), "r_yes r_dunno r_last");
    assert_check(c, "r_no", "not-run");
    assert_string_equal(verdict_of(c, "passed"), "ruled-out"); /* a branch not taken has not fired */
    assert_true(c->complete);
}

static void end_leaves_out_the_rest(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, "steps:\n" STEP(one, "  probe: memory\n  next: [{when: memory.total > 0MiB, step: end}]\n")
                          STEP(two, RULE(r, "memory.total > 0MiB")) "verdicts:\n- {id: healthy, title: H}\n");
    struct case_file *c = bench_audit(b);
    assert_string_equal(states(c), "done passed");
    assert_true(c->complete);
    assert_int_equal(c->status, CASE_OK);
    assert_string_equal(verdict_of(c, "healthy"), "confirmed");
}

#define QUESTIONS                                                                                                      \
    "steps:\n" STEP(one, "  probe: memory\n  questions:\n"                                                             \
                         "  - {id: a, ask: A, type: yesno, default: false}\n"                                          \
                         "  - {id: b, ask: B, type: number, unit: bytes, default: 1MiB, when: answer.a}\n"             \
                         "  - {id: c, ask: C, type: yesno, default: true}\n"                                           \
                         "  rules:\n  - {id: r1, when: answer.c, severity: warning, say: r1}\n")                       \
        STEP(two, "  probe: swap\n  questions:\n"                                                                      \
                  "  - {id: d, ask: D, type: number, unit: count, default: 3}\n"                                       \
                  "  - {id: e, ask: E, type: yesno, default: false, when: fired('r_never')}\n"                         \
                  "  rules:\n  - {id: r2, when: answer.d > 2, severity: warning, say: '{answer.d}'}\n")                \
            STEP(three, "  rules:\n  - {id: r3, when: answer.a, severity: warning, say: r3}\n  - {id: r_never, when: " \
                        "not answer.a, severity: info, say: n}\n") "verdicts:\n- {id: healthy, title: H}\n"

struct walked {
    struct operator o;
    struct ui ui;
};

static bool walk(struct bench *b, struct walked *w, const enum move *moves, size_t count, const double *answers,
                 size_t answer_count)
{
    bench_machine(b, 500);
    if (!b->playbook)
        bench_playbook(b, QUESTIONS);
    bench_close(b);
    bench_open(b, NULL);
    w->o = (struct operator){.moves = moves, .count = count, .answers = answers, .answer_count = answer_count};
    w->ui = op_ui(&w->o);
    return bench_run(b, &w->ui);
}
#define WALK(b, w, moves, answers)                                                                                     \
    walk(b, w, moves, sizeof moves / sizeof *moves, answers, sizeof answers / sizeof *answers)

static void defaults_stand_where_nobody_is_asked(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, QUESTIONS);
    struct case_file *c = bench_audit(b);
    assert_false(answer_of(c, "a")->value.truth);
    assert_true(answer_of(c, "a")->defaulted);
    assert_string_equal(answer_of(c, "a")->shown, "no");
    assert_null(answer_of(c, "b")); /* does not apply */
    assert_null(answer_of(c, "e")); /* cannot be decided */
    assert_near(answer_of(c, "d")->value.number, 3, 0);
    assert_string_equal(said(c), "r1 3 n");
}

static void answers_open_further_questions(void **state)
{
    struct bench *b = *state;
    struct walked w;
    static const enum move moves[] = {MOVE_NEXT};
    static const double answers[] = {1, 2048, 0, 2};
    assert_true(WALK(b, &w, moves, answers));
    assert_string_equal(w.o.log, "a b c /one d /two /three");
    assert_near(answer_of(b->c, "b")->value.number, 2048, 0);
    assert_false(answer_of(b->c, "b")->defaulted);
    assert_string_equal(answer_of(b->c, "b")->shown, "2 KiB");
    assert_string_equal(said(b->c), "r3");
}

static void back_at_a_question_asks_the_one_before_and_all_after(void **state)
{
    struct bench *b = *state;
    struct walked w;
    /* a yes, b, back at c, back at b, a no: b no longer applies */
    static const enum move moves[] = {MOVE_NEXT, MOVE_NEXT, MOVE_BACK, MOVE_BACK, MOVE_NEXT, MOVE_NEXT};
    static const double answers[] = {1, 2048, 0, 0};
    assert_true(WALK(b, &w, moves, answers));
    assert_string_equal(w.o.log, "a b c b a c /one d /two /three");
    assert_null(answer_of(b->c, "b"));
    assert_false(answer_of(b->c, "a")->value.truth);
    assert_string_equal(said(b->c), "3 n");
}

static void back_after_a_step_takes_back_what_followed(void **state)
{
    struct bench *b = *state;
    struct walked w;
    static const enum move quit_after_two[] = {MOVE_NEXT, MOVE_NEXT, MOVE_NEXT, MOVE_NEXT, MOVE_BACK, MOVE_QUIT};
    static const double answers[] = {0, 1, 7};
    assert_false(WALK(b, &w, quit_after_two, answers));
    assert_string_equal(w.o.log, "a c /one d /two a");
    assert_string_equal(states(b->c), "pending pending pending");
    assert_int_equal(b->c->finding_count, 0);
    assert_int_equal(b->c->answer_count, 0);
    assert_int_equal(b->c->recommendation_count, 0);
    assert_check(b->c, "r1", "not-run");
    assert_string_equal(b->e.text, "");
    /* and at the first question of the first step there is nothing before */
    static const enum move at_first[] = {MOVE_BACK};
    assert_true(WALK(b, &w, at_first, answers));
    assert_string_equal(w.o.log, "a a c /one d /two /three");
}

static void back_passes_over_what_was_given(void **state)
{
    struct bench *b = *state;
    struct walked w;
    static const struct answer given[] = {{.id = "d", .value = {.type = TYPE_COUNT, .known = true, .number = 9}},
                                          {.id = "a", .value = {.type = TYPE_BOOL, .known = true, .truth = true}}};
    b->options.given = given;
    b->options.given_count = 2;
    static const enum move moves[] = {MOVE_NEXT, MOVE_BACK, MOVE_BACK};
    static const double answers[] = {4096, 1};
    assert_true(WALK(b, &w, moves, answers));
    assert_string_equal(w.o.log, "b c b b c /one /two /three");
    assert_near(answer_of(b->c, "d")->value.number, 9, 0);
    assert_false(answer_of(b->c, "d")->defaulted);
    assert_string_equal(said(b->c), "r1 9 r3");
}

static void a_skipped_step_leaves_its_checks_open(void **state)
{
    struct bench *b = *state;
    struct walked w;
    static const enum move moves[] = {MOVE_SKIP};
    static const double answers[] = {0};
    bench_playbook(b, QUESTIONS);
    assert_true(walk(b, &w, moves, 1, answers, 0));
    assert_string_equal(states(b->c), "skipped done done");
    assert_check(b->c, "r1", "not-run");
    assert_string_equal(check_of(b->c, "r1")->why, "the operator skipped this step");
    assert_check(b->c, "r3", "unchecked");                         /* by an answer that was not given */
    assert_string_equal(verdict_of(b->c, "healthy"), "ruled-out"); /* r2 fired */
    bench_playbook(b, "steps:\n" STEP(
                          one, "  probe: memory\n  questions:\n  - {id: a, ask: A, type: yesno, default: false}\n" RULE(
                                   r, "memory.total < 0MiB")) "verdicts:\n- {id: healthy, title: H}\n- {id: v, title: "
                                                              "V, ruled-out: not fired('r')}\n");
    assert_true(walk(b, &w, moves, 1, answers, 0));
    assert_int_equal(b->c->status, CASE_UNKNOWN);
    assert_string_equal(verdict_of(b->c, "healthy"), "unknown");
    assert_string_equal(verdict_of(b->c, "v"), "unknown");
    assert_non_null(strstr(b->c->headline, "skipped this step"));
}

static void again_measures_and_asks_anew(void **state)
{
    struct bench *b = *state;
    struct walked w;
    static const enum move moves[] = {MOVE_NEXT, MOVE_NEXT, MOVE_NEXT, MOVE_AGAIN, MOVE_NEXT, MOVE_NEXT, MOVE_NEXT};
    static const double answers[] = {1, 2048, 1, 0, 0};
    assert_true(WALK(b, &w, moves, answers));
    assert_string_equal(w.o.log, "a b c /one a c /one d /two /three");
    assert_null(answer_of(b->c, "b")); /* of the first time, when it applied */
    assert_string_equal(said(b->c), "3 n");
}

static void defaults_for_the_rest_ask_no_more(void **state)
{
    struct bench *b = *state;
    struct walked w;
    static const enum move at_question[] = {MOVE_NEXT, MOVE_DEFAULTS};
    static const double answers[] = {1};
    assert_true(WALK(b, &w, at_question, answers));
    assert_string_equal(w.o.log, "a b /one /two /three");
    assert_true(answer_of(b->c, "b")->defaulted);
    assert_near(answer_of(b->c, "b")->value.number, 1 << 20, 0);
    static const enum move at_end[] = {MOVE_NEXT, MOVE_NEXT, MOVE_NEXT, MOVE_DEFAULTS};
    assert_true(WALK(b, &w, at_end, answers));
    assert_string_equal(w.o.log, "a b c /one /two /three");
}

static void unasked(void *data, struct engine *g, const struct answer *a)
{
    (void)g;
    op_log(data, a->defaulted ? "default" : "given");
    op_log(data, a->id);
}

static void jumped(void *data, struct engine *g, const struct step *step)
{
    (void)g;
    op_log(data, "passed");
    op_log(data, step->id);
}

static enum move once_back(void *data, struct engine *g)
{
    struct operator* o = data;
    assert_true(engine_case(g)->complete);
    op_log(o, engine_step(g)->id);
    return strstr(o->log, "end") ? MOVE_NEXT : (op_log(o, "end"), MOVE_BACK);
}

static void what_is_not_asked_is_reported_and_the_end_leads_back(void **state)
{
    struct bench *b = *state;
    static const struct answer given[] = {{.id = "b", .value = {.type = TYPE_BOOL, .known = true}}};
    bench_playbook(b, "steps:\n" STEP(one, "  probe: memory\n  questions:\n"
                                           "  - {id: a, ask: A, type: yesno, default: false}\n"
                                           "  - {id: b, ask: B, type: yesno, default: false}\n")
                          STEP(two, "  probe: memory\n  when: answer.a\n") STEP(three, "  probe: memory\n"));
    bench_close(b);
    b->options.given = given;
    b->options.given_count = 1;
    bench_open(b, NULL);
    assert_string_equal(engine_step(b->engine)->id, "one");
    struct operator o = {0};
    struct ui ui = op_ui(&o);
    ui.answered = unasked;
    ui.passed = jumped;
    ui.all_done = once_back;
    assert_true(bench_run(b, &ui));
    assert_string_equal(o.log, "a given b /one passed two /three three end /three three");
    assert_true(answer_of(b->c, "a")->defaulted); /* Enter */
    assert_true(b->c->complete);
}

#define SUSPECT(default_pid)                                                                                           \
    "steps:\n" STEP(                                                                                                   \
        all, "  probe: processes\n  questions:\n  - {id: suspect, ask: S, type: process, default: " #default_pid       \
             "}\n") STEP(one, "  probe: process\n  when: answer.suspect > 0\n  rules:\n"                               \
                              "  - {id: is, when: target.pid > 0, severity: info, say: '{target.pid:raw}'}\n")

static void the_suspect_is_the_largest_unless_named(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_process(b, 11, "small", 100);
    bench_process(b, (unsigned)getpid(), "mine in number only", 900);
    bench_process(b, 13, "closed", -1);
    tree_file(&b->tree, "proc/11/status", "Name:\tsmall\nUid:\t0\t0\t0\t0\nVmRSS:\t100 kB\n");
    tree_file(&b->tree, "proc/11/smaps", "");
    bench_playbook(b, SUSPECT(0));
    struct case_file *c = bench_audit(b);
    assert_near(answer_of(c, "suspect")->value.number, getpid(), 0);
    assert_true(answer_of(c, "suspect")->defaulted);
    b->options.pid = 11;
    c = bench_audit(b);
    assert_near(answer_of(c, "suspect")->value.number, 11, 0);
    assert_false(answer_of(c, "suspect")->defaulted);
    assert_string_equal(said(c), "11");
    b->options.pid = 0;
    struct answer zero = {.id = "suspect", .value = value_number(TYPE_COUNT, 0)};
    b->options.given = &zero;
    b->options.given_count = 1;
    assert_near(answer_of(bench_audit(b), "suspect")->value.number, getpid(),
                0); /* 0 takes the largest, whoever says it */
    b->options.given_count = 0;
    bench_playbook(b, SUSPECT(13));
    assert_near(answer_of(bench_audit(b), "suspect")->value.number, 13, 0);
    b->options.pid = 11;
    assert_near(answer_of(bench_audit(b), "suspect")->value.number, 11, 0);
}

#define PRESSURE(us)                                                                                                   \
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=" #us "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"

#define WHOLE                                                                                                          \
    "steps:\n" STEP(                                                                                                   \
        mem,                                                                                                           \
        "  probes: [memory, swap]\n  show:\n  - {table: swap_device, sort: -used, rows: 2}\n  questions:\n"            \
        "  - {id: a, ask: A, type: yesno, default: true}\n  rules:\n"                                                  \
        "  - {id: full, for: swap_device, when: used > 50% * size, severity: warning, say: '{device}', recommend: "    \
        "[off], evidence: [used]}\n") STEP(procs,                                                                      \
                                           "  probe: processes\n  show:\n  - {table: process, columns: [pid, pss], "   \
                                           "sort: -pss, rows: 5}\n  questions:\n"                                      \
                                           "  - {id: suspect, ask: S, type: process, default: 0}\n  rules:\n"          \
                                           "  - {id: big, for: process, when: pss > 1020kB, severity: info, say: "     \
                                           "'{pid:raw} {pss}', most: 3}\n")                                            \
        STEP(not, "  when: not answer.a\n" RULE(r_not, "memory.total > 0MiB")) STEP(                                   \
            psi, "  probe: pressure\n  rules:\n  - {id: waits, when: pressure.memory_some > 10%, severity: "           \
                 "critical, say: 'waits {pressure.memory_some}'}\n")                                                   \
            STEP(swap,                                                                                                 \
                 "  probe: swap\n  show:\n  - {table: process, sort: pss, rows: 3}\n  rules:\n"                        \
                 "  - {id: used, when: swap.used > 1MiB and count(process) > 50, severity: warning, say: "             \
                 "'{swap.used}', "                                                                                     \
                 "recommend: [off]}\n") "recommendations:\n- {id: off, kind: service, title: T, apply: 'swapoff'}\n"   \
                                        "verdicts:\n- {id: press, title: P, headline: 'P {pressure.memory_some}', "    \
                                        "confirmed: fired('waits'), for: ['{count(process)} processes']}\n"            \
                                        "- {id: healthy, title: H}\n"

static void whole_tree(struct bench *b)
{
    bench_machine(b, 500);
    for (unsigned i = 0; i < 60; i++)
        bench_process(b, 11 + i, "p", i % 7 ? 1000 + (long)i : -1);
    tree_file(&b->tree, "moment/0/time", "0\n");
    tree_file(&b->tree, "moment/1/time", "10\n");
    tree_file(&b->tree, "moment/0/proc/pressure/memory", PRESSURE(0));
    tree_file(&b->tree, "moment/1/proc/pressure/memory", PRESSURE(2500000));
    tree_file(&b->tree, "proc/pressure/memory", PRESSURE(2500000));
}

static void a_resumed_case_is_judged_as_a_fresh_one(void **state)
{
    struct bench *b = *state;
    whole_tree(b);
    bench_playbook(b, WHOLE);
    char path[256];
    snprintf(path, sizeof path, "%s/case.json", b->tree.path);
    AUTO_FREE char *fresh = timeless(bench_audit(b));
    assert_string_equal(b->c->headline, "P 25 %");
    assert_near(b->c->window_s, 10, 0);
    assert_int_equal(b->c->status, 2);
    /* leaves at each prompt in turn, and goes on from the file */
    for (size_t leave = 0; leave < 7; leave++) {
        bench_close(b);
        bench_open(b, NULL);
        b->c->path = path;
        enum move moves[7] = {MOVE_NEXT};
        moves[leave] = MOVE_QUIT;
        struct operator o = {.moves = moves, .count = leave + 1};
        struct ui ui = op_ui(&o);
        ui.ask = NULL;
        if (leave >= 4)
            ui.step_ends = NULL;
        o.count = leave >= 4 ? 0 : o.count;
        bool finished = bench_run(b, &ui);
        assert_int_equal(finished, leave >= 4);
        bench_close(b);
        struct case_file *c = case_load(path, &b->e);
        assert_non_null(c);
        assert_true(engine_fits(b->playbook, c));
        assert_int_equal(c->complete, finished);
        bench_open(b, c);
        static const struct ui nobody = {0};
        assert_true(bench_run(b, &nobody));
        AUTO_FREE char *resumed = timeless(c);
        assert_string_equal(resumed, fresh);
    }
}

static void a_case_left_at_a_question_keeps_the_leading_rows(void **state)
{
    struct bench *b = *state;
    whole_tree(b);
    bench_playbook(b, WHOLE);
    bench_open(b, NULL);
    static const enum move leave[] = {MOVE_NEXT, MOVE_NEXT, MOVE_QUIT};
    struct operator o = {.moves = leave, .count = 3};
    struct ui ui = op_ui(&o);
    assert_false(bench_run(b, &ui));
    assert_string_equal(o.log, "a /mem suspect");
    assert_int_equal(facts_table(case_facts(b->c, "processes"), "process")->rows, 40);
    assert_true(bench_run(b, &(struct ui){0}));
    assert_int_equal(check_of(b->c, "big")->rows, 60); /* measured anew, judged whole */
    assert_string_equal(b->c->headline, "P 25 %");
}

static void what_steps_show_are_rows_that_the_case_has(void **state)
{
    struct bench *b = *state;
    whole_tree(b);
    bench_playbook(b, WHOLE);
    bench_open(b, NULL);
    static const enum move leave[] = {MOVE_NEXT, MOVE_NEXT, MOVE_NEXT, MOVE_NEXT, MOVE_NEXT, MOVE_QUIT};
    struct operator o = {.moves = leave, .count = 6};
    struct ui ui = op_ui(&o);
    assert_false(bench_run(b, &ui));
    struct shown *shown = b->c->steps[0].shows;
    assert_int_equal(shown->row_count, 2);
    assert_int_equal(shown->more, 1);
    assert_int_equal(b->c->steps[1].shows->row_count, 5);
    assert_int_equal(b->c->steps[1].shows->more, 55);
    /* swap is measured again by the last step, and has shrunk */
    tree_file(&b->tree, "proc/swaps", "Filename Type Size Used Priority\n/a partition 1000 100 -2\n");
    b->c->steps[4].state = STEP_PENDING;
    assert_true(bench_run(b, &(struct ui){0}));
    shown = b->c->steps[0].shows;
    assert_int_equal(shown->row_count, 1);
    assert_int_equal(shown->row[0], 0);
    assert_string_equal(b->c->steps[4].shows->probe, "processes"); /* of another step's probe */
    assert_int_equal(b->c->steps[4].shows->row_count, 3);
}

static void a_case_fits_only_its_playbook(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, "steps:\n" STEP(one, "  probe: memory\n" RULE(r, "memory.total > 1MiB"))
                          STEP(two, RULE(s, "memory.total > 2MiB")));
    char path[256];
    snprintf(path, sizeof path, "%s/case.json", b->tree.path);
    bench_open(b, NULL);
    b->c->path = path;
    assert_true(bench_run(b, &(struct ui){0}));
    struct case_file *c = case_load(path, &b->e);
    assert_true(engine_fits(b->playbook, c));
    bench_close(b);
    static const char *const others[] = {
        "steps:\n" STEP(one, "  probe: memory\n" RULE(r, "memory.total > 1MiB")),
        "steps:\n" STEP(one, "  probe: memory\n" RULE(r, "memory.total > 1MiB"))
            STEP(three, RULE(s, "memory.total > 2MiB")),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        bench_playbook(b, others[i]);
        assert_false(engine_fits(b->playbook, c));
    }
    case_free(c);
}

#define FIRST STEP(one, "  probe: memory\n" RULE(r, "memory.total > 1MiB"))
static void steps_with_other_rules_are_done_again(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    char path[256];
    snprintf(path, sizeof path, "%s/case.json", b->tree.path);
    static const struct {
        const char *playbook, *again, *found; /* the second rule of the first playbook finds nothing */
    } list[] = {
        {"steps:\n" FIRST STEP(two, RULE(s, "memory.total > 2GiB")) STEP(three, ""), NULL, "r"},
        {"steps:\n" FIRST STEP(two, RULE(s, "memory.total > 3MiB")) STEP(three, ""), "two", "r s"},
        {"steps:\n" FIRST STEP(two, RULE(t, "memory.total > 2MiB")) STEP(three, ""), "two", "r t"},
        {"steps:\n" FIRST STEP(two, "") STEP(three, ""), "two", "r"},
        {"steps:\n" FIRST STEP(two, RULE(s, "memory.total > 2GiB")) STEP(three, RULE(t, "memory.total > 1MiB")), NULL,
         "r t"},
        {"steps:\n" STEP(one, "  probe: memory\n" RULE(q, "memory.total > 1MiB"))
             STEP(two, RULE(s, "memory.total > 2GiB")) STEP(three, ""),
         "one", "q"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        bench_playbook(b, list[0].playbook);
        bench_open(b, NULL);
        b->c->path = path;
        static const enum move leave[] = {MOVE_NEXT, MOVE_QUIT};
        struct operator o = {.moves = leave, .count = 2};
        struct ui ui = op_ui(&o);
        assert_false(bench_run(b, &ui));
        bench_close(b);
        struct case_file *c = case_load(path, &b->e);
        assert_non_null(c);
        assert_int_equal(c->steps[1].state, STEP_DONE);
        bench_playbook(b, list[i].playbook);
        assert_true(engine_fits(b->playbook, c));
        bench_open(b, c);
        const struct step *again = engine_redone(b->engine);
        if (list[i].again)
            assert_string_equal(again ? again->id : "none", list[i].again);
        else
            assert_null(again);
        assert_true(bench_run(b, &(struct ui){0}));
        AUTO_STR struct str found = {0};
        for (size_t k = 0; k < c->finding_count; k++)
            str_printf(&found, "%s%s", k ? " " : "", c->findings[k].id);
        assert_string_equal(str_text(&found), list[i].found);
        bench_close(b);
    }
}

static void a_case_that_cannot_be_saved_says_so(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, "steps:\n" STEP(one, "  probe: memory\n") STEP(two, ""));
    bench_open(b, NULL);
    b->c->path = "/proc/no/such/place/case.json";
    assert_false(bench_run(b, &(struct ui){0}));
    assert_non_null(strstr(b->e.text, "/proc/no"));
}

static void many_notes_and_much_going_back_stay_small(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, WHOLE);
    enum { TIMES = 400 };
    static enum move moves[2 * TIMES];
    for (size_t i = 0; i < 2 * TIMES; i++)
        moves[i] = i % 2 ? MOVE_AGAIN : MOVE_NEXT;
    bench_open(b, NULL);
    struct operator o = {.moves = moves, .count = 2 * TIMES};
    struct ui ui = op_ui(&o);
    for (size_t i = 0; i < 5000; i++)
        engine_note(b->engine, "mem", "n");
    assert_true(bench_run(b, &ui));
    assert_int_equal(b->c->note_count, 5000);
    assert_string_equal(b->c->notes[4999].text, "n");
    struct block {
        struct block *next;
        size_t capacity;
    };
    size_t bytes = 0;
    for (const struct block *k = (const struct block *)b->c->arena.blocks; k; k = k->next)
        bytes += k->capacity;
    assert_true(bytes < 2 << 20);
}

static void a_report_of_a_captured_tree_carries_its_time_and_name(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, "steps:\n" STEP(one, "  probe: memory\n"));
    double now = clock_wall();
    assert_true(bench_audit(b)->started >= now);
    assert_string_equal(b->c->host, "unknown host");
    tree_file(&b->tree, "fragwizard-capture", "page_size 4096\nhostname db1\ntime 2026-03-04T05:06:07Z\nversion 1\n");
    assert_near(bench_audit(b)->started, 1772600767, 0);
    assert_string_equal(b->c->host, "db1");
    tree_file(&b->tree, "fragwizard-capture", "page_size 4096\nhostname \x1b[31mdb\xff\ntime yesterday\n");
    assert_true(bench_audit(b)->started >= now);
    assert_string_equal(b->c->host, "\uFFFD[31mdb\uFFFD");
    tree_file(&b->tree, "fragwizard-capture", "");
    tree_file(&b->tree, "date", "Wed Mar  4 14:02:11 CET 2026\n");
    assert_true(bench_audit(b)->started >= now); /* no sosreport */
    tree_file(&b->tree, "sos_commands/host/hostname", "ora-db-7\n");
    root_close(&b->tree.root);
    assert_near(bench_audit(b)->started, 1772629331, 0);
    assert_string_equal(b->c->host, "ora-db-7");
    tree_file(&b->tree, "sos_commands/date/date_--utc", "Wed Mar  4 13:02:12 UTC 2026\n");
    assert_near(bench_audit(b)->started, 1772629332, 0);
    tree_file(&b->tree, "sos_commands/kernel/sysctl_-a", "kernel.hostname = other\n");
    bench_audit(b);
    assert_string_equal(b->c->host, "other");
}

static void dates_are_read_in_any_order(void **state)
{
    (void)state;
    const double there = 1772629331; /* 2026-03-04 13:02:11 UTC */
    assert_near(capture_parse_date("Wed Mar  4 14:02:11 CET 2026\n"), there, 0);
    assert_near(capture_parse_date("Wed Mar  4 01:02:11 PM UTC 2026"), there, 0);
    assert_near(capture_parse_date("Wed 04 Mar 2026 02:02:11 PM CET\nmore\n"), there, 0);
    assert_near(capture_parse_date("Wed  4 Mar 13:02:11 GMT 2026"), there, 0);
    assert_near(capture_parse_date("Wed Mar  4 10:02:11 -03 2026"), there, 0);
    assert_near(capture_parse_date("Wed Mar  4 18:32:11 +0530 2026"), there, 0);
    assert_near(capture_parse_date("Wed Mar  4 13:02:11 XYZ 2026"), there, 0);
    assert_near(capture_parse_date("Wed Mar  4 12:00:00 AM UTC 2026"), there - 13 * 3600 - 131, 0);
    static const char *const no_dates[] = {"",
                                           "\n",
                                           "now",
                                           "Wed Mar 4 2026",
                                           "14:02:11",
                                           "Wed Mar 99 14:02:11 UTC 2026",
                                           "Wed Mar 4 25:02:11 UTC 2026",
                                           "Wed Mar 4 14:02:11 UTC 1970",
                                           "\xff\xfe"};
    for (size_t i = 0; i < sizeof no_dates / sizeof *no_dates; i++)
        assert_near(capture_parse_date(no_dates[i]), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(branches_are_taken_in_three_values),
        bench_test(end_leaves_out_the_rest),
        bench_test(defaults_stand_where_nobody_is_asked),
        bench_test(answers_open_further_questions),
        bench_test(back_at_a_question_asks_the_one_before_and_all_after),
        bench_test(back_after_a_step_takes_back_what_followed),
        bench_test(back_passes_over_what_was_given),
        bench_test(a_skipped_step_leaves_its_checks_open),
        bench_test(again_measures_and_asks_anew),
        bench_test(defaults_for_the_rest_ask_no_more),
        bench_test(what_is_not_asked_is_reported_and_the_end_leads_back),
        bench_test(the_suspect_is_the_largest_unless_named),
        bench_test(a_resumed_case_is_judged_as_a_fresh_one),
        bench_test(a_case_left_at_a_question_keeps_the_leading_rows),
        bench_test(what_steps_show_are_rows_that_the_case_has),
        bench_test(a_case_fits_only_its_playbook),
        bench_test(steps_with_other_rules_are_done_again),
        bench_test(a_case_that_cannot_be_saved_says_so),
        bench_test(many_notes_and_much_going_back_stay_small),
        bench_test(a_report_of_a_captured_tree_carries_its_time_and_name),
        cmocka_unit_test(dates_are_read_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
