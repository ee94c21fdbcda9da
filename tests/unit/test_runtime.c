/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runtimes and allocators are told from what is mapped, and the answer says from what. */
#include "rows.h"
#include "probes/heap/allocator.h"

static struct detection detect(const char *maps, const char *command)
{
    struct detection d = {0};
    struct span all = span_of_string(maps), line;
    struct vma v;
    while (scan_line(&all, &line))
        if (vma_parse(line.at, span_length(line), &v))
            detect_mapping(&d, &v);
    detect_finish(&d, command);
    return d;
}

#define LIBC "7f00a0000000-7f00a0100000 r-xp 00000000 08:01 12 /usr/lib/x86_64-linux-gnu/libc.so.6\n"

static void told(const char *maps, const char *language, const char *allocator)
{
    struct detection d = detect(maps, "x");
    assert_string_equal(language_names[d.language], language);
    if (allocator)
        assert_string_equal(d.allocator ? d.allocator : "(none)", allocator);
    else
        assert_null(d.allocator);
    assert_true(d.language_evidence[0] && d.allocator_evidence[0]);
}

static void runtimes_are_recognised(void **state)
{
    (void)state;
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/sbin/php-fpm8.2\n" LIBC, "php", "glibc");
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/sbin/apache2\n7f0090000000-7f0090100000 r-xp 00000000 "
         "08:01 9 /usr/lib/apache2/modules/libphp8.2.so\n" LIBC,
         "php", "glibc");
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/bin/python3.11\n" LIBC, "python", "glibc");
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/bin/uwsgi\n7f0090000000-7f0090100000 r-xp 00000000 "
         "08:01 9 /usr/lib/libpython3.9.so.1.0\n" LIBC,
         "python", "glibc");
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /opt/jdk/bin/java\n7f0090000000-7f0090100000 r-xp 00000000 "
         "08:01 9 /opt/jdk/lib/server/libjvm.so\n" LIBC,
         "jvm", "glibc");
    told("00400000-02000000 r-xp 00000000 08:01 9 /usr/local/bin/node\n" LIBC, "node", "glibc");
    told("00400000-00a00000 r-xp 00000000 08:01 9 /usr/local/bin/etcd\nc000000000-c000400000 rw-p 00000000 00:00 0 \n",
         "go", "go");
    told("00400000-00a00000 r-xp 00000000 08:01 9 /usr/local/bin/agent\nc000000000-c000400000 rw-p 00000000 00:00 0 "
         "[anon: Go: heap]\n" LIBC,
         "go", "go");
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/bin/ruby2.7\n" LIBC, "ruby", "glibc");
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/bin/dotnet\n7f0090000000-7f0090100000 r-xp 00000000 "
         "08:01 9 /usr/share/dotnet/libcoreclr.so\n" LIBC,
         "dotnet", "glibc");
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/sbin/nginx\n" LIBC, "native", "glibc");
}

static void allocators_are_recognised(void **state)
{
    (void)state;
#define PROGRAM "55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/sbin/mysqld\n"
    told(PROGRAM LIBC "7f0090000000-7f0090100000 r-xp 00000000 08:01 9 /usr/lib/x86_64-linux-gnu/libjemalloc.so.2\n",
         "native", "jemalloc");
    told(PROGRAM "7f0090000000-7f0090100000 r-xp 00000000 08:01 9 /usr/lib/libtcmalloc_minimal.so.4.5.9\n" LIBC,
         "native", "tcmalloc");
    told(PROGRAM "7f0090000000-7f0090100000 r-xp 00000000 08:01 9 /usr/lib/libmimalloc.so.2.0 (deleted)\n" LIBC,
         "native", "mimalloc");
    told(PROGRAM LIBC "7f0090000000-7f0090100000 rw-p 00000000 00:00 0 [anon:jemalloc_pg]\n", "native", "jemalloc");
    told(PROGRAM "7f0090000000-7f0090100000 r-xp 00000000 08:01 9 /lib/ld-musl-x86_64.so.1\n", "native", "musl");
    told(PROGRAM "7f0090000000-7f0090100000 r-xp 00000000 08:01 9 /usr/lib/x86_64-linux-musl/libc.so\n", "native",
         "musl"); /* Debian */
    told(PROGRAM "7f0090000000-7f0090100000 r-xp 00000000 08:01 9 /usr/lib64/libc-2.17.so\n", "native", "glibc");
    told(PROGRAM, "native", NULL);
}

static void look_alikes_are_not_taken(void **state)
{
    (void)state;
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /opt/phpstorm/bin/phpstorm\n" LIBC, "native", "glibc");
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/bin/node_exporter\n" LIBC, "native", "glibc");
    told("55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/bin/cat\n7f0090000000-7f0090100000 r--p 00000000 08:01 "
         "9 /home/u/node\n" LIBC,
         "native", "glibc");
}

static void without_mappings_the_name_is_all_there_is(void **state)
{
    (void)state;
    struct detection d = detect("", "php-fpm8.2");
    assert_string_equal(language_names[d.language], "php");
    assert_non_null(strstr(d.language_evidence, "name only"));
    assert_null(d.allocator);
    d = detect("", "nginx");
    assert_string_equal(language_names[d.language], "unknown");
}

static void a_captured_tree_is_read_from_maps_or_smaps(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_file(&c, "proc/8/status", "Name:\tphp-fpm\nVmSize:\t 9000 kB\nVmRSS:\t 700 kB\nThreads:\t1\n");
    tree_file(&c, "proc/8/maps", "55a000000000-55a000100000 r-xp 00000000 08:01 9 /usr/sbin/php-fpm8.2\n" LIBC);
    tree_file(&c, "proc/8/cgroup", "0::/docker/0123456789\n");
    tree_file(&c, "proc/8/smaps_rollup", "Rss: 700 kB\nPss: 300 kB\n");
    tree_file(&c, "proc/9/status", "Name:\tjava\nVmSize:\t 9000 kB\nVmRSS:\t 900 kB\nThreads:\t1\n");
    tree_file(&c, "proc/9/smaps",
              "7f0090000000-7f0090100000 r-xp 00000000 08:01 9 /opt/jdk/lib/server/libjvm.so\nRss: 900 kB\nPss: 900 "
              "kB\nVmFlags: rd ex\n");
    tree_file(&c, "proc/10/status", "Name:\tnode\nVmSize:\t 9000 kB\nVmRSS:\t 100 kB\nThreads:\t1\n");
    tree_file(&c, "proc/11/status", "Name:\tkworker/0:1\nThreads:\t1\n");
    tree_open(&c);
    const struct probe *p = probe_find("runtime");
    struct probe_input in = {.root = &c.root};
    struct facts *f = probe_collect(p, NULL, &in);
    assert_string_equal(row_text(f, "runtime", 8, "language"), "php");
    assert_true(row_cell(f, "runtime", 8, "container").truth);
    assert_true(row_number(f, "runtime", 8, "pss") == 300 * 1024);
    assert_string_equal(row_text(f, "runtime", 9, "language"), "jvm");
    assert_true(row_number(f, "runtime", 9, "pss") == 900 * 1024);
    assert_string_equal(row_text(f, "runtime", 10, "language"), "node");
    assert_true(row_number(f, "runtimes", -1, "php") == 1);
    assert_int_equal(facts_table(f, "runtime")->rows, 3);
    assert_int_equal(f->status, STATUS_PARTIAL);
    facts_free(f);
    tree_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runtimes_are_recognised),
        cmocka_unit_test(allocators_are_recognised),
        cmocka_unit_test(look_alikes_are_not_taken),
        cmocka_unit_test(without_mappings_the_name_is_all_there_is),
        cmocka_unit_test(a_captured_tree_is_read_from_maps_or_smaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
