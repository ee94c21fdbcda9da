/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of the command line: what they have in common, and one sentence for one that is wrong. */
#ifndef FW_CMD_OPTION_H
#define FW_CMD_OPTION_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

/* One option, by what it sets: a flag, the word behind it, or whatever `take` makes of that word. */
struct option_decl {
    const char *name;
    bool *flag;
    const char **word;
    bool (*take)(void *data, const char *word); /* false after a complaint */
    void *data;
    char letter; /* 'o': also -o, of one with a value */
};

struct verb_options {
    const char *verb; /* begins a complaint; NULL: none */
    const char *usage;
    void (*more_usage)(void);       /* behind that; NULL: nothing */
    const struct option_decl *list; /* up to one without name; --help is no part of it */
    const char *wrong;              /* "unknown option": such a one is only quoted; NULL: the nearest is named */
};

/* Sets what the options say; then argv[optind] is the first of the other words. True: *exit_status is EXIT_UNKNOWN. False: the command ends with it (help
 * or a complaint). */
bool options_parse(const struct verb_options *o, int argc, char **argv, int *exit_status);
/* "LACK 'NAME'; did you mean 'x'?", or where to look; `lack` as in "there is no verb". */
int complain_name(const char *lack, const char *name, const char *const *known, size_t count, const char *where);

bool parse_pid(const char *text, long *pid);
bool process_is_gone(long pid);

#endif
