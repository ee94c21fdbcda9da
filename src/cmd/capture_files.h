/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files of a machine the probes' declarations name (facts/probe.h). */
#ifndef FW_CMD_CAPTURE_FILES_H
#define FW_CMD_CAPTURE_FILES_H

#include "probes/kernel/pids.h"

/* Whom the words PID, LEADING, SUSPECT and NAMED stand for. Borrowed. */
struct whose {
    const long *all;
    const struct leader *leaders; /* the first few of them are suspects too */
    size_t count, leading;
    long named; /* 0: nobody */
};

/* Calls visit() once for each file that one of the `count` declarations (NULL: empty) names; what is behind a path without
 * wildcards need not be there. Below ** links are not followed: /sys is full of loops. */
void files_each(const struct root *r, const char *const *declared, size_t count, const struct whose *whose,
                void (*visit)(void *data, const char *path), void *data);

#endif
