/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the session talks, and the words that every prompt understands. */
#ifndef FW_CMD_SESSION_TALK_H
#define FW_CMD_SESSION_TALK_H

#include "cmd/session_state.h"

extern const char *const session_words[]; /* that every prompt understands; NULL-terminated */

/* Wrapped, and no wider than is good to read. */
void session_say(struct session *s, unsigned indent, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A command or path, never broken, so that it can be copied. */
void session_say_whole(struct session *s, unsigned indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void session_heading(struct session *s, const char *text);
enum move session_say_skipped(struct session *s, const struct step *step);
void session_not_understood(struct session *s, const char *line);
/* Says so, and true, if measuring the step at hand again would show the same. */
bool session_is_observed(struct session *s);
/* What every prompt understands. Returns true if the line was such a word; *move is then MOVE_AGAIN to ask once more. */
bool session_word(struct session *s, const char *help, const char *line, enum move *move);
/* A trimmed line, or NULL after Ctrl-C or the end of input. Caller frees. */
char *session_read_line(struct session *s, const char *prompt, const char *const *offered);

#endif
