/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts/severity.h"

#include <stddef.h>

const char *const severity_names[] = {"info", "warning", "critical", NULL};

const char *severity_name(enum severity s)
{
    return severity_names[s];
}
