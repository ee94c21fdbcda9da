/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pagecache FILE [MIB]: fills the page cache with a sparse file of MIB MiB (all of RAM). Removing the file empties it. */
#include "workload.h"

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: pagecache FILE [MIB]\n");
        return 2;
    }
    unsigned long size = number(argc, argv, 2, meminfo("MemTotal") / MIB) * MIB;
    begin();
    int fd = open(argv[1], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        fail(argv[1]);
    if (ftruncate(fd, (off_t)size) != 0) {
        unlink(argv[1]);
        fail(argv[1]);
    }
    /* readahead() fills the cache with pages of zeros without copying them to us */
    double until = now() + 60;
    for (unsigned long at = 0; at < size && now() < until; at += 2 * MIB)
        if (readahead(fd, (off_t)at, 2 * MIB) != 0)
            break;
    ready();
    ended(HOLD_SECONDS_MAX);
    unlink(argv[1]);
    return 0;
}
