/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MemTotal:       24684092 kB
 * HugePages_Total:       0 */
#include "probes/kernel/meminfo.h"

#include <string.h>

static const char *const names[MI_COUNT] = {
    [MI_MEM_TOTAL] = "MemTotal",
    [MI_MEM_FREE] = "MemFree",
    [MI_MEM_AVAILABLE] = "MemAvailable",
    [MI_BUFFERS] = "Buffers",
    [MI_CACHED] = "Cached",
    [MI_SWAP_CACHED] = "SwapCached",
    [MI_ACTIVE_ANON] = "Active(anon)",
    [MI_INACTIVE_ANON] = "Inactive(anon)",
    [MI_ACTIVE_FILE] = "Active(file)",
    [MI_INACTIVE_FILE] = "Inactive(file)",
    [MI_UNEVICTABLE] = "Unevictable",
    [MI_MLOCKED] = "Mlocked",
    [MI_SWAP_TOTAL] = "SwapTotal",
    [MI_SWAP_FREE] = "SwapFree",
    [MI_ZSWAP] = "Zswap",
    [MI_DIRTY] = "Dirty",
    [MI_WRITEBACK] = "Writeback",
    [MI_ANON_PAGES] = "AnonPages",
    [MI_MAPPED] = "Mapped",
    [MI_SHMEM] = "Shmem",
    [MI_KRECLAIMABLE] = "KReclaimable",
    [MI_SLAB] = "Slab",
    [MI_SRECLAIMABLE] = "SReclaimable",
    [MI_SUNRECLAIM] = "SUnreclaim",
    [MI_KERNEL_STACK] = "KernelStack",
    [MI_PAGE_TABLES] = "PageTables",
    [MI_SEC_PAGE_TABLES] = "SecPageTables",
    [MI_BOUNCE] = "Bounce",
    [MI_WRITEBACK_TMP] = "WritebackTmp",
    [MI_COMMIT_LIMIT] = "CommitLimit",
    [MI_COMMITTED_AS] = "Committed_AS",
    [MI_VMALLOC_USED] = "VmallocUsed",
    [MI_PERCPU] = "Percpu",
    [MI_HARDWARE_CORRUPTED] = "HardwareCorrupted",
    [MI_ANON_HUGE] = "AnonHugePages",
    [MI_SHMEM_HUGE] = "ShmemHugePages",
    [MI_BALLOON] = "Balloon",
    [MI_GPU_ACTIVE] = "GPUActive",
    [MI_GPU_RECLAIM] = "GPUReclaim",
    [MI_HUGE_TOTAL] = "HugePages_Total",
    [MI_HUGE_FREE] = "HugePages_Free",
    [MI_HUGE_RSVD] = "HugePages_Rsvd",
    [MI_HUGE_SURP] = "HugePages_Surp",
    [MI_HUGE_SIZE] = "Hugepagesize",
    [MI_HUGETLB] = "Hugetlb",
};

const char *meminfo_field(enum meminfo_name n)
{
    return names[n];
}

uint64_t meminfo_value(const struct meminfo *m, enum meminfo_name n)
{
    return m->known[n] ? m->value[n] : 0;
}

bool meminfo_parse(struct meminfo *m, const char *text, size_t length, struct err *e)
{
    memset(m, 0, sizeof *m);
    struct span all = span_of(text, length), line;
    for (unsigned number = 1; scan_line(&all, &line); number++) {
        const char *colon = span_find_char(line, ':');
        if (!colon)
            continue;
        struct span name = {line.at, colon};
        enum meminfo_name n = 0;
        while (n < MI_COUNT && !span_is(name, names[n]))
            n++;
        if (n == MI_COUNT)
            continue;
        line.at = colon + 1;
        uint64_t value;
        if (!scan_number(&line, &value))
            return err_set(e, "/proc/meminfo:%u: no number after %s", number, names[n]);
        bool kilobytes = scan_literal(&line, "kB");
        bool pages = n >= MI_HUGE_TOTAL && n <= MI_HUGE_SURP;
        if (!scan_end(&line) || kilobytes == pages || value > UINT64_MAX / 2048)
            return err_set(e, "/proc/meminfo:%u: %s is not what a kernel prints", number, names[n]);
        m->value[n] = kilobytes ? value * 1024 : value;
        m->known[n] = true;
    }
    if (!m->known[MI_MEM_TOTAL] || m->value[MI_MEM_TOTAL] == 0)
        return err_set(e, "/proc/meminfo: no MemTotal");
    if (!m->known[MI_MEM_FREE])
        return err_set(e, "/proc/meminfo: no MemFree");
    return true;
}

bool meminfo_read(struct meminfo *m, const struct root *r, enum status *status, struct err *e)
{
    AUTO_SOURCE struct source s = {0};
    memset(m, 0, sizeof *m);
    if (!source_read(&s, r, "proc/meminfo")) {
        *status = s.status;
        *e = s.why;
        return false;
    }
    *status = STATUS_MALFORMED;
    if (!meminfo_parse(m, s.text, s.length, e))
        return false;
    *status = STATUS_OK;
    return true;
}
