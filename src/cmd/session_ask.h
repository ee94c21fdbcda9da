/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the session asks of the operator: the playbook's questions, and a yes to its tests. Members of struct ui. */
#ifndef FW_CMD_SESSION_ASK_H
#define FW_CMD_SESSION_ASK_H

#include "cmd/session_state.h"

enum move session_ask(void *data, struct engine *g, const struct question *q, struct reply *reply);
void session_answered(void *data, struct engine *g, const struct answer *a);
enum move session_experiment(void *data, struct engine *g, const struct experiment_decl *d, bool *yes);
enum move session_instruct(void *data, struct engine *g, const char *instruction, bool *done);
void session_experimented(void *data, struct engine *g, const struct experiment *x);

#endif
