/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/wait.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

#define WAIT_MAX_S 1e6 /* at once: time_t may be small */

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

void wait_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &action, NULL);
}

int wait_signal(void)
{
    return caught;
}

enum wake wait_for(int fd, double until)
{
    double left = fmin(fmax(until - clock_now(), 0), WAIT_MAX_S);
    struct timespec timeout = {.tv_sec = (time_t)left};
    timeout.tv_nsec = (long)((left - (double)timeout.tv_sec) * 1e9);
    /* blocked between the check and ppoll, so that a signal in between is not slept through */
    sigset_t set, before;
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, &before);
    int ready = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (!caught)
        ready = ppoll(&p, fd >= 0 ? 1 : 0, isfinite(until) ? &timeout : NULL, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return caught ? WAKE_SIGNAL : ready > 0 ? WAKE_INPUT : WAKE_TIME;
}
