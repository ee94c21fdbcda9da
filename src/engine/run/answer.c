/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/run/answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/root.h"
#include "base/str.h"
#include "base/text.h"

enum { TEXT_MAX = 4096 };

bool answer_yes_no(const char *word, bool *yes)
{
    *yes = strcasecmp(word, "y") == 0 || strcasecmp(word, "yes") == 0;
    return *yes || strcasecmp(word, "n") == 0 || strcasecmp(word, "no") == 0;
}

static bool check_choice(const struct question *q, struct value *v, struct err *e)
{
    AUTO_STR struct str ids = {0};
    for (size_t i = 0; i < q->choice_count; i++) {
        if (strcasecmp(q->choices[i].id, v->text) == 0) {
            *v = value_text(q->choices[i].id);
            return true;
        }
        if (ids.length < 200)
            str_printf(&ids, "%s%s", i ? ", " : "", q->choices[i].id);
    }
    return err_set(e, "Answer with a number from 1 to %zu or a word (%s); help lists what else can be said.",
                   q->choice_count, str_text(&ids));
}

bool answer_check(const struct question *q, struct value *v, struct err *e)
{
    enum type type = question_answer_type(q);
    if (!v->known || v->type != type)
        return err_set(e, "That is %s; %s is asked.", type_name(v->type), type_name(type));
    if (q->type == QUESTION_CHOICE)
        return check_choice(q, v, e);
    if (q->type == QUESTION_PROCESS &&
        !(v->number >= 0 && v->number <= ANSWER_PID_MAX && v->number == floor(v->number)))
        return err_set(e, "That is no process id.");
    if (q->type == QUESTION_FILE && *v->text && access(v->text, R_OK) != 0)
        return err_set(e, "That file cannot be read.");
    return true;
}

/* Returns how many of the leading processes are called that; *pid is the first one's. */
static size_t named(const struct case_file *c, const char *name, double *pid)
{
    const struct table *t = case_table_named(c, "processes", "process");
    size_t found = 0;
    for (size_t r = 0; t && r < t->rows; r++) {
        struct value id = cell_named(t, r, "pid"), command = cell_named(t, r, "command");
        if (id.known && command.known && strcmp(command.text, name) == 0 && found++ == 0)
            *pid = id.number;
    }
    return found;
}

const char *answer_command(const struct case_file *c, double pid)
{
    const struct table *t = case_table_named(c, "processes", "process");
    for (size_t r = 0; t && r < t->rows; r++) {
        struct value id = cell_named(t, r, "pid"), command = cell_named(t, r, "command");
        if (id.known && id.number == pid && command.known)
            return command.text;
    }
    return NULL;
}

/* 0 is none, or the largest. */
static bool is_there(const struct case_file *c, const struct root *root, double pid)
{
    if (!root || pid == 0 || answer_command(c, pid))
        return true;
    char path[64];
    snprintf(path, sizeof path, "proc/%.0f", pid);
    int fd = root_open_dir(root, path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool parse_process(const char *line, const struct case_file *c, const struct root *root, struct value *out,
                          struct err *e)
{
    char *end;
    long typed = strtol(line, &end, 10);
    double pid = 0;
    if (!*end && end != line && typed >= 0 && typed <= ANSWER_PID_MAX) {
        pid = (double)typed;
        if (!is_there(c, root, pid))
            return err_set(e, "There is no process %.0f here.", pid);
    } else {
        size_t found = named(c, line, &pid);
        if (found > 1)
            return err_set(e, "%zu of the leading processes have that name; answer with a process id.", found);
        if (!found)
            return err_set(e, "None of the leading processes has that name; answer with a process id.");
    }
    *out = value_number(TYPE_COUNT, pid);
    return true;
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
    *out = value_number(type == TYPE_COUNT ? q->unit : type, number);
    return true;
}

static void parse_text(const struct question *q, const char *line, struct case_file *c, struct value *out)
{
    char clean[TEXT_MAX], *end;
    unsigned long number = strtoul(line, &end, 10);
    size_t length = text_clean(clean, sizeof clean, line, strlen(line));
    if (q->type == QUESTION_CHOICE && !*end && number >= 1 && number <= q->choice_count)
        *out = value_text(q->choices[number - 1].id);
    else
        *out = value_text(arena_strndup(&c->arena, clean, length));
}

bool answer_parse(const struct question *q, const char *line, struct case_file *c, const struct root *root,
                  struct value *out, struct err *e)
{
    bool yes;
    switch (q->type) {
    case QUESTION_YESNO:
        if (!answer_yes_no(line, &yes))
            return err_set(e, "Answer yes or no; help lists what else can be said.");
        *out = value_bool(yes);
        break;
    case QUESTION_PROCESS:
        if (!parse_process(line, c, root, out, e))
            return false;
        break;
    case QUESTION_NUMBER:
        if (!parse_number(q, line, out, e))
            return false;
        break;
    case QUESTION_CHOICE:
    case QUESTION_TEXT:
    case QUESTION_FILE:
        parse_text(q, line, c, out);
        break;
    }
    return answer_check(q, out, e);
}
