/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts/record_json.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "facts/json_value.h"

static json_t *of_record(const struct record *r, const void *object);

static json_t *of_required(const char *text)
{
    return json_of_text(text ? text : "");
}

static void put_value(json_t *object, const struct value *v)
{
    json_put(object, "value", json_of_value(v));
    json_put(object, "type", json_of_text(type_json_names[v->type]));
    if (!v->known && v->why)
        json_put(object, "unknown", json_of_text(v->why));
}

static json_t *of_list(const struct field *f, const void *object, const void *at)
{
    json_t *list = json_array();
    const char *items = *(const char *const *)at;
    size_t count = field_list_count(f, object);
    for (size_t i = 0; i < count; i++) {
        json_t *item = f->kind == FIELD_RECORDS  ? of_record(f->record, items + i * f->record->size)
                       : f->kind == FIELD_COUNTS ? json_integer((json_int_t)((const size_t *)items)[i])
                                                 : of_required(((const char *const *)items)[i]);
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *of_field(const struct field *f, const void *object, const void *at)
{
    char time[32];
    json_t *measured;
    switch (f->kind) {
    case FIELD_NAME:
    case FIELD_TEXT:
    case FIELD_CHOICE:
        return f->need == REQUIRED ? of_required(*(const char *const *)at) : json_of_text(*(const char *const *)at);
    case FIELD_WORD:
        return json_of_text(f->words[*(const unsigned *)at]);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)at);
    case FIELD_COUNT:
        return json_integer((json_int_t) * (const size_t *)at);
    case FIELD_NUMBER:
        return json_of_number(*(const double *)at);
    case FIELD_TIME:
        clock_iso(time, *(const double *)at);
        return json_of_text(time);
    case FIELD_MEASURED:
        measured = json_object();
        put_value(measured, at);
        return measured;
    default:
        return of_list(f, object, at);
    }
}

static void put_field(json_t *out, const struct field *f, const void *object)
{
    char name[64];
    const void *at = (const char *)object + f->offset;
    const struct value *v = at;
    if (f->kind == FIELD_MEASURED && f->need == ADDED && !v->known && !v->why)
        return; /* there is nothing to measure */
    if (f->kind == FIELD_VALUE)
        put_value(out, at);
    else
        json_put(out, field_json_name(f, name), of_field(f, object, at));
}

static json_t *of_record(const struct record *r, const void *object)
{
    json_t *out = json_object();
    for (unsigned i = 0; i < r->field_count; i++)
        put_field(out, &r->fields[i], object);
    return out;
}

void record_put(json_t *out, const struct record *r, const void *object, const char *names)
{
    for (size_t n; (n = strcspn(names, " ")); names += n + strspn(names + n, " "))
        for (unsigned i = 0; i < r->field_count; i++)
            if (strlen(r->fields[i].name) == n && memcmp(r->fields[i].name, names, n) == 0)
                put_field(out, &r->fields[i], object);
}

void record_write(struct json_writer *w, const struct record *r, const void *object,
                  void (*other)(struct json_writer *w, const struct field *f, const void *object))
{
    char name[64];
    for (unsigned i = 0; i < r->field_count; i++) {
        const struct field *f = &r->fields[i];
        const char *at = (const char *)object + f->offset;
        if (f->kind == FIELD_OTHER) {
            other(w, f, object);
        } else if (f->kind == FIELD_RECORDS) {
            json_begin_member(w, f->name);
            json_open(w, '[');
            for (size_t k = 0; k < field_list_count(f, object); k++)
                json_write_item(w, of_record(f->record, *(const char *const *)at + k * f->record->size));
            json_close(w, ']');
        } else {
            json_write_member(w, field_json_name(f, name), of_field(f, object, at));
        }
    }
}

void record_complain(struct record_reader *r, const char *where, const char *key, const char *wanted)
{
    if (strcmp(where, r->what) == 0)
        where = "";
    if (!r->bad)
        err_set(r->e, "%s: is not a valid %s: %s%s%s is not %s", r->file, r->what, where, *where ? "." : "", key,
                wanted);
    r->bad = true;
}

/* Lines are kept in prose (a command of several lines); a name has none. */
static const char *keep_text(struct record_reader *r, const json_t *j, bool prose)
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
    return arena_strndup(r->arena, clean, n);
}

static const char *read_string(struct record_reader *r, const json_t *object, const char *where, const char *key,
                               enum need need, bool prose)
{
    const json_t *j = json_object_get(object, key);
    if (json_is_string(j))
        return keep_text(r, j, prose);
    if (need == REQUIRED || (j && !json_is_null(j)))
        record_complain(r, where, key, "text");
    return need == REQUIRED ? "" : NULL;
}

const char *record_read_text(struct record_reader *r, const json_t *object, const char *where, const char *key,
                             enum need need)
{
    return read_string(r, object, where, key, need, false);
}

double record_read_number(struct record_reader *r, const json_t *object, const char *where, const char *key)
{
    const json_t *j = json_object_get(object, key);
    if (json_is_number(j))
        return json_number_value(j);
    if (j && !json_is_null(j))
        record_complain(r, where, key, "a number");
    return 0;
}

size_t record_read_count(struct record_reader *r, const json_t *object, const char *where, const char *key)
{
    const json_t *j = json_object_get(object, key);
    if (!j)
        return 0;
    if (json_is_integer(j) && json_integer_value(j) >= 0)
        return (size_t)json_integer_value(j);
    record_complain(r, where, key, "a count");
    return 0;
}

static bool read_bool(struct record_reader *r, const json_t *object, const char *where, const char *key)
{
    const json_t *j = json_object_get(object, key);
    if (j && !json_is_boolean(j))
        record_complain(r, where, key, "true or false");
    return json_is_true(j);
}

static double read_time(struct record_reader *r, const json_t *object, const char *where, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    struct tm tm = {0};
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
    if (end && !*end)
        return (double)timegm(&tm);
    record_complain(r, where, key, "a time such as 2026-11-21T01:22:38Z");
    return 0;
}

/* The place of a required word among `words`. */
static unsigned read_word(struct record_reader *r, const json_t *object, const char *where, const char *key,
                          const char *const *words)
{
    const char *text = json_string_value(json_object_get(object, key));
    for (unsigned i = 0; text && words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    record_complain(r, where, key, "one of its words");
    return 0;
}

const json_t *record_read_list(struct record_reader *r, const json_t *object, const char *where, const char *key,
                               size_t *count)
{
    const json_t *list = json_object_get(object, key);
    if (list && !json_is_array(list))
        record_complain(r, where, key, "a list");
    *count = json_array_size(list);
    return list;
}

static struct value read_value(struct record_reader *r, const json_t *object, const char *where)
{
    enum type type = read_word(r, object, where, "type", type_json_names);
    const json_t *j = json_object_get(object, "value");
    if (json_is_null(j)) {
        const char *why = read_string(r, object, where, "unknown", NULLABLE, true);
        return value_unknown(type, why ? why : "not read");
    }
    if (type == TYPE_BOOL && json_is_boolean(j))
        return value_bool(json_is_true(j));
    if (type == TYPE_TEXT && json_is_string(j))
        return value_text(keep_text(r, j, false));
    if (type_is_number(type) && json_is_number(j))
        return value_number(type, json_number_value(j));
    record_complain(r, where, "value", "of its type");
    return value_unknown(type, "not read");
}

static struct value read_measured(struct record_reader *r, const json_t *object, const char *where, const char *key)
{
    char inside[128];
    snprintf(inside, sizeof inside, "%s.%s", where, key);
    return read_value(r, json_object_get(object, key), inside);
}

static const char *read_list_text(struct record_reader *r, const struct field *f, const json_t *item, const char *where)
{
    if (json_is_string(item))
        return keep_text(r, item, f->kind == FIELD_TEXTS);
    record_complain(r, where, f->name, "a list of texts");
    return "";
}

/* A negative one is the number of nothing. */
static size_t read_list_count(struct record_reader *r, const struct field *f, const json_t *item, const char *where)
{
    if (!json_is_integer(item))
        record_complain(r, where, f->name, "a list of numbers");
    return json_integer_value(item) >= 0 ? (size_t)json_integer_value(item) : SIZE_MAX;
}

static void read_items(struct record_reader *r, const struct field *f, const json_t *object, const char *where,
                       void *out)
{
    size_t count;
    const json_t *list = record_read_list(r, object, where, f->name, &count);
    const size_t size = f->kind == FIELD_RECORDS  ? f->record->size
                        : f->kind == FIELD_COUNTS ? sizeof(size_t)
                                                  : sizeof(char *);
    char *items = arena_alloc(r->arena, (count + 1) * size);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        if (f->kind == FIELD_RECORDS)
            record_read(r, f->record, item, items + i * size);
        else if (f->kind == FIELD_COUNTS)
            ((size_t *)items)[i] = read_list_count(r, f, item, where);
        else
            ((const char **)items)[i] = read_list_text(r, f, item, where);
    }
    *(void **)((char *)out + f->offset) = items;
    *(size_t *)((char *)out + f->count_offset) = count;
}

static void read_field(struct record_reader *r, const struct field *f, const json_t *json, const char *where,
                       void *object)
{
    char name[64];
    void *at = (char *)object + f->offset;
    field_json_name(f, name);
    switch (f->kind) {
    case FIELD_NAME:
    case FIELD_TEXT:
    case FIELD_CHOICE:
        *(const char **)at = read_string(r, json, where, name, f->need, f->kind == FIELD_TEXT);
        break;
    case FIELD_WORD:
        *(unsigned *)at = read_word(r, json, where, name, f->words);
        break;
    case FIELD_BOOL:
        *(bool *)at = read_bool(r, json, where, name);
        break;
    case FIELD_COUNT:
        *(size_t *)at = record_read_count(r, json, where, name);
        break;
    case FIELD_NUMBER:
        *(double *)at = record_read_number(r, json, where, name);
        break;
    case FIELD_TIME:
        *(double *)at = read_time(r, json, where, name);
        break;
    case FIELD_VALUE:
        *(struct value *)at = read_value(r, json, where);
        break;
    case FIELD_MEASURED:
        if (f->need != ADDED || json_object_get(json, name))
            *(struct value *)at = read_measured(r, json, where, name);
        break;
    case FIELD_OTHER:
        break;
    default:
        read_items(r, f, json, where, object);
        break;
    }
}

void record_read(struct record_reader *r, const struct record *record, const json_t *json, void *object)
{
    for (unsigned i = 0; i < record->field_count; i++)
        read_field(r, &record->fields[i], json, record->name, object);
}
