/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From facts to findings, verdicts, recommendations and the exit status. */
#include "engine_fixture.h"

#define SWAP_STEP "steps:\n- id: swap\n  title: Swap\n  probes: [swap, memory]\n  rules:\n"

static void a_rule_judges_each_row(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(
        b, SWAP_STEP
        "  - {id: full, for: swap_device, when: used > 50% * size, severity: warning, say: '{device}', evidence: "
        "[used, swap.total]}\n"
        "  - {id: one, for: swap_device, where: device = '/b', when: used > 50% * size, severity: warning, say: 'only "
        "{device}'}\n"
        "  - {id: none, for: swap_device, where: device = '/z', when: used > 50% * size, severity: warning, say: no}\n"
        "  - {id: single, when: swap.used > 1MiB, severity: info, say: 'swap {swap.used}'}\n");
    struct case_file *c = bench_audit(b);
    assert_check(c, "full", "fired");
    assert_int_equal(check_of(c, "full")->rows, 3);
    assert_int_equal(check_of(c, "full")->fired, 2);
    assert_check(c, "one", "fired");
    assert_int_equal(check_of(c, "one")->rows, 1);
    assert_check(c, "none", "clear");
    assert_string_equal(said(c), "/b /c only /b swap 1.76 MiB");
    const struct finding *f = &c->findings[0];
    assert_string_equal(f->row, "device=/b");
    assert_string_equal(f->identity, "device=/b");
    assert_string_equal(f->evidence[0].name, "used");
    assert_near(f->evidence[0].value.number, 800 * 1024, 0);
    assert_near(f->evidence[1].value.number, 3000 * 1024, 0);
    assert_null(c->findings[3].row);
    assert_int_equal(c->status, CASE_WARNING);
    assert_int_equal(c->status, 1);
}

/* Processes 11, 12, … of which the first `known` can be measured. */
static void processes(struct bench *b, unsigned count, unsigned known)
{
    bench_machine(b, 500);
    for (unsigned i = 0; i < count; i++)
        bench_process(b, 11 + i, "p", i < known ? 1000 + (long)i : -1);
}

static const char large_rule[] = "steps:\n- id: s\n  title: S\n  probe: processes\n  rules:\n"
                                 "  - {id: large, for: process, when: pss > 1GiB, severity: warning, say: '{pid}'}\n";

static void half_of_the_rows_must_be_known(void **state)
{
    struct bench *b = *state;
    bench_playbook(b, large_rule);
    processes(b, 4, 2);
    struct case_file *c = bench_audit(b);
    const struct check *k = check_of(c, "large");
    assert_check(c, "large", "clear");
    assert_int_equal(k->rows, 4);
    assert_int_equal(k->unknown, 2);
    assert_non_null(strstr(k->why, "2 of 4: ")); /* clear, and still listed with the reason */
    assert_int_equal(c->status, CASE_OK);
    assert_int_equal(c->status, 0);
    bench_process(b, 40, "q", -1);
    c = bench_audit(b);
    assert_check(c, "large", "unchecked");
    assert_int_equal(c->status, CASE_UNKNOWN);
    assert_int_equal(c->status, 3);
    bench_process(b, 41, "huge", 2 << 20);
    c = bench_audit(b);
    assert_check(c, "large", "fired"); /* one that is known decides, whatever is not */
    assert_string_equal(said(c), "41");
}

static void an_empty_table_is_no_all_clear_unless_all_was_seen(void **state)
{
    struct bench *b = *state;
    bench_playbook(b,
                   SWAP_STEP "  - {id: full, for: swap_device, when: used > 50% * size, severity: warning, say: x}\n");
    tree_file(&b->tree, "proc/meminfo", "MemTotal: 1000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    tree_file(&b->tree, "proc/swaps", "Filename Type Size Used Priority\n");
    assert_check(bench_audit(b), "full", "clear");
    char path[256];
    snprintf(path, sizeof path, "%s/proc/swaps", b->tree.path);
    assert_int_equal(unlink(path), 0);
    root_close(&b->tree.root);
    tree_file(&b->tree, "fragwizard-denied", "proc/swaps\n");
    struct case_file *c = bench_audit(b);
    assert_check(c, "full", "unchecked");
    assert_non_null(strstr(check_of(c, "full")->why, "permission denied"));
    assert_int_equal(c->status, 3);
    assert_non_null(strstr(c->headline, "1 check could not be made: "));
}

static void an_optional_check_does_not_count_if_it_cannot_be_made(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, "steps:\n- id: s\n  title: S\n  probes: [memory, pressure]\n  rules:\n"
                      "  - {id: psi, when: pressure.memory_some > 10%, severity: warning, say: x, optional: true}\n"
                      "  - {id: note, when: pressure.memory_some > 20%, severity: info, say: x}\n"
                      "  - {id: low, when: memory.available < 10% * memory.total, severity: warning, say: y}\n"
                      "verdicts:\n- {id: healthy, title: Healthy}\n");
    struct case_file *c = bench_audit(b);
    assert_check(c, "psi", "unchecked");
    assert_int_equal(c->status, CASE_OK);
    assert_string_equal(verdict_of(c, "healthy"), "confirmed");
    assert_string_equal(c->headline, "Healthy.");
}

static void most_limits_the_list_and_fired_counts_all(void **state)
{
    struct bench *b = *state;
    processes(b, 60, 60);
    bench_playbook(b, "steps:\n- id: s\n  title: S\n  probe: processes\n  rules:\n"
                      "  - {id: a, for: process, when: pss > 0MiB, severity: info, say: '{pid:raw}', most: 2}\n"
                      "  - {id: b, for: process, when: pss > 0MiB, severity: info, say: b}\n");
    struct case_file *c = bench_audit(b);
    assert_int_equal(check_of(c, "a")->fired, 60); /* rules see every row, though the case keeps 40 */
    assert_int_equal(c->finding_count, 2 + 10);
    struct table *t = facts_table(case_facts(c, "processes"), "process");
    assert_int_equal(t->rows, 40);
    assert_int_equal(t->omitted, 20);
    assert_near(fact_at(t->facts, "process", 0, "pss").number, 1059 * 1024, 0);
    assert_near(fact_at(t->facts, "process", 39, "pss").number, 1020 * 1024, 0);
}

static void the_worst_comes_first(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 20);
    bench_playbook(b,
                   "steps:\n- id: s\n  title: S\n  probes: [memory, swap]\n  rules:\n"
                   "  - {id: i1, when: memory.total > 0MiB, severity: info, say: i1}\n"
                   "  - {id: w1, when: memory.total > 0MiB, severity: warning, say: w1, recommend: [late]}\n"
                   "  - {id: c1, when: memory.total > 0MiB, severity: critical, say: c1, recommend: [late]}\n"
                   "- id: s2\n  title: S2\n  rules:\n"
                   "  - {id: w2, when: memory.total > 0MiB, severity: warning, say: w2, recommend: [early]}\n"
                   "  - {id: c2, when: memory.total > 0MiB, severity: critical, say: c2, recommend: [late]}\n"
                   "recommendations:\n- {id: early, kind: observe, title: E}\n- {id: late, kind: observe, title: L}\n");
    struct case_file *c = bench_audit(b);
    assert_string_equal(said(c), "c1 c2 w1 w2 i1");
    assert_string_equal(c->recommendations[0].id, "late");
    assert_string_equal(c->recommendations[1].id, "early");
    assert_string_equal(c->headline, "c1"); /* no verdict leads */
    assert_int_equal(c->status, 2);
}

#define VERDICT_RULES                                                                                                  \
    "steps:\n- id: s\n  title: S\n  probes: [memory, pressure]\n  rules:\n"                                            \
    "  - {id: yes, when: memory.total > 0MiB, severity: info, say: y}\n"                                               \
    "  - {id: no, when: memory.total < 0MiB, severity: warning, say: n}\n"                                             \
    "  - {id: dunno, when: pressure.memory_some > 0%, severity: info, say: u}\n"

static void verdicts_are_weighed_in_three_values(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, VERDICT_RULES
                   "verdicts:\n"
                   "- {id: l, title: L, headline: 'l {memory.total}', likely: fired('yes'), ruled-out: fired('yes')}\n"
                   "- {id: out, title: O, confirmed: fired('no'), ruled-out: not fired('no')}\n"
                   "- {id: u, title: U, confirmed: fired('dunno'), ruled-out: not fired('dunno'), for: [{when: "
                   "fired('dunno'), say: never}], against: [always]}\n"
                   "- {id: c1, title: C1, confirmed: fired('yes') or fired('dunno'), for: ['total {memory.total}']}\n"
                   "- {id: c2, title: C2, confirmed: fired('yes')}\n"
                   "- {id: rest, title: Rest}\n");
    struct case_file *c = bench_audit(b);
    assert_string_equal(verdict_of(c, "l"), "likely");
    assert_string_equal(verdict_of(c, "out"), "ruled-out");
    assert_string_equal(verdict_of(c, "u"), "unknown");
    assert_string_equal(verdict_of(c, "c1"), "confirmed");
    assert_string_equal(verdict_of(c, "rest"), "ruled-out"); /* others hold */
    assert_string_equal(c->lead, "c1");                      /* confirmed before likely, then the playbook's order */
    assert_string_equal(c->headline, "C1.");
    assert_int_equal(c->verdicts[2].for_count, 0);
    assert_int_equal(c->verdicts[2].against_count, 1);
    assert_string_equal(c->verdicts[3].sentences_for[0], "total 1,000 MiB");
}

static void what_holds_has_a_kind_and_owners(void **state)
{
    struct bench *b = *state;
    static const char swaps[] = "owners: {table: swap_device, where: used > 50% * size, rows: 1, say: '{device} of "
                                "{swap.used}'}";
    bench_machine(b, 500);
    AUTO_FREE char *playbook = mem_printf(
        "steps:\n- id: all\n  title: A\n  probes: [memory, swap, pressure]\n"
        "verdicts:\n"
        "- {kind: \"if(memory.total > 1MiB, 'large', 'small')\", id: c, title: C, confirmed: memory.total > 1MiB, %s}\n"
        "- {kind: \"'none'\", id: out, title: O, ruled-out: memory.total > 1MiB, %s}\n"
        "- {kind: \"if(pressure.memory_some > 1%%, 'a', 'b')\", id: l, title: L, likely: memory.total > 1MiB}\n",
        swaps, swaps);
    bench_playbook(b, playbook);
    struct case_file *c = bench_audit(b);
    assert_string_equal(c->verdicts[0].kind, "large");
    assert_int_equal(c->verdicts[0].owner_count, 1); /* of the two that match */
    assert_string_equal(c->verdicts[0].owners[0], "/b of 1.76 MiB");
    assert_null(c->verdicts[1].kind); /* does not hold */
    assert_int_equal(c->verdicts[1].owner_count, 0);
    assert_string_equal(verdict_of(c, "l"), "likely");
    assert_null(c->verdicts[2].kind); /* cannot be told */
}

/* A rule that fired for a row did so for the same key in any table. */
static void what_fired_is_asked_of_a_row(void **state)
{
    struct bench *b = *state;
    processes(b, 4, 4);
    static const char *const statm[] = {"proc/11/statm", "proc/12/statm", "proc/13/statm", "proc/14/statm"};
    for (size_t i = 0; i < ARRAY_SIZE(statm); i++)
        tree_file(&b->tree, statm[i], "900 300 50 1 0 200 0\n");
    bench_playbook(
        b, "steps:\n- id: s\n  title: S\n  probes: [processes, growth]\n  rules:\n"
           "  - {id: some, for: process, when: pid = 11 or pid = 13, severity: info, say: '{pid:raw}'}\n"
           "  - {id: never, for: process, when: pid = 1, severity: info, say: never}\n"
           "  - {id: others, for: process, when: not fired_here('some'), severity: info, say: 'not {pid:raw}'}\n"
           "  - {id: there, for: growth, when: fired_here('some') and not fired_here('never'), severity: info, "
           "say: 'too {pid:raw}'}\n"
           "  - {id: in, when: any(growth where fired_here('others')), severity: info, say: seen}\n");
    AUTO_FREE char *all = mem_printf(" %s ", said(bench_audit(b)));
    static const char *const expected[] = {" 11 ", " 13 ", " not 12 ", " not 14 ", " too 11 ", " too 13 ", " seen "};
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
        assert_non_null(strstr(all, expected[i]));
    assert_null(strstr(all, "too 12"));
}

/* Not the order of the file decides, but what each verdict does; what informs only comes after what warns. */
static void what_does_harm_leads(void **state)
{
    struct bench *b = *state;
    processes(b, 3, 3);
    bench_playbook(
        b,
        "steps:\n- id: s\n  title: S\n  probes: [memory, processes]\n  rules:\n"
        "  - {id: note, when: memory.total > 0MiB, severity: warning, harm: memory.total > 1TiB, say: note, recommend: "
        "[n]}\n"
        "  - {id: warn, when: memory.total > 0MiB, severity: warning, harm: memory.total > 0MiB, say: warn, recommend: "
        "[w]}\n"
        "recommendations:\n- {id: n, kind: observe, title: N}\n- {id: w, kind: observe, title: W}\n"
        "verdicts:\n"
        "- {id: cache, title: A cache, benign: true, confirmed: fired('warn')}\n"
        "- {id: quiet, title: Quiet, size: memory.total, confirmed: fired('note')}\n"
        "- {id: small, title: Small, size: 1MiB, confirmed: fired('warn')}\n"
        "- {id: stands, title: Stands, size: memory.total, confirmed: fired('warn')}\n"
        "- {id: past, title: Past, past: fired('warn'), confirmed: fired('warn')}\n"
        "- {id: day, title: Day, until: 2h, confirmed: fired('warn')}\n"
        "- {id: grows, title: Grows, growing: fired('warn'), until: 3d, confirmed: fired('warn')}\n"
        "- title: Hour\n  id: hour\n  until: 30min\n  confirmed: fired('warn')\n"
        "  subjects:\n    table: process\n    where: pid < 13\n"
        "    sort: -pid\n    say: '{pid:raw}'\n    headline: 'Process {pid:raw}.'\n"
        "- {id: never, title: Never, observed: fired('note'), confirmed: memory.total > 1TiB}\n"
        "- {id: now, title: Now, observed: fired('warn'), confirmed: fired('warn')}\n"
        "- {id: healthy, title: Healthy}\n");
    struct case_file *c = bench_audit(b);
    AUTO_STR struct str order = {0};
    const struct verdict *v;
    for (size_t rank = 1; (v = case_ranked(c, rank)); rank++)
        str_printf(&order, "%s%s:%s", rank > 1 ? " " : "", v->id, v->harm);
    assert_string_equal(order.data,
                        "now:observed hour:imminent day:today grows:growing past:past stands:standing small:standing "
                        "quiet:standing cache:none");
    assert_string_equal(c->lead, "now");
    assert_string_equal(case_verdict(c, "hour")->headline, "Process 12.");
    assert_int_equal(case_verdict(c, "hour")->subject_count, 2);
    assert_string_equal(case_verdict(c, "hour")->subjects[0], "12");
    assert_string_equal(c->recommendations[0].verdict, "now"); /* the first change is of what leads */
    assert_int_equal(c->findings[1].severity, SEVERITY_INFO);  /* without its harm */
    assert_null(case_verdict(c, "never")->headline);
    assert_int_equal(case_verdict(c, "never")->rank, 0);
}

/* What the operator named comes before what only stands, and is acquitted where nothing is wrong with it. */
static void the_named_suspect_comes_first(void **state)
{
    struct bench *b = *state;
    processes(b, 3, 3);
    bench_playbook(b, "steps:\n- id: s\n  title: S\n  probes: [memory, processes]\n  questions:\n"
                      "  - {id: who, ask: Who?, type: process, default: 0}\n  rules:\n"
                      "  - {id: warn, when: memory.total > 0MiB, severity: warning, say: warn}\n"
                      "verdicts:\n"
                      "- {id: grows, title: Grows, growing: fired('warn'), confirmed: fired('warn')}\n"
                      "- title: Holds\n  id: holds\n  confirmed: fired('warn')\n"
                      "  subjects:\n    table: process\n    where: pid = 12\n    say: '{pid:raw}'\n");
    assert_string_equal(bench_audit(b)->lead, "grows");
    b->options.pid = 12;
    assert_string_equal(bench_audit(b)->headline, "Holds.");
    b->options.pid = 13;
    assert_string_equal(bench_audit(b)->headline, "Nothing wrong was found with p (13). Elsewhere: Grows.");
    b->options.pid = 0;
}

static void a_likely_verdict_leads_if_none_is_confirmed(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, VERDICT_RULES "verdicts:\n"
                                    "- {id: bare, title: B, likely: fired('yes')}\n"
                                    "- {id: l, title: L, headline: 'l {memory.total}', likely: fired('yes')}\n");
    struct case_file *c = bench_audit(b);
    assert_string_equal(c->lead, "l"); /* a bare title would say too much */
    assert_string_equal(c->headline, "l 1,000 MiB");
    bench_playbook(b, VERDICT_RULES "verdicts:\n- {id: bare, title: B, likely: fired('yes')}\n");
    c = bench_audit(b);
    assert_null(c->lead);
    assert_string_equal(c->headline, "Nothing wrong was found.");
}

static void the_residual_verdict_needs_every_check(void **state)
{
    struct bench *b = *state;
    static const char playbook[] =
        "steps:\n- id: s\n  title: S\n  probes: [memory, pressure]\n  rules:\n"
        "  - {id: low, when: memory.available < 10% * memory.total, severity: warning, say: low}\n"
        "  - {id: psi, when: pressure.memory_some > 10%, severity: warning, say: x}\n"
        "verdicts:\n- {id: healthy, title: Healthy, headline: Fine.}\n";
    bench_playbook(b, playbook);
    bench_machine(b, 500);
    struct case_file *c = bench_audit(b);
    assert_string_equal(verdict_of(c, "healthy"), "unknown");
    assert_null(c->lead);
    bench_machine(b, 50);
    c = bench_audit(b);
    assert_string_equal(verdict_of(c, "healthy"), "ruled-out");
    assert_string_equal(c->headline, "low");
    bench_machine(b, 500);
    tree_file(&b->tree, "proc/pressure/memory",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    tree_file(&b->tree, "moment/0/time", "0\n");
    tree_file(&b->tree, "moment/1/time", "10\n");
    root_close(&b->tree.root);
    c = bench_audit(b);
    assert_check(c, "psi", "clear");
    assert_string_equal(verdict_of(c, "healthy"), "confirmed");
    assert_string_equal(c->headline, "Fine.");
    assert_near(c->window_s, 10, 0);
}

static void the_residual_verdict_is_likely_where_little_was_judged(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    static const char *const partials[][2] = {{"memory.total > 1MiB", "likely"},
                                              {"memory.total > 1TiB", "confirmed"},
                                              {"pressure.memory_some > 10%", "confirmed"}}; /* unknown */
    for (size_t i = 0; i < ARRAY_SIZE(partials); i++) {
        AUTO_FREE char *playbook =
            mem_printf("steps:\n- {id: s, title: S, why: x, probes: [memory, pressure]}\n"
                       "verdicts:\n- {id: healthy, title: Healthy, headline: Fine., partial: %s}\n",
                       partials[i][0]);
        bench_playbook(b, playbook);
        assert_string_equal(verdict_of(bench_audit(b), "healthy"), partials[i][1]);
    }
}

static void a_case_hardly_begun_is_not_healthy(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, VERDICT_RULES "verdicts:\n- {id: healthy, title: Healthy}\n");
    bench_open(b, NULL);
    static const enum move quit[] = {MOVE_QUIT};
    struct operator o = {.moves = quit, .count = 1};
    struct ui ui = op_ui(&o);
    ui.step_begins = NULL;
    assert_false(bench_run(b, &ui));
    assert_int_equal(b->c->status, CASE_OK); /* its one step was done before the operator left */
    bench_playbook(
        b, VERDICT_RULES
        "  questions:\n  - {id: q, ask: Q, type: yesno, default: false}\nverdicts:\n- {id: healthy, title: Healthy}\n");
    bench_close(b);
    bench_open(b, NULL);
    o = (struct operator){.moves = quit, .count = 1};
    assert_false(bench_run(b, &ui));
    assert_false(b->c->complete);
    assert_int_equal(b->c->status, CASE_UNKNOWN);
    assert_string_equal(verdict_of(b->c, "healthy"), "unknown");
    assert_non_null(strstr(b->c->headline, "the run is not complete"));
    assert_int_equal(b->c->status, 3);
}

#define RECOMMEND                                                                                                      \
    "steps:\n- id: swap\n  title: Swap\n  probes: [swap, memory]\n  rules:\n"                                          \
    "  - {id: full, for: swap_device, when: used > 50% * size, severity: warning, say: '{device}', recommend: [off, "  \
    "never, maybe]}\n"                                                                                                 \
    "- id: set\n  title: Set\n  probe: tunables\n  rules:\n"                                                           \
    "  - {id: always, when: swap.used > 0MiB, severity: info, say: a, recommend: [swappiness, total]}\n"               \
    "recommendations:\n"                                                                                               \
    "- {id: off, kind: service, title: 'Free {device}', apply: 'swapoff {device}', undo: 'swapon {device}'}\n"         \
    "- {id: never, kind: observe, title: N, when: size < 0MiB}\n"                                                      \
    "- {id: maybe, kind: observe, title: 'M {device}', when: fired('always') and used > 80% * size}\n"                 \
    "- {id: swappiness, kind: sysctl, sysctl: vm.swappiness, title: 'Now {current}'}\n"                                \
    "- {id: total, kind: observe, title: 'Of {memory.total}'}\n"

static void recommendations_are_worded_by_the_first_row(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    tree_file(&b->tree, "proc/sys/vm/swappiness", "77\n");
    bench_playbook(b, RECOMMEND);
    struct case_file *c = bench_audit(b);
    assert_string_equal(recommended(c, "off")->apply, "swapoff /b");
    assert_string_equal(recommended(c, "off")->undo, "swapon /b");
    assert_null(recommended(c, "off")->keep);
    assert_null(recommended(c, "never"));
    assert_null(recommended(c, "maybe")); /* not of the first row */
    assert_string_equal(recommended(c, "swappiness")->title, "Now 77");
    assert_string_equal(recommended(c, "swappiness")->verify, "sysctl vm.swappiness");
    assert_non_null(strstr(recommended(c, "swappiness")->undo, "sysctl -w vm.swappiness=77;"));
    assert_string_equal(recommended(c, "total")->title, "Of 1,000 MiB");
    assert_int_equal(c->recommendation_count, 3);
}

static void a_condition_that_a_later_step_decides_still_sees_the_row(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    tree_file(&b->tree, "proc/swaps",
              "Filename Type Size Used Priority\n/a partition 1000 100 -2\n/d partition 1000 900 -4\n");
    bench_playbook(b, RECOMMEND);
    struct case_file *c = bench_audit(b);
    assert_string_equal(recommended(c, "maybe")->title, "M /d");
}

static void recommendations_follow_a_step_done_again(void **state)
{
    struct bench *b = *state;
    bench_machine(b, 500);
    bench_playbook(b, RECOMMEND);
    bench_open(b, NULL);
    static const enum move again[] = {MOVE_NEXT, MOVE_BACK};
    struct operator o = {.moves = again, .count = 2};
    struct ui ui = op_ui(&o);
    ui.measured = NULL;
    /* the machine changes while the operator reads */
    static const enum move once[] = {MOVE_QUIT};
    struct operator first = {.moves = once, .count = 1};
    struct ui leave = op_ui(&first);
    assert_false(bench_run(b, &leave));
    assert_string_equal(recommended(b->c, "off")->apply, "swapoff /b");
    tree_file(&b->tree, "proc/swaps", "Filename Type Size Used Priority\n/c partition 1000 900 -4\n");
    b->c->steps[0].state = STEP_PENDING;
    assert_true(bench_run(b, &ui));
    assert_string_equal(o.log, "/swap /set /swap /set");
    assert_string_equal(recommended(b->c, "off")->apply, "swapoff /c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_rule_judges_each_row),
        bench_test(half_of_the_rows_must_be_known),
        bench_test(an_empty_table_is_no_all_clear_unless_all_was_seen),
        bench_test(an_optional_check_does_not_count_if_it_cannot_be_made),
        bench_test(most_limits_the_list_and_fired_counts_all),
        bench_test(the_worst_comes_first),
        bench_test(verdicts_are_weighed_in_three_values),
        bench_test(what_holds_has_a_kind_and_owners),
        bench_test(what_fired_is_asked_of_a_row),
        bench_test(what_does_harm_leads),
        bench_test(the_named_suspect_comes_first),
        bench_test(a_likely_verdict_leads_if_none_is_confirmed),
        bench_test(the_residual_verdict_needs_every_check),
        bench_test(the_residual_verdict_is_likely_where_little_was_judged),
        bench_test(a_case_hardly_begun_is_not_healthy),
        bench_test(recommendations_are_worded_by_the_first_row),
        bench_test(a_condition_that_a_later_step_decides_still_sees_the_row),
        bench_test(recommendations_follow_a_step_done_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
