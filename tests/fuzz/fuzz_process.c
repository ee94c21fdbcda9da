/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parsers of a process's files and of control groups, on any bytes. */
#define FUZZ_SEEDS "tests/fuzz/process"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "driver.h"
#include "probes/heap/allocator.h"
#include "probes/kernel/cgroup_memory.h"
#include "probes/kernel/cgroup_path.h"
#include "probes/kernel/pids.h"
#include "base/trend.h"

static void try_mappings(const char *text, size_t size)
{
    struct smaps_kinds kinds = {0};
    struct detection detection = {0};
    struct span all = span_of(text, size), line;
    struct vma v;
    uint64_t count = 0;
    while (scan_line(&all, &line)) {
        smaps_kinds_line(&kinds, line.at, span_length(line));
        if (vma_parse(line.at, span_length(line), &v)) {
            detect_mapping(&detection, &v);
            count++;
        }
    }
    smaps_kinds_end(&kinds);
    detect_finish(&detection, "command");
    if (kinds.total_mappings > count || kinds.arena_heaps > count)
        abort();
}

static void try_cgroup(const char *text, size_t size)
{
    struct cgroup_paths paths;
    char unit[64];
    cgroup_paths_parse(text, size, &paths);
    struct span managed = cgroup_managed(&paths), accounted = cgroup_accounted(&paths);
    if (cgroup_unit(managed, unit, sizeof unit) >= sizeof unit)
        abort();
    cgroup_unit(accounted, unit, 2);
    cgroup_is_container(accounted);
    struct cgroup_memory m = {0};
    bool unlimited = false;
    cgroup_limit_parse(text, size, &m, CGROUP_MAX, &unlimited);
    cgroup_stat_parse(text, size, 1, &m);
    cgroup_stat_parse(text, size, 2, &m);
    cgroup_events_parse(text, size, &m.tree);
    cgroup_pressure_parse(text, size, &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* of the exact size, so that a read past the end is noticed */
    char *text = mem_alloc(size + !size);
    memcpy(text, data, size);
    struct proc_stat stat;
    struct proc_status status;
    struct smaps_sum sum;
    stat_parse(text, size, &stat);
    status_file_parse(text, size, &status);
    smaps_parse(text, size, &sum);
    smaps_uss(&sum);
    try_mappings(text, size);
    try_cgroup(text, size);
    double values[60], times[60];
    size_t points = size / sizeof *values < 60 ? size / sizeof *values : 60;
    for (size_t i = 0; i < points; i++) {
        uint32_t number;
        memcpy(&number, data + i * sizeof *values, sizeof number);
        values[i] = number;
        times[i] = (double)i;
    }
    struct trend trend;
    trend_find(times, values, points, &trend);
    if (!trend.is_short && !(trend.evenness >= 0 && trend.evenness <= 1))
        abort();
    struct users users;
    char number[24];
    users_parse(&users, text, size); /* takes it */
    users_name(&users, size, number);
    users_free(&users);
    return 0;
}
