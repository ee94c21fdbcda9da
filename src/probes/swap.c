/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Swap space: how much, on what, how full. */
#include "probes/kernel/swaps.h"

#include <string.h>

#include "probes/kernel/meminfo.h"
#include "facts/probe.h"

#define SWAP_COLUMNS(X)                                                                                                \
    X(TOTAL, "total", TYPE_BYTES, "size of all swap")                                                                  \
    X(USED, "used", TYPE_BYTES, "of it in use")                                                                        \
    X(USED_SHARE, "used_share", TYPE_RATIO, "of it in use; 0 without swap")                                            \
    X(DEVICES, "devices", TYPE_COUNT, "swap devices and files")                                                        \
    X(ZSWAP, "zswap", TYPE_BOOL, "pages are compressed in memory before they go to a device")                          \
    X(ZRAM, "zram", TYPE_BOOL, "a swap device is compressed memory")                                                   \
    X(CACHED, "cached", TYPE_BYTES, "swapped pages that are in memory too")
enum { SWAP_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {SWAP_COLUMNS(LIST_ENTRY)};

static const char *const device_kinds[] = {"partition", "file", "zram", NULL};
#define DEVICE_COLUMNS(X)                                                                                              \
    X(D_DEVICE, "device", TYPE_TEXT, "device or file", .role = ROLE_KEY)                                               \
    X(D_KIND, "kind", TYPE_TEXT, "what it is", .values = device_kinds)                                                 \
    X(D_SIZE, "size", TYPE_BYTES, "its size")                                                                          \
    X(D_USED, "used", TYPE_BYTES, "of it in use")                                                                      \
    X(D_PRIORITY, "priority", TYPE_COUNT, "the highest is used first")
enum { DEVICE_COLUMNS(LIST_INDEX) };
static const struct column device_columns[] = {DEVICE_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "swap", .help = "swap space", COLUMNS(columns), .single = true},
    {.name = "swap_device", .help = "swap devices and files", COLUMNS(device_columns), .keep = 32},
};

static void put_zswap(struct table *t, const struct root *r, const struct meminfo *m)
{
    char text[16];
    if (source_line(r, "sys/module/zswap/parameters/enabled", text, sizeof text))
        cell_bool(t, 0, ZSWAP, text[0] == 'Y' || text[0] == '1');
    else if (meminfo_value(m, MI_ZSWAP) > 0)
        cell_bool(t, 0, ZSWAP, true);
    else if (r->live)
        cell_bool(t, 0, ZSWAP, false); /* not built in */
    else
        cell_unknown(t, 0, ZSWAP, "/sys/module/zswap was not captured");
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    struct table *t = facts_table(f, "swap"), *devices = facts_table(f, "swap_device");
    struct meminfo m;
    struct err e, swaps_why;
    enum status status, swaps_status;
    table_add(t);
    bool meminfo = meminfo_read(&m, in->root, &status, &e);
    AUTO_SWAPS struct swaps s = {0};
    bool swaps = swaps_read(&s, in->root, &swaps_status, &swaps_why);
    /* A kernel without CONFIG_SWAP has no /proc/swaps and says SwapTotal 0. */
    if (!swaps && swaps_status == STATUS_ABSENT && meminfo && m.known[MI_SWAP_TOTAL] && m.value[MI_SWAP_TOTAL] == 0)
        swaps = true;
    put_zswap(t, in->root, &m);
    if (meminfo && m.known[MI_SWAP_CACHED])
        cell_number(t, 0, CACHED, (double)m.value[MI_SWAP_CACHED]);
    else
        cell_unknown(t, 0, CACHED, meminfo ? "/proc/meminfo has no SwapCached" : e.text);
    double total = 0, used = 0;
    bool zram = false;
    for (size_t i = 0; i < s.count; i++) {
        const struct swap_device *d = &s.devices[i];
        size_t row = table_add(devices);
        cell_text(devices, row, D_DEVICE, d->name);
        cell_text(devices, row, D_KIND, swap_is_zram(d) ? "zram" : d->type);
        cell_number(devices, row, D_SIZE, (double)d->size);
        cell_number(devices, row, D_USED, (double)d->used);
        cell_number(devices, row, D_PRIORITY, (double)d->priority);
        total += (double)d->size;
        used += (double)d->used;
        zram |= swap_is_zram(d);
    }
    if (swaps) {
        cell_number(t, 0, DEVICES, (double)s.count);
        cell_bool(t, 0, ZRAM, zram);
    } else {
        facts_fail(f, meminfo ? STATUS_PARTIAL : swaps_status, "%s", swaps_why.text);
        cell_unknown(t, 0, DEVICES, swaps_why.text);
        cell_unknown(t, 0, ZRAM, swaps_why.text);
        if (!meminfo || !m.known[MI_SWAP_TOTAL] || !m.known[MI_SWAP_FREE]) {
            row_unknown(t, 0, swaps_why.text);
            return;
        }
        total = (double)m.value[MI_SWAP_TOTAL];
        used = total - (double)m.value[MI_SWAP_FREE];
    }
    cell_number(t, 0, TOTAL, total);
    cell_number(t, 0, USED, used > 0 ? used : 0);
    cell_number(t, 0, USED_SHARE, total > 0 && used > 0 ? used / total : 0);
}

extern const struct probe probe_swap;
const struct probe probe_swap = {
    .name = "swap",
    .help = "swap space: how much, on what, how full",
    .classic = "swapon --show; free",
    .tables = tables,
    .table_count = 2,
    .reads = "proc/swaps proc/meminfo sys/module/zswap/parameters/enabled",
    .collect = collect,
};
