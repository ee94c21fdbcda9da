/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts/facts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "facts/probe.h"

enum { REASON_NOT_READ = 0, TEXT_MAX = 4096 };

int table_decl_column(const struct table_decl *d, const char *name)
{
    const struct column *c = ARRAY_FIND(d->columns, d->column_count, name, name);
    return c ? (int)(c - d->columns) : -1;
}

int table_decl_role(const struct table_decl *d, enum role role, unsigned from)
{
    for (unsigned i = from; i < d->column_count; i++)
        if (d->columns[i].role == role)
            return (int)i;
    return -1;
}

void column_help(const struct column *c, struct str *out)
{
    str_add(out, c->help);
    for (const char *const *v = c->values; v && *v; v++)
        str_printf(out, "%s'%s'", v == c->values ? ": " : ", ", *v);
}

struct facts *facts_new(const struct probe *p)
{
    struct facts *f = mem_alloc(sizeof *f);
    f->probe = p;
    f->coverage = -1;
    f->reasons[REASON_NOT_READ] = "not read";
    f->reason_count = 1;
    f->tables = mem_array(p->table_count, sizeof *f->tables);
    for (unsigned i = 0; i < p->table_count; i++) {
        f->tables[i].decl = &p->tables[i];
        f->tables[i].facts = f;
    }
    return f;
}

void facts_free(struct facts *f)
{
    if (!f)
        return;
    for (unsigned i = 0; i < f->probe->table_count; i++) {
        free(f->tables[i].cells);
        free(f->tables[i].unknown);
    }
    free(f->tables);
    arena_free(&f->arena);
    free(f);
}

struct table *facts_table(struct facts *f, const char *name)
{
    const struct table_decl *d = ARRAY_FIND(f->probe->tables, f->probe->table_count, name, name);
    return d ? &f->tables[d - f->probe->tables] : NULL;
}

const struct table *facts_find(struct facts *const *list, size_t count, const struct table_decl *decl)
{
    for (size_t i = 0; i < count; i++)
        if (decl >= list[i]->probe->tables && decl < list[i]->probe->tables + list[i]->probe->table_count)
            return &list[i]->tables[decl - list[i]->probe->tables];
    return NULL;
}

static const char *clean_copy(struct facts *f, const char *raw, size_t length)
{
    char clean[TEXT_MAX];
    size_t n = text_clean(clean, sizeof clean, raw, length);
    return arena_strndup(&f->arena, clean, n);
}

void facts_fail(struct facts *f, enum status status, const char *format, ...)
{
    if (status == STATUS_OK)
        return;
    if (f->status == STATUS_OK || status > f->status)
        f->status = status;
    if (f->reason)
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    f->reason = clean_copy(f, text, strlen(text));
}

const char *facts_intern(struct facts *f, const char *raw, size_t length)
{
    char clean[TEXT_MAX];
    return arena_intern(&f->arena, clean, text_clean(clean, sizeof clean, raw, length));
}

size_t table_add(struct table *t)
{
    size_t columns = t->decl->column_count;
    if (t->rows == t->capacity) {
        t->capacity = t->capacity ? t->capacity + t->capacity / 2 + 1 : t->decl->single ? 1 : 8;
        t->cells = mem_resize(t->cells, t->capacity * columns, sizeof *t->cells);
        t->unknown = mem_resize(t->unknown, t->capacity * columns, sizeof *t->unknown);
    }
    memset(t->cells + t->rows * columns, 0, columns * sizeof *t->cells);
    memset(t->unknown + t->rows * columns, 1 + REASON_NOT_READ, columns);
    return t->rows++;
}

static size_t cell_at(const struct table *t, size_t row, unsigned column)
{
    return row * t->decl->column_count + column;
}

void cell_number(struct table *t, size_t row, unsigned column, double number)
{
    size_t at = cell_at(t, row, column);
    if (!isfinite(number)) {
        cell_unknown(t, row, column, "not a number");
        return;
    }
    t->cells[at].number = number;
    t->unknown[at] = 0;
}

void cell_bool(struct table *t, size_t row, unsigned column, bool truth)
{
    cell_number(t, row, column, truth);
}

void cell_text_n(struct table *t, size_t row, unsigned column, const char *raw, size_t length)
{
    size_t at = cell_at(t, row, column);
    const char *const *v = t->decl->columns[column].values;
    while (v && *v && (strncmp(*v, raw, length) != 0 || (*v)[length]))
        v++;
    if (v && !*v) {
        char why[128];
        snprintf(why, sizeof why, "'%.*s' is no value that this version knows", (int)(length < 64 ? length : 64), raw);
        cell_unknown(t, row, column, why);
        return;
    }
    t->cells[at].text = v ? *v : facts_intern(t->facts, raw, length);
    t->unknown[at] = 0;
}

void cell_text(struct table *t, size_t row, unsigned column, const char *raw)
{
    if (raw)
        cell_text_n(t, row, column, raw, strlen(raw));
}

/* Reasons are few and repeat over rows, so that a cell needs a byte for them; past the limit they share the last one. */
static uint8_t reason_index(struct facts *f, const char *why)
{
    for (unsigned i = 0; i < f->reason_count; i++)
        if (strcmp(f->reasons[i], why) == 0)
            return (uint8_t)(i + 1);
    if (f->reason_count < FACTS_REASONS_MAX - 1)
        f->reasons[f->reason_count++] = clean_copy(f, why, strlen(why));
    else if (f->reason_count == FACTS_REASONS_MAX - 1)
        f->reasons[f->reason_count++] = "could not be read (more kinds of reason than are kept)";
    return (uint8_t)f->reason_count;
}

void cell_unknown(struct table *t, size_t row, unsigned column, const char *why)
{
    t->unknown[cell_at(t, row, column)] = reason_index(t->facts, why);
}

void row_unknown(struct table *t, size_t row, const char *why)
{
    uint8_t index = reason_index(t->facts, why);
    for (unsigned i = 0; i < t->decl->column_count; i++) {
        uint8_t *u = &t->unknown[cell_at(t, row, i)];
        if (*u == 1 + REASON_NOT_READ)
            *u = index;
    }
}

struct value cell_get(const struct table *t, size_t row, unsigned column)
{
    enum type type = t->decl->columns[column].type;
    size_t at = cell_at(t, row, column);
    if (t->unknown[at])
        return value_unknown(type, t->facts->reasons[t->unknown[at] - 1]);
    if (type == TYPE_TEXT)
        return value_text(t->cells[at].text);
    if (type == TYPE_BOOL)
        return value_bool(t->cells[at].number != 0);
    return (struct value){.type = type, .known = true, .number = t->cells[at].number};
}

struct value cell_named(const struct table *t, size_t row, const char *column)
{
    int at = t && row < t->rows ? table_decl_column(t->decl, column) : -1;
    return at < 0 ? value_unknown(TYPE_TEXT, "no such column") : cell_get(t, row, (unsigned)at);
}

struct sort_key {
    const struct table *table;
    unsigned column;
    bool descending;
};

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct sort_key *key = context;
    size_t row_a = *(const size_t *)a, row_b = *(const size_t *)b;
    struct value x = cell_get(key->table, row_a, key->column), y = cell_get(key->table, row_b, key->column);
    if (x.known != y.known)
        return x.known ? -1 : 1;
    int order = 0;
    if (x.known && x.type == TYPE_TEXT)
        order = strcmp(x.text, y.text);
    else if (x.known && x.type == TYPE_BOOL)
        order = (int)x.truth - (int)y.truth;
    else if (x.known)
        order = (x.number > y.number) - (x.number < y.number);
    if (key->descending)
        order = -order;
    return order ? order : (row_a > row_b) - (row_a < row_b);
}

/* The rows of that order, and no room for more: what a case keeps, it keeps long. */
static void reorder(struct table *t, const size_t *order, size_t count)
{
    size_t columns = t->decl->column_count;
    union cell *cells = mem_array(count * columns, sizeof *cells);
    uint8_t *unknown = mem_array(count * columns, sizeof *unknown);
    for (size_t i = 0; i < count; i++) {
        memcpy(cells + i * columns, t->cells + order[i] * columns, columns * sizeof *cells);
        memcpy(unknown + i * columns, t->unknown + order[i] * columns, columns);
    }
    free(t->cells);
    free(t->unknown);
    t->cells = cells;
    t->unknown = unknown;
    t->rows = t->capacity = count;
}

void table_order(const struct table *t, unsigned column, bool descending, size_t *order, size_t count)
{
    struct sort_key key = {t, column, descending};
    qsort_r(order, count, sizeof *order, compare_rows, &key);
}

static void keep_first(struct table *t, int column, bool descending, size_t keep)
{
    AUTO_FREE size_t *order = mem_array(t->rows, sizeof *order);
    for (size_t i = 0; i < t->rows; i++)
        order[i] = i;
    if (column >= 0)
        table_order(t, (unsigned)column, descending, order, t->rows);
    reorder(t, order, keep);
}

void table_sort(struct table *t, unsigned column, bool descending)
{
    if (t->rows)
        keep_first(t, (int)column, descending, t->rows);
}

void facts_trim(struct facts *f)
{
    for (unsigned i = 0; i < f->probe->table_count; i++) {
        struct table *t = &f->tables[i];
        unsigned keep = t->decl->keep;
        if (!keep || t->rows <= keep)
            continue;
        t->omitted += t->rows - keep;
        keep_first(t, table_decl_role(t->decl, ROLE_RANK, 0), true, keep);
    }
}
