/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case as tables, so that a report template names what is in it with the expression language of the playbooks. */
#ifndef FW_REPORT_CASE_TABLES_H
#define FW_REPORT_CASE_TABLES_H

#include "engine/case/case.h"
#include "facts/probe.h"

/* case, finding, evidence, advice, recommendation, verdict, sentence, verdict_owner, experiment, check, unchecked, cost, answer,
 * note, step. */
extern const struct probe case_tables;
extern const struct table_decl *const case_steps; /* the table `step`: its rows are the case's steps in order */

struct facts *case_tables_fill(const struct case_file *c); /* facts_free() releases it */

#endif
