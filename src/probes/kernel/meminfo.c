/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MemTotal:       24684092 kB
 * HugePages_Total:       0 */
#include "probes/kernel/meminfo.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"

static const char *const names[MI_COUNT] = {MEMINFO_NAMES(LIST_NAME)};

const char *meminfo_field(enum meminfo_name n)
{
    return names[n];
}

uint64_t meminfo_value(const struct meminfo *m, enum meminfo_name n)
{
    return m->known[n] ? m->value[n] : 0;
}

static void reject(struct meminfo *m, enum meminfo_name n, enum meminfo_flaw flaw)
{
    m->known[n] = false;
    m->flaw[n] = flaw;
}

/* The counters of one text are read one after another, so that a part can be a little more than its whole. */
static bool reject_part(struct meminfo *m, enum meminfo_name part, enum meminfo_name whole)
{
    if (!m->known[part] || !m->known[whole] || m->value[part] <= m->value[whole] + m->value[whole] / 64)
        return false;
    reject(m, part, MI_IMPOSSIBLE);
    m->whole[part] = whole;
    return true;
}

/* Seen: MemAvailable 15 times MemTotal by a wrong counter of Inactive(file), and a container's total beside the host's parts. */
static void reject_impossible(struct meminfo *m)
{
    static const enum meminfo_name of_total[] = {
        MI_MEM_FREE,    MI_MEM_AVAILABLE, MI_BUFFERS,     MI_CACHED,        MI_SWAP_CACHED,
        MI_ACTIVE_ANON, MI_INACTIVE_ANON, MI_ACTIVE_FILE, MI_INACTIVE_FILE, MI_UNEVICTABLE,
        MI_MLOCKED,     MI_ANON_PAGES,    MI_MAPPED,      MI_SHMEM,         MI_KRECLAIMABLE,
        MI_SLAB,        MI_SRECLAIMABLE,  MI_SUNRECLAIM,  MI_KERNEL_STACK,  MI_PAGE_TABLES,
        MI_PERCPU,      MI_ANON_HUGE,     MI_ZSWAP,       MI_HUGETLB,       MI_CMA_TOTAL,
    };
    static const struct {
        enum meminfo_name part, whole;
    } pairs[] = {
        {MI_SWAP_FREE, MI_SWAP_TOTAL}, {MI_SRECLAIMABLE, MI_SLAB},    {MI_SUNRECLAIM, MI_SLAB},
        {MI_CMA_FREE, MI_CMA_TOTAL},   {MI_HUGE_FREE, MI_HUGE_TOTAL}, {MI_HUGE_RSVD, MI_HUGE_FREE},
    };
    unsigned beyond = 0;
    for (size_t i = 0; i < ARRAY_SIZE(of_total); i++)
        beyond += reject_part(m, of_total[i], MI_MEM_TOTAL);
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        (void)reject_part(m, pairs[i].part, pairs[i].whole);
    m->mixed = beyond >= 3;
}

bool meminfo_parse(struct meminfo *m, const char *text, size_t length, struct err *e)
{
    memset(m, 0, sizeof *m);
    struct span all = span_of(text, length), line;
    bool any = false;
    while (scan_line(&all, &line)) {
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
        bool pages = n >= MI_HUGE_TOTAL && n <= MI_HUGE_SURP;
        m->known[n] = scan_number(&line, &value) && scan_literal(&line, "kB") != pages && scan_end(&line) &&
                      value < UINT64_MAX / 2048 && (value > 0 || n != MI_MEM_TOTAL);
        m->flaw[n] = MI_BAD_LINE;
        if (m->known[n])
            m->value[n] = pages ? value : value * 1024;
        any |= m->known[n];
    }
    if (!any)
        return err_set(e, "/proc/meminfo: not what a kernel prints");
    reject_impossible(m);
    return true;
}

/* lxcfs (src/proc_fuse.c) replaces what it knows of the container; these it copies. */
void meminfo_hide_of_host(struct meminfo *m, const struct root *r)
{
    static const enum meminfo_name copied[] = {
        MI_KRECLAIMABLE, MI_KERNEL_STACK, MI_PAGE_TABLES,        MI_SEC_PAGE_TABLES, MI_PERCPU,     MI_VMALLOC_USED,
        MI_COMMIT_LIMIT, MI_COMMITTED_AS, MI_HARDWARE_CORRUPTED, MI_ANON_HUGE,       MI_SHMEM_HUGE, MI_HUGE_TOTAL,
        MI_HUGE_FREE,    MI_HUGE_RSVD,    MI_HUGE_SURP,          MI_HUGETLB,         MI_CMA_TOTAL,  MI_CMA_FREE};
    char mounts[32768];
    ssize_t length = root_read_small(r, "proc/self/mountinfo", mounts, sizeof mounts);
    struct span all = span_of(mounts, length > 0 ? (size_t)length : 0), line;
    bool lxcfs = false;
    while (!lxcfs && scan_line(&all, &line))
        lxcfs = span_find(line, " /proc/meminfo ") && span_find(line, "lxcfs");
    m->mixed = m->mixed || lxcfs;
    for (size_t i = 0; lxcfs && i < ARRAY_SIZE(copied); i++)
        if (m->known[copied[i]] || m->flaw[copied[i]] != MI_NO_LINE)
            reject(m, copied[i], MI_OF_HOST);
}

bool meminfo_read(struct meminfo *m, const struct root *r, enum status *status, struct err *e)
{
    AUTO_SOURCE struct source s = {0};
    memset(m, 0, sizeof *m);
    return source_read(&s, r, "proc/meminfo", status, e) &&
           source_parsed(meminfo_parse(m, s.text, s.length, e), status);
}

void meminfo_why(const struct meminfo *m, enum meminfo_name n, char *out, size_t size)
{
    switch (m->flaw[n]) {
    case MI_NO_LINE:
        snprintf(out, size, "/proc/meminfo has no %s", names[n]);
        break;
    case MI_BAD_LINE:
        snprintf(out, size, "/proc/meminfo: %s is no number that can be", names[n]);
        break;
    case MI_IMPOSSIBLE:
        snprintf(out, size, "/proc/meminfo: %s is more than %s", names[n], names[m->whole[n]]);
        break;
    case MI_OF_HOST:
        snprintf(out, size, "/proc/meminfo: %s is the host's, beside the container's MemTotal", names[n]);
        break;
    }
}

bool meminfo_contradiction(const struct meminfo *m, struct str *out)
{
    for (enum meminfo_name n = 0; n < MI_COUNT; n++) {
        if (m->known[n] || (m->flaw[n] != MI_IMPOSSIBLE && m->flaw[n] != MI_BAD_LINE))
            continue;
        str_add(out, out->length ? "; " : "");
        if (m->flaw[n] == MI_BAD_LINE) {
            str_printf(out, "%s is no number that can be", names[n]);
            continue;
        }
        char part[64], whole[64];
        enum type type = n >= MI_HUGE_TOTAL && n <= MI_HUGE_SURP ? TYPE_COUNT : TYPE_BYTES;
        units_format(part, sizeof part, (double)m->value[n], type);
        units_format(whole, sizeof whole, (double)m->value[m->whole[n]], type);
        str_printf(out, "%s is %s, more than %s (%s)", names[n], part, names[m->whole[n]], whole);
    }
    return out->length > 0;
}
