/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `extends`: a playbook that says only what is different about it, merged into the tree of the one that it builds on. Each
 * node keeps the mark of the file that it stands in: what has the mark of another file is inherited. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/playbook/playbook_fields.h"

enum { NAMES_MAX = 512 };

struct merger {
    struct reader *r;
    struct arena *nodes;
    const char *base; /* name of the file that is built on */
};

/* The key of a list whose entries are told apart by their id. Of all else, what is given takes the place of the base's. */
static const struct key *listed_by_id(const struct yaml_node *n)
{
    return n->kind == YAML_LIST ? key_of_list(n->key) : NULL;
}

static bool is_limits(const struct yaml_node *n)
{
    return n->kind == YAML_MAP && strcmp(n->key, "limits") == 0;
}

static const struct yaml_node *entry(const struct yaml_node *list, const char *id)
{
    for (const struct yaml_node *n = list->first; n && id; n = n->next) {
        const char *other = text_of(n, "id");
        if (other && strcmp(other, id) == 0)
            return n;
    }
    return NULL;
}

static bool holds(const struct yaml_node *list, const char *text)
{
    for (const struct yaml_node *n = list && list->kind == YAML_LIST ? list->first : NULL; n && text; n = n->next)
        if (n->kind == YAML_TEXT && strcmp(n->text, text) == 0)
            return true;
    return false;
}

/* As `like`, but with nothing in it. */
static struct yaml_node *empty(const struct merger *m, const struct yaml_node *like)
{
    struct yaml_node *n = arena_alloc(m->nodes, sizeof *n);
    *n = *like;
    n->first = n->next = NULL;
    n->count = 0;
    return n;
}

/* A copy, as a node stands in one list only; what is below it is shared. Behind `after`, or last. */
static void put(const struct merger *m, struct yaml_node *into, const struct yaml_node *child, struct yaml_node *after)
{
    struct yaml_node *n = arena_alloc(m->nodes, sizeof *n), **at = after ? &after->next : &into->first;
    *n = *child;
    while (!after && *at)
        at = &(*at)->next;
    n->next = *at;
    *at = n;
    into->count++;
}

/* What `leave` can name: keys of the mapping, ids of what stands in its lists, limits. */
static size_t names_in(const struct yaml_node *map, const char **out)
{
    size_t count = 0;
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        if (count < NAMES_MAX)
            out[count++] = n->key;
        for (const struct yaml_node *e = is_limits(n) || listed_by_id(n) ? n->first : NULL; e; e = e->next) {
            const char *name = is_limits(n) ? e->key : text_of(e, "id");
            if (name && count < NAMES_MAX)
                out[count++] = name;
        }
    }
    return count;
}

/* The list of what `own` leaves out of `base`, or NULL. */
static const struct yaml_node *left_out(struct merger *m, const struct yaml_node *own, const struct yaml_node *base)
{
    const struct yaml_node *leave = map_list(m->r, own, "leave");
    const char *names[NAMES_MAX];
    size_t count = leave ? names_in(base, names) : 0;
    for (const struct yaml_node *n = leave ? leave->first : NULL; n; n = n->next) {
        const char *name = node_text(m->r, n, "what is left out");
        size_t i = 0;
        while (name && i < count && strcmp(names[i], name) != 0)
            i++;
        if (name && i == count)
            diag_add(m->r->d, n->mark, "%s has no '%s' here to leave out%s", m->base, brief(name).text,
                     suggest(m->r, name, names, count).text);
    }
    return leave;
}

static struct yaml_node *merge_map(struct merger *m, const struct yaml_node *own, const struct yaml_node *base,
                                   const struct yaml_node *leave);

static struct yaml_node *merge_limits(struct merger *m, const struct yaml_node *own, const struct yaml_node *base,
                                      const struct yaml_node *leave)
{
    struct yaml_node *out = empty(m, own);
    for (const struct yaml_node *b = base->first; b; b = b->next) {
        const struct yaml_node *n = map_get(own, b->key);
        bool both = n && n->kind == YAML_MAP && b->kind == YAML_MAP;
        if (n || !holds(leave, b->key))
            put(m, out, both ? merge_map(m, n, b, NULL) : n ? n : b, NULL);
    }
    for (const struct yaml_node *n = own->first; n; n = n->next)
        if (!map_get(base, n->key))
            put(m, out, n, NULL);
    return out;
}

/* What only changes another gives little of what is required. */
static bool is_whole(const struct yaml_node *n, const struct mapping *m)
{
    size_t required = 0, given = 0;
    for (size_t k = 0; k < m->count; k++)
        if (key_required(&m->keys[k]) && strcmp(m->keys[k].name, "id") != 0) {
            required++;
            given += map_get(n, m->keys[k].name) != NULL;
        }
    return 2 * given >= required;
}

/* An entry with an id that the base does not have is added, unless it holds no more than changes to one. */
static bool is_added(struct merger *m, const struct yaml_node *n, const struct yaml_node *base, const struct key *list)
{
    const char *id = text_of(n, "id"), *ids[NAMES_MAX] = {0}, *other;
    if (!id || (is_whole(n, list->of) && !map_get(n, "leave")))
        return true;
    size_t count = 0;
    for (const struct yaml_node *b = base->first; b; b = b->next)
        if ((other = text_of(b, "id")) && count < NAMES_MAX)
            ids[count++] = other;
    diag_add(m->r->d, map_get(n, "id")->mark, "%s has no %s '%s' to change%s", m->base, list->of->what, brief(id).text,
             suggest(m->r, id, ids, count).text);
    return false;
}

/* In the base's order; then what is added, or moved by `after`, in its own. */
static struct yaml_node *merge_list(struct merger *m, const struct yaml_node *own, const struct yaml_node *base,
                                    const struct yaml_node *leave)
{
    const struct key *list = listed_by_id(base);
    const struct yaml_node nothing = {.kind = YAML_MAP};
    struct yaml_node *out = empty(m, own);
    for (const struct yaml_node *b = base->first; b; b = b->next) {
        const char *id = text_of(b, "id");
        const struct yaml_node *n = entry(own, id);
        if (!holds(leave, id) && !map_get(n, "after"))
            put(m, out, n ? merge_map(m, n, b, left_out(m, n, b)) : b, NULL);
    }
    for (const struct yaml_node *n = own->first; n; n = n->next) {
        if (n->kind != YAML_MAP) {
            put(m, out, n, NULL);
            continue;
        }
        const char *id = text_of(n, "id"), *after = map_text(m->r, n, "after");
        const struct yaml_node *b = holds(leave, id) || entry(own, id) != n ? NULL : entry(base, id);
        if ((b && !after) || (!b && !is_added(m, n, base, list)))
            continue;
        struct yaml_node *behind = after ? (struct yaml_node *)entry(out, after) : NULL;
        if (after && !behind)
            diag_add(m->r->d, map_get(n, "after")->mark, "there is no %s '%s' before this one, nor in %s",
                     list->of->what, brief(after).text, m->base);
        put(m, out, merge_map(m, n, b ? b : &nothing, b ? left_out(m, n, b) : NULL), behind);
    }
    return out;
}

static struct yaml_node *merge_map(struct merger *m, const struct yaml_node *own, const struct yaml_node *base,
                                   const struct yaml_node *leave)
{
    static const char *const merged[] = {"extends", "leave", "after"}; /* of no use any more */
    struct yaml_node *out = empty(m, own);
    for (const struct yaml_node *b = base->first; b; b = b->next) {
        const struct yaml_node *n = map_get(own, b->key);
        if (!n && holds(leave, b->key))
            continue;
        const struct yaml_node *given = n ? n : empty(m, b);
        if (listed_by_id(b) && given->kind == YAML_LIST)
            put(m, out, merge_list(m, given, b, leave), NULL);
        else if (is_limits(b) && given->kind == YAML_MAP)
            put(m, out, merge_limits(m, given, b, leave), NULL);
        else
            put(m, out, n ? n : b, NULL);
    }
    for (const struct yaml_node *n = own->first; n; n = n->next) {
        bool gone = map_get(base, n->key);
        for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
            gone = gone || strcmp(n->key, merged[i]) == 0;
        if (!gone)
            put(m, out, n, NULL);
    }
    return out;
}

static bool some_rule(const struct yaml_node *root, bool (*wanted)(const struct yaml_node *rule, const char *id),
                      const char *id)
{
    for (const struct yaml_node *step = first_of(root, "steps"); step; step = step->next)
        for (const struct yaml_node *rule = first_of(step, "rules"); rule; rule = rule->next)
            if (wanted(rule, id))
                return true;
    return false;
}

static bool has_id(const struct yaml_node *rule, const char *id)
{
    const char *own = text_of(rule, "id");
    return own && strcmp(own, id) == 0;
}

static bool recommends(const struct yaml_node *rule, const char *id)
{
    return holds(map_get(rule, "recommend"), id);
}

/* Of the rules that the condition asks for, how many there are, and how many there were. */
static void count_asked(const struct yaml_node *root, const char *condition, size_t *there, size_t *all)
{
    for (const char *at = condition; at && (at = strstr(at, "fired")); at++) {
        char id[128];
        if (sscanf(at, "fired( %*1['\"]%127[a-z0-9_-]", id) != 1 &&
            sscanf(at, "fired_here( %*1['\"]%127[a-z0-9_-]", id) != 1)
            continue;
        ++*all;
        *there += some_rule(root, has_id, id);
    }
}

/* A hypothesis without any of the checks that it was weighed by, or advice that no check gives any more. */
static bool is_pointless(const struct yaml_node *root, const struct yaml_node *n, bool verdict)
{
    const char *id = text_of(n, "id");
    if (!verdict)
        return id && !some_rule(root, recommends, id);
    size_t there = 0, all = 0;
    static const char *const conditions[] = {"confirmed", "likely", "ruled-out"};
    for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
        count_asked(root, text_of(n, conditions[i]), &there, &all);
    return all && !there;
}

static void prune(const struct merger *m, struct yaml_node *root, const char *key, const char *own_file)
{
    struct yaml_node *list = (struct yaml_node *)map_get(root, key);
    if (!list || list->kind != YAML_LIST)
        return;
    struct yaml_node *kept = empty(m, list);
    for (const struct yaml_node *n = list->first; n; n = n->next)
        if (n->mark.file == own_file || !is_pointless(root, n, strcmp(key, "verdicts") == 0))
            put(m, kept, n, NULL);
    list->first = kept->first;
    list->count = kept->count;
}

struct chain { /* the files that lead to the one at hand */
    const char *file;
    bool built_in;
    const struct chain *from;
    unsigned length;
};

static const struct yaml_node *extend(struct merger *m, const struct yaml_node *root, const struct chain *chain);

/* The tree of the playbook that `name` means, merged in its turn; NULL after a complaint. */
static const struct yaml_node *base_tree(struct merger *m, const char *name, struct mark at, const struct chain *chain)
{
    struct reader *r = m->r;
    size_t length;
    AUTO_FREE char *file = NULL, *origin = NULL;
    struct err e;
    AUTO_FREE char *text = playbook_text(name, chain->file, &length, &file, &origin, &e);
    if (!text) {
        diag_add(r->d, at, "%s", e.text);
        return NULL;
    }
    const struct chain next = {arena_strdup(r->arena, file), strcmp(origin, file) != 0, chain, chain->length + 1};
    for (const struct chain *c = chain; c; c = c->from)
        if (strcmp(c->file, file) == 0 && c->built_in == next.built_in) {
            diag_add(r->d, at, "%s is what builds on this: it would go on forever", file);
            return NULL;
        }
    if (next.length > PLAYBOOK_EXTENDS_MAX) {
        diag_add(r->d, at, "%s is too far down: at most %d playbooks that build on one another", file,
                 PLAYBOOK_EXTENDS_MAX);
        return NULL;
    }
    struct yaml_node *base = yaml_tree(m->nodes, r->arena, next.file, text, length, r->d);
    const struct yaml_node *whole = base ? extend(m, base, &next) : NULL;
    m->base = next.file;
    return whole;
}

static const struct yaml_node *extend(struct merger *m, const struct yaml_node *root, const struct chain *chain)
{
    const struct yaml_node *n = map_get(root, "extends");
    if (!n)
        return root;
    const char *name = node_text(m->r, n, "'extends'");
    const struct yaml_node *base = name ? base_tree(m, name, n->mark, chain) : NULL;
    if (!base)
        return NULL;
    if (base->kind != YAML_MAP)
        return base; /* complained about as any playbook that is none */
    m->r->bases[m->r->base_count++] = base;
    /* whose they are, the base cannot say */
    struct yaml_node *nameless = empty(m, base);
    for (const struct yaml_node *b = base->first; b; b = b->next)
        if (strcmp(b->key, "format") != 0 && strcmp(b->key, "name") != 0)
            put(m, nameless, b, NULL);
    struct yaml_node *whole = merge_map(m, root, nameless, left_out(m, root, nameless));
    prune(m, whole, "verdicts", chain->file);
    prune(m, whole, "recommendations", chain->file);
    return whole;
}

const struct yaml_node *playbook_extend(struct reader *r, struct arena *nodes, const struct yaml_node *root)
{
    struct merger m = {.r = r, .nodes = nodes};
    size_t before = r->d->count;
    const struct yaml_node *whole = extend(&m, root, &(struct chain){.file = r->p->file});
    return r->d->count == before ? whole : NULL;
}
