/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only user of readline. Its callback interface runs between the sampler's ticks, so that the clock goes on while the
 * operator thinks. Ctrl-C never answers: it leaves. */
#ifndef FW_TERM_PROMPT_H
#define FW_TERM_PROMPT_H

#include "engine/run/sampler.h"
#include "term/term.h"

enum prompt_result { PROMPT_LINE, PROMPT_EOF, PROMPT_INTERRUPT };

/* Reads one line (fresh memory in *line; caller frees) with history and with completion over `words` (NULL-terminated). */
enum prompt_result prompt_line(const char *prompt, const char *const *words, struct sampler *s, const struct term *t,
                               char **line);
void prompt_history_load(const char *path);
void prompt_history_save(const char *path);

#endif
