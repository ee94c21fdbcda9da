/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts/facts_json.h"

#include <math.h>
#include <string.h>

#include "facts/json_value.h"
#include "facts/probe.h"

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
                json_array_append_new(rows, json_integer((json_int_t)i));
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

void facts_write(struct json_writer *w, const struct facts *f)
{
    json_open(w, '{');
    json_write_member(w, "status", json_of_text(status_name(f->status)));
    json_write_member(w, "reason", json_of_text(f->reason));
    json_write_member(w, "cost_ms", json_of_number(round(f->cost_s * 1e6) / 1e3));
    json_write_member(w, "coverage", f->coverage < 0 ? json_null() : json_of_number(f->coverage));
    json_t *omitted = json_object(), *unknown = json_array();
    for (unsigned i = 0; i < f->probe->table_count; i++) {
        const struct table *t = &f->tables[i];
        json_begin_member(w, t->decl->name);
        json_open(w, '[');
        for (size_t row = 0; row < t->rows; row++)
            json_write_item(w, of_row(t, row));
        json_close(w, ']');
        for (unsigned column = 0; column < t->decl->column_count; column++)
            add_unknown(unknown, t, column);
        if (t->omitted)
            json_put(omitted, t->decl->name, json_integer((json_int_t)t->omitted));
    }
    json_write_member(w, "unknown", unknown);
    json_write_member(w, "omitted", omitted);
    json_close(w, '}');
}

char *facts_to_json(const struct facts *f, size_t *length)
{
    json_begin();
    struct json_writer w = {0};
    facts_write(&w, f);
    str_add_char(&w.out, '\n');
    *length = w.out.length;
    return w.out.data;
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

void facts_read(struct record_reader *r, struct facts *f, const json_t *j)
{
    const struct probe *p = f->probe;
    const char *name = p->name;
    const char *status = json_string_value(json_object_get(j, "status"));
    if (!status || !status_parse(status, &f->status))
        record_complain(r, name, "status", "one of its words");
    const json_t *reason = json_object_get(j, "reason"), *coverage = json_object_get(j, "coverage");
    if (json_is_string(reason))
        f->reason = facts_intern(f, json_string_value(reason), json_string_length(reason));
    double cost_ms = record_read_number(r, j, name, "cost_ms");
    f->cost_s = cost_ms >= 0 && cost_ms < 1e12 ? cost_ms / 1e3 : 0;
    f->coverage = json_is_number(coverage) ? json_number_value(coverage) : -1;
    const json_t *omitted = json_object_get(j, "omitted");
    for (unsigned i = 0; i < p->table_count; i++) {
        struct table *t = &f->tables[i];
        size_t rows;
        const json_t *list = record_read_list(r, j, name, t->decl->name, &rows);
        if (t->decl->single && rows > 1)
            rows = 1;
        for (size_t k = 0; k < rows; k++) {
            const json_t *row = json_array_get(list, k);
            table_add(t);
            for (unsigned column = 0; column < t->decl->column_count; column++)
                read_cell(t, k, column, json_object_get(row, t->decl->columns[column].name));
        }
        t->omitted = record_read_count(r, omitted, name, t->decl->name);
    }
    size_t reasons;
    const json_t *unknown = record_read_list(r, j, name, "unknown", &reasons);
    for (size_t i = 0; i < reasons; i++)
        read_reason(f, json_array_get(unknown, i));
}
