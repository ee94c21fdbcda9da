/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floor: opens and reads stat and smaps_rollup of every process, and does nothing with them. One thread. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static size_t bytes;

static void read_file(int proc, const char *pid, const char *name)
{
    char path[64], buffer[8192];
    snprintf(path, sizeof path, "%s/%s", pid, name);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
        bytes += (size_t)n;
    close(fd);
}

int main(void)
{
    DIR *d = opendir("/proc");
    if (!d)
        return 1;
    size_t count = 0;
    const struct dirent *e;
    while ((e = readdir(d)))
        if (*e->d_name >= '1' && *e->d_name <= '9') {
            read_file(dirfd(d), e->d_name, "stat");
            read_file(dirfd(d), e->d_name, "smaps_rollup");
            count++;
        }
    closedir(d);
    printf("%zu processes, %zu bytes\n", count, bytes);
    return 0;
}
