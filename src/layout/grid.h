/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table of text fitted into a width: the one layout of the terminal's tables and of the text report's. */
#ifndef FW_LAYOUT_GRID_H
#define FW_LAYOUT_GRID_H

#include "layout/styled.h"

struct grid_column {
    bool right;     /* numbers stand to the right */
    unsigned least; /* what its cells can be narrowed to; more is needed if a word of its heading is wider */
    unsigned width; /* set by grid_fit() */
};

struct grid {
    struct styled *cells; /* row by row */
    struct grid_column *column;
    size_t rows, heads, columns; /* the first `heads` rows are headings */
    size_t shown;                /* so many leading columns are laid out */
    unsigned gap;                /* between columns */
};

/* Empty cells, all columns shown, a gap of two. */
struct grid grid_new(size_t rows, size_t heads, size_t columns);
void grid_free(struct grid *g);
#define AUTO_GRID __attribute__((unused, cleanup(grid_free)))
struct styled *grid_cell(const struct grid *g, size_t row, size_t column);

/* Widths that fit: the widest columns that can shrink do. False if none can; the widths are then the least. */
bool grid_fit(struct grid *g, unsigned width);
unsigned grid_width(const struct grid *g);
/* The lines, each cell broken between words at its column's width; columns narrow to what is in them. Caller frees each, and
 * the list. *heads (may be NULL): how many of them are headings. */
struct styled *grid_draw(struct grid *g, size_t *count, size_t *heads);

#endif
