/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a case between one run and the next: nothing is lost, nothing damaged is believed.
 * With FRAGWIZARD_TEST_CASES=DIR the cases made here are left there for tests/case/schema.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/str.h"
#include "engine/case/case.h"
#include "facts/facts_json.h"

static void leave(const char *name, const char *json)
{
    const char *directory = getenv("FRAGWIZARD_TEST_CASES");
    if (!directory)
        return;
    AUTO_FREE char *path = mem_printf("%s/%s.json", directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(json, f);
    fclose(f);
}

/* The text of a case as a program that knows the format would write it. */
static char *sign(const char *members)
{
    char *open = mem_printf("{\n  %s", members);
    unsigned long sum = crc32(0, (const unsigned char *)open, (uInt)strlen(open));
    char *whole = mem_printf("%s,\n  \"checksum\": \"crc32:%08lx\"\n}\n", open, sum);
    free(open);
    return whole;
}

#define HEAD                                                                                                           \
    "\"format\": \"fragwizard-case/1\", \"host\": {\"name\": \"db1\"}, \"playbook\": \"quick\", "                      \
    "\"started\": \"2026-11-21T01:22:38Z\", \"status\": \"ok\""

static struct case_file *load(const char *members, struct err *e)
{
    AUTO_FREE char *text = sign(members);
    return case_from_json("a.json", text, strlen(text), e);
}

static void refuse(const char *members, const char *complaint)
{
    struct err e = {0};
    struct case_file *c = load(members, &e);
    if (c || !strstr(e.text, complaint))
        print_error("%s\ngave: %s\nnot:  %s\n", members, c ? "(a case)" : e.text, complaint);
    assert_null(c);
    assert_non_null(strstr(e.text, complaint));
    assert_int_equal(strncmp(e.text, "a.json", 6), 0);
}

/* Every table of every probe: known cells of all sizes, and unknown ones for several reasons. */
static struct facts *full_facts(const struct probe *p, unsigned salt)
{
    struct facts *f = facts_new(p);
    static const double numbers[] = {
        0, 1, -1, 0.37, 1e-7, 123456.789, 68719476736.0, 9007199254740992.0, 1e300, -0.0, 1.0 / 3, 0.1 + 0.2};
    for (unsigned i = 0; i < p->table_count; i++) {
        struct table *t = &f->tables[i];
        for (size_t row = 0; row < (t->decl->single ? 1u : 5u); row++) {
            table_add(t);
            for (unsigned column = 0; column < t->decl->column_count; column++) {
                unsigned pick = (unsigned)row * 7 + column + salt;
                if (pick % 5 == 4)
                    cell_unknown(t, row, column, pick % 2 ? "/proc/slabinfo: permission denied" : "one moment only");
                else if (pick % 11 == 3)
                    continue; /* not read */
                else if (t->decl->columns[column].values)
                    cell_text(t, row, column, t->decl->columns[column].values[pick % 2]);
                else if (t->decl->columns[column].type == TYPE_TEXT)
                    cell_text(t, row, column, pick % 3 ? "mysqld \"the\" \\one\\" : "größe <b>\x1b[31m");
                else if (t->decl->columns[column].type == TYPE_BOOL)
                    cell_bool(t, row, column, pick & 1);
                else
                    cell_number(t, row, column, numbers[pick % (sizeof numbers / sizeof *numbers)]);
            }
        }
        t->omitted = t->decl->single ? 0 : i * 100;
    }
    f->cost_s = 0.0123456;
    f->coverage = salt % 2 ? 0.875 : -1;
    if (salt % 3 == 1)
        facts_fail(f, STATUS_PARTIAL, "312 of 400 processes were read");
    return f;
}

static const char *two[] = {"one", "two"};

static struct case_file *full_case(void)
{
    struct case_file *c = case_new();
    struct arena *a = &c->arena;
    c->host = "db1";
    c->case_id = "T-4711";
    c->playbook = "memory-fragmentation";
    c->playbook_title = "Is it fragmentation?";
    c->root = "/";
    c->version = "0.1";
    c->started = 1795224158;
    c->duration_s = 31.25;
    c->window_s = 30;
    c->status = CASE_CRITICAL;
    c->headline = "Free memory is in pieces: 93 % of it cannot serve a 2 MiB request.";
    c->lead = "physical";
    c->complete = true;
    for (unsigned i = 0; probes[i]; i++)
        case_put_facts(c, full_facts(probes[i], i));

    struct evidence *evidence = arena_alloc(a, 9 * sizeof *evidence);
    for (unsigned type = TYPE_BOOL; type <= TYPE_BYTE_RATE; type++)
        evidence[type] = (struct evidence){"zone.free", value_number(type, 0.5)};
    evidence[TYPE_BOOL].value = value_bool(true);
    evidence[TYPE_TEXT].value = value_text("Normal");
    evidence[8] = (struct evidence){"swap", value_unknown(TYPE_BYTES, "/proc/1/smaps: permission denied")};
    c->finding_count = 2;
    c->findings = arena_alloc(a, 2 * sizeof *c->findings);
    c->findings[0] = (struct finding){.id = "order9",
                                      .step = "buddy",
                                      .severity = SEVERITY_CRITICAL,
                                      .say = "Node 0 Normal: 93 %.",
                                      .row = "node=0 name=Normal",
                                      .identity = "zone Normal",
                                      .evidence = evidence,
                                      .evidence_count = 9,
                                      .recommend = two,
                                      .recommend_count = 2,
                                      .why = "why so",
                                      .source = "kernel",
                                      .formula = "unusable_huge > 50%"};
    c->findings[1] = (struct finding){.id = "bare", .say = "Only what must be there."};

    c->check_count = 4;
    c->checks = arena_alloc(a, 4 * sizeof *c->checks);
    for (unsigned i = 0; i < 4; i++)
        c->checks[i] = (struct check){.id = i ? "other" : "order9",
                                      .step = "buddy",
                                      .severity = i % 3,
                                      .result = i,
                                      .why = i > 1 ? "/proc/pagetypeinfo: permission denied" : NULL,
                                      .optional = i == 2,
                                      .rows = 3,
                                      .fired = i,
                                      .unknown = 2,
                                      .formula = "a > b",
                                      .threshold_why = "t",
                                      .source = "s"};
    c->verdict_count = 4;
    c->verdicts = arena_alloc(a, 4 * sizeof *c->verdicts);
    for (unsigned i = 0; i < 4; i++)
        c->verdicts[i] = (struct verdict){.id = i ? "heap" : "physical",
                                          .title = "A hypothesis",
                                          .state = i,
                                          .sentences_for = two,
                                          .for_count = 2,
                                          .sentences_against = i ? NULL : two,
                                          .against_count = i ? 0 : 2,
                                          .kind = i ? NULL : "pinned",
                                          .owners = i ? NULL : two,
                                          .owner_count = i ? 0 : 2};
    c->recommendation_count = 2;
    c->recommendations = arena_alloc(a, 2 * sizeof *c->recommendations);
    c->recommendations[0] = (struct recommendation){
        "compact", "sysctl",   "Compact",       "0",      "20",      "sysctl -w a=20\nsysctl -w b=1",
        "echo",    "sysctl a", "sysctl -w a=0", "little", "because", "vm.a"};
    c->recommendations[1] = (struct recommendation){.id = "watch", .kind = "observe", .title = "Watch"};
    c->answer_count = 3;
    c->answers = arena_alloc(a, 3 * sizeof *c->answers);
    c->answers[0] = (struct answer){"who", "start", "Which process?", value_number(TYPE_COUNT, 4711), "4711", false};
    c->answers[1] = (struct answer){"slow", "start", "Is it slow?", value_bool(false), "no", true};
    c->answers[2] =
        (struct answer){"since", "start", "Since when?", value_unknown(TYPE_SECONDS, "not answered"), NULL, true};
    c->experiment_count = 4;
    c->experiments = arena_alloc(a, 4 * sizeof *c->experiments);
    for (unsigned i = 0; i < 4; i++)
        c->experiments[i] = (struct experiment){.id = "compact_now",
                                                .step = "buddy",
                                                .ask = "Compact?",
                                                .action = "compact",
                                                .cost = "2 s",
                                                .risk = "none",
                                                .state = i,
                                                .why = i == EXPERIMENT_FAILED ? "permission denied" : NULL,
                                                .measure = "unusable free memory",
                                                .before = value_number(TYPE_RATIO, 0.93),
                                                .after = value_unknown(TYPE_RATIO, "the experiment was not made")};
    c->experiments[EXPERIMENT_DONE].after = value_number(TYPE_RATIO, 1.0 / 3);
    c->experiments[EXPERIMENT_DONE].duration_s = 1.75;
    c->note_count = 1;
    c->notes = arena_alloc(a, sizeof *c->notes);
    c->notes[0] = (struct note){"start", 1795224160, "after the backup"};
    c->step_count = 4;
    c->steps = arena_alloc(a, 4 * sizeof *c->steps);
    for (unsigned i = 0; i < 4; i++) {
        struct step_record *s = &c->steps[i];
        *s = (struct step_record){.id = "buddy",
                                  .title = "Free memory",
                                  .why = "w",
                                  .classic = "cat /proc/buddyinfo",
                                  .blind = "b",
                                  .probes = two,
                                  .probe_count = i ? 0 : 2};
        s->state = i;
        s->show_count = i ? 0 : c->facts_count;
        s->shows = arena_alloc(a, (s->show_count + 1) * sizeof *s->shows);
        for (size_t k = 0; k < s->show_count; k++) {
            const struct probe *p = c->facts[k]->probe;
            const struct table_decl *d = &p->tables[p->table_count - 1];
            const char **columns = arena_alloc(a, sizeof *columns);
            columns[0] = d->columns[0].name;
            size_t *rows = arena_alloc(a, sizeof *rows);
            s->shows[k] = (struct shown){p->name, d->name, k ? "A table" : NULL, columns, 1, rows, 1, k};
        }
    }
    return c;
}

static void same_again(const char *name, struct case_file *c)
{
    size_t length, again;
    AUTO_FREE char *first = case_to_json(c, &length);
    assert_int_equal(strlen(first), length);
    leave(name, first);
    struct err e = {0};
    struct case_file *loaded = case_from_json(name, first, length, &e);
    if (!loaded)
        fail_msg("%s", e.text);
    AUTO_FREE char *second = case_to_json(loaded, &again);
    assert_string_equal(first, second);
    assert_int_equal(length, again);
    case_free(loaded);
}

static void saved_loaded_saved_gives_the_same_bytes(void **state)
{
    (void)state;
    struct case_file *c = full_case();
    same_again("full", c);
    case_free(c);
}

static void a_case_that_has_only_begun_can_be_saved(void **state)
{
    (void)state;
    struct case_file *c = case_new();
    same_again("empty", c);
    case_free(c);
}

static void every_member_comes_back(void **state)
{
    (void)state;
    struct case_file *c = full_case();
    size_t length;
    AUTO_FREE char *json = case_to_json(c, &length);
    struct case_file *l = case_from_json("x", json, length, NULL);
    assert_non_null(l);
    assert_string_equal(l->host, "db1");
    assert_string_equal(l->case_id, "T-4711");
    assert_string_equal(l->lead, "physical");
    assert_int_equal(l->status, CASE_CRITICAL);
    assert_true(l->started == c->started && l->duration_s == 31.25 && l->window_s == 30 && l->complete);
    assert_int_equal(l->findings[0].evidence_count, 9);
    assert_string_equal(l->findings[0].evidence[TYPE_TEXT].value.text, "Normal");
    assert_string_equal(l->findings[0].evidence[8].value.why, "/proc/1/smaps: permission denied");
    assert_int_equal(l->findings[0].evidence[8].value.type, TYPE_BYTES);
    assert_null(l->findings[1].row);
    assert_string_equal(l->findings[0].identity, "zone Normal");
    assert_null(l->findings[1].identity);
    assert_string_equal(l->verdicts[0].kind, "pinned");
    assert_int_equal(l->verdicts[0].owner_count, 2);
    assert_string_equal(l->verdicts[0].owners[1], "two");
    assert_true(!l->verdicts[1].kind && !l->verdicts[1].owner_count);
    assert_int_equal(l->experiment_count, 4);
    const struct experiment *done = &l->experiments[EXPERIMENT_DONE], *failed = &l->experiments[EXPERIMENT_FAILED];
    assert_string_equal(done->id, "compact_now");
    assert_true(done->state == EXPERIMENT_DONE && done->before.number == 0.93 && done->after.number == 1.0 / 3);
    assert_true(done->after.type == TYPE_RATIO && done->duration_s == 1.75);
    assert_true(failed->state == EXPERIMENT_FAILED && !failed->after.known);
    assert_string_equal(failed->why, "permission denied");
    assert_string_equal(failed->after.why, "the experiment was not made");
    assert_string_equal(l->recommendations[0].apply, "sysctl -w a=20\nsysctl -w b=1"); /* lines stay lines */
    assert_null(l->recommendations[1].apply);
    assert_true(l->answers[0].value.number == 4711 && !l->answers[0].defaulted && l->answers[1].defaulted);
    assert_true(l->notes[0].wall == c->notes[0].wall);
    assert_int_equal(l->facts_count, c->facts_count);
    for (size_t i = 0; i < l->facts_count; i++) {
        struct facts *a = c->facts[i], *b = l->facts[i];
        assert_ptr_equal(a->probe, b->probe);
        assert_int_equal(a->status, b->status);
        for (unsigned k = 0; k < a->probe->table_count; k++) {
            struct table *s = &a->tables[k], *t = &b->tables[k];
            assert_int_equal(s->rows, t->rows);
            assert_int_equal(s->omitted, t->omitted);
            for (size_t row = 0; row < s->rows; row++) {
                for (unsigned column = 0; column < s->decl->column_count; column++) {
                    struct value x = cell_get(s, row, column), y = cell_get(t, row, column);
                    assert_int_equal(x.known, y.known);
                    if (!x.known)
                        assert_string_equal(x.why, y.why);
                    else if (x.type == TYPE_TEXT)
                        assert_string_equal(x.text, y.text);
                    else if (x.type == TYPE_BOOL)
                        assert_int_equal(x.truth, y.truth);
                    else
                        assert_true(x.number == y.number);
                }
            }
        }
    }
    case_free(c);
    case_free(l);
}

static void any_changed_byte_is_noticed(void **state)
{
    (void)state;
    AUTO_FREE char *json = sign(HEAD ", \"headline\": \"All is well.\"");
    size_t length = strlen(json);
    struct case_file *c = case_from_json("a.json", json, length, NULL);
    assert_non_null(c);
    case_free(c);
    for (size_t i = 0; i < length; i++) {
        char kept = json[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            struct err e = {0};
            json[i] = (char)(kept ^ (1 << bit));
            assert_null(case_from_json("a.json", json, length, &e));
            assert_non_null(strstr(e.text, "a.json: was changed or damaged"));
        }
        json[i] = kept;
        assert_null(case_from_json("a.json", json, i, NULL)); /* cut short */
    }
    AUTO_FREE char *longer = mem_printf("%s\n", json);
    assert_null(case_from_json("a.json", longer, length + 1, NULL));
}

static void a_case_without_checksum_is_refused(void **state)
{
    (void)state;
    struct err e;
    const char *bare = "{" HEAD "}\n";
    assert_null(case_from_json("a.json", bare, strlen(bare), &e));
    assert_non_null(strstr(e.text, "no checksum"));
    assert_null(case_from_json("a.json", "", 0, &e));
    assert_null(case_from_json("a.json", "\0\0\0", 3, &e));
}

static void what_is_wrong_is_told_in_a_sentence(void **state)
{
    (void)state;
    refuse("\"format\": \"fragwizard-case/2\"", "format fragwizard-case/2");
    refuse("\"a\": 1", "format none");
    refuse("\"format\": [", "not a valid case");
    refuse("\"format\": \"fragwizard-case/1\", \"host\": 5", "host.name is not text");
    refuse("\"format\": \"fragwizard-case/1\", \"format\": \"x\"", "duplicate");
    refuse(HEAD ", \"headline\": 3", "headline is not text");
    refuse(HEAD ", \"findings\": {}", "findings is not a list");
    refuse(HEAD ", \"findings\": [7]", "finding.id is not text");
    refuse(HEAD ", \"findings\": [{\"id\": \"a\", \"severity\": \"bad\", \"say\": \"\"}]", "finding.severity");
    refuse(HEAD ", \"findings\": [{\"id\": \"a\", \"severity\": \"info\", \"say\": \"\", \"evidence\": "
                "[{\"name\": \"x\", \"value\": \"1\", \"type\": \"bytes\"}]}]",
           "evidence.value");
    refuse(HEAD ", \"verdicts\": [{\"id\": \"a\", \"title\": \"\", \"state\": \"unknown\", \"for\": [1]}]",
           "verdict.for");
    refuse(HEAD ", \"experiments\": [7]", "experiment.id is not text");
    refuse(HEAD ", \"experiments\": [{\"id\": \"a\", \"action\": \"compact\", \"state\": \"perhaps\"}]",
           "experiment.state");
    refuse(HEAD ", \"experiments\": [{\"id\": \"a\", \"action\": \"compact\", \"state\": \"done\", \"before\": 1}]",
           "experiment.before.type");
    refuse(HEAD ", \"duration_s\": \"1\"", "duration_s is not a number");
    refuse(HEAD ", \"complete\": 1", "complete is not true or false");
    refuse(HEAD ", \"notes\": [{\"time\": \"yesterday\", \"text\": \"\"}]", "note.time");
    refuse(HEAD ", \"facts\": []", "facts is not an object");
    refuse(HEAD ", \"facts\": {\"memory\": {\"status\": \"fine\"}}", "memory.status");
    refuse(HEAD ", \"window_s\": 1e999", "not a valid case");
    refuse(HEAD ", \"window_s\": 123456789012345678901234567890", "not a valid case");
    refuse(HEAD ", \"headline\": \"\xff\xfe\"", "not a valid case");
    refuse(HEAD ", \"headline\": \"a\\u0000b\"", "not a valid case");
    AUTO_STR struct str deep = {0};
    str_add(&deep, HEAD ", \"x\": ");
    for (unsigned i = 0; i < 100000; i++)
        str_add_char(&deep, '[');
    refuse(str_text(&deep), "nested deeper than 64");
    AUTO_STR struct str wide = {0};
    str_add(&wide, HEAD ", \"x\": [0");
    for (unsigned i = 0; i < 1100000; i++)
        str_add(&wide, ",0");
    str_add(&wide, "]");
    refuse(str_text(&wide), "more than");
}

static void what_a_newer_version_wrote_is_passed_over(void **state)
{
    (void)state;
    const struct probe *p = probe_find("memory");
    assert_non_null(p);
    const struct table_decl *d = &p->tables[0];
    AUTO_FREE char *members = mem_printf(
        HEAD
        ", \"color\": {\"a\": [1]}, \"facts\": {\"quantum\": {\"status\": \"ok\", \"q\": [{\"a\": 1}]}, \"memory\": {"
        "\"status\": \"ok\", \"cost_ms\": 1, \"coverage\": null, \"new_table\": [{}], \"%s\": [{\"new_column\": 1}, "
        "{}, 7], "
        "\"unknown\": [{}, 1, {\"table\": \"none\", \"column\": \"x\", \"rows\": \"all\", \"why\": \"y\"}, "
        "{\"table\": \"%s\", \"column\": \"%s\", \"rows\": [-1, 99, \"x\", 1e9], \"why\": \"y\"}], \"omitted\": "
        "{\"x\": 1}}}, "
        "\"steps\": [{\"id\": \"s\", \"title\": \"t\", \"state\": \"done\", \"shows\": ["
        "{\"probe\": \"quantum\", \"table\": \"q\", \"rows\": [0]}, "
        "{\"probe\": \"memory\", \"table\": \"%s\", \"columns\": [\"nope\", \"%s\"], \"rows\": [0, 5, -1, "
        "99999999999]}]}]",
        d->name, d->name, d->columns[0].name, d->name, d->columns[0].name);
    struct err e = {0};
    struct case_file *c = load(members, &e);
    if (!c)
        fail_msg("%s", e.text);
    assert_int_equal(c->facts_count, 1);
    struct table *t = facts_table(case_facts(c, "memory"), d->name);
    assert_int_equal(t->rows, d->single ? 1 : 3);
    struct value v = cell_get(t, 0, 0);
    assert_false(v.known);
    assert_non_null(strstr(v.why, "another version"));
    assert_int_equal(c->steps[0].show_count, 1);
    assert_int_equal(c->steps[0].shows[0].column_count, 1);
    assert_int_equal(c->steps[0].shows[0].row_count, 1); /* only rows that exist */
    case_free(c);
}

static void loaded_text_is_harmless(void **state)
{
    (void)state;
    struct case_file *c = load(HEAD ", \"case_id\": \"a\\nb\", \"headline\": \"\\u001b[2J red \\u202e\\u0007\\u009b\", "
                                    "\"notes\": [{\"time\": \"2026-11-21T01:22:38Z\", \"text\": \"a\\nb\\tc\"}]",
                               NULL);
    assert_non_null(c);
    assert_string_equal(c->headline, "\uFFFD[2J red \uFFFD\uFFFD\uFFFD");
    assert_string_equal(c->case_id, "a\uFFFDb");
    assert_string_equal(c->notes[0].text, "a\nb\uFFFDc");
    case_free(c);
}

static void numbers_are_plain_in_json(void **state)
{
    (void)state;
    static const struct column columns[] = {
        {"free", TYPE_BYTES, ""}, {"share", TYPE_RATIO, ""}, {"name", TYPE_TEXT, ""}, {"huge", TYPE_BOOL, ""}};
    static const struct table_decl tables[] = {{.name = "zone", .columns = columns, .column_count = 4}};
    static const struct probe probe = {.name = "toy", .tables = tables, .table_count = 1};
    struct facts *f = facts_new(&probe);
    struct table *t = facts_table(f, "zone");
    for (size_t row = 0; row < 3; row++) {
        table_add(t);
        cell_number(t, row, 0, 68719476736.0 + (double)row);
        cell_number(t, row, 1, 0.1);
        cell_text(t, row, 2, "Normal \"x\"");
        cell_unknown(t, row, 3, row == 1 ? "denied" : "absent");
    }
    f->cost_s = 0.0015;
    facts_fail(f, STATUS_PARTIAL, "some");
    size_t length;
    AUTO_FREE char *json = facts_to_json(f, &length);
    assert_string_equal(json,
                        "{\n"
                        "  \"status\": \"partial\",\n"
                        "  \"reason\": \"some\",\n"
                        "  \"cost_ms\": 1.5,\n"
                        "  \"coverage\": null,\n"
                        "  \"zone\": [\n"
                        "    {\"free\": 68719476736, \"share\": 0.1, \"name\": \"Normal \\\"x\\\"\", \"huge\": null},\n"
                        "    {\"free\": 68719476737, \"share\": 0.1, \"name\": \"Normal \\\"x\\\"\", \"huge\": null},\n"
                        "    {\"free\": 68719476738, \"share\": 0.1, \"name\": \"Normal \\\"x\\\"\", \"huge\": null}\n"
                        "  ],\n"
                        "  \"unknown\": [\n"
                        "    {\n"
                        "      \"table\": \"zone\",\n"
                        "      \"column\": \"huge\",\n"
                        "      \"rows\": [0, 2],\n"
                        "      \"why\": \"absent\"\n"
                        "    },\n"
                        "    {\n"
                        "      \"table\": \"zone\",\n"
                        "      \"column\": \"huge\",\n"
                        "      \"rows\": [1],\n"
                        "      \"why\": \"denied\"\n"
                        "    }\n"
                        "  ],\n"
                        "  \"omitted\": {}\n"
                        "}\n");
    facts_free(f);
}

static void no_table_takes_a_name_that_means_something_else(void **state)
{
    (void)state;
    static const char *const taken[] = {"status", "reason", "cost_ms", "coverage", "unknown", "omitted"};
    for (size_t i = 0; probes[i]; i++)
        for (unsigned k = 0; k < probes[i]->table_count; k++)
            for (size_t n = 0; n < sizeof taken / sizeof *taken; n++)
                assert_string_not_equal(probes[i]->tables[k].name, taken[n]);
}

static void a_saved_case_is_private_and_loads(void **state)
{
    (void)state;
    char directory[] = "/tmp/fragwizard-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct case_file *c = full_case();
    AUTO_FREE char *inner = mem_printf("%s/new", directory);
    AUTO_FREE char *path = mem_printf("%s/a.json", inner);
    c->path = path;
    struct err e = {0};
    assert_true(case_save(c, &e));
    assert_true(case_save(c, &e)); /* over the old one */
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    struct case_file *l = case_load(path, &e);
    assert_non_null(l);
    assert_string_equal(l->path, path);
    size_t a, b;
    AUTO_FREE char *first = case_to_json(c, &a);
    AUTO_FREE char *second = case_to_json(l, &b);
    assert_string_equal(first, second);
    case_free(c);
    case_free(l);

    AUTO_FREE char *fifo = mem_printf("%s/fifo", directory);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(case_load(fifo, &e)); /* and does not wait for a writer */
    assert_non_null(strstr(e.text, "not a regular file"));
    assert_null(case_load(directory, &e));
    unlink(fifo);
    AUTO_FREE char *none = mem_printf("%s/none", directory);
    assert_null(case_load(none, &e));
    assert_non_null(strstr(e.text, "No such file"));
    AUTO_FREE char *large = mem_printf("%s/large", directory);
    int fd = open(large, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, 64 * 1024 * 1024 + 1), 0);
    close(fd);
    assert_null(case_load(large, &e));
    assert_non_null(strstr(e.text, "64 MiB"));
    unlink(large);
    unlink(path);
    rmdir(inner);
    assert_int_equal(rmdir(directory), 0); /* nothing else was left there */
}

static void facts_of_a_probe_are_replaced(void **state)
{
    (void)state;
    struct case_file *c = case_new();
    case_put_facts(c, facts_new(probes[0]));
    struct facts *second = facts_new(probes[0]);
    case_put_facts(c, second);
    case_put_facts(c, facts_new(probes[1]));
    assert_int_equal(c->facts_count, 2);
    assert_ptr_equal(case_facts(c, probes[0]->name), second);
    assert_null(case_facts(c, "none"));
    case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saved_loaded_saved_gives_the_same_bytes),
        cmocka_unit_test(a_case_that_has_only_begun_can_be_saved),
        cmocka_unit_test(every_member_comes_back),
        cmocka_unit_test(any_changed_byte_is_noticed),
        cmocka_unit_test(a_case_without_checksum_is_refused),
        cmocka_unit_test(what_is_wrong_is_told_in_a_sentence),
        cmocka_unit_test(what_a_newer_version_wrote_is_passed_over),
        cmocka_unit_test(loaded_text_is_harmless),
        cmocka_unit_test(numbers_are_plain_in_json),
        cmocka_unit_test(no_table_takes_a_name_that_means_something_else),
        cmocka_unit_test(a_saved_case_is_private_and_loads),
        cmocka_unit_test(facts_of_a_probe_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
