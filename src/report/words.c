/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/words.h"

const struct look status_looks[] = {
    [CASE_OK] = {"[ok]", "Nothing found", "ok"},
    [CASE_WARNING] = {"[!]", "Warning", "warning"},
    [CASE_CRITICAL] = {"[!!]", "Critical", "critical"},
    [CASE_UNKNOWN] = {"[?]", "Could not check", "unknown"},
};

const struct look severity_looks[] = {
    [SEVERITY_INFO] = {"[i]", "Note", "info"},
    [SEVERITY_WARNING] = {"[!]", "Warning", "warning"},
    [SEVERITY_CRITICAL] = {"[!!]", "Critical", "critical"},
};

const struct look verdict_looks[] = {
    [VERDICT_CONFIRMED] = {"[+]", "Confirmed"},
    [VERDICT_LIKELY] = {"[~]", "Likely"},
    [VERDICT_RULED_OUT] = {"[-]", "Ruled out"},
    [VERDICT_UNKNOWN] = {"[?]", "Unknown"},
};

const struct look *look_of_case(const struct case_file *c)
{
    const struct verdict *lead = case_verdict(c, c->lead);
    bool note = lead && lead->harm && (c->status == CASE_OK || c->status == CASE_UNKNOWN);
    return note ? &severity_looks[SEVERITY_INFO] : &status_looks[c->status];
}
