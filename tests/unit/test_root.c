/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading of the live machine and of captured trees, friendly and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/root.h"

static char tree[64];    /* the captured tree */
static char outside[64]; /* what it must not reach */

static const char *at(const char *path)
{
    static char full[4][4096];
    static unsigned turn;
    char *out = full[turn++ % 4];
    snprintf(out, sizeof full[0], "%s/%s", tree, path);
    return out;
}

static void put(const char *path, const char *text)
{
    char full[4096];
    snprintf(full, sizeof full, "%s/%s", tree, path);
    for (char *c = full + strlen(tree) + 1; (c = strchr(c, '/')); c++) {
        *c = '\0';
        assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
        *c = '/';
    }
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    size_t length = strlen(text);
    assert_int_equal(write(fd, text, length), length);
    close(fd);
}

static int setup(void **state)
{
    (void)state;
    strcpy(tree, "/tmp/fw-root-XXXXXX");
    strcpy(outside, "/tmp/fw-outside-XXXXXX");
    if (!mkdtemp(tree) || !mkdtemp(outside))
        return -1;
    char secret[128];
    snprintf(secret, sizeof secret, "%s/secret", outside);
    int fd = open(secret, O_WRONLY | O_CREAT, 0644);
    if (fd < 0 || write(fd, "secret\n", 7) != 7)
        return -1;
    close(fd);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    root_without_openat2 = false;
    nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    nftw(outside, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static void opened(struct root *r, const char *path)
{
    struct err e = {""};
    if (!root_open(r, path, &e))
        fail_msg("%s", e.text);
}

static void refused(const char *path, const char *why)
{
    struct root r;
    struct err e = {""};
    assert_false(root_open(&r, path, &e));
    if (!strstr(e.text, why))
        fail_msg("\"%s\" does not say \"%s\"", e.text, why);
    assert_int_equal(r.fd, -1);
    root_close(&r); /* harmless */
}

static void reads(const struct root *r, const char *path, const char *expected)
{
    char buffer[256];
    ssize_t n = root_read_small(r, path, buffer, sizeof buffer);
    if (n < 0)
        fail_msg("%s: %s", path, strerror((int)-n));
    assert_string_equal(buffer, expected);
    assert_int_equal(n, strlen(expected));
}

static void unreadable(const struct root *r, const char *path, int number)
{
    char buffer[256] = "untouched";
    ssize_t n = root_read_small(r, path, buffer, sizeof buffer);
    if (n != -number)
        fail_msg("%s gave %zd (%s), not %s", path, n, n < 0 ? strerror((int)-n) : buffer, strerror(number));
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Old kernels, some container runtimes and valgrind have none. */
static bool has_openat2(void)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC};
    long fd = syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how);
    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

static void the_live_machine(void **state)
{
    (void)state;
    struct root r;
    opened(&r, "/");
    assert_true(r.live);
    assert_false(r.sosreport);
    assert_int_equal(r.moments, 0);
    size_t length;
    enum status status = STATUS_ABSENT;
    struct err e = {""};
    char *meminfo = root_read(&r, "proc/meminfo", 1 << 20, &length, &status, &e);
    assert_non_null(meminfo);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(strlen(meminfo), length);
    assert_int_equal(strncmp(meminfo, "MemTotal:", 9), 0);
    free(meminfo);
    char value[64];
    assert_true(root_sysctl(&r, "vm.swappiness", value, sizeof value, &status, &e));
    assert_in_range(strspn(value, "0123456789"), 1, 3);
    assert_int_equal(strlen(value), strspn(value, "0123456789"));
    int proc = root_open_dir(&r, "proc");
    assert_true(proc >= 0);
    char self[32], stat[1024];
    snprintf(self, sizeof self, "%d/statm", getpid());
    assert_true(root_read_below(&r, proc, self, stat, sizeof stat) > 0);
    close(proc);
    assert_null(root_read(&r, "proc/no-such-file", 100, NULL, &status, &e));
    assert_int_equal(status, STATUS_ABSENT);
    assert_string_equal(e.text, "/proc/no-such-file: does not exist");
    assert_null(root_read(&r, "proc/meminfo", 10, NULL, &status, &e));
    assert_int_equal(status, STATUS_MALFORMED);
    assert_string_equal(e.text, "/proc/meminfo: larger than 10 B");
    root_close(&r);
}

static void a_captured_tree(void **state)
{
    (void)state;
    put("proc/meminfo", "MemTotal: 1 kB\n");
    put("proc/sys/vm/swappiness", "60\n");
    put("proc/sys/vm/min_free_kbytes", "  67584\t\n");
    put("proc/123/comm", "mysqld\n");
    put("proc/empty", "");
    struct root r;
    opened(&r, tree);
    assert_false(r.live);
    reads(&r, "proc/meminfo", "MemTotal: 1 kB\n");
    reads(&r, "proc/empty", "");
    unreadable(&r, "proc/slabinfo", ENOENT);
    unreadable(&r, "proc/meminfo/x", ENOTDIR);
    unreadable(&r, "proc", ENXIO);
    assert_int_equal(root_open_dir(&r, "proc/meminfo"), -ENOTDIR);
    int proc = root_open_dir(&r, "proc"), process = root_open_dir(&r, "proc/123");
    char text[32];
    assert_int_equal(root_read_below(&r, proc, "123/comm", text, sizeof text), 7);
    assert_int_equal(root_read_below(&r, process, "comm", text, sizeof text), 7);
    assert_string_equal(text, "mysqld\n");
    assert_int_equal(root_read_below(&r, process, "../meminfo", text, sizeof text), -EXDEV);
    assert_true(root_read_below(&r, process, "/proc/meminfo", text, sizeof text) < 0);
    close(proc);
    close(process);
    enum status status;
    struct err e;
    assert_true(root_sysctl(&r, "vm.swappiness", text, sizeof text, &status, &e));
    assert_string_equal(text, "60");
    assert_true(root_sysctl(&r, "vm.min_free_kbytes", text, sizeof text, NULL, NULL));
    assert_string_equal(text, "67584");
    assert_false(root_sysctl(&r, "vm.nothing", text, sizeof text, &status, &e));
    assert_int_equal(status, STATUS_ABSENT);
    assert_string_equal(e.text, "/proc/sys/vm/nothing: does not exist");
    assert_false(root_sysctl(&r, "vm.min_free_kbytes", text, 5, &status, &e));
    assert_int_equal(status, STATUS_MALFORMED);
    assert_true(root_sysctl(&r, "vm.min_free_kbytes", text, 6, &status, &e));
    root_close(&r);
}

static void small_buffers_and_limits(void **state)
{
    (void)state;
    put("proc/ten", "0123456789");
    struct root r;
    opened(&r, tree);
    char text[16];
    assert_int_equal(root_read_small(&r, "proc/ten", text, 11), 10);
    assert_int_equal(root_read_small(&r, "proc/ten", text, 10), -EFBIG);
    assert_string_equal(text, "012345678");
    assert_int_equal(root_read_small(&r, "proc/ten", text, 1), -EFBIG);
    assert_string_equal(text, "");
    assert_int_equal(root_read_small(&r, "proc/ten", text, 0), -EINVAL);
    size_t length = 0;
    char *whole = root_read(&r, "proc/ten", 10, &length, NULL, NULL);
    assert_non_null(whole);
    assert_int_equal(length, 10);
    free(whole);
    enum status status;
    struct err e;
    assert_null(root_read(&r, "proc/ten", 9, &length, &status, &e));
    assert_int_equal(status, STATUS_MALFORMED);
    assert_null(root_read(&r, "proc/ten", 9, NULL, NULL, NULL));
    /* growth over several sizes of buffer, just below and at the limit */
    AUTO_FREE char *big = mem_alloc(200001);
    memset(big, 'x', 200000);
    put("proc/big", big);
    for (size_t limit = 199999; limit <= 200001; limit++) {
        whole = root_read(&r, "proc/big", limit, &length, &status, &e);
        assert_int_equal(whole != NULL, limit >= 200000);
        if (whole)
            assert_int_equal(length, 200000);
        free(whole);
    }
    root_close(&r);
}

/* A tree made by someone who wants our machine's secrets, or us to hang. */
static void make_hostile(void)
{
    char target[128];
    put("proc/meminfo", "captured\n");
    put("proc/real/file", "inside\n");
    snprintf(target, sizeof target, "%s/secret", outside);
    assert_int_equal(symlink(target, at("proc/absolute")), 0);
    snprintf(target, sizeof target, "../../%s/secret", strrchr(outside, '/') + 1);
    assert_int_equal(symlink(target, at("proc/relative")), 0);
    assert_int_equal(symlink(outside, at("proc/directory")), 0);
    assert_int_equal(symlink("/etc", at("etc")), 0);
    assert_int_equal(symlink("loop", at("proc/loop")), 0);
    assert_int_equal(symlink("/dev/zero", at("proc/zero")), 0);
    assert_int_equal(symlink("/proc/self/root/etc/passwd", at("proc/magic")), 0);
    assert_int_equal(symlink("real/file", at("proc/inside")), 0);
    assert_int_equal(symlink("/proc/real/file", at("proc/inside-absolute")), 0);
    assert_int_equal(symlink("../..", at("proc/real/up")), 0);
    assert_int_equal(mkfifo(at("proc/fifo"), 0644), 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/proc/socket", tree);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    mknod(at("proc/device"), S_IFCHR | 0644, 5 | 1 << 8); /* /dev/zero; needs root, else it is merely absent */
}

static void nothing_leads_outside(const struct root *r)
{
    static const char *const paths[] = {
        "proc/absolute",
        "proc/relative",
        "proc/directory/secret",
        "etc/passwd",
        "etc/hostname",
        "proc/loop",
        "proc/zero",
        "proc/magic",
        "proc/fifo",
        "proc/socket",
        "proc/device",
        "../secret",
        "../../../../etc/passwd",
        "/etc/passwd",
        "proc/../../etc/passwd",
        "proc/real/up/etc/passwd",
        "..",
        ".",
        "",
        "proc/",
    };
    unsigned before = open_descriptors();
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char text[256];
        enum status status = STATUS_OK;
        struct err e = {""};
        if (root_read_small(r, paths[i], text, sizeof text) >= 0)
            fail_msg("%s was read", paths[i]);
        assert_null(root_read(r, paths[i], 1000, NULL, &status, &e));
        assert_true(status == STATUS_MALFORMED || status == STATUS_ABSENT);
        assert_true(e.text[0] == '/' && strstr(e.text, ": "));
    }
    int proc = root_open_dir(r, "proc");
    assert_true(proc >= 0);
    static const char *const below[] = {
        "absolute",
        "relative",
        "directory/secret",
        "loop",
        "zero",
        "magic",
        "fifo",
        "socket",
        "device",
        "../etc/passwd",
        "../../etc/passwd",
        "/etc/passwd",
        "inside-absolute",
        "..",
        "real/up/etc/passwd",
    };
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        char text[256];
        if (root_read_below(r, proc, below[i], text, sizeof text) >= 0)
            fail_msg("%s was read", below[i]);
    }
    close(proc);
    assert_int_equal(root_open_dir(r, "proc/fifo"), -ENOTDIR);
    assert_true(root_open_dir(r, "proc/directory") < 0);
    assert_true(root_open_dir(r, "etc") < 0);
    assert_int_equal(open_descriptors(), before);
}

static void a_hostile_tree_keeps_us_inside(void **state)
{
    (void)state;
    make_hostile();
    struct root r;
    opened(&r, tree);
    nothing_leads_outside(&r);
    reads(&r, "proc/meminfo", "captured\n");
    if (has_openat2()) {
        reads(&r, "proc/inside", "inside\n");
        reads(&r, "proc/inside-absolute", "inside\n"); /* absolute within the tree */
        reads(&r, "proc/real/up/proc/meminfo", "captured\n");
        reads(&r, "../../proc/meminfo", "captured\n"); /* above the top is the top */
    }
    enum status status;
    struct err e;
    assert_null(root_read(&r, "proc/fifo", 100, NULL, &status, &e));
    assert_string_equal(e.text, "/proc/fifo: is not a regular file");
    assert_null(root_read(&r, "proc/loop", 100, NULL, &status, &e));
    assert_string_equal(e.text, "/proc/loop: is a link that is not followed");
    root_close(&r);
}

static void without_openat2_no_link_is_followed(void **state)
{
    (void)state;
    make_hostile();
    root_without_openat2 = true;
    struct root r;
    opened(&r, tree);
    nothing_leads_outside(&r);
    reads(&r, "proc/meminfo", "captured\n");
    reads(&r, "proc//real/./file", "inside\n");
    unreadable(&r, "proc/inside", ELOOP);
    unreadable(&r, "proc/real/up/proc/meminfo", ELOOP);
    unreadable(&r, "../proc/meminfo", EXDEV);
    unreadable(&r, "proc/absent", ENOENT);
    unreadable(&r, "proc/meminfo/x", ENOTDIR);
    int proc = root_open_dir(&r, "proc");
    char text[32];
    assert_int_equal(root_read_below(&r, proc, "real/file", text, sizeof text), 7);
    close(proc);
    char longest[400];
    memset(longest, 'n', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    unreadable(&r, longest, ENAMETOOLONG);
    root_close(&r);
}

static void what_is_no_root_is_refused(void **state)
{
    (void)state;
    refused("/no/such/place", "/no/such/place: there is no such directory");
    refused("/etc/passwd", "is not a directory");
    refused("", "no such directory");
    refused(tree, "has no proc directory; a root is a directory with proc/ and sys/, such as `fragwizard capture`");
    put("proc", "a file\n");
    refused(tree, "has no proc directory");
    assert_int_equal(unlink(at("proc")), 0);
    assert_int_equal(symlink("/proc", at("proc")), 0); /* would lead to our own */
    refused(tree, "has no proc directory");
    assert_int_equal(mkdir(at("sys"), 0755), 0);
    struct root r;
    opened(&r, tree); /* sys alone does */
    unreadable(&r, "proc/meminfo", ELOOP);
    root_close(&r);
}

static void sysctls_of_a_sosreport(void **state)
{
    (void)state;
    put("proc/meminfo", "x\n");
    put("proc/sys/vm/overcommit_memory", "1\n");
    put("sos_commands/kernel/sysctl_-a",
        "vm.swap = 1\nvm.swappiness = 60\nvm.swappiness_x = 7\nvm.overcommit_memory = 0\n"
        "kernel.core_pattern =\nnet.ipv4.ip_local_port_range = 32768\t60999\nvm.last=3");
    struct root r;
    opened(&r, tree);
    assert_true(r.sosreport);
    char text[64];
    static const char *const expected[][2] = {
        {"vm.swappiness", "60"},
        {"vm.swap", "1"},
        {"vm.last", "3"},
        {"kernel.core_pattern", ""},
        {"net.ipv4.ip_local_port_range", "32768\t60999"},
        {"vm.overcommit_memory", "1"}, /* proc/sys first */
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_true(root_sysctl(&r, expected[i][0], text, sizeof text, NULL, NULL));
        assert_string_equal(text, expected[i][1]);
    }
    enum status status;
    struct err e;
    assert_false(root_sysctl(&r, "vm.swappines", text, sizeof text, &status, &e));
    assert_int_equal(status, STATUS_ABSENT);
    assert_false(root_sysctl(&r, "net.ipv4.ip_local_port_range", text, 8, &status, &e));
    assert_int_equal(status, STATUS_MALFORMED);
    root_close(&r);
}

static void moments_of_a_capture(void **state)
{
    (void)state;
    put("proc/vmstat", "tree\n");
    put("proc/meminfo", "only here\n");
    put("moment/0/time", "1763688000.25\n");
    put("moment/0/proc/vmstat", "zero\n");
    put("moment/1/time", "1763688005.75");
    put("moment/1/proc/vmstat", "one\n");
    put("moment/2/time", "1763688010.25\n");
    struct root r;
    opened(&r, tree);
    assert_int_equal(r.moments, 3);
    assert_true(r.moment_time[0] == 0 && r.moment_time[1] == 5.5 && r.moment_time[2] == 10);
    struct err e;
    unsigned before = open_descriptors();
    reads(&r, "proc/vmstat", "tree\n");
    struct root moment, alone;
    assert_true(root_moment(&r, 0, &moment, &e));
    reads(&moment, "proc/vmstat", "zero\n");
    reads(&moment, "proc/meminfo", "only here\n");
    reads(&r, "proc/vmstat", "tree\n");
    alone = root_whole(&moment);
    reads(&alone, "proc/vmstat", "tree\n");
    alone = root_alone(&moment);
    reads(&alone, "proc/vmstat", "zero\n");
    unreadable(&alone, "proc/meminfo", ENOENT);
    root_moment_close(&moment);
    assert_true(root_moment(&r, 1, &moment, &e));
    reads(&moment, "proc/vmstat", "one\n");
    root_moment_close(&moment);
    assert_true(root_moment(&r, 2, &moment, &e));
    reads(&moment, "proc/vmstat", "tree\n");
    root_moment_close(&moment);
    assert_false(root_moment(&r, 3, &moment, &e));
    assert_non_null(strstr(e.text, "has no moment 3"));
    alone = root_alone(&r);
    reads(&alone, "proc/vmstat", "tree\n");
    assert_int_equal(open_descriptors(), before);
    root_close(&r);
    put("moment/2/time", "yesterday\n");
    refused(tree, "moment/2/time: not a number of seconds");
    put("moment/2/time", "30s\n");
    refused(tree, "not a number of seconds");
    put("moment/2/time", "1763688001\n");
    refused(tree, "moment/2/time: earlier than the moment before it");
}

static void a_moment_cannot_lead_outside_either(void **state)
{
    (void)state;
    put("proc/vmstat", "tree\n");
    assert_int_equal(mkdir(at("moment"), 0755), 0);
    assert_int_equal(symlink(outside, at("moment/0")), 0);
    struct root r;
    if (has_openat2()) {
        opened(&r, tree);
        assert_int_equal(r.moments, 0);
        root_close(&r);
    } else {
        refused(tree, "moment/0/time: ");
    }
    assert_int_equal(unlink(at("moment/0")), 0);
    put("moment/0/time", "0\n");
    assert_int_equal(mkdir(at("moment/0/proc"), 0755), 0);
    assert_int_equal(symlink("/etc/passwd", at("moment/0/proc/vmstat")), 0);
    opened(&r, tree);
    struct err e;
    struct root moment;
    assert_true(root_moment(&r, 0, &moment, &e));
    char text[64];
    if (has_openat2()) /* the link leads into the moment, where there is no such file: the tree's own is read */
        reads(&moment, "proc/vmstat", "tree\n");
    else
        unreadable(&moment, "proc/vmstat", ELOOP);
    assert_true(root_read_small(&moment, "proc/../../../etc/passwd", text, sizeof text) < 0);
    root_moment_close(&moment);
    root_close(&r);
}

static void denied_files_say_so(void **state)
{
    (void)state;
    char text[128];
    root_reason(text, sizeof text, "proc/slabinfo", STATUS_DENIED);
    assert_string_equal(text, geteuid() == 0 ? "/proc/slabinfo: permission denied"
                                             : "/proc/slabinfo: permission denied; run as root");
    root_reason(text, sizeof text, "/proc/slabinfo", STATUS_ABSENT);
    assert_string_equal(text, "/proc/slabinfo: does not exist");
    put("proc/slabinfo", "x\n");
    struct root r;
    opened(&r, tree);
    bool was_root = geteuid() == 0;
    assert_int_equal(chmod(tree, 0755), 0);
    assert_int_equal(chmod(at("proc/slabinfo"), 0), 0);
    if (was_root)
        assert_int_equal(seteuid(65534), 0);
    enum status status = STATUS_OK;
    struct err e = {""};
    char *data = root_read(&r, "proc/slabinfo", 100, NULL, &status, &e);
    if (was_root)
        assert_int_equal(seteuid(0), 0);
    assert_null(data);
    assert_int_equal(status, STATUS_DENIED);
    assert_string_equal(e.text, "/proc/slabinfo: permission denied; run as root");
    root_close(&r);
}

static void statuses_have_names(void **state)
{
    (void)state;
    for (enum status s = STATUS_OK; s <= STATUS_VANISHED; s++) {
        enum status back = STATUS_OK;
        assert_true(status_parse(status_name(s), &back));
        assert_int_equal(back, s);
    }
    enum status s;
    assert_false(status_parse("fine", &s));
    assert_false(status_parse("", &s));
    assert_int_equal(status_of_errno(ENOENT), STATUS_ABSENT);
    assert_int_equal(status_of_errno(EACCES), STATUS_DENIED);
    assert_int_equal(status_of_errno(EPERM), STATUS_DENIED);
    assert_int_equal(status_of_errno(ESRCH), STATUS_VANISHED);
    assert_int_equal(status_of_errno(EIO), STATUS_MALFORMED);
}

static void lines_of_any_length(void **state)
{
    (void)state;
    enum { BUFFER = sizeof((struct lines *)0)->buffer };
    AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
    AUTO_FREE char *text = mem_alloc(4 * BUFFER);
    /* short, empty, exactly fitting, too long by one, much too long, last without newline */
    static const size_t lengths[] = {3, 0, BUFFER - 2, BUFFER - 1, 5, BUFFER, 7, 2 * BUFFER + 10, 1, 4};
    enum { LINES = sizeof lengths / sizeof *lengths };
    for (unsigned final_newline = 0; final_newline < 2; final_newline++) {
        char path[128];
        snprintf(path, sizeof path, "%s/lines", tree);
        int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        size_t total = 0;
        for (unsigned i = 0; i < LINES; i++) {
            memset(text, 'a' + (int)i, lengths[i]);
            text[lengths[i]] = '\n';
            size_t n = lengths[i] + (i + 1 < LINES || final_newline);
            assert_int_equal(write(out, text, n), n);
            total += n;
        }
        close(out);
        lines_open(l, open(path, O_RDONLY));
        for (unsigned i = 0; i < LINES; i++) {
            size_t length, expected = lengths[i] < BUFFER - 1 ? lengths[i] : BUFFER - 1;
            char *line = lines_next(l, &length);
            assert_non_null(line);
            assert_int_equal(length, expected);
            assert_int_equal(strlen(line), expected);
            assert_int_equal(l->cut, lengths[i] >= BUFFER - 1);
            if (length) {
                assert_int_equal(line[0], 'a' + (int)i);
                assert_int_equal(line[length - 1], 'a' + (int)i);
            }
        }
        size_t length;
        assert_null(lines_next(l, &length));
        assert_null(lines_next(l, &length));
        assert_int_equal(l->error, 0);
        assert_int_equal(l->total, total);
        lines_close(l);
        lines_close(l);
    }
}

static void lines_trickle_and_fail(void **state)
{
    (void)state;
    AUTO_FREE struct lines *l = mem_alloc(sizeof *l);
    size_t length;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    lines_open(l, ends[0]);
    assert_int_equal(write(ends[1], "on", 2), 2);
    assert_int_equal(write(ends[1], "e\nt\0wo\nthr", 10), 10);
    close(ends[1]);
    assert_string_equal(lines_next(l, &length), "one");
    assert_string_equal(lines_next(l, &length), "t"); /* a NUL inside: the length tells */
    assert_int_equal(length, 4);
    assert_string_equal(lines_next(l, &length), "thr");
    assert_null(lines_next(l, &length));
    lines_close(l);
    lines_open(l, -EACCES);
    assert_null(lines_next(l, &length));
    assert_int_equal(l->error, EACCES);
    lines_close(l);
    lines_open(l, open("/tmp", O_RDONLY | O_DIRECTORY)); /* opens, but does not read */
    assert_null(lines_next(l, &length));
    assert_int_equal(l->error, EISDIR);
    lines_close(l);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_live_machine),
        TEST(a_captured_tree),
        TEST(small_buffers_and_limits),
        TEST(a_hostile_tree_keeps_us_inside),
        TEST(without_openat2_no_link_is_followed),
        TEST(what_is_no_root_is_refused),
        TEST(sysctls_of_a_sosreport),
        TEST(moments_of_a_capture),
        TEST(a_moment_cannot_lead_outside_either),
        TEST(denied_files_say_so),
        TEST(statuses_have_names),
        TEST(lines_of_any_length),
        TEST(lines_trickle_and_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
