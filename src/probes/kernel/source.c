/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/kernel/source.h"

#include <stdlib.h>

/* zoneinfo grows with nodes × processors and is the largest of what is read whole: 2.5 MiB with 1024 processors. */
#define SOURCE_BYTES_MAX (32UL * 1024 * 1024)

bool source_read(struct source *s, const struct root *r, const char *path, enum status *status, struct err *e)
{
    source_free(s);
    s->text = root_read(r, path, SOURCE_BYTES_MAX, &s->length, status, e);
    return s->text != NULL;
}

void source_free(struct source *s)
{
    free(s->text);
    s->text = NULL;
    s->length = 0;
}

bool source_line(const struct root *r, const char *path, char *out, size_t size)
{
    char buffer[1024];
    ssize_t length = root_read_small(r, path, buffer, sizeof buffer);
    if (length < 0)
        return false;
    struct span all = span_of(buffer, (size_t)length), line;
    if (!scan_line(&all, &line) || scan_end(&line))
        return false;
    while (line.end > line.at && (scan_is_blank(line.end[-1]) || line.end[-1] == '\0'))
        line.end--;
    return span_length(line) > 0 && span_length(line) < size && span_copy(line, out, size) > 0;
}

bool source_number(const struct root *r, const char *path, uint64_t *n)
{
    char text[64];
    if (!source_line(r, path, text, sizeof text))
        return false;
    struct span s = span_of_string(text);
    return scan_number(&s, n) && scan_end(&s);
}
