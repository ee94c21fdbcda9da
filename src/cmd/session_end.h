/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a session ends: the result on the terminal, where the report goes, and the commands that go on from there. */
#ifndef FW_CMD_SESSION_END_H
#define FW_CMD_SESSION_END_H

#include "cmd/session_state.h"

/* Member of struct ui: sums up, and asks where the report goes unless the command line says so. */
enum move session_all_done(void *data, struct engine *g);
/* After the run: writes what was asked for and names it. The exit status. */
int session_finish(struct session *s);
/* After leaving, or an error (*e): names the command that resumes. The exit status. */
int session_end_early(struct session *s, const struct err *e);

#endif
