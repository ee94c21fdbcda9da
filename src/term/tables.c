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

enum { GAP = 2, NOTE_MIN = 20, WIDE = 100, REASONS_SHOWN = 3 };

struct layout {
    unsigned *columns; /* of the table's declaration */
    size_t *widths;
    char **cells;   /* headers first, then row by row; `count` a row */
    size_t headers; /* lines of them: two where one was too wide */
    size_t count, shown;
};

static bool is_identity(const struct column *c)
{
    return c->role == ROLE_KEY || strcmp(c->name, "pid") == 0;
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
    if (v.type == TYPE_COUNT && is_identity(&t->decl->columns[column]))
        return mem_printf("%.0f", v.number); /* a name, not an amount: no thousands separators */
    units_format(text, sizeof text, v.number, v.type);
    return in_terms(term, text);
}

/* Of a path the end tells most. */
static void cut_path(char **text, size_t width, bool ascii)
{
    if (text_width(*text) <= width || width < 2)
        return;
    char *tail = *text;
    while (*tail && text_width(tail) > width - 1) {
        do
            tail++;
        while (((unsigned char)*tail & 0xC0) == 0x80);
    }
    AUTO_FREE char *old = *text;
    *text = mem_printf("%s%s", ascii ? "~" : "…", tail);
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

/* What a column may be cut to: less, and names could not be told apart. */
static size_t least(const struct layout *l, const struct table_decl *d, size_t i, size_t width)
{
    const struct column *c = &d->columns[l->columns[i]];
    if (c->type != TYPE_TEXT)
        return l->widths[i];
    if (width < WIDE * 3 / 4)
        return 8;
    return is_identity(c) ? 22 : 14;
}

/* The widest text columns give way first; then columns from the right are left out. */
static void fit(struct layout *l, const struct table_decl *d, size_t width)
{
    while (total_width(l) > width) {
        size_t over = total_width(l) - width, widest = l->count, next = 0;
        for (size_t i = 0; i < l->shown; i++)
            if (l->widths[i] > least(l, d, i, width) && (widest == l->count || l->widths[i] > l->widths[widest]))
                widest = i;
        if (widest == l->count) {
            if (l->shown > 1) {
                l->shown--;
                continue;
            }
            l->widths[0] = width;
            break;
        }
        next = least(l, d, widest, width);
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

static void measure(struct layout *l, size_t rows)
{
    memset(l->widths, 0, l->count * sizeof *l->widths);
    for (size_t k = 0; k < (rows + l->headers) * l->count; k++) {
        size_t wide = text_width(l->cells[k]);
        if (wide > l->widths[k % l->count])
            l->widths[k % l->count] = wide;
    }
}

/* USAGE-SHARE takes two lines where its column is narrow. The lower lines become the first row. */
static void break_headers(struct layout *l, size_t rows)
{
    memmove(l->cells + 2 * l->count, l->cells + l->count, rows * l->count * sizeof *l->cells);
    for (size_t i = 0; i < l->count; i++) {
        char *whole = l->cells[i], *at = strchr(whole, '-');
        size_t upper = at ? (size_t)(at - whole) + 1 : 0;
        for (char *later = at; later && (later = strchr(later + 1, '-'));)
            if ((size_t)(later - whole) + 1 <= strlen(later + 1) + 2)
                upper = (size_t)(later - whole) + 1;
        l->cells[i] = mem_printf("%.*s", (int)upper, whole);
        l->cells[l->count + i] = mem_strdup(whole + upper);
        free(whole);
    }
    l->headers = 2;
    measure(l, rows);
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

static void add_left_out(struct str *out, const struct layout *l, const struct table_decl *d, size_t width)
{
    struct str line AUTO_STR = {0};
    str_add(&line, "(no room for:");
    for (size_t i = l->shown; i < l->count; i++) {
        AUTO_FREE char *name = header_text(d->columns[l->columns[i]].name);
        size_t wide = strlen(name) + (i + 1 < l->count ? 2 : 1);
        if (line.length + 1 + wide > width) {
            str_add_char(&line, '\n');
            str_add(out, str_text(&line));
            str_clear(&line);
        } else {
            str_add_char(&line, ' ');
        }
        str_printf(&line, "%s%s", name, i + 1 < l->count ? "," : ")");
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

static const char *why_unknown(const struct table *t, size_t row, unsigned column)
{
    struct value v = cell_get(t, row, column);
    return v.known ? NULL : v.why ? v.why : "";
}

/* Each reason for a `?` once, with its columns: "? in MAX, USAGE-SHARE: no limit is set". */
static void add_reasons(struct str *out, const struct layout *l, const struct table *t, const size_t *rows,
                        size_t count, const struct term *term, unsigned width)
{
    const char *said[REASONS_SHOWN];
    size_t reasons = 0;
    for (size_t k = 0; k < count * l->shown && reasons < REASONS_SHOWN; k++) {
        size_t first = rows ? rows[k / l->shown] : k / l->shown;
        const char *why = first < t->rows ? why_unknown(t, first, l->columns[k % l->shown]) : NULL;
        bool new = why &&*why;
        for (size_t i = 0; i < reasons; i++)
            new = new &&strcmp(said[i], why) != 0;
        if (!new)
            continue;
        said[reasons++] = why;
        struct str line AUTO_STR = {0};
        str_add(&line, "?");
        for (size_t c = 0; c < l->shown; c++) {
            bool here = false;
            for (size_t r = 0; r < count && !here; r++) {
                size_t row = rows ? rows[r] : r;
                const char *other = row < t->rows ? why_unknown(t, row, l->columns[c]) : NULL;
                here = other && strcmp(other, why) == 0;
            }
            AUTO_FREE char *name = here ? header_text(t->decl->columns[l->columns[c]].name) : NULL;
            if (name)
                str_printf(&line, "%s %s", line.length > 1 ? "," : " in", name);
        }
        AUTO_FREE char *clean = in_terms(term, why);
        str_printf(&line, ": %s", clean);
        char *text = mem_strdup(str_text(&line));
        cut_text(&text, width, term->ascii);
        str_printf(out, "%s\n", text);
        free(text);
    }
}

/* Returns how many of the wanted columns had room. */
static size_t add_table(struct str *out, const struct table *t, const unsigned *wanted, size_t wanted_count,
                        const size_t *rows, size_t count, const struct term *term, unsigned width, bool name_left_out)
{
    const struct table_decl *d = t->decl;
    struct layout l = {.headers = 1, .count = wanted_count};
    l.columns = mem_array(wanted_count, sizeof *l.columns);
    if (wanted_count)
        memcpy(l.columns, wanted, wanted_count * sizeof *wanted);
    l.widths = mem_array(l.count, sizeof *l.widths);
    l.cells = mem_array((count + 3) * l.count + 1, sizeof *l.cells); /* ends in NULLs for every column */
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
    measure(&l, kept);
    l.shown = l.count;
    if (d->single && kept == 1 && total_width(&l) > (width ? width : WIDE)) {
        add_downwards(out, &l, t, rows ? rows[0] : 0, term, width);
    } else if (l.count) {
        if (width && total_width(&l) > width) {
            break_headers(&l, kept);
            fit(&l, d, width);
        }
        for (size_t k = 0; k < (kept + l.headers) * l.count; k++) {
            if (k % l.count >= l.shown)
                continue;
            if (l.cells[k][0] == '/')
                cut_path(&l.cells[k], l.widths[k % l.count], term->ascii);
            cut_text(&l.cells[k], l.widths[k % l.count], term->ascii);
        }
        struct libscols_table *table = make_table(&l, d, kept + l.headers - 1, term);
        AUTO_FREE char *text = NULL;
        if (scols_print_table_to_string(table, &text) || !text)
            mem_exhausted();
        scols_unref_table(table);
        add_lines(out, text, width, term->ascii);
        if (width >= NOTE_MIN)
            add_reasons(out, &l, t, rows, count, term, width);
        if (l.shown < l.count && name_left_out && width >= NOTE_MIN)
            add_left_out(out, &l, d, width);
    }
    size_t shown = l.shown;
    for (size_t k = 0; k < (kept + l.headers) * l.count; k++)
        free(l.cells[k]);
    free(l.cells);
    free(l.widths);
    free(l.columns);
    return shown;
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
    struct str out AUTO_STR = {0};
    add_table(&out, t, list, known, rows, count, term, width, true);
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
    struct str out AUTO_STR = {0};
    size_t at = 0;
    do {
        memcpy(list + names, others + at, (other_count - at) * sizeof *list);
        size_t shown = add_table(&out, t, list, names + other_count - at, NULL, t->rows, term, width, false);
        at += shown > names ? shown - names : 1; /* a column that has no room beside the names has none at all */
        if (at < other_count)
            str_add_char(&out, '\n');
    } while (at < other_count);
    return mem_strdup(str_text(&out));
}
