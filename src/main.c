/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line. A map of the files, from here down:
 *
 *   cmd/     one file per verb: session audit probe check list explain capture report diff resume
 *            run (what session, audit and resume share) outputs (-o) option (those of every verb) complain questions (their prompts)
 *            session: session_state session_talk (its words) session_ask (questions and tests) session_end (report, commands)
 *            answers (the answers file) bundle (one zip for a ticket) capture_files (what probes declare to read)
 *     settings/  apply undo: proposal (what a case may change) setting (reads and writes one)
 *            sysctl_file (keeps a value over a reboot) journal (what was before)
 *   report/  one tree: document (libxml2) case_tables tree, rendered by html and text; its charts: charts (by name)
 *            chart_map (of memory_map) chart_heap chart_balance chart_orders chart_slab chart_time, drawn with svg;
 *            lookup (cells by name) nagios prometheus; report
 *            two cases: compare compare_figures compare_remarks compare_document compare_json (jansson)
 *   term/    prompt (readline) tables progress term
 *   layout/  grid (tables fitted into a width, libsmartcols) styled (text with looks, broken into lines)
 *   engine/
 *     run/   engine (the step loop) ask answer (which is valid) env judge (findings, changes) weigh (verdicts: what leads)
 *            experiment (after a yes) compact (what that writes)
 *            sampler (the one clock) capture_time (when a capture was made)
 *     case/  the record of a run: case case_records (their fields) case_json case_parse case_store identity (of a row, in two cases)
 *     playbook/  playbook_file yaml_tree (libyaml) playbook_extend (what it builds on) playbook_keys (what can be said)
 *              playbook_fields playbook_declare playbook_compile playbook_names playbook_check limits (other values for them)
 *     expr/  the expression language: expr_lex expr_parse expr_name expr_type expr_set (closed sets of texts) expr_eval
 *            message diag
 *   probes/  one file per probe, named as playbooks name it; registry lists them
 *     heap/  heap_track (whose, when) heap_look (one look) target (another process's memory) target_view (windows into it)
 *              heap_types (what is found of a heap) allocator pymalloc
 *              glibc_*, each knows those before it: layout bins trim chunk count gap walk segments heap
 *              jemalloc_*, the same: layout tree count walk heap
 *     program/  words (of a command line) name redact bound jvm config
 *     jvm/   perf_data (what a JVM says of itself) jvm_counters jvm_live (live data, or garbage that waits)
 *     processes/  process_read (the files of all, with threads)
 *     physmap/  physmap_scan physmap_blocks physmap_tally physmap_owner physmap_*
 *     kernel/  parsers of what /proc and /sys print, shared by probes; cgroup_blame (whose limit a kill was for)
 *   facts/   facts (declared tables) value severity probe (what a probe declares) setting (the kernel's, one table)
 *            record (structs declared field by field) record_json facts_json json_write json_value (jansson)
 *   base/    root (where /proc and /sys are read from) input output (our files) builtin (files in the binary) units trend
 *            scan (text of the kernel, piece by piece) text str mem err clock wait (the one sleep, signals) sha256 version
 */
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/output.h"
#include "base/version.h"
#include "cmd/cmd.h"
#include "cmd/option.h"

static const struct command *const commands[] = {
    &command_session, &command_audit,  &command_probe, &command_check,  &command_list,
    &command_explain, &command_report, &command_diff,  &command_resume, &command_capture,
    &command_apply,   &command_undo,   NULL,
};

static int help(void)
{
    printf("fragwizard finds out why memory on this Linux machine looks wrong. It changes nothing but what\n"
           "you confirm: a setting (`fragwizard apply`, `undo`) or a test that it offers.\n"
           "\n"
           "  fragwizard                          the guided session\n"
           "  fragwizard --auto [-o report.html]  the audit: no questions, exit status 0 ok, 1 warning, 2 critical, 3 "
           "unknown\n"
           "  fragwizard VERB --help              more about one of:\n"
           "\n");
    for (size_t i = 0; commands[i]; i++)
        printf("  %-9s %s\n", commands[i]->name, commands[i]->help);
    printf("\n"
           "Options of the session and the audit: fragwizard audit --help\n");
    return EXIT_OK;
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int no_such_verb(const char *name)
{
    const char *names[ARRAY_SIZE(commands)];
    size_t count = 0;
    for (; commands[count]; count++)
        names[count] = commands[count]->name;
    return complain_name("there is no verb", name, names, count, "`fragwizard --help` lists them");
}

/* Also abbreviated, as getopt would take it; --a could be --answers. */
static bool is_auto(const char *word)
{
    size_t length = strlen(word);
    return length >= strlen("--au") && strncmp("--auto", word, length) == 0;
}

static int run(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0))
        return help();
    if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        printf("fragwizard %s\n", fragwizard_version);
        return EXIT_OK;
    }
    if (argc > 1 && argv[1][0] != '-') {
        const struct command *c = find(argv[1]);
        return c ? c->run(argc - 1, argv + 1) : no_such_verb(argv[1]);
    }
    for (int i = 1; i < argc; i++)
        if (is_auto(argv[i]))
            return command_audit.run(argc, argv);
    return command_session.run(argc, argv);
}

int main(int argc, char **argv)
{
    /* Large buffers go back when they are freed. Left alone, malloc raises both limits after the first one. */
#ifdef M_MMAP_THRESHOLD /* glibc's; musl gives them back by itself */
    mallopt(M_MMAP_THRESHOLD, 64 << 10);
    mallopt(M_TRIM_THRESHOLD, 64 << 10);
#endif
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* what else is under way goes on; a limit on file sizes is an error with a sentence */
    signal(SIGXFSZ, SIG_IGN);
    int status = run(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status != EXIT_UNKNOWN && !output_reader_is_gone())
        return complain("standard output: could not be written");
    return status;
}
