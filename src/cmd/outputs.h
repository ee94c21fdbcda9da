/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where reports go: what -o and --format say, and writing there whatever can be rendered. */
#ifndef FW_CMD_OUTPUTS_H
#define FW_CMD_OUTPUTS_H

#include "report/report.h"
#include "term/term.h"

#define OUTPUTS_MAX 8

struct outputs {
    const char *paths[OUTPUTS_MAX]; /* a file, a directory, or "-" (standard output) */
    size_t count;
    bool format_given; /* else by their endings */
    enum report_format format;
};

struct rendering {
    /* As report_render() does. */
    char *(*render)(const void *data, enum report_format f, const struct report_style *style, size_t *length,
                    struct err *e);
    const void *data;
    const char *host; /* for the name of a file in a directory */
    double wall;
    const char *suffix; /* before the format's own: "diff."; "" for none */
};

/* One more -o: a struct outputs; false after a complaint that there are too many. */
bool outputs_add(void *outputs, const char *path);
/* HTML into a directory, text to standard output; false if the ending tells none. */
bool outputs_format(const struct outputs *o, const char *path, enum report_format *f);
/* Whether every one could be written, before long work. False after a complaint. */
bool outputs_check(const struct outputs *o);
/* Writes each. A directory becomes the path of the file written into it, which lives in `arena`. False after a complaint. */
bool outputs_write(struct outputs *o, const struct rendering *r, const struct term *t, struct arena *arena);
bool outputs_print(const struct rendering *r, enum report_format f, const struct term *t);

#endif
