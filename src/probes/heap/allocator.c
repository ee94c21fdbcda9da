/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recognises runtimes and allocators by mapped libraries, by names of anonymous mappings and by addresses. */
#include "probes/heap/allocator.h"

#include <stdio.h>

#include "base/mem.h"

static const uint64_t go_arena_start = 0xc000000000;

const char *const language_names[] = {"unknown", "native", "go",     "python", "ruby",
                                      "node",    "php",    "dotnet", "jvm",    NULL};
const char *const allocator_names[] = {
    [ALLOCATOR_UNKNOWN] = "unknown",
    [ALLOCATOR_GLIBC] = "glibc",
    [ALLOCATOR_PYMALLOC] = "glibc + pymalloc",
    [ALLOCATOR_MUSL] = "musl",
    [ALLOCATOR_JEMALLOC] = "jemalloc",
    [ALLOCATOR_TCMALLOC] = "tcmalloc",
    [ALLOCATOR_MIMALLOC] = "mimalloc",
    [ALLOCATOR_SCUDO] = "scudo",
    [ALLOCATOR_GO] = "go",
    [ALLOCATORS] = NULL,
};

static void tell(char out[96], const char *what, struct span name)
{
    snprintf(out, 96, "%s%.*s", what, (int)(span_length(name) < 64 ? span_length(name) : 64), name.at);
}

static void found_language(struct detection *d, enum language l, const char *what, struct span name)
{
    if (l <= d->language)
        return;
    d->language = l;
    tell(d->language_evidence, what, name);
}

static void found_allocator(struct detection *d, unsigned rank, enum allocator allocator, const char *what,
                            struct span name)
{
    if (rank <= d->rank)
        return;
    d->rank = rank;
    d->guess = false;
    d->allocator = allocator_names[allocator];
    tell(d->allocator_evidence, what, name);
}

/* "php", "php8.2", "php-fpm8.2", but not "phpstorm". */
static bool is_program(struct span name, const char *program)
{
    if (!scan_key(&name, program, strlen(program)))
        return false;
    return name.at == name.end || (*name.at >= '0' && *name.at <= '9') || *name.at == '-' || *name.at == '.' ||
           *name.at == ' ' || *name.at == ':';
}

static void by_program(struct detection *d, struct span name, const char *what)
{
    static const struct {
        const char *program;
        enum language language;
    } programs[] = {
        {"php", LANGUAGE_PHP},     {"python", LANGUAGE_PYTHON}, {"pypy", LANGUAGE_PYTHON},   {"node", LANGUAGE_NODE},
        {"nodejs", LANGUAGE_NODE}, {"ruby", LANGUAGE_RUBY},     {"dotnet", LANGUAGE_DOTNET}, {"java", LANGUAGE_JVM},
    };
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
        if (is_program(name, programs[i].program))
            found_language(d, programs[i].language, what, name);
}

static void by_library(struct detection *d, struct span base)
{
    static const struct {
        const char *prefix;
        enum language language;
    } runtimes[] = {
        {"libjvm.so", LANGUAGE_JVM},    {"libcoreclr.so", LANGUAGE_DOTNET}, {"libmonosgen-", LANGUAGE_DOTNET},
        {"libphp", LANGUAGE_PHP},       {"libnode.so", LANGUAGE_NODE},      {"libruby", LANGUAGE_RUBY},
        {"libpython", LANGUAGE_PYTHON}, {"libpypy", LANGUAGE_PYTHON},
    };
    static const struct {
        const char *prefix;
        enum allocator allocator;
    } allocators[] = {
        {"libjemalloc", ALLOCATOR_JEMALLOC},
        {"libtcmalloc", ALLOCATOR_TCMALLOC},
        {"libmimalloc", ALLOCATOR_MIMALLOC},
    };
    for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++)
        if (span_starts(base, runtimes[i].prefix))
            found_language(d, runtimes[i].language, "mapped ", base);
    for (size_t i = 0; i < ARRAY_SIZE(allocators); i++)
        if (span_starts(base, allocators[i].prefix))
            found_allocator(d, 5, allocators[i].allocator, "mapped ", base);
    if (span_starts(base, "libc.so.6") || span_starts(base, "libc-2."))
        found_allocator(d, 1, ALLOCATOR_GLIBC, "mapped ", base);
    else if (span_starts(base, "ld-musl-") || span_starts(base, "libc.musl-"))
        found_allocator(d, 2, ALLOCATOR_MUSL, "mapped ", base);
}

void detect_mapping(struct detection *d, const struct vma *v)
{
    struct span name = v->name, nothing = span_of_string("");
    d->any = true;
    if (v->start == go_arena_start && v->inode == 0) {
        found_language(d, LANGUAGE_GO, "mapping at 0xc000000000", nothing);
        found_allocator(d, 3, ALLOCATOR_GO, "mapping at 0xc000000000", nothing);
    }
    if (name.at == name.end)
        return;
    if (name.at[0] == '[') {
        if (span_starts(name, "[anon: Go:") || span_starts(name, "[anon: go:")) { /* names itself since Go 1.25 */
            found_language(d, LANGUAGE_GO, "mapping named ", name);
            found_allocator(d, 3, ALLOCATOR_GO, "mapping named ", name);
        } else if (span_starts(name, "[anon:")) {
            if (span_find(name, "jemalloc"))
                found_allocator(d, 4, ALLOCATOR_JEMALLOC, "mapping named ", name);
            else if (span_find(name, "mimalloc"))
                found_allocator(d, 4, ALLOCATOR_MIMALLOC, "mapping named ", name);
            else if (span_find(name, "tcmalloc"))
                found_allocator(d, 4, ALLOCATOR_TCMALLOC, "mapping named ", name);
            else if (span_find(name, "scudo"))
                found_allocator(d, 4, ALLOCATOR_SCUDO, "mapping named ", name);
        }
        return;
    }
    if (name.at[0] != '/')
        return;
    struct span base = span_basename(name);
    by_library(d, base);
    if (span_is(base, "libc.so") && span_find(name, "-linux-musl")) /* Debian's place for it */
        found_allocator(d, 2, ALLOCATOR_MUSL, "mapped ", name);
    if (v->inode && v->permissions[2] == 'x' && !d->executable[0] && !span_find(base, ".so")) {
        snprintf(d->executable, sizeof d->executable, "%.*s", (int)(span_length(base) < 95 ? span_length(base) : 95),
                 base.at);
        by_program(d, base, "program ");
        /* Its own build has jemalloc inside, which no mapping shows. */
        if (span_starts(base, "redis-server") || span_starts(base, "valkey-server") ||
            span_starts(base, "keydb-server")) {
            bool better = d->rank < 3;
            found_allocator(d, 3, ALLOCATOR_JEMALLOC, "usually built into ", base);
            d->guess |= better;
        }
    }
}

void detect_finish(struct detection *d, const char *command)
{
    if (!d->any) {
        if (command)
            by_program(d, span_of_string(command), "command name only: ");
        if (d->language == LANGUAGE_UNKNOWN)
            snprintf(d->language_evidence, sizeof d->language_evidence, "mappings could not be read");
    } else if (d->language == LANGUAGE_UNKNOWN) {
        found_language(d, LANGUAGE_NATIVE, "no known runtime is mapped", span_of_string(""));
    }
    if (!d->allocator)
        snprintf(d->allocator_evidence, sizeof d->allocator_evidence, "%s",
                 d->any ? "no allocator library is mapped (statically linked?)" : "mappings could not be read");
}
