/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a case proposes to set on this machine. A case is a file that anybody can have written: a setting counts only if it is
 * one of setting.h, the proposed value is one that may be set, and the value now is the one that the case judged. */
#ifndef FW_CMD_SETTINGS_PROPOSAL_H
#define FW_CMD_SETTINGS_PROPOSAL_H

#include "cmd/settings/setting.h"
#include "engine/case/case.h"

struct proposal {
    const struct recommendation *r;
    const struct setting *setting;
    char now[SETTING_VALUE_MAX];
    bool is_set; /* already: only the file is left to do */
};

/* Whether the case was made of this machine as it runs now. */
bool proposals_fit(const struct case_file *c, const struct root *r, struct err *e);

/* Those of the ids given (none: all) that can be done, into fresh memory (caller frees). What cannot be is complained about
 * and clears *good. With `keep` one that is set already counts, too. NULL after a complaint: nothing can be done. */
struct proposal *proposals_choose(const struct case_file *c, const struct root *r, char *const *ids, size_t id_count,
                                  bool keep, size_t *count, bool *good);

#endif
