/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/option.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmd.h"

enum { NAMES_MAX = 32, PID_MAX = 4194304, VALUE_FIRST = 256 };

/* getopt takes the beginning of a long option for it, unless it is that of several. */
static int complain_long(const char *prefix, const char *word, const struct option *known)
{
    const char *names[NAMES_MAX];
    size_t count = 0, begun = 0, length = strcspn(word, "=");
    char name[64];
    if (length >= sizeof name)
        return complain("%sthere is no such option; see --help", prefix);
    memcpy(name, word, length);
    name[length] = '\0';
    for (const struct option *o = known; o->name && count < NAMES_MAX; o++) {
        names[count++] = o->name;
        begun += strncmp(o->name, name, length) == 0;
    }
    if (begun > 1)
        return complain("%s'--%s' could be several options; see --help", prefix, name);
    const char *near = text_nearest(name, names, count);
    if (near)
        return complain("%sthere is no option '--%s'; did you mean '--%s'?", prefix, name, near);
    return complain("%sthere is no option '--%s'; see --help", prefix, name);
}

/* getopt_long returned '?' or ':'. Names the word, and the option that may have been meant. */
static int complain_option(const struct verb_options *v, int result, char **argv, const struct option *known)
{
    const char *word = argv[optind - 1];
    char prefix[32] = "";
    if (v->wrong)
        return complain("%s: %s '%s'; see `fragwizard %s --help`", v->verb, v->wrong, word, v->verb);
    if (v->verb)
        snprintf(prefix, sizeof prefix, "%s: ", v->verb);
    if (result == ':')
        return complain("%s'%s' needs a value; see --help", prefix, word);
    if (optopt == 0)
        return complain_long(prefix, word + 2, known);
    for (const struct option *o = known; o->name; o++)
        if (o->val == optopt)
            return complain("%s'--%s' takes no value", prefix, o->name);
    return complain("%sthere is no option '-%c'; see --help", prefix, optopt);
}

/* One whose letter is `option`, or which is that far behind the letters. */
static bool take(const struct option_decl *d, int option)
{
    for (int i = 0; option != d->letter && option != VALUE_FIRST + i; i++)
        d++;
    if (d->take)
        return d->take(d->data, optarg);
    if (d->flag)
        *d->flag = true;
    else
        *d->word = optarg;
    return true;
}

bool options_parse(const struct verb_options *o, int argc, char **argv, int *exit_status)
{
    struct option known[NAMES_MAX] = {0};
    char letters[2 * NAMES_MAX + 3] = ":h";
    size_t count = 0, end = 2;
    for (const struct option_decl *d = o->list; d && d->name; d++, count++) {
        known[count] =
            (struct option){d->name, d->flag ? no_argument : required_argument, NULL, VALUE_FIRST + (int)count};
        if (d->letter)
            end += (size_t)sprintf(letters + end, "%c:", d->letter);
    }
    known[count] = (struct option){"help", no_argument, NULL, 'h'};
    *exit_status = EXIT_UNKNOWN;
    optind = 0;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, letters, known, NULL)) != -1;) {
        if (option == 'h') {
            fputs(o->usage, stdout);
            if (o->more_usage)
                o->more_usage();
            *exit_status = EXIT_OK;
            return false;
        }
        if (option == ':' || option == '?')
            return complain_option(o, option, argv, known), false;
        if (!take(o->list, option))
            return false;
    }
    return true;
}

int complain_name(const char *lack, const char *name, const char *const *known, size_t count, const char *where)
{
    const char *near = strlen(name) < 64 ? text_nearest(name, known, count) : NULL;
    if (near)
        return complain("%s '%s'; did you mean '%s'?", lack, name, near);
    return complain("%s '%.100s'; %s", lack, name, where);
}

bool parse_pid(const char *text, long *pid)
{
    char *end;
    errno = 0;
    *pid = strtol(text, &end, 10);
    return !errno && !*end && end != text && *pid > 0 && *pid <= PID_MAX;
}

bool process_is_gone(long pid)
{
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}
