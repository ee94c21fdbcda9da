/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the session share; they include each other in this order: session_state.h, session_talk.h,
 * session_ask.h and session_end.h, session.c. */
#ifndef FW_CMD_SESSION_STATE_H
#define FW_CMD_SESSION_STATE_H

#include "cmd/run.h"

struct session {
    struct run *run;
    const struct term *term;
    enum move at_begin; /* the answer to the next step_begins, chosen before it; MOVE_NEXT: none */
    enum move outcome;  /* of the question where the report goes: MOVE_NEXT a file, MOVE_SKIP nowhere, MOVE_QUIT left */
    bool rejudged;      /* the step is judged once more, after a test: only what is new is shown */
    const char **shown; /* findings of the step, as they were shown */
    size_t shown_count, clear, unchecked;
};

#endif
