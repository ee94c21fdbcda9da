/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guided session: each step says what it does, shows what it found, asks what a machine cannot know, and waits. */
#include "cmd/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"
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

static const char keys[] =
    "Enter      go on, or take the default in brackets\n"
    "back       to the question or step before\n"
    "skip       pass over this question's step, or over the next one\n"
    "again      measure this step again\n"
    "note TEXT  put a remark into the report\n"
    "why        what this step checks, by which formula and from which source\n"
    "show       what was measured; show TABLE prints a table whole\n"
    "defaults   take the default for this and all further questions\n"
    "quit       leave; the case is saved and can be gone on with";

struct session {
    struct run *run;
    const struct term *term;
    bool skip_next;
    bool left; /* by quit, Ctrl-C or the end of input */
};

static const char *const words[] = {"back", "skip", "again", "note", "why", "show", "defaults", "help", "quit", "next", NULL};

static void say(struct session *s, unsigned indent, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    AUTO_FREE char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        mem_exhausted();
    va_end(args);
    term_print(s->term, indent, text);
    fflush(stdout);
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
    if (!t || (!t->rows && f->status > STATUS_PARTIAL)) {
        say(s, 0, "[?] %s could not be read: %s", shown->probe, f && f->reason ? f->reason : "not measured");
        return;
    }
    if (!shown->row_count)
        return;
    AUTO_FREE const char **columns = mem_array(shown->column_count + 1, sizeof *columns);
    for (size_t i = 0; i < shown->column_count; i++)
        columns[i] = shown->columns[i];
    AUTO_FREE char *text = term_table(t, shown->column_count ? columns : NULL, shown->row, shown->row_count, s->term, s->term->width);
    say(s, 0, "%s", shown->title ? shown->title : t->decl->help);
    fputs(text, stdout);
    if (shown->more)
        say(s, 0, "(%zu more rows)", shown->more);
    putchar('\n');
}

static enum move step_begins(void *data, struct engine *g, const struct step *step, size_t index)
{
    struct session *s = data;
    AUTO_FREE char *title =
        mem_printf("\nStep %zu of %zu: %s", index + 1, engine_playbook(g)->step_count, step->title);
    heading(s, title);
    if (s->skip_next) {
        s->skip_next = false;
        say(s, 0, "Skipped.");
        return MOVE_SKIP;
    }
    if (step->why)
        say(s, 0, "%s", step->why);
    if (step->classic)
        say(s, 0, "Stands for: %s", step->classic);
    if (step->blind)
        say(s, 0, "Which does not tell: %s", step->blind);
    putchar('\n');
    return MOVE_NEXT;
}

static enum move leave(struct session *s)
{
    s->left = true;
    return MOVE_QUIT;
}

static enum move wait_for_window(void *data, struct engine *g, struct sampler *sampler)
{
    struct session *s = data;
    (void)g;
    enum move move = progress_wait(sampler, s->term, true, "observing");
    return move == MOVE_QUIT ? leave(s) : move;
}

static void measured(void *data, struct engine *g, const struct step *step, const struct step_record *record)
{
    struct session *s = data;
    (void)g;
    (void)step;
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
                    say(s, 2, "%s (%zu rows): %s", c->facts[i]->probe->tables[t].name, c->facts[i]->tables[t].rows,
                        c->facts[i]->probe->tables[t].help);
        return;
    }
    for (size_t i = 0; i < c->facts_count; i++) {
        struct table *t = facts_table(c->facts[i], name);
        if (!t)
            continue;
        AUTO_FREE char *text = term_table(t, NULL, NULL, t->rows, s->term, s->term->width);
        fputs(text, stdout);
        return;
    }
    say(s, 0, "There is no table '%s'; `show` lists what was measured.", name);
}

/* What every prompt understands. Returns true if the line was such a word; *move is then MOVE_AGAIN to ask once more. */
static bool common_word(struct session *s, const struct step *step, const char *help, char *line, enum move *move)
{
    *move = MOVE_AGAIN;
    char *rest = line + strcspn(line, " ");
    if (*rest)
        *rest++ = '\0';
    if (strcmp(line, "back") == 0)
        *move = MOVE_BACK;
    else if (strcmp(line, "skip") == 0)
        *move = MOVE_SKIP;
    else if (strcmp(line, "defaults") == 0)
        *move = MOVE_DEFAULTS;
    else if (strcmp(line, "quit") == 0 || strcmp(line, "exit") == 0)
        *move = leave(s);
    else if (strcmp(line, "why") == 0)
        explain_step(s, step);
    else if (strcmp(line, "show") == 0)
        show_facts(s, rest);
    else if (strcmp(line, "help") == 0 || strcmp(line, "?") == 0) {
        if (help)
            say(s, 0, "%s", help);
        puts(keys);
    } else if (strcmp(line, "note") == 0 && *rest) {
        char clean[2048];
        text_clean(clean, sizeof clean, rest, strlen(rest));
        engine_note(s->run->engine, step->id, clean);
        say(s, 0, "Noted.");
    } else if (strcmp(line, "note") == 0) {
        say(s, 0, "note TEXT: the remark is missing.");
    } else {
        if (rest > line + strlen(line))
            rest[-1] = ' ';
        return false;
    }
    return true;
}

/* A trimmed line, or NULL after Ctrl-C or the end of input. */
static char *read_line(struct session *s, const char *prompt, const char *const *offered)
{
    char *line = NULL;
    if (prompt_line(prompt, offered, engine_sampler(s->run->engine), s->term, &line) != PROMPT_LINE) {
        free(line);
        return NULL;
    }
    char *begin = line + strspn(line, " \t");
    memmove(line, begin, strlen(begin) + 1);
    for (size_t n = strlen(line); n && (line[n - 1] == ' ' || line[n - 1] == '\t'); n--)
        line[n - 1] = '\0';
    return line;
}

static enum move ask(void *data, struct engine *g, const struct question *q, struct value *answer)
{
    struct session *s = data;
    const struct step *step = question_step(engine_playbook(g), q);
    say(s, 0, "%s", q->ask);
    question_print_choices(q, s->term);
    AUTO_FREE char *prompt = question_prompt(q, answer, engine_case(g));
    for (;;) {
        AUTO_FREE char *line = read_line(s, prompt, q->type == QUESTION_FILE ? NULL : words);
        if (!line)
            return leave(s);
        enum move move;
        if (!*line)
            return MOVE_NEXT; /* the default stands in *answer */
        if (common_word(s, step, q->help, line, &move)) {
            if (move != MOVE_AGAIN)
                return move;
            continue;
        }
        struct err e;
        if (question_parse(q, line, engine_case(g), answer, &e))
            return MOVE_NEXT;
        say(s, 0, "%s", e.text);
    }
}

static void judged(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    const struct case_file *c = engine_case(g);
    size_t clear = 0;
    for (size_t i = 0; i < c->finding_count; i++)
        if (strcmp(c->findings[i].step, step->id) == 0)
            say(s, 0, "%s %s", term_sign(c->findings[i].severity), c->findings[i].say);
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *check = &c->checks[i];
        if (strcmp(check->step, step->id) != 0)
            continue;
        clear += check->result == CHECK_CLEAR;
        if (check->result == CHECK_UNCHECKED)
            say(s, 0, "[?] %s could not be checked: %s", check->id, check->why);
    }
    if (clear)
        say(s, 0, "[ok] %zu check%s clear", clear, clear == 1 ? "" : "s");
}

static enum move step_ends(void *data, struct engine *g, const struct step *step)
{
    struct session *s = data;
    (void)g;
    for (;;) {
        AUTO_FREE char *line = read_line(s, "[Enter: go on] > ", words);
        if (!line)
            return leave(s);
        enum move move;
        if (!*line || strcmp(line, "next") == 0)
            return MOVE_NEXT;
        if (strcmp(line, "again") == 0)
            return MOVE_AGAIN;
        if (!common_word(s, step, NULL, line, &move)) {
            say(s, 0, "'%s' is not understood here; help lists what is.", line);
        } else if (move == MOVE_SKIP) {
            s->skip_next = true;
            return MOVE_NEXT;
        } else if (move == MOVE_DEFAULTS) {
            say(s, 0, "Defaults are taken where a question is asked.");
        } else if (move != MOVE_AGAIN) {
            return move;
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
    for (size_t i = 0; t && t->rows && i < 3; i++) {
        struct value v = cell_get(t, 0, (unsigned)table_decl_column(t->decl, names[i]));
        if (v.known)
            units_format(shown[i], sizeof shown[i], v.number, v.type);
    }
    say(s, 0, "%s: %s of memory, %s available, %s of swap.", s->run->c->host, shown[0], shown[1], shown[2]);
    facts_free(f);
}

static bool greet(struct session *s)
{
    const struct run *r = s->run;
    AUTO_FREE char *title = mem_printf("fragwizard %s: %s", FRAGWIZARD_VERSION, r->playbook->title);
    heading(s, title);
    vital_signs(s);
    putchar('\n');
    if (r->playbook->summary)
        say(s, 0, "%s", r->playbook->summary);
    putchar('\n');
    say(s, 0, "It reads and asks; it changes nothing. %zu steps; %s", r->playbook->step_count,
        sampler_remaining(engine_sampler(r->engine)) > 0 ? "the observation has begun and goes on while you read." : "one look.");
    say(s, 0, "Enter goes on; help lists what else can be said; quit or Ctrl-C leaves, and what was done is kept.");
    AUTO_FREE char *line = read_line(s, "[Enter: begin] > ", words);
    if (line && (strcmp(line, "help") == 0 || strcmp(line, "?") == 0))
        puts(keys);
    return line && strcmp(line, "quit") != 0;
}

/* What the session ends with on the terminal; the report has the rest. */
static void sum_up(struct session *s)
{
    const struct case_file *c = s->run->c;
    putchar('\n');
    heading(s, c->headline);
    for (size_t i = 0; i < c->finding_count; i++)
        if (c->findings[i].severity > SEVERITY_INFO)
            say(s, 0, "%s %s", term_sign(c->findings[i].severity), c->findings[i].say);
    for (size_t i = 0; i < c->recommendation_count; i++) {
        say(s, 0, "%zu. %s", i + 1, c->recommendations[i].title);
        if (c->recommendations[i].apply)
            say(s, 3, "%s", c->recommendations[i].apply);
    }
}

/* Asks where the report goes unless told; an empty answer takes the usual name in this directory. */
static bool choose_output(struct session *s, char **kept)
{
    struct run *r = s->run;
    if (r->output_count || r->bundle_path)
        return true;
    AUTO_FREE char *name = output_default_name(r->c->host, r->c->started, "html");
    AUTO_FREE char *prompt = mem_printf("Write the report to [%s] (no: nowhere) > ", name);
    for (;;) {
        char *line = read_line(s, prompt, NULL);
        if (!line || strcmp(line, "no") == 0) {
            free(line);
            return line != NULL;
        }
        *kept = *line ? line : mem_strdup(name);
        if (!*line)
            free(line);
        r->outputs[0] = *kept;
        r->output_count = 1;
        if (run_check_outputs(r))
            return true;
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

static void remember_answers(const struct case_file *c)
{
    struct err e;
    size_t length = strlen(c->path);
    if (length < 5 || strcmp(c->path + length - 5, ".json") != 0)
        return;
    AUTO_FREE char *path = mem_printf("%.*s.answers.json", (int)(length - 5), c->path);
    if (!answers_save(path, c, &e))
        complain("%s", e.text);
    else
        printf("Answers: %s\n", path);
}

int session_run(struct run *r)
{
    struct session s = {.run = r, .term = &r->term};
    struct front front = {
        .data = &s, .step_begins = step_begins, .wait = wait_for_window, .ask = ask, .measured = measured, .judged = judged,
        .step_ends = step_ends,
    };
    AUTO_FREE char *directory = output_state_dir();
    AUTO_FREE char *history = mem_printf("%s/history", directory);
    AUTO_FREE char *path = r->c->path ? mem_strdup(r->c->path) : new_case_path(r->c);
    struct err e;
    r->c->path = path;
    if (!output_make_dirs(directory, &e))
        return complain("%s", e.text);
    prompt_history_load(history);
    e.text[0] = '\0';
    bool finished = greet(&s) && engine_run(r->engine, &front, &e);
    prompt_history_save(history);
    if (!finished) {
        if (e.text[0])
            complain("%s", e.text);
        if (access(r->c->path, F_OK) == 0)
            printf("\nGo on with: fragwizard resume %s\n", r->c->path);
        return EXIT_UNKNOWN;
    }
    sum_up(&s);
    AUTO_FREE char *output = NULL;
    bool written = choose_output(&s, &output) && run_write_outputs(r);
    for (size_t i = 0; written && i < r->output_count; i++)
        printf("Report: %s\n", r->outputs[i]);
    printf("Case: %s\n", r->c->path);
    remember_answers(r->c);
    return written ? case_exit_status(r->c) : EXIT_UNKNOWN;
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
