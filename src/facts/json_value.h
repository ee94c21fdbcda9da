/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as JSON: text cleaned, whole numbers as integers, what is unknown as null. */
#ifndef FW_FACTS_JSON_VALUE_H
#define FW_FACTS_JSON_VALUE_H

#include <jansson.h>

#include "facts/facts.h"

json_t *json_of_text(const char *text); /* NULL: null */
json_t *json_of_number(double number);
json_t *json_of_value(const struct value *v);
/* Takes the value. */
void json_put(json_t *object, const char *key, json_t *value);

#endif
