/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Theil–Sen: the median of the slopes between all pairs of points, which one outlier or a saw-tooth does not bend. */
#include "base/trend.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static const double normal_95 = 1.959963985;

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Var(S) of Mann–Kendall, lowered by groups of equal values. */
static double variance(const double *value, size_t n)
{
    double *sorted = mem_array(n, sizeof *sorted), m = (double)n, v = m * (m - 1) * (2 * m + 5);
    for (size_t i = 0; i < n; i++)
        sorted[i] = value[i];
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 0, same; i < n; i += same) {
        for (same = 1; i + same < n && sorted[i + same] == sorted[i]; same++)
            ;
        double t = (double)same;
        v -= t * (t - 1) * (2 * t + 5);
    }
    free(sorted);
    return v / 18;
}

static double slope_of(const double *time, const double *value, size_t n, double *low, double *high)
{
    double *slopes = mem_array(n * n / 2 + 1, sizeof *slopes);
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (time[j] > time[i])
                slopes[count++] = (value[j] - value[i]) / (time[j] - time[i]);
    double slope = NAN;
    if (low)
        *low = *high = NAN;
    if (count) {
        qsort(slopes, count, sizeof *slopes, compare);
        slope = count % 2 ? slopes[count / 2] : (slopes[count / 2 - 1] + slopes[count / 2]) / 2;
        if (low) {
            double reach = normal_95 * sqrt(fmax(variance(value, n), 0)), middle = (double)count / 2,
                   last = (double)(count - 1);
            *low = slopes[(size_t)fmin(fmax(floor(middle - reach / 2), 0), last)];
            *high = slopes[(size_t)fmin(fmax(ceil(middle + reach / 2), 0), last)];
        }
    }
    free(slopes);
    return slope;
}

static double median(const double *value, size_t n)
{
    double *sorted = mem_array(n, sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = value[i];
    qsort(sorted, n, sizeof *sorted, compare);
    double m = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    free(sorted);
    return m;
}

/* The largest change from one point to the next, as far as the medians before and after it differ in the same direction. */
static double jump_of(const double *value, size_t n, double change)
{
    size_t at = 1;
    for (size_t i = 2; i < n; i++)
        if (fabs(value[i] - value[i - 1]) > fabs(value[at] - value[at - 1]))
            at = i;
    double jump = value[at] - value[at - 1], levels = median(value + at, n - at) - median(value, at);
    return jump * change > 0 && levels * jump > 0 ? fmin(fabs(jump), fabs(levels)) : 0;
}

static double drawdown(const double *value, size_t n)
{
    double peak = value[0], worst = 0;
    for (size_t i = 1; i < n; i++) {
        peak = fmax(peak, value[i]);
        worst = fmax(worst, peak - value[i]);
    }
    return worst;
}

void trend_find(const double *time, const double *value, size_t count, struct trend *out)
{
    *out = (struct trend){NAN, NAN, NAN, 0, NAN, NAN, NAN, true, {NAN, NAN, NAN}, NAN, NAN, NAN};
    if (!count)
        return;
    out->first = value[0];
    out->last = value[count - 1];
    out->change = out->last - out->first;
    out->window = time[count - 1] - time[0];
    if (count < 2)
        return;
    out->slope = slope_of(time, value, count, &out->low, &out->high);
    out->is_short = count < TREND_POINTS_MIN || out->window < TREND_WINDOW_MIN_S;
    if (out->is_short)
        return;
    double slowest = INFINITY;
    for (size_t i = 0; i < 3; i++) {
        size_t from = i * (count - 1) / 3, to = (i + 1) * (count - 1) / 3;
        out->third[i] = slope_of(time + from, value + from, to - from + 1, NULL, NULL);
        slowest = fmin(slowest, out->third[i]);
    }
    out->jump = jump_of(value, count, out->change);
    out->fall = drawdown(value, count);
    out->evenness = 0;
    if (out->slope > 0 && out->change > 0)
        out->evenness = fmin(fmax(fmin(slowest / out->slope, 1 - out->jump / out->change), 0), 1);
}
