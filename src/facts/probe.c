/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding a probe and its tables by name, and running one. */
#include "facts/probe.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

const struct probe *probe_find(const char *name)
{
    for (size_t i = 0; probes[i]; i++)
        if (strcmp(probes[i]->name, name) == 0)
            return probes[i];
    return NULL;
}

static const struct table_decl *single_table(const struct probe *p)
{
    for (unsigned i = 0; i < p->table_count; i++)
        if (p->tables[i].single)
            return &p->tables[i];
    return NULL;
}

const struct table_decl *probe_table(const char *name, const struct probe **probe)
{
    const char *dot = strchr(name, '.');
    const struct table_decl *found = NULL;
    for (size_t i = 0; probes[i]; i++) {
        const struct probe *p = probes[i];
        if (dot && (strncmp(p->name, name, (size_t)(dot - name)) != 0 || p->name[dot - name]))
            continue;
        for (unsigned t = 0; t < p->table_count; t++) {
            if (strcmp(p->tables[t].name, dot ? dot + 1 : name) != 0)
                continue;
            if (found)
                return NULL;
            found = &p->tables[t];
            if (probe)
                *probe = p;
        }
    }
    if (found || dot)
        return found;
    const struct probe *p = probe_find(name);
    if (!p)
        return NULL;
    if (probe)
        *probe = p;
    return single_table(p);
}

size_t samples_thin(void *points, size_t count, size_t size)
{
    char *at = points;
    size_t kept = 0;
    for (size_t i = 0; i < count; i += 2, kept++)
        memmove(at + kept * size, at + i * size, size);
    return kept;
}

struct facts *probe_collect(const struct probe *p, void *state, const struct probe_input *in)
{
    double begin = clock_now();
    struct facts *f = facts_new(p);
    if (p->needs_pid && !in->pid)
        facts_fail(f, STATUS_ABSENT, "no process was named (--pid, or answer the question)");
    else
        p->collect(state, in, f);
    f->cost_s = round((clock_now() - begin) * 1e6) / 1e6; /* as a case keeps it */
    return f;
}
