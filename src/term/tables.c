/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of facts on the terminal: one line a row, what is too wide is cut, and columns that have no room are left out. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "layout/grid.h"
#include "term/term.h"

enum { NOTE_MIN = 20, WIDE = 100, REASONS_SHOWN = 3 };

static bool is_identity(const struct column *c)
{
    return c->role == ROLE_KEY || strcmp(c->name, "pid") == 0;
}

static char *in_terms(const struct term *term, const char *text)
{
    return text_shown_raw(text, strlen(text), term->ascii);
}

static char *header_text(const char *name)
{
    char *text = mem_strdup(name);
    for (char *p = text; *p; p++)
        *p = *p == '_' ? '-' : (char)toupper((unsigned char)*p);
    return text;
}

static char *cell_shown(const struct table *t, size_t row, unsigned column, const struct term *term)
{
    struct value v = cell_get(t, row, column);
    if (!v.known)
        return mem_strdup("?");
    if (v.type == TYPE_TEXT)
        return text_shown(*v.text ? v.text : "-", term->ascii);
    if (v.type == TYPE_BOOL)
        return mem_strdup(v.truth ? "yes" : "no");
    if (v.type == TYPE_COUNT && is_identity(&t->decl->columns[column]))
        return mem_printf("%.0f", v.number); /* a name, not an amount: no thousands separators */
    return text_shown(units_text(v.number, v.type).text, term->ascii);
}

/* Cuts to `width` columns with a mark where something is missing: of a path the end says most. */
static void cut(struct styled *cell, unsigned width, bool ascii)
{
    const char *text = str_text(&cell->text), *mark = ascii ? "~" : "…";
    size_t length = cell->text.length;
    if (styled_width(cell) <= width)
        return;
    AUTO_STYLED struct styled whole = *cell;
    *cell = (struct styled){0};
    if (*text == '/' && width >= 2) {
        size_t begin = 0;
        while (text_width_n(text + begin, length - begin) > width - 1)
            begin += text_fitting(text + begin, length - begin, 0);
        styled_add(cell, mark, strlen(mark), 0);
        styled_add(cell, text + begin, length - begin, 0);
    } else {
        styled_add(cell, text, width > 1 ? text_fitting(text, length, width - 1) : 0, 0);
        styled_add(cell, mark, strlen(mark), 0);
    }
}

/* A line of its own, cut. */
static void add_line(struct str *out, const struct str *text, unsigned width, bool ascii)
{
    AUTO_STYLED struct styled line = {0};
    if (width && text_width(str_text(text)) > width) {
        styled_add(&line, str_text(text), text->length, 0);
        cut(&line, width, ascii);
        text = &line.text;
    }
    str_add_n(out, str_text(text), text->length);
    str_add_char(out, '\n');
}

/* What a column may be cut to: less, and names could not be distinguished. */
static unsigned least(const struct table_decl *d, unsigned column, unsigned width)
{
    const struct column *c = &d->columns[column];
    if (c->type != TYPE_TEXT)
        return UINT_MAX;
    return width < WIDE * 3 / 4 ? 8 : is_identity(c) ? 22 : 14;
}

static void add_left_out(struct str *out, const struct grid *g, unsigned width)
{
    AUTO_STR struct str names = {0};
    str_add(&names, "(no room for:");
    for (size_t i = g->shown; i < g->columns; i++)
        str_printf(&names, " %s%s", str_text(&grid_cell(g, 0, i)->text), i + 1 < g->columns ? "," : ")");
    size_t count;
    AUTO_FREE struct span *lines = break_lines(str_text(&names), names.length, width, 0, &count);
    for (size_t i = 0; i < count; i++)
        str_printf(out, "%.*s\n", (int)(lines[i].end - lines[i].begin), names.data + lines[i].begin);
}

static void add_drawn(struct str *out, struct grid *g, unsigned width, bool ascii)
{
    size_t count;
    for (size_t row = g->heads; width && row < g->rows; row++)
        for (size_t i = 0; i < g->shown; i++)
            cut(grid_cell(g, row, i), g->column[i].width, ascii);
    AUTO_FREE struct styled *lines = grid_draw(g, &count, NULL);
    for (size_t i = 0; i < count; i++) {
        add_line(out, &lines[i].text, width, ascii);
        styled_free(&lines[i]);
    }
}

/* One row of many columns reads better downwards, and has room for why a value is unknown. */
static void add_downwards(struct str *out, const struct grid *g, const struct table *t, size_t row,
                          const unsigned *columns, const struct term *term, unsigned width)
{
    AUTO_GRID struct grid down = grid_new(g->columns, 0, 2);
    for (size_t i = 0; i < g->columns; i++) {
        struct value v = cell_get(t, row, columns[i]);
        AUTO_FREE char *why = v.known || !v.why ? NULL : in_terms(term, v.why);
        AUTO_FREE char *text = mem_printf("%s%s%s%s", str_text(&grid_cell(g, 1, i)->text), why ? " (" : "",
                                          why ? why : "", why ? ")" : "");
        styled_append(grid_cell(&down, i, 0), grid_cell(g, 0, i));
        styled_add(grid_cell(&down, i, 1), text, strlen(text), 0);
    }
    down.column[0].least = UINT_MAX;
    grid_fit(&down, width ? width : UINT_MAX);
    add_drawn(out, &down, width, term->ascii);
}

static const char *why_unknown(const struct table *t, size_t row, unsigned column)
{
    struct value v = cell_get(t, row, column);
    return v.known ? NULL : v.why ? v.why : "";
}

/* Each reason for a `?` once, with its columns: "? in MAX, USAGE-SHARE: no limit is set". */
static void add_reasons(struct str *out, const struct grid *g, const struct table *t, const unsigned *columns,
                        const size_t *rows, size_t count, const struct term *term, unsigned width)
{
    const char *said[REASONS_SHOWN];
    size_t reasons = 0;
    for (size_t k = 0; k < count * g->shown && reasons < REASONS_SHOWN; k++) {
        const char *why = why_unknown(t, rows[k / g->shown], columns[k % g->shown]);
        bool new = why &&*why;
        for (size_t i = 0; i < reasons; i++)
            new = new &&strcmp(said[i], why) != 0;
        if (!new)
            continue;
        said[reasons++] = why;
        AUTO_STR struct str line = {0};
        str_add(&line, "?");
        for (size_t c = 0; c < g->shown; c++) {
            bool here = false;
            for (size_t r = 0; r < count && !here; r++) {
                const char *other = why_unknown(t, rows[r], columns[c]);
                here = other && strcmp(other, why) == 0;
            }
            if (here)
                str_printf(&line, "%s %s", line.length > 1 ? "," : " in", str_text(&grid_cell(g, 0, c)->text));
        }
        AUTO_FREE char *clean = in_terms(term, why);
        str_printf(&line, ": %s", clean);
        add_line(out, &line, width, term->ascii);
    }
}

/* `rows`: `count` indexes that the table has. Returns how many of the columns had room. */
static size_t add_table(struct str *out, const struct table *t, const unsigned *columns, size_t column_count,
                        const size_t *rows, size_t count, const struct term *term, unsigned width, bool name_left_out)
{
    const struct table_decl *d = t->decl;
    AUTO_GRID struct grid g = grid_new(1 + count, 1, column_count);
    if (!column_count)
        return 0;
    for (size_t i = 0; i < column_count; i++) {
        AUTO_FREE char *name = header_text(d->columns[columns[i]].name);
        styled_add(grid_cell(&g, 0, i), name, strlen(name), 0);
        g.column[i].right = type_is_number(d->columns[columns[i]].type);
        g.column[i].least = least(d, columns[i], width);
        for (size_t r = 0; r < count; r++) {
            AUTO_FREE char *text = cell_shown(t, rows[r], columns[i], term);
            styled_add(grid_cell(&g, 1 + r, i), text, strlen(text), 0);
        }
    }
    grid_fit(&g, UINT_MAX);
    if (d->single && count == 1 && grid_width(&g) > (width ? width : WIDE)) {
        add_downwards(out, &g, t, rows[0], columns, term, width);
        return column_count;
    }
    while (width && !grid_fit(&g, width) && g.shown > 1)
        g.shown--;
    if (width && g.shown == 1 && g.column[0].width > width)
        g.column[0].width = width;
    add_drawn(out, &g, width, term->ascii);
    if (width >= NOTE_MIN)
        add_reasons(out, &g, t, columns, rows, count, term, width);
    if (g.shown < g.columns && name_left_out && width >= NOTE_MIN)
        add_left_out(out, &g, width);
    return g.shown;
}

/* Those rows that the table has; NULL stands for the first ones. */
static size_t *rows_of(const struct table *t, const size_t *rows, size_t *count)
{
    size_t *list = mem_array(*count + 1, sizeof *list), found = 0;
    for (size_t i = 0; i < *count; i++)
        if ((rows ? rows[i] : i) < t->rows)
            list[found++] = rows ? rows[i] : i;
    *count = found;
    return list;
}

char *term_table(const struct table *t, const char *const *columns, const size_t *rows, size_t count,
                 const struct term *term, unsigned width)
{
    const struct table_decl *d = t->decl;
    size_t wanted = d->column_count, known = 0;
    if (columns)
        for (wanted = 0; columns[wanted];)
            wanted++;
    AUTO_FREE unsigned *list = mem_array(wanted + 1, sizeof *list);
    for (size_t i = 0; i < wanted; i++) {
        int column = columns ? table_decl_column(d, columns[i]) : (int)i;
        if (column >= 0)
            list[known++] = (unsigned)column;
    }
    if (!rows && count > t->rows)
        count = t->rows;
    AUTO_FREE size_t *order = rows_of(t, rows, &count);
    struct str out AUTO_STR = {0};
    add_table(&out, t, list, known, order, count, term, width, true);
    return mem_strdup(str_text(&out));
}

char *term_table_whole(const struct table *t, const struct term *term, unsigned width)
{
    const struct table_decl *d = t->decl;
    AUTO_FREE unsigned *list = mem_array(2 * d->column_count + 1, sizeof *list);
    AUTO_FREE unsigned *others = mem_array(d->column_count + 1, sizeof *others);
    size_t names = 0, other_count = 0;
    for (unsigned i = 0; i < d->column_count; i++) {
        if (is_identity(&d->columns[i]))
            list[names++] = i;
        else
            others[other_count++] = i;
    }
    size_t count = t->rows;
    AUTO_FREE size_t *rows = rows_of(t, NULL, &count);
    struct str out AUTO_STR = {0};
    size_t at = 0;
    do {
        memcpy(list + names, others + at, (other_count - at) * sizeof *list);
        size_t shown = add_table(&out, t, list, names + other_count - at, rows, count, term, width, false);
        at += shown > names ? shown - names : 1; /* a column that has no room beside the names has none at all */
        if (at < other_count)
            str_add_char(&out, '\n');
    } while (at < other_count);
    return mem_strdup(str_text(&out));
}
