/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/kernel/min_free.h"

#include <math.h>
#include <string.h>

static bool is_low(const struct zone_facts *z)
{
    return z->managed > 0 && strcmp(z->name, "Movable") != 0 && strcmp(z->name, "HighMem") != 0 &&
           strcmp(z->name, "Device") != 0;
}

/* calculate_min_free_kbytes() in mm/page_alloc.c and set_recommended_min_free_kbytes() in mm/khugepaged.c: two
 * pageblocks of each zone free, and one for each pair of the three migrate types. */
bool min_free_compute(struct min_free *m, const struct zoneinfo *z, uint64_t page, unsigned block_order,
                      bool huge_pages, unsigned version)
{
    uint64_t pages = 0, kb = page / 1024;
    *m = (struct min_free){.block_pages = 1ULL << (block_order & 31)};
    for (size_t i = 0; i < z->count; i++) {
        const struct zone_facts *zone = &z->zones[i];
        if (!is_low(zone))
            continue;
        m->zones++;
        /* nr_free_buffer_pages() subtracts the watermarks, too; at boot, when it counts, they are next to nothing. */
        pages += zone->managed;
    }
    if (pages == 0)
        return false;
    m->lowmem_kb = pages * kb; /* zoneinfo_parse() bounds all zones together */
    uint64_t most = version && version < 5008 ? 65536 : 262144;
    m->plain_kb = (uint64_t)sqrt(16.0 * (double)m->lowmem_kb);
    m->plain_kb = m->plain_kb < 128 ? 128 : m->plain_kb > most ? most : m->plain_kb;
    if (huge_pages) {
        uint64_t wanted = m->block_pages * m->zones * 11;
        m->huge_capped = wanted > pages / 20;
        m->huge_kb = (m->huge_capped ? pages / 20 : wanted) * kb;
    }
    m->kb = m->huge_kb > m->plain_kb ? m->huge_kb : m->plain_kb;
    return true;
}
