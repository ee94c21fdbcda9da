/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case as JSON and back: its records (case_records.h) and what is not a record of its own. */
#ifndef FW_ENGINE_CASE_CASE_JSON_H
#define FW_ENGINE_CASE_CASE_JSON_H

#include "engine/case/case.h"

#define CASE_FORMAT "fragwizard-case/1"

/* The last member is the CRC-32 of everything before it, and what follows is fixed: so any changed byte shows. */
#define CASE_TAIL_BEFORE ",\n  \"checksum\": \"crc32:"
#define CASE_TAIL_AFTER "\"\n}\n"
enum { CASE_TAIL_LENGTH = sizeof CASE_TAIL_BEFORE - 1 + 8 + sizeof CASE_TAIL_AFTER - 1 };
void case_json_tail(char tail[CASE_TAIL_LENGTH + 1], const char *text, size_t length);

#endif
