/* SPDX-License-Identifier: GPL-3.0-or-later */
/* churn MIB [LEAK_KIB]: MIB MiB of objects of mixed sizes, of which a hundredth is freed and replaced every tenth of a second,
 * for ever: healthy. With LEAK_KIB that many KiB more a second are allocated in small objects and forgotten: a leak. */
#include "program.h"

enum { SMALLEST = 16, LARGEST = 4096, PART = 100 };

static uint64_t random_state;
static void **objects;
static size_t count;

static void replace(size_t many)
{
    for (size_t i = 0; i < many; i++) {
        size_t at = random_next(&random_state) % count;
        free(objects[at]);
        objects[at] = object_new(random_size(&random_state, SMALLEST, LARGEST));
    }
}

int main(int argc, char **argv)
{
    unsigned long most = number(argc, argv, 1, 60) * MIB, rate = number(argc, argv, 2, 0) * KIB;
    begin();
    random_state = random_seed();
    size_t room = most / 256;
    objects = zeroed(room, sizeof *objects);
    for (unsigned long bytes = 0; bytes < most && count < room; count++) {
        size_t size = random_size(&random_state, SMALLEST, LARGEST);
        objects[count] = object_new(size);
        bytes += size;
    }
    /* a heap that has only just been filled has no holes yet */
    replace(count * 4);
    ready();
    double from = now();
    unsigned long lost = 0;
    while (now() - from < HOLD_SECONDS_MAX) {
        replace(count / PART);
        while ((double)lost < (now() - from) * (double)rate) {
            size_t size = random_size(&random_state, SMALLEST, LARGEST);
            if (!object_new(size)) /* used, so that no compiler leaves it out */
                return 1;
            lost += size;
        }
        say();
        if (ended(0.1))
            break;
    }
    return 0;
}
