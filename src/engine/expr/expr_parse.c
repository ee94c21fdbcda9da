/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grammar of the expression language: source to a typed tree, or complaints. */
#include <string.h>

#include "engine/expr/expr_node.h"

static struct node *disjunction(struct compiler *c);

struct node *node_new(struct compiler *c, enum node_kind kind, enum type type)
{
    if (++c->nodes > EXPR_NODES_MAX)
        complain_stop(c, c->token.begin, "an expression has at most %d parts", EXPR_NODES_MAX);
    struct node *n = arena_alloc(c->arena, sizeof *n);
    n->kind = kind;
    n->type = type;
    return n;
}

struct node *node_bad(struct compiler *c)
{
    struct node *n = node_new(c, NODE_LITERAL, TYPE_BOOL);
    n->bad = true;
    return n;
}

static struct node *parent(struct compiler *c, enum node_kind kind, enum type type, struct node *a, struct node *b)
{
    struct node *n = node_new(c, kind, type);
    n->child[0] = a;
    n->child[1] = b;
    return n;
}

static bool enter(struct compiler *c)
{
    if (c->depth++ < EXPR_DEPTH_MAX)
        return !c->stopped;
    complain_stop(c, c->token.begin, "nested deeper than %d", EXPR_DEPTH_MAX);
    return false;
}

static void leave(struct compiler *c)
{
    c->depth--;
}

static struct node *unexpected(struct compiler *c, const char *wanted)
{
    const struct token *t = &c->token;
    if (t->kind == TOKEN_END)
        complain_stop(c, t->begin, "%s is expected, but the expression ends here", wanted);
    else
        complain_stop(c, t->begin, "%s is expected here, not '%.*s'", wanted, (int)(t->length > 40 ? 40 : t->length),
                      c->source + t->begin);
    return node_bad(c);
}

static bool accept(struct compiler *c, const char *text)
{
    if (!token_is(c, text))
        return false;
    lex_next(c);
    return true;
}

static bool expect(struct compiler *c, const char *text, const char *wanted)
{
    if (accept(c, text))
        return true;
    unexpected(c, wanted);
    return false;
}

static bool is_keyword(struct compiler *c)
{
    return token_is(c, "and") || token_is(c, "or") || token_is(c, "not") || token_is(c, "where");
}

/* Literals */

static struct node *literal(struct compiler *c, struct value value)
{
    struct node *n = node_new(c, NODE_LITERAL, value.type);
    n->at = (unsigned)c->token.begin;
    n->value = value;
    n->bare = value.type == TYPE_COUNT;
    lex_next(c);
    return n;
}

/* Aggregates */

static const struct aggregate {
    const char *name;
    enum node_kind kind;
    bool column; /* over t.column, else over t */
} aggregates[] = {
    {"count", NODE_COUNT, false}, {"any", NODE_ANY, false}, {"all", NODE_ALL, false}, {"sum", NODE_SUM, true},
    {"avg", NODE_AVG, true},      {"min", NODE_MIN, true},  {"max", NODE_MAX, true},  {"first", NODE_FIRST, true},
};

/* The condition after `where`, with the aggregated table's row innermost. `decl` is NULL if the table is not known. */
static struct node *condition(struct compiler *c, const struct table_decl *decl)
{
    struct scope_decl inner = {decl, c->scope};
    const struct scope_decl *outer = c->scope;
    if (decl)
        c->scope = &inner;
    else
        c->muted++;
    size_t begin = c->token.begin;
    struct node *n = disjunction(c);
    if (!n->bad && n->type != TYPE_BOOL) {
        complain_at(c, begin, "after where stands a condition, not %s", type_name(n->type));
        n->bad = true;
    }
    if (!decl)
        c->muted--;
    c->scope = outer;
    return n;
}

static bool aggregate_type(const struct aggregate *a, const struct column *column, enum type *out)
{
    *out = a->column ? column->type : a->kind == NODE_COUNT ? TYPE_COUNT : TYPE_BOOL;
    return !a->column || a->kind == NODE_FIRST || type_is_number(column->type);
}

/* Stands on the table, behind the opening parenthesis. */
static struct node *aggregate(struct compiler *c, const struct aggregate *a)
{
    if (c->token.kind != TOKEN_NAME || is_keyword(c))
        return unexpected(c, a->column ? "table.column" : "a table");
    if (++c->aggregates > EXPR_AGGREGATES_MAX)
        complain_stop(c, c->token.begin, "aggregates stand within each other at most %d deep", EXPR_AGGREGATES_MAX);
    struct token table = c->token;
    const struct table_decl *decl = NULL;
    unsigned reference = 0, column = 0;
    bool found = a->column ? name_table_column(c, &table, &decl, &reference, &column)
                           : name_table(c, &table, token_name(c, &table), &decl, &reference);
    lex_next(c);
    struct node *where = NULL;
    if (accept(c, "where"))
        where = condition(c, decl);
    else if (a->kind == NODE_ALL && !token_is(c, ","))
        complain_at(c, c->token.begin, "all needs a condition: all(TABLE where CONDITION)");
    expect(c, ")", where ? "an operator or )" : "where or )");
    c->aggregates--;
    if (!found || (where && where->bad))
        return node_bad(c);
    enum type type;
    if (!aggregate_type(a, &decl->columns[column], &type))
        return bad_at(c, table.begin, "%s needs numbers, and %s is %s", a->name, decl->columns[column].name,
                      type_name(type));
    struct node *n = parent(c, a->kind, type, where, NULL);
    n->reference = reference;
    n->column = column;
    return n;
}

/* Functions */

static const struct function {
    const char *name;
    enum node_kind kind;
    unsigned arguments;
    const char *form;
} functions[] = {
    {"known", NODE_KNOWN, 1, "known(x)"},
    {"starts", NODE_STARTS, 2, "starts(text, 'x')"},
    {"ends", NODE_ENDS, 2, "ends(text, 'x')"},
    {"contains", NODE_CONTAINS, 2, "contains(text, 'x')"},
    {"min", NODE_LEAST, 2, "min(a, b) or min(table.column)"},
    {"max", NODE_GREATEST, 2, "max(a, b) or max(table.column)"},
    {"clamp", NODE_CLAMP, 3, "clamp(x, low, high)"},
    {"round", NODE_ROUND, 2, "round(x, step)"},
    {"abs", NODE_ABS, 1, "abs(x)"},
    {"sqrt", NODE_SQRT, 1, "sqrt(x)"},
    {"if", NODE_IF, 3, "if(condition, a, b)"},
    {"else", NODE_ELSE, 2, "else(x, fallback)"},
    {"only", NODE_ONLY, 2, "only(x, condition)"},
};

/* The type of a call; bad arguments are complained about at `offset`. */
static bool function_type(struct compiler *c, const struct function *f, struct node *const a[3], size_t offset,
                          enum type *out)
{
    struct node *x = f->kind == NODE_IF ? a[1] : a[0], *y = f->kind == NODE_IF ? a[2] : a[1];
    switch (f->kind) {
    case NODE_KNOWN:
        *out = TYPE_BOOL;
        return true;
    case NODE_STARTS:
    case NODE_ENDS:
    case NODE_CONTAINS:
        *out = TYPE_BOOL;
        if (x->type == TYPE_TEXT && y->type == TYPE_TEXT)
            return true;
        return complain_at(c, offset, "%s needs two texts, not %s", f->name,
                           type_name(x->type == TYPE_TEXT ? y->type : x->type));
    case NODE_ABS:
        *out = x->type;
        if (type_is_number(x->type))
            return true;
        return complain_at(c, offset, "abs needs a number, not %s", type_name(x->type));
    case NODE_SQRT:
        *out = x->type;
        if (x->type == TYPE_COUNT)
            return true;
        return complain_at(c, offset, "sqrt needs a plain number, not %s", type_name(x->type));
    case NODE_IF:
        if (a[0]->type != TYPE_BOOL)
            return complain_at(c, offset, "the first argument of if is a condition, not %s", type_name(a[0]->type));
        break;
    case NODE_ONLY:
        *out = x->type;
        if (y->type == TYPE_BOOL)
            return true;
        return complain_at(c, offset, "the second argument of only is a condition, not %s", type_name(y->type));
    case NODE_LEAST:
    case NODE_GREATEST:
    case NODE_ROUND:
    case NODE_CLAMP:
        if (!type_is_number(x->type) || !type_is_number(y->type))
            return complain_at(c, offset, "%s needs numbers, not %s", f->name,
                               type_name(type_is_number(x->type) ? y->type : x->type));
        break;
    default:
        break;
    }
    struct node *z = f->kind == NODE_CLAMP ? a[2] : y;
    bool fit = type_fit(x, y);
    if (!fit || !type_fit(x, z) || !type_fit(x, y)) /* again, as x can have been made a ratio for z */
        return complain_at(c, offset, "%s gives one kind of value, not either %s or %s", f->name, type_name(x->type),
                           type_name((fit ? z : y)->type));
    *out = x->type;
    return true;
}

/* Stands behind the opening parenthesis. */
static struct node *function(struct compiler *c, const struct function *f, size_t offset)
{
    struct node *n = node_new(c, f->kind, TYPE_BOOL);
    unsigned count = 0;
    while (!token_is(c, ")") && !c->stopped) {
        if (count == f->arguments) {
            complain_stop(c, c->token.begin, "too many arguments: %s", f->form);
            break;
        }
        n->child[count] = disjunction(c);
        n->bad = n->bad || n->child[count]->bad;
        count++;
        if (!accept(c, ","))
            break;
    }
    size_t end = c->token.begin;
    if (c->stopped || !expect(c, ")", count < f->arguments ? "an operator, a comma or )" : "an operator or )"))
        return node_bad(c);
    if (count < f->arguments) {
        complain_at(c, end, "too few arguments: %s", f->form);
        n->bad = true;
    }
    if (!n->bad && !function_type(c, f, n->child, offset, &n->type))
        n->bad = true;
    return n;
}

/* fired('rule'), or fired_here: for what the innermost row is of. */
static struct node *fired(struct compiler *c, const struct token *name, bool here)
{
    struct token argument = c->token;
    if (argument.kind != TOKEN_TEXT)
        return unexpected(c, "the id of a rule in quotes");
    const char *id = token_text(c, &argument);
    lex_next(c);
    expect(c, ")", ")");
    if (!c->names->rule || !c->names->rule(c->names->data, id))
        return bad_at(c, argument.begin, "unknown rule '%s'%s", id, name_suggestion_of(c, "rule", id));
    if (here && !c->scope && !c->muted)
        return bad_at(c, name->begin, "no row is at hand here; write fired('%s')", id);
    struct node *n = node_new(c, here ? NODE_FIRED_HERE : NODE_REFERENCE, TYPE_BOOL);
    n->reference =
        name_reference(c, argument.begin, (struct reference){.kind = REFERENCE_RULE, .name = id, .type = TYPE_BOOL});
    return n;
}

static struct node *unknown_function(struct compiler *c, const struct token *name)
{
    const char *candidates[ARRAY_SIZE(functions) + ARRAY_SIZE(aggregates) + 2];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        candidates[count++] = functions[i].name;
    for (size_t i = 0; i < ARRAY_SIZE(aggregates); i++)
        candidates[count++] = aggregates[i].name;
    candidates[count++] = "fired";
    candidates[count++] = "fired_here";
    const char *text = arena_strndup(c->arena, c->source + name->begin, name->length < 60 ? name->length : 60);
    complain_stop(c, name->begin, "unknown function '%s'%s", text, name_suggestion(c, text, candidates, count));
    return node_bad(c);
}

static bool names_token(struct compiler *c, const struct token *t, const char *name)
{
    return strlen(name) == t->length && memcmp(c->source + t->begin, name, t->length) == 0;
}

/* min and max: one table.column, alone or followed by where, is an aggregate; anything else is two values. */
static bool begins_column_aggregate(struct compiler *c)
{
    if (c->token.kind != TOKEN_NAME || !memchr(c->source + c->token.begin, '.', c->token.length))
        return false;
    size_t at = c->token.begin + c->token.length;
    at += strspn(c->source + at, " \t\r\n");
    const char *next = c->source + at;
    return *next == ')' || (strncmp(next, "where", 5) == 0 && !strchr("_0123456789", next[5] ? next[5] : ' '));
}

/* Stands behind NAME and its opening parenthesis. */
static struct node *call(struct compiler *c, const struct token *name)
{
    bool two_forms = names_token(c, name, "min") || names_token(c, name, "max");
    if (!two_forms || begins_column_aggregate(c))
        for (size_t i = 0; i < ARRAY_SIZE(aggregates); i++)
            if (names_token(c, name, aggregates[i].name))
                return aggregate(c, &aggregates[i]);
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (names_token(c, name, functions[i].name))
            return function(c, &functions[i], name->begin);
    bool here = names_token(c, name, "fired_here");
    return here || names_token(c, name, "fired") ? fired(c, name, here) : unknown_function(c, name);
}

/* Operators */

static struct node *primary(struct compiler *c)
{
    switch (c->token.kind) {
    case TOKEN_NUMBER:
        return literal(c, value_number(c->token.type, c->token.number));
    case TOKEN_TEXT:
        return literal(c, value_text(token_text(c, &c->token)));
    case TOKEN_NAME:
        break;
    default:
        if (accept(c, "(")) {
            struct node *n = disjunction(c);
            expect(c, ")", "an operator or )");
            return n;
        }
        return unexpected(c, "a value");
    }
    if (token_is(c, "true") || token_is(c, "false"))
        return literal(c, value_bool(token_is(c, "true")));
    if (is_keyword(c))
        return unexpected(c, "a value");
    struct token name = c->token;
    lex_next(c);
    return accept(c, "(") ? call(c, &name) : name_value(c, &name);
}

static struct node *negation(struct compiler *c)
{
    if (!token_is(c, "-"))
        return primary(c);
    if (!enter(c)) {
        leave(c);
        return node_bad(c);
    }
    size_t offset = c->token.begin;
    lex_next(c);
    struct node *a = negation(c);
    leave(c);
    if (a->bad)
        return a;
    if (!type_is_number(a->type))
        return bad_at(c, offset, "- needs a number, not %s", type_name(a->type));
    if (a->kind == NODE_LITERAL) {
        a->value.number = -a->value.number;
        return a;
    }
    return parent(c, NODE_NEGATE, a->type, a, NULL);
}

static struct node *product(struct compiler *c)
{
    struct node *a = negation(c);
    while (token_is(c, "*") || token_is(c, "/")) {
        enum node_kind kind = c->token.op;
        size_t offset = c->token.begin;
        lex_next(c);
        struct node *b = negation(c), *n = parent(c, kind, TYPE_COUNT, a, b);
        n->bad = a->bad || b->bad;
        if (!n->bad && !(kind == NODE_MULTIPLY ? type_product : type_quotient)(a, b, &n->type)) {
            complain_at(c, offset, kind == NODE_MULTIPLY ? "cannot multiply %s by %s" : "cannot divide %s by %s",
                        type_name(a->type), type_name(b->type));
            n->bad = true;
        }
        a = n;
    }
    return a;
}

static struct node *sum(struct compiler *c)
{
    struct node *a = product(c);
    while (token_is(c, "+") || token_is(c, "-")) {
        enum node_kind kind = c->token.op;
        size_t offset = c->token.begin;
        lex_next(c);
        struct node *b = product(c), *n = parent(c, kind, TYPE_COUNT, a, b);
        n->bad = a->bad || b->bad;
        if (!n->bad && (!type_is_number(a->type) || !type_is_number(b->type) || !type_fit(a, b))) {
            bool add = kind == NODE_ADD;
            complain_at(c, offset, add ? "cannot add %s and %s" : "cannot subtract %s from %s",
                        type_name(add ? a->type : b->type), type_name(add ? b->type : a->type));
            n->bad = true;
        }
        n->type = a->type;
        a = n;
    }
    return a;
}

static bool is_comparison(const struct compiler *c)
{
    return c->token.kind == TOKEN_SYMBOL && c->token.op >= NODE_EQUAL && c->token.op <= NODE_GREATER_EQUAL;
}

static struct node *comparison(struct compiler *c)
{
    struct node *a = sum(c);
    if (!is_comparison(c))
        return a;
    struct token sign = c->token;
    lex_next(c);
    struct node *b = sum(c), *n = parent(c, sign.op, TYPE_BOOL, a, b);
    n->bad = a->bad || b->bad;
    if (is_comparison(c)) {
        complain_stop(c, c->token.begin, "comparisons do not chain; write a < b and b < c");
        return node_bad(c);
    }
    if (n->bad)
        return n;
    if (!type_fit(a, b)) {
        complain_at(c, sign.begin, "cannot compare %s with %s", type_name(a->type), type_name(b->type));
        n->bad = true;
    } else if (!type_is_number(a->type) && sign.op > NODE_UNEQUAL) {
        complain_at(c, sign.begin, "%s can be compared with = and != only",
                    a->type == TYPE_TEXT ? "texts" : "conditions");
        n->bad = true;
    } else if (a->type == TYPE_TEXT) {
        n->bad = !set_fit(c, sign.begin, a, b);
    }
    return n;
}

static bool need_condition(struct compiler *c, struct node *n, size_t offset, const char *operator)
{
    if (n->bad)
        return false;
    if (n->type == TYPE_BOOL)
        return true;
    return complain_at(c, offset, "%s joins conditions, and this is %s", operator, type_name(n->type));
}

static struct node *inversion(struct compiler *c)
{
    if (!token_is(c, "not"))
        return comparison(c);
    if (!enter(c)) {
        leave(c);
        return node_bad(c);
    }
    lex_next(c);
    size_t offset = c->token.begin;
    struct node *a = inversion(c);
    leave(c);
    if (a->bad)
        return a;
    if (a->type != TYPE_BOOL)
        return bad_at(c, offset, "not needs a condition, not %s", type_name(a->type));
    return parent(c, NODE_NOT, TYPE_BOOL, a, NULL);
}

static struct node *joined(struct compiler *c, const char *word, enum node_kind kind,
                           struct node *(*operand)(struct compiler *))
{
    size_t offset = c->token.begin;
    struct node *a = operand(c);
    if (!token_is(c, word))
        return a;
    bool good = need_condition(c, a, offset, word);
    while (accept(c, word)) {
        offset = c->token.begin;
        struct node *b = operand(c);
        good = need_condition(c, b, offset, word) && good;
        a = parent(c, kind, TYPE_BOOL, a, b);
        a->bad = !good;
    }
    return a;
}

static struct node *conjunction(struct compiler *c)
{
    return joined(c, "and", NODE_AND, inversion);
}

static struct node *disjunction(struct compiler *c)
{
    struct node *n = enter(c) ? joined(c, "or", NODE_OR, conjunction) : node_bad(c);
    leave(c);
    return n;
}

static void expect_end(struct compiler *c)
{
    if (c->stopped || c->token.kind == TOKEN_END)
        return;
    bool unit = c->token.kind == TOKEN_NAME && !is_keyword(c) && c->previous.kind == TOKEN_NUMBER &&
                c->previous.type == TYPE_COUNT;
    unexpected(c, unit ? "an operator (a unit stands directly behind its number: 64MiB)" : "an operator");
}

struct expr *expr_compile(struct arena *arena, const char *source, struct mark at, const struct names *names,
                          const struct scope_decl *scope, struct diags *d)
{
    static const struct names no_names;
    struct compiler c = {
        .arena = arena, .source = source, .at = at, .names = names ? names : &no_names, .scope = scope, .diags = d};
    if (strnlen(source, EXPR_SOURCE_MAX + 1) > EXPR_SOURCE_MAX) {
        complain_at(&c, 0, "an expression is at most %d bytes long", EXPR_SOURCE_MAX);
        return NULL;
    }
    lex_next(&c);
    if (c.token.kind == TOKEN_END) {
        complain_at(&c, 0, "an expression is missing here");
        return NULL;
    }
    struct node *root = disjunction(&c);
    expect_end(&c);
    if (c.complaints || root->bad)
        return NULL;
    struct expr *e = arena_alloc(arena, sizeof *e);
    e->root = root;
    e->reference_count = c.reference_count;
    e->references = arena_alloc(arena, (c.reference_count + 1) * sizeof *e->references);
    memcpy(e->references, c.references, c.reference_count * sizeof *e->references);
    return e;
}
