/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control groups of both versions: who is at a limit, who swaps, and what happened over the window. */
#include "rows.h"
#include "probes/kernel/cgroup_memory.h"
#include "probes/kernel/cgroup_path.h"

static struct value of(struct facts *f, const char *path, const char *column)
{
    const struct table *t = facts_table(f, "cgroup");
    for (size_t i = 0; i < t->rows; i++)
        if (strcmp(cell_get(t, i, 0).text, path) == 0)
            return cell_get(t, i, (unsigned)table_decl_column(t->decl, column));
    fail_msg("no group %s", path);
    return value_unknown(TYPE_COUNT, "");
}

static double number(struct facts *f, const char *path, const char *column)
{
    struct value v = of(f, path, column);
    if (!v.known)
        fail_msg("%s %s is unknown: %s", path, column, v.why);
    return v.number;
}

static void write_v2(struct tree *c)
{
    tree_file(c, "sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    tree_file(c, "proc/self/cgroup", "0::/system.slice/me.service\n");
    tree_file(c, "sys/fs/cgroup/db/memory.current", "1000000000\n");
    tree_file(c, "sys/fs/cgroup/db/memory.max", "1073741824\n");
    tree_file(c, "sys/fs/cgroup/db/memory.high", "max\n");
    tree_file(c, "sys/fs/cgroup/db/memory.swap.current", "4096\n");
    tree_file(c, "sys/fs/cgroup/db/memory.swap.max", "max\n");
    tree_file(c, "moment/0/sys/fs/cgroup/db/memory.events", "low 0\nhigh 0\nmax 100\noom 2\noom_kill 1\n");
    tree_file(c, "moment/0/sys/fs/cgroup/db/memory.pressure",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\nfull avg10=0.00 total=5\n");
    tree_file(c, "sys/fs/cgroup/db/memory.stat",
              "anon 700000000\nfile 250000000\nslab 4000\ninactive_file 200000000\n");
    tree_file(c, "sys/fs/cgroup/db/cgroup.procs", "10\n11\n");
    tree_file(c, "sys/fs/cgroup/empty/cgroup.procs", ""); /* without the memory controller */
    tree_file(c, "sys/fs/cgroup/empty/below/memory.current", "5000\n");
    tree_file(c, "sys/fs/cgroup/empty/below/memory.max", "max\n");
    tree_file(c, "moment/0/time", "0\n");
    tree_file(c, "moment/1/time", "10\n");
    tree_file(c, "sys/fs/cgroup/db/memory.events", "low 0\nhigh 0\nmax 350\noom 3\noom_kill 2\n");
    tree_file(c, "sys/fs/cgroup/db/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\n");
}

static void version_2_tells_what_happened_over_the_window(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    write_v2(&c);
    tree_open(&c);
    struct facts *f = tree_facts(&c, "cgroups");
    assert_int_equal(f->status, STATUS_OK);
    assert_true(number(f, "/db", "max") == 1073741824);
    assert_true(number(f, "/db", "max_events") == 250);
    assert_true(number(f, "/db", "oom_kills") == 1);
    assert_true(number(f, "/db", "memory_some") == 0.2);
    assert_true(number(f, "/db", "working_set") == 800000000);
    assert_true(number(f, "/db", "processes") == 2);
    assert_string_equal(of(f, "/db", "high").why, "no limit");
    assert_string_equal(of(f, "/empty/below", "max").why, "no limit");
    assert_true(row_number(f, "cgroups", -1, "limited") == 1);
    assert_true(row_number(f, "cgroups", -1, "at_limit") == 1);
    assert_true(row_number(f, "cgroups", -1, "swapping") == 1);
    assert_true(row_number(f, "cgroups", -1, "version") == 2);
    assert_string_equal(row_text(f, "cgroups", -1, "self"), "/system.slice/me.service");
    tree_free(&c);
}

static void version_1_reads_the_same_way(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_file(&c, "sys/fs/cgroup/unified/cgroup.controllers", "\n"); /* hybrid: the memory controller is in version 1 */
    tree_file(&c, "sys/fs/cgroup/memory/memory.usage_in_bytes", "2000000000\n");
    tree_file(&c, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    tree_file(&c, "sys/fs/cgroup/memory/app/memory.usage_in_bytes", "268000000\n");
    tree_file(&c, "sys/fs/cgroup/memory/app/memory.limit_in_bytes", "268435456\n");
    tree_file(&c, "sys/fs/cgroup/memory/app/memory.memsw.usage_in_bytes", "668000000\n");
    tree_file(&c, "sys/fs/cgroup/memory/app/memory.memsw.limit_in_bytes", "9223372036854771712\n");
    tree_file(&c, "sys/fs/cgroup/memory/app/memory.stat",
              "rss 1\ntotal_cache 9000000\ntotal_rss 250000000\ntotal_swap 390000000\ntotal_inactive_file 3000000\n");
    tree_file(&c, "sys/fs/cgroup/memory/app/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    tree_file(&c, "moment/0/sys/fs/cgroup/memory/app/memory.failcnt", "1000\n");
    tree_file(&c, "moment/0/time", "0\n");
    tree_file(&c, "moment/1/time", "5\n");
    tree_file(&c, "sys/fs/cgroup/memory/app/memory.failcnt", "1600\n");
    tree_open(&c);
    struct facts *f = tree_facts(&c, "cgroups");
    assert_string_equal(of(f, "/", "max").why, "no limit");
    assert_true(number(f, "/app", "usage_share") > 0.99);
    assert_true(number(f, "/app", "max_events") == 600);
    assert_true(number(f, "/app", "oom_kills") == 0);
    assert_true(number(f, "/app", "swap") == 390000000);
    assert_true(number(f, "/app", "anon") == 250000000);
    assert_string_equal(of(f, "/app", "swap_max").why, "no limit");
    assert_true(row_number(f, "cgroups", -1, "at_limit") == 1);
    tree_free(&c);
}

/* A slice without a limit, a service in it with one, and two groups of the service. */
static void write_slice(struct tree *c)
{
    tree_file(c, "sys/fs/cgroup/cgroup.controllers", "memory\n");
    tree_file(c, "proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
    static const char *const groups[][2] = {{"s.slice", "max"},
                                            {"s.slice/app.service", "1000000"},
                                            {"s.slice/app.service/a", "max"},
                                            {"s.slice/app.service/b", "max"},
                                            {"s.slice/calm.service", "5000000"}};
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        char path[128];
        snprintf(path, sizeof path, "sys/fs/cgroup/%s/memory.current", groups[i][0]);
        tree_file(c, path, "900000\n");
        snprintf(path, sizeof path, "sys/fs/cgroup/%s/memory.max", groups[i][0]);
        tree_file(c, path, groups[i][1]);
    }
    tree_file(c, "moment/0/time", "0\n");
    tree_file(c, "moment/1/time", "10\n");
}

static void events_of(struct tree *c, const char *moment, const char *group, const char *file, int max, int oom,
                      int kills)
{
    char path[160], text[96];
    snprintf(path, sizeof path, "%ssys/fs/cgroup/%s/%s", moment, group, file);
    snprintf(text, sizeof text, "low 0\nhigh 0\nmax %d\noom %d\noom_kill %d\n", max, oom, kills);
    tree_file(c, path, text);
}

/* Two kills in `a` for the limit of app.service, as every group sees them. */
static void write_kills(struct tree *c, bool local)
{
    static const char *const groups[] = {"s.slice", "s.slice/app.service", "s.slice/app.service/a",
                                         "s.slice/app.service/b", "s.slice/calm.service"};
    static const int tree[][3] = {{30, 3, 2}, {30, 3, 2}, {0, 0, 2}, {0, 0, 0}, {0, 0, 0}};
    static const int own[][3] = {{0, 0, 0}, {30, 3, 0}, {0, 0, 2}, {0, 0, 0}, {0, 0, 0}};
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        events_of(c, "moment/0/", groups[i], "memory.events", 0, 0, 0);
        events_of(c, "", groups[i], "memory.events", tree[i][0], tree[i][1], tree[i][2]);
        if (local) {
            events_of(c, "moment/0/", groups[i], "memory.events.local", 0, 0, 0);
            events_of(c, "", groups[i], "memory.events.local", own[i][0], own[i][1], own[i][2]);
        }
    }
}

static void a_kill_is_told_where_the_limit_is(void **state)
{
    (void)state;
    for (int local = 0; local < 2;
         local++) { /* with memory.events.local, and by what the groups below do not explain */
        struct tree c;
        tree_new(&c);
        write_slice(&c);
        write_kills(&c, local);
        tree_open(&c);
        struct facts *f = tree_facts(&c, "cgroups");
        assert_true(number(f, "/s.slice", "oom_kills") == 0);
        assert_true(number(f, "/s.slice", "max_events") == 0);
        assert_true(number(f, "/s.slice/app.service", "oom_kills") == 2);
        assert_true(number(f, "/s.slice/app.service", "max_events") == 30);
        assert_true(number(f, "/s.slice/app.service", "killed") == 0);
        assert_true(number(f, "/s.slice/app.service/a", "oom_kills") == 0);
        assert_true(number(f, "/s.slice/app.service/a", "killed") == 2);
        assert_true(number(f, "/s.slice/app.service/b", "killed") == 0);
        assert_true(number(f, "/s.slice/app.service", "oom_kills_ever") == 2);
        assert_string_equal(of(f, "/s.slice/app.service/a", "unit").text, "app.service");
        tree_free(&c);
    }
}

/* The machine's own kill: no limit above the victim was reached. */
static void a_kill_of_the_machine_is_no_limit(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    write_slice(&c);
    static const char *const groups[] = {"s.slice", "s.slice/app.service", "s.slice/app.service/a"};
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        events_of(&c, "moment/0/", groups[i], "memory.events", 0, 0, 0);
        events_of(&c, "", groups[i], "memory.events", 0, 0, 1);
        events_of(&c, "moment/0/", groups[i], "memory.events.local", 0, 0, 0);
        events_of(&c, "", groups[i], "memory.events.local", 0, 0, i == 2);
    }
    tree_open(&c);
    struct facts *f = tree_facts(&c, "cgroups");
    assert_true(number(f, "/s.slice/app.service", "oom_kills") == 0);
    assert_true(number(f, "/s.slice/app.service/a", "killed") == 1);
    assert_true(number(f, "/s.slice", "kills_gone") == 0);
    /* the group of the victim is gone: only those above remember */
    tree_file(&c, "sys/fs/cgroup/s.slice/app.service/a/memory.events", "oom_kill 0\n");
    tree_file(&c, "sys/fs/cgroup/s.slice/app.service/a/memory.events.local", "oom_kill 0\n");
    f = tree_facts(&c, "cgroups");
    assert_true(number(f, "/s.slice/app.service", "kills_gone") == 1);
    assert_true(number(f, "/s.slice", "kills_gone") == 0);
    tree_free(&c);
}

/* Before 5.2 memory.events counted a group's own events. */
static void an_old_kernel_counts_a_groups_own(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    write_slice(&c);
    tree_file(&c, "proc/sys/kernel/osrelease", "4.19.0-26-amd64\n");
    events_of(&c, "moment/0/", "s.slice/app.service", "memory.events", 0, 0, 0);
    events_of(&c, "", "s.slice/app.service", "memory.events", 7, 1, 1);
    events_of(&c, "moment/0/", "s.slice/app.service/a", "memory.events", 0, 0, 0);
    events_of(&c, "", "s.slice/app.service/a", "memory.events", 9, 0, 0);
    tree_open(&c);
    struct facts *f = tree_facts(&c, "cgroups");
    assert_true(number(f, "/s.slice/app.service", "max_events") == 7);
    assert_true(number(f, "/s.slice/app.service", "oom_kills") == 1);
    assert_true(number(f, "/s.slice/app.service/a", "max_events") == 9);
    tree_free(&c);
}

static void one_moment_has_no_events(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_file(&c, "sys/fs/cgroup/cgroup.controllers", "memory\n");
    tree_file(&c, "sys/fs/cgroup/a/memory.current", "50000000\n");
    tree_file(&c, "sys/fs/cgroup/a/memory.max", "100000000\n");
    tree_file(&c, "sys/fs/cgroup/a/memory.events", "max 100\noom_kill 7\n");
    tree_open(&c);
    struct facts *f = tree_facts(&c, "cgroups");
    assert_string_equal(of(f, "/a", "max_events").why, "one moment only");
    assert_string_equal(of(f, "/a", "oom_kills").why, "one moment only");
    assert_true(number(f, "/a", "oom_kills_ever") == 7);
    assert_true(row_number(f, "cgroups", -1, "at_limit") == 0);
    tree_free(&c);
}

static void a_tree_without_control_groups_says_so(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_open(&c);
    struct facts *f = tree_facts(&c, "cgroups");
    assert_int_equal(f->status, STATUS_ABSENT);
    assert_non_null(strstr(f->reason, "no memory controller"));
    tree_free(&c);
}

static void too_many_groups_are_cut_off_and_said(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_file(&c, "sys/fs/cgroup/cgroup.controllers", "memory\n");
    for (int i = 0; i < 2100; i++) {
        char path[80];
        snprintf(path, sizeof path, "sys/fs/cgroup/g%04d/memory.current", i);
        tree_file(&c, path, "4096\n");
    }
    tree_open(&c);
    struct facts *f = tree_facts(&c, "cgroups");
    assert_int_equal(f->status, STATUS_PARTIAL);
    assert_non_null(strstr(f->reason, "2,000"));
    assert_true(row_number(f, "cgroups", -1, "count") < 2000);
    tree_free(&c);
}

static void the_nearest_limit_is_the_one_with_least_room(void **state)
{
    (void)state;
    struct tree c;
    tree_new(&c);
    tree_file(&c, "sys/fs/cgroup/cgroup.controllers", "memory\n");
    tree_file(&c, "sys/fs/cgroup/a/memory.current", "90\n");
    tree_file(&c, "sys/fs/cgroup/a/memory.max", "100\n");
    tree_file(&c, "sys/fs/cgroup/a/b/memory.current", "50\n");
    tree_file(&c, "sys/fs/cgroup/a/b/memory.max", "80\n");
    tree_open(&c);
    struct cgroup_mount mount = cgroup_mount_find(&c.root);
    char path[CGROUP_PATH_MAX] = "/a/b";
    uint64_t limit, usage;
    assert_true(cgroup_nearest_limit(&c.root, mount, path, &limit, &usage));
    assert_string_equal(path, "/a");
    assert_int_equal(limit, 100);
    assert_int_equal(usage, 90);
    strcpy(path, "/");
    assert_false(cgroup_nearest_limit(&c.root, mount, path, &limit, &usage));
    strcpy(path, "/gone/elsewhere");
    assert_false(cgroup_nearest_limit(&c.root, mount, path, &limit, &usage));
    tree_free(&c);
}

static void containers_are_recognised(void **state)
{
    (void)state;
    static const char *const yes[] = {"/docker/0123", "/kubepods.slice/kubepods-pod1.slice/cri-containerd-9.scope",
                                      "/system.slice/docker-ab.scope", "/machine.slice/libpod-ab.scope",
                                      "/lxc.payload.web/init.scope"};
    static const char *const no[] = {"/", "/system.slice/docker.service", "/system.slice/containerd.service",
                                     "/user.slice"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(cgroup_is_container(span_of_string(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(cgroup_is_container(span_of_string(no[i])));
}

static void odd_contents_are_unknown(void **state)
{
    (void)state;
    struct cgroup_memory m = {0};
    bool unlimited = false;
    cgroup_limit_parse("x", 1, &m, CGROUP_MAX, &unlimited);
    assert_false(m.has[CGROUP_MAX] || unlimited);
    cgroup_limit_parse("99999999999999999999999\n", 24, &m, CGROUP_MAX, &unlimited);
    assert_true(unlimited && !m.has[CGROUP_MAX]);
    cgroup_events_parse("max\nmax x\n oom_kill 4\n", 22, &m.own);
    assert_false(m.own.has[EVENT_MAX] || m.own.has[EVENT_OOM_KILL]);
    cgroup_pressure_parse("some avg10=1 total=\nfull total=9\n", 33, &m);
    assert_false(m.has[CGROUP_STALL_US]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_tells_what_happened_over_the_window),
        cmocka_unit_test(version_1_reads_the_same_way),
        cmocka_unit_test(a_kill_is_told_where_the_limit_is),
        cmocka_unit_test(a_kill_of_the_machine_is_no_limit),
        cmocka_unit_test(an_old_kernel_counts_a_groups_own),
        cmocka_unit_test(one_moment_has_no_events),
        cmocka_unit_test(a_tree_without_control_groups_says_so),
        cmocka_unit_test(too_many_groups_are_cut_off_and_said),
        cmocka_unit_test(the_nearest_limit_is_the_one_with_least_room),
        cmocka_unit_test(containers_are_recognised),
        cmocka_unit_test(odd_contents_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
