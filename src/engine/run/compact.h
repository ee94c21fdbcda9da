/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the kernel to move pages together: the one thing that an experiment writes to the machine, after a yes. */
#ifndef FW_ENGINE_RUN_COMPACT_H
#define FW_ENGINE_RUN_COMPACT_H

#include "base/root.h"

/* Whether this program may. False with the reason. */
bool compact_allowed(const struct root *r, struct err *e);
/* Writes to vm.compact_memory of a live root and returns once the kernel is done, which can take seconds. */
bool compact_memory(const struct root *r, struct err *e);

#endif
