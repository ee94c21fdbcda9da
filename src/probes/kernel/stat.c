/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses /proc/PID/stat:
 *   4052 (Web (Content) 1) S 3710 3710 3710 0 -1 4194560 83 0 0 0 12 3 0 0 20 0 27 0 8112 2703360000 60123 18446744073709551615 …
 *   (pid, command in parentheses, state, parent … flags is field 9, threads 20, start 22, virtual size 23, resident pages 24) */
#include "probes/kernel/stat.h"

enum { FIELD_FLAGS = 9, FIELD_THREADS = 20, FIELD_START = 22, FIELD_VSIZE = 23, FIELD_RSS = 24 };
static const uint64_t kernel_thread_flag = 0x00200000; /* PF_KTHREAD */

bool stat_parse(const char *text, size_t length, struct proc_stat *out)
{
    memset(out, 0, sizeof *out);
    /* The command can hold anything, parentheses and newlines included; what follows the last ')' cannot. */
    const char *open = memchr(text, '(', length), *close = memrchr(text, ')', length), *end = text + length;
    if (!open || !close || close < open)
        return false;
    size_t n = (size_t)(close - open - 1);
    if (n >= COMMAND_MAX)
        n = COMMAND_MAX - 1;
    memcpy(out->command, open + 1, n);
    const char *p = close + 1;
    while (p < end && *p == ' ')
        p++;
    if (p == end)
        return false;
    out->state = *p++;
    for (int field = 4; field <= FIELD_RSS; field++) {
        while (p < end && *p == ' ')
            p++;
        if (p < end && *p == '-') /* process group, terminal, nice: not needed, but signed */
            p++;
        uint64_t number;
        if (!scan_u64(&p, end, &number))
            return false;
        switch (field) {
        case FIELD_FLAGS:
            out->kernel = number & kernel_thread_flag;
            break;
        case FIELD_THREADS:
            out->threads = number;
            break;
        case FIELD_START:
            out->start_ticks = number;
            break;
        case FIELD_VSIZE:
            out->virtual_bytes = number;
            break;
        case FIELD_RSS:
            out->rss_pages = number;
            break;
        }
    }
    return true;
}
