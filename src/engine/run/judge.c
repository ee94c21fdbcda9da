/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules to findings, findings to changes. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "engine/run/engine_state.h"
#include "engine/case/identity.h"

const char *keep_text(struct engine *g, const char *text, const char *before)
{
    return before && strcmp(before, text) == 0 ? before : arena_strdup(&g->c->arena, text);
}

const char *message_text(struct engine *g, const struct message *m, const struct scope *scope, const char *before)
{
    if (!m)
        return NULL;
    AUTO_STR struct str s = {0};
    message_eval(m, &g->env, scope, &s);
    return keep_text(g, str_text(&s), before);
}

/* Evidence is named by a column of the rule's table or by table.column of a single-row table. */
static struct value evidence_value(struct engine *g, const char *name, const struct scope *scope)
{
    const char *dot = strrchr(name, '.');
    if (!dot)
        return cell_named(scope ? scope->table : NULL, scope ? scope->row : 0, name);
    char table_name[128];
    snprintf(table_name, sizeof table_name, "%.*s", (int)(dot - name), name);
    const struct table_decl *decl = probe_table(table_name, NULL);
    const char *why = "not measured";
    const struct table *t = decl ? g->env.table(g->env.data, decl, &why) : NULL;
    int column = decl ? table_decl_column(decl, dot + 1) : -1;
    if (!t || !t->rows || column < 0)
        return value_unknown(column < 0 ? TYPE_TEXT : decl->columns[column].type, why ? why : "no row");
    return cell_get(t, 0, (unsigned)column);
}

typedef void name_row(const struct table *t, size_t row, struct str *out);

static const char *row_name(struct engine *g, name_row *name, const struct scope *scope)
{
    AUTO_STR struct str s = {0};
    if (scope)
        name(scope->table, scope->row, &s);
    return s.length ? arena_strdup(&g->c->arena, s.data) : NULL;
}

static const struct finding *first_recommending(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->finding_count; i++)
        for (size_t k = 0; k < c->findings[i].recommend_count; k++)
            if (strcmp(c->findings[i].recommend[k], id) == 0)
                return &c->findings[i];
    return NULL;
}

static bool find_tunable(struct engine *g, const char *sysctl, struct scope *out)
{
    const char *why = NULL;
    const struct table_decl *decl = probe_table("tunable", NULL);
    const struct table *t = decl ? g->env.table(g->env.data, decl, &why) : NULL;
    for (size_t r = 0; t && r < t->rows; r++) {
        struct value v = cell_named(t, r, "name");
        if (v.known && strcmp(v.text, sysctl) == 0) {
            *out = (struct scope){t, r, NULL};
            return true;
        }
    }
    return false;
}

/* The row that a finding was about, if the case still has it. */
static bool find_row(struct engine *g, const struct table_decl *decl, const struct finding *f, struct scope *out)
{
    const char *why = NULL;
    const struct table *t = f && f->row ? g->env.table(g->env.data, decl, &why) : NULL;
    AUTO_STR struct str s = {0};
    for (size_t r = 0; t && r < t->rows; r++) {
        str_clear(&s);
        identity_here(t, r, &s);
        if (strcmp(str_text(&s), f->row) == 0) {
            *out = (struct scope){t, r, NULL};
            return true;
        }
    }
    return false;
}

/* In the words of that row, if it is one of the table whose rows the recommendation speaks of. */
static void render_recommendation(struct engine *g, size_t index, const struct scope *row)
{
    const struct recommendation_decl *d = &g->options.playbook->recommendations[index];
    const struct scope *scope = NULL;
    struct scope found;
    if (d->sysctl) {
        if (!find_tunable(g, d->sysctl, &found))
            return; /* rendered when the tunables have been read */
        scope = &found;
    } else if (d->table && row && row->table->decl == d->table) {
        scope = row;
    } else if (d->table && find_row(g, d->table, first_recommending(g->c, d->id), &found)) {
        scope = &found;
    }
    if (!engine_holds(g, d->when, scope)) {
        g->rendered[index] = NULL;
        return;
    }
    struct recommendation *r = g->rendered[index];
    if (!r)
        r = g->rendered[index] = arena_alloc(&g->c->arena, sizeof *r);
    *r = (struct recommendation){.id = d->id,
                                 .kind = d->kind,
                                 .sysctl = d->sysctl,
#define RENDERED(R, KIND, member, ...) .member = message_text(g, d->member, scope, r->member),
                                 RECOMMENDATION_TEXTS(RENDERED, )};
}

/* Messages that name columns are rendered for the row at hand; the rest is rendered when all is known. */
static void word_for_rule(struct engine *g, const struct rule *rule, const struct scope *row)
{
    const struct playbook *p = g->options.playbook;
    for (size_t i = 0; row && i < rule->recommend_count; i++)
        for (size_t k = 0; k < p->recommendation_count; k++)
            if (!g->rendered[k] && p->recommendations[k].table &&
                strcmp(p->recommendations[k].id, rule->recommend[i]) == 0)
                render_recommendation(g, k, row);
}

static void add_finding(struct engine *g, const struct step *step, const struct rule *rule, const struct scope *scope)
{
    struct case_file *c = g->c;
    c->findings = case_room(c, c->findings, c->finding_count, &g->findings_room, sizeof *c->findings);
    struct finding *f = &c->findings[c->finding_count++];
    *f = (struct finding){
        .id = rule->id,
        .step = step->id,
        .severity = rule->harm && !engine_holds(g, rule->harm, scope) ? SEVERITY_INFO : rule->severity,
        .say = message_text(g, rule->say, scope, NULL),
        .row = row_name(g, identity_here, scope),
        .identity = row_name(g, identity_anywhere, scope),
        .recommend = rule->recommend,
        .recommend_count = rule->recommend_count,
        .why = rule->why,
        .source = rule->source,
        .formula = rule->formula,
        .evidence = arena_alloc(&c->arena, rule->evidence_count * sizeof *f->evidence),
        .evidence_count = rule->evidence_count,
    };
    for (size_t i = 0; i < rule->evidence_count; i++)
        f->evidence[i] =
            (struct evidence){rule->evidence[i], case_value(g->c, evidence_value(g, rule->evidence[i], scope))};
    word_for_rule(g, rule, scope);
}

/* The three-valued conjunction of where and when for one row. */
static struct value judge_row(struct engine *g, const struct rule *rule, const struct scope *scope, bool *considered)
{
    *considered = true;
    struct value where = rule->where ? expr_eval(rule->where, &g->env, scope) : value_bool(true);
    if (where.known && !where.truth) {
        *considered = false;
        return value_bool(false);
    }
    struct value when = expr_eval(rule->when, &g->env, scope);
    if (!where.known && !(when.known && !when.truth))
        return where;
    return when;
}

static void judge_rule(struct engine *g, const struct step *step, const struct rule *rule)
{
    struct check *check = case_check(g->c, rule->id);
    check->rows = check->fired = check->unknown = 0;
    check->why = NULL;
    const char *why = NULL;
    const struct table *table = rule->table ? g->env.table(g->env.data, rule->table, &why) : NULL;
    if (rule->table && !table) {
        check->result = CHECK_UNCHECKED;
        check->why = arena_strdup(&g->c->arena, why ? why : "not measured");
        return;
    }
    size_t rows = rule->table ? table->rows : 1;
    for (size_t r = 0; r < rows; r++) {
        struct scope scope = {table, r, NULL};
        const struct scope *at = rule->table ? &scope : NULL;
        bool considered;
        struct value v = judge_row(g, rule, at, &considered);
        if (!considered)
            continue;
        check->rows++;
        if (!v.known) {
            check->unknown++;
            if (!why)
                why = v.why;
        } else if (v.truth && ++check->fired <= rule->most) {
            add_finding(g, step, rule, at);
        }
    }
    /* A check over rows is made if most of them could be judged; the others are still listed with their reason. */
    if (check->fired)
        check->result = CHECK_FIRED;
    else
        check->result = check->unknown * 2 > check->rows ? CHECK_UNCHECKED : CHECK_CLEAR;
    if (check->unknown || check->result == CHECK_UNCHECKED) {
        if (!why)
            why = "not measured";
        check->why = check->rows > 1 ? arena_printf(&g->c->arena, "%zu of %zu: %s", check->unknown, check->rows, why)
                                     : arena_strdup(&g->c->arena, why);
    }
}

enum { RULES_MAX = 10000 }; /* more than the nodes that a playbook may have */

/* Worst first, then those of the leading verdict, then in the order of the runbook. */
static unsigned rank(const struct engine *g, const struct finding *f)
{
    const struct playbook *p = g->options.playbook;
    unsigned place = 0;
    for (size_t i = 0; i < p->step_count; i++)
        for (size_t k = 0; k < p->steps[i].rule_count; k++, place++)
            if (strcmp(p->steps[i].rules[k].id, f->id) == 0)
                return (SEVERITY_CRITICAL - f->severity) * 2 * RULES_MAX +
                       (verdict_cites(p, g->c->lead, f->id) ? 0 : RULES_MAX) + place;
    return UINT_MAX;
}

static void sort_findings(struct engine *g)
{
    struct case_file *c = g->c;
    AUTO_FREE unsigned *ranks = mem_array(c->finding_count, sizeof *ranks);
    for (size_t i = 0; i < c->finding_count; i++) {
        struct finding f = c->findings[i];
        unsigned r = rank(g, &f);
        size_t k = i;
        for (; k > 0 && ranks[k - 1] > r; k--) {
            ranks[k] = ranks[k - 1];
            c->findings[k] = c->findings[k - 1];
        }
        ranks[k] = r;
        c->findings[k] = f;
    }
}

void judge_forget(struct engine *g, const struct step *step, const char *why)
{
    struct case_file *c = g->c;
    const struct playbook *p = g->options.playbook;
    size_t kept = 0;
    for (size_t i = 0; i < c->finding_count; i++)
        if (strcmp(c->findings[i].step, step->id) != 0)
            c->findings[kept++] = c->findings[i];
    c->finding_count = kept;
    for (size_t i = 0; i < step->rule_count; i++) {
        struct check *check = case_check(c, step->rules[i].id);
        check->result = CHECK_NOT_RUN;
        check->why = why;
        check->rows = check->fired = check->unknown = 0;
    }
    /* what no other step recommends is rendered anew if it is recommended again */
    for (size_t k = 0; k < p->recommendation_count; k++)
        if (g->rendered[k] && !first_recommending(c, p->recommendations[k].id))
            g->rendered[k] = NULL;
}

void judge_step(struct engine *g, const struct step *step)
{
    judge_forget(g, step, NULL);
    for (size_t i = 0; i < step->rule_count; i++)
        judge_rule(g, step, &step->rules[i]);
}

static void list_changes_of(struct engine *g, const struct finding *f, const char *verdict)
{
    struct case_file *c = g->c;
    const struct playbook *p = g->options.playbook;
    for (size_t r = 0; r < f->recommend_count; r++) {
        const struct recommendation_decl *d =
            ARRAY_FIND(p->recommendations, p->recommendation_count, id, f->recommend[r]);
        const struct recommendation *rendered = d ? g->rendered[d - p->recommendations] : NULL;
        if (!rendered || ARRAY_FIND(g->recommendations, c->recommendation_count, id, d->id))
            continue;
        struct recommendation *listed = &g->recommendations[c->recommendation_count++];
        *listed = *rendered;
        listed->verdict = verdict;
    }
}

/* Those of each verdict that holds, the leading one's first, then in the order of the findings; each once. */
static void list_recommendations(struct engine *g)
{
    struct case_file *c = g->c;
    const struct playbook *p = g->options.playbook;
    for (size_t k = 0; k < p->recommendation_count; k++) {
        if (!first_recommending(c, p->recommendations[k].id))
            g->rendered[k] = NULL;
        else if (!g->rendered[k] || !p->recommendations[k].table) /* of no row: by what is known by now */
            render_recommendation(g, k, NULL);
    }
    c->recommendations = g->recommendations;
    c->recommendation_count = 0;
    const struct verdict *v;
    for (size_t rank = 1; (v = case_ranked(c, rank)); rank++)
        for (size_t i = 0; i < c->finding_count; i++)
            if (verdict_cites(p, v->id, c->findings[i].id))
                list_changes_of(g, &c->findings[i], v->id);
    for (size_t i = 0; i < c->finding_count; i++)
        list_changes_of(g, &c->findings[i], NULL);
}

static struct value figure_value(struct engine *g, const struct expr *e, enum type type)
{
    return e ? case_value(g->c, expr_eval(e, &g->env, NULL)) : value_unknown(type, "it has none");
}

static void take_figures(struct engine *g)
{
    struct case_file *c = g->c;
    const struct playbook *p = g->options.playbook;
    if (!g->figures)
        g->figures = arena_alloc(&c->arena, p->figure_count * sizeof *g->figures);
    c->figures = g->figures;
    c->figure_count = p->figure_count;
    for (size_t i = 0; i < p->figure_count; i++) {
        const struct figure_decl *d = &p->figures[i];
        enum type type = expr_type(d->value);
        c->figures[i] = (struct figure){.id = d->id,
                                        .title = d->title,
                                        .value = figure_value(g, d->value, type),
                                        .warning = figure_value(g, d->warning, type),
                                        .critical = figure_value(g, d->critical, type),
                                        .below = d->below};
    }
}

void judge_whole(struct engine *g)
{
    struct case_file *c = g->c;
    if (!g->recommendations)
        g->recommendations =
            arena_alloc(&c->arena, g->options.playbook->recommendation_count * sizeof *g->recommendations);
    sort_findings(g);
    weigh_verdicts(g);
    sort_findings(g); /* by what leads now */
    list_recommendations(g);
    take_figures(g);
}
