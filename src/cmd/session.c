/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guided session: each step says what it does, shows what it found, asks what a machine cannot know, and waits. */
#include "cmd/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/output.h"
#include "base/str.h"
#include "base/text.h"
#include "base/version.h"
#include "base/wait.h"
#include "cmd/answers.h"
#include "cmd/session_state.h"
#include "term/progress.h"
#include "term/prompt.h"

static const char usage[] =
    "fragwizard [options]      the guided session: measures step by step, asks, and ends in a report\n"
    "\n"
    "  -o, --output FILE     where to write the report (.html .txt .json); otherwise you are asked at the end\n"
    "  --pid PID             the process you suspect\n"
    "  --duration TIME       how long to observe (30s)\n"
    "  --playbook NAME|FILE  memory-fragmentation (default), quick, or a file of your own\n"
    "  --root DIR            a captured tree or an unpacked sosreport instead of this machine\n"
    "  --answers FILE        answers given beforehand; only the others are asked\n"
    "  --case-id ID          carried into the report\n"
    "  --bundle FILE.zip     report, case and checksums in one file\n"
    "  --limit NAME=VALUE    another value for a limit of the playbook, such as available_low=5%; may be repeated\n"
    "  --allow WORD          does not ask before such tests: compaction, watching; may be repeated\n"
    "\n"
    "At any prompt: Enter, back, skip, again, note TEXT, why, show [TABLE], defaults, help, quit.\n"
    "The case is saved after each step; `fragwizard resume CASE` goes on.\n";

static void show_table(struct session *s, const struct shown *shown)
{
    const struct case_file *c = s->run->c;
    struct facts *f = case_facts(c, shown->probe);
    struct table *t = f ? facts_table(f, shown->table) : NULL;
    if (!t || (!t->rows && f->status > STATUS_PARTIAL))
        return; /* told once for the probe */
    const char *title = shown->title ? shown->title : t->decl->help;
    if (!shown->row_count) {
        session_say(s, 0, "%s: none\n\n", title);
        return;
    }
    AUTO_FREE const char **columns = mem_array(shown->column_count + 1, sizeof *columns);
    for (size_t i = 0; i < shown->column_count; i++)
        columns[i] = shown->columns[i];
    AUTO_FREE char *text =
        term_table(t, shown->column_count ? columns : NULL, shown->row, shown->row_count, s->term, s->term->width);
    session_say(s, 0, "%s", title);
    fputs(text, stdout);
    if (shown->more)
        session_say(s, 0, "(%zu more %s; show %s lists what is kept)", shown->more, shown->more == 1 ? "row" : "rows",
                    t->decl->name);
    putchar('\n');
}

static enum move step_begins(void *data, struct engine *g, const struct step *step, size_t index)
{
    struct session *s = data;
    const struct playbook *p = engine_playbook(g);
    if (s->left || wait_signal())
        return session_leave(s);
    s->asked_count = s->entered_count = 0;
    putchar('\n');
    for (size_t i = s->before + 1; i < index; i++)
        if (engine_case(g)->steps[i].state == STEP_PASSED)
            session_say(s, 0, "Step %zu of %zu does not apply here: %s\n\n", i + 1, p->step_count, p->steps[i].title);
    s->before = index;
    AUTO_FREE char *title = mem_printf("Step %zu of %zu: %s", index + 1, p->step_count, step->title);
    session_heading(s, title);
    if (s->skip_next) {
        s->skip_next = false;
        return session_say_skipped(s, step);
    }
    if (step->why)
        session_say(s, 0, "%s", step->why);
    if (step->classic)
        session_say(s, 0, "Stands for: %s", step->classic);
    if (step->blind)
        session_say(s, 0, "What that leaves open: %s", step->blind);
    putchar('\n');
    return MOVE_NEXT;
}

static enum move wait_for_window(void *data, struct engine *g, struct sampler *sampler)
{
    struct session *s = data;
    (void)g;
    double whole = sampler_elapsed(sampler) + sampler_remaining(sampler);
    fflush(stdout);
    if (progress_wait(sampler, s->term, true, "observing") == MOVE_QUIT)
        return session_leave(s);
    char seen[64], wanted[64];
    double elapsed = sampler_elapsed(sampler);
    units_format(seen, sizeof seen, elapsed, TYPE_SECONDS);
    units_format(wanted, sizeof wanted, whole, TYPE_SECONDS);
    if (elapsed < whole - 0.5)
        session_say(s, 0, "Observed for %s instead of %s.\n\n", seen, wanted);
    else
        session_say(s, 0, "Observed for %s.\n\n", seen);
    return MOVE_NEXT;
}

static void measured(void *data, struct engine *g, const struct step *step, const struct step_record *record)
{
    struct session *s = data;
    s->told_count = 0;
    s->clear = s->unchecked = SIZE_MAX;
    for (size_t i = 0; i < step->probe_count; i++) {
        const struct facts *f = case_facts(engine_case(g), step->probes[i]->name);
        if (f && f->status != STATUS_OK)
            session_say(s, 0, "[?] %s %s: %s\n\n", f->probe->name,
                        f->status == STATUS_PARTIAL ? "could be read in part only" : "could not be read",
                        f->reason ? f->reason : status_name(f->status));
    }
    for (size_t i = 0; i < record->show_count; i++)
        show_table(s, &record->shows[i]);
}

/* The checks that failed for one reason are told together. */
static void tell_unchecked(struct session *s, const struct case_file *c, const struct step *step)
{
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *first = &c->checks[i];
        if (strcmp(first->step, step->id) != 0 || first->result != CHECK_UNCHECKED)
            continue;
        AUTO_STR struct str ids = {0};
        bool told = false;
        for (size_t k = 0; k < c->check_count; k++) {
            const struct check *check = &c->checks[k];
            if (strcmp(check->step, step->id) != 0 || check->result != CHECK_UNCHECKED ||
                strcmp(check->why, first->why) != 0)
                continue;
            told = told || k < i;
            str_printf(&ids, "%s%s", ids.length ? ", " : "", check->id);
        }
        if (!told)
            session_say(s, 0, "[?] %s could not be checked: %s", str_text(&ids), first->why);
    }
}

static bool holds(const struct case_file *c, const struct step *step, const char *said)
{
    for (size_t i = 0; i < c->finding_count; i++)
        if (strcmp(c->findings[i].step, step->id) == 0 && strcmp(c->findings[i].say, said) == 0)
            return true;
    return false;
}

/* After a test only what it changed: what is found now, and what no longer holds. */
static void tell_findings(struct session *s, const struct case_file *c, const struct step *step)
{
    for (size_t i = 0; i < s->told_count; i++)
        if (!holds(c, step, s->told[i]))
            session_say(s, 0, "No longer: %s", s->told[i]);
    s->told = mem_resize(s->told, s->told_count + c->finding_count + 1, sizeof *s->told);
    size_t before = s->told_count;
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct finding *f = &c->findings[i];
        bool told = strcmp(f->step, step->id) != 0;
        for (size_t k = 0; k < before; k++)
            told = told || strcmp(s->told[k], f->say) == 0;
        if (told)
            continue;
        session_say(s, 0, "%s %s", term_sign(f->severity), f->say);
        s->told[s->told_count++] = f->say;
    }
}

static void judged(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    const struct case_file *c = engine_case(g);
    size_t clear = 0, unchecked = 0;
    if (!s->rejudged) {
        s->told_count = 0;
        s->clear = s->unchecked = SIZE_MAX;
        session_tell_answers(s, step);
    }
    s->rejudged = false;
    tell_findings(s, c, step);
    for (size_t i = 0; i < c->check_count; i++) {
        bool here = strcmp(c->checks[i].step, step->id) == 0;
        clear += here && c->checks[i].result == CHECK_CLEAR;
        unchecked += here && c->checks[i].result == CHECK_UNCHECKED;
    }
    if (unchecked != s->unchecked)
        tell_unchecked(s, c, step);
    if (clear && clear != s->clear)
        session_say(s, 0, "[ok] %zu check%s clear", clear, clear == 1 ? "" : "s");
    s->clear = clear;
    s->unchecked = unchecked;
}

/* The step that Enter goes to, NULL after the last. */
static const struct step *step_after(struct engine *g, const struct step *step)
{
    const struct playbook *p = engine_playbook(g);
    const struct step *end = p->steps + p->step_count, *next = step + 1;
    for (size_t i = 0; i < step->next_count; i++) {
        struct value v = step->nexts[i].when ? expr_eval(step->nexts[i].when, engine_env(g), NULL) : value_bool(true);
        if (!v.known || !v.truth)
            continue;
        next = strcmp(step->nexts[i].step, "end") == 0 ? end : playbook_step(p, step->nexts[i].step);
        break;
    }
    for (; next && next < end; next++) {
        struct value v = next->when ? expr_eval(next->when, engine_env(g), NULL) : value_bool(true);
        if (!v.known || v.truth)
            return next;
    }
    return NULL;
}

bool session_is_over(struct session *s, const struct step *step)
{
    size_t windowed = 0;
    for (size_t i = 0; i < step->probe_count; i++)
        windowed += step->probes[i]->sample != NULL;
    if (!windowed || sampler_remaining(engine_sampler(s->run->engine)) > 0)
        return false;
    session_say(s, 0, "The observation is over and stays as it is; only a new session observes again.");
    return true;
}

static enum move step_ends(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    if (wait_signal())
        return session_leave(s);
    if (s->hurry)
        return MOVE_NEXT;
    const struct step *next = step_after(g, step);
    size_t number = next ? (size_t)(next - engine_playbook(g)->steps) + 1 : 0;
    AUTO_FREE char *prompt = !next ? mem_strdup("[Enter: the result] > ")
                             : text_width(next->title) + 30 <= s->term->width
                                 ? mem_printf("[Enter: step %zu, %s] > ", number, next->title)
                                 : mem_printf("[Enter: step %zu] > ", number);
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, prompt, session_words);
        if (!line)
            return session_leave(s);
        enum move move;
        if (!*line || strcasecmp(line, "next") == 0)
            return MOVE_NEXT;
        if (strcasecmp(line, "again") == 0) {
            if (!session_is_over(s, step))
                return MOVE_AGAIN;
        } else if (!session_word(s, step, NULL, line, &move)) {
            session_not_understood(s, line);
        } else if (move == MOVE_SKIP && !next) {
            session_say(s, 0, "There is no further step to skip.");
        } else if (move == MOVE_BACK && step == engine_playbook(g)->steps && !step->question_count) {
            session_say(s, 0, "This is the first step.");
        } else if (move != MOVE_AGAIN) {
            s->skip_next = move == MOVE_SKIP;
            s->hurry = move == MOVE_DEFAULTS;
            return s->skip_next || s->hurry ? MOVE_NEXT : move;
        }
    }
}

/* "23.5 GiB of memory, 22.7 GiB available, no swap": known before anything else is asked. */
static void vital_signs(struct session *s)
{
    struct facts *f = sampler_collect(engine_sampler(s->run->engine), probe_find("memory"));
    struct table *t = facts_table(f, "memory");
    static const char *const names[] = {"total", "available", "swap_total"};
    char shown[3][64] = {"?", "?", "?"};
    bool swapless = false;
    for (size_t i = 0; t && t->rows && i < 3; i++) {
        struct value v = cell_get(t, 0, (unsigned)table_decl_column(t->decl, names[i]));
        if (v.known)
            units_format(shown[i], sizeof shown[i], v.number, v.type);
        swapless = i == 2 && v.known && v.number == 0;
    }
    session_say(s, 0, "%s%s%s%s: %s of memory, %s available, %s%s.", s->run->c->host, s->run->root.live ? "" : " (",
                s->run->root.live ? "" : s->run->root.path, s->run->root.live ? "" : ")", shown[0], shown[1],
                swapless ? "no" : shown[2], swapless ? " swap" : " of swap");
    facts_free(f);
}

static size_t first_open(const struct case_file *c)
{
    size_t i = 0;
    while (i < c->step_count && c->steps[i].state != STEP_PENDING)
        i++;
    return i;
}

static const char *promise(const struct run *r)
{
    if (!run_can_compact(r))
        return "it changes nothing";
    return run_allows(r, ACTION_COMPACT)
               ? "it compacts memory once where that decides something, and changes nothing else"
               : "without your yes it changes nothing";
}

static void introduce(struct session *s)
{
    const struct run *r = s->run;
    size_t first = first_open(r->c);
    AUTO_FREE char *title = mem_printf("fragwizard %s: %s", fragwizard_version, r->playbook->title);
    session_heading(s, title);
    vital_signs(s);
    putchar('\n');
    if (r->playbook->summary && !first)
        session_say(s, 0, "%s\n\n", r->playbook->summary);
    if (engine_redone(r->engine))
        session_say(s, 0, "The rules of step %s have changed since; it and what follows are done again.",
                    engine_redone(r->engine)->title);
    char window[64];
    double left = sampler_remaining(engine_sampler(r->engine));
    units_format(window, sizeof window, (double)(long)(left + 0.999), TYPE_SECONDS);
    if (first && first < r->playbook->step_count)
        session_say(s, 0, "It goes on with step %zu of %zu, %s; what was done before is kept.", first + 1,
                    r->playbook->step_count, r->playbook->steps[first].title);
    else
        session_say(s, 0, "It reads and asks; %s. %zu step%s.", promise(r), r->playbook->step_count,
                    r->playbook->step_count == 1 ? "" : "s");
    if (left > 0)
        session_say(s, 0, "An observation of %s has begun and goes on while you read.", window);
    if (r->root.live && geteuid() != 0)
        session_say(s, 0,
                    "[?] Without root, other users' processes and some kernel tables stay closed; sudo shows all.");
    session_say(
        s, 0, "Enter goes on; help lists what else can be said; quit or Ctrl-C leaves, and what was done is kept.\n\n");
}

static enum move leave_at_once(void *data, struct engine *g, const struct step *step, size_t index)
{
    (void)data, (void)g, (void)step, (void)index;
    return MOVE_QUIT;
}

/* Nothing is lost from here on, whatever happens to the terminal. */
static bool save_first(struct session *s, struct err *e)
{
    const struct ui ui = {.step_begins = leave_at_once};
    engine_run(s->run->engine, &ui, e);
    return !e->text[0];
}

static void greet(struct session *s)
{
    const struct run *r = s->run;
    size_t first = first_open(r->c);
    const struct step *step = &r->playbook->steps[first < r->playbook->step_count ? first : 0];
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, first ? "[Enter: go on] > " : "[Enter: begin] > ", session_words);
        enum move move;
        if (!line) {
            session_leave(s);
            return;
        }
        if (!*line || strcasecmp(line, "next") == 0)
            return;
        if (!session_word(s, step, NULL, line, &move)) {
            session_not_understood(s, line);
        } else if (move == MOVE_BACK) {
            session_say(s, 0, first ? "Begin first; then back goes to the steps before." : "This is the beginning.");
        } else if (move != MOVE_AGAIN) {
            s->skip_next = move == MOVE_SKIP;
            s->hurry = move == MOVE_DEFAULTS;
            return;
        }
    }
}

static bool was_compacted(const struct case_file *c)
{
    for (size_t i = 0; i < c->experiment_count; i++)
        if (c->experiments[i].state == EXPERIMENT_DONE &&
            strcmp(c->experiments[i].action, experiment_action_name(ACTION_COMPACT)) == 0)
            return true;
    return false;
}

/* What the session ends with on the terminal; the report has the rest. */
static void sum_up(struct session *s)
{
    const struct case_file *c = s->run->c;
    putchar('\n');
    session_heading(s, c->headline);
    for (size_t i = 0; i < c->finding_count; i++)
        if (c->findings[i].severity > SEVERITY_INFO && strcmp(c->findings[i].say, c->headline) != 0)
            session_say(s, 0, "%s %s", term_sign(c->findings[i].severity), c->findings[i].say);
    size_t unchecked = 0;
    for (size_t i = 0; i < c->check_count; i++)
        unchecked += c->checks[i].result == CHECK_UNCHECKED;
    if (unchecked)
        session_say(s, 0, "[?] %zu check%s could not be made; the report tells why.", unchecked,
                    unchecked == 1 ? "" : "s");
    for (size_t i = 0; i < c->step_count; i++)
        if (c->steps[i].state == STEP_SKIPPED)
            session_say(s, 0, "[?] Skipped: step %zu, %s", i + 1, c->steps[i].title);
    if (c->recommendation_count)
        session_say(s, 0, "\nWhat to do, first things first (%s):",
                    was_compacted(c) ? "memory was compacted; nothing else was changed" : "nothing was changed");
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

/* As it was called here, so that it works when pasted: `sudo fragwizard`, `./build/fragwizard`. */
static void add_program(struct str *command)
{
    const char *ran = getenv("SUDO_COMMAND");
    size_t length = ran ? strcspn(ran, " ") : 0, name = strlen(program_invocation_short_name);
    if (length > name && ran[length - name - 1] == '/' &&
        strncmp(ran + length - name, program_invocation_short_name, name) == 0)
        add_word(command, "sudo");
    add_word(command, program_invocation_name);
}

static void add_allowed(struct str *command, unsigned allowed)
{
    for (enum experiment_action a = ACTION_COMPACT; a <= ACTION_OPERATOR; a++)
        if (allowed & 1u << a && experiment_allow_word(a)) {
            add_word(command, "--allow");
            add_word(command, experiment_allow_word(a));
        }
}

static char *resume_command(const struct run *r)
{
    AUTO_STR struct str command = {0};
    add_program(&command);
    add_word(&command, "resume");
    add_word(&command, r->c->path);
    if (strcmp(r->playbook_name, r->playbook->name) != 0) {
        add_word(&command, "--playbook");
        add_word(&command, r->playbook_name);
    }
    if (r->window_s >= 0)
        str_printf(&command, " --duration %.10g", r->window_s);
    if (r->pid)
        str_printf(&command, " --pid %ld", r->pid);
    if (r->answers_path) {
        add_word(&command, "--answers");
        add_word(&command, r->answers_path);
    }
    add_allowed(&command, r->allowed);
    for (size_t i = 0; i < r->output_count; i++) {
        add_word(&command, "-o");
        add_word(&command, r->outputs[i]);
    }
    if (r->bundle_path) {
        add_word(&command, "--bundle");
        add_word(&command, r->bundle_path);
    }
    return mem_strdup(str_text(&command));
}

/* Asks where the report goes unless told; Enter takes the usual name in this directory. MOVE_SKIP: nowhere. */
static enum move choose_output(struct session *s, char **kept)
{
    struct run *r = s->run;
    const struct step *last = &r->playbook->steps[s->before];
    if (r->output_count || r->bundle_path)
        return MOVE_NEXT;
    AUTO_FREE char *name = output_default_name(r->c->host, r->c->started, "html");
    AUTO_FREE char *prompt = mem_printf("[Enter: %s] > ", name);
    if (!s->hurry)
        session_say(s, 0, "Where should the report go? A name ending in .html, .txt or .json, or no for nowhere.");
    for (;;) {
        AUTO_FREE char *line = s->hurry ? mem_strdup("") : session_read_line(s, prompt, NULL);
        enum move move;
        if (!line)
            return session_leave(s);
        if (strcasecmp(line, "no") == 0 || strcasecmp(line, "skip") == 0)
            return MOVE_SKIP;
        if (session_word(s, last, NULL, line, &move)) {
            if (move == MOVE_BACK || move == MOVE_QUIT)
                return move;
            s->hurry = move == MOVE_DEFAULTS;
            continue;
        }
        *kept = mem_strdup(*line ? line : name);
        r->outputs[0] = *kept;
        r->output_count = 1;
        if (run_check_outputs(r))
            return MOVE_NEXT;
        s->hurry = false;
        r->output_count = 0;
        free(*kept);
        *kept = NULL;
    }
}

static char *new_case_path(const struct case_file *c)
{
    AUTO_FREE char *directory = output_state_dir();
    AUTO_FREE char *name = output_default_name(c->host, c->started, "json");
    char *path = mem_printf("%s/%s", directory, name);
    for (unsigned n = 2; access(path, F_OK) == 0 && n < 1000; n++) {
        free(path);
        path = mem_printf("%s/%.*s-%u.json", directory, (int)(strlen(name) - 5), name, n);
    }
    return path;
}

static void remember_answers(struct session *s)
{
    const struct case_file *c = s->run->c;
    struct err e;
    size_t length = strlen(c->path);
    if (length < 5 || strcmp(c->path + length - 5, ".json") != 0)
        return;
    AUTO_FREE char *path = mem_printf("%.*s.answers.json", (int)(length - 5), c->path);
    if (!answers_save(path, c, s->run->playbook, &e)) {
        complain("%s", e.text);
        return;
    }
    AUTO_STR struct str command = {0};
    add_program(&command);
    add_word(&command, "--auto");
    add_word(&command, "--answers");
    add_word(&command, path);
    if (strcmp(s->run->playbook_name, "memory-fragmentation") != 0) {
        add_word(&command, "--playbook");
        add_word(&command, s->run->playbook_name);
    }
    if (!s->run->root.live) {
        add_word(&command, "--root");
        add_word(&command, s->run->root.path);
    }
    for (size_t i = 0; i < s->run->limit_count; i++) {
        add_word(&command, "--limit");
        add_word(&command, s->run->limits[i]);
    }
    /* what was said yes to, there is nobody to ask about */
    unsigned allowed = s->run->allowed;
    for (size_t i = 0; i < c->experiment_count; i++)
        for (enum experiment_action a = ACTION_COMPACT; a <= ACTION_OPERATOR; a++)
            if (c->experiments[i].state == EXPERIMENT_DONE &&
                strcmp(c->experiments[i].action, experiment_action_name(a)) == 0)
                allowed |= 1u << a;
    add_allowed(&command, allowed);
    session_say_whole(s, 0, "Answers: %s", path);
    session_say_whole(s, 0, "The same without questions: %s", str_text(&command));
}

/* The step done last is opened once more. */
static bool reopen(struct session *s)
{
    struct case_file *c = s->run->c;
    for (size_t i = c->step_count; i-- > 0;)
        if (c->steps[i].state != STEP_PASSED) {
            c->steps[i].state = STEP_PENDING;
            c->complete = false;
            s->before = i;
            return true;
        }
    return false;
}

static int end_early(struct session *s, const struct err *e)
{
    struct case_file *c = s->run->c;
    if (e->text[0])
        complain("%s", e->text);
    if (access(c->path, F_OK) != 0)
        return EXIT_UNKNOWN;
    AUTO_FREE char *command = resume_command(s->run);
    session_say_whole(s, 0, "\nGo on with: %s", command);
    return EXIT_UNKNOWN;
}

static void tell_report(struct session *s)
{
    AUTO_STR struct str command = {0};
    add_program(&command);
    add_word(&command, "report");
    add_word(&command, s->run->c->path);
    add_word(&command, "-o");
    AUTO_FREE char *name = output_default_name(s->run->c->host, s->run->c->started, "html");
    add_word(&command, name);
    session_say_whole(s, 0, "Report, whenever it is wanted: %s", str_text(&command));
}

static void forget_told(struct session *s)
{
    free(s->told);
}

static void tell_apply(struct session *s)
{
    const struct case_file *c = s->run->c;
    size_t count = 0;
    for (size_t i = 0; i < c->recommendation_count; i++)
        count += strcmp(c->recommendations[i].kind, "sysctl") == 0;
    if (!count || !s->run->root.live)
        return;
    AUTO_STR struct str command = {0};
    add_program(&command);
    add_word(&command, "apply");
    add_word(&command, c->path);
    session_say_whole(s, 0, "Settings, each changed after a yes and with an undo: %s", str_text(&command));
}

int session_run(struct run *r)
{
    __attribute__((cleanup(forget_told))) struct session s = {.run = r, .term = &r->term};
    const struct ui ui = {
        .data = &s,
        .step_begins = step_begins,
        .wait = wait_for_window,
        .ask = session_ask,
        .measured = measured,
        .judged = judged,
        .experiment = session_experiment,
        .instruct = session_instruct,
        .experimented = session_experimented,
        .step_ends = step_ends,
    };
    bool fresh = !r->c->path;
    AUTO_FREE char *directory = output_state_dir();
    AUTO_FREE char *history = mem_printf("%s/history", directory);
    AUTO_FREE char *path = fresh ? new_case_path(r->c) : mem_strdup(r->c->path);
    AUTO_FREE char *output = NULL;
    struct err e = {0};
    r->c->path = path;
    if (!output_make_dirs(directory, &e))
        return complain("%s", e.text);
    introduce(&s);
    if (fresh && !save_first(&s, &e))
        return complain("%s", e.text);
    prompt_history_load(history);
    greet(&s);
    s.before = first_open(r->c);
    enum move move = MOVE_NEXT;
    bool finished;
    while ((finished = engine_run(r->engine, &ui, &e))) {
        sum_up(&s);
        move = choose_output(&s, &output);
        if (move != MOVE_BACK || !reopen(&s))
            break;
    }
    prompt_history_save(history);
    if (!finished)
        return end_early(&s, &e);
    bool written = move == MOVE_NEXT && run_write_outputs(r);
    for (size_t i = 0; written && i < r->output_count; i++)
        session_say_whole(&s, 0, "Report: %s", r->outputs[i]);
    if (written && r->bundle_path)
        session_say_whole(&s, 0, "Bundle: %s", r->bundle_path);
    session_say_whole(&s, 0, "Case: %s", r->c->path);
    remember_answers(&s);
    tell_apply(&s);
    if (!written)
        tell_report(&s);
    return written || move == MOVE_SKIP ? r->c->status : EXIT_UNKNOWN;
}

static int session(int argc, char **argv)
{
    struct run r;
    int status;
    if (!run_options(&r, argc, argv, usage, &status))
        return status;
    struct term t;
    term_init(&t);
    if (!t.tty_in)
        return complain("a session asks questions and standard input is no terminal; use --auto (and --answers FILE)");
    wait_catch_signals();
    status = run_open(&r, NULL) ? session_run(&r) : EXIT_UNKNOWN;
    run_close(&r);
    return status;
}

const struct command command_session = {"session", session, "the guided session; the same as no verb at all"};
