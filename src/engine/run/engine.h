/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The step engine. The session, the audit, resume and report drive this one engine over this one case; they differ in the
 * struct ui that they give it. */
#ifndef FW_ENGINE_RUN_ENGINE_H
#define FW_ENGINE_RUN_ENGINE_H

#include "engine/case/case.h"
#include "engine/playbook/playbook.h"
#include "engine/run/sampler.h"

enum move { MOVE_NEXT, MOVE_BACK, MOVE_SKIP, MOVE_AGAIN, MOVE_QUIT, MOVE_DEFAULTS };

struct engine;

struct reply {
    struct value value;
    bool defaulted; /* Enter: the default, not an answer of one's own */
};

/* The user interface that drives the engine. Every function may be NULL (the engine then goes on with defaults). */
struct ui {
    void *data;
    void (*passed)(void *data, struct engine *g, const struct step *step); /* it does not apply, or was jumped over */
    enum move (*step_begins)(void *data, struct engine *g, const struct step *step);
    /* The window of a windowed step is not complete: wait until it is, showing progress; MOVE_QUIT to leave. */
    enum move (*wait)(void *data, struct engine *g, struct sampler *s);
    /* *reply comes in as the default; answer_parse() (answer.h) tells what else is valid. MOVE_NEXT: answered;
     * MOVE_DEFAULTS: the default for this and the rest. */
    enum move (*ask)(void *data, struct engine *g, const struct question *q, struct reply *reply);
    void (*answered)(void *data, struct engine *g, const struct answer *a); /* without asking: given, or the default */
    void (*measured)(void *data, struct engine *g, const struct step *step, const struct step_record *record);
    void (*judged)(void *data, struct engine *g, const struct step *step); /* findings of the step are in the case */
    /* Whether an experiment is made. *yes comes in as whether it was allowed beforehand (it is then announced, not asked), else
     * false. MOVE_DEFAULTS: no, and the same for the rest. NULL: made only if allowed. */
    enum move (*experiment)(void *data, struct engine *g, const struct experiment_decl *d, bool *yes);
    /* Tells the operator what to do, and waits for MOVE_NEXT: it was done; *done false: it was not. */
    enum move (*instruct)(void *data, struct engine *g, const char *instruction, bool *done);
    /* It is in the case: made, failed, declined or not run. The step is judged again after one that was made or
     * failed. */
    void (*experimented)(void *data, struct engine *g, const struct experiment *x);
    enum move (*step_ends)(void *data, struct engine *g, const struct step *step);
    enum move (*all_done)(void *data, struct engine *g); /* the case is complete; MOVE_BACK opens the last step again */
};

struct engine_options {
    const struct playbook *playbook;
    const struct root *root;
    long pid;            /* suspect; 0: none */
    double window_s;     /* negative: the playbook's */
    const char *case_id; /* or NULL */
    /* Given answers (--answers), in the case's arena later; looked up by id. NULL: none. */
    const struct answer *given;
    size_t given_count;
    bool command_lines; /* keep them whole, with what could be a secret; a loaded case goes on as it began */
    unsigned allowed;   /* experiments that need no yes: a bit for each enum experiment_action */
};

/* Whether a loaded case was made with this playbook (the same steps), so that it can be resumed. */
bool engine_fits(const struct playbook *p, const struct case_file *c);

/* The playbook and the root outlive the case, which refers to their strings. */
struct engine *engine_new(const struct engine_options *o, struct case_file *c); /* `c` new or loaded; borrowed */
void engine_free(struct engine *g);

/* Runs from the first step not yet done to the end, or until the user interface quits. False if it quit or a save failed (*e, which is
 * empty after a quit). Findings, verdicts, status and recommendations of the case are brought up to date after each step. */
bool engine_run(struct engine *g, const struct ui *ui, struct err *e);
/* Saves the case as it stands, so that nothing is lost from here on. */
bool engine_save(struct engine *g, struct err *e);

/* Where the run is. */
const struct step *engine_step(const struct engine *g); /* the one at hand; after the end, the last */
const struct step *engine_next(struct engine *g);       /* the one after it as things stand; NULL: none */
bool engine_has_before(struct engine *g);               /* MOVE_BACK leads to a question or a step */
bool engine_is_observed(const struct engine *g);    /* the step's window is over, so that MOVE_AGAIN shows the same */
bool engine_takes_defaults(const struct engine *g); /* "defaults for the rest" was chosen */

struct case_file *engine_case(struct engine *g);
const struct env *engine_env(struct engine *g);
struct sampler *engine_sampler(struct engine *g);
/* The first step that was done by other rules than the playbook now has: it and those after it are done again. NULL: none. */
const struct step *engine_redone(struct engine *g);
void engine_note(struct engine *g, const char *step, const char *text);

#endif
