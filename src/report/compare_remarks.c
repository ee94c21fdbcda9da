/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What makes two runs less alike than they should be, without making them incomparable. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/units.h"
#include "facts/probe.h"
#include "report/compare_parts.h"
#include "report/lookup.h"

enum { REMARKS_MAX = 100 };

__attribute__((format(printf, 2, 3))) static void remark(struct comparison *c, const char *format, ...)
{
    if (c->remark_count == REMARKS_MAX)
        return;
    va_list args;
    va_start(args, format);
    AUTO_FREE char *text = mem_vprintf(format, args);
    va_end(args);
    c->remarks[c->remark_count++] = arena_strdup(&c->arena, text);
}

static const char *const which[SIDES] = {"first", "second"};

static void remark_runs(struct comparison *c)
{
    const struct case_file *a = c->run[BEFORE], *b = c->run[AFTER];
    if (a->started > b->started)
        remark(c, "The case given first is the later of the two.");
    else if (a->started == b->started)
        remark(c, "Both cases were taken at the same moment.");
    for (int side = BEFORE; side < SIDES; side++)
        if (!c->run[side]->complete)
            remark(c, "The %s run was left before its end.", which[side]);
    double longer = fmax(a->window_s, b->window_s), shorter = fmin(a->window_s, b->window_s);
    if (longer > shorter * 1.25)
        remark(c, "Observed for %s before and %s after: what grows or happens seldom shows only in the longer window.",
               a->window_s > 0 ? units_text(a->window_s, TYPE_SECONDS).text : "one moment",
               b->window_s > 0 ? units_text(b->window_s, TYPE_SECONDS).text : "one moment");
    if (a->version && b->version && strcmp(a->version, b->version) != 0)
        remark(c, "Made with fragwizard %s before and %s after.", a->version, b->version);
}

static const struct changed_limit *changed_limit(const struct case_file *c, const char *name)
{
    for (size_t i = 0; i < c->limit_count; i++)
        if (strcmp(c->limits[i].name, name) == 0)
            return &c->limits[i];
    return NULL;
}

static void remark_limits(struct comparison *c)
{
    for (int side = BEFORE; side < SIDES; side++)
        for (size_t i = 0; i < c->run[side]->limit_count; i++) {
            const struct changed_limit *l = &c->run[side]->limits[i], *twin = changed_limit(c->run[!side], l->name);
            AUTO_STR struct str here = {0}, there = {0};
            value_format(&l->value, false, &here);
            value_format(twin ? &twin->value : &l->own, false, &there);
            if ((twin && side == AFTER) || strcmp(str_text(&here), str_text(&there)) == 0)
                continue;
            remark(c, "Limit %s: %s before, %s after.", l->name, str_text(side == BEFORE ? &here : &there),
                   str_text(side == BEFORE ? &there : &here));
        }
}

static void remark_rules(struct comparison *c)
{
    size_t only[SIDES] = {0}, other = 0;
    for (int side = BEFORE; side < SIDES; side++)
        for (size_t i = 0; i < c->run[side]->check_count; i++) {
            const struct check *k = &c->run[side]->checks[i], *twin = case_check(c->run[!side], k->id);
            only[side] += !twin;
            if (side == BEFORE && twin)
                other += twin->severity != k->severity ||
                         (k->formula && twin->formula && strcmp(k->formula, twin->formula) != 0);
        }
    if (other)
        remark(c, "%zu check%s not the same in both runs: another condition or severity.", other,
               other == 1 ? " is" : "s are");
    for (int side = BEFORE; side < SIDES; side++)
        if (only[side])
            remark(c, "%zu check%s in the %s run only: the playbook is of another version.", only[side],
                   only[side] == 1 ? " is" : "s are", which[side]);
    if (c->blind_count)
        remark(c, "%zu check%s could be made in neither run.", c->blind_count, c->blind_count == 1 ? "" : "s");
}

/* A text of the host's table, "?" where it is unknown. */
static bool host_differs(const struct table *const host[SIDES], const char *column, const char *text[SIDES])
{
    for (int side = BEFORE; side < SIDES; side++)
        text[side] = lookup_text(host[side], 0, column);
    return strcmp(text[BEFORE], text[AFTER]) != 0;
}

static void remark_host(struct comparison *c)
{
    const struct table *host[SIDES];
    const char *text[SIDES];
    for (int side = BEFORE; side < SIDES; side++)
        host[side] = lookup_table(c->run[side], "host", "host");
    if (!host[BEFORE] || !host[AFTER])
        return;
    if (host_differs(host, "user", text))
        remark(c, "Run as %s before and as %s after: only root sees everything.", text[BEFORE], text[AFTER]);
    if (host_differs(host, "kernel", text))
        remark(c, "Kernel %s before, %s after.", text[BEFORE], text[AFTER]);
    double a, b;
    if (lookup_number(host[BEFORE], 0, "memory_total", &a) && lookup_number(host[AFTER], 0, "memory_total", &b) &&
        fabs(a - b) > 0.01 * a)
        remark(c, "Memory of %s before and %s after.", units_text(a, TYPE_BYTES).text, units_text(b, TYPE_BYTES).text);
    double between = c->run[AFTER]->started - c->run[BEFORE]->started;
    if (lookup_number(host[AFTER], 0, "uptime", &b) && between > 0 && b < between)
        remark(c, "The machine was restarted in between.");
}

static void remark_sources(struct comparison *c)
{
    const char *a = c->run[BEFORE]->root ? c->run[BEFORE]->root : "/",
               *b = c->run[AFTER]->root ? c->run[AFTER]->root : "/";
    bool live[SIDES] = {strcmp(a, "/") == 0, strcmp(b, "/") == 0};
    if (live[BEFORE] != live[AFTER])
        remark(c, "The %s case was read from the running machine, the other from what was captured.",
               live[BEFORE] ? "first" : "second");
    for (size_t i = 0; probes[i]; i++) {
        const struct facts *was = case_facts(c->run[BEFORE], probes[i]->name),
                           *is = case_facts(c->run[AFTER], probes[i]->name);
        if (!was || !is)
            continue;
        const char *why = is->status > was->status ? is->reason : was->reason;
        if (was->status != is->status)
            remark(c, "Probe %s: %s before, %s after%s%s.", probes[i]->name, status_name(was->status),
                   status_name(is->status), why ? ": " : "", why ? why : "");
        else if (was->coverage >= 0 && is->coverage >= 0 && fabs(was->coverage - is->coverage) > 0.05)
            remark(c, "Probe %s saw %.0f %% before and %.0f %% after of what it set out to read.", probes[i]->name,
                   was->coverage * 100, is->coverage * 100);
    }
}

static void remark_answers(struct comparison *c)
{
    for (size_t i = 0; i < c->run[BEFORE]->answer_count; i++) {
        const struct answer *a = &c->run[BEFORE]->answers[i];
        const struct answer *b = case_answer(c->run[AFTER], a->id);
        if (b && a->defaulted && b->defaulted)
            continue; /* nobody said so */
        if (b && a->shown && b->shown && strcmp(a->shown, b->shown) != 0)
            remark(c, "Answered otherwise: %s %s before, %s after.", a->ask ? a->ask : a->id, a->shown, b->shown);
    }
}

void compare_remarks(struct comparison *c)
{
    c->remarks = arena_alloc(&c->arena, REMARKS_MAX * sizeof *c->remarks);
    remark_runs(c);
    remark_host(c);
    remark_sources(c);
    remark_limits(c);
    remark_rules(c);
    remark_answers(c);
}
