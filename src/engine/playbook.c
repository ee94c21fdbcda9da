/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the tree of a playbook's YAML to its steps, rules and verdicts. Twice over the tree: first what is declared (ids,
 * limits, questions), then the expressions and messages, which may refer to anything declared before or after them. */
#include "engine/playbook.h"

#include <stdio.h>
#include <string.h>

#include "engine/playbook_fields.h"

static const char *const severities[] = {"info", "warning", "critical", NULL};
static const char *const question_types[] = {"yesno", "choice", "number", "text", "process", "file", NULL};
static const char *const unit_names[] = {"count", "ratio", "bytes", "seconds", NULL};
static const char *const kinds[] = {"sysctl", "application", "service", "kernel", "observe", NULL};

static const enum type unit_types[] = {TYPE_COUNT, TYPE_RATIO, TYPE_BYTES, TYPE_SECONDS};

static const char *const playbook_keys[] = {"!format", "!name",  "!title",          "!summary", "window",
                                            "limits",  "!steps", "recommendations", "verdicts", NULL};
static const char *const limit_keys[] = {"!value", "!why", "!source", NULL};
static const char *const step_keys[] = {"!id",    "!title", "!why", "classic",   "blind", "when",
                                        "probe", "probes", "show", "questions", "rules", "next", NULL};
static const char *const show_keys[] = {"!table", "title", "columns", "sort", "rows", "where", NULL};
static const char *const question_keys[] = {"!id", "!ask", "help", "!type", "choices", "unit", "default", "when", NULL};
static const char *const rule_keys[] = {"!id",       "for",       "where", "!when",  "!severity", "!say",
                                        "evidence", "recommend", "why",   "source", "optional",  "most", NULL};
static const char *const next_keys[] = {"when", "!step", NULL};
static const char *const recommendation_keys[] = {"!id",  "!kind",  "sysctl", "when", "!title", "current", "proposed",
                                                  "apply", "keep", "verify", "undo", "risk",   "!why",    NULL};
static const char *const verdict_keys[] = {"!id",       "!title", "headline", "confirmed", "likely",
                                           "ruled-out", "for",    "against",  NULL};
static const char *const sentence_keys[] = {"when", "!say", NULL};

enum { WINDOW_MAX_S = 7 * 86400, ROWS_MAX = 1000, WINDOW_DEFAULT_S = 30, ROWS_DEFAULT = 10, MOST_DEFAULT = 10 };

const char *severity_name(enum severity s)
{
    return severities[s];
}

const char *question_type_name(int type)
{
    return question_types[type];
}

/* What names mean in the expressions of a playbook */

static const struct limit *find_limit(const struct playbook *p, const char *name)
{
    for (size_t i = 0; i < p->limit_count; i++)
        if (p->limits[i].name && strcmp(p->limits[i].name, name) == 0)
            return &p->limits[i];
    return NULL;
}

static bool is_measured(const struct reader *r, const struct probe *probe)
{
    return r->unknown_probe || playbook_measures(r->p, probe);
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
    const struct limit *l = find_limit(((struct reader *)data)->p, name);
    if (l)
        *type = l->type;
    return l != NULL;
}

static enum type answer_type(const struct question *q)
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

static bool named_answer(void *data, const char *name, enum type *type)
{
    const struct playbook *p = ((struct reader *)data)->p;
    for (size_t s = 0; s < p->step_count; s++)
        for (size_t i = 0; i < p->steps[s].question_count; i++) {
            const struct question *q = &p->steps[s].questions[i];
            if (!q->id || strcmp(q->id, name) != 0)
                continue;
            *type = answer_type(q);
            return true;
        }
    return false;
}

static bool named_rule(void *data, const char *id)
{
    return playbook_rule(((struct reader *)data)->p, id, NULL) != NULL;
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
    }
    if (size)
        out[l.count] = NULL;
    return l.count;
}

/* Compiling */

static const struct scope_decl *row_of(struct reader *r, const struct table_decl *table)
{
    if (!table)
        return NULL;
    struct scope_decl *s = arena_alloc(r->arena, sizeof *s);
    s->table = table;
    return s;
}

static void begin_compile(struct reader *r, const struct scope_decl *scope)
{
    r->at_hand = scope ? scope->table : NULL;
    r->unmeasured = NULL;
}

static void never_measured(struct reader *r, struct mark at, const char *table, const struct probe *probe)
{
    diag_add(r->d, at, "table '%s' is never measured: no step runs probe %s", table, probe->name);
}

static void note_untyped(struct reader *r, const char *kind, const char *name)
{
    if (name && r->untyped_count < sizeof r->untyped / sizeof *r->untyped)
        r->untyped[r->untyped_count++] = arena_printf(r->arena, "%s.%s", kind, name);
}

static bool uses_untyped(const struct reader *r, const char *text)
{
    for (size_t i = 0; i < r->untyped_count; i++)
        if (strstr(text, r->untyped[i]))
            return true;
    return false;
}

static struct expr *compile_text(struct reader *r, const char *text, struct mark at, const struct scope_decl *scope)
{
    if (uses_untyped(r, text))
        return NULL;
    begin_compile(r, scope);
    struct expr *e = expr_compile(r->arena, text, at, &r->names, scope, r->d);
    if (e && r->unmeasured)
        never_measured(r, at, r->unmeasured, r->unmeasured_probe);
    return e;
}

static struct expr *compile_condition(struct reader *r, const struct yaml_node *map, const char *key,
                                      const struct scope_decl *scope)
{
    const char *text = map_text(r, map, key);
    if (!text)
        return NULL;
    struct mark at = map_get(map, key)->mark;
    struct expr *e = compile_text(r, text, at, scope);
    if (e && expr_type(e) != TYPE_BOOL)
        diag_add(r->d, at, "'%s' must be true or false, but this is a value (%s)", key, type_name(expr_type(e)));
    return e;
}

static struct message *compile_message_text(struct reader *r, const char *text, struct mark at, const struct scope_decl *scope)
{
    if (uses_untyped(r, text))
        return NULL;
    begin_compile(r, scope);
    struct message *m = message_compile(r->arena, text, at, &r->names, scope, r->d);
    if (m && r->unmeasured)
        never_measured(r, at, r->unmeasured, r->unmeasured_probe);
    return m;
}

static struct message *compile_message(struct reader *r, const struct yaml_node *map, const char *key,
                                       const struct scope_decl *scope)
{
    const char *text = map_text(r, map, key);
    return text ? compile_message_text(r, text, map_get(map, key)->mark, scope) : NULL;
}

/* Tables and columns */

static const struct table_decl *map_table(struct reader *r, const struct yaml_node *map, const char *key)
{
    const char *name = map_text(r, map, key);
    if (!name)
        return NULL;
    struct mark at = map_get(map, key)->mark;
    const struct probe *probe = NULL;
    const struct table_decl *t = probe_table(name, &probe);
    if (!t) {
        const char *candidates[256];
        char hint[128];
        size_t n = list_names(r, "table", candidates, 256);
        diag_add(r->d, at, "unknown table '%s'%s", brief(name).text, suggest(r, hint, name, candidates, n));
    } else if (!is_measured(r, probe)) {
        never_measured(r, at, t->name, probe);
    }
    return t;
}

static bool check_column(struct reader *r, struct mark at, const struct table_decl *t, const char *name)
{
    if (table_decl_column(t, name) >= 0)
        return true;
    AUTO_FREE const char **candidates = mem_array(t->column_count, sizeof *candidates);
    for (unsigned i = 0; i < t->column_count; i++)
        candidates[i] = t->columns[i].name;
    char hint[128];
    diag_add(r->d, at, "table '%s' has no column '%s'%s", t->name, brief(name).text,
             suggest(r, hint, name, candidates, t->column_count));
    return false;
}

/* Evidence: a column of the rule's row, or table.column where the table has one row. */
static bool check_evidence(struct reader *r, struct mark at, const struct table_decl *row, const char *name)
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
    const struct table_decl *t = probe_table(table, &probe);
    if (!t) {
        const char *candidates[256];
        char hint[128];
        size_t n = list_names(r, "table", candidates, 256);
        diag_add(r->d, at, "unknown table '%s'%s", brief(table).text, suggest(r, hint, table, candidates, n));
        return false;
    }
    if (!check_column(r, at, t, dot + 1))
        return false;
    if (!t->single)
        diag_add(r->d, at, "table '%s' has many rows%s", t->name,
                 t == row ? ": write the column alone for the row at hand" : ", so that it cannot be evidence");
    else if (!is_measured(r, probe))
        never_measured(r, at, t->name, probe);
    return true;
}

/* A list of texts; entries that are none stay NULL and are complained about. */
static const char **text_list(struct reader *r, const struct yaml_node *list, const char *what, size_t *count)
{
    *count = 0;
    if (!list)
        return NULL;
    const char **out = arena_alloc(r->arena, list->count * sizeof *out);
    for (const struct yaml_node *n = list->first; n; n = n->next) {
        const char *text = node_text(r, n, what);
        if (text)
            out[(*count)++] = text;
    }
    return out;
}

/* First pass: what is declared */

static void declare_limits(struct reader *r, const struct yaml_node *map)
{
    if (!map)
        return;
    if (map->kind != YAML_MAP) {
        diag_add(r->d, map->mark, "'limits' must be a mapping of names");
        return;
    }
    struct playbook *p = r->p;
    p->limits = arena_alloc(r->arena, map->count * sizeof *p->limits);
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        struct limit *l = &p->limits[p->limit_count++];
        l->mark = mark_keep(r, n->key_mark);
        if (check_id(r, n->key_mark, n->key, "the limit's name", ID_NAME))
            l->name = n->key;
        const struct yaml_node *value = map_check(r, n, "limit", limit_keys) ? map_get(n, "value") : NULL;
        l->why = map_text(r, n, "why");
        l->source = map_text(r, n, "source");
        if (!value || !literal_parse(r, value, "the value", &l->number, &l->type))
            note_untyped(r, "limit", l->name);
    }
}

static void declare_choices(struct reader *r, const struct yaml_node *map, struct question *q)
{
    const struct yaml_node *list = map_get(map, "choices");
    if (q->type != QUESTION_CHOICE) {
        if (list)
            diag_add(r->d, list->key_mark, "'choices' belongs to type choice only");
        return;
    }
    if (!list) {
        diag_add(r->d, map->mark, "missing key 'choices' in this question");
        return;
    }
    if (list->kind != YAML_MAP || list->count < 2) {
        diag_add(r->d, list->mark, "'choices' must be a mapping (id: text) of at least two");
        return;
    }
    q->choices = arena_alloc(r->arena, list->count * sizeof *q->choices);
    for (const struct yaml_node *n = list->first; n; n = n->next) {
        const char *text = node_text(r, n, "the choice's text");
        if (check_id(r, n->key_mark, n->key, "the choice's id", ID_ANY) && text)
            q->choices[q->choice_count++] = (struct choice){n->key, text};
    }
}

static void read_choice_default(struct reader *r, const struct yaml_node *n, struct question *q)
{
    const char *text = node_text(r, n, "'default'");
    if (!text)
        return;
    q->fallback = value_text(text);
    AUTO_FREE const char **ids = mem_array(q->choice_count, sizeof *ids);
    for (size_t i = 0; i < q->choice_count; i++) {
        if (strcmp(q->choices[i].id, text) == 0)
            return;
        ids[i] = q->choices[i].id;
    }
    char hint[128];
    if (q->choice_count)
        diag_add(r->d, n->mark, "the default '%s' is none of the choices%s", brief(text).text,
                 suggest(r, hint, text, ids, q->choice_count));
}

static void read_yesno_default(struct reader *r, const struct yaml_node *n, struct question *q)
{
    const char *text = node_text(r, n, "'default'");
    if (!text)
        return;
    bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
        diag_add(r->d, n->mark, "the default '%s' must be yes or no", brief(text).text);
    q->fallback = value_bool(yes);
}

static void read_number_default(struct reader *r, const struct yaml_node *n, struct question *q)
{
    double number;
    enum type type;
    if (!literal_parse(r, n, "the default", &number, &type))
        return;
    if (type != q->unit)
        diag_add(r->d, n->mark, "the default is in %s, but the answer in %s", type_name(type), type_name(q->unit));
    q->fallback = value_number(q->unit, number);
}

static void read_process_default(struct reader *r, const struct yaml_node *n, struct question *q)
{
    const char *text = node_text(r, n, "'default'");
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (text && strcmp(text, "none") != 0 && (!digits || digits > 7 || text[digits]))
        diag_add(r->d, n->mark, "the default '%s' must be a process id, or none", brief(text).text);
    else if (digits)
        q->fallback = value_number(TYPE_COUNT, (double)strtoul(text, NULL, 10));
}

static void read_default(struct reader *r, const struct yaml_node *map, struct question *q)
{
    const struct yaml_node *n = map_get(map, "default");
    q->fallback = q->type == QUESTION_PROCESS ? value_number(TYPE_COUNT, 0) : value_text("");
    if (!n) {
        if (q->type == QUESTION_YESNO || q->type == QUESTION_CHOICE || q->type == QUESTION_NUMBER)
            diag_add(r->d, map->mark, "missing key 'default' in this question: it is what runs without an operator take");
        return;
    }
    switch (q->type) {
    case QUESTION_YESNO:
        read_yesno_default(r, n, q);
        break;
    case QUESTION_CHOICE:
        read_choice_default(r, n, q);
        break;
    case QUESTION_NUMBER:
        read_number_default(r, n, q);
        break;
    case QUESTION_PROCESS:
        read_process_default(r, n, q);
        break;
    default:
        if (n->kind != YAML_TEXT)
            node_text(r, n, "'default'");
        else
            q->fallback = value_text(n->text);
        break;
    }
}

static void declare_question(struct reader *r, const struct yaml_node *n, struct question *q)
{
    q->mark = mark_of_id(r, n);
    if (!map_check(r, n, "question", question_keys))
        return;
    q->id = map_id(r, n, "id", ID_NAME);
    q->ask = map_text(r, n, "ask");
    q->help = map_text(r, n, "help");
    int type = map_word(r, n, "type", question_types);
    if (type < 0) {
        note_untyped(r, "answer", q->id);
        return;
    }
    q->type = (enum question_type)type;
    int unit = map_word(r, n, "unit", unit_names);
    if (unit >= 0 && q->type != QUESTION_NUMBER)
        diag_add(r->d, map_get(n, "unit")->key_mark, "'unit' belongs to type number only");
    q->unit = unit_types[unit < 0 ? 0 : unit];
    declare_choices(r, n, q);
    read_default(r, n, q);
}

/* The text on one line, as explanations and reports show it. */
static const char *one_line(struct reader *r, const char *text)
{
    AUTO_STR struct str s = {0};
    for (const char *c = text; *c; c++) {
        bool blank = *c == ' ' || *c == '\n' || *c == '\t';
        if (!blank)
            str_add_char(&s, *c);
        else if (s.length && s.data[s.length - 1] != ' ')
            str_add_char(&s, ' ');
    }
    return arena_strdup(r->arena, str_text(&s));
}

static void declare_rule(struct reader *r, const struct yaml_node *n, struct rule *rule)
{
    rule->mark = mark_of_id(r, n);
    rule->most = MOST_DEFAULT;
    if (!map_check(r, n, "rule", rule_keys))
        return;
    rule->id = map_id(r, n, "id", ID_ANY);
    int severity = map_word(r, n, "severity", severities);
    rule->severity = severity < 0 ? SEVERITY_INFO : (enum severity)severity;
    rule->why = map_text(r, n, "why");
    rule->source = map_text(r, n, "source");
    rule->optional = map_bool(r, n, "optional", false);
    rule->most = map_number(r, n, "most", ROWS_MAX, MOST_DEFAULT);
    rule->recommend = text_list(r, map_list(r, n, "recommend"), "an id of a recommendation", &rule->recommend_count);
    rule->evidence = text_list(r, map_list(r, n, "evidence"), "evidence", &rule->evidence_count);
    if (rule->severity == SEVERITY_INFO)
        return;
    if (!map_get(n, "why"))
        diag_add(r->d, n->mark, "missing key 'why' in this rule: a %s needs its reason", severities[rule->severity]);
    const struct yaml_node *recommend = map_get(n, "recommend");
    if (!recommend || (recommend->kind == YAML_LIST && !recommend->count))
        diag_add(r->d, recommend ? recommend->mark : n->mark, "missing recommendations: a %s must say what to do ('recommend')",
                 severities[rule->severity]);
}

static void add_probe(struct reader *r, struct step *s, const struct yaml_node *n)
{
    const char *name = node_text(r, n, "a probe's name");
    const struct probe *probe = name ? probe_find(name) : NULL;
    if (name && !probe) {
        const char *candidates[64];
        size_t count = 0;
        for (; probes[count] && count < 64; count++)
            candidates[count] = probes[count]->name;
        char hint[128];
        r->unknown_probe = true;
        diag_add(r->d, n->mark, "unknown probe '%s'%s", brief(name).text, suggest(r, hint, name, candidates, count));
    }
    for (size_t i = 0; probe && i < s->probe_count; i++)
        if (s->probes[i] == probe) {
            diag_add(r->d, n->mark, "probe '%s' stands here twice", name);
            return;
        }
    if (probe)
        s->probes[s->probe_count++] = probe;
}

static void declare_probes(struct reader *r, const struct yaml_node *map, struct step *s)
{
    const struct yaml_node *one = map_get(map, "probe"), *many = map_list(r, map, "probes");
    s->probes = arena_alloc(r->arena, (1 + (many ? many->count : 0)) * sizeof *s->probes);
    if (one && many)
        diag_add(r->d, many->key_mark, "'probe' or 'probes', not both");
    if (one)
        add_probe(r, s, one);
    for (const struct yaml_node *n = many ? many->first : NULL; n; n = n->next)
        add_probe(r, s, n);
}

static void declare_nexts(struct reader *r, const struct yaml_node *map, struct step *s)
{
    const struct yaml_node *next = map_get(map, "next");
    if (!next)
        return;
    if (next->kind == YAML_MAP) {
        diag_add(r->d, next->mark, "'next' must be the id of a step, end, or a list of 'when' and 'step'");
        return;
    }
    s->nexts = arena_alloc(r->arena, (next->kind == YAML_LIST ? next->count : 1) * sizeof *s->nexts);
    if (next->kind == YAML_TEXT) {
        s->nexts[0] = (struct next){mark_keep(r, next->mark), NULL, node_text(r, next, "'next'")};
        s->next_count = 1;
        return;
    }
    for (const struct yaml_node *n = next->first; n; n = n->next) {
        struct next *to = &s->nexts[s->next_count++];
        to->mark = mark_keep(r, n->mark);
        if (!map_check(r, n, "next entry", next_keys))
            continue;
        to->step = map_text(r, n, "step");
        if (map_get(n, "step"))
            to->mark = mark_keep(r, map_get(n, "step")->mark);
        if (!map_get(n, "when") && n->next)
            diag_add(r->d, n->next->mark, "never reached: the entry before it has no 'when'");
    }
}

static void declare_step(struct reader *r, const struct yaml_node *n, struct step *s)
{
    s->mark = mark_of_id(r, n);
    if (!map_check(r, n, "step", step_keys))
        return;
    s->id = map_id(r, n, "id", ID_ANY);
    if (s->id && strcmp(s->id, "end") == 0)
        diag_add(r->d, map_get(n, "id")->mark, "'end' ends the playbook and cannot be a step's id");
    s->title = map_text(r, n, "title");
    s->why = map_text(r, n, "why");
    s->classic = map_text(r, n, "classic");
    s->blind = map_text(r, n, "blind");
    declare_probes(r, n, s);
    declare_nexts(r, n, s);
    const struct yaml_node *list = map_list(r, n, "questions");
    s->questions = arena_alloc(r->arena, (list ? list->count : 0) * sizeof *s->questions);
    for (const struct yaml_node *q = list ? list->first : NULL; q; q = q->next)
        declare_question(r, q, &s->questions[s->question_count++]);
    list = map_list(r, n, "rules");
    s->rules = arena_alloc(r->arena, (list ? list->count : 0) * sizeof *s->rules);
    for (const struct yaml_node *rule = list ? list->first : NULL; rule; rule = rule->next)
        declare_rule(r, rule, &s->rules[s->rule_count++]);
}

static bool is_sysctl_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.");
    return !name[n] && strchr(name, '.') && name[0] != '.' && name[0] != '-' && !strstr(name, "..") && name[n - 1] != '.';
}

static void declare_recommendation(struct reader *r, const struct yaml_node *n, struct recommendation_decl *d)
{
    d->mark = mark_of_id(r, n);
    if (!map_check(r, n, "recommendation", recommendation_keys))
        return;
    d->id = map_id(r, n, "id", ID_ANY);
    int kind = map_word(r, n, "kind", kinds);
    if (kind < 0)
        return;
    d->kind = kinds[kind];
    const struct yaml_node *sysctl = map_get(n, "sysctl");
    if (kind == 0) {
        d->sysctl = map_text(r, n, "sysctl");
        if (!sysctl)
            diag_add(r->d, n->mark, "missing key 'sysctl' in this recommendation of kind sysctl");
        else if (d->sysctl && !is_sysctl_name(d->sysctl))
            diag_add(r->d, sysctl->mark, "'%s' is no name of a sysctl such as vm.swappiness", brief(d->sysctl).text);
        return;
    }
    if (sysctl)
        diag_add(r->d, sysctl->key_mark, "'sysctl' belongs to kind sysctl only");
    if (strcmp(d->kind, "observe") != 0 && !map_get(n, "apply"))
        diag_add(r->d, n->mark, "missing key 'apply' in this recommendation: how is it done?");
}

static void declare(struct reader *r, const struct yaml_node *root)
{
    struct playbook *p = r->p;
    const char *format = map_text(r, root, "format");
    if (format && strcmp(format, PLAYBOOK_FORMAT) != 0)
        diag_add(r->d, map_get(root, "format")->mark, "the format '%s' is not known: this program reads %s", brief(format).text,
                 PLAYBOOK_FORMAT);
    p->name = map_id(r, root, "name", ID_ANY);
    p->title = map_text(r, root, "title");
    p->summary = map_text(r, root, "summary");
    p->window_s = WINDOW_DEFAULT_S;
    const struct yaml_node *window = map_get(root, "window");
    enum type type;
    double seconds;
    if (window && literal_parse(r, window, "the window", &seconds, &type)) {
        if (type != TYPE_SECONDS)
            diag_add(r->d, window->mark, "the window must be a time such as 30s or 5min, not %s", type_name(type));
        else if (seconds < 1 || seconds > WINDOW_MAX_S)
            diag_add(r->d, window->mark, "the window must be between 1s and 7d");
        else
            p->window_s = seconds;
    }
    declare_limits(r, map_get(root, "limits"));
    const struct yaml_node *list = map_list(r, root, "steps");
    if (list && !list->count)
        diag_add(r->d, list->mark, "'steps' is empty");
    if (list && list->count > PLAYBOOK_STEPS_MAX)
        diag_add(r->d, list->mark, "more than %d steps", PLAYBOOK_STEPS_MAX);
    p->steps = arena_alloc(r->arena, (list ? list->count : 0) * sizeof *p->steps);
    for (const struct yaml_node *n = list ? list->first : NULL; n && p->step_count < PLAYBOOK_STEPS_MAX; n = n->next)
        declare_step(r, n, &p->steps[p->step_count++]);
    list = map_list(r, root, "recommendations");
    p->recommendations = arena_alloc(r->arena, (list ? list->count : 0) * sizeof *p->recommendations);
    for (const struct yaml_node *n = list ? list->first : NULL; n; n = n->next)
        declare_recommendation(r, n, &p->recommendations[p->recommendation_count++]);
    list = map_list(r, root, "verdicts");
    p->verdicts = arena_alloc(r->arena, (list ? list->count : 0) * sizeof *p->verdicts);
    for (const struct yaml_node *n = list ? list->first : NULL; n; n = n->next) {
        struct verdict_decl *v = &p->verdicts[p->verdict_count++];
        v->mark = mark_of_id(r, n);
        if (!map_check(r, n, "verdict", verdict_keys))
            continue;
        v->id = map_id(r, n, "id", ID_ANY);
        v->title = map_text(r, n, "title");
    }
}

/* Second pass: expressions and messages */

static void compile_show(struct reader *r, const struct yaml_node *n, struct show *show)
{
    show->rows = ROWS_DEFAULT;
    if (!map_check(r, n, "show entry", show_keys))
        return;
    show->title = map_text(r, n, "title");
    show->rows = map_number(r, n, "rows", ROWS_MAX, ROWS_DEFAULT);
    const struct yaml_node *columns = map_list(r, n, "columns");
    show->table = map_table(r, n, "table");
    if (!show->table)
        return;
    show->columns = text_list(r, columns, "a column", &show->column_count);
    for (const struct yaml_node *c = columns ? columns->first : NULL; c; c = c->next)
        if (c->kind == YAML_TEXT && *c->text)
            check_column(r, c->mark, show->table, c->text);
    const char *sort = map_text(r, n, "sort");
    if (sort) {
        show->descending = *sort == '-';
        show->sort = sort + show->descending;
        check_column(r, map_get(n, "sort")->mark, show->table, show->sort);
    }
    show->where = compile_condition(r, n, "where", row_of(r, show->table));
}

static const struct recommendation_decl *find_recommendation(const struct playbook *p, const char *id)
{
    for (size_t i = 0; i < p->recommendation_count; i++)
        if (p->recommendations[i].id && strcmp(p->recommendations[i].id, id) == 0)
            return &p->recommendations[i];
    return NULL;
}

static void check_recommended(struct reader *r, const struct yaml_node *list)
{
    const struct playbook *p = r->p;
    for (const struct yaml_node *n = list ? list->first : NULL; n; n = n->next) {
        if (n->kind != YAML_TEXT || !*n->text || find_recommendation(p, n->text))
            continue;
        AUTO_FREE const char **ids = mem_array(p->recommendation_count, sizeof *ids);
        size_t count = 0;
        for (size_t i = 0; i < p->recommendation_count; i++)
            if (p->recommendations[i].id)
                ids[count++] = p->recommendations[i].id;
        char hint[128];
        diag_add(r->d, n->mark, "there is no recommendation '%s'%s", brief(n->text).text, suggest(r, hint, n->text, ids, count));
    }
}

static const char *text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = map_get(map, key);
    return n && n->kind == YAML_TEXT ? n->text : NULL;
}

static void compile_rule(struct reader *r, const struct yaml_node *n, struct rule *rule)
{
    if (n->kind != YAML_MAP)
        return;
    const struct yaml_node *list = map_get(n, "recommend");
    check_recommended(r, list && list->kind == YAML_LIST ? list : NULL);
    rule->table = map_table(r, n, "for");
    if (map_get(n, "for") && !rule->table)
        return; /* every column would be complained about */
    if (map_get(n, "where") && !rule->table)
        diag_add(r->d, map_get(n, "where")->key_mark, "'where' needs 'for': which rows?");
    const struct scope_decl *row = row_of(r, rule->table);
    rule->where = compile_condition(r, n, "where", row);
    rule->when = compile_condition(r, n, "when", row);
    rule->say = compile_message(r, n, "say", row);
    const struct yaml_node *when = map_get(n, "when");
    rule->formula = when && when->kind == YAML_TEXT ? one_line(r, when->text) : "";
    rule->say_text = text_of(n, "say");
    rule->where_text = text_of(n, "where");
    list = map_get(n, "evidence");
    for (const struct yaml_node *e = list && list->kind == YAML_LIST ? list->first : NULL; e; e = e->next)
        if (e->kind == YAML_TEXT && *e->text)
            check_evidence(r, e->mark, rule->table, e->text);
}

static void compile_step(struct reader *r, const struct yaml_node *n, struct step *s)
{
    if (n->kind != YAML_MAP)
        return;
    s->when = compile_condition(r, n, "when", NULL);
    const struct yaml_node *list = map_list(r, n, "show");
    s->shows = arena_alloc(r->arena, (list ? list->count : 0) * sizeof *s->shows);
    for (const struct yaml_node *show = list ? list->first : NULL; show; show = show->next)
        compile_show(r, show, &s->shows[s->show_count++]);
    list = map_get(n, "questions");
    size_t i = 0;
    for (const struct yaml_node *q = list && list->kind == YAML_LIST ? list->first : NULL; q; q = q->next)
        s->questions[i++].when = compile_condition(r, q, "when", NULL);
    list = map_get(n, "rules");
    i = 0;
    for (const struct yaml_node *rule = list && list->kind == YAML_LIST ? list->first : NULL; rule; rule = rule->next)
        compile_rule(r, rule, &s->rules[i++]);
    list = map_get(n, "next");
    i = 0;
    for (const struct yaml_node *next = list && list->kind == YAML_LIST ? list->first : NULL; next; next = next->next)
        s->nexts[i++].when = compile_condition(r, next, "when", NULL);
}

/* The table that all rules recommending it judge by row, so that its words can name what that row holds. */
static const struct table_decl *common_table(const struct playbook *p, const char *id)
{
    const struct table_decl *common = NULL;
    bool first = true;
    for (size_t s = 0; id && s < p->step_count; s++)
        for (size_t i = 0; i < p->steps[s].rule_count; i++) {
            const struct rule *rule = &p->steps[s].rules[i];
            for (size_t k = 0; k < rule->recommend_count; k++) {
                if (strcmp(rule->recommend[k], id) != 0)
                    continue;
                if (!first && rule->table != common)
                    return NULL;
                common = rule->table;
                first = false;
            }
        }
    return common;
}

/* The words of a sysctl's recommendation follow from its name (@) and its row of the tunables. */
static const char *generate(struct reader *r, const char *pattern, const char *sysctl)
{
    AUTO_STR struct str s = {0};
    for (const char *c = pattern; *c; c++) {
        if (*c == '@')
            str_add(&s, sysctl);
        else
            str_add_char(&s, *c);
    }
    return arena_strdup(r->arena, str_text(&s));
}

static struct message *word(struct reader *r, const struct yaml_node *n, const char *key, const struct scope_decl *row,
                            const struct recommendation_decl *d, const char *generated, const char **text)
{
    const char *ignored;
    if (!text)
        text = &ignored;
    *text = text_of(n, key);
    if (map_get(n, key) || !d->sysctl || !row)
        return compile_message(r, n, key, row);
    *text = generate(r, generated, d->sysctl);
    return compile_message_text(r, *text, d->mark, row);
}

static void compile_recommendation(struct reader *r, const struct yaml_node *n, struct recommendation_decl *d)
{
    if (n->kind != YAML_MAP || !d->kind)
        return;
    const struct table_decl *table = common_table(r->p, d->id);
    if (d->sysctl && !is_sysctl_name(d->sysctl))
        return;
    if (d->sysctl) {
        /* its own row of the tunables, whatever row the rule judged */
        const struct probe *probe = NULL;
        table = probe_table("tunable", &probe);
        if (table && !is_measured(r, probe))
            never_measured(r, map_get(n, "sysctl")->mark, table->name, probe);
    } else {
        d->table = table;
    }
    const struct scope_decl *row = row_of(r, table);
    d->when = compile_condition(r, n, "when", row);
    d->title = compile_message(r, n, "title", row);
    d->current = word(r, n, "current", row, d, "{current}", NULL);
    d->proposed = word(r, n, "proposed", row, d, "{recommended}", NULL);
    d->apply = word(r, n, "apply", row, d, "sysctl -w @={recommended}", &d->apply_text);
    d->keep = word(r, n, "keep", row, d, "echo '@ = {recommended}' > /etc/sysctl.d/60-fragwizard-@.conf", NULL);
    d->verify = word(r, n, "verify", row, d, "sysctl @", NULL);
    d->undo = word(r, n, "undo", row, d, "sysctl -w @={current}; rm -f /etc/sysctl.d/60-fragwizard-@.conf", &d->undo_text);
    d->risk = compile_message(r, n, "risk", row);
    d->why = compile_message(r, n, "why", row);
    d->title_text = text_of(n, "title");
    d->risk_text = text_of(n, "risk");
    d->why_text = text_of(n, "why");
}

static struct sentence *compile_sentences(struct reader *r, const struct yaml_node *map, const char *key, size_t *count)
{
    const struct yaml_node *list = map_list(r, map, key);
    if (!list)
        return NULL;
    struct sentence *out = arena_alloc(r->arena, list->count * sizeof *out);
    for (const struct yaml_node *n = list->first; n; n = n->next) {
        struct sentence *s = &out[(*count)++];
        if (n->kind == YAML_TEXT) {
            const char *text = node_text(r, n, "a sentence");
            s->say = text ? compile_message_text(r, text, n->mark, NULL) : NULL;
        } else if (map_check(r, n, "sentence", sentence_keys)) {
            s->when = compile_condition(r, n, "when", NULL);
            s->say = compile_message(r, n, "say", NULL);
        }
    }
    return out;
}

static void compile_verdict(struct reader *r, const struct yaml_node *n, struct verdict_decl *v)
{
    if (n->kind != YAML_MAP)
        return;
    v->headline = compile_message(r, n, "headline", NULL);
    v->confirmed = compile_condition(r, n, "confirmed", NULL);
    v->likely = compile_condition(r, n, "likely", NULL);
    v->ruled_out = compile_condition(r, n, "ruled-out", NULL);
    v->headline_text = text_of(n, "headline");
    v->confirmed_text = text_of(n, "confirmed");
    v->likely_text = text_of(n, "likely");
    v->ruled_out_text = text_of(n, "ruled-out");
    v->sentences_for = compile_sentences(r, n, "for", &v->for_count);
    v->sentences_against = compile_sentences(r, n, "against", &v->against_count);
}

static const struct yaml_node *first_of(const struct yaml_node *root, const char *key)
{
    const struct yaml_node *list = map_get(root, key);
    return list && list->kind == YAML_LIST ? list->first : NULL;
}

static void compile(struct reader *r, const struct yaml_node *root)
{
    struct playbook *p = r->p;
    const struct yaml_node *n = first_of(root, "steps");
    for (size_t i = 0; i < p->step_count; i++, n = n->next)
        compile_step(r, n, &p->steps[i]);
    n = first_of(root, "recommendations");
    for (size_t i = 0; i < p->recommendation_count; i++, n = n->next)
        compile_recommendation(r, n, &p->recommendations[i]);
    n = first_of(root, "verdicts");
    for (size_t i = 0; i < p->verdict_count; i++, n = n->next)
        compile_verdict(r, n, &p->verdicts[i]);
}

struct playbook *playbook_parse(const char *file, const char *text, size_t length, struct diags *d)
{
    struct playbook *p = mem_alloc(sizeof *p);
    p->file = arena_strdup(&p->arena, file);
    struct reader r = {.p = p, .arena = &p->arena, .d = d, .file = p->file};
    r.names = (struct names){&r, named_table, named_limit, named_answer, named_rule, list_names};
    size_t before = d->count;
    const struct yaml_node *root = yaml_tree(&p->arena, p->file, text, length, d);
    if (root && map_check(&r, root, "playbook", playbook_keys)) {
        declare(&r, root);
        compile(&r, root);
        playbook_check(&r);
    }
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
    arena_free(&p->arena);
    free(p);
}

const struct step *playbook_step(const struct playbook *p, const char *id)
{
    for (size_t i = 0; i < p->step_count; i++)
        if (p->steps[i].id && strcmp(p->steps[i].id, id) == 0)
            return &p->steps[i];
    return NULL;
}

const struct rule *playbook_rule(const struct playbook *p, const char *id, const struct step **step)
{
    for (size_t s = 0; s < p->step_count; s++)
        for (size_t i = 0; i < p->steps[s].rule_count; i++) {
            const struct rule *rule = &p->steps[s].rules[i];
            if (!rule->id || strcmp(rule->id, id) != 0)
                continue;
            if (step)
                *step = &p->steps[s];
            return rule;
        }
    return NULL;
}
