/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a capture copies: the files that the probes read, and nothing else. Lists end in NULL. */
#ifndef FW_CMD_CAPTURE_FILES_H
#define FW_CMD_CAPTURE_FILES_H

#include <stdbool.h>

/* Paths; one that ends in a slash copies the regular files of a directory, in two slashes those of all directories below. */
extern const char *const capture_once[];
extern const char *const capture_moving[]; /* at every moment of a window */
/* Below /proc/PID: of every process, of the leading ones at every moment, of those looked at closely, of the one named. */
extern const char *const capture_of_process[], *const capture_of_leader[], *const capture_closely[],
                                                                               *const capture_of_suspect[];
extern const char *const capture_of_slab[]; /* below /sys/kernel/slab/NAME */

bool capture_is_cgroup_file(const char *name);

#endif
