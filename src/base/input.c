/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/units.h"

char *input_read_fd(int fd, const char *path, size_t limit, size_t *length, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_system(e, errno, "%s", path), NULL;
    if (!S_ISREG(st.st_mode))
        return err_set(e, "%s: is not a regular file", path), NULL;
    if ((size_t)st.st_size > limit)
        return err_set(e, "%s: is too large (at most %s are read)", path, units_text((double)limit, TYPE_BYTES).text),
               NULL;
    size_t size = (size_t)st.st_size, have = 0;
    char *data = mem_alloc(size + 1);
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
            break; /* it shrank meanwhile; whoever parses it will tell */
        have += (size_t)n;
    }
    *length = have;
    return data;
}

char *input_read_file(const char *path, size_t limit, size_t *length, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return err_system(e, errno, "%s", path), NULL;
    char *data = input_read_fd(fd, path, limit, length, e);
    close(fd);
    return data;
}
