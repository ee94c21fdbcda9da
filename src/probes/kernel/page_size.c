/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes of pages, and the kernel's release. */
#include "probes/kernel/page_size.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define CAPTURE_FILE "fragwizard-capture"

bool capture_mark(const struct root *r, const char *name, char *out, size_t size)
{
    char buffer[4096];
    ssize_t length = r->live ? -1 : root_read_small(r, CAPTURE_FILE, buffer, sizeof buffer);
    if (length < 0)
        return false;
    struct span all = span_of(buffer, (size_t)length), line, word;
    while (scan_line(&all, &line)) {
        if (!scan_word(&line, &word) || !span_is(word, name) || scan_end(&line) || span_length(line) >= size)
            continue;
        span_copy(line, out, size);
        return true;
    }
    return false;
}

static uint64_t nearest_size(double bytes)
{
    static const uint64_t sizes[] = {4096, 8192, 16384, 65536};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        if (bytes > 0.8 * (double)sizes[i] && bytes < 1.25 * (double)sizes[i])
            return sizes[i];
    return 0;
}

/* Each pair of counts votes; meminfo and vmstat were read at two moments, so that one alone can be off. What zones
 * manage is no witness: where page initialisation is deferred it is a fraction of MemTotal. */
uint64_t page_size_conclude(const struct meminfo *m, const struct counters *c, const struct zoneinfo *z)
{
    static const struct {
        enum meminfo_name bytes;
        enum counter pages;
    } pairs[] = {
        {MI_ANON_PAGES, CT_NR_ANON},
        {MI_MAPPED, CT_NR_MAPPED},
        {MI_PAGE_TABLES, CT_NR_PAGE_TABLES},
        {MI_SRECLAIMABLE, CT_NR_SLAB_RECLAIMABLE},
        {MI_SUNRECLAIM, CT_NR_SLAB_UNRECLAIMABLE},
    };
    uint64_t vote[ARRAY_SIZE(pairs) + 1];
    size_t votes = 0;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        if (!m->known[pairs[i].bytes] || !c->known[pairs[i].pages] || c->value[pairs[i].pages] == 0)
            continue;
        uint64_t size = nearest_size((double)m->value[pairs[i].bytes] / (double)c->value[pairs[i].pages]);
        if (size)
            vote[votes++] = size;
    }
    double present = 0;
    for (size_t i = 0; i < z->count; i++)
        present += (double)z->zones[i].present;
    uint64_t size = present > 0 ? nearest_size((double)m->value[MI_MEM_TOTAL] / present) : 0;
    if (size)
        vote[votes++] = size;
    size_t best = 0;
    uint64_t winner = 0;
    for (size_t i = 0; i < votes; i++) {
        size_t same = 0;
        for (size_t k = 0; k < votes; k++)
            same += vote[k] == vote[i];
        if (same > best) {
            best = same;
            winner = vote[i];
        }
    }
    return winner;
}

uint64_t page_size(const struct root *r)
{
    if (r->live)
        return (uint64_t)sysconf(_SC_PAGESIZE);
    char text[32];
    if (capture_mark(r, "page_size", text, sizeof text)) {
        struct span s = span_of_string(text);
        uint64_t n;
        if (scan_number(&s, &n) && scan_end(&s) && n >= 4096 && n <= 1 << 20 && (n & (n - 1)) == 0)
            return n;
    }
    struct meminfo m;
    struct counters c;
    AUTO_ZONEINFO struct zoneinfo z = {0};
    enum status status;
    struct err e;
    if (!meminfo_read(&m, r, &status, &e))
        return 4096;
    if (!counters_read(&c, r, &status, &e))
        memset(&c, 0, sizeof c);
    (void)zoneinfo_read(&z, r, &status, &e);
    uint64_t size = page_size_conclude(&m, &c, &z);
    return size ? size : 4096;
}

uint64_t huge_page_size(const struct root *r)
{
    uint64_t n;
    if (!source_number(r, "sys/kernel/mm/transparent_hugepage/hpage_pmd_size", &n) || n < 8192 || n > 1ULL << 40 ||
        (n & (n - 1)))
        return 0;
    return n;
}

static unsigned log2_of(uint64_t n)
{
    return n > 1 ? 63U - (unsigned)__builtin_clzll(n) : 0;
}

/* A PMD maps as many pages as fit their 8-byte entries into one page. */
static unsigned pmd_order(uint64_t page)
{
    return log2_of(page / 8);
}

unsigned huge_order(const struct root *r, uint64_t page, unsigned orders)
{
    uint64_t size = huge_page_size(r);
    unsigned order = size > page ? log2_of(size / page) : pmd_order(page);
    return orders && order > orders - 1 ? orders - 1 : order;
}

unsigned pageblock_order(const struct root *r, uint64_t page, unsigned orders)
{
    char head[256];
    /* Only from a capture: on a live machine its header would cost the whole of pagetypeinfo, milliseconds with a lock
     * held. */
    if (!r->live) {
        int fd = root_open_file(r, "proc/pagetypeinfo");
        ssize_t length = fd >= 0 ? read(fd, head, sizeof head) : -1;
        if (fd >= 0)
            close(fd);
        if (length > 0) {
            struct span all = span_of(head, (size_t)length), line;
            uint64_t order;
            if (scan_line(&all, &line) && scan_literal(&line, "Page block order:") && scan_number(&line, &order) &&
                order < 32)
                return (unsigned)order;
        }
    }
    return huge_order(r, page, orders);
}

bool kernel_release(const struct root *r, char *out, size_t size)
{
    if (source_line(r, "proc/sys/kernel/osrelease", out, size))
        return true;
    char text[512];
    struct span word;
    if (source_line(r, "proc/version", text, sizeof text)) {
        struct span s = span_of_string(text);
        if (scan_literal(&s, "Linux version ") && scan_word(&s, &word)) {
            span_copy(word, out, size);
            return true;
        }
    }
    static const char *const uname[] = {"uname", "sos_commands/kernel/uname_-a"};
    for (size_t i = 0; !r->live && i < 2; i++) {
        if (!source_line(r, uname[i], text, sizeof text))
            continue;
        struct span s = span_of_string(text);
        if (scan_word(&s, &word) && span_is(word, "Linux") && scan_word(&s, &word) && scan_word(&s, &word)) {
            span_copy(word, out, size);
            return true;
        }
    }
    return false;
}

unsigned kernel_version(const struct root *r)
{
    char text[128];
    if (!kernel_release(r, text, sizeof text))
        return 0;
    struct span s = span_of_string(text);
    uint64_t major, minor;
    if (!scan_number(&s, &major) || !scan_literal(&s, ".") || !scan_number(&s, &minor) || major > 1000 || minor > 999)
        return 0;
    return (unsigned)(major * 1000 + minor);
}
