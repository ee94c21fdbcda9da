/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the session asks of the operator: the playbook's questions, and a yes to its tests. */
#include "cmd/session_state.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/questions.h"

static bool is_among(const char *const *ids, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

/* Zero means the largest where the default means that; a process must be there to be looked at. */
static bool settle_process(struct session *s, const struct question *q, struct value *answer,
                           const struct value *fallback)
{
    struct case_file *c = s->run->c;
    if (answer->number == 0) {
        if (q->fallback.number == 0)
            *answer = *fallback;
        return true;
    }
    const char *command = question_command(c, answer->number);
    if (command) {
        session_say(s, 0, "%.0f is %s.", answer->number, command);
        return true;
    }
    char path[64];
    snprintf(path, sizeof path, "proc/%.0f", answer->number);
    int fd = root_open_dir(&s->run->root, path);
    if (fd >= 0)
        close(fd);
    if (fd < 0)
        session_say(s, 0, "There is no process %.0f here.", answer->number);
    return fd >= 0;
}

enum move session_ask(void *data, struct engine *g, const struct question *q, struct value *answer)
{
    struct session *s = data;
    const struct step *step = question_step(engine_playbook(g), q);
    const struct value fallback = *answer;
    if (s->hurry)
        return MOVE_DEFAULTS;
    if (s->asked_count < SESSION_ASKED_MAX)
        s->asked[s->asked_count++] = q->id;
    for (size_t i = 0; i < s->entered_count; i++)
        if (strcmp(s->entered[i], q->id) == 0)
            s->entered[i] = "";
    session_say(s, 0, "%s", q->ask);
    question_print_choices(q, s->term);
    AUTO_FREE char *prompt = question_prompt(q, answer, engine_case(g));
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, prompt, q->type == QUESTION_FILE ? NULL : session_words);
        if (!line)
            return session_leave(s);
        enum move move;
        if (!*line) {
            *answer = fallback;
            if (s->entered_count < SESSION_ASKED_MAX)
                s->entered[s->entered_count++] = q->id;
            return MOVE_NEXT;
        }
        if (strcasecmp(line, "again") == 0) {
            session_say(s, 0, "A step is measured again after its last question; answer first, or go back.");
            continue;
        }
        if (session_word(s, step, q->help, line, &move)) {
            if (move == MOVE_SKIP)
                session_say_skipped(s, step);
            s->hurry = move == MOVE_DEFAULTS;
            if (move != MOVE_AGAIN)
                return move;
            continue;
        }
        struct err e;
        if (!question_parse(q, line, engine_case(g), answer, &e))
            session_say(s, 0, "%s", e.text);
        else if (q->type != QUESTION_PROCESS || settle_process(s, q, answer, &fallback))
            return MOVE_NEXT;
    }
}

void session_tell_answers(struct session *s, const struct step *step)
{
    struct case_file *c = s->run->c;
    for (size_t i = 0; i < c->answer_count; i++) {
        struct answer *a = &c->answers[i];
        if (strcmp(a->step, step->id) != 0)
            continue;
        if (is_among(s->entered, s->entered_count, a->id))
            a->defaulted = true;
        else if (!is_among(s->asked, s->asked_count, a->id) || s->hurry)
            session_say(s, 0, "%s %s (%s)", a->ask, *a->shown ? a->shown : "no answer",
                        a->defaulted ? "default" : "given");
    }
}

/* What is done to the machine, in words. */
static void say_action(struct session *s, const struct experiment_decl *d)
{
    char window[64];
    switch (d->action) {
    case ACTION_COMPACT:
        session_say(s, 2, "What is done: the kernel compacts memory once (vm.compact_memory)");
        break;
    case ACTION_WATCH:
        units_format(window, sizeof window, d->window_s, TYPE_SECONDS);
        session_say(s, 2, "What is done: it is observed for %s longer", window);
        break;
    case ACTION_OPERATOR:
        session_say(s, 2, "What is done: by you, as you are told after a yes");
        break;
    }
}

static void say_offer(struct session *s, struct engine *g, const struct experiment_decl *d)
{
    AUTO_STR struct str now = {0};
    struct value v = expr_eval(d->measure, engine_env(g), NULL);
    value_format(&v, false, &now);
    session_say(s, 0, "\nTest: %s", d->ask);
    say_action(s, d);
    session_say(s, 2, "Cost: %s", d->cost);
    session_say(s, 2, "Risk: %s", d->risk);
    session_say(s, 2, "Measured before and after: %s; now %s", d->measured, str_text(&now));
}

static void say_begins(struct session *s, const struct experiment_decl *d)
{
    if (d->action == ACTION_COMPACT)
        session_say(s, 0, "Compacting…");
}

/* Words at the prompts of a test: skip leaves out the test, not the step. True: *move decides. */
static bool test_word(struct session *s, const struct step *step, const char *help, const char *line, bool *yes,
                      enum move *move)
{
    *move = MOVE_AGAIN;
    if (strcasecmp(line, "again") == 0)
        return !session_is_over(s, step);
    if (!session_word(s, step, help, line, move)) {
        session_say(s, 0, "Answer yes or no; help lists what else can be said.");
        return false;
    }
    if (*move == MOVE_BACK && step == engine_playbook(s->run->engine)->steps && !step->question_count) {
        session_say(s, 0, "This is the first step.");
        return false;
    }
    if (*move == MOVE_SKIP) {
        *yes = false;
        *move = MOVE_NEXT;
    }
    s->hurry = *move == MOVE_DEFAULTS;
    return *move != MOVE_AGAIN;
}

enum move session_experiment(void *data, struct engine *g, const struct experiment_decl *d, bool *yes)
{
    static const char help[] = "yes makes the test; no, skip or Enter leaves it out, and open what it decides";
    struct session *s = data;
    const struct step *step = NULL;
    playbook_experiment(engine_playbook(g), d->id, &step);
    say_offer(s, g, d);
    if (*yes) {
        session_say(s, 2, "It was allowed beforehand (--allow %s).", experiment_allow_word(d->action));
        say_begins(s, d);
        return MOVE_NEXT;
    }
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, "yes or no [Enter: no] > ", session_words);
        enum move move;
        if (!line)
            return session_leave(s);
        *yes = strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0;
        if (*yes)
            say_begins(s, d);
        if (*yes || !*line || strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0)
            return MOVE_NEXT;
        if (test_word(s, step, help, line, yes, &move))
            return move;
    }
}

enum move session_instruct(void *data, struct engine *g, const char *instruction, bool *done)
{
    static const char help[] = "Enter says that it was done; no that it was not";
    struct session *s = data;
    const struct step *step = &engine_playbook(g)->steps[s->before];
    session_say(s, 0, "%s", instruction);
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, "[Enter: it is done; no: it is not] > ", session_words);
        enum move move;
        if (!line)
            return session_leave(s);
        *done = !*line || strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0 || strcasecmp(line, "done") == 0;
        if (*done || strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0)
            return MOVE_NEXT;
        if (test_word(s, step, help, line, done, &move))
            return move;
    }
}

void session_experimented(void *data, struct engine *g, const struct experiment *x)
{
    struct session *s = data;
    (void)g;
    AUTO_STR struct str before = {0}, after = {0};
    char took[64];
    switch (x->state) {
    case EXPERIMENT_DONE:
        value_format(&x->before, false, &before);
        value_format(&x->after, false, &after);
        units_format(took, sizeof took, x->duration_s, TYPE_SECONDS);
        session_say(s, 0, "[i] %s before, %s after: %s (it took %s)", str_text(&before), str_text(&after), x->measure,
                    took);
        break;
    case EXPERIMENT_FAILED:
        session_say(s, 0, "[?] The test failed: %s", x->why);
        break;
    case EXPERIMENT_DECLINED:
        session_say(s, 0, "Not tested; what it would decide stays open.");
        break;
    case EXPERIMENT_NOT_RUN:
        session_say(s, 0, "[?] %s (%s)", x->ask, x->why);
        break;
    }
    s->rejudged = x->state >= EXPERIMENT_DONE;
}
