/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case as JSON. One row at a time is built, so that the text is the only large thing in memory. */
#include "engine/case/case_json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/text.h"
#include "facts/json_value.h"

const char *const case_type_words[CASE_TYPES] = {
    [TYPE_BOOL] = "bool",       [TYPE_TEXT] = "text",
    [TYPE_COUNT] = "count",     [TYPE_RATIO] = "ratio",
    [TYPE_BYTES] = "bytes",     [TYPE_SECONDS] = "seconds",
    [TYPE_RATE] = "per_second", [TYPE_BYTE_RATE] = "bytes_per_second",
};
const char *const case_state_words[CASE_STATES] = {
    [STEP_PENDING] = "pending", [STEP_DONE] = "done", [STEP_SKIPPED] = "skipped", [STEP_PASSED] = "passed"};

static void *take(size_t size)
{
    void *p = malloc(size);
    if (!p)
        mem_exhausted();
    return p;
}

void case_json_begin(void)
{
    json_set_alloc_funcs(take, free);
}

struct writer {
    struct str out;
    unsigned indent;
    bool first; /* nothing stands in the container yet */
};

static json_t *of_required(const char *text)
{
    return json_of_text(text ? text : "");
}

static json_t *of_count(size_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *of_texts(const char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, of_required(texts[i]));
    return list;
}

/* Members that are mostly absent are left out. */
static void put_if(json_t *object, const char *key, const char *text)
{
    if (text)
        json_put(object, key, json_of_text(text));
}

static int add_part(const char *part, size_t length, void *out)
{
    str_add_n(out, part, length);
    return 0;
}

static bool is_flat(const json_t *j)
{
    const char *key;
    json_t *member;
    size_t i;
    if (json_is_object(j)) {
        json_object_foreach((json_t *)j, key, member) if (json_is_object(member) || json_is_array(member)) return false;
    } else {
        json_array_foreach(j, i, member) if (json_is_object(member) || json_is_array(member)) return false;
    }
    return true;
}

static void new_line(struct str *out, unsigned indent)
{
    str_add_char(out, '\n');
    for (unsigned i = 0; i < indent; i++)
        str_add(out, "  ");
}

enum { DIGITS_SHORT = 15, DIGITS_EXACT = 17 };

static bool needs_all_digits(const json_t *j)
{
    char text[32];
    if (!json_is_real(j))
        return false;
    snprintf(text, sizeof text, "%.*g", DIGITS_SHORT, json_real_value(j));
    return strtod(text, NULL) != json_real_value(j);
}

/* As many as let each number of a flat container read back as it was, so that no threshold flips when a case is gone on
 * with. Where few do, they are easier to read. */
static size_t digits_needed(const json_t *j)
{
    const char *key;
    json_t *member;
    size_t i;
    bool all = needs_all_digits(j);
    if (json_is_object(j)) {
        json_object_foreach((json_t *)j, key, member) all = all || needs_all_digits(member);
    } else {
        json_array_foreach(j, i, member) all = all || needs_all_digits(member);
    }
    return all ? DIGITS_EXACT : DIGITS_SHORT;
}

/* A container of plain values takes one line; of others, one line a member. */
static void emit(struct str *out, const json_t *j, unsigned indent)
{
    if (is_flat(j)) {
        json_dump_callback(j, add_part, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits_needed(j)));
        return;
    }
    bool first = true;
    const char *key;
    json_t *member;
    size_t i;
    str_add_char(out, json_is_object(j) ? '{' : '[');
    if (json_is_object(j)) {
        json_object_foreach((json_t *)j, key, member)
        {
            if (!first)
                str_add_char(out, ',');
            first = false;
            new_line(out, indent + 1);
            str_printf(out, "\"%s\": ", key);
            emit(out, member, indent + 1);
        }
    } else {
        json_array_foreach(j, i, member)
        {
            if (i)
                str_add_char(out, ',');
            new_line(out, indent + 1);
            emit(out, member, indent + 1);
        }
    }
    new_line(out, indent);
    str_add_char(out, json_is_object(j) ? '}' : ']');
}

static void begin_item(struct writer *w)
{
    if (!w->first)
        str_add_char(&w->out, ',');
    w->first = false;
    new_line(&w->out, w->indent);
}

static void begin_member(struct writer *w, const char *key)
{
    begin_item(w);
    str_printf(&w->out, "\"%s\": ", key);
}

static void open_container(struct writer *w, char bracket)
{
    str_add_char(&w->out, bracket);
    w->indent++;
    w->first = true;
}

static void close_container(struct writer *w, char bracket)
{
    w->indent--;
    if (!w->first)
        new_line(&w->out, w->indent);
    str_add_char(&w->out, bracket);
    w->first = false;
}

static void write_value(struct writer *w, json_t *value)
{
    emit(&w->out, value, w->indent);
    json_decref(value);
}

static void write_member(struct writer *w, const char *key, json_t *value)
{
    begin_member(w, key);
    write_value(w, value);
}

static void write_item(struct writer *w, json_t *value)
{
    begin_item(w);
    write_value(w, value);
}

static json_t *of_row(const struct table *t, size_t row)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < t->decl->column_count; i++) {
        struct value v = cell_get(t, row, i);
        json_put(object, t->decl->columns[i].name, json_of_value(&v));
    }
    return object;
}

/* Why cells are null, a line for each column and reason, in the order of the rows. "not read" goes without saying. */
static void add_unknown(json_t *list, const struct table *t, unsigned column)
{
    unsigned columns = t->decl->column_count;
    bool seen[256] = {[0] = true, [1] = true};
    for (size_t row = 0; row < t->rows; row++) {
        uint8_t reason = t->unknown[row * columns + column];
        if (seen[reason])
            continue;
        seen[reason] = true;
        json_t *rows = json_array();
        for (size_t i = row; i < t->rows; i++)
            if (t->unknown[i * columns + column] == reason)
                json_array_append_new(rows, of_count(i));
        json_t *entry = json_object();
        json_put(entry, "table", json_of_text(t->decl->name));
        json_put(entry, "column", json_of_text(t->decl->columns[column].name));
        if (json_array_size(rows) == t->rows) {
            json_decref(rows);
            rows = json_string("all");
        }
        json_put(entry, "rows", rows);
        json_put(entry, "why", json_of_text(t->facts->reasons[reason - 1]));
        json_array_append_new(list, entry);
    }
}

static void write_facts(struct writer *w, const struct facts *f)
{
    open_container(w, '{');
    write_member(w, "status", json_of_text(status_name(f->status)));
    write_member(w, "reason", json_of_text(f->reason));
    write_member(w, "cost_ms", json_of_number(round(f->cost_s * 1e6) / 1e3));
    write_member(w, "coverage", f->coverage < 0 ? json_null() : json_of_number(f->coverage));
    json_t *omitted = json_object(), *unknown = json_array();
    for (unsigned i = 0; i < f->probe->table_count; i++) {
        const struct table *t = &f->tables[i];
        begin_member(w, t->decl->name);
        open_container(w, '[');
        for (size_t row = 0; row < t->rows; row++)
            write_item(w, of_row(t, row));
        close_container(w, ']');
        for (unsigned column = 0; column < t->decl->column_count; column++)
            add_unknown(unknown, t, column);
        if (t->omitted)
            json_put(omitted, t->decl->name, of_count(t->omitted));
    }
    write_member(w, "unknown", unknown);
    write_member(w, "omitted", omitted);
    close_container(w, '}');
}

char *facts_to_json(const struct facts *f, size_t *length)
{
    case_json_begin();
    struct writer w = {0};
    write_facts(&w, f);
    str_add_char(&w.out, '\n');
    *length = w.out.length;
    return w.out.data;
}

static json_t *of_time(double wall)
{
    char text[32];
    clock_iso(text, wall);
    return json_of_text(text);
}

/* The name, and what the probe of that name found out about it. */
static json_t *of_host(const struct case_file *c)
{
    json_t *object = json_object();
    json_put(object, "name", of_required(c->host));
    const struct facts *f = case_facts(c, "host");
    for (unsigned i = 0; f && i < f->probe->table_count; i++) {
        const struct table *t = &f->tables[i];
        if (strcmp(t->decl->name, "host") != 0 || !t->rows)
            continue;
        for (unsigned column = 0; column < t->decl->column_count; column++) {
            struct value v = cell_get(t, 0, column);
            if (strcmp(t->decl->columns[column].name, "name") != 0)
                json_put(object, t->decl->columns[column].name, json_of_value(&v));
        }
    }
    return object;
}

/* A value that stands outside of a table brings its type. */
static void put_value(json_t *object, const struct value *v)
{
    json_put(object, "value", json_of_value(v));
    json_put(object, "type", json_of_text(case_type_words[v->type]));
    if (!v->known)
        put_if(object, "unknown", v->why);
}

static json_t *of_finding(const struct finding *f)
{
    json_t *object = json_object(), *evidence = json_array();
    json_put(object, "id", of_required(f->id));
    json_put(object, "severity", json_of_text(severity_name(f->severity)));
    json_put(object, "step", json_of_text(f->step));
    json_put(object, "say", of_required(f->say));
    json_put(object, "row", json_of_text(f->row));
    json_put(object, "identity", json_of_text(f->identity));
    for (size_t i = 0; i < f->evidence_count; i++) {
        json_t *item = json_object();
        json_put(item, "name", of_required(f->evidence[i].name));
        put_value(item, &f->evidence[i].value);
        json_array_append_new(evidence, item);
    }
    json_put(object, "evidence", evidence);
    json_put(object, "recommend", of_texts(f->recommend, f->recommend_count));
    json_put(object, "why", json_of_text(f->why));
    json_put(object, "source", json_of_text(f->source));
    json_put(object, "formula", json_of_text(f->formula));
    return object;
}

static json_t *of_check(const struct check *k)
{
    json_t *object = json_object();
    json_put(object, "id", of_required(k->id));
    json_put(object, "step", json_of_text(k->step));
    json_put(object, "severity", json_of_text(severity_name(k->severity)));
    json_put(object, "result", json_of_text(check_result_name(k->result)));
    json_put(object, "why", json_of_text(k->why));
    json_put(object, "optional", json_boolean(k->optional));
    json_put(object, "rows", of_count(k->rows));
    json_put(object, "fired", of_count(k->fired));
    json_put(object, "unknown", of_count(k->unknown));
    json_put(object, "formula", json_of_text(k->formula));
    json_put(object, "threshold_why", json_of_text(k->threshold_why));
    json_put(object, "source", json_of_text(k->source));
    return object;
}

static json_t *of_verdict(const struct verdict *v)
{
    json_t *object = json_object();
    json_put(object, "id", of_required(v->id));
    json_put(object, "title", of_required(v->title));
    json_put(object, "state", json_of_text(verdict_state_name(v->state)));
    json_put(object, "for", of_texts(v->sentences_for, v->for_count));
    json_put(object, "against", of_texts(v->sentences_against, v->against_count));
    json_put(object, "kind", json_of_text(v->kind));
    json_put(object, "owners", of_texts(v->owners, v->owner_count));
    return object;
}

static json_t *of_recommendation(const struct recommendation *r)
{
    json_t *object = json_object();
    json_put(object, "id", of_required(r->id));
    json_put(object, "kind", of_required(r->kind));
    json_put(object, "title", of_required(r->title));
    json_put(object, "current", json_of_text(r->current));
    json_put(object, "proposed", json_of_text(r->proposed));
    json_put(object, "apply", json_of_text(r->apply));
    json_put(object, "keep", json_of_text(r->keep));
    json_put(object, "verify", json_of_text(r->verify));
    json_put(object, "undo", json_of_text(r->undo));
    json_put(object, "risk", json_of_text(r->risk));
    json_put(object, "why", json_of_text(r->why));
    json_put(object, "sysctl", json_of_text(r->sysctl));
    return object;
}

static json_t *of_answer(const struct answer *a)
{
    json_t *object = json_object();
    json_put(object, "id", of_required(a->id));
    json_put(object, "step", json_of_text(a->step));
    json_put(object, "ask", json_of_text(a->ask));
    put_value(object, &a->value);
    json_put(object, "shown", json_of_text(a->shown));
    json_put(object, "defaulted", json_boolean(a->defaulted));
    return object;
}

/* A value that stands under a name of its own: {value, type, unknown}. */
static json_t *of_typed(const struct value *v)
{
    json_t *object = json_object();
    put_value(object, v);
    return object;
}

static json_t *of_experiment(const struct experiment *x)
{
    json_t *object = json_object();
    json_put(object, "id", of_required(x->id));
    json_put(object, "step", json_of_text(x->step));
    json_put(object, "ask", json_of_text(x->ask));
    json_put(object, "action", of_required(x->action));
    json_put(object, "cost", json_of_text(x->cost));
    json_put(object, "risk", json_of_text(x->risk));
    json_put(object, "state", json_of_text(experiment_state_name(x->state)));
    json_put(object, "why", json_of_text(x->why));
    json_put(object, "measure", json_of_text(x->measure));
    json_put(object, "before", of_typed(&x->before));
    json_put(object, "after", of_typed(&x->after));
    json_put(object, "duration_s", json_of_number(x->duration_s));
    return object;
}

static json_t *of_note(const struct note *n)
{
    json_t *object = json_object();
    json_put(object, "step", json_of_text(n->step));
    json_put(object, "time", of_time(n->wall));
    json_put(object, "text", of_required(n->text));
    return object;
}

static json_t *of_shown(const struct shown *s)
{
    json_t *object = json_object(), *rows = json_array();
    json_put(object, "probe", of_required(s->probe));
    json_put(object, "table", of_required(s->table));
    json_put(object, "title", json_of_text(s->title));
    json_put(object, "columns", of_texts(s->columns, s->column_count));
    for (size_t i = 0; i < s->row_count; i++)
        json_array_append_new(rows, of_count(s->row[i]));
    json_put(object, "rows", rows);
    json_put(object, "more", of_count(s->more));
    return object;
}

static json_t *of_step(const struct step_record *s)
{
    json_t *object = json_object(), *shows = json_array();
    json_put(object, "id", of_required(s->id));
    json_put(object, "title", of_required(s->title));
    json_put(object, "state", json_of_text(case_state_words[s->state]));
    json_put(object, "why", json_of_text(s->why));
    json_put(object, "classic", json_of_text(s->classic));
    json_put(object, "blind", json_of_text(s->blind));
    json_put(object, "probes", of_texts(s->probes, s->probe_count));
    for (size_t i = 0; i < s->show_count; i++)
        json_array_append_new(shows, of_shown(&s->shows[i]));
    json_put(object, "shows", shows);
    return object;
}

static void write_checks(struct writer *w, const struct case_file *c)
{
    size_t count[CHECK_NOT_RUN + 1] = {0};
    begin_member(w, "unchecked");
    open_container(w, '[');
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *k = &c->checks[i];
        count[k->result]++;
        if (k->result != CHECK_UNCHECKED)
            continue;
        json_t *object = json_object();
        json_put(object, "id", of_required(k->id));
        json_put(object, "why", json_of_text(k->why));
        write_item(w, object);
    }
    close_container(w, ']');
    json_t *counts = json_object();
    json_put(counts, "total", of_count(c->check_count));
    json_put(counts, "fired", of_count(count[CHECK_FIRED]));
    json_put(counts, "clear", of_count(count[CHECK_CLEAR]));
    json_put(counts, "unchecked", of_count(count[CHECK_UNCHECKED]));
    json_put(counts, "not_run", of_count(count[CHECK_NOT_RUN]));
    write_member(w, "checks", counts);
    begin_member(w, "check_list");
    open_container(w, '[');
    for (size_t i = 0; i < c->check_count; i++)
        write_item(w, of_check(&c->checks[i]));
    close_container(w, ']');
}

static void write_case(struct writer *w, const struct case_file *c)
{
    write_member(w, "format", json_of_text(CASE_FORMAT));
    write_member(w, "version", json_of_text(c->version));
    write_member(w, "host", of_host(c));
    write_member(w, "playbook", of_required(c->playbook));
    write_member(w, "playbook_title", json_of_text(c->playbook_title));
    write_member(w, "case_id", json_of_text(c->case_id));
    write_member(w, "root", json_of_text(c->root));
    write_member(w, "started", of_time(c->started));
    write_member(w, "duration_s", json_of_number(c->duration_s));
    write_member(w, "window_s", json_of_number(c->window_s));
    write_member(w, "complete", json_boolean(c->complete));
    write_member(w, "status", json_of_text(case_status_names[c->status]));
    write_member(w, "headline", json_of_text(c->headline));
    write_member(w, "lead", json_of_text(c->lead));

    begin_member(w, "verdicts");
    open_container(w, '[');
    for (size_t i = 0; i < c->verdict_count; i++)
        write_item(w, of_verdict(&c->verdicts[i]));
    close_container(w, ']');

    begin_member(w, "findings");
    open_container(w, '[');
    for (size_t i = 0; i < c->finding_count; i++)
        write_item(w, of_finding(&c->findings[i]));
    close_container(w, ']');

    write_checks(w, c);

    begin_member(w, "recommendations");
    open_container(w, '[');
    for (size_t i = 0; i < c->recommendation_count; i++)
        write_item(w, of_recommendation(&c->recommendations[i]));
    close_container(w, ']');

    begin_member(w, "answers");
    open_container(w, '[');
    for (size_t i = 0; i < c->answer_count; i++)
        write_item(w, of_answer(&c->answers[i]));
    close_container(w, ']');

    begin_member(w, "experiments");
    open_container(w, '[');
    for (size_t i = 0; i < c->experiment_count; i++)
        write_item(w, of_experiment(&c->experiments[i]));
    close_container(w, ']');

    begin_member(w, "notes");
    open_container(w, '[');
    for (size_t i = 0; i < c->note_count; i++)
        write_item(w, of_note(&c->notes[i]));
    close_container(w, ']');

    begin_member(w, "steps");
    open_container(w, '[');
    for (size_t i = 0; i < c->step_count; i++)
        write_item(w, of_step(&c->steps[i]));
    close_container(w, ']');

    begin_member(w, "facts");
    open_container(w, '{');
    for (size_t i = 0; i < c->facts_count; i++) {
        begin_member(w, c->facts[i]->probe->name);
        write_facts(w, c->facts[i]);
    }
    close_container(w, '}');
}

void case_json_tail(char tail[CASE_TAIL_LENGTH + 1], const char *text, size_t length)
{
    unsigned long sum = crc32_z(0, (const unsigned char *)text, length);
    snprintf(tail, CASE_TAIL_LENGTH + 1, CASE_TAIL_BEFORE "%08lx" CASE_TAIL_AFTER, sum);
}

char *case_to_json(const struct case_file *c, size_t *length)
{
    case_json_begin();
    struct writer w = {0};
    open_container(&w, '{');
    write_case(&w, c);
    char tail[CASE_TAIL_LENGTH + 1];
    case_json_tail(tail, w.out.data, w.out.length);
    str_add(&w.out, tail);
    *length = w.out.length;
    return w.out.data;
}
