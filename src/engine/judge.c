/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules to findings, findings to verdicts. */
#include <stdio.h>
#include <string.h>

#include "engine/engine_state.h"

struct check *case_check(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->check_count; i++)
        if (strcmp(c->checks[i].id, id) == 0)
            return &c->checks[i];
    return NULL;
}

static const char *message_text(struct engine *g, const struct message *m, const struct scope *scope)
{
    if (!m)
        return NULL;
    AUTO_STR struct str s = {0};
    message_eval(m, &g->env, scope, &s);
    return arena_strdup(&g->c->arena, str_text(&s));
}

static struct value keep_value(struct engine *g, struct value v)
{
    if (v.known && v.type == TYPE_TEXT)
        v.text = arena_strdup(&g->c->arena, v.text);
    if (!v.known && v.why)
        v.why = arena_strdup(&g->c->arena, v.why);
    return v;
}

/* Evidence is named by a column of the rule's table or by table.column of a single-row table. */
static struct value evidence_value(struct engine *g, const char *name, const struct scope *scope)
{
    const char *dot = strrchr(name, '.');
    if (!dot) {
        int column = scope ? table_decl_column(scope->table->decl, name) : -1;
        return column < 0 ? value_unknown(TYPE_TEXT, "no such column") : cell_get(scope->table, scope->row, (unsigned)column);
    }
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

static const char *row_identity(struct engine *g, const struct table *t, size_t row)
{
    AUTO_STR struct str s = {0};
    for (const char *const *key = t->decl->key; key && *key; key++) {
        int column = table_decl_column(t->decl, *key);
        if (column < 0)
            continue;
        struct value v = cell_get(t, row, (unsigned)column);
        if (s.length)
            str_add_char(&s, ' ');
        str_printf(&s, "%s=", *key);
        value_format(&v, true, &s);
    }
    return s.length ? arena_strdup(&g->c->arena, s.data) : NULL;
}

static void word_recommendation(struct engine *g, size_t index, const struct scope *row)
{
    const struct recommendation_decl *d = &g->options.playbook->recommendations[index];
    const struct scope *scope = d->table && row && row->table->decl == d->table ? row : NULL;
    struct scope tunable;
    if (d->sysctl) {
        const char *why = NULL;
        const struct table_decl *decl = probe_table("tunable", NULL);
        const struct table *t = decl ? g->env.table(g->env.data, decl, &why) : NULL;
        int name = decl ? table_decl_column(decl, "name") : -1;
        for (size_t r = 0; t && name >= 0 && r < t->rows && !scope; r++) {
            struct value v = cell_get(t, r, (unsigned)name);
            if (v.known && strcmp(v.text, d->sysctl) == 0) {
                tunable = (struct scope){t, r, NULL};
                scope = &tunable;
            }
        }
        if (!scope)
            return; /* worded when the tunables have been read */
    }
    if (d->when) {
        struct value v = expr_eval(d->when, &g->env, scope);
        if (!v.known || !v.truth) {
            g->worded[index] = NULL;
            return;
        }
    }
    struct recommendation *r = arena_alloc(&g->c->arena, sizeof *r);
    *r = (struct recommendation){
        .id = d->id,
        .kind = d->kind,
        .sysctl = d->sysctl,
        .title = message_text(g, d->title, scope),
        .current = message_text(g, d->current, scope),
        .proposed = message_text(g, d->proposed, scope),
        .apply = message_text(g, d->apply, scope),
        .keep = message_text(g, d->keep, scope),
        .verify = message_text(g, d->verify, scope),
        .undo = message_text(g, d->undo, scope),
        .risk = message_text(g, d->risk, scope),
        .why = message_text(g, d->why, scope),
    };
    g->worded[index] = r;
}

static void word_for_rule(struct engine *g, const struct rule *rule, const struct scope *row)
{
    const struct playbook *p = g->options.playbook;
    for (size_t i = 0; i < rule->recommend_count; i++)
        for (size_t k = 0; k < p->recommendation_count; k++)
            if (!g->worded[k] && strcmp(p->recommendations[k].id, rule->recommend[i]) == 0)
                word_recommendation(g, k, row);
}

static void add_finding(struct engine *g, const struct step *step, const struct rule *rule, const struct scope *scope)
{
    struct case_file *c = g->c;
    struct finding *grown = arena_alloc(&c->arena, (c->finding_count + 1) * sizeof *grown);
    if (c->finding_count)
        memcpy(grown, c->findings, c->finding_count * sizeof *grown);
    c->findings = grown;
    struct finding *f = &c->findings[c->finding_count++];
    *f = (struct finding){
        .id = rule->id,
        .step = step->id,
        .severity = rule->severity,
        .say = message_text(g, rule->say, scope),
        .row = scope ? row_identity(g, scope->table, scope->row) : NULL,
        .recommend = rule->recommend,
        .recommend_count = rule->recommend_count,
        .why = rule->why,
        .source = rule->source,
        .formula = rule->formula,
        .evidence = arena_alloc(&c->arena, rule->evidence_count * sizeof *f->evidence),
        .evidence_count = rule->evidence_count,
    };
    for (size_t i = 0; i < rule->evidence_count; i++)
        f->evidence[i] = (struct evidence){rule->evidence[i], keep_value(g, evidence_value(g, rule->evidence[i], scope))};
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
    /* No row at all, of a probe that could not look, is no all-clear. */
    if (rule->table && rows == 0 && table->facts->status != STATUS_OK) {
        check->result = CHECK_UNCHECKED;
        why = table->facts->reason;
    }
    if (check->unknown || check->result == CHECK_UNCHECKED) {
        if (!why)
            why = "not measured";
        check->why = check->rows > 1 ? arena_printf(&g->c->arena, "%zu of %zu: %s", check->unknown, check->rows, why)
                                     : arena_strdup(&g->c->arena, why);
    }
}

static int compare_findings(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    return (int)y->severity - (int)x->severity;
}

/* Worst first; equal ones in the order of the runbook (insertion sort is stable and the list short). */
static void sort_findings(struct case_file *c)
{
    for (size_t i = 1; i < c->finding_count; i++)
        for (size_t k = i; k > 0 && compare_findings(&c->findings[k - 1], &c->findings[k]) > 0; k--) {
            struct finding swap = c->findings[k];
            c->findings[k] = c->findings[k - 1];
            c->findings[k - 1] = swap;
        }
}

void judge_forget(struct engine *g, const struct step *step, const char *why)
{
    struct case_file *c = g->c;
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
}

void judge_step(struct engine *g, const struct step *step)
{
    judge_forget(g, step, NULL);
    for (size_t i = 0; i < step->rule_count; i++)
        judge_rule(g, step, &step->rules[i]);
    sort_findings(g->c);
}

static bool holds(struct engine *g, const struct expr *e)
{
    if (!e)
        return false;
    struct value v = expr_eval(e, &g->env, NULL);
    return v.known && v.truth;
}

static size_t say_sentences(struct engine *g, const struct sentence *list, size_t count, const char ***out)
{
    const char **said = arena_alloc(&g->c->arena, count * sizeof *said);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!list[i].when || holds(g, list[i].when))
            said[n++] = message_text(g, list[i].say, NULL);
    *out = said;
    return n;
}

struct tally {
    size_t warnings, criticals, unchecked, pending;
};

static struct tally count_results(const struct case_file *c)
{
    struct tally t = {0};
    for (size_t i = 0; i < c->finding_count; i++) {
        t.warnings += c->findings[i].severity == SEVERITY_WARNING;
        t.criticals += c->findings[i].severity == SEVERITY_CRITICAL;
    }
    for (size_t i = 0; i < c->check_count; i++)
        if (c->checks[i].severity > SEVERITY_INFO && !c->checks[i].optional) {
            t.unchecked += c->checks[i].result == CHECK_UNCHECKED;
            t.pending += c->checks[i].result == CHECK_NOT_RUN && c->checks[i].why;
        }
    return t;
}

/* A verdict without conditions is the residual one: it holds when nothing fired and every check was made. */
static bool is_residual(const struct verdict_decl *d)
{
    return !d->confirmed && !d->likely && !d->ruled_out;
}

static enum verdict_state weigh(struct engine *g, const struct verdict_decl *d, const struct tally *t)
{
    if (is_residual(d)) {
        if (t->warnings || t->criticals)
            return VERDICT_RULED_OUT;
        return t->unchecked || t->pending ? VERDICT_UNKNOWN : VERDICT_CONFIRMED;
    }
    if (holds(g, d->confirmed))
        return VERDICT_CONFIRMED;
    if (holds(g, d->likely))
        return VERDICT_LIKELY;
    return holds(g, d->ruled_out) ? VERDICT_RULED_OUT : VERDICT_UNKNOWN;
}

static const char *first_unchecked_reason(const struct case_file *c)
{
    for (size_t i = 0; i < c->check_count; i++)
        if (c->checks[i].result == CHECK_UNCHECKED && c->checks[i].severity > SEVERITY_INFO && !c->checks[i].optional)
            return c->checks[i].why;
    return "the run is not complete";
}

static void lead_with(struct engine *g, const struct tally *t)
{
    struct case_file *c = g->c;
    const struct playbook *p = g->options.playbook;
    c->lead = NULL;
    for (enum verdict_state state = VERDICT_CONFIRMED; state <= VERDICT_LIKELY && !c->lead; state++)
        for (size_t i = 0; i < p->verdict_count && !c->lead; i++)
            if (c->verdicts[i].state == state && (state == VERDICT_CONFIRMED || p->verdicts[i].headline)) {
                c->lead = p->verdicts[i].id;
                c->headline = p->verdicts[i].headline ? message_text(g, p->verdicts[i].headline, NULL)
                                                      : arena_printf(&c->arena, "%s.", p->verdicts[i].title);
            }
    if (c->lead)
        return;
    if (t->criticals || t->warnings)
        c->headline = c->findings[0].say;
    else
        c->headline = arena_printf(&c->arena, "Nothing wrong was found, but %zu check%s could not be made: %s.",
                                   t->unchecked + t->pending, t->unchecked + t->pending == 1 ? "" : "s",
                                   first_unchecked_reason(c));
}

static bool is_recommended(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->finding_count; i++)
        for (size_t k = 0; k < c->findings[i].recommend_count; k++)
            if (strcmp(c->findings[i].recommend[k], id) == 0)
                return true;
    return false;
}

/* In the order of the findings, worst first, each once. */
static void list_recommendations(struct engine *g)
{
    struct case_file *c = g->c;
    const struct playbook *p = g->options.playbook;
    struct recommendation *list = arena_alloc(&c->arena, p->recommendation_count * sizeof *list);
    size_t n = 0;
    for (size_t k = 0; k < p->recommendation_count; k++) {
        if (!is_recommended(c, p->recommendations[k].id))
            g->worded[k] = NULL;
        else if (!g->worded[k])
            word_recommendation(g, k, NULL);
    }
    for (size_t i = 0; i < c->finding_count; i++)
        for (size_t r = 0; r < c->findings[i].recommend_count; r++)
            for (size_t k = 0; k < p->recommendation_count; k++) {
                if (!g->worded[k] || strcmp(c->findings[i].recommend[r], p->recommendations[k].id) != 0)
                    continue;
                bool listed = false;
                for (size_t l = 0; l < n; l++)
                    listed = listed || strcmp(list[l].id, p->recommendations[k].id) == 0;
                if (!listed)
                    list[n++] = *g->worded[k];
            }
    c->recommendations = list;
    c->recommendation_count = n;
}

void judge_whole(struct engine *g)
{
    struct case_file *c = g->c;
    const struct playbook *p = g->options.playbook;
    struct tally t = count_results(c);
    c->verdicts = arena_alloc(&c->arena, p->verdict_count * sizeof *c->verdicts);
    c->verdict_count = p->verdict_count;
    for (size_t i = 0; i < p->verdict_count; i++) {
        const struct verdict_decl *d = &p->verdicts[i];
        struct verdict *v = &c->verdicts[i];
        v->id = d->id;
        v->title = d->title;
        v->state = weigh(g, d, &t);
        v->for_count = say_sentences(g, d->sentences_for, d->for_count, &v->sentences_for);
        v->against_count = say_sentences(g, d->sentences_against, d->against_count, &v->sentences_against);
    }
    c->status = t.criticals ? "critical" : t.warnings ? "warning" : t.unchecked || t.pending ? "unknown" : "ok";
    lead_with(g, &t);
    list_recommendations(g);
}
