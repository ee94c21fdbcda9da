/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabwaste DIRECTORY FILES [KEEP]: makes FILES empty files in a tmpfs and removes all but one in KEEP (16), so that nearly
 * every slab page of shmem_inode_cache stays, held by one object. Unmounting the tmpfs frees them. */
#include "workload.h"

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: slabwaste DIRECTORY [FILES [KEEP]]\n");
        return 2;
    }
    unsigned long files = number(argc, argv, 2, 400000), keep = number(argc, argv, 3, 16);
    begin();
    int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        fail(argv[1]);
    char name[32];
    for (unsigned long i = 0; i < files; i++) {
        snprintf(name, sizeof name, "%lu", i);
        if (mknodat(dir, name, S_IFREG | 0600, 0) != 0)
            fail(name);
    }
    for (unsigned long i = 0; i < files; i++) {
        if (i % keep == 0)
            continue;
        snprintf(name, sizeof name, "%lu", i);
        if (unlinkat(dir, name, 0) != 0)
            fail(name);
    }
    ready();
    ended(HOLD_SECONDS_MAX);
    return 0;
}
