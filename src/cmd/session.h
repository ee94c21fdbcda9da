/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FW_CMD_SESSION_H
#define FW_CMD_SESSION_H

#include "cmd/run.h"

/* The guided session over an opened run (a new case or a resumed one), to its report. Returns the exit status. */
int session_run(struct run *r);

#endif
