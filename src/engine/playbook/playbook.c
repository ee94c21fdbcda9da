/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A playbook from its text. Twice over the tree of its YAML: first what is declared (ids, limits, questions), then the
 * expressions and messages, which may refer to anything declared before or after them. */
#include "engine/playbook/playbook.h"

#include <string.h>

#include "engine/playbook/playbook_fields.h"

enum type question_answer_type(const struct question *q)
{
    switch (q->type) {
    case QUESTION_YESNO:
        return TYPE_BOOL;
    case QUESTION_NUMBER:
        return q->unit;
    case QUESTION_PROCESS:
        return TYPE_COUNT;
    default:
        return TYPE_TEXT;
    }
}

/* What a person does, a person must be there for. */
const char *experiment_allow_word(enum experiment_action a)
{
    return a == ACTION_COMPACT ? "compaction" : a == ACTION_WATCH ? "watching" : NULL;
}

/* Complaints about a playbook that is built on: who changed it, so that they arise? */
static void name_builder(const struct reader *r, size_t before, struct mark extends)
{
    for (size_t i = before; i < r->d->count; i++)
        if (r->d->items[i].mark.file && strcmp(r->d->items[i].mark.file, r->p->file) != 0) {
            diag_add(r->d, extends, "%s cannot be built on like this: see what is told of it",
                     r->d->items[i].mark.file);
            return;
        }
}

struct playbook *playbook_parse(const char *file, const char *text, size_t length, struct diags *d)
{
    struct playbook *p = mem_alloc(sizeof *p);
    p->file = arena_strdup(&p->arena, file);
    struct reader r = {.p = p, .arena = &p->arena, .d = d};
    bind_names(&r);
    size_t before = d->count;
    struct arena nodes = {0};
    const struct yaml_node *root = yaml_tree(&nodes, &p->arena, p->file, text, length, d);
    const struct yaml_node *extends = map_get(root, "extends");
    root = root ? playbook_extend(&r, &nodes, root) : NULL;
    if (root && playbook_declare(&r, root)) {
        playbook_compile(&r, root);
        playbook_check(&r);
    }
    if (extends)
        name_builder(&r, before, extends->mark);
    arena_free(&nodes);
    if (d->count == before)
        return p;
    diags_sort(d);
    playbook_free(p);
    return NULL;
}

void playbook_free(struct playbook *p)
{
    if (!p)
        return;
    arena_free(&p->code);
    arena_free(&p->arena);
    diags_free(&p->warnings);
    free(p);
}

void playbook_retire(struct playbook *p)
{
    arena_free(&p->code);
}

struct limit *playbook_limit(const struct playbook *p, const char *name)
{
    return ARRAY_FIND(p->limits, p->limit_count, name, name);
}

const struct step *playbook_step(const struct playbook *p, const char *id)
{
    return ARRAY_FIND(p->steps, p->step_count, id, id);
}

const struct question *playbook_question(const struct playbook *p, const char *id)
{
    const struct question *found = NULL;
    for (size_t s = 0; s < p->step_count && !found; s++)
        found = ARRAY_FIND(p->steps[s].questions, p->steps[s].question_count, id, id);
    return found;
}
