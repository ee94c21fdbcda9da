/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two saved cases of one host, before and after; works away from the host and needs no privilege. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "cmd/outputs.h"
#include "report/compare_document.h"

static const char usage[] =
    "fragwizard diff BEFORE.json AFTER.json [-o FILE] [--format text|html|json]\n"
    "\n"
    "Compares two saved cases of one host and playbook: what is gone, what is new, and where the figures stand.\n"
    "Without -o it goes to standard output as text. -o may be repeated; it names a file (.html .txt .json), a "
    "directory,\n"
    "or - for standard output.\n"
    "\n"
    "Exit status: 0 better or the same; 1 worse: a warning or a critical finding is new or more severe; 3 not\n"
    "comparable: another host or playbook, a case that cannot be read, or a check that could be made in one run only\n"
    "and on which the outcome depends.\n";

struct request {
    const char *paths[OUTPUTS_MAX];
    enum report_format format;
    struct outputs outputs;
};

enum { OPTION_FORMAT = 256 };

static bool is_offered(enum report_format f)
{
    return f == FORMAT_TEXT || f == FORMAT_HTML || f == FORMAT_JSON;
}

static bool take_option(struct request *r, int option)
{
    if (option == OPTION_FORMAT) {
        if (!report_format_parse(optarg, &r->format) || !is_offered(r->format))
            return complain("--format: '%s' is none of text, html, json", optarg), false;
        r->outputs.format = &r->format;
        return true;
    }
    if (r->outputs.count == OUTPUTS_MAX)
        return complain("at most %d outputs can be written", OUTPUTS_MAX), false;
    r->paths[r->outputs.count++] = optarg;
    return true;
}

static bool check_outputs(const struct request *r)
{
    if (!outputs_check(&r->outputs))
        return false;
    for (size_t i = 0; i < r->outputs.count; i++) {
        enum report_format f;
        outputs_format(&r->outputs, r->paths[i], &f);
        if (!is_offered(f))
            return complain("%s: a comparison is text, html or json", r->paths[i]), false;
    }
    return true;
}

static char *render(const void *data, enum report_format f, const struct report_style *style, size_t *length,
                    struct err *e)
{
    return compare_render(data, f, style, length, e);
}

/* The exit status. */
static int compare(struct request *r, const struct case_file *before, const struct case_file *after)
{
    struct err e;
    struct comparison *c = compare_cases(before, after, &e);
    if (!c)
        return complain("%s", e.text);
    struct term term;
    term_init(&term);
    struct rendering rendering = {render, c, after->host, after->started, "diff."};
    bool done = r->outputs.count ? outputs_write(&r->outputs, &rendering, &term, &c->arena)
                                 : outputs_print(&rendering, r->format, &term);
    int status = done ? outcome_exit_status(c->outcome) : EXIT_UNKNOWN;
    comparison_free(c);
    return status;
}

static int diff(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"output", required_argument, NULL, 'o'},
        {"format", required_argument, NULL, OPTION_FORMAT},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct request r = {.format = FORMAT_TEXT};
    r.outputs.paths = r.paths;
    optind = 0;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage, stdout);
            return EXIT_OK;
        }
        if (option == ':' || option == '?')
            return complain_option("diff", option, argv, long_options);
        if (!take_option(&r, option))
            return EXIT_UNKNOWN;
    }
    if (argc - optind != 2)
        return complain("diff: two cases: `fragwizard diff BEFORE.json AFTER.json`");
    if (!check_outputs(&r))
        return EXIT_UNKNOWN;
    struct err e;
    struct case_file *before = case_load(argv[optind], &e), *after = before ? case_load(argv[optind + 1], &e) : NULL;
    int status = after ? compare(&r, before, after) : complain("%s", e.text);
    case_free(after);
    case_free(before);
    return status;
}

const struct command command_diff = {"diff", diff, "two saved cases of one host, before and after"};
