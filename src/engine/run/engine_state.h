/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the engine share: the step loop (engine.c), its questions (ask.c) and experiments (experiment.c), what
 * names mean (env.c), judging (judge.c). */
#ifndef FW_ENGINE_RUN_ENGINE_STATE_H
#define FW_ENGINE_RUN_ENGINE_STATE_H

#include "engine/run/engine.h"

struct engine {
    struct engine_options options;
    struct case_file *c;
    struct env env;
    struct probe_input input;
    struct sampler *sampler;
    double started, spent_before; /* clock at the start of this sitting; seconds of earlier ones */
    bool defaults;                /* "defaults for the rest" was chosen */
    size_t index;                 /* of the step at hand; the number of steps after the last */
    size_t findings_room, answers_room, notes_room, experiments_room; /* of the case's lists; 0: as they were loaded */
    /* While an experiment is measured: facts in the place of the case's, of the same probes. */
    struct facts **instead;
    size_t instead_count;
    /* Recommendations as rendered for their first finding's row, by index of the playbook's list; NULL: not recommended. */
    struct recommendation **rendered;
    const struct step *redone; /* done before by other rules; NULL: none */
    /* The case's own, made once, as they are filled anew after each step. */
    struct verdict *verdicts;
    struct recommendation *recommendations;
    struct figure *figures;
};

/* What names mean while this engine runs. */
struct env engine_names(struct engine *g);

/* Whether a condition is known to be true, for the row at hand (NULL: none). A condition that is not there (NULL) is. */
bool engine_holds(const struct engine *g, const struct expr *condition, const struct scope *scope);

/* Asks what applies, from the first question on. MOVE_NEXT: all answered; MOVE_BACK: to before the first. */
enum move ask_questions(struct engine *g, const struct step *step, const struct ui *ui);
/* Going back from what comes after the questions: the last one and on from there. MOVE_BACK: nobody was asked any. */
enum move ask_last_again(struct engine *g, const struct step *step, const struct ui *ui);
/* Whether somebody was asked a question of the step. */
bool ask_asked(struct engine *g, const struct step *step);
/* Forgets the answers from that question on, of this step and all after it, as they may depend on the one that changes. */
void ask_forget(struct engine *g, const struct step *from, size_t question);
/* The suspect is the one answered, else who was named on the command line. */
void ask_suspect(struct engine *g);

/* engine.c: "defaults for the rest" goes on, whenever it is said. */
enum move engine_note_defaults(struct engine *g, enum move move);
/* Waits until the window is complete, as the user interface shows it. */
enum move engine_wait(struct engine *g, const struct ui *ui);
/* Collects the step's probes (only the windowed ones), and shows them. */
void engine_measure(struct engine *g, const struct step *step, const struct ui *ui, bool windowed_only);
/* Judges the step, and tells. */
void engine_judge(struct engine *g, const struct step *step, const struct ui *ui);

/* Judges the rules of a step over the facts at hand; replaces the step's findings and checks. */
void judge_step(struct engine *g, const struct step *step);
/* Takes back what a step found (its checks become not-run for that reason). */
void judge_forget(struct engine *g, const struct step *step, const char *why);
/* Verdicts, recommendations, status and headline from the findings and checks as they stand. */
void judge_whole(struct engine *g);

/* weigh.c: verdicts, status and headline. */
void weigh_verdicts(struct engine *g);
/* Whether a verdict (NULL: none) holds by what that rule found. */
bool verdict_cites(const struct playbook *p, const char *verdict, const char *rule);

/* Texts that live as long as the case. Most are the same after each step: equal to `before` (may be NULL), they are stored once. */
const char *keep_text(struct engine *g, const char *text, const char *before);
const char *message_text(struct engine *g, const struct message *m, const struct scope *scope, const char *before);

/* A value that lives as long as the case. */
struct value case_value(struct case_file *c, struct value v);

/* Room for one more in a list that lives in the case's arena; doubled, as an arena gives nothing back. */
void *case_room(struct case_file *c, void *list, size_t count, size_t *room, size_t size);

#endif
