/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/memory_map.h"

#include <string.h>

#include "report/lookup.h"

const struct map_look map_looks[MAP_KINDS] = {
    [MAP_ABSENT] = {'r', "reserved", "k-absent", "reserved or absent"},
    [MAP_UNSEEN] = {'?', "not scanned", "k-unseen", "not looked at"},
    [MAP_FREE] = {'.', "free", "k-free", "free"},
    [MAP_MOVABLE] = {'m', "movable", "k-movable", "movable only"},
    [MAP_HUGE] = {'h', "huge pages", "k-huge", "huge pages"},
    [MAP_TABLES] = {'t', "page tables", "k-tables", "page tables"},
    [MAP_SLAB] = {'s', "slab", "k-slab", "slab"},
    [MAP_MIXED] = {'x', "mixed", "k-mixed", "mixed, unmovable"},
    [MAP_KERNEL] = {'k', "kernel", "k-kernel", "kernel, unnamed"},
    [MAP_PINNED] = {'p', "pinned user", "k-pinned", "pinned user pages"},
};

static unsigned char kind_of(char letter)
{
    for (unsigned char i = 0; i < MAP_KINDS; i++)
        if (map_looks[i].letter == letter)
            return i;
    return MAP_UNSEEN;
}

bool memory_map_read(struct memory_map *m, const struct table *t)
{
    memset(m, 0, sizeof *m);
    m->blocks_per_cell = 1;
    for (size_t row = 0; t && row < t->rows && m->rows < MAP_SIDE_MAX; row++) {
        const char *cells = lookup_text(t, row, "cells");
        unsigned length = 0;
        for (; cells[length] && length < MAP_SIDE_MAX; length++)
            m->cell[m->rows][length] = kind_of(cells[length]);
        if (!lookup_number(t, row, "address", &m->address[m->rows]))
            m->address[m->rows] = -1;
        m->columns = length > m->columns ? length : m->columns;
        m->rows++;
    }
    double blocks;
    if (lookup_number(t, 0, "blocks_per_cell", &blocks) && blocks >= 1)
        m->blocks_per_cell = blocks;
    return m->columns > 0;
}

static unsigned char most_of(const struct memory_map *m, unsigned row, unsigned row_end, unsigned column,
                             unsigned column_end)
{
    unsigned count[MAP_KINDS] = {0};
    unsigned char best = MAP_ABSENT;
    for (unsigned r = row; r < row_end && r < m->rows; r++)
        for (unsigned c = column; c < column_end && c < m->columns; c++)
            count[m->cell[r][c]]++;
    for (unsigned char kind = 0; kind < MAP_KINDS; kind++)
        if (count[kind] >= count[best])
            best = kind;
    return best;
}

void memory_map_reduce(struct memory_map *out, const struct memory_map *m, unsigned group_rows, unsigned group_columns)
{
    memset(out, 0, sizeof *out);
    out->rows = (m->rows + group_rows - 1) / group_rows;
    out->columns = (m->columns + group_columns - 1) / group_columns;
    out->blocks_per_cell = m->blocks_per_cell * group_rows * group_columns;
    for (unsigned r = 0; r < out->rows; r++) {
        unsigned row = r * group_rows;
        out->address[r] = m->address[row];
        for (unsigned c = 0; c < out->columns; c++)
            out->cell[r][c] = most_of(m, row, row + group_rows, c * group_columns, (c + 1) * group_columns);
    }
}

static bool is_in(const struct memory_map *m, unsigned row, unsigned column, unsigned kinds)
{
    return column < m->columns && (kinds >> m->cell[row][column] & 1);
}

void memory_map_path(const struct memory_map *m, unsigned kinds, struct str *out)
{
    unsigned at_row = 0, at_column = 0; /* where the pen is: moves are relative, as that is shorter */
    bool begun = false;
    for (unsigned row = 0; row < m->rows; row++)
        for (unsigned column = 0; column < m->columns; column++) {
            if (!is_in(m, row, column, kinds))
                continue;
            unsigned end = column + 1;
            while (is_in(m, row, end, kinds))
                end++;
            if (begun)
                str_printf(out, "m%d %u", (int)column - (int)at_column, row - at_row);
            else
                str_printf(out, "M%u %u.5", column, row);
            str_printf(out, "h%u", end - column);
            begun = true;
            at_row = row;
            at_column = column = end;
        }
}
