/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Playbooks checked without running anything: every complaint of each at file:line:column. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "engine/playbook/playbook.h"

static const char usage[] =
    "fragwizard check PLAYBOOK...\n"
    "\n"
    "Checks playbooks without running them: files, or names that `fragwizard list playbooks` tells. Each\n"
    "complaint is one line on stderr, file:line:column: text. Exit status 0 if there is none but warnings,\n"
    "else 3.\n";

static bool check_one(const char *name)
{
    struct diags d = {0};
    struct err e;
    char *origin = NULL;
    struct playbook *p = playbook_load(name, &d, &origin, &e);
    if (p) {
        size_t rules = 0;
        for (size_t i = 0; i < p->step_count; i++)
            rules += p->steps[i].rule_count;
        printf("%s: ok, %zu step%s, %zu rule%s\n", p->file, p->step_count, p->step_count == 1 ? "" : "s", rules,
               rules == 1 ? "" : "s");
        fflush(stdout);
        diags_print(&p->warnings, stderr);
    } else if (d.count) {
        diags_print(&d, stderr);
    } else {
        complain_of(&e);
    }
    bool fine = p != NULL;
    playbook_free(p);
    free(origin);
    diags_free(&d);
    return fine;
}

static int run(int argc, char **argv)
{
    static const struct verb_options options = {"check", usage, .wrong = "unknown option"};
    int status;
    if (!options_parse(&options, argc, argv, &status))
        return status;
    if (optind >= argc)
        return complain("check: which playbook? see `fragwizard check --help`");
    bool fine = true;
    for (int i = optind; i < argc; i++)
        fine = check_one(argv[i]) && fine;
    return fine ? EXIT_OK : EXIT_UNKNOWN;
}

const struct command command_check = {"check", run,
                                      "check playbooks without running them: file:line:column of each mistake"};
