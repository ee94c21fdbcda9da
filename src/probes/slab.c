/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel objects: which caches hold memory, how much of it for nothing, and what grows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "probes/kernel/meminfo.h"
#include "probes/kernel/page_size.h"
#include "facts/probe.h"
#include "probes/kernel/slabinfo.h"

#define CACHE_COLUMNS(X)                                                                                               \
    X(C_NAME, "name", TYPE_TEXT, "slab cache", .role = ROLE_KEY)                                                       \
    X(C_ACTIVE, "active_objs", TYPE_COUNT, "objects in use; those on per-CPU slabs all count")                         \
    X(C_NUM, "num_objs", TYPE_COUNT, "objects that there is room for")                                                 \
    X(C_USE, "use", TYPE_RATIO, "objects in use as a share of the room")                                               \
    X(C_OBJECT_SIZE, "object_size", TYPE_BYTES, "size of an object")                                                   \
    X(C_PER_SLAB, "objs_per_slab", TYPE_COUNT, "objects in a slab")                                                    \
    X(C_SLABS, "slabs", TYPE_COUNT, "slabs: blocks of pages")                                                          \
    X(C_SIZE, "size", TYPE_BYTES, "memory of the cache", .role = ROLE_RANK)                                            \
    X(C_WASTE, "waste", TYPE_BYTES, "of it without an object; a lower bound")                                          \
    X(C_RECLAIMABLE, "reclaimable", TYPE_BOOL, "pressure can free it")                                                 \
    X(C_ALIASES, "aliases", TYPE_COUNT, "other caches merged into this one")                                           \
    X(C_GROWTH, "growth", TYPE_BYTE_RATE, "growth over the window")
enum { CACHE_COLUMNS(LIST_INDEX) };
static const struct column cache_columns[] = {CACHE_COLUMNS(LIST_ENTRY)};

#define SLAB_COLUMNS(X)                                                                                                \
    X(TOTAL, "total", TYPE_BYTES, "all kernel objects (Slab)")                                                         \
    X(RECLAIMABLE, "reclaimable", TYPE_BYTES, "of it what pressure can free")                                          \
    X(UNRECLAIMABLE, "unreclaimable", TYPE_BYTES, "of it what stays")                                                  \
    X(WASTE, "waste", TYPE_BYTES, "of it without an object; a lower bound")                                            \
    X(WASTE_SHARE, "waste_share", TYPE_RATIO, "that as a share of all kernel objects")                                 \
    X(UNRECLAIMABLE_SHARE, "unreclaimable_share", TYPE_RATIO, "what stays as a share of all memory")                   \
    X(GROWTH_UNRECLAIMABLE, "growth_unreclaimable", TYPE_BYTE_RATE, "growth of what stays, over the window")           \
    X(GROWTH_RECLAIMABLE, "growth_reclaimable", TYPE_BYTE_RATE, "growth of what pressure can free, over the window")   \
    X(DETAIL, "detail", TYPE_BOOL, "/proc/slabinfo could be read: the caches are known")                               \
    X(DENTRY_NEGATIVE, "dentry_negative", TYPE_COUNT, "cached names of files that do not exist (since Linux 5.0)")     \
    X(DENTRY_UNUSED, "dentry_unused", TYPE_COUNT, "cached names that nobody uses")                                     \
    X(WINDOW, "window", TYPE_SECONDS, "time between the first and the last moment")
enum { SLAB_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {SLAB_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "cache", .help = "slab caches", COLUMNS(cache_columns), .keep = 40},
    {.name = "slab", .help = "kernel objects as a whole", COLUMNS(columns), .single = true},
};

#define LOOKED_UP 100 /* largest caches whose attributes are read from /sys */

/* What reading /proc/slabinfo costs the kernel depends on its partial lists, which are walked with interrupts off: on a
 * live machine it is read at the first tick and at the end, between them only meminfo. */
struct state {
    size_t samples;
    double begin; /* clock_now at the first sample */
    double window;
    struct meminfo first, last;
    bool first_known, last_known;
    struct slabinfo caches; /* at the first sample */
    bool caches_known;
};

static void *open_state(const struct probe_input *in)
{
    (void)in;
    return mem_alloc(sizeof(struct state));
}

static void sample(void *state, const struct probe_input *in, double time_s)
{
    struct state *s = state;
    struct meminfo m;
    struct err e;
    enum status status;
    bool known = meminfo_read(&m, in->root, &status, &e);
    if (s->samples == 0) {
        s->begin = clock_now();
        s->first = m;
        s->first_known = known;
        s->caches_known = slabinfo_read(&s->caches, in->root, &status, &e);
    }
    s->last = m;
    s->last_known = known;
    s->window = time_s;
    s->samples++;
}

static void close_state(void *state)
{
    struct state *s = state;
    slabinfo_free(&s->caches);
    free(s);
}

/* Caches that every kernel creates as reclaimable, for roots without /sys/kernel/slab (SLAB, or not captured). */
static bool known_reclaimable(const char *name)
{
    static const char *const names[] = {"dentry",      "inode_cache", "radix_tree_node",
                                        "buffer_head", "xfs_inode",   "ext4_extent_status"};
    static const char suffix[] = "_inode_cache", prefix[] = "kmalloc-rcl-";
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    size_t length = strlen(name);
    return strncmp(name, prefix, sizeof prefix - 1) == 0 ||
           (length >= sizeof suffix && strcmp(name + length - (sizeof suffix - 1), suffix) == 0);
}

static void put_attributes(struct table *t, size_t row, const struct root *r, const struct slab_cache *c, bool look)
{
    char path[160];
    uint64_t n;
    bool plain = !strchr(c->name, '/') && strcmp(c->name, "..") != 0;
    snprintf(path, sizeof path, "sys/kernel/slab/%s/reclaim_account", c->name);
    if (look && plain && source_number(r, path, &n))
        cell_bool(t, row, C_RECLAIMABLE, n != 0);
    else if (known_reclaimable(c->name))
        cell_bool(t, row, C_RECLAIMABLE, true);
    else
        cell_unknown(t, row, C_RECLAIMABLE, look ? "/sys/kernel/slab does not tell" : "not looked up: a small cache");
    snprintf(path, sizeof path, "sys/kernel/slab/%s/aliases", c->name);
    if (look && plain && source_number(r, path, &n))
        cell_number(t, row, C_ALIASES, (double)n);
    else
        cell_unknown(t, row, C_ALIASES, look ? "/sys/kernel/slab does not tell" : "not looked up: a small cache");
}

static int by_size(const void *a, const void *b)
{
    const struct slab_cache *x = a, *y = b;
    double p = slab_cache_size(x, 1), q = slab_cache_size(y, 1);
    return p < q ? 1 : p > q ? -1 : strcmp(x->name, y->name);
}

static const char one_moment[] = "one moment only; a window needs two";

/* Before 5.9 each memory cgroup had its own set of caches under the same names ("dentry(3:x)" in 3.10 to 4.x): rows of
 * one name cannot be told apart, so their growth is left out. */
static void put_growth(struct table *t, size_t row, const struct state *s, const struct slab_cache *c, uint64_t page,
                       double window)
{
    if (!s || window <= 0) {
        cell_unknown(t, row, C_GROWTH, one_moment);
        return;
    }
    const struct slab_cache *before = s->caches_known ? slabinfo_find(&s->caches, c->name) : NULL;
    if (!before)
        cell_unknown(t, row, C_GROWTH,
                     s->caches_known ? "the cache is new" : "/proc/slabinfo was not read at the first moment");
    else
        cell_number(t, row, C_GROWTH, (slab_cache_size(c, page) - slab_cache_size(before, page)) / window);
}

static void put_dentries(struct table *t, const struct root *r)
{
    char text[128];
    if (!source_line(r, "proc/sys/fs/dentry-state", text, sizeof text))
        return;
    struct span s = span_of_string(text);
    uint64_t n[5] = {0};
    for (size_t i = 0; i < 5; i++)
        if (!scan_number(&s, &n[i]))
            return;
    cell_number(t, 0, DENTRY_UNUSED, (double)n[1]);
    if (n[4])
        cell_number(t, 0, DENTRY_NEGATIVE, (double)n[4]);
    else /* before 5.0 the field is a dummy, always 0 */
        cell_unknown(t, 0, DENTRY_NEGATIVE,
                     "/proc/sys/fs/dentry-state counts none: there are none, or the kernel is before 5.0");
    if (kernel_version(r) >= 5000)
        cell_number(t, 0, DENTRY_NEGATIVE, (double)n[4]);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    struct state *s = state, own = {0};
    if (!s || s->samples == 0) {
        s = &own;
        own.last_known = meminfo_read(&own.last, in->root, &(enum status){0}, &(struct err){{0}});
    }
    struct table *t = facts_table(f, "slab"), *caches = facts_table(f, "cache");
    table_add(t);
    uint64_t page = page_size(in->root);
    struct slabinfo now = {0};
    struct err e;
    enum status status;
    bool detail = slabinfo_read(&now, in->root, &status, &e);
    bool windowed = s->samples >= 2 && s->window > 0;
    double window = windowed ? s->window : 0,
           caches_window = windowed ? in->root->live ? clock_now() - s->begin : window : 0;
    cell_number(t, 0, WINDOW, window);
    cell_bool(t, 0, DETAIL, detail);
    put_dentries(t, in->root);
    const struct meminfo *m = &s->last;
    double total = -1;
    if (s->last_known && m->known[MI_SLAB]) {
        total = (double)m->value[MI_SLAB];
        cell_number(t, 0, TOTAL, total);
    }
    if (s->last_known && m->known[MI_SRECLAIMABLE])
        cell_number(t, 0, RECLAIMABLE, (double)m->value[MI_SRECLAIMABLE]);
    if (s->last_known && m->known[MI_SUNRECLAIM]) {
        cell_number(t, 0, UNRECLAIMABLE, (double)m->value[MI_SUNRECLAIM]);
        cell_number(t, 0, UNRECLAIMABLE_SHARE, (double)m->value[MI_SUNRECLAIM] / (double)m->value[MI_MEM_TOTAL]);
    }
    if (!windowed) {
        cell_unknown(t, 0, GROWTH_RECLAIMABLE, one_moment);
        cell_unknown(t, 0, GROWTH_UNRECLAIMABLE, one_moment);
    } else if (s->first_known && s->last_known) {
        cell_number(t, 0, GROWTH_RECLAIMABLE,
                    ((double)meminfo_value(m, MI_SRECLAIMABLE) - (double)meminfo_value(&s->first, MI_SRECLAIMABLE)) /
                        window);
        cell_number(t, 0, GROWTH_UNRECLAIMABLE,
                    ((double)meminfo_value(m, MI_SUNRECLAIM) - (double)meminfo_value(&s->first, MI_SUNRECLAIM)) /
                        window);
    }
    if (!detail) {
        facts_fail(f, status == STATUS_DENIED || status == STATUS_ABSENT ? STATUS_PARTIAL : status, "%s", e.text);
        cell_unknown(t, 0, WASTE, e.text);
        cell_unknown(t, 0, WASTE_SHARE, e.text);
        row_unknown(t, 0, "/proc/meminfo: not read");
        return;
    }
    qsort(now.caches, now.count, sizeof *now.caches, by_size);
    double waste = 0, size = 0;
    for (size_t i = 0; i < now.count; i++) {
        const struct slab_cache *c = &now.caches[i];
        size_t row = table_add(caches);
        cell_text(caches, row, C_NAME, c->name);
        cell_number(caches, row, C_ACTIVE, (double)c->active_objs);
        cell_number(caches, row, C_NUM, (double)c->num_objs);
        if (c->num_objs)
            cell_number(caches, row, C_USE,
                        c->active_objs < c->num_objs ? (double)c->active_objs / (double)c->num_objs : 1);
        else
            cell_unknown(caches, row, C_USE, "the cache is empty");
        cell_number(caches, row, C_OBJECT_SIZE, (double)c->object_size);
        cell_number(caches, row, C_PER_SLAB, (double)c->objs_per_slab);
        cell_number(caches, row, C_SLABS, (double)c->slabs);
        cell_number(caches, row, C_SIZE, slab_cache_size(c, page));
        cell_number(caches, row, C_WASTE, slab_cache_waste(c, page));
        put_attributes(caches, row, in->root, c, i < LOOKED_UP);
        put_growth(caches, row, windowed ? s : NULL, c, page, caches_window);
        waste += slab_cache_waste(c, page);
        size += slab_cache_size(c, page);
    }
    cell_number(t, 0, WASTE, waste);
    if (total < 0)
        total = size;
    cell_number(t, 0, WASTE_SHARE, total > 0 && waste < total ? waste / total : total > 0 ? 1 : 0);
    row_unknown(t, 0, "/proc/meminfo: not read");
    slabinfo_free(&now);
}

extern const struct probe probe_slab;
const struct probe probe_slab = {
    .name = "slab",
    .help = "kernel objects: caches, waste and growth",
    .classic = "slabtop -o",
    .tables = tables,
    .table_count = 2,
    .reads = "sys/kernel/slab/[!:]*/aliases sys/kernel/slab/[!:]*/reclaim_account proc/sys/fs/dentry-state "
             "proc/sys/kernel/osrelease proc/version proc/zoneinfo proc/vmstat",
    .reads_moving = "proc/meminfo proc/slabinfo",
    .open = open_state,
    .sample = sample,
    .collect = collect,
    .close = close_state,
};
