/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the files of all processes, with several threads. */
#ifndef FW_PROBES_PROCESSES_PROCESS_READ_H
#define FW_PROBES_PROCESSES_PROCESS_READ_H

#include "probes/kernel/pids.h"

enum problem { PROBLEM_NONE, PROBLEM_DENIED, PROBLEM_EMPTY, PROBLEM_ABSENT, PROBLEM_OTHER, PROBLEMS };

enum has {
    HAS_STATE = 1 << 0,
    HAS_UID = 1 << 1,
    HAS_THREADS = 1 << 2,
    HAS_AGE = 1 << 3,
    HAS_RSS = 1 << 4,
    HAS_SWAP = 1 << 5,
    HAS_SPLIT = 1 << 6, /* RssFile and RssShmem */
    HAS_SMAPS = 1 << 7,
    HAS_PRIVATE = 1 << 8,
    HAS_SWAP_PSS = 1 << 9,
    HAS_MAPS = 1 << 10,
    HAS_ANON = 1 << 11,
    HAS_VIRTUAL = 1 << 12,
};

/* What was read of one process. */
struct reading {
    int pid;
    unsigned has; /* enum has */
    char state;
    bool gone, kernel, counted; /* counted: tried to count its mappings */
    uint8_t problem;            /* enum problem: why it was not measured */
    uint64_t uid, threads, maps, start_ticks;
    uint64_t rss, pss, uss, swap, swap_pss, rss_anon, rss_file, rss_shmem, virtual_bytes;
    const char *cgroup, *unit; /* owned by the readings */
    float read_time;           /* seconds */
    char command[COMMAND_MAX];
};

struct readings {
    struct reading *list; /* owned */
    size_t count;
    struct arena *texts; /* owned: one for each thread */
    size_t text_count;
};
/* `map_limit` is vm.max_map_count, 0 if unknown. False if there is no process. */
bool readings_read(struct readings *r, const struct pids *p, uint64_t map_limit);
void readings_free(struct readings *r);
#define AUTO_READINGS __attribute__((unused, cleanup(readings_free)))

#endif
