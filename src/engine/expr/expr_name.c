/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a name in an expression means: a column of a row at hand, of a single-row table, a limit, an answer, what an
 * experiment measured. */
#include <string.h>

#include "base/text.h"
#include "engine/expr/expr_node.h"

enum { NAME_MAX_BYTES = 128, CANDIDATES_MAX = 1024 };

const char *name_suggestion(struct compiler *c, const char *name, const char *const *candidates, size_t count)
{
    const char *near = text_nearest(name, candidates, count);
    return near ? arena_printf(c->arena, "; did you mean '%s'?", near) : "";
}

const char *name_suggestion_of(struct compiler *c, const char *kind, const char *name)
{
    if (!c->names->list)
        return "";
    const char *candidates[CANDIDATES_MAX] = {NULL};
    size_t count = c->names->list(c->names->data, kind, candidates, CANDIDATES_MAX);
    return name_suggestion(c, name, candidates, count < CANDIDATES_MAX ? count : CANDIDATES_MAX);
}

static const char *suggest_column(struct compiler *c, const char *name, const struct scope_decl *scope)
{
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    for (const struct scope_decl *s = scope; s; s = s->outer)
        for (unsigned i = 0; i < s->table->column_count && count < CANDIDATES_MAX; i++)
            candidates[count++] = s->table->columns[i].name;
    return name_suggestion(c, name, candidates, count);
}

static bool same_reference(const struct reference *a, const struct reference *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == REFERENCE_TABLE ? a->decl == b->decl : strcmp(a->name, b->name) == 0;
}

unsigned name_reference(struct compiler *c, size_t offset, struct reference wanted)
{
    for (unsigned i = 0; i < c->reference_count; i++)
        if (same_reference(&c->references[i], &wanted))
            return i;
    if (c->reference_count == EXPR_REFERENCES_MAX) {
        complain_stop(c, offset,
                      "an expression reads at most %d different tables, limits, answers, rules and experiments",
                      EXPR_REFERENCES_MAX);
        return 0;
    }
    if (wanted.name)
        wanted.name = arena_strdup(c->arena, wanted.name);
    c->references[c->reference_count] = wanted;
    return c->reference_count++;
}

static const struct table_decl *find_table(struct compiler *c, const char *name)
{
    return c->names->table ? c->names->table(c->names->data, name) : NULL;
}

const char *token_name(struct compiler *c, const struct token *token)
{
    if (token->length < NAME_MAX_BYTES)
        return arena_intern(c->arena, c->source + token->begin, token->length);
    complain_at(c, token->begin, "this name is too long");
    return NULL;
}

bool name_table(struct compiler *c, const struct token *token, const char *name, const struct table_decl **decl,
                unsigned *reference)
{
    if (!name)
        return false;
    *decl = find_table(c, name);
    if (!*decl)
        return complain_at(c, token->begin, "unknown table '%s'%s", name, name_suggestion_of(c, "table", name));
    *reference = name_reference(c, token->begin, (struct reference){.kind = REFERENCE_TABLE, .decl = *decl});
    return true;
}

static int find_column(struct compiler *c, const struct token *token, const struct table_decl *decl, const char *column)
{
    int found = table_decl_column(decl, column);
    if (found < 0)
        complain_at(c, token->begin + token->length - strlen(column), "unknown column '%s' of table %s%s", column,
                    decl->name, suggest_column(c, column, &(struct scope_decl){decl, NULL}));
    return found;
}

bool name_table_column(struct compiler *c, const struct token *token, const struct table_decl **decl,
                       unsigned *reference, unsigned *column)
{
    const char *path = token_name(c, token);
    if (!path)
        return false;
    const char *dot = strrchr(path, '.');
    if (!dot)
        return complain_at(c, token->begin, "here stands table.column, such as %s.COLUMN", path);
    const char *table = arena_strndup(c->arena, path, (size_t)(dot - path));
    if (!name_table(c, token, table, decl, reference))
        return false;
    int found = find_column(c, token, *decl, dot + 1);
    *column = (unsigned)found;
    return found >= 0;
}

static struct node *row_column(struct compiler *c, const struct scope_decl *s, unsigned hops, int column)
{
    struct node *n = node_new(c, NODE_COLUMN, s->table->columns[column].type);
    n->hops = hops;
    n->column = (unsigned)column;
    n->decl = s->table;
    return n;
}

static struct node *bare_name(struct compiler *c, const struct token *token, const char *name)
{
    unsigned hops = 0;
    for (const struct scope_decl *s = c->scope; s; s = s->outer, hops++) {
        int column = table_decl_column(s->table, name);
        if (column >= 0)
            return row_column(c, s, hops, column);
    }
    if (c->muted)
        return node_bad(c);
    if (find_table(c, name))
        complain_at(c, token->begin, "'%s' is a table; write %s.COLUMN, or an aggregate such as count(%s)", name, name,
                    name);
    else if (!c->scope)
        complain_at(c, token->begin, "unknown name '%s': no row is at hand here, write TABLE.%s", name, name);
    else if (!c->scope->outer)
        complain_at(c, token->begin, "unknown column '%s' of table %s%s", name, c->scope->table->name,
                    suggest_column(c, name, c->scope));
    else
        complain_at(c, token->begin, "no row at hand has a column '%s'%s", name, suggest_column(c, name, c->scope));
    return node_bad(c);
}

static struct node *declared_name(struct compiler *c, const struct token *token, enum reference_kind kind,
                                  const char *name)
{
    const char *word = kind == REFERENCE_LIMIT ? "limit" : kind == REFERENCE_ANSWER ? "answer" : "experiment";
    bool (*find)(void *, const char *, enum type *) = kind == REFERENCE_LIMIT    ? c->names->limit
                                                      : kind == REFERENCE_ANSWER ? c->names->answer
                                                                                 : c->names->experiment;
    struct reference wanted = {.kind = kind, .name = name};
    if (!find)
        return bad_at(c, token->begin, "no %s can be named here", word);
    if (!find(c->names->data, name, &wanted.type))
        return bad_at(c, token->begin + token->length - strlen(name), "unknown %s '%s'%s", word, name,
                      name_suggestion_of(c, word, name));
    if (kind == REFERENCE_ANSWER && c->names->choices)
        wanted.values = c->names->choices(c->names->data, name);
    struct node *n = node_new(c, NODE_REFERENCE, wanted.type);
    n->reference = name_reference(c, token->begin, wanted);
    return n;
}

/* A row at hand of that table, innermost first; by its own name, or by any other that leads to the same declaration. */
static const struct scope_decl *scope_of(struct compiler *c, const char *table, unsigned *hops)
{
    const struct table_decl *decl = find_table(c, table);
    *hops = 0;
    for (const struct scope_decl *s = c->scope; s; s = s->outer, (*hops)++)
        if (s->table == decl || strcmp(s->table->name, table) == 0)
            return s;
    return NULL;
}

struct node *name_value(struct compiler *c, const struct token *token)
{
    const char *path = token_name(c, token);
    if (!path)
        return node_bad(c);
    const char *dot = strrchr(path, '.');
    if (!dot)
        return bare_name(c, token, path);
    const char *table = arena_strndup(c->arena, path, (size_t)(dot - path)), *column = dot + 1;
    static const struct {
        const char *word;
        enum reference_kind kind;
    } declared[] = {{"limit", REFERENCE_LIMIT},
                    {"answer", REFERENCE_ANSWER},
                    {"before", REFERENCE_BEFORE},
                    {"after", REFERENCE_AFTER}};
    for (size_t i = 0; i < ARRAY_SIZE(declared); i++)
        if (strcmp(table, declared[i].word) == 0)
            return declared_name(c, token, declared[i].kind, column);
    unsigned hops;
    const struct scope_decl *s = scope_of(c, table, &hops);
    if (s) {
        int found = find_column(c, token, s->table, column);
        return found < 0 ? node_bad(c) : row_column(c, s, hops, found);
    }
    const struct table_decl *decl;
    unsigned reference, index;
    if (!name_table_column(c, token, &decl, &reference, &index))
        return node_bad(c);
    if (!decl->single)
        return bad_at(c, token->begin,
                      "table %s has many rows and none is at hand here; write an aggregate such as max(%s)", table,
                      path);
    struct node *n = node_new(c, NODE_SINGLE, decl->columns[index].type);
    n->reference = reference;
    n->column = index;
    return n;
}
