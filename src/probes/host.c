/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What machine this is: kernel, sizes, virtualization, provider, and who looks at it. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probes/kernel/buddyinfo.h"
#include "probes/kernel/page_size.h"
#include "probes/kernel/pids.h"
#include "facts/probe.h"

#define PLATFORM_NAMES(X)                                                                                              \
    X(ON_METAL, "none")                                                                                                \
    X(ON_CONTAINER, "container")                                                                                       \
    X(ON_SOMETHING, "virtual machine (kind unknown)")                                                                  \
    X(ON_FIRECRACKER, "firecracker")                                                                                   \
    X(ON_XEN, "xen")                                                                                                   \
    X(ON_VMWARE, "vmware")                                                                                             \
    X(ON_HYPERV, "hyperv")                                                                                             \
    X(ON_VIRTUALBOX, "virtualbox")                                                                                     \
    X(ON_PARALLELS, "parallels")                                                                                       \
    X(ON_KVM, "kvm")
enum platform { PLATFORM_NAMES(LIST_INDEX) };
static const char *const platforms[] = {PLATFORM_NAMES(LIST_NAME) NULL};
#define PROVIDER_NAMES(X)                                                                                              \
    X(BY_NOBODY_KNOWN, "none known")                                                                                   \
    X(BY_LINODE_AKAMAI, "Linode/Akamai")                                                                               \
    X(BY_AWS, "AWS")                                                                                                   \
    X(BY_GCE, "GCE")                                                                                                   \
    X(BY_DIGITALOCEAN, "DigitalOcean")                                                                                 \
    X(BY_HETZNER, "Hetzner")                                                                                           \
    X(BY_VULTR, "Vultr")                                                                                               \
    X(BY_OVH, "OVH")                                                                                                   \
    X(BY_ALIBABA_CLOUD, "Alibaba Cloud")                                                                               \
    X(BY_ORACLE_CLOUD, "Oracle Cloud")                                                                                 \
    X(BY_SCALEWAY, "Scaleway")                                                                                         \
    X(BY_UPCLOUD, "UpCloud")                                                                                           \
    X(BY_EXOSCALE, "Exoscale")                                                                                         \
    X(BY_TENCENT_CLOUD, "Tencent Cloud")                                                                               \
    X(BY_HUAWEI_CLOUD, "Huawei Cloud")                                                                                 \
    X(BY_OPENSTACK, "OpenStack")                                                                                       \
    X(BY_NUTANIX, "Nutanix")                                                                                           \
    X(BY_AZURE, "Azure")
enum provider { PROVIDER_NAMES(LIST_INDEX) };
static const char *const providers[] = {PROVIDER_NAMES(LIST_NAME) NULL};

#define HOST_COLUMNS(X)                                                                                                \
    X(HOSTNAME, "hostname", TYPE_TEXT, "name of the host")                                                             \
    X(KERNEL, "kernel", TYPE_TEXT, "kernel release")                                                                   \
    X(MACHINE, "machine", TYPE_TEXT, "architecture")                                                                   \
    X(PAGE_SIZE, "page_size", TYPE_BYTES, "size of a page")                                                            \
    X(PAGEBLOCK_SIZE, "pageblock_size", TYPE_BYTES, "size of the blocks that the kernel keeps by kind of use")         \
    X(HUGE_PAGE_SIZE, "huge_page_size", TYPE_BYTES, "size of a transparent huge page")                                 \
    X(MEMORY_TOTAL, "memory_total", TYPE_BYTES, "memory that the kernel manages (MemTotal)")                           \
    X(NODES, "nodes", TYPE_COUNT, "NUMA nodes with memory")                                                            \
    X(CPUS, "cpus", TYPE_COUNT, "processors online")                                                                   \
    X(UPTIME, "uptime", TYPE_SECONDS, "time since boot")                                                               \
    X(VIRTUALIZATION, "virtualization", TYPE_TEXT, "what it runs on, if on no hardware of its own",                    \
      .values = platforms)                                                                                             \
    X(PROVIDER, "provider", TYPE_TEXT, "cloud provider, as the firmware names it", .values = providers)                \
    X(PRODUCT, "product", TYPE_TEXT, "product name, as the firmware names it")                                         \
    X(BALLOON, "balloon", TYPE_BYTES, "memory that the hypervisor has taken back")                                     \
    X(SWAP_TOTAL, "swap_total", TYPE_BYTES, "size of all swap")                                                        \
    X(PRIVILEGED, "privileged", TYPE_BOOL, "can see the memory of other users' processes")                             \
    X(USER, "user", TYPE_TEXT, "user that looks")                                                                      \
    X(CGROUP_VERSION, "cgroup_version", TYPE_COUNT, "version of control groups that accounts memory (1 or 2)")         \
    X(CONTAINER, "container", TYPE_BOOL, "this is a container: it shares its kernel with others")
enum { HOST_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {HOST_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "host", .help = "the machine", COLUMNS(columns), .single = true},
};

static void put_hostname(struct table *t, const struct root *r)
{
    static const char *const files[] = {"proc/sys/kernel/hostname", "hostname", "sos_commands/host/hostname",
                                        "etc/hostname"};
    char text[256];
    if (capture_mark(r, "hostname", text, sizeof text)) {
        cell_text(t, 0, HOSTNAME, text);
        return;
    }
    for (size_t i = 0; i < (r->live ? 1 : ARRAY_SIZE(files)); i++) {
        if (!source_line(r, files[i], text, sizeof text))
            continue;
        cell_text(t, 0, HOSTNAME, text);
        return;
    }
    cell_unknown(t, 0, HOSTNAME, "/proc/sys/kernel/hostname: not found");
}

static void put_kernel(struct table *t, const struct root *r)
{
    char release[256], machine[64];
    bool known = kernel_release(r, release, sizeof release);
    if (known)
        cell_text(t, 0, KERNEL, release);
    else
        cell_unknown(t, 0, KERNEL, "/proc/sys/kernel/osrelease: not found");
    struct utsname u;
    if (r->live && uname(&u) == 0) {
        cell_text(t, 0, MACHINE, u.machine);
        return;
    }
    /* proc/sys/kernel/arch is new in 6.1 */
    if (capture_mark(r, "machine", machine, sizeof machine) ||
        source_line(r, "proc/sys/kernel/arch", machine, sizeof machine)) {
        cell_text(t, 0, MACHINE, machine);
        return;
    }
    static const char *const known_machines[] = {"x86_64", "aarch64", "ppc64le", "s390x", "riscv64"};
    for (size_t i = 0; known && i < ARRAY_SIZE(known_machines); i++)
        if (strstr(release, known_machines[i])) {
            cell_text(t, 0, MACHINE, known_machines[i]);
            return;
        }
    if (known && strstr(release, "amd64"))
        cell_text(t, 0, MACHINE, "x86_64");
    else
        cell_unknown(t, 0, MACHINE, "the captured tree does not tell");
}

static void put_sizes(struct table *t, const struct root *r)
{
    uint64_t page = page_size(r), huge = huge_page_size(r);
    struct err e;
    enum status status;
    AUTO_BUDDYINFO struct buddyinfo b = {0};
    cell_number(t, 0, PAGE_SIZE, (double)page);
    if (!buddyinfo_read(&b, r, &status, &e))
        b.orders = 0;
    cell_number(t, 0, PAGEBLOCK_SIZE, ldexp((double)page, (int)pageblock_order(r, page, b.orders)));
    if (huge)
        cell_number(t, 0, HUGE_PAGE_SIZE, (double)huge);
    else
        cell_unknown(t, 0, HUGE_PAGE_SIZE, "the kernel has no transparent huge pages, or does not tell their size");
}

static void put_nodes(struct table *t, const struct root *r)
{
    AUTO_ZONEINFO struct zoneinfo z = {0};
    struct err e;
    enum status status;
    if (!zoneinfo_read(&z, r, &status, &e)) {
        cell_unknown(t, 0, NODES, e.text);
        return;
    }
    unsigned nodes = 0;
    for (size_t i = 0; i < z.count; i++) {
        bool seen = z.zones[i].present == 0;
        for (size_t k = 0; !seen && k < i; k++)
            seen = z.zones[k].node == z.zones[i].node && z.zones[k].present > 0;
        nodes += !seen;
    }
    cell_number(t, 0, NODES, nodes);
}

/* "0-3,8-11" */
static bool count_list(const char *text, uint64_t *count)
{
    struct span s = span_of_string(text);
    *count = 0;
    while (!scan_end(&s)) {
        uint64_t first, last;
        if (!scan_number(&s, &first))
            return false;
        last = first;
        if (scan_literal(&s, "-") && !scan_number(&s, &last))
            return false;
        if (last < first || last > 1 << 20)
            return false;
        *count += last - first + 1;
        if (!scan_literal(&s, ",") && !scan_end(&s))
            return false;
    }
    return *count > 0;
}

struct cpus {
    bool known, flags, hypervisor; /* flags: an x86, where the lack of the hypervisor flag tells that there is none */
};

/* Reads as much of cpuinfo as tells whether a hypervisor is below, without holding a megabyte of it. */
static void put_cpus(struct table *t, const struct root *r, struct cpus *cpus)
{
    char text[1024];
    uint64_t count = 0, listed = 0;
    *cpus = (struct cpus){0};
    bool online = source_line(r, "sys/devices/system/cpu/online", text, sizeof text) && count_list(text, &listed);
    int fd = root_open_file(r, "proc/cpuinfo");
    if (fd >= 0) {
        AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
        lines_open(l, fd);
        size_t length;
        const char *line;
        while ((line = lines_next(l, &length)) != NULL) {
            cpus->known = true;
            count += strncmp(line, "processor", 9) == 0 && strchr(line, ':') != NULL;
            if (strncmp(line, "flags", 5) == 0) {
                cpus->flags = true;
                cpus->hypervisor = strstr(line, " hypervisor") != NULL;
                if (online)
                    break;
            }
        }
        lines_close(l);
    }
    if (online || count)
        cell_number(t, 0, CPUS, (double)(online ? listed : count));
    else
        cell_unknown(t, 0, CPUS, "/proc/cpuinfo: not found");
}

static bool contains(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

struct firmware {
    char vendor[128], product[128], board[128], bios[128], tag[128];
};

static bool firmware_read(const struct root *r, struct firmware *f)
{
    static const struct {
        const char *file;
        size_t offset;
    } files[] = {
        {"sys/class/dmi/id/sys_vendor", offsetof(struct firmware, vendor)},
        {"sys/class/dmi/id/product_name", offsetof(struct firmware, product)},
        {"sys/class/dmi/id/board_vendor", offsetof(struct firmware, board)},
        {"sys/class/dmi/id/bios_vendor", offsetof(struct firmware, bios)},
        {"sys/class/dmi/id/chassis_asset_tag", offsetof(struct firmware, tag)},
    };
    bool any = false;
    *f = (struct firmware){0};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char *out = (char *)f + files[i].offset;
        bool read = source_line(r, files[i].file, out, 128);
        if (!read)
            *out = '\0';
        any |= read;
    }
    if (any)
        return true;
    /* sosreport has dmidecode's output instead; the system's manufacturer is the first after its heading. */
    AUTO_SOURCE struct source s = {0};
    enum status status;
    if (r->live || (!source_read(&s, r, "dmidecode", &status, NULL) &&
                    !source_read(&s, r, "sos_commands/hardware/dmidecode", &status, NULL)))
        return false;
    struct span all = span_of(s.text, s.length), line;
    if (!scan_past(&all, "System Information\n"))
        return false;
    while (scan_line(&all, &line) && !scan_end(&line)) {
        if (scan_literal(&line, "Manufacturer:") && !scan_end(&line))
            span_copy(line, f->vendor, sizeof f->vendor);
        else if (scan_literal(&line, "Product Name:") && !scan_end(&line))
            span_copy(line, f->product, sizeof f->product);
    }
    return f->vendor[0] != '\0';
}

static enum provider provider_of(const struct firmware *f)
{
    static const struct {
        const char *part;
        enum provider provider;
    } vendors[] = {
        {"linode", BY_LINODE_AKAMAI},
        {"akamai", BY_LINODE_AKAMAI},
        {"amazon", BY_AWS},
        {"google", BY_GCE},
        {"digitalocean", BY_DIGITALOCEAN},
        {"hetzner", BY_HETZNER},
        {"vultr", BY_VULTR},
        {"ovh", BY_OVH},
        {"alibaba", BY_ALIBABA_CLOUD},
        {"oraclecloud", BY_ORACLE_CLOUD},
        {"scaleway", BY_SCALEWAY},
        {"upcloud", BY_UPCLOUD},
        {"exoscale", BY_EXOSCALE},
        {"tencent", BY_TENCENT_CLOUD},
        {"huawei cloud", BY_HUAWEI_CLOUD},
        {"openstack", BY_OPENSTACK},
        {"nutanix", BY_NUTANIX},
    };
    const char *const texts[] = {f->vendor, f->tag, f->board, f->bios, f->product};
    for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
        for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
            if (contains(texts[k], vendors[i].part))
                return vendors[i].provider;
    if (strcmp(f->tag, "7783-7084-3265-9085-8269-3286-77") == 0) /* Azure's own mark */
        return BY_AZURE;
    return BY_NOBODY_KNOWN;
}

/* ON_METAL: nothing tells of one. */
static enum platform hypervisor_of(const struct root *r, const struct firmware *f)
{
    char text[1024], clock[256];
    /* The fixed ACPI table names its maker at byte 10; Firecracker has no DMI. */
    if (root_read_small(r, "sys/firmware/acpi/tables/FACP", text, sizeof text) >= 16 &&
        memcmp(text + 10, "FIRECK", 6) == 0)
        return ON_FIRECRACKER;
    if (source_line(r, "sys/hypervisor/type", text, sizeof text) && strcmp(text, "xen") == 0)
        return ON_XEN;
    if (contains(f->vendor, "vmware"))
        return ON_VMWARE;
    if (contains(f->vendor, "microsoft") && contains(f->product, "virtual machine"))
        return ON_HYPERV;
    if (contains(f->vendor, "innotek") || contains(f->product, "virtualbox"))
        return ON_VIRTUALBOX;
    if (contains(f->vendor, "parallels"))
        return ON_PARALLELS;
    if (contains(f->product, "kvm") || contains(f->vendor, "qemu") || contains(f->bios, "seabios") ||
        (contains(f->vendor, "amazon") && !contains(f->product, "metal") && !contains(f->bios, "xen")) ||
        contains(f->product, "google compute engine") || contains(f->vendor, "linode") || contains(f->vendor, "akamai"))
        return ON_KVM;
    if (!source_line(r, "sys/devices/system/clocksource/clocksource0/available_clocksource", clock, sizeof clock))
        return ON_METAL;
    if (strstr(clock, "kvm-clock"))
        return ON_KVM;
    if (strstr(clock, "hyperv"))
        return ON_HYPERV;
    if (strstr(clock, "xen"))
        return ON_XEN;
    return ON_METAL;
}

/* A machine made from an image of a container keeps that image's marks; but only a machine of its own has kthreadd as
 * process 2. */
static bool in_container(const struct root *r)
{
    char text[4096];
    static const char *const marks[] = {"run/systemd/container", ".dockerenv", "run/.containerenv"};
    if (source_line(r, "proc/2/comm", text, sizeof text) && strcmp(text, "kthreadd") == 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        int fd = root_open_file(r, marks[i]);
        if (fd < 0)
            continue;
        close(fd);
        return true;
    }
    ssize_t length = root_read_small(r, "proc/1/cgroup", text, sizeof text);
    return length > 0 && (strstr(text, "/docker/") || strstr(text, "/lxc/") || strstr(text, "kubepods"));
}

static void put_virtualization(struct table *t, const struct root *r, const struct cpus *cpus)
{
    struct firmware f;
    bool firmware = firmware_read(r, &f), container = in_container(r);
    cell_bool(t, 0, CONTAINER, container);
    enum platform kind = hypervisor_of(r, &f);
    if (container)
        cell_text(t, 0, VIRTUALIZATION, platforms[ON_CONTAINER]);
    else if (kind != ON_METAL && (cpus->hypervisor || !cpus->flags || kind == ON_XEN))
        cell_text(t, 0, VIRTUALIZATION, platforms[kind]);
    else if (cpus->hypervisor)
        cell_text(t, 0, VIRTUALIZATION, platforms[ON_SOMETHING]);
    else if (cpus->flags || firmware)
        cell_text(t, 0, VIRTUALIZATION, platforms[ON_METAL]);
    else
        cell_unknown(t, 0, VIRTUALIZATION,
                     cpus->known ? "this architecture does not tell" : "/proc/cpuinfo: not found");
    cell_text(t, 0, PROVIDER, providers[provider_of(&f)]);
    if (f.product[0])
        cell_text(t, 0, PRODUCT, f.product);
    else
        cell_unknown(t, 0, PRODUCT, "the firmware names none (/sys/class/dmi/id/product_name)");
}

static void put_memory(struct table *t, const struct root *r)
{
    struct meminfo m;
    struct counters c;
    struct err e;
    enum status status;
    if (!meminfo_read(&m, r, &status, &e)) {
        facts_fail(t->facts, status, "%s", e.text);
        cell_unknown(t, 0, MEMORY_TOTAL, e.text);
        cell_unknown(t, 0, SWAP_TOTAL, e.text);
    } else {
        if (m.known[MI_MEM_TOTAL])
            cell_number(t, 0, MEMORY_TOTAL, (double)m.value[MI_MEM_TOTAL]);
        if (m.known[MI_SWAP_TOTAL])
            cell_number(t, 0, SWAP_TOTAL, (double)m.value[MI_SWAP_TOTAL]);
    }
    if (m.known[MI_BALLOON]) {
        cell_number(t, 0, BALLOON, (double)m.value[MI_BALLOON]);
    } else if (counters_read(&c, r, &status, &e) && c.known[CT_BALLOON_INFLATE] && c.known[CT_BALLOON_DEFLATE]) {
        uint64_t in = c.value[CT_BALLOON_INFLATE], out = c.value[CT_BALLOON_DEFLATE];
        cell_number(t, 0, BALLOON, in > out ? (double)(in - out) * (double)page_size(r) : 0);
    } else {
        cell_unknown(t, 0, BALLOON, "this kernel does not count ballooned pages");
    }
}

/* What shows that another user's processes can be read: root, or CAP_SYS_PTRACE (19) in the effective set. */
static bool may_trace(const struct root *r)
{
    char text[8192];
    if (geteuid() == 0)
        return true;
    if (root_read_small(r, "proc/self/status", text, sizeof text) < 0)
        return false;
    const char *line = strstr(text, "CapEff:");
    return line && (strtoull(line + 7, NULL, 16) >> 19 & 1);
}

static void put_user(struct table *t, const struct root *r)
{
    if (!r->live) {
        char text[128];
        bool told = capture_mark(r, "user", text, sizeof text);
        cell_bool(t, 0, PRIVILEGED, told ? strcmp(text, "root") == 0 : !r->denied);
        if (told)
            cell_text(t, 0, USER, text);
        else
            cell_unknown(t, 0, USER, "the captured tree does not tell who captured it");
        return;
    }
    char number[24];
    struct users u = {0};
    cell_bool(t, 0, PRIVILEGED, may_trace(r));
    users_read(&u, r);
    cell_text(t, 0, USER, users_name(&u, geteuid(), number));
    users_free(&u);
}

static void put_cgroups(struct table *t, const struct root *r)
{
    char text[8192];
    uint64_t hierarchy;
    if (root_read_small(r, "proc/cgroups", text, sizeof text) > 0) {
        const char *line = strstr(text, "\nmemory");
        struct span s = line ? span_of(line + 7, strlen(line + 7)) : span_of(text, 0);
        if (scan_number(&s, &hierarchy) && hierarchy > 0) {
            cell_number(t, 0, CGROUP_VERSION, 1);
            return;
        }
    }
    int fd = root_open_file(r, "sys/fs/cgroup/cgroup.controllers");
    if (fd >= 0) {
        close(fd);
        cell_number(t, 0, CGROUP_VERSION, 2);
        return;
    }
    /* A capture may have no more than where some process is. */
    static const char *const members[] = {"proc/1/cgroup", "proc/self/cgroup"};
    for (size_t i = 0; i < 2; i++) {
        if (root_read_small(r, members[i], text, sizeof text) <= 0)
            continue;
        cell_number(t, 0, CGROUP_VERSION, strstr(text, ":memory:") ? 1 : 2);
        return;
    }
    cell_unknown(t, 0, CGROUP_VERSION, "neither /proc/cgroups nor /sys/fs/cgroup tells");
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    const struct root *r = in->root;
    struct table *t = facts_table(f, "host");
    table_add(t);
    struct cpus cpus;
    put_hostname(t, r);
    put_kernel(t, r);
    put_sizes(t, r);
    put_memory(t, r);
    put_nodes(t, r);
    put_cpus(t, r, &cpus);
    put_virtualization(t, r, &cpus);
    put_user(t, r);
    put_cgroups(t, r);
    char text[128];
    if (source_line(r, "proc/uptime", text, sizeof text)) {
        struct span s = span_of_string(text);
        uint64_t seconds;
        if (scan_number(&s, &seconds))
            cell_number(t, 0, UPTIME, (double)seconds);
    }
    row_unknown(t, 0, "/proc/uptime: not found or not a number");
}

extern const struct probe probe_host;
const struct probe probe_host = {
    .name = "host",
    .help = "the machine: kernel, sizes, virtualization, provider, and what may be seen",
    .classic = "uname -a; free -b; systemd-detect-virt",
    .tables = tables,
    .table_count = 1,
    .reads = "proc/sys/kernel/hostname proc/sys/kernel/osrelease proc/version proc/sys/kernel/arch proc/meminfo "
             "proc/vmstat proc/zoneinfo proc/buddyinfo proc/pagetypeinfo proc/uptime proc/cpuinfo proc/cgroups "
             "proc/1/cgroup proc/2/comm proc/self/cgroup sys/devices/system/cpu/online "
             "sys/devices/system/clocksource/clocksource0/available_clocksource sys/class/dmi/id/sys_vendor "
             "sys/class/dmi/id/product_name sys/class/dmi/id/board_vendor sys/class/dmi/id/bios_vendor "
             "sys/class/dmi/id/chassis_asset_tag sys/firmware/acpi/tables/FACP sys/hypervisor/type "
             "sys/fs/cgroup/cgroup.controllers sys/kernel/mm/transparent_hugepage/hpage_pmd_size etc/passwd "
             "run/systemd/container .dockerenv run/.containerenv",
    .reads_live = "proc/self/status",
    .collect = collect,
};
