/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes on where a session stopped. */
#include <stdio.h>
#include <string.h>

#include "base/wait.h"
#include "cmd/session.h"

static const char usage[] =
    "fragwizard resume CASE.json [-o FILE] [--bundle FILE.zip] [--duration TIME] [--answers FILE] [--playbook FILE]\n"
    "                            [--allow WORD] [--command-lines]\n"
    "\n"
    "Goes on with a session at the first step that was not done, on the same machine or captured tree.\n";

static int resume(int argc, char **argv)
{
    const char *path;
    struct run r;
    struct err e;
    int status;
    if (!run_options(&r, argc, argv, usage, &path, &status))
        return status;
    if (!path)
        return complain("resume: which case? `fragwizard resume CASE.json`");
    if (r.limit_count)
        return complain("resume: a case keeps the limits that it began with");
    struct term t;
    term_init(&t);
    if (!t.tty_in)
        return complain("a session asks questions and standard input is no terminal; `fragwizard report %s` renders it",
                        path);
    struct case_file *c = case_load(path, &e);
    if (!c)
        return complain("%s", e.text);
    if (c->complete) {
        case_free(c);
        return complain("%s is complete; `fragwizard report %s` renders it", path, path);
    }
    /* a playbook of one's own is not found by the name that stands in the case */
    if (strcmp(r.playbook_name, "memory-fragmentation") == 0)
        r.playbook_name = c->playbook;
    r.root_path = c->root;
    wait_catch_signals();
    status = run_open(&r, c) ? session_run(&r) : EXIT_UNKNOWN;
    run_close(&r);
    return status;
}

const struct command command_resume = {"resume", resume, "go on where a session stopped"};
