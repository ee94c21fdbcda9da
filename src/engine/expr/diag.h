/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong with a playbook: all complaints of one run, each at file:line:column. */
#ifndef FW_ENGINE_EXPR_DIAG_H
#define FW_ENGINE_EXPR_DIAG_H

#include <stddef.h>

#include "base/mem.h"

struct mark {
    const char *file;
    unsigned line, column; /* 1-based; 0: unknown */
};

/* The order of two marks, as strcmp() tells it: by file, line, then column. */
int mark_compare(const struct mark *a, const struct mark *b);

struct diags {
    struct arena arena; /* owns texts and file names */
    struct diag {
        struct mark mark;
        const char *text; /* clean, as it quotes what was written */
    } * items;
    size_t count;
    size_t more; /* complaints past DIAGS_MAX, only counted */
};

#define DIAGS_MAX 200

void diag_add(struct diags *d, struct mark at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diags_sort(struct diags *d); /* by their marks; stable */
/* "file:line:column: text\n" each; parts of the mark that are unknown are left out. */
void diags_print(const struct diags *d, void *stream_FILE);
void diags_free(struct diags *d);

#endif
