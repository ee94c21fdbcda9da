/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the session share: what it knows (session.c), how it talks and which words every prompt understands
 * (session_talk.c), questions and tests (session_ask.c). */
#ifndef FW_CMD_SESSION_STATE_H
#define FW_CMD_SESSION_STATE_H

#include "cmd/run.h"

enum { SESSION_ASKED_MAX = 64 };

struct session {
    struct run *run;
    const struct term *term;
    bool skip_next;
    bool hurry;    /* defaults for the rest */
    bool left;     /* by quit, Ctrl-C or the end of input */
    size_t before; /* index of the step shown last */
    const char *asked[SESSION_ASKED_MAX],
        *entered[SESSION_ASKED_MAX]; /* ids: asked in this step; of these, the default was taken */
    size_t asked_count, entered_count;
    bool rejudged;     /* the step is judged once more, after a test: only what is new is told */
    const char **told; /* findings of the step, as they were told */
    size_t told_count, clear, unchecked;
};

extern const char *const session_words[]; /* that every prompt understands; NULL-terminated */

/* Wrapped, and no wider than is good to read. */
void session_say(struct session *s, unsigned indent, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A command or path, never broken, so that it can be copied. */
void session_say_whole(struct session *s, unsigned indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void session_heading(struct session *s, const char *text);
enum move session_leave(struct session *s);
enum move session_say_skipped(struct session *s, const struct step *step);
void session_not_understood(struct session *s, const char *line);
/* What every prompt understands. Returns true if the line was such a word; *move is then MOVE_AGAIN to ask once more. */
bool session_word(struct session *s, const struct step *step, const char *help, const char *line, enum move *move);
/* A trimmed line, or NULL after Ctrl-C or the end of input. Caller frees. */
char *session_read_line(struct session *s, const char *prompt, const char *const *offered);
/* What was observed does not change by looking again: told, and true. */
bool session_is_over(struct session *s, const struct step *step);

/* Members of its struct ui (engine.h): */
enum move session_ask(void *data, struct engine *g, const struct question *q, struct value *answer);
enum move session_experiment(void *data, struct engine *g, const struct experiment_decl *d, bool *yes);
enum move session_instruct(void *data, struct engine *g, const char *instruction, bool *done);
void session_experimented(void *data, struct engine *g, const struct experiment *x);
/* Answers nobody was asked for are told, and Enter is recorded as what it is. */
void session_tell_answers(struct session *s, const struct step *step);

#endif
