/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line for Nagios, Icinga and their kin (Monitoring Plugins guidelines). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/formats.h"
#include "report/lookup.h"

enum { LINE_MAX_CHARS = 79 };

/* How a dimension is written there. */
static const struct unit {
    const char *suffix, *most;
    double factor;
    int digits;
} units[] = {
    [TYPE_COUNT] = {"", "", 1, 0},    [TYPE_RATIO] = {"%", "100", 100, 2}, [TYPE_BYTES] = {"B", "", 1, 0},
    [TYPE_SECONDS] = {"s", "", 1, 2}, [TYPE_RATE] = {"", "", 1, 2},        [TYPE_BYTE_RATE] = {"B", "", 1, 0},
};

static void add_number(struct str *s, const struct value *v)
{
    const struct unit *u = &units[v->type];
    if (v->known && isfinite(v->number))
        str_printf(s, "%.*f", u->digits, v->number * u->factor);
}

/* A range holds what is well: from 0 to the threshold, or from it upwards. */
static void add_figure(struct str *s, const struct figure *f)
{
    const struct unit *u = &units[f->value.type];
    str_printf(s, " %s=", f->id);
    if (f->value.known && isfinite(f->value.number)) {
        add_number(s, &f->value);
        str_add(s, u->suffix);
    } else {
        str_add_char(s, 'U');
    }
    const struct value *thresholds[] = {&f->warning, &f->critical};
    for (size_t i = 0; i < ARRAY_SIZE(thresholds); i++) {
        str_add_char(s, ';');
        add_number(s, thresholds[i]);
        if (f->below && thresholds[i]->known)
            str_add_char(s, ':');
    }
    str_printf(s, ";0%s%s", *u->most ? ";" : "", u->most);
}

static void add_count(struct str *s, const char *id, size_t count, const char *thresholds)
{
    str_printf(s, " %s=%zu;%s;0", id, count, thresholds);
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
    add_count(&s, "findings_critical", tally.severity[SEVERITY_CRITICAL], ";0");
    add_count(&s, "findings_warning", tally.severity[SEVERITY_WARNING], "0;");
    add_count(&s, "unchecked", tally.result[CHECK_UNCHECKED], ";");
    for (size_t i = 0; i < c->figure_count; i++)
        if (lookup_is_metric(&c->figures[i]))
            add_figure(&s, &c->figures[i]);
    str_printf(&s, " time=%.2fs;;;0", fmax(c->duration_s, 0));
    str_add_char(&s, '\n');
    *length = s.length;
    return s.data;
}
