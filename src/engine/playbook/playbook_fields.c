/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of a mapping as texts, ids, numbers and words, with complaints that say what is wanted. */
#include "engine/playbook/playbook_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { SUGGESTIONS_MAX = 100, ID_MAX = 64, KEYS_MAX = 32 };

struct mark mark_of_id(const struct yaml_node *map)
{
    const struct yaml_node *id = map_get(map, "id");
    return id ? id->mark : map->mark;
}

bool is_inherited(const struct reader *r, struct mark at)
{
    return at.file != r->p->file;
}

struct brief brief(const char *text)
{
    struct brief b;
    size_t n = strlen(text);
    const char *tail = "";
    if (n > 80) {
        n = 80;
        while (n && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
        tail = "…";
    }
    snprintf(b.text, sizeof b.text, "%.*s%s", (int)n, text, tail);
    for (char *c = b.text; *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    return b;
}

const char *suggest(struct reader *r, char out[128], const char *name, const char *const *candidates, size_t count)
{
    out[0] = '\0';
    if (strlen(name) > ID_MAX || r->suggestions >= SUGGESTIONS_MAX)
        return out;
    r->suggestions++;
    const char *near = text_nearest(name, candidates, count);
    if (near)
        snprintf(out, 128, "; did you mean '%.90s'?", near);
    return out;
}

const struct yaml_node *map_get(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (const struct yaml_node *m = map->first; m; m = m->next)
        if (strcmp(m->key, key) == 0)
            return m;
    return NULL;
}

static const char *kind_name(const struct yaml_node *n)
{
    return n->kind == YAML_MAP ? "a mapping" : n->kind == YAML_LIST ? "a list" : "a text";
}

static bool is_nothing(const struct yaml_node *n)
{
    return n->kind == YAML_TEXT && n->plain && (!*n->text || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
}

bool map_check(struct reader *r, const struct yaml_node *map, const char *what, const char *const *keys)
{
    if (map->kind != YAML_MAP) {
        diag_add(r->d, map->mark, "a %s must be a mapping (key: value), not %s", what,
                 is_nothing(map) ? "nothing" : kind_name(map));
        return false;
    }
    const char *plain[KEYS_MAX] = {0};
    bool meant[KEYS_MAX] = {false}; /* there, but misspelt: not missing as well */
    size_t count = 0;
    for (; keys[count] && count < KEYS_MAX; count++)
        plain[count] = keys[count] + (keys[count][0] == '!');
    for (const struct yaml_node *m = map->first; m; m = m->next) {
        size_t k = 0;
        while (k < count && strcmp(plain[k], m->key) != 0)
            k++;
        if (k < count)
            continue;
        char hint[128];
        diag_add(r->d, m->key_mark, "unknown key '%s'%s", brief(m->key).text, suggest(r, hint, m->key, plain, count));
        for (k = 0; k < count; k++) {
            const char *found = strstr(hint, plain[k]);
            meant[k] = meant[k] || (found && found[-1] == '\'' && found[strlen(plain[k])] == '\'');
        }
    }
    for (size_t k = 0; k < count; k++)
        if (keys[k][0] == '!' && !meant[k] && !map_get(map, plain[k]))
            diag_add(r->d, map->mark, "missing key '%s' in this %s", plain[k], what);
    return true;
}

const char *node_text(struct reader *r, const struct yaml_node *n, const char *what)
{
    if (n->kind != YAML_TEXT)
        diag_add(r->d, n->mark, "%s must be a text, not %s", what, kind_name(n));
    else if (is_nothing(n) || !n->text[strspn(n->text, " \t\n")])
        diag_add(r->d, n->mark, "%s is empty", what);
    else
        return n->text;
    return NULL;
}

static struct brief quoted(const char *key)
{
    struct brief b;
    snprintf(b.text, sizeof b.text, "'%.80s'", key);
    return b;
}

const char *map_text(struct reader *r, const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = map_get(map, key);
    return n ? node_text(r, n, quoted(key).text) : NULL;
}

static bool is_id(const char *id, enum id_style style)
{
    if (*id < 'a' || *id > 'z')
        return false;
    for (const char *c = id; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_' || (*c == '-' && style == ID_ANY)))
            return false;
    return true;
}

bool check_id(struct reader *r, struct mark at, const char *id, const char *what, enum id_style style)
{
    if (strlen(id) > ID_MAX)
        diag_add(r->d, at, "%s is longer than %d characters", what, ID_MAX);
    else if (!is_id(id, style))
        diag_add(r->d, at, "%s '%s' must begin with a letter a-z and hold only a-z, 0-9%s", what, brief(id).text,
                 style == ID_ANY ? ", - and _" : " and _, as expressions name it");
    else
        return true;
    return false;
}

const char *map_id(struct reader *r, const struct yaml_node *map, const char *key, enum id_style style)
{
    const char *id = map_text(r, map, key);
    struct brief what;
    snprintf(what.text, sizeof what.text, "the %.80s", key);
    return id && check_id(r, map_get(map, key)->mark, id, what.text, style) ? id : NULL;
}

const struct yaml_node *map_list(struct reader *r, const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = map_get(map, key);
    if (!n || n->kind == YAML_LIST)
        return n;
    diag_add(r->d, n->mark, "'%s' must be a list, not %s", key, is_nothing(n) ? "nothing" : kind_name(n));
    return NULL;
}

bool map_bool(struct reader *r, const struct yaml_node *map, const char *key, bool fallback)
{
    const struct yaml_node *n = map_get(map, key);
    if (!n)
        return fallback;
    bool truth = n->kind == YAML_TEXT && strcmp(n->text, "true") == 0;
    if (!truth && (n->kind != YAML_TEXT || strcmp(n->text, "false") != 0))
        diag_add(r->d, n->mark, "'%s' must be true or false", key);
    return truth;
}

unsigned map_number(struct reader *r, const struct yaml_node *map, const char *key, unsigned most, unsigned fallback)
{
    const struct yaml_node *n = map_get(map, key);
    if (!n)
        return fallback;
    unsigned long number = 0;
    size_t digits = n->kind == YAML_TEXT ? strspn(n->text, "0123456789") : 0;
    if (digits && digits < 10 && !n->text[digits])
        number = strtoul(n->text, NULL, 10);
    if (number >= 1 && number <= most)
        return (unsigned)number;
    diag_add(r->d, n->mark, "'%s' must be a whole number from 1 to %u", key, most);
    return fallback;
}

int map_word(struct reader *r, const struct yaml_node *map, const char *key, const char *const *words)
{
    const char *text = map_text(r, map, key);
    if (!text)
        return -1;
    struct str all = {0};
    int count = 0, found = -1;
    for (; words[count]; count++) {
        if (strcmp(words[count], text) == 0)
            found = count;
        str_printf(&all, "%s%s", count ? ", " : "", words[count]);
    }
    if (found < 0) {
        char hint[128];
        diag_add(r->d, map_get(map, key)->mark, "'%s' is no %s (%s)%s", brief(text).text, key, str_text(&all),
                 suggest(r, hint, text, words, (size_t)count));
    }
    str_free(&all);
    return found;
}

bool literal_parse(struct reader *r, const struct yaml_node *n, const char *what, double *number, enum type *type)
{
    const char *text = node_text(r, n, what);
    if (!text)
        return false;
    bool minus = *text == '-';
    size_t used = units_parse(text + minus, number, type);
    if (!used || text[minus + used]) {
        diag_add(r->d, n->mark, "%s '%s' is no number with a unit, such as 10, 5%%, 64MiB, 30s, 100/s, 2MiB/min", what,
                 brief(text).text);
        return false;
    }
    if (minus)
        *number = -*number;
    return true;
}

const char **text_list(struct reader *r, const struct yaml_node *list, const char *what, size_t *count)
{
    *count = 0;
    if (!list)
        return NULL;
    const char **out = arena_alloc(r->arena, list->count * sizeof *out);
    for (const struct yaml_node *n = list->first; n; n = n->next) {
        const char *text = node_text(r, n, what);
        if (text)
            out[(*count)++] = text;
    }
    return out;
}
