/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command line without what could be a secret: what is known to be harmless is kept, all else is told by an ellipsis. */
#ifndef FW_PROBES_PROGRAM_REDACT_H
#define FW_PROBES_PROGRAM_REDACT_H

#include "base/str.h"
#include "probes/program/words.h"

/* Appends the words, with `between` (' ', or NUL as in /proc) after each but the last. Kept are the program's file name, the
 * script's, jar's or class's, names of long options, and values of a fixed list of options that are sizes and counts. Doing it
 * again shows nothing more. */
void program_redact(const struct words *w, const struct subject *s, char between, struct str *out);

#endif
