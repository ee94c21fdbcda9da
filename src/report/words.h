/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signs and words: meaning never rests on colour alone. */
#ifndef FW_REPORT_WORDS_H
#define FW_REPORT_WORDS_H

#include "engine/case/case.h"

struct look {
    const char *sign, *word;
    const char *class; /* status class of the stylesheet */
};
extern const struct look status_looks[], severity_looks[],
    verdict_looks[]; /* by enum case_status, severity, verdict_state */
/* Of what the case begins with: its status, or a note where what leads does no harm and nothing else does. */
const struct look *look_of_case(const struct case_file *c);

#endif
