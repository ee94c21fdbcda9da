/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/jvm/jvm_live.h"

#include <math.h>

static bool rose(const struct jvm_point *points, size_t at, enum jvm_kind kind)
{
    return at && points[at].collections[kind] > points[at - 1].collections[kind];
}

static size_t least(const struct jvm_point *points, size_t from, size_t to)
{
    size_t at = from;
    for (size_t i = from; i < to; i++)
        if (points[i].left <= points[at].left)
            at = i;
    return at;
}

/* The point that shows what the last full collection left; 0: there was none. */
static size_t after_full(const struct jvm_point *points, size_t count)
{
    for (size_t i = count; i-- > 1;)
        if (rose(points, i, JVM_FULL))
            return i;
    return 0;
}

/* The point that shows what the last cycle left that another has followed; 0: there was none. */
static size_t after_cycle(const struct jvm_point *points, size_t count)
{
    if (!count)
        return 0;
    double begin = points[0].collections[JVM_CONCURRENT];
    for (size_t next = count; next-- > 1;) {
        double before = points[next - 1].collections[JVM_CONCURRENT];
        if (!rose(points, next, JVM_CONCURRENT) || before < begin + 2)
            continue;
        size_t from = next - 1;
        while (from > 1 && points[from - 1].collections[JVM_CONCURRENT] >= before - 1 &&
               points[from - 1].collections[JVM_CONCURRENT] > begin)
            from--;
        return least(points, from, next);
    }
    return 0;
}

size_t jvm_live(const struct jvm_point *points, size_t count, double *live)
{
    size_t full = after_full(points, count), cycle = after_cycle(points, count), last = full > cycle ? full : cycle;
    if (!last)
        return 0;
    double floor = INFINITY;
    for (size_t i = last + 1; i-- > 0;)
        live[i] = floor = fmin(floor, points[i].left);
    return last + 1;
}
