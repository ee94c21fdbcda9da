/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit: no questions, the report, and an exit status that tells the worst. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/version.h"
#include "base/wait.h"
#include "cmd/run.h"
#include "term/progress.h"

static const char usage[] =
    "fragwizard --auto [options]      the audit: asks nothing, changes nothing, reports\n"
    "\n"
    "  -o, --output FILE     write the report there; its ending tells the format: .html .txt .json .prom. May be\n"
    "                        repeated. A directory gets fragwizard-HOST-TIME.html, - is standard output.\n"
    "                        Without -o and --bundle the report goes to standard output as text\n"
    "  --format FORMAT       text, html, json, nagios or prometheus\n"
    "  --duration TIME       how long to observe: 30s (default), 5min, 2h, 3d; 0: one look,\n"
    "                        which leaves what needs a window unknown\n"
    "  --pid PID             the process you suspect\n"
    "  --playbook NAME|FILE  memory-fragmentation (default), quick, or a file of your own\n"
    "  --root DIR            a captured tree or an unpacked sosreport instead of this machine\n"
    "  --answers FILE        answers to the playbook's questions\n"
    "  --case-id ID          carried into the report\n"
    "  --bundle FILE.zip     report, case and checksums in one file\n"
    "  --limit NAME=VALUE    another value for a limit of the playbook, such as available_low=5%; may be\n"
    "                        repeated. Before it, those of /etc/fragwizard/limits.yaml and\n"
    "                        ~/.config/fragwizard/limits.yaml are set\n"
    "  --command-lines       keep command lines whole, with passwords that stand in them; without it they are\n"
    "                        shortened to what is known to be harmless\n"
    "  --allow WORD          lets it try out what looking cannot decide, if the playbook has such a test:\n"
    "                        compaction (has the kernel compact memory once), watching (observes longer).\n"
    "                        May be repeated\n"
    "\n"
    "Exit status: 0 nothing found, 1 warning, 2 critical, 3 something could not be checked or run.\n"
    "SIGINT or SIGTERM ends the observation early and still writes the report.\n";

static enum move audit_wait(void *data, struct engine *g, struct sampler *s)
{
    (void)g;
    const struct run *r = data;
    return progress_wait(s, &r->term, false, "observing");
}

/* Said at once, so that nobody wonders; standard error, so that it is in no report. */
static void announce(const struct run *r)
{
    if (!r->term.tty_err)
        return;
    double left = sampler_remaining(engine_sampler(r->engine));
    bool compacts = run_can_compact(r) && run_allows(r, ACTION_COMPACT);
    fprintf(stderr, "fragwizard %s: %s on %s. %s", fragwizard_version, r->playbook->name, r->c->host,
            compacts ? "It reads, compacts memory once where that decides something, and changes nothing else."
                     : "It reads only and changes nothing.");
    if (left > 0)
        fprintf(stderr, " It observes for %s; Ctrl-C ends that early and still reports.",
                units_text((double)(long)(left + 0.999), TYPE_SECONDS).text);
    fputc('\n', stderr);
}

/* The verdict, what was found and where the rest stands: at most a screenful. */
static void sum_up(const struct run *r)
{
    const struct case_file *c = r->c;
    const struct term *t = &r->term;
    term_print(t, 0, c->headline);
    run_say_others(r);
    size_t room = t->height > 12 ? t->height - 12 : 4, more = 0, unchecked = 0;
    for (size_t i = 0; i < c->finding_count; i++) {
        if (c->findings[i].severity == SEVERITY_INFO)
            continue;
        AUTO_FREE char *line = mem_printf("%s %s", term_sign(c->findings[i].severity), c->findings[i].say);
        size_t lines = text_width(line) / t->width + 1;
        if (more || lines > room) {
            more++;
            continue;
        }
        room -= lines;
        term_print(t, 0, line);
    }
    for (size_t i = 0; i < c->check_count; i++)
        unchecked += c->checks[i].result == CHECK_UNCHECKED;
    if (more)
        printf("... and %zu more in the report\n", more);
    if (unchecked)
        printf("[?] %zu check%s could not be made; the report tells why\n", unchecked, unchecked == 1 ? "" : "s");
    for (size_t i = 0; i < r->outputs.count; i++)
        printf("Report: %s\n", r->outputs.paths[i]);
    if (r->bundle_path)
        printf("Bundle: %s\n", r->bundle_path);
}

static bool has_standard_output(const struct run *r)
{
    for (size_t i = 0; i < r->outputs.count; i++)
        if (strcmp(r->outputs.paths[i], "-") == 0)
            return true;
    return false;
}

static bool deliver(struct run *r)
{
    if (!r->outputs.count && !r->bundle_path)
        return run_print(r->c, r->outputs.format, &r->term);
    if (!run_write_outputs(r))
        return false;
    if (r->term.tty_out && !has_standard_output(r))
        sum_up(r);
    return true;
}

/* A monitoring plugin has a line to show in every case (Monitoring Plugins guidelines). */
static int failed_plugin(int argc, char **argv, int status)
{
    bool plugin = false;
    for (int i = 1; i < argc; i++)
        plugin = plugin || strcmp(argv[i], "--format=nagios") == 0 ||
                 (strcmp(argv[i], "nagios") == 0 && strcmp(argv[i - 1], "--format") == 0);
    if (plugin && status == EXIT_UNKNOWN) {
        char line[512];
        text_ascii(line, sizeof line, *complain_last() ? complain_last() : "it could not be run");
        for (char *p = line; (p = strpbrk(p, "|\n"));)
            *p = ' ';
        printf("FRAGWIZARD UNKNOWN - %s\n", line);
    }
    return status;
}

static int audit(int argc, char **argv)
{
    struct run r;
    int status;
    if (!run_options(&r, argc, argv, usage, NULL, &status))
        return failed_plugin(argc, argv, status);
    wait_catch_signals();
    struct err e;
    struct ui ui = {.data = &r, .wait = audit_wait};
    bool told = false;
    status = EXIT_UNKNOWN;
    if (run_open(&r, NULL)) {
        announce(&r);
        if (!engine_run(r.engine, &ui, &e)) {
            complain_of(&e);
        } else {
            engine_free(r.engine); /* rendering needs the memory, not the samples nor what judged them */
            r.engine = NULL;
            playbook_retire(r.playbook);
            told = deliver(&r);
            if (told)
                status = r.c->status;
        }
    }
    run_close(&r);
    return told ? status : failed_plugin(argc, argv, status);
}

const struct command command_audit = {"audit", audit, "the audit without questions; the same as --auto"};
