/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What machine it is, from captures of several kinds. */
#include "tree.h"

#define DMI "sys/class/dmi/id/"

static void a_linode_guest(void **state)
{
    struct tree *t = *state;
    tree_file(t, "fragwizard-capture", "page_size 4096\nhostname web-03\ntime 2026-01-01T00:00:00Z\n");
    tree_file(t, "proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
    tree_file(t, "proc/meminfo",
              "MemTotal: 990000 kB\nMemFree: 500000 kB\nSwapTotal: 524284 kB\nSwapFree: 524284 kB\n");
    tree_file(t, "proc/vmstat", "nr_free_pages 125000\npswpin 0\nballoon_inflate 1000\nballoon_deflate 400\n");
    tree_file(
        t, "proc/cpuinfo",
        "processor\t: 0\nflags\t\t: fpu vme hypervisor lahf_lm\n\nprocessor\t: 1\nflags\t\t: fpu vme hypervisor\n");
    tree_file(t, "proc/uptime", "86400.12 171000.00\n");
    tree_file(t, "proc/buddyinfo", "Node 0, zone    DMA32 1 2 3 4 5 6 7 8 9 10 11\n");
    tree_file(t, "proc/zoneinfo",
              "Node 0, zone    DMA32\n  pages free     1\n        present  2\n        managed  2\n"
              "Node 1, zone   Normal\n  pages free     1\n        present  2\n        managed  2\n"
              "Node 1, zone  Movable\n  pages free     0\n        present  0\n        managed  0\n");
    tree_file(t, "sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n");
    tree_file(t, "sys/devices/system/cpu/online", "0-1\n");
    tree_file(t, DMI "sys_vendor", "Linode\n");
    tree_file(t, DMI "product_name", "Compute Instance\n");
    tree_file(t, DMI "bios_vendor", "Linode\n");
    struct facts *f = tree_facts(t, "host");
    assert_int_equal(f->status, STATUS_OK);
    assert_string_equal(fact_text(f, "host", 0, "hostname"), "web-03");
    assert_string_equal(fact_text(f, "host", 0, "kernel"), "6.1.0-28-amd64");
    assert_string_equal(fact_text(f, "host", 0, "machine"), "x86_64");
    assert_string_equal(fact_text(f, "host", 0, "provider"), "Linode/Akamai");
    assert_string_equal(fact_text(f, "host", 0, "virtualization"), "kvm");
    assert_string_equal(fact_text(f, "host", 0, "product"), "Compute Instance");
    assert_near(NUMBER(f, "host", 0, "cpus"), 2, 0);
    assert_near(NUMBER(f, "host", 0, "nodes"), 2, 0);
    assert_near(NUMBER(f, "host", 0, "uptime"), 86400, 0);
    assert_near(NUMBER(f, "host", 0, "pageblock_size"), 2097152, 0);
    assert_near(NUMBER(f, "host", 0, "balloon"), 600 * 4096, 0);
    assert_near(NUMBER(f, "host", 0, "swap_total"), 524284.0 * 1024, 0);
    assert_near(NUMBER(f, "host", 0, "privileged"), 1, 0);
    assert_near(NUMBER(f, "host", 0, "container"), 0, 0);
}

static const char *virtualization(struct tree *t, const char *vendor, const char *product, const char *tag,
                                  const char **provider)
{
    tree_file(t, "proc/meminfo", "MemTotal: 990000 kB\nMemFree: 500000 kB\n");
    tree_file(t, "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor\n");
    tree_file(t, DMI "sys_vendor", vendor);
    tree_file(t, DMI "product_name", product);
    tree_file(t, DMI "chassis_asset_tag", tag);
    struct facts *f = tree_facts(t, "host");
    *provider = fact_text(f, "host", 0, "provider");
    return fact_text(f, "host", 0, "virtualization");
}

static void providers(void **state)
{
    struct tree *t = *state;
    const char *provider;
    assert_string_equal(virtualization(t, "Amazon EC2\n", "t3.micro\n", "Amazon EC2\n", &provider), "kvm");
    assert_string_equal(provider, "AWS");
    assert_string_equal(virtualization(t, "Microsoft Corporation\n", "Virtual Machine\n",
                                       "7783-7084-3265-9085-8269-3286-77\n", &provider),
                        "hyperv");
    assert_string_equal(provider, "Azure");
    assert_string_equal(virtualization(t, "Microsoft Corporation\n", "Virtual Machine\n", "1234\n", &provider),
                        "hyperv");
    assert_string_equal(provider, "none known");
    assert_string_equal(virtualization(t, "Google\n", "Google Compute Engine\n", "\n", &provider), "kvm");
    assert_string_equal(provider, "GCE");
    assert_string_equal(virtualization(t, "VMware, Inc.\n", "VMware7,1\n", "No Asset Tag\n", &provider), "vmware");
    assert_string_equal(virtualization(t, "QEMU\n", "Standard PC (Q35 + ICH9, 2009)\n", "\n", &provider), "kvm");
    assert_string_equal(virtualization(t, "Nobody\n", "Thing\n", "\n", &provider), "virtual machine (kind unknown)");
    assert_string_equal(virtualization(t, "<b>\033[1m\n", "x\n", "\n", &provider), "virtual machine (kind unknown)");
}

static void bare_metal_and_containers(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", "MemTotal: 990000 kB\nMemFree: 500000 kB\n");
    tree_file(t, "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme\n");
    tree_file(t, DMI "sys_vendor", "Dell Inc.\n");
    tree_file(t, DMI "product_name", "PowerEdge R640\n");
    struct facts *f = tree_facts(t, "host");
    assert_string_equal(fact_text(f, "host", 0, "virtualization"), "none");
    tree_file(t, ".dockerenv", "x");
    f = tree_facts(t, "host");
    assert_string_equal(fact_text(f, "host", 0, "virtualization"), "container");
    assert_near(NUMBER(f, "host", 0, "container"), 1, 0);
    /* A machine made from an image of a container */
    tree_file(t, "proc/2/comm", "kthreadd\n");
    f = tree_facts(t, "host");
    assert_near(NUMBER(f, "host", 0, "container"), 0, 0);
}

static void sosreport_names_its_host(void **state)
{
    struct tree *t = *state;
    tree_file(t, "proc/meminfo", "MemTotal: 990000 kB\nMemFree: 500000 kB\n");
    tree_file(t, "proc/version",
              "Linux version 3.10.0-1160.el7.x86_64 (mockbuild@kbuilder) (gcc version 4.8.5) #1 SMP\n");
    tree_file(t, "sos_commands/host/hostname", "db1.example.org\n");
    tree_file(t, "dmidecode",
              "# dmidecode 3.2\n\nHandle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Red Hat\n"
              "\tProduct Name: KVM\n\tVersion: RHEL 7.6.0 PC\n\nHandle 0x0002\n");
    struct facts *f = tree_facts(t, "host");
    assert_string_equal(fact_text(f, "host", 0, "hostname"), "db1.example.org");
    assert_string_equal(fact_text(f, "host", 0, "kernel"), "3.10.0-1160.el7.x86_64");
    assert_string_equal(fact_text(f, "host", 0, "machine"), "x86_64");
    assert_string_equal(fact_text(f, "host", 0, "virtualization"), "kvm");
    assert_string_equal(fact_text(f, "host", 0, "product"), "KVM");
}

static void an_empty_tree_has_reasons(void **state)
{
    struct tree *t = *state;
    struct facts *f = tree_facts(t, "host");
    assert_int_equal(f->status, STATUS_ABSENT);
    static const char *const columns[] = {"hostname", "kernel", "machine",        "memory_total",
                                          "nodes",    "cpus",   "uptime",         "virtualization",
                                          "balloon",  "user",   "cgroup_version", "huge_page_size"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        assert_string_not_equal(fact_why(f, "host", 0, columns[i]), "not read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(a_linode_guest),
        tree_test(providers),
        tree_test(bare_metal_and_containers),
        tree_test(sosreport_names_its_host),
        tree_test(an_empty_tree_has_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
