/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/settings/sysctl_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "base/output.h"

/* Opens a plain file that has no other name and is no link. False: *fd is -1 and it is absent, or a sentence says why. */
static bool open_plain(const char *path, int *fd, struct stat *st, bool *absent, struct err *e)
{
    *fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    *absent = *fd < 0 && errno == ENOENT;
    if (*absent)
        return false;
    if (*fd < 0 && errno == ELOOP)
        return err_set(e, "%s: is a link, which is left alone", path);
    if (*fd < 0)
        return err_system(e, errno, "%s", path);
    if (fstat(*fd, st) == 0 && S_ISREG(st->st_mode) && st->st_nlink == 1)
        return true;
    close(*fd);
    *fd = -1;
    return err_set(e, "%s: is not a file of its own, and is left alone", path);
}

/* The same with what it holds, which the caller frees; NULL for false. */
static char *read_plain(const char *path, size_t *length, struct stat *st, bool *absent, struct err *e)
{
    int fd;
    if (!open_plain(path, &fd, st, absent, e))
        return NULL;
    char *data = input_read_fd(fd, path, SYSCTL_FILE_BYTES_MAX, length, e);
    close(fd);
    return data;
}

bool sysctl_file_look(struct sysctl_file *k, const char *path, struct arena *a, struct err *e)
{
    struct stat st;
    bool absent;
    size_t length = 0;
    AUTO_FREE char *data = read_plain(path, &length, &st, &absent, e);
    if (!data)
        return absent;
    k->existed = true;
    k->data = memcpy(arena_alloc(a, length + 1), data, length);
    k->length = length;
    k->mode = st.st_mode & 07777;
    k->uid = st.st_uid;
    k->gid = st.st_gid;
    k->changed = st.st_mtim;
    if (k->changed.tv_sec < 0)
        k->changed = (struct timespec){0};
    return true;
}

enum sysctl_file_state sysctl_file_now(const struct sysctl_file *k, const char *path, struct err *e)
{
    struct stat st;
    bool absent;
    size_t length = 0;
    AUTO_FREE char *data = read_plain(path, &length, &st, &absent, e);
    if (absent)
        err_set(e, "%s: was removed since", path);
    if (!data)
        return absent && !k->existed ? SYSCTL_FILE_AS_BEFORE : SYSCTL_FILE_CHANGED;
    if (k->existed && length == k->length && memcmp(data, k->data, length) == 0)
        return SYSCTL_FILE_AS_BEFORE;
    if (length == strlen(k->wrote) && memcmp(data, k->wrote, length) == 0)
        return SYSCTL_FILE_OURS;
    err_set(e, "%s: was changed since", path);
    return SYSCTL_FILE_CHANGED;
}

bool sysctl_file_write(const struct sysctl_file *k, const char *path, struct err *e)
{
    if (k->existed && k->length == strlen(k->wrote) && memcmp(k->data, k->wrote, k->length) == 0)
        return true;
    return output_write_file(path, k->wrote, strlen(k->wrote), 0644, e);
}

/* Owner, then mode (a change of owner takes bits away), then time. */
static bool restore_attributes(const struct sysctl_file *k, int fd, const struct stat *st)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, k->changed};
    if ((st->st_uid != k->uid || st->st_gid != k->gid) && fchown(fd, k->uid, k->gid) != 0)
        return false;
    return fchmod(fd, k->mode) == 0 && futimens(fd, times) == 0 && fsync(fd) == 0;
}

bool sysctl_file_restore(const struct sysctl_file *k, const char *path, struct err *e)
{
    if (!k->existed)
        return output_remove_file(path, e);
    if (sysctl_file_now(k, path, e) != SYSCTL_FILE_AS_BEFORE &&
        !output_write_file(path, k->data, k->length, k->mode, e))
        return false;
    int fd;
    struct stat st;
    bool absent;
    if (!open_plain(path, &fd, &st, &absent, e))
        return absent ? err_set(e, "%s: was removed meanwhile", path) : false;
    bool good = restore_attributes(k, fd, &st) || err_system(e, errno, "%s", path);
    close(fd);
    return good;
}
