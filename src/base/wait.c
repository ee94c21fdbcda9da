/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/wait.h"

#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <sys/select.h>
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
    /* blocked between the check and pselect, so that a signal in between is not slept through */
    sigset_t set, before;
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, &before);
    int ready = 0;
    /* not ppoll, whose checked form in glibc before 2.37 takes a 64-bit time for a 32-bit one */
    fd_set in;
    FD_ZERO(&in);
    if (fd >= 0)
        FD_SET(fd, &in);
    if (!caught)
        ready = pselect(fd + 1, &in, NULL, NULL, isfinite(until) ? &timeout : NULL, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return caught ? WAKE_SIGNAL : ready > 0 ? WAKE_INPUT : WAKE_TIME;
}
