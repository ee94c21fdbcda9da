/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filename                Type        Size        Used        Priority      (KiB; `swapon --show --bytes` has bytes)
 * /dev/vda2               partition   524284      0           -2 */
#include "probes/kernel/swaps.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DEVICES_MAX 64 /* MAX_SWAPFILES is 32 */

/* The kernel writes blank, tab, newline and backslash in names as \ooo. */
static void unescape(char *text)
{
    char *out = text;
    for (const char *in = text; *in; out++) {
        if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' && in[2] <= '7' && in[3] >= '0' &&
            in[3] <= '7') {
            *out = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + in[3] - '0');
            in += 4;
        } else {
            *out = *in++;
        }
    }
    *out = '\0';
}

static bool row(struct swap_device *d, struct span line, uint64_t unit)
{
    struct span name, type;
    *d = (struct swap_device){0};
    uint64_t priority;
    if (!scan_word(&line, &name))
        return false;
    /* The name of a file that was removed while in use is followed by " (deleted)", whose blank is escaped. */
    if (!scan_word(&line, &type) || !scan_number(&line, &d->size) || !scan_number(&line, &d->used))
        return false;
    bool negative = scan_literal(&line, "-");
    if (!scan_number(&line, &priority) || !scan_end(&line) || priority > 1 << 20 || d->size > UINT64_MAX / unit ||
        d->used > d->size)
        return false;
    span_copy(name, d->name, sizeof d->name);
    unescape(d->name);
    span_copy(type, d->type, sizeof d->type);
    d->size *= unit;
    d->used *= unit;
    d->priority = negative ? -(int64_t)priority : (int64_t)priority;
    return true;
}

bool swaps_parse(struct swaps *s, const char *text, size_t length, struct err *e)
{
    *s = (struct swaps){0};
    struct span all = span_of(text, length), line, word;
    if (!scan_line(&all, &line) || !scan_word(&line, &word))
        return err_set(e, "/proc/swaps: empty");
    bool bytes = span_is(word, "NAME");
    if (!bytes && !span_is(word, "Filename"))
        return err_set(e, "/proc/swaps:1: not what a kernel prints");
    for (unsigned number = 2; scan_line(&all, &line); number++) {
        if (scan_end(&line))
            continue;
        MEM_ROOM(s->devices, s->count);
        if (s->count == DEVICES_MAX || !row(&s->devices[s->count], line, bytes ? 1 : 1024)) {
            swaps_free(s);
            return err_set(e, "/proc/swaps:%u: not what a kernel prints", number);
        }
        s->count++;
    }
    return true;
}

bool swaps_read(struct swaps *s, const struct root *r, enum status *status, struct err *e)
{
    static const char *const instead[] = {"sos_commands/memory/swapon_--bytes_--show",
                                          "sos_commands/memory/swapon_--summary_--verbose"};
    AUTO_SOURCE struct source source = {0};
    *s = (struct swaps){0};
    if (source_read(&source, r, "proc/swaps", status, e))
        return source_parsed(swaps_parse(s, source.text, source.length, e), status);
    enum status other;
    for (size_t i = 0; !r->live && i < ARRAY_SIZE(instead); i++) /* swapon prints nothing where there is no swap */
        if (source_read(&source, r, instead[i], &other, NULL) &&
            (source.length == 0 || swaps_parse(s, source.text, source.length, NULL)))
            return source_parsed(true, status);
    return false;
}

bool swap_is_zram(const struct swap_device *d)
{
    const char *slash = strrchr(d->name, '/');
    return strncmp(slash ? slash + 1 : d->name, "zram", 4) == 0;
}

void swaps_free(struct swaps *s)
{
    free(s->devices);
    *s = (struct swaps){0};
}
