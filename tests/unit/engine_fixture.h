/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A playbook given as text over a captured tree made by the test, and an operator who follows a list of moves. */
#ifndef FW_TESTS_ENGINE_FIXTURE_H
#define FW_TESTS_ENGINE_FIXTURE_H

#include "tree.h"

#include <jansson.h>

#include "engine/run/engine.h"

struct bench {
    struct tree tree;
    struct playbook *playbook;
    struct case_file *c;
    struct engine *engine;
    struct engine_options options;
    struct err e;
};

/* What the operator says, in turn; MOVE_NEXT when the list has ended. */
struct operator
{
    const enum move *moves;
    size_t count, at;
    const double *answers; /* of yes/no and numbers; taken at MOVE_NEXT, then defaults */
    size_t answer_count, answer_at;
    char log[1024];
};

static inline void op_log(struct operator* o, const char *what)
{
    size_t used = strlen(o->log);
    snprintf(o->log + used, sizeof o->log - used, "%s%s", used ? " " : "", what);
}

static inline enum move op_next(struct operator* o)
{
    return o->at < o->count ? o->moves[o->at++] : MOVE_NEXT;
}

static inline enum move op_ask(void *data, struct engine *g, const struct question *q, struct reply *reply)
{
    (void)g;
    struct operator* o = data;
    op_log(o, q->id);
    enum move m = op_next(o);
    if (m == MOVE_NEXT && o->answer_at < o->answer_count) {
        double d = o->answers[o->answer_at++];
        enum type type = reply->value.type;
        *reply = (struct reply){.value = type == TYPE_BOOL ? value_bool(d != 0) : value_number(type, d)};
    }
    return m;
}

static inline enum move op_step_ends(void *data, struct engine *g, const struct step *step)
{
    (void)g;
    struct operator* o = data;
    char what[64];
    snprintf(what, sizeof what, "/%s", step->id);
    op_log(o, what);
    return op_next(o);
}

static inline struct ui op_ui(struct operator* o)
{
    return (struct ui){.data = o, .ask = op_ask, .step_ends = op_step_ends};
}

static inline bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static inline bool on_this_line(const char *text, const char *what)
{
    const char *found = strstr(text, what);
    return found && found < text + strcspn(text, "\n");
}

/* What must be said of steps, rules and recommendations would here only be in the way, so it is put in: reasons, and a
 * recommendation for each warning. */
static inline void bench_playbook(struct bench *b, const char *text)
{
    static const char todo[] = "\n- {id: todo, kind: observe, why: W, title: Do}";
    struct diags d = {0};
    AUTO_STR struct str whole = {0};
    bool listed = false, used = false;
    str_add(&whole, "format: fragwizard-playbook/1\nname: t\ntitle: T\nsummary: S\nwindow: 1s\n");
    for (; *text; text++) {
        if (starts(text, "\n  title:"))
            str_add(&whole, "\n  why: W");
        if (starts(text, ", severity:") || starts(text, ", kind:"))
            str_add(&whole, ", why: W");
        if ((starts(text, ", severity: warning") || starts(text, ", severity: critical")) &&
            !on_this_line(text, "recommend:")) {
            str_add(&whole, ", recommend: [todo]");
            used = true;
        }
        if (used && starts(text, "\nrecommendations:")) {
            str_printf(&whole, "\nrecommendations:%s", todo);
            text += strlen("\nrecommendations:");
            listed = true;
        }
        str_add_char(&whole, *text);
    }
    if (used && !listed)
        str_printf(&whole, "recommendations:%s\n", todo);
    playbook_free(b->playbook);
    b->playbook = playbook_parse("t.yaml", whole.data, whole.length, &d);
    if (!b->playbook) {
        diags_print(&d, stderr);
        fail_msg("the playbook has faults");
    }
    diags_free(&d);
}

static inline void bench_close(struct bench *b)
{
    engine_free(b->engine);
    case_free(b->c);
    b->engine = NULL;
    b->c = NULL;
}

/* A new case over the tree, or the one given. */
static inline void bench_open(struct bench *b, struct case_file *loaded)
{
    if (!b->tree.root.path)
        tree_open(&b->tree);
    b->c = loaded ? loaded : case_new();
    b->options.playbook = b->playbook;
    b->options.root = &b->tree.root;
    b->options.window_s = -1;
    b->engine = engine_new(&b->options, b->c);
}

static inline bool bench_run(struct bench *b, const struct ui *ui)
{
    return engine_run(b->engine, ui, &b->e);
}

/* The audit, from the start. */
static inline struct case_file *bench_audit(struct bench *b)
{
    static const struct ui nobody = {0};
    bench_close(b);
    bench_open(b, NULL);
    if (!bench_run(b, &nobody))
        fail_msg("%s", b->e.text);
    return b->c;
}

static inline int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    tree_new(&b->tree);
    *state = b;
    return 0;
}

static inline int bench_teardown(void **state)
{
    struct bench *b = *state;
    bench_close(b);
    playbook_free(b->playbook);
    tree_free(&b->tree);
    free(b);
    return 0;
}
#define bench_test(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

static inline const struct check *check_of(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->check_count; i++)
        if (strcmp(c->checks[i].id, id) == 0)
            return &c->checks[i];
    fail_msg("no check %s", id);
    return NULL;
}
#define assert_check(c, id, expected) assert_string_equal(check_result_name(check_of(c, id)->result), expected)

static inline const char *verdict_of(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->verdict_count; i++)
        if (strcmp(c->verdicts[i].id, id) == 0)
            return verdict_state_name(c->verdicts[i].state);
    return "(none)";
}

static inline const struct recommendation *recommended(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->recommendation_count; i++)
        if (strcmp(c->recommendations[i].id, id) == 0)
            return &c->recommendations[i];
    return NULL;
}

static inline const struct answer *answer_of(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->answer_count; i++)
        if (strcmp(c->answers[i].id, id) == 0)
            return &c->answers[i];
    return NULL;
}

/* "a b c": the sentences of the findings, as listed. */
static inline const char *said(const struct case_file *c)
{
    static char out[2048];
    *out = '\0';
    for (size_t i = 0; i < c->finding_count; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "", c->findings[i].say);
    return out;
}

/* The case as JSON, without what differs between any two runs: times. Caller frees. */
static inline char *timeless(const struct case_file *c)
{
    size_t length;
    AUTO_FREE char *text = case_to_json(c, &length);
    json_t *root = json_loads(text, 0, NULL), *facts;
    const char *name;
    assert_non_null(root);
    json_object_del(root, "checksum");
    json_object_del(root, "duration_s");
    json_object_del(root, "started");
    json_object_foreach(json_object_get(root, "facts"), name, facts) json_object_del(facts, "cost_ms");
    char *out = json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS);
    json_decref(root);
    return out;
}

/* Memory of 1000 MiB of which `available` MiB are available, and swap devices a, b, c with use of 10, 80 and 90 %. */
static inline void bench_machine(struct bench *b, unsigned available)
{
    char text[512];
    snprintf(text, sizeof text,
             "MemTotal: 1024000 kB\nMemFree: 102400 kB\nMemAvailable: %u kB\nBuffers: 0 kB\nCached: 0 kB\n"
             "SwapTotal: 3000 kB\nSwapFree: 1200 kB\n",
             available * 1024);
    tree_file(&b->tree, "proc/meminfo", text);
    tree_file(&b->tree, "proc/swaps",
              "Filename Type Size Used Priority\n/a partition 1000 100 -2\n/b partition 1000 800 -3\n"
              "/c partition 1000 900 -4\n");
}

/* A process whose private memory is known, or is not. */
static inline void bench_process(struct bench *b, unsigned pid, const char *name, long pss_kb)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "proc/%u/stat", pid);
    snprintf(
        text, sizeof text,
        "%u (%s) S 1 1 1 0 -1 4194560 83 0 0 0 12 3 0 0 20 0 1 0 8112 2703360000 600 18446744073709551615 1 1 0 0 0\n",
        pid, name);
    tree_file(&b->tree, path, text);
    if (pss_kb < 0)
        return;
    snprintf(path, sizeof path, "proc/%u/smaps_rollup", pid);
    snprintf(text, sizeof text,
             "55cf7df9a000-7fffc9ce0000 ---p 00000000 00:00 0 [rollup]\nRss: %ld kB\nPss: %ld kB\nPss_Shmem: 0 kB\n"
             "Private_Clean: 0 kB\nPrivate_Dirty: %ld kB\nAnonymous: %ld kB\nSwap: 0 kB\nSwapPss: 0 kB\n",
             pss_kb, pss_kb, pss_kb, pss_kb);
    tree_file(&b->tree, path, text);
}

#endif
