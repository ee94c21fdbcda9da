/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records as JSON and back (record.h). */
#ifndef FW_FACTS_RECORD_JSON_H
#define FW_FACTS_RECORD_JSON_H

#include "base/err.h"
#include "base/mem.h"
#include "facts/json_write.h"
#include "facts/record.h"

/* The members of the object that is open; lists of records are written one by one. `other` writes what has no member. */
void record_write(struct json_writer *w, const struct record *r, const void *object,
                  void (*other)(struct json_writer *w, const struct field *f, const void *object));

/* Puts these members of it into `out`, in this order: "case_id version root". */
void record_put(json_t *out, const struct record *r, const void *object, const char *names);

/* Trusts nothing: types are checked, every text is cleaned. */
struct record_reader {
    struct arena *arena; /* owns what is read */
    const char *file;    /* for complaints */
    const char *what;    /* "case": "FILE: is not a valid case: finding.id is not text" */
    struct err *e;
    bool bad; /* the first complaint stands in *e */
};

/* Fills `object`, which is zeroed. FIELD_OTHER is left to the caller. */
void record_read(struct record_reader *r, const struct record *record, const json_t *json, void *object);
/* `where` may be empty. */
void record_complain(struct record_reader *r, const char *where, const char *key, const char *wanted);

const char *record_read_text(struct record_reader *r, const json_t *object, const char *where, const char *key,
                             enum need need);
double record_read_number(struct record_reader *r, const json_t *object, const char *where, const char *key);
size_t record_read_count(struct record_reader *r, const json_t *object, const char *where, const char *key);
/* NULL and no elements if it is absent. */
const json_t *record_read_list(struct record_reader *r, const json_t *object, const char *where, const char *key,
                               size_t *count);

#endif
