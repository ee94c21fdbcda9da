/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pinned LEAVE_MIB [KEEP_MIB [EACH]]: one page in EACH (10) all over memory belongs to this process and is pinned: registered
 * as a buffer of io_uring, for devices to write to. By their flags these pages look movable. */
#include <linux/io_uring.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "scatter.h"

static void pin(const struct area *a)
{
    struct io_uring_params p = {0};
    int ring = (int)syscall(SYS_io_uring_setup, 1, &p);
    if (ring < 0)
        fail("io_uring_setup");
    enum { BUFFERS = 1024 };
    struct iovec buffer[BUFFERS];
    unsigned count = 0;
    for (unsigned long i = 0; i < a->used && count < BUFFERS; count++) {
        unsigned long n = a->used - i < 256 * MIB ? a->used - i : 256 * MIB;
        buffer[count] = (struct iovec){a->at + i, n};
        i += n;
    }
    if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, buffer, count) != 0)
        fail("IORING_REGISTER_BUFFERS");
}

int main(int argc, char **argv)
{
    unsigned long leave = number(argc, argv, 1, 3072) * MIB, keep = number(argc, argv, 2, 128) * MIB;
    unsigned long each = number(argc, argv, 3, 10);
    begin();
    setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
    struct area filler = area_of_most(leave);
    area_thin(&filler, each);
    /* the smallest free pieces are given first: the holes just made */
    struct area buffers = area_of(filler.used / each / page_size() * page_size());
    area_fill(&buffers, leave / 2);
    pin(&buffers);
    munmap(filler.at, filler.size);
    take_huge(keep);
    ready();
    ended(HOLD_SECONDS_MAX);
    return 0;
}
