/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only user of libsmartcols. The fitting is done here, because libsmartcols lets a line run over the width where its
 * columns cannot shrink. */
#include "layout/grid.h"

#include <libsmartcols.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct grid grid_new(size_t rows, size_t heads, size_t columns)
{
    return (struct grid){.cells = mem_array(rows * columns + 1, sizeof(struct styled)),
                         .column = mem_array(columns + 1, sizeof(struct grid_column)),
                         .rows = rows,
                         .heads = heads,
                         .columns = columns,
                         .shown = columns,
                         .gap = 2};
}

void grid_free(struct grid *g)
{
    for (size_t i = 0; i < g->rows * g->columns; i++)
        styled_free(&g->cells[i]);
    free(g->cells);
    free(g->column);
}

struct styled *grid_cell(const struct grid *g, size_t row, size_t column)
{
    return &g->cells[row * g->columns + column];
}

unsigned grid_width(const struct grid *g)
{
    unsigned total = 0;
    for (size_t i = 0; i < g->shown; i++)
        total += g->column[i].width + (i ? g->gap : 0);
    return total;
}

bool grid_fit(struct grid *g, unsigned width)
{
    AUTO_FREE unsigned *least = mem_array(g->shown + 1, sizeof *least);
    for (size_t i = 0; i < g->shown; i++) {
        struct grid_column *c = &g->column[i];
        c->width = 0;
        for (size_t row = g->heads; row < g->rows; row++) {
            unsigned whole = styled_width(grid_cell(g, row, i));
            c->width = whole > c->width ? whole : c->width;
        }
        least[i] = c->least < c->width ? c->least : c->width;
        for (size_t row = 0; row < g->heads; row++) {
            const struct styled *head = grid_cell(g, row, i);
            unsigned whole = styled_width(head), word = longest_word(str_text(&head->text), BREAK_HYPHENS);
            c->width = whole > c->width ? whole : c->width;
            least[i] = word > least[i] ? word : least[i];
        }
    }
    for (unsigned total = grid_width(g); total > width; total--) {
        size_t give = g->shown;
        for (size_t i = 0; i < g->shown; i++)
            if (g->column[i].width > least[i] && (give == g->shown || g->column[i].width > g->column[give].width))
                give = i;
        if (give == g->shown)
            return false;
        g->column[give].width--;
    }
    return true;
}

struct row_lines { /* of one row: where each cell is broken */
    struct span **spans;
    size_t *counts, high;
};

static struct row_lines row_break(const struct grid *g, size_t row)
{
    struct row_lines r = {mem_array(g->shown + 1, sizeof *r.spans), mem_array(g->shown + 1, sizeof *r.counts), 1};
    for (size_t i = 0; i < g->shown; i++) {
        const struct str *text = &grid_cell(g, row, i)->text;
        r.spans[i] = break_lines(str_text(text), text->length, g->column[i].width, row < g->heads ? BREAK_HYPHENS : 0,
                                 &r.counts[i]);
        r.high = r.counts[i] > r.high ? r.counts[i] : r.high;
    }
    return r;
}

/* The part of a cell on one line of its row; headings stand at the bottom of theirs. */
static struct span row_part(const struct grid *g, const struct row_lines *r, size_t row, size_t line, size_t column)
{
    size_t skip = row < g->heads ? r->high - r->counts[column] : 0;
    bool has = line >= skip && line - skip < r->counts[column];
    return has ? r->spans[column][line - skip] : (struct span){0, 0};
}

static struct libscols_table *make_table(const struct grid *g)
{
    struct libscols_table *table = scols_new_table();
    AUTO_FREE char *gap = mem_printf("%*s", (int)g->gap, "");
    /* Not a terminal to libsmartcols: then it neither asks for a width nor cuts nor colours. */
    if (!table || scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER) ||
        scols_table_set_column_separator(table, gap) || scols_table_enable_noheadings(table, 1))
        mem_exhausted();
    for (size_t i = 0; i < g->shown; i++)
        if (!scols_table_new_column(table, NULL, 0, g->column[i].right ? SCOLS_FL_RIGHT : 0))
            mem_exhausted();
    return table;
}

/* libsmartcols measures by the locale, knows no looks within a cell and shows no empty column: it places stand-ins of the right
 * width, which are painted over. */
static void add_stand_ins(struct libscols_table *table, const unsigned *widths, size_t count, const char *longest)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    if (!line)
        mem_exhausted();
    for (size_t i = 0; i < count; i++)
        if (scols_line_set_data(line, i, longest + strlen(longest) - widths[i]))
            mem_exhausted();
}

static void paint(struct styled *out, const struct grid *g, size_t row, const struct span *parts, const char *drawn)
{
    for (size_t i = 0; i < g->shown; i++) {
        const struct styled *cell = grid_cell(g, row, i);
        if (parts[i].end == parts[i].begin)
            continue;
        size_t spaces = strspn(drawn, " ");
        styled_add(out, drawn, spaces, 0);
        drawn += spaces + text_width_n(cell->text.data + parts[i].begin, parts[i].end - parts[i].begin);
        styled_add_part(out, cell, parts[i].begin, parts[i].end);
    }
}

struct styled *grid_draw(struct grid *g, size_t *count, size_t *heads)
{
    AUTO_FREE struct row_lines *rows = mem_array(g->rows + 1, sizeof *rows);
    size_t lines = 0, head_lines = 0;
    unsigned widest = 1;
    for (size_t row = 0; row < g->rows; row++) {
        rows[row] = row_break(g, row);
        lines += rows[row].high;
        head_lines += row < g->heads ? rows[row].high : 0;
    }
    for (size_t i = 0; i < g->shown; i++)
        g->column[i].width = 0;
    AUTO_FREE struct span *parts = mem_array(lines * g->shown + 1, sizeof *parts);
    AUTO_FREE unsigned *widths = mem_array(lines * g->shown + 1, sizeof *widths);
    AUTO_FREE size_t *row_of = mem_array(lines + 1, sizeof *row_of);
    for (size_t at = 0, row = 0; row < g->rows; row++) {
        for (size_t line = 0; line < rows[row].high; line++, at++) {
            row_of[at] = row;
            for (size_t i = 0; i < g->shown; i++) {
                struct span part = parts[at * g->shown + i] = row_part(g, &rows[row], row, line, i);
                unsigned wide =
                    (unsigned)text_width_n(str_text(&grid_cell(g, row, i)->text) + part.begin, part.end - part.begin);
                widths[at * g->shown + i] = wide;
                g->column[i].width = wide > g->column[i].width ? wide : g->column[i].width;
                widest = wide > widest ? wide : widest;
            }
        }
        for (size_t i = 0; i < g->shown; i++)
            free(rows[row].spans[i]);
        free(rows[row].spans);
        free(rows[row].counts);
    }
    AUTO_FREE char *longest = mem_alloc(widest + 1);
    memset(longest, 'x', widest);
    struct libscols_table *table = make_table(g);
    for (size_t at = 0; at < lines; at++)
        add_stand_ins(table, widths + at * g->shown, g->shown, longest);
    AUTO_FREE char *text = NULL;
    if (lines && g->shown && (scols_print_table_to_string(table, &text) || !text))
        mem_exhausted();
    scols_unref_table(table);
    struct styled *out = mem_array(lines + 1, sizeof *out);
    const char *drawn = text ? text : "";
    for (size_t at = 0; at < lines && g->shown; at++) {
        paint(&out[at], g, row_of[at], parts + at * g->shown, drawn);
        drawn += strcspn(drawn, "\n");
        drawn += *drawn == '\n';
    }
    *count = lines;
    if (heads)
        *heads = head_lines;
    return out;
}
