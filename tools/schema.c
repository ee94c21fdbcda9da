/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes what follows from the declarations: `schema case` is schema/case.json, `schema facts` docs/facts.md, `schema records`
 * docs/case.md. */
#include <stdio.h>
#include <string.h>

#include "engine/case/case_json.h"
#include "facts/facts_json.h"
#include "facts/json_value.h"

static json_t *text(const char *s)
{
    return json_string(s);
}

static json_t *of_type(const char *type)
{
    json_t *j = json_object();
    json_put(j, "type", text(type));
    return j;
}

static json_t *nullable(const char *type)
{
    json_t *j = json_object(), *types = json_array();
    json_array_append_new(types, text(type));
    json_array_append_new(types, text("null"));
    json_put(j, "type", types);
    return j;
}

static json_t *reference(const char *name)
{
    json_t *j = json_object();
    char to[96];
    snprintf(to, sizeof to, "#/definitions/%s", name);
    json_put(j, "$ref", text(to));
    return j;
}

static json_t *list_of(json_t *items)
{
    json_t *j = of_type("array");
    json_put(j, "items", items);
    return j;
}

static json_t *whole_number(void)
{
    json_t *j = of_type("integer");
    json_put(j, "minimum", json_integer(0));
    return j;
}

static json_t *one_of(const char *const *words, bool or_null)
{
    json_t *j = json_object(), *list = json_array();
    for (; *words; words++)
        json_array_append_new(list, text(*words));
    if (or_null)
        json_array_append_new(list, json_null());
    json_put(j, "enum", list);
    return j;
}

static json_t *describe(json_t *j, const char *help)
{
    if (json_object_get(j, "$ref")) { /* draft-07 ignores what stands beside a reference */
        json_t *outer = json_object(), *all = json_array();
        json_array_append_new(all, j);
        json_put(outer, "allOf", all);
        j = outer;
    }
    json_put(j, "description", text(help));
    return j;
}

static json_t *of_field(const struct field *f)
{
    switch (f->kind) {
    case FIELD_NAME:
    case FIELD_TEXT:
        return f->need == REQUIRED ? of_type("string") : nullable("string");
    case FIELD_CHOICE:
    case FIELD_WORD:
        return one_of(f->words, f->need != REQUIRED);
    case FIELD_BOOL:
        return of_type("boolean");
    case FIELD_COUNT:
        return whole_number();
    case FIELD_NUMBER:
        return of_type("number");
    case FIELD_TIME:
        return reference("time");
    case FIELD_MEASURED:
        return reference("measured");
    case FIELD_NAMES:
    case FIELD_TEXTS:
        return list_of(of_type("string"));
    case FIELD_COUNTS:
        return list_of(whole_number());
    case FIELD_RECORDS:
        return list_of(reference(f->record->name));
    default:
        return reference(f->name);
    }
}

static json_t *any_scalar(void)
{
    static const char *const types[] = {"string", "number", "boolean", "null"};
    json_t *j = json_object(), *list = json_array();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        json_array_append_new(list, text(types[i]));
    json_put(j, "type", list);
    return j;
}

static void put_value_members(json_t *properties, json_t *required)
{
    json_put(properties, "value", describe(any_scalar(), "null: unknown"));
    json_put(properties, "type", one_of(type_json_names, false));
    json_put(properties, "unknown", describe(of_type("string"), "why the value is unknown"));
    json_array_append_new(required, text("value"));
    json_array_append_new(required, text("type"));
}

static json_t *object_of(json_t *properties, json_t *required)
{
    json_t *j = of_type("object");
    json_put(j, "properties", properties);
    json_put(j, "required", required);
    return j;
}

static json_t *of_record(const struct record *r)
{
    json_t *properties = json_object(), *required = json_array();
    char name[64];
    for (unsigned i = 0; i < r->field_count; i++) {
        const struct field *f = &r->fields[i];
        if (f->kind == FIELD_VALUE) {
            put_value_members(properties, required);
            continue;
        }
        field_json_name(f, name);
        json_put(properties, name, describe(of_field(f), f->help));
        if (f->need != ADDED)
            json_array_append_new(required, text(name));
    }
    return describe(object_of(properties, required), r->help);
}

/* Every record that this one holds, and itself. */
static void define(json_t *definitions, const struct record *r)
{
    if (json_object_get(definitions, r->name))
        return;
    json_put(definitions, r->name, of_record(r));
    for (unsigned i = 0; i < r->field_count; i++)
        if (r->fields[i].record)
            define(definitions, r->fields[i].record);
}

static json_t *of_column(const struct column *c)
{
    if (c->values)
        return one_of(c->values, true);
    return nullable(c->type == TYPE_TEXT ? "string" : c->type == TYPE_BOOL ? "boolean" : "number");
}

static json_t *of_table(const struct table_decl *t)
{
    json_t *properties = json_object();
    for (unsigned i = 0; i < t->column_count; i++) {
        const struct column *c = &t->columns[i];
        char help[512];
        snprintf(help, sizeof help, "%s%s%s%s", c->help, type_is_number(c->type) ? " (" : "",
                 type_is_number(c->type) ? type_json_names[c->type] : "", type_is_number(c->type) ? ")" : "");
        json_put(properties, c->name, describe(of_column(c), help));
    }
    json_t *row = of_type("object");
    json_put(row, "properties", properties);
    return describe(list_of(row), t->help);
}

static json_t *of_probe(const struct probe *p)
{
    json_t *all = json_array(), *tables = json_object(), *own = json_object(), *j = json_object();
    for (unsigned i = 0; i < p->table_count; i++)
        json_put(tables, p->tables[i].name, of_table(&p->tables[i]));
    json_put(own, "properties", tables);
    json_array_append_new(all, reference("probe"));
    json_array_append_new(all, own);
    json_put(j, "allOf", all);
    return describe(j, p->help);
}

static json_t *of_facts(void)
{
    json_t *j = of_type("object"), *properties = json_object();
    for (size_t i = 0; probes[i]; i++)
        json_put(properties, probes[i]->name, of_probe(probes[i]));
    json_put(j, "properties", properties);
    json_put(j, "additionalProperties", reference("probe"));
    return j;
}

/* What is no record. */
static const char by_hand[] =
    "{\"format\": {\"const\": \"" CASE_FORMAT "\"},"
    "\"time\": {\"type\": \"string\", \"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$\"},"
    "\"checksum\": {\"type\": \"string\", \"pattern\": \"^crc32:[0-9a-f]{8}$\"},"
    "\"host\": {\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\"}}, \"required\": [\"name\"],"
    " \"additionalProperties\": {\"type\": [\"string\", \"number\", \"boolean\", \"null\"]}},"
    "\"unchecked\": {\"type\": \"array\", \"items\": {\"type\": \"object\", \"properties\":"
    " {\"id\": {\"type\": \"string\"}, \"why\": {\"type\": [\"string\", \"null\"]}}, \"required\": [\"id\", \"why\"]}},"
    "\"checks\": {\"type\": \"object\", \"properties\": {"
    " \"total\": {\"type\": \"integer\", \"minimum\": 0}, \"fired\": {\"type\": \"integer\", \"minimum\": 0},"
    " \"clear\": {\"type\": \"integer\", \"minimum\": 0}, \"unchecked\": {\"type\": \"integer\", \"minimum\": 0},"
    " \"not_run\": {\"type\": \"integer\", \"minimum\": 0}},"
    " \"required\": [\"total\", \"fired\", \"clear\", \"unchecked\", \"not_run\"]},"
    "\"probe\": {\"type\": \"object\","
    " \"description\": \"What a probe found: besides these members, each table by its name; its rows are column to "
    "value. "
    "Bytes and counts are plain numbers, ratios 0–1, times in seconds, rates per second; null is unknown, with the "
    "reason "
    "in `unknown`.\","
    " \"properties\": {"
    " \"reason\": {\"description\": \"why not ok\", \"type\": [\"string\", \"null\"]},"
    " \"cost_ms\": {\"description\": \"time spent\", \"type\": \"number\", \"minimum\": 0},"
    " \"coverage\": {\"description\": \"share of what it set out to read; null: does not apply\","
    "  \"type\": [\"number\", \"null\"]},"
    " \"unknown\": {\"type\": \"array\", \"items\": {\"type\": \"object\","
    "  \"description\": \"Why cells are null; those not listed were not read.\", \"properties\": {"
    "  \"table\": {\"type\": \"string\"}, \"column\": {\"type\": \"string\"}, \"why\": {\"type\": \"string\"},"
    "  \"rows\": {\"oneOf\": [{\"const\": \"all\"}, {\"type\": \"array\", \"items\": {\"type\": \"integer\", "
    "\"minimum\": 0}}]}},"
    "  \"required\": [\"table\", \"column\", \"rows\", \"why\"]}},"
    " \"omitted\": {\"description\": \"Rows that the case did not keep, by table.\", \"type\": \"object\","
    "  \"additionalProperties\": {\"type\": \"integer\", \"minimum\": 0}}},"
    " \"required\": [\"status\", \"reason\", \"cost_ms\", \"coverage\", \"unknown\", \"omitted\"],"
    " \"additionalProperties\": {\"type\": \"array\", \"items\": {\"type\": \"object\","
    "  \"additionalProperties\": {\"type\": [\"string\", \"number\", \"boolean\", \"null\"]}}}}}";

static json_t *case_schema(void)
{
    json_error_t error;
    json_t *definitions = json_loads(by_hand, 0, &error);
    if (!definitions) {
        fprintf(stderr, "schema: %d: %s\n", error.column, error.text);
        exit(1);
    }
    const char *statuses[STATUS_VANISHED + 2] = {NULL};
    for (unsigned i = 0; i <= STATUS_VANISHED; i++)
        statuses[i] = status_name(i);
    json_put(json_object_get(json_object_get(definitions, "probe"), "properties"), "status", one_of(statuses, false));
    json_put(definitions, "facts", of_facts());
    json_t *properties = json_object(), *required = json_array();
    put_value_members(properties, required);
    json_put(definitions, "measured", object_of(properties, required));
    define(definitions, &record_case_file);
    json_t *root = json_object(), *self = json_incref(json_object_get(definitions, record_case_file.name));
    json_object_del(definitions, record_case_file.name);
    json_put(root, "$schema", text("http://json-schema.org/draft-07/schema#"));
    json_put(root, "title", text("fragwizard case"));
    json_object_update(root, self);
    json_decref(self);
    json_put(root, "description",
             text("The record of one run of fragwizard, format " CASE_FORMAT
                  ". A reader ignores members that it does not "
                  "know. The text ends in the member `checksum`: the CRC-32 of all bytes before the comma that "
                  "precedes it."));
    json_put(root, "definitions", definitions);
    return root;
}

static void print_cell(const char *s)
{
    for (; *s; s++)
        printf(*s == '|' ? "\\|" : "%c", *s);
}

static void print_table(const struct probe *p, const struct table_decl *t)
{
    printf("\n### %s.%s\n\n%s%s\n\n| Column | Type | |\n|---|---|---|\n", p->name, t->name, t->help,
           t->single ? " (one row)" : "");
    for (unsigned i = 0; i < t->column_count; i++) {
        printf("| `%s` | %s | ", t->columns[i].name, type_name(t->columns[i].type));
        AUTO_STR struct str help = {0};
        column_help(&t->columns[i], &help);
        print_cell(str_text(&help));
        printf(" |\n");
    }
}

static void print_facts(void)
{
    printf("# Facts\n\nWhat the probes find, as expressions name it. `make schema` writes this page from the "
           "declarations.\n");
    for (size_t i = 0; probes[i]; i++) {
        printf("\n## %s\n\n%s", probes[i]->name, probes[i]->help);
        if (probes[i]->classic)
            printf(". Stands for `%s`", probes[i]->classic);
        printf(".\n");
        for (unsigned k = 0; k < probes[i]->table_count; k++)
            print_table(probes[i], &probes[i]->tables[k]);
    }
}

static void print_kind(const struct field *f)
{
    static const char *const kinds[] = {[FIELD_NAME] = "text",
                                        [FIELD_TEXT] = "text, may have lines",
                                        [FIELD_BOOL] = "yes or no",
                                        [FIELD_COUNT] = "count",
                                        [FIELD_TIME] = "time",
                                        [FIELD_VALUE] = "value, type, unknown",
                                        [FIELD_MEASURED] = "{value, type, unknown}",
                                        [FIELD_NAMES] = "texts",
                                        [FIELD_TEXTS] = "texts",
                                        [FIELD_COUNTS] = "counts",
                                        [FIELD_OTHER] = "see the schema",
                                        [FIELD_RECORDS] = "list of"};
    if (f->kind == FIELD_NUMBER)
        printf("%s", type_name(f->type));
    else if (f->kind == FIELD_RECORDS)
        printf("list of [%s](#%s)", f->record->name, f->record->name);
    else if (f->words)
        for (size_t i = 0; f->words[i]; i++)
            printf("%s`%s`", i ? ", " : "", f->words[i]);
    else
        printf("%s", kinds[f->kind]);
    if (f->need == NULLABLE)
        printf("; or null");
    if (f->need == ADDED)
        printf("; not in cases of older versions");
}

static void print_record(const struct record *r)
{
    char name[64];
    printf("\n## %s\n\n%s\n\n| Member | | |\n|---|---|---|\n", r->name, r->help);
    for (unsigned i = 0; i < r->field_count; i++) {
        printf("| `%s` | ", field_json_name(&r->fields[i], name));
        print_kind(&r->fields[i]);
        printf(" | ");
        print_cell(r->fields[i].help);
        printf(" |\n");
    }
    for (unsigned i = 0; i < r->field_count; i++)
        if (r->fields[i].record)
            print_record(r->fields[i].record);
}

static void print_records(void)
{
    printf("# The case\n\nThe record of one run, as JSON of format `%s`; schema/case.json is its schema. A value that "
           "is unknown\n"
           "is null, with the reason beside it. `make schema` writes this page from the declarations.\n",
           CASE_FORMAT);
    print_record(&record_case_file);
}

static bool print_case(void)
{
    json_begin();
    size_t length;
    AUTO_FREE char *out = json_text(case_schema(), &length);
    return fwrite(out, 1, length, stdout) == length;
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "facts") == 0)
        print_facts();
    else if (strcmp(what, "records") == 0)
        print_records();
    else if (strcmp(what, "case") != 0 || !print_case())
        return fprintf(stderr, "usage: schema case|facts|records\n"), 1;
    return fflush(stdout) != 0;
}
