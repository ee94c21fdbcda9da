/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: text with expressions in braces. */
#include <stdio.h>
#include <string.h>

#include "engine/expr/expr_node.h"

struct piece {
    const char *text;  /* NULL: the value of `expr` */
    struct expr *expr; /* NULL: a border */
    bool raw;
    bool begins, ends; /* a part that is left out if a value in it is unknown */
    struct piece *next;
};

struct message {
    struct piece *pieces;
};

struct message_compiler {
    struct arena *arena;
    const char *source;
    struct mark at;
    const struct names *names;
    const struct scope_decl *scope;
    struct diags *diags;
    struct str text; /* literal text gathered so far */
    struct piece **end;
    size_t part; /* offset behind the {[ that is open; 0: none is */
    bool failed;
};

static void fail(struct message_compiler *c, size_t offset, const char *what)
{
    diag_add(c->diags, mark_forward(c->at, c->source, offset), "%s", what);
    c->failed = true;
}

static struct piece *add_piece(struct message_compiler *c)
{
    struct piece *p = arena_alloc(c->arena, sizeof *p);
    *c->end = p;
    c->end = &p->next;
    return p;
}

static void flush_text(struct message_compiler *c)
{
    if (c->text.length)
        add_piece(c)->text = arena_strdup(c->arena, c->text.data);
    str_clear(&c->text);
}

/* "{[" or "]}" at `offset`; returns the offset behind it. */
static size_t add_border(struct message_compiler *c, size_t offset, bool begins)
{
    flush_text(c);
    if (begins == (c->part > 0))
        fail(c, offset, begins ? "there is a {[ within one" : "this ]} closes nothing (write }} for a brace)");
    c->part = begins ? offset + 2 : 0;
    struct piece *p = add_piece(c);
    p->begins = begins;
    p->ends = !begins;
    return offset + 2;
}

/* The closing brace of an expression that begins at `s`, and the last colon before it (0: none), outside quoted text.
 */
static size_t find_end(const char *s, size_t *colon)
{
    char quote = 0;
    *colon = 0;
    for (size_t i = 0; s[i]; i++) {
        if (quote) {
            if (s[i] == quote)
                quote = '\0';
        } else if (s[i] == '\'' || s[i] == '"') {
            quote = s[i];
        } else if (s[i] == ':') {
            *colon = i;
        } else if (s[i] == '}') {
            return i;
        }
    }
    return strlen(s);
}

static bool is_raw(const char *s, size_t length)
{
    while (length && *s == ' ') {
        s++;
        length--;
    }
    while (length && s[length - 1] == ' ')
        length--;
    return length == 3 && memcmp(s, "raw", 3) == 0;
}

/* The expression behind the brace at `offset`; returns the offset behind its closing brace. */
static size_t compile_piece(struct message_compiler *c, size_t offset)
{
    const char *s = c->source + offset + 1;
    size_t colon, end = find_end(s, &colon), length = colon ? colon : end;
    if (!s[end]) {
        fail(c, offset, "this { has no closing } (write {{ for a brace)");
        return offset + 1 + end;
    }
    if (colon && !is_raw(s + colon + 1, end - colon - 1)) {
        fail(c, offset + 1 + colon, "behind a colon stands the format, and raw is the only one");
        return offset + 2 + end;
    }
    flush_text(c);
    size_t blank = strspn(s, " \t\r\n");
    if (blank >= length) {
        fail(c, offset, "an expression is missing in these braces");
        return offset + 2 + end;
    }
    AUTO_FREE char *source = mem_printf("%.*s", (int)length, s);
    struct expr *e =
        expr_compile(c->arena, source, mark_forward(c->at, c->source, offset + 1), c->names, c->scope, c->diags);
    if (!e)
        c->failed = true;
    struct piece *p = add_piece(c);
    p->expr = e;
    p->raw = colon;
    return offset + 2 + end;
}

struct message *message_compile(struct arena *arena, const char *source, struct mark at, const struct names *names,
                                const struct scope_decl *scope, struct diags *d)
{
    struct message *m = arena_alloc(arena, sizeof *m);
    struct message_compiler c = {
        .arena = arena, .source = source, .at = at, .names = names, .scope = scope, .diags = d, .end = &m->pieces};
    for (size_t i = 0; source[i];) {
        if (strncmp(source + i, "{[", 2) == 0 || strncmp(source + i, "]}", 2) == 0) {
            i = add_border(&c, i, source[i] == '{');
            continue;
        }
        if (source[i] == '{' && source[i + 1] != '{') {
            i = compile_piece(&c, i);
            continue;
        }
        bool brace = source[i] == '{' || source[i] == '}';
        if (brace && source[i + 1] != source[i]) {
            fail(&c, i, "this } closes nothing (write }} for a brace)");
            i++;
            continue;
        }
        str_add_char(&c.text, source[i]);
        i += brace ? 2 : 1;
    }
    flush_text(&c);
    if (c.part)
        fail(&c, c.part - 2, "this {[ has no closing ]}");
    str_free(&c.text);
    return c.failed ? NULL : m;
}

void message_tables(const struct message *m, void (*visit)(void *data, const struct table_decl *decl), void *data)
{
    for (const struct piece *p = m->pieces; p; p = p->next)
        if (p->expr)
            expr_tables(p->expr, visit, data);
}

void message_eval(const struct message *m, const struct env *env, const struct scope *scope, struct str *out)
{
    size_t part = out->length;
    bool known = true;
    for (const struct piece *p = m->pieces; p; p = p->next) {
        if (p->text)
            str_add(out, p->text);
        if (p->ends && !known)
            str_cut(out, part);
        if (p->begins) {
            part = out->length;
            known = true;
        }
        if (!p->expr)
            continue;
        struct value v = expr_eval(p->expr, env, scope);
        value_format(&v, p->raw, out);
        known = known && v.known;
    }
}
