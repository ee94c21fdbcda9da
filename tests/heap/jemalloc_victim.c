/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program whose malloc is jemalloc (preloaded, or linked): it makes a heap of a given kind, tells jemalloc's own figures of
 * it, and obeys lines on standard input until that ends. Its books are in mappings, so that they are no part of the heap.
 *
 *   jemalloc_victim KIND [threads=N] [mib=N] [free=PERCENT] [seed=N]
 *
 * KIND: small, tiny, large, aligned, fork (small, and then a child is asked in its stead), busy, none
 * Lines: info, self, purge, live, pageout EVERY */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* jemalloc's, where it is there */
int mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size) __attribute__((weak));
size_t malloc_usable_size(void *p);

enum { THREADS_MAX = 64, LINE_MAX_BYTES = 200, BUSY_SLOTS = 10000 };
#define MIB (1024UL * 1024)
#define ALL_ARENAS "4096" /* MALLCTL_ARENAS_ALL */

static const char *kind;
static unsigned long thread_count = 1, mib = 64, free_percent = 50, seed = 1;

struct worker {
    pthread_t thread;
    uint64_t random;
    void **pieces;
    size_t count, room;
    _Atomic uint64_t live, operations;
} __attribute__((aligned(128)));
static struct worker workers[THREADS_MAX];
static pthread_barrier_t filled_all;
static uint64_t base_used; /* before the workload */
static uintptr_t books[THREADS_MAX + 8][2];
static size_t book_count;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...) /* stdio would allocate */
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (write(STDOUT_FILENO, text, (size_t)n) < 0)
        _exit(1);
}

static void die(const char *what)
{
    say("error: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static void *book(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        die("mmap");
    books[book_count][0] = (uintptr_t)p;
    books[book_count++][1] = (uintptr_t)p + bytes;
    return p;
}

static uint64_t next_random(struct worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

/* ---- What jemalloc says ---- */

static uint64_t stat_of(const char *name)
{
    size_t value = 0, size = sizeof value;
    if (mallctl(name, &value, &size, NULL, 0) != 0)
        die(name);
    return value;
}

static void renew(void)
{
    uint64_t epoch = 1;
    size_t size = sizeof epoch;
    if (mallctl("epoch", &epoch, &size, &epoch, size) != 0)
        die("epoch");
}

static void info(const char *word)
{
    unsigned long long page = 4096;
    renew();
    say("%s {\"allocated\": %llu, \"active\": %llu, \"resident\": %llu, \"metadata\": %llu, \"retained\": %llu, "
        "\"dirty\": %llu, \"muzzy\": %llu}\n",
        word, (unsigned long long)stat_of("stats.allocated"), (unsigned long long)stat_of("stats.active"),
        (unsigned long long)stat_of("stats.resident"), (unsigned long long)stat_of("stats.metadata"),
        (unsigned long long)stat_of("stats.retained"),
        (unsigned long long)stat_of("stats.arenas." ALL_ARENAS ".pdirty") * page,
        (unsigned long long)stat_of("stats.arenas." ALL_ARENAS ".pmuzzy") * page);
}

/* ---- The workload ---- */

static size_t some_size(struct worker *w)
{
    uint64_t r = next_random(w);
    if (strcmp(kind, "tiny") == 0)
        return 1 + r % 64;
    if (strcmp(kind, "large") == 0)
        return 16 * 1024 + r % (r >> 32 & 7 ? 256 * 1024 : 4 * MIB);
    return r >> 32 & 3 ? 8 + r % 500 : 8 + r % 12000;
}

static void *one(struct worker *w)
{
    void *p;
    if (strcmp(kind, "aligned") != 0) {
        p = malloc(some_size(w));
    } else {
        static const size_t alignments[] = {64, 4096, 16384, 2 * MIB};
        if (posix_memalign(&p, alignments[next_random(w) % 4], some_size(w)) != 0)
            p = NULL;
    }
    if (!p)
        die("malloc");
    return p;
}

static void add_live(struct worker *w, int64_t bytes)
{
    atomic_store_explicit(&w->live, w->live + (uint64_t)bytes, memory_order_relaxed);
}

static void fill(struct worker *w)
{
    uint64_t bytes = mib * MIB / thread_count;
    while (w->live < bytes) {
        if (w->count == w->room)
            die("books are full");
        void *p = w->pieces[w->count++] = one(w);
        size_t size = malloc_usable_size(p);
        memset(p, 'x', size);
        add_live(w, (int64_t)size);
    }
    for (size_t i = 0; i < w->count; i++)
        if (next_random(w) % 100 < free_percent) {
            add_live(w, -(int64_t)malloc_usable_size(w->pieces[i]));
            free(w->pieces[i]);
        }
}

static void keep_busy(struct worker *w)
{
    for (;;) {
        for (unsigned n = 0; n < 64; n++) {
            void **p = &w->pieces[next_random(w) % w->room];
            if (*p) {
                add_live(w, -(int64_t)malloc_usable_size(*p));
                free(*p);
                *p = NULL;
            } else {
                *p = malloc(some_size(w));
                add_live(w, (int64_t)malloc_usable_size(*p));
            }
        }
        w->operations += 64;
    }
}

static void *work(void *argument)
{
    struct worker *w = argument;
    if (strcmp(kind, "busy") == 0) {
        pthread_barrier_wait(&filled_all);
        keep_busy(w); /* does not return */
    }
    fill(w);
    pthread_barrier_wait(&filled_all);
    while (pause() != 0)
        ;
    return NULL;
}

/* ---- What it is told ---- */

/* A kB value of /proc/self/…, in bytes */
static uint64_t self(const char *file, const char *name)
{
    char path[64], text[8192];
    snprintf(path, sizeof path, "/proc/self/%s", file);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) * 1024 : 0;
}

static void tell_self(void)
{
    struct rusage r;
    uint64_t rss = self("smaps_rollup", "Rss:"), swap = self("status", "VmSwap:");
    getrusage(RUSAGE_SELF, &r);
    say("self {\"rss\": %llu, \"swap\": %llu, \"faults\": %ld}\n", (unsigned long long)rss, (unsigned long long)swap,
        r.ru_minflt + r.ru_majflt);
}

static void purge(void)
{
    uint64_t before = self("smaps_rollup", "Anonymous:");
    if (mallctl("arena." ALL_ARENAS ".purge", NULL, NULL, NULL, 0) != 0)
        die("purge");
    say("purged %llu\n", (unsigned long long)(before - self("smaps_rollup", "Anonymous:")));
}

/* What is live goes up and down: the least and the most since it was last asked for. With caches of threads, which count as
 * allocated, only jemalloc itself can tell. */
static uint64_t live_low = UINT64_MAX, live_high;
static bool caches = true;

static void see_live(void)
{
    uint64_t live = base_used;
    for (unsigned i = 0; i < thread_count && !caches; i++)
        live += workers[i].live;
    if (caches) {
        renew();
        live = stat_of("stats.allocated");
    }
    live_low = live < live_low ? live : live_low;
    live_high = live > live_high ? live : live_high;
}

static void tell_live(void)
{
    uint64_t operations = 0;
    for (unsigned i = 0; i < thread_count; i++)
        operations += workers[i].operations;
    see_live();
    say("live {\"low\": %llu, \"high\": %llu, \"operations\": %llu}\n", (unsigned long long)live_low,
        (unsigned long long)live_high, (unsigned long long)operations);
    live_low = UINT64_MAX;
    live_high = 0;
}

static bool is_book(uintptr_t at)
{
    for (size_t i = 0; i < book_count; i++)
        if (at >= books[i][0] && at < books[i][1])
            return true;
    return false;
}

/* Every so many-th page of anonymous memory without a name, books aside: of data and of jemalloc's own alike. */
static void page_out(unsigned long every)
{
    enum { MAPS = 1 << 20 };
    char *text = book(MAPS), *line = text;
    int fd = open("/proc/self/maps", O_RDONLY);
    size_t length = 0;
    for (ssize_t n; fd >= 0 && length < MAPS - 1 && (n = read(fd, text + length, MAPS - 1 - length)) > 0;)
        length += (size_t)n;
    close(fd);
    unsigned long n = 0, out = 0;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        unsigned long from, to, inode;
        char permissions[5];
        int name = 0;
        *end = '\0';
        if (sscanf(line, "%lx-%lx %4s %*s %*s %lu %n", &from, &to, permissions, &inode, &name) < 4 || inode ||
            line[name] || strcmp(permissions, "rw-p") != 0)
            continue;
        for (unsigned long at = from; at < to; at += 4096)
            if (!is_book(at) && n++ % every == 0 && madvise((void *)at, 4096, 21 /* MADV_PAGEOUT */) == 0)
                out++;
    }
    say("out {\"pages\": %lu, \"swap\": %llu}\n", out, (unsigned long long)self("status", "VmSwap:"));
}

static void obey(const char *line)
{
    unsigned long every;
    if (strcmp(line, "info") == 0)
        info("info");
    else if (strcmp(line, "self") == 0)
        tell_self();
    else if (strcmp(line, "purge") == 0)
        purge();
    else if (strcmp(line, "live") == 0)
        tell_live();
    else if (sscanf(line, "pageout %lu", &every) == 1 && every)
        page_out(every);
    else
        say("error: %s: not understood\n", line);
}

static void wait_input(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (strcmp(kind, "busy") == 0)
        while (poll(&p, 1, 1) == 0)
            see_live();
}

static void start(void)
{
    bool busy = strcmp(kind, "busy") == 0;
    size_t size = sizeof caches;
    mallctl("opt.tcache", &caches, &size, NULL, 0);
    pthread_barrier_init(&filled_all, NULL, (unsigned)thread_count + 1);
    for (unsigned i = 0; i < thread_count; i++) {
        struct worker *w = &workers[i];
        w->random = seed * 0x9E3779B97F4A7C15u + i + 1;
        w->room = (busy ? mib * BUSY_SLOTS / 16 : mib * MIB / 16) / thread_count + 1000;
        w->pieces = book(w->room * sizeof *w->pieces);
    }
    if (strcmp(kind, "none") == 0)
        return;
    if (thread_count == 1 && !busy) {
        fill(&workers[0]);
        return;
    }
    for (unsigned i = 0; i < thread_count; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            die("pthread_create");
    renew();
    base_used = stat_of("stats.allocated");
    pthread_barrier_wait(&filled_all);
}

static unsigned long option(int argc, char **argv, const char *name, unsigned long otherwise)
{
    size_t n = strlen(name);
    for (int i = 2; i < argc; i++)
        if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=')
            return strtoul(argv[i] + n + 1, NULL, 10);
    return otherwise;
}

int main(int argc, char **argv)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    kind = argc > 1 ? argv[1] : "small";
    thread_count = option(argc, argv, "threads", 1);
    mib = option(argc, argv, "mib", 64);
    free_percent = option(argc, argv, "free", 50);
    seed = option(argc, argv, "seed", 1);
    if (thread_count < 1 || thread_count > THREADS_MAX || mib < 1 || mib > 65536)
        return 2;
    if (!mallctl) {
        say("error: malloc is not jemalloc's\n");
        return 1;
    }
    start();
    if (strcmp(kind, "fork") == 0) {
        pid_t child = fork();
        if (child > 0) {
            waitpid(child, NULL, 0);
            _exit(0);
        }
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    }
    say("ready {\"pid\": %d}\n", (int)getpid());
    char line[LINE_MAX_BYTES];
    size_t length = 0;
    for (char c; wait_input(), read(STDIN_FILENO, &c, 1) == 1;) {
        if (c == '\n') {
            line[length] = '\0';
            obey(line);
            length = 0;
        } else if (length < sizeof line - 1) {
            line[length++] = c;
        }
    }
    _exit(0);
}
