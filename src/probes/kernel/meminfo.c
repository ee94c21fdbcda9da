/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MemTotal:       24684092 kB
 * HugePages_Total:       0 */
#include "probes/kernel/meminfo.h"

#include <string.h>

static const char *const names[MI_COUNT] = {MEMINFO_NAMES(LIST_NAME)};

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
    return source_read(&s, r, "proc/meminfo", status, e) &&
           source_parsed(meminfo_parse(m, s.text, s.length, e), status);
}
