/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layout/styled.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

void styled_free(struct styled *s)
{
    str_free(&s->text);
    str_free(&s->looks);
    *s = (struct styled){0};
}

void styled_add(struct styled *s, const char *text, size_t length, unsigned look)
{
    if (look)
        str_add_repeated(&s->looks, 0, s->text.length - s->looks.length);
    str_add_n(&s->text, text, length);
    if (look)
        str_add_repeated(&s->looks, (char)look, length);
}

static unsigned look_at(const struct styled *s, size_t i)
{
    return i < s->looks.length ? (unsigned char)s->looks.data[i] : 0;
}

void styled_add_part(struct styled *to, const struct styled *from, size_t begin, size_t end)
{
    for (size_t stop, i = begin; i < end; i = stop) {
        unsigned look = look_at(from, i);
        for (stop = i < from->looks.length ? i + 1 : end; stop < end && look_at(from, stop) == look;)
            stop++;
        styled_add(to, from->text.data + i, stop - i, look);
    }
}

void styled_append(struct styled *to, const struct styled *from)
{
    styled_add_part(to, from, 0, from->text.length);
}

void styled_trim(struct styled *s)
{
    size_t begin = strspn(str_text(&s->text), " ");
    while (s->text.length > begin && s->text.data[s->text.length - 1] == ' ')
        s->text.length--;
    struct styled whole = *s;
    *s = (struct styled){0};
    styled_add_part(s, &whole, begin, whole.text.length);
    styled_free(&whole);
}

unsigned styled_width(const struct styled *s)
{
    return (unsigned)text_width(str_text(&s->text));
}

void styled_write(const struct styled *s, size_t begin, size_t end, bool color, struct str *out)
{
    static const char *const colors[] = {"", ";31", ";33", ";32", ";36", ";35"};
    unsigned now = 0;
    for (size_t to, i = begin; i < end; i = to) {
        unsigned look = look_at(s, i);
        for (to = i; to < end && look_at(s, to) == look;)
            to++;
        if (color && look != now)
            str_printf(out, "\033[0%s%s%sm", look & LOOK_BOLD ? ";1" : "", look & LOOK_DIM ? ";2" : "",
                       colors[look / LOOK_COLOR]);
        now = look;
        str_add_n(out, s->text.data + i, to - i);
    }
    if (color && now)
        str_add(out, "\033[0m");
}

/* Bytes up to where a line may end. */
static size_t word_length(const char *text, size_t length, unsigned flags)
{
    size_t n = 0;
    while (n < length && text[n] != ' ' && !(n && flags & BREAK_HYPHENS && text[n - 1] == '-'))
        n++;
    return n;
}

unsigned longest_word(const char *text, unsigned flags)
{
    size_t longest = 0;
    for (const char *p = text; *p; p += strspn(p, " ")) {
        size_t word = word_length(p, strlen(p), flags), width = text_width_n(p, word);
        longest = width > longest ? width : longest;
        p += word;
    }
    return (unsigned)longest;
}

struct span *break_lines(const char *text, size_t length, unsigned width, unsigned flags, size_t *count)
{
    struct span *lines = NULL;
    size_t used = 0;
    *count = 0;
    while (length && text[length - 1] == ' ')
        length--;
    if (length && text[0] != ' ' && text_width_n(text, length) <= width) {
        lines = mem_alloc(sizeof *lines);
        lines[(*count)++] = (struct span){0, length};
        return lines;
    }
    for (size_t at = 0; at < length;) {
        size_t gap = 0;
        while (at + gap < length && text[at + gap] == ' ')
            gap++;
        size_t begin = at + gap, word = word_length(text + begin, length - begin, flags);
        size_t wide = text_width_n(text + begin, word);
        if (!word)
            break;
        if (*count && used && used + gap + wide <= width) {
            lines[*count - 1].end = begin + word;
            used += gap + wide;
        } else {
            if (wide > width && !(flags & BREAK_NO_WORD)) {
                word = text_fitting(text + begin, word, width);
                wide = width; /* nothing follows it on its line */
            }
            MEM_ROOM(lines, *count);
            lines[(*count)++] = (struct span){begin, begin + word};
            used = wide;
        }
        at = begin + word;
    }
    return lines;
}
