/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rule of a playbook by its id. */
#ifndef FW_TESTS_UNIT_FIND_RULE_H
#define FW_TESTS_UNIT_FIND_RULE_H

#include <string.h>

#include "engine/playbook/playbook.h"

static inline const struct rule *find_rule(const struct playbook *p, const char *id, const struct step **step)
{
    for (size_t s = 0; s < p->step_count; s++)
        for (size_t i = 0; i < p->steps[s].rule_count; i++) {
            const struct rule *rule = &p->steps[s].rules[i];
            if (!rule->id || strcmp(rule->id, id) != 0)
                continue;
            if (step)
                *step = &p->steps[s];
            return rule;
        }
    return NULL;
}

#endif
