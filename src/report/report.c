/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats by name and by ending, and the way from a case to each of them. */
#include "report/report.h"

#include <string.h>

#include "report/document.h"
#include "report/formats.h"
#include "report/tree.h"

static const struct {
    const char *name, *suffix;
} formats[] = {
    [FORMAT_TEXT] = {"text", "txt"},
    [FORMAT_HTML] = {"html", "html"},
    [FORMAT_JSON] = {"json", "json"},
    [FORMAT_NAGIOS] = {"nagios", "txt"},
    [FORMAT_PROMETHEUS] = {"prometheus", "prom"},
};

bool report_format_parse(const char *name, enum report_format *f)
{
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
        if (strcmp(name, formats[i].name) == 0) {
            *f = (enum report_format)i;
            return true;
        }
    return false;
}

/* Of two formats with one suffix it is the first. */
bool report_format_of_path(const char *path, enum report_format *f)
{
    const char *file = strrchr(path, '/');
    const char *dot = strrchr(file ? file + 1 : path, '.');
    const char *suffix = dot && strcasecmp(dot, ".htm") == 0 ? "html" : dot ? dot + 1 : "";
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
        if (strcasecmp(suffix, formats[i].suffix) == 0) {
            *f = (enum report_format)i;
            return true;
        }
    return false;
}

const char *report_format_suffix(enum report_format f)
{
    return formats[f].suffix;
}

char *report_render(const struct case_file *c, enum report_format f, const struct report_style *style, size_t *length,
                    struct err *e)
{
    static const struct report_style plain = {0};
    size_t ignored;
    if (!length)
        length = &ignored;
    switch (f) {
    case FORMAT_JSON:
        return case_to_json(c, length);
    case FORMAT_NAGIOS:
        return nagios_render(c, length);
    case FORMAT_PROMETHEUS:
        return prometheus_render(c, length);
    case FORMAT_TEXT:
    case FORMAT_HTML:
        break;
    }
    xmlDocPtr doc = document_build(c, f == FORMAT_TEXT, e);
    if (!doc)
        return NULL;
    char *out = f == FORMAT_HTML ? html_render(doc, length) : text_render(doc, style ? style : &plain, length);
    xmlFreeDoc(doc);
    return out;
}
