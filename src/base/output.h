/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files we write: a new temporary file in the same directory (O_EXCL, O_NOFOLLOW, mode 0600), written, fsynced, renamed
 * over the target, directory fsynced. Whatever fails, the old file or the new one is there, never half of one, and no
 * temporary file remains (also none left by a signal that ends the program in order). */
#ifndef FW_BASE_OUTPUT_H
#define FW_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

bool output_write_file(const char *path, const char *data, size_t length, mode_t mode, struct err *e);
/* A new file and its descriptor, for the thousands of a directory that nobody uses before it is complete: O_EXCL, O_NOFOLLOW,
 * 0600, directories above it made as needed. Neither synced nor removed if writing fails. -1 with a sentence. */
int output_new_file(const char *path, struct err *e);
/* Writes to a descriptor to the end (EINTR, short writes); a closed pipe is an error, never a signal. */
bool output_write_fd(int fd, const char *name, const char *data, size_t length, struct err *e);
/* To standard output, after what stdio holds for it. A reader that closed its pipe has seen enough: that is no error. */
bool output_print(const char *data, size_t length, struct err *e);
bool output_reader_is_gone(void);
/* Removes a temporary file that is being written; async-signal-safe, for ends that do not return (no memory, a signal). */
void output_abandon(void);
/* Whether a file could be written there (its directory exists and is writable, it is no directory itself), before long work. */
bool output_check(const char *path, struct err *e);
/* Removes a file (none there: done) and syncs its directory. */
bool output_remove_file(const char *path, struct err *e);
/* Removes what a killed writer of that file left beside it. Only where nobody else can be writing it: under a lock. */
bool output_sweep(const char *path, struct err *e);
/* mkdir -p with mode 0700 for what it creates. */
bool output_make_dirs(const char *path, struct err *e);

/* Where things live (XDG respected; for root /var/lib/fragwizard and /etc/fragwizard). Caller frees. */
char *output_state_dir(void); /* ~/.local/state/fragwizard */
enum config_place { CONFIG_SYSTEM, CONFIG_USER };
char *output_config_path(enum config_place place, const char *name); /* there or not; NULL: no place for a user's */
char *output_config_file(const char *name); /* an existing user's or system's file "playbooks/x.yaml", or NULL */
/* fragwizard-HOST-YYYYMMDDTHHMMZ.SUFFIX, ASCII. Caller frees. */
char *output_default_name(const char *host, double wall, const char *suffix);

#endif
