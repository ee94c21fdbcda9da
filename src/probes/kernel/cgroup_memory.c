/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Version 2: memory.current, memory.max ("max" or bytes), memory.stat ("anon 4096"), memory.events ("oom_kill 0").
 * Version 1: memory.usage_in_bytes, memory.limit_in_bytes, memory.stat ("total_rss 4096"), memory.failcnt. */
#include "probes/kernel/cgroup_memory.h"

#include <stdio.h>

#include "base/mem.h"

/* Version 1 shows no limit as the largest number of pages; anything this high limits nothing, and is no size of memory. */
static const uint64_t no_limit = 1ULL << 52;

struct cgroup_mount cgroup_mount_find(const struct root *r)
{
    static const struct {
        const char *probe, *below;
        int version;
    } places[] = {
        {"sys/fs/cgroup/memory/memory.usage_in_bytes", "sys/fs/cgroup/memory", 1},
        {"sys/fs/cgroup/memory/memory.stat", "sys/fs/cgroup/memory", 1},
        {"sys/fs/cgroup/cgroup.controllers", "sys/fs/cgroup", 2},
        {"sys/fs/cgroup/memory.stat", "sys/fs/cgroup", 2},
    };
    char buffer[16384];
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        if (root_read_small(r, places[i].probe, buffer, sizeof buffer) >= 0)
            return (struct cgroup_mount){places[i].version, places[i].below};
    if (root_read_small(r, "sys/fs/cgroup/unified/cgroup.controllers", buffer, sizeof buffer) >= 0 &&
        strstr(buffer, "memory"))
        return (struct cgroup_mount){2, "sys/fs/cgroup/unified"};
    return (struct cgroup_mount){0, NULL};
}

static void set(struct cgroup_memory *m, enum cgroup_field field, uint64_t value)
{
    if (value >= no_limit)
        return;
    m->value[field] = value;
    m->has[field] = true;
}

void cgroup_limit_parse(const char *text, size_t length, struct cgroup_memory *m, enum cgroup_field field,
                        bool *unlimited)
{
    struct span s = span_of(text, length);
    uint64_t number;
    bool digit = length && *text >= '0' && *text <= '9';
    if (span_starts(s, "max") || (digit && (!scan_number(&s, &number) || number >= no_limit)))
        *unlimited = true;
    else if (digit)
        set(m, field, number);
}

struct named {
    const char *name;
    enum cgroup_field field;
};

/* The next "name number" line. */
static bool scan_named(struct span *all, struct span *name, uint64_t *number)
{
    struct span line;
    while (scan_line(all, &line)) {
        *name = (struct span){line.at, span_find_char(line, ' ')};
        if (scan_past(&line, " ") && scan_number(&line, number))
            return true;
    }
    return false;
}

void cgroup_stat_parse(const char *text, size_t length, int version, struct cgroup_memory *m)
{
    static const struct named names_1[] = {
        {"total_inactive_file", CGROUP_INACTIVE_FILE},
        {"total_rss", CGROUP_ANON},
        {"total_cache", CGROUP_FILE},
        {"total_shmem", CGROUP_SHMEM},
        {"total_active_file", CGROUP_ACTIVE_FILE},
        {"total_swap", CGROUP_SWAP},
    };
    static const struct named names_2[] = {
        {"inactive_file", CGROUP_INACTIVE_FILE},
        {"active_file", CGROUP_ACTIVE_FILE},
        {"anon", CGROUP_ANON},
        {"file", CGROUP_FILE},
        {"shmem", CGROUP_SHMEM},
        {"slab", CGROUP_SLAB},
    };
    const struct named *names = version == 1 ? names_1 : names_2;
    size_t count = version == 1 ? ARRAY_SIZE(names_1) : ARRAY_SIZE(names_2);
    struct span all = span_of(text, length), name;
    uint64_t number, refaults = 0;
    while (scan_named(&all, &name, &number)) {
        for (size_t i = 0; i < count; i++)
            if (span_is(name, names[i].name))
                set(m, names[i].field, number);
        /* one name to 5.8, then one each for anonymous and file pages */
        if (version == 2 && span_starts(name, "workingset_refault") && number < no_limit)
            set(m, CGROUP_REFAULTS, refaults += number);
    }
}

void cgroup_events_parse(const char *text, size_t length, struct cgroup_events *out)
{
    static const char *const names[] = {
        [EVENT_HIGH] = "high", [EVENT_MAX] = "max", [EVENT_OOM] = "oom", [EVENT_OOM_KILL] = "oom_kill"};
    struct span all = span_of(text, length), name;
    uint64_t number;
    while (scan_named(&all, &name, &number))
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
            if (span_is(name, names[i]) && number < no_limit) {
                out->count[i] = number;
                out->has[i] = true;
            }
}

void cgroup_pressure_parse(const char *text, size_t length, struct cgroup_memory *m)
{
    struct span all = span_of(text, length), line;
    uint64_t number;
    while (scan_line(&all, &line))
        if (span_starts(line, "some ") && scan_past(&line, "total=") && scan_number(&line, &number))
            set(m, CGROUP_STALL_US, number);
}

struct reader {
    const struct root *root;
    const char *below, *path;
    char buffer[16384];
    ssize_t length;
};

static bool read_file(struct reader *r, const char *name)
{
    char path[CGROUP_PATH_MAX + 128];
    const char *group = strcmp(r->path, "/") == 0 ? "" : r->path;
    int n = snprintf(path, sizeof path, "%s%s/%s", r->below, group, name);
    r->length = n > 0 && (size_t)n < sizeof path ? root_read_small(r->root, path, r->buffer, sizeof r->buffer) : -1;
    return r->length >= 0;
}

static bool read_number(struct reader *r, const char *name, uint64_t *number)
{
    if (!read_file(r, name))
        return false;
    struct span s = span_of(r->buffer, (size_t)r->length);
    return scan_number(&s, number) && *number < no_limit;
}

static void read_field(struct reader *r, const char *name, struct cgroup_memory *m, enum cgroup_field field)
{
    uint64_t number;
    if (read_number(r, name, &number))
        set(m, field, number);
}

static void read_limit(struct reader *r, const char *name, struct cgroup_memory *m, enum cgroup_field field,
                       bool *unlimited)
{
    if (read_file(r, name))
        cgroup_limit_parse(r->buffer, (size_t)r->length, m, field, unlimited);
}

/* Version 1 accounts memory and swap together; the difference is the swap. */
static void read_swap_1(struct reader *r, struct cgroup_memory *m)
{
    struct cgroup_memory both = {0};
    read_field(r, "memory.memsw.usage_in_bytes", &both, CGROUP_SWAP);
    read_limit(r, "memory.memsw.limit_in_bytes", &both, CGROUP_SWAP_MAX, &m->unlimited_swap);
    if (both.has[CGROUP_SWAP] && m->has[CGROUP_CURRENT] && both.value[CGROUP_SWAP] >= m->value[CGROUP_CURRENT])
        set(m, CGROUP_SWAP, both.value[CGROUP_SWAP] - m->value[CGROUP_CURRENT]);
    if (both.has[CGROUP_SWAP_MAX] && m->has[CGROUP_MAX] && both.value[CGROUP_SWAP_MAX] >= m->value[CGROUP_MAX])
        set(m, CGROUP_SWAP_MAX, both.value[CGROUP_SWAP_MAX] - m->value[CGROUP_MAX]);
}

bool cgroup_memory_read(const struct root *root, struct cgroup_mount mount, const char *path, unsigned parts,
                        struct cgroup_memory *m)
{
    struct reader r = {.root = root, .below = mount.below, .path = path};
    bool old = mount.version == 1;
    *m = (struct cgroup_memory){0};
    if (!mount.version)
        return false;
    read_field(&r, old ? "memory.usage_in_bytes" : "memory.current", m, CGROUP_CURRENT);
    if (!m->has[CGROUP_CURRENT])
        return false;
    if (parts & CGROUP_USAGE) {
        read_limit(&r, old ? "memory.limit_in_bytes" : "memory.max", m, CGROUP_MAX, &m->unlimited);
        if (old)
            read_swap_1(&r, m);
        else {
            read_limit(&r, "memory.high", m, CGROUP_HIGH, &m->unlimited_high);
            read_field(&r, "memory.swap.current", m, CGROUP_SWAP);
            read_limit(&r, "memory.swap.max", m, CGROUP_SWAP_MAX, &m->unlimited_swap);
        }
    }
    if (parts & CGROUP_EVENTS) {
        if (read_file(&r, old ? "memory.oom_control" : "memory.events"))
            cgroup_events_parse(r.buffer, (size_t)r.length, old ? &m->own : &m->tree);
        if (old) {
            m->own.has[EVENT_MAX] = read_number(&r, "memory.failcnt", &m->own.count[EVENT_MAX]);
            return true;
        }
        if (read_file(&r, "memory.events.local"))
            cgroup_events_parse(r.buffer, (size_t)r.length, &m->own);
        if (read_file(&r, "memory.pressure"))
            cgroup_pressure_parse(r.buffer, (size_t)r.length, m);
    }
    return true;
}

void cgroup_stat_read(const struct root *root, struct cgroup_mount mount, const char *path, struct cgroup_memory *m)
{
    struct reader r = {.root = root, .below = mount.below, .path = path};
    if (mount.version && read_file(&r, "memory.stat"))
        cgroup_stat_parse(r.buffer, (size_t)r.length, mount.version, m);
}

bool cgroup_nearest_limit(const struct root *r, struct cgroup_mount mount, char *path, uint64_t *limit, uint64_t *usage)
{
    char found[CGROUP_PATH_MAX] = "";
    uint64_t least = UINT64_MAX;
    for (;;) {
        struct cgroup_memory m;
        if (cgroup_memory_read(r, mount, path, CGROUP_USAGE, &m) && m.has[CGROUP_MAX]) {
            uint64_t max = m.value[CGROUP_MAX], now = m.value[CGROUP_CURRENT], room = max > now ? max - now : 0;
            if (!found[0] || room < least) {
                least = room;
                *limit = max;
                *usage = now;
                snprintf(found, sizeof found, "%s", path);
            }
        }
        char *slash = strrchr(path, '/');
        if (!slash || !path[1])
            break;
        slash[slash == path] = '\0'; /* keeps the "/" of the topmost */
    }
    memcpy(path, found, strlen(found) + 1);
    return found[0];
}
