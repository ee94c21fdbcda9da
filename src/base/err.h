/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One error: a sentence for the operator. Lower layers fill it, callers decide; nobody prints or exits below src/cmd. */
#ifndef FW_BASE_ERR_H
#define FW_BASE_ERR_H

#include <stdbool.h>

struct err {
    char text[512];
};

/* Formats the sentence (truncated, never overflowing; `e` may be NULL). Always returns false, so that callers can
 * `return err_set(e, …)`. */
bool err_set(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the text of errno value `number`. */
bool err_system(struct err *e, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
