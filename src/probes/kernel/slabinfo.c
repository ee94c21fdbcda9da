/* SPDX-License-Identifier: GPL-3.0-or-later */
/* # name <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables … : slabdata <active> <num_slabs> …
 * dentry     12341  13020    192   21    1 : tunables    0    0    0 : slabdata    620    620      0 */
#include "probes/kernel/slabinfo.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CACHES_MAX 65536 /* before 5.9 each cgroup had caches of its own */
#define NUMBER_MAX (1ULL << 40)

/* Names are cut from the right: five numbers stand before the colon, and what is left is the name, blanks and all. */
static bool row(struct slab_cache *c, struct span line)
{
    struct span rest = line;
    if (!scan_past(&rest, " : tunables"))
        return false;
    struct span left = {line.at, rest.at - strlen(" : tunables")};
    if (!scan_past(&rest, ": slabdata"))
        return false;
    uint64_t number[5], active_slabs;
    for (int i = 4; i >= 0; i--) {
        while (left.end > left.at && left.end[-1] == ' ')
            left.end--;
        const char *begin = left.end;
        while (begin > left.at && begin[-1] != ' ')
            begin--;
        struct span word = {begin, left.end};
        if (!scan_number(&word, &number[i]) || !scan_end(&word) || number[i] > NUMBER_MAX)
            return false;
        left.end = begin;
    }
    while (left.end > left.at && left.end[-1] == ' ')
        left.end--;
    if (span_length(left) == 0)
        return false;
    *c = (struct slab_cache){.active_objs = number[0],
                             .num_objs = number[1],
                             .object_size = number[2],
                             .objs_per_slab = number[3],
                             .pages_per_slab = number[4]};
    span_copy(left, c->name, sizeof c->name);
    return scan_number(&rest, &active_slabs) && scan_number(&rest, &c->slabs) && c->slabs <= NUMBER_MAX;
}

bool slabinfo_parse(struct slabinfo *s, const char *text, size_t length, struct err *e)
{
    *s = (struct slabinfo){0};
    struct span all = span_of(text, length), line;
    if (!scan_line(&all, &line) || !span_starts(line, "slabinfo - version: 2."))
        return err_set(e, "/proc/slabinfo:1: not version 2.0 or 2.1");
    for (unsigned number = 2; scan_line(&all, &line); number++) {
        if (span_starts(line, "#") || scan_end(&line))
            continue;
        MEM_ROOM(s->caches, s->count);
        if (s->count == CACHES_MAX || !row(&s->caches[s->count], line)) {
            slabinfo_free(s);
            return err_set(e, "/proc/slabinfo:%u: not what a kernel prints", number);
        }
        s->count++;
    }
    if (s->count == 0)
        return err_set(e, "/proc/slabinfo: no caches");
    return true;
}

bool slabinfo_read(struct slabinfo *s, const struct root *r, enum status *status, struct err *e)
{
    AUTO_SOURCE struct source text = {0};
    return source_read(&text, r, "proc/slabinfo", status, e) &&
           source_parsed(slabinfo_parse(s, text.text, text.length, e), status);
}

void slabinfo_free(struct slabinfo *s)
{
    free(s->caches);
    *s = (struct slabinfo){0};
}

const struct slab_cache *slabinfo_find(const struct slabinfo *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->caches[i].name, name) == 0)
            return &s->caches[i];
    return NULL;
}

double slab_cache_size(const struct slab_cache *c, uint64_t page)
{
    return (double)c->slabs * (double)c->pages_per_slab * (double)page;
}

double slab_cache_waste(const struct slab_cache *c, uint64_t page)
{
    double free_objs = c->num_objs > c->active_objs ? (double)(c->num_objs - c->active_objs) : 0;
    double slab = (double)c->pages_per_slab * (double)page, used = (double)c->objs_per_slab * (double)c->object_size;
    double waste = free_objs * (double)c->object_size + (slab > used ? (double)c->slabs * (slab - used) : 0);
    double size = slab_cache_size(c, page);
    return waste < size ? waste : size; /* numbers read while objects come and go */
}
