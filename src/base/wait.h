/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place where the program sleeps: for input, a time or a signal, side by side. */
#ifndef FW_BASE_WAIT_H
#define FW_BASE_WAIT_H

enum wake { WAKE_INPUT, WAKE_TIME, WAKE_SIGNAL };

/* Until `fd` (or -1) is readable, `until` (clock_now; INFINITY: no end) has passed, or a signal that is caught came. */
enum wake wait_for(int fd, double until);

/* SIGINT, SIGTERM and SIGHUP are caught from here on. Once one came every wait ends at once. */
void wait_catch_signals(void);
int wait_signal(void); /* the last one; 0: none came */

#endif
