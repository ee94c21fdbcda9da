/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leak RATE_MIB [MAX_MIB]: allocates and never frees, evenly, RATE_MIB each second up to MAX_MIB (1024). */
#include "workload.h"

int main(int argc, char **argv)
{
    unsigned long rate = number(argc, argv, 1, 20), most = number(argc, argv, 2, 1024);
    begin();
    if (rate == 0)
        rate = 1;
    double from = now();
    unsigned long taken = 0; /* in pieces of 64 KiB */
    bool told = false;
    while (now() - from < HOLD_SECONDS_MAX) {
        unsigned long due = (unsigned long)((now() - from) * (double)rate * 16) + 16;
        for (; taken < due && taken < most * 16; taken++) {
            char *piece = malloc(65536);
            if (!piece)
                fail("malloc");
            memset(piece, (int)(taken & 127) + 1, 65536);
        }
        if (!told)
            ready();
        told = true;
        if (ended(0.05))
            return 0;
    }
    return 0;
}
