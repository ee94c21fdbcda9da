/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mallocs MIB [own]: allocates so much in pieces of 100 to 3000 bytes, by malloc or from mappings of its own, says "ready" and
 * holds it until standard input ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>

static char *own_at, *own_end;

static void *own_malloc(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(own_end - own_at) < size) {
        own_at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (own_at == MAP_FAILED)
            return NULL;
        own_end = own_at + (1 << 20);
    }
    own_at += size;
    return own_at - size;
}

int main(int argc, char **argv)
{
    size_t left = (argc > 1 ? strtoul(argv[1], NULL, 10) : 64) << 20, size = 100;
    int own = argc > 2 && strcmp(argv[2], "own") == 0;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    while (left > size) {
        char *piece = own ? own_malloc(size) : malloc(size);
        if (!piece)
            return 1;
        memset(piece, 1, size);
        left -= size;
        size = 100 + (size * 7 + 13) % 2900;
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
