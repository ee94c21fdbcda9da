/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crowd PROCESSES [MAPPINGS]: that many sleeping processes with that many mappings each. Prints "ready", waits until its
 * standard input ends (or SIGTERM), and takes its processes with it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES_EACH = 4, OWN = 4 };

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

int main(int argc, char **argv)
{
    long processes = argc > 1 ? atol(argv[1]) : 2000, mappings = argc > 2 ? atol(argv[2]) : 60;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), each = PAGES_EACH * page;
    if (processes < 1 || processes > 100000 || mappings < OWN || mappings > 60000) {
        fprintf(stderr, "usage: crowd PROCESSES [MAPPINGS]\n");
        return 2;
    }
    char *area = mmap(NULL, each * (size_t)mappings, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        return 1;
    for (long i = 0; i < mappings; i++) {
        memset(area + (size_t)i * each, 1, 2 * page);
        if (i % 2 &&
            mprotect(area + (size_t)i * each, each, PROT_READ) != 0) /* neighbours of one protection would merge */
            return 1;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    pid_t self = getpid(), *children = calloc((size_t)processes, sizeof *children);
    long made = 0;
    for (; children && made < processes && !ended; made++) {
        pid_t child = fork();
        if (child < 0) {
            fprintf(stderr, "crowd: only %ld processes: %s\n", made, strerror(errno));
            break;
        }
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            signal(SIGTERM, SIG_DFL);
            for (long i = 0; i < OWN; i++)
                area[(size_t)i / 2 * 2 * each] = 2;
            if (getppid() != self)
                _exit(0);
            for (;;)
                pause();
        }
        children[made] = child;
    }
    printf("ready %ld\n", made);
    fflush(stdout);
    char byte;
    while (!ended && read(STDIN_FILENO, &byte, 1) != 0)
        ;
    for (long i = 0; i < made; i++)
        kill(children[i], SIGKILL);
    for (long i = 0; i < made; i++)
        waitpid(children[i], NULL, 0);
    free(children);
    return 0;
}
