/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of the command line: what they have in common, and one sentence for one that is wrong. */
#ifndef FW_CMD_OPTION_H
#define FW_CMD_OPTION_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

/* getopt_long returned '?' or ':'. Names the word, and the option that may have been meant. `verb` NULL: none. Returns the
 * exit status, as complain() does. */
int complain_option(const char *verb, int result, char **argv, const struct option *known);
/* "LACK 'NAME'; did you mean 'x'?", or where to look; `lack` as in "there is no verb". */
int complain_name(const char *lack, const char *name, const char *const *known, size_t count, const char *where);

bool parse_pid(const char *text, long *pid);
bool process_is_gone(long pid);

#endif
