/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records: structs whose members are declared once, as a list of fields. The struct itself, its JSON (record_json.h), its schema
 * and documentation (tools/schema.c) and the columns that a report template can name (report/case_tables.c) all come from it.
 *
 *     #define NOTE_FIELDS(X, R)                                          \
 *         X(R, NAME, step, , NULLABLE, "step", "id of the step")         \
 *         X(R, TIME, wall, , REQUIRED, "time", "when it was written")    \
 *         X(R, TEXT, text, , REQUIRED, "text", "the note")
 *     struct note { NOTE_FIELDS(RECORD_MEMBER, ) };
 *     const struct record record_note = RECORD(note, "note", "what the operator wrote down", NOTE_FIELDS);
 *
 * Each field: kind, member, detail of its kind (below), need, name outside of C, help. */
#ifndef FW_FACTS_RECORD_H
#define FW_FACTS_RECORD_H

#include <stddef.h>

#include "facts/value.h"

enum field_kind {
    FIELD_NAME,     /* const char *: one line */
    FIELD_TEXT,     /* const char *: may have several lines */
    FIELD_CHOICE,   /* const char *: one of DETAIL_names, but another version's is read too */
    FIELD_WORD,     /* enum DETAIL: one of DETAIL_names */
    FIELD_BOOL,     /* bool */
    FIELD_COUNT,    /* size_t */
    FIELD_NUMBER,   /* double of TYPE_DETAIL; seconds are named NAME_s in JSON */
    FIELD_TIME,     /* double: seconds since the epoch */
    FIELD_VALUE,    /* struct value; in JSON three members of the record: value, type and unknown (why it is) */
    FIELD_MEASURED, /* struct value; in JSON an object of these three */
    FIELD_NAMES,    /* const char **, as many as the member DETAIL says */
    FIELD_TEXTS,    /* the same, of texts with several lines */
    FIELD_COUNTS,   /* size_t *, as many as the member DETAIL says */
    FIELD_RECORDS,  /* DETAIL is (TAG, COUNT): struct TAG *, declared by record_TAG, as many as the member COUNT says */
    FIELD_OTHER,    /* no member: what has this place in JSON is written and read by hand */
};

enum need {
    REQUIRED, /* always there, never null */
    NULLABLE, /* always there; null if there is none */
    ADDED,    /* since the format began: may be absent */
};

struct field {
    const char *name, *help;
    enum field_kind kind;
    enum need need;
    enum type type;              /* NUMBER */
    size_t offset, count_offset; /* of the member, and of the one that counts it (lists) */
    const char *const *words;    /* CHOICE, WORD: ends with NULL */
    const struct record *record; /* RECORDS */
};

struct record {
    const char *name, *help;
    size_t size;
    const struct field *fields;
    unsigned field_count;
};

/* Seconds bring their unit with their name. Room for `out` must be 64. */
const char *field_json_name(const struct field *f, char out[64]);
/* How many elements a list has. */
size_t field_list_count(const struct field *f, const void *object);

#define RECORD_CALL(macro, ...) macro(__VA_ARGS__)
#define RECORD_PAIR(a, b) a, b

#define RECORD_MEMBER(R, kind, member, detail, ...) RECORD_MEMBER_##kind(member, detail)
#define RECORD_MEMBER_NAME(m, d) const char *m;
#define RECORD_MEMBER_TEXT(m, d) const char *m;
#define RECORD_MEMBER_CHOICE(m, d) const char *m;
#define RECORD_MEMBER_WORD(m, d) enum d m;
#define RECORD_MEMBER_BOOL(m, d) bool m;
#define RECORD_MEMBER_COUNT(m, d) size_t m;
#define RECORD_MEMBER_NUMBER(m, d) double m;
#define RECORD_MEMBER_TIME(m, d) double m;
#define RECORD_MEMBER_VALUE(m, d) struct value m;
#define RECORD_MEMBER_MEASURED(m, d) struct value m;
#define RECORD_MEMBER_NAMES(m, d)                                                                                      \
    const char **m;                                                                                                    \
    size_t d;
#define RECORD_MEMBER_TEXTS(m, d) RECORD_MEMBER_NAMES(m, d)
#define RECORD_MEMBER_COUNTS(m, d)                                                                                     \
    size_t *m;                                                                                                         \
    size_t d;
#define RECORD_MEMBER_RECORDS(m, d) RECORD_CALL(RECORD_LIST_MEMBER, m, RECORD_PAIR d)
#define RECORD_LIST_MEMBER(m, tag, count)                                                                              \
    struct tag *m;                                                                                                     \
    size_t count;
#define RECORD_MEMBER_OTHER(m, d)

#define RECORD_FIELD(R, KIND, member, detail, NEED, NAME, HELP)                                                        \
    {.name = NAME, .help = HELP, .kind = FIELD_##KIND, .need = NEED, RECORD_FIELD_##KIND(R, member, detail)},
#define RECORD_FIELD_AT(R, m) .offset = offsetof(struct R, m)
#define RECORD_FIELD_NAME(R, m, d) RECORD_FIELD_AT(R, m)
#define RECORD_FIELD_TEXT(R, m, d) RECORD_FIELD_AT(R, m)
#define RECORD_FIELD_CHOICE(R, m, d) RECORD_FIELD_AT(R, m), .words = d##_names
#define RECORD_FIELD_WORD(R, m, d) RECORD_FIELD_AT(R, m), .words = d##_names
#define RECORD_FIELD_BOOL(R, m, d) RECORD_FIELD_AT(R, m)
#define RECORD_FIELD_COUNT(R, m, d) RECORD_FIELD_AT(R, m)
#define RECORD_FIELD_NUMBER(R, m, d) RECORD_FIELD_AT(R, m), .type = TYPE_##d
#define RECORD_FIELD_TIME(R, m, d) RECORD_FIELD_AT(R, m)
#define RECORD_FIELD_VALUE(R, m, d) RECORD_FIELD_AT(R, m)
#define RECORD_FIELD_MEASURED(R, m, d) RECORD_FIELD_AT(R, m)
#define RECORD_FIELD_NAMES(R, m, d) RECORD_FIELD_AT(R, m), .count_offset = offsetof(struct R, d)
#define RECORD_FIELD_TEXTS(R, m, d) RECORD_FIELD_NAMES(R, m, d)
#define RECORD_FIELD_COUNTS(R, m, d) RECORD_FIELD_NAMES(R, m, d)
#define RECORD_FIELD_RECORDS(R, m, d) RECORD_CALL(RECORD_LIST_FIELD, R, m, RECORD_PAIR d)
#define RECORD_LIST_FIELD(R, m, tag, count)                                                                            \
    RECORD_FIELD_AT(R, m), .count_offset = offsetof(struct R, count), .record = &record_##tag
#define RECORD_FIELD_OTHER(R, m, d) .offset = 0

#define RECORD(R, NAME, HELP, FIELDS)                                                                                  \
    {                                                                                                                  \
        .name = NAME, .help = HELP, .size = sizeof(struct R),                                                          \
        .fields = (const struct field[]){FIELDS(RECORD_FIELD, R)},                                                     \
        .field_count = sizeof((const struct field[]){FIELDS(RECORD_FIELD, R)}) / sizeof(struct field)                  \
    }

#endif
