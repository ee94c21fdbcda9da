/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signs and words: meaning never rests on colour alone. */
#ifndef FW_REPORT_WORDS_H
#define FW_REPORT_WORDS_H

#include "engine/case/case.h"

const char *status_sign(enum case_status s);
const char *status_word(enum case_status s);
const char *severity_sign(enum severity s);
const char *severity_word(enum severity s);
const char *verdict_sign(enum verdict_state s);
const char *verdict_word(enum verdict_state s);

#endif
