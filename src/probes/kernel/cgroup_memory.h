/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory controller's files of one control group, version 1 or 2. */
#ifndef FW_PROBES_KERNEL_CGROUP_MEMORY_H
#define FW_PROBES_KERNEL_CGROUP_MEMORY_H

#include "base/root.h"
#include "base/scan.h"

#define CGROUP_PATH_MAX 4096

/* Where the memory controller is mounted. */
struct cgroup_mount {
    int version;       /* 1, 2, or 0: none found */
    const char *below; /* "sys/fs/cgroup/memory" */
};
struct cgroup_mount cgroup_mount_find(const struct root *r);

enum cgroup_field {
    CGROUP_CURRENT,
    CGROUP_MAX,
    CGROUP_HIGH,
    CGROUP_SWAP,
    CGROUP_SWAP_MAX,
    CGROUP_INACTIVE_FILE,
    CGROUP_ANON,
    CGROUP_FILE,
    CGROUP_SLAB,
    CGROUP_SHMEM,
    CGROUP_ACTIVE_FILE,
    CGROUP_REFAULTS, /* pages needed again soon after they were reclaimed, since the group was made */
    CGROUP_STALL_US, /* memory.pressure, some, total */
    CGROUP_FIELDS,
};
/* Counted since the group was made. */
enum cgroup_event {
    EVENT_HIGH,     /* slowed down at memory.high */
    EVENT_MAX,      /* ran into the limit */
    EVENT_OOM,      /* found nothing more to reclaim there */
    EVENT_OOM_KILL, /* processes of the group that were killed, for whichever limit */
    CGROUP_EVENT_COUNT,
};
struct cgroup_events {
    bool has[CGROUP_EVENT_COUNT];
    uint64_t count[CGROUP_EVENT_COUNT];
};
struct cgroup_memory {
    bool has[CGROUP_FIELDS];
    uint64_t value[CGROUP_FIELDS];
    struct cgroup_events own;  /* the group's own; not known of a version 2 without memory.events.local */
    struct cgroup_events tree; /* with those of the groups below it */
    bool unlimited, unlimited_high, unlimited_swap; /* there is no such limit; has[] is then false */
};
enum cgroup_part { CGROUP_USAGE = 1, CGROUP_EVENTS = 2 };

/* Parsers. A limit is a number, "max", or (version 1) a number near 2^63. */
void cgroup_limit_parse(const char *text, size_t length, struct cgroup_memory *m, enum cgroup_field field,
                        bool *unlimited);
void cgroup_stat_parse(const char *text, size_t length, int version, struct cgroup_memory *m);
void cgroup_events_parse(const char *text, size_t length,
                         struct cgroup_events *out); /* memory.events, memory.oom_control */
void cgroup_pressure_parse(const char *text, size_t length, struct cgroup_memory *m);

/* Version 2 counts the events of the groups below in memory.events since Linux 5.2, which brought memory.events.local; version 1
 * and older kernels count a group's own.
 * Reads `parts` (cgroup_part) of the group at `path` ("/system.slice/x.service"). False if it has no usage: not there, or
 * without the memory controller. */
bool cgroup_memory_read(const struct root *r, struct cgroup_mount mount, const char *path, unsigned parts,
                        struct cgroup_memory *m);

/* Adds memory.stat, which makes the kernel add up all processors: only where it matters. */
void cgroup_stat_read(const struct root *r, struct cgroup_mount mount, const char *path, struct cgroup_memory *m);

/* The limit that will be met first among a group and those above it: `path` (of CGROUP_PATH_MAX bytes at most) is cut to
 * the group that has it, or emptied. */
bool cgroup_nearest_limit(const struct root *r, struct cgroup_mount mount, char *path, uint64_t *limit,
                          uint64_t *usage);

#endif
