/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Theil–Sen: the median of the slopes between all pairs of points, which one outlier or a saw-tooth does not bend. */
#include "base/trend.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

/* All heuristic: what is worth calling growth. */
static const double effect_bytes = 1024 * 1024, effect_share = 0.01;
static const double third_even = 0.3, third_level = 0.25, step_share = 0.6, drawdown_share = 0.5;
static const double normal_95 = 1.959963985;

const char *shape_name(enum shape s)
{
    static const char *const names[] = {"window too short", "flat", "even growth", "uneven growth",
                                        "levelling off",    "step", "shrinking",   "vanished"};
    return names[s];
}

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

/* One interval carries most of the change, and the level before and after it differs by as much. */
static bool is_step(const double *value, size_t n, double change, double effect)
{
    if (fabs(change) < effect)
        return false;
    size_t at = 1;
    for (size_t i = 2; i < n; i++)
        if (fabs(value[i] - value[i - 1]) > fabs(value[at] - value[at - 1]))
            at = i;
    double jump = value[at] - value[at - 1];
    if (jump * change <= 0 || fabs(jump) <= step_share * fabs(change))
        return false;
    double levels = median(value + at, n - at) - median(value, at);
    return levels * jump > 0 && fabs(levels) > step_share * fabs(jump) && fabs(levels) >= effect;
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

static enum shape shape_of(const double *time, const double *value, size_t n, const struct trend *t)
{
    if (n < TREND_POINTS_MIN || t->window < TREND_WINDOW_MIN_S)
        return SHAPE_SHORT;
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += value[i] / (double)n;
    double effect = fmax(effect_bytes, effect_share * mean), trend_change = t->slope * t->window;
    if (is_step(value, n, t->change, effect))
        return SHAPE_STEP;
    if (t->high < 0 && -trend_change >= effect)
        return SHAPE_SHRINKING;
    double third[3];
    for (size_t i = 0; i < 3; i++) {
        size_t from = i * (n - 1) / 3, to = (i + 1) * (n - 1) / 3;
        third[i] = slope_of(time + from, value + from, to - from + 1, NULL, NULL);
    }
    double fall = drawdown(value, n);
    if (!(t->low > 0) || trend_change < effect) {
        /* Growth that ended early leaves no slope overall: its first third tells. */
        bool early =
            t->change >= effect && third[0] * t->window / 3 >= t->change / 2 && third[2] < third_level * third[0];
        return early && fall <= drawdown_share * t->change ? SHAPE_LEVELLING : SHAPE_FLAT;
    }
    if (third[0] > third_even * t->slope && third[1] > third_even * t->slope && third[2] > third_even * t->slope)
        return SHAPE_EVEN;
    if (fall > drawdown_share * trend_change)
        return SHAPE_FLAT; /* a saw-tooth */
    return third[2] < third_level * third[0] ? SHAPE_LEVELLING : SHAPE_UNEVEN;
}

void trend_find(const double *time, const double *value, size_t count, struct trend *out)
{
    *out = (struct trend){
        .slope = NAN, .low = NAN, .high = NAN, .first = NAN, .last = NAN, .change = NAN, .shape = SHAPE_SHORT};
    if (!count)
        return;
    out->first = value[0];
    out->last = value[count - 1];
    out->change = out->last - out->first;
    out->window = time[count - 1] - time[0];
    if (count < 2)
        return;
    out->slope = slope_of(time, value, count, &out->low, &out->high);
    out->shape = shape_of(time, value, count, out);
}
