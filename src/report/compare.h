/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two runs of one playbook on one host, before and after a change: what is gone, what is new, what could not be looked for
 * again, and where the deciding figures stand. Pure: it looks at the two cases only. */
#ifndef FW_REPORT_COMPARE_H
#define FW_REPORT_COMPARE_H

#include "engine/case/case.h"

enum { BEFORE, AFTER, SIDES };

/* Only warnings and critical findings weigh.
 * worse: one is new, more severe, or the status rose; whatever else is unknown cannot take that back.
 * unknown: not worse as far as seen, but a check that counts could not be made on one side only.
 * better: one is gone or less severe. same: none of these. */
enum outcome { OUTCOME_BETTER, OUTCOME_SAME, OUTCOME_WORSE, OUTCOME_UNKNOWN };
extern const char *const outcome_names[]; /* by enum outcome, then NULL */
int outcome_exit_status(enum outcome o);  /* 0 better or same, 1 worse, 3 unknown */

/* What became of a finding; worst news first. */
enum change {
    CHANGE_NEW,
    CHANGE_RAISED,
    CHANGE_UNSEEN_AFTER,  /* it was there; whether it still is could not be checked */
    CHANGE_UNSEEN_BEFORE, /* it is there; whether it was could not be checked */
    CHANGE_GONE,
    CHANGE_LOWERED,
    CHANGE_NONE
};
enum { CHANGES = CHANGE_NONE + 1 };
extern const char *const change_names[]; /* by enum change, then NULL */

/* Pairs are indexed by BEFORE and AFTER; NULL: that run has none. Everything is borrowed from the two cases. */
struct compared_figure {
    const char *name;
    struct value value[SIDES];
};
struct compared_finding {
    const struct finding *finding[SIDES];
    enum change change;
    const char *why; /* unseen: the reason */
    bool redefined;  /* the two runs' conditions differ: another version of the playbook */
    struct compared_figure *figures;
    size_t figure_count;
};
struct compared_verdict {
    const struct verdict *verdict[SIDES];
    bool leads[SIDES];
};
struct compared_check { /* one that could be made in one of the runs only */
    const struct check *check[SIDES];
    const char *blind[SIDES]; /* why it was not made; NULL: it was */
    bool decides;             /* the outcome depends on it */
};
struct compared_experiment {
    const struct experiment *experiment[SIDES];
};

struct comparison {
    struct arena arena;
    const struct case_file *run[SIDES];
    enum outcome outcome;
    const char *sentence;              /* the outcome in words */
    struct compared_finding *findings; /* worst news first */
    size_t finding_count;
    size_t count[CHANGES]; /* of warnings and critical findings */
    enum severity worst;   /* of what is new or raised */
    struct compared_verdict *verdicts;
    size_t verdict_count; /* the leading ones, then those that changed, then the rest */
    struct compared_figure *figures;
    size_t figure_count; /* of the whole machine: what any finding's evidence names in single-row tables */
    struct compared_figure *settings;
    size_t setting_count; /* that differ */
    struct compared_check *checks;
    size_t check_count;
    size_t blind_count; /* checks that count and could be made in neither run */
    struct compared_experiment *experiments;
    size_t experiment_count;
    const char **remarks; /* what to bear in mind: another window, another user, another kernel… */
    size_t remark_count;
};

/* NULL with a sentence if the two cannot be compared at all: of another host or playbook. Both cases outlive it. */
struct comparison *compare_cases(const struct case_file *before, const struct case_file *after, struct err *e);
void comparison_free(struct comparison *c);

bool figure_differs(const struct compared_figure *f);
bool verdict_differs(const struct compared_verdict *v);           /* in its state or its kind */
enum severity finding_severity(const struct compared_finding *f); /* the worse of the two */

#endif
