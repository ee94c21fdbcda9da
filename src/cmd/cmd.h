/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A verb: three fields at the end of its file; main looks it up, help is a loop over the table. */
#ifndef FW_CMD_CMD_H
#define FW_CMD_CMD_H

#include "base/err.h"
#include "term/term.h"

enum { EXIT_OK, EXIT_WARNING, EXIT_CRITICAL, EXIT_UNKNOWN };

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit status */
    const char *help;                  /* one line */
};

extern const struct command command_audit, command_session, command_probe, command_check, command_capture,
    command_report, command_diff, command_resume, command_list, command_explain, command_apply, command_undo;

/* "fragwizard: SENTENCE" on stderr; returns EXIT_UNKNOWN. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The sentence last complained with; "": none. */
const char *complain_last(void);
/* The same of an error; false, so that what fails with one can be returned with `|| complain_of(&e)`. */
bool complain_of(const struct err *e);

#endif
