/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats by name and by ending, and the way from a case to each of them. */
#include "report/report.h"

#include <string.h>

#include "report/document.h"
#include "report/formats.h"
#include "report/tree.h"

static const char *const names[] = {
    [FORMAT_TEXT] = "text",
    [FORMAT_HTML] = "html",
    [FORMAT_JSON] = "json",
    [FORMAT_NAGIOS] = "nagios",
    [FORMAT_PROMETHEUS] = "prometheus",
};

bool report_format_parse(const char *name, enum report_format *f)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *f = (enum report_format)i;
            return true;
        }
    return false;
}

bool report_format_of_path(const char *path, enum report_format *f)
{
    static const struct {
        const char *ending;
        enum report_format format;
    } endings[] = {{".txt", FORMAT_TEXT},
                   {".html", FORMAT_HTML},
                   {".htm", FORMAT_HTML},
                   {".json", FORMAT_JSON},
                   {".prom", FORMAT_PROMETHEUS}};
    const char *file = strrchr(path, '/');
    const char *dot = strrchr(file ? file + 1 : path, '.');
    for (size_t i = 0; dot && i < ARRAY_SIZE(endings); i++)
        if (strcasecmp(dot, endings[i].ending) == 0) {
            *f = endings[i].format;
            return true;
        }
    return false;
}

const char *report_format_suffix(enum report_format f)
{
    static const char *const suffixes[] = {
        [FORMAT_TEXT] = "txt",   [FORMAT_HTML] = "html",       [FORMAT_JSON] = "json",
        [FORMAT_NAGIOS] = "txt", [FORMAT_PROMETHEUS] = "prom",
    };
    return suffixes[f];
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
