/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes what follows from the keys of a playbook: `playbook_schema schema` is schema/playbook.json; `playbook_schema tables` copies
 * docs/playbooks.md with the table below each <!-- keys: WHAT --> made anew. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "engine/playbook/playbook.h"
#include "engine/playbook/playbook_keys.h"
#include "facts/json_value.h"
#include "facts/json_write.h"

/* What the tables do not hold: the shapes that keys refer to. */
static const char by_hand[] =
    "{'id': {'type': 'string', 'pattern': '^[a-z][a-z0-9_-]*$', 'maxLength': 64},"
    " 'name': {'type': 'string', 'pattern': '^[a-z][a-z0-9_]*$', 'maxLength': 64},"
    " 'text': {'type': 'string', 'pattern': '[^ \\\\t\\\\n]'},"
    " 'message': {'description': 'Text; {expression} inserts a value with its unit, {{ and }} are braces.',"
    "  'type': 'string', 'pattern': '[^ \\\\t\\\\n]'},"
    " 'condition': {'description': 'An expression that is true, false or unknown (docs/expressions.md).',"
    "  'type': ['string', 'boolean'], 'pattern': '[^ \\\\t\\\\n]'},"
    " 'literal': {'description': 'A number with its unit: 10, 5%, 64MiB, 30s, 100/s, 2MiB/min.', 'type': ['string', "
    "'number'],"
    "  'pattern': '^-?[0-9]+(\\\\.[0-9]+)?(%|(([KMGTPE]i)?B|[kMGTP]B)?(/(s|min|h|d))?|us|ms|s|min|h|d)$'},"
    " 'window': {'type': 'string', 'pattern': '^[0-9]+(\\\\.[0-9]+)?(ms|s|min|h|d)$'},"
    " 'number': {'type': 'integer', 'minimum': 1},"
    " 'boolean': {'type': 'boolean'},"
    " 'texts': {'type': 'array', 'items': {'$ref': '#/definitions/text'}},"
    " 'table': {'description': 'A table of a probe that a step runs: zone or buddy.zone (`fragwizard list facts`).',"
    "  'type': 'string', 'pattern': '^[a-z][a-z0-9_]*(\\\\.[a-z][a-z0-9_]*)?$'}}";

static json_t *parse(const char *members)
{
    AUTO_FREE char *text = mem_strdup(members);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    json_error_t error;
    json_t *j = json_loads(text, 0, &error);
    if (!j) {
        fprintf(stderr, "playbook_schema: %s: %s\n", error.text, text);
        exit(1);
    }
    return j;
}

/* As a definition is called. */
static json_t *reference(const char *what)
{
    json_t *j = json_object();
    AUTO_FREE char *to = mem_printf("#/definitions/%s", what);
    for (char *c = to; *c; c++)
        if (*c == ' ')
            *c = '-';
    json_put(j, "$ref", json_string(to));
    return j;
}

static json_t *list_of(json_t *items)
{
    json_t *j = json_object();
    json_put(j, "type", json_string("array"));
    json_put(j, "items", items);
    return j;
}

static json_t *one_of(const char *const *words)
{
    json_t *j = json_object(), *list = json_array();
    for (; *words; words++)
        json_array_append_new(list, json_string(*words));
    json_put(j, "enum", list);
    return j;
}

static json_t *maps_of(const struct mapping *m)
{
    json_t *j = parse("{'type': 'object', 'propertyNames': {'$ref': '#/definitions/name'}}");
    json_put(j, "additionalProperties", reference(m->what));
    return j;
}

static json_t *of_kind(const struct key *k)
{
    static const char *const shapes[] = {
        [KEY_ID] = "id",           [KEY_NAME] = "name",       [KEY_TEXT] = "text",   [KEY_BOOL] = "boolean",
        [KEY_NUMBER] = "number",   [KEY_WINDOW] = "window",   [KEY_TABLE] = "table", [KEY_CONDITION] = "condition",
        [KEY_MESSAGE] = "message", [KEY_WORDING] = "message", [KEY_BUILDS] = "texts"};
    if (k->words)
        return one_of(k->words);
    if (k->kind == KEY_TEXTS)
        return list_of(parse(k->schema));
    if (k->kind == KEY_LIST)
        return list_of(reference(k->of->what));
    if (k->kind == KEY_MAPS)
        return maps_of(k->of);
    if (k->kind == KEY_MAP)
        return reference(k->of->what);
    return k->schema ? parse(k->schema) : reference(shapes[k->kind]);
}

static void add_members(json_t *to, const char *members)
{
    AUTO_FREE char *text = members ? mem_printf("{%s}", members) : NULL;
    json_t *j = text ? parse(text) : NULL;
    if (j)
        json_object_update(to, j);
    json_decref(j);
}

static json_t *properties_of(const struct mapping *m)
{
    json_t *properties = json_object();
    for (size_t i = 0; i < m->count; i++) {
        json_t *j = json_object(), *kind = of_kind(&m->keys[i]);
        json_put(j, "description", json_string(m->keys[i].help));
        json_object_update(j, kind);
        json_decref(kind);
        if (m->keys[i].kind == KEY_LIST)
            add_members(j, m->keys[i].schema);
        json_put(properties, m->keys[i].name, j);
    }
    return properties;
}

static json_t *required_of(const struct mapping *m, bool all)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->count; i++)
        if (key_required(&m->keys[i]) && (all || strcmp(m->keys[i].name, "id") == 0))
            json_array_append_new(list, json_string(m->keys[i].name));
    return list;
}

/* One that changes another need not have all that it needs. */
static json_t *of_mapping(const struct mapping *m)
{
    json_t *j = parse("{'type': 'object', 'additionalProperties': false}");
    json_put(j, "required", required_of(m, !m->by_id));
    json_put(j, "properties", properties_of(m));
    add_members(j, m->always);
    return j;
}

/* What it needs, and all below it, where the playbook extends no other. */
static json_t *whole(const struct mapping *m)
{
    json_t *j = json_object(), *properties = json_object();
    json_put(j, "required", required_of(m, true));
    for (size_t i = 0; i < m->count; i++) {
        const struct key *k = &m->keys[i];
        if (!k->of || !k->of->by_id)
            continue;
        json_t *below = json_object();
        json_put(below, k->kind == KEY_MAPS ? "additionalProperties" : "items", whole(k->of));
        json_put(properties, k->name, below);
    }
    if (json_object_size(properties))
        json_object_set(j, "properties", properties);
    json_decref(properties);
    add_members(j, m->whole);
    return j;
}

static json_t *probe_names(void)
{
    json_t *names = json_array(), *j = json_object();
    for (size_t i = 0; probes[i]; i++)
        json_array_append_new(names, json_string(probes[i]->name));
    json_put(j, "enum", names);
    return j;
}

static json_t *schema(void)
{
    json_t *definitions = parse(by_hand);
    json_put(definitions, "probe", probe_names());
    for (size_t i = 1; playbook_mappings[i]; i++) {
        json_t *name = reference(playbook_mappings[i]->what);
        json_put(definitions, strrchr(json_string_value(json_object_get(name, "$ref")), '/') + 1,
                 of_mapping(playbook_mappings[i]));
        json_decref(name);
    }
    json_t *root = json_object(), *self = of_mapping(&playbook_mapping);
    json_put(root, "$schema", json_string("http://json-schema.org/draft-07/schema#"));
    json_put(root, "title", json_string("fragwizard playbook"));
    json_put(root, "description",
             json_string("A memory diagnostic runbook, format " PLAYBOOK_FORMAT
                         ". For editors; `fragwizard check FILE` sees more (names, units, steps never reached). "
                         "Reference: docs/playbooks.md."));
    json_object_update(root, self);
    json_decref(self);
    json_put(root, "required", parse("['format', 'name']"));
    json_put(root, "if", parse("{'required': ['extends']}"));
    json_put(root, "else", whole(&playbook_mapping));
    json_put(root, "definitions", definitions);
    return root;
}

/* `extends` and what goes with it has its own chapter. */
static void print_table(const struct mapping *m)
{
    printf("| Key | | |\n|---|---|---|\n");
    for (size_t i = 0; i < m->count; i++)
        if (m->keys[i].kind != KEY_BUILDS || m == &playbook_mapping)
            printf("| `%s` |%s%s | %s |\n", m->keys[i].name, m->keys[i].need ? " " : "",
                   m->keys[i].need ? m->keys[i].need : "", m->keys[i].help);
}

static bool print_tables(void)
{
    char line[4096], what[64];
    bool old = false; /* in a table that is made anew */
    while (fgets(line, sizeof line, stdin)) {
        old = old && *line == '|';
        if (!old)
            fputs(line, stdout);
        if (sscanf(line, "<!-- keys: %63[a-z ] -->", what) != 1)
            continue;
        what[strlen(what) - 1] = '\0'; /* the blank before --> */
        for (size_t i = 0; playbook_mappings[i]; i++)
            if (strcmp(playbook_mappings[i]->what, what) == 0) {
                print_table(playbook_mappings[i]);
                old = true;
            }
    }
    return !ferror(stdin) && fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "tables") == 0)
        return print_tables() ? 0 : 1;
    if (strcmp(what, "schema") != 0) {
        fprintf(stderr, "playbook_schema schema, or tables < docs/playbooks.md\n");
        return 1;
    }
    json_begin();
    size_t length;
    AUTO_FREE char *out = json_text(schema(), &length);
    return fwrite(out, 1, length, stdout) == length && fflush(stdout) == 0 ? 0 : 1;
}
