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

enum { CASE_ID_MAX = 200 };

static bool take_allowed(void *data, const char *word)
{
    struct run *r = data;
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

static bool take_format(void *data, const char *word)
{
    struct outputs *o = data;
    o->format_given = true;
    return report_format_parse(word, &o->format) ||
           (complain("--format: '%s' is none of text, html, json, nagios, prometheus", word), false);
}

static bool take_pid(void *pid, const char *word)
{
    return parse_pid(word, pid) || (complain("--pid: '%s' is no process id", word), false);
}

static bool take_duration(void *window_s, const char *word)
{
    return units_parse_duration(word, window_s) ||
           (complain("--duration: '%s' is no duration (30s, 5min, 2h, 3d)", word), false);
}

static bool take_case_id(void *case_id, const char *word)
{
    if (!*word || strlen(word) > CASE_ID_MAX)
        return complain("--case-id: 1 to %d characters", CASE_ID_MAX), false;
    *(const char **)case_id = word;
    return true;
}

static bool take_limit(void *data, const char *word)
{
    struct run *r = data;
    if (r->limit_count == LIMITS_MAX)
        return complain("at most %d limits can be set", LIMITS_MAX), false;
    r->limits[r->limit_count++] = word;
    return true;
}

bool run_options(struct run *r, int argc, char **argv, const char *usage, const char **word, int *exit_status)
{
    bool is_auto; /* which verb that means, main has seen */
    const struct option_decl list[] = {
        {"auto", .flag = &is_auto},
        {"output", .take = outputs_add, .data = &r->outputs, .letter = 'o'},
        {"format", .take = take_format, .data = &r->outputs},
        {"root", .word = &r->root_path},
        {"pid", .take = take_pid, .data = &r->pid},
        {"duration", .take = take_duration, .data = &r->window_s},
        {"playbook", .word = &r->playbook_name},
        {"answers", .word = &r->answers_path},
        {"case-id", .take = take_case_id, .data = &r->case_id},
        {"bundle", .word = &r->bundle_path},
        {"command-lines", .flag = &r->command_lines},
        {"allow", .take = take_allowed, .data = r},
        {"limit", .take = take_limit, .data = r},
        {0},
    };
    const struct verb_options options = {NULL, usage, .list = list};
    *r = (struct run){.playbook_name = "memory-fragmentation", .root_path = "/", .window_s = -1, .root.fd = -1};
    if (!options_parse(&options, argc, argv, exit_status))
        return false;
    if (word)
        *word = optind < argc ? argv[optind++] : NULL;
    if (optind < argc)
        return complain("'%s' is one word too many; see --help", argv[optind]), false;
    return true;
}

bool run_check_outputs(const struct run *r)
{
    struct err e;
    return outputs_check(&r->outputs) && (!r->bundle_path || output_check(r->bundle_path, &e) || complain_of(&e));
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
            complain_of(&e);
        diags_free(&diags);
        return false;
    }
    diags_free(&diags);
    if (!root_open(&r->root, r->root_path, &e))
        return complain_of(&e);
    if (r->allowed && !r->root.live)
        return complain("--allow: nothing is tried out on a captured tree"), false;
    if (loaded && !engine_fits(r->playbook, loaded))
        return complain("%s was made with another version of the playbook '%s'", loaded->path, r->playbook->name),
               false;
    if (r->answers_path && !answers_load(r->answers_path, r->playbook, &r->c->arena, &r->given, &r->given_count, &e))
        return complain_of(&e);
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
        .command_lines = r->command_lines,
    };
    r->engine = engine_new(&o, r->c);
    return true;
}

void run_close(struct run *r)
{
    engine_free(r->engine);
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

void run_say_others(const struct run *r)
{
    const struct verdict *v;
    for (size_t rank = 2; (v = case_ranked(r->c, rank)); rank++) {
        AUTO_FREE char *line = v->harm ? mem_printf("Also: %s", v->headline) : NULL;
        if (line)
            term_print(&r->term, 0, line);
    }
}

bool run_write_outputs(struct run *r)
{
    struct err e;
    struct rendering rendering = rendering_of(r->c);
    return outputs_write(&r->outputs, &rendering, &r->term, &r->c->arena) &&
           (!r->bundle_path || bundle_write(r->bundle_path, r->c, &e) || complain_of(&e));
}
