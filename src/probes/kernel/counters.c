/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nr_free_pages 1418623
 * allocstall_normal 0 */
#include "probes/kernel/counters.h"

#include <string.h>

#include "base/mem.h"

/* With `zones`, NAME_dma, NAME_dma32, NAME_normal, NAME_high, NAME_movable and NAME_device are added up: 3.10 has
 * pgscan and pgsteal by zone and one allocstall, 4.9 and later the reverse. */
static const struct {
    const char *name, *also; /* the name before, if it had another */
    bool zones;
} wanted[CT_COUNT] = {COUNTERS(LIST_ENTRY)};

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
    return source_parsed(counters_parse(c, buffer, (size_t)length, e), status);
}
