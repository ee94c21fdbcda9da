/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line for Nagios, Icinga and their kin (Monitoring Plugins guidelines). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/formats.h"
#include "report/lookup.h"

enum { LINE_MAX_CHARS = 79 };

static void add_data(struct str *s, const char *label, bool known, double value, const char *unit, const char *range)
{
    if (known)
        str_printf(s, " %s=%.*f%s%s", label, *unit == '%' || *unit == 's' ? 2 : 0, value, unit, range);
    else
        str_printf(s, " %s=U", label);
}

char *nagios_render(const struct case_file *c, size_t *length)
{
    static const char *const words[CASE_STATUSES] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    const char *headline = c->headline ? c->headline : "no verdict";
    char line[512];
    int used = snprintf(line, sizeof line, "FRAGWIZARD %s - ", words[c->status]);
    text_ascii(line + used, sizeof line - (size_t)used, headline);
    for (char *p = line; *p; p++)
        if (*p == '|' || (unsigned char)*p < ' ')
            *p = *p == '|' ? '/' : ' '; /* what follows a bar is performance data */
    if (strlen(line) > LINE_MAX_CHARS) {
        size_t cut = LINE_MAX_CHARS - 3;
        while (cut > (size_t)used && line[cut] != ' ')
            cut--;
        if (cut <= (size_t)used)
            cut = LINE_MAX_CHARS - 3;
        while (cut > (size_t)used && strchr(" ,;:-", line[cut - 1]))
            cut--;
        memcpy(line + cut, "...", 4);
    }

    const struct tally tally = lookup_tally(c);
    struct str s = {0};
    str_add(&s, line);
    str_add(&s, " |");
    add_data(&s, "findings_critical", true, (double)tally.severity[SEVERITY_CRITICAL], "", ";;;0");
    add_data(&s, "findings_warning", true, (double)tally.severity[SEVERITY_WARNING], "", ";;;0");
    add_data(&s, "unchecked", true, (double)tally.result[CHECK_UNCHECKED], "", ";;;0");
    static const struct {
        const char *label, *probe, *column, *unit;
    } data[] = {
        {"unusable_huge", "buddy", "unusable_huge", "%"},
        {"available", "memory", "available", "B"},
        {"slab_waste", "slab", "waste", "B"},
        {"swap_used", "swap", "used", "B"},
        {"swap_in_per_second", "vmstat", "swap_in", "B"},
        {"swap_out_per_second", "vmstat", "swap_out", "B"},
        {"pressure_some", "pressure", "memory_some", "%"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
        double value = 0;
        bool known = lookup_figure(c, data[i].probe, data[i].column, &value);
        bool percent = *data[i].unit == '%';
        add_data(&s, data[i].label, known, percent ? value * 100 : value, data[i].unit, percent ? ";;;0;100" : ";;;0");
    }
    add_data(&s, "time", true, fmax(c->duration_s, 0), "s", ";;;0");
    str_add_char(&s, '\n');
    *length = s.length;
    return s.data;
}
