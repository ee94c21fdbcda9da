/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one is told of processes: live ones, captured ones, hostile names, and those that could not be read. */
#include "rows.h"
#include "probes/kernel/cgroup_path.h"
#include "probes/kernel/pids.h"

#define ROLLUP(rss, pss, clean, dirty)                                                                                 \
    "55cf7df9a000-7fffc9ce0000 ---p 00000000 00:00 0                          [rollup]\n"                              \
    "Rss: " #rss " kB\nPss: " #pss " kB\nPss_Shmem: 0 kB\nPrivate_Clean: " #clean " kB\nPrivate_Dirty: " #dirty        \
    " kB\n"                                                                                                            \
    "Anonymous: " #dirty " kB\nSwap: 8 kB\nSwapPss: 4 kB\n"
#define STAT(pid, name, flags)                                                                                         \
#pid " (" name ") S 1 1 1 0 -1 " #flags                                                                            \
         " 83 0 0 0 12 3 0 0 20 0 27 0 8112 2703360000 600 18446744073709551615 1 1 0 0 0\n"

static void a_name_with_parentheses_keeps_the_fields_apart(void **state)
{
    (void)state;
    struct proc_stat s;
    static const char text[] = STAT(4052, "Web (Content) 1) R 9", 4194560);
    assert_true(stat_parse(text, strlen(text), &s));
    assert_string_equal(s.command, "Web (Content) 1) R 9");
    assert_int_equal(s.state, 'S');
    assert_int_equal(s.parent, 1);
    assert_int_equal(s.threads, 27);
    assert_int_equal(s.start_ticks, 8112);
    assert_int_equal(s.virtual_bytes, 2703360000);
    assert_int_equal(s.rss_pages, 600);
    assert_false(s.kernel);
    static const char kernel[] = STAT(2, "kthreadd", 2129984);
    assert_true(stat_parse(kernel, strlen(kernel), &s));
    assert_true(s.kernel);
    for (size_t n = 0; n + 60 < strlen(text); n++)
        assert_false(stat_parse(text, n, &s)); /* cut anywhere */
}

static void status_is_read_on_old_and_new_kernels(void **state)
{
    (void)state;
    struct proc_status s;
    static const char old[] =
        "Name:\tmysqld\nState:\tS (sleeping)\nTgid:\t812\nUid:\t27\t27\t27\t27\nGroups:\t27 \nVmPeak:\t 2000000 kB\n"
        "VmSize:\t 1900000 kB\nVmLck:\t       0 kB\nVmPin:\t       0 kB\nVmHWM:\t  500000 kB\nVmRSS:\t  400000 kB\n"
        "VmSwap:\t    1200 kB\nThreads:\t31\nSigQ:\t0/1\n";
    assert_true(status_file_parse(old, strlen(old), &s));
    assert_string_equal(s.command, "mysqld");
    assert_int_equal(s.uid, 27);
    assert_int_equal(s.vm_rss, 400000 * 1024);
    assert_int_equal(s.vm_peak_rss, 500000 * 1024);
    assert_int_equal(s.vm_swap, 1200 * 1024);
    assert_int_equal(s.threads, 31);
    assert_false(s.has & PROC_RSS_ANON);
    static const char new[] = "Name:\ta\\nb\\\\c\nUmask:\t0022\nState:\tR "
                              "(running)\nUid:\t4294967294\t0\t0\t0\nVmRSS:\t 12 kB\nRssAnon:\t 4 kB\n"
                              "RssFile:\t 8 kB\nRssShmem:\t 0 kB\nHugetlbPages:\t 2048 kB\nThreads:\t1\n";
    assert_true(status_file_parse(new, strlen(new), &s));
    assert_string_equal(s.command, "a\nb\\c");
    assert_int_equal(s.uid, 4294967294u);
    assert_int_equal(s.rss_anon, 4096);
    assert_int_equal(s.hugetlb, 2048 * 1024);
}

static void unit_of(const char *cgroup, const char *unit)
{
    struct cgroup_paths p;
    char out[256];
    cgroup_paths_parse(cgroup, strlen(cgroup), &p);
    cgroup_unit(cgroup_managed(&p), out, sizeof out);
    assert_string_equal(out, unit);
}

static void the_unit_is_named(void **state)
{
    (void)state;
    unit_of("0::/system.slice/nginx.service\n", "nginx.service");
    unit_of("0::/system.slice/containerd.service/worker\n", "containerd.service");
    unit_of("0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-term.scope\n", "app-term.scope");
    unit_of("4:memory:/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n0::/\n",
            "0123456789ab");
    unit_of("0::/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n",
            "docker-0123456789ab.scope");
    unit_of("9:name=systemd:/system.slice/sshd.service\n4:cpu,memory:/\n0::/\n", "sshd.service");
    unit_of("0::/system.slice/a\\x2db@1.service\n", "a\\x2db@1.service");
    unit_of("0::/user.slice/user@1000.service/x';reboot;'.service\n", "user@1000.service");
    unit_of("0::/init.scope\n", "init.scope");
    unit_of("0::/\n", "/");
    unit_of("", "/");
}

static void memory_is_accounted_where_its_controller_is(void **state)
{
    (void)state;
    struct cgroup_paths p;
    static const char hybrid[] = "12:cpuset:/a\n4:blkio,memory:/limits/db\n1:name=systemd:/system.slice/"
                                 "db.service\n0::/system.slice/db.service\n";
    cgroup_paths_parse(hybrid, strlen(hybrid), &p);
    assert_true(span_is(cgroup_accounted(&p), "/limits/db"));
    static const char unified[] = "0::/system.slice/db.service\n";
    cgroup_paths_parse(unified, strlen(unified), &p);
    assert_true(span_is(cgroup_accounted(&p), "/system.slice/db.service"));
}

static void users_come_from_the_roots_own_passwd(void **state)
{
    (void)state;
    struct users u;
    static const char text[] = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/bin/"
                               "false\nbroken\n::\ntoor:x:0:0::/:/bin/sh\nhalf:x:\n+nis\n";
    users_parse(&u, mem_strdup(text), strlen(text));
    char number[24];
    assert_string_equal(users_name(&u, 0, number), "root");
    assert_string_equal(users_name(&u, 33, number), "www-data");
    assert_string_equal(users_name(&u, 1001, number), "1001");
    users_free(&u);
}

static struct facts *run(const char *probe, const struct root *r, long pid)
{
    const struct probe *p = probe_find(probe);
    struct probe_input in = {.root = r, .pid = pid};
    assert_non_null(p);
    return probe_collect(p, NULL, &in);
}

static void write_process(struct tree *c, int pid, const char *file, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "proc/%d/%s", pid, file);
    tree_file(c, path, text);
}

static void a_captured_tree_reads_like_a_machine(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_file(&c, "proc/uptime", "1000.00 500.00\n");
    tree_file(&c, "etc/passwd", "app:x:1000:1000::/:/bin/sh\n");
    write_process(&c, 2, "stat", STAT(2, "kthreadd", 2129984));
    write_process(&c, 2, "status", "Name:\tkthreadd\nState:\tS (sleeping)\nUid:\t0\t0\t0\t0\nThreads:\t1\n");
    for (int pid = 100; pid < 103; pid++) {
        write_process(&c, pid, "stat", STAT(100, "worker", 4194560));
        write_process(&c, pid, "status",
                      "Name:\tworker\nState:\tS (sleeping)\nUid:\t1000\t0\t0\t0\nVmSize:\t 5000 kB\nVmRSS:\t 2000 "
                      "kB\nRssAnon:\t 300 kB\n"
                      "RssFile:\t 1600 kB\nRssShmem:\t 100 kB\nVmSwap:\t 8 kB\nThreads:\t27\n");
        write_process(&c, pid, "smaps_rollup", ROLLUP(2000, 1000, 100, 300));
        write_process(&c, pid, "cgroup", "0::/system.slice/app.service\n");
    }
    tree_open(&c);
    struct facts *f = run("processes", &c.root, 0);
    assert_int_equal(f->status, STATUS_OK);
    assert_true(f->coverage == 1);
    assert_true(row_number(f, "processes", -1, "count") == 4);
    assert_true(row_number(f, "processes", -1, "kernel_threads") == 1);
    assert_true(row_number(f, "processes", -1, "measured") == 3);
    assert_true(row_number(f, "processes", -1, "pss_total") == 3 * 1000 * 1024);
    assert_true(row_number(f, "process", 101, "uss") == 400 * 1024);
    assert_true(row_number(f, "process", 101, "swap_pss") == 4 * 1024);
    assert_true(row_number(f, "process", 101, "rss_shmem") == 100 * 1024);
    assert_true(row_number(f, "process", 101, "age") > 918 && row_number(f, "process", 101, "age") < 919);
    assert_string_equal(row_text(f, "process", 101, "user"), "app");
    assert_string_equal(row_text(f, "process", 101, "unit"), "app.service");
    assert_string_equal(row_text(f, "process", 101, "state"), "S");
    assert_true(row_cell(f, "process", 2, "kernel").truth);
    assert_true(row_number(f, "process", 2, "pss") == 0);
    assert_string_equal(row_text(f, "command_sum", -1, "command"), "worker");
    assert_true(row_number(f, "command_sum", -1, "count") == 3);
    assert_true(row_number(f, "cgroup_sum", -1, "uss") == 3 * 400 * 1024);
    facts_free(f);
    tree_free(&c);
}

static void an_sosreport_has_only_status_and_smaps(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_file(&c, "sos_commands/date/date", "now\n");
    write_process(&c, 77, "status",
                  "Name:\tjava\nState:\tS (sleeping)\nUid:\t500\t500\t500\t500\nVmSize:\t 9000 kB\nVmRSS:\t 700 "
                  "kB\nVmSwap:\t 0 kB\nThreads:\t80\n");
    write_process(&c, 77, "smaps",
                  "00400000-00401000 r-xp 00000000 fd:00 1 /usr/bin/java\nRss: 200 kB\nPss: 100 kB\nPrivate_Clean: 50 "
                  "kB\nPrivate_Dirty: 0 kB\nSwap: 0 kB\n"
                  "01a2b000-01b2c000 rw-p 00000000 00:00 0 [heap]\nRss: 500 kB\nPss: 500 kB\nPrivate_Clean: 0 "
                  "kB\nPrivate_Dirty: 500 kB\nSwap: 0 kB\n");
    tree_open(&c);
    struct facts *f = run("processes", &c.root, 0);
    assert_int_equal(f->status, STATUS_OK);
    assert_true(row_number(f, "process", 77, "uss") == 550 * 1024);
    assert_true(row_number(f, "process", 77, "threads") == 80);
    assert_string_equal(row_text(f, "process", 77, "command"), "java");
    assert_string_equal(row_text(f, "process", 77, "user"), "500");
    assert_false(row_cell(f, "process", 77, "age").known);
    assert_true(row_number(f, "process", 77, "swap_pss") == 0); /* nothing swapped, so nothing to split */
    facts_free(f);
    f = run("process", &c.root, 77);
    assert_true(row_number(f, "target", 77, "mappings") == 2);
    assert_string_equal(row_text(f, "mapping", -1, "kind"), "heap");
    facts_free(f);
    tree_free(&c);
}

static void what_could_not_be_read_is_unknown_and_counted(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    for (int pid = 10; pid < 14; pid++) {
        write_process(&c, pid, "stat", STAT(10, "x", 4194560));
        write_process(&c, pid, "status",
                      "Name:\tx\nState:\tS (sleeping)\nVmSize:\t 9000 kB\nVmRSS:\t 700 kB\nThreads:\t1\n");
    }
    write_process(&c, 10, "smaps_rollup", ROLLUP(2000, 1000, 100, 300));
    write_process(&c, 11, "smaps_rollup", ""); /* the kernel gives nothing for some */
    tree_open(&c);
    struct facts *f = run("processes", &c.root, 0);
    assert_int_equal(f->status, STATUS_PARTIAL);
    assert_non_null(strstr(f->reason, "3 of 4 processes"));
    assert_true(f->coverage == 0.25);
    struct value pss = row_cell(f, "process", 12, "pss");
    assert_false(pss.known);
    assert_non_null(strstr(pss.why, "not captured"));
    assert_true(row_number(f, "process", 12, "rss") == 700 * 1024);
    assert_true(row_number(f, "processes", -1, "denied") == 1);
    facts_free(f);
    tree_free(&c);
}

static void a_hostile_name_is_only_text(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    write_process(&c, 5, "stat", STAT(5, "\x1b[31m<b>\xff)\n(", 4194560));
    write_process(&c, 5, "smaps_rollup", ROLLUP(8, 8, 0, 8));
    write_process(&c, 5, "cgroup", "0::/\x1b]0;title\x07.service\n");
    write_process(&c, 6, "stat", "nonsense");
    tree_file(&c, "proc/7x/stat", STAT(7, "no", 0));
    tree_file(&c, "proc/99999999999999999999/stat", STAT(7, "no", 0));
    tree_open(&c);
    struct facts *f = run("processes", &c.root, 0);
    for (const char *p = row_text(f, "process", 5, "command"); *p; p++)
        assert_true((unsigned char)*p >= ' ');
    for (const char *p = row_text(f, "process", 5, "unit"); *p; p++)
        assert_true((unsigned char)*p >= ' ');
    assert_true(facts_table(f, "process")->rows <= 2);
    facts_free(f);
    tree_free(&c);
}

static void a_process_that_is_not_there_has_vanished(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_open(&c);
    struct facts *f = run("process", &c.root, 4711);
    assert_int_equal(f->status, STATUS_VANISHED);
    assert_non_null(strstr(f->reason, "4711"));
    facts_free(f);
    f = run("processes", &c.root, 0);
    assert_int_equal(f->status, STATUS_ABSENT);
    facts_free(f);
    tree_free(&c);
    struct root live;
    assert_true(root_open(&live, "/", NULL));
    f = run("process", &live, INT32_MAX - 1);
    assert_int_equal(f->status, STATUS_VANISHED);
    facts_free(f);
    root_close(&live);
}

static void this_very_process_is_measured_right(void **state)
{
    (void)state;
    struct root live;
    assert_true(root_open(&live, "/", NULL));
    struct facts *before = run("process", &live, getpid());
    if (before->status != STATUS_OK) {
        facts_free(before);
        root_close(&live);
        skip();
    }
    double uss = row_number(before, "target", -1, "uss");
    size_t size = 32 << 20;
    char *block = malloc(size);
    assert_non_null(block);
    memset(block, 7, size);
    struct facts *after = run("process", &live, getpid()), *all = run("processes", &live, 0);
    double grown = row_number(after, "target", -1, "uss") - uss;
    assert_true(grown > 31 << 20 && grown < 40 << 20);
    assert_true(row_number(all, "process", getpid(), "uss") > 32 << 20);
    assert_true(row_number(all, "process", getpid(), "threads") >= 1);
    double sum = 0;
    const struct table *t = facts_table(after, "mapping");
    for (size_t i = 0; i < t->rows; i++)
        sum += cell_get(t, i, (unsigned)table_decl_column(t->decl, "rss")).number;
    assert_true(sum == row_number(after, "target", -1, "rss"));
    assert_string_not_equal(row_text(after, "target", -1, "command_line"), "(unknown)");
    free(block);
    facts_free(before);
    facts_free(after);
    facts_free(all);
    root_close(&live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_with_parentheses_keeps_the_fields_apart),
        cmocka_unit_test(status_is_read_on_old_and_new_kernels),
        cmocka_unit_test(the_unit_is_named),
        cmocka_unit_test(memory_is_accounted_where_its_controller_is),
        cmocka_unit_test(users_come_from_the_roots_own_passwd),
        cmocka_unit_test(a_captured_tree_reads_like_a_machine),
        cmocka_unit_test(an_sosreport_has_only_status_and_smaps),
        cmocka_unit_test(what_could_not_be_read_is_unknown_and_counted),
        cmocka_unit_test(a_hostile_name_is_only_text),
        cmocka_unit_test(a_process_that_is_not_there_has_vanished),
        cmocka_unit_test(this_very_process_is_measured_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
