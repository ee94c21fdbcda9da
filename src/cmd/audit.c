/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit: no questions, the report, and an exit status that tells the worst. */
#include <stdio.h>
#include <string.h>

#include "cmd/run.h"
#include "term/progress.h"

static const char usage[] =
    "fragwizard --auto [options]      the audit: asks nothing, changes nothing, reports\n"
    "\n"
    "  -o, --output FILE     write the report there; its ending tells the format: .html .txt .json .prom\n"
    "                        (may be repeated; without it the report goes to standard output as text)\n"
    "  --format FORMAT       text, html, json, nagios or prometheus\n"
    "  --duration TIME       how long to observe: 30s (default), 5min, 2h, 3d; 0: one look\n"
    "  --pid PID             the process you suspect\n"
    "  --playbook NAME|FILE  memory-fragmentation (default), quick, or a file of your own\n"
    "  --root DIR            a captured tree or an unpacked sosreport instead of this machine\n"
    "  --answers FILE        answers to the playbook's questions\n"
    "  --case-id ID          carried into the report\n"
    "  --bundle FILE.zip     report, case and checksums in one file\n"
    "\n"
    "Exit status: 0 nothing found, 1 warning, 2 critical, 3 something could not be checked or run.\n"
    "SIGINT or SIGTERM ends the observation early and still writes the report.\n";

static enum move audit_wait(void *data, struct engine *g, struct sampler *s)
{
    (void)g;
    const struct run *r = data;
    return progress_wait(s, &r->term, false, "observing");
}

static int audit(int argc, char **argv)
{
    struct run r;
    int status;
    if (!run_options(&r, argc, argv, usage, &status))
        return status;
    sampler_catch_signals();
    struct err e;
    struct front front = {.data = &r, .wait = audit_wait};
    status = EXIT_UNKNOWN;
    if (!run_open(&r, NULL))
        ;
    else if (!engine_run(r.engine, &front, &e))
        complain("%s", e.text);
    else if (run_end_engine(&r), !run_write_outputs(&r))
        ;
    else if (r.output_count) {
        status = case_exit_status(r.c);
        term_print(&r.term, 0, r.c->headline);
        for (size_t i = 0; i < r.output_count; i++)
            printf("Report: %s\n", r.outputs[i]);
    } else if (run_print(r.c, r.format, &r.term)) {
        status = case_exit_status(r.c);
    }
    run_close(&r);
    return status;
}

const struct command command_audit = {"audit", audit, "the audit without questions; the same as --auto"};
