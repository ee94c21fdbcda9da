/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A saved case again, in any format; works away from the host and needs no privilege. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/run.h"

static const char usage[] =
    "fragwizard report CASE.json [-o FILE] [--format text|html|json|nagios|prometheus] [--bundle FILE.zip]\n"
    "\n"
    "Renders a saved case. Without -o it goes to standard output as text.\n";

static int report(int argc, char **argv)
{
    /* the case is the one word that is no option; what is left are options of every run */
    const char *path = NULL;
    char *rest[64];
    int count = 0;
    if (argc > 60)
        return complain("report: too many words; see --help");
    for (int i = 0; i < argc; i++) {
        bool takes_value = i > 0 && (strcmp(argv[i], "-o") == 0 || strcmp(argv[i], "--output") == 0 ||
                                     strcmp(argv[i], "--format") == 0 || strcmp(argv[i], "--bundle") == 0);
        if (i > 0 && argv[i][0] != '-' && !path) {
            path = argv[i];
            continue;
        }
        rest[count++] = argv[i];
        if (takes_value && i + 1 < argc)
            rest[count++] = argv[++i];
    }
    rest[count] = NULL;
    struct run r;
    int status;
    if (!run_options(&r, count, rest, usage, &status))
        return status;
    if (!path)
        return complain("report: which case? `fragwizard report CASE.json`");
    struct err e;
    term_init(&r.term);
    if (!run_check_outputs(&r))
        return EXIT_UNKNOWN;
    r.c = case_load(path, &e);
    if (!r.c)
        return complain("%s", e.text);
    status = EXIT_UNKNOWN;
    if (r.output_count || r.bundle_path ? run_write_outputs(&r) : run_print(r.c, r.format, &r.term))
        status = case_exit_status(r.c);
    case_free(r.c);
    return status;
}

const struct command command_report = {"report", report, "a saved case again, in any format"};
