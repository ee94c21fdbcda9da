/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON as people read it: a container of plain values takes one line, of others one line a member. Written piece by piece, so
 * that the text is the only large thing in memory. */
#ifndef FW_FACTS_JSON_WRITE_H
#define FW_FACTS_JSON_WRITE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/str.h"

struct json_writer {
    struct str out;
    unsigned indent;
    bool first; /* nothing stands in the container yet */
};

/* From here on no jansson constructor fails for want of memory. */
void json_begin(void);

void json_open(struct json_writer *w, char bracket);
void json_close(struct json_writer *w, char bracket);
void json_begin_member(struct json_writer *w, const char *key);
/* These take the value. */
void json_write_item(struct json_writer *w, json_t *value);
void json_write_member(struct json_writer *w, const char *key, json_t *value);
/* The whole text of a value, ended by a newline. Takes it; the caller frees the text. */
char *json_text(json_t *value, size_t *length);

#endif
