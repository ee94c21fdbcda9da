/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/rows.h"

#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "facts/value.h"

struct row row_new(struct facts *f, unsigned table)
{
    struct table *t = &f->tables[table];
    return (struct row){t, table_add(t), 0};
}

/* Newlines stay (a command can have several lines), so the cleaning of cells does not fit; a case from elsewhere is
 * cleaned here all the same, line by line. */
static const char *clean_lines(struct facts *f, const char *text)
{
    AUTO_STR struct str out = {0};
    for (;;) {
        size_t length = strcspn(text, "\n");
        AUTO_FREE char *line = mem_array(length * 3 + 1, 1);
        size_t n = text_clean(line, length * 3 + 1, text, length);
        str_add_n(&out, line, n);
        if (!text[length])
            break;
        str_add_char(&out, '\n');
        text += length + 1;
    }
    return arena_strndup(&f->arena, str_text(&out), out.length);
}

void put_text(struct row *r, const char *text)
{
    if (text && *text) {
        size_t at = r->row * r->table->decl->column_count + r->column;
        r->table->cells[at].text = clean_lines(r->table->facts, text);
        r->table->unknown[at] = 0;
    }
    r->column++;
}

void put_number(struct row *r, double number)
{
    cell_number(r->table, r->row, r->column++, number);
}

void put_bool(struct row *r, bool truth)
{
    cell_bool(r->table, r->row, r->column++, truth);
}

void put_value(struct row *r, const struct value *v, bool raw)
{
    AUTO_STR struct str text = {0};
    if (v->known)
        value_format(v, raw, &text);
    put_text(r, str_text(&text));
}

void put_unknown(struct row *r)
{
    r->column++;
}
