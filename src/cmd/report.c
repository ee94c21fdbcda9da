/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A saved case again, in any format; works away from the host and needs no privilege. */
#include <string.h>

#include "cmd/run.h"

static const char usage[] =
    "fragwizard report CASE.json [-o FILE] [--format text|html|json|nagios|prometheus] [--bundle FILE.zip]\n"
    "\n"
    "Renders a saved case, on any machine and without privilege. Without -o it goes to standard output as text.\n"
    "-o may be repeated; it names a file (.html .txt .json .prom), a directory, or - for standard output.\n"
    "\n"
    "Exit status: that of the case (0 nothing found, 1 warning, 2 critical, 3 unknown), 3 if it could not be "
    "rendered.\n";

static int report(int argc, char **argv)
{
    struct run r;
    const char *path;
    int status;
    if (!run_options(&r, argc, argv, usage, &path, &status))
        return status;
    if (!path)
        return complain("report: which case? `fragwizard report CASE.json`");
    if (r.window_s >= 0 || r.pid || r.answers_path || r.case_id || r.allowed || r.limit_count ||
        strcmp(r.root_path, "/") != 0)
        return complain("report: a saved case is rendered as it is; only -o, --format and --bundle apply");
    term_init(&r.term);
    if (!run_check_outputs(&r))
        return EXIT_UNKNOWN;
    struct err e;
    r.c = case_load(path, &e);
    if (!r.c)
        return complain("%s", e.text);
    bool done = r.outputs.count || r.bundle_path ? run_write_outputs(&r) : run_print(r.c, r.outputs.format, &r.term);
    status = done ? r.c->status : EXIT_UNKNOWN;
    run_close(&r);
    return status;
}

const struct command command_report = {"report", report, "a saved case again, in any format"};
