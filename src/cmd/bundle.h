/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One zip for a ticket system: the report as HTML and text, the case, and SHA256SUMS. */
#ifndef FW_CMD_BUNDLE_H
#define FW_CMD_BUNDLE_H

#include "engine/case/case.h"

bool bundle_write(const char *path, const struct case_file *c, struct err *e);

#endif
