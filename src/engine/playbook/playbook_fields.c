/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of a mapping as texts, ids, numbers and words, with complaints that say what is wanted. */
#include "engine/playbook/playbook_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { SUGGESTIONS_MAX = 100, ID_MAX = 64, KEYS_MAX = 32, WINDOW_MAX_S = 7 * 86400 };

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

struct hint suggest_member(struct reader *r, const char *name, const void *list, size_t count, size_t size,
                           size_t member)
{
    struct hint hint = {""};
    if (strlen(name) > ID_MAX || r->suggestions >= SUGGESTIONS_MAX)
        return hint;
    r->suggestions++;
    const char *near = text_nearest_member(name, list, count, size, member);
    if (near)
        snprintf(hint.text, sizeof hint.text, "; did you mean '%.90s'?", near);
    return hint;
}

struct hint suggest(struct reader *r, const char *name, const char *const *candidates, size_t count)
{
    return suggest_member(r, name, candidates, count, sizeof *candidates, 0);
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

const char *text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = map_get(map, key);
    return n && n->kind == YAML_TEXT ? n->text : NULL;
}

static const char *kind_name(const struct yaml_node *n)
{
    return n->kind == YAML_MAP ? "a mapping" : n->kind == YAML_LIST ? "a list" : "a text";
}

static bool is_nothing(const struct yaml_node *n)
{
    return n->kind == YAML_TEXT && n->plain && (!*n->text || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
}

static bool check_keys(struct reader *r, const struct yaml_node *map, const struct mapping *m)
{
    if (map->kind != YAML_MAP) {
        diag_add(r->d, map->mark, "a %s must be a mapping (key: value), not %s", m->what,
                 is_nothing(map) ? "nothing" : kind_name(map));
        return false;
    }
    bool meant[KEYS_MAX] = {false}; /* there, but misspelt: not missing as well */
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        const struct key *known = ARRAY_FIND(m->keys, m->count, name, n->key);
        if (known && known->kind == KEY_BUILDS)
            diag_add(r->d, n->key_mark, "'%s' is of no use without 'extends'", n->key);
        if (known)
            continue;
        const struct hint hint = SUGGEST(r, n->key, m->keys, m->count, name);
        diag_add(r->d, n->key_mark, "unknown key '%s'%s", brief(n->key).text, hint.text);
        for (size_t k = 0; k < m->count; k++) {
            const char *found = strstr(hint.text, m->keys[k].name);
            meant[k] = meant[k] || (found && found[-1] == '\'' && found[strlen(m->keys[k].name)] == '\'');
        }
    }
    for (size_t k = 0; k < m->count; k++)
        if (key_required(&m->keys[k]) && !meant[k] && !map_get(map, m->keys[k].name))
            diag_add(r->d, map->mark, "missing key '%s' in this %s", m->keys[k].name, m->what);
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

const char *map_text(struct reader *r, const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = map_get(map, key);
    char what[96];
    snprintf(what, sizeof what, "'%.80s'", key);
    return n ? node_text(r, n, what) : NULL;
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

static const char *map_id(struct reader *r, const struct yaml_node *map, const char *key, enum id_style style)
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

void *map_items(struct reader *r, const struct yaml_node *map, const char *key, size_t size,
                const struct yaml_node **first)
{
    const struct yaml_node *list = map_list(r, map, key);
    *first = list ? list->first : NULL;
    return arena_alloc(r->arena, (list ? list->count : 0) * size);
}

const struct yaml_node *first_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *list = map_get(map, key);
    return list && list->kind == YAML_LIST ? list->first : NULL;
}

static bool read_bool(struct reader *r, const struct yaml_node *n)
{
    bool truth = n->kind == YAML_TEXT && strcmp(n->text, "true") == 0;
    if (!truth && (n->kind != YAML_TEXT || strcmp(n->text, "false") != 0))
        diag_add(r->d, n->mark, "'%s' must be true or false", n->key);
    return truth;
}

static unsigned read_number(struct reader *r, const struct yaml_node *n, unsigned fallback)
{
    unsigned long number = 0;
    size_t digits = n->kind == YAML_TEXT ? strspn(n->text, "0123456789") : 0;
    if (digits && digits < 10 && !n->text[digits])
        number = strtoul(n->text, NULL, 10);
    if (number >= 1 && number <= PLAYBOOK_ROWS_MAX)
        return (unsigned)number;
    diag_add(r->d, n->mark, "'%s' must be a whole number from 1 to %d", n->key, PLAYBOOK_ROWS_MAX);
    return fallback;
}

int word_of(const struct yaml_node *map, const char *key, const char *const *words)
{
    const struct yaml_node *n = map_get(map, key);
    for (int i = 0; n && n->kind == YAML_TEXT && words[i]; i++)
        if (strcmp(words[i], n->text) == 0)
            return i;
    return -1;
}

int map_word(struct reader *r, const struct yaml_node *map, const char *key, const char *const *words)
{
    const char *text = map_text(r, map, key);
    int found = word_of(map, key, words);
    if (!text || found >= 0)
        return found;
    AUTO_STR struct str all = {0};
    size_t count = 0;
    for (; words[count]; count++)
        str_printf(&all, "%s%s", count ? ", " : "", words[count]);
    diag_add(r->d, map_get(map, key)->mark, "'%s' is no %s (%s)%s", brief(text).text, key, str_text(&all),
             suggest(r, text, words, count).text);
    return -1;
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

static const char **read_texts(struct reader *r, const struct yaml_node *map, const struct key *k, size_t *count)
{
    const struct yaml_node *n;
    const char **out = map_items(r, map, k->name, sizeof *out, &n);
    for (; n; n = n->next) {
        const char *text = node_text(r, n, k->item);
        if (text)
            out[(*count)++] = text;
    }
    return out;
}

static double read_window(struct reader *r, const struct yaml_node *n, double fallback)
{
    enum type type;
    double seconds;
    if (!literal_parse(r, n, "the window", &seconds, &type))
        return fallback;
    if (type != TYPE_SECONDS)
        diag_add(r->d, n->mark, "the window must be a time such as 30s or 5min, not %s", type_name(type));
    else if (seconds < 1 || seconds > WINDOW_MAX_S)
        diag_add(r->d, n->mark, "the window must be between 1s and 7d");
    else
        return seconds;
    return fallback;
}

static void read_key(struct reader *r, const struct yaml_node *map, const struct key *k, char *object)
{
    const struct yaml_node *n = map_get(map, k->name);
    void *to = object + k->at;
    int word;
    if (!n)
        return;
    switch (k->kind) {
    case KEY_ID:
    case KEY_NAME:
        *(const char **)to = map_id(r, map, k->name, k->kind == KEY_ID ? ID_ANY : ID_NAME);
        break;
    case KEY_TEXT:
        *(const char **)to = map_text(r, map, k->name);
        break;
    case KEY_TEXTS:
        *(const char ***)to = read_texts(r, map, k, (size_t *)(object + k->other));
        break;
    case KEY_WORD:
        if ((word = map_word(r, map, k->name, k->words)) >= 0)
            *(unsigned *)to = (unsigned)word; /* of the size of every enum here */
        break;
    case KEY_CHOICE:
        if ((word = map_word(r, map, k->name, k->words)) >= 0)
            *(const char **)to = k->words[word];
        break;
    case KEY_BOOL:
        *(bool *)to = read_bool(r, n);
        break;
    case KEY_NUMBER:
        *(unsigned *)to = read_number(r, n, *(unsigned *)to);
        break;
    case KEY_WINDOW:
        *(double *)to = read_window(r, n, *(double *)to);
        break;
    default:
        break;
    }
}

bool map_read(struct reader *r, const struct yaml_node *map, const struct mapping *m, void *object)
{
    if (!check_keys(r, map, m))
        return false;
    for (size_t k = 0; k < m->count; k++)
        read_key(r, map, &m->keys[k], object);
    return true;
}
