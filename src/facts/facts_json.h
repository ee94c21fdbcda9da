/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a probe found, as JSON and back: {status, reason, cost_ms, coverage, TABLE: [rows]…, unknown, omitted}. */
#ifndef FW_FACTS_FACTS_JSON_H
#define FW_FACTS_FACTS_JSON_H

#include "facts/facts.h"
#include "facts/record_json.h"

void facts_write(struct json_writer *w, const struct facts *f);
/* Of one probe alone. Caller frees. */
char *facts_to_json(const struct facts *f, size_t *length);
/* Fills new facts. Tables and columns that this version does not know are left out; those that the JSON lacks are unknown. */
void facts_read(struct record_reader *r, struct facts *f, const json_t *j);

#endif
