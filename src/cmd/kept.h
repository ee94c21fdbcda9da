/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of our own that sets a value at boot: what stood there before, byte for byte, and how that comes back. */
#ifndef FW_CMD_KEPT_H
#define FW_CMD_KEPT_H

#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"

enum { KEPT_BYTES_MAX = 64 * 1024 };

struct kept {
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
bool kept_look(struct kept *k, const char *path, struct arena *a, struct err *e);
bool kept_write(const struct kept *k, const char *path, struct err *e);

/* What stands there now: as it was before, ours, or what somebody else made of it (also if it cannot be read). */
enum kept_state { KEPT_AS_BEFORE, KEPT_OURS, KEPT_CHANGED };
enum kept_state kept_now(const struct kept *k, const char *path, struct err *e);
bool kept_restore(const struct kept *k, const char *path, struct err *e);

#endif
