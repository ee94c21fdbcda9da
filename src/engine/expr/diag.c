/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Complaints about what an author wrote, kept until all of it has been read. */
#include "engine/expr/diag.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { DIAG_TEXT_MAX = 1024 };

static const char *clean_copy(struct diags *d, const char *raw)
{
    char clean[DIAG_TEXT_MAX];
    size_t n = text_clean(clean, sizeof clean, raw, strlen(raw));
    return arena_strndup(&d->arena, clean, n);
}

void diag_add(struct diags *d, struct mark at, const char *format, ...)
{
    if (d->count == DIAGS_MAX) {
        d->more++;
        return;
    }
    MEM_ROOM(d->items, d->count);
    char text[DIAG_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* The file's name is copied, as complaints outlive the playbook that they refuse. */
    const char *last = d->count ? d->items[d->count - 1].mark.file : NULL;
    if (at.file)
        at.file = last && strcmp(last, at.file) == 0 ? last : clean_copy(d, at.file);
    d->items[d->count++] = (struct diag){at, clean_copy(d, text)};
}

int mark_compare(const struct mark *a, const struct mark *b)
{
    int order = a->file && b->file ? strcmp(a->file, b->file) : 0;
    if (!order)
        order = (a->line > b->line) - (a->line < b->line);
    return order ? order : (a->column > b->column) - (a->column < b->column);
}

void diags_sort(struct diags *d)
{
    for (size_t i = 1; i < d->count; i++) {
        struct diag moved = d->items[i];
        size_t k = i;
        for (; k > 0 && mark_compare(&moved.mark, &d->items[k - 1].mark) < 0; k--)
            d->items[k] = d->items[k - 1];
        d->items[k] = moved;
    }
}

void diags_print(const struct diags *d, void *stream_FILE)
{
    FILE *stream = stream_FILE;
    for (size_t i = 0; i < d->count; i++) {
        const struct mark *m = &d->items[i].mark;
        if (m->file)
            fprintf(stream, "%s:", m->file);
        if (m->line)
            fprintf(stream, "%u:", m->line);
        if (m->line && m->column)
            fprintf(stream, "%u:", m->column);
        fprintf(stream, "%s%s\n", m->file || m->line ? " " : "", d->items[i].text);
    }
    if (d->more)
        fprintf(stream, "and %zu more\n", d->more);
}

void diags_free(struct diags *d)
{
    free(d->items);
    arena_free(&d->arena);
    *d = (struct diags){0};
}
