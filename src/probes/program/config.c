/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/program/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "probes/program/name.h"

static const char *const not_found = "its configuration was not found";
static const char *const unlimited = "no limit of its own was given";

static bool is_key(struct span word, const char *key)
{
    size_t n = strlen(key);
    if (span_length(word) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (word.at[i] != key[i] && !((word.at[i] == '-' || word.at[i] == '_') && (key[i] == '-' || key[i] == '_')))
            return false;
    return true;
}

static bool is_of_groups(struct span group, const char *const *groups)
{
    for (; *groups; groups++)
        if (span_starts(group, *groups))
            return true;
    return false;
}

static struct span trimmed(struct span s)
{
    scan_end(&s);
    while (s.at < s.end && scan_is_blank(s.end[-1]))
        s.end--;
    if (span_length(s) > 1 && (*s.at == '\'' || *s.at == '"') && s.end[-1] == *s.at)
        s = (struct span){s.at + 1, s.end - 1};
    return s;
}

static struct span without_comment(struct span line)
{
    for (const char *p = line.at + 1; p < line.end; p++)
        if (*p == '#' && scan_is_blank(p[-1]))
            return (struct span){line.at, p};
    return line;
}

struct span config_value(struct span text, const char *const *groups, const char *key)
{
    struct span line, found = {0};
    bool counts = !groups;
    while (scan_line(&text, &line)) {
        if (scan_end(&line) || *line.at == '#' || *line.at == ';')
            continue;
        const char *end = span_find_char(line, ']');
        if (*line.at == '[' && groups) {
            counts = end && is_of_groups((struct span){line.at + 1, end + 1}, groups);
            continue;
        }
        line = without_comment(line);
        struct span name = {line.at, line.at};
        while (name.end < line.end && !scan_is_blank(*name.end) && *name.end != '=')
            name.end++;
        line.at = name.end;
        scan_literal(&line, "=");
        if (counts && is_key(name, key))
            found = trimmed(line);
    }
    return found;
}

/* Reads the file at a path without a leading slash. False if it is not there or may not be read, which `why` then says. */
static bool read_config(struct config *c, const char *path)
{
    if (!c->files)
        return false;
    ssize_t n = root_read_small(c->files, path, c->text, sizeof c->text);
    if (n == -EACCES || n == -EPERM)
        c->why = "permission denied to its configuration";
    c->length = n > 0 ? (size_t)n : 0;
    snprintf(c->path, sizeof c->path, "/%s", path);
    return n > 0;
}

static struct span text_of(const struct config *c)
{
    return span_of(c->text, c->length);
}

/* Where configurations belong; only those who administer the machine put something there. */
static bool path_is_fit(struct span path)
{
    return (span_starts(path, "/etc/") || span_starts(path, "/var/lib/")) && !span_find(path, "/../") &&
           !span_find(path, "//") && (span_ends(path, ".conf") || span_ends(path, ".cnf")) &&
           span_length(path) < CONFIG_PATH_MAX;
}

static bool read_named(struct config *c, struct span path)
{
    char copy[CONFIG_PATH_MAX];
    if (!path.at || !path_is_fit(path))
        return false;
    span_copy((struct span){path.at + 1, path.end}, copy, sizeof copy);
    return read_config(c, copy);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

enum { FILES_MAX = 64, NAME_SIZE = 64 };

/* Names in a directory that have that ending, in order. */
static size_t list_files(const struct config *c, const char *directory, const char *ending,
                         char names[FILES_MAX][NAME_SIZE])
{
    size_t count = 0;
    int fd = c->files ? root_open_dir(c->files, directory) : -1;
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && !d)
        close(fd);
    for (struct dirent *entry; d && count < FILES_MAX && (entry = readdir(d));) {
        struct span name = span_of_string(entry->d_name);
        if (span_ends(name, ending) && span_length(name) < NAME_SIZE)
            span_copy(name, names[count++], NAME_SIZE);
    }
    if (d)
        closedir(d);
    qsort(names, count, NAME_SIZE, compare_names);
    return count;
}

static void give(struct config *c, struct bound *out, uint64_t bytes, enum bound_kind kind, const char *name)
{
    snprintf(c->from, sizeof c->from, "%s", c->path);
    *out = (struct bound){.known = true, .bytes = bytes, .kind = kind, .name = name, .from = c->from};
}

bool config_redis_size(struct span text, uint64_t *bytes)
{
    bool decimal = text.at && text.end > text.at && strchr("kKmMgG", text.end[-1]) && text.end[-1];
    uint64_t number, unit;
    if (!decimal)
        return text.at && size_parse(text, bytes);
    char letter = text.end[-1] | 0x20;
    unit = letter == 'k' ? 1000 : letter == 'm' ? 1000000 : 1000000000;
    text.end--;
    return scan_number(&text, &number) && text.at == text.end && times_fits(number, unit, bytes);
}

/* It holds what its clients store. Of a limit that was given on the command line nothing is left there once it has started, and one can
 * be set while it runs; so that none in a file does not mean that there is none. */
static struct bound redis_unknown(const char *why)
{
    return (struct bound){.kind = BOUND_CACHE, .name = "maxmemory", .why = why};
}

/* A full one evicts keys if its policy says so; else writes fail. */
static void give_redis(struct bound *out, struct span size, struct span policy, const char *from)
{
    uint64_t bytes;
    if (!size.at || !config_redis_size(size, &bytes) || !bytes) {
        *out = redis_unknown(unlimited);
        return;
    }
    bool evicts = span_length(policy) && !span_is(policy, "noeviction");
    *out = (struct bound){
        .known = true, .bytes = bytes, .kind = evicts ? BOUND_CACHE : BOUND_HEAP, .name = "maxmemory", .from = from};
}

/* A file of the usual places is this server's if it has its port. */
static bool has_port(struct span text, struct span port)
{
    struct span own = config_value(text, NULL, "port");
    if (!own.at)
        own = span_of_string("6379");
    return !port.at || (span_length(own) == span_length(port) && memcmp(own.at, port.at, span_length(own)) == 0);
}

static void bound_redis(struct config *c, const struct words *w, const struct subject *s, struct bound *out)
{
    static const char *const usual[] = {"etc/redis/redis.conf", "etc/redis.conf", "etc/valkey/valkey.conf",
                                        "etc/valkey/redis.conf"};
    struct span size = words_option(w, "--maxmemory"), policy = words_option(w, "--maxmemory-policy");
    if (size.at) {
        give_redis(out, size, policy, "command line");
        return;
    }
    struct span port = program_port(w, s);
    bool found = w->count > 1 && read_named(c, w->list[1]);
    for (size_t i = 0; !found && i < ARRAY_SIZE(usual); i++)
        found = read_config(c, usual[i]) && has_port(text_of(c), port);
    *out = redis_unknown(c->why ? c->why : not_found);
    if (!found)
        return;
    snprintf(c->from, sizeof c->from, "%s", c->path);
    give_redis(out, config_value(text_of(c), NULL, "maxmemory"), config_value(text_of(c), NULL, "maxmemory-policy"),
               c->from);
}

static const char *const server_groups[] = {"mysqld", "mariadb", "server", NULL};

/* True if the file is there, whether it says anything or not. */
static bool take_mariadb(struct config *c, bool read, struct bound *out)
{
    uint64_t bytes;
    struct span value = read ? config_value(text_of(c), server_groups, "innodb_buffer_pool_size") : (struct span){0};
    if (value.at && size_parse(value, &bytes))
        give(c, out, bytes, BOUND_CACHE, "innodb_buffer_pool_size");
    return read;
}

static bool has_word(const struct words *w, const char *word)
{
    for (size_t i = 1; i < w->count; i++)
        if (span_is(w->list[i], word))
            return true;
    return false;
}

/* Files in the order in which the usual ones include each other; what is read last holds. 128 MiB by default. */
static void bound_mariadb(struct config *c, const struct words *w, struct bound *out)
{
    static const char *const usual[] = {"etc/my.cnf", "etc/mysql/my.cnf"};
    static const char *const directories[] = {"etc/my.cnf.d", "etc/mysql/conf.d", "etc/mysql/mysql.conf.d",
                                              "etc/mysql/mariadb.conf.d"};
    static const char name[] = "innodb_buffer_pool_size";
    struct span value = words_option(w, "--innodb-buffer-pool-size"), file = words_option(w, "--defaults-file");
    if (!value.at)
        value = words_option(w, "--innodb_buffer_pool_size");
    uint64_t bytes;
    *out = (struct bound){0};
    if (value.at && size_parse(value, &bytes)) {
        *out = (struct bound){.known = true, .bytes = bytes, .kind = BOUND_CACHE, .name = name, .from = "command line"};
        return;
    }
    bool none = has_word(w, "--no-defaults"), usual_ones = !none && !file.at;
    bool found = none || (file.at && take_mariadb(c, read_named(c, file), out));
    for (size_t i = 0; usual_ones && i < ARRAY_SIZE(usual); i++)
        found = take_mariadb(c, read_config(c, usual[i]), out) || found;
    for (size_t i = 0; usual_ones && i < ARRAY_SIZE(directories); i++) {
        char names[FILES_MAX][NAME_SIZE], path[CONFIG_PATH_MAX];
        size_t count = list_files(c, directories[i], ".cnf", names);
        for (size_t k = 0; k < count; k++) {
            snprintf(path, sizeof path, "%s/%s", directories[i], names[k]);
            found = take_mariadb(c, read_config(c, path), out) || found;
        }
    }
    if (!out->known && found && !c->why)
        *out = (struct bound){.known = true, .bytes = 128 << 20, .kind = BOUND_CACHE, .name = name, .from = "default"};
    else if (!out->known)
        out->why = c->why ? c->why : not_found;
}

void config_bound(struct config *c, const struct words *w, const struct subject *s, struct bound *out)
{
    if (s->program == PROGRAM_REDIS)
        bound_redis(c, w, s, out);
    else
        bound_mariadb(c, w, out);
}

/* A setting by -c NAME=value or --NAME=value. */
static struct span postgres_option(const struct words *w, const char *name)
{
    char option[64];
    snprintf(option, sizeof option, "--%s", name);
    struct span found = words_option(w, option);
    for (size_t i = 1; i + 1 < w->count; i++) {
        struct span setting = w->list[i + 1];
        size_t n = strlen(name);
        if (span_is(w->list[i], "-c") && span_starts(setting, name) && span_length(setting) > n && setting.at[n] == '=')
            found = (struct span){setting.at + n + 1, setting.end};
    }
    return found;
}

static bool read_in_directory(struct config *c, struct span directory, const char *name)
{
    char path[CONFIG_PATH_MAX];
    int n = directory.at ? snprintf(path, sizeof path, "%.*s/%s", (int)span_length(directory), directory.at, name) : 0;
    return n > 0 && (size_t)n < sizeof path && read_named(c, span_of_string(path));
}

void config_bound_postgres(struct config *c, const struct words *postmaster, struct bound *out)
{
    enum { BLOCK = 8192 }; /* the unit of a bare number */
    static const char name[] = "shared_buffers";
    struct span directory = words_option(postmaster, "-D"), file = postgres_option(postmaster, "config_file");
    struct span value = postgres_option(postmaster, name);
    uint64_t bytes;
    if (!value.at)
        value = words_option(postmaster, "-B");
    if (value.at && size_parse_unit(value, BLOCK, &bytes)) {
        *out = (struct bound){.known = true, .bytes = bytes, .kind = BOUND_CACHE, .name = name, .from = "command line"};
        return;
    }
    bool found = file.at ? read_named(c, file) : read_in_directory(c, directory, "postgresql.conf");
    *out = (struct bound){.why = found ? "shared_buffers is not set in its configuration" : not_found};
    value = found ? config_value(text_of(c), NULL, name) : value;
    if (found && value.at && size_parse_unit(value, BLOCK, &bytes))
        give(c, out, bytes, BOUND_CACHE, name);
    /* ALTER SYSTEM writes there, and it is read last */
    if (read_in_directory(c, directory, "postgresql.auto.conf")) {
        value = config_value(text_of(c), NULL, name);
        if (value.at && size_parse_unit(value, BLOCK, &bytes))
            give(c, out, bytes, BOUND_CACHE, name);
    }
    if (!out->known && !found && c->why)
        out->why = c->why;
}

static bool take_pool(struct config *c, const char *pool, struct fpm_pool *out, bool *unlimited_requests)
{
    const char *const groups[] = {pool, NULL};
    struct span workers = config_value(text_of(c), groups, "pm.max_children");
    struct span limit = config_value(text_of(c), groups, "php_admin_value[memory_limit]");
    if (!workers.at)
        return false;
    out->has_workers = scan_number(&workers, &out->workers);
    if (!limit.at)
        limit = config_value(text_of(c), groups, "php_value[memory_limit]");
    out->has_limit = limit.at && size_parse(limit, &out->limit);
    *unlimited_requests = span_is(limit, "-1");
    return true;
}

/* The limit of php.ini, where the pool has none of its own: 128 MiB by default (main/main.c). */
static void take_ini(struct config *c, const char *const *files, size_t count, struct fpm_pool *out)
{
    for (size_t i = 0; i < count; i++) {
        if (!read_config(c, files[i]))
            continue;
        struct span limit = config_value(text_of(c), NULL, "memory_limit");
        out->has_limit = limit.at ? size_parse(limit, &out->limit) : (out->limit = 128 << 20, true);
        return;
    }
}

void config_fpm_pool(struct config *c, const struct words *w, const char *program, struct fpm_pool *out)
{
    char debian[64], ini[64], pool[64];
    const char *version = program + strcspn(program, "0123456789");
    snprintf(debian, sizeof debian, "etc/php/%.8s/fpm/pool.d", version);
    snprintf(ini, sizeof ini, "etc/php/%.8s/fpm/php.ini", version);
    const char *const directories[] = {debian, "etc/php-fpm.d", "usr/local/etc/php-fpm.d"};
    const char *const inis[] = {ini, "etc/php.ini", "usr/local/etc/php/php.ini"};
    *out = (struct fpm_pool){.why = "not a worker of PHP-FPM"};
    if (!w->title || w->count < 3 || !span_is(w->list[1], "pool") || span_length(w->list[2]) > sizeof pool - 2)
        return;
    span_copy(w->list[2], pool, sizeof pool);
    strcat(pool, "]"); /* the whole name of the group */
    out->why = c->why ? c->why : not_found;
    bool unlimited_requests = false, found = false;
    for (size_t i = 0; !found && i < ARRAY_SIZE(directories); i++) {
        char names[FILES_MAX][NAME_SIZE], path[CONFIG_PATH_MAX];
        size_t count = list_files(c, directories[i], ".conf", names);
        for (size_t k = 0; !found && k < count; k++) {
            snprintf(path, sizeof path, "%s/%s", directories[i], names[k]);
            found = read_config(c, path) && take_pool(c, pool, out, &unlimited_requests);
        }
    }
    if (found && unlimited_requests)
        out->why = unlimited;
    else if (found && !out->has_limit)
        take_ini(c, inis, ARRAY_SIZE(inis), out);
}
