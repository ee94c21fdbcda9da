/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong with a playbook: all complaints of one run, each at file:line:column. */
#ifndef FW_ENGINE_DIAG_H
#define FW_ENGINE_DIAG_H

#include <stddef.h>

#include "base/mem.h"

struct mark {
    const char *file;
    unsigned line, column; /* 1-based; 0: unknown */
};

struct diags {
    struct arena arena;
    struct diag {
        struct mark mark;
        const char *text;
    } *items;
    size_t count, capacity;
};

#define DIAGS_MAX 200 /* further ones are counted as one "and more" line */

void diag_add(struct diags *d, struct mark at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diags_sort(struct diags *d);  /* by line, then column; stable */
void diags_print(const struct diags *d, void *stream_FILE); /* "file:line:column: text\n" each */
void diags_free(struct diags *d);

#endif
