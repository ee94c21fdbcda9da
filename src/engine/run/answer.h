/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which answer to a question is valid, whoever gives it: an operator at a prompt or an answers file. */
#ifndef FW_ENGINE_RUN_ANSWER_H
#define FW_ENGINE_RUN_ANSWER_H

#include "engine/case/case.h"
#include "engine/playbook/playbook.h"

enum { ANSWER_PID_MAX = 4194304 };

/* y, yes, n or no in any case of letters. */
bool answer_yes_no(const char *word, bool *yes);
/* False with a sentence if *v is no answer to it. A choice becomes its id. */
bool answer_check(const struct question *q, struct value *v, struct err *e);
/* What was typed: a number with unit, the number of a choice, the name of a process… False with a sentence that says what
 * would be valid. Text lives in the case's arena. A process must be there in `root`; NULL: that is not looked at. */
bool answer_parse(const struct question *q, const char *line, struct case_file *c, const struct root *root,
                  struct value *out, struct err *e);
/* The command of a process as the case knows it, or NULL. */
const char *answer_command(const struct case_file *c, double pid);

#endif
