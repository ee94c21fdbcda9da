/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A case from JSON. Trusts nothing: format, checksum, limits and types are checked, and every text is cleaned. */
#include "engine/case/case_json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

enum { CASE_BYTES_MAX = 64 * 1024 * 1024, CASE_DEPTH_MAX = 64, CASE_VALUES_MAX = 1000000 };

struct reader {
    struct case_file *c;
    const char *name; /* of the file */
    struct err *e;
    bool bad; /* the first complaint stands in *e */
};

static void complain_about(struct reader *r, const char *where, const char *key, const char *wanted)
{
    if (!r->bad)
        err_set(r->e, "%s: is not a valid case: %s%s%s is not %s", r->name, where, *where ? "." : "", key, wanted);
    r->bad = true;
}

/* Lines are kept in prose (a command of several lines); a name has none. */
static const char *keep_text(struct reader *r, const json_t *j, bool prose)
{
    const char *raw = json_string_value(j), *end = raw + json_string_length(j);
    size_t size = 3 * json_string_length(j) + 1, n = 0;
    AUTO_FREE char *clean = mem_alloc(size);
    for (;;) {
        const char *line = prose ? memchr(raw, '\n', (size_t)(end - raw)) : NULL;
        n += text_clean(clean + n, size - n, raw, (size_t)((line ? line : end) - raw));
        if (!line)
            break;
        clean[n++] = '\n';
        raw = line + 1;
    }
    return arena_strndup(&r->c->arena, clean, n);
}

enum need { OPTIONAL, REQUIRED };

static const char *read_string(struct reader *r, const json_t *object, const char *where, const char *key,
                               enum need need, bool prose)
{
    const json_t *j = json_object_get(object, key);
    if (json_is_string(j))
        return keep_text(r, j, prose);
    if (need == REQUIRED || (j && !json_is_null(j)))
        complain_about(r, where, key, "text");
    return need == REQUIRED ? "" : NULL;
}

static const char *read_name(struct reader *r, const json_t *object, const char *where, const char *key, enum need need)
{
    return read_string(r, object, where, key, need, false);
}

static const char *read_prose(struct reader *r, const json_t *object, const char *where, const char *key,
                              enum need need)
{
    return read_string(r, object, where, key, need, true);
}

static double read_number(struct reader *r, const json_t *object, const char *where, const char *key)
{
    const json_t *j = json_object_get(object, key);
    if (json_is_number(j))
        return json_number_value(j);
    if (j && !json_is_null(j))
        complain_about(r, where, key, "a number");
    return 0;
}

static size_t read_count(struct reader *r, const json_t *object, const char *where, const char *key)
{
    const json_t *j = json_object_get(object, key);
    if (!j)
        return 0;
    if (json_is_integer(j) && json_integer_value(j) >= 0)
        return (size_t)json_integer_value(j);
    complain_about(r, where, key, "a count");
    return 0;
}

static bool read_bool(struct reader *r, const json_t *object, const char *where, const char *key)
{
    const json_t *j = json_object_get(object, key);
    if (j && !json_is_boolean(j))
        complain_about(r, where, key, "true or false");
    return json_is_true(j);
}

static double read_time(struct reader *r, const json_t *object, const char *where, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    struct tm tm = {0};
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
    if (end && !*end)
        return (double)timegm(&tm);
    complain_about(r, where, key, "a time such as 2026-11-21T01:22:38Z");
    return 0;
}

/* The place of a required word among `words`. */
static unsigned read_word(struct reader *r, const json_t *object, const char *where, const char *key,
                          const char *const *words, size_t count)
{
    const char *text = json_string_value(json_object_get(object, key));
    for (unsigned i = 0; text && i < count; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    complain_about(r, where, key, "one of its words");
    return 0;
}

static enum severity read_severity(struct reader *r, const json_t *object, const char *where)
{
    const char *words[SEVERITY_CRITICAL + 1];
    for (unsigned i = 0; i <= SEVERITY_CRITICAL; i++)
        words[i] = severity_name(i);
    return read_word(r, object, where, "severity", words, SEVERITY_CRITICAL + 1);
}

static const json_t *read_list(struct reader *r, const json_t *object, const char *where, const char *key,
                               size_t *count)
{
    const json_t *list = json_object_get(object, key);
    if (list && !json_is_array(list))
        complain_about(r, where, key, "a list");
    *count = json_array_size(list);
    return list;
}

static const char **read_texts(struct reader *r, const json_t *object, const char *where, const char *key,
                               size_t *count, bool prose)
{
    const json_t *list = read_list(r, object, where, key, count);
    if (!*count)
        return NULL;
    const char **texts = arena_alloc(&r->c->arena, *count * sizeof *texts);
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        texts[i] = json_is_string(item) ? keep_text(r, item, prose) : "";
        if (!json_is_string(item))
            complain_about(r, where, key, "a list of texts");
    }
    return texts;
}

static struct value read_value(struct reader *r, const json_t *object, const char *where)
{
    enum type type =
        read_word(r, object, where, "type", case_type_words, sizeof case_type_words / sizeof *case_type_words);
    const json_t *j = json_object_get(object, "value");
    if (json_is_null(j)) {
        const char *why = read_prose(r, object, where, "unknown", OPTIONAL);
        return value_unknown(type, why ? why : "not read");
    }
    if (type == TYPE_BOOL && json_is_boolean(j))
        return value_bool(json_is_true(j));
    if (type == TYPE_TEXT && json_is_string(j))
        return value_text(keep_text(r, j, false));
    if (type_is_number(type) && json_is_number(j))
        return value_number(type, json_number_value(j));
    complain_about(r, where, "value", "of its type");
    return value_unknown(type, "not read");
}

static void read_findings(struct reader *r, const json_t *root)
{
    struct case_file *c = r->c;
    const json_t *list = read_list(r, root, "", "findings", &c->finding_count);
    c->findings = arena_alloc(&c->arena, (c->finding_count + 1) * sizeof *c->findings);
    for (size_t i = 0; i < c->finding_count; i++) {
        const json_t *j = json_array_get(list, i);
        struct finding *f = &c->findings[i];
        f->id = read_name(r, j, "finding", "id", REQUIRED);
        f->severity = read_severity(r, j, "finding");
        f->step = read_name(r, j, "finding", "step", OPTIONAL);
        f->say = read_prose(r, j, "finding", "say", REQUIRED);
        f->row = read_name(r, j, "finding", "row", OPTIONAL);
        f->identity = read_name(r, j, "finding", "identity", OPTIONAL);
        const json_t *evidence = read_list(r, j, "finding", "evidence", &f->evidence_count);
        f->evidence = arena_alloc(&c->arena, (f->evidence_count + 1) * sizeof *f->evidence);
        for (size_t k = 0; k < f->evidence_count; k++) {
            const json_t *item = json_array_get(evidence, k);
            f->evidence[k].name = read_name(r, item, "evidence", "name", REQUIRED);
            f->evidence[k].value = read_value(r, item, "evidence");
        }
        f->recommend = read_texts(r, j, "finding", "recommend", &f->recommend_count, false);
        f->why = read_prose(r, j, "finding", "why", OPTIONAL);
        f->source = read_prose(r, j, "finding", "source", OPTIONAL);
        f->formula = read_prose(r, j, "finding", "formula", OPTIONAL);
    }
}

static void read_checks(struct reader *r, const json_t *root)
{
    struct case_file *c = r->c;
    const char *words[CHECK_NOT_RUN + 1];
    for (unsigned i = 0; i <= CHECK_NOT_RUN; i++)
        words[i] = check_result_name(i);
    const json_t *list = read_list(r, root, "", "check_list", &c->check_count);
    c->checks = arena_alloc(&c->arena, (c->check_count + 1) * sizeof *c->checks);
    for (size_t i = 0; i < c->check_count; i++) {
        const json_t *j = json_array_get(list, i);
        struct check *k = &c->checks[i];
        k->id = read_name(r, j, "check", "id", REQUIRED);
        k->step = read_name(r, j, "check", "step", OPTIONAL);
        k->severity = read_severity(r, j, "check");
        k->result = read_word(r, j, "check", "result", words, CHECK_NOT_RUN + 1);
        k->why = read_prose(r, j, "check", "why", OPTIONAL);
        k->optional = read_bool(r, j, "check", "optional");
        k->rows = read_count(r, j, "check", "rows");
        k->fired = read_count(r, j, "check", "fired");
        k->unknown = read_count(r, j, "check", "unknown");
        k->formula = read_prose(r, j, "check", "formula", OPTIONAL);
        k->threshold_why = read_prose(r, j, "check", "threshold_why", OPTIONAL);
        k->source = read_prose(r, j, "check", "source", OPTIONAL);
    }
}

static void read_verdicts(struct reader *r, const json_t *root)
{
    struct case_file *c = r->c;
    const char *words[VERDICT_UNKNOWN + 1];
    for (unsigned i = 0; i <= VERDICT_UNKNOWN; i++)
        words[i] = verdict_state_name(i);
    const json_t *list = read_list(r, root, "", "verdicts", &c->verdict_count);
    c->verdicts = arena_alloc(&c->arena, (c->verdict_count + 1) * sizeof *c->verdicts);
    for (size_t i = 0; i < c->verdict_count; i++) {
        const json_t *j = json_array_get(list, i);
        struct verdict *v = &c->verdicts[i];
        v->id = read_name(r, j, "verdict", "id", REQUIRED);
        v->title = read_prose(r, j, "verdict", "title", REQUIRED);
        v->state = read_word(r, j, "verdict", "state", words, VERDICT_UNKNOWN + 1);
        v->sentences_for = read_texts(r, j, "verdict", "for", &v->for_count, true);
        v->sentences_against = read_texts(r, j, "verdict", "against", &v->against_count, true);
        v->kind = read_name(r, j, "verdict", "kind", OPTIONAL);
        v->owners = read_texts(r, j, "verdict", "owners", &v->owner_count, true);
    }
    const char *lead = read_name(r, root, "", "lead", OPTIONAL);
    for (size_t i = 0; lead && i < c->verdict_count; i++)
        if (strcmp(c->verdicts[i].id, lead) == 0)
            c->lead = c->verdicts[i].id;
}

static void read_recommendations(struct reader *r, const json_t *root)
{
    struct case_file *c = r->c;
    const json_t *list = read_list(r, root, "", "recommendations", &c->recommendation_count);
    c->recommendations = arena_alloc(&c->arena, (c->recommendation_count + 1) * sizeof *c->recommendations);
    for (size_t i = 0; i < c->recommendation_count; i++) {
        const json_t *j = json_array_get(list, i);
        struct recommendation *m = &c->recommendations[i];
        m->id = read_name(r, j, "recommendation", "id", REQUIRED);
        m->kind = read_name(r, j, "recommendation", "kind", REQUIRED);
        m->title = read_prose(r, j, "recommendation", "title", REQUIRED);
        m->current = read_prose(r, j, "recommendation", "current", OPTIONAL);
        m->proposed = read_prose(r, j, "recommendation", "proposed", OPTIONAL);
        m->apply = read_prose(r, j, "recommendation", "apply", OPTIONAL);
        m->keep = read_prose(r, j, "recommendation", "keep", OPTIONAL);
        m->verify = read_prose(r, j, "recommendation", "verify", OPTIONAL);
        m->undo = read_prose(r, j, "recommendation", "undo", OPTIONAL);
        m->risk = read_prose(r, j, "recommendation", "risk", OPTIONAL);
        m->why = read_prose(r, j, "recommendation", "why", OPTIONAL);
        m->sysctl = read_name(r, j, "recommendation", "sysctl", OPTIONAL);
    }
}

static void read_answers(struct reader *r, const json_t *root)
{
    struct case_file *c = r->c;
    const json_t *list = read_list(r, root, "", "answers", &c->answer_count);
    c->answers = arena_alloc(&c->arena, (c->answer_count + 1) * sizeof *c->answers);
    for (size_t i = 0; i < c->answer_count; i++) {
        const json_t *j = json_array_get(list, i);
        struct answer *a = &c->answers[i];
        a->id = read_name(r, j, "answer", "id", REQUIRED);
        a->step = read_name(r, j, "answer", "step", OPTIONAL);
        a->ask = read_prose(r, j, "answer", "ask", OPTIONAL);
        a->value = read_value(r, j, "answer");
        a->shown = read_prose(r, j, "answer", "shown", OPTIONAL);
        a->defaulted = read_bool(r, j, "answer", "defaulted");
    }
}

static void read_experiments(struct reader *r, const json_t *root)
{
    struct case_file *c = r->c;
    const char *words[EXPERIMENT_FAILED + 1];
    for (unsigned i = 0; i <= EXPERIMENT_FAILED; i++)
        words[i] = experiment_state_name(i);
    const json_t *list = read_list(r, root, "", "experiments", &c->experiment_count);
    c->experiments = arena_alloc(&c->arena, (c->experiment_count + 1) * sizeof *c->experiments);
    for (size_t i = 0; i < c->experiment_count; i++) {
        const json_t *j = json_array_get(list, i);
        struct experiment *x = &c->experiments[i];
        x->id = read_name(r, j, "experiment", "id", REQUIRED);
        x->step = read_name(r, j, "experiment", "step", OPTIONAL);
        x->ask = read_prose(r, j, "experiment", "ask", OPTIONAL);
        x->action = read_name(r, j, "experiment", "action", REQUIRED);
        x->cost = read_prose(r, j, "experiment", "cost", OPTIONAL);
        x->risk = read_prose(r, j, "experiment", "risk", OPTIONAL);
        x->state = read_word(r, j, "experiment", "state", words, EXPERIMENT_FAILED + 1);
        x->why = read_prose(r, j, "experiment", "why", OPTIONAL);
        x->measure = read_prose(r, j, "experiment", "measure", OPTIONAL);
        x->before = read_value(r, json_object_get(j, "before"), "experiment.before");
        x->after = read_value(r, json_object_get(j, "after"), "experiment.after");
        x->duration_s = read_number(r, j, "experiment", "duration_s");
    }
}

static void read_notes(struct reader *r, const json_t *root)
{
    struct case_file *c = r->c;
    const json_t *list = read_list(r, root, "", "notes", &c->note_count);
    c->notes = arena_alloc(&c->arena, (c->note_count + 1) * sizeof *c->notes);
    for (size_t i = 0; i < c->note_count; i++) {
        const json_t *j = json_array_get(list, i);
        c->notes[i].step = read_name(r, j, "note", "step", OPTIONAL);
        c->notes[i].wall = read_time(r, j, "note", "time");
        c->notes[i].text = read_prose(r, j, "note", "text", REQUIRED);
    }
}

/* Row numbers lead into the facts, so only those that exist are kept; a table that this version does not know is not
 * shown. */
static bool read_shown(struct reader *r, const json_t *j, struct shown *s)
{
    s->probe = read_name(r, j, "shows", "probe", REQUIRED);
    s->table = read_name(r, j, "shows", "table", REQUIRED);
    s->title = read_prose(r, j, "shows", "title", OPTIONAL);
    size_t columns, rows;
    const char **names = read_texts(r, j, "shows", "columns", &columns, false);
    const json_t *list = read_list(r, j, "shows", "rows", &rows);
    s->more = read_count(r, j, "shows", "more");
    const struct probe *probe = probe_find(s->probe);
    const struct table_decl *decl = NULL;
    for (unsigned i = 0; probe && i < probe->table_count; i++)
        if (strcmp(probe->tables[i].name, s->table) == 0)
            decl = &probe->tables[i];
    if (!decl)
        return false;
    s->columns = names;
    for (size_t i = 0; i < columns; i++)
        if (table_decl_column(decl, names[i]) >= 0)
            names[s->column_count++] = names[i];
    struct facts *f = case_facts(r->c, s->probe);
    const struct table *t = f ? facts_table(f, s->table) : NULL;
    s->row = arena_alloc(&r->c->arena, (rows + 1) * sizeof *s->row);
    for (size_t i = 0; i < rows; i++) {
        const json_t *row = json_array_get(list, i);
        if (!json_is_integer(row))
            complain_about(r, "shows", "rows", "a list of row numbers");
        else if (t && json_integer_value(row) >= 0 && (size_t)json_integer_value(row) < t->rows)
            s->row[s->row_count++] = (size_t)json_integer_value(row);
    }
    return true;
}

static void read_steps(struct reader *r, const json_t *root)
{
    struct case_file *c = r->c;
    const json_t *list = read_list(r, root, "", "steps", &c->step_count);
    c->steps = arena_alloc(&c->arena, (c->step_count + 1) * sizeof *c->steps);
    for (size_t i = 0; i < c->step_count; i++) {
        const json_t *j = json_array_get(list, i);
        struct step_record *s = &c->steps[i];
        s->id = read_name(r, j, "step", "id", REQUIRED);
        s->title = read_prose(r, j, "step", "title", REQUIRED);
        s->state =
            read_word(r, j, "step", "state", case_state_words, sizeof case_state_words / sizeof *case_state_words);
        s->why = read_prose(r, j, "step", "why", OPTIONAL);
        s->classic = read_prose(r, j, "step", "classic", OPTIONAL);
        s->blind = read_prose(r, j, "step", "blind", OPTIONAL);
        s->probes = read_texts(r, j, "step", "probes", &s->probe_count, false);
        size_t shows;
        const json_t *show = read_list(r, j, "step", "shows", &shows);
        s->shows = arena_alloc(&c->arena, (shows + 1) * sizeof *s->shows);
        for (size_t k = 0; k < shows; k++) {
            struct shown one = {0};
            if (read_shown(r, json_array_get(show, k), &one))
                s->shows[s->show_count++] = one;
        }
    }
}

static void read_cell(struct table *t, size_t row, unsigned column, const json_t *j)
{
    enum type type = t->decl->columns[column].type;
    if (!j)
        cell_unknown(t, row, column, "not in the case (another version wrote it)");
    else if (type == TYPE_TEXT && json_is_string(j))
        cell_text_n(t, row, column, json_string_value(j), json_string_length(j));
    else if (type == TYPE_BOOL && json_is_boolean(j))
        cell_bool(t, row, column, json_is_true(j));
    else if (type_is_number(type) && json_is_number(j))
        cell_number(t, row, column, json_number_value(j));
    else if (!json_is_null(j))
        cell_unknown(t, row, column, "of another type in the case (another version wrote it)");
}

/* A reason applies only to a cell that is null. */
static void read_reason(struct facts *f, const json_t *entry)
{
    const char *table = json_string_value(json_object_get(entry, "table"));
    const char *name = json_string_value(json_object_get(entry, "column"));
    const json_t *why = json_object_get(entry, "why"), *rows = json_object_get(entry, "rows");
    struct table *t = table ? facts_table(f, table) : NULL;
    int column = t && name ? table_decl_column(t->decl, name) : -1;
    if (column < 0 || !json_is_string(why))
        return;
    const char *reason = facts_intern(f, json_string_value(why), json_string_length(why));
    bool all = json_is_string(rows) && strcmp(json_string_value(rows), "all") == 0;
    size_t count = all ? t->rows : json_array_size(rows);
    for (size_t i = 0; i < count; i++) {
        const json_t *number = json_array_get(rows, i);
        json_int_t row = all ? (json_int_t)i : json_is_integer(number) ? json_integer_value(number) : -1;
        if (row >= 0 && (size_t)row < t->rows && !cell_get(t, (size_t)row, (unsigned)column).known)
            cell_unknown(t, (size_t)row, (unsigned)column, reason);
    }
}

static void read_facts(struct reader *r, const char *name, const json_t *j)
{
    const struct probe *p = probe_find(name);
    if (!p)
        return; /* a newer version's probe */
    struct facts *f = facts_new(p);
    case_put_facts(r->c, f);
    const char *status = json_string_value(json_object_get(j, "status"));
    if (!status || !status_parse(status, &f->status))
        complain_about(r, name, "status", "one of its words");
    const json_t *reason = json_object_get(j, "reason"), *coverage = json_object_get(j, "coverage");
    if (json_is_string(reason))
        f->reason = facts_intern(f, json_string_value(reason), json_string_length(reason));
    double cost_ms = read_number(r, j, name, "cost_ms");
    f->cost_s = cost_ms >= 0 && cost_ms < 1e12 ? cost_ms / 1e3 : 0;
    f->coverage = json_is_number(coverage) ? json_number_value(coverage) : -1;
    const json_t *omitted = json_object_get(j, "omitted");
    for (unsigned i = 0; i < p->table_count; i++) {
        struct table *t = &f->tables[i];
        size_t rows;
        const json_t *list = read_list(r, j, name, t->decl->name, &rows);
        if (t->decl->single && rows > 1)
            rows = 1;
        for (size_t k = 0; k < rows; k++) {
            const json_t *row = json_array_get(list, k);
            table_add(t);
            for (unsigned column = 0; column < t->decl->column_count; column++)
                read_cell(t, k, column, json_object_get(row, t->decl->columns[column].name));
        }
        t->omitted = read_count(r, omitted, name, t->decl->name);
    }
    size_t reasons;
    const json_t *unknown = read_list(r, j, name, "unknown", &reasons);
    for (size_t i = 0; i < reasons; i++)
        read_reason(f, json_array_get(unknown, i));
}

static void read_case(struct reader *r, json_t *root)
{
    struct case_file *c = r->c;
    c->version = read_name(r, root, "", "version", OPTIONAL);
    c->host = read_name(r, json_object_get(root, "host"), "host", "name", REQUIRED);
    c->playbook = read_name(r, root, "", "playbook", REQUIRED);
    c->playbook_title = read_prose(r, root, "", "playbook_title", OPTIONAL);
    c->case_id = read_name(r, root, "", "case_id", OPTIONAL);
    c->root = read_name(r, root, "", "root", OPTIONAL);
    c->started = read_time(r, root, "", "started");
    c->duration_s = read_number(r, root, "", "duration_s");
    c->window_s = read_number(r, root, "", "window_s");
    c->complete = read_bool(r, root, "", "complete");
    c->status = read_word(r, root, "", "status", case_status_names, CASE_STATUSES);
    c->headline = read_prose(r, root, "", "headline", OPTIONAL);
    json_t *facts = json_object_get(root, "facts"), *one;
    const char *probe;
    if (facts && !json_is_object(facts))
        complain_about(r, "", "facts", "an object");
    json_object_foreach(facts, probe, one) read_facts(r, probe, one);
    read_verdicts(r, root);
    read_findings(r, root);
    read_checks(r, root);
    read_recommendations(r, root);
    read_answers(r, root);
    read_experiments(r, root);
    read_notes(r, root);
    read_steps(r, root);
}

/* The parser recurses and needs some hundred bytes a value: both are bounded before it runs. */
static bool within_limits(const char *name, const char *text, size_t length, struct err *e)
{
    size_t depth = 0, values = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            values++;
            if (++depth > CASE_DEPTH_MAX)
                return err_set(e, "%s: is not a valid case: nested deeper than %d", name, CASE_DEPTH_MAX);
        } else if (c == ']' || c == '}') {
            depth -= depth > 0;
        } else if (c == ',') {
            values++;
        }
    }
    if (values > CASE_VALUES_MAX)
        return err_set(e, "%s: is not a valid case: it holds more than %d values", name, CASE_VALUES_MAX);
    return true;
}

static bool checksum_holds(const char *name, const char *text, size_t length, struct err *e)
{
    enum { BEFORE = sizeof CASE_TAIL_BEFORE - 1, AFTER = sizeof CASE_TAIL_AFTER - 1 };
    const char *tail = text + length - CASE_TAIL_LENGTH;
    if (length < CASE_TAIL_LENGTH || memcmp(tail, CASE_TAIL_BEFORE, BEFORE) != 0 ||
        memcmp(tail + BEFORE + 8, CASE_TAIL_AFTER, AFTER) != 0)
        return err_set(e, "%s: was changed or damaged, or is not a case (no checksum at its end)", name);
    char right[CASE_TAIL_LENGTH + 1];
    case_json_tail(right, text, length - CASE_TAIL_LENGTH);
    if (memcmp(tail, right, CASE_TAIL_LENGTH) == 0)
        return true;
    return err_set(e, "%s: was changed or damaged (checksum %.8s instead of %.8s)", name, right + BEFORE,
                   strspn(tail + BEFORE, "0123456789abcdef") >= 8 ? tail + BEFORE : "?");
}

struct case_file *case_from_json(const char *name, const char *text, size_t length, struct err *e)
{
    if (length > CASE_BYTES_MAX) {
        err_set(e, "%s: is too large for a case (over 64 MiB)", name);
        return NULL;
    }
    if (!checksum_holds(name, text, length, e) || !within_limits(name, text, length, e))
        return NULL;
    case_json_begin();
    json_error_t error;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        char clean[3 * JSON_ERROR_TEXT_LENGTH];
        text_clean(clean, sizeof clean, error.text, strlen(error.text));
        err_set(e, "%s:%d:%d: is not a valid case: %s", name, error.line, error.column, clean);
        return NULL;
    }
    const char *format = json_string_value(json_object_get(root, "format"));
    struct case_file *c = NULL;
    if (!format || strcmp(format, CASE_FORMAT) != 0) {
        char clean[64] = "none";
        if (format)
            text_clean(clean, sizeof clean, format, strlen(format));
        err_set(e, "%s: is of format %s; this version reads " CASE_FORMAT, name, clean);
    } else {
        c = case_new();
        struct reader r = {c, name, e, false};
        read_case(&r, root);
        if (r.bad) {
            case_free(c);
            c = NULL;
        }
    }
    json_decref(root);
    return c;
}
