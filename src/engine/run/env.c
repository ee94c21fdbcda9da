/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the names in a playbook's expressions mean while it runs. */
#include <string.h>

#include "engine/case/identity.h"
#include "engine/run/engine_state.h"

/* No row at all, of a probe that could not look, is no all-clear. */
static const struct table *env_table(void *data, const struct table_decl *decl, const char **why)
{
    struct engine *g = data;
    const struct table *t = facts_find(g->instead, g->instead_count, decl);
    if (!t)
        t = case_table(g->c, decl);
    if (t && (t->rows || t->facts->status == STATUS_OK))
        return t;
    *why = !t ? "not measured" : t->facts->reason ? t->facts->reason : status_name(t->facts->status);
    return NULL;
}

static struct value env_limit(void *data, const char *name)
{
    struct engine *g = data;
    const struct limit *l = playbook_limit(g->options.playbook, name);
    return l ? value_number(l->type, l->number) : value_unknown(TYPE_COUNT, "no such limit");
}

static struct value env_answer(void *data, const char *name)
{
    struct engine *g = data;
    const struct answer *a = case_answer(g->c, name);
    return a ? a->value : value_unknown(TYPE_TEXT, "not asked");
}

static struct value env_fired(void *data, const char *id)
{
    struct engine *g = data;
    const struct check *check = case_check(g->c, id);
    if (!check) /* left out of the playbook that this one extends: like a branch not taken */
        return value_bool(false);
    switch (check->result) {
    case CHECK_FIRED:
        return value_bool(true);
    case CHECK_CLEAR:
        return value_bool(false);
    case CHECK_UNCHECKED:
        return value_unknown(TYPE_BOOL, check->why);
    case CHECK_NOT_RUN:
        break;
    }
    /* a branch that the runbook did not take does not apply, which is an answer */
    const struct step_record *record = case_step(g->c, check->step);
    if (record && record->state == STEP_PASSED)
        return value_bool(false);
    return value_unknown(TYPE_BOOL, check->why ? check->why : "not run yet");
}

static bool env_fired_here(void *data, const char *id, const struct table *t, size_t row)
{
    const struct case_file *c = ((struct engine *)data)->c;
    AUTO_STR struct str s = {0};
    identity_here(t, row, &s);
    for (size_t i = 0; i < c->finding_count; i++)
        if (c->findings[i].row && strcmp(c->findings[i].id, id) == 0 && strcmp(c->findings[i].row, str_text(&s)) == 0)
            return true;
    return false;
}

/* What was measured where it was made; the reason why nothing was, in all other cases. */
static struct value measured(struct engine *g, const char *id, bool after)
{
    const struct experiment *x = case_experiment(g->c, id);
    struct value v = x && after ? x->after : x ? x->before : value_unknown(TYPE_COUNT, NULL);
    if (x && x->state == EXPERIMENT_DONE)
        return v;
    return value_unknown(v.type,
                         x && x->state == EXPERIMENT_FAILED ? "the experiment failed" : "the experiment was not made");
}

static struct value env_before(void *data, const char *id)
{
    return measured(data, id, false);
}

static struct value env_after(void *data, const char *id)
{
    return measured(data, id, true);
}

bool engine_holds(const struct engine *g, const struct expr *condition, const struct scope *scope)
{
    struct value v = condition ? expr_eval(condition, &g->env, scope) : value_bool(true);
    return v.known && v.truth;
}

struct env engine_names(struct engine *g)
{
    return (struct env){.data = g,
                        .table = env_table,
                        .limit = env_limit,
                        .answer = env_answer,
                        .fired = env_fired,
                        .fired_here = env_fired_here,
                        .before = env_before,
                        .after = env_after};
}
