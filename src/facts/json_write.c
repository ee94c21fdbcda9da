/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts/json_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void *take(size_t size)
{
    void *p = malloc(size);
    if (!p)
        mem_exhausted();
    return p;
}

void json_begin(void)
{
    json_set_alloc_funcs(take, free);
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

/* As many as let each number of a flat container read back as it was, so that no threshold flips when a case is resumed.
 * Where few do, they are easier to read. */
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

static void begin_item(struct json_writer *w)
{
    if (!w->first)
        str_add_char(&w->out, ',');
    w->first = false;
    new_line(&w->out, w->indent);
}

void json_begin_member(struct json_writer *w, const char *key)
{
    begin_item(w);
    str_printf(&w->out, "\"%s\": ", key);
}

void json_open(struct json_writer *w, char bracket)
{
    str_add_char(&w->out, bracket);
    w->indent++;
    w->first = true;
}

void json_close(struct json_writer *w, char bracket)
{
    w->indent--;
    if (!w->first)
        new_line(&w->out, w->indent);
    str_add_char(&w->out, bracket);
    w->first = false;
}

static void emit(struct json_writer *w, const json_t *j)
{
    const char *key;
    json_t *member;
    size_t i;
    if (is_flat(j)) {
        json_dump_callback(j, add_part, &w->out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits_needed(j)));
    } else if (json_is_object(j)) {
        json_open(w, '{');
        json_object_foreach((json_t *)j, key, member)
        {
            json_begin_member(w, key);
            emit(w, member);
        }
        json_close(w, '}');
    } else {
        json_open(w, '[');
        json_array_foreach(j, i, member)
        {
            begin_item(w);
            emit(w, member);
        }
        json_close(w, ']');
    }
}

void json_write_item(struct json_writer *w, json_t *value)
{
    begin_item(w);
    emit(w, value);
    json_decref(value);
}

void json_write_member(struct json_writer *w, const char *key, json_t *value)
{
    json_begin_member(w, key);
    emit(w, value);
    json_decref(value);
}

char *json_text(json_t *value, size_t *length)
{
    struct json_writer w = {0};
    emit(&w, value);
    json_decref(value);
    str_add_char(&w.out, '\n');
    *length = w.out.length;
    return w.out.data;
}
