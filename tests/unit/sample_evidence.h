/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Direct evidence for the case made by hand: a map of memory, heaps looked into, experiments, a verdict's owners. */
#ifndef FW_TESTS_SAMPLE_EVIDENCE_H
#define FW_TESTS_SAMPLE_EVIDENCE_H

#include "sample_case.h"

enum { SAMPLE_MAP_ROWS = 96, SAMPLE_MAP_COLUMNS = 128, SAMPLE_HEAP_PID = 1200 };

/* Always the same sequence. */
static inline unsigned sample_random(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 16 & 0x7FFF;
}

/* A host of 24 GiB that has run for long: much is movable, kernel objects lie scattered over it. */
static inline char sample_cell(unsigned row, unsigned column, unsigned *seed)
{
    unsigned dice = sample_random(seed) % 100;
    if (row == 0 && column < 8)
        return 'r';
    if (row >= 12 && row < 16)
        return 'r';
    if (row < 3)
        return "kkst"[dice % 4];
    if (row > 80)
        return dice < 93 ? '.' : 's';
    if (row >= 60 && row < 64)
        return 'h';
    return dice < 52   ? 'm'
           : dice < 66 ? '.'
           : dice < 78 ? 's'
           : dice < 83 ? 't'
           : dice < 89 ? 'x'
           : dice < 94 ? 'p'
                       : 'k';
}

static inline void sample_kind(struct table *t, const char *kind, double blocks, double share, double free)
{
    size_t r = table_add(t);
    sample_text(t, r, "kind", kind);
    sample_set(t, r, "blocks", blocks);
    sample_set(t, r, "share", share);
    sample_set(t, r, "memory", blocks * (2 << 20));
    sample_set(t, r, "free", free);
    sample_set(t, r, "error", 0);
}

static inline void sample_physmap(struct case_file *c)
{
    struct facts *f = sample_facts(c, "physmap", 0.31);
    struct table *single = facts_table(f, "physmap"), *kind = facts_table(f, "block_kind"),
                 *map = facts_table(f, "map");
    size_t r = table_add(single);
    sample_set(single, r, "block_size", 2 << 20);
    sample_set(single, r, "blocks", SAMPLE_MAP_ROWS * SAMPLE_MAP_COLUMNS);
    sample_set(single, r, "scanned", SAMPLE_MAP_ROWS * SAMPLE_MAP_COLUMNS);
    sample_set(single, r, "sampled", 0);
    sample_set(single, r, "error", 0);
    sample_set(single, r, "free", 6.1e9);
    sample_set(single, r, "free_whole", 3.1e9);
    sample_set(single, r, "free_movable", 1.3e9);
    sample_set(single, r, "free_pinned", 1.7e9);
    static const struct {
        char letter;
        const char *name;
    } names[] = {{'.', "free"},     {'m', "movable"}, {'s', "slab"},        {'t', "page tables"}, {'h', "huge pages"},
                 {'r', "reserved"}, {'k', "kernel"},  {'p', "pinned user"}, {'x', "mixed"}};
    double blocks[128] = {0};
    unsigned seed = 7;
    for (unsigned row = 0; row < SAMPLE_MAP_ROWS; row++) {
        char cells[SAMPLE_MAP_COLUMNS + 1] = "";
        for (unsigned column = 0; column < SAMPLE_MAP_COLUMNS; column++) {
            cells[column] = sample_cell(row, column, &seed);
            blocks[(unsigned char)cells[column]]++;
        }
        r = table_add(map);
        sample_set(map, r, "row", row);
        sample_set(map, r, "address", (double)row * SAMPLE_MAP_COLUMNS * (2 << 20));
        sample_text(map, r, "cells", cells);
        sample_set(map, r, "blocks_per_cell", 1);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double n = blocks[(unsigned char)names[i].letter];
        sample_kind(kind, names[i].name, n, n / (SAMPLE_MAP_ROWS * SAMPLE_MAP_COLUMNS),
                    i == 0 ? n * (2 << 20) : n * 3e5);
    }
}

static inline void sample_heap(struct case_file *c)
{
    struct facts *f = sample_facts(c, "heap", 0.12);
    struct table *total = facts_table(f, "total"), *samples = facts_table(f, "heap_sample"),
                 *size = facts_table(f, "size");
    static const char *const commands[] = {"php-fpm: pool www", SAMPLE_HOSTILE};
    for (int p = 0; p < 2; p++) {
        double pid = SAMPLE_HEAP_PID + p * 311;
        size_t r = table_add(total);
        sample_set(total, r, "pid", pid);
        sample_text(total, r, "command", commands[p]);
        for (int i = 0; i <= 30; i++) {
            r = table_add(samples);
            sample_set(samples, r, "pid", pid);
            sample_set(samples, r, "time", i);
            sample_set(samples, r, "live", (120 + i * (p ? 0.1 : 2)) * (1 << 20));
            sample_set(samples, r, "held", (30 + i * (p ? 3 : 0.1) - (i % 7) * 0.5) * (1 << 20));
            sample_set(samples, r, "rss", (170 + i * 2) * (1 << 20));
        }
        for (int k = 4; k < 24; k++) {
            r = table_add(size);
            sample_set(size, r, "pid", pid);
            sample_set(size, r, "from", ldexp(1, k));
            sample_set(size, r, "to", ldexp(1, k + 1));
            sample_set(size, r, "used_count", 1e6 / k);
            sample_set(size, r, "used", 6e6 * (1 + sin(k)));
            sample_set(size, r, "free_count", 1e4 / k);
            sample_set(size, r, "free", k == 10 ? 2.1e7 : 1e6 * (1 + cos(k)));
        }
    }
}

static inline void sample_experiments(struct case_file *c)
{
    struct experiment *x = arena_alloc(&c->arena, 4 * sizeof *x);
    c->experiments = x;
    c->experiment_count = 4;
    x[0] = (struct experiment){.id = "compact_now",
                               .step = "external",
                               .ask = "Compact all memory once, now?",
                               .action = "compact",
                               .cost = "Some seconds of one CPU; allocations can wait meanwhile.",
                               .risk = "Latency spikes for seconds.",
                               .state = EXPERIMENT_DONE,
                               .measure = "Share of free memory that cannot serve a huge page",
                               .before = value_number(TYPE_RATIO, 0.971),
                               .after = value_number(TYPE_RATIO, 0.942),
                               .duration_s = 3.2};
    x[1] = (struct experiment){.id = "watch_longer",
                               .step = "growth",
                               .ask = "Observe two minutes more?",
                               .action = "watch",
                               .cost = "Two minutes.",
                               .state = EXPERIMENT_DECLINED,
                               .measure = "Slope of the heap in use",
                               .before = value_number(TYPE_BYTE_RATE, 2.2e6),
                               .after = value_unknown(TYPE_BYTE_RATE, "it was not done")};
    x[2] = (struct experiment){.id = "trim",
                               .step = "heap",
                               .ask = "Have " SAMPLE_HOSTILE " give back free memory?",
                               .action = "operator",
                               .risk = "The application pauses.",
                               .state = EXPERIMENT_NOT_RUN,
                               .why = "nobody was asked; --allow compaction would have allowed it"};
    x[3] = (struct experiment){.id = "again",
                               .step = "external",
                               .ask = "Compact node 1?",
                               .action = "compact",
                               .state = EXPERIMENT_FAILED,
                               .why = "/proc/sys/vm/compact_memory: permission denied",
                               .measure = "Share of free memory that cannot serve a huge page",
                               .before = value_number(TYPE_RATIO, 0.971),
                               .after = value_unknown(TYPE_RATIO, "the action failed")};
}

static inline void sample_owners(struct case_file *c)
{
    struct verdict *v = &c->verdicts[0];
    v->kind = "pinned";
    v->owners = sample_list(c, &v->owner_count, "slab dentry, ext4_inode_cache: 1.2 GiB free behind it",
                            "pipe pages of control group /system.slice/" SAMPLE_HOSTILE ": 310 MiB free behind them",
                            "page tables: 190 MiB free behind them", NULL);
}

/* The sample case with all of it. */
static inline struct case_file *sample_case_evidence(void)
{
    struct case_file *c = sample_case();
    sample_physmap(c);
    sample_heap(c);
    sample_experiments(c);
    sample_owners(c);
    return c;
}

#endif
