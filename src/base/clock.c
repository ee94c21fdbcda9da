/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <math.h>
#include <string.h>
#include <time.h>

static double seconds_of(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double clock_now(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double clock_wall(void)
{
    return seconds_of(CLOCK_REALTIME);
}

/* A time out of range (a damaged case file) is the epoch. */
static struct tm calendar(double wall)
{
    struct tm t;
    time_t whole = isfinite(wall) && wall >= 0 && wall < 253402300800.0 ? (time_t)wall : 0;
    if (!gmtime_r(&whole, &t))
        memset(&t, 0, sizeof t);
    return t;
}

void clock_iso(char out[32], double wall)
{
    struct tm t = calendar(wall);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &t);
}

void clock_stamp(char out[32], double wall)
{
    struct tm t = calendar(wall);
    strftime(out, 32, "%Y%m%dT%H%MZ", &t);
}
