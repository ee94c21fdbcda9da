/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/PID/cgroup: which control group a process is in, and the unit or container that it names. */
#ifndef FW_PROBES_KERNEL_CGROUP_PATH_H
#define FW_PROBES_KERNEL_CGROUP_PATH_H

#include "base/scan.h"

/* Paths within the text that was parsed; at == NULL where there is none. */
struct cgroup_paths {
    struct span unified; /* 0:: */
    struct span memory;  /* the version 1 memory controller */
    struct span systemd; /* name=systemd */
};
void cgroup_paths_parse(const char *text, size_t length, struct cgroup_paths *out);

/* Where the memory is accounted: the version 1 memory controller if there is one, else the unified hierarchy. */
struct span cgroup_accounted(const struct cgroup_paths *p);
/* Where the service manager put the process. */
struct span cgroup_managed(const struct cgroup_paths *p);

/* The unit ("nginx.service") or else the last component of a path, identifiers of containers cut to 12 digits. Returns the
 * length written (NUL-terminated, cut to the size). */
size_t cgroup_unit(struct span path, char *out, size_t size);
bool cgroup_is_container(struct span path);
/* The container's identifier, cut to 12 digits as its tools show it, or the name of one without (lxc); and the uid of the pod
 * that Kubernetes put it into. Empty, and 0 is returned, if the path is none of that. */
size_t cgroup_container(struct span path, char *out, size_t size);
size_t cgroup_pod(struct span path, char *out, size_t size);

#endif
