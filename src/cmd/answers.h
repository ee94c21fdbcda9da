/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answers file: {"format": "fragwizard-answers/1", "answers": {"question": value}}. A session writes one next to its case,
 * so that the same run can be made again without questions. */
#ifndef FW_CMD_ANSWERS_H
#define FW_CMD_ANSWERS_H

#include "engine/case/case.h"
#include "engine/playbook/playbook.h"

/* Loads and checks against the playbook's questions; the answers live in `arena`. */
bool answers_load(const char *path, const struct playbook *p, struct arena *arena, struct answer **out, size_t *count,
                  struct err *e);
bool answers_save(const char *path, const struct case_file *c, const struct playbook *p, struct err *e);

#endif
