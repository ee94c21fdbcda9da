/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/settings/proposal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "engine/run/capture_time.h"
#include "probes/kernel/meminfo.h"

static struct value host_cell(const struct case_file *c, const char *column)
{
    return cell_named(case_table_named(c, "host", "host"), 0, column);
}

static bool fits_kernel(const struct case_file *c, const struct root *r, struct err *e)
{
    struct value kernel = host_cell(c, "kernel");
    char now[256], clean[3 * sizeof now];
    if (!kernel.known || !root_sysctl(r, "kernel.osrelease", now, sizeof now, &(enum status){0}, NULL))
        return true;
    text_clean(clean, sizeof clean, now, strlen(now));
    return strcmp(kernel.text, clean) == 0 ||
           err_set(e, "%s: was made with kernel %.80s, and %.80s runs now; run the audit again", c->path, kernel.text,
                   clean);
}

/* Names such as localhost are given often: memory tells machines apart, too. */
static bool fits_memory(const struct case_file *c, const struct root *r, struct err *e)
{
    struct value total = host_cell(c, "memory_total");
    struct meminfo m;
    enum status status;
    struct err ignored;
    if (!total.known || !meminfo_read(&m, r, &status, &ignored))
        return true;
    double now = (double)meminfo_value(&m, MI_MEM_TOTAL);
    if (fabs(total.number - now) <= 0.01 * now)
        return true;
    return err_set(e, "%s: was made with %s of memory, and this machine has %s; run the audit again", c->path,
                   units_text(total.number, TYPE_BYTES).text, units_text(now, TYPE_BYTES).text);
}

bool proposals_fit(const struct case_file *c, const struct root *r, struct err *e)
{
    char host[256], clean[3 * sizeof host];
    if (!c->root || strcmp(c->root, "/") != 0)
        return err_set(e, "%s: was made of a captured tree; only a case of this machine itself can be applied",
                       c->path);
    if (!capture_host(r, host, sizeof host))
        return err_set(e,
                       "the name of this host cannot be read, so that it cannot be told whether the case is its own");
    text_clean(clean, sizeof clean, host, strlen(host));
    if (strcmp(clean, c->host) != 0)
        return err_set(e, "%s: was made on %.80s, and this is %.80s", c->path, c->host, clean);
    return fits_kernel(c, r, e) && fits_memory(c, r, e);
}

static bool is_change(const struct recommendation *r)
{
    return strcmp(r->kind, "sysctl") == 0 && r->sysctl && r->proposed;
}

static bool is_wanted(const struct recommendation *r, char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(ids[i], r->id) == 0)
            return true;
    return !count;
}

static void complain_id(const struct case_file *c, const char *id)
{
    AUTO_STR struct str there = {0};
    for (size_t i = 0; i < c->recommendation_count; i++)
        if (is_change(&c->recommendations[i]))
            str_printf(&there, "%s%s", there.length ? ", " : "", c->recommendations[i].id);
    if (there.length)
        complain("the case has no change '%.60s' that can be applied; there are: %s", id, str_text(&there));
    else
        complain("the case has no change '%.60s' that can be applied, and no other", id);
}

/* False with a sentence if it cannot be done; *needless if there is nothing to do. */
static bool consider(struct proposal *p, const struct recommendation *m, const struct root *r, bool keep,
                     bool *needless, struct err *e)
{
    *p = (struct proposal){.r = m, .setting = setting_find(m->sysctl)};
    if (!p->setting)
        return err_set(e, "%.80s: is none of the settings that fragwizard changes", m->sysctl);
    if (!setting_accepts(p->setting, r, m->proposed, e) || !setting_read(p->setting, r, p->now, e))
        return false;
    p->is_set = strcmp(p->now, m->proposed) == 0;
    *needless = p->is_set && !keep;
    if (p->is_set || (m->current && strcmp(p->now, m->current) == 0))
        return true;
    return err_set(e, "%s: is %s now, and the case judged %.40s; run the audit again", p->setting->name, p->now,
                   m->current ? m->current : "another");
}

static bool is_twice(const struct proposal *list, size_t count, const struct proposal *p, struct err *e)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].setting == p->setting)
            return !err_set(e, "%s: changed by %.60s and by %.60s; name the one that is meant", p->setting->name,
                            list[i].r->id, p->r->id);
    return false;
}

struct proposal *proposals_choose(const struct case_file *c, const struct root *r, char *const *ids, size_t id_count,
                                  bool keep, size_t *count, bool *good)
{
    *count = 0;
    for (size_t i = 0; i < id_count; i++) {
        const struct recommendation *m = ARRAY_FIND(c->recommendations, c->recommendation_count, id, ids[i]);
        if (!m || !is_change(m))
            return complain_id(c, ids[i]), NULL;
    }
    struct proposal *list = mem_array(c->recommendation_count + 1, sizeof *list);
    for (size_t i = 0; i < c->recommendation_count; i++) {
        const struct recommendation *m = &c->recommendations[i];
        struct proposal *p = &list[*count];
        struct err e;
        bool needless = false;
        if (!is_change(m) || !is_wanted(m, ids, id_count))
            continue;
        if (!consider(p, m, r, keep, &needless, &e) || is_twice(list, *count, p, &e)) {
            complain_of(&e);
            *good = false;
        } else if (needless) {
            printf("%s is %s already.\n", p->setting->name, p->now);
        } else {
            ++*count;
        }
    }
    return list;
}
