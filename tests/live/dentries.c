/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dentries DIRECTORY FIRST RATE MOST: looks up names that do not exist, so that the kernel remembers each one (a negative
 * dentry): FIRST at once, then RATE each second up to MOST. Removing the directory forgets them. */
#include "workload.h"

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: dentries DIRECTORY [FIRST [RATE [MOST]]]\n");
        return 2;
    }
    unsigned long first = number(argc, argv, 2, 400000), rate = number(argc, argv, 3, 100000);
    unsigned long most = number(argc, argv, 4, 2000000);
    begin();
    int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        fail(argv[1]);
    char name[64];
    struct stat s;
    unsigned long done = 0;
    for (; done < first; done++) {
        snprintf(name, sizeof name, "not-here-%lu", done);
        fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW);
    }
    ready();
    double from = now();
    while (now() - from < HOLD_SECONDS_MAX) {
        unsigned long due = first + (unsigned long)((now() - from) * (double)rate);
        for (; done < due && done < most; done++) {
            snprintf(name, sizeof name, "not-here-%lu", done);
            fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW);
        }
        if (ended(0.05))
            break;
    }
    return 0;
}
