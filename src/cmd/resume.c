/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes on where a session stopped. */
#include <stdio.h>
#include <string.h>

#include "cmd/session.h"

static const char usage[] =
    "fragwizard resume CASE.json [-o FILE] [--bundle FILE.zip]\n"
    "\n"
    "Goes on with a session at the first step that was not done, on the same machine or captured tree.\n";

static int resume(int argc, char **argv)
{
    if (argc < 2 || (argv[1][0] == '-' && strcmp(argv[1], "-h") != 0 && strcmp(argv[1], "--help") != 0))
        return complain("resume: which case? `fragwizard resume CASE.json`");
    struct run r;
    struct err e;
    int status;
    const char *path = argv[1];
    bool help = path[0] == '-';
    if (!help)
        argv[1] = argv[0];
    if (!run_options(&r, help ? argc : argc - 1, help ? argv : argv + 1, usage, &status))
        return status;
    struct term t;
    term_init(&t);
    if (!t.tty_in)
        return complain("a session asks questions and standard input is no terminal; `fragwizard report %s` renders it", path);
    struct case_file *c = case_load(path, &e);
    if (!c)
        return complain("%s", e.text);
    if (c->complete) {
        case_free(c);
        return complain("%s is complete; `fragwizard report %s` renders it", path, path);
    }
    r.playbook_name = c->playbook;
    r.root_path = c->root;
    sampler_catch_signals();
    status = run_open(&r, c) ? session_run(&r) : EXIT_UNKNOWN;
    run_close(&r);
    return status;
}

const struct command command_resume = {"resume", resume, "go on where a session stopped"};
