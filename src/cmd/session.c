/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guided session: each step says what it does, shows what it found, asks what a machine cannot know, and waits. */
#include "cmd/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"
#include "base/str.h"
#include "base/text.h"
#include "cmd/answers.h"
#include "cmd/questions.h"
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
    "\n"
    "At any prompt: Enter, back, skip, again, note TEXT, why, show [TABLE], defaults, help, quit.\n"
    "The case is saved after each step; `fragwizard resume CASE` goes on.\n";

static const char keys[] = "Enter      go on, or take the answer in brackets\n"
                           "back       to the question or step before\n"
                           "skip       at a question: pass over this step; after a step: over the next one\n"
                           "again      after a step: measure it again\n"
                           "note TEXT  put a remark into the report\n"
                           "why        what this step checks, by which formula and from which source\n"
                           "show       what was measured; show TABLE prints a table whole\n"
                           "defaults   take the default answers from here on and stop no more\n"
                           "quit       leave; the case is kept and can be gone on with";

enum { PROSE_WIDTH = 100, NOTE_MAX = 4096, ASKED_MAX = 64 };

struct session {
    struct run *run;
    const struct term *term;
    bool skip_next;
    bool hurry;                                        /* defaults for the rest */
    bool left;                                         /* by quit, Ctrl-C or the end of input */
    size_t before;                                     /* index of the step shown last */
    const char *asked[ASKED_MAX], *entered[ASKED_MAX]; /* ids: asked in this step; of these, the default was taken */
    size_t asked_count, entered_count;
};

static const char *const words[] = {"back",     "skip", "again", "note", "why", "show",
                                    "defaults", "help", "quit",  "next", NULL};

static void say_in(const struct term *t, unsigned indent, const char *format, va_list args)
{
    AUTO_FREE char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        mem_exhausted();
    term_print(t, indent, text);
    fflush(stdout);
}

/* Lines longer than some hundred characters are hard to read, however wide the screen. */
static void __attribute__((format(printf, 3, 4))) say(struct session *s, unsigned indent, const char *format, ...)
{
    struct term t = *s->term;
    if (t.width > PROSE_WIDTH)
        t.width = PROSE_WIDTH;
    va_list args;
    va_start(args, format);
    say_in(&t, indent, format, args);
    va_end(args);
}

/* A command or path, never broken, so that it can be copied. */
static void __attribute__((format(printf, 3, 4))) say_whole(struct session *s, unsigned indent, const char *format, ...)
{
    struct term t = *s->term;
    t.width = 1u << 30;
    va_list args;
    va_start(args, format);
    say_in(&t, indent, format, args);
    va_end(args);
}

static void heading(struct session *s, const char *text)
{
    if (s->term->color)
        fputs("\033[1m", stdout);
    say(s, 0, "%s", text);
    if (s->term->color)
        fputs("\033[0m", stdout);
}

static void show_table(struct session *s, const struct shown *shown)
{
    const struct case_file *c = s->run->c;
    struct facts *f = case_facts(c, shown->probe);
    struct table *t = f ? facts_table(f, shown->table) : NULL;
    if (!t || (!t->rows && f->status > STATUS_PARTIAL))
        return; /* told once for the probe */
    const char *title = shown->title ? shown->title : t->decl->help;
    if (!shown->row_count) {
        say(s, 0, "%s: none\n\n", title);
        return;
    }
    AUTO_FREE const char **columns = mem_array(shown->column_count + 1, sizeof *columns);
    for (size_t i = 0; i < shown->column_count; i++)
        columns[i] = shown->columns[i];
    AUTO_FREE char *text =
        term_table(t, shown->column_count ? columns : NULL, shown->row, shown->row_count, s->term, s->term->width);
    say(s, 0, "%s", title);
    fputs(text, stdout);
    if (shown->more)
        say(s, 0, "(%zu more %s; show %s lists what is kept)", shown->more, shown->more == 1 ? "row" : "rows",
            t->decl->name);
    putchar('\n');
}

static enum move leave(struct session *s)
{
    s->left = true;
    return MOVE_QUIT;
}

static enum move say_skipped(struct session *s, const struct step *step)
{
    if (step->rule_count)
        say(s, 0, "Skipped: its %zu check%s not made.", step->rule_count, step->rule_count == 1 ? " is" : "s are");
    else
        say(s, 0, "Skipped.");
    return MOVE_SKIP;
}

static enum move step_begins(void *data, struct engine *g, const struct step *step, size_t index)
{
    struct session *s = data;
    const struct playbook *p = engine_playbook(g);
    if (s->left || sampler_signal())
        return leave(s);
    s->asked_count = s->entered_count = 0;
    putchar('\n');
    for (size_t i = s->before + 1; i < index; i++)
        if (engine_case(g)->steps[i].state == STEP_PASSED)
            say(s, 0, "Step %zu of %zu does not apply here: %s\n\n", i + 1, p->step_count, p->steps[i].title);
    s->before = index;
    AUTO_FREE char *title = mem_printf("Step %zu of %zu: %s", index + 1, p->step_count, step->title);
    heading(s, title);
    if (s->skip_next) {
        s->skip_next = false;
        return say_skipped(s, step);
    }
    if (step->why)
        say(s, 0, "%s", step->why);
    if (step->classic)
        say(s, 0, "Stands for: %s", step->classic);
    if (step->blind)
        say(s, 0, "What that leaves open: %s", step->blind);
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
        return leave(s);
    char seen[64], wanted[64];
    double elapsed = sampler_elapsed(sampler);
    units_format(seen, sizeof seen, elapsed, TYPE_SECONDS);
    units_format(wanted, sizeof wanted, whole, TYPE_SECONDS);
    if (elapsed < whole - 0.5)
        say(s, 0, "Observed for %s instead of %s.\n\n", seen, wanted);
    else
        say(s, 0, "Observed for %s.\n\n", seen);
    return MOVE_NEXT;
}

static void measured(void *data, struct engine *g, const struct step *step, const struct step_record *record)
{
    struct session *s = data;
    for (size_t i = 0; i < step->probe_count; i++) {
        const struct facts *f = case_facts(engine_case(g), step->probes[i]->name);
        if (f && f->status != STATUS_OK)
            say(s, 0, "[?] %s %s: %s\n\n", f->probe->name,
                f->status == STATUS_PARTIAL ? "could be read in part only" : "could not be read",
                f->reason ? f->reason : status_name(f->status));
    }
    for (size_t i = 0; i < record->show_count; i++)
        show_table(s, &record->shows[i]);
}

static void explain_step(struct session *s, const struct step *step)
{
    if (!step->rule_count)
        say(s, 0, "This step checks nothing; it shows.");
    for (size_t i = 0; i < step->rule_count; i++) {
        const struct rule *r = &step->rules[i];
        say(s, 0, "%s %s: %s", term_sign(r->severity), r->id, r->formula ? r->formula : "");
        if (r->why)
            say(s, 4, "%s", r->why);
        if (r->source)
            say(s, 4, "Source: %s", r->source);
    }
}

static void show_facts(struct session *s, const char *name)
{
    const struct case_file *c = s->run->c;
    if (!*name) {
        say(s, 0, "Measured so far (show TABLE prints one):");
        for (size_t i = 0; i < c->facts_count; i++)
            for (unsigned t = 0; t < c->facts[i]->probe->table_count; t++)
                if (c->facts[i]->tables[t].rows)
                    say(s, 2, "%s (%zu row%s): %s", c->facts[i]->probe->tables[t].name, c->facts[i]->tables[t].rows,
                        c->facts[i]->tables[t].rows == 1 ? "" : "s", c->facts[i]->probe->tables[t].help);
        if (!c->facts_count)
            say(s, 2, "nothing yet");
        return;
    }
    for (size_t i = 0; i < c->facts_count; i++) {
        struct table *t = facts_table(c->facts[i], name);
        if (!t)
            continue;
        AUTO_FREE char *text = term_table_whole(t, s->term, s->term->width);
        fputs(text, stdout);
        if (!t->rows)
            say(s, 0, "(no rows%s%s)", c->facts[i]->reason ? ": " : "", c->facts[i]->reason ? c->facts[i]->reason : "");
        if (t->omitted)
            say(s, 0, "(%zu smaller ones are not kept)", t->omitted);
        return;
    }
    say(s, 0, "There is no table of that name so far; show lists what was measured.");
}

static void say_keys(struct session *s)
{
    if (s->term->width >= 80) {
        puts(keys);
        return;
    }
    for (const char *line = keys; *line;) {
        size_t length = strcspn(line, "\n"), word = strcspn(line, " ");
        if (strncmp(line + word, " TEXT", 5) == 0)
            word += 5;
        size_t gap = strspn(line + word, " ");
        say(s, 0, "%.*s: %.*s", (int)word, line, (int)(length - word - gap), line + word + gap);
        line += length + (line[length] == '\n');
    }
}

static void take_note(struct session *s, const struct step *step, const char *text)
{
    char clean[NOTE_MAX];
    if (!*text) {
        say(s, 0, "What is to be noted? note TEXT");
        return;
    }
    /* each broken byte takes three */
    bool cut = text_clean(clean, sizeof clean, text, strlen(text)) + 4 > sizeof clean;
    engine_note(s->run->engine, step->id, clean);
    say(s, 0, cut ? "Noted; the end of so long a remark is left out." : "Noted.");
}

/* What every prompt understands. Returns true if the line was such a word; *move is then MOVE_AGAIN to ask once more.
 * Only note and show take more words, so that "back to normal" stays an answer. */
static bool common_word(struct session *s, const struct step *step, const char *help, const char *line, enum move *move)
{
    *move = MOVE_AGAIN;
    size_t length = strcspn(line, " \t");
    const char *rest = line + length + strspn(line + length, " \t");
    if (length == 4 && strncasecmp(line, "note", 4) == 0)
        take_note(s, step, rest);
    else if (length == 4 && strncasecmp(line, "show", 4) == 0)
        show_facts(s, rest);
    else if (*rest)
        return false;
    else if (strcasecmp(line, "back") == 0)
        *move = MOVE_BACK;
    else if (strcasecmp(line, "skip") == 0)
        *move = MOVE_SKIP;
    else if (strcasecmp(line, "defaults") == 0)
        *move = MOVE_DEFAULTS;
    else if (strcasecmp(line, "quit") == 0 || strcasecmp(line, "exit") == 0 || strcasecmp(line, "q") == 0)
        *move = leave(s);
    else if (strcasecmp(line, "why") == 0)
        explain_step(s, step);
    else if (strcasecmp(line, "help") == 0 || strcmp(line, "?") == 0) {
        if (help)
            say(s, 0, "%s", help);
        say_keys(s);
    } else {
        return false;
    }
    return true;
}

static void not_understood(struct session *s, const char *line)
{
    if (strlen(line) > 40)
        say(s, 0, "That is not understood here; help lists what is.");
    else
        say(s, 0, "'%s' is not understood here; help lists what is.", line);
}

/* A trimmed line, or NULL after Ctrl-C or the end of input. */
static char *read_line(struct session *s, const char *prompt, const char *const *offered)
{
    char *line = NULL;
    enum prompt_result result = prompt_line(prompt, offered, engine_sampler(s->run->engine), s->term, &line);
    term_init(&s->run->term); /* the window may have another size now */
    if (result != PROMPT_LINE) {
        free(line);
        return NULL;
    }
    char *begin = line + strspn(line, " \t");
    memmove(line, begin, strlen(begin) + 1);
    for (size_t n = strlen(line); n && (line[n - 1] == ' ' || line[n - 1] == '\t'); n--)
        line[n - 1] = '\0';
    return line;
}

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
        say(s, 0, "%.0f is %s.", answer->number, command);
        return true;
    }
    char path[64];
    snprintf(path, sizeof path, "proc/%.0f", answer->number);
    int fd = root_open_dir(&s->run->root, path);
    if (fd >= 0)
        close(fd);
    if (fd < 0)
        say(s, 0, "There is no process %.0f here.", answer->number);
    return fd >= 0;
}

static enum move ask(void *data, struct engine *g, const struct question *q, struct value *answer)
{
    struct session *s = data;
    const struct step *step = question_step(engine_playbook(g), q);
    const struct value fallback = *answer;
    if (s->hurry)
        return MOVE_DEFAULTS;
    if (s->asked_count < ASKED_MAX)
        s->asked[s->asked_count++] = q->id;
    for (size_t i = 0; i < s->entered_count; i++)
        if (strcmp(s->entered[i], q->id) == 0)
            s->entered[i] = "";
    say(s, 0, "%s", q->ask);
    question_print_choices(q, s->term);
    AUTO_FREE char *prompt = question_prompt(q, answer, engine_case(g));
    for (;;) {
        AUTO_FREE char *line = read_line(s, prompt, q->type == QUESTION_FILE ? NULL : words);
        if (!line)
            return leave(s);
        enum move move;
        if (!*line) {
            *answer = fallback;
            if (s->entered_count < ASKED_MAX)
                s->entered[s->entered_count++] = q->id;
            return MOVE_NEXT;
        }
        if (strcasecmp(line, "again") == 0) {
            say(s, 0, "A step is measured again after its last question; answer first, or go back.");
            continue;
        }
        if (common_word(s, step, q->help, line, &move)) {
            if (move == MOVE_SKIP)
                say_skipped(s, step);
            s->hurry = move == MOVE_DEFAULTS;
            if (move != MOVE_AGAIN)
                return move;
            continue;
        }
        struct err e;
        if (!question_parse(q, line, engine_case(g), answer, &e))
            say(s, 0, "%s", e.text);
        else if (q->type != QUESTION_PROCESS || settle_process(s, q, answer, &fallback))
            return MOVE_NEXT;
    }
}

/* Answers nobody was asked for are told, and Enter is recorded as what it is. */
static void tell_answers(struct session *s, const struct step *step)
{
    struct case_file *c = s->run->c;
    for (size_t i = 0; i < c->answer_count; i++) {
        struct answer *a = &c->answers[i];
        if (strcmp(a->step, step->id) != 0)
            continue;
        if (is_among(s->entered, s->entered_count, a->id))
            a->defaulted = true;
        else if (!is_among(s->asked, s->asked_count, a->id) || s->hurry)
            say(s, 0, "%s %s (%s)", a->ask, *a->shown ? a->shown : "no answer", a->defaulted ? "default" : "given");
    }
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
            say(s, 0, "[?] %s could not be checked: %s", str_text(&ids), first->why);
    }
}

static void judged(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    const struct case_file *c = engine_case(g);
    size_t clear = 0;
    tell_answers(s, step);
    for (size_t i = 0; i < c->finding_count; i++)
        if (strcmp(c->findings[i].step, step->id) == 0)
            say(s, 0, "%s %s", term_sign(c->findings[i].severity), c->findings[i].say);
    tell_unchecked(s, c, step);
    for (size_t i = 0; i < c->check_count; i++)
        clear += strcmp(c->checks[i].step, step->id) == 0 && c->checks[i].result == CHECK_CLEAR;
    if (clear)
        say(s, 0, "[ok] %zu check%s clear", clear, clear == 1 ? "" : "s");
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

/* What was observed does not change by looking again. */
static bool is_over(struct engine *g, const struct step *step)
{
    size_t windowed = 0;
    for (size_t i = 0; i < step->probe_count; i++)
        windowed += step->probes[i]->sample != NULL;
    return windowed && sampler_remaining(engine_sampler(g)) <= 0;
}

static enum move step_ends(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    if (sampler_signal())
        return leave(s);
    if (s->hurry)
        return MOVE_NEXT;
    const struct step *next = step_after(g, step);
    size_t number = next ? (size_t)(next - engine_playbook(g)->steps) + 1 : 0;
    AUTO_FREE char *prompt = !next ? mem_strdup("[Enter: the result] > ")
                             : text_width(next->title) + 30 <= s->term->width
                                 ? mem_printf("[Enter: step %zu, %s] > ", number, next->title)
                                 : mem_printf("[Enter: step %zu] > ", number);
    for (;;) {
        AUTO_FREE char *line = read_line(s, prompt, words);
        if (!line)
            return leave(s);
        enum move move;
        if (!*line || strcasecmp(line, "next") == 0)
            return MOVE_NEXT;
        if (strcasecmp(line, "again") == 0) {
            if (!is_over(g, step))
                return MOVE_AGAIN;
            say(s, 0, "The observation is over and stays as it is; only a new session observes again.");
        } else if (!common_word(s, step, NULL, line, &move)) {
            not_understood(s, line);
        } else if (move == MOVE_SKIP && !next) {
            say(s, 0, "There is no further step to skip.");
        } else if (move == MOVE_BACK && step == engine_playbook(g)->steps && !step->question_count) {
            say(s, 0, "This is the first step.");
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
    say(s, 0, "%s%s%s%s: %s of memory, %s available, %s%s.", s->run->c->host, s->run->root.live ? "" : " (",
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

static void introduce(struct session *s)
{
    const struct run *r = s->run;
    size_t first = first_open(r->c);
    AUTO_FREE char *title = mem_printf("fragwizard %s: %s", FRAGWIZARD_VERSION, r->playbook->title);
    heading(s, title);
    vital_signs(s);
    putchar('\n');
    if (r->playbook->summary && !first)
        say(s, 0, "%s\n\n", r->playbook->summary);
    char window[64];
    double left = sampler_remaining(engine_sampler(r->engine));
    units_format(window, sizeof window, (double)(long)(left + 0.999), TYPE_SECONDS);
    if (first && first < r->playbook->step_count)
        say(s, 0, "It goes on with step %zu of %zu, %s; what was done before is kept.", first + 1,
            r->playbook->step_count, r->playbook->steps[first].title);
    else
        say(s, 0, "It reads and asks; it changes nothing. %zu step%s.", r->playbook->step_count,
            r->playbook->step_count == 1 ? "" : "s");
    if (left > 0)
        say(s, 0, "An observation of %s has begun and goes on while you read.", window);
    if (r->root.live && geteuid() != 0)
        say(s, 0, "[?] Without root, other users' processes and some kernel tables stay closed; sudo shows all.");
    say(s, 0, "Enter goes on; help lists what else can be said; quit or Ctrl-C leaves, and what was done is kept.\n\n");
}

static enum move leave_at_once(void *data, struct engine *g, const struct step *step, size_t index)
{
    (void)data, (void)g, (void)step, (void)index;
    return MOVE_QUIT;
}

/* Nothing is lost from here on, whatever happens to the terminal. */
static bool save_first(struct session *s, struct err *e)
{
    const struct front front = {.step_begins = leave_at_once};
    engine_run(s->run->engine, &front, e);
    return !e->text[0];
}

static void greet(struct session *s)
{
    const struct run *r = s->run;
    size_t first = first_open(r->c);
    const struct step *step = &r->playbook->steps[first < r->playbook->step_count ? first : 0];
    for (;;) {
        AUTO_FREE char *line = read_line(s, first ? "[Enter: go on] > " : "[Enter: begin] > ", words);
        enum move move;
        if (!line) {
            leave(s);
            return;
        }
        if (!*line || strcasecmp(line, "next") == 0)
            return;
        if (!common_word(s, step, NULL, line, &move)) {
            not_understood(s, line);
        } else if (move == MOVE_BACK) {
            say(s, 0, first ? "Begin first; then back goes to the steps before." : "This is the beginning.");
        } else if (move != MOVE_AGAIN) {
            s->skip_next = move == MOVE_SKIP;
            s->hurry = move == MOVE_DEFAULTS;
            return;
        }
    }
}

/* What the session ends with on the terminal; the report has the rest. */
static void sum_up(struct session *s)
{
    const struct case_file *c = s->run->c;
    putchar('\n');
    heading(s, c->headline);
    for (size_t i = 0; i < c->finding_count; i++)
        if (c->findings[i].severity > SEVERITY_INFO && strcmp(c->findings[i].say, c->headline) != 0)
            say(s, 0, "%s %s", term_sign(c->findings[i].severity), c->findings[i].say);
    size_t unchecked = 0;
    for (size_t i = 0; i < c->check_count; i++)
        unchecked += c->checks[i].result == CHECK_UNCHECKED;
    if (unchecked)
        say(s, 0, "[?] %zu check%s could not be made; the report tells why.", unchecked, unchecked == 1 ? "" : "s");
    for (size_t i = 0; i < c->step_count; i++)
        if (c->steps[i].state == STEP_SKIPPED)
            say(s, 0, "[?] Skipped: step %zu, %s", i + 1, c->steps[i].title);
    if (c->recommendation_count)
        say(s, 0, "\nWhat to do, first things first (nothing was changed):");
    for (size_t i = 0; i < c->recommendation_count; i++) {
        say(s, 0, "%zu. %s", i + 1, c->recommendations[i].title);
        if (c->recommendations[i].apply)
            say_whole(s, 3, "%s", c->recommendations[i].apply);
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
        say(s, 0, "Where should the report go? A name ending in .html, .txt or .json, or no for nowhere.");
    for (;;) {
        AUTO_FREE char *line = s->hurry ? mem_strdup("") : read_line(s, prompt, NULL);
        enum move move;
        if (!line)
            return leave(s);
        if (strcasecmp(line, "no") == 0 || strcasecmp(line, "skip") == 0)
            return MOVE_SKIP;
        if (common_word(s, last, NULL, line, &move)) {
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
    say_whole(s, 0, "Answers: %s", path);
    say_whole(s, 0, "The same without questions: %s", str_text(&command));
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
    say_whole(s, 0, "\nGo on with: %s", command);
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
    say_whole(s, 0, "Report, whenever it is wanted: %s", str_text(&command));
}

int session_run(struct run *r)
{
    struct session s = {.run = r, .term = &r->term};
    const struct front front = {
        .data = &s,
        .step_begins = step_begins,
        .wait = wait_for_window,
        .ask = ask,
        .measured = measured,
        .judged = judged,
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
    while ((finished = engine_run(r->engine, &front, &e))) {
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
        say_whole(&s, 0, "Report: %s", r->outputs[i]);
    if (written && r->bundle_path)
        say_whole(&s, 0, "Bundle: %s", r->bundle_path);
    say_whole(&s, 0, "Case: %s", r->c->path);
    remember_answers(&s);
    if (!written)
        tell_report(&s);
    return written || move == MOVE_SKIP ? case_exit_status(r->c) : EXIT_UNKNOWN;
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
    sampler_catch_signals();
    status = run_open(&r, NULL) ? session_run(&r) : EXIT_UNKNOWN;
    run_close(&r);
    return status;
}

const struct command command_session = {"session", session, "the guided session; the same as no verb at all"};
