/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the shipped playbook makes of facts: its rules and proposals over one row, with its own limits. */
#ifndef FW_TESTS_SHIPPED_RULES_H
#define FW_TESTS_SHIPPED_RULES_H

#include <stdlib.h>
#include <string.h>

#include "find_rule.h"

enum { SHIPPED_FACTS_MAX = 8 };

struct shipped {
    struct playbook *playbook;
    struct facts *facts[SHIPPED_FACTS_MAX]; /* owned; those of other probes are not measured */
    size_t count;
    struct env env;
    const char *fired; /* the one rule of another step that fired; NULL: none did */
};

static inline const struct table *shipped_table(void *data, const struct table_decl *decl, const char **why)
{
    struct shipped *s = data;
    for (size_t i = 0; i < s->count; i++)
        for (unsigned k = 0; k < s->facts[i]->probe->table_count; k++)
            if (s->facts[i]->tables[k].decl == decl)
                return &s->facts[i]->tables[k];
    *why = "not measured";
    return NULL;
}

static inline struct value shipped_limit(void *data, const char *name)
{
    const struct playbook *p = ((struct shipped *)data)->playbook;
    for (size_t i = 0; i < p->limit_count; i++)
        if (strcmp(p->limits[i].name, name) == 0)
            return value_number(p->limits[i].type, p->limits[i].number);
    return value_unknown(TYPE_COUNT, "no such limit");
}

static inline struct value shipped_fired(void *data, const char *id)
{
    const struct shipped *s = data;
    return value_bool(s->fired && strcmp(s->fired, id) == 0);
}

static inline void shipped_open(struct shipped *s)
{
    struct diags d = {0};
    struct err e;
    *s = (struct shipped){.playbook = playbook_load("memory-fragmentation", &d, NULL, &e)};
    diags_free(&d);
    if (!s->playbook)
        abort();
    s->env = (struct env){.data = s, .table = shipped_table, .limit = shipped_limit, .fired = shipped_fired};
}

static inline void shipped_close(struct shipped *s)
{
    for (size_t i = 0; i < s->count; i++)
        facts_free(s->facts[i]);
    playbook_free(s->playbook);
}

/* As the engine does it: where and when of one row. */
static inline struct value shipped_judge(const struct shipped *s, const struct rule *rule, const struct scope *row)
{
    struct value where = rule->where ? expr_eval(rule->where, &s->env, row) : value_bool(true);
    if (where.known && !where.truth)
        return where;
    struct value when = expr_eval(rule->when, &s->env, row);
    return !where.known && !(when.known && !when.truth) ? where : when;
}

static inline bool shipped_fires(const struct shipped *s, const char *rule, const struct scope *row)
{
    struct value v = shipped_judge(s, find_rule(s->playbook, rule, NULL), row);
    return v.known && v.truth;
}

#endif
