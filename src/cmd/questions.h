/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a question is put on a terminal and how a typed answer is understood. */
#ifndef FW_CMD_QUESTIONS_H
#define FW_CMD_QUESTIONS_H

#include "engine/case/case.h"
#include "engine/playbook/playbook.h"
#include "term/term.h"

const struct step *question_step(const struct playbook *p, const struct question *q);
void question_print_choices(const struct question *q, const struct term *t);
/* The command of a process as the case knows it, or NULL. */
const char *question_command(const struct case_file *c, double pid);
/* "1-5 [Enter: 2] > ": what can be typed and what Enter stands for; caller frees. */
char *question_prompt(const struct question *q, const struct value *fallback, const struct case_file *c);
/* False with a sentence that says what would be understood. Text lives in the case's arena. */
bool question_parse(const struct question *q, const char *line, struct case_file *c, struct value *out, struct err *e);

#endif
