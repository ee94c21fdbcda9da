/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guided session: each step says what it does, shows what it found, asks what a machine cannot know, and waits. */
#include "cmd/session.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/output.h"
#include "base/str.h"
#include "base/text.h"
#include "base/version.h"
#include "base/wait.h"
#include "cmd/session_ask.h"
#include "cmd/session_end.h"
#include "cmd/session_talk.h"
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
    "  --command-lines       keep command lines whole, with passwords that stand in them; without it they are\n"
    "                        shortened to what is known to be harmless\n"
    "  --allow WORD          does not ask before such tests: compaction, watching; may be repeated\n"
    "\n"
    "At any prompt: Enter, back, skip, again, note TEXT, why, show [TABLE], defaults, help, quit.\n"
    "The case is saved after each step; `fragwizard resume CASE` resumes it.\n";

static void show_table(struct session *s, const struct shown *shown)
{
    struct table *t = case_table_named(s->run->c, shown->probe, shown->table);
    if (!t || (!t->rows && t->facts->status > STATUS_PARTIAL))
        return; /* said once for the probe */
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
        session_say(s, 0, "(%zu more %s; show %s lists more)", shown->more, shown->more == 1 ? "row" : "rows",
                    t->decl->name);
    putchar('\n');
}

static size_t number_of(const struct run *r, const struct step *step)
{
    return (size_t)(step - r->playbook->steps) + 1;
}

static void passed(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    (void)g;
    session_say(s, 0, "\nStep %zu of %zu does not apply here: %s", number_of(s->run, step),
                s->run->playbook->step_count, step->title);
}

static enum move step_begins(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    (void)g;
    enum move move = s->at_begin;
    s->at_begin = MOVE_NEXT;
    if (move == MOVE_QUIT || wait_signal())
        return MOVE_QUIT;
    putchar('\n');
    AUTO_FREE char *title =
        mem_printf("Step %zu of %zu: %s", number_of(s->run, step), s->run->playbook->step_count, step->title);
    session_heading(s, title);
    if (move == MOVE_SKIP)
        return session_say_skipped(s, step);
    if (step->why)
        session_say(s, 0, "%s", step->why);
    if (step->classic)
        session_say(s, 0, "Stands for: %s", step->classic);
    if (step->blind)
        session_say(s, 0, "What that leaves open: %s", step->blind);
    putchar('\n');
    return move;
}

static enum move wait_for_window(void *data, struct engine *g, struct sampler *sampler)
{
    struct session *s = data;
    (void)g;
    double whole = sampler_elapsed(sampler) + sampler_remaining(sampler);
    fflush(stdout);
    if (progress_wait(sampler, s->term, true, "observing") == MOVE_QUIT)
        return MOVE_QUIT;
    double elapsed = sampler_elapsed(sampler);
    const struct units_text seen = units_text(elapsed, TYPE_SECONDS);
    if (elapsed < whole - 0.5)
        session_say(s, 0, "Observed for %s instead of %s.\n\n", seen.text, units_text(whole, TYPE_SECONDS).text);
    else
        session_say(s, 0, "Observed for %s.\n\n", seen.text);
    return MOVE_NEXT;
}

static void measured(void *data, struct engine *g, const struct step *step, const struct step_record *record)
{
    struct session *s = data;
    s->shown_count = 0;
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

/* The checks that failed for one reason stand together. */
static void say_unchecked(struct session *s, const struct case_file *c, const struct step *step)
{
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *first = &c->checks[i];
        if (strcmp(first->step, step->id) != 0 || first->result != CHECK_UNCHECKED)
            continue;
        AUTO_STR struct str ids = {0};
        bool said = false;
        for (size_t k = 0; k < c->check_count; k++) {
            const struct check *check = &c->checks[k];
            if (strcmp(check->step, step->id) != 0 || check->result != CHECK_UNCHECKED ||
                strcmp(check->why, first->why) != 0)
                continue;
            said = said || k < i;
            str_printf(&ids, "%s%s", ids.length ? ", " : "", check->id);
        }
        if (!said)
            session_say(s, 0, "[?] %s could not be checked: %s", str_text(&ids), first->why);
    }
}

static bool holds(const struct case_file *c, const struct step *step, const char *text)
{
    for (size_t i = 0; i < c->finding_count; i++)
        if (strcmp(c->findings[i].step, step->id) == 0 && strcmp(c->findings[i].say, text) == 0)
            return true;
    return false;
}

/* After a test only what it changed: what is found now, and what no longer holds. */
static void say_findings(struct session *s, const struct case_file *c, const struct step *step)
{
    for (size_t i = 0; i < s->shown_count; i++)
        if (!holds(c, step, s->shown[i]))
            session_say(s, 0, "No longer: %s", s->shown[i]);
    s->shown = mem_resize(s->shown, s->shown_count + c->finding_count + 1, sizeof *s->shown);
    size_t before = s->shown_count;
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct finding *f = &c->findings[i];
        bool said = strcmp(f->step, step->id) != 0;
        for (size_t k = 0; k < before; k++)
            said = said || strcmp(s->shown[k], f->say) == 0;
        if (said)
            continue;
        session_say(s, 0, "%s %s", term_sign(f->severity), f->say);
        s->shown[s->shown_count++] = f->say;
    }
}

static void judged(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    const struct case_file *c = engine_case(g);
    size_t clear = 0, unchecked = 0;
    if (!s->rejudged) {
        s->shown_count = 0;
        s->clear = s->unchecked = SIZE_MAX;
    }
    s->rejudged = false;
    say_findings(s, c, step);
    for (size_t i = 0; i < c->check_count; i++) {
        bool here = strcmp(c->checks[i].step, step->id) == 0;
        clear += here && c->checks[i].result == CHECK_CLEAR;
        unchecked += here && c->checks[i].result == CHECK_UNCHECKED;
    }
    if (unchecked != s->unchecked)
        say_unchecked(s, c, step);
    if (clear && clear != s->clear)
        session_say(s, 0, "[ok] %zu check%s clear", clear, clear == 1 ? "" : "s");
    s->clear = clear;
    s->unchecked = unchecked;
}

/* The words of a prompt between two steps. False: it asks again. A skip is for the next step, and waits for its beginning. */
static bool between_steps(struct session *s, const char *line, enum move *move)
{
    *move = MOVE_NEXT;
    if (!*line || strcasecmp(line, "next") == 0)
        return true;
    if (!session_word(s, NULL, line, move)) {
        session_not_understood(s, line);
        return false;
    }
    if (*move == MOVE_SKIP) {
        s->at_begin = MOVE_SKIP;
        *move = MOVE_NEXT;
    }
    return *move != MOVE_AGAIN;
}

static enum move step_ends(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    (void)step;
    if (wait_signal())
        return MOVE_QUIT;
    if (engine_takes_defaults(g))
        return MOVE_NEXT;
    const struct step *next = engine_next(g);
    AUTO_FREE char *prompt = !next ? mem_strdup("[Enter: the result] > ")
                             : text_width(next->title) + 30 <= s->term->width
                                 ? mem_printf("[Enter: step %zu, %s] > ", number_of(s->run, next), next->title)
                                 : mem_printf("[Enter: step %zu] > ", number_of(s->run, next));
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, prompt, session_words);
        enum move move;
        if (!line)
            return MOVE_QUIT;
        if (strcasecmp(line, "again") == 0) {
            if (!session_is_observed(s))
                return MOVE_AGAIN;
        } else if (!next && strcasecmp(line, "skip") == 0) {
            session_say(s, 0, "There is no further step to skip.");
        } else if (between_steps(s, line, &move)) {
            if (move != MOVE_BACK || engine_has_before(g))
                return move;
            session_say(s, 0, "This is the first step.");
        }
    }
}

/* "23.5 GiB of memory, 22.7 GiB available, no swap": known before anything else is asked. */
static void vital_signs(struct session *s)
{
    struct facts *f = sampler_collect(engine_sampler(s->run->engine), probe_find("memory"));
    struct table *t = facts_table(f, "memory");
    static const char *const names[] = {"total", "available", "swap_total"};
    struct units_text shown[] = {{"?"}, {"?"}, {"?"}};
    bool swapless = false;
    for (size_t i = 0; i < 3; i++) {
        struct value v = cell_named(t, 0, names[i]);
        if (v.known)
            shown[i] = units_text(v.number, v.type);
        swapless = i == 2 && v.known && v.number == 0;
    }
    session_say(s, 0, "%s%s%s%s: %s of memory, %s available, %s%s.", s->run->c->host, s->run->root.live ? "" : " (",
                s->run->root.live ? "" : s->run->root.path, s->run->root.live ? "" : ")", shown[0].text, shown[1].text,
                swapless ? "no" : shown[2].text, swapless ? " swap" : " of swap");
    facts_free(f);
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
    size_t first = number_of(r, engine_step(r->engine));
    AUTO_FREE char *title = mem_printf("fragwizard %s: %s", fragwizard_version, r->playbook->title);
    session_heading(s, title);
    vital_signs(s);
    putchar('\n');
    if (r->playbook->summary && first == 1)
        session_say(s, 0, "%s\n\n", r->playbook->summary);
    if (engine_redone(r->engine))
        session_say(s, 0, "The rules of step %s have changed since; it and what follows are done again.",
                    engine_redone(r->engine)->title);
    double left = sampler_remaining(engine_sampler(r->engine));
    if (first > 1)
        session_say(s, 0, "It goes on with step %zu of %zu, %s; the steps before are done.", first,
                    r->playbook->step_count, engine_step(r->engine)->title);
    else
        session_say(s, 0, "It reads and asks; %s. %zu step%s.", promise(r), r->playbook->step_count,
                    r->playbook->step_count == 1 ? "" : "s");
    if (left > 0)
        session_say(s, 0, "An observation of %s has begun and goes on while you read.",
                    units_text((double)(long)(left + 0.999), TYPE_SECONDS).text);
    if (r->root.live && geteuid() != 0)
        session_say(s, 0,
                    "[?] Without root, other users' processes and some kernel tables stay closed; sudo shows all.");
    session_say(
        s, 0,
        "Enter goes on; help lists what else can be said; quit or Ctrl-C leaves, and what was done is saved.\n\n");
}

static void greet(struct session *s)
{
    bool first = engine_step(s->run->engine) == s->run->playbook->steps;
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, first ? "[Enter: begin] > " : "[Enter: go on] > ", session_words);
        enum move move = MOVE_QUIT;
        if (line && !between_steps(s, line, &move))
            continue;
        if (move != MOVE_BACK) {
            s->at_begin = move == MOVE_NEXT ? s->at_begin : move;
            return;
        }
        session_say(s, 0, first ? "This is the beginning." : "Begin first; then back goes to the steps before.");
    }
}

static char *new_case_path(const struct case_file *c, const char *directory)
{
    AUTO_FREE char *name = output_default_name(c->host, c->started, "json");
    char *path = mem_printf("%s/%s", directory, name);
    for (unsigned n = 2; access(path, F_OK) == 0 && n < 1000; n++) {
        free(path);
        path = mem_printf("%s/%.*s-%u.json", directory, (int)(strlen(name) - 5), name, n);
    }
    return path;
}

int session_run(struct run *r)
{
    struct session s = {.run = r, .term = &r->term};
    const struct ui ui = {
        .data = &s,
        .passed = passed,
        .step_begins = step_begins,
        .wait = wait_for_window,
        .ask = session_ask,
        .answered = session_answered,
        .measured = measured,
        .judged = judged,
        .experiment = session_experiment,
        .instruct = session_instruct,
        .experimented = session_experimented,
        .step_ends = step_ends,
        .all_done = session_all_done,
    };
    bool fresh = !r->c->path;
    AUTO_FREE char *directory = output_state_dir();
    AUTO_FREE char *history = mem_printf("%s/history", directory);
    AUTO_FREE char *path = fresh ? new_case_path(r->c, directory) : mem_strdup(r->c->path);
    struct err e = {0};
    r->c->path = path;
    if (!output_make_dirs(directory, &e))
        return complain("%s", e.text);
    introduce(&s);
    if (fresh && !engine_save(r->engine, &e))
        return complain("%s", e.text);
    prompt_history_load(history);
    greet(&s);
    bool finished = engine_run(r->engine, &ui, &e);
    prompt_history_save(history);
    free(s.shown);
    return finished ? session_finish(&s) : session_end_early(&s, &e);
}

static int session(int argc, char **argv)
{
    struct run r;
    int status;
    if (!run_options(&r, argc, argv, usage, NULL, &status))
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
