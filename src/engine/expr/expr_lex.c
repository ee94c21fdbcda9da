/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens of the expression language, and where its complaints point. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/expr/expr_node.h"

struct mark mark_forward(struct mark at, const char *source, size_t offset)
{
    for (size_t i = 0; i < offset && source[i]; i++) {
        bool continues = ((unsigned char)source[i] & 0xc0) == 0x80;
        if (source[i] == '\n' && at.line) {
            at.line++;
            at.column = 1;
        } else if (at.column && !continues) {
            at.column++;
        }
    }
    return at;
}

static void complain(struct compiler *c, size_t offset, const char *format, va_list args)
{
    if (c->stopped || c->muted || c->complaints == EXPR_COMPLAINTS_MAX)
        return;
    c->complaints++;
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    diag_add(c->diags, mark_forward(c->at, c->source, offset), "%s", text);
}

bool complain_at(struct compiler *c, size_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(c, offset, format, args);
    va_end(args);
    return false;
}

void complain_stop(struct compiler *c, size_t offset, const char *format, ...)
{
    /* A malformed name is an error even where unknown names are not. */
    unsigned muted = c->muted;
    c->muted = 0;
    va_list args;
    va_start(args, format);
    complain(c, offset, format, args);
    va_end(args);
    c->muted = muted;
    c->stopped = true;
    c->token = (struct token){.kind = TOKEN_BROKEN, .begin = offset};
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static bool is_letter(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
}

static size_t name_length(const char *s)
{
    size_t n = 0;
    for (;;) {
        while (is_letter(s[n]) || is_digit(s[n]))
            n++;
        if (s[n] != '.' || !is_letter(s[n + 1]))
            return n;
        n++;
    }
}

static void lex_number(struct compiler *c, const char *s)
{
    struct token *t = &c->token;
    t->kind = TOKEN_NUMBER;
    t->length = units_parse(s, &t->number, &t->type);
    if (t->length)
        return;
    size_t digits = strspn(s, "0123456789."), n = digits;
    while (is_letter(s[n]) || is_digit(s[n]))
        n++;
    if (n > digits)
        complain_stop(c, t->begin + digits,
                      "unknown unit '%.*s'; known are %%, B, KiB, MiB, GiB, TiB, kB, MB, GB, us, ms, s, min, h, d and "
                      "/s, /min, /h, /d",
                      (int)(n - digits > 40 ? 40 : n - digits), s + digits);
    else
        complain_stop(c, t->begin, "this number is too large");
}

static void lex_text(struct compiler *c, const char *s)
{
    char quote = *s;
    size_t n = 1;
    while (s[n] && (s[n] != quote || s[n + 1] == quote))
        n += s[n] == quote ? 2 : 1;
    if (!s[n]) {
        complain_stop(c, c->token.begin, "this text has no closing %c", quote);
        return;
    }
    c->token.kind = TOKEN_TEXT;
    c->token.length = n + 1;
}

/* Longer symbols first. What other languages write is known only in order to say what is written here. */
static const struct symbol {
    const char *text;
    enum node_kind op;
    const char *hint;
} symbols[] = {
    {"==", 0, "write = for equality"},
    {"<>", 0, "write != for inequality"},
    {"=<", 0, "write <="},
    {"=>", 0, "write >="},
    {"&&", 0, "write and"},
    {"||", 0, "write or"},
    {"!=", NODE_UNEQUAL, NULL},
    {"<=", NODE_LESS_EQUAL, NULL},
    {">=", NODE_GREATER_EQUAL, NULL},
    {"=", NODE_EQUAL, NULL},
    {"<", NODE_LESS, NULL},
    {">", NODE_GREATER, NULL},
    {"+", NODE_ADD, NULL},
    {"-", NODE_SUBTRACT, NULL},
    {"*", NODE_MULTIPLY, NULL},
    {"/", NODE_DIVIDE, NULL},
    {"(", NODE_LITERAL, NULL},
    {")", NODE_LITERAL, NULL},
    {",", NODE_LITERAL, NULL},
    {"!", 0, "write not"},
    {"%", 0, "% stands directly behind a number: 5%"},
};

static void lex_symbol(struct compiler *c, const char *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
        const struct symbol *known = &symbols[i];
        size_t length = strlen(known->text);
        if (strncmp(s, known->text, length) != 0)
            continue;
        if (known->hint) {
            complain_stop(c, c->token.begin, "%s", known->hint);
            return;
        }
        c->token.kind = TOKEN_SYMBOL;
        c->token.length = length;
        c->token.op = known->op;
        return;
    }
    size_t n = 1;
    while (((unsigned char)s[n] & 0xc0) == 0x80)
        n++;
    complain_stop(c, c->token.begin, "'%.*s' means nothing in an expression", (int)n, s);
}

void lex_next(struct compiler *c)
{
    if (c->stopped)
        return;
    c->previous = c->token;
    size_t at = c->token.begin + c->token.length;
    at += strspn(c->source + at, " \t\r\n");
    c->token = (struct token){.begin = at};
    const char *s = c->source + at;
    if (!*s)
        return;
    if (is_digit(*s)) {
        lex_number(c, s);
    } else if (*s == '\'' || *s == '"') {
        lex_text(c, s);
    } else if (is_letter(*s)) {
        c->token.kind = TOKEN_NAME;
        c->token.length = name_length(s);
    } else {
        lex_symbol(c, s);
    }
}

bool token_is(const struct compiler *c, const char *text)
{
    const struct token *t = &c->token;
    return (t->kind == TOKEN_NAME || t->kind == TOKEN_SYMBOL) && strlen(text) == t->length &&
           memcmp(c->source + t->begin, text, t->length) == 0;
}

const char *token_text(struct compiler *c, const struct token *t)
{
    const char *s = c->source + t->begin;
    AUTO_FREE char *raw = mem_alloc(t->length);
    size_t n = 0;
    for (size_t i = 1; i + 1 < t->length; i++) {
        raw[n++] = s[i];
        i += s[i] == *s;
    }
    size_t size = 3 * n + 1; /* a byte can become U+FFFD */
    AUTO_FREE char *clean = mem_alloc(size);
    return arena_intern(c->arena, clean, text_clean(clean, size, raw, n));
}
