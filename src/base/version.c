/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/version.h"

const char fragwizard_version[] = FRAGWIZARD_VERSION;
