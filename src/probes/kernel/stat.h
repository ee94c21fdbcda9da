/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/PID/stat. */
#ifndef FW_PROBES_KERNEL_STAT_H
#define FW_PROBES_KERNEL_STAT_H

#include "base/scan.h"

#define COMMAND_MAX 64 /* kernel workers have names of up to 63 bytes, others of 15 */

struct proc_stat {
    char command[COMMAND_MAX]; /* raw bytes, NUL-terminated */
    char state;
    bool kernel;     /* a kernel thread */
    uint64_t parent; /* process id */
    uint64_t threads;
    uint64_t start_ticks; /* since boot, in USER_HZ */
    uint64_t virtual_bytes;
    uint64_t rss_pages;
};

bool stat_parse(const char *text, size_t length, struct proc_stat *out);

extern const char *const process_states[]; /* letters of fs/proc/array.c since 3.10, then NULL */

#endif
