/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/outputs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"
#include "cmd/cmd.h"

enum { FILE_WIDTH = 100 };

static bool is_standard_output(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* One into which a report goes; a directory that is named like a report is a mistake. */
static bool is_directory(const char *path)
{
    struct stat st;
    enum report_format f;
    return !report_format_of_path(path, &f) && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool outputs_add(void *outputs, const char *path)
{
    struct outputs *o = outputs;
    if (o->count == OUTPUTS_MAX)
        return complain("at most %d outputs can be written", OUTPUTS_MAX), false;
    o->paths[o->count++] = path;
    return true;
}

bool outputs_format(const struct outputs *o, const char *path, enum report_format *f)
{
    *f = is_directory(path) ? FORMAT_HTML : FORMAT_TEXT;
    if (o->format_given)
        *f = o->format;
    return o->format_given || is_standard_output(path) || is_directory(path) || report_format_of_path(path, f);
}

/* A window that nobody will see the end of is a mistake better told before it than after. */
bool outputs_check(const struct outputs *o)
{
    struct err e;
    for (size_t i = 0; i < o->count; i++) {
        const char *path = o->paths[i];
        enum report_format f;
        if (is_standard_output(path))
            continue;
        AUTO_FREE char *inside = is_directory(path) ? mem_printf("%s/fragwizard", path) : mem_strdup(path);
        if (!output_check(inside, &e))
            return complain_of(&e);
        if (!outputs_format(o, path, &f))
            return complain("%s: its ending tells no format; use .html, .txt, .json or .prom, or --format", path),
                   false;
    }
    return true;
}

bool outputs_print(const struct rendering *r, enum report_format f, const struct term *t)
{
    struct err e;
    size_t length;
    struct report_style style = {.width = t->tty_out ? t->width : FILE_WIDTH, .color = t->color, .ascii = t->ascii};
    AUTO_FREE char *text = r->render(r->data, f, &style, &length, &e);
    return (text && output_print(text, length, &e)) || complain_of(&e);
}

static bool write_one(const struct outputs *o, const char **path, const struct rendering *r, const struct term *t,
                      struct arena *arena)
{
    struct err e;
    enum report_format f;
    outputs_format(o, *path, &f);
    if (is_standard_output(*path))
        return outputs_print(r, f, t);
    if (is_directory(*path)) {
        AUTO_FREE char *suffix = mem_printf("%s%s", r->suffix, report_format_suffix(f));
        AUTO_FREE char *name = output_default_name(r->host, r->wall, suffix);
        *path = arena_printf(arena, "%s/%s", *path, name);
    }
    size_t length;
    struct report_style style = {.width = FILE_WIDTH};
    AUTO_FREE char *text = r->render(r->data, f, &style, &length, &e);
    /* a textfile collector runs as another user and must be able to read its metrics */
    mode_t mode = f == FORMAT_PROMETHEUS ? 0644 : 0600;
    return (text && output_write_file(*path, text, length, mode, &e)) || complain_of(&e);
}

bool outputs_write(struct outputs *o, const struct rendering *r, const struct term *t, struct arena *arena)
{
    for (size_t i = 0; i < o->count; i++)
        if (!write_one(o, &o->paths[i], r, t, arena))
            return false;
    return true;
}
