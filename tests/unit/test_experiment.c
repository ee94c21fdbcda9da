/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions that test: only with a yes, measured before and after, and the step judged again. */
#include "engine_fixture.h"

/* What is written to vm.compact_memory is seen in vm.swappiness: "60" becomes "10". */
static const char compacting[] =
    "steps:\n"
    "- id: one\n"
    "  title: one\n"
    "  probes: [memory, tunables]\n"
    "  questions:\n"
    "  - {id: q, ask: Q, type: yesno, default: false}\n"
    "  experiments:\n"
    "  - {id: compact_now, ask: A, cost: C, risk: R, measured: M, action: compact, again: [tunables], when: "
    "fired('any'),\n"
    "     measure: \"first(tunable.current where name = 'vm.swappiness')\"}\n"
    "  rules:\n"
    "  - {id: any, when: memory.total > 0MiB, severity: info, say: any}\n"
    "  - {id: changed, when: after.compact_now != before.compact_now, severity: warning, say: '{before.compact_now} to "
    "{after.compact_now}'}\n"
    "- id: two\n"
    "  title: two\n"
    "  rules:\n"
    "  - {id: later, when: fired('changed'), severity: info, say: later}\n"
    "verdicts:\n"
    "- {kind: \"if(known(after.compact_now), 'tested', 'open')\", id: v, title: V, confirmed: fired('any'),\n"
    "   owners: {table: tunable, where: \"name = 'vm.swappiness'\", say: '{name} {current}'}}\n";

static const char operating[] =
    "steps:\n"
    "- id: one\n"
    "  title: one\n"
    "  probe: memory\n"
    "  experiments:\n"
    "  - {id: trim, ask: A, cost: C, risk: R, measured: M, action: operator, again: [memory],\n"
    "     instruct: 'trim {memory.available}', measure: memory.available}\n"
    "  rules:\n"
    "  - {id: more, when: after.trim > before.trim + 100MiB, severity: info, say: '{memory.available} {after.trim}'}\n";

static const char watching[] =
    "steps:\n"
    "- id: one\n"
    "  title: one\n"
    "  probe: vmstat\n"
    "  experiments:\n"
    "  - {id: on, ask: A, cost: C, risk: R, measured: M, action: watch, window: 1s, measure: vmstat.samples}\n"
    "  rules:\n"
    "  - {id: longer, when: after.on > before.on and vmstat.samples = after.on, severity: info, say: longer}\n";

static void fake_machine(struct bench *b, const char *playbook)
{
    char from[256], to[256];
    bench_machine(b, 500);
    tree_file(&b->tree, "proc/sys/vm/swappiness", "60\n");
    tree_file(&b->tree, "proc/vmstat", "nr_free_pages 1000\npgfault 1\npswpin 1\npswpout 1\n");
    snprintf(from, sizeof from, "%s/proc/sys/vm/swappiness", b->tree.path);
    snprintf(to, sizeof to, "%s/proc/sys/vm/compact_memory", b->tree.path);
    assert_int_equal(link(from, to), 0);
    bench_playbook(b, playbook);
    b->options.window_s = 0;
}

/* Over the tree as if it were this machine. */
static void begin(struct bench *b, struct case_file *loaded)
{
    if (!b->tree.root.path)
        tree_open(&b->tree);
    b->tree.root.live = true;
    b->c = loaded ? loaded : case_new();
    b->options.playbook = b->playbook;
    b->options.root = &b->tree.root;
    b->engine = engine_new(&b->options, b->c);
}

static const struct experiment *experiment(const struct bench *b, const char *id)
{
    for (size_t i = 0; i < b->c->experiment_count; i++)
        if (strcmp(b->c->experiments[i].id, id) == 0)
            return &b->c->experiments[i];
    return NULL;
}

/* An operator who also answers tests: one letter each, y n; b(ack), s(kip), a(gain), q(uit), d(efaults). */
struct tester {
    struct operator o; /* first, as its functions get the same pointer */
    const char *says;
    struct bench *b;
    unsigned then; /* MiB available once the operator has done it */
    size_t judged;
};

static enum move test_move(struct tester *t, bool *yes)
{
    static const char letters[] = "bsaqd";
    static const enum move moves[] = {MOVE_BACK, MOVE_SKIP, MOVE_AGAIN, MOVE_QUIT, MOVE_DEFAULTS};
    char said = *t->says ? *t->says++ : 'n';
    const char *place = strchr(letters, said);
    *yes = said == 'y';
    return place ? moves[place - letters] : MOVE_NEXT;
}

static enum move offered(void *data, struct engine *g, const struct experiment_decl *d, bool *yes)
{
    (void)g;
    struct tester *t = data;
    op_log(&t->o, *yes ? "told:" : "offered:");
    op_log(&t->o, d->id);
    return *yes ? MOVE_NEXT : test_move(t, yes);
}

static enum move instructed(void *data, struct engine *g, const char *instruction, bool *done)
{
    (void)g;
    struct tester *t = data;
    op_log(&t->o, instruction);
    bench_machine(t->b, t->then);
    return test_move(t, done);
}

static void ended(void *data, struct engine *g, const struct experiment *x)
{
    (void)g;
    op_log(data, experiment_state_name(x->state));
}

static void judged(void *data, struct engine *g, const struct step *step)
{
    (void)g, (void)step;
    ((struct tester *)data)->judged++;
}

static bool run_tester(struct bench *b, struct tester *t, const char *says)
{
    t->says = says;
    t->b = b;
    struct ui ui = op_ui(&t->o);
    ui.data = t;
    ui.experiment = offered;
    ui.instruct = instructed;
    ui.experimented = ended;
    ui.judged = judged;
    return bench_run(b, &ui);
}

static void a_yes_makes_it_and_judges_again(void **state)
{
    struct bench *b = *state;
    struct tester t = {0};
    fake_machine(b, compacting);
    begin(b, NULL);
    assert_true(run_tester(b, &t, "y"));
    assert_string_equal(t.o.log, "q offered: compact_now done /one /two");
    assert_int_equal(t.judged, 3);
    const struct experiment *x = experiment(b, "compact_now");
    assert_int_equal(x->state, EXPERIMENT_DONE);
    assert_string_equal(x->before.text, "60");
    assert_string_equal(x->after.text, "10");
    assert_string_equal(x->step, "one");
    assert_string_equal(x->action, "compact");
    assert_true(x->duration_s >= 0 && !x->why);
    assert_string_equal(said(b->c), "60 to 10 any later");
    assert_string_equal(b->c->verdicts[0].kind, "tested");
    /* what the machine was found like is kept */
    assert_int_equal(b->c->verdicts[0].owner_count, 1);
    assert_string_equal(b->c->verdicts[0].owners[0], "vm.swappiness 60");
}

static void a_no_leaves_it_open(void **state)
{
    struct bench *b = *state;
    struct tester t = {0};
    fake_machine(b, compacting);
    begin(b, NULL);
    assert_true(run_tester(b, &t, "n"));
    assert_string_equal(t.o.log, "q offered: compact_now declined /one /two");
    assert_int_equal(experiment(b, "compact_now")->state, EXPERIMENT_DECLINED);
    assert_check(b->c, "changed", "unchecked");
    assert_string_equal(check_of(b->c, "changed")->why, "the experiment was not made");
    assert_string_equal(b->c->verdicts[0].kind, "open");
    char text[8] = "";
    assert_int_equal(root_read_small(&b->tree.root, "proc/sys/vm/swappiness", text, sizeof text), 3);
    assert_string_equal(text, "60\n");
}

static void nobody_there_to_ask_is_no_yes(void **state)
{
    struct bench *b = *state;
    static const struct ui nobody = {0};
    static const struct answer given = {.id = "compact_now",
                                        .value = {.type = TYPE_BOOL, .known = true, .truth = true}};
    fake_machine(b, compacting);
    b->options.given = &given;
    b->options.given_count = 1;
    begin(b, NULL);
    assert_true(bench_run(b, &nobody));
    assert_int_equal(experiment(b, "compact_now")->state, EXPERIMENT_NOT_RUN);
    assert_string_equal(experiment(b, "compact_now")->why,
                        "not run without a yes; --allow compaction lets the audit do it");
    bench_close(b);
    b->options.allowed = 1u << ACTION_WATCH; /* another's word */
    begin(b, NULL);
    assert_true(bench_run(b, &nobody));
    assert_int_equal(experiment(b, "compact_now")->state, EXPERIMENT_NOT_RUN);
    bench_close(b);
    b->options.allowed = 1u << ACTION_COMPACT;
    begin(b, NULL);
    assert_true(bench_run(b, &nobody));
    assert_int_equal(experiment(b, "compact_now")->state, EXPERIMENT_DONE);
    assert_string_equal(said(b->c), "60 to 10 any later");
}

static void allowed_is_told_and_defaults_are_no_yes(void **state)
{
    struct bench *b = *state;
    struct tester t = {0}, u = {0};
    fake_machine(b, compacting);
    begin(b, NULL);
    assert_true(run_tester(b, &t, "d"));
    assert_string_equal(t.o.log, "q offered: compact_now not-run /one /two");
    assert_string_equal(experiment(b, "compact_now")->why, "not run without a yes");
    bench_close(b);
    b->options.allowed = 1u << ACTION_COMPACT;
    begin(b, NULL);
    assert_true(run_tester(b, &u, ""));
    assert_string_equal(u.o.log, "q told: compact_now done /one /two");
}

static void a_captured_tree_is_left_alone(void **state)
{
    struct bench *b = *state;
    struct tester t = {0};
    fake_machine(b, compacting);
    b->options.allowed = 1u << ACTION_COMPACT;
    bench_open(b, NULL);
    assert_true(run_tester(b, &t, "y"));
    assert_string_equal(t.o.log, "q /one /two");
    assert_int_equal(b->c->experiment_count, 0);
    assert_string_equal(check_of(b->c, "changed")->why, "the experiment was not made");
}

static void what_cannot_be_written_fails_with_its_reason(void **state)
{
    struct bench *b = *state;
    struct tester t = {0}, u = {0};
    char path[256];
    fake_machine(b, compacting);
    snprintf(path, sizeof path, "%s/proc/sys/vm/compact_memory", b->tree.path);
    assert_int_equal(unlink(path), 0);
    begin(b, NULL);
    assert_true(run_tester(b, &t, "y"));
    assert_string_equal(t.o.log, "q not-run /one /two"); /* of no use to ask */
    assert_string_equal(experiment(b, "compact_now")->why,
                        "not run: /proc/sys/vm/compact_memory: this kernel cannot compact memory");
    bench_close(b);
    assert_int_equal(mkdir(path, 0700), 0);
    begin(b, NULL);
    assert_true(run_tester(b, &u, "y"));
    assert_string_equal(u.o.log, "q offered: compact_now failed /one /two");
    const struct experiment *x = experiment(b, "compact_now");
    assert_string_equal(x->why, "/proc/sys/vm/compact_memory: Is a directory");
    assert_string_equal(x->before.text, "60");
    assert_false(x->after.known);
    assert_string_equal(check_of(b->c, "changed")->why, "the experiment failed");
}

static void what_cannot_be_measured_is_not_tried(void **state)
{
    struct bench *b = *state;
    struct tester t = {0};
    fake_machine(b, compacting);
    char path[256];
    snprintf(path, sizeof path, "%s/proc/sys/vm/swappiness", b->tree.path);
    assert_int_equal(unlink(path), 0);
    begin(b, NULL);
    assert_true(run_tester(b, &t, "y"));
    assert_string_equal(t.o.log, "q not-run /one /two");
    assert_int_equal(strncmp(experiment(b, "compact_now")->why, "not run, as it could not be measured: ", 38), 0);
}

static void one_that_does_not_apply_is_not_offered(void **state)
{
    struct bench *b = *state;
    struct tester t = {0};
    fake_machine(b, compacting);
    tree_file(&b->tree, "proc/meminfo", "MemTotal: 0 kB\n");
    begin(b, NULL);
    assert_true(run_tester(b, &t, "y"));
    assert_string_equal(t.o.log, "q /one /two");
    assert_int_equal(b->c->experiment_count, 0);
}

static void going_back_forgets_it(void **state)
{
    struct bench *b = *state;
    struct tester t = {0}, u = {0}, v = {0}, w = {0};
    fake_machine(b, compacting);
    begin(b, NULL);
    assert_true(run_tester(b, &t, "bbn")); /* to the question before it */
    assert_string_equal(t.o.log,
                        "q offered: compact_now q offered: compact_now q offered: compact_now declined /one /two");
    bench_close(b);
    begin(b, NULL);
    assert_true(run_tester(b, &u, "an")); /* measured again */
    assert_string_equal(u.o.log, "q offered: compact_now q offered: compact_now declined /one /two");
    assert_int_equal(b->c->experiment_count, 1);
    bench_close(b);
    static const enum move back[] = {MOVE_NEXT, MOVE_NEXT, MOVE_BACK, MOVE_NEXT, MOVE_QUIT};
    v.o = (struct operator){.moves = back, .count = 5};
    begin(b, NULL);
    assert_false(run_tester(b, &v, "nq")); /* from the second step to the first, which is left at the test */
    assert_string_equal(v.o.log, "q offered: compact_now declined /one /two q offered: compact_now");
    bench_close(b);
    begin(b, NULL);
    assert_true(run_tester(b, &w, "s"));
    assert_string_equal(w.o.log, "q offered: compact_now /two");
    assert_int_equal(b->c->experiment_count, 0);
    assert_check(b->c, "any", "not-run");
}

static void what_was_made_stays_when_the_session_goes_on(void **state)
{
    struct bench *b = *state;
    struct tester t = {0}, u = {0};
    fake_machine(b, compacting);
    char path[256];
    snprintf(path, sizeof path, "%s/case.json", b->tree.path);
    static const enum move leave[] = {MOVE_NEXT, MOVE_QUIT};
    t.o = (struct operator){.moves = leave, .count = 2};
    begin(b, NULL);
    b->c->path = path;
    assert_false(run_tester(b, &t, "y"));
    bench_close(b);
    struct case_file *c = case_load(path, &b->e);
    assert_non_null(c);
    assert_true(engine_fits(b->playbook, c));
    c->path = path;
    begin(b, c);
    assert_true(run_tester(b, &u, "y"));
    assert_string_equal(u.o.log, "/two");
    assert_int_equal(experiment(b, "compact_now")->state, EXPERIMENT_DONE);
    assert_string_equal(said(b->c), "60 to 10 any later");
    assert_string_equal(b->c->verdicts[0].kind, "tested");
}

static void the_operator_does_it_by_other_means(void **state)
{
    struct bench *b = *state;
    struct tester t = {.then = 800}, u = {.then = 800};
    fake_machine(b, operating);
    begin(b, NULL);
    assert_true(run_tester(b, &t, "yy"));
    assert_string_equal(t.o.log, "offered: trim trim 500 MiB done /one");
    assert_near(experiment(b, "trim")->before.number, 500 * 1048576.0, 0);
    assert_near(experiment(b, "trim")->after.number, 800 * 1048576.0, 0);
    assert_string_equal(said(b->c), "500 MiB 800 MiB"); /* the facts are those of before */
    bench_close(b);
    begin(b, NULL);
    assert_true(run_tester(b, &u, "yn")); /* it could not be done after all */
    assert_int_equal(experiment(b, "trim")->state, EXPERIMENT_DECLINED);
    bench_close(b);
    static const struct ui nobody = {0};
    b->options.allowed = ~0u;
    begin(b, NULL);
    assert_true(bench_run(b, &nobody));
    assert_string_equal(experiment(b, "trim")->why, "not run without an operator, whom the session asks");
}

static void watching_on_replaces_what_was_observed(void **state)
{
    struct bench *b = *state;
    static const struct ui nobody = {0};
    fake_machine(b, watching);
    b->options.allowed = 1u << ACTION_WATCH;
    begin(b, NULL);
    assert_true(bench_run(b, &nobody));
    const struct experiment *x = experiment(b, "on");
    assert_int_equal(x->state, EXPERIMENT_DONE);
    assert_near(x->before.number, 1, 0);
    assert_true(x->after.number > 2);
    assert_string_equal(said(b->c), "longer");
    assert_true(b->c->window_s >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_yes_makes_it_and_judges_again),
        bench_test(a_no_leaves_it_open),
        bench_test(nobody_there_to_ask_is_no_yes),
        bench_test(allowed_is_told_and_defaults_are_no_yes),
        bench_test(a_captured_tree_is_left_alone),
        bench_test(what_cannot_be_written_fails_with_its_reason),
        bench_test(what_cannot_be_measured_is_not_tried),
        bench_test(one_that_does_not_apply_is_not_offered),
        bench_test(going_back_forgets_it),
        bench_test(what_was_made_stays_when_the_session_goes_on),
        bench_test(the_operator_does_it_by_other_means),
        bench_test(watching_on_replaces_what_was_observed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
