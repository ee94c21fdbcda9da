/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/rows.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/text.h"

struct row row_new(struct facts *f, unsigned table)
{
    struct table *t = &f->tables[table];
    return (struct row){t, table_add(t)};
}

static unsigned place(const struct row *r, const char *column)
{
    int index = table_decl_column(r->table->decl, column);
    assert(index >= 0);
    return (unsigned)index;
}

/* Newlines stay (a command can have several lines), so the cleaning of cells does not fit; a case from elsewhere is
 * cleaned here all the same, line by line. */
static const char *clean_lines(struct facts *f, const char *text)
{
    AUTO_STR struct str out = {0};
    for (;;) {
        size_t length = strcspn(text, "\n");
        AUTO_FREE char *line = text_shown_raw(text, length, false);
        str_add(&out, line);
        if (!text[length])
            break;
        str_add_char(&out, '\n');
        text += length + 1;
    }
    return arena_strndup(&f->arena, str_text(&out), out.length);
}

void put_text(const struct row *r, const char *column, const char *text)
{
    size_t at = r->row * r->table->decl->column_count + place(r, column);
    if (!text || !*text) {
        cell_unknown(r->table, r->row, place(r, column), "none");
        return;
    }
    r->table->cells[at].text = clean_lines(r->table->facts, text);
    r->table->unknown[at] = 0;
}

void put_number(const struct row *r, const char *column, double number)
{
    cell_number(r->table, r->row, place(r, column), number);
}

void put_bool(const struct row *r, const char *column, bool truth)
{
    cell_bool(r->table, r->row, place(r, column), truth);
}

void put_value(const struct row *r, const char *column, const struct value *v, bool raw)
{
    AUTO_STR struct str text = {0};
    if (v->known)
        value_format(v, raw, &text);
    put_text(r, column, str_text(&text));
}

void put_name(const struct row *r, const char *column, const char *name)
{
    AUTO_FREE char *words = text_in_words(name, "_.");
    put_text(r, column, words);
}

void put_look(const struct row *r, const struct look *look)
{
    const char *const parts[][2] = {{"sign", look->sign}, {"word", look->word}, {"class", look->class}};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (table_decl_column(r->table->decl, parts[i][0]) >= 0)
            put_text(r, parts[i][0], parts[i][1]);
}

struct wall_text wall_text(double wall)
{
    struct wall_text out;
    clock_iso(out.text, wall);
    char *t = strchr(out.text, 'T');
    if (t && strlen(t) >= 6)
        *t = ' ', memcpy(t + 6, " UTC", 5);
    return out;
}

static void put_field(const struct row *r, const char *column, const struct field *f, const void *object)
{
    const void *at = (const char *)object + f->offset;
    switch (f->kind) {
    case FIELD_NAME:
    case FIELD_TEXT:
    case FIELD_CHOICE:
        put_text(r, column, *(const char *const *)at);
        break;
    case FIELD_WORD:
        put_text(r, column, f->words[*(const unsigned *)at]);
        break;
    case FIELD_BOOL:
        put_bool(r, column, *(const bool *)at);
        break;
    case FIELD_COUNT:
        put_number(r, column, (double)*(const size_t *)at);
        break;
    case FIELD_NUMBER:
        put_number(r, column, *(const double *)at);
        break;
    case FIELD_TIME:
        put_text(r, column, wall_text(*(const double *)at).text);
        break;
    case FIELD_VALUE:
    case FIELD_MEASURED:
        put_value(r, column, at, false);
        break;
    case FIELD_OTHER:
        break;
    default:
        put_number(r, column, (double)field_list_count(f, object));
        break;
    }
}

void put_record(const struct row *r, const struct record *record, const void *object)
{
    for (const struct field *f = record->fields; f < record->fields + record->field_count; f++) {
        bool list = f->kind >= FIELD_NAMES && f->kind <= FIELD_RECORDS;
        AUTO_FREE char *column = mem_printf("%s%s", f->name, list ? "_count" : "");
        if (table_decl_column(r->table->decl, column) >= 0)
            put_field(r, column, f, object);
    }
}
