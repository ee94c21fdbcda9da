/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page flags tell the kind of an owner. Who it is comes from elsewhere: control groups from kpagecgroup, processes from VmPin,
 * slab caches from slabinfo, which counts them for the machine as a whole. */
#include "probes/physmap/physmap_owner.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "probes/kernel/meminfo.h"
#include "probes/kernel/slabinfo.h"

enum { CACHES_NAMED = 3 };

/* Takes the name. */
static struct physmap_owner *add(struct physmap_owners *o, char *name, enum block_kind kind, double memory)
{
    MEM_ROOM(o->list, o->count);
    o->list[o->count] = (struct physmap_owner){.name = name, .kind = kind, .memory = memory};
    return &o->list[o->count++];
}

static void add_placed(struct physmap_owners *o, char *name, enum block_kind kind, const struct block_sum *s,
                       double page)
{
    struct physmap_owner *owner = add(o, name, kind, s->pages * page);
    owner->placed = true;
    owner->blocks = s->blocks;
    owner->free_behind = s->free * page;
}

static void add_bytes(struct str *s, double bytes)
{
    char text[64];
    units_format(text, sizeof text, bytes, TYPE_BYTES);
    str_add(s, text);
}

static int larger_cache(const void *a, const void *b)
{
    const struct slab_cache *x = a, *y = b;
    double p = slab_cache_size(x, 1), q = slab_cache_size(y, 1);
    return p < q ? 1 : p > q ? -1 : strcmp(x->name, y->name);
}

static void name_caches(struct str *s, const struct root *r, uint64_t page)
{
    struct slabinfo caches;
    enum status status;
    if (!slabinfo_read(&caches, r, &status, NULL))
        return;
    qsort(caches.caches, caches.count, sizeof *caches.caches, larger_cache);
    for (size_t i = 0; i < caches.count && i < CACHES_NAMED; i++) {
        str_printf(s, "%s%s ", i ? ", " : ": ", caches.caches[i].name);
        add_bytes(s, slab_cache_size(&caches.caches[i], page));
    }
    if (caches.count > CACHES_NAMED)
        str_add(s, "…");
    slabinfo_free(&caches);
}

static char *slab_name(const struct root *r, uint64_t page)
{
    AUTO_STR struct str s = {0};
    struct meminfo m;
    struct err e;
    enum status status;
    str_add(&s, "slab");
    name_caches(&s, r, page);
    if (meminfo_read(&m, r, &status, &e) && meminfo_value(&m, MI_SLAB) > 0 && m.known[MI_SRECLAIMABLE]) {
        char share[64];
        units_format(share, sizeof share, (double)m.value[MI_SRECLAIMABLE] / (double)m.value[MI_SLAB], TYPE_RATIO);
        str_printf(&s, " (%s can be reclaimed)", share);
    }
    return mem_strdup(str_text(&s));
}

/* Of the kernel's memory without flags and group, what meminfo has names for. */
static char *uncharged_name(const struct root *r, bool groups)
{
    AUTO_STR struct str s = {0};
    struct meminfo m;
    struct err e;
    enum status status;
    str_add(&s, groups ? "kernel pages of no control group (drivers, network, vmalloc" : "kernel pages without a name");
    if (meminfo_read(&m, r, &status, &e) && m.known[MI_VMALLOC_USED] && m.known[MI_PERCPU]) {
        str_add(&s, groups ? " " : " (vmalloc ");
        add_bytes(&s, (double)m.value[MI_VMALLOC_USED]);
        str_add(&s, ", per-CPU ");
        add_bytes(&s, (double)m.value[MI_PERCPU]);
        str_add_char(&s, ')');
    } else if (groups) {
        str_add_char(&s, ')');
    }
    return mem_strdup(str_text(&s));
}

/* Free pages on per-CPU lists are among those of no group: subtracted, with their part of the blocks. */
static void add_uncharged(struct physmap_owners *o, const struct root *r, const struct physmap_found *f,
                          const struct block_sum *all, bool groups)
{
    if (all->pages <= f->result->listed_pages)
        return;
    double part = 1 - f->result->listed_pages / all->pages;
    struct block_sum rest = {all->blocks * part, all->pages * part, all->free * part};
    add_placed(o, uncharged_name(r, groups), BLOCK_KERNEL, &rest, (double)f->page);
}

static void add_kernel(struct physmap_owners *o, const struct root *r, const struct physmap_found *f)
{
    const struct physmap_charges *c = f->charges;
    if (c->count == 0)
        add_uncharged(o, r, f, &f->result->sum.use[PAGE_UNNAMED], false);
    else
        add_uncharged(o, r, f, &c->list[0].sum, true);
    for (size_t i = 1; i < c->count; i++) {
        const struct physmap_charge *g = &c->list[i];
        char *name = g->path ? mem_printf("kernel pages of control group %s (pipes, sockets, stacks)", g->path)
                             : mem_printf("kernel pages of a control group that is not visible here (inode %llu)",
                                          (unsigned long long)g->inode);
        add_placed(o, name, BLOCK_KERNEL, &g->sum, (double)f->page);
        o->list[o->count - 1].cgroup = g->path;
    }
}

static void add_pins(struct physmap_owners *o, const struct physmap_found *f)
{
    const struct physmap_pins *pins = f->pins;
    double page = (double)f->page;
    for (size_t i = 0; i < pins->count; i++) {
        const struct physmap_pin *p = &pins->list[i];
        char *name = mem_printf("process %ld (%s), pinned by VmPin%s%s", p->pid, p->command, p->why ? "; " : "",
                                p->why ? p->why : "");
        struct physmap_owner *owner = add(o, name, BLOCK_PINNED, (double)p->pinned);
        owner->pid = p->pid;
        owner->placed = p->blocks != NULL;
        owner->blocks = f->pin_sums[i].blocks;
        owner->free_behind = f->pin_sums[i].free * page;
    }
    if (pins->held > 0 && pins->pinned == 0)
        add(o, mem_strdup("pinned user pages that no process accounts for"), BLOCK_PINNED, (double)pins->held * page);
}

static int more_behind(const void *a, const void *b)
{
    const struct physmap_owner *x = a, *y = b;
    if (x->free_behind != y->free_behind)
        return x->free_behind < y->free_behind ? 1 : -1;
    if (x->memory != y->memory)
        return x->memory < y->memory ? 1 : -1;
    return strcmp(x->name, y->name);
}

void physmap_owners_rank(struct physmap_owners *o, const struct root *r, const struct physmap_found *f)
{
    static const struct {
        enum page_use use;
        enum block_kind kind;
        const char *name;
    } plain[] = {
        {PAGE_TABLES, BLOCK_TABLES, "page tables"},
        {PAGE_HUGE, BLOCK_HUGE, "huge pages of the pool (hugetlb)"},
        {PAGE_RESERVED, BLOCK_RESERVED, "reserved at boot, or given back to the hypervisor"},
        {PAGE_LOCKED, BLOCK_PINNED, "memory locked by mlock, which vm.compact_unevictable_allowed = 0 keeps in place"},
    };
    const struct block_sum *use = f->result->sum.use;
    *o = (struct physmap_owners){0};
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (use[plain[i].use].blocks > 0)
            add_placed(o, mem_strdup(plain[i].name), plain[i].kind, &use[plain[i].use], (double)f->page);
    if (use[PAGE_SLAB].blocks > 0)
        add_placed(o, slab_name(r, f->page), BLOCK_SLAB, &use[PAGE_SLAB], (double)f->page);
    add_kernel(o, r, f);
    add_pins(o, f);
    if (o->count)
        qsort(o->list, o->count, sizeof *o->list, more_behind);
}

void physmap_owners_free(struct physmap_owners *o)
{
    for (size_t i = 0; i < o->count; i++)
        free(o->list[i].name);
    free(o->list);
    *o = (struct physmap_owners){0};
}
