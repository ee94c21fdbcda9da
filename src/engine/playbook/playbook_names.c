/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What names mean in the expressions of a playbook: tables and columns of probes, limits, answers, rules, experiments. */
#include <stdio.h>
#include <string.h>

#include "engine/playbook/playbook_fields.h"

/* All steps, and where that is allowed those of the playbooks built on; NULL behind the last. */
static const struct step *step_at(const struct reader *r, size_t i)
{
    if (i < r->p->step_count)
        return &r->p->steps[i];
    i -= r->p->step_count;
    return r->lenient && i < r->base_step_count ? &r->base_steps[i] : NULL;
}

bool is_measured(const struct reader *r, const struct probe *probe)
{
    const struct step *s;
    for (size_t i = 0; (s = step_at(r, i)); i++)
        for (size_t k = 0; k < s->probe_count; k++)
            if (s->probes[k] == probe)
                return true;
    return r->unknown_probe;
}

static const struct table_decl *named_table(void *data, const char *name)
{
    struct reader *r = data;
    const struct probe *probe = NULL;
    const struct table_decl *t = probe_table(name, &probe);
    if (t && t != r->at_hand && !r->unmeasured && !is_measured(r, probe)) {
        r->unmeasured = t->name;
        r->unmeasured_probe = probe;
    }
    return t;
}

static bool named_limit(void *data, const char *name, enum type *type)
{
    struct limit *l = playbook_limit(((struct reader *)data)->p, name);
    if (!l)
        return false;
    *type = l->type;
    return l->used = true;
}

static struct question *find_question(struct reader *r, const char *id)
{
    const struct step *s;
    struct question *found = NULL;
    for (size_t n = 0; !found && (s = step_at(r, n)); n++)
        found = ARRAY_FIND(s->questions, s->question_count, id, id);
    return found;
}

static bool named_answer(void *data, const char *name, enum type *type)
{
    struct question *q = find_question(data, name);
    if (!q)
        return false;
    *type = question_answer_type(q);
    return q->used = true;
}

static const char *const *named_choices(void *data, const char *name)
{
    struct reader *r = data;
    const struct question *q = find_question(r, name);
    if (!q || q->type != QUESTION_CHOICE || !q->choice_count)
        return NULL;
    const char **ids = arena_alloc(r->arena, (q->choice_count + 1) * sizeof *ids);
    for (size_t i = 0; i < q->choice_count; i++)
        ids[i] = q->choices[i].id;
    return ids;
}

static bool named_experiment(void *data, const char *id, enum type *type)
{
    const struct step *s;
    const struct experiment_decl *d = NULL;
    for (size_t n = 0; !d && (s = step_at(data, n)); n++)
        d = ARRAY_FIND(s->experiments, s->experiment_count, id, id);
    if (!d || !d->measure)
        return false;
    *type = expr_type(d->measure);
    return true;
}

static bool named_rule(void *data, const char *id)
{
    const struct step *s;
    bool found = false;
    for (size_t n = 0; !found && (s = step_at(data, n)); n++)
        found = ARRAY_FIND(s->rules, s->rule_count, id, id);
    return found;
}

struct name_list {
    const char **out;
    size_t size, count;
};

static void list_name(struct name_list *l, const char *name)
{
    if (name && l->count + 1 < l->size)
        l->out[l->count++] = name;
}

static void list_tables(struct name_list *l)
{
    for (size_t i = 0; probes[i]; i++) {
        bool single = false;
        for (unsigned t = 0; t < probes[i]->table_count; t++) {
            list_name(l, probes[i]->tables[t].name);
            single = single || probes[i]->tables[t].single;
        }
        if (single)
            list_name(l, probes[i]->name);
    }
}

static size_t list_names(void *data, const char *kind, const char **out, size_t size)
{
    const struct playbook *p = ((struct reader *)data)->p;
    struct name_list l = {out, size, 0};
    if (strcmp(kind, "table") == 0)
        list_tables(&l);
    for (size_t i = 0; i < p->limit_count && strcmp(kind, "limit") == 0; i++)
        list_name(&l, p->limits[i].name);
    for (size_t s = 0; s < p->step_count; s++) {
        for (size_t i = 0; i < p->steps[s].question_count && strcmp(kind, "answer") == 0; i++)
            list_name(&l, p->steps[s].questions[i].id);
        for (size_t i = 0; i < p->steps[s].rule_count && strcmp(kind, "rule") == 0; i++)
            list_name(&l, p->steps[s].rules[i].id);
        for (size_t i = 0; i < p->steps[s].experiment_count && strcmp(kind, "experiment") == 0; i++)
            list_name(&l, p->steps[s].experiments[i].id);
    }
    if (size)
        out[l.count] = NULL;
    return l.count;
}

void bind_names(struct reader *r)
{
    r->names = (struct names){r,          named_table, named_limit,      named_answer,
                              named_rule, list_names,  named_experiment, named_choices};
}

void note_untyped(struct reader *r, const char *kind, const char *name)
{
    if (name && r->untyped_count < ARRAY_SIZE(r->untyped))
        r->untyped[r->untyped_count++] = arena_printf(r->arena, "%s.%s", kind, name);
}

void never_measured(struct reader *r, struct mark at, const char *table, const struct probe *probe)
{
    diag_add(r->d, at, "table '%s' is never measured: no step runs probe %s", table, probe->name);
}

static const struct table_decl *known_table(struct reader *r, struct mark at, const char *name,
                                            const struct probe **probe)
{
    const struct table_decl *t = probe_table(name, probe);
    const char *candidates[256];
    if (!t)
        diag_add(r->d, at, "unknown table '%s'%s", brief(name).text,
                 suggest(r, name, candidates, list_names(r, "table", candidates, ARRAY_SIZE(candidates))).text);
    return t;
}

const struct table_decl *map_table(struct reader *r, const struct yaml_node *map, const char *key)
{
    const char *name = map_text(r, map, key);
    const struct probe *probe = NULL;
    const struct table_decl *t = name ? known_table(r, map_get(map, key)->mark, name, &probe) : NULL;
    if (t && !is_measured(r, probe))
        never_measured(r, map_get(map, key)->mark, t->name, probe);
    return t;
}

bool check_column(struct reader *r, struct mark at, const struct table_decl *t, const char *name)
{
    if (table_decl_column(t, name) >= 0)
        return true;
    diag_add(r->d, at, "table '%s' has no column '%s'%s", t->name, brief(name).text,
             SUGGEST(r, name, t->columns, t->column_count, name).text);
    return false;
}

bool check_evidence(struct reader *r, struct mark at, const struct table_decl *row, const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!dot && row)
        return check_column(r, at, row, name);
    if (!dot) {
        diag_add(r->d, at, "'%s' names no column: without 'for', evidence is table.column", brief(name).text);
        return false;
    }
    char table[128];
    snprintf(table, sizeof table, "%.*s", (int)(dot - name), name);
    const struct probe *probe = NULL;
    const struct table_decl *t = known_table(r, at, table, &probe);
    if (!t || !check_column(r, at, t, dot + 1))
        return false;
    if (!t->single)
        diag_add(r->d, at, "table '%s' has many rows%s", t->name,
                 t == row ? ": write the column alone for the row at hand" : ", so that it cannot be evidence");
    else if (!is_measured(r, probe))
        never_measured(r, at, t->name, probe);
    return true;
}
