/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/session_talk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "term/prompt.h"

static const char keys[] = "Enter      go on, or take the answer in brackets\n"
                           "back       to the previous question or step\n"
                           "skip       at a question: skip this step; after a step: the next one\n"
                           "again      after a step: measure it again\n"
                           "note TEXT  put a remark into the report\n"
                           "why        what this step checks, by which formula and from which source\n"
                           "show       what was measured; show TABLE prints a table whole\n"
                           "defaults   take the default answers from here on and stop no more\n"
                           "quit       leave; the case is saved and can be resumed";

enum { PROSE_WIDTH = 100, NOTE_MAX = 4096 };

const char *const session_words[] = {"back",     "skip", "again", "note", "why", "show",
                                     "defaults", "help", "quit",  "next", NULL};

static void say_in(const struct session *s, unsigned width, unsigned indent, const char *format, va_list args)
{
    AUTO_FREE char *text = NULL;
    struct term t = *s->term;
    t.width = width;
    if (vasprintf(&text, format, args) < 0)
        mem_exhausted();
    term_print(&t, indent, text);
    fflush(stdout);
}

/* Lines longer than some hundred characters are hard to read, however wide the screen. */
void session_say(struct session *s, unsigned indent, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_in(s, s->term->width < PROSE_WIDTH ? s->term->width : PROSE_WIDTH, indent, format, args);
    va_end(args);
}

void session_say_whole(struct session *s, unsigned indent, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_in(s, 1u << 30, indent, format, args);
    va_end(args);
}

void session_heading(struct session *s, const char *text)
{
    if (s->term->color)
        fputs("\033[1m", stdout);
    session_say(s, 0, "%s", text);
    if (s->term->color)
        fputs("\033[0m", stdout);
}

enum move session_say_skipped(struct session *s, const struct step *step)
{
    if (step->rule_count)
        session_say(s, 0, "Skipped: its %zu check%s not made.", step->rule_count,
                    step->rule_count == 1 ? " is" : "s are");
    else
        session_say(s, 0, "Skipped.");
    return MOVE_SKIP;
}

static void explain_tests(struct session *s, const struct step *step)
{
    for (size_t i = 0; i < step->experiment_count; i++) {
        const struct experiment_decl *d = &step->experiments[i];
        session_say(s, 0, "Test %s: %s", d->id, d->ask);
        if (d->when_text)
            session_say(s, 4, "Offered if %s", d->when_text);
        session_say(s, 4, "Before and after: %s, %s", d->measured, d->measure_text);
    }
}

static void explain_step(struct session *s, const struct step *step)
{
    if (!step->rule_count)
        session_say(s, 0, "This step checks nothing; it shows.");
    for (size_t i = 0; i < step->rule_count; i++) {
        const struct rule *r = &step->rules[i];
        session_say(s, 0, "%s %s: %s", term_sign(r->severity), r->id, r->formula ? r->formula : "");
        if (r->why)
            session_say(s, 4, "%s", r->why);
        if (r->source)
            session_say(s, 4, "Source: %s", r->source);
    }
    explain_tests(s, step);
}

static void show_facts(struct session *s, const char *name)
{
    const struct case_file *c = s->run->c;
    if (!*name) {
        session_say(s, 0, "Measured so far (show TABLE prints one):");
        for (size_t i = 0; i < c->facts_count; i++)
            for (unsigned t = 0; t < c->facts[i]->probe->table_count; t++)
                if (c->facts[i]->tables[t].rows)
                    session_say(s, 2, "%s (%zu row%s): %s", c->facts[i]->probe->tables[t].name,
                                c->facts[i]->tables[t].rows, c->facts[i]->tables[t].rows == 1 ? "" : "s",
                                c->facts[i]->probe->tables[t].help);
        if (!c->facts_count)
            session_say(s, 2, "nothing yet");
        return;
    }
    for (size_t i = 0; i < c->facts_count; i++) {
        struct table *t = facts_table(c->facts[i], name);
        if (!t)
            continue;
        AUTO_FREE char *text = term_table_whole(t, s->term, s->term->width);
        fputs(text, stdout);
        if (!t->rows)
            session_say(s, 0, "(no rows%s%s)", c->facts[i]->reason ? ": " : "",
                        c->facts[i]->reason ? c->facts[i]->reason : "");
        if (t->omitted)
            session_say(s, 0, "(%zu smaller ones were left out)", t->omitted);
        return;
    }
    session_say(s, 0, "There is no table of that name so far; show lists what was measured.");
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
        session_say(s, 0, "%.*s: %.*s", (int)word, line, (int)(length - word - gap), line + word + gap);
        line += length + (line[length] == '\n');
    }
}

static void add_note(struct session *s, const char *text)
{
    char clean[NOTE_MAX];
    if (!*text) {
        session_say(s, 0, "What is to be noted? note TEXT");
        return;
    }
    /* each broken byte takes three */
    bool cut = text_clean(clean, sizeof clean, text, strlen(text)) + 4 > sizeof clean;
    engine_note(s->run->engine, engine_step(s->run->engine)->id, clean);
    session_say(s, 0, cut ? "Noted; the end of so long a remark is left out." : "Noted.");
}

bool session_is_observed(struct session *s)
{
    if (!engine_is_observed(s->run->engine))
        return false;
    session_say(s, 0, "The observation is over and stays as it is; only a new session observes again.");
    return true;
}

/* Only note and show take further words, so that "back to normal" stays an answer. */
bool session_word(struct session *s, const char *help, const char *line, enum move *move)
{
    *move = MOVE_AGAIN;
    size_t length = strcspn(line, " \t");
    const char *rest = line + length + strspn(line + length, " \t");
    if (length == 4 && strncasecmp(line, "note", 4) == 0)
        add_note(s, rest);
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
        *move = MOVE_QUIT;
    else if (strcasecmp(line, "why") == 0)
        explain_step(s, engine_step(s->run->engine));
    else if (strcasecmp(line, "help") == 0 || strcmp(line, "?") == 0) {
        if (help)
            session_say(s, 0, "%s", help);
        say_keys(s);
    } else {
        return false;
    }
    return true;
}

void session_not_understood(struct session *s, const char *line)
{
    if (strlen(line) > 40)
        session_say(s, 0, "That is not understood here; help lists what is.");
    else
        session_say(s, 0, "'%s' is not understood here; help lists what is.", line);
}

char *session_read_line(struct session *s, const char *prompt, const char *const *offered)
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
