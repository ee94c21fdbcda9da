/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that we write: the old one or the new one, never half of one, and nothing left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/output.h"

static char where[64];

static const char *at(const char *name)
{
    static char full[4][512];
    static unsigned turn;
    char *out = full[turn++ % 4];
    snprintf(out, sizeof full[0], "%s/%s", where, name);
    return out;
}

static int setup(void **state)
{
    (void)state;
    strcpy(where, "/tmp/fw-output-XXXXXX");
    return mkdtemp(where) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    nftw(where, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static void holds(const char *path, const char *expected)
{
    char text[256] = "";
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        fail_msg("%s: %s", path, strerror(errno));
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    assert_true(n >= 0);
    assert_string_equal(text, expected);
}

static unsigned entries(void)
{
    unsigned count = 0;
    DIR *d = opendir(where);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(d);
    return count;
}

static bool write_text(const char *path, const char *text, struct err *e)
{
    return output_write_file(path, text, strlen(text), 0600, e);
}

static void writes(const char *path, const char *text)
{
    struct err e = {""};
    if (!write_text(path, text, &e))
        fail_msg("%s", e.text);
}

static void refuses(const char *path, const char *why)
{
    struct err e = {""};
    assert_false(write_text(path, "text\n", &e));
    if (!strstr(e.text, why))
        fail_msg("\"%s\" does not say \"%s\"", e.text, why);
}

static void a_file_is_written_and_replaced(void **state)
{
    (void)state;
    struct stat st;
    const char *path = at("report.html");
    mode_t mask = umask(0);
    writes(path, "one\n");
    holds(path, "one\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    ino_t first = st.st_ino;
    writes(path, "two\n");
    holds(path, "two\n");
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_ino != first);
    struct err e;
    assert_true(output_write_file(path, "", 0, 0644, &e));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(st.st_size, 0);
    umask(mask);
    assert_int_equal(entries(), 1);
    /* a relative name is in the current directory */
    AUTO_FREE char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(where), 0);
    writes("plain", "three\n");
    assert_int_equal(chdir(before), 0);
    holds(at("plain"), "three\n");
}

static void names_of_any_length(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'n', sizeof name);
    name[255] = '\0'; /* the longest there is: the temporary name must not be longer */
    writes(at(name), "long\n");
    holds(at(name), "long\n");
    name[255] = 'n';
    name[256] = '\0';
    refuses(at(name), "name too long"); /* glibc: "File name too long", musl: "Filename too long" */
    assert_int_equal(entries(), 1);
}

static void a_link_is_replaced_not_followed(void **state)
{
    (void)state;
    struct stat st;
    writes(at("precious"), "precious\n");
    assert_int_equal(symlink("precious", at("report")), 0);
    writes(at("report"), "report\n");
    holds(at("precious"), "precious\n");
    holds(at("report"), "report\n");
    assert_int_equal(lstat(at("report"), &st), 0);
    assert_true(S_ISREG(st.st_mode));
    /* also one that leads to a device, or nowhere */
    assert_int_equal(symlink("/dev/full", at("trap")), 0);
    writes(at("trap"), "trap\n");
    holds(at("trap"), "trap\n");
    assert_int_equal(symlink("nowhere", at("dangling")), 0);
    writes(at("dangling"), "here\n");
    holds(at("dangling"), "here\n");
    assert_int_equal(access(at("nowhere"), F_OK), -1);
    assert_int_equal(entries(), 4);
}

static void sentences_for_what_cannot_be_written(void **state)
{
    (void)state;
    struct err e = {""};
    refuses("", "the name of the output is empty");
    refuses(where, "is a directory; name a file in it");
    refuses(at(""), "is a directory; name a file in it");
    refuses(at("."), "is a directory");
    refuses("..", "is a directory");
    assert_false(write_text("/no/such/dir/report.html", "x", &e));
    assert_string_equal(e.text, "/no/such/dir/report.html: the directory /no/such/dir does not exist");
    writes(at("file"), "x");
    refuses(at("file/report.html"), "/file is not a directory");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", where);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    refuses(at("socket"), "is a device or socket");
    refuses("/proc/report.html", "/proc/report.html: ");
    assert_int_equal(entries(), 2);
}

static void devices_and_fifos_are_written_in_place(void **state)
{
    (void)state;
    struct err e = {""};
    struct stat before, after;
    assert_int_equal(stat("/dev/null", &before), 0);
    writes("/dev/null", "text\n");
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_true(S_ISCHR(after.st_mode) && before.st_ino == after.st_ino && before.st_mode == after.st_mode);
    assert_false(write_text("/dev/full", "text\n", &e));
    assert_string_equal(e.text, "/dev/full: no space left on device");
    assert_int_equal(mkfifo(at("fifo"), 0600), 0);
    refuses(at("fifo"), "nobody reads this FIFO"); /* and does not hang */
    int fd = open(at("fifo"), O_RDONLY | O_NONBLOCK);
    writes(at("fifo"), "through\n");
    char text[32] = "";
    assert_int_equal(read(fd, text, sizeof text), 8);
    assert_string_equal(text, "through\n");
    close(fd);
    if (geteuid() == 0) {
        assert_int_equal(chown(at("fifo"), 65534, 65534), 0);
        refuses(at("fifo"), "is a FIFO of another user");
    }
    assert_int_equal(entries(), 1);
}

/* /dev/stdout is a link to a link to the file: neither may be replaced. */
static void standard_output_by_name(void **state)
{
    (void)state;
    struct stat before, after;
    int file = open(at("out"), O_RDWR | O_CREAT | O_APPEND, 0600), saved = dup(STDOUT_FILENO);
    assert_true(file >= 0 && saved >= 0);
    assert_int_equal(write(file, "head\n", 5), 5);
    bool linked = lstat("/dev/stdout", &before) == 0;
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    struct err e = {""};
    bool good = write_text("/dev/stdout", "body\n", &e) && write_text("/dev/fd/1", "foot\n", &e);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(file);
    assert_true(good);
    holds(at("out"), "head\nbody\nfoot\n");
    if (linked) {
        assert_int_equal(lstat("/dev/stdout", &after), 0);
        assert_true(S_ISLNK(after.st_mode) && before.st_ino == after.st_ino);
    }
    refuses("/dev/fd/9999", "bad file descriptor");
}

static void a_closed_pipe_is_a_sentence(void **state)
{
    (void)state;
    int ends[2];
    struct err e = {""};
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    assert_false(output_write_fd(ends[1], "standard output", "text", 4, &e));
    assert_string_equal(e.text, "standard output: closed by its reader");
    close(ends[1]);
    assert_false(output_write_fd(ends[1], "standard output", "text", 4, &e));
    assert_string_equal(e.text, "standard output: bad file descriptor");
    assert_true(output_write_fd(-1, "nothing", NULL, 0, &e));
}

static void all_bytes_arrive_through_a_slow_pipe(void **state)
{
    (void)state;
    enum { LENGTH = 1000003 };
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0); /* as another program may have left a terminal */
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        size_t total = 0;
        char text[4096];
        for (ssize_t n; (n = read(ends[0], text, sizeof text)) != 0;) {
            if (n > 0)
                total += (size_t)n;
            usleep(20);
        }
        _exit(total == LENGTH ? 0 : 1);
    }
    close(ends[0]);
    AUTO_FREE char *data = mem_alloc(LENGTH);
    struct err e = {""};
    assert_true(output_write_fd(ends[1], "pipe", data, LENGTH, &e));
    close(ends[1]);
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

/* A limit on the size of files stands for a disk that fills up midway. */
static void on_a_full_disk_the_old_file_stays(void **state)
{
    (void)state;
    writes(at("report.html"), "old\n");
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {1000, 1000};
        struct err e = {""};
        static char data[100000];
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        bool written = output_write_file(at("report.html"), data, sizeof data, 0600, &e);
        bool said = strcmp(e.text + strlen(e.text) - 27, "report.html: file too large") == 0;
        _exit(written || !said);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    holds(at("report.html"), "old\n");
    assert_int_equal(entries(), 1);
}

static void abandon_and_end(int number)
{
    (void)number;
    output_abandon();
    _exit(7);
}

/* The signal comes within write(), when half of the temporary file is there. */
static void a_signal_leaves_no_temporary_file(void **state)
{
    (void)state;
    writes(at("report.html"), "old\n");
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {1000, 1000};
        struct err e;
        static char data[100000];
        signal(SIGXFSZ, abandon_and_end);
        setrlimit(RLIMIT_FSIZE, &limit);
        output_write_file(at("report.html"), data, sizeof data, 0600, &e);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 7);
    holds(at("report.html"), "old\n");
    assert_int_equal(entries(), 1);
    output_abandon(); /* with nothing under way: nothing */
    holds(at("report.html"), "old\n");
}

static void killed_at_any_moment_the_file_is_whole(void **state)
{
    (void)state;
    enum { LENGTH = 65536 };
    AUTO_FREE char *data = mem_alloc(LENGTH);
    memset(data, 'a', LENGTH);
    struct err e;
    assert_true(output_write_file(at("case.json"), data, LENGTH, 0600, &e));
    for (unsigned i = 0; i < 60; i++) {
        pid_t child = fork();
        if (child == 0)
            for (unsigned k = 0;; k++) {
                memset(data, 'a' + (int)(k % 26), LENGTH);
                output_write_file(at("case.json"), data, LENGTH, 0600, &e);
            }
        usleep(500 + i * 137);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        int fd = open(at("case.json"), O_RDONLY);
        assert_int_equal(read(fd, data, LENGTH), LENGTH);
        close(fd);
        for (unsigned k = 1; k < LENGTH; k++)
            assert_true(data[k] == data[0]);
    }
}

static void checked_before_long_work(void **state)
{
    (void)state;
    struct err e = {""};
    assert_true(output_check(at("new"), &e));
    assert_int_equal(entries(), 0); /* it only looks */
    writes(at("old"), "old\n");
    assert_true(output_check(at("old"), &e));
    assert_true(output_check("/dev/null", &e));
    assert_true(output_check("/dev/stdout", &e));
    assert_false(output_check(where, &e));
    assert_non_null(strstr(e.text, "is a directory"));
    assert_false(output_check(at("no/where"), &e));
    assert_non_null(strstr(e.text, "does not exist"));
    if (geteuid() == 0) {
        assert_int_equal(chmod(where, 0755), 0);
        assert_int_equal(seteuid(65534), 0);
        bool allowed = output_check(at("new"), &e);
        assert_int_equal(seteuid(0), 0);
        assert_false(allowed);
        assert_non_null(strstr(e.text, "new: permission denied"));
    }
    holds(at("old"), "old\n");
}

static void directories_are_made_private(void **state)
{
    (void)state;
    struct err e = {""};
    struct stat st;
    mode_t mask = umask(0);
    assert_true(output_make_dirs(at("a/b//c/"), &e));
    assert_true(output_make_dirs(at("a/b/c"), &e));
    umask(mask);
    assert_int_equal(stat(at("a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(at("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    writes(at("file"), "x");
    assert_false(output_make_dirs(at("file/below"), &e));
    assert_non_null(strstr(e.text, "/file: is not a directory"));
    assert_false(output_make_dirs("/proc/fragwizard/x", &e));
    assert_non_null(strstr(e.text, "/proc/fragwizard: "));
    assert_false(output_make_dirs("", &e));
    assert_true(output_make_dirs("/", &e));
}

static void where_things_live(void **state)
{
    (void)state;
    struct err e;
    AUTO_FREE char *config = mem_strdup(at("config"));
    AUTO_FREE char *home = mem_strdup(at("home"));
    setenv("XDG_STATE_HOME", "/x/state", 1);
    AUTO_FREE char *given = output_state_dir();
    assert_string_equal(given, "/x/state/fragwizard");
    setenv("XDG_STATE_HOME", "relative", 1); /* to be ignored */
    setenv("HOME", "/home/ada", 1);
    AUTO_FREE char *usual = output_state_dir();
    assert_string_equal(usual, geteuid() == 0 ? "/var/lib/fragwizard" : "/home/ada/.local/state/fragwizard");
    if (geteuid() == 0) {
        assert_int_equal(seteuid(65534), 0);
        AUTO_FREE char *of_user = output_state_dir();
        assert_int_equal(seteuid(0), 0);
        assert_string_equal(of_user, "/home/ada/.local/state/fragwizard");
    }
    unsetenv("XDG_STATE_HOME");
    setenv("XDG_CONFIG_HOME", config, 1);
    setenv("HOME", home, 1);
    assert_null(output_config_file("playbooks/mine.yaml"));
    assert_true(output_make_dirs(at("config/fragwizard/playbooks/directory.yaml"), &e));
    assert_true(output_make_dirs(at("home/.config/fragwizard/playbooks"), &e));
    writes(at("config/fragwizard/playbooks/mine.yaml"), "x");
    writes(at("config/secret"), "x");
    writes(at("home/.config/fragwizard/playbooks/mine.yaml"), "y");
    AUTO_FREE char *mine = output_config_file("playbooks/mine.yaml");
    assert_string_equal(mine, at("config/fragwizard/playbooks/mine.yaml"));
    unsetenv("XDG_CONFIG_HOME");
    AUTO_FREE char *at_home = output_config_file("playbooks/mine.yaml");
    assert_string_equal(at_home, at("home/.config/fragwizard/playbooks/mine.yaml"));
    setenv("XDG_CONFIG_HOME", config, 1);
    assert_null(output_config_file("playbooks/directory.yaml"));
    assert_null(output_config_file("../secret"));
    assert_null(output_config_file("playbooks/../../secret"));
    assert_null(output_config_file("/etc/passwd"));
    assert_null(output_config_file(""));
}

static void the_default_name_is_plain(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"web-1.example.net", "fragwizard-web-1.example.net-20261121T0122Z.html"},
        {"../../etc", "fragwizard-..-..-etc-20261121T0122Z.html"},
        {"a b\xC3\xBC\x1b", "fragwizard-a-b----20261121T0122Z.html"},
        {"", "fragwizard-host-20261121T0122Z.html"},
        {NULL, "fragwizard-host-20261121T0122Z.html"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        AUTO_FREE char *name = output_default_name(names[i][0], 1795224158, "html");
        assert_string_equal(name, names[i][1]);
    }
    char host[400];
    memset(host, 'h', sizeof host);
    host[399] = '\0';
    AUTO_FREE char *name = output_default_name(host, 1795224158, "json");
    assert_in_range(strlen(name), 20, 120);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_written_and_replaced),
        TEST(names_of_any_length),
        TEST(a_link_is_replaced_not_followed),
        TEST(sentences_for_what_cannot_be_written),
        TEST(devices_and_fifos_are_written_in_place),
        TEST(standard_output_by_name),
        TEST(a_closed_pipe_is_a_sentence),
        TEST(all_bytes_arrive_through_a_slow_pipe),
        TEST(on_a_full_disk_the_old_file_stays),
        TEST(a_signal_leaves_no_temporary_file),
        TEST(killed_at_any_moment_the_file_is_whole),
        TEST(checked_before_long_work),
        TEST(directories_are_made_private),
        TEST(where_things_live),
        TEST(the_default_name_is_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
