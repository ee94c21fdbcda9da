/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wait with the time left. Drawn with carriage returns and spaces only, so that no terminal must know an escape. */
#include "term/progress.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/text.h"
#include "base/wait.h"

#define REDRAW_S 0.2  /* five a second */
#define REPEAT_S 10.0 /* static text */
enum { BAR_MAX = 30 };

/* The terminal as it was, to be set back from a signal handler too. */
static struct termios terminal_before;
static volatile sig_atomic_t terminal_changed;
static const int fatal_signals[] = {SIGQUIT, SIGHUP, SIGTSTP};
enum { FATAL_COUNT = ARRAY_SIZE(fatal_signals) };

static bool set_keys(void)
{
    struct termios raw = terminal_before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void set_back(void)
{
    if (terminal_changed)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
}

static void on_fatal(int number)
{
    int kept = errno;
    set_back();
    struct sigaction standard = {.sa_handler = SIG_DFL}, ours;
    sigaction(number, &standard, &ours);
    sigset_t open;
    sigemptyset(&open);
    sigaddset(&open, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &open, NULL); /* it ends or stops here */
    sigaction(number, &ours, NULL);
    set_keys();
    errno = kept;
}

struct keys {
    bool active;
    struct sigaction before[FATAL_COUNT];
};

static void keys_begin(struct keys *k)
{
    static bool registered;
    /* in the background, changing the terminal would stop us */
    if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &terminal_before) != 0)
        return;
    if (!registered)
        atexit(set_back);
    registered = true;
    struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FATAL_COUNT; i++) {
        sigaction(fatal_signals[i], NULL, &k->before[i]);
        if (k->before[i].sa_handler == SIG_DFL) /* what is caught or ignored is not fatal */
            sigaction(fatal_signals[i], &action, NULL);
    }
    terminal_changed = 1;
    k->active = true;
    set_keys();
}

static void keys_end(struct keys *k)
{
    if (!k->active)
        return;
    set_back();
    terminal_changed = 0;
    for (size_t i = 0; i < FATAL_COUNT; i++)
        sigaction(fatal_signals[i], &k->before[i], NULL);
}

static size_t width_of(const struct term *t)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    return t->width ? t->width : 80;
}

struct drawing {
    const struct term *t;
    const char *what, *hint;
    size_t width; /* of the line drawn */
};

static struct units_text time_left(const struct sampler *s)
{
    return units_text((double)(long)(sampler_remaining(s) + 0.999), TYPE_SECONDS);
}

/* The hint goes first where there is no room, then the bar. */
static void draw(struct drawing *d, const struct sampler *s)
{
    double elapsed = sampler_elapsed(s), left = sampler_remaining(s);
    double done = elapsed + left > 0 ? elapsed / (elapsed + left) : 1;
    const struct units_text remaining = time_left(s);
    size_t room = width_of(d->t) - 1;
    size_t text = text_width(d->what) + 2 + strlen(remaining.text) + strlen(" left");
    size_t hint = *d->hint ? 2 + strlen(d->hint) : 0;
    bool with_hint = text + hint + 2 + 10 <= room;
    size_t bar = room > text + (with_hint ? hint : 0) + 2 ? room - text - (with_hint ? hint : 0) - 2 : 0;
    bar = bar < 4 ? 0 : bar > BAR_MAX ? BAR_MAX : bar;
    struct str line AUTO_STR = {0};
    str_printf(&line, "%s  ", d->what);
    for (size_t i = 0; i < bar; i++) {
        bool full = (double)i + 0.5 < done * (double)bar;
        str_add(&line, d->t->ascii ? full ? "#" : "-" : full ? "█" : "░");
    }
    str_printf(&line, "%s%s left", bar ? "  " : "", remaining.text);
    if (with_hint && hint)
        str_printf(&line, "  %s", d->hint);
    size_t width = text_width(str_text(&line));
    if (width > room) {
        str_clear(&line);
        str_add(&line, remaining.text);
        width = text_width(remaining.text);
    }
    size_t old = d->width;
    d->width = width;
    for (; width < old; width++)
        str_add_char(&line, ' ');
    fprintf(stderr, "\r%s", str_text(&line));
    fflush(stderr);
}

static void erase(struct drawing *d)
{
    if (d->width)
        fprintf(stderr, "\r%*s\r", (int)d->width, "");
    fflush(stderr);
    d->width = 0;
}

static void say(const struct drawing *d, const struct sampler *s, bool first)
{
    fprintf(stderr, "%s: %s left%s%s\n", d->what, time_left(s).text, first && *d->hint ? ". " : "",
            first ? d->hint : "");
}

enum pressed { PRESSED_NOTHING, PRESSED_ENTER, PRESSED_QUIT, PRESSED_END };

static enum pressed pressed_key(void)
{
    char typed[64];
    ssize_t n = read(STDIN_FILENO, typed, sizeof typed);
    if (n <= 0)
        return n < 0 && (errno == EINTR || errno == EAGAIN) ? PRESSED_NOTHING : PRESSED_END;
    for (ssize_t i = 0; i < n; i++) {
        if (typed[i] == 'q' || typed[i] == 'Q' || typed[i] == 4) /* Ctrl-D */
            return PRESSED_QUIT;
        if (typed[i] == '\n' || typed[i] == '\r')
            return PRESSED_ENTER;
    }
    return PRESSED_NOTHING;
}

enum move progress_wait(struct sampler *s, const struct term *t, bool keys, const char *what)
{
    if (sampler_remaining(s) <= 0)
        return MOVE_NEXT;
    struct keys k = {0};
    if (keys && t->tty_in)
        keys_begin(&k);
    AUTO_FREE char *shown = text_shown(what, t->ascii);
    struct drawing d = {.t = t, .what = shown, .hint = k.active ? "Enter ends it now, q leaves" : ""};
    bool fixed = t->accessible || t->dumb;
    bool first = true, listening = k.active;
    double next = clock_now();
    enum move move = MOVE_NEXT;
    while (sampler_remaining(s) > 0) {
        if (t->tty_err && clock_now() >= next) {
            if (fixed)
                say(&d, s, first);
            else
                draw(&d, s);
            first = false;
            next = clock_now() + (fixed ? REPEAT_S : REDRAW_S);
        }
        enum wake wake = wait_for(listening ? STDIN_FILENO : -1, fmin(t->tty_err ? next : INFINITY, sampler_due(s)));
        if (wake == WAKE_SIGNAL) {
            sampler_cut(s);
            move = keys ? MOVE_QUIT : MOVE_NEXT;
            break;
        }
        sampler_tick(s);
        enum pressed pressed = wake == WAKE_INPUT ? pressed_key() : PRESSED_NOTHING;
        if (pressed == PRESSED_ENTER)
            sampler_cut(s);
        listening = listening && pressed != PRESSED_END;
        if (pressed == PRESSED_QUIT) {
            move = MOVE_QUIT;
            break;
        }
    }
    erase(&d);
    keys_end(&k);
    return move;
}
