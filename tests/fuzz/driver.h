/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main of each fuzz program where it is not built with libFuzzer (-DLIBFUZZER leaves it out). Include it once; the
 * program gives LLVMFuzzerTestOneInput, and may define FUZZ_SEEDS (directories below $SRC, by blanks) and
 * FUZZ_INPUT_MAX first.
 *
 *   fuzz_NAME FILE…       runs these inputs as they are
 *   fuzz_NAME DIRECTORY…  runs the files in them, then FUZZ_RUNS (2000) inputs made from them; without arguments
 * FUZZ_SEEDS
 *
 * Input number N depends on N and the seeds only: FUZZ_FROM=N FUZZ_RUNS=1 repeats it. One that takes over 10 s is a
 * failure. */
#ifndef FW_TESTS_FUZZ_DRIVER_H
#define FW_TESTS_FUZZ_DRIVER_H

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef LIBFUZZER

#ifndef FUZZ_SEEDS
#define FUZZ_SEEDS ""
#endif
#ifndef FUZZ_INPUT_MAX
#define FUZZ_INPUT_MAX (256 * 1024)
#endif

enum { FUZZ_SECONDS_MAX = 10 };

struct fuzz_seed {
    uint8_t *data;
    size_t size;
};

static struct fuzz_seed *fuzz_seeds;
static size_t fuzz_seed_count;
static const char *fuzz_name;
static volatile unsigned long fuzz_number; /* of the input under way */
static uint64_t fuzz_state;

static inline uint64_t fuzz_random(void)
{
    fuzz_state += 0x9E3779B97F4A7C15u; /* splitmix64: any seed will do, also 0 */
    uint64_t z = fuzz_state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline size_t fuzz_below(size_t n)
{
    return n ? (size_t)(fuzz_random() % n) : 0;
}

static inline void fuzz_say_number(void)
{
    char text[256];
    int n = snprintf(text, sizeof text, "not ok 1 - fuzz %s: FUZZ_FROM=%lu FUZZ_RUNS=1 repeats it\n", fuzz_name,
                     fuzz_number);
    if (write(STDOUT_FILENO, text, (size_t)n) < 0)
        _exit(1);
}

static inline void fuzz_died(int number)
{
    (void)number;
    fuzz_say_number();
    _exit(1);
}

/* The address sanitizer calls it before it ends the program. */
void __asan_on_error(void);
void __asan_on_error(void)
{
    fuzz_say_number();
}

static inline void fuzz_add_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return;
    struct fuzz_seed seed = {malloc(FUZZ_INPUT_MAX), 0};
    if (seed.data)
        seed.size = fread(seed.data, 1, FUZZ_INPUT_MAX, f);
    fclose(f);
    fuzz_seeds = realloc(fuzz_seeds, (fuzz_seed_count + 1) * sizeof *fuzz_seeds);
    if (!fuzz_seeds || !seed.data)
        exit(3);
    fuzz_seeds[fuzz_seed_count++] = seed;
}

static inline int fuzz_no_dots(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static inline void fuzz_add(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        printf("# %s: no such seed\n", path);
        return;
    }
    if (!S_ISDIR(st.st_mode)) {
        fuzz_add_file(path);
        return;
    }
    struct dirent **list;
    int n = scandir(path, &list, fuzz_no_dots, alphasort);
    for (int i = 0; i < n; i++) {
        char file[8192];
        snprintf(file, sizeof file, "%s/%s", path, list[i]->d_name);
        free(list[i]);
        if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
            fuzz_add_file(file);
    }
    if (n >= 0)
        free(list);
}

/* A copy of exactly that size, so that the sanitizer sees a read behind its end. */
static inline void fuzz_try(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        exit(3);
    memcpy(copy, data, size);
    alarm(FUZZ_SECONDS_MAX);
    LLVMFuzzerTestOneInput(copy, size);
    alarm(0);
    free(copy);
}

/* Makes `size` bytes at `at` room for `more`, as far as the input may grow. */
static inline size_t fuzz_open_gap(uint8_t *data, size_t *size, size_t at, size_t more)
{
    if (more > FUZZ_INPUT_MAX - *size)
        more = FUZZ_INPUT_MAX - *size;
    memmove(data + at + more, data + at, *size - at);
    *size += more;
    return more;
}

static inline void fuzz_mutate(uint8_t *data, size_t *size)
{
    static const char odd[] = "{}[]()<>\"'`&*!|%@#:;,.-+=/\\?~^$ \t\n\r0129aAzZ_\0\x7f\x80\xc2\xff";
    static const char *const words[] = {
        "\n- ",         ": ",           "0",    "-1",   "18446744073709551615",
        "1e999",        "null",         "\n\n", "    ", "999999999999999999999",
        "\xef\xbb\xbf", "\xe2\x80\xae",
    };
    size_t at = fuzz_below(*size + 1), length = fuzz_below(*size - at < 64 ? *size - at + 1 : 64);
    const struct fuzz_seed *other = &fuzz_seeds[fuzz_below(fuzz_seed_count)];
    size_t from = fuzz_below(other->size), taken = fuzz_below(other->size - from < 200 ? other->size - from + 1 : 200);
    const char *word = words[fuzz_below(sizeof words / sizeof *words)];
    switch (fuzz_below(9)) {
    case 0:
        if (at < *size)
            data[at] ^= (uint8_t)(1u << fuzz_below(8));
        break;
    case 1:
        if (at < *size)
            data[at] = (uint8_t)odd[fuzz_below(sizeof odd - 1)];
        break;
    case 2: /* take out */
        memmove(data + at, data + at + length, *size - at - length);
        *size -= length;
        break;
    case 3: /* a piece of another */
        taken = fuzz_open_gap(data, size, at, taken);
        memcpy(data + at, other->data + from, taken);
        break;
    case 4: /* a word */
        length = fuzz_open_gap(data, size, at, strlen(word));
        memcpy(data + at, word, length);
        break;
    case 5: /* one character many times */
        length = fuzz_open_gap(data, size, at, fuzz_below(8) ? fuzz_below(64) : fuzz_below(20000));
        memset(data + at, odd[fuzz_below(sizeof odd - 1)], length);
        break;
    case 6: /* the end missing */
        if (!fuzz_below(4))
            *size = at;
        break;
    case 7: { /* a line twice, which tells about duplicates */
        const uint8_t *end = at < *size ? memchr(data + at, '\n', *size - at) : NULL;
        size_t line = end ? (size_t)(end - (data + at)) + 1 : 0;
        if (line && fuzz_open_gap(data, size, at, line) == line)
            memcpy(data + at, data + at + line, line);
        break;
    }
    default: /* an odd character in between */
        if (fuzz_open_gap(data, size, at, 1))
            data[at] = (uint8_t)odd[fuzz_below(sizeof odd - 1)];
        break;
    }
}

static inline unsigned long fuzz_setting(const char *name, unsigned long otherwise)
{
    const char *value = getenv(name);
    return value && *value ? strtoul(value, NULL, 10) : otherwise;
}

static inline int fuzz_driver_main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    fuzz_name = slash ? slash + 1 : argv[0];
    if (strncmp(fuzz_name, "fuzz_", 5) == 0)
        fuzz_name += 5;
    signal(SIGALRM, fuzz_died);
    signal(SIGABRT, fuzz_died);
    signal(SIGSEGV, fuzz_died);
    signal(SIGFPE, fuzz_died);
    bool mutate = argc < 2;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        mutate = mutate || (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode));
        fuzz_add(argv[i]);
    }
    const char *src = getenv("SRC");
    static const char seeds[] = FUZZ_SEEDS;
    for (const char *at = seeds + strspn(seeds, " "); argc < 2 && *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        char path[4096];
        snprintf(path, sizeof path, "%s/%.*s", src ? src : ".", (int)n, at);
        fuzz_add(path);
        at += n;
    }
    if (!fuzz_seed_count) {
        printf("not ok 1 - fuzz %s: no seeds\n", fuzz_name);
        return 1;
    }
    unsigned long from = fuzz_setting("FUZZ_FROM", 0), runs = mutate ? fuzz_setting("FUZZ_RUNS", 2000) : 0, done = 0;
    if (!from)
        for (size_t i = 0; i < fuzz_seed_count; i++, done++)
            fuzz_try(fuzz_seeds[i].data, fuzz_seeds[i].size);
    uint8_t *data = malloc(FUZZ_INPUT_MAX);
    if (!data)
        return 3;
    for (unsigned long i = from ? from : 1; runs; i++, runs--, done++) {
        fuzz_number = i;
        fuzz_state = i * 0xD1B54A32D192ED03u;
        const struct fuzz_seed *seed = &fuzz_seeds[fuzz_below(fuzz_seed_count)];
        size_t size = seed->size;
        memcpy(data, seed->data, size);
        for (size_t m = 1 + fuzz_below(8); m; m--)
            fuzz_mutate(data, &size);
        fuzz_try(data, size);
    }
    free(data);
    for (size_t i = 0; i < fuzz_seed_count; i++)
        free(fuzz_seeds[i].data);
    free(fuzz_seeds);
    printf("ok 1 - fuzz %s: %lu inputs\n1..1\n", fuzz_name, done);
    return 0;
}

int main(int argc, char **argv)
{
    return fuzz_driver_main(argc, argv);
}

#endif
#endif
