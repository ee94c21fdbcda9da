/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Performance data as a JVM lays it out. */
#ifndef FW_TESTS_PERF_IMAGE_H
#define FW_TESTS_PERF_IMAGE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "probes/jvm/perf_data.h"

struct perf_image {
    char bytes[PERF_DATA_MAX];
    uint32_t used, count;
};

static inline void perf_begin(struct perf_image *p)
{
    static const char magic[] = {(char)0xca, (char)0xfe, (char)0xc0, (char)0xc0};
    memset(p, 0, sizeof *p);
    memcpy(p->bytes, magic, sizeof magic);
    p->bytes[4] = BYTE_ORDER == LITTLE_ENDIAN;
    p->bytes[5] = 2;
    p->bytes[7] = 1;
    p->used = PERF_PROLOGUE_SIZE;
}

static inline void perf_word(struct perf_image *p, size_t at, uint32_t n)
{
    memcpy(p->bytes + at, &n, sizeof n);
}

/* Data begins at a multiple of eight behind the name. */
static inline void perf_add(struct perf_image *p, const char *name, char type, uint32_t vector, const void *data,
                            uint32_t size)
{
    uint32_t at = p->used, name_size = (uint32_t)strlen(name) + 1, to = (20 + name_size + 7) & ~7U,
             length = (to + size + 7) & ~7U;
    perf_word(p, at, length);
    perf_word(p, at + 4, 20);
    perf_word(p, at + 8, vector);
    p->bytes[at + 12] = type;
    perf_word(p, at + 16, to);
    memcpy(p->bytes + at + 20, name, name_size);
    memcpy(p->bytes + at + to, data, size);
    p->used += length;
    p->count++;
    perf_word(p, 8, p->used);
    perf_word(p, 24, PERF_PROLOGUE_SIZE);
    perf_word(p, 28, p->count);
}

static inline void perf_number(struct perf_image *p, const char *name, int64_t n)
{
    perf_add(p, name, 'J', 0, &n, sizeof n);
}

static inline void perf_text(struct perf_image *p, const char *name, const char *text)
{
    uint32_t size = (uint32_t)strlen(text) + 1;
    perf_add(p, name, 'B', size, text, size);
}

enum { MIB = 1 << 20 };

/* What a JVM says of its heap. */
struct jvm_heap {
    const char *collector;
    int64_t old, survivors, young, full, concurrent;
    int64_t ended;  /* the last collection, in seconds since the JVM's start */
    int64_t paused; /* in milliseconds */
    bool collecting;
};

static inline void perf_heap(struct perf_image *p, const struct jvm_heap *h)
{
    bool g1 = strncmp(h->collector, "G1", 2) == 0;
    perf_begin(p);
    perf_number(p, "sun.os.hrt.frequency", 1000000000);
    perf_number(p, "java.threads.live", 12);
    perf_text(p, "sun.gc.collector.0.name", h->collector);
    perf_number(p, "sun.gc.collector.0.invocations", h->young);
    perf_number(p, "sun.gc.collector.0.time", h->paused * 1000000);
    perf_number(p, "sun.gc.collector.0.lastEntryTime", h->ended * 1000000000 + (h->collecting ? 1 : -1));
    perf_number(p, "sun.gc.collector.0.lastExitTime", h->ended * 1000000000);
    perf_number(p, "sun.gc.collector.1.invocations", h->full);
    if (g1)
        perf_number(p, "sun.gc.collector.2.invocations", h->concurrent);
    perf_number(p, "sun.gc.generation.0.capacity", 40 * MIB + (g1 ? 24 : 0));
    perf_number(p, "sun.gc.generation.0.maxCapacity", g1 ? 512 * MIB + 24 : 170 * MIB);
    perf_number(p, "sun.gc.generation.0.space.1.used", 0);
    perf_number(p, "sun.gc.generation.0.space.2.used", h->survivors);
    perf_number(p, "sun.gc.generation.1.capacity", 100 * MIB + (g1 ? 8 : 0));
    perf_number(p, "sun.gc.generation.1.maxCapacity", g1 ? 512 * MIB + 8 : 342 * MIB);
    perf_number(p, "sun.gc.generation.1.space.0.used", h->old);
    perf_number(p, "sun.gc.metaspace.used", 5 * MIB);
    perf_text(p, "sun.gc.lastCause", "Allocation Failure");
}

#endif
