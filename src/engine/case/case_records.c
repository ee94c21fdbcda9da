/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/case/case.h"

const char *const case_status_names[] = {"ok", "warning", "critical", "unknown", NULL};
const char *const verdict_state_names[] = {"confirmed", "likely", "ruled-out", "unknown", NULL};
const char *const check_result_names[] = {"clear", "fired", "unchecked", "not-run", NULL};
const char *const experiment_state_names[] = {"not-run", "declined", "done", "failed", NULL};
const char *const step_state_names[] = {"pending", "done", "skipped", "passed", NULL};
const char *const recommendation_kind_names[] = {"sysctl", "application", "service", "kernel", "observe", NULL};
const char *const verdict_harm_names[] = {"observed", "imminent", "today", "growing", "past", "standing", "none", NULL};
const char *const experiment_action_names[] = {"compact", "watch", "operator", NULL};

const char *verdict_state_name(enum verdict_state s)
{
    return verdict_state_names[s];
}

const char *check_result_name(enum check_result r)
{
    return check_result_names[r];
}

const char *experiment_state_name(enum experiment_state s)
{
    return experiment_state_names[s];
}

const struct record record_evidence = RECORD(evidence, "evidence", "a value that a rule looked at", EVIDENCE_FIELDS);
const struct record record_finding = RECORD(finding, "finding", "a rule that fired", FINDING_FIELDS);
const struct record record_check = RECORD(check, "check", "how a rule fared", CHECK_FIELDS);
const struct record record_verdict = RECORD(verdict, "verdict", "a hypothesis weighed", VERDICT_FIELDS);
const struct record record_experiment =
    RECORD(experiment, "experiment", "a test that decides what looking cannot, made only after a yes or --allow",
           EXPERIMENT_FIELDS);
const struct record record_recommendation =
    RECORD(recommendation, "recommendation", "a change, and how to take it back", RECOMMENDATION_FIELDS);
const struct record record_answer = RECORD(answer, "answer", "what the operator said, or the default", ANSWER_FIELDS);
const struct record record_changed_limit =
    RECORD(changed_limit, "limit", "a limit that had another value than the playbook's", CHANGED_LIMIT_FIELDS);
const struct record record_figure = RECORD(figure, "figure", "a number for monitoring systems", FIGURE_FIELDS);
const struct record record_note = RECORD(note, "note", "what the operator wrote down", NOTE_FIELDS);
const struct record record_shown = RECORD(shown, "shows", "a table to show", SHOWN_FIELDS);
const struct record record_step_record = RECORD(step_record, "step", "a step of the playbook", STEP_FIELDS);
const struct record record_case_file = RECORD(case_file, "case", "the record of one run of fragwizard", CASE_FIELDS);
