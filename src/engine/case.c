/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case in memory: who owns what, and the words of its states. */
#include "engine/case.h"

#include <string.h>

const char *verdict_state_name(enum verdict_state s)
{
    static const char *const names[] = {"confirmed", "likely", "ruled-out", "unknown"};
    return (size_t)s < sizeof names / sizeof *names ? names[s] : "unknown";
}

const char *check_result_name(enum check_result r)
{
    static const char *const names[] = {"clear", "fired", "unchecked", "not-run"};
    return (size_t)r < sizeof names / sizeof *names ? names[r] : "not-run";
}

struct case_file *case_new(void)
{
    struct case_file *c = mem_alloc(sizeof *c);
    c->status = "unknown";
    return c;
}

void case_free(struct case_file *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->facts_count; i++)
        facts_free(c->facts[i]);
    free(c->facts);
    arena_free(&c->arena);
    free(c);
}

static size_t facts_place(const struct case_file *c, const char *probe)
{
    size_t i = 0;
    while (i < c->facts_count && strcmp(c->facts[i]->probe->name, probe) != 0)
        i++;
    return i;
}

struct facts *case_facts(const struct case_file *c, const char *probe)
{
    size_t i = facts_place(c, probe);
    return i < c->facts_count ? c->facts[i] : NULL;
}

void case_put_facts(struct case_file *c, struct facts *f)
{
    size_t i = facts_place(c, f->probe->name);
    if (i < c->facts_count) {
        if (c->facts[i] != f)
            facts_free(c->facts[i]);
    } else {
        c->facts = mem_resize(c->facts, c->facts_count + 1, sizeof *c->facts);
        c->facts_count++;
    }
    c->facts[i] = f;
}
