/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are ours or the user's, not the examined machine's (that is root.h): cases, answers, playbooks, templates. */
#ifndef FW_BASE_INPUT_H
#define FW_BASE_INPUT_H

#include <stddef.h>

#include "base/err.h"

/* Reads a regular file of at most `limit` bytes into fresh memory (NUL-terminated; caller frees), or NULL with a sentence.
 * A FIFO or device of that name is refused, not waited for. */
char *input_read_file(const char *path, size_t limit, size_t *length, struct err *e);
/* The same of one already opened, whose `path` is for sentences. */
char *input_read_fd(int fd, const char *path, size_t limit, size_t *length, struct err *e);

#endif
