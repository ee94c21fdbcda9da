/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records that a case is made of. Each field is declared once (facts/record.h): here are the members, their JSON, their
 * schema, their documentation and the columns by which a report template names them. */
#ifndef FW_ENGINE_CASE_CASE_RECORDS_H
#define FW_ENGINE_CASE_CASE_RECORDS_H

#include "facts/record.h"
#include "facts/severity.h"

/* Words of closed sets, by their enum, then NULL; the functions give one of them. */
enum case_status { CASE_OK, CASE_WARNING, CASE_CRITICAL, CASE_UNKNOWN, CASE_STATUSES }; /* as exit status */
enum verdict_state { VERDICT_CONFIRMED, VERDICT_LIKELY, VERDICT_RULED_OUT, VERDICT_UNKNOWN };
enum check_result { CHECK_CLEAR, CHECK_FIRED, CHECK_UNCHECKED, CHECK_NOT_RUN };
enum experiment_state { EXPERIMENT_NOT_RUN, EXPERIMENT_DECLINED, EXPERIMENT_DONE, EXPERIMENT_FAILED };
/* Worst first. Imminent: within an hour; then within a day. */
enum verdict_harm { HARM_OBSERVED, HARM_IMMINENT, HARM_TODAY, HARM_GROWING, HARM_PAST, HARM_STANDING, HARM_NONE };
enum step_state { STEP_PENDING, STEP_DONE, STEP_SKIPPED, STEP_PASSED };
extern const char *const verdict_state_names[],
    *const check_result_names[], *const experiment_state_names[], *const step_state_names[],
                                                                      *const case_status_names[],
                                                                          *const recommendation_kind_names[],
                                                                              *const experiment_action_names[],
                                                                                  *const verdict_harm_names[];
const char *verdict_state_name(enum verdict_state s);       /* "confirmed", "likely", "ruled-out", "unknown" */
const char *check_result_name(enum check_result r);         /* "clear", "fired", "unchecked", "not-run" */
const char *experiment_state_name(enum experiment_state s); /* "not-run", "declined", "done", "failed" */

/* All strings are clean UTF-8 owned by the case's arena. */
/* clang-format off */
#define EVIDENCE_FIELDS(X, R) \
    X(R, NAME, name, , REQUIRED, "name", "column, or table.column") \
    X(R, VALUE, value, , REQUIRED, "value", "what the rule looked at")
struct evidence { EVIDENCE_FIELDS(RECORD_MEMBER, ) };

#define FINDING_FIELDS(X, R) \
    X(R, NAME, id, , REQUIRED, "id", "the rule") \
    X(R, WORD, severity, severity, REQUIRED, "severity", "how bad it is") \
    X(R, NAME, step, , NULLABLE, "step", "id of the step it belongs to") \
    X(R, TEXT, say, , REQUIRED, "say", "the sentence") \
    X(R, NAME, row, , NULLABLE, "row", "the row of the rule's table (\"node=0 name=Normal\"); none if the rule has no table") \
    X(R, NAME, identity, , ADDED, "identity", \
      "what stays the same in another run: the row, with the command in the place of a process id") \
    X(R, RECORDS, evidence, (evidence, evidence_count), REQUIRED, "evidence", "values that the rule looked at") \
    X(R, NAMES, recommend, recommend_count, REQUIRED, "recommend", "ids of recommendations") \
    X(R, TEXT, why, , NULLABLE, "why", "why the threshold is what it is") \
    X(R, TEXT, source, , NULLABLE, "source", "where the threshold comes from") \
    X(R, TEXT, formula, , NULLABLE, "formula", "the rule's condition")
struct finding { FINDING_FIELDS(RECORD_MEMBER, ) };

#define CHECK_FIELDS(X, R) \
    X(R, NAME, id, , REQUIRED, "id", "the rule") \
    X(R, NAME, step, , NULLABLE, "step", "id of its step") \
    X(R, WORD, severity, severity, REQUIRED, "severity", "severity if it fires") \
    X(R, WORD, result, check_result, REQUIRED, "result", "how it ended") \
    X(R, TEXT, why, , NULLABLE, "why", "why it was not checked, or not run") \
    X(R, BOOL, optional, , REQUIRED, "optional", "other checks cover it") \
    X(R, COUNT, rows, , REQUIRED, "rows", "judgements made") \
    X(R, COUNT, fired, , REQUIRED, "fired", "of these fired") \
    X(R, COUNT, unknown, , REQUIRED, "unknown", "of these unknown") \
    X(R, TEXT, formula, , NULLABLE, "formula", "its condition") \
    X(R, TEXT, threshold_why, , NULLABLE, "threshold_why", "why the threshold is what it is") \
    X(R, TEXT, source, , NULLABLE, "source", "where the threshold comes from")
struct check { CHECK_FIELDS(RECORD_MEMBER, ) };

#define VERDICT_FIELDS(X, R) \
    X(R, NAME, id, , REQUIRED, "id", "id") \
    X(R, TEXT, title, , REQUIRED, "title", "the hypothesis") \
    X(R, WORD, state, verdict_state, REQUIRED, "state", "how it was decided") \
    X(R, TEXTS, sentences_for, for_count, REQUIRED, "for", "sentences for it") \
    X(R, TEXTS, sentences_against, against_count, REQUIRED, "against", "sentences against it") \
    X(R, NAME, kind, , ADDED, "kind", "which kind of it this is; none: it has none, or does not hold") \
    X(R, TEXTS, owners, owner_count, ADDED, "owners", "who holds what is in the way, largest first") \
    X(R, TEXT, headline, , ADDED, "headline", "it in a sentence, if it holds") \
    X(R, COUNT, rank, , ADDED, "rank", "its place among those that hold: 1 leads; 0: it does not hold") \
    X(R, CHOICE, harm, verdict_harm, ADDED, "harm", "what it does, worst first; none: it does not hold, or nothing is wrong") \
    X(R, MEASURED, until, , ADDED, "until", "time until it does harm") \
    X(R, MEASURED, size, , ADDED, "size", "memory at stake") \
    X(R, TEXTS, subjects, subject_count, ADDED, "subjects", "who it is about, worst first")
struct verdict { VERDICT_FIELDS(RECORD_MEMBER, ) };

/* A test that decides what looking cannot, made only after a yes (or --allow). */
#define EXPERIMENT_FIELDS(X, R) \
    X(R, NAME, id, , REQUIRED, "id", "id") \
    X(R, NAME, step, , NULLABLE, "step", "id of its step") \
    X(R, TEXT, ask, , NULLABLE, "ask", "what was proposed") \
    X(R, CHOICE, action, experiment_action, REQUIRED, "action", "what it does") \
    X(R, TEXT, cost, , NULLABLE, "cost", "what it costs") \
    X(R, TEXT, risk, , NULLABLE, "risk", "its risk") \
    X(R, WORD, state, experiment_state, REQUIRED, "state", "what became of it") \
    X(R, TEXT, why, , NULLABLE, "why", "why it was not run, or failed") \
    X(R, TEXT, measure, , NULLABLE, "measure", "what was measured before and after, in words") \
    X(R, MEASURED, before, , REQUIRED, "before", "value before") \
    X(R, MEASURED, after, , REQUIRED, "after", "value after") \
    X(R, NUMBER, duration_s, SECONDS, REQUIRED, "duration", "time it took")
struct experiment { EXPERIMENT_FIELDS(RECORD_MEMBER, ) };

/* What a recommendation says: in a playbook a message each, in a case what that comes to. Their detail is when a playbook must
 * have them. */
#define RECOMMENDATION_TEXTS(X, R) \
    X(R, TEXT, title, "required", REQUIRED, "title", "what to change") \
    X(R, TEXT, current, NULL, NULLABLE, "current", "the value now") \
    X(R, TEXT, proposed, NULL, NULLABLE, "proposed", "the value proposed") \
    X(R, TEXT, apply, "all kinds but sysctl and observe", NULLABLE, "apply", "the command or the deed") \
    X(R, TEXT, keep, NULL, NULLABLE, "keep", "what makes it last over a reboot") \
    X(R, TEXT, verify, NULL, NULLABLE, "verify", "what shows it") \
    X(R, TEXT, undo, NULL, NULLABLE, "undo", "what takes it back") \
    X(R, TEXT, risk, NULL, NULLABLE, "risk", "what it can cost") \
    X(R, TEXT, why, "required", NULLABLE, "why", "the reason")
#define RECOMMENDATION_FIELDS(X, R) \
    X(R, NAME, id, , REQUIRED, "id", "id") \
    X(R, CHOICE, kind, recommendation_kind, REQUIRED, "kind", "what is changed") \
    RECOMMENDATION_TEXTS(X, R) \
    X(R, NAME, sysctl, , NULLABLE, "sysctl", "name of the sysctl") \
    X(R, NAME, verdict, , ADDED, "verdict", "the verdict that it mends; none: it is of a finding alone")
struct recommendation { RECOMMENDATION_FIELDS(RECORD_MEMBER, ) };

#define ANSWER_FIELDS(X, R) \
    X(R, NAME, id, , REQUIRED, "id", "the question") \
    X(R, NAME, step, , NULLABLE, "step", "id of its step") \
    X(R, TEXT, ask, , NULLABLE, "ask", "the question's text") \
    X(R, VALUE, value, , REQUIRED, "value", "the answer") \
    X(R, TEXT, shown, , NULLABLE, "shown", "the answer as people read it") \
    X(R, BOOL, defaulted, , REQUIRED, "defaulted", "nobody chose it: the default was used")
struct answer { ANSWER_FIELDS(RECORD_MEMBER, ) };

#define CHANGED_LIMIT_FIELDS(X, R) \
    X(R, NAME, name, , REQUIRED, "name", "the limit") \
    X(R, MEASURED, value, , REQUIRED, "value", "the value that held in this run") \
    X(R, MEASURED, own, , REQUIRED, "default", "the playbook's own value") \
    X(R, TEXT, origin, , REQUIRED, "origin", "where it was set: a file and line, or --limit")
struct changed_limit { CHANGED_LIMIT_FIELDS(RECORD_MEMBER, ) };

/* A number for monitoring systems. An alarm begins beyond a threshold: above it, or below. */
#define FIGURE_FIELDS(X, R) \
    X(R, NAME, id, , REQUIRED, "id", "what it is called") \
    X(R, TEXT, title, , REQUIRED, "title", "what it is") \
    X(R, MEASURED, value, , REQUIRED, "value", "its value") \
    X(R, MEASURED, warning, , REQUIRED, "warning", "beyond this it is a warning; unknown: it never is") \
    X(R, MEASURED, critical, , REQUIRED, "critical", "beyond this it is critical") \
    X(R, BOOL, below, , REQUIRED, "below", "beyond means below")
struct figure { FIGURE_FIELDS(RECORD_MEMBER, ) };

#define NOTE_FIELDS(X, R) \
    X(R, NAME, step, , NULLABLE, "step", "id of the step") \
    X(R, TIME, wall, , REQUIRED, "time", "when") \
    X(R, TEXT, text, , REQUIRED, "text", "what the operator wrote down")
struct note { NOTE_FIELDS(RECORD_MEMBER, ) };

#define SHOWN_FIELDS(X, R) \
    X(R, NAME, probe, , REQUIRED, "probe", "the probe") \
    X(R, NAME, table, , REQUIRED, "table", "its table") \
    X(R, TEXT, title, , NULLABLE, "title", "the table's title; none: its help") \
    X(R, NAMES, columns, column_count, REQUIRED, "columns", "which, in order; none: all") \
    X(R, COUNTS, row, row_count, REQUIRED, "rows", "numbers of the rows among those the case keeps, in order") \
    X(R, COUNT, more, , REQUIRED, "more", "rows that matched but are not listed")
struct shown { SHOWN_FIELDS(RECORD_MEMBER, ) };

#define STEP_FIELDS(X, R) \
    X(R, NAME, id, , REQUIRED, "id", "id") \
    X(R, TEXT, title, , REQUIRED, "title", "title") \
    X(R, WORD, state, step_state, REQUIRED, "state", "passed: its condition was false") \
    X(R, TEXT, why, , NULLABLE, "why", "why it matters") \
    X(R, TEXT, classic, , NULLABLE, "classic", "the command that it stands for") \
    X(R, TEXT, blind, , NULLABLE, "blind", "what that command does not tell") \
    X(R, NAMES, probes, probe_count, REQUIRED, "probes", "names of its probes") \
    X(R, RECORDS, shows, (shown, show_count), REQUIRED, "shows", "tables to show")
struct step_record { STEP_FIELDS(RECORD_MEMBER, ) };

#define CASE_FIELDS(X, R) \
    X(R, OTHER, , , REQUIRED, "format", "fragwizard-case/1") \
    X(R, NAME, version, , NULLABLE, "version", "of the fragwizard that wrote it") \
    X(R, OTHER, , , REQUIRED, "host", "name of the machine, and what the probe `host` found out about it") \
    X(R, NAME, playbook, , REQUIRED, "playbook", "name of the playbook") \
    X(R, TEXT, playbook_title, , NULLABLE, "playbook_title", "its title") \
    X(R, NAME, case_id, , NULLABLE, "case_id", "the ticket that it belongs to (--case-id)") \
    X(R, NAME, root, , NULLABLE, "root", "what was examined: / or the directory of a capture") \
    X(R, NAME, command_lines, , ADDED, "command_lines", \
      "shortened: without what could be a secret; or whole, or as captured (--command-lines)") \
    X(R, TIME, started, , REQUIRED, "started", "when the run began") \
    X(R, NUMBER, duration_s, SECONDS, REQUIRED, "duration", "wall time spent") \
    X(R, NUMBER, window_s, SECONDS, REQUIRED, "window", "length of the window that rates were measured over; 0: one moment") \
    X(R, BOOL, complete, , REQUIRED, "complete", "all steps were done") \
    X(R, WORD, status, case_status, REQUIRED, "status", "the worst that was found") \
    X(R, TEXT, headline, , NULLABLE, "headline", "the verdict in a sentence") \
    X(R, NAME, lead, , NULLABLE, "lead", "id of the verdict that leads") \
    X(R, RECORDS, verdicts, (verdict, verdict_count), REQUIRED, "verdicts", "hypotheses weighed") \
    X(R, RECORDS, findings, (finding, finding_count), REQUIRED, "findings", "rules that fired, worst first") \
    X(R, OTHER, , , REQUIRED, "unchecked", "checks that could not be made, with the reason") \
    X(R, OTHER, , , REQUIRED, "checks", "how many checks ended how") \
    X(R, RECORDS, checks, (check, check_count), REQUIRED, "check_list", "one for each rule of the playbook") \
    X(R, RECORDS, recommendations, (recommendation, recommendation_count), REQUIRED, "recommendations", "changes, and how to take them back") \
    X(R, RECORDS, answers, (answer, answer_count), REQUIRED, "answers", "what the operator said, or the default") \
    X(R, RECORDS, experiments, (experiment, experiment_count), ADDED, "experiments", "tests that were offered, in order") \
    X(R, RECORDS, limits, (changed_limit, limit_count), ADDED, "limits", "limits that had another value than the playbook's") \
    X(R, RECORDS, figures, (figure, figure_count), ADDED, "figures", "numbers for monitoring systems, with their thresholds") \
    X(R, RECORDS, notes, (note, note_count), REQUIRED, "notes", "what the operator wrote down") \
    X(R, RECORDS, steps, (step_record, step_count), REQUIRED, "steps", "steps of the playbook, in order") \
    X(R, OTHER, , , REQUIRED, "facts", "what was found, by name of the probe") \
    X(R, OTHER, , , REQUIRED, "checksum", "CRC-32 of all bytes before the comma that precedes this member")
/* clang-format on */
extern const struct record record_evidence, record_finding, record_check, record_verdict, record_experiment,
    record_recommendation, record_answer, record_changed_limit, record_figure, record_note, record_shown,
    record_step_record, record_case_file;

#endif
