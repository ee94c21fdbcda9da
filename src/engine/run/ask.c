/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The questions of a step: which are asked, what stands in for an answer, and what going back takes back. */
#include <string.h>
#include <unistd.h>

#include "engine/run/answer.h"
#include "engine/run/engine_state.h"

static long pid_of(const struct value *v)
{
    return v->known && v->type == TYPE_COUNT && v->number > 0 && v->number <= ANSWER_PID_MAX ? (long)v->number : 0;
}

void ask_suspect(struct engine *g)
{
    const struct playbook *p = g->options.playbook;
    g->input.pid = g->options.pid;
    for (size_t s = 0; s < p->step_count; s++)
        for (size_t i = 0; i < p->steps[s].question_count; i++) {
            const struct question *q = &p->steps[s].questions[i];
            const struct answer *a = q->type == QUESTION_PROCESS ? case_answer(g->c, q->id) : NULL;
            if (a)
                g->input.pid = pid_of(&a->value);
        }
}

static void add_shown(struct str *out, const struct question *q, const struct value *v)
{
    if (!v->known)
        return;
    if (q->type == QUESTION_YESNO)
        str_add(out, v->truth ? "yes" : "no");
    else if (q->type != QUESTION_CHOICE)
        value_format(v, q->type == QUESTION_PROCESS, out);
    const struct choice *c = q->type == QUESTION_CHOICE ? ARRAY_FIND(q->choices, q->choice_count, id, v->text) : NULL;
    if (c)
        str_add(out, c->text);
}

static const struct answer *add_answer(struct engine *g, const struct step *step, const struct question *q,
                                       struct value v, bool defaulted)
{
    struct case_file *c = g->c;
    AUTO_STR struct str shown = {0};
    add_shown(&shown, q, &v);
    struct answer *a = case_answer(c, q->id);
    if (!a) {
        c->answers = case_room(c, c->answers, c->answer_count, &g->answers_room, sizeof *c->answers);
        a = &c->answers[c->answer_count++];
    }
    if (v.known && v.type == TYPE_TEXT)
        v.text = arena_strdup(&c->arena, v.text);
    *a = (struct answer){.id = q->id,
                         .step = step->id,
                         .ask = q->ask,
                         .value = v,
                         .shown = arena_strdup(&c->arena, str_text(&shown)),
                         .defaulted = defaulted};
    if (q->type == QUESTION_PROCESS)
        g->input.pid = pid_of(&v);
    return a;
}

/* The largest consumer that could be measured, so that the audit looks closer at one. */
static struct value largest_process(struct engine *g)
{
    const struct table *t = case_table_named(g->c, "processes", "process");
    /* this program looks at itself last; in a captured tree its number is another's */
    long self = g->options.root->live ? (long)getpid() : 0;
    double largest = 0, found = 0;
    for (size_t r = 0; t && r < t->rows; r++) {
        struct value size = cell_named(t, r, "pss"), id = cell_named(t, r, "pid");
        if (size.known && id.known && size.number > largest && (long)id.number != self) {
            largest = size.number;
            found = id.number;
        }
    }
    return value_number(TYPE_COUNT, found);
}

/* Zero means the largest process where the default is zero. */
static struct value resolve(struct engine *g, const struct question *q, struct value v)
{
    bool largest = q->type == QUESTION_PROCESS && v.known && v.number == 0 && q->fallback.number == 0;
    return largest ? largest_process(g) : v;
}

/* What the command line or the answers file says is not asked. */
static const struct answer *given_answer(const struct engine *g, const struct question *q, struct answer *suspect)
{
    if (q->type == QUESTION_PROCESS && g->options.pid) {
        *suspect = (struct answer){.value = value_number(TYPE_COUNT, (double)g->options.pid)};
        return suspect;
    }
    return ARRAY_FIND(g->options.given, g->options.given_count, id, q->id);
}

void ask_forget(struct engine *g, const struct step *from, size_t question)
{
    const struct playbook *p = g->options.playbook;
    struct case_file *c = g->c;
    for (const struct step *s = from; s < p->steps + p->step_count; s++)
        for (size_t i = s == from ? question : 0; i < s->question_count; i++) {
            struct answer *a = case_answer(c, s->questions[i].id);
            if (!a)
                continue;
            c->answer_count--;
            memmove(a, a + 1, (size_t)(c->answers + c->answer_count - a) * sizeof *a);
        }
    ask_suspect(g);
}

/* The question before that somebody would be asked, or `count` if there is none. */
static size_t asked_before(struct engine *g, const struct step *step, size_t i)
{
    while (i-- > 0)
        if (engine_holds(g, step->questions[i].when, NULL) &&
            !given_answer(g, &step->questions[i], &(struct answer){0}))
            return i;
    return step->question_count;
}

static enum move ask_one(struct engine *g, const struct step *step, const struct question *q, const struct ui *ui)
{
    struct answer suspect;
    const struct answer *given = given_answer(g, q, &suspect);
    const struct reply fallback = {resolve(g, q, given ? given->value : q->fallback), !given};
    struct reply reply = fallback;
    bool asked = !given && !g->defaults && ui->ask;
    enum move move = asked ? ui->ask(ui->data, g, q, &reply) : MOVE_NEXT;
    if (move == MOVE_DEFAULTS) {
        reply = fallback;
        asked = false;
        move = engine_note_defaults(g, move);
    }
    if (move != MOVE_NEXT)
        return move;
    const struct answer *a = add_answer(g, step, q, resolve(g, q, reply.value), reply.defaulted);
    if (!asked && ui->answered)
        ui->answered(ui->data, g, a);
    return MOVE_NEXT;
}

static enum move ask_from(struct engine *g, const struct step *step, size_t first, const struct ui *ui)
{
    ask_forget(g, step, first);
    for (size_t i = first; i < step->question_count;) {
        const struct question *q = &step->questions[i];
        /* one whose condition cannot be decided is not asked */
        enum move move = engine_holds(g, q->when, NULL) ? ask_one(g, step, q, ui) : MOVE_NEXT;
        if (move == MOVE_NEXT) {
            i++;
            continue;
        }
        if (move != MOVE_BACK)
            return move;
        i = asked_before(g, step, i);
        if (i == step->question_count)
            return MOVE_BACK;
        ask_forget(g, step, i);
    }
    return MOVE_NEXT;
}

/* Measured again, it is asked again. */
enum move ask_questions(struct engine *g, const struct step *step, const struct ui *ui)
{
    return ask_from(g, step, 0, ui);
}

bool ask_asked(struct engine *g, const struct step *step)
{
    return asked_before(g, step, step->question_count) < step->question_count;
}

enum move ask_last_again(struct engine *g, const struct step *step, const struct ui *ui)
{
    size_t last = asked_before(g, step, step->question_count);
    return last == step->question_count ? MOVE_BACK : ask_from(g, step, last, ui);
}
