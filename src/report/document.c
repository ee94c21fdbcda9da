/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the document. The template is compiled first, as a whole, whatever the case holds: a wrong name in a loop that
 * has no rows is still a complaint. Text enters the tree through libxml2 as text only, so it is escaped by
 * construction. */
#include "report/document.h"

#include <errno.h>
#include <libxml/parser.h>
#include <string.h>

#include "base/clock.h"
#include "base/input.h"
#include "base/output.h"
#include "base/text.h"
#include "engine/builtin.h"
#include "engine/expr.h"
#include "report/charts.h"
#include "report/tree.h"

enum { TEMPLATE_BYTES_MAX = 256 * 1024 };

/* What a template can name */

#define COLUMNS(array) .columns = (array), .column_count = sizeof(array) / sizeof *(array)

static const struct column case_columns[] = {
    {"id", TYPE_TEXT, "case id given by the operator"},
    {"host", TYPE_TEXT, "host name"},
    {"playbook", TYPE_TEXT, "name of the playbook"},
    {"playbook_title", TYPE_TEXT, "title of the playbook"},
    {"root", TYPE_TEXT, "where /proc and /sys were read from"},
    {"live", TYPE_BOOL, "read from the running machine"},
    {"version", TYPE_TEXT, "version of fragwizard"},
    {"started", TYPE_TEXT, "when the run began, for people"},
    {"started_iso", TYPE_TEXT, "the same, ISO 8601"},
    {"duration", TYPE_SECONDS, "time the run took"},
    {"window", TYPE_SECONDS, "length of the window observed"},
    {"status", TYPE_TEXT, "ok, warning, critical or unknown"},
    {"sign", TYPE_TEXT, "sign of the status"},
    {"word", TYPE_TEXT, "word for the status"},
    {"headline", TYPE_TEXT, "the verdict in a sentence"},
    {"lead", TYPE_TEXT, "title of the leading verdict"},
    {"confidence", TYPE_TEXT, "state of the leading verdict"},
    {"complete", TYPE_BOOL, "every step was done"},
    {"first", TYPE_TEXT, "the first thing to do"},
    {"first_id", TYPE_TEXT, "id of that recommendation"},
    {"first_command", TYPE_TEXT, "its command"},
    {"critical", TYPE_COUNT, "findings that are critical"},
    {"warning", TYPE_COUNT, "findings that are warnings"},
    {"info", TYPE_COUNT, "findings for information"},
    {"checks", TYPE_COUNT, "checks of the playbook"},
    {"fired", TYPE_COUNT, "checks that fired"},
    {"clear", TYPE_COUNT, "checks that are clear"},
    {"unchecked", TYPE_COUNT, "checks that could not be made"},
    {"not_run", TYPE_COUNT, "checks of steps that were not done"},
    {"inapplicable", TYPE_COUNT, "of these those whose step does not apply to this machine"},
    {"changes", TYPE_COUNT, "recommendations"},
    {"cost", TYPE_SECONDS, "time all probes took"},
};
static const struct column finding_columns[] = {
    {"index", TYPE_COUNT, "from 1, worst first"},
    {"id", TYPE_TEXT, "the rule"},
    {"step", TYPE_TEXT, "id of its step"},
    {"severity", TYPE_TEXT, "info, warning or critical"},
    {"sign", TYPE_TEXT, "sign of the severity"},
    {"word", TYPE_TEXT, "word for the severity"},
    {"say", TYPE_TEXT, "the sentence"},
    {"row", TYPE_TEXT, "the row judged"},
    {"why", TYPE_TEXT, "reason of the threshold"},
    {"source", TYPE_TEXT, "source of the threshold"},
    {"formula", TYPE_TEXT, "the rule's condition"},
    {"evidence_count", TYPE_COUNT, "pieces of evidence"},
    {"change_count", TYPE_COUNT, "recommendations that it leads to"},
};
static const struct column evidence_columns[] = {
    {"finding_index", TYPE_COUNT, "its finding"},
    {"name", TYPE_TEXT, "column"},
    {"value", TYPE_TEXT, "value with unit"},
    {"reason", TYPE_TEXT, "why it is unknown"},
};
static const struct column advice_columns[] = {
    {"finding_index", TYPE_COUNT, "a finding"},
    {"id", TYPE_TEXT, "a recommendation that it leads to"},
    {"title", TYPE_TEXT, "its title"},
};
static const struct column recommendation_columns[] = {
    {"index", TYPE_COUNT, "from 1, that of the worst finding first"},
    {"id", TYPE_TEXT, "id"},
    {"kind", TYPE_TEXT, "sysctl, application, service, kernel or observe"},
    {"sysctl", TYPE_TEXT, "name of the sysctl"},
    {"title", TYPE_TEXT, "what to change"},
    {"current", TYPE_TEXT, "value now"},
    {"proposed", TYPE_TEXT, "value proposed"},
    {"apply", TYPE_TEXT, "command to apply"},
    {"keep", TYPE_TEXT, "command to keep it over a reboot"},
    {"verify", TYPE_TEXT, "command to verify"},
    {"undo", TYPE_TEXT, "command to undo"},
    {"risk", TYPE_TEXT, "risk"},
    {"why", TYPE_TEXT, "reason"},
};
static const struct column verdict_columns[] = {
    {"index", TYPE_COUNT, "from 1"},
    {"id", TYPE_TEXT, "id"},
    {"title", TYPE_TEXT, "the hypothesis"},
    {"state", TYPE_TEXT, "confirmed, likely, ruled-out or unknown"},
    {"sign", TYPE_TEXT, "sign of the state"},
    {"word", TYPE_TEXT, "word for the state"},
    {"lead", TYPE_BOOL, "it leads"},
    {"for_count", TYPE_COUNT, "sentences for it"},
    {"against_count", TYPE_COUNT, "sentences against it"},
};
static const struct column sentence_columns[] = {
    {"verdict_id", TYPE_TEXT, "its verdict"},
    {"side", TYPE_TEXT, "for or against"},
    {"say", TYPE_TEXT, "the sentence"},
};
static const struct column check_columns[] = {
    {"index", TYPE_COUNT, "from 1; fired first, then unchecked, not run, clear; worst first in each"},
    {"id", TYPE_TEXT, "the rule"},
    {"step", TYPE_TEXT, "id of its step"},
    {"step_title", TYPE_TEXT, "title of its step"},
    {"severity", TYPE_TEXT, "severity if it fires"},
    {"result", TYPE_TEXT, "fired, unchecked, not-run or clear"},
    {"sign", TYPE_TEXT, "sign of the result"},
    {"word", TYPE_TEXT, "word for the result"},
    {"class", TYPE_TEXT, "status class of the result"},
    {"why", TYPE_TEXT, "why it could not be made"},
    {"optional", TYPE_BOOL, "other checks cover it"},
    {"rows", TYPE_COUNT, "judgements made"},
    {"fired", TYPE_COUNT, "of these fired"},
    {"unknown", TYPE_COUNT, "of these unknown"},
    {"formula", TYPE_TEXT, "its condition"},
    {"threshold_why", TYPE_TEXT, "reason of the threshold"},
    {"source", TYPE_TEXT, "source of the threshold"},
};
static const struct column unchecked_columns[] = {
    {"why", TYPE_TEXT, "a reason why checks could not be made"},
    {"count", TYPE_COUNT, "checks with this reason"},
    {"checks", TYPE_TEXT, "their ids"},
};
static const struct column cost_columns[] = {
    {"probe", TYPE_TEXT, "the probe"},
    {"status", TYPE_TEXT, "ok, partial, denied, absent, malformed or vanished"},
    {"sign", TYPE_TEXT, "sign of the status"},
    {"class", TYPE_TEXT, "status class"},
    {"reason", TYPE_TEXT, "why not ok"},
    {"time", TYPE_SECONDS, "time it took"},
    {"coverage", TYPE_RATIO, "share read of what it set out to read"},
    {"classic", TYPE_TEXT, "the command that it replaces"},
    {"help", TYPE_TEXT, "what it reads"},
};
static const struct column answer_columns[] = {
    {"id", TYPE_TEXT, "the question"},
    {"step", TYPE_TEXT, "id of its step"},
    {"ask", TYPE_TEXT, "the question's text"},
    {"shown", TYPE_TEXT, "the answer"},
    {"defaulted", TYPE_BOOL, "the default was taken"},
};
static const struct column note_columns[] = {
    {"step", TYPE_TEXT, "id of the step"},
    {"time", TYPE_TEXT, "when"},
    {"text", TYPE_TEXT, "the note"},
};
static const struct column step_columns[] = {
    {"index", TYPE_COUNT, "from 1"},
    {"id", TYPE_TEXT, "id"},
    {"title", TYPE_TEXT, "title"},
    {"why", TYPE_TEXT, "why it matters"},
    {"classic", TYPE_TEXT, "the command it stands for"},
    {"blind", TYPE_TEXT, "what that command does not tell"},
    {"state", TYPE_TEXT, "done, skipped, passed or pending"},
    {"sign", TYPE_TEXT, "sign of its worst finding"},
    {"class", TYPE_TEXT, "status class of its worst finding"},
    {"probes", TYPE_TEXT, "names of its probes"},
    {"finding_count", TYPE_COUNT, "findings"},
    {"show_count", TYPE_COUNT, "tables to show"},
};

enum {
    T_CASE,
    T_FINDING,
    T_EVIDENCE,
    T_ADVICE,
    T_RECOMMENDATION,
    T_VERDICT,
    T_SENTENCE,
    T_CHECK,
    T_UNCHECKED,
    T_COST,
    T_ANSWER,
    T_NOTE,
    T_STEP,
    T_COUNT
};
static const struct table_decl report_tables[T_COUNT] = {
    [T_CASE] = {.name = "case", .help = "the run", COLUMNS(case_columns), .single = true},
    [T_FINDING] = {.name = "finding", .help = "rules that fired", COLUMNS(finding_columns)},
    [T_EVIDENCE] = {.name = "evidence", .help = "values behind a finding", COLUMNS(evidence_columns)},
    [T_ADVICE] = {.name = "advice", .help = "recommendations of a finding", COLUMNS(advice_columns)},
    [T_RECOMMENDATION] = {.name = "recommendation", .help = "changes to make", COLUMNS(recommendation_columns)},
    [T_VERDICT] = {.name = "verdict", .help = "hypotheses weighed", COLUMNS(verdict_columns)},
    [T_SENTENCE] = {.name = "sentence", .help = "for and against a verdict", COLUMNS(sentence_columns)},
    [T_CHECK] = {.name = "check", .help = "all rules", COLUMNS(check_columns)},
    [T_UNCHECKED] = {.name = "unchecked", .help = "reasons why checks could not be made", COLUMNS(unchecked_columns)},
    [T_COST] = {.name = "cost", .help = "probes that ran", COLUMNS(cost_columns)},
    [T_ANSWER] = {.name = "answer", .help = "the operator's answers", COLUMNS(answer_columns)},
    [T_NOTE] = {.name = "note", .help = "the operator's notes", COLUMNS(note_columns)},
    [T_STEP] = {.name = "step", .help = "steps of the playbook", COLUMNS(step_columns)},
};
static const struct probe report_probe = {
    .name = "report", .help = "what a report template can name", .tables = report_tables, .table_count = T_COUNT};

/* Rows are filled column by column in the order of the declaration. */
struct row {
    struct table *table;
    size_t row;
    unsigned column;
};

static struct row row_new(struct facts *f, unsigned table)
{
    struct table *t = &f->tables[table];
    return (struct row){t, table_add(t), 0};
}

/* Newlines stay (a command can have several lines), so the cleaning of cells does not fit; a case from elsewhere is
 * cleaned here all the same, line by line. */
static const char *clean_lines(struct facts *f, const char *text)
{
    AUTO_STR struct str out = {0};
    for (;;) {
        size_t length = strcspn(text, "\n");
        AUTO_FREE char *line = mem_array(length * 3 + 1, 1);
        size_t n = text_clean(line, length * 3 + 1, text, length);
        str_add_n(&out, line, n);
        if (!text[length])
            break;
        str_add_char(&out, '\n');
        text += length + 1;
    }
    return arena_strndup(&f->arena, str_text(&out), out.length);
}

static void put_text(struct row *r, const char *text)
{
    if (text && *text) {
        size_t at = r->row * r->table->decl->column_count + r->column;
        r->table->cells[at].text = clean_lines(r->table->facts, text);
        r->table->unknown[at] = 0;
    }
    r->column++;
}

static void put_number(struct row *r, double number)
{
    cell_number(r->table, r->row, r->column++, number);
}

static void put_bool(struct row *r, bool truth)
{
    cell_bool(r->table, r->row, r->column++, truth);
}

static void put_unknown(struct row *r)
{
    r->column++;
}

/* Signs and words: meaning never rests on colour alone. */
static const char *status_sign(const char *status)
{
    return !status                           ? "[?]"
           : strcmp(status, "ok") == 0       ? "[ok]"
           : strcmp(status, "warning") == 0  ? "[!]"
           : strcmp(status, "critical") == 0 ? "[!!]"
                                             : "[?]";
}

static const char *status_word(const char *status)
{
    return !status                           ? "Could not check"
           : strcmp(status, "ok") == 0       ? "Nothing found"
           : strcmp(status, "warning") == 0  ? "Warning"
           : strcmp(status, "critical") == 0 ? "Critical"
                                             : "Could not check";
}

static const char *severity_sign(enum severity s)
{
    return s == SEVERITY_CRITICAL ? "[!!]" : s == SEVERITY_WARNING ? "[!]" : "[i]";
}

static const char *severity_word(enum severity s)
{
    return s == SEVERITY_CRITICAL ? "Critical" : s == SEVERITY_WARNING ? "Warning" : "Note";
}

static void wall_text(char out[32], double wall)
{
    clock_iso(out, wall);
    char *t = strchr(out, 'T');
    if (t && strlen(t) >= 6)
        *t = ' ', memcpy(t + 6, " UTC", 5);
}

static const struct step_record *step_of(const struct case_file *c, const char *id)
{
    for (size_t i = 0; id && i < c->step_count; i++)
        if (strcmp(c->steps[i].id, id) == 0)
            return &c->steps[i];
    return NULL;
}

/* The first finding that recommends it; findings stand worst first. */
static size_t recommended_by(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->finding_count; i++)
        for (size_t k = 0; k < c->findings[i].recommend_count; k++)
            if (strcmp(c->findings[i].recommend[k], id) == 0)
                return i;
    return c->finding_count;
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

static struct ranked *rank_recommendations(const struct case_file *c)
{
    struct ranked *order = mem_array(c->recommendation_count, sizeof *order);
    for (size_t i = 0; i < c->recommendation_count; i++)
        order[i] = (struct ranked){recommended_by(c, c->recommendations[i].id), i};
    qsort(order, c->recommendation_count, sizeof *order, compare_ranked);
    return order;
}

static struct ranked *rank_checks(const struct case_file *c)
{
    static const size_t group[] = {[CHECK_FIRED] = 0, [CHECK_UNCHECKED] = 1, [CHECK_NOT_RUN] = 2, [CHECK_CLEAR] = 3};
    struct ranked *order = mem_array(c->check_count, sizeof *order);
    for (size_t i = 0; i < c->check_count; i++)
        order[i] = (struct ranked){group[c->checks[i].result] * 4 + (SEVERITY_CRITICAL - c->checks[i].severity), i};
    qsort(order, c->check_count, sizeof *order, compare_ranked);
    return order;
}

/* The leading one, then confirmed, likely, unknown, ruled out. */
static struct ranked *rank_verdicts(const struct case_file *c)
{
    static const size_t group[] = {
        [VERDICT_CONFIRMED] = 1, [VERDICT_LIKELY] = 2, [VERDICT_UNKNOWN] = 3, [VERDICT_RULED_OUT] = 4};
    struct ranked *order = mem_array(c->verdict_count, sizeof *order);
    for (size_t i = 0; i < c->verdict_count; i++) {
        bool lead = c->lead && strcmp(c->lead, c->verdicts[i].id) == 0;
        order[i] = (struct ranked){lead ? 0 : group[c->verdicts[i].state], i};
    }
    qsort(order, c->verdict_count, sizeof *order, compare_ranked);
    return order;
}

static void fill_case(struct facts *f, const struct case_file *c, const struct ranked *changes)
{
    char wall[32], iso[32];
    wall_text(wall, c->started);
    clock_iso(iso, c->started);
    const struct verdict *lead = NULL;
    for (size_t i = 0; c->lead && i < c->verdict_count; i++)
        if (strcmp(c->verdicts[i].id, c->lead) == 0)
            lead = &c->verdicts[i];
    const struct recommendation *first = c->recommendation_count ? &c->recommendations[changes[0].index] : NULL;
    size_t severity[3] = {0}, result[4] = {0}, inapplicable = 0;
    for (size_t i = 0; i < c->finding_count; i++)
        severity[c->findings[i].severity]++;
    for (size_t i = 0; i < c->check_count; i++) {
        result[c->checks[i].result]++;
        const struct step_record *step = step_of(c, c->checks[i].step);
        inapplicable += c->checks[i].result == CHECK_NOT_RUN && step && step->state == STEP_PASSED;
    }
    double cost = 0;
    for (size_t i = 0; i < c->facts_count; i++)
        cost += c->facts[i]->cost_s;

    struct row r = row_new(f, T_CASE);
    put_text(&r, c->case_id);
    put_text(&r, c->host);
    put_text(&r, c->playbook);
    put_text(&r, c->playbook_title);
    put_text(&r, c->root);
    put_bool(&r, !c->root || strcmp(c->root, "/") == 0);
    put_text(&r, c->version);
    put_text(&r, wall);
    put_text(&r, iso);
    put_number(&r, c->duration_s);
    put_number(&r, c->window_s);
    put_text(&r, c->status ? c->status : "unknown");
    put_text(&r, status_sign(c->status));
    put_text(&r, status_word(c->status));
    put_text(&r, c->headline);
    put_text(&r, lead ? lead->title : NULL);
    put_text(&r, lead ? verdict_state_name(lead->state) : NULL);
    put_bool(&r, c->complete);
    put_text(&r, first ? first->title : NULL);
    put_text(&r, first ? first->id : NULL);
    put_text(&r, first ? first->apply : NULL);
    put_number(&r, (double)severity[SEVERITY_CRITICAL]);
    put_number(&r, (double)severity[SEVERITY_WARNING]);
    put_number(&r, (double)severity[SEVERITY_INFO]);
    put_number(&r, (double)c->check_count);
    put_number(&r, (double)result[CHECK_FIRED]);
    put_number(&r, (double)result[CHECK_CLEAR]);
    put_number(&r, (double)result[CHECK_UNCHECKED]);
    put_number(&r, (double)result[CHECK_NOT_RUN]);
    put_number(&r, (double)inapplicable);
    put_number(&r, (double)c->recommendation_count);
    put_number(&r, cost);
}

/* "unusable_order9" reads as "unusable order9", "memory.free" as "memory free". */
static const char *readable(struct facts *f, const char *name)
{
    char *copy = arena_strdup(&f->arena, name);
    for (char *p = copy; *p; p++)
        if (*p == '_' || *p == '.')
            *p = ' ';
    return copy;
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
                    put_number(&a, (double)i + 1);
                    put_text(&a, x->recommend[k]);
                    put_text(&a, c->recommendations[n].title);
                    changes++;
                }
        for (size_t k = 0; k < x->evidence_count; k++) {
            AUTO_STR struct str value = {0};
            value_format(&x->evidence[k].value, strcmp(x->evidence[k].name, "pid") == 0, &value);
            struct row e = row_new(f, T_EVIDENCE);
            put_number(&e, (double)i + 1);
            put_text(&e, readable(f, x->evidence[k].name));
            put_text(&e, str_text(&value));
            put_text(&e, x->evidence[k].value.known ? NULL : x->evidence[k].value.why);
        }
        struct row r = row_new(f, T_FINDING);
        put_number(&r, (double)i + 1);
        put_text(&r, x->id);
        put_text(&r, x->step);
        put_text(&r, severity_name(x->severity));
        put_text(&r, severity_sign(x->severity));
        put_text(&r, severity_word(x->severity));
        put_text(&r, x->say);
        put_text(&r, x->row);
        put_text(&r, x->why);
        put_text(&r, x->source);
        put_text(&r, x->formula);
        put_number(&r, (double)x->evidence_count);
        put_number(&r, (double)changes);
    }
}

static void fill_recommendations(struct facts *f, const struct case_file *c, const struct ranked *order)
{
    for (size_t i = 0; i < c->recommendation_count; i++) {
        const struct recommendation *x = &c->recommendations[order[i].index];
        struct row r = row_new(f, T_RECOMMENDATION);
        put_number(&r, (double)i + 1);
        put_text(&r, x->id);
        put_text(&r, x->kind);
        put_text(&r, x->sysctl);
        put_text(&r, x->title);
        put_text(&r, x->current);
        put_text(&r, x->proposed);
        put_text(&r, x->apply);
        put_text(&r, x->keep);
        put_text(&r, x->verify);
        put_text(&r, x->undo);
        put_text(&r, x->risk);
        put_text(&r, x->why);
    }
}

static void fill_verdicts(struct facts *f, const struct case_file *c)
{
    static const char *const signs[] = {
        [VERDICT_CONFIRMED] = "[+]", [VERDICT_LIKELY] = "[~]", [VERDICT_RULED_OUT] = "[-]", [VERDICT_UNKNOWN] = "[?]"};
    static const char *const words[] = {[VERDICT_CONFIRMED] = "Confirmed",
                                        [VERDICT_LIKELY] = "Likely",
                                        [VERDICT_RULED_OUT] = "Ruled out",
                                        [VERDICT_UNKNOWN] = "Unknown"};
    AUTO_FREE struct ranked *order = rank_verdicts(c);
    for (size_t i = 0; i < c->verdict_count; i++) {
        const struct verdict *x = &c->verdicts[order[i].index];
        struct row r = row_new(f, T_VERDICT);
        put_number(&r, (double)i + 1);
        put_text(&r, x->id);
        put_text(&r, x->title);
        put_text(&r, verdict_state_name(x->state));
        put_text(&r, signs[x->state]);
        put_text(&r, words[x->state]);
        put_bool(&r, c->lead && strcmp(c->lead, x->id) == 0);
        put_number(&r, (double)x->for_count);
        put_number(&r, (double)x->against_count);
        for (size_t side = 0; side < 2; side++) {
            const char **list = side ? x->sentences_against : x->sentences_for;
            for (size_t k = 0; k < (side ? x->against_count : x->for_count); k++) {
                struct row s = row_new(f, T_SENTENCE);
                put_text(&s, x->id);
                put_text(&s, side ? "against" : "for");
                put_text(&s, list[k]);
            }
        }
    }
}

static void fill_checks(struct facts *f, const struct case_file *c)
{
    AUTO_FREE struct ranked *order = rank_checks(c);
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *x = &c->checks[order[i].index];
        const struct step_record *step = step_of(c, x->step);
        bool fired = x->result == CHECK_FIRED, clear = x->result == CHECK_CLEAR;
        struct row r = row_new(f, T_CHECK);
        put_number(&r, (double)i + 1);
        put_text(&r, x->id);
        put_text(&r, x->step);
        put_text(&r, step ? step->title : x->step);
        put_text(&r, severity_name(x->severity));
        put_text(&r, check_result_name(x->result));
        put_text(&r, fired                          ? severity_sign(x->severity)
                     : clear                        ? "[ok]"
                     : x->result == CHECK_UNCHECKED ? "[?]"
                                                    : "[-]");
        put_text(&r, fired                          ? severity_word(x->severity)
                     : clear                        ? "Clear"
                     : x->result == CHECK_UNCHECKED ? "Could not be checked"
                                                    : "Not run");
        put_text(&r, fired ? severity_name(x->severity) : clear ? "ok" : "unknown");
        put_text(&r, x->why);
        put_bool(&r, x->optional);
        put_number(&r, (double)x->rows);
        put_number(&r, (double)x->fired);
        put_number(&r, (double)x->unknown);
        put_text(&r, x->formula);
        put_text(&r, x->threshold_why);
        put_text(&r, x->source);
    }
    /* one row for each reason: twenty checks are often blind for one cause */
    AUTO_FREE bool *told = mem_array(c->check_count, sizeof *told);
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *x = &c->checks[order[i].index];
        if (x->result != CHECK_UNCHECKED || told[i])
            continue;
        const char *why = x->why ? x->why : "no reason was given";
        AUTO_STR struct str ids = {0};
        size_t count = 0;
        for (size_t k = i; k < c->check_count; k++) {
            const struct check *y = &c->checks[order[k].index];
            if (y->result != CHECK_UNCHECKED || strcmp(y->why ? y->why : "no reason was given", why) != 0)
                continue;
            told[k] = true;
            count++;
            str_printf(&ids, "%s%s", count > 1 ? ", " : "", y->id);
        }
        struct row r = row_new(f, T_UNCHECKED);
        put_text(&r, why);
        put_number(&r, (double)count);
        put_text(&r, str_text(&ids));
    }
}

static void fill_costs(struct facts *f, const struct case_file *c)
{
    for (size_t i = 0; i < c->facts_count; i++) {
        const struct facts *x = c->facts[i];
        bool ok = x->status == STATUS_OK, partial = x->status == STATUS_PARTIAL;
        struct row r = row_new(f, T_COST);
        put_text(&r, x->probe->name);
        put_text(&r, status_name(x->status));
        put_text(&r, ok ? "[ok]" : partial ? "[!]" : "[?]");
        put_text(&r, ok ? "ok" : partial ? "warning" : "unknown");
        put_text(&r, x->reason);
        put_number(&r, x->cost_s);
        if (x->coverage >= 0)
            put_number(&r, x->coverage);
        else
            put_unknown(&r);
        put_text(&r, x->probe->classic);
        put_text(&r, x->probe->help);
    }
}

static void fill_session(struct facts *f, const struct case_file *c)
{
    static const char *const states[] = {
        [STEP_PENDING] = "pending", [STEP_DONE] = "done", [STEP_SKIPPED] = "skipped", [STEP_PASSED] = "passed"};
    for (size_t i = 0; i < c->answer_count; i++) {
        struct row r = row_new(f, T_ANSWER);
        put_text(&r, c->answers[i].id);
        put_text(&r, c->answers[i].step);
        put_text(&r, c->answers[i].ask);
        put_text(&r, c->answers[i].shown && *c->answers[i].shown ? c->answers[i].shown : "(empty)");
        put_bool(&r, c->answers[i].defaulted);
    }
    for (size_t i = 0; i < c->note_count; i++) {
        char wall[32];
        wall_text(wall, c->notes[i].wall);
        struct row r = row_new(f, T_NOTE);
        put_text(&r, c->notes[i].step);
        put_text(&r, wall);
        put_text(&r, c->notes[i].text);
    }
    for (size_t i = 0; i < c->step_count; i++) {
        const struct step_record *x = &c->steps[i];
        AUTO_STR struct str probe_names = {0};
        for (size_t k = 0; k < x->probe_count; k++)
            str_printf(&probe_names, "%s%s", k ? ", " : "", x->probes[k]);
        size_t findings = 0;
        int worst = -1;
        for (size_t k = 0; k < c->finding_count; k++)
            if (strcmp(c->findings[k].step, x->id) == 0) {
                findings++;
                if ((int)c->findings[k].severity > worst)
                    worst = (int)c->findings[k].severity;
            }
        bool blind = x->state != STEP_DONE;
        for (size_t k = 0; !blind && k < c->check_count; k++)
            blind = c->checks[k].result == CHECK_UNCHECKED && !c->checks[k].optional &&
                    strcmp(c->checks[k].step, x->id) == 0;
        bool bad = worst >= SEVERITY_WARNING;
        struct row r = row_new(f, T_STEP);
        put_number(&r, (double)i + 1);
        put_text(&r, x->id);
        put_text(&r, x->title);
        put_text(&r, x->why);
        put_text(&r, x->classic);
        put_text(&r, x->blind);
        put_text(&r, states[x->state]);
        put_text(&r, bad ? severity_sign((enum severity)worst) : blind ? "[?]" : "[ok]");
        put_text(&r, bad ? severity_name((enum severity)worst) : blind ? "unknown" : "ok");
        put_text(&r, str_text(&probe_names));
        put_number(&r, (double)findings);
        put_number(&r, (double)x->show_count);
    }
}

static struct facts *report_facts(const struct case_file *c)
{
    struct facts *f = facts_new(&report_probe);
    AUTO_FREE struct ranked *changes = rank_recommendations(c);
    fill_case(f, c, changes);
    fill_findings(f, c);
    fill_recommendations(f, c, changes);
    fill_verdicts(f, c);
    fill_checks(f, c);
    fill_costs(f, c);
    fill_session(f, c);
    return f;
}

/* Names: the tables above first, then those of the probes (host, memory, …). */
static const struct table_decl *name_table(void *data, const char *name)
{
    (void)data;
    for (unsigned i = 0; i < T_COUNT; i++)
        if (strcmp(report_tables[i].name, name) == 0)
            return &report_tables[i];
    return probe_table(name, NULL);
}

static size_t name_list(void *data, const char *kind, const char **out, size_t size)
{
    (void)data;
    size_t n = 0;
    if (strcmp(kind, "table") != 0)
        return 0;
    for (unsigned i = 0; i < T_COUNT && n + 1 < size; i++)
        out[n++] = report_tables[i].name;
    for (size_t i = 0; probes[i]; i++)
        for (unsigned k = 0; k < probes[i]->table_count && n + 1 < size; k++)
            out[n++] = probes[i]->tables[k].name;
    if (size)
        out[n] = NULL;
    return n;
}

struct builder {
    const struct case_file *c;
    bool for_text;
    struct facts *facts;
    const char *file;
    const char *css;
    size_t css_length;
    struct arena arena;
    struct diags diags;
    struct env env;
    xmlDocPtr doc;
};

static const struct names report_names = {.table = name_table, .list = name_list};

static const struct table *env_table(void *data, const struct table_decl *decl, const char **why)
{
    const struct builder *b = data;
    for (unsigned i = 0; i < T_COUNT; i++)
        if (decl == &report_tables[i])
            return &b->facts->tables[i];
    for (size_t i = 0; i < b->c->facts_count; i++)
        for (unsigned k = 0; k < b->c->facts[i]->probe->table_count; k++)
            if (&b->c->facts[i]->probe->tables[k] == decl)
                return &b->c->facts[i]->tables[k];
    *why = "that probe has not run";
    return NULL;
}

/* The compiled template: one record at each element, attribute and text node that has something to compute. */
struct directive {
    const struct table_decl *table;
    struct expr *where, *condition;
    struct message *class;
    struct message *text; /* of a text node or an attribute */
    const char *chart;
    unsigned long limit;
    bool has_limit, shows, loops;
    bool not_in_text, not_in_html;
};

static struct mark mark_of(const struct builder *b, const xmlNode *node)
{
    long line = xmlGetLineNo((xmlNodePtr)node);
    return (struct mark){.file = b->file, .line = line > 0 ? (unsigned)line : 1};
}

static struct directive *directive_at(struct builder *b, void **slot)
{
    if (!*slot)
        *slot = arena_alloc(&b->arena, sizeof(struct directive));
    return *slot;
}

static const char *attribute_text(const xmlAttr *a)
{
    return a->children && a->children->content ? (const char *)a->children->content : "";
}

static bool is_blank(const char *text)
{
    return !text[strspn(text, " \t\r\n")];
}

/* Outside <pre> the template's own white space is only layout: one space, or one newline between elements. */
static const char *squeeze(struct arena *a, const char *text)
{
    if (is_blank(text))
        return strchr(text, '\n') ? "\n" : " ";
    char *out = arena_strdup(a, text), *w = out;
    for (const char *p = text; *p; p++) {
        bool space = strchr(" \t\r\n", *p) != NULL;
        if (space && w > out && w[-1] == ' ')
            continue;
        *w++ = space ? ' ' : *p;
    }
    *w = '\0';
    return out;
}

static void compile_children(struct builder *b, xmlNodePtr node, const struct scope_decl *scope, bool pre);

static struct message *compile_message(struct builder *b, const char *source, struct mark at,
                                       const struct scope_decl *scope)
{
    return strpbrk(source, "{}") ? message_compile(&b->arena, source, at, &report_names, scope, &b->diags) : NULL;
}

static void compile_element(struct builder *b, xmlNodePtr node, const struct scope_decl *outer, bool pre)
{
    struct mark at = mark_of(b, node);
    const struct scope_decl *scope = outer;
    struct scope_decl inner;
    if (tree_is(node, "script")) {
        diag_add(&b->diags, at, "a report has no script: it must read the same where scripts are forbidden");
        return;
    }
    const char *loop = tree_attribute(node, "fw-for");
    if (loop) {
        struct directive *d = directive_at(b, &node->_private);
        d->loops = true;
        d->table = name_table(NULL, loop);
        if (!d->table) {
            const char *known[256];
            name_list(NULL, "table", known, 256);
            size_t count = 0;
            while (known[count])
                count++;
            const char *near = text_nearest(loop, known, count);
            diag_add(&b->diags, at,
                     near ? "fw-for: there is no table \"%s\"; did you mean \"%s\"?"
                          : "fw-for: there is no table \"%s\"",
                     loop, near);
            return;
        }
        inner = (struct scope_decl){d->table, outer};
        scope = &inner;
    }
    for (xmlAttrPtr a = node->properties; a; a = a->next) {
        const char *name = (const char *)a->name, *text = attribute_text(a);
        if (strncmp(name, "fw-", 3) != 0) {
            struct message *m = compile_message(b, text, at, scope);
            if (m)
                directive_at(b, &a->_private)->text = m;
            continue;
        }
        struct directive *d = directive_at(b, &node->_private);
        if (strcmp(name, "fw-for") == 0)
            continue;
        if (strcmp(name, "fw-where") == 0 && d->loops)
            d->where = expr_compile(&b->arena, text, at, &report_names, scope, &b->diags);
        else if (strcmp(name, "fw-if") == 0)
            d->condition = expr_compile(&b->arena, text, at, &report_names, scope, &b->diags);
        else if (strcmp(name, "fw-class") == 0)
            d->class = message_compile(&b->arena, text, at, &report_names, scope, &b->diags);
        else if (strcmp(name, "fw-chart") == 0)
            d->chart = text;
        else if (strcmp(name, "fw-shows") == 0)
            d->shows = true;
        else if (strcmp(name, "fw-limit") == 0 && d->loops) {
            char *end;
            errno = 0;
            d->limit = strtoul(text, &end, 10);
            d->has_limit = true;
            if (errno || *end || end == text || *text == '-')
                diag_add(&b->diags, at, "fw-limit: \"%s\" is not a number of rows", text);
        } else if (strcmp(name, "fw-text") == 0) {
            d->not_in_text = strcmp(text, "no") == 0;
            d->not_in_html = strcmp(text, "only") == 0;
            if (!d->not_in_text && !d->not_in_html)
                diag_add(&b->diags, at, "fw-text is \"no\" (not in the text report) or \"only\" (only there)");
        } else if (strcmp(name, "fw-where") == 0 || strcmp(name, "fw-limit") == 0)
            diag_add(&b->diags, at, "%s needs fw-for on the same element", name);
        else
            diag_add(
                &b->diags, at,
                "there is no %s; known are fw-for, fw-where, fw-limit, fw-if, fw-class, fw-chart, fw-shows, fw-text",
                name);
    }
    struct directive *own = node->_private;
    const struct {
        const char *name;
        const struct expr *expr;
    } conditions[] = {{"fw-where", own ? own->where : NULL}, {"fw-if", own ? own->condition : NULL}};
    for (size_t i = 0; i < 2; i++)
        if (conditions[i].expr && expr_type(conditions[i].expr) != TYPE_BOOL)
            diag_add(&b->diags, at, "%s must be true or false, but this is a %s", conditions[i].name,
                     type_name(expr_type(conditions[i].expr)));
    if (!tree_is(node, "style"))
        compile_children(b, node, scope, pre || tree_is(node, "pre"));
}

static bool is_left_out(const struct builder *b, const xmlNode *node)
{
    const struct directive *d = node->_private;
    return d && (b->for_text ? d->not_in_text : d->not_in_html);
}

static void compile_children(struct builder *b, xmlNodePtr node, const struct scope_decl *scope, bool pre)
{
    for (xmlNodePtr child = node->children, next; child; child = next) {
        next = child->next;
        if (child->type == XML_ELEMENT_NODE) {
            compile_element(b, child, scope, pre);
            if (is_left_out(b, child)) { /* checked like the rest, but not needed */
                xmlUnlinkNode(child);
                xmlFreeNode(child);
            }
        } else if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
            const char *source = child->content ? (const char *)child->content : "";
            if (!pre) {
                source = squeeze(&b->arena, source);
                xmlNodeSetContent(child, (const xmlChar *)source);
            }
            struct message *m = compile_message(b, source, mark_of(b, child), scope);
            if (m)
                directive_at(b, &child->_private)->text = m;
        }
    }
}

/* Expansion */

static bool is_true(const struct builder *b, const struct expr *e, const struct scope *scope)
{
    struct value v = expr_eval(e, &b->env, scope);
    return v.known && v.truth;
}

static void expand(struct builder *b, const xmlNode *node, xmlNodePtr into, const struct scope *scope);

static void show_tables(const struct builder *b, xmlNodePtr into, const struct scope *scope)
{
    for (; scope; scope = scope->outer)
        if (scope->table->decl == &report_tables[T_STEP]) {
            const struct step_record *s = &b->c->steps[scope->row];
            for (size_t i = 0; i < s->show_count; i++)
                tree_add_shown(into, b->c, &s->shows[i]);
            return;
        }
}

static void expand_element(struct builder *b, const xmlNode *node, xmlNodePtr into, const struct scope *scope)
{
    const struct directive *d = node->_private;
    if (d && d->condition && !is_true(b, d->condition, scope))
        return;
    xmlNodePtr out = xmlNewChild(into, NULL, node->name, NULL);
    AUTO_STR struct str text = {0};
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        if (strncmp((const char *)a->name, "fw-", 3) == 0)
            continue;
        const struct directive *message = a->_private;
        str_clear(&text);
        if (message)
            message_eval(message->text, &b->env, scope, &text);
        else
            str_add(&text, attribute_text(a));
        xmlNewProp(out, a->name, (const xmlChar *)str_text(&text));
    }
    if (d && d->class) {
        str_clear(&text);
        const char *already = tree_attribute(out, "class");
        if (already && *already)
            str_printf(&text, "%s ", already);
        message_eval(d->class, &b->env, scope, &text);
        xmlSetProp(out, (const xmlChar *)"class", (const xmlChar *)str_text(&text));
    }
    if (tree_is(node, "style") && !node->children) {
        if (!b->for_text)
            tree_text_n(out, b->css, b->css_length);
        return;
    }
    if (d && d->chart && !chart_add(out, d->chart, b->c)) {
        xmlUnlinkNode(out);
        xmlFreeNode(out);
        return;
    }
    for (const xmlNode *child = node->children; child; child = child->next)
        expand(b, child, out, scope);
    if (d && d->shows)
        show_tables(b, out, scope);
}

static void expand(struct builder *b, const xmlNode *node, xmlNodePtr into, const struct scope *scope)
{
    if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
        const struct directive *d = node->_private;
        const char *source = node->content ? (const char *)node->content : "";
        if (!d) {
            tree_text(into, source);
            return;
        }
        AUTO_STR struct str text = {0};
        message_eval(d->text, &b->env, scope, &text);
        tree_text(into, str_text(&text));
        return;
    }
    if (node->type != XML_ELEMENT_NODE)
        return; /* comments are the template author's */
    const struct directive *d = node->_private;
    if (!d || !d->loops) {
        expand_element(b, node, into, scope);
        return;
    }
    const char *why;
    const struct table *t = env_table(b, d->table, &why);
    unsigned long done = 0;
    for (size_t row = 0; t && row < t->rows && (!d->has_limit || done < d->limit); row++) {
        struct scope inner = {t, row, scope};
        if (d->where && !is_true(b, d->where, &inner))
            continue;
        if (done++)
            tree_text(into, "\n");
        expand_element(b, node, into, &inner);
    }
}

/* Files */

struct source {
    char *path; /* of a user's or the system's file; NULL: built in */
    char *own;
    const char *data;
    size_t length;
};

static void source_free(struct source *s)
{
    free(s->path);
    free(s->own);
}

static bool source_load(struct source *s, const char *name, struct err *e)
{
    s->path = output_config_file(name);
    if (s->path) {
        s->own = input_read_file(s->path, TEMPLATE_BYTES_MAX, &s->length, e);
        if (!s->own)
            return false;
        if (memchr(s->own, '\0', s->length))
            return err_set(e, "%s: this is not text", s->path);
        s->data = s->own;
        return true;
    }
    for (const struct builtin *x = builtins; x->name; x++)
        if (strcmp(x->name, name) == 0) {
            s->data = x->data;
            s->length = x->length;
            return true;
        }
    return err_set(e, "%s is neither in this program nor in a configuration directory", name);
}

static xmlDocPtr parse_template(const struct source *s, const char *file, struct err *e)
{
    /* entities could blow up, and nothing in a template needs them */
    if (memmem(s->data, s->length, "<!DOCTYPE", 9) || memmem(s->data, s->length, "<!ENTITY", 8)) {
        err_set(e, "%s: a template has no document type; it starts at <html>", file);
        return NULL;
    }
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    xmlDocPtr doc = xmlCtxtReadMemory(parser, s->data, (int)s->length, file, "UTF-8",
                                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
    if (!doc) {
        const xmlError *error = xmlCtxtGetLastError(parser);
        const char *text = error && error->message ? error->message : "not well-formed";
        err_set(e, "%s:%d: %.*s", file, error ? error->line : 1, (int)strcspn(text, "\n"), text);
    } else if (!xmlDocGetRootElement(doc) || !tree_is(xmlDocGetRootElement(doc), "html")) {
        err_set(e, "%s:1: a template's outermost element is <html>", file);
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(parser);
    return doc;
}

static void *xml_resize(void *old, size_t size)
{
    return mem_resize(old, size, 1);
}

/* Out of memory, libxml2 would drop text from the report without a word: give it our allocators, which do not return.
 */
static void xml_begin(void)
{
    static bool begun;
    if (begun)
        return;
    begun = true;
    xmlMemSetup(free, mem_alloc, xml_resize, mem_strdup);
    xmlInitParser();
}

xmlDocPtr document_build(const struct case_file *c, bool for_text, struct err *e)
{
    static const char html_name[] = "templates/report.html", css_name[] = "templates/report.css";
    xml_begin();
    __attribute__((cleanup(source_free))) struct source html = {0}, css = {0};
    if (!source_load(&html, html_name, e) || !source_load(&css, css_name, e))
        return NULL;
    if (memmem(css.data, css.length, "</", 2)) { /* it would end the <style> element */
        err_set(e, "%s: a stylesheet has no \"</\"", css.path ? css.path : css_name);
        return NULL;
    }
    const char *file = html.path ? html.path : html_name;
    xmlDocPtr template = parse_template(&html, file, e);
    if (!template)
        return NULL;

    struct builder b = {.c = c,
                        .for_text = for_text,
                        .facts = report_facts(c),
                        .file = file,
                        .css = css.data,
                        .css_length = css.length};
    b.env = (struct env){.data = &b, .table = env_table};
    compile_element(&b, xmlDocGetRootElement(template), NULL, false);
    if (b.diags.count) {
        const struct diag *first = &b.diags.items[0];
        err_set(e, "%s:%u: %s", file, first->mark.line, first->text);
    } else {
        b.doc = xmlNewDoc((const xmlChar *)"1.0");
        b.doc->dict = xmlDictCreate(); /* one copy of each name, not one a node */
        /* a holder, since a loop or a condition can stand at the root too */
        xmlNodePtr holder = xmlNewDocNode(b.doc, NULL, (const xmlChar *)"holder", NULL);
        xmlDocSetRootElement(b.doc, holder);
        expand(&b, xmlDocGetRootElement(template), holder, NULL);
        xmlNodePtr root = holder->children;
        if (root) {
            xmlUnlinkNode(root);
            xmlDocSetRootElement(b.doc, root);
            xmlFreeNode(holder);
        }
    }
    diags_free(&b.diags);
    arena_free(&b.arena);
    facts_free(b.facts);
    xmlFreeDoc(template);
    return b.doc;
}
