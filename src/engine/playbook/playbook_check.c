/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What only the whole playbook shows: ids that clash, steps never reached or without end, advice never given. */
#include <string.h>

#include "engine/playbook/playbook_fields.h"

struct declared {
    const char *id;
    struct mark mark;
};

struct declared_list {
    struct declared *items;
    size_t count;
};

static void note(struct declared_list *l, const char *id, struct mark mark)
{
    if (!id)
        return;
    MEM_ROOM(l->items, l->count);
    l->items[l->count++] = (struct declared){id, mark};
}

static int compare_declared(const void *a, const void *b)
{
    const struct declared *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : mark_compare(&x->mark, &y->mark);
}

static void complain_again(struct reader *r, struct mark at, struct mark first, const char *what, const char *id)
{
    bool elsewhere = first.file != at.file;
    diag_add(r->d, at, "duplicate %s id '%s': first at %s%s%u", what, id, elsewhere ? first.file : "line ",
             elsewhere ? ":" : "", first.line);
}

static void check_unique(struct reader *r, struct declared_list *l, const char *what)
{
    if (l->count)
        qsort(l->items, l->count, sizeof *l->items, compare_declared);
    for (size_t i = 1; i < l->count; i++)
        if (strcmp(l->items[i].id, l->items[i - 1].id) == 0)
            complain_again(r, l->items[i].mark, l->items[i - 1].mark, what, l->items[i].id);
    free(l->items);
}

static void check_ids(struct reader *r)
{
    const struct playbook *p = r->p;
    struct declared_list steps = {0}, questions = {0}, rules = {0}, recommendations = {0}, verdicts = {0},
                         figures = {0};
    for (size_t s = 0; s < p->step_count; s++) {
        const struct step *step = &p->steps[s];
        note(&steps, step->id, step->mark);
        for (size_t i = 0; i < step->question_count; i++)
            note(&questions, step->questions[i].id, step->questions[i].mark);
        for (size_t i = 0; i < step->experiment_count; i++)
            note(&questions, step->experiments[i].id, step->experiments[i].mark);
        for (size_t i = 0; i < step->rule_count; i++)
            note(&rules, step->rules[i].id, step->rules[i].mark);
    }
    for (size_t i = 0; i < p->recommendation_count; i++)
        note(&recommendations, p->recommendations[i].id, p->recommendations[i].mark);
    for (size_t i = 0; i < p->verdict_count; i++)
        note(&verdicts, p->verdicts[i].id, p->verdicts[i].mark);
    for (size_t i = 0; i < p->figure_count; i++)
        note(&figures, p->figures[i].id, p->figures[i].mark);
    check_unique(r, &steps, "step");
    check_unique(r, &questions, "question or experiment");
    check_unique(r, &rules, "rule");
    check_unique(r, &recommendations, "recommendation");
    check_unique(r, &verdicts, "verdict");
    check_unique(r, &figures, "figure");
}

/* The graph of steps: for each, to where `next` leads, and whether the step after it can follow. */
struct graph {
    size_t count;
    bool edge[PLAYBOOK_STEPS_MAX][PLAYBOOK_STEPS_MAX];
    bool broken; /* a next leads nowhere: reachability cannot be told */
};

static void add_next(struct reader *r, struct graph *g, size_t from, const struct next *next)
{
    const struct playbook *p = r->p;
    if (!next->step) {
        g->broken = true;
        return;
    }
    if (strcmp(next->step, "end") == 0)
        return;
    const struct step *to = playbook_step(p, next->step);
    if (to) {
        g->edge[from][to - p->steps] = true;
        return;
    }
    g->broken = true;
    const char *ids[PLAYBOOK_STEPS_MAX + 1] = {"end"};
    size_t count = 1;
    for (size_t i = 0; i < p->step_count; i++)
        if (p->steps[i].id)
            ids[count++] = p->steps[i].id;
    diag_add(r->d, next->mark, "there is no step '%s'%s", brief(next->step).text,
             suggest(r, next->step, ids, count).text);
}

static void visit(const struct graph *g, size_t from, bool *seen)
{
    if (seen[from])
        return;
    seen[from] = true;
    for (size_t to = 0; to < g->count; to++)
        if (g->edge[from][to])
            visit(g, to, seen);
}

static void check_loops(struct reader *r, const struct graph *g)
{
    const struct playbook *p = r->p;
    for (size_t s = 0; s < p->step_count; s++)
        for (size_t i = 0; i < p->steps[s].next_count; i++) {
            const struct next *next = &p->steps[s].nexts[i];
            const struct step *to = next->step ? playbook_step(p, next->step) : NULL;
            if (!to || (size_t)(to - p->steps) > s)
                continue; /* only a way back can close a loop, as all others lead forward */
            bool seen[PLAYBOOK_STEPS_MAX] = {false};
            visit(g, (size_t)(to - p->steps), seen);
            if (seen[s])
                diag_add(r->d, next->mark,
                         "this leads back to step '%s', which leads here again: it could go on forever", to->id);
        }
}

static void check_steps(struct reader *r)
{
    const struct playbook *p = r->p;
    AUTO_FREE struct graph *g = mem_alloc(sizeof *g);
    g->count = p->step_count;
    for (size_t s = 0; s < p->step_count; s++) {
        const struct step *step = &p->steps[s];
        bool always = false;
        for (size_t i = 0; i < step->next_count; i++) {
            add_next(r, g, s, &step->nexts[i]);
            always = always || !step->nexts[i].when;
        }
        /* A step whose `when` is false is passed over, and the one after it follows. */
        if (s + 1 < p->step_count && (!always || step->when))
            g->edge[s][s + 1] = true;
    }
    check_loops(r, g);
    bool seen[PLAYBOOK_STEPS_MAX] = {false};
    if (p->step_count && !g->broken)
        visit(g, 0, seen);
    for (size_t s = 0; s < p->step_count && !g->broken; s++)
        if (!seen[s])
            diag_add(r->d, p->steps[s].mark,
                     "step '%s' is never reached: no 'next' leads to it, and the step before it leads elsewhere",
                     p->steps[s].id ? p->steps[s].id : "?");
}

static bool is_recommended(const struct playbook *p, const char *id)
{
    for (size_t s = 0; s < p->step_count; s++)
        for (size_t i = 0; i < p->steps[s].rule_count; i++)
            for (size_t k = 0; k < p->steps[s].rules[i].recommend_count; k++)
                if (strcmp(p->steps[s].rules[i].recommend[k], id) == 0)
                    return true;
    return false;
}

/* Words and files are for whoever reads the report, and probes look at the process that is named. */
static bool serves_by_itself(const struct question *q)
{
    return q->type == QUESTION_TEXT || q->type == QUESTION_FILE || q->type == QUESTION_PROCESS;
}

/* Of the playbook's own: what a base has beyond that is none of its business. */
static void warn_of_unused(struct reader *r)
{
    struct playbook *p = r->p;
    for (size_t i = 0; i < p->limit_count; i++)
        if (!p->limits[i].used && !is_inherited(r, p->limits[i].mark))
            diag_add(&p->warnings, p->limits[i].mark, "warning: nothing uses limit.%s", p->limits[i].name);
    for (size_t s = 0; s < p->step_count; s++)
        for (size_t i = 0; i < p->steps[s].question_count; i++) {
            const struct question *q = &p->steps[s].questions[i];
            if (!q->used && !serves_by_itself(q) && !is_inherited(r, q->mark))
                diag_add(&p->warnings, q->mark, "warning: nothing uses answer.%s", q->id);
        }
    diags_sort(&p->warnings);
}

void playbook_check(struct reader *r)
{
    const struct playbook *p = r->p;
    check_ids(r);
    check_steps(r);
    for (size_t i = 0; i < p->recommendation_count; i++)
        if (p->recommendations[i].id && !is_recommended(p, p->recommendations[i].id))
            diag_add(r->d, p->recommendations[i].mark, "recommendation '%s' is never recommended",
                     p->recommendations[i].id);
    warn_of_unused(r);
}
