/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sawtooth MIB SECONDS [held]: collects up to MIB MiB within SECONDS, frees everything, and begins anew, as work in batches
 * does. Freed oldest first, the memory is given back to the system; with `held` the newest are freed first, which then lie
 * cached above all the rest and hold it until the next batch makes use of it. Neither is a fault. */
#include "program.h"

enum { SMALLEST = 64, LARGEST = 2048 };

int main(int argc, char **argv)
{
    unsigned long most = number(argc, argv, 1, 120) * MIB;
    double seconds = (double)number(argc, argv, 2, 10);
    bool held = argc > 3 && strcmp(argv[3], "held") == 0;
    begin();
    uint64_t x = random_seed();
    size_t room = most / SMALLEST, count = 0, bytes = 0;
    void **objects = zeroed(room, sizeof *objects);
    double from = now(), batch = from;
    bool told = false;
    while (now() - from < HOLD_SECONDS_MAX) {
        double due = (now() - batch) / seconds * (double)most;
        while ((double)bytes < due && bytes < most && count < room) {
            size_t size = random_size(&x, SMALLEST, LARGEST);
            objects[count++] = object_new(size);
            bytes += size;
        }
        if (now() - batch >= seconds) {
            for (size_t i = 0; i < count; i++)
                free(objects[held ? count - 1 - i : i]);
            count = bytes = 0;
            batch = now();
            if (!told)
                ready();
            told = true;
        }
        say();
        if (ended(0.1))
            break;
    }
    return 0;
}
