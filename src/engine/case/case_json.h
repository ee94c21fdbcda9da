/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What writing a case as JSON (case_json.c) and reading it back (case_parse.c) share: the format, its words, its checksum.
 * schema/case.json describes the members. */
#ifndef FW_ENGINE_CASE_CASE_JSON_H
#define FW_ENGINE_CASE_CASE_JSON_H

#include "engine/case/case.h"

#define CASE_FORMAT "fragwizard-case/1"

#define CASE_STATES 4
#define CASE_TYPES 8
extern const char *const case_state_words[CASE_STATES]; /* of a step, by its state */
extern const char *const case_type_words[CASE_TYPES];   /* by enum type */

/* From here on no jansson constructor fails for want of memory. */
void case_json_begin(void);

/* The last member is the CRC-32 of everything before it, and what follows is fixed: so any changed byte shows. */
#define CASE_TAIL_BEFORE ",\n  \"checksum\": \"crc32:"
#define CASE_TAIL_AFTER "\"\n}\n"
enum { CASE_TAIL_LENGTH = sizeof CASE_TAIL_BEFORE - 1 + 8 + sizeof CASE_TAIL_AFTER - 1 };
void case_json_tail(char tail[CASE_TAIL_LENGTH + 1], const char *text, size_t length);

#endif
