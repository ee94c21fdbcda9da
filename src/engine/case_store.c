/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case on disk. It is not part of the examined machine, so it is read here and not through a root. */
#include "engine/case.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"

enum { CASE_BYTES_MAX = 64 * 1024 * 1024 };

bool case_save(struct case_file *c, struct err *e)
{
    if (!c->path)
        return true;
    const char *slash = strrchr(c->path, '/');
    if (slash && slash > c->path) {
        AUTO_FREE char *directory = mem_printf("%.*s", (int)(slash - c->path), c->path);
        if (!output_make_dirs(directory, e))
            return false;
    }
    size_t length;
    AUTO_FREE char *json = case_to_json(c, &length);
    return output_write_file(c->path, json, length, 0600, e);
}

static char *read_all(int fd, const char *path, size_t *length, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        err_system(e, errno, "%s", path);
        return NULL;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(e, "%s: is not a regular file", path);
        return NULL;
    }
    if (st.st_size > CASE_BYTES_MAX) {
        err_set(e, "%s: is too large for a case (over 64 MiB)", path);
        return NULL;
    }
    size_t size = (size_t)st.st_size;
    char *data = mem_alloc(size + 1);
    size_t have = 0;
    while (have < size) {
        ssize_t n = read(fd, data + have, size - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_system(e, errno, "%s", path);
            free(data);
            return NULL;
        }
        if (n == 0)
            break; /* it shrank meanwhile; the checksum tells */
        have += (size_t)n;
    }
    *length = have;
    return data;
}

struct case_file *case_load(const char *path, struct err *e)
{
    /* O_NONBLOCK: a FIFO of that name is refused, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        err_system(e, errno, "%s", path);
        return NULL;
    }
    size_t length = 0;
    AUTO_FREE char *text = read_all(fd, path, &length, e);
    close(fd);
    if (!text)
        return NULL;
    struct case_file *c = case_from_json(path, text, length, e);
    if (c)
        c->path = arena_strdup(&c->arena, path);
    return c;
}
