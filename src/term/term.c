/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the terminal can do, and text on it. Nothing here ever writes an escape sequence. */
#include "term/term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"
#include "base/text.h"
#include "layout/styled.h"

enum { WIDTH_MIN = 20, WIDTH_MAX = 1000 };

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

static bool is_on(const char *name)
{
    return is_set(name) && strcmp(getenv(name), "0") != 0;
}

/* Only LC_CTYPE: numbers must keep their decimal point whatever the locale. */
static bool locale_is_utf8(void)
{
    if (!setlocale(LC_CTYPE, "")) {
        /* A UTF-8 locale was asked for that is not installed, as often over ssh: the terminal shows UTF-8 all the same.
         */
        const char *asked = is_set("LC_ALL")     ? getenv("LC_ALL")
                            : is_set("LC_CTYPE") ? getenv("LC_CTYPE")
                                                 : getenv("LANG");
        if (asked && (strcasestr(asked, "utf-8") || strcasestr(asked, "utf8")))
            setlocale(LC_CTYPE, "C.UTF-8");
    }
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static unsigned size_of(const char *name, unsigned measured, unsigned otherwise)
{
    if (measured)
        return measured;
    const char *value = getenv(name);
    long n = value ? strtol(value, NULL, 10) : 0;
    return n > 0 && n <= WIDTH_MAX ? (unsigned)n : otherwise;
}

void term_init(struct term *t)
{
    *t = (struct term){
        .tty_in = isatty(STDIN_FILENO), .tty_out = isatty(STDOUT_FILENO), .tty_err = isatty(STDERR_FILENO)};
    t->ascii = !locale_is_utf8();
    t->accessible = is_on("ACCESSIBLE");
    t->dumb = !is_set("TERM") || strcmp(getenv("TERM"), "dumb") == 0;
    const char *wish = getenv("CLICOLOR");
    bool never = is_set("NO_COLOR") || t->accessible;
    bool able = !t->dumb && !(wish && strcmp(wish, "0") == 0);
    bool forced = is_on("CLICOLOR_FORCE");
    t->color = !never && (forced || (able && t->tty_out));
    t->color_err = !never && (forced || (able && t->tty_err));
    struct winsize size = {0};
    if (!t->tty_out || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        size = (struct winsize){0};
    t->width = size_of("COLUMNS", size.ws_col, 80);
    t->height = size_of("LINES", size.ws_row, 24);
    if (t->width < WIDTH_MIN)
        t->width = WIDTH_MIN;
    if (t->width > WIDTH_MAX)
        t->width = WIDTH_MAX;
}

const char *term_sign(enum severity s)
{
    return s == SEVERITY_CRITICAL ? "[!!]" : s == SEVERITY_WARNING ? "[!]" : "[i]";
}

/* Words go to the next line where they do not fit; one longer than a line (a path, a command) stays whole, to be
 * copied. */
static void add_wrapped(struct str *out, const char *line, unsigned indent, unsigned width)
{
    size_t count;
    indent += (unsigned)strspn(line, " ");
    AUTO_FREE struct span *lines =
        break_lines(line, strlen(line), width > indent ? width - indent : 1, BREAK_NO_WORD, &count);
    for (size_t i = 0; i < count; i++)
        str_printf(out, "%*s%.*s\n", (int)indent, "", (int)(lines[i].end - lines[i].begin), line + lines[i].begin);
    if (!count)
        str_add_char(out, '\n');
}

void term_print(const struct term *t, unsigned indent, const char *text)
{
    struct str out AUTO_STR = {0};
    unsigned width = t->width ? t->width : 80;
    for (;;) {
        size_t length = strcspn(text, "\n");
        AUTO_FREE char *line = text_shown_raw(text, length, t->ascii);
        add_wrapped(&out, line, indent, width);
        text += length;
        if (!*text || !*++text)
            break;
    }
    fputs(str_text(&out), stdout);
}
