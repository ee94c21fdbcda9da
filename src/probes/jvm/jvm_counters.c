/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/jvm/jvm_counters.h"

#include <math.h>

#include "base/mem.h"

const char *const jvm_collector_names[] = {"unknown", "Serial", "Parallel", "G1", "CMS", "Shenandoah", "ZGC", NULL};

#define NUMBERS(X)                                                                                                     \
    X(YOUNG_CAPACITY, "sun.gc.generation.0.capacity")                                                                  \
    X(YOUNG_MAX, "sun.gc.generation.0.maxCapacity")                                                                    \
    X(SURVIVOR_0, "sun.gc.generation.0.space.1.used")                                                                  \
    X(SURVIVOR_1, "sun.gc.generation.0.space.2.used")                                                                  \
    X(OLD_CAPACITY, "sun.gc.generation.1.capacity")                                                                    \
    X(OLD_MAX, "sun.gc.generation.1.maxCapacity")                                                                      \
    X(OLD_USED, "sun.gc.generation.1.space.0.used")                                                                    \
    X(METASPACE_USED, "sun.gc.metaspace.used")                                                                         \
    X(METASPACE_CAPACITY, "sun.gc.metaspace.capacity")                                                                 \
    X(THREADS, "java.threads.live")                                                                                    \
    X(FREQUENCY, "sun.os.hrt.frequency")                                                                               \
    X(INVOCATIONS, "sun.gc.collector.0.invocations")                                                                   \
    X(INVOCATIONS_1, "sun.gc.collector.1.invocations")                                                                 \
    X(INVOCATIONS_2, "sun.gc.collector.2.invocations")                                                                 \
    X(TIME, "sun.gc.collector.0.time")                                                                                 \
    X(TIME_1, "sun.gc.collector.1.time")                                                                               \
    X(TIME_2, "sun.gc.collector.2.time")                                                                               \
    X(ENTRY, "sun.gc.collector.0.lastEntryTime")                                                                       \
    X(ENTRY_1, "sun.gc.collector.1.lastEntryTime")                                                                     \
    X(ENTRY_2, "sun.gc.collector.2.lastEntryTime")                                                                     \
    X(EXIT, "sun.gc.collector.0.lastExitTime")                                                                         \
    X(EXIT_1, "sun.gc.collector.1.lastExitTime")                                                                       \
    X(EXIT_2, "sun.gc.collector.2.lastExitTime")
enum { NUMBERS(LIST_INDEX) NUMBER_COUNT };
static const char *const number_names[] = {NUMBERS(LIST_NAME)};

static const struct {
    const char *prefix; /* of a collector's name; some changed with Java 9 */
    enum jvm_collector collector;
} collectors[] = {
    {"G1 ", JVM_G1},         {"Parallel ", JVM_PARALLEL},    {"PSScavenge", JVM_PARALLEL},
    {"Serial ", JVM_SERIAL}, {"Copy", JVM_SERIAL},           {"PCopy", JVM_CMS},
    {"CMS", JVM_CMS},        {"Shenandoah", JVM_SHENANDOAH}, {"Z ", JVM_ZGC},
    {"ZGC", JVM_ZGC},
};

static enum jvm_collector collector_of(struct span name)
{
    for (size_t i = 0; i < ARRAY_SIZE(collectors); i++)
        if (span_starts(name, collectors[i].prefix))
            return collectors[i].collector;
    return JVM_COLLECTOR_UNKNOWN;
}

bool jvm_tells_what_is_left(enum jvm_collector c)
{
    return c == JVM_SERIAL || c == JVM_PARALLEL || c == JVM_G1;
}

static void take_number(double number[NUMBER_COUNT], const struct perf_entry *e)
{
    for (size_t i = 0; i < NUMBER_COUNT && e->number >= 0; i++)
        if (span_is(e->name, number_names[i]))
            number[i] = (double)e->number;
}

/* "sun.gc.collector.N.name" */
static bool names_collector(struct span name)
{
    return span_starts(name, "sun.gc.collector.") && span_ends(name, ".name");
}

/* G1 gives each size eight bytes more for every space, as none of them may be zero. */
static double whole_pages(double bytes)
{
    return floor(bytes / 4096) * 4096;
}

static void set_sizes(struct jvm_counters *c, const double n[NUMBER_COUNT])
{
    c->old_max = n[OLD_MAX];
    switch (c->collector) {
    case JVM_SERIAL:
    case JVM_PARALLEL:
    case JVM_CMS:
        c->heap_max = n[YOUNG_MAX] + n[OLD_MAX];
        c->heap_capacity = n[YOUNG_CAPACITY] + n[OLD_CAPACITY];
        break;
    case JVM_G1: /* each of its generations can become as large as the heap */
        c->heap_max = c->old_max = whole_pages(n[OLD_MAX]);
        c->heap_capacity = whole_pages(n[YOUNG_CAPACITY] + n[OLD_CAPACITY]);
        break;
    case JVM_SHENANDOAH:
    case JVM_ZGC: /* one generation, which stands as the old one; with two (ZGC since Java 21) the sizes overlap */
        c->heap_max = n[OLD_MAX];
        c->heap_capacity = n[YOUNG_CAPACITY] > 0 ? NAN : n[OLD_CAPACITY];
        break;
    default:
        c->heap_max = c->heap_capacity = c->old_max = NAN;
    }
}

static void set_collections(struct jvm_counters *c, const double n[NUMBER_COUNT])
{
    for (size_t i = 0; i < JVM_KINDS; i++) {
        c->collections[i] = n[INVOCATIONS + i];
        c->collecting |= n[ENTRY + i] > n[EXIT + i];
        if (n[FREQUENCY] > 0 && n[TIME + i] >= 0)
            c->paused = fmax(c->paused, 0) + n[TIME + i] / n[FREQUENCY];
        if (n[FREQUENCY] > 0 && n[EXIT + i] > 0)
            c->collected = fmax(c->collected, n[EXIT + i] / n[FREQUENCY]);
    }
    if (isnan(c->collections[JVM_CONCURRENT])) /* those that have no such cycles */
        c->collections[JVM_CONCURRENT] = 0;
}

bool jvm_counters_read(struct jvm_counters *c, const char *bytes, size_t size, const char **why)
{
    struct perf_data data;
    struct perf_entry e;
    double n[NUMBER_COUNT];
    *c = (struct jvm_counters){.paused = NAN, .collected = NAN};
    if (!perf_data_open(&data, bytes, size, why))
        return false;
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        n[i] = NAN;
    while (perf_data_next(&data, &e)) {
        if (!e.is_text)
            take_number(n, &e);
        else if (span_is(e.name, "sun.gc.lastCause"))
            span_copy(e.text, c->cause, sizeof c->cause);
        else if (!c->collector && names_collector(e.name))
            c->collector = collector_of(e.text);
    }
    c->old_used = n[OLD_USED];
    c->survivors = n[SURVIVOR_0] + n[SURVIVOR_1];
    c->metaspace_used = n[METASPACE_USED];
    c->metaspace_capacity = n[METASPACE_CAPACITY];
    c->threads = n[THREADS];
    set_sizes(c, n);
    set_collections(c, n);
    return true;
}
