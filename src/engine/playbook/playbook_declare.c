/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first pass over a playbook: all that is declared, so that expressions can refer to it from anywhere. */
#include <string.h>

#include "engine/playbook/playbook_fields.h"

static const enum type unit_types[] = {TYPE_COUNT, TYPE_RATIO, TYPE_BYTES, TYPE_SECONDS}; /* by unit_names */

enum { WINDOW_DEFAULT_S = 30, MOST_DEFAULT = 10 };

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
        l->mark = n->key_mark;
        if (check_id(r, n->key_mark, n->key, "the limit's name", ID_NAME))
            l->name = n->key;
        const struct yaml_node *value = map_read(r, n, &limit_mapping, l) ? map_get(n, "value") : NULL;
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

static void read_choice_default(struct reader *r, const struct yaml_node *n, const char *text, struct question *q)
{
    q->fallback = value_text(text);
    if (q->choice_count && !ARRAY_FIND(q->choices, q->choice_count, id, text))
        diag_add(r->d, n->mark, "the default '%s' is none of the choices%s", brief(text).text,
                 SUGGEST(r, text, q->choices, q->choice_count, id).text);
}

static void read_yesno_default(struct reader *r, const struct yaml_node *n, const char *text, struct question *q)
{
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

static void read_process_default(struct reader *r, const struct yaml_node *n, const char *text, struct question *q)
{
    size_t digits = strspn(text, "0123456789");
    if (strcmp(text, "none") != 0 && (!digits || digits > 7 || text[digits]))
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
            diag_add(r->d, map->mark,
                     "missing key 'default' in this question: it is what runs without an operator take");
        return;
    }
    if (q->type == QUESTION_NUMBER) {
        read_number_default(r, n, q);
        return;
    }
    bool words = q->type == QUESTION_TEXT || q->type == QUESTION_FILE; /* which may be none */
    const char *text = words && n->kind == YAML_TEXT ? n->text : node_text(r, n, "'default'");
    if (text && words)
        q->fallback = value_text(text);
    else if (text && q->type == QUESTION_YESNO)
        read_yesno_default(r, n, text, q);
    else if (text && q->type == QUESTION_CHOICE)
        read_choice_default(r, n, text, q);
    else if (text)
        read_process_default(r, n, text, q);
}

static void declare_question(struct reader *r, const struct yaml_node *n, struct question *q)
{
    q->mark = mark_of_id(n);
    if (!map_read(r, n, &question_mapping, q))
        return;
    if (word_of(n, "type", question_type_names) < 0) {
        note_untyped(r, "answer", q->id);
        return;
    }
    int unit = map_word(r, n, "unit", unit_names);
    if (unit >= 0 && q->type != QUESTION_NUMBER)
        diag_add(r->d, map_get(n, "unit")->key_mark, "'unit' belongs to type number only");
    q->unit = unit_types[unit < 0 ? 0 : unit];
    declare_choices(r, n, q);
    read_default(r, n, q);
}

static void declare_rule(struct reader *r, const struct yaml_node *n, struct rule *rule)
{
    rule->mark = mark_of_id(n);
    rule->most = MOST_DEFAULT;
    if (!map_read(r, n, &rule_mapping, rule) || rule->severity == SEVERITY_INFO)
        return;
    if (!map_get(n, "why"))
        diag_add(r->d, n->mark, "missing key 'why' in this rule: a %s needs its reason",
                 severity_names[rule->severity]);
    const struct yaml_node *recommend = map_get(n, "recommend");
    if (!recommend || (recommend->kind == YAML_LIST && !recommend->count))
        diag_add(r->d, recommend ? recommend->mark : n->mark,
                 "missing recommendations: a %s must say what to do ('recommend')", severity_names[rule->severity]);
}

static void add_once(struct reader *r, const struct yaml_node *n, const struct probe **list, size_t *count,
                     const struct probe *probe)
{
    for (size_t i = 0; i < *count; i++)
        if (list[i] == probe) {
            diag_add(r->d, n->mark, "probe '%s' stands here twice", probe->name);
            return;
        }
    list[(*count)++] = probe;
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
        r->unknown_probe = true;
        diag_add(r->d, n->mark, "unknown probe '%s'%s", brief(name).text, suggest(r, name, candidates, count).text);
    }
    if (probe)
        add_once(r, n, s->probes, &s->probe_count, probe);
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

static void add_again(struct reader *r, const struct yaml_node *n, const struct step *s, struct experiment_decl *d)
{
    const char *name = node_text(r, n, "a probe's name");
    AUTO_FREE const char **names = mem_array(s->probe_count, sizeof *names);
    for (size_t i = 0; name && i < s->probe_count; i++) {
        names[i] = s->probes[i]->name;
        if (strcmp(names[i], name) == 0) {
            add_once(r, n, d->again, &d->again_count, s->probes[i]);
            return;
        }
    }
    if (name && !r->unknown_probe)
        diag_add(r->d, n->mark, "'%s' is no probe of this step%s", brief(name).text,
                 suggest(r, name, names, s->probe_count).text);
}

/* The keys that belong to one action only: what is done, and how it is measured afterwards. */
static void check_action(struct reader *r, const struct yaml_node *map, const struct step *s,
                         const struct experiment_decl *d)
{
    static const struct {
        const char *key, *what;
        bool of[ACTION_OPERATOR + 1];
    } keys[] = {
        {"again", "which probes measure once more?", {[ACTION_COMPACT] = true, [ACTION_OPERATOR] = true}},
        {"window", "how much longer is observed?", {[ACTION_WATCH] = true}},
        {"instruct", "what is the operator to do?", {[ACTION_OPERATOR] = true}},
    };
    const char *action = experiment_action_names[d->action];
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const struct yaml_node *n = map_get(map, keys[i].key);
        if (n && !keys[i].of[d->action])
            diag_add(r->d, n->key_mark, "'%s' does not belong to action %s", keys[i].key, action);
        else if (!n && keys[i].of[d->action])
            diag_add(r->d, map->mark, "missing key '%s' in this experiment: %s", keys[i].key, keys[i].what);
        else if (n && n->kind == YAML_LIST && !n->count)
            diag_add(r->d, n->mark, "'%s' is empty", keys[i].key);
    }
    bool windowed = false;
    for (size_t i = 0; i < s->probe_count; i++)
        windowed = windowed || s->probes[i]->sample;
    if (d->action == ACTION_WATCH && !windowed && !r->unknown_probe)
        diag_add(r->d, map_get(map, "action")->mark, "no probe of this step observes over a window");
}

/* After the step's probes, as it names some of them. */
static void declare_experiment(struct reader *r, const struct yaml_node *n, const struct step *s,
                               struct experiment_decl *d)
{
    d->mark = mark_of_id(n);
    if (!map_read(r, n, &experiment_mapping, d))
        return;
    const struct yaml_node *again;
    d->again = map_items(r, n, "again", sizeof *d->again, &again);
    for (; again; again = again->next)
        add_again(r, again, s, d);
    if (word_of(n, "action", experiment_action_names) >= 0)
        check_action(r, n, s, d);
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
        s->nexts[0] = (struct next){next->mark, NULL, node_text(r, next, "'next'")};
        s->next_count = 1;
        return;
    }
    for (const struct yaml_node *n = next->first; n; n = n->next) {
        struct next *to = &s->nexts[s->next_count++];
        to->mark = n->mark;
        if (!map_read(r, n, &next_mapping, to))
            continue;
        if (map_get(n, "step"))
            to->mark = map_get(n, "step")->mark;
        if (!map_get(n, "when") && n->next)
            diag_add(r->d, n->next->mark, "never reached: the entry before it has no 'when'");
    }
}

static void declare_step(struct reader *r, const struct yaml_node *map, struct step *s)
{
    s->mark = mark_of_id(map);
    if (!map_read(r, map, &step_mapping, s))
        return;
    if (s->id && strcmp(s->id, "end") == 0)
        diag_add(r->d, map_get(map, "id")->mark, "'end' ends the playbook and cannot be a step's id");
    declare_probes(r, map, s);
    declare_nexts(r, map, s);
    const struct yaml_node *n;
    s->questions = map_items(r, map, "questions", sizeof *s->questions, &n);
    for (; n; n = n->next)
        declare_question(r, n, &s->questions[s->question_count++]);
    s->experiments = map_items(r, map, "experiments", sizeof *s->experiments, &n);
    for (; n; n = n->next)
        declare_experiment(r, n, s, &s->experiments[s->experiment_count++]);
    s->rules = map_items(r, map, "rules", sizeof *s->rules, &n);
    for (; n; n = n->next)
        declare_rule(r, n, &s->rules[s->rule_count++]);
}

/* Also the settings of transparent huge pages, which are rows of the same table; their commands are the playbook's own. */
static bool is_sysctl_name(const char *name)
{
    static const char huge[] = "transparent_hugepage/";
    if (strncmp(name, huge, sizeof huge - 1) == 0)
        return !name[strspn(name, "abcdefghijklmnopqrstuvwxyz_/")] && name[sizeof huge - 1];
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.");
    return !name[n] && strchr(name, '.') && name[0] != '.' && name[0] != '-' && !strstr(name, "..") &&
           name[n - 1] != '.';
}

static void declare_recommendation(struct reader *r, const struct yaml_node *n, struct recommendation_decl *d)
{
    d->mark = mark_of_id(n);
    if (!map_read(r, n, &recommendation_mapping, d) || !d->kind)
        return;
    const struct yaml_node *sysctl = map_get(n, "sysctl");
    if (strcmp(d->kind, "sysctl") == 0) {
        if (!d->sysctl)
            diag_add(r->d, n->mark, "missing key 'sysctl' in this recommendation of kind sysctl");
        if (d->sysctl && !is_sysctl_name(d->sysctl)) {
            diag_add(r->d, sysctl->mark, "'%s' is no name of a sysctl such as vm.swappiness", brief(d->sysctl).text);
            d->sysctl = NULL; /* nothing is worded with it */
        }
        return;
    }
    d->sysctl = NULL;
    if (sysctl)
        diag_add(r->d, sysctl->key_mark, "'sysctl' belongs to kind sysctl only");
    if (strcmp(d->kind, "observe") != 0 && !map_get(n, "apply"))
        diag_add(r->d, n->mark, "missing key 'apply' in this recommendation: how is it done?");
}

/* Without complaints: what is left of them is declared by the playbook itself. */
static void declare_bases(struct reader *r)
{
    struct diags *all = r->d, ignored = {0};
    r->d = &ignored;
    r->base_steps = arena_alloc(r->arena, r->base_count * PLAYBOOK_STEPS_MAX * sizeof *r->base_steps);
    for (size_t i = 0; i < r->base_count; i++) {
        const struct yaml_node *n = first_of(r->bases[i], "steps");
        for (size_t k = 0; n && k < PLAYBOOK_STEPS_MAX; k++, n = n->next)
            declare_step(r, n, &r->base_steps[r->base_step_count++]);
    }
    r->d = all;
    diags_free(&ignored);
}

bool playbook_declare(struct reader *r, const struct yaml_node *root)
{
    struct playbook *p = r->p;
    p->window_s = WINDOW_DEFAULT_S;
    if (!map_read(r, root, &playbook_mapping, p))
        return false;
    const char *format = map_text(r, root, "format");
    if (format && strcmp(format, PLAYBOOK_FORMAT) != 0)
        diag_add(r->d, map_get(root, "format")->mark, "the format '%s' is not known: this program reads %s",
                 brief(format).text, PLAYBOOK_FORMAT);
    declare_limits(r, map_get(root, "limits"));
    const struct yaml_node *n, *list = map_get(root, "steps");
    p->steps = map_items(r, root, "steps", sizeof *p->steps, &n);
    if (list && list->kind == YAML_LIST && !list->count)
        diag_add(r->d, list->mark, "'steps' is empty");
    if (list && list->count > PLAYBOOK_STEPS_MAX)
        diag_add(r->d, list->mark, "more than %d steps", PLAYBOOK_STEPS_MAX);
    for (; n && p->step_count < PLAYBOOK_STEPS_MAX; n = n->next)
        declare_step(r, n, &p->steps[p->step_count++]);
    declare_bases(r);
    p->recommendations = map_items(r, root, "recommendations", sizeof *p->recommendations, &n);
    for (; n; n = n->next)
        declare_recommendation(r, n, &p->recommendations[p->recommendation_count++]);
    p->verdicts = map_items(r, root, "verdicts", sizeof *p->verdicts, &n);
    for (; n; n = n->next) {
        struct verdict_decl *v = &p->verdicts[p->verdict_count++];
        v->mark = mark_of_id(n);
        map_read(r, n, &verdict_mapping, v);
    }
    p->figures = map_items(r, root, "figures", sizeof *p->figures, &n);
    for (; n; n = n->next) {
        struct figure_decl *f = &p->figures[p->figure_count++];
        f->mark = mark_of_id(n);
        map_read(r, n, &figure_mapping, f);
    }
    return true;
}
