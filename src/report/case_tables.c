/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/case_tables.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "engine/expr/expr.h"
#include "report/lookup.h"
#include "report/rows.h"

/* clang-format off */
#define CASE_COLUMNS(X) \
    X(TEXT, "id", "case id given by the operator", c->case_id) \
    X(TEXT, "host", "host name", c->host) \
    X(TEXT, "playbook", "name of the playbook", c->playbook) \
    X(TEXT, "playbook_title", "title of the playbook", c->playbook_title) \
    X(TEXT, "root", "where /proc and /sys were read from", c->root) \
    X(BOOL, "live", "read from the running machine", !c->root || strcmp(c->root, "/") == 0) \
    X(TEXT, "command_lines", "how command lines are shown: shortened, whole, or as captured", c->command_lines) \
    X(TEXT, "version", "version of fragwizard", c->version) \
    X(TEXT, "started", "when the run began, for people", wall_text(c->started).text) \
    X(TEXT, "started_iso", "the same, ISO 8601", iso) \
    X(SECONDS, "duration", "time the run took", c->duration_s) \
    X(SECONDS, "window", "length of the window observed", c->window_s) \
    X(TEXT, "status", "the worst that was found", case_status_names[c->status], .values = case_status_names) \
    X(TEXT, "sign", "sign of the status", look->sign) \
    X(TEXT, "word", "word for the status", look->word) \
    X(TEXT, "class", "status class of the stylesheet", look->class) \
    X(TEXT, "headline", "the verdict in a sentence", c->headline) \
    X(TEXT, "lead", "title of the leading verdict", lead ? lead->title : NULL) \
    X(TEXT, "confidence", "state of the leading verdict", lead ? verdict_state_name(lead->state) : NULL, .values = verdict_state_names) \
    X(TEXT, "kind", "which kind of it the leading verdict found", lead ? lead->kind : NULL) \
    X(BOOL, "complete", "every step was done", c->complete) \
    X(TEXT, "first", "the first thing to do", first ? first->title : NULL) \
    X(TEXT, "first_id", "id of that recommendation", first ? first->id : NULL) \
    X(TEXT, "first_command", "its command", first ? first->apply : NULL) \
    X(COUNT, "critical", "findings that are critical", tally.severity[SEVERITY_CRITICAL]) \
    X(COUNT, "warning", "findings that are warnings", tally.severity[SEVERITY_WARNING]) \
    X(COUNT, "info", "findings for information", tally.severity[SEVERITY_INFO]) \
    X(COUNT, "checks", "checks of the playbook", c->check_count) \
    X(COUNT, "fired", "checks that fired", tally.result[CHECK_FIRED]) \
    X(COUNT, "clear", "checks that are clear", tally.result[CHECK_CLEAR]) \
    X(COUNT, "unchecked", "checks that could not be made", tally.result[CHECK_UNCHECKED]) \
    X(COUNT, "not_run", "checks of steps that were not done", tally.result[CHECK_NOT_RUN]) \
    X(COUNT, "inapplicable", "of these those whose step does not apply to this machine", inapplicable) \
    X(COUNT, "changes", "recommendations", c->recommendation_count) \
    X(SECONDS, "cost", "time all probes took", cost)
static const struct column case_columns[] = {CASE_COLUMNS(ROW_COLUMN)};
/* What a record holds, and what reports need beside it. */
static const struct column finding_columns[] = {
    FINDING_FIELDS(RECORD_COLUMN, )
    {"index", TYPE_COUNT, "from 1, worst first"},
    {"sign", TYPE_TEXT, "sign of the severity"},
    {"word", TYPE_TEXT, "word for the severity"},
    {"change_count", TYPE_COUNT, "recommendations that it leads to"},
};
static const struct column evidence_columns[] = {
    EVIDENCE_FIELDS(RECORD_COLUMN, )
    {"finding_index", TYPE_COUNT, "its finding"},
    {"reason", TYPE_TEXT, "why it is unknown"},
};
static const struct column advice_columns[] = {
    {"finding_index", TYPE_COUNT, "a finding"},
    {"id", TYPE_TEXT, "a recommendation that it leads to"},
    {"title", TYPE_TEXT, "its title"},
};
static const struct column recommendation_columns[] = {
    RECOMMENDATION_FIELDS(RECORD_COLUMN, )
    {"index", TYPE_COUNT, "from 1, that of the worst finding first"},
};
static const struct column verdict_columns[] = {
    VERDICT_FIELDS(RECORD_COLUMN, )
    {"index", TYPE_COUNT, "from 1"},
    {"sign", TYPE_TEXT, "sign of the state"},
    {"word", TYPE_TEXT, "word for the state"},
    {"lead", TYPE_BOOL, "it leads"},
    {"owners", TYPE_TEXT, "who holds what is in the way, largest first"},
    {"subjects", TYPE_TEXT, "who it is about, worst first"},
};
static const char *const sentence_sides[] = {"for", "against", NULL};
static const struct column sentence_columns[] = {
    {"verdict_id", TYPE_TEXT, "its verdict"},
    {"side", TYPE_TEXT, "which side it is on", .values = sentence_sides},
    {"say", TYPE_TEXT, "the sentence"},
};
static const struct column verdict_row_columns[] = {
    {"verdict_id", TYPE_TEXT, "its verdict"},
    {"index", TYPE_COUNT, "from 1, largest or worst first"},
    {"lead", TYPE_BOOL, "its verdict leads"},
    {"say", TYPE_TEXT, "who it is"},
};
static const struct column experiment_columns[] = {
    EXPERIMENT_FIELDS(RECORD_COLUMN, )
    {"index", TYPE_COUNT, "from 1"},
    {"sign", TYPE_TEXT, "sign of the state"},
    {"word", TYPE_TEXT, "word for the state"},
    {"class", TYPE_TEXT, "status class of the state"},
};
static const struct column check_columns[] = {
    CHECK_FIELDS(RECORD_COLUMN, )
    {"index", TYPE_COUNT, "from 1; fired first, then unchecked, not run, clear; worst first in each"},
    {"step_title", TYPE_TEXT, "title of its step"},
    {"sign", TYPE_TEXT, "sign of the result"},
    {"word", TYPE_TEXT, "word for the result"},
    {"class", TYPE_TEXT, "status class of the result"},
};
static const struct column unchecked_columns[] = {
    {"why", TYPE_TEXT, "a reason why checks could not be made"},
    {"count", TYPE_COUNT, "checks with this reason"},
    {"checks", TYPE_TEXT, "their ids"},
};
#define COST_COLUMNS(X) \
    X(TEXT, "probe", "the probe", x->probe->name) \
    X(TEXT, "status", "how reading it went", status_name(x->status), .values = status_names) \
    X(TEXT, "sign", "sign of the status", look->sign) \
    X(TEXT, "class", "status class", look->class) \
    X(TEXT, "reason", "why not ok", x->reason) \
    X(SECONDS, "time", "time it took", x->cost_s) \
    X(RATIO, "coverage", "share read of what it set out to read", x->coverage >= 0 ? x->coverage : NAN) \
    X(TEXT, "classic", "the command that it replaces", x->probe->classic) \
    X(TEXT, "help", "what it reads", x->probe->help)
static const struct column cost_columns[] = {COST_COLUMNS(ROW_COLUMN)};
static const struct column answer_columns[] = {ANSWER_FIELDS(RECORD_COLUMN, )};
static const struct column limit_columns[] = {CHANGED_LIMIT_FIELDS(RECORD_COLUMN, )};
static const struct column note_columns[] = {NOTE_FIELDS(RECORD_COLUMN, )};
static const struct column step_columns[] = {
    STEP_FIELDS(RECORD_COLUMN, )
    {"index", TYPE_COUNT, "from 1"},
    {"sign", TYPE_TEXT, "sign of its worst finding"},
    {"class", TYPE_TEXT, "status class of its worst finding"},
    {"probes", TYPE_TEXT, "names of its probes"},
    {"finding_count", TYPE_COUNT, "findings"},
};
/* clang-format on */

#define REPORT_TABLES(X)                                                                                               \
    X(T_CASE, "case", "the run", COLUMNS(case_columns), .single = true)                                                \
    X(T_FINDING, "finding", "rules that fired", COLUMNS(finding_columns))                                              \
    X(T_EVIDENCE, "evidence", "values behind a finding", COLUMNS(evidence_columns))                                    \
    X(T_ADVICE, "advice", "recommendations of a finding", COLUMNS(advice_columns))                                     \
    X(T_RECOMMENDATION, "recommendation", "changes to make", COLUMNS(recommendation_columns))                          \
    X(T_VERDICT, "verdict", "hypotheses weighed", COLUMNS(verdict_columns))                                            \
    X(T_SENTENCE, "sentence", "for and against a verdict", COLUMNS(sentence_columns))                                  \
    X(T_VERDICT_OWNER, "verdict_owner", "who holds what a verdict found", COLUMNS(verdict_row_columns))                \
    X(T_VERDICT_SUBJECT, "verdict_subject", "who a verdict is about", COLUMNS(verdict_row_columns))                    \
    X(T_EXPERIMENT, "experiment", "tests that were offered", COLUMNS(experiment_columns))                              \
    X(T_CHECK, "check", "all rules", COLUMNS(check_columns))                                                           \
    X(T_UNCHECKED, "unchecked", "reasons why checks could not be made", COLUMNS(unchecked_columns))                    \
    X(T_COST, "cost", "probes that ran", COLUMNS(cost_columns))                                                        \
    X(T_ANSWER, "answer", "the operator's answers", COLUMNS(answer_columns))                                           \
    X(T_LIMIT, "changed_limit", "limits with another value than the playbook's", COLUMNS(limit_columns))               \
    X(T_NOTE, "note", "the operator's notes", COLUMNS(note_columns))                                                   \
    X(T_STEP, "step", "steps of the playbook", COLUMNS(step_columns))
enum { REPORT_TABLES(LIST_INDEX) T_COUNT };
static const struct table_decl report_tables[] = {REPORT_TABLES(LIST_ENTRY)};
const struct probe case_tables = {
    .name = "report", .help = "what a report template can name", .tables = report_tables, .table_count = T_COUNT};

const struct table_decl *const case_steps = &report_tables[T_STEP];

/* In the case's own order, by what their verdicts do; in that of an older version, by the first finding that recommends it. */
static size_t rank_of_change(const struct case_file *c, size_t index)
{
    if (case_ranked(c, 1))
        return index;
    for (size_t i = 0; i < c->finding_count; i++)
        for (size_t k = 0; k < c->findings[i].recommend_count; k++)
            if (strcmp(c->findings[i].recommend[k], c->recommendations[index].id) == 0)
                return i;
    return c->finding_count;
}

static size_t rank_of_check(const struct case_file *c, size_t index)
{
    static const size_t group[] = {[CHECK_FIRED] = 0, [CHECK_UNCHECKED] = 1, [CHECK_NOT_RUN] = 2, [CHECK_CLEAR] = 3};
    return group[c->checks[index].result] * 4 + (SEVERITY_CRITICAL - c->checks[index].severity);
}

/* A case from elsewhere need not tell the step, and none may lead. */
static bool is_of(const char *id, const char *other)
{
    return id && strcmp(id, other) == 0;
}

/* Those that hold by their rank, then likely ones without a sentence, unknown, ruled out. */
static size_t rank_of_verdict(const struct case_file *c, size_t index)
{
    static const size_t group[] = {
        [VERDICT_CONFIRMED] = 0, [VERDICT_LIKELY] = 1, [VERDICT_UNKNOWN] = 2, [VERDICT_RULED_OUT] = 3};
    const struct verdict *v = &c->verdicts[index];
    if (v->rank)
        return v->rank;
    return is_of(c->lead, v->id) ? 0 : c->verdict_count + 1 + group[v->state];
}

struct ranked {
    size_t rank, index;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Indexes by rank, equals in their order. The caller frees them. */
static struct ranked *ordered(const struct case_file *c, size_t count,
                              size_t rank_of(const struct case_file *c, size_t index))
{
    struct ranked *order = mem_array(count, sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = (struct ranked){rank_of(c, i), i};
    qsort(order, count, sizeof *order, compare_ranked);
    return order;
}

static void fill_case(struct facts *f, const struct case_file *c, const struct ranked *changes)
{
    char iso[32];
    clock_iso(iso, c->started);
    const struct verdict *lead = case_verdict(c, c->lead);
    const struct recommendation *first = c->recommendation_count ? &c->recommendations[changes[0].index] : NULL;
    if (first && lead && lead->rank && !is_of(first->verdict, lead->id))
        first = NULL; /* what leads has no change of its own */
    const struct look *look = look_of_case(c);
    const struct tally tally = lookup_tally(c);
    size_t inapplicable = 0;
    for (size_t i = 0; i < c->check_count; i++) {
        const struct step_record *step = case_step(c, c->checks[i].step);
        inapplicable += c->checks[i].result == CHECK_NOT_RUN && step && step->state == STEP_PASSED;
    }
    double cost = 0;
    for (size_t i = 0; i < c->facts_count; i++)
        cost += c->facts[i]->cost_s;

    struct row r = row_new(f, T_CASE);
    CASE_COLUMNS(ROW_PUT)
}

static void fill_findings(struct facts *f, const struct case_file *c)
{
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct finding *x = &c->findings[i];
        size_t changes = 0;
        for (size_t k = 0; k < x->recommend_count; k++)
            for (size_t n = 0; n < c->recommendation_count; n++)
                if (strcmp(c->recommendations[n].id, x->recommend[k]) == 0) {
                    struct row a = row_new(f, T_ADVICE);
                    put_record(&a, &record_recommendation, &c->recommendations[n]);
                    put_number(&a, "finding_index", (double)i + 1);
                    changes++;
                }
        for (size_t k = 0; k < x->evidence_count; k++) {
            const struct evidence *one = &x->evidence[k];
            struct row e = row_new(f, T_EVIDENCE);
            put_number(&e, "finding_index", (double)i + 1);
            put_name(&e, "name", one->name);
            AUTO_STR struct str value = {0};
            value_format(&one->value, strcmp(one->name, "pid") == 0, &value);
            put_text(&e, "value", str_text(&value));
            put_text(&e, "reason", one->value.known ? NULL : one->value.why);
        }
        struct row r = row_new(f, T_FINDING);
        put_record(&r, &record_finding, x);
        put_number(&r, "index", (double)i + 1);
        put_look(&r, &severity_looks[x->severity]);
        put_number(&r, "change_count", (double)changes);
    }
}

/* A row for each, and all of them in one text. */
static void fill_rows_of(struct facts *f, unsigned table, const struct row *verdict, const char *column,
                         const struct verdict *v, bool lead)
{
    bool owners = table == T_VERDICT_OWNER;
    const char **list = owners ? v->owners : v->subjects;
    size_t count = owners ? v->owner_count : v->subject_count;
    AUTO_STR struct str all = {0};
    for (size_t i = 0; i < count; i++) {
        struct row r = row_new(f, table);
        put_text(&r, "verdict_id", v->id);
        put_number(&r, "index", (double)i + 1);
        put_bool(&r, "lead", lead);
        put_text(&r, "say", list[i]);
        str_printf(&all, "%s%s", i ? "; " : "", list[i]);
    }
    put_text(verdict, column, str_text(&all));
}

static void fill_sentences(struct facts *f, const struct verdict *v, const char *side, const char **list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct row r = row_new(f, T_SENTENCE);
        put_text(&r, "verdict_id", v->id);
        put_text(&r, "side", side);
        put_text(&r, "say", list[i]);
    }
}

static void fill_verdicts(struct facts *f, const struct case_file *c)
{
    AUTO_FREE struct ranked *order = ordered(c, c->verdict_count, rank_of_verdict);
    for (size_t i = 0; i < c->verdict_count; i++) {
        const struct verdict *x = &c->verdicts[order[i].index];
        bool lead = is_of(c->lead, x->id);
        struct row r = row_new(f, T_VERDICT);
        put_record(&r, &record_verdict, x);
        put_number(&r, "index", (double)i + 1);
        put_look(&r, &verdict_looks[x->state]);
        put_bool(&r, "lead", lead);
        fill_rows_of(f, T_VERDICT_OWNER, &r, "owners", x, lead);
        fill_rows_of(f, T_VERDICT_SUBJECT, &r, "subjects", x, lead);
        fill_sentences(f, x, sentence_sides[0], x->sentences_for, x->for_count);
        fill_sentences(f, x, sentence_sides[1], x->sentences_against, x->against_count);
    }
}

static void fill_experiments(struct facts *f, const struct case_file *c)
{
    static const struct look looks[] = {[EXPERIMENT_NOT_RUN] = {"[-]", "Not run", "dim"},
                                        [EXPERIMENT_DECLINED] = {"[-]", "Declined", "dim"},
                                        [EXPERIMENT_DONE] = {"[+]", "Done", "ok"},
                                        [EXPERIMENT_FAILED] = {"[?]", "Failed", "unknown"}};
    for (size_t i = 0; i < c->experiment_count; i++) {
        const struct experiment *x = &c->experiments[i];
        struct row r = row_new(f, T_EXPERIMENT);
        put_record(&r, &record_experiment, x);
        put_number(&r, "index", (double)i + 1);
        put_look(&r, &looks[x->state]);
        if (x->state != EXPERIMENT_DONE)
            put_number(&r, "duration", NAN);
    }
}

/* One row for each reason: twenty checks are often blind for one cause. */
static void fill_unchecked(struct facts *f, const struct case_file *c, const struct ranked *order)
{
    AUTO_FREE bool *listed = mem_array(c->check_count, sizeof *listed);
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *x = &c->checks[order[i].index];
        if (x->result != CHECK_UNCHECKED || listed[i])
            continue;
        const char *why = x->why ? x->why : "no reason was given";
        AUTO_STR struct str ids = {0};
        size_t count = 0;
        for (size_t k = i; k < c->check_count; k++) {
            const struct check *y = &c->checks[order[k].index];
            if (y->result != CHECK_UNCHECKED || strcmp(y->why ? y->why : "no reason was given", why) != 0)
                continue;
            listed[k] = true;
            count++;
            str_printf(&ids, "%s%s", count > 1 ? ", " : "", y->id);
        }
        struct row r = row_new(f, T_UNCHECKED);
        put_text(&r, "why", why);
        put_number(&r, "count", (double)count);
        put_text(&r, "checks", str_text(&ids));
    }
}

static void fill_checks(struct facts *f, const struct case_file *c)
{
    static const struct look looks[] = {[CHECK_CLEAR] = {"[ok]", "Clear", "ok"},
                                        [CHECK_UNCHECKED] = {"[?]", "Could not be checked", "unknown"},
                                        [CHECK_NOT_RUN] = {"[-]", "Not run", "unknown"}};
    AUTO_FREE struct ranked *order = ordered(c, c->check_count, rank_of_check);
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *x = &c->checks[order[i].index];
        const struct step_record *step = case_step(c, x->step);
        struct row r = row_new(f, T_CHECK);
        put_record(&r, &record_check, x);
        put_number(&r, "index", (double)i + 1);
        put_text(&r, "step_title", step ? step->title : x->step);
        put_look(&r, x->result == CHECK_FIRED ? &severity_looks[x->severity] : &looks[x->result]);
    }
    fill_unchecked(f, c, order);
}

static void fill_costs(struct facts *f, const struct case_file *c)
{
    for (size_t i = 0; i < c->facts_count; i++) {
        const struct facts *x = c->facts[i];
        const struct look *look = &status_looks[x->status == STATUS_OK        ? CASE_OK
                                                : x->status == STATUS_PARTIAL ? CASE_WARNING
                                                                              : CASE_UNKNOWN];
        struct row r = row_new(f, T_COST);
        COST_COLUMNS(ROW_PUT)
    }
}

static void fill_step(const struct row *r, const struct case_file *c, const struct step_record *x)
{
    AUTO_STR struct str probe_names = {0};
    for (size_t k = 0; k < x->probe_count; k++)
        str_printf(&probe_names, "%s%s", k ? ", " : "", x->probes[k]);
    size_t findings = 0;
    enum severity worst = SEVERITY_INFO;
    for (size_t k = 0; k < c->finding_count; k++)
        if (is_of(c->findings[k].step, x->id)) {
            findings++;
            if (c->findings[k].severity > worst)
                worst = c->findings[k].severity;
        }
    bool blind = x->state != STEP_DONE;
    for (size_t k = 0; !blind && k < c->check_count; k++)
        blind = c->checks[k].result == CHECK_UNCHECKED && !c->checks[k].optional && is_of(c->checks[k].step, x->id);
    put_record(r, &record_step_record, x);
    put_look(r, worst > SEVERITY_INFO ? &severity_looks[worst] : &status_looks[blind ? CASE_UNKNOWN : CASE_OK]);
    put_text(r, "probes", str_text(&probe_names));
    put_number(r, "finding_count", (double)findings);
}

static void fill_session(struct facts *f, const struct case_file *c)
{
    for (size_t i = 0; i < c->answer_count; i++) {
        struct row r = row_new(f, T_ANSWER);
        put_record(&r, &record_answer, &c->answers[i]);
        if (!c->answers[i].shown || !*c->answers[i].shown)
            put_text(&r, "shown", "(empty)");
    }
    for (size_t i = 0; i < c->note_count; i++) {
        struct row r = row_new(f, T_NOTE);
        put_record(&r, &record_note, &c->notes[i]);
    }
    for (size_t i = 0; i < c->limit_count; i++) {
        struct row r = row_new(f, T_LIMIT);
        put_record(&r, &record_changed_limit, &c->limits[i]);
    }
    for (size_t i = 0; i < c->step_count; i++) {
        struct row r = row_new(f, T_STEP);
        put_number(&r, "index", (double)i + 1);
        fill_step(&r, c, &c->steps[i]);
    }
}

struct facts *case_tables_fill(const struct case_file *c)
{
    struct facts *f = facts_new(&case_tables);
    AUTO_FREE struct ranked *changes = ordered(c, c->recommendation_count, rank_of_change);
    fill_case(f, c, changes);
    fill_findings(f, c);
    for (size_t i = 0; i < c->recommendation_count; i++) {
        struct row r = row_new(f, T_RECOMMENDATION);
        put_record(&r, &record_recommendation, &c->recommendations[changes[i].index]);
        put_number(&r, "index", (double)i + 1);
    }
    fill_verdicts(f, c);
    fill_experiments(f, c);
    fill_checks(f, c);
    fill_costs(f, c);
    fill_session(f, c);
    return f;
}
