/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/run.h"

#include <stdio.h>
#include <string.h>

#include "base/output.h"
#include "base/text.h"
#include "cmd/answers.h"
#include "cmd/bundle.h"
#include "cmd/option.h"
#include "cmd/outputs.h"

enum {
    OPTION_AUTO = 256,
    OPTION_FORMAT,
    OPTION_ROOT,
    OPTION_PID,
    OPTION_DURATION,
    OPTION_PLAYBOOK,
    OPTION_ANSWERS,
    OPTION_CASE_ID,
    OPTION_BUNDLE,
    OPTION_ALLOW,
    OPTION_LIMIT
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
    {"allow", required_argument, NULL, OPTION_ALLOW},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static bool take_allowed(struct run *r, const char *word)
{
    const char *words[ACTION_OPERATOR + 1];
    size_t count = 0;
    for (enum experiment_action a = ACTION_COMPACT; a <= ACTION_OPERATOR; a++) {
        const char *known = experiment_allow_word(a);
        if (!known)
            continue;
        words[count++] = known;
        if (strcmp(known, word) == 0) {
            r->allowed |= 1u << a;
            return true;
        }
    }
    complain_name("--allow: there is nothing to allow called", word, words, count, "it takes compaction or watching");
    return false;
}

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
    case OPTION_ALLOW:
        return take_allowed(r, optarg);
    case OPTION_LIMIT:
        if (r->limit_count == LIMITS_MAX)
            return complain("at most %d limits can be set", LIMITS_MAX), false;
        r->limits[r->limit_count++] = optarg;
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

/* It refers to the run's own list, in which a directory becomes a file. */
static struct outputs outputs_of(struct run *r)
{
    return (struct outputs){r->outputs, r->output_count, r->format_given ? &r->format : NULL};
}

bool run_check_outputs(struct run *r)
{
    struct err e;
    struct outputs o = outputs_of(r);
    if (!outputs_check(&o))
        return false;
    if (r->bundle_path && !output_check(r->bundle_path, &e))
        return complain("%s", e.text), false;
    return true;
}

bool run_can_compact(const struct run *r)
{
    for (size_t s = 0; r->root.live && s < r->playbook->step_count; s++)
        for (size_t i = 0; i < r->playbook->steps[s].experiment_count; i++)
            if (r->playbook->steps[s].experiments[i].action == ACTION_COMPACT)
                return true;
    return false;
}

bool run_allows(const struct run *r, enum experiment_action a)
{
    return r->allowed & 1u << a;
}

/* Those that a case began with, else those of the files and then of the command line. */
static bool set_limits(const struct run *r, const struct case_file *loaded, struct diags *d)
{
    bool fine = true;
    for (size_t i = 0; loaded && i < loaded->limit_count && fine; i++) {
        const struct changed_limit *l = &loaded->limits[i];
        fine = limits_restore(r->playbook, l->name, &l->value, l->origin);
        if (!fine)
            diag_add(d, (struct mark){loaded->path, 0, 0}, "its limit '%s' is none of the playbook '%s'", l->name,
                     r->playbook->name);
    }
    if (!loaded)
        fine = limits_change_by_files(r->playbook, d);
    for (size_t i = 0; i < r->limit_count; i++)
        fine = limits_change_by_word(r->playbook, r->limits[i], d) && fine;
    return fine;
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
    if (!r->playbook || !set_limits(r, loaded, &diags)) {
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
    if (r->allowed && !r->root.live)
        return complain("--allow: nothing is tried out on a captured tree"), false;
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
        .allowed = r->allowed,
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

static char *render_case(const void *data, enum report_format f, const struct report_style *style, size_t *length,
                         struct err *e)
{
    return report_render(data, f, style, length, e);
}

static struct rendering rendering_of(const struct case_file *c)
{
    return (struct rendering){render_case, c, c->host, c->started, ""};
}

bool run_print(const struct case_file *c, enum report_format f, const struct term *t)
{
    struct rendering rendering = rendering_of(c);
    return outputs_print(&rendering, f, t);
}

bool run_write_outputs(struct run *r)
{
    struct err e;
    struct outputs o = outputs_of(r);
    struct rendering rendering = rendering_of(r->c);
    if (!outputs_write(&o, &rendering, &r->term, &r->c->arena))
        return false;
    if (r->bundle_path && !bundle_write(r->bundle_path, r->c, &e))
        return complain("%s", e.text), false;
    return true;
}
