/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an operator sees on terminals of all kinds. Sessions run in a child on a pseudo-terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/text.h"
#include "base/wait.h"
#include "engine/run/sampler.h"
#include "term/progress.h"
#include "term/prompt.h"

static void *toy_open(const struct probe_input *in)
{
    (void)in;
    return NULL;
}
static void toy_sample(void *state, const struct probe_input *in, double time_s)
{
    (void)state, (void)in, (void)time_s;
}
static void toy_collect(void *state, const struct probe_input *in, struct facts *facts)
{
    (void)state, (void)in, (void)facts;
}
static void toy_close(void *state)
{
    (void)state;
}

static const struct column columns[] = {
    {"pid", TYPE_COUNT, "", .role = ROLE_KEY},
    {"user", TYPE_TEXT, ""},
    {"swap_pss", TYPE_BYTES, ""},
    {"share", TYPE_RATIO, ""},
    {"slope", TYPE_BYTE_RATE, ""},
    {"kernel", TYPE_BOOL, ""},
    {"threads", TYPE_COUNT, ""},
    {"command", TYPE_TEXT, ""},
};
static const struct table_decl tables[] = {{.name = "process", .columns = columns, .column_count = 8}};
static const struct probe toy = {.name = "toy",
                                 .tables = tables,
                                 .table_count = 1,
                                 .open = toy_open,
                                 .sample = toy_sample,
                                 .collect = toy_collect,
                                 .close = toy_close};

static struct facts *toy_facts(void)
{
    struct facts *f = facts_new(&toy);
    struct table *t = facts_table(f, "process");
    static const char *const commands[] = {"mysqld", "\x1b[31mred\x1b[0m and \xff\xfe broken",
                                           "größe 日本語 wide — and a very long command line that never seems to end",
                                           "a\\x41b", ""};
    for (size_t row = 0; row < 5; row++) {
        table_add(t);
        cell_number(t, row, 0, 1234567 + (double)row);
        cell_text(t, row, 1, row == 2 ? "a-user-with-a-long-name" : "root");
        cell_number(t, row, 2, 1.4 * 1073741824);
        cell_number(t, row, 3, 0.37);
        if (row)
            cell_number(t, row, 4, 12 * 1048576.0 / 60);
        cell_bool(t, row, 5, row & 1);
        cell_number(t, row, 6, 12345);
        cell_text(t, row, 7, commands[row]);
    }
    return f;
}

static void a_table_reads_like_those_of_ps(void **state)
{
    (void)state;
    struct facts *f = toy_facts();
    static const char *const wanted[] = {"pid",     "user",     "swap_pss", "slope", "kernel",
                                         "threads", "nonsense", "command",  NULL};
    static const size_t rows[] = {1, 0};
    struct term term = {.width = 80};
    AUTO_FREE char *text = term_table(&f->tables[0], wanted, rows, 2, &term, 0);
    assert_string_equal(
        text, "    PID  USER  SWAP-PSS       SLOPE  KERNEL  THREADS  COMMAND\n"
              "1234568  root   1.4 GiB  12 MiB/min  yes      12,345  \uFFFD[31mred\uFFFD[0m and \uFFFD\uFFFD broken\n"
              "1234567  root   1.4 GiB           ?  no       12,345  mysqld\n");
    facts_free(f);
}

static void no_table_is_wider_than_asked(void **state)
{
    (void)state;
    struct facts *f = toy_facts();
    for (unsigned ascii = 0; ascii < 2; ascii++) {
        for (unsigned width = 1; width < 160; width++) {
            struct term term = {.width = width, .ascii = ascii};
            AUTO_FREE char *text = term_table(&f->tables[0], NULL, NULL, 5, &term, width);
            assert_null(strchr(text, '\x1b'));
            assert_non_null(strstr(text, width >= 12 ? "PID" : ""));
            size_t lines = 0;
            for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
                if (text_width(line) > width)
                    fail_msg("width %u: %s", width, line);
                for (char *p = line; *p; p++)
                    assert_true(!ascii || (*p > 0 && *p < 127));
                lines++;
            }
            assert_true(lines >= 6);
        }
    }
    facts_free(f);
}

static void what_had_no_room_is_named(void **state)
{
    (void)state;
    struct facts *f = toy_facts();
    struct term term = {.width = 40};
    AUTO_FREE char *text = term_table(&f->tables[0], NULL, NULL, 1, &term, 40);
    assert_non_null(strstr(text, "(no room for:"));
    assert_non_null(strstr(text, "COMMAND)"));
    AUTO_FREE char *wide = term_table(&f->tables[0], NULL, NULL, 1, &term, 120);
    assert_null(strstr(wide, "no room"));
    facts_free(f);
}

static void one_wide_row_stands_downwards(void **state)
{
    (void)state;
    static const struct table_decl single[] = {
        {.name = "process", .columns = columns, .column_count = 8, .single = true}};
    static const struct probe one = {.name = "one", .tables = single, .table_count = 1};
    struct facts *f = facts_new(&one);
    struct table *t = facts_table(f, "process");
    table_add(t);
    cell_number(t, 0, 2, 1.4 * 1073741824);
    cell_unknown(t, 0, 4, "one moment only");
    struct term term = {.width = 40};
    AUTO_FREE char *text = term_table(t, NULL, NULL, 1, &term, 40);
    assert_non_null(strstr(text, "\nSWAP-PSS  1.4 GiB\n"));
    assert_non_null(strstr(text, "\nSLOPE     ? (one moment only)\n"));
    AUTO_FREE char *narrow = term_table(t, NULL, NULL, 1, &term, 20);
    assert_non_null(strstr(narrow, "\nSLOPE     ? (one mo…\n"));
    facts_free(f);
}

static void a_table_without_rows_or_columns_is_no_accident(void **state)
{
    (void)state;
    struct facts *f = toy_facts();
    struct term term = {.width = 80};
    static const char *const none[] = {"nonsense", NULL};
    AUTO_FREE char *empty = term_table(&f->tables[0], none, NULL, 5, &term, 80);
    assert_string_equal(empty, "");
    AUTO_FREE char *header = term_table(&f->tables[0], NULL, NULL, 0, &term, 80);
    assert_non_null(strstr(header, "PID"));
    static const size_t far[] = {99};
    AUTO_FREE char *outside = term_table(&f->tables[0], NULL, far, 1, &term, 80);
    assert_string_equal(outside, header);
    facts_free(f);
}

/* --- text --- */

static char *printed(const struct term *t, unsigned indent, const char *text)
{
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    FILE *file = tmpfile();
    dup2(fileno(file), STDOUT_FILENO);
    term_print(t, indent, text);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    long size = lseek(fileno(file), 0, SEEK_END);
    char *data = mem_alloc((size_t)size + 1);
    assert_int_equal(pread(fileno(file), data, (size_t)size, 0), size);
    fclose(file);
    return data;
}

static void text_is_wrapped_and_clean(void **state)
{
    (void)state;
    struct term t = {.width = 20};
    AUTO_FREE char *a = printed(&t, 2, "the quick brown fox jumps over");
    assert_string_equal(a, "  the quick brown\n  fox jumps over\n");
    AUTO_FREE char *b = printed(&t, 0, "/a/path/that/is/longer/than/the/line stays whole");
    assert_string_equal(b, "/a/path/that/is/longer/than/the/line\nstays whole\n");
    AUTO_FREE char *c = printed(&t, 0, "one\n\n  two\n");
    assert_string_equal(c, "one\n\n  two\n");
    AUTO_FREE char *d = printed(&t, 0, "");
    assert_string_equal(d, "\n");
    AUTO_FREE char *e = printed(&t, 0, "\x1b[2J \x7f\r");
    assert_string_equal(e, "\uFFFD[2J \uFFFD\uFFFD\n");
    AUTO_FREE char *f = printed(&t, 0, "日本語 日本語 日本語 日本語");
    assert_string_equal(f, "日本語 日本語 日本語\n日本語\n");
    t.ascii = true;
    AUTO_FREE char *g = printed(&t, 0, "4 ≥ 2 … ü");
    assert_string_equal(g, "4 >= 2 ... ?\n");
    assert_string_equal(term_sign(SEVERITY_INFO), "[i]");
    assert_string_equal(term_sign(SEVERITY_WARNING), "[!]");
    assert_string_equal(term_sign(SEVERITY_CRITICAL), "[!!]");
}

/* --- on a pseudo-terminal --- */

struct act {
    const char *await; /* seen in the output … */
    const char *type;  /* … then this is typed */
};

static const char *const plain_env[] = {"LC_ALL=C.UTF-8", "TERM=xterm", NULL};

/* Runs `body` in a child on a terminal; returns all that it wrote there. */
static char *session(const char *const *env, void (*body)(void), const struct act *acts, size_t count)
{
    struct winsize size = {.ws_col = 100, .ws_row = 30};
    int fd;
    fflush(NULL);
    pid_t pid = forkpty(&fd, NULL, NULL, &size);
    if (pid < 0)
        skip(); /* no /dev/pts */
    if (pid == 0) {
        clearenv();
        for (; *env; env++)
            putenv((char *)*env);
        signal(SIGPIPE, SIG_DFL);
        alarm(20);
        body();
        fflush(NULL);
        _exit(0);
    }
    struct str out = {0};
    size_t at = 0, seen = 0;
    char buffer[4096];
    for (double end = clock_now() + 20; clock_now() < end;) {
        while (at < count && str_text(&out) && strstr(str_text(&out) + seen, acts[at].await)) {
            seen = out.length;
            usleep(20000); /* a prompt is written a moment before the terminal is ready for keys */
            assert_int_equal(write(fd, acts[at].type, strlen(acts[at].type)), strlen(acts[at].type));
            at++;
        }
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 100) <= 0)
            continue;
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n <= 0)
            break; /* EIO: the child has left */
        str_add_n(&out, buffer, (size_t)n);
    }
    close(fd);
    int status;
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("the child ended with status %x after: %s", (unsigned)status, str_text(&out));
    return out.data ? out.data : mem_strdup("");
}

static void expect(const char *output, const char *wanted)
{
    if (!strstr(output, wanted))
        fail_msg("%s\nis not in\n%s", wanted, output);
}

static void show_term(void)
{
    struct term t;
    term_init(&t);
    printf("tty=%d%d%d color=%d%d ascii=%d dumb=%d accessible=%d %ux%u\n", t.tty_in, t.tty_out, t.tty_err, t.color,
           t.color_err, t.ascii, t.dumb, t.accessible, t.width, t.height);
}

static void looks(const char *wanted, const char *const *env)
{
    AUTO_FREE char *out = session(env, show_term, NULL, 0);
    expect(out, wanted);
}
#define LOOKS(wanted, ...) looks(wanted, (const char *const[]){__VA_ARGS__, NULL})

static void the_terminal_is_asked_and_the_environment_obeyed(void **state)
{
    (void)state;
    looks("tty=111 color=11 ascii=0 dumb=0 accessible=0 100x30", plain_env);
    LOOKS("color=00 ascii=0", "LC_ALL=C.UTF-8", "TERM=xterm", "NO_COLOR=1");
    LOOKS("color=11", "LC_ALL=C.UTF-8", "TERM=xterm", "NO_COLOR=");
    LOOKS("color=00", "LC_ALL=C.UTF-8", "TERM=xterm", "CLICOLOR=0");
    LOOKS("color=11", "LC_ALL=C.UTF-8", "TERM=xterm", "CLICOLOR=1");
    LOOKS("color=11", "LC_ALL=C.UTF-8", "TERM=dumb", "CLICOLOR_FORCE=1");
    LOOKS("color=00", "LC_ALL=C.UTF-8", "TERM=xterm", "CLICOLOR_FORCE=1", "NO_COLOR=1");
    LOOKS("color=00 ascii=0 dumb=1", "LC_ALL=C.UTF-8", "TERM=dumb");
    LOOKS("color=00 ascii=0 dumb=1", "LC_ALL=C.UTF-8");
    LOOKS("color=00 ascii=0 dumb=0 accessible=1", "LC_ALL=C.UTF-8", "TERM=xterm", "ACCESSIBLE=1");
    LOOKS("accessible=0", "LC_ALL=C.UTF-8", "TERM=xterm", "ACCESSIBLE=0");
    LOOKS("ascii=1", "TERM=xterm", "LANG=C");
    LOOKS("ascii=1", "TERM=xterm", "LANG=C.UTF-8", "LC_ALL=C");
    LOOKS("ascii=0", "TERM=xterm", "LANG=C.UTF-8");
    LOOKS("ascii=0", "TERM=xterm", "LANG=xx_YY.UTF-8"); /* not installed here, but the terminal has it */
}

static void show_piped_term(void)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        _exit(9);
    dup2(pipes[1], STDOUT_FILENO);
    struct term t;
    term_init(&t);
    fprintf(stderr, "tty_out=%d color=%d color_err=%d width=%u\n", t.tty_out, t.color, t.color_err, t.width);
}

static void a_pipe_gets_no_color(void **state)
{
    (void)state;
    AUTO_FREE char *out = session(plain_env, show_piped_term, NULL, 0);
    expect(out, "tty_out=0 color=0 color_err=1 width=80");
    static const char *const wide[] = {"TERM=xterm", "COLUMNS=132", NULL};
    AUTO_FREE char *other = session(wide, show_piped_term, NULL, 0);
    expect(other, "width=132");
}

static void ask(void)
{
    struct term t;
    term_init(&t);
    wait_catch_signals();
    static const char *const words[] = {"back", "defaults", "yes", NULL};
    struct termios before, after;
    tcgetattr(STDIN_FILENO, &before);
    for (unsigned i = 0; i < 3; i++) {
        char *line;
        enum prompt_result r = prompt_line("answer> ", words, NULL, &t, &line);
        tcgetattr(STDIN_FILENO, &after);
        bool restored = before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag;
        printf("<%s %s %s>\n",
               r == PROMPT_LINE  ? "line"
               : r == PROMPT_EOF ? "eof"
                                 : "interrupt",
               line ? line : "-", restored ? "restored" : "NOT RESTORED");
        fflush(stdout);
        free(line);
        if (r != PROMPT_LINE)
            return;
    }
}

static const char *const dumb_env[] = {"LC_ALL=C.UTF-8", "TERM=dumb", NULL};
static const char *const accessible_env[] = {"LC_ALL=C.UTF-8", "TERM=xterm", "ACCESSIBLE=1", NULL};

static void lines_are_completed_and_recalled(void **state)
{
    (void)state;
    static const struct act acts[] = {{"answer> ", "de\t\r"}, {"answer> ", "\x1b[A\r"}, {"answer> ", "\x04"}};
    AUTO_FREE char *out = session(plain_env, ask, acts, 3);
    expect(out, "<line defaults restored>");
    expect(strstr(out, "<line defaults restored>") + 1, "<line defaults restored>"); /* by the arrow key */
    expect(out, "<eof - restored>");
    assert_null(strstr(out, "\x1b[?")); /* no mode of the terminal is switched */
}

static void plain_terminals_get_no_escape(void **state)
{
    (void)state;
    static const struct act acts[] = {{"answer> ", "yes\n"}, {"answer> ", "grün\n"}, {"answer> ", "\x04"}};
    const char *const *const envs[] = {dumb_env, accessible_env};
    for (size_t i = 0; i < 2; i++) {
        AUTO_FREE char *out = session(envs[i], ask, acts, 3);
        expect(out, "<line yes restored>");
        expect(out, "<line grün restored>");
        expect(out, "<eof - restored>");
        assert_null(strchr(out, '\x1b'));
    }
}

static void control_c_leaves_at_once(void **state)
{
    (void)state;
    static const struct act acts[] = {{"answer> ", "half an ans\x03"}};
    const char *const *const envs[] = {plain_env, dumb_env, accessible_env};
    for (size_t i = 0; i < 3; i++) {
        double begin = clock_now();
        AUTO_FREE char *out = session(envs[i], ask, acts, 1);
        expect(out, "\n<interrupt - restored>");
        assert_true(clock_now() - begin < 1);
    }
}

static void ask_from_a_pipe(void)
{
    int pipes[2];
    if (pipe(pipes) != 0 || write(pipes[1], "one\ntwo\nlast", 12) != 12)
        _exit(9);
    close(pipes[1]);
    dup2(pipes[0], STDIN_FILENO);
    struct term t;
    term_init(&t);
    char *line;
    while (prompt_line("? ", NULL, NULL, &t, &line) == PROMPT_LINE) {
        printf("<%s>\n", line);
        free(line);
    }
    puts("<end>");
}

static void lines_may_come_from_a_pipe(void **state)
{
    (void)state;
    AUTO_FREE char *out = session(plain_env, ask_from_a_pipe, NULL, 0);
    expect(out, "<one>\r\n? <two>\r\n? <last>\r\n? \r\n<end>");
}

static double window_s;
static bool with_keys;

static void observe(void)
{
    struct term t;
    term_init(&t);
    wait_catch_signals();
    struct root root = {.path = "/", .fd = -1, .live = true, .moment_fd = -1};
    struct probe_input in = {.root = &root, .window_s = window_s};
    const struct probe *list[] = {&toy};
    struct sampler *s = sampler_start(list, 1, &in, window_s);
    struct termios before, after;
    tcgetattr(STDIN_FILENO, &before);
    double begin = clock_now();
    enum move move = progress_wait(s, &t, with_keys, "observing");
    double spent = clock_now() - begin;
    tcgetattr(STDIN_FILENO, &after);
    printf("<%s %s %s>\n",
           move == MOVE_NEXT   ? "next"
           : move == MOVE_QUIT ? "quit"
                               : "?",
           spent < window_s * 0.9 ? "early" : "whole", before.c_lflag == after.c_lflag ? "restored" : "NOT RESTORED");
    sampler_free(s);
}

static void a_wait_shows_the_time_left(void **state)
{
    (void)state;
    window_s = 1.2;
    with_keys = true;
    AUTO_FREE char *out = session(plain_env, observe, NULL, 0);
    expect(out, "\robserving  ░░");
    expect(out, "2 s left  Enter ends it now, q leaves");
    expect(out, "█░");
    expect(out, "  \r<next whole restored>"); /* and is gone at the end */
    assert_null(strchr(out, '\x1b'));
    size_t drawn = 0;
    for (const char *p = out; (p = strstr(p, "\robs")); p++)
        drawn++;
    assert_in_range(drawn, 2, 8);

    with_keys = false;
    static const char *const ascii[] = {"LC_ALL=C", "TERM=xterm", NULL};
    AUTO_FREE char *plain = session(ascii, observe, NULL, 0);
    expect(plain, "\robserving  ##");
    assert_null(strstr(plain, "Enter"));
    AUTO_FREE char *still = session(accessible_env, observe, NULL, 0);
    assert_string_equal(still, "observing: 2 s left\r\n<next whole restored>\r\n");
    AUTO_FREE char *dumb = session(dumb_env, observe, NULL, 0);
    assert_string_equal(dumb, still);
}

static void a_wait_can_be_cut_short(void **state)
{
    (void)state;
    window_s = 10;
    with_keys = true;
    AUTO_FREE char *entered = session(plain_env, observe, (struct act[]){{"left", "\r"}}, 1);
    expect(entered, "<next early restored>");
    AUTO_FREE char *left = session(plain_env, observe, (struct act[]){{"left", "q"}}, 1);
    expect(left, "<quit early restored>");
    AUTO_FREE char *interrupted = session(plain_env, observe, (struct act[]){{"left", "\x03"}}, 1);
    expect(interrupted, "<quit early restored>");
    with_keys = false;
    AUTO_FREE char *audit = session(plain_env, observe, (struct act[]){{"left", "q\x03"}}, 1);
    expect(audit, "<next early restored>"); /* the report is written from what was seen so far */
}

static void observe_piped(void)
{
    int kept = dup(STDERR_FILENO), pipes[2];
    if (pipe(pipes) != 0)
        _exit(9);
    dup2(pipes[1], STDERR_FILENO);
    observe();
    dup2(kept, STDERR_FILENO);
    close(pipes[1]);
    char c;
    printf("<%s>\n", read(pipes[0], &c, 1) == 0 ? "silent" : "not silent");
}

static void a_wait_is_silent_off_a_terminal(void **state)
{
    (void)state;
    window_s = 0.5;
    with_keys = false;
    AUTO_FREE char *out = session(plain_env, observe_piped, NULL, 0);
    expect(out, "<next whole restored>");
    expect(out, "<silent>");
}

static void history_is_kept(void **state)
{
    (void)state;
    char directory[] = "/tmp/fragwizard-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    AUTO_FREE char *path = mem_printf("%s/history", directory);
    FILE *f = fopen(path, "w");
    fputs("yes\nmysqld\n", f);
    fclose(f);
    prompt_history_load(path);
    unlink(path);
    prompt_history_save(path);
    f = fopen(path, "r");
    assert_non_null(f);
    char text[64] = "";
    assert_int_equal(fread(text, 1, sizeof text - 1, f), 11);
    assert_string_equal(text, "yes\nmysqld\n");
    fclose(f);
    unlink(path);
    assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_reads_like_those_of_ps),
        cmocka_unit_test(no_table_is_wider_than_asked),
        cmocka_unit_test(what_had_no_room_is_named),
        cmocka_unit_test(one_wide_row_stands_downwards),
        cmocka_unit_test(a_table_without_rows_or_columns_is_no_accident),
        cmocka_unit_test(text_is_wrapped_and_clean),
        cmocka_unit_test(the_terminal_is_asked_and_the_environment_obeyed),
        cmocka_unit_test(a_pipe_gets_no_color),
        cmocka_unit_test(lines_are_completed_and_recalled),
        cmocka_unit_test(plain_terminals_get_no_escape),
        cmocka_unit_test(control_c_leaves_at_once),
        cmocka_unit_test(lines_may_come_from_a_pipe),
        cmocka_unit_test(a_wait_shows_the_time_left),
        cmocka_unit_test(a_wait_can_be_cut_short),
        cmocka_unit_test(a_wait_is_silent_off_a_terminal),
        cmocka_unit_test(history_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
