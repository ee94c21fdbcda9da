/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The largest heap of a JVM, as HotSpot finds it (src/hotspot/share/runtime/arguments.cpp, set_heap_size): -Xmx, or else a
 * share of the memory that it sees. What is said last holds; JAVA_TOOL_OPTIONS comes before the command line, JDK_JAVA_OPTIONS at its
 * beginning and _JAVA_OPTIONS behind it. */
#include <stdlib.h>

#include "base/mem.h"
#include "probes/program/bound.h"

/* MaxRAMPercentage 25, MinRAMPercentage 50 and MaxHeapSize as it is before anything is set (96 MiB × 1.3 on 64 bits), MaxRAM. */
#define SHARE_OF_LARGE 0.25
#define SHARE_OF_SMALL 0.5
static const double small_heap = 96.0 * 1.3 * 1024 * 1024;
static const double ram_max = 128.0 * 1024 * 1024 * 1024;

struct heap_options {
    bool has_max, has_share, in_file;
    uint64_t max;
    double share; /* 0–1 of memory */
    const char *max_name, *max_from, *share_name, *share_from;
};

static bool option_value(struct span word, const char *option, struct span *value)
{
    if (!span_starts(word, option))
        return false;
    *value = (struct span){word.at + strlen(option), word.end};
    return true;
}

static double number_of(struct span text)
{
    char copy[32];
    span_copy(text, copy, sizeof copy);
    char *end;
    double number = strtod(copy, &end);
    return end == copy || *end ? -1 : number;
}

static void take_option(struct heap_options *h, struct span word, const char *from)
{
    static const char *const maxima[] = {"-Xmx", "-XX:MaxHeapSize="}, *const names[] = {"-Xmx", "-XX:MaxHeapSize"};
    struct span value;
    for (size_t i = 0; i < ARRAY_SIZE(maxima); i++)
        if (option_value(word, maxima[i], &value) && size_parse(value, &h->max)) {
            h->has_max = true;
            h->max_name = names[i];
            h->max_from = from;
        }
    double number = -1;
    const char *name = "-XX:MaxRAMPercentage";
    if (option_value(word, "-XX:MaxRAMPercentage=", &value))
        number = number_of(value) / 100;
    if (option_value(word, "-XX:MaxRAMFraction=", &value)) {
        number = number_of(value) >= 1 ? 1 / number_of(value) : -1;
        name = "-XX:MaxRAMFraction";
    }
    if (number > 0 && number <= 1) {
        h->has_share = true;
        h->share = number;
        h->share_name = name;
        h->share_from = from;
    }
    h->in_file = h->in_file || span_starts(word, "@") || span_starts(word, "-XX:VMOptionsFile=") ||
                 span_starts(word, "-XX:Flags=");
}

static void take_variable(struct heap_options *h, struct span environment, const char *name)
{
    struct span text = environment_value(environment.at, span_length(environment), name), word;
    while (text.at && scan_word(&text, &word))
        take_option(h, word, "environment");
}

static double default_heap(double memory)
{
    if (memory > ram_max)
        memory = ram_max;
    if (memory * SHARE_OF_SMALL < small_heap)
        return memory * SHARE_OF_SMALL;
    return memory * SHARE_OF_LARGE > small_heap ? memory * SHARE_OF_LARGE : small_heap;
}

void bound_jvm(const struct words *w, const struct subject *s, struct span environment, uint64_t memory,
               struct bound *out)
{
    struct heap_options h = {0};
    take_variable(&h, environment, "JAVA_TOOL_OPTIONS");
    take_variable(&h, environment, "JDK_JAVA_OPTIONS");
    for (size_t i = 1; i < w->count && (!s->script || i < s->script); i++)
        take_option(&h, w->list[i], "command line");
    take_variable(&h, environment, "_JAVA_OPTIONS");
    *out = (struct bound){.known = true, .kind = BOUND_HEAP};
    if (h.has_max) {
        out->bytes = h.max;
        out->name = h.max_name;
        out->from = h.max_from;
    } else if (h.in_file) {
        *out = (struct bound){.why = "its options are in a file of its own"};
    } else if (!environment.at && !h.has_share) {
        *out = (struct bound){.why = "its environment, which may give one, could not be read"};
    } else if (!memory) {
        *out = (struct bound){.why = "a share of memory, which is not known"};
    } else if (h.has_share) {
        out->bytes = (uint64_t)((double)memory * h.share);
        out->name = h.share_name;
        out->from = h.share_from;
    } else {
        out->bytes = (uint64_t)default_heap((double)memory);
        out->name = "-Xmx";
        out->from = "default";
    }
}
