/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A telling name of a process: not "java" but the jar, not "postgres" but whose connection. */
#ifndef FW_PROBES_PROGRAM_NAME_H
#define FW_PROBES_PROGRAM_NAME_H

#include "base/str.h"
#include "probes/program/words.h"

/* Appends it. False, and nothing is appended, if the command line names nothing that can be shown. It is the same for as long
 * as the process does the same: addresses, ports of clients and what a connection does just now are left out. */
bool program_name(const struct words *w, const struct subject *s, struct str *out);
/* The port that a server of this line listens on, without the address; at == NULL: not said. */
struct span program_port(const struct words *w, const struct subject *s);

#endif
