/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables on the terminal; the only user of libsmartcols. The fitting is done here, because libsmartcols lets a line run
 * over the width where its columns cannot shrink. */
#include <ctype.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "term/term.h"

enum { GAP = 2, SHRINK_TO = 8, NOTE_MIN = 20, WIDE = 100 };

struct layout {
    unsigned *columns; /* of the table's declaration */
    size_t *widths;
    char **cells; /* headers first, then row by row; `count` a row */
    size_t count, shown;
};

static bool is_identity(const struct table_decl *d, const char *column)
{
    for (size_t i = 0; d->key && d->key[i]; i++)
        if (strcmp(d->key[i], column) == 0)
            return true;
    return strcmp(column, "pid") == 0;
}

static char *in_terms(const struct term *term, const char *text)
{
    size_t length = strlen(text), size = 3 * length + 1;
    char *clean = mem_alloc(size);
    text_clean(clean, size, text, length);
    if (!term->ascii)
        return clean;
    size = 3 * strlen(clean) + 1;
    char *ascii = mem_alloc(size);
    text_ascii(ascii, size, clean);
    free(clean);
    return ascii;
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
    char text[64];
    if (!v.known)
        return mem_strdup("?");
    if (v.type == TYPE_TEXT)
        return in_terms(term, *v.text ? v.text : "-");
    if (v.type == TYPE_BOOL)
        return mem_strdup(v.truth ? "yes" : "no");
    if (v.type == TYPE_COUNT && is_identity(t->decl, t->decl->columns[column].name))
        return mem_printf("%.0f", v.number); /* a name, not an amount: no thousands separators */
    units_format(text, sizeof text, v.number, v.type);
    return in_terms(term, text);
}

/* Cuts to `width` columns, the last being a mark. */
static void cut_text(char **text, size_t width, bool ascii)
{
    if (text_width(*text) <= width)
        return;
    const char *mark = ascii ? "~" : "…";
    size_t length = strlen(*text);
    AUTO_FREE char *old = *text;
    while (length && text_width(old) > width - 1) {
        do
            length--;
        while (length && ((unsigned char)old[length] & 0xC0) == 0x80);
        old[length] = '\0';
    }
    *text = mem_printf("%s%s", old, mark);
}

static size_t total_width(const struct layout *l)
{
    size_t total = 0;
    for (size_t i = 0; i < l->shown; i++)
        total += l->widths[i] + (i ? GAP : 0);
    return total;
}

/* The widest text columns give way first; then columns from the right are left out. */
static void fit(struct layout *l, const struct table_decl *d, size_t width)
{
    while (total_width(l) > width) {
        size_t over = total_width(l) - width, widest = l->count, next = SHRINK_TO;
        for (size_t i = 0; i < l->shown; i++)
            if (d->columns[l->columns[i]].type == TYPE_TEXT && l->widths[i] > SHRINK_TO &&
                (widest == l->count || l->widths[i] > l->widths[widest]))
                widest = i;
        if (widest == l->count) {
            if (l->shown > 1) {
                l->shown--;
                continue;
            }
            l->widths[0] = width;
            break;
        }
        for (size_t i = 0; i < l->shown; i++)
            if (i != widest && d->columns[l->columns[i]].type == TYPE_TEXT && l->widths[i] < l->widths[widest] &&
                l->widths[i] > next)
                next = l->widths[i];
        size_t give = l->widths[widest] - next;
        l->widths[widest] -= give < 1 ? 1 : give < over ? give : over;
    }
    /* what a column that was left out had taken is given back */
    for (size_t i = 0; i < l->shown && l->shown < l->count; i++) {
        size_t wanted = 0, spare = width - total_width(l);
        for (size_t k = i; l->cells[k]; k += l->count) {
            size_t wide = text_width(l->cells[k]);
            wanted = wide > wanted ? wide : wanted;
        }
        if (wanted > l->widths[i])
            l->widths[i] += wanted - l->widths[i] < spare ? wanted - l->widths[i] : spare;
    }
}

static struct libscols_table *make_table(const struct layout *l, const struct table_decl *d, size_t rows,
                                         const struct term *term)
{
    struct libscols_table *table = scols_new_table();
    if (!table)
        mem_exhausted();
    /* Not a terminal to libsmartcols: then it neither asks for a width nor cuts nor colours. */
    if (scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER) || scols_table_set_column_separator(table, "  ") ||
        scols_table_enable_ascii(table, term->ascii) || scols_table_enable_colors(table, 0))
        mem_exhausted();
    for (size_t i = 0; i < l->shown; i++) {
        enum type type = d->columns[l->columns[i]].type;
        if (!scols_table_new_column(table, l->cells[i], 0, type_is_number(type) ? SCOLS_FL_RIGHT : 0))
            mem_exhausted();
    }
    /* without rows an empty one, as libsmartcols prints no header otherwise */
    for (size_t row = 1; row <= (rows ? rows : 1); row++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        if (!line)
            mem_exhausted();
        for (size_t i = 0; rows && i < l->shown; i++)
            if (scols_line_set_data(line, i, l->cells[row * l->count + i]))
                mem_exhausted();
    }
    return table;
}

/* Without the spaces at line ends, and no line over the width whatever libsmartcols thinks of a character. */
static void add_lines(struct str *out, char *text, size_t width, bool ascii)
{
    for (char *line = text, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        size_t length = strlen(line);
        while (length && line[length - 1] == ' ')
            length--;
        line[length] = '\0';
        if (!length)
            continue;
        char *copy = mem_strdup(line);
        if (width)
            cut_text(&copy, width, ascii);
        str_add(out, copy);
        str_add_char(out, '\n');
        free(copy);
    }
}

static void add_left_out(struct str *out, const struct layout *l, size_t width)
{
    struct str line AUTO_STR = {0};
    str_add(&line, "(no room for:");
    for (size_t i = l->shown; i < l->count; i++) {
        size_t wide = strlen(l->cells[i]) + (i + 1 < l->count ? 2 : 1);
        if (line.length + 1 + wide > width) {
            str_add_char(&line, '\n');
            str_add(out, str_text(&line));
            str_clear(&line);
        } else {
            str_add_char(&line, ' ');
        }
        str_printf(&line, "%s%s", l->cells[i], i + 1 < l->count ? "," : ")");
    }
    str_printf(out, "%s\n", str_text(&line));
}

/* One row of many columns reads better downwards, and has room for why a value is unknown. */
static void add_downwards(struct str *out, const struct layout *l, const struct table *t, size_t row,
                          const struct term *term, unsigned width)
{
    size_t names = 0;
    for (size_t i = 0; i < l->count; i++)
        names = strlen(l->cells[i]) > names ? strlen(l->cells[i]) : names;
    for (size_t i = 0; i < l->count; i++) {
        struct value v = cell_get(t, row, l->columns[i]);
        AUTO_FREE char *why = v.known || !v.why ? NULL : in_terms(term, v.why);
        char *line = mem_printf("%-*s  %s%s%s%s", (int)names, l->cells[i], l->cells[l->count + i], why ? " (" : "",
                                why ? why : "", why ? ")" : "");
        if (width)
            cut_text(&line, width, term->ascii);
        str_printf(out, "%s\n", line);
        free(line);
    }
}

char *term_table(const struct table *t, const char *const *columns, const size_t *rows, size_t count,
                 const struct term *term, unsigned width)
{
    const struct table_decl *d = t->decl;
    struct layout l = {0};
    size_t wanted = d->column_count;
    if (columns)
        for (wanted = 0; columns[wanted];)
            wanted++;
    l.columns = mem_array(wanted, sizeof *l.columns);
    for (size_t i = 0; i < wanted; i++) {
        int column = columns ? table_decl_column(d, columns[i]) : (int)i;
        if (column >= 0)
            l.columns[l.count++] = (unsigned)column;
    }
    if (!rows && count > t->rows)
        count = t->rows;
    l.widths = mem_array(l.count, sizeof *l.widths);
    l.cells = mem_array((count + 1) * l.count + 1 + l.count, sizeof *l.cells); /* ends in NULLs for every column */
    for (size_t i = 0; i < l.count; i++)
        l.cells[i] = header_text(d->columns[l.columns[i]].name);
    size_t kept = 0;
    for (size_t r = 0; r < count; r++) {
        size_t row = rows ? rows[r] : r;
        if (row >= t->rows)
            continue;
        kept++;
        for (size_t i = 0; i < l.count; i++)
            l.cells[kept * l.count + i] = cell_shown(t, row, l.columns[i], term);
    }
    for (size_t k = 0; k < (kept + 1) * l.count; k++) {
        size_t wide = text_width(l.cells[k]);
        if (wide > l.widths[k % l.count])
            l.widths[k % l.count] = wide;
    }
    l.shown = l.count;
    struct str out AUTO_STR = {0};
    if (d->single && kept == 1 && total_width(&l) > (width ? width : WIDE)) {
        add_downwards(&out, &l, t, rows ? rows[0] : 0, term, width);
    } else if (l.count) {
        if (width)
            fit(&l, d, width);
        for (size_t k = 0; k < (kept + 1) * l.count; k++)
            if (k % l.count < l.shown)
                cut_text(&l.cells[k], l.widths[k % l.count], term->ascii);
        struct libscols_table *table = make_table(&l, d, kept, term);
        AUTO_FREE char *text = NULL;
        if (scols_print_table_to_string(table, &text) || !text)
            mem_exhausted();
        scols_unref_table(table);
        add_lines(&out, text, width, term->ascii);
        if (l.shown < l.count && width >= NOTE_MIN)
            add_left_out(&out, &l, width);
    }
    for (size_t k = 0; k < (kept + 1) * l.count; k++)
        free(l.cells[k]);
    free(l.cells);
    free(l.widths);
    free(l.columns);
    return mem_strdup(str_text(&out));
}
