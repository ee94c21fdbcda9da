/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/lookup.h"

#include <string.h>

const struct table *lookup_table(const struct case_file *c, const char *probe, const char *table)
{
    struct facts *f = case_facts(c, probe);
    return f ? facts_table(f, table) : NULL;
}

static struct value cell(const struct table *t, size_t row, const char *column)
{
    int index = t && row < t->rows ? table_decl_column(t->decl, column) : -1;
    return index >= 0 ? cell_get(t, row, (unsigned)index) : value_unknown(TYPE_TEXT, "");
}

bool lookup_number(const struct table *t, size_t row, const char *column, double *out)
{
    struct value v = cell(t, row, column);
    if (!v.known || !type_is_number(v.type))
        return false;
    *out = v.number;
    return true;
}

bool lookup_is(const struct table *t, size_t row, const char *column, double number)
{
    double found;
    return lookup_number(t, row, column, &found) && found == number;
}

bool lookup_figure(const struct case_file *c, const char *probe, const char *column, double *out)
{
    return lookup_number(lookup_table(c, probe, probe), 0, column, out);
}

const char *lookup_text(const struct table *t, size_t row, const char *column)
{
    struct value v = cell(t, row, column);
    return v.known && v.type == TYPE_TEXT ? v.text : "?";
}

bool lookup_true(const struct table *t, size_t row, const char *column)
{
    struct value v = cell(t, row, column);
    return v.known && v.type == TYPE_BOOL && v.truth;
}

const char *lookup_command(const struct table *t, double pid, const char *otherwise)
{
    for (size_t i = 0; t && i < t->rows; i++)
        if (lookup_is(t, i, "pid", pid))
            return lookup_text(t, i, "command");
    return otherwise;
}

struct tally lookup_tally(const struct case_file *c)
{
    struct tally tally = {0};
    for (size_t i = 0; i < c->finding_count; i++)
        tally.severity[c->findings[i].severity]++;
    for (size_t i = 0; i < c->check_count; i++)
        tally.result[c->checks[i].result]++;
    return tally;
}

bool lookup_is_metric(const struct figure *f)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    return f->id[0] && !f->id[strspn(f->id, letters)] && type_is_number(f->value.type) &&
           f->value.type == f->warning.type && f->value.type == f->critical.type;
}
