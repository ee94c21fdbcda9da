/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A case from JSON. Trusts nothing: format, checksum and limits are checked before its records are read. */
#include "engine/case/case_json.h"

#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "facts/facts_json.h"

enum { CASE_BYTES_MAX = 64 * 1024 * 1024, CASE_DEPTH_MAX = 64, CASE_VALUES_MAX = 1000000 };

static const struct table_decl *find_table(const char *probe_name, const char *name)
{
    const struct probe *probe = probe_find(probe_name);
    return probe ? ARRAY_FIND(probe->tables, probe->table_count, name, name) : NULL;
}

/* Row numbers lead into the facts, so only those that exist stay, and only columns that this version knows. */
static void settle_shown(const struct case_file *c, const struct table_decl *decl, struct shown *s)
{
    const struct table *t = case_table(c, decl);
    size_t columns = 0, rows = 0;
    for (size_t i = 0; i < s->column_count; i++)
        if (table_decl_column(decl, s->columns[i]) >= 0)
            s->columns[columns++] = s->columns[i];
    s->column_count = columns;
    for (size_t i = 0; i < s->row_count; i++)
        if (t && s->row[i] < t->rows)
            s->row[rows++] = s->row[i];
    s->row_count = rows;
}

/* A table that this version does not know is not shown. */
static void settle_shows(const struct case_file *c, struct step_record *step)
{
    size_t shows = 0;
    for (size_t i = 0; i < step->show_count; i++) {
        const struct table_decl *decl = find_table(step->shows[i].probe, step->shows[i].table);
        if (!decl)
            continue;
        step->shows[shows] = step->shows[i];
        settle_shown(c, decl, &step->shows[shows++]);
    }
    step->show_count = shows;
}

static void read_facts(struct record_reader *r, const json_t *root, struct case_file *c)
{
    json_t *facts = json_object_get(root, "facts"), *one;
    const char *name;
    if (facts && !json_is_object(facts))
        record_complain(r, "", "facts", "an object");
    json_object_foreach(facts, name, one)
    {
        const struct probe *p = probe_find(name);
        if (!p)
            continue; /* a newer version's probe */
        struct facts *f = facts_new(p);
        case_put_facts(c, f);
        facts_read(r, f, one);
    }
}

static void read_case(struct record_reader *r, const json_t *root, struct case_file *c)
{
    c->host = record_read_text(r, json_object_get(root, "host"), "host", "name", REQUIRED);
    record_read(r, &record_case_file, root, c);
    read_facts(r, root, c);
    const struct verdict *lead = case_verdict(c, c->lead);
    c->lead = lead ? lead->id : NULL;
    for (size_t i = 0; i < c->step_count; i++)
        settle_shows(c, &c->steps[i]);
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
    json_begin();
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
        struct record_reader r = {.arena = &c->arena, .file = name, .what = "case", .e = e};
        read_case(&r, root, c);
        if (r.bad) {
            case_free(c);
            c = NULL;
        }
    }
    json_decref(root);
    return c;
}
