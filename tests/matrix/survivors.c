/* SPDX-License-Identifier: GPL-3.0-or-later */
/* survivors MIB THREADS [SECONDS]: fragments its heap while what it uses stays the same, MIB MiB among all threads. Small
 * objects are freed but for a survivor here and there, and as many bytes are allocated in larger objects, which do not fit
 * into the holes; no page becomes free as a whole. The first such change is made before "ready", the second takes SECONDS (90)
 * from there on. With one thread it is in the main arena, else each thread does it in its own. */
#include <malloc.h>
#include <pthread.h>

#include "program.h"

/* Sizes of the generations, and how many objects of one are freed for each that stays: together smaller than one of the next. */
static const struct generation {
    size_t from, to, freed;
} generations[] = {{48, 120, 5}, {640, 1000, 2}, {2600, 3600, 0}};
enum { GENERATIONS = sizeof generations / sizeof *generations };

struct object {
    struct object *next;
};

struct list {
    struct object *first, **end; /* oldest first, as they lie in the heap */
    struct object **at;          /* the link to the next to be looked at */
    size_t count, seen;
};

struct worker {
    pthread_t thread;
    uint64_t random;
    size_t most; /* bytes */
    double from, seconds;
    struct list lists[GENERATIONS];
    size_t owed; /* bytes freed and not yet allocated anew */
};

static pthread_barrier_t filled;

static void add(struct worker *w, int generation)
{
    const struct generation *g = &generations[generation];
    struct list *l = &w->lists[generation];
    struct object *o = object_new(g->from + random_next(&w->random) % (g->to - g->from));
    o->next = NULL;
    *l->end = o;
    l->end = &o->next;
    l->count++;
    size_t size = malloc_usable_size(o);
    w->owed -= size < w->owed ? size : w->owed;
}

/* Frees objects of that generation, until so many were seen, but for survivors, and allocates the next generation instead. */
static void change(struct worker *w, int generation, size_t until)
{
    struct list *l = &w->lists[generation];
    for (; l->seen < until; l->seen++) {
        struct object *o = *l->at;
        if (l->seen % (generations[generation].freed + 1) == 0) {
            l->at = &o->next;
        } else {
            *l->at = o->next;
            w->owed += malloc_usable_size(o);
            free(o);
        }
        while (w->owed >= generations[generation + 1].to)
            add(w, generation + 1);
    }
}

static void fill(struct worker *w)
{
    w->random = random_seed() + (uintptr_t)w;
    for (int i = 0; i < GENERATIONS; i++)
        w->lists[i].at = w->lists[i].end = &w->lists[i].first;
    w->owed = w->most;
    while (w->owed > 0)
        add(w, 0);
    change(w, 0, w->lists[0].count);
    w->from = now();
}

static void go_on(struct worker *w)
{
    double share = (now() - w->from) / w->seconds;
    change(w, 1, (size_t)((share < 1 ? share : 1) * (double)w->lists[1].count));
}

static void *work(void *worker)
{
    fill(worker);
    pthread_barrier_wait(&filled);
    for (;;) {
        go_on(worker);
        usleep(100000);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned long most = number(argc, argv, 1, 130) * MIB, threads = number(argc, argv, 2, 1);
    begin();
    struct worker *workers = zeroed(threads, sizeof *workers);
    pthread_barrier_init(&filled, NULL, (unsigned)threads + 1);
    for (size_t i = 0; i < threads; i++) {
        struct worker *w = &workers[i];
        w->most = most / threads;
        w->seconds = (double)number(argc, argv, 3, 90);
        if (threads == 1)
            fill(w);
        else if (pthread_create(&w->thread, NULL, work, w) != 0)
            fail("pthread_create");
    }
    if (threads > 1)
        pthread_barrier_wait(&filled);
    ready();
    double from = now();
    while (now() - from < HOLD_SECONDS_MAX) {
        if (threads == 1)
            go_on(workers);
        say();
        if (ended(0.1))
            break;
    }
    return 0;
}
