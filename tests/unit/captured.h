/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A captured tree made on the spot, for tests of probes: captured_write(&c, "proc/12/stat", text). */
#ifndef FW_TESTS_CAPTURED_H
#define FW_TESTS_CAPTURED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/probe.h"

struct captured {
    char path[64];
    struct root root;
};

static inline void captured_new(struct captured *c)
{
    *c = (struct captured){.path = "/tmp/fragwizard-test-XXXXXX"};
    assert_non_null(mkdtemp(c->path));
    char proc[80];
    snprintf(proc, sizeof proc, "%s/proc", c->path);
    assert_int_equal(mkdir(proc, 0700), 0);
}

static inline void captured_write_n(const struct captured *c, const char *file, const char *text, size_t length)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", c->path, file);
    for (char *slash = path + strlen(c->path) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

static inline void captured_write(const struct captured *c, const char *file, const char *text)
{
    captured_write_n(c, file, text, strlen(text));
}

static inline void captured_open(struct captured *c)
{
    struct err e = {0};
    if (!root_open(&c->root, c->path, &e))
        fail_msg("%s", e.text);
}

static inline int captured_remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static inline void captured_free(struct captured *c)
{
    root_close(&c->root);
    nftw(c->path, captured_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The cell of the row whose first column has that number (or the only row: -1). */
static inline struct value captured_cell(struct facts *f, const char *table, double key, const char *column)
{
    const struct table *t = facts_table(f, table);
    assert_non_null(t);
    int at = table_decl_column(t->decl, column);
    assert_true(at >= 0);
    for (size_t i = 0; i < t->rows; i++) {
        struct value v = cell_get(t, i, 0);
        if (key < 0 || (v.known && v.type != TYPE_TEXT && v.number == key))
            return cell_get(t, i, (unsigned)at);
    }
    fail_msg("no row %g in %s", key, table);
    return value_unknown(TYPE_COUNT, "");
}

static inline double captured_number(struct facts *f, const char *table, double key, const char *column)
{
    struct value v = captured_cell(f, table, key, column);
    if (!v.known)
        fail_msg("%s.%s is unknown: %s", table, column, v.why);
    return v.number;
}

static inline const char *captured_text(struct facts *f, const char *table, double key, const char *column)
{
    struct value v = captured_cell(f, table, key, column);
    return v.known ? v.text : "(unknown)";
}

#endif
