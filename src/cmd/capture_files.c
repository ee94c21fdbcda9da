/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/capture_files.h"

#include <string.h>

const char *const capture_once[] = {
    "proc/meminfo",
    "proc/vmstat",
    "proc/zoneinfo",
    "proc/buddyinfo",
    "proc/pagetypeinfo",
    "proc/slabinfo",
    "proc/swaps",
    "proc/version",
    "proc/uptime",
    "proc/cpuinfo",
    "proc/loadavg",
    "proc/pressure/",
    "proc/cgroups",
    "proc/self/cgroup",
    "proc/sys/vm/",
    "proc/sys/kernel/osrelease",
    "proc/sys/kernel/hostname",
    "proc/sys/kernel/ostype",
    "proc/sys/fs/dentry-state",
    "proc/sys/fs/file-nr",
    "sys/kernel/mm/transparent_hugepage//",
    "sys/kernel/mm/hugepages//",
    "sys/kernel/mm/lru_gen/",
    "sys/module/zswap/parameters/",
    "sys/devices/system/cpu/online",
    "sys/devices/system/node/online",
    /* what kind of machine */
    "sys/class/dmi/id/sys_vendor",
    "sys/class/dmi/id/product_name",
    "sys/class/dmi/id/board_vendor",
    "sys/class/dmi/id/bios_vendor",
    "sys/class/dmi/id/chassis_asset_tag",
    "sys/hypervisor/type",
    "sys/firmware/acpi/tables/FACP",
    "sys/devices/system/clocksource/clocksource0/available_clocksource",
    "proc/2/comm",
    ".dockerenv",
    "run/.containerenv",
    "run/systemd/container",
    "etc/os-release",
    NULL,
};

const char *const capture_moving[] = {"proc/meminfo", "proc/vmstat", "proc/pressure/", "proc/slabinfo", NULL};
const char *const capture_of_process[] = {"stat", "statm", "status", "smaps_rollup", "cgroup", "maps", NULL};
const char *const capture_of_leader[] = {"stat", "smaps_rollup", NULL};
const char *const capture_closely[] = {"smaps", "oom_score", NULL};
const char *const capture_of_suspect[] = {"smaps", "oom_score", "cmdline", NULL};

const char *const capture_of_slab[] = {"reclaim_account", "aliases", NULL};

bool capture_is_cgroup_file(const char *name)
{
    static const char *const names[] = {
        "cgroup.controllers", "cgroup.procs", "pids.current", "memory.current", "memory.max", "memory.high",
        "memory.swap.current", "memory.swap.max", "memory.events", "memory.stat", "memory.pressure",
        /* version 1 */
        "memory.usage_in_bytes", "memory.limit_in_bytes", "memory.memsw.usage_in_bytes", "memory.memsw.limit_in_bytes",
        "memory.failcnt", "memory.oom_control", "memory.use_hierarchy", NULL};
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}
