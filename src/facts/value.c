/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const type_json_names[] = {
    [TYPE_BOOL] = "bool",        [TYPE_TEXT] = "text",
    [TYPE_COUNT] = "count",      [TYPE_RATIO] = "ratio",
    [TYPE_BYTES] = "bytes",      [TYPE_SECONDS] = "seconds",
    [TYPE_RATE] = "per_second",  [TYPE_BYTE_RATE] = "bytes_per_second",
    [TYPE_BYTE_RATE + 1] = NULL,
};

struct value value_number(enum type type, double number)
{
    if (!isfinite(number))
        return value_unknown(type, "not a number");
    return (struct value){.type = type, .known = true, .number = number};
}

struct value value_bool(bool truth)
{
    return (struct value){.type = TYPE_BOOL, .known = true, .truth = truth};
}

struct value value_text(const char *text)
{
    return (struct value){.type = TYPE_TEXT, .known = true, .text = text};
}

struct value value_unknown(enum type type, const char *why)
{
    return (struct value){.type = type, .why = why};
}

/* The shortest digits that read back as the same number, with a decimal point in every locale. */
static void add_number(double number, struct str *out)
{
    char text[64];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    if (strchr(text, 'e') && number > -0x1p63 && number < 0x1p63 && number == (double)(long long)number)
        snprintf(text, sizeof text, "%lld", (long long)number);
    for (char *c = text; *c; c++)
        if (*c == ',')
            *c = '.';
    str_add(out, text);
}

void value_format(const struct value *v, bool raw, struct str *out)
{
    if (!v->known) {
        str_add(out, "unknown");
    } else if (v->type == TYPE_TEXT) {
        str_add(out, v->text);
    } else if (v->type == TYPE_BOOL) {
        str_add(out, raw ? (v->truth ? "true" : "false") : v->truth ? "yes" : "no");
    } else if (raw) {
        add_number(v->number, out);
    } else {
        str_add(out, units_text(v->number, v->type).text);
    }
}
