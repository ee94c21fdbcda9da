/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FW_BASE_VERSION_H
#define FW_BASE_VERSION_H

/* What the file VERSION says. */
extern const char fragwizard_version[];

#endif
