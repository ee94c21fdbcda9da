/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The comparison as JSON; schema/diff.json describes the members. */
#include <jansson.h>
#include <string.h>

#include "base/version.h"
#include "facts/json_value.h"
#include "facts/record_json.h"
#include "report/compare_document.h"
#include "report/lookup.h"

static json_t *of_run(const struct case_file *c)
{
    const char *user = lookup_text(lookup_table(c, "host", "host"), 0, "user");
    json_t *run = json_object();
    json_put(run, "file", json_of_text(c->path));
    record_put(run, &record_case_file, c, "case_id version root");
    json_put(run, "user", json_of_text(strcmp(user, "?") == 0 ? NULL : user));
    record_put(run, &record_case_file, c, "started window complete status headline lead");
    return run;
}

static json_t *of_figures(const struct compared_figure *figures, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct value *v = figures[i].value;
        json_t *figure = json_object();
        json_put(figure, "name", json_of_text(figures[i].name));
        json_put(figure, "type", json_of_text(type_json_names[v[v[AFTER].known ? AFTER : BEFORE].type]));
        json_put(figure, "before", json_of_value(&v[BEFORE]));
        json_put(figure, "after", json_of_value(&v[AFTER]));
        if (!v[BEFORE].known)
            json_put(figure, "unknown_before", json_of_text(v[BEFORE].why));
        if (!v[AFTER].known)
            json_put(figure, "unknown_after", json_of_text(v[AFTER].why));
        json_array_append_new(list, figure);
    }
    return list;
}

/* What one of the runs has of a pair; null, which takes no members, where it has none. */
static json_t *of_one(const struct record *r, const void *object, const char *names)
{
    json_t *one = object ? json_object() : json_null();
    if (object)
        record_put(one, r, object, names);
    return one;
}

static json_t *of_finding(const struct compared_finding *f)
{
    const struct finding *named = f->finding[f->finding[AFTER] ? AFTER : BEFORE];
    json_t *finding = of_one(&record_finding, named, "id");
    json_put(finding, "identity", json_of_text(named->identity ? named->identity : named->row));
    json_put(finding, "change", json_of_text(change_names[f->change]));
    json_put(finding, "why", json_of_text(f->why));
    json_put(finding, "redefined", json_boolean(f->redefined));
    json_put(finding, "before", of_one(&record_finding, f->finding[BEFORE], "severity row say"));
    json_put(finding, "after", of_one(&record_finding, f->finding[AFTER], "severity row say"));
    json_put(finding, "figures", of_figures(f->figures, f->figure_count));
    return finding;
}

static json_t *of_state(const struct verdict *v, bool leads)
{
    json_t *state = of_one(&record_verdict, v, "state kind");
    json_put(state, "leads", json_boolean(leads));
    return state;
}

static json_t *of_verdict(const struct compared_verdict *v)
{
    const struct verdict *named = v->verdict[v->verdict[AFTER] ? AFTER : BEFORE];
    json_t *verdict = of_one(&record_verdict, named, "id title");
    json_put(verdict, "before", of_state(v->verdict[BEFORE], v->leads[BEFORE]));
    json_put(verdict, "after", of_state(v->verdict[AFTER], v->leads[AFTER]));
    return verdict;
}

static json_t *of_result(const struct check *k, const char *blind)
{
    json_t *result = of_one(&record_check, k, "result");
    json_put(result, "why", json_of_text(blind));
    return result;
}

static json_t *of_check(const struct compared_check *k)
{
    const struct check *named = k->check[k->check[AFTER] ? AFTER : BEFORE];
    json_t *check = of_one(&record_check, named, "id severity optional");
    json_put(check, "decides", json_boolean(k->decides));
    json_put(check, "before", of_result(k->check[BEFORE], k->blind[BEFORE]));
    json_put(check, "after", of_result(k->check[AFTER], k->blind[AFTER]));
    return check;
}

static json_t *of_trial(const struct experiment *x)
{
    if (!x)
        return json_null();
    json_t *trial = of_one(&record_experiment, x, "state why");
    json_put(trial, "type", json_of_text(type_json_names[x->before.type]));
    json_put(trial, "measured_before", json_of_value(&x->before));
    json_put(trial, "measured_after", json_of_value(&x->after));
    return trial;
}

static json_t *of_experiment(const struct compared_experiment *x)
{
    const struct experiment *named = x->experiment[x->experiment[AFTER] ? AFTER : BEFORE];
    json_t *experiment = of_one(&record_experiment, named, "id measure");
    json_put(experiment, "before", of_trial(x->experiment[BEFORE]));
    json_put(experiment, "after", of_trial(x->experiment[AFTER]));
    return experiment;
}

static json_t *of_counts(const struct comparison *c)
{
    json_t *counts = json_object();
    for (enum change change = CHANGE_NEW; change <= CHANGE_NONE; change++)
        json_put(counts, change_names[change], json_integer((json_int_t)c->count[change]));
    return counts;
}

static json_t *of_comparison(const struct comparison *c)
{
    json_t *root = json_object();
    json_put(root, "format", json_of_text("fragwizard-diff/1"));
    json_put(root, "version", json_of_text(fragwizard_version));
    json_put(root, "host", json_of_text(c->run[AFTER]->host));
    json_put(root, "playbook", json_of_text(c->run[AFTER]->playbook));
    json_put(root, "outcome", json_of_text(outcome_names[c->outcome]));
    json_put(root, "exit_status", json_integer(outcome_exit_status(c->outcome)));
    json_put(root, "sentence", json_of_text(c->sentence));
    json_put(root, "before", of_run(c->run[BEFORE]));
    json_put(root, "after", of_run(c->run[AFTER]));
    json_put(root, "counts", of_counts(c));
    json_t *remarks = json_array(), *findings = json_array(), *verdicts = json_array(), *checks = json_array(),
           *experiments = json_array();
    for (size_t i = 0; i < c->remark_count; i++)
        json_array_append_new(remarks, json_of_text(c->remarks[i]));
    for (size_t i = 0; i < c->finding_count; i++)
        json_array_append_new(findings, of_finding(&c->findings[i]));
    for (size_t i = 0; i < c->verdict_count; i++)
        json_array_append_new(verdicts, of_verdict(&c->verdicts[i]));
    for (size_t i = 0; i < c->check_count; i++)
        json_array_append_new(checks, of_check(&c->checks[i]));
    for (size_t i = 0; i < c->experiment_count; i++)
        json_array_append_new(experiments, of_experiment(&c->experiments[i]));
    json_put(root, "remarks", remarks);
    json_put(root, "findings", findings);
    json_put(root, "verdicts", verdicts);
    json_put(root, "figures", of_figures(c->figures, c->figure_count));
    json_put(root, "settings", of_figures(c->settings, c->setting_count));
    json_put(root, "checks", checks);
    json_put(root, "blind_in_both", json_integer((json_int_t)c->blind_count));
    json_put(root, "experiments", experiments);
    return root;
}

char *compare_to_json(const struct comparison *c, size_t *length)
{
    json_begin();
    return json_text(of_comparison(c), length);
}
