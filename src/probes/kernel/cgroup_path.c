/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses /proc/PID/cgroup:
 *   4:memory:/system.slice/docker-9f2b….scope     (version 1; name=systemd is a hierarchy without controllers)
 *   0::/system.slice/nginx.service                (the unified hierarchy, version 2) */
#include "probes/kernel/cgroup_path.h"

void cgroup_paths_parse(const char *text, size_t length, struct cgroup_paths *out)
{
    memset(out, 0, sizeof *out);
    const char *at = text, *end = text + length;
    struct span line;
    while (scan_line(&at, end, &line)) {
        const char *stop = line.at + line.length, *first = memchr(line.at, ':', line.length);
        if (!first)
            continue;
        const char *second = memchr(first + 1, ':', (size_t)(stop - first - 1));
        if (!second || second + 1 == stop || second[1] != '/')
            continue;
        struct span names = {first + 1, (size_t)(second - first - 1)}, path = {second + 1, (size_t)(stop - second - 1)};
        if (names.length == 0) {
            out->unified = path;
            continue;
        }
        if (span_is(names, "name=systemd")) {
            out->systemd = path;
            continue;
        }
        for (const char *p = names.at; p < second;) { /* "cpu,cpuacct": several controllers can share a hierarchy */
            const char *comma = memchr(p, ',', (size_t)(second - p));
            struct span name = {p, (size_t)((comma ? comma : second) - p)};
            if (span_is(name, "memory"))
                out->memory = path;
            p = comma ? comma + 1 : second;
        }
    }
}

struct span cgroup_accounted(const struct cgroup_paths *p)
{
    return p->memory.at ? p->memory : p->unified.at ? p->unified : p->systemd;
}

struct span cgroup_managed(const struct cgroup_paths *p)
{
    struct span order[] = {p->unified, p->systemd, p->memory};
    struct span found = {0};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i].at && order[i].length > 1)
            return order[i]; /* deeper than "/" */
        if (!found.at)
            found = order[i];
    }
    return found;
}

static bool is_unit(struct span s)
{
    return span_ends(s, ".service") || span_ends(s, ".scope") || span_ends(s, ".mount") || span_ends(s, ".socket") ||
           span_ends(s, ".swap");
}

/* Copies with runs of 32 or more hexadecimal digits (container identifiers) cut to 12. */
static size_t copy_short(struct span s, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < s.length;) {
        size_t run = 0;
        while (i + run < s.length &&
               ((s.at[i + run] >= '0' && s.at[i + run] <= '9') || (s.at[i + run] >= 'a' && s.at[i + run] <= 'f')))
            run++;
        size_t copy = run >= 32 ? 12 : run ? run : 1, skip = run ? run : 1;
        for (size_t c = 0; c < copy && n + 1 < size; c++)
            out[n++] = s.at[i + c];
        i += skip;
    }
    out[n] = '\0';
    return n;
}

static struct span last_component(struct span *path)
{
    while (path->length && path->at[path->length - 1] == '/')
        path->length--;
    struct span last = span_basename(*path);
    path->length -= last.length;
    return last;
}

size_t cgroup_unit(struct span path, char *out, size_t size)
{
    struct span rest = path, last = last_component(&rest), component = last;
    while (component.length && !is_unit(component))
        component = last_component(&rest);
    if (!component.length)
        component = last;
    if (!component.length)
        component = (struct span){"/", 1};
    return copy_short(component, out, size);
}

bool cgroup_is_container(struct span path)
{
    static const char *const marks[] = {"docker", "containerd", "kubepods", "libpod",
                                        "podman", "/lxc",       "crio-",    "/machine.slice/"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (span_has(path, marks[i]) && !span_ends(path, "/docker.service") && !span_ends(path, "/containerd.service"))
            return true;
    return false;
}
