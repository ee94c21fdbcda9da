/* SPDX-License-Identifier: GPL-3.0-or-later */
/* levelling MIB SECONDS: a cache of MIB MiB that is nearly full after SECONDS: what it has missed so far is kept, and the
 * fuller it is the less it misses. It grows while it is young, and is no leak. */
#include "program.h"

enum { ENTRY = 1000 };

int main(int argc, char **argv)
{
    unsigned long entries = number(argc, argv, 1, 120) * MIB / ENTRY;
    double seconds = (double)number(argc, argv, 2, 25);
    begin();
    uint64_t random_state = random_seed();
    void **cache = zeroed(entries, sizeof *cache);
    ready();
    double from = now(), asked = 0;
    /* of n requests for one of as many entries, a share of 1 - 1/e is found missing: three times that fill 95 % */
    double rate = 3 * (double)entries / seconds;
    while (now() - from < HOLD_SECONDS_MAX) {
        for (; asked < rate * (now() - from); asked++) {
            size_t at = random_next(&random_state) % entries;
            if (!cache[at])
                cache[at] = object_new(ENTRY / 2 + random_next(&random_state) % ENTRY);
        }
        say();
        if (ended(0.1))
            break;
    }
    return 0;
}
