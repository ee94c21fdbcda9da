/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/questions.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "base/str.h"

const struct step *question_step(const struct playbook *p, const struct question *q)
{
    for (size_t i = 0; i < p->step_count; i++)
        if (q >= p->steps[i].questions && q < p->steps[i].questions + p->steps[i].question_count)
            return &p->steps[i];
    return NULL;
}

void question_print_choices(const struct question *q, const struct term *t)
{
    for (size_t i = 0; i < q->choice_count; i++) {
        AUTO_FREE char *line = mem_printf("%zu  %s", i + 1, q->choices[i].text);
        term_print(t, 2, line);
    }
}

const char *question_command(const struct case_file *c, double pid)
{
    struct facts *f = case_facts(c, "processes");
    struct table *t = f ? facts_table(f, "process") : NULL;
    for (size_t r = 0; t && r < t->rows; r++) {
        struct value id = cell_get(t, r, (unsigned)table_decl_column(t->decl, "pid"));
        struct value command = cell_get(t, r, (unsigned)table_decl_column(t->decl, "command"));
        if (id.known && id.number == pid && command.known)
            return command.text;
    }
    return NULL;
}

char *question_prompt(const struct question *q, const struct value *fallback, const struct case_file *c)
{
    AUTO_STR struct str s = {0};
    if (q->type == QUESTION_YESNO)
        str_add(&s, "yes or no ");
    else if (q->type == QUESTION_CHOICE)
        str_printf(&s, "1-%zu ", q->choice_count);
    else if (q->type == QUESTION_PROCESS)
        str_add(&s, "process id or name ");
    else if (q->type == QUESTION_NUMBER && q->unit != TYPE_COUNT)
        str_printf(&s, "%s ", type_name(q->unit));
    else if (q->type == QUESTION_FILE)
        str_add(&s, "file ");
    str_add(&s, "[Enter: ");
    if (!fallback->known) {
        str_add(&s, "no answer");
    } else if (q->type == QUESTION_YESNO) {
        str_add(&s, fallback->truth ? "yes" : "no");
    } else if (q->type == QUESTION_CHOICE) {
        for (size_t i = 0; i < q->choice_count; i++)
            if (strcmp(q->choices[i].id, fallback->text) == 0)
                str_printf(&s, "%zu", i + 1);
    } else if (q->type == QUESTION_PROCESS) {
        const char *command = question_command(c, fallback->number);
        if (fallback->number == 0)
            str_add(&s, "none");
        else
            str_printf(&s, "%.0f%s%s", fallback->number, command ? " " : "", command ? command : "");
    } else if (fallback->type == TYPE_TEXT) {
        str_add(&s, *fallback->text ? fallback->text : "none");
    } else {
        char number[64];
        units_format(number, sizeof number, fallback->number, fallback->type);
        str_add(&s, number);
    }
    str_add(&s, "] > ");
    return mem_strdup(str_text(&s));
}

static bool parse_choice(const struct question *q, const char *line, struct value *out, struct err *e)
{
    char *end;
    unsigned long number = strtoul(line, &end, 10);
    if (!*end && number >= 1 && number <= q->choice_count) {
        *out = value_text(q->choices[number - 1].id);
        return true;
    }
    for (size_t i = 0; i < q->choice_count; i++)
        if (strcasecmp(q->choices[i].id, line) == 0) {
            *out = value_text(q->choices[i].id);
            return true;
        }
    AUTO_STR struct str ids = {0};
    for (size_t i = 0; i < q->choice_count && ids.length < 200; i++)
        str_printf(&ids, "%s%s", i ? ", " : "", q->choices[i].id);
    return err_set(e, "Answer with a number from 1 to %zu or a word (%s); help lists what else can be said.",
                   q->choice_count, str_text(&ids));
}

static bool parse_yes_no(const char *line, struct value *out, struct err *e)
{
    if (strcasecmp(line, "y") != 0 && strcasecmp(line, "yes") != 0 && strcasecmp(line, "n") != 0 &&
        strcasecmp(line, "no") != 0)
        return err_set(e, "Answer yes or no; help lists what else can be said.");
    *out = value_bool(line[0] == 'y' || line[0] == 'Y');
    return true;
}

static bool parse_process(const char *line, const struct case_file *c, struct value *out, struct err *e)
{
    char *end;
    long pid = strtol(line, &end, 10);
    if (!*end && end != line && pid >= 0 && pid <= 4194304) {
        *out = value_number(TYPE_COUNT, (double)pid);
        return true;
    }
    struct facts *f = case_facts(c, "processes");
    struct table *t = f ? facts_table(f, "process") : NULL;
    size_t found = 0;
    for (size_t r = 0; t && r < t->rows; r++) {
        struct value id = cell_get(t, r, (unsigned)table_decl_column(t->decl, "pid"));
        struct value command = cell_get(t, r, (unsigned)table_decl_column(t->decl, "command"));
        if (id.known && command.known && strcmp(command.text, line) == 0 && found++ == 0)
            *out = value_number(TYPE_COUNT, id.number);
    }
    if (found == 1)
        return true;
    if (found)
        return err_set(e, "%zu of the leading processes have that name; answer with a process id.", found);
    return err_set(e, "None of the leading processes has that name; answer with a process id.");
}

static bool parse_number(const struct question *q, const char *line, struct value *out, struct err *e)
{
    double number;
    enum type type;
    size_t used = units_parse(line, &number, &type);
    if (!used || line[used])
        return err_set(e, "Answer with a number (%s%s); help lists what else can be said.", type_name(q->unit),
                       q->unit == TYPE_BYTES     ? ", such as 64MiB"
                       : q->unit == TYPE_SECONDS ? ", such as 5min"
                       : q->unit == TYPE_RATIO   ? ", such as 5%"
                                                 : "");
    if (type != q->unit && type != TYPE_COUNT)
        return err_set(e, "That is %s; %s is asked.", type_name(type), type_name(q->unit));
    *out = value_number(q->unit, number);
    return true;
}

bool question_parse(const struct question *q, const char *line, struct case_file *c, struct value *out, struct err *e)
{
    char clean[4096];
    switch (q->type) {
    case QUESTION_CHOICE:
        return parse_choice(q, line, out, e);
    case QUESTION_YESNO:
        return parse_yes_no(line, out, e);
    case QUESTION_PROCESS:
        return parse_process(line, c, out, e);
    case QUESTION_NUMBER:
        return parse_number(q, line, out, e);
    case QUESTION_FILE:
        if (access(line, R_OK) != 0)
            return err_set(e, "That file cannot be read.");
        break;
    case QUESTION_TEXT:
        break;
    }
    size_t length = text_clean(clean, sizeof clean, line, strlen(line));
    *out = value_text(arena_strndup(&c->arena, clean, length));
    return true;
}
