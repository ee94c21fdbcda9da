/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The comparison as tables for templates/diff.html, and the document made from both. */
#include "report/compare_document.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/text.h"
#include "report/document.h"
#include "report/formats.h"
#include "report/lookup.h"
#include "report/rows.h"
#include "report/tree.h"

#define DIFF_COLUMNS(X)                                                                                                \
    X(TEXT, "outcome", "what the comparison says", outcome_names[c->outcome], .values = outcome_names)                 \
    X(TEXT, "sign", "sign of the outcome", look->sign)                                                                 \
    X(TEXT, "class", "status class of the outcome", look->class)                                                       \
    X(TEXT, "sentence", "the outcome in words", c->sentence)                                                           \
    X(TEXT, "host", "host name", b->host)                                                                              \
    X(TEXT, "playbook", "name of the playbook", b->playbook)                                                           \
    X(TEXT, "playbook_title", "title of the playbook", b->playbook_title ? b->playbook_title : b->playbook)            \
    X(SECONDS, "between", "time between the two runs", fabs(b->started - c->run[BEFORE]->started))                     \
    X(COUNT, "weighty", "warnings and critical findings of either run", weighty)                                       \
    X(COUNT, "info", "findings for information of either run", c->finding_count - weighty)
static const struct column diff_columns[] = {DIFF_COLUMNS(ROW_COLUMN)};
static const char *const sides[] = {[BEFORE] = "before", [AFTER] = "after", [SIDES] = NULL};
#define RUN_COLUMNS(X)                                                                                                 \
    X(TEXT, "side", "which of the two", sides[side], .values = sides)                                                  \
    X(TEXT, "word", "the same, to begin a line", side == BEFORE ? "Before" : "After")                                  \
    X(TEXT, "case", "case id given by the operator", x->case_id)                                                       \
    X(TEXT, "started", "when the run began, for people", wall_text(x->started).text)                                   \
    X(TEXT, "started_iso", "the same, ISO 8601", iso)                                                                  \
    X(SECONDS, "window", "length of the window observed", x->window_s)                                                 \
    X(TEXT, "status", "the worst that was found", case_status_names[x->status], .values = case_status_names)           \
    X(TEXT, "sign", "sign of the status", status_looks[x->status].sign)                                                \
    X(TEXT, "headline", "the verdict in a sentence", x->headline ? x->headline : status_looks[x->status].word)         \
    X(TEXT, "user", "user that looked", lookup_text(lookup_table(x, "host", "host"), 0, "user"))
static const struct column run_columns[] = {RUN_COLUMNS(ROW_COLUMN)};
static const struct column finding_columns[] = {
    {"index", TYPE_COUNT, "from 1, worst news first"},
    {"change", TYPE_TEXT, "what became of it", .values = change_names},
    {"sign", TYPE_TEXT, "sign of the change"},
    {"class", TYPE_TEXT, "status class of the change"},
    {"word", TYPE_TEXT, "the change in words"},
    {"id", TYPE_TEXT, "the rule"},
    {"severity", TYPE_TEXT, "the worse of the two", .values = severity_names},
    {"severity_word", TYPE_TEXT, "word for it"},
    {"say", TYPE_TEXT, "the sentence, of the later run that has it"},
    {"why", TYPE_TEXT, "why it could not be looked for"},
    {"redefined", TYPE_BOOL, "its condition is not the same in both runs"},
    {"figure_count", TYPE_COUNT, "figures"},
};
static const struct column figure_columns[] = {
    {"finding_index", TYPE_COUNT, "its finding"},     {"name", TYPE_TEXT, "column"},
    {"before", TYPE_TEXT, "value before, with unit"}, {"after", TYPE_TEXT, "value after, with unit"},
    {"why", TYPE_TEXT, "why one of them is unknown"}, {"differs", TYPE_BOOL, "the two differ"},
};
static const struct column machine_columns[] = {
    {"name", TYPE_TEXT, "a figure of the whole machine"},
    {"before", TYPE_TEXT, "value before, with unit"},
    {"after", TYPE_TEXT, "value after, with unit"},
    {"class", TYPE_TEXT, "strong where the two differ, else dim"},
};
static const struct column verdict_columns[] = {
    {"id", TYPE_TEXT, "id"},
    {"title", TYPE_TEXT, "the hypothesis"},
    {"before", TYPE_TEXT, "sign, state and kind before"},
    {"after", TYPE_TEXT, "sign, state and kind after"},
    {"class", TYPE_TEXT, "strong where the two differ, else dim"},
    {"leads", TYPE_TEXT, "in which run it leads"},
};
static const struct column setting_columns[] = {
    {"name", TYPE_TEXT, "a setting that was changed"},
    {"before", TYPE_TEXT, "value before"},
    {"after", TYPE_TEXT, "value after"},
};
static const struct column check_columns[] = {
    {"id", TYPE_TEXT, "a check that could be made in one of the runs only"},
    {"severity", TYPE_TEXT, "severity if it fires"},
    {"before", TYPE_TEXT, "result before"},
    {"after", TYPE_TEXT, "result after"},
    {"why", TYPE_TEXT, "why it was not made"},
    {"decides", TYPE_BOOL, "the outcome depends on it"},
};
static const struct column experiment_columns[] = {
    {"id", TYPE_TEXT, "id"},
    {"ask", TYPE_TEXT, "what was proposed"},
    {"measure", TYPE_TEXT, "what was measured before and after it"},
    {"before", TYPE_TEXT, "its state in the run before, and what it measured"},
    {"after", TYPE_TEXT, "the same of the run after"},
};
static const struct column remark_columns[] = {
    {"say", TYPE_TEXT, "what to bear in mind"},
};

#define DIFF_TABLES(X)                                                                                                 \
    X(T_DIFF, "diff", "the comparison", COLUMNS(diff_columns), .single = true)                                         \
    X(T_RUN, "run", "the two runs", COLUMNS(run_columns))                                                              \
    X(T_FINDING, "finding", "what became of the findings", COLUMNS(finding_columns))                                   \
    X(T_FIGURE, "figure", "figures of a finding, side by side", COLUMNS(figure_columns))                               \
    X(T_MACHINE, "machine", "figures of the machine, side by side", COLUMNS(machine_columns))                          \
    X(T_VERDICT, "verdict", "hypotheses, side by side", COLUMNS(verdict_columns))                                      \
    X(T_SETTING, "setting", "settings that were changed", COLUMNS(setting_columns))                                    \
    X(T_CHECK, "check", "checks made in one run only", COLUMNS(check_columns))                                         \
    X(T_EXPERIMENT, "experiment", "experiments, side by side", COLUMNS(experiment_columns))                            \
    X(T_REMARK, "remark", "what to bear in mind", COLUMNS(remark_columns))
enum { DIFF_TABLES(LIST_INDEX) T_COUNT };
static const struct table_decl tables[] = {DIFF_TABLES(LIST_ENTRY)};
const struct probe compare_tables = {
    .name = "diff", .help = "what the template of a comparison can name", .tables = tables, .table_count = T_COUNT};

static void fill_diff(struct facts *f, const struct comparison *c)
{
    static const struct look looks[] = {[OUTCOME_BETTER] = {"[ok]", .class = "ok"},
                                        [OUTCOME_SAME] = {"[=]", .class = "info"},
                                        [OUTCOME_WORSE] = {"[!]", .class = "warning"},
                                        [OUTCOME_UNKNOWN] = {"[?]", .class = "unknown"}};
    const struct case_file *b = c->run[AFTER];
    bool critical = c->outcome == OUTCOME_WORSE && c->worst == SEVERITY_CRITICAL;
    const struct look *look = critical ? &severity_looks[c->worst] : &looks[c->outcome];
    size_t weighty = 0;
    for (size_t i = 0; i < c->finding_count; i++)
        weighty += finding_severity(&c->findings[i]) > SEVERITY_INFO;
    struct row r = row_new(f, T_DIFF);
    DIFF_COLUMNS(ROW_PUT)
}

static void fill_runs(struct facts *f, const struct comparison *c)
{
    for (int side = BEFORE; side < SIDES; side++) {
        const struct case_file *x = c->run[side];
        char iso[32];
        clock_iso(iso, x->started);
        struct row r = row_new(f, T_RUN);
        RUN_COLUMNS(ROW_PUT)
    }
}

static void put_sides(const struct row *r, const struct compared_figure *f)
{
    for (int side = BEFORE; side < SIDES; side++)
        put_value(r, sides[side], &f->value[side], strcmp(f->name, "pid") == 0);
}

static void put_class(const struct row *r, bool differs)
{
    put_text(r, "class", differs ? "strong" : "dim");
}

static void fill_figures(struct facts *f, const struct compared_finding *x, size_t index)
{
    for (size_t i = 0; i < x->figure_count; i++) {
        const struct compared_figure *figure = &x->figures[i];
        const struct value *blind = !figure->value[BEFORE].known  ? &figure->value[BEFORE]
                                    : !figure->value[AFTER].known ? &figure->value[AFTER]
                                                                  : NULL;
        struct row r = row_new(f, T_FIGURE);
        put_number(&r, "finding_index", (double)index);
        put_name(&r, "name", figure->name);
        put_sides(&r, figure);
        put_text(&r, "why", blind ? blind->why : NULL);
        put_bool(&r, "differs", figure_differs(figure));
    }
}

static void fill_findings(struct facts *f, const struct comparison *c)
{
    /* NULL: as the severity has them */
    static const struct look looks[CHANGES] = {
        [CHANGE_NEW] = {NULL, "New", NULL},
        [CHANGE_RAISED] = {NULL, "More severe", NULL},
        [CHANGE_UNSEEN_AFTER] = {"[?]", "Could not be looked for again", "unknown"},
        [CHANGE_UNSEEN_BEFORE] = {"[?]", "Could not be seen before", "unknown"},
        [CHANGE_GONE] = {"[ok]", "Gone", "ok"},
        [CHANGE_LOWERED] = {"[ok]", "Less severe", "ok"},
        [CHANGE_NONE] = {"[=]", "Unchanged", "dim"},
    };
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct compared_finding *x = &c->findings[i];
        const struct finding *said = x->finding[x->finding[AFTER] ? AFTER : BEFORE];
        enum severity severity = finding_severity(x);
        struct row r = row_new(f, T_FINDING);
        put_record(&r, &record_finding, said);
        put_number(&r, "index", (double)i + 1);
        put_text(&r, "change", change_names[x->change]);
        put_look(&r, looks[x->change].sign ? &looks[x->change] : &severity_looks[severity]);
        put_text(&r, "word", looks[x->change].word);
        put_text(&r, "severity", severity_name(severity));
        put_text(&r, "severity_word", severity_looks[severity].word);
        put_text(&r, "why", x->why);
        put_bool(&r, "redefined", x->redefined);
        put_number(&r, "figure_count", (double)x->figure_count);
        fill_figures(f, x, i + 1);
    }
    for (size_t i = 0; i < c->figure_count; i++) {
        struct row r = row_new(f, T_MACHINE);
        put_name(&r, "name", c->figures[i].name);
        put_sides(&r, &c->figures[i]);
        put_class(&r, figure_differs(&c->figures[i]));
    }
    for (size_t i = 0; i < c->setting_count; i++) {
        struct row r = row_new(f, T_SETTING);
        put_text(&r, "name", c->settings[i].name);
        put_sides(&r, &c->settings[i]);
    }
}

static void fill_verdicts(struct facts *f, const struct comparison *c)
{
    for (size_t i = 0; i < c->verdict_count; i++) {
        const struct compared_verdict *x = &c->verdicts[i];
        const struct verdict *named = x->verdict[x->verdict[AFTER] ? AFTER : BEFORE];
        struct row r = row_new(f, T_VERDICT);
        put_record(&r, &record_verdict, named);
        for (int side = BEFORE; side < SIDES; side++) {
            const struct verdict *v = x->verdict[side];
            AUTO_STR struct str s = {0};
            if (v)
                str_printf(&s, "%s %s", verdict_looks[v->state].sign, verdict_looks[v->state].word);
            if (v && v->kind)
                str_printf(&s, ", %s", v->kind);
            put_text(&r, sides[side], v ? str_text(&s) : "not weighed");
        }
        put_class(&r, verdict_differs(x));
        put_text(&r, "leads",
                 x->leads[BEFORE] && x->leads[AFTER] ? "leads in both"
                 : x->leads[BEFORE]                  ? "led before"
                 : x->leads[AFTER]                   ? "leads now"
                                                     : NULL);
    }
}

static void fill_checks(struct facts *f, const struct comparison *c)
{
    for (size_t i = 0; i < c->check_count; i++) {
        const struct compared_check *x = &c->checks[i];
        int side = x->blind[AFTER] ? AFTER : BEFORE;
        const struct check *made = x->check[!side];
        struct row r = row_new(f, T_CHECK);
        put_record(&r, &record_check, made);
        for (int s = BEFORE; s < SIDES; s++)
            put_text(&r, sides[s], s == side ? "not made" : made->result == CHECK_FIRED ? "fired" : "clear");
        put_text(&r, "why", x->blind[side]);
        put_bool(&r, "decides", x->decides);
    }
}

static void fill_experiments(struct facts *f, const struct comparison *c)
{
    for (size_t i = 0; i < c->experiment_count; i++) {
        const struct experiment *const *pair = c->experiments[i].experiment;
        const struct experiment *named = pair[AFTER] ? pair[AFTER] : pair[BEFORE];
        struct row r = row_new(f, T_EXPERIMENT);
        put_record(&r, &record_experiment, named);
        for (int side = BEFORE; side < SIDES; side++) {
            const struct experiment *x = pair[side];
            AUTO_STR struct str s = {0};
            AUTO_FREE char *state = text_in_words(x ? experiment_state_name(x->state) : "not offered", "-");
            str_add(&s, state);
            if (x && x->state == EXPERIMENT_DONE) {
                str_add(&s, ": ");
                value_format(&x->before, false, &s);
                str_add(&s, " → ");
                value_format(&x->after, false, &s);
            }
            put_text(&r, sides[side], str_text(&s));
        }
    }
}

static struct facts *fill(const struct comparison *c)
{
    struct facts *f = facts_new(&compare_tables);
    fill_diff(f, c);
    fill_runs(f, c);
    fill_findings(f, c);
    fill_verdicts(f, c);
    fill_checks(f, c);
    fill_experiments(f, c);
    for (size_t i = 0; i < c->remark_count; i++) {
        struct row r = row_new(f, T_REMARK);
        put_text(&r, "say", c->remarks[i]);
    }
    return f;
}

char *compare_render(const struct comparison *c, enum report_format f, const struct report_style *style, size_t *length,
                     struct err *e)
{
    if (f == FORMAT_JSON)
        return compare_to_json(c, length);
    struct facts *filled = fill(c);
    xmlDocPtr doc = document_make("templates/diff.html", filled, NULL, f == FORMAT_TEXT, e);
    facts_free(filled);
    if (!doc)
        return NULL;
    char *out = f == FORMAT_HTML ? html_render(doc, length) : text_render(doc, style, length);
    xmlFreeDoc(doc);
    return out;
}
