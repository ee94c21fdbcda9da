/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of probes, in the order of `fragwizard list`. */
#include "facts/probe.h"

extern const struct probe probe_host, probe_memory, probe_processes, probe_process, probe_vmstat, probe_pressure,
    probe_swap, probe_buddy, probe_pagetypes, probe_slab, probe_growth, probe_cgroups, probe_tunables, probe_runtime,
    probe_heap, probe_physmap, probe_groups, probe_program, probe_jvm;

const struct probe *const probes[] = {
    &probe_host,     &probe_memory, &probe_processes, &probe_process,   &probe_vmstat,
    &probe_pressure, &probe_swap,   &probe_buddy,     &probe_pagetypes, &probe_slab,
    &probe_growth,   &probe_groups, &probe_cgroups,   &probe_tunables,  &probe_runtime,
    &probe_program,  &probe_heap,   &probe_jvm,       &probe_physmap,   NULL,
};
