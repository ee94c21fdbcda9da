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

static bool is_offered(enum report_format f)
{
    return f == FORMAT_TEXT || f == FORMAT_HTML || f == FORMAT_JSON;
}

static bool take_format(void *outputs, const char *word)
{
    struct outputs *o = outputs;
    o->format_given = true;
    return (report_format_parse(word, &o->format) && is_offered(o->format)) ||
           (complain("--format: '%s' is none of text, html, json", word), false);
}

static bool check_outputs(const struct outputs *o)
{
    if (!outputs_check(o))
        return false;
    for (size_t i = 0; i < o->count; i++) {
        enum report_format f;
        outputs_format(o, o->paths[i], &f);
        if (!is_offered(f))
            return complain("%s: a comparison is text, html or json", o->paths[i]), false;
    }
    return true;
}

static char *render(const void *data, enum report_format f, const struct report_style *style, size_t *length,
                    struct err *e)
{
    return compare_render(data, f, style, length, e);
}

/* The exit status. */
static int compare(struct outputs *o, const struct case_file *before, const struct case_file *after)
{
    struct err e;
    struct comparison *c = compare_cases(before, after, &e);
    if (!c)
        return complain("%s", e.text);
    struct term term;
    term_init(&term);
    struct rendering rendering = {render, c, after->host, after->started, "diff."};
    bool done = o->count ? outputs_write(o, &rendering, &term, &c->arena) : outputs_print(&rendering, o->format, &term);
    int status = done ? outcome_exit_status(c->outcome) : EXIT_UNKNOWN;
    comparison_free(c);
    return status;
}

static int diff(int argc, char **argv)
{
    struct outputs o = {.format = FORMAT_TEXT};
    const struct option_decl list[] = {
        {"output", .take = outputs_add, .data = &o, .letter = 'o'}, {"format", .take = take_format, .data = &o}, {0}};
    const struct verb_options options = {"diff", usage, .list = list};
    int status;
    if (!options_parse(&options, argc, argv, &status))
        return status;
    if (argc - optind != 2)
        return complain("diff: two cases: `fragwizard diff BEFORE.json AFTER.json`");
    if (!check_outputs(&o))
        return EXIT_UNKNOWN;
    struct err e;
    struct case_file *before = case_load(argv[optind], &e), *after = before ? case_load(argv[optind + 1], &e) : NULL;
    status = after ? compare(&o, before, after) : complain("%s", e.text);
    case_free(after);
    case_free(before);
    return status;
}

const struct command command_diff = {"diff", diff, "two saved cases of one host, before and after"};
