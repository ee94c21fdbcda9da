/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines, environments and configuration files, on any bytes; a command line that is shortened again shows nothing
 * more. */
#define FUZZ_SEEDS "tests/fuzz/program"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "driver.h"
#include "probes/kernel/cgroup_path.h"
#include "probes/program/config.h"
#include "probes/program/name.h"
#include "probes/program/redact.h"

static struct words words;

static void shorten(const char *text, size_t size, struct str *out)
{
    words_split(text, size, &words);
    struct subject s = words_subject(&words);
    if (s.script >= words.count + !words.count || s.app >= words.count + !words.count)
        abort();
    program_redact(&words, &s, '\0', out);
}

static bool shows_more(const struct str *once, const struct str *again)
{
    static struct words first;
    words_split(str_text(once), once->length, &first);
    words_split(str_text(again), again->length, &words);
    for (size_t i = 0; i < words.count; i++) {
        struct span word = words.list[i];
        bool known = span_find(word, "…") != NULL;
        for (size_t k = 0; k < first.count && !known; k++)
            known = span_length(first.list[k]) == span_length(word) &&
                    memcmp(first.list[k].at, word.at, span_length(word)) == 0;
        if (!known)
            return true;
    }
    return false;
}

static void try_bounds(const char *text, size_t size)
{
    struct config none = {0};
    struct subject s = {0};
    struct fpm_pool pool;
    words_split(text, size, &words);
    for (s.program = PROGRAM_OTHER; s.program <= PROGRAM_MEMCACHED; s.program++) {
        struct bound b;
        bound_of_words(&words, &s, span_of(text, size), 1 << 30, &b);
        if (b.known ? !b.name || !b.from : !b.why)
            abort();
        config_bound(&none, &words, &s, &b);
        config_bound_postgres(&none, &words, &b);
    }
    config_fpm_pool(&none, &words, "php-fpm8.2", &pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* of the exact size, so that a read past the end is noticed */
    AUTO_FREE char *text = mem_alloc(size + !size);
    memcpy(text, data, size);
    AUTO_STR struct str once = {0}, again = {0}, name = {0};
    shorten(text, size, &once);
    struct subject s = words_subject(&words);
    program_name(&words, &s, &name);
    shorten(str_text(&once), once.length, &again);
    if (shows_more(&once, &again))
        abort();
    try_bounds(text, size);
    static const char *const groups[] = {"mysqld", "www]", NULL};
    config_value(span_of(text, size), groups, "innodb_buffer_pool_size");
    config_value(span_of(text, size), NULL, "maxmemory");
    uint64_t bytes;
    config_redis_size(span_of(text, size), &bytes);
    char out[64];
    cgroup_container(span_of(text, size), out, sizeof out);
    cgroup_pod(span_of(text, size), out, sizeof out);
    return 0;
}
