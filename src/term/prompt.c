/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking for a line. Where lines cannot or must not be redrawn (no terminal, TERM=dumb, ACCESSIBLE) the kernel's own
 * line editing serves; else readline, which has one set of globals, so this file has one too. */
#include "term/prompt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/output.h"
#include "base/str.h"
#include "base/text.h"
#include "base/wait.h"

enum { HISTORY_MAX = 500, LINE_MAX_BYTES = 64 * 1024 };

static const char *const *offered; /* the words of the prompt at hand */
static char *given_line;
static bool given;
static volatile sig_atomic_t resized, continued;

static void on_change(int number)
{
    if (number == SIGWINCH)
        resized = 1;
    else
        continued = 1;
}

static char *next_word(const char *text, int state)
{
    static size_t at;
    if (!state)
        at = 0;
    while (offered && offered[at]) {
        const char *word = offered[at++];
        if (strncmp(word, text, strlen(text)) == 0)
            return mem_strdup(word);
    }
    return NULL;
}

/* Without words the answer may be a file, which readline completes by itself. */
static char **complete(const char *text, int start, int end)
{
    (void)end;
    rl_completion_append_character = '\0'; /* readline sets it to a space before each completion */
    if (!offered)
        return NULL;
    rl_attempted_completion_over = 1;
    return start == 0 ? rl_completion_matches(text, next_word) : NULL;
}

static void on_line(char *line)
{
    given = true;
    given_line = line;
    rl_callback_handler_remove(); /* before readline shows the prompt again */
}

static void start_readline(void)
{
    static bool started;
    if (started)
        return;
    started = true;
    rl_readline_name = "fragwizard";
    rl_catch_signals = 0; /* base/wait.c catches them */
    rl_catch_sigwinch = 0;
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = " \t";
    rl_initialize();
    /* after ~/.inputrc was read: both would write escape sequences at every prompt */
    rl_variable_bind("enable-bracketed-paste", "off");
    rl_variable_bind("enable-meta-key", "off");
    stifle_history(HISTORY_MAX);
}

static enum prompt_result edit_line(const char *prompt, struct sampler *s, char **line)
{
    start_readline();
    struct sigaction action = {.sa_handler = on_change, .sa_flags = SA_RESTART}, old_winch, old_cont;
    sigemptyset(&action.sa_mask);
    sigaction(SIGWINCH, &action, &old_winch);
    sigaction(SIGCONT, &action, &old_cont);
    resized = continued = 0;
    given = false;
    given_line = NULL;
    rl_callback_handler_install(prompt, on_line);
    bool interrupted = false;
    while (!given && !interrupted) {
        enum wake wake = wait_for(STDIN_FILENO, sampler_due(s));
        if (wake != WAKE_SIGNAL)
            sampler_tick(s);
        if (resized) {
            resized = 0;
            rl_resize_terminal();
        }
        if (continued) { /* the shell has set the terminal its own way meanwhile */
            continued = 0;
            rl_prep_terminal(1);
            rl_forced_update_display();
        }
        if (wake == WAKE_INPUT)
            rl_callback_read_char();
        else if (wake == WAKE_SIGNAL)
            interrupted = true;
    }
    if (interrupted) {
        rl_free_line_state();
        rl_callback_handler_remove();
        rl_cleanup_after_signal();
        fputc('\n', rl_outstream);
        fflush(rl_outstream);
    }
    sigaction(SIGWINCH, &old_winch, NULL);
    sigaction(SIGCONT, &old_cont, NULL);
    if (interrupted)
        return PROMPT_INTERRUPT;
    if (!given_line) {
        fputc('\n', rl_outstream);
        fflush(rl_outstream);
        return PROMPT_EOF;
    }
    HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
    if (*given_line && !(last && strcmp(last->line, given_line) == 0))
        add_history(given_line);
    *line = given_line;
    given_line = NULL;
    return PROMPT_LINE;
}

static enum prompt_result read_line(const char *prompt, struct sampler *s, char **line)
{
    static char pending[4096]; /* read beyond the line, when lines come faster than they are asked for */
    static size_t begin, end;
    struct str typed AUTO_STR = {0};
    fputs(prompt, stdout);
    fflush(stdout);
    for (;;) {
        char *newline = memchr(pending + begin, '\n', end - begin);
        size_t length = newline ? (size_t)(newline - pending) - begin : end - begin;
        if (typed.length + length <= LINE_MAX_BYTES)
            str_add_n(&typed, pending + begin, length);
        begin += length + (newline ? 1 : 0);
        if (newline)
            break;
        enum wake wake = wait_for(STDIN_FILENO, sampler_due(s));
        if (wake == WAKE_SIGNAL) {
            puts("");
            fflush(stdout);
            return PROMPT_INTERRUPT;
        }
        sampler_tick(s);
        if (wake != WAKE_INPUT)
            continue;
        ssize_t n = read(STDIN_FILENO, pending, sizeof pending);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        begin = 0;
        end = n > 0 ? (size_t)n : 0;
        if (n <= 0 && typed.length)
            break; /* a last line without newline */
        if (n <= 0) {
            puts("");
            fflush(stdout);
            return PROMPT_EOF;
        }
    }
    *line = mem_strdup(str_text(&typed));
    return PROMPT_LINE;
}

enum prompt_result prompt_line(const char *prompt, const char *const *words, struct sampler *s, const struct term *t,
                               char **line)
{
    *line = NULL;
    offered = words;
    fflush(stdout);
    bool plain = !t->tty_in || !t->tty_out || t->dumb || t->accessible;
    AUTO_FREE char *shown = text_shown(prompt, t->ascii);
    enum prompt_result result = plain ? read_line(shown, s, line) : edit_line(shown, s, line);
    offered = NULL;
    return result;
}

void prompt_history_load(const char *path)
{
    using_history();
    read_history(path);
    stifle_history(HISTORY_MAX);
}

/* Losing the history is no reason to complain. */
void prompt_history_save(const char *path)
{
    HIST_ENTRY **entries = history_list();
    struct str text AUTO_STR = {0};
    for (size_t i = 0; entries && entries[i]; i++)
        str_printf(&text, "%s\n", entries[i]->line);
    if (text.length)
        output_write_file(path, text.data, text.length, 0600, NULL);
}
