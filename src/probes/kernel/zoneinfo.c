/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Node 0, zone    DMA32
 *   pages free     772917   (then boost, min, low, high, spanned, present, managed, and per CPU "count: 12") */
#include "probes/kernel/zoneinfo.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ZONES_MAX 8192         /* 1024 nodes of 8 zones */
#define PAGES_MAX (1ULL << 50) /* beyond any machine; keeps every product of ours within 64 bits */

bool zone_heading(struct span *line, unsigned *node, char name[16])
{
    uint64_t number;
    if (!scan_literal(line, "Node") || !scan_number(line, &number) || number > 1U << 20 || !scan_literal(line, ",") ||
        !scan_literal(line, "zone"))
        return false;
    struct span word;
    if (!scan_word(line, &word))
        return false;
    const char *comma = span_find_char(word, ',');
    if (comma)
        line->at = word.end = comma;
    if (span_length(word) == 0 || span_length(word) > 15)
        return false;
    *node = (unsigned)number;
    span_copy(word, name, 16);
    return true;
}

static bool field(struct zone_facts *z, const struct span *word, struct span *line)
{
    static const struct {
        const char *name;
        size_t offset;
    } fields[] = {
        {"min", offsetof(struct zone_facts, min)},          {"low", offsetof(struct zone_facts, low)},
        {"high", offsetof(struct zone_facts, high)},        {"boost", offsetof(struct zone_facts, boost)},
        {"spanned", offsetof(struct zone_facts, spanned)},  {"present", offsetof(struct zone_facts, present)},
        {"managed", offsetof(struct zone_facts, managed)},  {"free", offsetof(struct zone_facts, free)},
        {"start_pfn:", offsetof(struct zone_facts, start)}, {"nr_free_cma", offsetof(struct zone_facts, free_cma)},
    };
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (!span_is(*word, fields[i].name))
            continue;
        uint64_t value;
        if (!scan_number(line, &value) || !scan_end(line) || value > PAGES_MAX)
            return false;
        memcpy((char *)z + fields[i].offset, &value, sizeof value);
        z->has_boost |= span_is(*word, "boost");
        z->has_managed |= span_is(*word, "managed");
        z->has_free_cma |= span_is(*word, "nr_free_cma");
    }
    return true;
}

bool zoneinfo_parse(struct zoneinfo *z, const char *text, size_t length, struct err *e)
{
    *z = (struct zoneinfo){0};
    struct span all = span_of(text, length), line, word;
    struct zone_facts *zone = NULL;
    bool bad = false;
    unsigned number = 1;
    for (; !bad && scan_line(&all, &line); number++) {
        if (span_starts(line, "Node")) {
            if (z->count == ZONES_MAX) {
                bad = true;
                break;
            }
            MEM_ROOM(z->zones, z->count);
            zone = &z->zones[z->count++];
            memset(zone, 0, sizeof *zone);
            bad = !zone_heading(&line, &zone->node, zone->name);
            for (size_t i = 0; !bad && i + 1 < z->count; i++)
                bad = z->zones[i].node == zone->node && strcmp(z->zones[i].name, zone->name) == 0;
            continue;
        }
        if (!zone || !scan_word(&line, &word))
            continue;
        if (span_is(word, "pages") && !scan_word(&line, &word)) {
            bad = true;
            break;
        }
        if (span_is(word, "count:")) {
            uint64_t count;
            bad = !scan_number(&line, &count) || count > PAGES_MAX;
            zone->pcp += bad ? 0 : count;
            bad |= zone->pcp > PAGES_MAX;
        } else {
            bad = !field(zone, &word, &line);
        }
    }
    uint64_t present = 0, managed = 0;
    for (size_t i = 0; i < z->count; i++) {
        if (!z->zones[i].has_managed)
            z->zones[i].managed = z->zones[i].present;
        present += z->zones[i].present;
        managed += z->zones[i].managed;
    }
    bad |= present > PAGES_MAX || managed > PAGES_MAX;
    if (bad || z->count == 0) {
        zoneinfo_free(z);
        return bad ? err_set(e, "/proc/zoneinfo:%u: not what a kernel prints", number - 1)
                   : err_set(e, "/proc/zoneinfo: no zones");
    }
    return true;
}

bool zoneinfo_read(struct zoneinfo *z, const struct root *r, enum status *status, struct err *e)
{
    AUTO_SOURCE struct source s = {0};
    *z = (struct zoneinfo){0};
    return source_read(&s, r, "proc/zoneinfo", status, e) &&
           source_parsed(zoneinfo_parse(z, s.text, s.length, e), status);
}

void zoneinfo_free(struct zoneinfo *z)
{
    free(z->zones);
    *z = (struct zoneinfo){0};
}

const struct zone_facts *zoneinfo_find(const struct zoneinfo *z, unsigned node, const char *name)
{
    for (size_t i = 0; i < z->count; i++)
        if (z->zones[i].node == node && strcmp(z->zones[i].name, name) == 0)
            return &z->zones[i];
    return NULL;
}
