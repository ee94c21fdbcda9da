/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trend of a short series: Theil-Sen slope with a confidence interval, and how evenly it came about. */
#ifndef FW_BASE_TREND_H
#define FW_BASE_TREND_H

#include <stdbool.h>
#include <stddef.h>

/* With less a window is too short. */
#define TREND_POINTS_MIN 8
#define TREND_WINDOW_MIN_S 10.0
#define TREND_TOO_SHORT "window too short: 8 samples over 10 s are needed"

struct trend {
    double first, last, change, window;
    double slope, low, high; /* units per second, 95 % interval; NaN with fewer than 2 points */
    bool is_short;           /* too short for the interval to mean much, and for the following, which are NaN */
    double third[3];         /* slopes of the thirds of the window */
    double jump; /* largest change between two points, as far as the level stayed changed; 0 against the trend */
    double fall; /* deepest fall below a value reached before */
    double
        evenness; /* 0 to 1, a straight line: the lesser of the slowest third's slope as a share of the whole, and the
                         share of the change without the jump; 0 if there is no growth */
};
void trend_find(const double *time, const double *value, size_t count, struct trend *out);

#endif
