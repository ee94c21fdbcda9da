/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The expression language: typed with units, three-valued, no loops, no assignment, no I/O. Used by rules, messages,
 * branches, verdicts and the report template. docs/expressions.md is its reference.
 *
 *   or, and, not, = != < <= > >=, + - * /, unary -, ( ), literals (64MiB 5% 100/s 30s 'text' "text" true false)
 *   name            a column of the row at hand (innermost row that has it)
 *   table.column    of the current row of that table if one is at hand, else of a single-row table
 *   limit.name  answer.name
 *   before.id  after.id   what an experiment measured; unknown if it was not made
 *   count(t) count(t where cond), any/all(t where cond), sum max min avg first(t.column where cond)
 *                   (any may stand without where: is there a row)
 *   fired('rule-id')   whether that rule fired: true, false, or unknown if it could not be checked
 *   fired_here('rule-id')   whether it did for what the row at hand is of: a row of the rule's table, or of another with its key (pid)
 *   known(x), starts(text, 'x'), ends(…), contains(…), min(a,b), max(a,b), clamp(x, low, high), round(x, step), abs(x),
 *   sqrt(x), if(cond, a, b), else(x, fallback), only(x, cond)
 */
#ifndef FW_ENGINE_EXPR_EXPR_H
#define FW_ENGINE_EXPR_EXPR_H

#include "base/str.h"
#include "engine/expr/diag.h"
#include "facts/facts.h"

/* What names mean when an expression is compiled. Each function may be NULL (no such names). */
struct names {
    void *data;
    /* "zone" or "buddy.zone" or a single's probe name */
    const struct table_decl *(*table)(void *data, const char *name);
    bool (*limit)(void *data, const char *name, enum type *type);
    bool (*answer)(void *data, const char *name, enum type *type);
    bool (*rule)(void *data, const char *id);
    /* Fills `out` with all names of a kind ("table", "limit", "answer", "rule", "experiment") for "did you mean"; returns how many. */
    size_t (*list)(void *data, const char *kind, const char **out, size_t size);
    bool (*experiment)(void *data, const char *id, enum type *type); /* of before.ID and after.ID */
    /* All that an answer can be (NULL-terminated); NULL: any text. */
    const char *const *(*choices)(void *data, const char *name);
};

/* The rows at hand, innermost first: types at compile time … */
struct scope_decl {
    const struct table_decl *table;
    const struct scope_decl *outer;
};
/* … and rows when evaluated, in the same shape. */
struct scope {
    const struct table *table;
    size_t row;
    const struct scope *outer;
};

/* What names mean when an expression is evaluated. */
struct env {
    void *data;
    /* NULL and *why if that probe has not run or failed. `decl` is the pointer that names.table gave. */
    const struct table *(*table)(void *data, const struct table_decl *decl, const char **why);
    struct value (*limit)(void *data, const char *name);
    struct value (*answer)(void *data, const char *name);
    struct value (*fired)(void *data, const char *id);
    /* Of a rule that fired: whether it did for what that row is of. */
    bool (*fired_here)(void *data, const char *id, const struct table *t, size_t row);
    struct value (*before)(void *data, const char *id);
    struct value (*after)(void *data, const char *id);
};

struct expr;

/* Compiles `source`, whose first character stands at `at`. Complaints go to `d`; returns NULL if there was any. The
 * expression lives in `arena`. Depth is limited to 32 and nodes to 1,000. */
struct expr *expr_compile(struct arena *arena, const char *source, struct mark at, const struct names *names,
                          const struct scope_decl *scope, struct diags *d);
enum type expr_type(const struct expr *e);
/* Whether it asks fired('rule'). */
bool expr_asks(const struct expr *e, const char *rule);
/* Allocates nothing. A text in the value belongs to the facts, the environment or the expression. */
struct value expr_eval(const struct expr *e, const struct env *env, const struct scope *scope);
/* Visits each table that the expression reads through names.table (not the columns of rows at hand), each once. */
void expr_tables(const struct expr *e, void (*visit)(void *data, const struct table_decl *decl), void *data);

/* Text with {expression} or {expression:raw} inside ({{ and }} are braces). A known value is formatted by its dimension
 * (raw: bare number in base units, true or false); an unknown one as "unknown". What stands in {[ and ]} is left out if a value
 * in it is unknown. */
struct message;
struct message *message_compile(struct arena *arena, const char *source, struct mark at, const struct names *names,
                                const struct scope_decl *scope, struct diags *d);
void message_tables(const struct message *m, void (*visit)(void *data, const struct table_decl *decl), void *data);
void message_eval(const struct message *m, const struct env *env, const struct scope *scope, struct str *out);

#endif
