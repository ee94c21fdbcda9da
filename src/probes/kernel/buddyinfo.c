/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Node 0, zone   Normal   1876   1021    799    506    281    325    256    157     85     59    515
 * Column i counts free blocks of 2^i pages. */
#include "probes/kernel/buddyinfo.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/kernel/zoneinfo.h"

#define ZONES_MAX 8192
#define PAGES_MAX (1ULL << 50) /* pages × 1000 stays within 64 bits */

bool buddyinfo_parse(struct buddyinfo *b, const char *text, size_t length, struct err *e)
{
    *b = (struct buddyinfo){0};
    struct span all = span_of(text, length), line;
    unsigned number = 1;
    for (; scan_line(&all, &line); number++) {
        if (scan_end(&line))
            continue;
        if (b->count == ZONES_MAX)
            goto bad;
        MEM_ROOM(b->zones, b->count);
        struct buddy_zone *z = &b->zones[b->count];
        *z = (struct buddy_zone){0};
        if (!zone_heading(&line, &z->node, z->name))
            goto bad;
        for (size_t i = 0; i < b->count; i++)
            if (b->zones[i].node == z->node && strcmp(b->zones[i].name, z->name) == 0)
                goto bad;
        unsigned orders = 0;
        uint64_t pages = 0;
        while (!scan_end(&line)) {
            uint64_t n;
            if (orders == BUDDY_ORDERS_MAX || !scan_number(&line, &n) || n > PAGES_MAX >> orders)
                goto bad;
            pages += n << orders;
            if (pages > PAGES_MAX)
                goto bad;
            z->blocks[orders++] = n;
        }
        if (orders == 0 || (b->count > 0 && orders != b->orders))
            goto bad;
        b->orders = orders;
        b->count++;
    }
    if (b->count == 0)
        return err_set(e, "/proc/buddyinfo: no zones");
    return true;
bad:
    buddyinfo_free(b);
    return err_set(e, "/proc/buddyinfo:%u: not what a kernel prints", number);
}

bool buddyinfo_read(struct buddyinfo *b, const struct root *r, enum status *status, struct err *e)
{
    AUTO_SOURCE struct source s = {0};
    *b = (struct buddyinfo){0};
    return source_read(&s, r, "proc/buddyinfo", status, e) &&
           source_parsed(buddyinfo_parse(b, s.text, s.length, e), status);
}

bool buddyinfo_fits(const struct buddyinfo *b, const struct zoneinfo *zones, struct err *e)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct zone_facts *zone = zoneinfo_find(zones, b->zones[i].node, b->zones[i].name);
        if (zone && buddy_free_pages(&b->zones[i], b->orders) > zone->present)
            return err_set(e, "/proc/buddyinfo: zone %s of node %u has more free pages than /proc/zoneinfo gives it",
                           zone->name, zone->node);
    }
    return true;
}

void buddyinfo_free(struct buddyinfo *b)
{
    free(b->zones);
    *b = (struct buddyinfo){0};
}

uint64_t buddy_free_pages(const struct buddy_zone *z, unsigned orders)
{
    return buddy_pages_from(z, orders, 0);
}

uint64_t buddy_pages_from(const struct buddy_zone *z, unsigned orders, unsigned order)
{
    uint64_t pages = 0;
    for (unsigned i = order; i < orders && i < BUDDY_ORDERS_MAX; i++)
        pages += z->blocks[i] << i;
    return pages;
}

int buddy_unusable(const struct buddy_zone *z, unsigned orders, unsigned order)
{
    uint64_t free_pages = buddy_free_pages(z, orders);
    if (free_pages == 0)
        return 1000;
    return (int)((free_pages - buddy_pages_from(z, orders, order)) * 1000 / free_pages);
}

int buddy_fragindex(const struct buddy_zone *z, unsigned orders, unsigned order)
{
    uint64_t blocks = 0;
    for (unsigned i = 0; i < orders; i++)
        blocks += z->blocks[i];
    if (blocks == 0)
        return 0;
    if (buddy_pages_from(z, orders, order) > 0)
        return -1000;
    return (int)(1000 - (int64_t)((1000 + ((buddy_free_pages(z, orders) * 1000) >> order)) / blocks));
}

unsigned buddy_zone_score(const struct buddy_zone *z, unsigned orders, unsigned order)
{
    uint64_t free_pages = buddy_free_pages(z, orders);
    if (free_pages == 0) /* unlike the unusable index */
        return 0;
    return (unsigned)((free_pages - buddy_pages_from(z, orders, order)) * 100 / free_pages);
}

unsigned buddy_stop_line(unsigned proactiveness)
{
    return 100 - (proactiveness < 100 ? proactiveness : 100);
}

unsigned buddy_wake_line(unsigned proactiveness)
{
    unsigned stop = buddy_stop_line(proactiveness), leeway = stop / 2 < 10 ? stop / 2 : 10;
    return stop + leeway < 100 ? stop + leeway : 100;
}
