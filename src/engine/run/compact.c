/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/run/compact.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char path[] = "proc/sys/vm/compact_memory";

static bool refuse(struct err *e, int number)
{
    switch (number) {
    case EINTR:
        return err_set(e, "/%s: interrupted", path);
    case EACCES:
    case EPERM:
        return err_set(e, "/%s: permission denied; run as root", path);
    case ENOENT:
        return err_set(e, "/%s: this kernel cannot compact memory", path);
    default:
        return err_set(e, "/%s: %s", path, strerror(number));
    }
}

bool compact_allowed(const struct root *r, struct err *e)
{
    return faccessat(r->fd, path, W_OK, AT_EACCESS) == 0 || refuse(e, errno);
}

/* Any number but 1 is refused by newer kernels. A write that was interrupted is not repeated: the operator wants out. */
bool compact_memory(const struct root *r, struct err *e)
{
    if (!r->live)
        return err_set(e, "a captured tree cannot be compacted");
    int fd = openat(r->fd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    if (fd < 0)
        return refuse(e, errno);
    ssize_t written = write(fd, "1", 1);
    int number = written < 0 ? errno : EIO;
    close(fd);
    return written == 1 || refuse(e, number);
}
