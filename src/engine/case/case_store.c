/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case on disk. It is not part of the examined machine, so it is read here and not through a root. */
#include "engine/case/case.h"

#include <string.h>

#include "base/input.h"
#include "base/output.h"

enum { CASE_BYTES_MAX = 64 * 1024 * 1024 };

bool case_save(struct case_file *c, struct err *e)
{
    if (!c->path)
        return true;
    const char *slash = strrchr(c->path, '/');
    if (slash && slash > c->path) {
        AUTO_FREE char *directory = mem_printf("%.*s", (int)(slash - c->path), c->path);
        if (!output_make_dirs(directory, e))
            return false;
    }
    size_t length;
    AUTO_FREE char *json = case_to_json(c, &length);
    return output_write_file(c->path, json, length, 0600, e);
}

struct case_file *case_load(const char *path, struct err *e)
{
    size_t length = 0;
    AUTO_FREE char *text = input_read_file(path, CASE_BYTES_MAX, &length, e);
    if (!text)
        return NULL;
    struct case_file *c = case_from_json(path, text, length, e);
    if (c)
        c->path = arena_strdup(&c->arena, path);
    return c;
}
