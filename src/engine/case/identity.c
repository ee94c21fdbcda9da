/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/case/identity.h"

#include <string.h>

#include "facts/value.h"

static void add_name(struct str *out, const char *column)
{
    str_printf(out, "%s%s=", out->length ? " " : "", column);
}

static void add_cell(const struct table *t, size_t row, unsigned column, struct str *out)
{
    struct value v = cell_get(t, row, column);
    add_name(out, t->decl->columns[column].name);
    value_format(&v, true, out);
}

void identity_here(const struct table *t, size_t row, struct str *out)
{
    for (int key = -1; (key = table_decl_role(t->decl, ROLE_KEY, key + 1)) >= 0;)
        add_cell(t, row, (unsigned)key, out);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* The length of a container's id or a UUID at `text`: at least 12 hexadecimal digits, some of them 0-9, in groups of four
 * or more. 0: there is none. */
static size_t made_up_id(const char *text)
{
    enum { GROUP_MIN = 4, DIGITS_MIN = 12 };
    size_t end = 0, digits = 0;
    bool decimal = false;
    for (;;) {
        size_t at = end + (end && (text[end] == '-' || text[end] == '_')), n = 0;
        if (end && at == end)
            break;
        for (; is_hex(text[at + n]); n++)
            decimal = decimal || is_digit(text[at + n]);
        if (n < GROUP_MIN)
            break;
        digits += n;
        end = at + n;
    }
    return digits >= DIGITS_MIN && decimal ? end : 0;
}

static bool is_scope(const char *text, size_t length)
{
    static const char ending[] = ".scope";
    size_t n = sizeof ending - 1;
    return length >= n && strncmp(text + length - n, ending, n) == 0;
}

/* Without what is made up anew each time: ids of containers, and numbers of scopes (a login's, or a pid). */
static void add_lasting(struct str *out, const char *text)
{
    while (*text) {
        size_t part = strcspn(text, "/");
        bool scope = is_scope(text, part), inside = false; /* inside: of a word that began before */
        for (const char *end = text + part; text < end;) {
            size_t id = inside ? 0 : made_up_id(text), number = scope ? strspn(text, "0123456789") : 0;
            inside = is_hex(*text);
            if (id || number) {
                str_add_char(out, '*');
                text += id ? id : number;
            } else {
                str_add_char(out, *text++);
            }
        }
        if (*text)
            str_add_char(out, *text++);
    }
}

static bool add_if_known(const struct table *t, size_t row, const char *column, struct str *out)
{
    struct value v = cell_named(t, row, column);
    if (!v.known || v.type != TYPE_TEXT || !*v.text)
        return false;
    add_name(out, column);
    add_lasting(out, v.text);
    return true;
}

void identity_anywhere(const struct table *t, size_t row, struct str *out)
{
    static const char *const homes[] = {"unit", "cgroup", "user"};
    for (int key = -1; (key = table_decl_role(t->decl, ROLE_KEY, key + 1)) >= 0;) {
        const char *name = t->decl->columns[key].name;
        if (strcmp(name, "pid") == 0 && add_if_known(t, row, "command", out)) {
            for (size_t i = 0; i < ARRAY_SIZE(homes); i++)
                if (add_if_known(t, row, homes[i], out))
                    break;
        } else if (!add_if_known(t, row, name, out)) {
            add_cell(t, row, (unsigned)key, out);
        }
    }
}
