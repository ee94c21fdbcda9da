/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses /proc/PID/stat:
 *   4052 (Web (Content) 1) S 3710 3710 3710 0 -1 4194560 83 0 0 0 12 3 0 0 20 0 27 0 8112 2703360000 60123 18446744073709551615 …
 *   (pid, command in parentheses, state, parent … flags is field 9, threads 20, start 22, virtual size 23, resident pages 24) */
#include "probes/kernel/stat.h"

enum { FIELD_PARENT = 4, FIELD_FLAGS = 9, FIELD_THREADS = 20, FIELD_START = 22, FIELD_VSIZE = 23, FIELD_RSS = 24 };
const char *const process_states[] = {"R", "S", "D", "T", "t", "Z", "X", "x", "I", "K", "W", "P", NULL};
static const uint64_t kernel_thread_flag = 0x00200000; /* PF_KTHREAD */

bool stat_parse(const char *text, size_t length, struct proc_stat *out)
{
    memset(out, 0, sizeof *out);
    /* The command can hold anything, parentheses and newlines included; what follows the last ')' cannot. */
    const char *open = memchr(text, '(', length), *close = memrchr(text, ')', length);
    if (!open || !close || close < open)
        return false;
    span_copy((struct span){open + 1, close}, out->command, COMMAND_MAX);
    struct span s = {close + 1, text + length};
    if (scan_end(&s))
        return false;
    out->state = *s.at++;
    for (int field = 4; field <= FIELD_RSS; field++) {
        uint64_t number;
        scan_literal(&s, "-"); /* process group, terminal, nice: not needed, but signed */
        if (!scan_number(&s, &number))
            return false;
        switch (field) {
        case FIELD_PARENT:
            out->parent = number;
            break;
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
