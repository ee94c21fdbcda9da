/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/case/case_json.h"

#include <string.h>
#include <zlib.h>

#include "facts/facts_json.h"
#include "facts/json_value.h"

/* The name, and what the probe of that name found out about it. */
static json_t *of_host(const struct case_file *c)
{
    json_t *object = json_object();
    json_put(object, "name", json_of_text(c->host ? c->host : ""));
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

static void write_unchecked(struct json_writer *w, const struct case_file *c)
{
    json_begin_member(w, "unchecked");
    json_open(w, '[');
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *k = &c->checks[i];
        if (k->result != CHECK_UNCHECKED)
            continue;
        json_t *object = json_object();
        json_put(object, "id", json_of_text(k->id ? k->id : ""));
        json_put(object, "why", json_of_text(k->why));
        json_write_item(w, object);
    }
    json_close(w, ']');
}

static json_t *of_check_counts(const struct case_file *c)
{
    size_t count[CHECK_NOT_RUN + 1] = {0};
    for (size_t i = 0; i < c->check_count; i++)
        count[c->checks[i].result]++;
    json_t *counts = json_object();
    json_put(counts, "total", json_integer((json_int_t)c->check_count));
    json_put(counts, "fired", json_integer((json_int_t)count[CHECK_FIRED]));
    json_put(counts, "clear", json_integer((json_int_t)count[CHECK_CLEAR]));
    json_put(counts, "unchecked", json_integer((json_int_t)count[CHECK_UNCHECKED]));
    json_put(counts, "not_run", json_integer((json_int_t)count[CHECK_NOT_RUN]));
    return counts;
}

static void write_facts(struct json_writer *w, const struct case_file *c)
{
    json_begin_member(w, "facts");
    json_open(w, '{');
    for (size_t i = 0; i < c->facts_count; i++) {
        json_begin_member(w, c->facts[i]->probe->name);
        facts_write(w, c->facts[i]);
    }
    json_close(w, '}');
}

/* The checksum is added when the rest is there. */
static void write_other(struct json_writer *w, const struct field *f, const void *object)
{
    const struct case_file *c = object;
    if (strcmp(f->name, "format") == 0)
        json_write_member(w, f->name, json_string(CASE_FORMAT));
    else if (strcmp(f->name, "host") == 0)
        json_write_member(w, f->name, of_host(c));
    else if (strcmp(f->name, "unchecked") == 0)
        write_unchecked(w, c);
    else if (strcmp(f->name, "checks") == 0)
        json_write_member(w, f->name, of_check_counts(c));
    else if (strcmp(f->name, "facts") == 0)
        write_facts(w, c);
}

void case_json_tail(char tail[CASE_TAIL_LENGTH + 1], const char *text, size_t length)
{
    unsigned long sum = crc32_z(0, (const unsigned char *)text, length);
    snprintf(tail, CASE_TAIL_LENGTH + 1, CASE_TAIL_BEFORE "%08lx" CASE_TAIL_AFTER, sum);
}

char *case_to_json(const struct case_file *c, size_t *length)
{
    json_begin();
    struct json_writer w = {0};
    json_open(&w, '{');
    record_write(&w, &record_case_file, c, write_other);
    char tail[CASE_TAIL_LENGTH + 1];
    case_json_tail(tail, w.out.data, w.out.length);
    str_add(&w.out, tail);
    *length = w.out.length;
    return w.out.data;
}
