/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a check, verdict, limit, recommendation, question, experiment, step, probe, table or column means. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "engine/playbook/playbook.h"
#include "engine/playbook/playbook_keys.h"

static const char usage[] =
    "fragwizard explain [--playbook NAME|FILE] ID\n"
    "\n"
    "Tells what ID means: a check, verdict, limit, recommendation, question, experiment or step of a playbook,\n"
    "a probe, a table (zone) or a column (zone.free, buddy.zone.free): what it says, its formula, its threshold\n"
    "and where that comes from, what it leads to. `fragwizard list checks` and `list facts` tell the ids.\n";

enum { PLAYBOOKS_MAX = 200 };

/* In the order in which what shares an id is told. */
#define KIND_LIST(X)                                                                                                   \
    X(KIND_RULE, explain_rule)                                                                                         \
    X(KIND_VERDICT, explain_verdict)                                                                                   \
    X(KIND_LIMIT, explain_limit)                                                                                       \
    X(KIND_RECOMMENDATION, explain_recommendation)                                                                     \
    X(KIND_QUESTION, explain_question)                                                                                 \
    X(KIND_STEP, explain_step)                                                                                         \
    X(KIND_EXPERIMENT, explain_experiment)
enum kind { KIND_LIST(LIST_INDEX) KINDS };

/* Whatever has an id in a playbook. */
struct thing {
    enum kind kind;
    const char *id;
    const struct playbook *playbook;
    const struct step *step; /* NULL: in none */
    const void *decl;
};

struct library {
    struct arena arena;
    struct playbook *playbooks[PLAYBOOKS_MAX];
    size_t count;
    struct thing *things; /* of one playbook after another */
    size_t thing_count;
    struct term term;
    unsigned found;
    bool faulty; /* limits that cannot be used, which was complained about */
};

static void add(struct library *l, const struct thing *t)
{
    MEM_ROOM(l->things, l->thing_count);
    l->things[l->thing_count++] = *t;
}

static void add_things(struct library *l, const struct playbook *p)
{
    for (size_t i = 0; i < p->limit_count; i++)
        add(l, &(struct thing){KIND_LIMIT, p->limits[i].name, p, NULL, &p->limits[i]});
    for (size_t i = 0; i < p->verdict_count; i++)
        add(l, &(struct thing){KIND_VERDICT, p->verdicts[i].id, p, NULL, &p->verdicts[i]});
    for (size_t i = 0; i < p->recommendation_count; i++)
        add(l, &(struct thing){KIND_RECOMMENDATION, p->recommendations[i].id, p, NULL, &p->recommendations[i]});
    for (const struct step *s = p->steps; s < p->steps + p->step_count; s++) {
        add(l, &(struct thing){KIND_STEP, s->id, p, NULL, s});
        for (size_t i = 0; i < s->rule_count; i++)
            add(l, &(struct thing){KIND_RULE, s->rules[i].id, p, s, &s->rules[i]});
        for (size_t i = 0; i < s->question_count; i++)
            add(l, &(struct thing){KIND_QUESTION, s->questions[i].id, p, s, &s->questions[i]});
        for (size_t i = 0; i < s->experiment_count; i++)
            add(l, &(struct thing){KIND_EXPERIMENT, s->experiments[i].id, p, s, &s->experiments[i]});
    }
}

/* `p` NULL: the first of any playbook. NULL if there is none. */
static const struct thing *find(const struct library *l, const struct playbook *p, enum kind kind, const char *id)
{
    for (const struct thing *t = l->things; t < l->things + l->thing_count; t++)
        if (t->kind == kind && (!p || t->playbook == p) && strcmp(t->id, id) == 0)
            return t;
    return NULL;
}

/* A label and a text below the heading; nothing if there is no text. */
static void tell(struct library *l, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    AUTO_FREE char *line = mem_printf("%s: %s", label, text);
    for (char *c = line; *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    term_print(&l->term, 2, line);
}

static void heading(struct library *l, const char *text)
{
    if (l->found++)
        puts("");
    term_print(&l->term, 0, text);
}

static void add_name(struct str *list, const char *name)
{
    str_printf(list, "%s%s", list->length ? ", " : "", name);
}

/* "memory-fragmentation" and others that hold the same; only the first is told in full. */
static void also(struct library *l, const struct thing *first)
{
    AUTO_STR struct str names = {0};
    for (size_t i = 0; i < l->count; i++)
        if (l->playbooks[i] != first->playbook && find(l, l->playbooks[i], first->kind, first->id))
            add_name(&names, l->playbooks[i]->name);
    tell(l, "Also in playbook", str_text(&names));
}

/* Names in the text of an expression, one after another; quoted texts are passed over. */
static const char *next_name(const char *at, size_t *length)
{
    while (*at) {
        if (*at == '\'' || *at == '"') {
            const char *end = strchr(at + 1, *at);
            if (!end)
                return NULL;
            at = end + 1;
        } else if (isdigit((unsigned char)*at)) {
            while (isalnum((unsigned char)*at) || *at == '.' || *at == '/' || *at == '%')
                at++;
        } else if (isalpha((unsigned char)*at) || *at == '_') {
            *length = 0;
            while (isalnum((unsigned char)at[*length]) || at[*length] == '_' || at[*length] == '.')
                (*length)++;
            return at;
        } else {
            at++;
        }
    }
    return NULL;
}

static bool mentions(const char *text, const char *name)
{
    size_t length = 0;
    for (const char *at = text; at && (at = next_name(at, &length)); at += length)
        if (strlen(name) == length && memcmp(at, name, length) == 0)
            return true;
    return false;
}

static const struct column *find_column(const char *name, const struct table_decl **table, const struct probe **probe)
{
    const char *dot = strrchr(name, '.');
    if (!dot)
        return NULL;
    AUTO_FREE char *prefix = mem_printf("%.*s", (int)(dot - name), name);
    *table = probe_table(prefix, probe);
    int column = *table ? table_decl_column(*table, dot + 1) : -1;
    return column < 0 ? NULL : &(*table)->columns[column];
}

static void tell_changed(struct library *l, const struct limit *limit)
{
    if (limit->origin)
        tell(l, "Set",
             arena_printf(&l->arena, "in %s; the playbook says %s", limit->origin,
                          units_text(limit->own, limit->type).text));
}

static void tell_limit(struct library *l, const struct limit *limit)
{
    tell(l, "Limit",
         arena_printf(&l->arena, "%s = %s. %s (source: %s)", limit->name, units_text(limit->number, limit->type).text,
                      limit->why, limit->source));
    tell_changed(l, limit);
}

/* "advice, text: what to do: 'keep', 'change'" */
static void describe(const struct column *c, struct str *out)
{
    str_printf(out, "%s, %s%s: ", c->name, type_name(c->type), c->role == ROLE_KEY ? ", key" : "");
    column_help(c, out);
}

/* The limits and columns that a formula names, each once. */
static void tell_names(struct library *l, const struct playbook *p, const struct table_decl *row, const char *text)
{
    size_t length = 0;
    for (const char *at = text; at && (at = next_name(at, &length)); at += length) {
        AUTO_FREE char *name = mem_printf("%.*s", (int)length, at);
        AUTO_FREE char *before = mem_printf("%.*s", (int)(at - text), text);
        if (mentions(before, name))
            continue;
        if (strncmp(name, "limit.", 6) == 0) {
            const struct thing *limit = find(l, p, KIND_LIMIT, name + 6);
            if (limit)
                tell_limit(l, limit->decl);
            continue;
        }
        const struct table_decl *table = row;
        const struct probe *probe;
        int index = row ? table_decl_column(row, name) : -1;
        const struct column *c = index >= 0 ? &row->columns[index] : find_column(name, &table, &probe);
        if (!c)
            continue;
        AUTO_STR struct str line = {0};
        str_printf(&line, "%s.", table->name);
        describe(c, &line);
        tell(l, "Reads", str_text(&line));
    }
}

static void tell_recommended(struct library *l, const struct playbook *p, const struct rule *rule)
{
    for (size_t i = 0; i < rule->recommend_count; i++) {
        const struct thing *t = find(l, p, KIND_RECOMMENDATION, rule->recommend[i]);
        const struct recommendation_decl *d = t ? t->decl : NULL;
        tell(l, "Recommends",
             arena_printf(&l->arena, "%s: %s", rule->recommend[i], d && d->title_text ? d->title_text : ""));
    }
}

static void explain_rule(struct library *l, const struct thing *t)
{
    const struct playbook *p = t->playbook;
    const struct step *step = t->step;
    const struct rule *rule = t->decl;
    heading(l, arena_printf(&l->arena, "%s %s: a check (%s) of playbook %s, step %s (%s)", term_sign(rule->severity),
                            t->id, severity_names[rule->severity], p->name, step->id, step->title));
    tell(l, "Says", rule->say_text);
    if (rule->table)
        tell(l, "For each row of", arena_printf(&l->arena, "%s: %s", rule->table->name, rule->table->help));
    tell(l, "Where", rule->where_text);
    tell(l, "Fires when", rule->formula);
    tell(l, "Does harm if", rule->harm_text);
    tell_names(l, p, rule->table,
               arena_printf(&l->arena, "%s %s %s", rule->where_text ? rule->where_text : "", rule->formula,
                            rule->harm_text ? rule->harm_text : ""));
    tell(l, "Why", rule->why);
    tell(l, "Source", rule->source);
    if (rule->optional)
        tell(l, "Optional", "being unable to check it does not change the exit status; other checks cover it");
    tell_recommended(l, p, rule);
}

static void explain_verdict(struct library *l, const struct thing *t)
{
    const struct verdict_decl *v = t->decl;
    heading(l, arena_printf(&l->arena, "%s: a verdict of playbook %s: %s", t->id, t->playbook->name, v->title));
    tell(l, "Headline", v->headline_text);
    tell(l, "Confirmed if", v->confirmed_text);
    tell(l, "Likely if", v->likely_text);
    tell(l, "Ruled out if", v->ruled_out_text);
    tell(l, "Its kind", v->kind_text);
    if (v->owners)
        tell(l, "Names", arena_printf(&l->arena, "%s (table %s)", v->owners->say_text, v->owners->table->name));
    if (v->confirmed_text || v->likely_text || v->ruled_out_text)
        tell(l, "Unknown", "if none of these holds");
    else
        tell(l, "Confirmed if", "no check of weight fired and all could be made");
}

static bool mentions_either(const struct rule *rule, const char *name)
{
    return mentions(rule->formula, name) || mentions(rule->where_text, name) || mentions(rule->harm_text, name);
}

static void tell_users(struct library *l, const struct playbook *p, const char *name, const char *column,
                       const struct table_decl *table)
{
    AUTO_STR struct str ids = {0};
    for (const struct thing *t = l->things; t < l->things + l->thing_count; t++) {
        const struct rule *rule = t->kind == KIND_RULE && t->playbook == p ? t->decl : NULL;
        if (rule && (mentions_either(rule, name) || (column && rule->table == table && mentions_either(rule, column))))
            add_name(&ids, rule->id);
    }
    tell(l, arena_printf(&l->arena, "Used by checks of %s", p->name), str_text(&ids));
}

static void explain_limit(struct library *l, const struct thing *t)
{
    const struct playbook *p = t->playbook;
    const struct limit *limit = t->decl;
    heading(l, arena_printf(&l->arena, "%s: a limit of playbook %s: %s", t->id, p->name,
                            units_text(limit->number, limit->type).text));
    tell_changed(l, limit);
    tell(l, "Why", limit->why);
    tell(l, "Source", limit->source);
    tell_users(l, p, arena_printf(&l->arena, "limit.%s", t->id), NULL, NULL);
}

static void explain_recommendation(struct library *l, const struct thing *t)
{
    const struct playbook *p = t->playbook;
    const struct recommendation_decl *d = t->decl;
    heading(l, arena_printf(&l->arena, "%s: a recommendation (%s) of playbook %s", t->id, d->kind, p->name));
    tell(l, "Title", d->title_text);
    tell(l, "Why", d->why_text);
    tell(l, "Apply", d->apply_text);
    tell(l, "Undo", d->undo_text);
    tell(l, "Risk", d->risk_text);
    AUTO_STR struct str ids = {0};
    for (const struct thing *r = l->things; r < l->things + l->thing_count; r++) {
        const struct rule *rule = r->kind == KIND_RULE && r->playbook == p ? r->decl : NULL;
        for (size_t k = 0; rule && k < rule->recommend_count; k++)
            if (strcmp(rule->recommend[k], t->id) == 0)
                add_name(&ids, rule->id);
    }
    tell(l, "Recommended by", str_text(&ids));
}

static void explain_step(struct library *l, const struct thing *t)
{
    const struct step *s = t->decl;
    heading(l, arena_printf(&l->arena, "%s: a step of playbook %s: %s", t->id, t->playbook->name, s->title));
    tell(l, "Why", s->why);
    tell(l, "Stands for", s->classic);
    tell(l, "Which does not tell", s->blind);
    AUTO_STR struct str measured = {0}, checks = {0}, tests = {0};
    for (size_t i = 0; i < s->probe_count; i++)
        add_name(&measured, s->probes[i]->name);
    for (size_t i = 0; i < s->rule_count; i++)
        add_name(&checks, s->rules[i].id);
    for (size_t i = 0; i < s->experiment_count; i++)
        add_name(&tests, s->experiments[i].id);
    tell(l, "Probes", str_text(&measured));
    tell(l, "Checks", str_text(&checks));
    tell(l, "Experiments", str_text(&tests));
}

static void explain_question(struct library *l, const struct thing *t)
{
    const struct question *q = t->decl;
    heading(l, arena_printf(&l->arena, "%s: a question (%s) of playbook %s", t->id, question_type_names[q->type],
                            t->playbook->name));
    tell(l, "Asks", q->ask);
    tell(l, "Help", q->help);
    for (size_t i = 0; i < q->choice_count; i++)
        tell(l, "Choice", arena_printf(&l->arena, "%s: %s", q->choices[i].id, q->choices[i].text));
    AUTO_STR struct str fallback = {0};
    if (q->type == QUESTION_PROCESS && q->fallback.number == 0)
        str_add(&fallback, "none");
    else
        value_format(&q->fallback, false, &fallback);
    tell(l, "Default", str_text(&fallback));
}

static void tell_action(struct library *l, const struct experiment_decl *d)
{
    AUTO_FREE char *watch = mem_printf("it is observed for %s longer", units_text(d->window_s, TYPE_SECONDS).text);
    tell(l, "Does",
         d->action == ACTION_COMPACT ? "the kernel compacts memory once (vm.compact_memory)"
         : d->action == ACTION_WATCH ? watch
                                     : d->instruct_text);
    AUTO_STR struct str again = {0};
    for (size_t i = 0; i < d->again_count; i++)
        add_name(&again, d->again[i]->name);
    tell(l, "Measured once more by", str_text(&again));
    const char *word = experiment_allow_word(d->action);
    AUTO_FREE char *allow = mem_printf("only after a yes; the audit with --allow %s", word ? word : "");
    tell(l, "Made", word ? allow : "only by an operator, in the session");
}

static void explain_experiment(struct library *l, const struct thing *t)
{
    const struct playbook *p = t->playbook;
    const struct step *step = t->step;
    const struct experiment_decl *d = t->decl;
    heading(l, arena_printf(&l->arena, "%s: an experiment (%s) of playbook %s, step %s (%s)", t->id,
                            experiment_action_names[d->action], p->name, step->id, step->title));
    tell(l, "Decides", d->ask);
    tell(l, "Offered if", d->when_text);
    tell_action(l, d);
    tell(l, "Cost", d->cost);
    tell(l, "Risk", d->risk);
    tell(l, "Before and after", arena_printf(&l->arena, "%s: %s", d->measured, d->measure_text));
    tell_users(l, p, arena_printf(&l->arena, "after.%s", t->id), NULL, NULL);
}

static const struct {
    void (*tell)(struct library *l, const struct thing *t);
} explanations[KINDS] = {KIND_LIST(LIST_ENTRY)};

static void explain_probe(struct library *l, const struct probe *p)
{
    heading(l, arena_printf(&l->arena, "%s: a probe: %s", p->name, p->help));
    tell(l, "Instead of", p->classic);
    for (unsigned i = 0; i < p->table_count; i++)
        tell(l, p->tables[i].single ? "Table, one row" : "Table",
             arena_printf(&l->arena, "%s: %s", p->tables[i].name, p->tables[i].help));
    tell(l, "Reads", p->reads);
    tell(l, "Reads at each tick", p->reads_moving);
    tell(l, "Reads, but a capture does not hold it", p->reads_live);
    tell(l, "Try", arena_printf(&l->arena, "fragwizard probe %s", p->name));
}

static void explain_table(struct library *l, const struct table_decl *t, const struct probe *p)
{
    heading(l, arena_printf(&l->arena, "%s: a table of probe %s: %s", t->name, p->name, t->help));
    for (unsigned i = 0; i < t->column_count; i++) {
        AUTO_STR struct str line = {0};
        describe(&t->columns[i], &line);
        term_print(&l->term, 2, str_text(&line));
    }
}

static void explain_column(struct library *l, const struct column *c, const struct table_decl *t, const struct probe *p)
{
    heading(l, arena_printf(&l->arena, "%s.%s: a column (%s) of probe %s: %s", t->name, c->name, type_name(c->type),
                            p->name, c->help));
    AUTO_STR struct str values = {0};
    for (const char *const *v = c->values; v && *v; v++)
        add_name(&values, *v);
    tell(l, "Is one of", str_text(&values));
    tell(l, "Table", t->help);
    tell(l, "Instead of", p->classic);
    AUTO_FREE char *name = mem_printf("%s.%s", t->name, c->name);
    for (size_t i = 0; i < l->count; i++)
        tell_users(l, l->playbooks[i], name, c->name, t);
}

static void explain_facts(struct library *l, const char *id)
{
    const struct probe *p = probe_find(id);
    const struct table_decl *t;
    if (p)
        explain_probe(l, p);
    t = probe_table(id, &p);
    if (t && (strchr(id, '.') || strcmp(t->name, id) == 0))
        explain_table(l, t, p);
    const struct column *c = find_column(id, &t, &p);
    if (c)
        explain_column(l, c, t, p);
}

static int not_found(struct library *l, const char *id)
{
    const char *candidates[4096];
    const size_t most = ARRAY_SIZE(candidates);
    size_t n = 0;
    for (size_t i = 0; i < l->thing_count && n < most; i++)
        candidates[n++] = l->things[i].id;
    for (size_t i = 0; probes[i]; i++)
        for (unsigned t = 0; t < probes[i]->table_count; t++) {
            const struct table_decl *d = &probes[i]->tables[t];
            if (n < most)
                candidates[n++] = d->name;
            for (unsigned c = 0; c < d->column_count && n < most; c++)
                candidates[n++] = arena_printf(&l->arena, "%s.%s", d->name, d->columns[c].name);
        }
    const char *near = strlen(id) <= 100 ? text_nearest(id, candidates, n) : NULL;
    if (near)
        return complain("explain: there is no '%s'; did you mean '%s'?", id, near);
    return complain("explain: there is no '%.100s'; see `fragwizard list checks` and `fragwizard list facts`", id);
}

static bool load(struct library *l, const char *name, bool must)
{
    struct diags d = {0};
    struct err e;
    struct playbook *p = playbook_load(name, &d, NULL, &e);
    if (p && !limits_change_by_files(p, &d)) {
        diags_print(&d, stderr);
        l->faulty = true;
    }
    if (p && l->count < PLAYBOOKS_MAX) {
        l->playbooks[l->count++] = p;
        add_things(l, p);
    } else if (p) {
        playbook_free(p);
    } else if (must) {
        complain_of(&e);
    }
    diags_free(&d);
    return p != NULL;
}

static int explain(const char *only, const char *id)
{
    struct library l = {0};
    term_init(&l.term);
    int status = EXIT_OK;
    if (only && !load(&l, only, true)) {
        status = EXIT_UNKNOWN;
    } else if (!only) {
        size_t count;
        const char **names = playbook_names(&l.arena, &count);
        for (size_t i = 0; i < count && !l.faulty; i++)
            load(&l, names[i], false);
    }
    if (l.faulty)
        status = EXIT_UNKNOWN;
    for (enum kind k = 0; status == EXIT_OK && k < KINDS; k++) {
        const struct thing *t = find(&l, NULL, k, id);
        if (t) {
            explanations[k].tell(&l, t);
            also(&l, t);
        }
    }
    if (status == EXIT_OK)
        explain_facts(&l, id);
    if (status == EXIT_OK && !l.found)
        status = not_found(&l, id);
    for (size_t i = 0; i < l.count; i++)
        playbook_free(l.playbooks[i]);
    free(l.things);
    arena_free(&l.arena);
    return status;
}

static int run(int argc, char **argv)
{
    const char *only = NULL;
    const struct option_decl list[] = {{"playbook", .word = &only}, {0}};
    const struct verb_options options = {"explain", usage, .list = list,
                                         .wrong = "unknown option, or one without its value,"};
    int status;
    if (!options_parse(&options, argc, argv, &status))
        return status;
    if (optind + 1 != argc)
        return complain("explain: which id? `fragwizard list checks` tells them");
    return explain(only, argv[optind]);
}

const struct command command_explain = {"explain", run, "what a check, verdict, limit, recommendation or column means"};
