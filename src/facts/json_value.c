/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts/json_value.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

/* All text of a case is clean; the names of files are the user's. */
json_t *json_of_text(const char *text)
{
    if (!text)
        return json_null();
    json_t *j = json_string(text);
    if (j)
        return j;
    AUTO_FREE char *clean = text_shown_raw(text, strlen(text), false);
    return json_string_nocheck(clean);
}

json_t *json_of_number(double number)
{
    if (!isfinite(number))
        return json_null();
    if (number == trunc(number) && fabs(number) <= 9007199254740992.0) /* 2^53: beyond, not every integer exists */
        return json_integer((json_int_t)number);
    return json_real(number);
}

json_t *json_of_value(const struct value *v)
{
    if (!v->known)
        return json_null();
    if (v->type == TYPE_TEXT)
        return json_of_text(v->text ? v->text : "");
    return v->type == TYPE_BOOL ? json_boolean(v->truth) : json_of_number(v->number);
}

void json_put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new_nocheck(object, key, value);
}
