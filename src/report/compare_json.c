/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The comparison as JSON; schema/diff.json describes the members. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/case_json.h"
#include "report/compare_document.h"
#include "report/lookup.h"

#define DIFF_FORMAT "fragwizard-diff/1"

/* All text of a case is clean; the names of the two files are the user's. */
static json_t *of_text(const char *text)
{
    json_t *j = text ? json_string(text) : json_null();
    if (j)
        return j;
    size_t length = strlen(text), size = 3 * length + 1;
    AUTO_FREE char *clean = mem_alloc(size);
    text_clean(clean, size, text, length);
    return json_string(clean);
}

static json_t *of_number(double number)
{
    if (!isfinite(number))
        return json_null();
    if (number == trunc(number) && fabs(number) <= 9007199254740992.0) /* 2^53: beyond, not every integer exists */
        return json_integer((json_int_t)number);
    return json_real(number);
}

static json_t *of_value(const struct value *v)
{
    if (!v->known)
        return json_null();
    if (v->type == TYPE_TEXT)
        return of_text(v->text);
    return v->type == TYPE_BOOL ? json_boolean(v->truth) : of_number(v->number);
}

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static json_t *of_run(const struct case_file *c)
{
    char started[32];
    clock_iso(started, c->started);
    const char *user = lookup_text(lookup_table(c, "host", "host"), 0, "user");
    json_t *run = json_object();
    put(run, "file", of_text(c->path));
    put(run, "case_id", of_text(c->case_id));
    put(run, "version", of_text(c->version));
    put(run, "root", of_text(c->root));
    put(run, "user", of_text(strcmp(user, "?") == 0 ? NULL : user));
    put(run, "started", of_text(started));
    put(run, "window_s", of_number(c->window_s));
    put(run, "complete", json_boolean(c->complete));
    put(run, "status", of_text(c->status));
    put(run, "headline", of_text(c->headline));
    put(run, "lead", of_text(c->lead));
    return run;
}

static json_t *of_figures(const struct compared_figure *figures, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct value *v = figures[i].value;
        json_t *figure = json_object();
        put(figure, "name", of_text(figures[i].name));
        put(figure, "type", of_text(case_type_words[v[v[AFTER].known ? AFTER : BEFORE].type]));
        put(figure, "before", of_value(&v[BEFORE]));
        put(figure, "after", of_value(&v[AFTER]));
        if (!v[BEFORE].known)
            put(figure, "unknown_before", of_text(v[BEFORE].why));
        if (!v[AFTER].known)
            put(figure, "unknown_after", of_text(v[AFTER].why));
        json_array_append_new(list, figure);
    }
    return list;
}

static json_t *of_said(const struct finding *f)
{
    if (!f)
        return json_null();
    json_t *said = json_object();
    put(said, "severity", of_text(severity_name(f->severity)));
    put(said, "row", of_text(f->row));
    put(said, "say", of_text(f->say));
    return said;
}

static json_t *of_finding(const struct compared_finding *f)
{
    const struct finding *named = f->finding[f->finding[AFTER] ? AFTER : BEFORE];
    json_t *finding = json_object();
    put(finding, "id", of_text(named->id));
    put(finding, "identity", of_text(named->identity ? named->identity : named->row));
    put(finding, "change", of_text(change_name(f->change)));
    put(finding, "why", of_text(f->why));
    put(finding, "redefined", json_boolean(f->redefined));
    put(finding, "before", of_said(f->finding[BEFORE]));
    put(finding, "after", of_said(f->finding[AFTER]));
    put(finding, "figures", of_figures(f->figures, f->figure_count));
    return finding;
}

static json_t *of_state(const struct verdict *v, bool leads)
{
    if (!v)
        return json_null();
    json_t *state = json_object();
    put(state, "state", of_text(verdict_state_name(v->state)));
    put(state, "kind", of_text(v->kind));
    put(state, "leads", json_boolean(leads));
    return state;
}

static json_t *of_verdict(const struct compared_verdict *v)
{
    const struct verdict *named = v->verdict[v->verdict[AFTER] ? AFTER : BEFORE];
    json_t *verdict = json_object();
    put(verdict, "id", of_text(named->id));
    put(verdict, "title", of_text(named->title));
    put(verdict, "before", of_state(v->verdict[BEFORE], v->leads[BEFORE]));
    put(verdict, "after", of_state(v->verdict[AFTER], v->leads[AFTER]));
    return verdict;
}

static json_t *of_result(const struct check *k, const char *blind)
{
    if (!k)
        return json_null();
    json_t *result = json_object();
    put(result, "result", of_text(check_result_name(k->result)));
    put(result, "why", of_text(blind));
    return result;
}

static json_t *of_check(const struct compared_check *k)
{
    const struct check *named = k->check[k->check[AFTER] ? AFTER : BEFORE];
    json_t *check = json_object();
    put(check, "id", of_text(named->id));
    put(check, "severity", of_text(severity_name(named->severity)));
    put(check, "optional", json_boolean(named->optional));
    put(check, "decides", json_boolean(k->decides));
    put(check, "before", of_result(k->check[BEFORE], k->blind[BEFORE]));
    put(check, "after", of_result(k->check[AFTER], k->blind[AFTER]));
    return check;
}

static json_t *of_trial(const struct experiment *x)
{
    if (!x)
        return json_null();
    json_t *trial = json_object();
    put(trial, "state", of_text(experiment_state_name(x->state)));
    put(trial, "why", of_text(x->why));
    put(trial, "type", of_text(case_type_words[x->before.type]));
    put(trial, "measured_before", of_value(&x->before));
    put(trial, "measured_after", of_value(&x->after));
    return trial;
}

static json_t *of_experiment(const struct compared_experiment *x)
{
    const struct experiment *named = x->experiment[x->experiment[AFTER] ? AFTER : BEFORE];
    json_t *experiment = json_object();
    put(experiment, "id", of_text(named->id));
    put(experiment, "measure", of_text(named->measure));
    put(experiment, "before", of_trial(x->experiment[BEFORE]));
    put(experiment, "after", of_trial(x->experiment[AFTER]));
    return experiment;
}

static json_t *of_counts(const struct comparison *c)
{
    json_t *counts = json_object();
    for (enum change change = CHANGE_NEW; change <= CHANGE_NONE; change++)
        put(counts, change_name(change), json_integer((json_int_t)c->count[change]));
    return counts;
}

static json_t *of_comparison(const struct comparison *c)
{
    json_t *root = json_object();
    put(root, "format", of_text(DIFF_FORMAT));
    put(root, "version", of_text(FRAGWIZARD_VERSION));
    put(root, "host", of_text(c->run[AFTER]->host));
    put(root, "playbook", of_text(c->run[AFTER]->playbook));
    put(root, "outcome", of_text(outcome_name(c->outcome)));
    put(root, "exit_status", json_integer(outcome_exit_status(c->outcome)));
    put(root, "sentence", of_text(c->sentence));
    put(root, "before", of_run(c->run[BEFORE]));
    put(root, "after", of_run(c->run[AFTER]));
    put(root, "counts", of_counts(c));
    json_t *remarks = json_array(), *findings = json_array(), *verdicts = json_array(), *checks = json_array(),
           *experiments = json_array();
    for (size_t i = 0; i < c->remark_count; i++)
        json_array_append_new(remarks, of_text(c->remarks[i]));
    for (size_t i = 0; i < c->finding_count; i++)
        json_array_append_new(findings, of_finding(&c->findings[i]));
    for (size_t i = 0; i < c->verdict_count; i++)
        json_array_append_new(verdicts, of_verdict(&c->verdicts[i]));
    for (size_t i = 0; i < c->check_count; i++)
        json_array_append_new(checks, of_check(&c->checks[i]));
    for (size_t i = 0; i < c->experiment_count; i++)
        json_array_append_new(experiments, of_experiment(&c->experiments[i]));
    put(root, "remarks", remarks);
    put(root, "findings", findings);
    put(root, "verdicts", verdicts);
    put(root, "figures", of_figures(c->figures, c->figure_count));
    put(root, "settings", of_figures(c->settings, c->setting_count));
    put(root, "checks", checks);
    put(root, "blind_in_both", json_integer((json_int_t)c->blind_count));
    put(root, "experiments", experiments);
    return root;
}

char *compare_to_json(const struct comparison *c, size_t *length)
{
    case_json_begin();
    json_t *root = of_comparison(c);
    AUTO_FREE char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(root);
    char *out = mem_printf("%s\n", text);
    *length = strlen(out);
    return out;
}
