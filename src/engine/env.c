/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the names in a playbook's expressions mean while it runs. */
#include <string.h>

#include "engine/engine_state.h"

struct check *case_check(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->check_count; i++)
        if (strcmp(c->checks[i].id, id) == 0)
            return &c->checks[i];
    return NULL;
}

struct answer *case_answer(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->answer_count; i++)
        if (strcmp(c->answers[i].id, id) == 0)
            return &c->answers[i];
    return NULL;
}

const struct step_record *case_step(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->step_count; i++)
        if (strcmp(c->steps[i].id, id) == 0)
            return &c->steps[i];
    return NULL;
}

/* No row at all, of a probe that could not look, is no all-clear. */
static const struct table *env_table(void *data, const struct table_decl *decl, const char **why)
{
    struct engine *g = data;
    for (size_t i = 0; i < g->c->facts_count; i++) {
        struct facts *f = g->c->facts[i];
        for (unsigned t = 0; t < f->probe->table_count; t++) {
            if (&f->probe->tables[t] != decl)
                continue;
            if (f->tables[t].rows == 0 && f->status != STATUS_OK) {
                *why = f->reason ? f->reason : status_name(f->status);
                return NULL;
            }
            return &f->tables[t];
        }
    }
    *why = "not measured";
    return NULL;
}

static struct value env_limit(void *data, const char *name)
{
    struct engine *g = data;
    const struct playbook *p = g->options.playbook;
    for (size_t i = 0; i < p->limit_count; i++)
        if (strcmp(p->limits[i].name, name) == 0)
            return value_number(p->limits[i].type, p->limits[i].number);
    return value_unknown(TYPE_COUNT, "no such limit");
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
    if (!check)
        return value_unknown(TYPE_BOOL, "no such check");
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

struct env engine_names(struct engine *g)
{
    return (struct env){.data = g, .table = env_table, .limit = env_limit, .answer = env_answer, .fired = env_fired};
}
