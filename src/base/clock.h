/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Monotonic and wall time in seconds. */
#ifndef FW_BASE_CLOCK_H
#define FW_BASE_CLOCK_H

double clock_now(void);  /* CLOCK_MONOTONIC */
double clock_wall(void); /* since the epoch */

/* ISO 8601 UTC: "2026-11-21T01:22:38Z" (21 bytes with NUL), and compact "20261121T0122Z" for file names. */
void clock_iso(char out[32], double wall);
void clock_stamp(char out[32], double wall);

#endif
