/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/run/experiment.h"

#include <string.h>

#include "base/clock.h"
#include "base/wait.h"
#include "engine/run/compact.h"

static struct value measure(struct engine *g, const struct experiment_decl *d)
{
    return case_value(g->c, expr_eval(d->measure, &g->env, NULL));
}

/* Over facts of this moment, which are dropped: what the case says of the machine is what it was found like. */
static struct value measure_anew(struct engine *g, const struct experiment_decl *d)
{
    AUTO_FREE struct facts **anew = mem_array(d->again_count, sizeof *anew);
    for (size_t i = 0; i < d->again_count; i++)
        anew[i] = sampler_look(g->sampler, d->again[i]);
    g->instead = anew;
    g->instead_count = d->again_count;
    struct value v = measure(g, d);
    g->instead = NULL;
    g->instead_count = 0;
    for (size_t i = 0; i < d->again_count; i++)
        facts_free(anew[i]);
    return v;
}

static bool is_allowed(const struct engine *g, const struct experiment_decl *d)
{
    return g->options.allowed & 1u << d->action;
}

/* Whether somebody can be asked: "defaults for the rest" is no yes to anything. */
static bool can_ask(const struct engine *g, const struct ui *ui)
{
    return ui->experiment && !g->defaults;
}

/* Why it is of no use to offer it; NULL: it can be. */
static const char *obstacle(struct engine *g, const struct experiment_decl *d, const struct ui *ui,
                            const struct value *before)
{
    struct arena *a = &g->c->arena;
    const char *word = experiment_allow_word(d->action);
    struct err e;
    if (d->action == ACTION_OPERATOR && (!can_ask(g, ui) || !ui->instruct))
        return "not run without an operator, whom the session asks";
    if (!is_allowed(g, d) && !can_ask(g, ui))
        return arena_printf(a, "not run without a yes; --allow %s lets the audit do it", word);
    if (wait_signal())
        return "not run, as the run was ended early";
    if (!before->known)
        return arena_printf(a, "not run, as it could not be measured: %s", before->why);
    if (d->action == ACTION_COMPACT && !compact_allowed(g->options.root, &e))
        return arena_printf(a, "not run: %s", e.text);
    return NULL;
}

static void fail(struct engine *g, struct experiment *x, enum experiment_state state, const char *format,
                 const char *reason)
{
    x->state = state;
    x->why = arena_printf(&g->c->arena, format, reason);
}

/* The same look before and after, as time passed since the step's own. */
static bool begin_look(struct engine *g, const struct experiment_decl *d, struct experiment *x)
{
    x->before = measure_anew(g, d);
    if (!x->before.known)
        fail(g, x, EXPERIMENT_NOT_RUN, "not run, as it could not be measured: %s", x->before.why);
    return x->before.known;
}

static void end_with(struct engine *g, struct experiment *x, struct value after)
{
    x->after = after;
    x->state = EXPERIMENT_DONE;
    if (!after.known)
        fail(g, x, EXPERIMENT_FAILED, "it was made, but what it changed could not be measured: %s", after.why);
}

static void compact(struct engine *g, const struct experiment_decl *d, struct experiment *x)
{
    if (!begin_look(g, d, x))
        return;
    struct err e;
    double begin = clock_now();
    bool done = compact_memory(g->options.root, &e);
    x->duration_s = clock_now() - begin;
    if (done)
        end_with(g, x, measure_anew(g, d));
    else
        fail(g, x, EXPERIMENT_FAILED, "%s", e.text);
}

/* What was observed longer takes the place of what was. */
static enum move watch(struct engine *g, const struct step *step, const struct experiment_decl *d, struct experiment *x,
                       const struct ui *ui)
{
    double begin = clock_now();
    g->input.window_s += d->window_s;
    sampler_extend(g->sampler, d->window_s);
    enum move move = engine_note_defaults(g, engine_wait(g, ui));
    if (move != MOVE_NEXT)
        return move;
    x->duration_s = clock_now() - begin;
    engine_measure(g, step, ui, true);
    end_with(g, x, measure(g, d));
    return MOVE_NEXT;
}

static enum move let_operator(struct engine *g, const struct experiment_decl *d, struct experiment *x,
                              const struct ui *ui)
{
    if (!begin_look(g, d, x))
        return MOVE_NEXT;
    AUTO_STR struct str instruction = {0};
    message_eval(d->instruct, &g->env, NULL, &instruction);
    bool done = true;
    double begin = clock_now();
    enum move move = engine_note_defaults(g, ui->instruct(ui->data, g, str_text(&instruction), &done));
    if (move != MOVE_NEXT)
        return move;
    x->duration_s = clock_now() - begin;
    if (done)
        end_with(g, x, measure_anew(g, d));
    else
        x->state = EXPERIMENT_DECLINED;
    return MOVE_NEXT;
}

static enum move act(struct engine *g, const struct step *step, const struct experiment_decl *d, struct experiment *x,
                     const struct ui *ui)
{
    switch (d->action) {
    case ACTION_WATCH:
        return watch(g, step, d, x, ui);
    case ACTION_OPERATOR:
        return let_operator(g, d, x, ui);
    case ACTION_COMPACT:
        break;
    }
    compact(g, d, x);
    return MOVE_NEXT;
}

/* Asks unless it was allowed beforehand. *yes: it is to be made; otherwise *x says why not. */
static enum move decide(struct engine *g, const struct experiment_decl *d, struct experiment *x, const struct ui *ui,
                        bool *yes)
{
    *yes = is_allowed(g, d);
    x->why = obstacle(g, d, ui, &x->before);
    if (x->why) {
        *yes = false;
        return MOVE_NEXT;
    }
    enum move move = ui->experiment ? ui->experiment(ui->data, g, d, yes) : MOVE_NEXT;
    if (move == MOVE_DEFAULTS) {
        g->defaults = true;
        *yes = is_allowed(g, d);
        x->why = "not run without a yes";
        return MOVE_NEXT;
    }
    x->state = EXPERIMENT_DECLINED;
    return move;
}

static struct experiment begun(struct engine *g, const struct step *step, const struct experiment_decl *d)
{
    return (struct experiment){.id = d->id,
                               .step = step->id,
                               .ask = d->ask,
                               .action = experiment_action_names[d->action],
                               .cost = d->cost,
                               .risk = d->risk,
                               .measure = d->measured,
                               .before = measure(g, d),
                               .after = value_unknown(expr_type(d->measure), "the experiment was not made")};
}

static void record(struct engine *g, const struct experiment *x)
{
    struct case_file *c = g->c;
    c->experiments = case_room(c, c->experiments, c->experiment_count, &g->experiments_room, sizeof *x);
    c->experiments[c->experiment_count++] = *x;
}

static enum move make_one(struct engine *g, const struct step *step, const struct experiment_decl *d,
                          const struct ui *ui)
{
    struct experiment x = begun(g, step, d);
    bool yes;
    enum move move = decide(g, d, &x, ui, &yes);
    if (move == MOVE_NEXT && yes) {
        x.why = NULL;
        move = act(g, step, d, &x, ui);
    }
    if (move != MOVE_NEXT)
        return move;
    record(g, &x);
    if (ui->experimented)
        ui->experimented(ui->data, g, &x);
    if (x.state >= EXPERIMENT_DONE) /* why it failed is the reason why rules that rest on it are not checked */
        engine_judge(g, step, ui);
    return MOVE_NEXT;
}

/* What was allowed and is of no use is told, lest its silence be taken for an answer. */
static void tell_needless(struct engine *g, const struct step *step, const struct experiment_decl *d)
{
    struct experiment x = begun(g, step, d);
    x.why = "not run, as nothing was found that it would decide";
    record(g, &x);
}

/* One whose condition cannot be decided is not offered. */
enum move experiments_make(struct engine *g, const struct step *step, const struct ui *ui)
{
    experiments_forget(g, step);
    enum move move = MOVE_NEXT;
    for (size_t i = 0; g->options.root->live && i < step->experiment_count && move == MOVE_NEXT; i++)
        if (engine_holds(g, step->experiments[i].when, NULL))
            move = make_one(g, step, &step->experiments[i], ui);
        else if (is_allowed(g, &step->experiments[i]))
            tell_needless(g, step, &step->experiments[i]);
    return move;
}

bool experiments_made(const struct case_file *c, const struct step *step)
{
    for (size_t i = 0; i < c->experiment_count; i++)
        if (strcmp(c->experiments[i].step, step->id) == 0 && c->experiments[i].state >= EXPERIMENT_DONE)
            return true;
    return false;
}

void experiments_forget(struct engine *g, const struct step *from)
{
    const struct playbook *p = g->options.playbook;
    struct case_file *c = g->c;
    size_t left = 0;
    for (size_t i = 0; i < c->experiment_count; i++) {
        const struct step *step = playbook_step(p, c->experiments[i].step);
        if (step && step < from)
            c->experiments[left++] = c->experiments[i];
    }
    c->experiment_count = left;
}
