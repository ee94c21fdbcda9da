/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How bad what a rule found is; it decides the exit status. */
#ifndef FW_FACTS_SEVERITY_H
#define FW_FACTS_SEVERITY_H

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };
extern const char *const severity_names[];  /* by enum severity, then NULL */
const char *severity_name(enum severity s); /* "info", "warning", "critical" */

#endif
