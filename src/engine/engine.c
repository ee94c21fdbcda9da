/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop over the steps: branch, ask, measure, judge, save. */
#include "engine/engine.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/engine_state.h"

static const struct table *env_table(void *data, const struct table_decl *decl, const char **why)
{
    struct engine *g = data;
    for (size_t i = 0; i < g->c->facts_count; i++) {
        struct facts *f = g->c->facts[i];
        for (unsigned t = 0; t < f->probe->table_count; t++) {
            if (&f->probe->tables[t] != decl)
                continue;
            if (f->tables[t].rows == 0 && f->status != STATUS_OK) {
                *why = f->reason ? f->reason : status_name(f->status);
                return NULL;
            }
            return &f->tables[t];
        }
    }
    *why = "not measured";
    return NULL;
}

static struct value env_limit(void *data, const char *name)
{
    struct engine *g = data;
    const struct playbook *p = g->options.playbook;
    for (size_t i = 0; i < p->limit_count; i++)
        if (strcmp(p->limits[i].name, name) == 0)
            return value_number(p->limits[i].type, p->limits[i].number);
    return value_unknown(TYPE_COUNT, "no such limit");
}

static struct answer *find_answer(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->answer_count; i++)
        if (strcmp(c->answers[i].id, id) == 0)
            return &c->answers[i];
    return NULL;
}

static struct value env_answer(void *data, const char *name)
{
    struct engine *g = data;
    struct answer *a = find_answer(g->c, name);
    return a ? a->value : value_unknown(TYPE_TEXT, "not asked");
}

static const struct step_record *record_of(const struct case_file *c, const char *id)
{
    for (size_t i = 0; i < c->step_count; i++)
        if (strcmp(c->steps[i].id, id) == 0)
            return &c->steps[i];
    return NULL;
}

static struct value env_fired(void *data, const char *id)
{
    struct engine *g = data;
    const struct check *check = case_check(g->c, id);
    if (!check)
        return value_unknown(TYPE_BOOL, "no such check");
    switch (check->result) {
    case CHECK_FIRED:
        return value_bool(true);
    case CHECK_CLEAR:
        return value_bool(false);
    case CHECK_UNCHECKED:
        return value_unknown(TYPE_BOOL, check->why);
    case CHECK_NOT_RUN:
        break;
    }
    /* a branch that the runbook did not take does not apply, which is an answer */
    const struct step_record *record = record_of(g->c, check->step);
    if (record && record->state == STEP_PASSED)
        return value_bool(false);
    return value_unknown(TYPE_BOOL, check->why ? check->why : "not run yet");
}

static void begin_records(struct case_file *c, const struct playbook *p)
{
    c->steps = arena_alloc(&c->arena, p->step_count * sizeof *c->steps);
    c->step_count = p->step_count;
    size_t rules = 0;
    for (size_t i = 0; i < p->step_count; i++) {
        const struct step *s = &p->steps[i];
        struct step_record *r = &c->steps[i];
        *r = (struct step_record){
            .id = s->id, .title = s->title, .why = s->why, .classic = s->classic, .blind = s->blind,
            .probes = arena_alloc(&c->arena, s->probe_count * sizeof *r->probes), .probe_count = s->probe_count,
        };
        for (size_t k = 0; k < s->probe_count; k++)
            r->probes[k] = s->probes[k]->name;
        rules += s->rule_count;
    }
    c->checks = arena_alloc(&c->arena, rules * sizeof *c->checks);
    for (size_t i = 0; i < p->step_count; i++)
        for (size_t k = 0; k < p->steps[i].rule_count; k++) {
            const struct rule *rule = &p->steps[i].rules[k];
            c->checks[c->check_count++] = (struct check){
                .id = rule->id, .step = p->steps[i].id, .severity = rule->severity, .result = CHECK_NOT_RUN,
                .optional = rule->optional, .formula = rule->formula, .threshold_why = rule->why, .source = rule->source,
            };
        }
}

static void add_answer(struct engine *g, const struct step *step, const struct question *q, struct value v, bool defaulted)
{
    struct case_file *c = g->c;
    AUTO_STR struct str shown = {0};
    if (q->type == QUESTION_CHOICE) {
        for (size_t i = 0; i < q->choice_count; i++)
            if (v.known && strcmp(q->choices[i].id, v.text) == 0)
                str_add(&shown, q->choices[i].text);
    } else if (q->type == QUESTION_YESNO) {
        str_add(&shown, v.truth ? "yes" : "no");
    } else {
        value_format(&v, q->type == QUESTION_PROCESS, &shown);
    }
    struct answer *a = find_answer(c, q->id);
    if (!a) {
        struct answer *grown = arena_alloc(&c->arena, (c->answer_count + 1) * sizeof *grown);
        if (c->answer_count)
            memcpy(grown, c->answers, c->answer_count * sizeof *grown);
        c->answers = grown;
        a = &c->answers[c->answer_count++];
    }
    if (v.known && v.type == TYPE_TEXT)
        v.text = arena_strdup(&c->arena, v.text);
    *a = (struct answer){.id = q->id, .step = step->id, .ask = q->ask, .value = v,
                         .shown = arena_strdup(&c->arena, str_text(&shown)), .defaulted = defaulted};
    if (q->type == QUESTION_PROCESS && v.known)
        g->input.pid = (long)v.number;
}

/* A process question whose default is 0 means the largest consumer that could be measured, so that the audit looks closer at it. */
static struct value default_answer(struct engine *g, const struct question *q)
{
    if (q->type != QUESTION_PROCESS || q->fallback.number != 0)
        return q->fallback;
    if (g->options.pid)
        return value_number(TYPE_COUNT, (double)g->options.pid);
    struct facts *f = case_facts(g->c, "processes");
    struct table *t = f ? facts_table(f, "process") : NULL;
    if (!t)
        return q->fallback;
    int pid = table_decl_column(t->decl, "pid"), pss = table_decl_column(t->decl, "pss");
    double largest = 0, found = 0;
    for (size_t r = 0; r < t->rows; r++) {
        struct value size = cell_get(t, r, (unsigned)pss), id = cell_get(t, r, (unsigned)pid);
        if (size.known && id.known && size.number > largest && (long)id.number != (long)getpid()) {
            largest = size.number;
            found = id.number;
        }
    }
    return value_number(TYPE_COUNT, found);
}

static const struct answer *given_answer(const struct engine *g, const struct question *q)
{
    for (size_t i = 0; i < g->options.given_count; i++)
        if (strcmp(g->options.given[i].id, q->id) == 0)
            return &g->options.given[i];
    return NULL;
}

/* A branch that cannot be decided is walked; a question that cannot be decided is not asked. */
static bool applies(struct engine *g, const struct expr *when, bool if_unknown)
{
    if (!when)
        return true;
    struct value v = expr_eval(when, &g->env, NULL);
    return v.known ? v.truth : if_unknown;
}

/* An answer that depended on a changed one is asked again: going back forgets this one and all after it. */
static void forget_answers(struct engine *g, const struct step *from, size_t question)
{
    const struct playbook *p = g->options.playbook;
    for (const struct step *s = from; s < p->steps + p->step_count; s++)
        for (size_t i = s == from ? question : 0; i < s->question_count; i++) {
            struct answer *a = find_answer(g->c, s->questions[i].id);
            if (a)
                memmove(a, a + 1, (size_t)(g->c->answers + g->c->answer_count-- - (a + 1)) * sizeof *a);
        }
}

static enum move ask_questions(struct engine *g, const struct step *step, const struct front *front)
{
    for (size_t i = 0; i < step->question_count;) {
        const struct question *q = &step->questions[i];
        if (!applies(g, q->when, false)) {
            i++;
            continue;
        }
        struct value v = default_answer(g, q);
        const struct answer *given = given_answer(g, q);
        bool suspect_named = q->type == QUESTION_PROCESS && g->options.pid;
        if (given || suspect_named || g->defaults || !front->ask) {
            add_answer(g, step, q, given ? given->value : v, !given && !suspect_named);
            i++;
            continue;
        }
        struct value fallback = v;
        enum move move = front->ask(front->data, g, q, &v);
        switch (move) {
        case MOVE_DEFAULTS:
            g->defaults = true;
            add_answer(g, step, q, fallback, true);
            i++;
            break;
        case MOVE_BACK: {
            size_t back = i;
            while (back > 0 && !applies(g, step->questions[back - 1].when, false))
                back--;
            if (back == 0)
                return MOVE_BACK;
            forget_answers(g, step, back - 1);
            i = back - 1;
            break;
        }
        case MOVE_NEXT:
            add_answer(g, step, q, v, false);
            i++;
            break;
        default:
            return move;
        }
    }
    return MOVE_NEXT;
}

static bool is_windowed(const struct step *step)
{
    for (size_t i = 0; i < step->probe_count; i++)
        if (step->probes[i]->sample)
            return true;
    return false;
}

static enum move wait_for_window(struct engine *g, const struct front *front)
{
    if (sampler_remaining(g->sampler) <= 0)
        return MOVE_NEXT;
    if (front->wait)
        return front->wait(front->data, g, g->sampler);
    while (sampler_remaining(g->sampler) > 0)
        if (sampler_wait(g->sampler, -1, -1) == WAKE_SIGNAL)
            sampler_cut(g->sampler);
    return MOVE_NEXT;
}

/* Which rows to show, as indexes into what the case keeps. */
static void choose_rows(struct engine *g, const struct show *show, const struct probe *probe, struct shown *out)
{
    struct case_file *c = g->c;
    struct facts *f = case_facts(c, probe->name);
    struct table *t = f ? facts_table(f, show->table->name) : NULL;
    *out = (struct shown){.probe = probe->name, .table = show->table->name, .title = show->title,
                          .columns = show->columns, .column_count = show->column_count};
    if (!t || !t->rows)
        return;
    size_t *order = arena_alloc(&c->arena, t->rows * sizeof *order), count = 0;
    for (size_t r = 0; r < t->rows; r++) {
        struct scope scope = {t, r, NULL};
        struct value v = show->where ? expr_eval(show->where, &g->env, &scope) : value_bool(true);
        if (v.known && v.truth)
            order[count++] = r;
    }
    int column = show->sort ? table_decl_column(t->decl, show->sort) : -1;
    if (column >= 0)
        table_order(t, (unsigned)column, show->descending, order, count);
    out->row = order;
    out->row_count = count < show->rows ? count : show->rows;
    out->more = count - out->row_count + (show->where ? 0 : t->omitted);
}

static struct step_record *record_shows(struct engine *g, const struct step *step)
{
    struct case_file *c = g->c;
    struct step_record *record = &c->steps[step - g->options.playbook->steps];
    record->shows = arena_alloc(&c->arena, step->show_count * sizeof *record->shows);
    record->show_count = step->show_count;
    for (size_t i = 0; i < step->show_count; i++)
        for (size_t p = 0; p < step->probe_count; p++)
            for (unsigned t = 0; t < step->probes[p]->table_count; t++)
                if (&step->probes[p]->tables[t] == step->shows[i].table)
                    choose_rows(g, &step->shows[i], step->probes[p], &record->shows[i]);
    return record;
}

/* Rules judge every row; of these the case keeps the leading ones. */
static void judge_and_keep(struct engine *g, const struct step *step)
{
    judge_step(g, step);
    for (size_t i = 0; i < step->probe_count; i++)
        facts_trim(case_facts(g->c, step->probes[i]->name));
    record_shows(g, step)->state = STEP_DONE;
    judge_whole(g);
}

static size_t following(struct engine *g, size_t index)
{
    const struct playbook *p = g->options.playbook;
    const struct step *step = &p->steps[index];
    for (size_t i = 0; i < step->next_count; i++) {
        struct value v = step->nexts[i].when ? expr_eval(step->nexts[i].when, &g->env, NULL) : value_bool(true);
        if (!v.known || !v.truth)
            continue;
        if (strcmp(step->nexts[i].step, "end") == 0)
            return p->step_count;
        const struct step *next = playbook_step(p, step->nexts[i].step);
        return next ? (size_t)(next - p->steps) : p->step_count;
    }
    return index + 1;
}

static bool save(struct engine *g, const struct front *front, struct err *e)
{
    struct case_file *c = g->c;
    c->duration_s = g->spent_before + clock_now() - g->started;
    c->window_s = sampler_elapsed(g->sampler);
    judge_whole(g);
    if (c->path && !case_save(c, e))
        return false;
    if (front->saved)
        front->saved(front->data, g);
    return true;
}

static size_t step_back(struct engine *g, size_t index)
{
    const struct playbook *p = g->options.playbook;
    while (index > 0) {
        index--;
        if (g->c->steps[index].state != STEP_PASSED)
            break;
        g->c->steps[index].state = STEP_PENDING;
    }
    for (size_t i = index; i < p->step_count; i++) {
        g->c->steps[i].state = STEP_PENDING;
        judge_forget(g, &p->steps[i], NULL);
    }
    forget_answers(g, &p->steps[index], 0);
    return index;
}

/* One step: measures, shows, asks, judges. Questions come after the tables, so that the operator answers what they show. */
static enum move do_step(struct engine *g, size_t index, const struct front *front)
{
    const struct step *step = &g->options.playbook->steps[index];
    enum move move = front->step_begins ? front->step_begins(front->data, g, step, index) : MOVE_NEXT;
    if (move != MOVE_NEXT)
        return move;
    do {
        if (is_windowed(step) && (move = wait_for_window(g, front)) != MOVE_NEXT)
            return move;
        for (size_t i = 0; i < step->probe_count; i++)
            case_put_facts(g->c, sampler_collect(g->sampler, step->probes[i]));
        if (front->measured)
            front->measured(front->data, g, step, record_shows(g, step));
        if ((move = ask_questions(g, step, front)) != MOVE_NEXT)
            return move;
        judge_and_keep(g, step);
        if (front->judged)
            front->judged(front->data, g, step);
        move = front->step_ends ? front->step_ends(front->data, g, step) : MOVE_NEXT;
    } while (move == MOVE_AGAIN);
    return move;
}

static size_t first_pending(const struct case_file *c)
{
    size_t i = 0;
    while (i < c->step_count && c->steps[i].state != STEP_PENDING)
        i++;
    return i;
}

bool engine_run(struct engine *g, const struct front *front, struct err *e)
{
    const struct playbook *p = g->options.playbook;
    struct case_file *c = g->c;
    e->text[0] = '\0';
    size_t index = first_pending(c);
    while (index < p->step_count) {
        const struct step *step = &p->steps[index];
        if (!applies(g, step->when, true)) {
            c->steps[index].state = STEP_PASSED;
            judge_forget(g, step, NULL);
            index++;
            continue;
        }
        switch (do_step(g, index, front)) {
        case MOVE_QUIT:
            save(g, front, e);
            return false;
        case MOVE_BACK:
            index = step_back(g, index);
            continue;
        case MOVE_SKIP:
            c->steps[index].state = STEP_SKIPPED;
            judge_forget(g, step, "the operator skipped this step");
            break;
        default:
            break;
        }
        size_t next = following(g, index);
        for (size_t i = index + 1; i < next; i++)
            if (c->steps[i].state == STEP_PENDING)
                c->steps[i].state = STEP_PASSED;
        index = next;
        c->complete = index >= p->step_count;
        if (!save(g, front, e))
            return false;
    }
    c->complete = true;
    return save(g, front, e);
}

static size_t windowed_probes(const struct playbook *p, const struct probe **out)
{
    size_t n = 0;
    for (size_t i = 0; probes[i]; i++)
        for (size_t s = 0; s < p->step_count; s++)
            for (size_t k = 0; k < p->steps[s].probe_count; k++)
                if (p->steps[s].probes[k] == probes[i] && probes[i]->sample && (n == 0 || out[n - 1] != probes[i]))
                    out[n++] = probes[i];
    return n;
}

/* The suspect of a case that is gone on with. */
static void restore_suspect(struct engine *g)
{
    const struct playbook *p = g->options.playbook;
    for (size_t s = 0; s < p->step_count; s++)
        for (size_t i = 0; i < p->steps[s].question_count; i++) {
            const struct question *q = &p->steps[s].questions[i];
            const struct answer *a = q->type == QUESTION_PROCESS ? find_answer(g->c, q->id) : NULL;
            if (a && a->value.known && a->value.type == TYPE_COUNT)
                g->input.pid = (long)a->value.number;
        }
}

static const char *clean_name(struct arena *a, const char *raw)
{
    char clean[256];
    size_t length = text_clean(clean, sizeof clean, raw, strlen(raw));
    return arena_strndup(a, clean, length);
}

bool engine_fits(const struct playbook *p, const struct case_file *c)
{
    if (c->step_count != p->step_count)
        return false;
    size_t rules = 0;
    for (size_t i = 0; i < p->step_count; i++) {
        if (strcmp(p->steps[i].id, c->steps[i].id) != 0)
            return false;
        for (size_t k = 0; k < p->steps[i].rule_count; k++, rules++)
            if (!case_check(c, p->steps[i].rules[k].id))
                return false;
    }
    return rules == c->check_count;
}

struct engine *engine_new(const struct engine_options *o, struct case_file *c)
{
    struct engine *g = mem_alloc(sizeof *g);
    g->options = *o;
    g->c = c;
    g->env = (struct env){.data = g, .table = env_table, .limit = env_limit, .answer = env_answer, .fired = env_fired};
    double window = o->window_s >= 0 ? o->window_s : o->playbook->window_s;
    g->input = (struct probe_input){.root = o->root, .pid = o->pid, .window_s = window};
    g->worded = mem_array(o->playbook->recommendation_count, sizeof *g->worded);
    g->started = clock_now();
    g->spent_before = c->duration_s;
    c->playbook = arena_strdup(&c->arena, o->playbook->name);
    c->playbook_title = arena_strdup(&c->arena, o->playbook->title);
    c->root = arena_strdup(&c->arena, o->root->path);
    c->version = FRAGWIZARD_VERSION;
    if (o->case_id)
        c->case_id = arena_strdup(&c->arena, o->case_id);
    if (!c->started)
        c->started = clock_wall();
    if (!c->step_count)
        begin_records(c, o->playbook);
    else /* a case gone on with words what it had recommended as it was worded then */
        for (size_t i = 0; i < c->recommendation_count; i++)
            for (size_t k = 0; k < o->playbook->recommendation_count; k++)
                if (strcmp(c->recommendations[i].id, o->playbook->recommendations[k].id) == 0)
                    g->worded[k] = &c->recommendations[i];
    char host[256];
    if (!c->host)
        c->host = root_sysctl(o->root, "kernel.hostname", host, sizeof host, &(enum status){0}, NULL)
                      ? clean_name(&c->arena, host)
                      : "unknown host";
    restore_suspect(g);
    const struct probe **windowed = mem_array(64, sizeof *windowed);
    size_t count = windowed_probes(o->playbook, windowed);
    g->sampler = sampler_start(windowed, count, &g->input, window);
    free(windowed);
    return g;
}

void engine_free(struct engine *g)
{
    if (!g)
        return;
    sampler_free(g->sampler);
    free(g->worded);
    free(g);
}

struct case_file *engine_case(struct engine *g)
{
    return g->c;
}

const struct playbook *engine_playbook(struct engine *g)
{
    return g->options.playbook;
}

const struct env *engine_env(struct engine *g)
{
    return &g->env;
}

struct sampler *engine_sampler(struct engine *g)
{
    return g->sampler;
}

void engine_note(struct engine *g, const char *step, const char *text)
{
    struct case_file *c = g->c;
    struct note *grown = arena_alloc(&c->arena, (c->note_count + 1) * sizeof *grown);
    if (c->note_count)
        memcpy(grown, c->notes, c->note_count * sizeof *grown);
    c->notes = grown;
    c->notes[c->note_count++] =
        (struct note){.step = arena_strdup(&c->arena, step), .wall = clock_wall(), .text = arena_strdup(&c->arena, text)};
}

int case_exit_status(const struct case_file *c)
{
    if (strcmp(c->status, "ok") == 0)
        return 0;
    if (strcmp(c->status, "warning") == 0)
        return 1;
    return strcmp(c->status, "critical") == 0 ? 2 : 3;
}
