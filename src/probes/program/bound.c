/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/program/bound.h"

#include <ctype.h>

const char *const bound_kinds[] = {[BOUND_HEAP] = "heap", [BOUND_CACHE] = "cache", [BOUND_SOFT] = "soft", NULL};

struct span environment_value(const char *text, size_t length, const char *name)
{
    struct span all = span_of(text, length);
    size_t n = strlen(name);
    while (all.at && all.at < all.end) {
        const char *nul = span_find_char(all, '\0');
        struct span one = {all.at, nul ? nul : all.end};
        if (span_starts(one, name) && span_length(one) > n && one.at[n] == '=')
            return (struct span){one.at + n + 1, one.end};
        all.at = nul ? nul + 1 : all.end;
    }
    return (struct span){0};
}

bool size_parse_unit(struct span text, uint64_t unit, uint64_t *bytes)
{
    static const char letters[] = "kmgtpe";
    uint64_t number;
    if (text.at == text.end || !isdigit((unsigned char)*text.at) || !scan_number(&text, &number))
        return false;
    if (text.at < text.end) {
        const char *letter = *text.at ? strchr(letters, tolower((unsigned char)*text.at)) : NULL;
        unit = 1;
        if (letter) {
            unit = 1ULL << (10 * (letter - letters + 1));
            text.at++;
            scan_char(&text, 'i');
        }
        if (!scan_char(&text, 'b'))
            scan_char(&text, 'B');
    }
    return text.at == text.end && times_fits(number, unit, bytes) && *bytes <= 1ULL << 62;
}

bool size_parse(struct span text, uint64_t *bytes)
{
    return size_parse_unit(text, 1, bytes);
}

static const char *const unlimited = "no limit of its own was given";

static void give(struct bound *out, uint64_t bytes, enum bound_kind kind, const char *name, const char *from)
{
    *out = (struct bound){.known = true, .bytes = bytes, .kind = kind, .name = name, .from = from};
}

/* MiB, on the command line or in NODE_OPTIONS, which comes before it; with - or _ between its words. */
static bool take_old_space(struct span word, uint64_t *bytes)
{
    static const char *const forms[] = {"--max-old-space-size=", "--max_old_space_size="};
    uint64_t megabytes;
    for (size_t i = 0; i < 2; i++) {
        struct span value = {word.at + strlen(forms[i]), word.end};
        if (span_starts(word, forms[i]) && scan_number(&value, &megabytes) && value.at == value.end && megabytes)
            return times_fits(megabytes, 1 << 20, bytes);
    }
    return false;
}

static void bound_node(const struct words *w, const struct subject *s, struct span environment, struct bound *out)
{
    static const char name[] = "--max-old-space-size";
    struct span text = environment_value(environment.at, span_length(environment), "NODE_OPTIONS"), word;
    uint64_t bytes;
    *out = (struct bound){.why = "no limit of its own was given; Node's default depends on its version"};
    while (text.at && scan_word(&text, &word))
        if (take_old_space(word, &bytes))
            give(out, bytes, BOUND_HEAP, name, "environment");
    for (size_t i = 1; i < w->count && (!s->script || i < s->script); i++)
        if (take_old_space(w->list[i], &bytes))
            give(out, bytes, BOUND_HEAP, name, "command line");
}

/* -m 512, -m512, --memory-limit=512: MiB; 64 by default (memcached.1). */
static void bound_memcached(const struct words *w, struct bound *out)
{
    static const char name[] = "memcached -m";
    uint64_t megabytes, bytes;
    give(out, 64 << 20, BOUND_CACHE, name, "default");
    for (size_t i = 1; i < w->count; i++) {
        struct span word = w->list[i], value = {0};
        if ((span_is(word, "-m") || span_is(word, "--memory-limit")) && i + 1 < w->count)
            value = w->list[i + 1];
        else if (span_starts(word, "--memory-limit="))
            value = (struct span){word.at + strlen("--memory-limit="), word.end};
        else if (span_starts(word, "-m") && span_length(word) > 2)
            value = (struct span){word.at + 2, word.end};
        if (span_length(value) && scan_number(&value, &megabytes) && value.at == value.end &&
            times_fits(megabytes, 1 << 20, &bytes))
            give(out, bytes, BOUND_CACHE, name, "command line");
    }
}

/* In letters of either case, with or without 0x. */
static bool parse_hex(struct span text, uint64_t *number)
{
    char copy[24];
    size_t n = span_copy(text, copy, sizeof copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = (char)tolower((unsigned char)copy[i]);
    struct span digits = span_of(copy, n);
    if (span_starts(digits, "0x"))
        digits.at += 2;
    return n == span_length(text) && scan_hex(&digits, number) && digits.at == digits.end;
}

/* What a runtime reads that is not told by the program's name. */
static void bound_environment(struct span environment, struct bound *out)
{
    struct span go = environment_value(environment.at, span_length(environment), "GOMEMLIMIT");
    struct span dotnet = environment_value(environment.at, span_length(environment), "DOTNET_GCHeapHardLimit");
    uint64_t bytes;
    if (go.at && size_parse(go, &bytes) && bytes)
        give(out, bytes, BOUND_SOFT, "GOMEMLIMIT", "environment");
    if (dotnet.at && parse_hex(dotnet, &bytes) && bytes)
        give(out, bytes, BOUND_HEAP, "DOTNET_GCHeapHardLimit", "environment");
}

void bound_of_words(const struct words *w, const struct subject *s, struct span environment, uint64_t memory,
                    struct bound *out)
{
    *out = (struct bound){.why = s->program == PROGRAM_PHP_FPM ? "each request has a limit of its own: worker_limit"
                                                               : "not a program whose limits are known"};
    switch (s->program) {
    case PROGRAM_JAVA:
        bound_jvm(w, s, environment, memory, out);
        return;
    case PROGRAM_NODE:
        bound_node(w, s, environment, out);
        return;
    case PROGRAM_MEMCACHED:
        bound_memcached(w, out);
        return;
    case PROGRAM_PYTHON:
    case PROGRAM_RUBY:
    case PROGRAM_PERL:
    case PROGRAM_PHP:
    case PROGRAM_SHELL:
    case PROGRAM_ERLANG:
        out->why = unlimited;
        return;
    case PROGRAM_DOTNET:
        out->why = unlimited;
        /* fall through */
    default:
        bound_environment(environment, out);
    }
}
