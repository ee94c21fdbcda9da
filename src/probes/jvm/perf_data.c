/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/jvm/perf_data.h"

#include <endian.h>

static const unsigned char magic[] = {0xca, 0xfe, 0xc0, 0xc0}; /* in this order on any machine */
enum {
    AT_BYTE_ORDER = 4,
    AT_MAJOR = 5,
    AT_ACCESSIBLE = 7,
    AT_USED = 8,
    AT_ENTRIES = 24,
    AT_COUNT = 28,
    MAJOR = 2,
    LITTLE = 1,
};
enum { IN_LENGTH, IN_NAME = 4, IN_VECTOR = 8, IN_TYPE = 12, IN_DATA = 16, ENTRY_HEADER = 20 };

static uint32_t word(const char *at)
{
    uint32_t n;
    memcpy(&n, at, sizeof n);
    return n;
}

size_t perf_data_size(const char prologue[PERF_PROLOGUE_SIZE], const char **why)
{
    bool little = BYTE_ORDER == LITTLE_ENDIAN;
    if (memcmp(prologue, magic, sizeof magic) != 0 || (prologue[AT_BYTE_ORDER] == LITTLE) != little ||
        prologue[AT_MAJOR] != MAJOR) {
        *why = "what it maps as performance data has another format";
        return 0;
    }
    uint32_t used = word(prologue + AT_USED);
    if (!prologue[AT_ACCESSIBLE] || used <= PERF_PROLOGUE_SIZE) {
        *why = "the JVM has not yet filled in its performance data";
        return 0;
    }
    return used;
}

bool perf_data_open(struct perf_data *d, const char *bytes, size_t size, const char **why)
{
    *why = "its performance data is cut off";
    if (size < PERF_PROLOGUE_SIZE)
        return false;
    *d = (struct perf_data){bytes, perf_data_size(bytes, why), word(bytes + AT_ENTRIES), word(bytes + AT_COUNT)};
    if (!d->used)
        return false;
    *why = "its performance data is cut off";
    return d->used <= size && d->next >= PERF_PROLOGUE_SIZE;
}

/* From `offset` within the entry at `entry` of `length` bytes. */
static bool within(uint32_t offset, size_t size, uint32_t length)
{
    return offset >= ENTRY_HEADER && offset <= length && size <= length - offset;
}

static bool read_entry(const char *entry, uint32_t length, struct perf_entry *e)
{
    uint32_t name = word(entry + IN_NAME), data = word(entry + IN_DATA), vector = word(entry + IN_VECTOR);
    const char *end = within(name, 1, length) ? memchr(entry + name, '\0', length - name) : NULL;
    if (!end)
        return false;
    e->name = (struct span){entry + name, end};
    e->is_text = entry[IN_TYPE] == 'B' && vector;
    if (e->is_text && within(data, vector, length)) {
        e->text = span_of(entry + data, strnlen(entry + data, vector));
        return true;
    }
    if (entry[IN_TYPE] != 'J' || vector || !within(data, sizeof e->number, length))
        return false;
    memcpy(&e->number, entry + data, sizeof e->number);
    return true;
}

bool perf_data_next(struct perf_data *d, struct perf_entry *e)
{
    while (d->left && d->next <= d->used && d->used - d->next >= ENTRY_HEADER) {
        const char *entry = d->bytes + d->next;
        uint32_t length = word(entry + IN_LENGTH);
        if (length < ENTRY_HEADER || length > d->used - d->next)
            return false;
        d->next += length;
        d->left--;
        if (read_entry(entry, length, e))
            return true;
    }
    return false;
}
