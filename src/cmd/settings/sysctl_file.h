/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of our own that sets a value at boot: what stood there before, byte for byte, and how that comes back. */
#ifndef FW_CMD_SETTINGS_SYSCTL_FILE_H
#define FW_CMD_SETTINGS_SYSCTL_FILE_H

#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"

enum { SYSCTL_FILE_BYTES_MAX = 64 * 1024 };

struct sysctl_file {
    const char *wrote; /* what we put there */
    bool existed;      /* before; the rest tells what it was */
    const char *data;
    size_t length;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    struct timespec changed;
};

/* Takes down what stands there; `wrote` is the caller's. False if it is no plain file. */
bool sysctl_file_look(struct sysctl_file *k, const char *path, struct arena *a, struct err *e);
bool sysctl_file_write(const struct sysctl_file *k, const char *path, struct err *e);

/* What stands there now: as it was before, ours, or what somebody else made of it (also if it cannot be read). */
enum sysctl_file_state { SYSCTL_FILE_AS_BEFORE, SYSCTL_FILE_OURS, SYSCTL_FILE_CHANGED };
enum sysctl_file_state sysctl_file_now(const struct sysctl_file *k, const char *path, struct err *e);
bool sysctl_file_restore(const struct sysctl_file *k, const char *path, struct err *e);

#endif
