/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parsers of the kernel's memory files, on any bytes. What a parser accepts must keep the promises that the
 * formulas stand on. */
#define FUZZ_SEEDS "tests/fuzz/kernel"
#include "driver.h"

#include "probes/kernel/min_free.h"
#include "probes/kernel/buddyinfo.h"
#include "probes/kernel/counters.h"
#include "probes/kernel/kpageflags.h"
#include "probes/kernel/meminfo.h"
#include "probes/kernel/page_size.h"
#include "probes/kernel/pagetypeinfo.h"
#include "probes/physmap/physmap_picture.h"
#include "probes/kernel/pressureinfo.h"
#include "probes/kernel/slabinfo.h"
#include "probes/kernel/swaps.h"
#include "probes/kernel/zoneinfo.h"

static void promise(bool kept)
{
    if (!kept)
        abort();
}

static void try_buddyinfo(const char *text, size_t size)
{
    struct buddyinfo b;
    struct err e;
    if (!buddyinfo_parse(&b, text, size, &e))
        return;
    promise(b.count > 0 && b.orders > 0 && b.orders <= BUDDY_ORDERS_MAX);
    for (size_t i = 0; i < b.count; i++) {
        int before = 0;
        for (unsigned order = 0; order < b.orders; order++) {
            int unusable = buddy_unusable(&b.zones[i], b.orders, order),
                index = buddy_fragindex(&b.zones[i], b.orders, order);
            promise(unusable >= before && unusable <= 1000 && index <= 1000);
            promise(buddy_zone_score(&b.zones[i], b.orders, order) <= 100);
            before = unusable;
        }
    }
    buddyinfo_free(&b);
}

static void try_zoneinfo(const char *text, size_t size)
{
    struct zoneinfo z;
    struct min_free m;
    struct err e;
    if (!zoneinfo_parse(&z, text, size, &e))
        return;
    promise(z.count > 0);
    if (min_free_compute(&m, &z, 65536, 13, true, 0))
        promise(m.kb >= 128 && m.zones > 0);
    struct meminfo none = {.value = {[MI_MEM_TOTAL] = 1}};
    struct counters no = {0};
    (void)page_size_conclude(&none, &no, &z);
    zoneinfo_free(&z);
}

static void try_slabinfo(const char *text, size_t size)
{
    struct slabinfo s;
    struct err e;
    if (!slabinfo_parse(&s, text, size, &e))
        return;
    for (size_t i = 0; i < s.count; i++)
        promise(slab_cache_waste(&s.caches[i], 65536) <= slab_cache_size(&s.caches[i], 65536));
    promise(slabinfo_find(&s, s.caches[0].name) != NULL);
    slabinfo_free(&s);
}

static void try_swaps(const char *text, size_t size)
{
    struct swaps s;
    struct err e;
    if (!swaps_parse(&s, text, size, &e))
        return;
    for (size_t i = 0; i < s.count; i++) {
        promise(s.devices[i].used <= s.devices[i].size);
        (void)swap_is_zram(&s.devices[i]);
    }
    swaps_free(&s);
}

static void try_pagetypeinfo(const char *text, size_t size)
{
    struct pagetypeinfo p;
    struct err e;
    if (!pagetypeinfo_parse(&p, text, size, &e))
        return;
    promise(p.count > 0 && p.types <= PAGETYPES_MAX);
    pagetypeinfo_free(&p);
}

/* The first bytes choose the rules, the rest are page flags. */
static void try_kpageflags(const uint8_t *data, size_t size)
{
    uint64_t flags[512] = {0}, all = 0;
    uint8_t uses[512], choice = size ? data[0] : 0;
    size_t count = size / sizeof *flags < 512 ? size / sizeof *flags : 512;
    struct kpageflags_rules rules = {choice & 1, choice & 2, (unsigned)choice >> 2};
    struct block_use b;
    memcpy(flags, data, count * sizeof *flags);
    kpageflags_count(&rules, (uint64_t)choice << 9, flags, count, &b);
    kpageflags_uses(&rules, (uint64_t)choice << 9, flags, count, uses);
    for (size_t i = 0; i < count; i++) {
        promise(uses[i] < PAGE_USES && b.pages[uses[i]] > 0);
        b.pages[uses[i]]--;
    }
    for (int u = 0; u < PAGE_USES; u++)
        all += b.pages[u];
    promise(all == 0 && block_kind_of(&b, choice & 4) < BLOCK_KINDS);
    (void)kpageflags_free_tails(flags, count);
}

static void try_iomem(const char *text, size_t size)
{
    struct zone_facts zones[] = {{.name = "DMA", .start = 1, .spanned = 4095, .present = 3998},
                                 {.name = "Normal", .start = 4096, .spanned = 1 << 20, .present = 1 << 20}};
    struct zoneinfo z = {zones, 2};
    struct physmap_blocks b;
    struct physmap_picture p;
    struct err e;
    if (!physmap_blocks_find(&b, text, size, &z, 4096, 9, &e))
        return;
    for (size_t i = 0; i < b.run_count; i++) {
        const struct physmap_run *r = &b.runs[i];
        uint64_t flags[512] = {0};
        promise(r->count > 0 && r->ordinal + r->count <= b.count && physmap_run_at(&b, r->ordinal) == r);
        promise(physmap_ordinal(&b, r->block << 9) == r->ordinal);
        physmap_mark_holes(&b, r->block, flags);
    }
    picture_plan(&p, &b, b.count);
    picture_add(&p, b.runs[b.run_count - 1].block, BLOCK_SLAB, false);
    picture_free(&p);
    physmap_blocks_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct err e;
    struct meminfo m;
    struct counters c;
    struct pressure p;
    if (meminfo_parse(&m, text, size, &e)) {
        promise(!m.known[MI_MEM_TOTAL] || m.value[MI_MEM_TOTAL] > 0);
        for (enum meminfo_name n = 0; n < MI_COUNT; n++)
            promise(!m.known[n] || m.value[n] < UINT64_MAX / 2);
        struct str why = {0};
        (void)meminfo_contradiction(&m, &why);
        str_free(&why);
    }
    if (counters_parse(&c, text, size, &e))
        promise(c.known[CT_NR_FREE]);
    if (pressure_parse(&p, text, size, "memory", &e))
        promise(p.some.known && p.some.avg60 >= 0 && p.some.avg60 <= 1.01);
    try_buddyinfo(text, size);
    try_zoneinfo(text, size);
    try_slabinfo(text, size);
    try_swaps(text, size);
    try_pagetypeinfo(text, size);
    try_kpageflags(data, size);
    try_iomem(text, size);
    return 0;
}
