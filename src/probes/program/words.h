/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of a process's command line (/proc/PID/cmdline), and what they say it runs. A process can write there whatever it
 * likes: nothing of this is proof. */
#ifndef FW_PROBES_PROGRAM_WORDS_H
#define FW_PROBES_PROGRAM_WORDS_H

#include "base/scan.h"

enum { COMMAND_LINE_BYTES_MAX = 128 * 1024, WORDS_MAX = 512 };

struct words {
    struct span list[WORDS_MAX]; /* of the text that was split */
    size_t count;
    bool title; /* it was rewritten as a sentence ("nginx: worker process"), the first word without its colon */
};
/* Words are ended by NUL; a text without NUL but with blanks is what a program made of its own title, split at blanks. */
void words_split(const char *text, size_t length, struct words *w);

enum program {
    PROGRAM_OTHER,
    PROGRAM_JAVA,
    PROGRAM_NODE,
    PROGRAM_PYTHON,
    PROGRAM_RUBY,
    PROGRAM_PERL,
    PROGRAM_PHP,
    PROGRAM_PHP_FPM,
    PROGRAM_DOTNET,
    PROGRAM_SHELL,
    PROGRAM_ERLANG,
    PROGRAM_POSTGRES,
    PROGRAM_MARIADB,
    PROGRAM_REDIS,
    PROGRAM_MEMCACHED,
};

struct subject {
    enum program program;
    size_t script; /* the word that names the script, jar, main class or module; 0: none */
    size_t app;    /* that names what a Python server runs ("app:app"); 0: none */
};
struct subject words_subject(const struct words *w);

/* A value of an option, "NAME=value" or in the word behind NAME; the last that is given. at == NULL: none. */
struct span words_option(const struct words *w, const char *name);

/* Whether it can be shown: short, of letters that file names and modules are made of, and nothing like a token or key. */
bool word_is_tame(struct span word);
/* Whether an option of that name has a secret for its value. */
bool word_is_secret(struct span name);

#endif
