/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that knows its own heap: it makes one of a given kind, prints what is live in it, and obeys lines on standard
 * input until that ends. Its own books are in mappings, so that they are no part of the heap.
 *
 *   victim KIND [threads=N] [mib=N] [free=PERCENT] [seed=N]
 *
 * KIND: small, tiny, large, memalign, mapped, calloc, foreign, blocked, islands, busy, none
 * Lines: info, self, trim, live, rate, pageout EVERY all|used|free */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64, LINE_MAX_BYTES = 200, BUSY_SLOTS = 20000 };
#define MIB (1024UL * 1024)

static const char *kind;
static unsigned long thread_count = 1, mib = 64, free_percent = 50, seed = 1;

struct worker {
    pthread_t thread;
    uint64_t random;
    void **chunks; /* NULL: freed */
    size_t count, room;
    _Atomic uint64_t live, live_mapped, operations, slowest_ns;
    _Atomic bool done;
} __attribute__((aligned(128)));
static struct worker workers[THREADS_MAX];
static pthread_barrier_t ready_all, filled_all;
static atomic_bool quit;
static uint64_t base_used; /* of the heap before the workload */

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
    return p;
}

static uint64_t next_random(struct worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- Its books ---- */

/* The words before what malloc gave, which the compiler is not to know of. */
static const size_t *header_of(void *p)
{
    __asm__("" : "+r"(p));
    return (const size_t *)p - 2;
}

static bool is_mapped(void *p)
{
    return header_of(p)[1] & 2;
}

static uint64_t chunk_bytes(void *p)
{
    const size_t *header = header_of(p);
    return (header[1] & ~(size_t)7) + (is_mapped(p) ? header[0] : 0);
}

static void keep(struct worker *w, void *p, bool fill)
{
    if (!p)
        die("malloc");
    if (w->count == w->room)
        die("books are full");
    if (fill)
        memset(p, 'x', malloc_usable_size(p));
    _Atomic uint64_t *sum = is_mapped(p) ? &w->live_mapped : &w->live;
    atomic_store_explicit(sum, *sum + chunk_bytes(p), memory_order_relaxed);
    w->chunks[w->count++] = p;
}

static void drop(struct worker *w, size_t i)
{
    void *p = w->chunks[i];
    if (!p)
        return;
    _Atomic uint64_t *sum = is_mapped(p) ? &w->live_mapped : &w->live;
    atomic_store_explicit(sum, *sum - chunk_bytes(p), memory_order_relaxed);
    free(p);
    w->chunks[i] = NULL;
}

/* Makes the thread's arena and cache; a compiler drops free(malloc(1)). */
static void warm_up(void)
{
    void *volatile p = malloc(1);
    free(p);
}

static uint64_t arena_bytes(uint64_t *used, uint64_t *mapped)
{
#if __GLIBC_PREREQ(2, 33)
    struct mallinfo2 m = mallinfo2();
    *used = m.uordblks;
    *mapped = m.hblkhd;
    return m.arena;
#else
    struct mallinfo m = mallinfo();
    *used = (unsigned)m.uordblks;
    *mapped = (unsigned)m.hblkhd;
    return (unsigned)m.arena;
#endif
}

static uint64_t live_sum(bool mapped)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < thread_count; i++)
        sum += mapped ? workers[i].live_mapped : workers[i].live;
    return sum;
}

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

static void info(const char *word)
{
    uint64_t used, mapped, arena = arena_bytes(&used, &mapped);
    say("%s {\"pid\": %d, \"live\": %llu, \"base\": %llu, \"mapped_live\": %llu, \"arena\": %llu, \"uordblks\": %llu, "
        "\"hblkhd\": %llu, \"swap\": %llu, \"rss\": %llu, \"anonymous\": %llu}\n",
        word, (int)getpid(), (unsigned long long)live_sum(false), (unsigned long long)base_used,
        (unsigned long long)live_sum(true), (unsigned long long)arena, (unsigned long long)used,
        (unsigned long long)mapped, (unsigned long long)self("status", "VmSwap:"),
        (unsigned long long)self("smaps_rollup", "Rss:"), (unsigned long long)self("smaps_rollup", "Anonymous:"));
}

/* ---- Kinds of heaps ---- */

static size_t some_size(struct worker *w)
{
    uint64_t r = next_random(w);
    if (strcmp(kind, "tiny") == 0)
        return 16 + r % 85;
    if (strcmp(kind, "large") == 0)
        return r % 8 ? 1000 + r % 9000 : 20000 + r % 80000;
    if (strcmp(kind, "mapped") == 0)
        return r % 64 ? 100 + r % 2000 : 200000 + r % 800000;
    return r % 16 ? 16 + r % 600 : 600 + r % 4000;
}

static void *one(struct worker *w)
{
    size_t size = some_size(w);
    if (strcmp(kind, "memalign") == 0) {
        void *p = NULL;
        return posix_memalign(&p, 32UL << next_random(w) % 8, size) == 0 ? p : NULL;
    }
    return malloc(size);
}

static void free_some(struct worker *w)
{
    if (strcmp(kind, "islands") == 0) { /* runs of 200 to 1000 neighbours, so that free memory has whole pages */
        for (size_t i = 0; i < w->count;) {
            size_t run = 200 + next_random(w) % 800;
            bool drops = next_random(w) % 100 < free_percent;
            for (size_t end = i + run; i < end && i < w->count; i++)
                if (drops)
                    drop(w, i);
        }
        return;
    }
    /* in random order, so that lists jump about */
    for (size_t i = w->count; i > 1; i--) {
        size_t k = next_random(w) % i;
        void *p = w->chunks[k];
        w->chunks[k] = w->chunks[i - 1];
        w->chunks[i - 1] = p;
    }
    for (size_t i = 0; i < w->count; i++)
        if (next_random(w) % 100 < free_percent)
            drop(w, i);
}

static void fill(struct worker *w)
{
    uint64_t bytes = mib * MIB / thread_count;
    if (strcmp(kind, "calloc") == 0) /* never touched, but for the header behind each */
        while (w->live < bytes)
            keep(w, calloc(1, 8 * MIB - 100), false);
    while (w->live + w->live_mapped < bytes) {
        if (strcmp(kind, "foreign") == 0 && next_random(w) % 4096 == 0 && sbrk(24) == (void *)-1)
            die("sbrk");
        keep(w, one(w), true);
    }
    free_some(w);
}

/* Allocates and frees as fast as it can, about half of its slots in use. */
static void keep_busy(struct worker *w)
{
    uint64_t began = now_ns();
    while (!atomic_load_explicit(&quit, memory_order_relaxed)) {
        for (unsigned n = 0; n < 64; n++) {
            size_t i = next_random(w) % w->count;
            if (w->chunks[i]) {
                drop(w, i);
            } else {
                void *p = malloc(some_size(w));
                if (!p)
                    die("malloc");
                w->chunks[i] = p;
                _Atomic uint64_t *sum = is_mapped(p) ? &w->live_mapped : &w->live;
                atomic_store_explicit(sum, *sum + chunk_bytes(p), memory_order_relaxed);
            }
        }
        uint64_t now = now_ns();
        if (now - began > w->slowest_ns)
            w->slowest_ns = now - began;
        began = now;
        w->operations += 64;
    }
}

static void *work(void *argument)
{
    struct worker *w = argument;
    warm_up();
    pthread_barrier_wait(&ready_all);
    pthread_barrier_wait(&ready_all); /* the base was taken */
    if (strcmp(kind, "busy") == 0) {
        w->count = (size_t)mib * BUSY_SLOTS / thread_count;
        pthread_barrier_wait(&filled_all);
        keep_busy(w);
        return NULL;
    }
    if (strcmp(kind, "none") != 0)
        fill(w);
    pthread_barrier_wait(&filled_all);
    while (!quit)
        pause();
    return NULL;
}

/* ---- What it is told ---- */

static int by_address(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorting in place: qsort would allocate */
static void sort_pages(uintptr_t *list, size_t n)
{
    for (size_t gap = n / 2; gap; gap /= 2)
        for (size_t i = gap; i < n; i++) {
            uintptr_t v = list[i];
            size_t k = i;
            for (; k >= gap && by_address(&list[k - gap], &v) > 0; k -= gap)
                list[k] = list[k - gap];
            list[k] = v;
        }
}

/* Every so many-th page of the heap: all, those with a live chunk in them, or those without. */
static void page_out(unsigned long every, const char *which)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), slot = 64 * MIB;
    size_t room = 0, count = 0;
    for (unsigned i = 0; i < thread_count; i++)
        room += workers[i].count;
    uintptr_t *pages = book((room + 1) * sizeof *pages);
    for (unsigned i = 0; i < thread_count; i++)
        for (size_t k = 0; k < workers[i].count; k++)
            if (workers[i].chunks[k] && !is_mapped(workers[i].chunks[k]))
                pages[count++] = (uintptr_t)workers[i].chunks[k] & ~(page - 1);
    sort_pages(pages, count);
    unsigned long n = 0, out = 0;
    for (size_t i = 0; i + 1 < count; i++) /* between two live pages of a heap lies heap */
        for (uintptr_t at = pages[i], end = pages[i + 1]; at < end && at / slot == end / slot; at += page) {
            bool live = at == pages[i];
            if ((strcmp(which, "used") == 0 && !live) || (strcmp(which, "free") == 0 && live) ||
                at % slot == 0 /* an arena's own header */ || n++ % every)
                continue;
            if (madvise((void *)at, page, 21 /* MADV_PAGEOUT */) != 0)
                die("madvise");
            out++;
        }
    munmap(pages, (room + 1) * sizeof *pages);
    say("out {\"pages\": %lu, \"swap\": %llu}\n", out, (unsigned long long)self("status", "VmSwap:"));
}

static void rate(void)
{
    uint64_t operations = 0, slowest = 0;
    for (unsigned i = 0; i < thread_count; i++) {
        operations += workers[i].operations;
        slowest = workers[i].slowest_ns > slowest ? workers[i].slowest_ns : slowest;
        workers[i].slowest_ns = 0;
    }
    say("rate {\"operations\": %llu, \"slowest_ns\": %llu, \"ns\": %llu}\n", (unsigned long long)operations,
        (unsigned long long)slowest, (unsigned long long)now_ns());
}

/* What is live goes up and down: the least and the most since it was last asked for. */
static uint64_t live_low = UINT64_MAX, live_high;
static void see_live(void)
{
    uint64_t live = live_sum(false) + base_used;
    live_low = live < live_low ? live : live_low;
    live_high = live > live_high ? live : live_high;
}

static bool wait_input(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (strcmp(kind, "busy") == 0)
        while (poll(&p, 1, 1) == 0)
            see_live();
    return true;
}

static void obey(char *line)
{
    char which[16] = "all";
    unsigned long every;
    if (strcmp(line, "info") == 0) {
        info("info");
    } else if (strcmp(line, "live") == 0) {
        see_live();
        say("live {\"low\": %llu, \"high\": %llu}\n", (unsigned long long)live_low, (unsigned long long)live_high);
        live_low = UINT64_MAX;
        live_high = 0;
    } else if (strcmp(line, "self") == 0) { /* without looking at the heap */
        say("self {\"swap\": %llu, \"rss\": %llu}\n", (unsigned long long)self("status", "VmSwap:"),
            (unsigned long long)self("smaps_rollup", "Rss:"));
    } else if (strcmp(line, "rate") == 0) {
        rate();
    } else if (strcmp(line, "trim") == 0) {
        uint64_t before = self("smaps_rollup", "Anonymous:");
        malloc_trim(0);
        say("trimmed %llu\n", (unsigned long long)(before - self("smaps_rollup", "Anonymous:")));
    } else if (sscanf(line, "pageout %lu %15s", &every, which) >= 1 && every) {
        page_out(every, which);
    } else {
        say("error: %s: not understood\n", line);
    }
}

static void block_break(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), end = ((uintptr_t)sbrk(0) + page - 1) & ~(page - 1);
    void *wall =
        mmap((void *)(end + 16 * page), page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (wall == MAP_FAILED)
        die("mmap behind the heap");
}

static void start(void)
{
    pthread_barrier_init(&ready_all, NULL, (unsigned)thread_count + 1);
    pthread_barrier_init(&filled_all, NULL, (unsigned)thread_count + 1);
    for (unsigned i = 0; i < thread_count; i++) {
        struct worker *w = &workers[i];
        w->random = seed * 0x9E3779B97F4A7C15u + i + 1;
        w->room = strcmp(kind, "busy") == 0 ? (size_t)mib * BUSY_SLOTS : mib * MIB / 32 / thread_count + 1000;
        w->chunks = book(w->room * sizeof *w->chunks);
    }
    /* one thread: the main arena, which is what most programs have */
    if (thread_count == 1 && strcmp(kind, "busy") != 0) {
        uint64_t mapped;
        if (strcmp(kind, "calloc") == 0)
            mallopt(M_MMAP_THRESHOLD, 32 * MIB);
        if (strcmp(kind, "none") == 0)
            return;
        warm_up();
        if (strcmp(kind, "blocked") == 0)
            block_break();
        arena_bytes(&base_used, &mapped);
        fill(&workers[0]);
        return;
    }
    for (unsigned i = 0; i < thread_count; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            die("pthread_create");
    pthread_barrier_wait(&ready_all);
    uint64_t mapped;
    arena_bytes(&base_used, &mapped);
    pthread_barrier_wait(&ready_all);
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
    start();
    info("ready");
    char line[LINE_MAX_BYTES];
    size_t length = 0;
    for (char c; wait_input() && read(STDIN_FILENO, &c, 1) == 1;) {
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
