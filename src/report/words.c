/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/words.h"

const char *status_sign(enum case_status s)
{
    static const char *const signs[CASE_STATUSES] = {"[ok]", "[!]", "[!!]", "[?]"};
    return signs[s];
}

const char *status_word(enum case_status s)
{
    static const char *const words[CASE_STATUSES] = {"Nothing found", "Warning", "Critical", "Could not check"};
    return words[s];
}

const char *severity_sign(enum severity s)
{
    return s == SEVERITY_CRITICAL ? "[!!]" : s == SEVERITY_WARNING ? "[!]" : "[i]";
}

const char *severity_word(enum severity s)
{
    return s == SEVERITY_CRITICAL ? "Critical" : s == SEVERITY_WARNING ? "Warning" : "Note";
}

const char *verdict_sign(enum verdict_state s)
{
    static const char *const signs[] = {
        [VERDICT_CONFIRMED] = "[+]", [VERDICT_LIKELY] = "[~]", [VERDICT_RULED_OUT] = "[-]", [VERDICT_UNKNOWN] = "[?]"};
    return signs[s];
}

const char *verdict_word(enum verdict_state s)
{
    static const char *const words[] = {[VERDICT_CONFIRMED] = "Confirmed",
                                        [VERDICT_LIKELY] = "Likely",
                                        [VERDICT_RULED_OUT] = "Ruled out",
                                        [VERDICT_UNKNOWN] = "Unknown"};
    return words[s];
}
