/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A playbook: the written runbook, loaded from YAML and checked as a whole before anything runs. Everything in it is
 * owned by its arena and constant after loading. docs/playbooks.md is the reference, schema/playbook.json the editors'
 * schema. */
#ifndef FW_ENGINE_PLAYBOOK_PLAYBOOK_H
#define FW_ENGINE_PLAYBOOK_PLAYBOOK_H

#include "engine/case/case_records.h"
#include "engine/expr/diag.h"
#include "engine/expr/expr.h"
#include "facts/severity.h"
#include "facts/probe.h"

#define PLAYBOOK_FORMAT "fragwizard-playbook/1"
#define PLAYBOOK_STEPS_MAX 100 /* the limits of the file itself stand in yaml_tree.h */
#define PLAYBOOK_EXTENDS_MAX 8 /* playbooks that build on one another, besides the first */

struct limit { /* limits: a threshold with its reason */
    struct mark mark;
    const char *name;
    enum type type;
    double number;
    const char *why, *source;
    double own;         /* what the playbook says, where another value was set; */
    const char *origin; /* … and where that was: "/etc/fragwizard/limits.yaml:3", "--limit". NULL: it was not */
    bool used;          /* by some expression */
};

enum question_type { QUESTION_YESNO, QUESTION_CHOICE, QUESTION_NUMBER, QUESTION_TEXT, QUESTION_PROCESS, QUESTION_FILE };

struct choice {
    const char *id, *text;
};

struct question {
    struct mark mark;
    const char *id;
    const char *ask, *help;
    enum question_type type;
    struct choice *choices;
    size_t choice_count;
    enum type unit;        /* number: the dimension of the answer */
    struct value fallback; /* default: what --auto and Enter take; its type follows the question's type (yesno bool,
                                  choice text, number `unit`, text and file text, process count = pid with 0 for none) */
    struct expr *when;     /* NULL: always */
    bool used;             /* by some expression */
};

enum type question_answer_type(const struct question *q);

struct rule {
    struct mark mark;
    const char *id;
    const struct table_decl *table; /* for: one judgement a row; NULL: one judgement */
    struct expr *where, *when;      /* where may be NULL */
    enum severity severity;
    struct message *say;
    const char **evidence; /* column names of `table`, or "table.column" of single-row tables */
    size_t evidence_count;
    const char **recommend; /* ids */
    size_t recommend_count;
    const char *why, *source; /* of the threshold */
    struct expr *harm;        /* the severity holds only if true, else the finding is information; NULL: it holds */
    const char *formula;      /* the source text of when, on one line */
    bool optional;            /* other checks cover it: being unable to check it does not change the exit status */
    unsigned most;            /* findings listed of this rule at most (rows beyond are counted); default 10 */
    const char *say_text, *where_text, *harm_text; /* as written, for explanations; NULL: none */
};

enum experiment_action { ACTION_COMPACT, ACTION_WATCH, ACTION_OPERATOR };
/* What --allow calls it; NULL: nobody can allow it beforehand. */
const char *experiment_allow_word(enum experiment_action a);

struct experiment_decl { /* a test that decides what looking cannot; it changes something, so that it needs a yes */
    struct mark mark;
    const char *id;
    const char *ask, *cost, *risk;
    enum experiment_action action;
    struct expr *when;          /* offered only if true; NULL: always */
    struct expr *measure;       /* evaluated before and after: before.ID, after.ID */
    const char *measured;       /* what that is, in words */
    const struct probe **again; /* compact, operator: of the step's probes, those that measure once more */
    size_t again_count;
    double window_s;                                      /* watch: how much longer */
    struct message *instruct;                             /* operator: what is to be done */
    const char *when_text, *measure_text, *instruct_text; /* as written, for explanations; NULL: none */
};

struct show {
    const struct table_decl *table;
    const char *title;
    const char **columns;
    size_t column_count; /* 0: all */
    const char *sort;    /* column or NULL */
    bool descending;
    unsigned rows; /* default 10 */
    struct expr *where;
};

struct next {
    struct mark mark;
    struct expr *when; /* NULL: always */
    const char *step;  /* "end" ends the playbook */
};

struct step {
    struct mark mark;
    const char *id, *title, *why;
    const char *classic, *blind; /* the command it stands for and what that does not tell */
    const struct probe **probes;
    size_t probe_count;
    struct show *shows;
    size_t show_count;
    struct question *questions;
    size_t question_count;
    struct rule *rules;
    size_t rule_count;
    struct experiment_decl *experiments;
    size_t experiment_count;
    struct expr *when; /* false: the step is passed over; unknown: it is done */
    struct next *nexts;
    size_t next_count; /* the first whose `when` is true; none: the following step */
};

/* A message, and its text as written or generated. */
#define RECOMMENDATION_MESSAGE(R, KIND, member, ...)                                                                   \
    struct message *member;                                                                                            \
    const char *member##_text;

struct recommendation_decl {
    struct mark mark;
    const char *id;
    const char *kind;               /* sysctl, application, service, kernel, observe */
    const char *sysctl;             /* kind sysctl: its name; messages then see that row of table `tunable` */
    const struct table_decl *table; /* the rule's row if all rules that recommend it are `for` one table, else NULL */
    struct expr *when;              /* shown only if true; NULL: always */
    RECOMMENDATION_TEXTS(RECOMMENDATION_MESSAGE, )
};

struct sentence {
    struct expr *when; /* said if true; NULL: always */
    struct message *say;
};

struct owners { /* who holds what is in the way, or who it is about: a sentence for each row */
    const struct table_decl *table;
    struct expr *where;
    struct message *say;
    const char *sort; /* column or NULL */
    bool descending;
    unsigned rows; /* at most; default 10 */
    const char *say_text;
    struct message *headline; /* of subjects: the verdict's, in the words of the first row; NULL: it has its own only */
};

struct verdict_decl {
    struct mark mark;
    const char *id, *title;
    struct expr *confirmed, *likely, *ruled_out; /* tried in this order; none true: unknown. NULL: never */
    struct expr *partial;                        /* of one without these: true: no more than likely */
    struct sentence *sentences_for, *sentences_against;
    size_t for_count, against_count;
    struct message *headline; /* the report's first sentence if this verdict leads */
    struct expr *kind;        /* a text: which kind of it this is; NULL: it has none */
    struct owners *owners;    /* NULL: none are named */
    struct owners *subjects;  /* the same of who it is about */
    /* What it does, the first that is true; else it stands. NULL: never */
    struct expr *observed, *growing, *past;
    bool benign;        /* it explains, and nothing is wrong */
    struct expr *until; /* seconds until it does harm; NULL: not of this kind */
    struct expr *size;  /* bytes at stake */
    struct expr *fits;  /* it is what the operator looked for */
    const char *headline_text, *confirmed_text, *likely_text, *ruled_out_text, *kind_text; /* as written, to explain */
};

struct figure_decl { /* a number for monitoring systems */
    struct mark mark;
    const char *id, *title;
    struct expr *value, *warning, *critical; /* of one dimension; NULL: no such threshold */
    bool below;                              /* it alarms below its thresholds */
};

struct playbook {
    struct arena arena;
    struct arena code;     /* of its expressions and messages */
    struct diags warnings; /* what its author may have meant otherwise */
    const char *file, *name, *title, *summary;
    double window_s;
    struct limit *limits;
    size_t limit_count;
    struct step *steps;
    size_t step_count;
    struct recommendation_decl *recommendations;
    size_t recommendation_count;
    struct verdict_decl *verdicts;
    size_t verdict_count;
    struct figure_decl *figures;
    size_t figure_count;
};

/* Loads and checks. NULL if there was any complaint. `file` is the name used in complaints. The caller owns it. */
struct playbook *playbook_parse(const char *file, const char *text, size_t length, struct diags *d);
void playbook_free(struct playbook *p);
/* Frees its expressions and messages, where all is judged and only texts are still named; they cannot be used any more. */
void playbook_retire(struct playbook *p);

/* Other values for its limits; what is set later wins. From /etc/fragwizard/limits.yaml and the user's, a mapping of names and
 * literals, for all playbooks; "NAME=VALUE" of the command line; what a case kept. False after complaints, or (restore) if it
 * has no such limit of that type. */
bool limits_change_by_files(struct playbook *p, struct diags *d);
bool limits_change_by_word(struct playbook *p, const char *word, struct diags *d);
bool limits_restore(struct playbook *p, const char *name, const struct value *v, const char *origin);

/* Finds "memory-fragmentation" (configuration directories, then the built-in one) or a path (contains '/' or ends in
 * .yaml) and loads it. *origin (may be NULL) tells where it came from: "built in" or the path; caller frees. */
struct playbook *playbook_load(const char *name, struct diags *d, char **origin, struct err *e);

/* A playbook's text without reading it: fresh memory (caller frees), or NULL with a sentence. *file is its name in
 * complaints, *origin as above; both fresh memory. `beside` is the file that names it, where a relative path begins and
 * which by its own name means the built-in playbook that it takes the place of; NULL: the operator names it. */
char *playbook_text(const char *name, const char *beside, size_t *length, char **file, char **origin, struct err *e);

/* All that can be named: built in, or in a configuration directory; sorted, in the arena. */
const char **playbook_names(struct arena *a, size_t *count);

struct limit *playbook_limit(const struct playbook *p, const char *name);
const struct step *playbook_step(const struct playbook *p, const char *id);
const struct question *playbook_question(const struct playbook *p, const char *id);

#endif
