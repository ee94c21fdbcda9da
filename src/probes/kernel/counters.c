/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nr_free_pages 1418623
 * allocstall_normal 0 */
#include "probes/kernel/counters.h"

#include <string.h>

#include "base/mem.h"

/* With `zones`, NAME_dma, NAME_dma32, NAME_normal, NAME_high, NAME_movable and NAME_device are added up: 3.10 has
 * pgscan and pgsteal by zone and one allocstall, 4.9 and later the reverse. */
static const struct {
    const char *name, *also;
    bool zones;
} wanted[CT_COUNT] = {
    [CT_NR_FREE] = {"nr_free_pages", NULL, false},
    [CT_NR_FILE] = {"nr_file_pages", NULL, false},
    [CT_NR_ANON] = {"nr_anon_pages", NULL, false},
    [CT_NR_MAPPED] = {"nr_mapped", NULL, false},
    [CT_NR_PAGE_TABLES] = {"nr_page_table_pages", NULL, false},
    [CT_NR_SLAB_RECLAIMABLE] = {"nr_slab_reclaimable", NULL, false},
    [CT_NR_SLAB_UNRECLAIMABLE] = {"nr_slab_unreclaimable", NULL, false},
    [CT_NR_ZSPAGES] = {"nr_zspages", NULL, false},
    [CT_NR_MEMMAP] = {"nr_memmap_pages", "nr_memmap", false},
    [CT_PGPGIN] = {"pgpgin", NULL, false},
    [CT_PGPGOUT] = {"pgpgout", NULL, false},
    [CT_PSWPIN] = {"pswpin", NULL, false},
    [CT_PSWPOUT] = {"pswpout", NULL, false},
    [CT_ALLOCSTALL] = {"allocstall", NULL, true},
    [CT_PGMAJFAULT] = {"pgmajfault", NULL, false},
    [CT_SCAN_KSWAPD] = {"pgscan_kswapd", NULL, true},
    [CT_SCAN_DIRECT] = {"pgscan_direct", NULL, true},
    [CT_STEAL_KSWAPD] = {"pgsteal_kswapd", NULL, true},
    [CT_STEAL_DIRECT] = {"pgsteal_direct", NULL, true},
    [CT_REFAULT] = {"workingset_refault", NULL, false},
    [CT_REFAULT_ANON] = {"workingset_refault_anon", NULL, false},
    [CT_REFAULT_FILE] = {"workingset_refault_file", NULL, false},
    [CT_COMPACT_STALL] = {"compact_stall", NULL, false},
    [CT_COMPACT_FAIL] = {"compact_fail", NULL, false},
    [CT_COMPACT_SUCCESS] = {"compact_success", NULL, false},
    [CT_COMPACT_DAEMON_WAKE] = {"compact_daemon_wake", NULL, false},
    [CT_KSWAPD_RUN] = {"pageoutrun", NULL, false},
    [CT_MIGRATE_OK] = {"pgmigrate_success", NULL, false},
    [CT_MIGRATE_FAIL] = {"pgmigrate_fail", NULL, false},
    [CT_THP_FAULT_ALLOC] = {"thp_fault_alloc", NULL, false},
    [CT_THP_FAULT_FALLBACK] = {"thp_fault_fallback", NULL, false},
    [CT_THP_FALLBACK_CHARGE] = {"thp_fault_fallback_charge", NULL, false},
    [CT_OOM_KILL] = {"oom_kill", NULL, false},
    [CT_BALLOON_INFLATE] = {"balloon_inflate", NULL, false},
    [CT_BALLOON_DEFLATE] = {"balloon_deflate", NULL, false},
    [CT_PIN_ACQUIRED] = {"nr_foll_pin_acquired", NULL, false},
    [CT_PIN_RELEASED] = {"nr_foll_pin_released", NULL, false},
};

const char *counter_name(enum counter c)
{
    return wanted[c].name;
}

static bool matches(struct span word, enum counter c)
{
    if (span_is(word, wanted[c].name) || (wanted[c].also && span_is(word, wanted[c].also)))
        return true;
    if (!wanted[c].zones || !span_starts(word, wanted[c].name))
        return false;
    static const char *const zones[] = {"_dma", "_dma32", "_normal", "_high", "_movable", "_device"};
    struct span suffix = {word.at + strlen(wanted[c].name), word.end};
    for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
        if (span_is(suffix, zones[i]))
            return true;
    return false;
}

static bool not_vmstat(struct err *e, unsigned line)
{
    return err_set(e, "/proc/vmstat:%u: not what a kernel prints", line);
}

bool counters_parse(struct counters *c, const char *text, size_t length, struct err *e)
{
    memset(c, 0, sizeof *c);
    struct span all = span_of(text, length), line, word;
    for (unsigned number = 1; scan_line(&all, &line); number++) {
        uint64_t value;
        if (!scan_word(&line, &word))
            continue;
        if (!scan_number(&line, &value) || !scan_end(&line))
            return not_vmstat(e, number);
        for (enum counter i = 0; i < CT_COUNT; i++) {
            if (!matches(word, i))
                continue;
            if (!add_fits(&c->value[i], value))
                return not_vmstat(e, number);
            c->known[i] = true;
            break;
        }
    }
    if (!c->known[CT_NR_FREE] || !c->known[CT_PSWPIN])
        return err_set(e, "/proc/vmstat: no %s", c->known[CT_NR_FREE] ? "pswpin" : "nr_free_pages");
    return true;
}

bool counters_read(struct counters *c, const struct root *r, enum status *status, struct err *e)
{
    /* Read at every tick: no allocation. 6.18 prints 5 KiB. */
    char buffer[32768];
    memset(c, 0, sizeof *c);
    ssize_t length = root_read_small(r, "proc/vmstat", buffer, sizeof buffer);
    if (length < 0) {
        char reason[256];
        *status = status_of_errno((int)-length);
        root_reason(reason, sizeof reason, "/proc/vmstat", *status);
        return err_set(e, "%s", reason);
    }
    *status = STATUS_MALFORMED;
    if (!counters_parse(c, buffer, (size_t)length, e))
        return false;
    *status = STATUS_OK;
    return true;
}
