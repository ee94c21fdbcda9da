/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the session asks of the operator: the playbook's questions, and a yes to its tests. */
#include "cmd/session_ask.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "cmd/questions.h"
#include "cmd/session_talk.h"
#include "engine/run/answer.h"

enum move session_ask(void *data, struct engine *g, const struct question *q, struct reply *reply)
{
    struct session *s = data;
    struct case_file *c = engine_case(g);
    session_say(s, 0, "%s", q->ask);
    question_print_choices(q, s->term);
    AUTO_FREE char *prompt = question_prompt(q, &reply->value, c);
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, prompt, q->type == QUESTION_FILE ? NULL : session_words);
        enum move move;
        struct err e;
        if (!line)
            return MOVE_QUIT;
        if (!*line)
            return MOVE_NEXT;
        if (strcasecmp(line, "again") == 0) {
            session_say(s, 0, "A step is measured again after its last question; answer first, or go back.");
            continue;
        }
        if (session_word(s, q->help, line, &move)) {
            if (move == MOVE_SKIP)
                session_say_skipped(s, engine_step(g));
            if (move != MOVE_AGAIN)
                return move;
            continue;
        }
        if (!answer_parse(q, line, c, &s->run->root, &reply->value, &e)) {
            session_say(s, 0, "%s", e.text);
            continue;
        }
        const char *command = q->type == QUESTION_PROCESS ? answer_command(c, reply->value.number) : NULL;
        if (command)
            session_say(s, 0, "%.0f is %s.", reply->value.number, command);
        reply->defaulted = false;
        return MOVE_NEXT;
    }
}

void session_answered(void *data, struct engine *g, const struct answer *a)
{
    (void)g;
    session_say(data, 0, "%s %s (%s)", a->ask, *a->shown ? a->shown : "no answer", a->defaulted ? "default" : "given");
}

/* What is done to the machine, in words. */
static void say_action(struct session *s, const struct experiment_decl *d)
{
    switch (d->action) {
    case ACTION_COMPACT:
        session_say(s, 2, "What is done: the kernel compacts memory once (vm.compact_memory)");
        break;
    case ACTION_WATCH:
        session_say(s, 2, "What is done: it is observed for %s longer", units_text(d->window_s, TYPE_SECONDS).text);
        break;
    case ACTION_OPERATOR:
        session_say(s, 2, "What is done: by you; the instruction follows a yes");
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

static void say_start(struct session *s, const struct experiment_decl *d)
{
    if (d->action == ACTION_COMPACT)
        session_say(s, 0, "Compacting…");
}

/* Words at the prompts of a test: skip leaves out the test, not the step. True: *move decides. */
static bool test_word(struct session *s, const char *help, const char *line, bool *yes, enum move *move)
{
    *move = MOVE_AGAIN;
    if (strcasecmp(line, "again") == 0)
        return !session_is_observed(s);
    if (!session_word(s, help, line, move)) {
        session_say(s, 0, "Answer yes or no; help lists what else can be said.");
        return false;
    }
    if (*move == MOVE_BACK && !engine_has_before(s->run->engine)) {
        session_say(s, 0, "This is the first step.");
        return false;
    }
    if (*move == MOVE_SKIP) {
        *yes = false;
        *move = MOVE_NEXT;
    }
    return *move != MOVE_AGAIN;
}

enum move session_experiment(void *data, struct engine *g, const struct experiment_decl *d, bool *yes)
{
    static const char help[] = "yes makes the test; no, skip or Enter leaves it out, and open what it decides";
    struct session *s = data;
    say_offer(s, g, d);
    if (*yes) {
        session_say(s, 2, "It was allowed beforehand (--allow %s).", experiment_allow_word(d->action));
        say_start(s, d);
        return MOVE_NEXT;
    }
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, "yes or no [Enter: no] > ", session_words);
        enum move move;
        if (!line)
            return MOVE_QUIT;
        if (answer_yes_no(line, yes) || !*line) {
            if (*yes)
                say_start(s, d);
            return MOVE_NEXT;
        }
        if (test_word(s, help, line, yes, &move))
            return move;
    }
}

enum move session_instruct(void *data, struct engine *g, const char *instruction, bool *done)
{
    static const char help[] = "Enter says that it was done; no that it was not";
    struct session *s = data;
    (void)g;
    session_say(s, 0, "%s", instruction);
    for (;;) {
        AUTO_FREE char *line = session_read_line(s, "[Enter: it is done; no: it is not] > ", session_words);
        enum move move;
        if (!line)
            return MOVE_QUIT;
        if (answer_yes_no(line, done))
            return MOVE_NEXT;
        *done = !*line || strcasecmp(line, "done") == 0;
        if (*done)
            return MOVE_NEXT;
        if (test_word(s, help, line, done, &move))
            return move;
    }
}

void session_experimented(void *data, struct engine *g, const struct experiment *x)
{
    struct session *s = data;
    (void)g;
    AUTO_STR struct str before = {0}, after = {0};
    switch (x->state) {
    case EXPERIMENT_DONE:
        value_format(&x->before, false, &before);
        value_format(&x->after, false, &after);
        session_say(s, 0, "[i] %s before, %s after: %s (it took %s)", str_text(&before), str_text(&after), x->measure,
                    units_text(x->duration_s, TYPE_SECONDS).text);
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
