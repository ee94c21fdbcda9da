/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the expression language share: the compiled tree, and the state of a compilation. Internal. */
#ifndef FW_ENGINE_EXPR_EXPR_NODE_H
#define FW_ENGINE_EXPR_EXPR_NODE_H

#include "engine/expr/expr.h"

enum {
    EXPR_SOURCE_MAX = 4096, /* bytes */
    EXPR_DEPTH_MAX = 32,    /* parentheses, arguments, signs within each other */
    EXPR_NODES_MAX = 1000,
    EXPR_AGGREGATES_MAX = 3,  /* within each other: each multiplies the rows visited */
    EXPR_REFERENCES_MAX = 64, /* different tables, limits, answers, rules and experiments */
    EXPR_COMPLAINTS_MAX = 8,
};

enum node_kind {
    NODE_LITERAL,
    NODE_COLUMN,    /* of a row at hand */
    NODE_SINGLE,    /* of a single-row table */
    NODE_REFERENCE, /* limit, answer, fired rule, experiment */
    NODE_FIRED_HERE,
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_EQUAL,
    NODE_UNEQUAL,
    NODE_LESS,
    NODE_LESS_EQUAL,
    NODE_GREATER,
    NODE_GREATER_EQUAL,
    NODE_ADD,
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_DIVIDE,
    NODE_NEGATE,
    NODE_KNOWN,
    NODE_STARTS,
    NODE_ENDS,
    NODE_CONTAINS,
    NODE_LEAST,    /* min(a, b) */
    NODE_GREATEST, /* max(a, b) */
    NODE_ROUND,    /* to a multiple */
    NODE_ABS,
    NODE_SQRT,
    NODE_CLAMP,
    NODE_IF,
    NODE_ELSE,
    NODE_ONLY,
    /* Aggregates: the table is `reference`, the condition (or NULL) child[0] */
    NODE_COUNT,
    NODE_ANY,
    NODE_ALL,
    NODE_SUM,
    NODE_AVG,
    NODE_MIN,
    NODE_MAX,
    NODE_FIRST,
};

struct node {
    enum node_kind kind;
    enum type type;
    bool bad;  /* already complained about: what is made of it is not complained about again */
    bool bare; /* a number literal without unit */
    unsigned column, reference;
    unsigned at;                       /* NODE_LITERAL: where it stands in the source */
    unsigned hops;                     /* NODE_COLUMN: rows outward from the innermost */
    union {                            /* a playbook has thousands of these */
        const struct table_decl *decl; /* NODE_COLUMN: what that row must be of */
        struct value value;            /* NODE_LITERAL */
        struct node *child[3];         /* all others */
    };
};

/* What an expression asks of the environment, each once, so that a loop over rows asks once too. */
enum reference_kind {
    REFERENCE_TABLE,
    REFERENCE_LIMIT,
    REFERENCE_ANSWER,
    REFERENCE_RULE,
    REFERENCE_BEFORE,
    REFERENCE_AFTER,
};

struct reference {
    enum reference_kind kind;
    const struct table_decl *decl; /* table */
    const char *name;              /* the others */
    enum type type;
    const char *const *values; /* answer of a choice */
};

struct expr {
    struct node *root;
    struct reference *references;
    unsigned reference_count;
};

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_TEXT,
    TOKEN_NAME, /* with its dots: "zone.free" */
    TOKEN_SYMBOL,
    TOKEN_BROKEN, /* complained about */
};

struct token {
    enum token_kind kind;
    size_t begin, length; /* in the source */
    enum node_kind op;    /* TOKEN_SYMBOL that is an operator */
    double number;
    enum type type; /* of a number */
};

struct compiler {
    struct arena *arena;
    const char *source;
    struct mark at;
    const struct names *names;
    const struct scope_decl *scope;
    struct diags *diags;
    struct token token, previous; /* the one at hand and the one before it */
    unsigned depth, nodes, aggregates, complaints;
    unsigned muted; /* inside the condition of a table that is not known: its names cannot be either */
    bool stopped;   /* a syntax error: nothing after it makes sense */
    struct reference references[EXPR_REFERENCES_MAX];
    unsigned reference_count;
};

/* expr_lex.c: tokens and the places of complaints */
void lex_next(struct compiler *c);
bool token_is(const struct compiler *c, const char *text); /* a name or a symbol */
/* What a text says between its quotes, a doubled quote standing for one; cleaned as the facts are, with which it is compared. */
const char *token_text(struct compiler *c, const struct token *t);
/* False, so that a check can return it. */
bool complain_at(struct compiler *c, size_t offset, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same, and a node for what is refused, about which nothing more is said. */
#define bad_at(c, ...) (complain_at(c, __VA_ARGS__), node_bad(c))
/* The same, and nothing after this is read. */
void complain_stop(struct compiler *c, size_t offset, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Where in a file the character at `offset` of a source stands that begins at `at`. Columns count characters. */
struct mark mark_forward(struct mark at, const char *source, size_t offset);

/* expr_type.c: dimensions. Operands of different types are made equal where a bare number allows it. */
bool type_fit(struct node *a, struct node *b);
bool type_product(struct node *a, struct node *b, enum type *out);
bool type_quotient(struct node *a, struct node *b, enum type *out);

/* expr_name.c: what a name means */
struct node *name_value(struct compiler *c, const struct token *token);
/* The text of a name; NULL (and a complaint) if it is too long to be one. */
const char *token_name(struct compiler *c, const struct token *token);
/* The table of an aggregate; false (and a complaint, if it has a name) if there is none. */
bool name_table(struct compiler *c, const struct token *token, const char *name, const struct table_decl **decl,
                unsigned *reference);
/* Splits "zone.free" or "buddy.zone.free" before its last dot; the column is looked up. */
bool name_table_column(struct compiler *c, const struct token *token, const struct table_decl **decl,
                       unsigned *reference, unsigned *column);
unsigned name_reference(struct compiler *c, size_t offset, struct reference wanted);
/* "; did you mean 'x'?" or nothing. */
const char *name_suggestion(struct compiler *c, const char *name, const char *const *candidates, size_t count);
const char *name_suggestion_of(struct compiler *c, const char *kind, const char *name);

/* expr_set.c: false (and a complaint) if one side of = or != is a text that the other can never be. */
bool set_fit(struct compiler *c, size_t offset, const struct node *a, const struct node *b);

/* expr_parse.c */
struct node *node_new(struct compiler *c, enum node_kind kind, enum type type);
struct node *node_bad(struct compiler *c);

#endif
