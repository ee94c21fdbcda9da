/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a question is put on a terminal. */
#ifndef FW_CMD_QUESTIONS_H
#define FW_CMD_QUESTIONS_H

#include "engine/case/case.h"
#include "engine/playbook/playbook.h"
#include "term/term.h"

void question_print_choices(const struct question *q, const struct term *t);
/* "1-5 [Enter: 2] > ": what can be typed and what Enter stands for; caller frees. */
char *question_prompt(const struct question *q, const struct value *fallback, const struct case_file *c);

#endif
