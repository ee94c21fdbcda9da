/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other values for a playbook's limits: from limits.yaml of the system and of the user, from words, from a case. */
#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "base/output.h"
#include "engine/playbook/playbook_fields.h"

enum { LIMITS_BYTES_MAX = 64 * 1024 };

/* The files are for all playbooks, so that a limit may be of another. */
static bool is_of_another(const char *name)
{
    struct arena a = {0};
    size_t count;
    const char **names = playbook_names(&a, &count);
    bool found = false;
    for (size_t i = 0; i < count && !found; i++) {
        struct diags ignored = {0};
        struct err e;
        struct playbook *other = playbook_load(names[i], &ignored, NULL, &e);
        found = other && playbook_limit(other, name);
        playbook_free(other);
        diags_free(&ignored);
    }
    arena_free(&a);
    return found;
}

static void set(struct limit *l, double number, const char *origin)
{
    if (!l->origin)
        l->own = l->number;
    l->number = number;
    l->origin = origin;
}

static void change(struct reader *r, const struct yaml_node *n, const char *origin)
{
    struct limit *l = playbook_limit(r->p, n->key);
    if (!l) {
        if (!n->key_mark.line || !is_of_another(n->key))
            diag_add(r->d, n->key_mark, "there is no limit '%s'%s", brief(n->key).text,
                     SUGGEST(r, n->key, r->p->limits, r->p->limit_count, name).text);
        return;
    }
    double number;
    enum type type;
    if (!literal_parse(r, n, "the value", &number, &type))
        return;
    if (type != l->type)
        diag_add(r->d, n->mark, "'%s' is another unit than that of limit %s (%s)", brief(n->text).text, l->name,
                 units_text(l->origin ? l->own : l->number, l->type).text);
    else
        set(l, number, origin);
}

static bool says_nothing(const char *text)
{
    while (*(text += strspn(text, " \t\r\n")) == '#')
        text += strcspn(text, "\n");
    return !*text;
}

static void change_by_file(struct reader *r, enum config_place place)
{
    AUTO_FREE char *path = output_config_path(place, "limits.yaml");
    if (!path || access(path, F_OK) != 0)
        return;
    struct err e;
    size_t length;
    AUTO_FREE char *text = input_read_file(path, LIMITS_BYTES_MAX, &length, &e);
    if (!text) {
        diag_add(r->d, (struct mark){0}, "%s", e.text);
        return;
    }
    if (strlen(text) == length && says_nothing(text))
        return;
    struct arena nodes = {0};
    const struct yaml_node *root = yaml_tree(&nodes, &r->p->arena, path, text, length, r->d);
    if (root && root->kind != YAML_MAP)
        diag_add(r->d, root->mark, "limits must be a mapping (name: value)");
    for (const struct yaml_node *n = root && root->kind == YAML_MAP ? root->first : NULL; n; n = n->next)
        change(r, n, arena_printf(r->arena, "%s:%u", path, n->key_mark.line));
    arena_free(&nodes);
}

bool limits_change_by_files(struct playbook *p, struct diags *d)
{
    struct reader r = {.p = p, .arena = &p->arena, .d = d};
    size_t before = d->count;
    change_by_file(&r, CONFIG_SYSTEM);
    change_by_file(&r, CONFIG_USER);
    return d->count == before;
}

bool limits_change_by_word(struct playbook *p, const char *word, struct diags *d)
{
    struct reader r = {.p = p, .arena = &p->arena, .d = d};
    size_t before = d->count, length = strcspn(word, "=");
    const struct mark at = {"--limit", 0, 0};
    struct yaml_node n = {.kind = YAML_TEXT, .mark = at, .key_mark = at};
    n.key = arena_strndup(r.arena, word, length);
    n.text = word[length] ? word + length + 1 : NULL;
    if (!length || !n.text)
        diag_add(d, at, "'%s' is not NAME=VALUE", brief(word).text);
    else
        change(&r, &n, "--limit");
    return d->count == before;
}

bool limits_restore(struct playbook *p, const char *name, const struct value *v, const char *origin)
{
    struct limit *l = playbook_limit(p, name);
    bool fits = l && v->known && v->type == l->type;
    if (fits)
        set(l, v->number, arena_strdup(&p->arena, origin));
    return fits;
}
