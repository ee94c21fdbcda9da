/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the step loop (engine.c) and the judging (judge.c) share. */
#ifndef FW_ENGINE_ENGINE_STATE_H
#define FW_ENGINE_ENGINE_STATE_H

#include "engine/engine.h"

struct engine {
    struct engine_options options;
    struct case_file *c;
    struct env env;
    struct probe_input input;
    struct sampler *sampler;
    double started, spent_before; /* clock at the start of this sitting; seconds of earlier ones */
    bool defaults;                /* "defaults for the rest" was chosen */
    /* Recommendations as their first finding's row worded them, by index of the playbook's list; NULL: not recommended. */
    struct recommendation **worded;
};

/* Judges the rules of a step over the facts at hand; replaces the step's findings and checks. */
void judge_step(struct engine *g, const struct step *step);
/* Takes back what a step found (its checks become not-run for that reason). */
void judge_forget(struct engine *g, const struct step *step, const char *why);
/* Verdicts, recommendations, status and headline from the findings and checks as they stand. */
void judge_whole(struct engine *g);

struct check *case_check(const struct case_file *c, const char *id);

#endif
