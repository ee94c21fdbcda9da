/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A value with its type (unit): known, or unknown with a reason. */
#ifndef FW_FACTS_VALUE_H
#define FW_FACTS_VALUE_H

#include <stdbool.h>

#include "base/str.h"
#include "base/units.h"

struct value {
    enum type type;
    bool known;
    union {
        double number;    /* bytes, ratio 0–1, seconds, count or rate per second */
        const char *text; /* clean UTF-8, owned by the facts */
        bool truth;
    };
    const char *why; /* unknown: a sentence; owned elsewhere, lives as long as the facts or forever */
};

/* As JSON names them, by enum type: bool, text, count, ratio, bytes, seconds, per_second, bytes_per_second; ends with NULL. */
extern const char *const type_json_names[];

struct value value_number(enum type type, double number);
struct value value_bool(bool truth);
struct value value_text(const char *text);
struct value value_unknown(enum type type, const char *why);

/* Formatted by its type; raw: a bare number in base units, true or false. An unknown one is "unknown". */
void value_format(const struct value *v, bool raw, struct str *out);

#endif
