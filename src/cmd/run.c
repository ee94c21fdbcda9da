/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"
#include "base/text.h"
#include "cmd/answers.h"
#include "cmd/bundle.h"
#include "cmd/option.h"

enum {
    OPTION_AUTO = 256,
    OPTION_FORMAT,
    OPTION_ROOT,
    OPTION_PID,
    OPTION_DURATION,
    OPTION_PLAYBOOK,
    OPTION_ANSWERS,
    OPTION_CASE_ID,
    OPTION_BUNDLE
};
enum { CASE_ID_MAX = 200 };

static const struct option long_options[] = {
    {"auto", no_argument, NULL, OPTION_AUTO},
    {"output", required_argument, NULL, 'o'},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"root", required_argument, NULL, OPTION_ROOT},
    {"pid", required_argument, NULL, OPTION_PID},
    {"duration", required_argument, NULL, OPTION_DURATION},
    {"playbook", required_argument, NULL, OPTION_PLAYBOOK},
    {"answers", required_argument, NULL, OPTION_ANSWERS},
    {"case-id", required_argument, NULL, OPTION_CASE_ID},
    {"bundle", required_argument, NULL, OPTION_BUNDLE},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static bool take_option(struct run *r, int option)
{
    switch (option) {
    case OPTION_AUTO:
        return true;
    case 'o':
        if (r->output_count == OUTPUTS_MAX)
            return complain("at most %d outputs can be written", OUTPUTS_MAX), false;
        r->outputs[r->output_count++] = optarg;
        return true;
    case OPTION_FORMAT:
        if (!report_format_parse(optarg, &r->format))
            return complain("--format: '%s' is none of text, html, json, nagios, prometheus", optarg), false;
        r->format_given = true;
        return true;
    case OPTION_ROOT:
        r->root_path = optarg;
        return true;
    case OPTION_PID:
        return parse_pid(optarg, &r->pid) || (complain("--pid: '%s' is no process id", optarg), false);
    case OPTION_DURATION:
        return units_parse_duration(optarg, &r->window_s) ||
               (complain("--duration: '%s' is no duration (30s, 5min, 2h, 3d)", optarg), false);
    case OPTION_PLAYBOOK:
        r->playbook_name = optarg;
        return true;
    case OPTION_ANSWERS:
        r->answers_path = optarg;
        return true;
    case OPTION_CASE_ID:
        if (!*optarg || strlen(optarg) > CASE_ID_MAX)
            return complain("--case-id: 1 to %d characters", CASE_ID_MAX), false;
        r->case_id = optarg;
        return true;
    default:
        r->bundle_path = optarg;
        return true;
    }
}

bool run_options_and_word(struct run *r, int argc, char **argv, const char *usage, const char **word, int *exit_status)
{
    *r = (struct run){.playbook_name = "memory-fragmentation", .root_path = "/", .window_s = -1, .root.fd = -1};
    *exit_status = EXIT_UNKNOWN;
    optind = 0;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage, stdout);
            *exit_status = EXIT_OK;
            return false;
        }
        if (option == ':' || option == '?')
            return complain_option(NULL, option, argv, long_options), false;
        if (!take_option(r, option))
            return false;
    }
    if (word)
        *word = optind < argc ? argv[optind++] : NULL;
    if (optind < argc)
        return complain("'%s' is one word too many; see --help", argv[optind]), false;
    return true;
}

bool run_options(struct run *r, int argc, char **argv, const char *usage, int *exit_status)
{
    return run_options_and_word(r, argc, argv, usage, NULL, exit_status);
}

static bool is_standard_output(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* One into which a report goes; a directory that is named like a report is a mistake. */
static bool is_directory(const char *path)
{
    struct stat st;
    enum report_format f;
    return !report_format_of_path(path, &f) && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* By --format, else by the name: HTML into a directory, text to standard output. */
static bool format_of_output(const struct run *r, const char *path, enum report_format *f)
{
    *f = is_directory(path) ? FORMAT_HTML : FORMAT_TEXT;
    if (r->format_given)
        *f = r->format;
    return r->format_given || is_standard_output(path) || is_directory(path) || report_format_of_path(path, f);
}

/* A window that nobody will see the end of is a mistake better told before it than after. */
bool run_check_outputs(const struct run *r)
{
    struct err e;
    for (size_t i = 0; i < r->output_count; i++) {
        const char *path = r->outputs[i];
        enum report_format f;
        if (is_standard_output(path))
            continue;
        AUTO_FREE char *inside = is_directory(path) ? mem_printf("%s/fragwizard", path) : mem_strdup(path);
        if (!output_check(inside, &e))
            return complain("%s", e.text), false;
        if (!format_of_output(r, path, &f))
            return complain("%s: its ending tells no format; use .html, .txt, .json or .prom, or --format", path),
                   false;
    }
    if (r->bundle_path && !output_check(r->bundle_path, &e))
        return complain("%s", e.text), false;
    return true;
}

bool run_open(struct run *r, struct case_file *loaded)
{
    struct err e;
    term_init(&r->term);
    r->c = loaded ? loaded : case_new();
    if (!run_check_outputs(r))
        return false;
    struct diags diags = {0};
    r->playbook = playbook_load(r->playbook_name, &diags, NULL, &e);
    if (!r->playbook) {
        if (diags.count)
            diags_print(&diags, stderr);
        else
            complain("%s", e.text);
        diags_free(&diags);
        return false;
    }
    diags_free(&diags);
    if (!root_open(&r->root, r->root_path, &e))
        return complain("%s", e.text), false;
    if (loaded && !engine_fits(r->playbook, loaded))
        return complain("%s was made with another version of the playbook '%s'", loaded->path, r->playbook->name),
               false;
    if (r->answers_path && !answers_load(r->answers_path, r->playbook, &r->c->arena, &r->given, &r->given_count, &e))
        return complain("%s", e.text), false;
    if (r->pid && r->root.live && process_is_gone(r->pid))
        return complain("--pid: there is no process %ld", r->pid), false;
    char case_id[3 * CASE_ID_MAX + 1]; /* a replaced byte takes three */
    if (r->case_id)
        text_clean(case_id, sizeof case_id, r->case_id, strlen(r->case_id));
    struct engine_options o = {
        .playbook = r->playbook,
        .root = &r->root,
        .pid = r->pid,
        .window_s = r->window_s,
        .case_id = r->case_id ? case_id : NULL,
        .given = r->given,
        .given_count = r->given_count,
    };
    r->engine = engine_new(&o, r->c);
    return true;
}

void run_end_engine(struct run *r)
{
    engine_free(r->engine);
    r->engine = NULL;
}

void run_close(struct run *r)
{
    engine_free(r->engine);
    if (r->c)
        case_free(r->c);
    playbook_free(r->playbook);
    if (r->root.path)
        root_close(&r->root);
}

bool run_print(const struct case_file *c, enum report_format f, const struct term *t)
{
    struct err e;
    size_t length;
    struct report_style style = {.width = t->tty_out ? t->width : 100, .color = t->color, .ascii = t->ascii};
    AUTO_FREE char *text = report_render(c, f, &style, &length, &e);
    if (!text || !output_write_fd(STDOUT_FILENO, "standard output", text, length, &e))
        return complain("%s", e.text), false;
    return true;
}

static bool write_output(struct run *r, const char **path)
{
    struct err e;
    enum report_format f = FORMAT_TEXT;
    format_of_output(r, *path, &f);
    if (is_standard_output(*path))
        return run_print(r->c, f, &r->term);
    if (is_directory(*path)) {
        AUTO_FREE char *name = output_default_name(r->c->host, r->c->started, report_format_suffix(f));
        *path = arena_printf(&r->c->arena, "%s/%s", *path, name);
    }
    size_t length;
    struct report_style style = {.width = 100};
    AUTO_FREE char *text = report_render(r->c, f, &style, &length, &e);
    /* a textfile collector runs as another user and must be able to read its metrics */
    mode_t mode = f == FORMAT_PROMETHEUS ? 0644 : 0600;
    if (!text || !output_write_file(*path, text, length, mode, &e))
        return complain("%s", e.text), false;
    return true;
}

bool run_write_outputs(struct run *r)
{
    struct err e;
    for (size_t i = 0; i < r->output_count; i++)
        if (!write_output(r, &r->outputs[i]))
            return false;
    if (r->bundle_path && !bundle_write(r->bundle_path, r->c, &e))
        return complain("%s", e.text), false;
    return true;
}
