/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a row is named: in its own run by its key ("pid=812"), and in any other by what lasts ("command=java
 * unit=tomcat.service"), so that two runs can be compared. */
#ifndef FW_ENGINE_CASE_IDENTITY_H
#define FW_ENGINE_CASE_IDENTITY_H

#include "base/str.h"
#include "facts/facts.h"

/* Both append; nothing if the table declares no key. */
void identity_here(const struct table *t, size_t row, struct str *out);
void identity_anywhere(const struct table *t, size_t row, struct str *out);

#endif
