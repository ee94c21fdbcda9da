/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/session_end.h"

#include <errno.h>
#include <string.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "base/output.h"
#include "base/str.h"
#include "cmd/answers.h"
#include "cmd/session_talk.h"

/* What was done to the machine: a bit for each enum experiment_action. */
static unsigned actions_done(const struct case_file *c)
{
    unsigned done = 0;
    for (size_t i = 0; i < c->experiment_count; i++)
        for (enum experiment_action a = ACTION_COMPACT; a <= ACTION_OPERATOR; a++)
            if (c->experiments[i].state == EXPERIMENT_DONE &&
                strcmp(c->experiments[i].action, experiment_action_names[a]) == 0)
                done |= 1u << a;
    return done;
}

/* What the session ends with on the terminal; the report has the rest. */
static void sum_up(struct session *s)
{
    const struct case_file *c = s->run->c;
    putchar('\n');
    session_heading(s, c->headline);
    run_say_others(s->run);
    for (size_t i = 0; i < c->finding_count; i++)
        if (c->findings[i].severity > SEVERITY_INFO && strcmp(c->findings[i].say, c->headline) != 0)
            session_say(s, 0, "%s %s", term_sign(c->findings[i].severity), c->findings[i].say);
    size_t unchecked = 0;
    for (size_t i = 0; i < c->check_count; i++)
        unchecked += c->checks[i].result == CHECK_UNCHECKED;
    if (unchecked)
        session_say(s, 0, "[?] %zu check%s could not be made; the report says why.", unchecked,
                    unchecked == 1 ? "" : "s");
    for (size_t i = 0; i < c->step_count; i++)
        if (c->steps[i].state == STEP_SKIPPED)
            session_say(s, 0, "[?] Skipped: step %zu, %s", i + 1, c->steps[i].title);
    if (c->recommendation_count)
        session_say(s, 0, "\nWhat to do, first things first (%s):",
                    actions_done(c) & 1u << ACTION_COMPACT ? "memory was compacted; nothing else was changed"
                                                           : "nothing was changed");
    for (size_t i = 0; i < c->recommendation_count; i++) {
        session_say(s, 0, "%zu. %s", i + 1, c->recommendations[i].title);
        if (c->recommendations[i].apply)
            session_say_whole(s, 3, "%s", c->recommendations[i].apply);
    }
    putchar('\n');
}

static void add_word(struct str *command, const char *word)
{
    bool plain = *word;
    for (const char *p = word; *p; p++)
        plain = plain && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                          strchr("/._-+:@%,=", *p));
    if (command->length)
        str_add_char(command, ' ');
    if (plain) {
        str_add(command, word);
        return;
    }
    str_add_char(command, '\'');
    for (const char *p = word; *p; p++)
        if (*p == '\'')
            str_add(command, "'\\''");
        else
            str_add_char(command, *p);
    str_add_char(command, '\'');
}

static void add_option(struct str *command, const char *option, const char *value)
{
    if (!value)
        return;
    add_word(command, option);
    add_word(command, value);
}

/* As it was called here, so that it works when pasted (`sudo fragwizard`, `./build/fragwizard`), and two words for it. */
static void add_program(struct str *command, const char *first, const char *second)
{
    const char *ran = getenv("SUDO_COMMAND");
    size_t length = ran ? strcspn(ran, " ") : 0, name = strlen(program_invocation_short_name);
    if (length > name && ran[length - name - 1] == '/' &&
        strncmp(ran + length - name, program_invocation_short_name, name) == 0)
        add_word(command, "sudo");
    add_word(command, program_invocation_name);
    add_option(command, first, second);
}

static void add_allowed(struct str *command, unsigned allowed)
{
    for (enum experiment_action a = ACTION_COMPACT; a <= ACTION_OPERATOR; a++)
        add_option(command, "--allow", allowed & 1u << a ? experiment_allow_word(a) : NULL);
}

static void add_resume(struct str *command, const struct run *r)
{
    add_program(command, "resume", r->c->path);
    add_option(command, "--playbook", strcmp(r->playbook_name, r->playbook->name) != 0 ? r->playbook_name : NULL);
    if (r->window_s >= 0)
        str_printf(command, " --duration %.10g", r->window_s);
    if (r->pid)
        str_printf(command, " --pid %ld", r->pid);
    add_option(command, "--answers", r->answers_path);
    add_allowed(command, r->allowed);
    if (r->command_lines)
        add_word(command, "--command-lines");
    for (size_t i = 0; i < r->outputs.count; i++)
        add_option(command, "-o", r->outputs.paths[i]);
    add_option(command, "--bundle", r->bundle_path);
}

/* Enter chooses the usual name in this directory. MOVE_SKIP: nowhere. */
static enum move choose_output(struct session *s)
{
    struct run *r = s->run;
    bool ask = !engine_takes_defaults(r->engine);
    if (r->outputs.count || r->bundle_path)
        return MOVE_NEXT;
    AUTO_FREE char *name = output_default_name(r->c->host, r->c->started, "html");
    AUTO_FREE char *prompt = mem_printf("[Enter: %s] > ", name);
    if (ask)
        session_say(s, 0, "Where should the report go? A name ending in .html, .txt or .json, or no for nowhere.");
    for (;;) {
        AUTO_FREE char *line = ask ? session_read_line(s, prompt, NULL) : mem_strdup("");
        enum move move;
        if (!line)
            return MOVE_QUIT;
        if (strcasecmp(line, "no") == 0 || strcasecmp(line, "skip") == 0)
            return MOVE_SKIP;
        if (session_word(s, NULL, line, &move)) {
            if (move == MOVE_BACK || move == MOVE_QUIT)
                return move;
            ask = move != MOVE_DEFAULTS;
            continue;
        }
        r->outputs.paths[0] = arena_strdup(&r->c->arena, *line ? line : name);
        r->outputs.count = 1;
        if (run_check_outputs(r))
            return MOVE_NEXT;
        ask = true;
        r->outputs.count = 0;
    }
}

enum move session_all_done(void *data, struct engine *g)
{
    struct session *s = data;
    (void)g;
    sum_up(s);
    return s->outcome = choose_output(s);
}

static void save_answers(struct session *s)
{
    const struct run *r = s->run;
    const struct case_file *c = r->c;
    struct err e;
    size_t length = strlen(c->path);
    if (length < 5 || strcmp(c->path + length - 5, ".json") != 0)
        return;
    AUTO_FREE char *path = mem_printf("%.*s.answers.json", (int)(length - 5), c->path);
    if (!answers_save(path, c, r->playbook, &e)) {
        complain_of(&e);
        return;
    }
    AUTO_STR struct str command = {0};
    add_program(&command, "--auto", "--answers");
    add_word(&command, path);
    add_option(&command, "--playbook", strcmp(r->playbook_name, "memory-fragmentation") != 0 ? r->playbook_name : NULL);
    add_option(&command, "--root", r->root.live ? NULL : r->root.path);
    for (size_t i = 0; i < r->limit_count; i++)
        add_option(&command, "--limit", r->limits[i]);
    /* what was said yes to, there is nobody to ask about */
    add_allowed(&command, r->allowed | actions_done(c));
    session_say_whole(s, 0, "Answers: %s", path);
    session_say_whole(s, 0, "The same without questions: %s", str_text(&command));
}

int session_end_early(struct session *s, const struct err *e)
{
    struct case_file *c = s->run->c;
    if (e->text[0])
        complain("%s", e->text);
    if (access(c->path, F_OK) != 0)
        return EXIT_UNKNOWN;
    AUTO_STR struct str command = {0};
    add_resume(&command, s->run);
    session_say_whole(s, 0, "\nResume with: %s", str_text(&command));
    return EXIT_UNKNOWN;
}

static void name_report(struct session *s)
{
    AUTO_STR struct str command = {0};
    AUTO_FREE char *name = output_default_name(s->run->c->host, s->run->c->started, "html");
    add_program(&command, "report", s->run->c->path);
    add_option(&command, "-o", name);
    session_say_whole(s, 0, "Report, whenever it is wanted: %s", str_text(&command));
}

static void name_apply(struct session *s)
{
    const struct case_file *c = s->run->c;
    if (!s->run->root.live || !ARRAY_FIND(c->recommendations, c->recommendation_count, kind, "sysctl"))
        return;
    AUTO_STR struct str command = {0};
    add_program(&command, "apply", c->path);
    session_say_whole(s, 0, "Settings, each changed after a yes and with an undo: %s", str_text(&command));
}

int session_finish(struct session *s)
{
    struct run *r = s->run;
    bool written = s->outcome == MOVE_NEXT && run_write_outputs(r);
    for (size_t i = 0; written && i < r->outputs.count; i++)
        session_say_whole(s, 0, "Report: %s", r->outputs.paths[i]);
    if (written && r->bundle_path)
        session_say_whole(s, 0, "Bundle: %s", r->bundle_path);
    session_say_whole(s, 0, "Case: %s", r->c->path);
    save_answers(s);
    name_apply(s);
    if (!written)
        name_report(s);
    return written || s->outcome == MOVE_SKIP ? r->c->status : EXIT_UNKNOWN;
}
