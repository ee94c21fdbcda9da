/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/program/redact.h"

#include <ctype.h>

#include "base/mem.h"
#include "probes/program/name.h"

#define ELLIPSIS "…"

/* Whose value is shown if it is a number or a size. */
static const char *const sized[] = {
    "--max-old-space-size",
    "--max_old_space_size",
    "--max-semi-space-size",
    "--stack-size",
    "--workers",
    "--threads",
    "--max-requests",
    "--max-requests-jitter",
    "--concurrency",
    "--maxmemory",
    "--port",
    "--innodb-buffer-pool-size",
    "--innodb_buffer_pool_size",
    "--memory-limit",
    "--shared_buffers",
    "-XX:MaxRAMPercentage",
    "-XX:InitialRAMPercentage",
    "-XX:MaxRAMFraction",
    "-XX:MaxHeapSize",
    "-XX:InitialHeapSize",
    "-XX:MaxDirectMemorySize",
    "-XX:MaxMetaspaceSize",
    "-XX:MetaspaceSize",
    "-XX:MaxRAM",
    "-XX:ReservedCodeCacheSize",
    "-XX:ActiveProcessorCount",
    "-XX:G1HeapRegionSize",
};
/* Shown as they are. */
static const char *const harmless[] = {
    "-jar", "-cp", "-classpath", "-server", "-client", "-sname", "-name", "-noshell", "-noinput",
};
static const char *const policies[] = {
    "noeviction",   "allkeys-lru",  "allkeys-lfu",     "allkeys-random",
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
};

static bool is_listed(struct span word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(word, list[i]))
            return true;
    return false;
}

/* "512m", "75.0", "1GB" */
static bool is_size(struct span s)
{
    const char *p = s.at;
    while (p < s.end && p - s.at < 15 && (isdigit((unsigned char)*p) || (*p == '.' && p > s.at)))
        p++;
    return p > s.at && s.end - p <= 3 && (p == s.end || strchr("kKmMgGtTbB", *p)) &&
           (s.end - p < 2 || strchr("bBi", p[1])) && (s.end - p < 3 || strchr("bB", p[2]));
}

/* -Xmx512m, -XX:+UseG1GC */
static bool is_java_option(struct span word)
{
    static const char *const sizes[] = {"-Xmx", "-Xms", "-Xmn", "-Xss"};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        if (span_starts(word, sizes[i]))
            return is_size((struct span){word.at + strlen(sizes[i]), word.end});
    return (span_starts(word, "-XX:+") || span_starts(word, "-XX:-")) &&
           word_is_tame((struct span){word.at + strlen("-XX:+"), word.end});
}

/* memcached -m 512, postgres -B 16384: which letters have a number for their value. */
static const char *sized_letters(enum program p)
{
    return p == PROGRAM_MEMCACHED ? "mctpIU" : p == PROGRAM_POSTGRES ? "BpN" : "";
}

static bool is_sized_letter(struct span word, enum program p)
{
    return span_length(word) >= 2 && word.at[0] == '-' && word.at[1] && strchr(sized_letters(p), word.at[1]);
}

/* One setting behind an option: --maxmemory 1gb, -c shared_buffers=1GB. */
static bool keeps_value(struct span option, struct span value, enum program p)
{
    if (span_is(option, "--maxmemory-policy"))
        return is_listed(value, policies, ARRAY_SIZE(policies));
    if (span_is(option, "-c") && p == PROGRAM_POSTGRES && span_starts(value, "shared_buffers="))
        return is_size((struct span){value.at + strlen("shared_buffers="), value.end});
    return is_size(value) &&
           (is_listed(option, sized, ARRAY_SIZE(sized)) || (span_length(option) == 2 && is_sized_letter(option, p)));
}

static void put(struct str *out, struct span word)
{
    str_add_n(out, word.at, span_length(word));
}

static void put_option(struct str *out, struct span word, enum program p)
{
    const char *equals = span_find_char(word, '=');
    struct span name = {word.at, equals ? equals : word.end};
    struct span value = {equals ? equals + 1 : word.end, word.end};
    bool whole = is_listed(word, harmless, ARRAY_SIZE(harmless)) || is_java_option(word) ||
                 (equals && keeps_value(name, value, p)) ||
                 (is_sized_letter(word, p) && is_size((struct span){word.at + 2, word.end}));
    bool is_long = span_starts(word, "--") || span_starts(word, "-XX:");
    if (whole || (is_long && !equals && word_is_tame(word))) {
        put(out, word);
    } else if (is_long && word_is_tame(name)) {
        put(out, name);
        str_add(out, "=" ELLIPSIS);
    } else if (!is_long && isalnum((unsigned char)word.at[1])) { /* "-phunter2" is one letter and a password */
        put(out, (struct span){word.at, word.at + 2});
        str_add(out, span_length(word) > 2 ? ELLIPSIS : "");
    } else {
        str_add(out, "-" ELLIPSIS);
    }
}

/* The name of an Erlang node without its host, the port of a server without its address. */
static bool put_known(struct str *out, const struct words *w, const struct subject *s, size_t i)
{
    struct span word = w->list[i], before = w->list[i - 1], port = program_port(w, s);
    if (s->program == PROGRAM_REDIS && i == 1 && port.end == word.end && port.at > word.at && port.at[-1] == ':')
        return str_add_char(out, ':'), put(out, port), true;
    if (s->program == PROGRAM_ERLANG && (span_is(before, "-sname") || span_is(before, "-name"))) {
        const char *at = span_find_char(word, '@');
        struct span node = {word.at, at ? at : word.end};
        return word_is_tame(node) ? put(out, node), true : false;
    }
    if (s->program == PROGRAM_REDIS && i == 1 && span_ends(word, ".conf") && word_is_tame(span_basename(word)))
        return put(out, span_basename(word)), true;
    return false;
}

static void put_word(struct str *out, const struct words *w, const struct subject *s, size_t i)
{
    struct span word = w->list[i], before = w->list[i - 1], base = span_basename(word);
    bool named = (s->script && i == s->script) || (s->app && i == s->app);
    bool secret = span_starts(before, "-") && word_is_secret(before) && !span_find_char(before, '=');
    if (named ? !word_is_tame(base) : secret) /* even if it begins like an option */
        str_add(out, ELLIPSIS);
    else if (named)
        put(out, base);
    else if (put_known(out, w, s, i))
        return;
    else if (keeps_value(before, word, s->program))
        put(out, word);
    else if (span_length(word) > 1 && *word.at == '-')
        put_option(out, word, s->program);
    else
        str_add(out, ELLIPSIS);
}

void program_redact(const struct words *w, const struct subject *s, char between, struct str *out)
{
    if (!w->count)
        return;
    if (w->title) {
        if (!program_name(w, s, out))
            str_add(out, ELLIPSIS);
        else if (w->count > 1)
            str_add(out, span_find_char(span_of(out->data, out->length), ':') ? "" : ": " ELLIPSIS);
        return;
    }
    struct span base = span_basename(w->list[0]);
    if (word_is_tame(base))
        put(out, base);
    else
        str_add(out, ELLIPSIS);
    size_t last = out->length, length = 0;
    for (size_t i = 1; i < w->count; i++) {
        AUTO_STR struct str word = {0};
        put_word(&word, w, s, i);
        bool again = length && word.length == length && memcmp(out->data + last, word.data, length) == 0;
        if (again && span_ends(span_of(word.data, length), ELLIPSIS))
            continue; /* one stands for all of its like */
        str_add_char(out, between);
        last = out->length;
        length = word.length;
        str_add_n(out, word.data, length);
    }
}
