/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evaluation in three values: what depends on an unknown is unknown, with the first reason met. Nothing is allocated,
 * and the environment is asked once for each table, limit and answer however many rows are visited. */
#include <math.h>
#include <string.h>

#include "engine/expr/expr_node.h"

struct answered {
    bool asked;
    const struct table *table;
    struct value value; /* of a table that is not there: unknown with the reason */
};

struct evaluation {
    const struct expr *expr;
    const struct env *env;
    struct answered *answered; /* one for each reference */
};

static struct value eval(const struct evaluation *ev, const struct node *n, const struct scope *scope);

static struct value unknown(enum type type, const char *why)
{
    return value_unknown(type, why ? why : "not known");
}

static const struct table *ask_table(const struct evaluation *ev, const struct reference *r, const char **why)
{
    if (!ev->env || !ev->env->table) {
        *why = "not measured";
        return NULL;
    }
    const struct table *t = ev->env->table(ev->env->data, r->decl, why);
    if (!t && !*why)
        *why = "not measured";
    /* An empty table of a probe that could not look everywhere says nothing. */
    if (t && !t->rows && t->facts && t->facts->status != STATUS_OK) {
        *why = t->facts->reason ? t->facts->reason : "not read";
        return NULL;
    }
    return t;
}

static struct value ask_value(const struct evaluation *ev, const struct reference *r)
{
    const struct env *env = ev->env;
    struct value (*ask)(void *, const char *) = !env                          ? NULL
                                                : r->kind == REFERENCE_LIMIT  ? env->limit
                                                : r->kind == REFERENCE_ANSWER ? env->answer
                                                : r->kind == REFERENCE_BEFORE ? env->before
                                                : r->kind == REFERENCE_AFTER  ? env->after
                                                                              : env->fired;
    if (!ask)
        return unknown(r->type, "not known here");
    struct value v = ask(env->data, r->name);
    if (!v.known)
        return unknown(r->type, v.why);
    return v.type == r->type ? v : unknown(r->type, "of another type than the playbook says");
}

static const struct answered *answer(const struct evaluation *ev, unsigned reference)
{
    struct answered *a = &ev->answered[reference];
    if (a->asked)
        return a;
    const struct reference *r = &ev->expr->references[reference];
    const char *why = NULL;
    *a = (struct answered){.asked = true};
    if (r->kind != REFERENCE_TABLE)
        a->value = ask_value(ev, r);
    else if (!(a->table = ask_table(ev, r, &why)))
        a->value = value_unknown(TYPE_BOOL, why);
    return a;
}

static struct value column(const struct node *n, const struct scope *scope)
{
    for (unsigned i = 0; i < n->hops && scope; i++)
        scope = scope->outer;
    if (!scope || !scope->table || scope->table->decl != n->decl || scope->row >= scope->table->rows)
        return unknown(n->type, "no row at hand");
    return cell_get(scope->table, scope->row, n->column);
}

static struct value single(const struct evaluation *ev, const struct node *n)
{
    const struct answered *a = answer(ev, n->reference);
    if (!a->table)
        return unknown(n->type, a->value.why);
    if (!a->table->rows)
        return unknown(n->type, "no row");
    return cell_get(a->table, 0, n->column);
}

/* Kleene's and (`decides` false) and or (`decides` true): a side that decides does so even if the other is unknown. */
static struct value join(const struct evaluation *ev, const struct node *n, const struct scope *scope, bool decides)
{
    struct value a = eval(ev, n->child[0], scope);
    if (a.known && a.truth == decides)
        return a;
    struct value b = eval(ev, n->child[1], scope);
    return a.known || (b.known && b.truth == decides) ? b : a;
}

static bool equal(const struct value *a, const struct value *b)
{
    if (a->type == TYPE_TEXT)
        return strcmp(a->text, b->text) == 0;
    return a->type == TYPE_BOOL ? a->truth == b->truth : a->number == b->number;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static struct value fired_here(const struct evaluation *ev, const struct node *n, const struct scope *scope)
{
    const struct value whether = answer(ev, n->reference)->value;
    if (!whether.known || !whether.truth)
        return whether;
    if (!scope || !scope->table || !ev->env->fired_here)
        return unknown(TYPE_BOOL, "no row at hand");
    return value_bool(
        ev->env->fired_here(ev->env->data, ev->expr->references[n->reference].name, scope->table, scope->row));
}

static struct value divide(enum type type, double a, double b)
{
    return b == 0 ? unknown(type, "division by zero") : value_number(type, a / b);
}

/* Operators and functions of two values that both must be known. */
static struct value combine(const struct evaluation *ev, const struct node *n, const struct scope *scope)
{
    struct value a = eval(ev, n->child[0], scope);
    if (!a.known)
        return unknown(n->type, a.why);
    struct value b = eval(ev, n->child[1], scope);
    if (!b.known)
        return unknown(n->type, b.why);
    switch (n->kind) {
    case NODE_EQUAL:
        return value_bool(equal(&a, &b));
    case NODE_UNEQUAL:
        return value_bool(!equal(&a, &b));
    case NODE_LESS:
        return value_bool(a.number < b.number);
    case NODE_LESS_EQUAL:
        return value_bool(a.number <= b.number);
    case NODE_GREATER:
        return value_bool(a.number > b.number);
    case NODE_GREATER_EQUAL:
        return value_bool(a.number >= b.number);
    case NODE_ADD:
        return value_number(n->type, a.number + b.number);
    case NODE_SUBTRACT:
        return value_number(n->type, a.number - b.number);
    case NODE_MULTIPLY:
        return value_number(n->type, a.number * b.number);
    case NODE_DIVIDE:
        return divide(n->type, a.number, b.number);
    case NODE_LEAST:
        return value_number(n->type, fmin(a.number, b.number));
    case NODE_GREATEST:
        return value_number(n->type, fmax(a.number, b.number));
    case NODE_ROUND:
        return b.number == 0 ? unknown(n->type, "division by zero")
                             : value_number(n->type, round(a.number / b.number) * b.number);
    case NODE_STARTS:
        return value_bool(strncmp(a.text, b.text, strlen(b.text)) == 0);
    case NODE_ENDS:
        return value_bool(ends_with(a.text, b.text));
    default: /* NODE_CONTAINS */
        return value_bool(strstr(a.text, b.text) != NULL);
    }
}

static struct value square_root(const struct value *v)
{
    return v->number < 0 ? unknown(v->type, "square root of a negative number")
                         : value_number(v->type, sqrt(v->number));
}

/* As the kernel's: `high` wins where it lies below `low`. */
static struct value clamp(const struct evaluation *ev, const struct node *n, const struct scope *scope)
{
    double number[3];
    for (unsigned i = 0; i < 3; i++) {
        struct value v = eval(ev, n->child[i], scope);
        if (!v.known)
            return unknown(n->type, v.why);
        number[i] = v.number;
    }
    return value_number(n->type, fmin(fmax(number[0], number[1]), number[2]));
}

static struct value choose(const struct evaluation *ev, const struct node *n, const struct scope *scope)
{
    struct value condition = eval(ev, n->child[0], scope);
    if (!condition.known)
        return unknown(n->type, condition.why);
    return eval(ev, n->child[condition.truth ? 1 : 2], scope);
}

/* any (`decides` true) and all (`decides` false), strictly three-valued. */
static struct value quantify(const struct evaluation *ev, const struct node *n, const struct table *t,
                             const struct scope *outer)
{
    bool decides = n->kind == NODE_ANY;
    if (!n->child[0])
        return value_bool(t->rows > 0);
    struct value result = value_bool(!decides);
    for (size_t row = 0; row < t->rows; row++) {
        struct scope scope = {t, row, outer};
        struct value v = eval(ev, n->child[0], &scope);
        if (v.known && v.truth == decides)
            return v;
        if (!v.known && result.known)
            result = v;
    }
    return result;
}

static struct value count_rows(const struct evaluation *ev, const struct node *n, const struct table *t,
                               const struct scope *outer)
{
    if (!n->child[0])
        return value_number(TYPE_COUNT, (double)(t->rows + t->omitted));
    size_t known = 0, holds = 0;
    const char *why = NULL;
    for (size_t row = 0; row < t->rows; row++) {
        struct scope scope = {t, row, outer};
        struct value v = eval(ev, n->child[0], &scope);
        known += v.known;
        holds += v.known && v.truth;
        if (!v.known && !why)
            why = v.why;
    }
    return t->rows && !known ? unknown(TYPE_COUNT, why) : value_number(TYPE_COUNT, (double)holds);
}

/* sum, avg, min, max, first: of what could be read. */
static struct value fold(const struct evaluation *ev, const struct node *n, const struct table *t,
                         const struct scope *outer)
{
    struct value best = unknown(n->type, NULL);
    double total = 0;
    size_t known = 0;
    const char *why = NULL;
    for (size_t row = 0; row < t->rows; row++) {
        struct scope scope = {t, row, outer};
        struct value condition = n->child[0] ? eval(ev, n->child[0], &scope) : value_bool(true);
        if (condition.known && !condition.truth)
            continue;
        struct value v = condition.known ? cell_get(t, row, n->column) : condition;
        if (!v.known) {
            why = why ? why : v.why;
            continue;
        }
        if (n->kind == NODE_FIRST)
            return v;
        if (!known++ || (n->kind == NODE_MIN ? v.number < best.number : v.number > best.number))
            best = v;
        total += v.number;
    }
    if (!known)
        return why                   ? unknown(n->type, why)
               : n->kind == NODE_SUM ? value_number(n->type, 0)
                                     : unknown(n->type, "no row");
    if (n->kind == NODE_MIN || n->kind == NODE_MAX)
        return best;
    return value_number(n->type, n->kind == NODE_AVG ? total / (double)known : total);
}

static struct value aggregate(const struct evaluation *ev, const struct node *n, const struct scope *outer)
{
    const struct answered *a = answer(ev, n->reference);
    if (!a->table)
        return unknown(n->type, a->value.why);
    if (n->kind == NODE_ANY || n->kind == NODE_ALL)
        return quantify(ev, n, a->table, outer);
    return (n->kind == NODE_COUNT ? count_rows : fold)(ev, n, a->table, outer);
}

static struct value eval(const struct evaluation *ev, const struct node *n, const struct scope *scope)
{
    struct value v;
    switch (n->kind) {
    case NODE_LITERAL:
        return n->value;
    case NODE_COLUMN:
        return column(n, scope);
    case NODE_SINGLE:
        return single(ev, n);
    case NODE_REFERENCE:
        return answer(ev, n->reference)->value;
    case NODE_FIRED_HERE:
        return fired_here(ev, n, scope);
    case NODE_AND:
        return join(ev, n, scope, false);
    case NODE_OR:
        return join(ev, n, scope, true);
    case NODE_NOT:
        v = eval(ev, n->child[0], scope);
        return v.known ? value_bool(!v.truth) : v;
    case NODE_NEGATE:
        v = eval(ev, n->child[0], scope);
        return v.known ? value_number(n->type, -v.number) : v;
    case NODE_ABS:
        v = eval(ev, n->child[0], scope);
        return v.known ? value_number(n->type, fabs(v.number)) : v;
    case NODE_SQRT:
        v = eval(ev, n->child[0], scope);
        return v.known ? square_root(&v) : v;
    case NODE_CLAMP:
        return clamp(ev, n, scope);
    case NODE_KNOWN:
        return value_bool(eval(ev, n->child[0], scope).known);
    case NODE_ELSE:
        v = eval(ev, n->child[0], scope);
        return v.known ? v : eval(ev, n->child[1], scope);
    case NODE_IF:
        return choose(ev, n, scope);
    case NODE_ONLY:
        v = eval(ev, n->child[1], scope);
        return v.known && v.truth ? eval(ev, n->child[0], scope)
                                  : unknown(n->type, v.known ? "it does not apply" : v.why);
    default:
        return n->kind >= NODE_COUNT ? aggregate(ev, n, scope) : combine(ev, n, scope);
    }
}

struct value expr_eval(const struct expr *e, const struct env *env, const struct scope *scope)
{
    struct answered answered[EXPR_REFERENCES_MAX];
    for (unsigned i = 0; i < e->reference_count; i++)
        answered[i].asked = false;
    struct evaluation ev = {e, env, answered};
    return eval(&ev, e->root, scope);
}

enum type expr_type(const struct expr *e)
{
    return e->root->type;
}

bool expr_asks(const struct expr *e, const char *rule)
{
    for (unsigned i = 0; i < e->reference_count; i++)
        if (e->references[i].kind == REFERENCE_RULE && strcmp(e->references[i].name, rule) == 0)
            return true;
    return false;
}

void expr_tables(const struct expr *e, void (*visit)(void *data, const struct table_decl *decl), void *data)
{
    for (unsigned i = 0; i < e->reference_count; i++)
        if (e->references[i].kind == REFERENCE_TABLE)
            visit(data, e->references[i].decl);
}
