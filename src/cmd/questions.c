/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/questions.h"

#include "base/str.h"
#include "engine/run/answer.h"

void question_print_choices(const struct question *q, const struct term *t)
{
    for (size_t i = 0; i < q->choice_count; i++) {
        AUTO_FREE char *line = mem_printf("%zu  %s", i + 1, q->choices[i].text);
        term_print(t, 2, line);
    }
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
        const struct choice *chosen = ARRAY_FIND(q->choices, q->choice_count, id, fallback->text);
        if (chosen)
            str_printf(&s, "%td", chosen - q->choices + 1);
    } else if (q->type == QUESTION_PROCESS) {
        const char *command = answer_command(c, fallback->number);
        if (fallback->number == 0)
            str_add(&s, "none");
        else
            str_printf(&s, "%.0f%s%s", fallback->number, command ? " " : "", command ? command : "");
    } else if (fallback->type == TYPE_TEXT) {
        str_add(&s, *fallback->text ? fallback->text : "none");
    } else {
        str_add(&s, units_text(fallback->number, fallback->type).text);
    }
    str_add(&s, "] > ");
    return mem_strdup(str_text(&s));
}
