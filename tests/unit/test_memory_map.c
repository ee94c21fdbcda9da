/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map of memory as cells: whatever its table holds, each cell is drawn once and as what it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "facts/probe.h"
#include "report/memory_map.h"

static const struct column columns[] = {{"row", TYPE_COUNT, ""},
                                        {"address", TYPE_BYTES, ""},
                                        {"cells", TYPE_TEXT, ""},
                                        {"blocks_per_cell", TYPE_COUNT, ""}};
static const struct table_decl map_table = {.name = "map", .help = "", .columns = columns, .column_count = 4};
static const struct probe map_probe = {.name = "test", .help = "", .tables = &map_table, .table_count = 1};

/* Rows of cells, ended by NULL, as a map. */
static bool read_rows(struct memory_map *m, const char *const *rows)
{
    struct facts *f = facts_new(&map_probe);
    struct table *t = &f->tables[0];
    for (size_t i = 0; rows[i]; i++) {
        size_t r = table_add(t);
        cell_number(t, r, 1, (double)i * 1024);
        cell_text(t, r, 2, rows[i]);
        cell_number(t, r, 3, 2);
    }
    bool good = memory_map_read(m, t);
    facts_free(f);
    return good;
}

static void path_is(const struct memory_map *m, unsigned kinds, const char *expected)
{
    AUTO_STR struct str path = {0};
    memory_map_path(m, kinds, &path);
    assert_string_equal(str_text(&path), expected);
}

static void runs_become_lines(void **state)
{
    (void)state;
    struct memory_map m;
    assert_true(read_rows(&m, (const char *const[]){"mm.s", "smm", "...m", NULL}));
    assert_int_equal(m.rows, 3);
    assert_int_equal(m.columns, 4);
    assert_true(m.address[2] == 2048);
    assert_true(m.blocks_per_cell == 2);
    path_is(&m, 1u << MAP_MOVABLE, "M0 0.5h2m-1 1h2m0 1h1");
    path_is(&m, 1u << MAP_SLAB, "M3 0.5h1m-4 1h1");
    path_is(&m, 1u << MAP_SLAB | 1u << MAP_MOVABLE, "M0 0.5h2m1 0h1m-4 1h3m0 1h1");
    path_is(&m, 1u << MAP_ABSENT, "M3 1.5h1"); /* where a row is short */
    path_is(&m, 1u << MAP_PINNED, "");
    assert_true(read_rows(&m, (const char *const[]){"..", "..", "ss", NULL}));
    path_is(&m, 1u << MAP_SLAB, "M0 2.5h2");
}

/* Every letter that the probe draws has a kind of its own. */
static void letters_have_kinds(void **state)
{
    (void)state;
    struct memory_map m;
    assert_true(read_rows(&m, (const char *const[]){".msthrkpx?", NULL}));
    unsigned seen = 0;
    for (unsigned i = 0; i < m.columns; i++) {
        assert_int_equal(map_looks[m.cell[0][i]].letter, ".msthrkpx?"[i]);
        seen |= 1u << m.cell[0][i];
    }
    assert_int_equal(seen, (1u << MAP_KINDS) - 1);
}

static void nothing_gives_nothing(void **state)
{
    (void)state;
    struct memory_map m;
    assert_false(memory_map_read(&m, NULL));
    assert_false(read_rows(&m, (const char *const[]){NULL}));
    assert_false(read_rows(&m, (const char *const[]){"", "", NULL}));
    path_is(&m, ~0u, "");
}

static void other_letters_were_not_seen(void **state)
{
    (void)state;
    struct memory_map m;
    assert_true(read_rows(&m, (const char *const[]){"<s>é\"", "\x80\xff\n", NULL}));
    for (unsigned row = 0; row < m.rows; row++)
        for (unsigned column = 0; column < m.columns; column++)
            assert_true(m.cell[row][column] < MAP_KINDS);
    assert_int_equal(m.cell[0][0], MAP_UNSEEN);
    assert_int_equal(m.cell[0][1], MAP_SLAB);
    assert_int_equal(m.cell[0][3], MAP_UNSEEN);
}

static void what_is_too_large_is_cut(void **state)
{
    (void)state;
    char wide[1000];
    memset(wide, 's', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    const char *rows[1000];
    for (size_t i = 0; i < 999; i++)
        rows[i] = wide;
    rows[999] = NULL;
    struct memory_map m;
    assert_true(read_rows(&m, rows));
    assert_int_equal(m.rows, MAP_SIDE_MAX);
    assert_int_equal(m.columns, MAP_SIDE_MAX);
}

/* Walks a path as a browser does and counts how often each cell is drawn. */
static void draw(const char *path, unsigned char drawn[MAP_SIDE_MAX][MAP_SIDE_MAX])
{
    int x = 0, y = 0, dx, dy, n, used;
    if (!*path)
        return;
    assert_int_equal(sscanf(path, "M%d %d.5%n", &x, &y, &used), 2);
    for (path += used; *path; path += used) {
        if (sscanf(path, "h%d%n", &n, &used) == 1) {
            assert_true(n > 0);
            while (n--) {
                assert_in_range(x, 0, MAP_SIDE_MAX - 1);
                assert_in_range(y, 0, MAP_SIDE_MAX - 1);
                drawn[y][x++]++;
            }
        } else {
            assert_int_equal(sscanf(path, "m%d %d%n", &dx, &dy, &used), 2);
            x += dx;
            y += dy;
        }
    }
}

static void every_cell_is_drawn_once(void **state)
{
    (void)state;
    static const char letters[] = ".msthrkpx?Z";
    unsigned seed = 1;
    for (int round = 0; round < 40; round++) {
        char text[20][40];
        const char *rows[21] = {0};
        for (int i = 0; i < 20; i++) {
            unsigned length = (seed = seed * 1103515245 + 12345) >> 16 & 31;
            for (unsigned k = 0; k < length; k++)
                text[i][k] = letters[((seed = seed * 1103515245 + 12345) >> 16) % (sizeof letters - 1)];
            text[i][length] = '\0';
            rows[i] = text[i];
        }
        struct memory_map m;
        if (!read_rows(&m, rows))
            continue;
        unsigned char all[MAP_SIDE_MAX][MAP_SIDE_MAX] = {0};
        for (unsigned kind = 0; kind < MAP_KINDS; kind++) {
            unsigned char one[MAP_SIDE_MAX][MAP_SIDE_MAX] = {0};
            AUTO_STR struct str path = {0};
            memory_map_path(&m, 1u << kind, &path);
            draw(str_text(&path), one);
            draw(str_text(&path), all);
            for (unsigned r = 0; r < m.rows; r++)
                for (unsigned c = 0; c < m.columns; c++)
                    assert_int_equal(one[r][c], m.cell[r][c] == kind);
        }
        for (unsigned r = 0; r < MAP_SIDE_MAX; r++)
            for (unsigned c = 0; c < MAP_SIDE_MAX; c++)
                assert_int_equal(all[r][c], r < m.rows && c < m.columns);
    }
}

static void coarser_keeps_what_prevails(void **state)
{
    (void)state;
    struct memory_map m, half;
    assert_true(read_rows(&m, (const char *const[]){"mmss.", "mssm.", "kk", NULL}));
    memory_map_reduce(&half, &m, 2, 2);
    assert_int_equal(half.rows, 2);
    assert_int_equal(half.columns, 3);
    assert_true(half.blocks_per_cell == 8);
    assert_true(half.address[1] == 2048);
    assert_int_equal(half.cell[0][0], MAP_MOVABLE);
    assert_int_equal(half.cell[0][1], MAP_SLAB);
    assert_int_equal(half.cell[0][2], MAP_FREE);
    assert_int_equal(half.cell[1][0], MAP_KERNEL); /* of a last row alone */
    assert_int_equal(half.cell[1][2], MAP_ABSENT);
    /* of equals what is more in the way */
    assert_true(read_rows(&m, (const char *const[]){"ms", NULL}));
    memory_map_reduce(&half, &m, 1, 2);
    assert_int_equal(half.cell[0][0], MAP_SLAB);
    memory_map_reduce(&half, &m, 4, 4);
    assert_int_equal(half.rows * half.columns, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_become_lines),           cmocka_unit_test(letters_have_kinds),
        cmocka_unit_test(nothing_gives_nothing),       cmocka_unit_test(other_letters_were_not_seen),
        cmocka_unit_test(what_is_too_large_is_cut),    cmocka_unit_test(every_cell_is_drawn_once),
        cmocka_unit_test(coarser_keeps_what_prevails),
    };
    return cmocka_run_group_tests_name("memory_map", tests, NULL, NULL);
}
