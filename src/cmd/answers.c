/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/answers.h"

#include <jansson.h>
#include <string.h>

#include "base/input.h"
#include "base/output.h"
#include "base/str.h"
#include "base/text.h"
#include "engine/run/answer.h"
#include "facts/json_value.h"

#define FORMAT "fragwizard-answers/1"
#define BYTES_MAX (1024 * 1024)

/* JSON has no units: a number is in that of the question. */
static struct value from_json(const struct question *q, const json_t *j, struct arena *arena)
{
    if (json_is_boolean(j))
        return value_bool(json_is_true(j));
    if (json_is_number(j))
        return value_number(q->type == QUESTION_NUMBER ? q->unit : TYPE_COUNT, json_number_value(j));
    if (!json_is_string(j))
        return value_unknown(TYPE_TEXT, NULL);
    char clean[4096];
    size_t length = text_clean(clean, sizeof clean, json_string_value(j), json_string_length(j));
    return value_text(arena_strndup(arena, clean, length));
}

static bool read_answers(const char *path, json_t *answers, const struct playbook *p, struct arena *arena,
                         struct answer **out, size_t *count, struct err *e)
{
    *count = 0;
    *out = arena_alloc(arena, json_object_size(answers) * sizeof **out);
    const char *id;
    json_t *value;
    json_object_foreach(answers, id, value)
    {
        const struct question *q = playbook_question(p, id);
        char clean[128];
        text_clean(clean, sizeof clean, id, strlen(id));
        if (!q)
            return err_set(e, "%s: the playbook asks no '%s'", path, clean);
        struct answer *a = &(*out)[(*count)++];
        a->id = q->id;
        a->value = from_json(q, value, arena);
        if (!answer_check(q, &a->value, &(struct err){0}))
            return err_set(e, "%s: '%s' has no such answer (%s)", path, clean, q->ask);
    }
    return true;
}

bool answers_load(const char *path, const struct playbook *p, struct arena *arena, struct answer **out, size_t *count,
                  struct err *e)
{
    AUTO_FREE char *text = input_read_file(path, BYTES_MAX, &(size_t){0}, e);
    if (!text)
        return false;
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return err_set(e, "%s:%d:%d: %s", path, error.line, error.column, error.text);
    json_t *answers = json_object_get(root, "answers");
    const char *format = json_string_value(json_object_get(root, "format"));
    bool fine = json_is_object(answers) && format && strcmp(format, FORMAT) == 0
                    ? read_answers(path, answers, p, arena, out, count, e)
                    : err_set(e, "%s: is no answers file (\"format\": \"" FORMAT "\", \"answers\": {…})", path);
    json_decref(root);
    return fine;
}

bool answers_save(const char *path, const struct case_file *c, const struct playbook *p, struct err *e)
{
    json_t *answers = json_object();
    for (size_t i = 0; i < c->answer_count; i++) {
        const struct answer *a = &c->answers[i];
        const struct question *q = playbook_question(p, a->id);
        /* the largest process of this run need not be that of the next */
        bool passing = q && q->type == QUESTION_PROCESS && a->defaulted;
        if (a->value.known && !passing)
            json_put(answers, a->id, json_of_value(&a->value));
    }
    json_t *root = json_pack("{s:s, s:o}", "format", FORMAT, "answers", answers);
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    if (!text)
        mem_exhausted();
    AUTO_STR struct str lines = {0};
    str_printf(&lines, "%s\n", text);
    free(text);
    return output_write_file(path, lines.data, lines.length, 0600, e);
}
