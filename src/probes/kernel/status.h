/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/PID/status. */
#ifndef FW_PROBES_KERNEL_STATUS_H
#define FW_PROBES_KERNEL_STATUS_H

#include "probes/kernel/stat.h"

enum status_field {
    PROC_UID = 1 << 0,
    PROC_THREADS = 1 << 1,
    PROC_VM_SIZE = 1 << 2,
    PROC_VM_RSS = 1 << 3,
    PROC_VM_PEAK_RSS = 1 << 4,
    PROC_VM_PIN = 1 << 5,
    PROC_VM_SWAP = 1 << 6,
    PROC_RSS_ANON = 1 << 7,
    PROC_RSS_FILE = 1 << 8,
    PROC_RSS_SHMEM = 1 << 9,
    PROC_HUGETLB = 1 << 10,
};

struct proc_status {
    unsigned has; /* enum status_field; kernel threads and zombies have no Vm lines, old kernels no Rss lines */
    char command[COMMAND_MAX]; /* raw bytes */
    char state;
    uint64_t uid, threads;
    uint64_t vm_size, vm_rss, vm_peak_rss, vm_pin, vm_swap, rss_anon, rss_file, rss_shmem, hugetlb; /* bytes */
};

bool status_file_parse(const char *text, size_t length, struct proc_status *out);

#endif
