/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case as JSON and back; the only user of jansson. schema/case.json describes the members.
 * Writing builds one row at a time, so that the text is the only large thing in memory. Reading trusts nothing. */
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/text.h"
#include "engine/case.h"

#define FORMAT "fragwizard-case/1"

enum { CASE_BYTES_MAX = 64 * 1024 * 1024, CASE_DEPTH_MAX = 64, CASE_VALUES_MAX = 1000000 };

static const char *const type_words[] = {
    [TYPE_BOOL] = "bool",       [TYPE_TEXT] = "text",
    [TYPE_COUNT] = "count",     [TYPE_RATIO] = "ratio",
    [TYPE_BYTES] = "bytes",     [TYPE_SECONDS] = "seconds",
    [TYPE_RATE] = "per_second", [TYPE_BYTE_RATE] = "bytes_per_second",
};
static const char *const state_words[] = {
    [STEP_PENDING] = "pending", [STEP_DONE] = "done", [STEP_SKIPPED] = "skipped", [STEP_PASSED] = "passed"};
static const char *const status_words[] = {"ok", "warning", "critical", "unknown"};

static void *take(size_t size)
{
    void *p = malloc(size);
    if (!p)
        mem_exhausted();
    return p;
}

/* From here on no jansson constructor fails for want of memory. */
static void begin_json(void)
{
    json_set_alloc_funcs(take, free);
}

/* --- writing --- */

struct writer {
    struct str out;
    unsigned indent;
    bool first; /* nothing stands in the container yet */
};

static json_t *of_text(const char *text)
{
    if (!text)
        return json_null();
    json_t *j = json_string(text);
    if (j)
        return j;
    size_t length = strlen(text), size = 3 * length + 1;
    AUTO_FREE char *clean = mem_alloc(size);
    text_clean(clean, size, text, length);
    return json_string_nocheck(clean);
}

static json_t *of_required(const char *text)
{
    return of_text(text ? text : "");
}

static json_t *of_number(double number)
{
    if (!isfinite(number))
        return json_null();
    if (number == trunc(number) && fabs(number) <= 9007199254740992.0) /* 2^53: beyond, not every integer exists */
        return json_integer((json_int_t)number);
    return json_real(number);
}

static json_t *of_count(size_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *of_value(const struct value *v)
{
    if (!v->known)
        return json_null();
    if (v->type == TYPE_TEXT)
        return of_required(v->text);
    return v->type == TYPE_BOOL ? json_boolean(v->truth) : of_number(v->number);
}

static json_t *of_texts(const char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, of_required(texts[i]));
    return list;
}

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new_nocheck(object, key, value);
}

/* Members that are mostly absent are left out. */
static void put_if(json_t *object, const char *key, const char *text)
{
    if (text)
        put(object, key, of_text(text));
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

/* A container of plain values takes one line; of others, one line a member. */
static void emit(struct str *out, const json_t *j, unsigned indent)
{
    if (is_flat(j)) {
        /* 15 digits: what a double keeps through text and back, so that saving again gives the same bytes. */
        json_dump_callback(j, add_part, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
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
        put(object, t->decl->columns[i].name, of_value(&v));
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
        put(entry, "table", of_text(t->decl->name));
        put(entry, "column", of_text(t->decl->columns[column].name));
        if (json_array_size(rows) == t->rows) {
            json_decref(rows);
            rows = json_string("all");
        }
        put(entry, "rows", rows);
        put(entry, "why", of_text(t->facts->reasons[reason - 1]));
        json_array_append_new(list, entry);
    }
}

static void write_facts(struct writer *w, const struct facts *f)
{
    open_container(w, '{');
    write_member(w, "status", of_text(status_name(f->status)));
    write_member(w, "reason", of_text(f->reason));
    write_member(w, "cost_ms", of_number(round(f->cost_s * 1e6) / 1e3));
    write_member(w, "coverage", f->coverage < 0 ? json_null() : of_number(f->coverage));
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
            put(omitted, t->decl->name, of_count(t->omitted));
    }
    write_member(w, "unknown", unknown);
    write_member(w, "omitted", omitted);
    close_container(w, '}');
}

char *facts_to_json(const struct facts *f, size_t *length)
{
    begin_json();
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
    return of_text(text);
}

/* The name, and what the probe of that name found out about it. */
static json_t *of_host(const struct case_file *c)
{
    json_t *object = json_object();
    put(object, "name", of_required(c->host));
    const struct facts *f = case_facts(c, "host");
    for (unsigned i = 0; f && i < f->probe->table_count; i++) {
        const struct table *t = &f->tables[i];
        if (strcmp(t->decl->name, "host") != 0 || !t->rows)
            continue;
        for (unsigned column = 0; column < t->decl->column_count; column++) {
            struct value v = cell_get(t, 0, column);
            if (strcmp(t->decl->columns[column].name, "name") != 0)
                put(object, t->decl->columns[column].name, of_value(&v));
        }
    }
    return object;
}

/* A value that stands outside of a table brings its type. */
static void put_value(json_t *object, const struct value *v)
{
    put(object, "value", of_value(v));
    put(object, "type", of_text(type_words[v->type]));
    if (!v->known)
        put_if(object, "unknown", v->why);
}

static json_t *of_finding(const struct finding *f)
{
    json_t *object = json_object(), *evidence = json_array();
    put(object, "id", of_required(f->id));
    put(object, "severity", of_text(severity_name(f->severity)));
    put(object, "step", of_text(f->step));
    put(object, "say", of_required(f->say));
    put(object, "row", of_text(f->row));
    for (size_t i = 0; i < f->evidence_count; i++) {
        json_t *item = json_object();
        put(item, "name", of_required(f->evidence[i].name));
        put_value(item, &f->evidence[i].value);
        json_array_append_new(evidence, item);
    }
    put(object, "evidence", evidence);
    put(object, "recommend", of_texts(f->recommend, f->recommend_count));
    put(object, "why", of_text(f->why));
    put(object, "source", of_text(f->source));
    put(object, "formula", of_text(f->formula));
    return object;
}

static json_t *of_check(const struct check *k)
{
    json_t *object = json_object();
    put(object, "id", of_required(k->id));
    put(object, "step", of_text(k->step));
    put(object, "severity", of_text(severity_name(k->severity)));
    put(object, "result", of_text(check_result_name(k->result)));
    put(object, "why", of_text(k->why));
    put(object, "optional", json_boolean(k->optional));
    put(object, "rows", of_count(k->rows));
    put(object, "fired", of_count(k->fired));
    put(object, "unknown", of_count(k->unknown));
    put(object, "formula", of_text(k->formula));
    put(object, "threshold_why", of_text(k->threshold_why));
    put(object, "source", of_text(k->source));
    return object;
}

static json_t *of_verdict(const struct verdict *v)
{
    json_t *object = json_object();
    put(object, "id", of_required(v->id));
    put(object, "title", of_required(v->title));
    put(object, "state", of_text(verdict_state_name(v->state)));
    put(object, "for", of_texts(v->sentences_for, v->for_count));
    put(object, "against", of_texts(v->sentences_against, v->against_count));
    return object;
}

static json_t *of_recommendation(const struct recommendation *r)
{
    json_t *object = json_object();
    put(object, "id", of_required(r->id));
    put(object, "kind", of_required(r->kind));
    put(object, "title", of_required(r->title));
    put(object, "current", of_text(r->current));
    put(object, "proposed", of_text(r->proposed));
    put(object, "apply", of_text(r->apply));
    put(object, "keep", of_text(r->keep));
    put(object, "verify", of_text(r->verify));
    put(object, "undo", of_text(r->undo));
    put(object, "risk", of_text(r->risk));
    put(object, "why", of_text(r->why));
    put(object, "sysctl", of_text(r->sysctl));
    return object;
}

static json_t *of_answer(const struct answer *a)
{
    json_t *object = json_object();
    put(object, "id", of_required(a->id));
    put(object, "step", of_text(a->step));
    put(object, "ask", of_text(a->ask));
    put_value(object, &a->value);
    put(object, "shown", of_text(a->shown));
    put(object, "defaulted", json_boolean(a->defaulted));
    return object;
}

static json_t *of_note(const struct note *n)
{
    json_t *object = json_object();
    put(object, "step", of_text(n->step));
    put(object, "time", of_time(n->wall));
    put(object, "text", of_required(n->text));
    return object;
}

static json_t *of_shown(const struct shown *s)
{
    json_t *object = json_object(), *rows = json_array();
    put(object, "probe", of_required(s->probe));
    put(object, "table", of_required(s->table));
    put(object, "title", of_text(s->title));
    put(object, "columns", of_texts(s->columns, s->column_count));
    for (size_t i = 0; i < s->row_count; i++)
        json_array_append_new(rows, of_count(s->row[i]));
    put(object, "rows", rows);
    put(object, "more", of_count(s->more));
    return object;
}

static json_t *of_step(const struct step_record *s)
{
    json_t *object = json_object(), *shows = json_array();
    put(object, "id", of_required(s->id));
    put(object, "title", of_required(s->title));
    put(object, "state", of_text(state_words[s->state]));
    put(object, "why", of_text(s->why));
    put(object, "classic", of_text(s->classic));
    put(object, "blind", of_text(s->blind));
    put(object, "probes", of_texts(s->probes, s->probe_count));
    for (size_t i = 0; i < s->show_count; i++)
        json_array_append_new(shows, of_shown(&s->shows[i]));
    put(object, "shows", shows);
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
        put(object, "id", of_required(k->id));
        put(object, "why", of_text(k->why));
        write_item(w, object);
    }
    close_container(w, ']');
    json_t *counts = json_object();
    put(counts, "total", of_count(c->check_count));
    put(counts, "fired", of_count(count[CHECK_FIRED]));
    put(counts, "clear", of_count(count[CHECK_CLEAR]));
    put(counts, "unchecked", of_count(count[CHECK_UNCHECKED]));
    put(counts, "not_run", of_count(count[CHECK_NOT_RUN]));
    write_member(w, "checks", counts);
    begin_member(w, "check_list");
    open_container(w, '[');
    for (size_t i = 0; i < c->check_count; i++)
        write_item(w, of_check(&c->checks[i]));
    close_container(w, ']');
}

static void write_case(struct writer *w, const struct case_file *c)
{
    write_member(w, "format", of_text(FORMAT));
    write_member(w, "version", of_text(c->version));
    write_member(w, "host", of_host(c));
    write_member(w, "playbook", of_required(c->playbook));
    write_member(w, "playbook_title", of_text(c->playbook_title));
    write_member(w, "case_id", of_text(c->case_id));
    write_member(w, "root", of_text(c->root));
    write_member(w, "started", of_time(c->started));
    write_member(w, "duration_s", of_number(c->duration_s));
    write_member(w, "window_s", of_number(c->window_s));
    write_member(w, "complete", json_boolean(c->complete));
    write_member(w, "status", of_text(c->status ? c->status : "unknown"));
    write_member(w, "headline", of_text(c->headline));
    write_member(w, "lead", of_text(c->lead));

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

/* The last member is the CRC-32 of everything before it, and what follows is fixed: so any changed byte shows. */
#define TAIL_BEFORE ",\n  \"checksum\": \"crc32:"
#define TAIL_AFTER "\"\n}\n"
enum { TAIL_LENGTH = sizeof TAIL_BEFORE - 1 + 8 + sizeof TAIL_AFTER - 1 };

static void make_tail(char tail[TAIL_LENGTH + 1], const char *text, size_t length)
{
    unsigned long sum = crc32_z(0, (const unsigned char *)text, length);
    snprintf(tail, TAIL_LENGTH + 1, TAIL_BEFORE "%08lx" TAIL_AFTER, sum);
}

char *case_to_json(const struct case_file *c, size_t *length)
{
    begin_json();
    struct writer w = {0};
    open_container(&w, '{');
    write_case(&w, c);
    char tail[TAIL_LENGTH + 1];
    make_tail(tail, w.out.data, w.out.length);
    str_add(&w.out, tail);
    *length = w.out.length;
    return w.out.data;
}

/* --- reading --- */

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
    enum type type = read_word(r, object, where, "type", type_words, sizeof type_words / sizeof *type_words);
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
        s->state = read_word(r, j, "step", "state", state_words, sizeof state_words / sizeof *state_words);
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
    c->status =
        status_words[read_word(r, root, "", "status", status_words, sizeof status_words / sizeof *status_words)];
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
    enum { BEFORE = sizeof TAIL_BEFORE - 1, AFTER = sizeof TAIL_AFTER - 1 };
    const char *tail = text + length - TAIL_LENGTH;
    if (length < TAIL_LENGTH || memcmp(tail, TAIL_BEFORE, BEFORE) != 0 ||
        memcmp(tail + BEFORE + 8, TAIL_AFTER, AFTER) != 0)
        return err_set(e, "%s: was changed or damaged, or is not a case (no checksum at its end)", name);
    char right[TAIL_LENGTH + 1];
    make_tail(right, text, length - TAIL_LENGTH);
    if (memcmp(tail, right, TAIL_LENGTH) == 0)
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
    begin_json();
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
    if (!format || strcmp(format, FORMAT) != 0) {
        char clean[64] = "none";
        if (format)
            text_clean(clean, sizeof clean, format, strlen(format));
        err_set(e, "%s: is of format %s; this version reads " FORMAT, name, clean);
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
