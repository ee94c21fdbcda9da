/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second pass over a playbook: its expressions and messages. */
#include <string.h>

#include "engine/playbook/playbook_fields.h"
#include "facts/setting.h"

enum { ROWS_DEFAULT = 10 };

static const struct scope_decl *row_of(struct reader *r, const struct table_decl *table)
{
    if (!table)
        return NULL;
    struct scope_decl *s = arena_alloc(r->arena, sizeof *s);
    s->table = table;
    return s;
}

/* False if it names what has no type: that was complained about. */
static bool begin_compile(struct reader *r, const char *text, struct mark at, const struct scope_decl *scope)
{
    for (size_t i = 0; i < r->untyped_count; i++)
        if (strstr(text, r->untyped[i]))
            return false;
    r->lenient = r->weighing && is_inherited(r, at);
    r->at_hand = scope ? scope->table : NULL;
    r->unmeasured = NULL;
    return true;
}

static struct expr *compile_text(struct reader *r, const char *text, struct mark at, const struct scope_decl *scope)
{
    struct expr *e =
        begin_compile(r, text, at, scope) ? expr_compile(&r->p->code, text, at, &r->names, scope, r->d) : NULL;
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

static struct message *compile_message_text(struct reader *r, const char *text, struct mark at,
                                            const struct scope_decl *scope)
{
    struct message *m =
        begin_compile(r, text, at, scope) ? message_compile(&r->p->code, text, at, &r->names, scope, r->d) : NULL;
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

/* What the second pass reads of a mapping: its conditions and messages, over the rows of `table` (NULL: none). */
static void map_compile(struct reader *r, const struct yaml_node *map, const struct mapping *m, void *object,
                        const struct table_decl *table)
{
    const struct scope_decl *row = row_of(r, table);
    for (size_t i = 0; i < m->count; i++) {
        const struct key *k = &m->keys[i];
        char *to = (char *)object + k->at;
        if (k->kind == KEY_CONDITION)
            *(struct expr **)to = compile_condition(r, map, k->name, row);
        else if (k->kind == KEY_MESSAGE)
            *(struct message **)to = compile_message(r, map, k->name, row);
        else
            continue;
        if (k->other)
            *(const char **)((char *)object + k->other) = text_of(map, k->name);
    }
}

/* The column to sort by; NULL: none is named. */
static const char *read_sort(struct reader *r, const struct yaml_node *n, const struct table_decl *table,
                             bool *descending)
{
    const char *sort = map_text(r, n, "sort");
    if (!sort)
        return NULL;
    *descending = *sort == '-';
    check_column(r, map_get(n, "sort")->mark, table, sort + *descending);
    return sort + *descending;
}

static void compile_show(struct reader *r, const struct yaml_node *n, struct show *show)
{
    show->rows = ROWS_DEFAULT;
    if (!map_read(r, n, &show_mapping, show))
        return;
    show->table = map_table(r, n, "table");
    if (!show->table)
        return;
    for (const struct yaml_node *c = first_of(n, "columns"); c; c = c->next)
        if (c->kind == YAML_TEXT && *c->text)
            check_column(r, c->mark, show->table, c->text);
    show->sort = read_sort(r, n, show->table, &show->descending);
    map_compile(r, n, &show_mapping, show, show->table);
}

static void check_recommended(struct reader *r, const struct yaml_node *n)
{
    const struct playbook *p = r->p;
    for (; n; n = n->next)
        if (n->kind == YAML_TEXT && *n->text && !ARRAY_FIND(p->recommendations, p->recommendation_count, id, n->text))
            diag_add(r->d, n->mark, "there is no recommendation '%s'%s", brief(n->text).text,
                     SUGGEST(r, n->text, p->recommendations, p->recommendation_count, id).text);
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

static void compile_rule(struct reader *r, const struct yaml_node *n, struct rule *rule)
{
    if (n->kind != YAML_MAP)
        return;
    check_recommended(r, first_of(n, "recommend"));
    rule->table = map_table(r, n, "for");
    if (map_get(n, "for") && !rule->table)
        return; /* every column would be complained about */
    if (map_get(n, "where") && !rule->table)
        diag_add(r->d, map_get(n, "where")->key_mark, "'where' needs 'for': which rows?");
    map_compile(r, n, &rule_mapping, rule, rule->table);
    const char *when = text_of(n, "when");
    rule->formula = when ? one_line(r, when) : "";
    for (const struct yaml_node *e = first_of(n, "evidence"); e; e = e->next)
        if (e->kind == YAML_TEXT && *e->text)
            check_evidence(r, e->mark, rule->table, e->text);
}

struct repeated {
    const struct probe **probes; /* that measure once more */
    size_t count;
    bool read;
};

static void seek_repeated(void *data, const struct table_decl *table)
{
    struct repeated *c = data;
    for (size_t i = 0; i < c->count; i++)
        c->read =
            c->read || (table >= c->probes[i]->tables && table < c->probes[i]->tables + c->probes[i]->table_count);
}

static void compile_measure(struct reader *r, const struct yaml_node *n, const struct step *s,
                            struct experiment_decl *d)
{
    const char *text = map_text(r, n, "measure");
    const struct yaml_node *at = map_get(n, "measure");
    d->measure = text ? compile_text(r, text, at->mark, NULL) : NULL;
    if (!d->measure) {
        note_untyped(r, "before", d->id);
        note_untyped(r, "after", d->id);
        return;
    }
    d->measure_text = one_line(r, text);
    AUTO_FREE const struct probe **windowed = mem_array(s->probe_count, sizeof *windowed);
    struct repeated repeated = {windowed, 0, false};
    for (size_t i = 0; i < s->probe_count; i++)
        if (s->probes[i]->sample)
            windowed[repeated.count++] = s->probes[i];
    if (d->action != ACTION_WATCH)
        repeated = (struct repeated){d->again, d->again_count, false};
    expr_tables(d->measure, seek_repeated, &repeated);
    if (repeated.count && !repeated.read)
        diag_add(r->d, at->mark, "nothing that this reads is measured once more, so that it cannot change%s",
                 d->action == ACTION_WATCH ? "" : " (see 'again')");
}

static void compile_step_measures(struct reader *r, const struct yaml_node *step, const struct step *s)
{
    const struct yaml_node *n = first_of(step, "experiments");
    for (size_t i = 0; i < s->experiment_count; i++, n = n->next)
        if (n->kind == YAML_MAP)
            compile_measure(r, n, s, &s->experiments[i]);
}

/* Before all else, as what these measure is the type of before.ID and after.ID, which any expression can name but these. */
static void compile_measures(struct reader *r, const struct yaml_node *root)
{
    const struct names all = r->names;
    r->names.experiment = NULL;
    const struct yaml_node *n = first_of(root, "steps");
    for (size_t s = 0; s < r->p->step_count; s++, n = n->next)
        compile_step_measures(r, n, &r->p->steps[s]);
    struct diags *d = r->d, ignored = {0};
    r->d = &ignored;
    for (size_t i = 0, s = 0; i < r->base_count; i++)
        for (n = first_of(r->bases[i], "steps"); n && s < r->base_step_count; n = n->next)
            compile_step_measures(r, n, &r->base_steps[s++]);
    r->d = d;
    diags_free(&ignored);
    r->names = all;
}

/* An inherited table of a probe that no step runs any more. */
static bool is_left_out(const struct reader *r, const struct yaml_node *show)
{
    const struct probe *probe = NULL;
    const char *table = is_inherited(r, show->mark) ? text_of(show, "table") : NULL;
    return table && probe_table(table, &probe) && !is_measured(r, probe);
}

static void compile_step(struct reader *r, const struct yaml_node *map, struct step *s)
{
    if (map->kind != YAML_MAP)
        return;
    map_compile(r, map, &step_mapping, s, NULL);
    const struct yaml_node *n;
    s->shows = map_items(r, map, "show", sizeof *s->shows, &n);
    for (; n; n = n->next)
        if (!is_left_out(r, n))
            compile_show(r, n, &s->shows[s->show_count++]);
    n = first_of(map, "questions");
    for (size_t i = 0; n; n = n->next)
        map_compile(r, n, &question_mapping, &s->questions[i++], NULL);
    n = first_of(map, "experiments");
    for (size_t i = 0; n; n = n->next)
        map_compile(r, n, &experiment_mapping, &s->experiments[i++], NULL);
    n = first_of(map, "rules");
    for (size_t i = 0; n; n = n->next)
        compile_rule(r, n, &s->rules[i++]);
    n = first_of(map, "next");
    for (size_t i = 0; n; n = n->next)
        map_compile(r, n, &next_mapping, &s->nexts[i++], NULL);
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

/* What stands there; for a sysctl else what follows from its name and its row of the tunables. NULL: nothing. */
static struct message *word(struct reader *r, const struct yaml_node *n, const char *key, const struct scope_decl *row,
                            const struct recommendation_decl *d, const struct str *generated, const char **text)
{
    *text = text_of(n, key);
    if (map_get(n, key) || !d->sysctl || !row || !generated->length)
        return compile_message(r, n, key, row);
    *text = arena_strdup(r->arena, generated->data);
    return compile_message_text(r, *text, d->mark, row);
}

/* Its value, its command and what takes that back; without a value of the playbook's own, the kernel's default. */
struct wording {
#define WORDING_MEMBER(R, KIND, member, ...) struct str member;
    RECOMMENDATION_TEXTS(WORDING_MEMBER, )
};

static void generate_wording(struct wording *w, const char *sysctl, const char *value)
{
    AUTO_FREE char *file = mem_printf("/etc/sysctl.d/60-fragwizard-%s.conf", sysctl);
    const struct setting other = {.name = sysctl, .file = file}, *known = setting_named(sysctl);
    const struct setting *s = known ? known : &other;
    str_add(&w->current, "{current}");
    str_add(&w->proposed, value);
    setting_add_command(&w->apply, s, value);
    setting_add_command(&w->undo, s, "{current}");
    str_printf(&w->verify, s->words ? "cat /%s" : "sysctl %s", s->words ? s->path : s->name);
    if (!s->file)
        return;
    str_add(&w->keep, "echo '");
    setting_add_line(&w->keep, s, value);
    str_printf(&w->keep, "' > %s", s->file);
    str_printf(&w->undo, "; rm -f %s", s->file);
}

static void compile_wording(struct reader *r, const struct yaml_node *n, const struct scope_decl *row,
                            struct recommendation_decl *d)
{
    struct wording w = {0};
    const char *proposed = text_of(n, "proposed");
    if (d->sysctl)
        generate_wording(&w, d->sysctl, proposed ? proposed : "{default}");
#define WORDING_COMPILE(R, KIND, member, detail, NEED, NAME, HELP)                                                     \
    d->member = word(r, n, NAME, row, d, &w.member, &d->member##_text);                                                \
    str_free(&w.member);
    RECOMMENDATION_TEXTS(WORDING_COMPILE, )
}

static void compile_recommendation(struct reader *r, const struct yaml_node *n, struct recommendation_decl *d)
{
    if (n->kind != YAML_MAP || !d->kind)
        return;
    const struct table_decl *table = common_table(r->p, d->id);
    if (!d->sysctl && strcmp(d->kind, "sysctl") == 0)
        return;
    if (d->sysctl) {
        /* its own row of the tunables, whatever row the rule judged */
        const struct probe *probe = NULL;
        table = probe_table("tunable", &probe);
        r->lenient = is_inherited(r, map_get(n, "sysctl")->mark);
        if (table && !is_measured(r, probe))
            never_measured(r, map_get(n, "sysctl")->mark, table->name, probe);
    } else {
        d->table = table;
    }
    map_compile(r, n, &recommendation_mapping, d, table);
    compile_wording(r, n, row_of(r, table), d);
}

static struct sentence *compile_sentences(struct reader *r, const struct yaml_node *map, const char *key, size_t *count)
{
    const struct yaml_node *n;
    struct sentence *out = map_items(r, map, key, sizeof *out, &n);
    for (; n; n = n->next) {
        struct sentence *s = &out[(*count)++];
        if (n->kind == YAML_TEXT) {
            const char *text = node_text(r, n, "a sentence");
            s->say = text ? compile_message_text(r, text, n->mark, NULL) : NULL;
        } else if (map_read(r, n, &sentence_mapping, s)) {
            map_compile(r, n, &sentence_mapping, s, NULL);
        }
    }
    return out;
}

static struct owners *compile_owners(struct reader *r, const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = map_get(map, key);
    struct owners *o = arena_alloc(r->arena, sizeof *o);
    o->rows = ROWS_DEFAULT;
    if (!n || !map_read(r, n, &owners_mapping, o))
        return NULL;
    r->lenient = is_inherited(r, n->mark);
    o->table = map_table(r, n, "table");
    if (!o->table)
        return NULL; /* every column would be complained about */
    o->sort = read_sort(r, n, o->table, &o->descending);
    map_compile(r, n, &owners_mapping, o, o->table);
    return o;
}

/* An expression that gives no truth but a value, such as "if(…, 'compactable', 'pinned')". */
static struct expr *compile_value(struct reader *r, const struct yaml_node *map, const char *key, enum type type,
                                  const char *example)
{
    const char *text = map_text(r, map, key);
    const struct yaml_node *n = map_get(map, key);
    struct expr *e = text ? compile_text(r, text, n->mark, NULL) : NULL;
    if (e && expr_type(e) != type)
        diag_add(r->d, n->mark, "'%s' must be %s, but this is %s", key, example,
                 expr_type(e) == TYPE_BOOL ? "true or false" : type_name(expr_type(e)));
    return e;
}

static void compile_verdict(struct reader *r, const struct yaml_node *n, struct verdict_decl *v)
{
    if (n->kind != YAML_MAP)
        return;
    map_compile(r, n, &verdict_mapping, v, NULL);
    v->kind = compile_value(r, n, "kind", TYPE_TEXT, "a text, such as 'pinned' in quotes");
    v->kind_text = text_of(n, "kind");
    v->until = compile_value(r, n, "until", TYPE_SECONDS, "a time");
    v->size = compile_value(r, n, "size", TYPE_BYTES, "an amount of memory");
    v->owners = compile_owners(r, n, "owners");
    v->subjects = compile_owners(r, n, "subjects");
    v->sentences_for = compile_sentences(r, n, "for", &v->for_count);
    v->sentences_against = compile_sentences(r, n, "against", &v->against_count);
}

/* An expression that gives a number, of the dimension of `like` if that is given. */
static struct expr *compile_number(struct reader *r, const struct yaml_node *map, const char *key,
                                   const struct expr *like)
{
    const char *text = map_text(r, map, key);
    const struct yaml_node *n = map_get(map, key);
    struct expr *e = text ? compile_text(r, text, n->mark, NULL) : NULL;
    if (!e)
        return NULL;
    enum type type = expr_type(e);
    if (type == TYPE_BOOL || type == TYPE_TEXT)
        diag_add(r->d, n->mark, "'%s' must be a number, but this is %s", key,
                 type == TYPE_BOOL ? "true or false" : type_name(type));
    else if (like && type != expr_type(like))
        diag_add(r->d, n->mark, "'%s' is in %s, but 'value' in %s", key, type_name(type), type_name(expr_type(like)));
    return e;
}

static void compile_figure(struct reader *r, const struct yaml_node *n, struct figure_decl *f)
{
    if (n->kind != YAML_MAP)
        return;
    f->value = compile_number(r, n, "value", NULL);
    f->warning = compile_number(r, n, "warning", f->value);
    f->critical = compile_number(r, n, "critical", f->value);
}

void playbook_compile(struct reader *r, const struct yaml_node *root)
{
    struct playbook *p = r->p;
    compile_measures(r, root);
    const struct yaml_node *n = first_of(root, "steps");
    for (size_t i = 0; i < p->step_count; i++, n = n->next)
        compile_step(r, n, &p->steps[i]);
    r->weighing = true;
    n = first_of(root, "recommendations");
    for (size_t i = 0; i < p->recommendation_count; i++, n = n->next)
        compile_recommendation(r, n, &p->recommendations[i]);
    n = first_of(root, "verdicts");
    for (size_t i = 0; i < p->verdict_count; i++, n = n->next)
        compile_verdict(r, n, &p->verdicts[i]);
    n = first_of(root, "figures");
    for (size_t i = 0; i < p->figure_count; i++, n = n->next)
        compile_figure(r, n, &p->figures[i]);
}
