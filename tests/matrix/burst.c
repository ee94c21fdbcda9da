/* SPDX-License-Identifier: GPL-3.0-or-later */
/* burst MIB [THREADS [EVERY]]: allocates MIB MiB of small objects in each thread and frees them all but the last, which lies
 * above all others, so that nothing is given back; malloc_trim() would. With one thread it is in the main arena. Else half of
 * the threads do so before "ready", and then one more each EVERY (3) seconds: arenas multiply. */
#include <pthread.h>

#include "program.h"

enum { SMALLEST = 64, LARGEST = 1024 };

static size_t most;
static pthread_barrier_t done;

static void burst(void)
{
    uint64_t x = random_seed();
    size_t room = most / SMALLEST, count = 0;
    void **objects = zeroed(room, sizeof *objects);
    for (size_t bytes = 0; bytes < most && count < room; count++) {
        size_t size = random_size(&x, SMALLEST, LARGEST);
        objects[count] = object_new(size);
        bytes += size;
    }
    for (size_t i = 0; i + 1 < count; i++)
        free(objects[i]);
    free(objects);
}

static void *work(void *first)
{
    burst();
    if (first)
        pthread_barrier_wait(&done);
    pause(); /* a thread that ends gives its arena to the next */
    return NULL;
}

static void start(bool first)
{
    pthread_t t;
    if (pthread_create(&t, NULL, work, first ? &done : NULL) != 0)
        fail("pthread_create");
}

int main(int argc, char **argv)
{
    most = number(argc, argv, 1, 300) * MIB;
    unsigned long threads = number(argc, argv, 2, 1), started = threads / 2;
    double every = (double)number(argc, argv, 3, 3);
    begin();
    pthread_barrier_init(&done, NULL, (unsigned)started + 1);
    if (threads == 1) {
        burst();
        started = 1;
    } else {
        for (unsigned long i = 0; i < started; i++)
            start(true);
        pthread_barrier_wait(&done);
    }
    ready();
    double from = now(), next = from + every;
    while (now() - from < HOLD_SECONDS_MAX) {
        if (started < threads && now() >= next) {
            start(false);
            started++;
            next += every;
        }
        say();
        if (ended(0.1))
            break;
    }
    return 0;
}
