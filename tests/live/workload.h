/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the workloads share: each makes its condition, prints "ready", and holds it until standard input ends or its time is
 * up, so that none outlives the test that started it. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024UL * 1024)
#define HOLD_SECONDS_MAX 180

__attribute__((noreturn, unused)) static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

__attribute__((unused)) static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

__attribute__((unused)) static unsigned long number(int argc, char **argv, int i, unsigned long otherwise)
{
    return i < argc ? strtoul(argv[i], NULL, 10) : otherwise;
}

/* Dies with the test that started it, and does not take the machine along when memory runs out. */
__attribute__((unused)) static void begin(void)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    if (fd >= 0) {
        if (write(fd, "1000", 4) < 0)
            perror("oom_score_adj");
        close(fd);
    }
}

__attribute__((unused)) static void ready(void)
{
    puts("ready");
    fflush(stdout);
}

/* Waits at most `seconds`; true when standard input has ended. */
__attribute__((unused)) static bool ended(double seconds)
{
    double until = now() + seconds;
    for (;;) {
        double left = until - now();
        struct pollfd p = {.fd = 0, .events = POLLIN};
        int n = poll(&p, 1, left > 0 ? (int)(left * 1000) : 0);
        if (n > 0) {
            char c;
            if (read(0, &c, 1) <= 0)
                return true;
        } else if (n == 0) {
            return false;
        } else if (errno != EINTR) {
            return true;
        }
    }
}

/* A kB value of /proc/meminfo, in bytes. */
__attribute__((unused)) static unsigned long meminfo(const char *name)
{
    FILE *f = fopen("/proc/meminfo", "re");
    if (!f)
        fail("/proc/meminfo");
    char line[256];
    unsigned long kb = 0;
    size_t n = strlen(name);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, name, n) == 0 && line[n] == ':')
            kb = strtoul(line + n + 1, NULL, 10);
    fclose(f);
    return kb * 1024;
}

#endif
