/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses /proc/PID/cgroup:
 *   4:memory:/system.slice/docker-9f2b….scope     (version 1; name=systemd is a hierarchy without controllers)
 *   0::/system.slice/nginx.service                (the unified hierarchy, version 2) */
#include "probes/kernel/cgroup_path.h"

#include "base/mem.h"

void cgroup_paths_parse(const char *text, size_t length, struct cgroup_paths *out)
{
    memset(out, 0, sizeof *out);
    struct span all = span_of(text, length), path;
    while (scan_line(&all, &path)) {
        if (!scan_past(&path, ":"))
            continue;
        struct span names = {path.at, span_find_char(path, ':')};
        if (!scan_past(&path, ":") || path.at == path.end || *path.at != '/')
            continue;
        if (names.at == names.end) {
            out->unified = path;
            continue;
        }
        if (span_is(names, "name=systemd")) {
            out->systemd = path;
            continue;
        }
        while (names.at < names.end) { /* "cpu,cpuacct": several controllers can share a hierarchy */
            const char *comma = span_find_char(names, ',');
            if (span_is((struct span){names.at, comma ? comma : names.end}, "memory"))
                out->memory = path;
            names.at = comma ? comma + 1 : names.end;
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
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        if (span_length(order[i]) > 1)
            return order[i]; /* deeper than "/" */
        if (!found.at)
            found = order[i];
    }
    return found;
}

/* As systemd.unit(5) allows: any user can name groups of his own, and advice puts units into commands. */
static bool is_unit_name(struct span s)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
    for (const char *p = s.at; p < s.end; p++)
        if (!memchr(allowed, *p, sizeof allowed - 1))
            return false;
    return true;
}

static bool is_unit(struct span s)
{
    if (!is_unit_name(s))
        return false;
    return span_ends(s, ".service") || span_ends(s, ".scope") || span_ends(s, ".mount") || span_ends(s, ".socket") ||
           span_ends(s, ".swap");
}

/* Copies with runs of 32 or more hexadecimal digits (container identifiers) cut to 12. */
static size_t copy_short(struct span s, char *out, size_t size)
{
    size_t n = 0;
    for (const char *p = s.at; p < s.end;) {
        size_t run = 0;
        while (p + run < s.end && ((p[run] >= '0' && p[run] <= '9') || (p[run] >= 'a' && p[run] <= 'f')))
            run++;
        size_t copy = run >= 32 ? 12 : run ? run : 1, skip = run ? run : 1;
        for (size_t c = 0; c < copy && n + 1 < size; c++)
            out[n++] = p[c];
        p += skip;
    }
    out[n] = '\0';
    return n;
}

static struct span last_component(struct span *path)
{
    while (path->end > path->at && path->end[-1] == '/')
        path->end--;
    struct span last = span_basename(*path);
    path->end = last.at;
    return last;
}

size_t cgroup_unit(struct span path, char *out, size_t size)
{
    struct span rest = path, last = last_component(&rest), component = last;
    while (span_length(component) && !is_unit(component))
        component = last_component(&rest);
    if (!span_length(component))
        component = last;
    if (!span_length(component))
        component = span_of_string("/");
    return copy_short(component, out, size);
}

bool cgroup_is_container(struct span path)
{
    static const char *const marks[] = {"docker", "containerd", "kubepods", "libpod",
                                        "podman", "/lxc",       "crio-",    "/machine.slice/"};
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (span_find(path, marks[i]) && !span_ends(path, "/docker.service") && !span_ends(path, "/containerd.service"))
            return true;
    return false;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The last run of 64 hexadecimal digits: containers can be within a pod, and have groups of their own. */
static struct span last_identifier(struct span path)
{
    enum { DIGITS = 64 };
    struct span found = {0};
    for (const char *p = path.at; p < path.end;) {
        const char *begin = p;
        while (p < path.end && is_hex(*p))
            p++;
        if (p - begin == DIGITS)
            found = (struct span){begin, p};
        p += p == begin;
    }
    return found;
}

size_t cgroup_container(struct span path, char *out, size_t size)
{
    enum { SHORT = 12 };
    static const char *const named[] = {"/lxc.payload.", "/lxc.payload/", "/lxc/"};
    struct span found = cgroup_is_container(path) ? last_identifier(path) : (struct span){0};
    if (found.at)
        found.end = found.at + SHORT;
    for (size_t i = 0; !found.at && i < ARRAY_SIZE(named); i++) {
        struct span rest = path;
        if (!scan_past(&rest, named[i]))
            continue;
        const char *slash = span_find_char(rest, '/');
        found = (struct span){rest.at, slash ? slash : rest.end};
    }
    return span_copy(found, out, size);
}

/* kubepods/burstable/pod0a1b…, kubepods-burstable-pod0a1b_….slice */
size_t cgroup_pod(struct span path, char *out, size_t size)
{
    enum { UID = 36 };
    struct span rest = path;
    *out = '\0';
    if (size <= UID || !scan_past(&rest, "kubepods"))
        return 0;
    while (scan_past(&rest, "pod")) {
        size_t n = 0;
        for (; n < UID && n < span_length(rest) && (is_hex(rest.at[n]) || rest.at[n] == '-' || rest.at[n] == '_'); n++)
            out[n] = rest.at[n] == '_' ? '-' : rest.at[n];
        out[n] = '\0';
        if (n == UID)
            return n;
    }
    *out = '\0';
    return 0;
}
