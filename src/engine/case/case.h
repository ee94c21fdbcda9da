/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case: the record of one run, and the only thing the report is made from. JSON on disk, format fragwizard-case/1
 * (schema/case.json), saved after each step, with a checksum so that any changed byte is noticed. */
#ifndef FW_ENGINE_CASE_CASE_H
#define FW_ENGINE_CASE_CASE_H

#include "facts/facts.h"
#include "facts/probe.h"
#include "facts/severity.h"

enum verdict_state { VERDICT_CONFIRMED, VERDICT_LIKELY, VERDICT_RULED_OUT, VERDICT_UNKNOWN };
const char *verdict_state_name(enum verdict_state s); /* "confirmed", "likely", "ruled-out", "unknown" */

enum case_status { CASE_OK, CASE_WARNING, CASE_CRITICAL, CASE_UNKNOWN, CASE_STATUSES }; /* as exit status */
extern const char *const case_status_names[CASE_STATUSES]; /* "ok", "warning", "critical", "unknown" */

/* All strings of a case are clean UTF-8 owned by its arena. */
struct evidence {
    const char *name; /* column, or table.column */
    struct value value;
};

struct finding {
    const char *id;   /* the rule */
    const char *step; /* the step it belongs to */
    enum severity severity;
    const char *say;
    const char *row;      /* identity of the row ("node=0 name=Normal"); NULL if the rule has no table */
    const char *identity; /* what stays the same in another run: the row, with the command in the place of a pid */
    struct evidence *evidence;
    size_t evidence_count;
    const char **recommend; /* ids */
    size_t recommend_count;
    const char *why, *source, *formula; /* of the threshold */
};

enum check_result { CHECK_CLEAR, CHECK_FIRED, CHECK_UNCHECKED, CHECK_NOT_RUN };
const char *check_result_name(enum check_result r); /* "clear", "fired", "unchecked", "not-run" */

struct check { /* one for each rule of the playbook */
    const char *id, *step;
    enum severity severity;
    enum check_result result;
    const char *why; /* unchecked or not run: the reason */
    bool optional;
    size_t rows, fired, unknown;                  /* judgements made */
    const char *formula, *threshold_why, *source; /* what the rule says and where its threshold comes from */
};

struct verdict {
    const char *id, *title;
    enum verdict_state state;
    const char **sentences_for, **sentences_against;
    size_t for_count, against_count;
    const char *kind;    /* "compactable", "pinned", "undecided"…; NULL: it has no kinds, or does not hold */
    const char **owners; /* who holds what is in the way, largest first */
    size_t owner_count;
};

enum experiment_state { EXPERIMENT_NOT_RUN, EXPERIMENT_DECLINED, EXPERIMENT_DONE, EXPERIMENT_FAILED };
const char *experiment_state_name(enum experiment_state s); /* "not-run", "declined", "done", "failed" */

/* A test that decides what looking cannot, made only after a yes (or --allow). */
struct experiment {
    const char *id, *step, *ask, *action, *cost, *risk;
    enum experiment_state state;
    const char *why;     /* not run or failed: the reason */
    const char *measure; /* what was measured before and after, in words */
    struct value before, after;
    double duration_s;
};

struct recommendation {
    const char *id, *kind, *title, *current, *proposed, *apply, *keep, *verify, *undo, *risk, *why; /* NULL: none */
    const char *sysctl;                                                                             /* kind sysctl */
};

struct answer {
    const char *id, *step, *ask;
    struct value value;
    const char *shown; /* the answer as people read it */
    bool defaulted;    /* taken because nobody was asked, or Enter */
};

struct note {
    const char *step;
    double wall;
    const char *text;
};

struct step_record {
    const char *id, *title, *why, *classic, *blind;
    enum { STEP_PENDING, STEP_DONE, STEP_SKIPPED, STEP_PASSED } state; /* passed: its `when` was false */
    const char **probes;                                               /* names */
    size_t probe_count;
    struct shown { /* what to show: table, columns, order; the rows are in the facts */
        const char *probe, *table, *title;
        const char **columns;
        size_t column_count;
        size_t *row; /* indexes into the kept rows of the table, in order */
        size_t row_count;
        size_t more; /* rows that matched but are not listed */
    } * shows;
    size_t show_count;
};

struct case_file {
    struct arena arena;
    const char *path; /* where it is saved; NULL: nowhere */
    const char *host, *case_id, *playbook, *playbook_title, *root, *version;
    double started;    /* wall clock */
    double duration_s; /* wall time spent */
    double window_s;   /* length of the window observed; 0: one moment */
    enum case_status status;
    const char *headline; /* the verdict in a sentence */
    const char *lead;     /* id of the verdict that leads, NULL if none */
    bool complete;        /* all steps were done */
    struct facts **facts; /* trimmed; owned */
    size_t facts_count;
    struct finding *findings; /* worst first */
    size_t finding_count;
    struct check *checks;
    size_t check_count;
    struct verdict *verdicts;
    size_t verdict_count;
    struct recommendation *recommendations;
    size_t recommendation_count;
    struct answer *answers;
    size_t answer_count;
    struct experiment *experiments; /* those that were offered, in order */
    size_t experiment_count;
    struct note *notes;
    size_t note_count;
    struct step_record *steps;
    size_t step_count;
};

struct case_file *case_new(void);
void case_free(struct case_file *c);
struct facts *case_facts(const struct case_file *c, const char *probe); /* NULL: that probe has not run */
/* Replaces the facts of that probe; takes ownership. */
void case_put_facts(struct case_file *c, struct facts *f);
/* NULL: of no probe that ran. */
const struct table *case_table(const struct case_file *c, const struct table_decl *decl);

/* By id; NULL: the case has none. */
struct check *case_check(const struct case_file *c, const char *id);
struct answer *case_answer(const struct case_file *c, const char *id);
struct experiment *case_experiment(const struct case_file *c, const char *id);
const struct step_record *case_step(const struct case_file *c, const char *id);

/* JSON of the whole case, ending in its checksum member. Caller frees. `pretty` indents by two. */
char *case_to_json(const struct case_file *c, size_t *length);
bool case_save(struct case_file *c, struct err *e); /* to c->path */
/* Survives any bytes; complains about format, checksum, types and limits (64 MiB, depth 64) in one sentence. */
struct case_file *case_load(const char *path, struct err *e);
struct case_file *case_from_json(const char *name, const char *text, size_t length, struct err *e);

/* {status, reason, cost_ms, coverage, <table>: [rows]} of one probe. Caller frees. */
char *facts_to_json(const struct facts *f, size_t *length);

#endif
