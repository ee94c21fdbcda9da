/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics in the text format of Prometheus. No timestamps (node_exporter skips a file that has them) and no process ids
 * (each would be a series for ever). */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "report/formats.h"
#include "report/lookup.h"

static void begin(struct str *s, const char *name, const char *help)
{
    str_printf(s, "# HELP fragwizard_%s %s\n# TYPE fragwizard_%s gauge\n", name, help, name);
}

static void add_label(struct str *s, const char *separator, const char *name, const char *value)
{
    str_printf(s, "%s%s=\"", separator, name);
    for (const char *p = value ? value : ""; *p; p++) {
        if (*p == '\\' || *p == '"')
            str_add_char(s, '\\');
        if (*p == '\n')
            str_add(s, "\\n");
        else
            str_add_char(s, *p);
    }
    str_add_char(s, '"');
}

static void add_orders(struct str *s, const struct case_file *c)
{
    const struct table *t = lookup_table(c, "buddy", "order");
    if (!t || !t->rows)
        return;
    begin(s, "unusable_free_ratio", "Share of a zone's free memory that cannot serve a request of this order.");
    for (size_t i = 0; i < t->rows; i++) {
        double node, order, unusable;
        const char *zone = lookup_text(t, i, "zone");
        if (!lookup_number(t, i, "node", &node) || !lookup_number(t, i, "order", &order) ||
            !lookup_number(t, i, "unusable", &unusable) || strcmp(zone, "?") == 0)
            continue;
        str_printf(s, "fragwizard_unusable_free_ratio{node=\"%.0f\"", node);
        add_label(s, ",", "zone", zone);
        str_printf(s, ",order=\"%.0f\"} %.4g\n", order, unusable);
    }
}

static void add_physmap(struct str *s, const struct case_file *c)
{
    double movable, pinned;
    if (!lookup_figure(c, "physmap", "free_movable", &movable) || !lookup_figure(c, "physmap", "free_pinned", &pinned))
        return;
    begin(s, "physmap_free_bytes",
          "Free memory by what shares its blocks: only pages that can be moved, or some that cannot.");
    str_printf(s, "fragwizard_physmap_free_bytes{behind=\"movable\"} %.10g\n", movable);
    str_printf(s, "fragwizard_physmap_free_bytes{behind=\"pinned\"} %.10g\n", pinned);
}

/* Unknown is absent, never zero. */
static void add_figure(struct str *s, const struct figure *f)
{
    static const char *const units[] = {
        [TYPE_COUNT] = "",           [TYPE_RATIO] = "_ratio",     [TYPE_BYTES] = "_bytes",
        [TYPE_SECONDS] = "_seconds", [TYPE_RATE] = "_per_second", [TYPE_BYTE_RATE] = "_bytes_per_second",
    };
    if (!f->value.known || !isfinite(f->value.number))
        return;
    AUTO_FREE char *name = mem_printf("%s%s", f->id, units[f->value.type]);
    begin(s, name, f->title);
    str_printf(s, "fragwizard_%s %.15g\n", name, f->value.number);
}

char *prometheus_render(const struct case_file *c, size_t *length)
{
    struct str s = {0};
    begin(&s, "build_info", "Version of fragwizard; always 1.");
    str_add(&s, "fragwizard_build_info");
    add_label(&s, "{", "version", c->version);
    str_add(&s, "} 1\n");

    begin(&s, "last_run_timestamp_seconds", "When the last run ended, in seconds since the epoch.");
    str_printf(&s, "fragwizard_last_run_timestamp_seconds %.3f\n", c->started + c->duration_s);
    begin(&s, "last_run_duration_seconds", "Time that the last run took.");
    str_printf(&s, "fragwizard_last_run_duration_seconds %.3f\n", c->duration_s);

    begin(&s, "status", "Result of the last run: 1 for the state it is in.");
    for (enum case_status i = 0; i < CASE_STATUSES; i++)
        str_printf(&s, "fragwizard_status{state=\"%s\"} %d\n", case_status_names[i], c->status == i);

    const struct tally tally = lookup_tally(c);
    begin(&s, "findings", "Findings of the last run by severity.");
    for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++)
        str_printf(&s, "fragwizard_findings{severity=\"%s\"} %zu\n", severity_names[i], tally.severity[i]);
    begin(&s, "checks", "Checks of the last run by result.");
    for (int i = CHECK_CLEAR; i <= CHECK_NOT_RUN; i++)
        str_printf(&s, "fragwizard_checks{result=\"%s\"} %zu\n", check_result_names[i], tally.result[i]);
    begin(&s, "unchecked_checks", "Checks that could not be made.");
    str_printf(&s, "fragwizard_unchecked_checks %zu\n", tally.result[CHECK_UNCHECKED]);

    if (c->verdict_count) {
        begin(&s, "verdict", "Hypotheses of the playbook: 1 for the state each is in.");
        for (size_t i = 0; i < c->verdict_count; i++)
            for (int k = VERDICT_CONFIRMED; k <= VERDICT_UNKNOWN; k++) {
                str_add(&s, "fragwizard_verdict");
                add_label(&s, "{", "hypothesis", c->verdicts[i].id);
                add_label(&s, ",", "state", verdict_state_names[k]);
                str_printf(&s, "} %d\n", (int)c->verdicts[i].state == k);
            }
    }
    if (c->facts_count) {
        begin(&s, "probe_duration_seconds", "Time that each probe took in the last run.");
        for (size_t i = 0; i < c->facts_count; i++) {
            str_add(&s, "fragwizard_probe_duration_seconds");
            add_label(&s, "{", "probe", c->facts[i]->probe->name);
            str_printf(&s, "} %.6f\n", c->facts[i]->cost_s);
        }
    }

    add_orders(&s, c);
    add_physmap(&s, c);
    for (size_t i = 0; i < c->figure_count; i++)
        if (lookup_is_metric(&c->figures[i]))
            add_figure(&s, &c->figures[i]);
    *length = s.length;
    return s.data;
}
