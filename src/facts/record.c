/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts/record.h"

#include <stdio.h>

const char *field_json_name(const struct field *f, char out[64])
{
    snprintf(out, 64, "%s%s", f->name, f->kind == FIELD_NUMBER && f->type == TYPE_SECONDS ? "_s" : "");
    return out;
}

size_t field_list_count(const struct field *f, const void *object)
{
    return *(const size_t *)((const char *)object + f->count_offset);
}
