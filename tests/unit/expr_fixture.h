/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small machine for the tests of expressions and messages: tables with known and unknown cells, limits, answers,
 * rules. */
#ifndef FW_TESTS_EXPR_FIXTURE_H
#define FW_TESTS_EXPR_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "engine/expr/expr.h"
#include "facts/probe.h"

static const struct column zone_columns[] = {
    {"node", TYPE_COUNT, ""},
    {"name", TYPE_TEXT, ""},
    {"free", TYPE_BYTES, ""},
    {"managed", TYPE_BYTES, ""},
    {"unusable_order9", TYPE_RATIO, ""},
    {"small", TYPE_BOOL, ""},
    {"min", TYPE_BYTES, ""},
};
static const struct column order_columns[] = {{"node", TYPE_COUNT, ""},
                                              {"order", TYPE_COUNT, ""},
                                              {"free_blocks", TYPE_COUNT, ""},
                                              {"block_size", TYPE_BYTES, ""}};
static const struct column process_columns[] = {
    {"pid", TYPE_COUNT, ""}, {"command", TYPE_TEXT, ""}, {"pss", TYPE_BYTES, ""}};
static const char *const fixture_shapes[] = {"flat", "even growth", "uneven growth", NULL};
static const char *const fixture_words[] = {"keep", "change", "unknown", NULL};
static const struct column nothing_columns[] = {{"size", TYPE_BYTES, ""},
                                                {"name", TYPE_TEXT, ""},
                                                {"shape", TYPE_TEXT, "", .values = fixture_shapes},
                                                {"advice", TYPE_TEXT, "", .values = fixture_words}};
static const struct column vmstat_columns[] = {
    {"window", TYPE_SECONDS, ""}, {"swap_in", TYPE_BYTE_RATE, ""}, {"scan", TYPE_RATE, ""},
    {"stalls", TYPE_COUNT, ""},   {"total", TYPE_BYTES, ""},       {"share", TYPE_RATIO, ""},
    {"active", TYPE_BOOL, ""},    {"host", TYPE_TEXT, ""},         {"slabs", TYPE_BYTES, ""},
    {"detail", TYPE_BOOL, ""},    {"zero", TYPE_COUNT, ""}};
enum { ZONE, ORDER, PROCESS, NOTHING, DENIED, LATER, VMSTAT, GONE, TABLES };
static const struct table_decl fixture_tables[] = {
    [ZONE] = {.name = "zone", COLUMNS(zone_columns)},
    [ORDER] = {.name = "order", COLUMNS(order_columns)},
    [PROCESS] = {.name = "process", COLUMNS(process_columns)},
    [NOTHING] = {.name = "nothing", COLUMNS(nothing_columns)},
    [DENIED] = {.name = "denied", COLUMNS(nothing_columns)}, /* no cell could be read */
    [LATER] = {.name = "later", COLUMNS(nothing_columns)},   /* its probe has not run */
    [VMSTAT] = {.name = "vmstat", COLUMNS(vmstat_columns), .single = true},
    [GONE] = {.name = "gone", COLUMNS(nothing_columns), .single = true}, /* not even its row */
};
static const struct probe fixture_probe = {.name = "fixture", .tables = fixture_tables, .table_count = TABLES};

struct fixture {
    struct arena arena;
    struct facts *facts;
    struct names names;
    struct env env;
    struct scope_decl scope_decl;
    struct scope scope; /* the first zone */
    unsigned lookups;   /* times that the environment was asked for a table */
};

static const struct table_decl *fixture_table(void *data, const char *name)
{
    (void)data;
    if (strncmp(name, "fixture.", 8) == 0)
        name += 8;
    for (unsigned i = 0; i < TABLES; i++)
        if (strcmp(fixture_tables[i].name, name) == 0)
            return &fixture_tables[i];
    return NULL;
}

static const struct table *fixture_env_table(void *data, const struct table_decl *decl, const char **why)
{
    struct fixture *f = data;
    f->lookups++;
    if (decl == &fixture_tables[LATER]) {
        *why = "step later was not done";
        return NULL;
    }
    return &f->facts->tables[decl - fixture_tables];
}

static const struct {
    const char *name;
    struct value value;
} fixture_limits[] =
    {
        {"unusable", {.type = TYPE_RATIO, .known = true, .number = 0.5}},
        {"reserve", {.type = TYPE_BYTES, .known = true, .number = 64 * 1048576.0}},
},
  fixture_answers[] =
      {
          {"database", {.type = TYPE_BOOL, .known = true, .truth = true}},
          {"kind", {.type = TYPE_TEXT, .known = true, .text = "php"}},
          {"since", {.type = TYPE_SECONDS, .why = "not answered"}},
},
  fixture_rules[] =
      {
          {"order9-unusable", {.type = TYPE_BOOL, .known = true, .truth = true}},
          {"swap-storm", {.type = TYPE_BOOL, .known = true, .truth = false}},
          {"slab-growth", {.type = TYPE_BOOL, .why = "/proc/slabinfo: permission denied"}},
},
  fixture_before[] =
      {
          {"compact_now", {.type = TYPE_RATIO, .known = true, .number = 0.93}},
          {"trimmed", {.type = TYPE_BYTES, .why = "the experiment was not made"}},
},
  fixture_after[] = {
      {"compact_now", {.type = TYPE_RATIO, .known = true, .number = 0.12}},
      {"trimmed", {.type = TYPE_BYTES, .why = "the experiment was not made"}},
};
#define FIND(list, wanted)                                                                                             \
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)                                                            \
        if (strcmp(list[i].name, wanted) == 0)

static bool fixture_limit_type(void *data, const char *name, enum type *type)
{
    (void)data;
    FIND(fixture_limits, name)
    {
        *type = fixture_limits[i].value.type;
        return true;
    }
    return false;
}

static bool fixture_answer_type(void *data, const char *name, enum type *type)
{
    (void)data;
    FIND(fixture_answers, name)
    {
        *type = fixture_answers[i].value.type;
        return true;
    }
    return false;
}

static const char *const *fixture_choices(void *data, const char *name)
{
    static const char *const kinds[] = {"php", "java", "even growth", NULL};
    (void)data;
    return strcmp(name, "kind") == 0 ? kinds : NULL;
}

static bool fixture_rule(void *data, const char *name)
{
    (void)data;
    FIND(fixture_rules, name) return true;
    return false;
}

static struct value fixture_limit(void *data, const char *name)
{
    (void)data;
    FIND(fixture_limits, name) return fixture_limits[i].value;
    return value_unknown(TYPE_BOOL, "no such limit");
}

static struct value fixture_answer(void *data, const char *name)
{
    (void)data;
    FIND(fixture_answers, name) return fixture_answers[i].value;
    return value_unknown(TYPE_BOOL, "no such answer");
}

static struct value fixture_fired(void *data, const char *name)
{
    (void)data;
    FIND(fixture_rules, name) return fixture_rules[i].value;
    return value_unknown(TYPE_BOOL, "no such rule");
}

static bool fixture_experiment(void *data, const char *name, enum type *type)
{
    (void)data;
    FIND(fixture_before, name)
    {
        *type = fixture_before[i].value.type;
        return true;
    }
    return false;
}

static struct value fixture_value_before(void *data, const char *name)
{
    (void)data;
    FIND(fixture_before, name) return fixture_before[i].value;
    return value_unknown(TYPE_BOOL, "no such experiment");
}

static struct value fixture_value_after(void *data, const char *name)
{
    (void)data;
    FIND(fixture_after, name) return fixture_after[i].value;
    return value_unknown(TYPE_BOOL, "no such experiment");
}

static size_t fixture_list(void *data, const char *kind, const char **out, size_t size)
{
    (void)data;
    size_t n = 0;
    if (strcmp(kind, "table") == 0)
        for (size_t i = 0; i < TABLES && n < size; i++)
            out[n++] = fixture_tables[i].name;
    if (strcmp(kind, "limit") == 0)
        for (size_t i = 0; i < sizeof fixture_limits / sizeof *fixture_limits && n < size; i++)
            out[n++] = fixture_limits[i].name;
    if (strcmp(kind, "answer") == 0)
        for (size_t i = 0; i < sizeof fixture_answers / sizeof *fixture_answers && n < size; i++)
            out[n++] = fixture_answers[i].name;
    if (strcmp(kind, "rule") == 0)
        for (size_t i = 0; i < sizeof fixture_rules / sizeof *fixture_rules && n < size; i++)
            out[n++] = fixture_rules[i].name;
    if (strcmp(kind, "experiment") == 0)
        for (size_t i = 0; i < sizeof fixture_before / sizeof *fixture_before && n < size; i++)
            out[n++] = fixture_before[i].name;
    return n;
}

static void fixture_begin(struct fixture *f)
{
    *f = (struct fixture){.facts = facts_new(&fixture_probe)};
    struct table *t = &f->facts->tables[ZONE];
    static const struct {
        double node, free, managed, unusable, small;
        const char *name;
    } zones[] = {{0, 10, 15, 0, 1, "DMA"}, {0, 512, 4096, 0.75, 0, "Normal"}, {1, 256, 2048, 0.25, 0, "Normal"}};
    for (size_t i = 0; i < 3; i++) {
        size_t row = table_add(t);
        cell_number(t, row, 0, zones[i].node);
        cell_text(t, row, 1, zones[i].name);
        cell_number(t, row, 2, zones[i].free * 1048576);
        cell_number(t, row, 3, zones[i].managed * 1048576);
        cell_number(t, row, 4, zones[i].unusable);
        cell_bool(t, row, 5, zones[i].small);
        cell_number(t, row, 6, 1048576);
    }
    t = &f->facts->tables[ORDER];
    for (unsigned i = 0; i < 6; i++) {
        size_t row = table_add(t);
        cell_number(t, row, 0, i / 3);
        cell_number(t, row, 1, i % 3);
        cell_number(t, row, 2, i * 10);
        cell_number(t, row, 3, 4096 << (i % 3));
    }
    t = &f->facts->tables[PROCESS];
    static const char *const commands[] = {"systemd", "php-fpm", "it's \"me\""};
    for (unsigned i = 0; i < 3; i++) {
        size_t row = table_add(t);
        cell_number(t, row, 0, i * 100 + 1);
        cell_text(t, row, 1, commands[i]);
        if (i)
            cell_number(t, row, 2, i * 1048576);
        else
            cell_unknown(t, row, 2, "/proc/1/smaps_rollup: permission denied");
    }
    t = &f->facts->tables[DENIED];
    for (unsigned i = 0; i < 2; i++)
        row_unknown(t, table_add(t), "denied to you");
    t = &f->facts->tables[VMSTAT];
    size_t row = table_add(t);
    cell_number(t, row, 0, 30);
    cell_number(t, row, 1, 1048576);
    cell_number(t, row, 2, 100);
    cell_number(t, row, 3, 7);
    cell_number(t, row, 4, 8.0 * (1 << 30));
    cell_number(t, row, 5, 0.25);
    cell_bool(t, row, 6, true);
    cell_text(t, row, 7, "web1");
    cell_unknown(t, row, 8, "/proc/slabinfo: permission denied");
    cell_unknown(t, row, 9, "no detail");
    cell_number(t, row, 10, 0);
    f->names = (struct names){.data = f,
                              .table = fixture_table,
                              .limit = fixture_limit_type,
                              .answer = fixture_answer_type,
                              .rule = fixture_rule,
                              .list = fixture_list,
                              .experiment = fixture_experiment,
                              .choices = fixture_choices};
    f->env = (struct env){.data = f,
                          .table = fixture_env_table,
                          .limit = fixture_limit,
                          .answer = fixture_answer,
                          .fired = fixture_fired,
                          .before = fixture_value_before,
                          .after = fixture_value_after};
    f->scope_decl = (struct scope_decl){&fixture_tables[ZONE], NULL};
    f->scope = (struct scope){&f->facts->tables[ZONE], 1, NULL};
}

static void fixture_end(struct fixture *f)
{
    facts_free(f->facts);
    arena_free(&f->arena);
}

/* The first complaint as "line:column text". */
static void show_complaint(const struct diags *d, struct str *out)
{
    if (d->count)
        str_printf(out, "%u:%u %s", d->items[0].mark.line, d->items[0].mark.column, d->items[0].text);
    else
        str_add(out, "refused without a complaint");
}

#endif
