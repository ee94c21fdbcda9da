/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Closed sets of texts. A text compared with a column that can never be it would be an all-clear that nobody asked for:
 * a misspelt word is a complaint instead. */
#include <string.h>

#include "engine/expr/expr_node.h"

enum { VALUES_MAX = 256 };

/* All that a side of a comparison can be. */
struct set {
    const char *values[VALUES_MAX];
    unsigned count;
    bool open;        /* or anything else */
    const char *name; /* of the first column or answer in it; NULL: only literals */
};

static bool has(const struct set *s, const char *value)
{
    for (unsigned i = 0; i < s->count; i++)
        if (strcmp(s->values[i], value) == 0)
            return true;
    return false;
}

static void add(struct set *s, const char *value)
{
    if (has(s, value))
        return;
    if (s->count == VALUES_MAX)
        s->open = true;
    else
        s->values[s->count++] = value;
}

static void add_named(struct compiler *c, struct set *s, const char *prefix, const char *name,
                      const char *const *values)
{
    s->open = s->open || !values;
    if (!s->name)
        s->name = arena_printf(c->arena, "%s.%s", prefix, name);
    while (values && *values)
        add(s, *values++);
}

static void add_column(struct compiler *c, struct set *s, const struct table_decl *decl, unsigned column)
{
    add_named(c, s, decl->name, decl->columns[column].name, decl->columns[column].values);
}

static void collect(struct compiler *c, struct set *s, const struct node *n)
{
    const struct reference *r = &c->references[n->reference];
    switch (n->kind) {
    case NODE_LITERAL:
        add(s, n->value.text);
        break;
    case NODE_COLUMN:
        add_column(c, s, n->decl, n->column);
        break;
    case NODE_SINGLE:
    case NODE_FIRST:
        add_column(c, s, r->decl, n->column);
        break;
    case NODE_REFERENCE:
        add_named(c, s, "answer", r->name, r->values);
        break;
    case NODE_IF:
        collect(c, s, n->child[1]);
        collect(c, s, n->child[2]);
        break;
    case NODE_ONLY:
        collect(c, s, n->child[0]);
        break;
    case NODE_ELSE:
        collect(c, s, n->child[0]);
        collect(c, s, n->child[1]);
        break;
    default:
        s->open = true;
    }
}

static const char *listed(struct compiler *c, const struct set *s)
{
    AUTO_STR struct str list = {0};
    for (unsigned i = 0; i < s->count; i++)
        str_printf(&list, "%s'%s'", i == 0 ? "" : i + 1 < s->count ? ", " : " or ", s->values[i]);
    return arena_strdup(c->arena, str_text(&list));
}

/* Every literal in `n` must be one that the other side can be. */
static bool literals_fit(struct compiler *c, const struct node *n, const struct set *other)
{
    if (n->kind == NODE_IF || n->kind == NODE_ELSE) {
        struct node *const *either = n->child + (n->kind == NODE_IF);
        bool fit = literals_fit(c, either[0], other);
        return literals_fit(c, either[1], other) && fit;
    }
    if (n->kind != NODE_LITERAL || has(other, n->value.text))
        return true;
    const char *near = name_suggestion(c, n->value.text, other->values, other->count);
    return complain_at(c, n->at, "%s is never '%s'%s", other->name, n->value.text,
                       *near ? near : arena_printf(c->arena, ", but %s", listed(c, other)));
}

bool set_fit(struct compiler *c, size_t offset, const struct node *a, const struct node *b)
{
    struct set x = {.name = NULL}, y = {.name = NULL};
    collect(c, &x, a);
    collect(c, &y, b);
    bool fit = y.open || !y.name || literals_fit(c, a, &y);
    fit = (x.open || !x.name || literals_fit(c, b, &x)) && fit;
    if (!fit || x.open || y.open || !x.name || !y.name)
        return fit;
    for (unsigned i = 0; i < x.count; i++)
        if (has(&y, x.values[i]))
            return true;
    return complain_at(c, offset, "%s and %s are never equal: one is %s, the other %s", x.name, y.name, listed(c, &x),
                       listed(c, &y));
}
