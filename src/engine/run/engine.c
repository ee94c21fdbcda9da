/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop over the steps: branch, ask, measure, judge, save. */
#include "engine/run/engine.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/version.h"
#include "base/wait.h"
#include "engine/run/engine_state.h"
#include "engine/run/experiment.h"
#include "engine/run/capture_time.h"

void *case_room(struct case_file *c, void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    *room = count ? 2 * count : 8;
    void *grown = arena_alloc(&c->arena, *room * size);
    if (count)
        memcpy(grown, list, count * size);
    return grown;
}

struct value case_value(struct case_file *c, struct value v)
{
    if (v.known && v.type == TYPE_TEXT)
        v.text = arena_strdup(&c->arena, v.text);
    if (!v.known && v.why)
        v.why = arena_strdup(&c->arena, v.why);
    return v;
}

static struct check new_check(const struct step *step, const struct rule *rule)
{
    return (struct check){
        .id = rule->id,
        .step = step->id,
        .severity = rule->severity,
        .result = CHECK_NOT_RUN,
        .optional = rule->optional,
        .formula = rule->formula,
        .threshold_why = rule->why,
        .source = rule->source,
    };
}

/* One for each rule: the first `kept` are those of the steps before `from`. */
static void make_checks(struct case_file *c, const struct playbook *p, size_t from, size_t kept)
{
    size_t rules = 0;
    for (size_t i = 0; i < p->step_count; i++)
        rules += p->steps[i].rule_count;
    struct check *checks = arena_alloc(&c->arena, rules * sizeof *checks);
    if (kept)
        memcpy(checks, c->checks, kept * sizeof *checks);
    c->checks = checks;
    c->check_count = kept;
    for (size_t i = from; i < p->step_count; i++)
        for (size_t k = 0; k < p->steps[i].rule_count; k++)
            checks[c->check_count++] = new_check(&p->steps[i], &p->steps[i].rules[k]);
}

static void begin_records(struct case_file *c, const struct playbook *p)
{
    c->steps = arena_alloc(&c->arena, p->step_count * sizeof *c->steps);
    c->step_count = p->step_count;
    for (size_t i = 0; i < p->step_count; i++) {
        const struct step *s = &p->steps[i];
        struct step_record *r = &c->steps[i];
        *r = (struct step_record){
            .id = s->id,
            .title = s->title,
            .why = s->why,
            .classic = s->classic,
            .blind = s->blind,
            .probes = arena_alloc(&c->arena, s->probe_count * sizeof *r->probes),
            .probe_count = s->probe_count,
        };
        for (size_t k = 0; k < s->probe_count; k++)
            r->probes[k] = s->probes[k]->name;
    }
    make_checks(c, p, 0, 0);
}

/* A branch that cannot be decided is walked. */
static bool is_walked(struct engine *g, const struct step *step)
{
    if (!step->when)
        return true;
    struct value v = expr_eval(step->when, &g->env, NULL);
    return !v.known || v.truth;
}

static bool is_windowed(const struct step *step)
{
    for (size_t i = 0; i < step->probe_count; i++)
        if (step->probes[i]->sample)
            return true;
    return false;
}

enum move engine_wait(struct engine *g, const struct ui *ui)
{
    if (sampler_remaining(g->sampler) <= 0)
        return MOVE_NEXT;
    if (ui->wait)
        return ui->wait(ui->data, g, g->sampler);
    while (sampler_remaining(g->sampler) > 0)
        if (wait_for(-1, sampler_due(g->sampler)) == WAKE_SIGNAL)
            sampler_cut(g->sampler);
        else
            sampler_tick(g->sampler);
    return MOVE_NEXT;
}

static const struct probe *probe_of(const struct table_decl *table)
{
    for (size_t i = 0; probes[i]; i++)
        for (unsigned t = 0; t < probes[i]->table_count; t++)
            if (&probes[i]->tables[t] == table)
                return probes[i];
    return NULL;
}

/* Which rows to show, as indexes into what the case keeps. */
static void choose_rows(struct engine *g, const struct show *show, struct shown *out)
{
    struct case_file *c = g->c;
    const struct probe *probe = probe_of(show->table);
    const struct table *t = case_table(c, show->table);
    *out = (struct shown){.probe = probe->name,
                          .table = show->table->name,
                          .title = show->title,
                          .columns = show->columns,
                          .column_count = show->column_count};
    if (!t || !t->rows)
        return;
    AUTO_FREE size_t *order = mem_array(t->rows, sizeof *order);
    size_t count = 0;
    for (size_t r = 0; r < t->rows; r++) {
        struct scope scope = {t, r, NULL};
        if (engine_holds(g, show->where, &scope))
            order[count++] = r;
    }
    int column = show->sort ? table_decl_column(t->decl, show->sort) : -1;
    if (column >= 0)
        table_order(t, (unsigned)column, show->descending, order, count);
    out->row_count = count < show->rows ? count : show->rows;
    out->row = arena_alloc(&c->arena, out->row_count * sizeof *out->row);
    memcpy(out->row, order, out->row_count * sizeof *out->row);
    out->more = count - out->row_count + (show->where ? 0 : t->omitted);
}

static struct step_record *record_shows(struct engine *g, const struct step *step)
{
    struct case_file *c = g->c;
    struct step_record *record = &c->steps[step - g->options.playbook->steps];
    if (record->show_count != step->show_count)
        record->shows = arena_alloc(&c->arena, step->show_count * sizeof *record->shows);
    record->show_count = step->show_count;
    for (size_t i = 0; i < step->show_count; i++)
        choose_rows(g, &step->shows[i], &record->shows[i]);
    return record;
}

static bool shows_any(const struct step *step, const struct step *measured)
{
    for (size_t i = 0; i < step->show_count; i++)
        for (size_t k = 0; k < measured->probe_count; k++)
            if (probe_of(step->shows[i].table) == measured->probes[k])
                return true;
    return false;
}

/* The case keeps the leading rows of what was measured, and what steps showed of it are numbers of these. */
static void keep_leading(struct engine *g, const struct step *step)
{
    const struct playbook *p = g->options.playbook;
    for (size_t i = 0; i < step->probe_count; i++)
        facts_trim(case_facts(g->c, step->probes[i]->name));
    for (size_t i = 0; i < p->step_count; i++)
        if (&p->steps[i] == step || (g->c->steps[i].show_count && shows_any(&p->steps[i], step)))
            record_shows(g, &p->steps[i]);
}

/* The first from there on that applies; the number of steps if none does. */
static size_t first_walked(struct engine *g, size_t index)
{
    const struct playbook *p = g->options.playbook;
    while (index < p->step_count && !is_walked(g, &p->steps[index]))
        index++;
    return index;
}

static size_t following(struct engine *g)
{
    const struct playbook *p = g->options.playbook;
    const struct step *step = &p->steps[g->index];
    for (size_t i = 0; i < step->next_count; i++) {
        if (!engine_holds(g, step->nexts[i].when, NULL))
            continue;
        const struct step *next = playbook_step(p, step->nexts[i].step); /* none: "end" */
        return next ? first_walked(g, (size_t)(next - p->steps)) : p->step_count;
    }
    return first_walked(g, g->index + 1);
}

const struct step *engine_step(const struct engine *g)
{
    size_t i = g->index;
    if (i == g->c->step_count)
        while (i > 0 && g->c->steps[--i].state == STEP_PASSED)
            ;
    return &g->options.playbook->steps[i];
}

const struct step *engine_next(struct engine *g)
{
    const struct playbook *p = g->options.playbook;
    size_t next = following(g);
    return next < p->step_count ? &p->steps[next] : NULL;
}

bool engine_has_before(struct engine *g)
{
    for (size_t i = 0; i < g->index; i++)
        if (g->c->steps[i].state != STEP_PASSED)
            return true;
    return ask_asked(g, engine_step(g));
}

bool engine_is_observed(const struct engine *g)
{
    return is_windowed(engine_step(g)) && sampler_remaining(g->sampler) <= 0;
}

bool engine_takes_defaults(const struct engine *g)
{
    return g->defaults;
}

static void pass_to(struct engine *g, size_t from, size_t to, const struct ui *ui)
{
    for (; from < to; from++) {
        const struct step *step = &g->options.playbook->steps[from];
        g->c->steps[from].state = STEP_PASSED;
        judge_forget(g, step, NULL);
        if (ui->passed)
            ui->passed(ui->data, g, step);
    }
    g->index = to;
}

bool engine_save(struct engine *g, struct err *e)
{
    g->c->duration_s = g->spent_before + clock_now() - g->started;
    judge_whole(g);
    return !g->c->path || case_save(g->c, e);
}

/* As if that step and all after it had not been. */
static void undo_from(struct engine *g, size_t index)
{
    const struct playbook *p = g->options.playbook;
    for (size_t i = index; i < p->step_count; i++) {
        g->c->steps[i].state = STEP_PENDING;
        g->c->steps[i].show_count = 0;
        judge_forget(g, &p->steps[i], NULL);
    }
    ask_forget(g, &p->steps[index], 0);
    experiments_forget(g, &p->steps[index]);
}

static void step_back(struct engine *g)
{
    while (g->index > 0 && g->c->steps[--g->index].state == STEP_PASSED)
        ;
    undo_from(g, g->index);
}

void engine_measure(struct engine *g, const struct step *step, const struct ui *ui, bool windowed_only)
{
    for (size_t i = 0; i < step->probe_count; i++)
        if (!windowed_only || step->probes[i]->sample)
            case_put_facts(g->c, sampler_collect(g->sampler, step->probes[i]));
    /* what the facts stand for: ticks go on after it, and a later sitting observes anew */
    if (is_windowed(step))
        g->c->window_s = sampler_observed(g->sampler);
    if (ui->measured)
        ui->measured(ui->data, g, step, record_shows(g, step));
}

void engine_judge(struct engine *g, const struct step *step, const struct ui *ui)
{
    judge_step(g, step);
    if (ui->judged)
        ui->judged(ui->data, g, step);
}

enum move engine_note_defaults(struct engine *g, enum move move)
{
    g->defaults = g->defaults || move == MOVE_DEFAULTS;
    return move == MOVE_DEFAULTS ? MOVE_NEXT : move;
}

/* Questions come after the tables, so that the operator answers what they show; experiments after the rules, so that only
 * what these leave open is tried out. All judge every row, so they come before all but the leading ones are dropped. */
static enum move walk_step(struct engine *g, const struct step *step, const struct ui *ui)
{
    struct step_record *record = &g->c->steps[step - g->options.playbook->steps];
    enum move move = is_windowed(step) ? engine_note_defaults(g, engine_wait(g, ui)) : MOVE_NEXT;
    if (move != MOVE_NEXT)
        return move;
    experiments_forget(g, step);
    engine_measure(g, step, ui, false);
    move = ask_questions(g, step, ui);
    while (move == MOVE_NEXT) {
        engine_judge(g, step, ui);
        move = experiments_make(g, step, ui);
        if (move != MOVE_BACK)
            break;
        move = ask_last_again(g, step, ui);
    }
    keep_leading(g, step);
    if (move == MOVE_NEXT || (move == MOVE_QUIT && experiments_made(g->c, step)))
        record->state = STEP_DONE;
    if (move != MOVE_NEXT)
        return move;
    return ui->step_ends ? engine_note_defaults(g, ui->step_ends(ui->data, g, step)) : MOVE_NEXT;
}

static enum move do_step(struct engine *g, const struct ui *ui)
{
    const struct step *step = engine_step(g);
    enum move move = ui->step_begins ? engine_note_defaults(g, ui->step_begins(ui->data, g, step)) : MOVE_NEXT;
    if (move != MOVE_NEXT)
        return move;
    do
        move = walk_step(g, step, ui);
    while (move == MOVE_AGAIN);
    return move;
}

bool engine_run(struct engine *g, const struct ui *ui, struct err *e)
{
    struct case_file *c = g->c;
    const size_t end = g->options.playbook->step_count;
    e->text[0] = '\0';
    for (;;) {
        pass_to(g, g->index, first_walked(g, g->index), ui);
        c->complete = g->index == end;
        if (c->complete) {
            if (!engine_save(g, e))
                return false;
            if (!ui->all_done || ui->all_done(ui->data, g) != MOVE_BACK)
                return true;
            step_back(g);
            continue;
        }
        switch (do_step(g, ui)) {
        case MOVE_QUIT:
            engine_save(g, e);
            return false;
        case MOVE_BACK:
            step_back(g);
            continue;
        case MOVE_SKIP:
            c->steps[g->index].state = STEP_SKIPPED;
            experiments_forget(g, engine_step(g));
            judge_forget(g, engine_step(g), "the operator skipped this step");
            break;
        default:
            break;
        }
        pass_to(g, g->index + 1, following(g), ui);
        if (g->index < end && !engine_save(g, e))
            return false;
    }
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

/* What is not written by the playbook is cleaned: the machine's name, and words of the command line. */
static const char *clean_text(struct arena *a, const char *raw)
{
    size_t length = strlen(raw), size = 3 * length + 1;
    AUTO_FREE char *clean = mem_alloc(size);
    return arena_strndup(a, clean, text_clean(clean, size, raw, length));
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The same steps in the same order. What is loaded can be anything, so it lacks nothing either. */
bool engine_fits(const struct playbook *p, const struct case_file *c)
{
    if (c->step_count != p->step_count)
        return false;
    for (size_t i = 0; i < p->step_count; i++)
        if (!same_text(p->steps[i].id, c->steps[i].id))
            return false;
    for (size_t i = 0; i < c->finding_count; i++)
        if (!c->findings[i].step)
            return false;
    for (size_t i = 0; i < c->answer_count; i++)
        if (!c->answers[i].step)
            return false;
    for (size_t i = 0; i < c->experiment_count; i++)
        if (!c->experiments[i].step)
            return false;
    return true;
}

/* Whether the case's checks from *at on are the step's, by the same formulas; then *at is behind them. */
static bool has_checks(const struct case_file *c, const struct step *step, size_t *at)
{
    size_t from = *at;
    for (size_t k = 0; k < step->rule_count; k++, from++)
        if (from >= c->check_count || !same_text(c->checks[from].id, step->rules[k].id) ||
            !same_text(c->checks[from].step, step->id) || !same_text(c->checks[from].formula, step->rules[k].formula))
            return false;
    if (from < c->check_count && same_text(c->checks[from].step, step->id))
        return false; /* one that the step has no more */
    *at = from;
    return true;
}

/* A case that was made when the playbook had other rules keeps the steps before the first that differs; those after it can depend
 * on it. */
static void begin_again(struct engine *g)
{
    const struct playbook *p = g->options.playbook;
    struct case_file *c = g->c;
    size_t same = 0, kept = 0;
    while (same < p->step_count && has_checks(c, &p->steps[same], &kept))
        same++;
    if (same == p->step_count && kept == c->check_count)
        return;
    make_checks(c, p, same, kept);
    if (same == p->step_count)
        return;
    if (c->steps[same].state != STEP_PENDING)
        g->redone = &p->steps[same];
    undo_from(g, same);
}

const struct step *engine_redone(struct engine *g)
{
    return g->redone;
}

/* A resumed case keeps its recommendations as they were rendered. */
static void restore_rendered(struct engine *g)
{
    const struct playbook *p = g->options.playbook;
    for (size_t i = 0; i < g->c->recommendation_count; i++)
        for (size_t k = 0; k < p->recommendation_count; k++)
            if (strcmp(g->c->recommendations[i].id, p->recommendations[k].id) == 0)
                g->rendered[k] = &g->c->recommendations[i];
}

static void keep_limits(struct case_file *c, const struct playbook *p)
{
    c->limits = arena_alloc(&c->arena, p->limit_count * sizeof *c->limits);
    for (size_t i = 0; i < p->limit_count; i++) {
        const struct limit *l = &p->limits[i];
        if (l->origin)
            c->limits[c->limit_count++] =
                (struct changed_limit){arena_strdup(&c->arena, l->name), value_number(l->type, l->number),
                                       value_number(l->type, l->own), clean_text(&c->arena, l->origin)};
    }
}

static void begin_case(struct engine *g)
{
    const struct engine_options *o = &g->options;
    struct case_file *c = g->c;
    struct arena *a = &c->arena;
    c->playbook = arena_strdup(a, o->playbook->name);
    c->playbook_title = arena_strdup(a, o->playbook->title);
    c->root = clean_text(a, o->root->path);
    c->version = fragwizard_version;
    if (o->case_id)
        c->case_id = clean_text(a, o->case_id);
    if (o->command_lines)
        c->command_lines = o->root->live ? "whole" : "as captured";
    else if (!c->step_count)
        c->command_lines = "shortened";
    g->input.command_lines = c->command_lines && strcmp(c->command_lines, "shortened") != 0;
    if (!c->started)
        c->started = capture_time(o->root);
    if (!c->started)
        c->started = clock_wall();
    char host[256];
    if (!c->host)
        c->host = capture_host(o->root, host, sizeof host) ? clean_text(a, host) : "unknown host";
    if (!c->step_count) {
        keep_limits(c, o->playbook);
        begin_records(c, o->playbook);
    }
    restore_rendered(g);
    begin_again(g);
}

static struct sampler *begin_window(struct engine *g)
{
    size_t count = 0;
    while (probes[count])
        count++;
    AUTO_FREE const struct probe **windowed = mem_array(count, sizeof *windowed);
    count = windowed_probes(g->options.playbook, windowed);
    return sampler_start(windowed, count, &g->input, g->input.window_s);
}

static size_t first_pending(const struct case_file *c)
{
    size_t i = 0;
    while (i < c->step_count && c->steps[i].state != STEP_PENDING)
        i++;
    return i;
}

struct engine *engine_new(const struct engine_options *o, struct case_file *c)
{
    struct engine *g = mem_alloc(sizeof *g);
    g->options = *o;
    g->c = c;
    g->env = engine_names(g);
    double window = o->window_s >= 0 ? o->window_s : o->playbook->window_s;
    g->input = (struct probe_input){.root = o->root, .window_s = window};
    g->rendered = mem_array(o->playbook->recommendation_count, sizeof *g->rendered);
    g->started = clock_now();
    g->spent_before = c->duration_s;
    begin_case(g);
    g->index = first_pending(c);
    ask_suspect(g);
    g->sampler = begin_window(g);
    return g;
}

void engine_free(struct engine *g)
{
    if (!g)
        return;
    sampler_free(g->sampler);
    free(g->rendered);
    free(g);
}

struct case_file *engine_case(struct engine *g)
{
    return g->c;
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
    c->notes = case_room(c, c->notes, c->note_count, &g->notes_room, sizeof *c->notes);
    c->notes[c->note_count++] = (struct note){
        .step = arena_strdup(&c->arena, step), .wall = clock_wall(), .text = arena_strdup(&c->arena, text)};
}
