/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When and of which machine a captured tree was taken: a report tells of that moment, not of the one it was judged in. */
#ifndef FW_ENGINE_RUN_CAPTURE_TIME_H
#define FW_ENGINE_RUN_CAPTURE_TIME_H

#include "base/root.h"

/* Seconds since the epoch by the tree's own word; 0 if it has none, or the root is live. */
double capture_time(const struct root *r);
/* The machine's name, as it stands there. False if the tree does not tell. */
bool capture_host(const struct root *r, char *out, size_t size);

/* What date(1) printed, in the order of any locale that names months in English: "Wed Mar  4 14:02:11 CET 2026",
 * "Wed 04 Mar 2026 02:02:11 PM CET". 0 if it is no such text. A zone that is not known is taken as UTC. */
double capture_parse_date(const char *text);

#endif
