/* SPDX-License-Identifier: GPL-3.0-or-later */
/* obstruct pipes|pinned MIB: so much memory that compaction cannot move. Pipes: buffers of pipes, one page in four of four
 * times as much, whose rest is given back. Pinned: memory of this process, registered as a buffer of io_uring. */
#include <linux/io_uring.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "workload.h"

#define PIPE_SIZE MIB

static void fill_pipes(unsigned long groups, unsigned long page)
{
    char *data = calloc(1, page);
    int(*pipes)[2] = calloc(groups * 4, sizeof *pipes);
    if (!data || !pipes)
        fail("calloc");
    for (unsigned long g = 0; g < groups; g++) {
        int(*four)[2] = pipes + g * 4;
        for (int i = 0; i < 4; i++)
            if (pipe2(four[i], O_CLOEXEC | O_NONBLOCK) != 0 || fcntl(four[i][1], F_SETPIPE_SZ, PIPE_SIZE) < 0)
                fail("pipe");
        for (unsigned long done = 0; done < PIPE_SIZE; done += page)
            for (int i = 0; i < 4; i++)
                if (write(four[i][1], data, page) != (ssize_t)page)
                    fail("pipe");
    }
    for (unsigned long i = 0; i < groups * 4; i++)
        if (i % 4) {
            close(pipes[i][0]);
            close(pipes[i][1]);
        }
}

static void pin(unsigned long size, unsigned long page)
{
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        fail("mmap");
    madvise(at, size, MADV_NOHUGEPAGE);
    for (unsigned long i = 0; i < size; i += page)
        at[i] = 1;
    struct io_uring_params p = {0};
    int ring = (int)syscall(SYS_io_uring_setup, 1, &p);
    if (ring < 0)
        fail("io_uring_setup");
    struct iovec buffer = {at, size};
    if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1) != 0)
        fail("IORING_REGISTER_BUFFERS");
}

int main(int argc, char **argv)
{
    unsigned long mib = number(argc, argv, 2, 256), page = (unsigned long)sysconf(_SC_PAGESIZE);
    struct rlimit l = {RLIM_INFINITY, RLIM_INFINITY};
    begin();
    setrlimit(RLIMIT_MEMLOCK, &l);
    if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
    if (mib > 512 || meminfo("MemAvailable") < (mib * 4 + 512) * MIB) {
        errno = ENOMEM;
        fail("too little memory");
    }
    if (argc > 1 && strcmp(argv[1], "pinned") == 0)
        pin(mib * MIB, page);
    else
        fill_pipes(mib, page);
    ready();
    ended(HOLD_SECONDS_MAX);
    return 0;
}
