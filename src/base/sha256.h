/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4) in hexadecimal, for SHA256SUMS. */
#ifndef FW_BASE_SHA256_H
#define FW_BASE_SHA256_H

#include <stddef.h>

void sha256_hex(char out[65], const void *data, size_t length);

#endif
