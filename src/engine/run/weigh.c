/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings to verdicts: which hold, which of them leads, and the first sentence. */
#include <stdlib.h>
#include <string.h>

#include "engine/run/engine_state.h"

static const double an_hour_s = 3600, a_day_s = 24 * 3600.0;

bool verdict_cites(const struct playbook *p, const char *verdict, const char *rule)
{
    const struct verdict_decl *d = ARRAY_FIND(p->verdicts, p->verdict_count, id, verdict);
    return d && ((d->confirmed && expr_asks(d->confirmed, rule)) || (d->likely && expr_asks(d->likely, rule)));
}

/* Sentences for the rows in which `where` is true, as they are sorted; whether the operator's suspect is among them. */
static size_t name_rows(struct engine *g, const struct owners *o, const char **named, const char **headline,
                        long suspect, bool *is_suspect)
{
    const char *why;
    const struct table *t = g->env.table(g->env.data, o->table, &why);
    if (!t)
        return 0;
    AUTO_FREE size_t *order = mem_array(t->rows + 1, sizeof *order);
    int pid = table_decl_column(t->decl, "pid"), by = o->sort ? table_decl_column(t->decl, o->sort) : -1;
    for (size_t r = 0; r < t->rows; r++)
        order[r] = r;
    if (by >= 0)
        table_order(t, (unsigned)by, o->descending, order, t->rows);
    size_t n = 0;
    for (size_t i = 0; i < t->rows; i++) {
        struct scope scope = {t, order[i], NULL};
        if (!engine_holds(g, o->where, &scope))
            continue;
        struct value id = pid >= 0 ? cell_get(t, order[i], (unsigned)pid) : value_unknown(TYPE_COUNT, NULL);
        *is_suspect = *is_suspect || (suspect > 0 && id.known && (long)id.number == suspect);
        if (n == 0 && o->headline)
            *headline = message_text(g, o->headline, &scope, *headline);
        if (n < o->rows) {
            named[n] = message_text(g, o->say, &scope, named[n]);
            n++;
        }
    }
    return n;
}

static size_t say_sentences(struct engine *g, const struct sentence *list, size_t count, const char **said)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (engine_holds(g, list[i].when, NULL)) {
            said[n] = message_text(g, list[i].say, NULL, said[n]);
            n++;
        }
    return n;
}

struct tally {
    size_t warnings, criticals;
    size_t open; /* checks that count and were not made: could not be, are still to come, or were skipped */
    const char *why;
};

static struct tally count_results(const struct case_file *c)
{
    struct tally t = {0};
    for (size_t i = 0; i < c->finding_count; i++) {
        t.warnings += c->findings[i].severity == SEVERITY_WARNING;
        t.criticals += c->findings[i].severity == SEVERITY_CRITICAL;
    }
    bool unchecked = false;
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *k = &c->checks[i];
        if (k->severity == SEVERITY_INFO || k->optional || k->result == CHECK_CLEAR || k->result == CHECK_FIRED)
            continue;
        const struct step_record *step = k->result == CHECK_NOT_RUN ? case_step(c, k->step) : NULL;
        if (step && step->state == STEP_PASSED)
            continue; /* a branch not taken is an answer */
        t.open++;
        if (!t.why || (k->result == CHECK_UNCHECKED && !unchecked))
            t.why = k->why;
        unchecked = unchecked || k->result == CHECK_UNCHECKED;
    }
    return t;
}

/* A verdict without conditions is the residual one: it holds when every check was made and no other does that finds fault. */
static bool is_residual(const struct verdict_decl *d)
{
    return !d->confirmed && !d->likely && !d->ruled_out;
}

static enum verdict_state weigh(struct engine *g, const struct verdict_decl *d, const struct tally *t, bool is_fault)
{
    if (is_residual(d)) {
        if (t->warnings || t->criticals || is_fault)
            return VERDICT_RULED_OUT;
        if (t->open)
            return VERDICT_UNKNOWN;
        return d->partial && engine_holds(g, d->partial, NULL) ? VERDICT_LIKELY : VERDICT_CONFIRMED;
    }
    if (d->confirmed && engine_holds(g, d->confirmed, NULL))
        return VERDICT_CONFIRMED;
    if (d->likely && engine_holds(g, d->likely, NULL))
        return VERDICT_LIKELY;
    return d->ruled_out && engine_holds(g, d->ruled_out, NULL) ? VERDICT_RULED_OUT : VERDICT_UNKNOWN;
}

/* Who was named, not who is the largest. */
static long named_suspect(const struct engine *g)
{
    for (size_t i = 0; i < g->c->answer_count; i++) {
        const struct answer *a = &g->c->answers[i];
        const struct question *q = playbook_question(g->options.playbook, a->id);
        if (q && q->type == QUESTION_PROCESS && !a->defaulted && a->value.known && a->value.number > 0)
            return (long)a->value.number;
    }
    return g->options.pid;
}

static struct value value_of(struct engine *g, const struct expr *e, enum type type)
{
    return e ? case_value(g->c, expr_eval(e, &g->env, NULL)) : value_unknown(type, NULL);
}

static enum verdict_harm harm_of(struct engine *g, const struct verdict_decl *d, const struct value *until)
{
    if (d->benign)
        return HARM_NONE;
    if (d->observed && engine_holds(g, d->observed, NULL))
        return HARM_OBSERVED;
    if (until->known && until->number <= a_day_s)
        return until->number <= an_hour_s ? HARM_IMMINENT : HARM_TODAY;
    if (d->growing && engine_holds(g, d->growing, NULL))
        return HARM_GROWING;
    return d->past && engine_holds(g, d->past, NULL) ? HARM_PAST : HARM_STANDING;
}

/* One by which verdicts that hold are compared. */
struct weight {
    size_t index;
    unsigned class; /* less is first */
    bool quiet;     /* it rests on information only */
    bool likely;
    bool is_suspect; /* it is about the process that the operator named */
    double size;
};

static int compare_weights(const void *a, const void *b)
{
    const struct weight *x = a, *y = b;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    if (x->quiet != y->quiet)
        return x->quiet ? 1 : -1;
    if (x->likely != y->likely)
        return x->likely ? 1 : -1;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* What the operator looked for comes after harm that is being done or at hand, and before all else. */
static unsigned class_of(enum verdict_harm harm, bool residual, bool fits)
{
    unsigned class = residual ? 2 * HARM_NONE - 1 : 2 * (unsigned)harm;
    return fits && class > 2 * HARM_IMMINENT ? 2 * HARM_IMMINENT + 1 : class;
}

/* What holds is told: its sentence, its kind, who it is about, what it does. What is likely needs a sentence of its own, as a bare
 * title says too much. */
static bool tell(struct engine *g, const struct verdict_decl *d, struct verdict *v, long suspect, struct weight *w)
{
    bool is_held = v->state == VERDICT_CONFIRMED || (v->state == VERDICT_LIKELY && d->headline);
    v->rank = v->subject_count = v->owner_count = 0;
    v->kind = v->harm = NULL;
    v->until = v->size = value_unknown(TYPE_COUNT, NULL);
    if (v->state != VERDICT_CONFIRMED && v->state != VERDICT_LIKELY)
        return false;
    struct value kind = value_of(g, d->kind, TYPE_TEXT);
    v->kind = kind.known ? kind.text : NULL;
    v->until = value_of(g, d->until, TYPE_SECONDS);
    v->size = value_of(g, d->size, TYPE_BYTES);
    v->headline =
        d->headline ? message_text(g, d->headline, NULL, v->headline) : arena_printf(&g->c->arena, "%s.", d->title);
    if (d->owners)
        v->owner_count = name_rows(g, d->owners, v->owners, &v->headline, 0, &w->is_suspect);
    if (d->subjects)
        v->subject_count = name_rows(g, d->subjects, v->subjects, &v->headline, suspect, &w->is_suspect);
    bool fits = w->is_suspect || (d->fits && engine_holds(g, d->fits, NULL));
    enum verdict_harm harm = harm_of(g, d, &v->until);
    if (!is_residual(d))
        v->harm = verdict_harm_names[harm];
    w->class = class_of(harm, is_residual(d), fits);
    w->quiet = true;
    for (size_t i = 0; i < g->c->finding_count; i++)
        w->quiet = w->quiet && (g->c->findings[i].severity == SEVERITY_INFO ||
                                !verdict_cites(g->options.playbook, d->id, g->c->findings[i].id));
    w->likely = v->state == VERDICT_LIKELY;
    w->size = v->size.known ? v->size.number : 0;
    return is_held;
}

/* The suspect that was named comes first, and be it to say that nothing is wrong with it. */
static void acquit(struct engine *g, long suspect, struct str *s)
{
    const char *why;
    const struct table_decl *decl = probe_table("process", NULL);
    const struct table *t = decl ? g->env.table(g->env.data, decl, &why) : NULL;
    for (size_t r = 0; t && r < t->rows; r++) {
        struct value pid = cell_named(t, r, "pid"), command = cell_named(t, r, "command");
        if (pid.known && (long)pid.number == suspect && command.known)
            str_printf(s, "Nothing wrong was found with %s (%ld). Elsewhere: ", command.text, suspect);
    }
}

static void write_headline(struct engine *g, const struct tally *t, long suspect, bool about_suspect)
{
    struct case_file *c = g->c;
    const struct verdict *lead = case_ranked(c, 1);
    AUTO_STR struct str s = {0};
    c->lead = lead ? lead->id : NULL;
    if (suspect > 0 && !about_suspect && lead && lead->harm)
        acquit(g, suspect, &s);
    if (lead)
        str_add(&s, lead->headline);
    else if (t->criticals || t->warnings)
        str_add(&s, c->findings[0].say);
    else if (t->open)
        str_printf(&s, "Nothing wrong was found, but %zu check%s could not be made: %s.", t->open,
                   t->open == 1 ? "" : "s", t->why ? t->why : "the run is not complete");
    else
        str_add(&s, "Nothing wrong was found.");
    c->headline = keep_text(g, str_text(&s), c->headline);
}

static void make_verdicts(struct engine *g)
{
    const struct playbook *p = g->options.playbook;
    struct arena *a = &g->c->arena;
    g->verdicts = arena_alloc(a, p->verdict_count * sizeof *g->verdicts);
    for (size_t i = 0; i < p->verdict_count; i++) {
        const struct verdict_decl *d = &p->verdicts[i];
        struct verdict *v = &g->verdicts[i];
        v->id = d->id;
        v->title = d->title;
        v->sentences_for = arena_alloc(a, d->for_count * sizeof *v->sentences_for);
        v->sentences_against = arena_alloc(a, d->against_count * sizeof *v->sentences_against);
        v->owners = arena_alloc(a, (d->owners ? d->owners->rows : 0) * sizeof *v->owners);
        v->subjects = arena_alloc(a, (d->subjects ? d->subjects->rows : 0) * sizeof *v->subjects);
    }
}

void weigh_verdicts(struct engine *g)
{
    struct case_file *c = g->c;
    const struct playbook *p = g->options.playbook;
    struct tally t = count_results(c);
    long suspect = named_suspect(g);
    if (!g->verdicts)
        make_verdicts(g);
    c->verdicts = g->verdicts;
    c->verdict_count = p->verdict_count;
    AUTO_FREE struct weight *weights = mem_array(p->verdict_count + 1, sizeof *weights);
    size_t held = 0;
    bool about_suspect = false, is_fault = false;
    for (size_t turn = 0; turn < 2 * p->verdict_count; turn++) { /* the residual ones last */
        size_t i = turn % p->verdict_count;
        const struct verdict_decl *d = &p->verdicts[i];
        struct verdict *v = &c->verdicts[i];
        if (is_residual(d) != (turn >= p->verdict_count))
            continue;
        v->state = weigh(g, d, &t, is_fault);
        v->for_count = say_sentences(g, d->sentences_for, d->for_count, v->sentences_for);
        v->against_count = say_sentences(g, d->sentences_against, d->against_count, v->sentences_against);
        weights[held] = (struct weight){.index = i};
        bool is_held = tell(g, d, v, suspect, &weights[held]);
        is_fault = is_fault || (is_held && !d->benign);
        about_suspect = about_suspect || weights[held].is_suspect;
        held += is_held;
    }
    if (held)
        qsort(weights, held, sizeof *weights, compare_weights);
    for (size_t i = 0; i < held; i++)
        c->verdicts[weights[i].index].rank = i + 1;
    c->status = t.criticals ? CASE_CRITICAL : t.warnings ? CASE_WARNING : t.open ? CASE_UNKNOWN : CASE_OK;
    write_headline(g, &t, suspect, about_suspect);
}
