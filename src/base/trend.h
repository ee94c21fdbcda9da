/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trend of a short series: Theil–Sen slope with a confidence interval, and what shape the growth has. */
#ifndef FW_BASE_TREND_H
#define FW_BASE_TREND_H

#include <stddef.h>

#define TREND_POINTS_MIN 8
#define TREND_WINDOW_MIN_S 10.0

enum shape {
    SHAPE_SHORT,
    SHAPE_FLAT,
    SHAPE_EVEN,
    SHAPE_UNEVEN,
    SHAPE_LEVELLING,
    SHAPE_STEP,
    SHAPE_SHRINKING,
    SHAPE_VANISHED,
};
const char *shape_name(enum shape s);

struct trend {
    double slope, low, high; /* units per second, 95 % interval; NaN with fewer than 2 points */
    double first, last, change, window;
    enum shape shape;
};
void trend_find(const double *time, const double *value, size_t count, struct trend *out);

#endif
