/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A captured tree made by a test, and a probe's facts over it. */
#ifndef FW_TESTS_TREE_H
#define FW_TESTS_TREE_H

/* cmocka wants these first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts/probe.h"

struct tree {
    char path[200];
    struct root root;
    struct probe_input in;
    struct facts *facts;
};

static inline void tree_new(struct tree *t)
{
    memset(t, 0, sizeof *t);
    const char *directory = getenv("TMPDIR");
    snprintf(t->path, sizeof t->path, "%s/fw-test-XXXXXX", directory && strlen(directory) < 150 ? directory : "/tmp");
    assert_non_null(mkdtemp(t->path));
}

static inline void tree_file(struct tree *t, const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", t->path, path);
    for (char *slash = strchr(full + strlen(t->path) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(full, 0700);
        *slash = '/';
    }
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static inline void tree_open(struct tree *t)
{
    struct err e;
    char proc[220];
    snprintf(proc, sizeof proc, "%s/proc", t->path);
    (void)mkdir(proc, 0700);
    if (!root_open(&t->root, t->path, &e))
        fail_msg("%s", e.text);
    t->in = (struct probe_input){.root = &t->root};
}

/* Facts of a probe over all moments of the tree, or over the one there is. */
static inline struct facts *tree_facts(struct tree *t, const char *probe)
{
    const struct probe *p = probe_find(probe);
    struct err e;
    assert_non_null(p);
    if (!t->root.path)
        tree_open(t);
    void *state = p->open ? p->open(&t->in) : NULL;
    for (size_t i = 0; p->sample && i < (t->root.moments ? t->root.moments : 1); i++) {
        struct root moment = t->root;
        struct probe_input in = t->in;
        in.root = &moment;
        if (t->root.moments)
            assert_true(root_moment(&t->root, i, &moment, &e));
        p->sample(state, &in, t->root.moments ? t->root.moment_time[i] : 0);
        if (t->root.moments)
            root_moment_close(&moment);
    }
    facts_free(t->facts);
    t->facts = probe_collect(p, state, &t->in);
    if (state)
        p->close(state);
    return t->facts;
}

static inline int tree_remove_one(const char *path, const struct stat *s, int flag, struct FTW *w)
{
    (void)s;
    (void)flag;
    (void)w;
    return remove(path);
}

static inline void tree_free(struct tree *t)
{
    facts_free(t->facts);
    if (t->root.path)
        root_close(&t->root);
    nftw(t->path, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct value fact_at(struct facts *f, const char *table, size_t row, const char *column)
{
    struct table *t = facts_table(f, table);
    if (!t)
        fail_msg("no table %s", table);
    int c = table_decl_column(t->decl, column);
    if (c < 0)
        fail_msg("table %s has no column %s", table, column);
    if (row >= t->rows)
        fail_msg("table %s has %zu rows", table, t->rows);
    return cell_get(t, row, (unsigned)c);
}

/* The row of a table in which a text column has this value. */
static inline size_t fact_row(struct facts *f, const char *table, const char *column, const char *text)
{
    struct table *t = facts_table(f, table);
    for (size_t i = 0; i < t->rows; i++) {
        struct value v = fact_at(f, table, i, column);
        if (v.known && strcmp(v.text, text) == 0)
            return i;
    }
    fail_msg("table %s has no row %s", table, text);
    return 0;
}

#define NUMBER(f, table, row, column) fact_number(f, table, row, column, __LINE__)
static inline double fact_number(struct facts *f, const char *table, size_t row, const char *column, int line)
{
    struct value v = fact_at(f, table, row, column);
    if (!v.known)
        fail_msg("line %d: %s.%s is unknown: %s", line, table, column, v.why);
    return v.type == TYPE_BOOL ? v.truth : v.number;
}

static inline const char *fact_text(struct facts *f, const char *table, size_t row, const char *column)
{
    struct value v = fact_at(f, table, row, column);
    if (!v.known)
        fail_msg("%s.%s is unknown: %s", table, column, v.why);
    return v.text;
}

static inline const char *fact_why(struct facts *f, const char *table, size_t row, const char *column)
{
    struct value v = fact_at(f, table, row, column);
    if (v.known)
        fail_msg("%s.%s is known", table, column);
    return v.why;
}

static inline int tree_setup(void **state)
{
    struct tree *t = calloc(1, sizeof *t);
    tree_new(t);
    *state = t;
    return 0;
}

static inline int tree_teardown(void **state)
{
    tree_free(*state);
    free(*state);
    return 0;
}
#define tree_test(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

#define assert_near(a, b, within)                                                                                      \
    do {                                                                                                               \
        double near_a = (a), near_b = (b);                                                                             \
        if (!(near_a - near_b <= (within) && near_b - near_a <= (within)))                                             \
            fail_msg("line %d: %s is %.6g, not %.6g", __LINE__, #a, near_a, near_b);                                   \
    } while (0)

#endif
