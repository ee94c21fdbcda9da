/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case in memory: who owns what, and the words of its states. */
#include "engine/case/case.h"

#include <string.h>

struct case_file *case_new(void)
{
    struct case_file *c = mem_alloc(sizeof *c);
    c->status = CASE_UNKNOWN;
    return c;
}

void case_free(struct case_file *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->facts_count; i++)
        facts_free(c->facts[i]);
    free(c->facts);
    arena_free(&c->arena);
    free(c);
}

static size_t facts_place(const struct case_file *c, const char *probe)
{
    size_t i = 0;
    while (i < c->facts_count && strcmp(c->facts[i]->probe->name, probe) != 0)
        i++;
    return i;
}

struct facts *case_facts(const struct case_file *c, const char *probe)
{
    size_t i = facts_place(c, probe);
    return i < c->facts_count ? c->facts[i] : NULL;
}

struct table *case_table_named(const struct case_file *c, const char *probe, const char *name)
{
    struct facts *f = case_facts(c, probe);
    return f ? facts_table(f, name) : NULL;
}

void case_put_facts(struct case_file *c, struct facts *f)
{
    size_t i = facts_place(c, f->probe->name);
    if (i < c->facts_count) {
        if (c->facts[i] != f)
            facts_free(c->facts[i]);
    } else {
        MEM_ROOM(c->facts, c->facts_count);
        c->facts_count++;
    }
    c->facts[i] = f;
}

const struct table *case_table(const struct case_file *c, const struct table_decl *decl)
{
    return facts_find(c->facts, c->facts_count, decl);
}

struct check *case_check(const struct case_file *c, const char *id)
{
    return ARRAY_FIND(c->checks, c->check_count, id, id);
}

struct answer *case_answer(const struct case_file *c, const char *id)
{
    return ARRAY_FIND(c->answers, c->answer_count, id, id);
}

struct experiment *case_experiment(const struct case_file *c, const char *id)
{
    return ARRAY_FIND(c->experiments, c->experiment_count, id, id);
}

const struct verdict *case_verdict(const struct case_file *c, const char *id)
{
    return ARRAY_FIND(c->verdicts, c->verdict_count, id, id);
}

const struct verdict *case_ranked(const struct case_file *c, size_t rank)
{
    for (size_t i = 0; i < c->verdict_count; i++)
        if (c->verdicts[i].rank == rank)
            return &c->verdicts[i];
    return NULL;
}

const struct step_record *case_step(const struct case_file *c, const char *id)
{
    return ARRAY_FIND(c->steps, c->step_count, id, id);
}
