/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures of both runs side by side. What was evidence in one run is looked up in the other, so that it shows where a
 * finding that is gone stands now. */
#include <string.h>

#include "base/str.h"
#include "engine/case/identity.h"
#include "facts/probe.h"
#include "report/compare_parts.h"

bool compare_is_of_row(const char *evidence)
{
    return !strchr(evidence, '.');
}

/* A case names the row of a finding, but not its table: it is the one with this key and all columns of the evidence. */
static bool key_fits(const struct table_decl *d, const char *row)
{
    const char *at = row;
    int first = table_decl_role(d, ROLE_KEY, 0);
    for (int key = first, next; key >= 0; key = next) {
        next = table_decl_role(d, ROLE_KEY, key + 1);
        AUTO_FREE char *opening = mem_printf("%s%s=", key == first ? "" : " ", d->columns[key].name);
        const char *found = key == first ? row : strstr(at, opening);
        if (!found || strncmp(found, opening, strlen(opening)) != 0)
            return false;
        at = found + strlen(opening);
        size_t number = strspn(at, "0123456789");
        if (type_is_number(d->columns[key].type) && at[number] && (at[number] != ' ' || next < 0))
            return false;
    }
    return first >= 0;
}

static bool table_fits(const struct table_decl *d, const struct finding *f)
{
    if (!key_fits(d, f->row))
        return false;
    for (size_t i = 0; i < f->evidence_count; i++)
        if (compare_is_of_row(f->evidence[i].name) && table_decl_column(d, f->evidence[i].name) < 0)
            return false;
    return true;
}

static const struct table_decl *table_of(const struct probe *p, const struct finding *f)
{
    for (unsigned i = 0; p && i < p->table_count; i++)
        if (table_fits(&p->tables[i], f))
            return &p->tables[i];
    return NULL;
}

/* The probes of the finding's own step come first. */
static const struct table_decl *declared(const struct case_file *from, const struct finding *f)
{
    const struct step_record *step = case_step(from, f->step);
    const struct table_decl *d = NULL;
    for (size_t i = 0; step && i < step->probe_count && !d; i++)
        d = table_of(probe_find(step->probes[i]), f);
    for (size_t i = 0; probes[i] && !d; i++)
        d = table_of(probes[i], f);
    return d;
}

struct place compare_place(const struct case_file *in, const struct case_file *from, const struct finding *f)
{
    const struct table_decl *d = f->row ? declared(from, f) : NULL;
    const struct table *t = d ? case_table(in, d) : NULL;
    if (!t || (!t->rows && t->facts->status != STATUS_OK))
        return (struct place){NULL, 0};
    AUTO_STR struct str here = {0}, anywhere = {0};
    size_t alike = t->rows;
    for (size_t row = 0; row < t->rows; row++) {
        str_clear(&here);
        str_clear(&anywhere);
        identity_here(t, row, &here);
        identity_anywhere(t, row, &anywhere);
        bool same = f->identity && strcmp(str_text(&anywhere), f->identity) == 0;
        if ((same || !f->identity) && strcmp(str_text(&here), f->row) == 0)
            return (struct place){t, row};
        if (same && alike == t->rows)
            alike = row;
    }
    return (struct place){t, alike};
}

static const struct evidence *evidence_of(const struct finding *f, const char *name)
{
    for (size_t i = 0; f && i < f->evidence_count; i++)
        if (strcmp(f->evidence[i].name, name) == 0)
            return &f->evidence[i];
    return NULL;
}

/* "memory.available": a cell of the only row of a table. */
static struct value machine_value(const struct case_file *c, const char *name)
{
    const char *dot = strrchr(name, '.');
    AUTO_FREE char *table = mem_printf("%.*s", (int)(dot - name), name);
    const struct table_decl *d = probe_table(table, NULL);
    int column = d ? table_decl_column(d, dot + 1) : -1;
    if (column < 0)
        return value_unknown(TYPE_TEXT, "this version knows no such figure");
    const struct table *t = case_table(c, d);
    if (!t || !t->rows)
        return value_unknown(d->columns[column].type, t && t->facts->reason ? t->facts->reason : "not measured");
    return cell_get(t, 0, (unsigned)column);
}

static struct value row_value(const struct place *p, const char *name)
{
    if (!p->table)
        return value_unknown(TYPE_TEXT, "not measured");
    int column = table_decl_column(p->table->decl, name);
    if (column < 0)
        return value_unknown(TYPE_TEXT, "this version knows no such figure");
    if (p->row < p->table->rows)
        return cell_get(p->table, p->row, (unsigned)column);
    return value_unknown(p->table->decl->columns[column].type,
                         p->table->omitted ? "not among the rows kept" : "not there");
}

static void figures_of_finding(struct comparison *c, struct compared_finding *f)
{
    size_t room = 0;
    struct place place[SIDES] = {0};
    for (int side = BEFORE; side < SIDES; side++) {
        room += f->finding[side] ? f->finding[side]->evidence_count : 0;
        if (!f->finding[side])
            place[side] = compare_place(c->run[side], c->run[!side], f->finding[!side]);
    }
    f->figures = arena_alloc(&c->arena, (room + 1) * sizeof *f->figures);
    for (int side = BEFORE; side < SIDES; side++)
        for (size_t i = 0; f->finding[side] && i < f->finding[side]->evidence_count; i++) {
            const char *name = f->finding[side]->evidence[i].name;
            if (side == AFTER && evidence_of(f->finding[BEFORE], name))
                continue;
            struct compared_figure *figure = &f->figures[f->figure_count++];
            figure->name = name;
            for (int s = BEFORE; s < SIDES; s++) {
                const struct evidence *known = evidence_of(f->finding[s], name);
                figure->value[s] = known                     ? known->value
                                   : compare_is_of_row(name) ? row_value(&place[s], name)
                                                             : machine_value(c->run[s], name);
            }
        }
}

static void add_machine_figure(struct comparison *c, const struct compared_figure *from)
{
    for (size_t i = 0; i < c->figure_count; i++)
        if (strcmp(c->figures[i].name, from->name) == 0)
            return;
    if (from->value[BEFORE].known || from->value[AFTER].known)
        c->figures[c->figure_count++] = *from;
}

static void figures_of_machine(struct comparison *c)
{
    size_t room = 0;
    for (size_t i = 0; i < c->finding_count; i++)
        room += c->findings[i].figure_count;
    c->figures = arena_alloc(&c->arena, (room + 1) * sizeof *c->figures);
    for (size_t i = 0; i < c->finding_count; i++)
        for (size_t k = 0; k < c->findings[i].figure_count; k++)
            if (!compare_is_of_row(c->findings[i].figures[k].name))
                add_machine_figure(c, &c->findings[i].figures[k]);
}

/* A table of settings is one that is keyed by their name and tells what is current. */
static bool is_of_settings(const struct table_decl *d)
{
    int key = table_decl_role(d, ROLE_KEY, 0);
    return key >= 0 && strcmp(d->columns[key].name, "name") == 0 && table_decl_role(d, ROLE_KEY, key + 1) < 0 &&
           table_decl_column(d, "current") >= 0;
}

static size_t row_named(const struct table *t, unsigned column, const char *name)
{
    size_t row = 0;
    for (; row < t->rows; row++) {
        struct value v = cell_get(t, row, column);
        if (v.known && v.type == TYPE_TEXT && strcmp(v.text, name) == 0)
            break;
    }
    return row;
}

static void compare_settings(struct comparison *c, const struct table *a, const struct table *b)
{
    unsigned name = (unsigned)table_decl_column(a->decl, "name"),
             current = (unsigned)table_decl_column(a->decl, "current");
    struct compared_figure *settings = arena_alloc(&c->arena, (c->setting_count + a->rows + 1) * sizeof *settings);
    if (c->setting_count)
        memcpy(settings, c->settings, c->setting_count * sizeof *settings);
    c->settings = settings;
    for (size_t row = 0; row < a->rows; row++) {
        struct value of = cell_get(a, row, name);
        size_t other = of.known && of.type == TYPE_TEXT ? row_named(b, name, of.text) : b->rows;
        if (other == b->rows)
            continue;
        struct compared_figure figure = {of.text, {cell_get(a, row, current), cell_get(b, other, current)}};
        /* what could not be read in one of the runs was not changed for all we know */
        if (figure.value[BEFORE].known && figure.value[AFTER].known && figure_differs(&figure))
            settings[c->setting_count++] = figure;
    }
}

void compare_figures(struct comparison *c)
{
    for (size_t i = 0; i < c->finding_count; i++)
        figures_of_finding(c, &c->findings[i]);
    figures_of_machine(c);
    for (size_t i = 0; probes[i]; i++)
        for (unsigned k = 0; k < probes[i]->table_count; k++) {
            const struct table_decl *d = &probes[i]->tables[k];
            const struct table *a = is_of_settings(d) ? case_table(c->run[BEFORE], d) : NULL;
            const struct table *b = a ? case_table(c->run[AFTER], d) : NULL;
            if (b)
                compare_settings(c, a, b);
        }
}
