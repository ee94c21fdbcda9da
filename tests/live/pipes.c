/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pipes LEAVE_MIB KEEP_MIB [inside]: kernel pages that cannot be moved, one in four, all over memory: the buffers of pipes.
 * As a rule pipes take memory until LEAVE_MIB are available, four in turn, and three of the four are closed again: the
 * pageblocks are then typed Unmovable. With `inside` movable memory is filled in first, one page in four given to pipes, and
 * the rest given back: the blocks stay typed Movable, which misleads. In the end KEEP_MIB are free in whole huge pages. */
#include <sys/resource.h>

#include "scatter.h"

enum { KEPT_IN = 4 };
#define PIPE_SIZE (16 * MIB)

struct pipe {
    int read, write;
};

static void allow_many_files(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}

static struct pipe *open_pipes(size_t count)
{
    struct pipe *pipes = calloc(count, sizeof *pipes);
    if (!pipes)
        fail("calloc");
    for (size_t i = 0; i < count; i++) {
        int fd[2];
        if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) != 0)
            fail("pipe");
        if (fcntl(fd[1], F_SETPIPE_SZ, PIPE_SIZE) < 0)
            fail("F_SETPIPE_SZ");
        pipes[i] = (struct pipe){fd[0], fd[1]};
    }
    return pipes;
}

/* Writes pages to `among` pipes in turn until these are full. */
static void fill_pipes(const struct pipe *pipes, size_t among)
{
    static const char data[65536];
    unsigned long page = page_size();
    for (unsigned long done = 0; done < PIPE_SIZE; done += page)
        for (size_t i = 0; i < among; i++)
            if (write(pipes[i].write, data, page) != (ssize_t)page)
                fail("pipe");
}

static void in_blocks_of_their_own(unsigned long leave)
{
    unsigned long available = meminfo("MemAvailable"), group = KEPT_IN * PIPE_SIZE;
    if (available < leave + 1024 * MIB) {
        errno = ENOMEM;
        fail("too little memory to fragment");
    }
    /* the rings of the pipes themselves take a sixtieth */
    size_t groups = (available - leave) / (group + group / 60);
    struct pipe *pipes = open_pipes(groups * KEPT_IN);
    size_t filled = 0;
    for (; filled < groups && meminfo("MemAvailable") > leave; filled++)
        fill_pipes(pipes + filled * KEPT_IN, KEPT_IN);
    for (size_t i = 0; i < groups * KEPT_IN; i++)
        if (i % KEPT_IN != 0 || i >= filled * KEPT_IN) {
            close(pipes[i].read);
            close(pipes[i].write);
        }
    free(pipes);
}

static void inside_movable_blocks(unsigned long leave, unsigned long keep)
{
    struct area a = area_of_most(leave);
    size_t count = a.used / KEPT_IN / PIPE_SIZE;
    struct pipe *pipes = open_pipes(count);
    area_thin(&a, KEPT_IN);
    /* What is whole would be taken first, and typed Unmovable. Only a block less than half free keeps its type. */
    take_huge(keep);
    for (size_t i = 0; i < count; i++)
        fill_pipes(pipes + i, 1);
    munmap(a.at, a.size);
    free(pipes);
}

int main(int argc, char **argv)
{
    unsigned long leave = number(argc, argv, 1, 2048) * MIB, keep = number(argc, argv, 2, 128) * MIB;
    begin();
    allow_many_files();
    if (argc > 3 && strcmp(argv[3], "inside") == 0)
        inside_movable_blocks(leave, keep);
    else
        in_blocks_of_their_own(leave);
    take_huge(keep);
    ready();
    ended(HOLD_SECONDS_MAX);
    return 0;
}
