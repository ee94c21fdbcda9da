/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmd.h"

static char last[3 * 1024];

const char *complain_last(void)
{
    return last;
}

int complain(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* what it quotes can come from anywhere */
    char clean[3 * sizeof text];
    text_clean(clean, sizeof clean, text, strlen(text));
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        char utf8[sizeof clean];
        memcpy(utf8, clean, sizeof clean);
        text_ascii(clean, sizeof clean, utf8);
    }
    snprintf(last, sizeof last, "%s", clean);
    fprintf(stderr, "fragwizard: %s\n", clean);
    return EXIT_UNKNOWN;
}

bool complain_of(const struct err *e)
{
    complain("%s", e->text);
    return false;
}
