/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits that stand in a program's configuration. Files are read as the process sees them (root_of_process), of at most 64 KiB,
 * and only where such a configuration belongs: a path from a command line is anybody's word. */
#ifndef FW_PROBES_PROGRAM_CONFIG_H
#define FW_PROBES_PROGRAM_CONFIG_H

#include "base/root.h"
#include "probes/program/bound.h"

enum { CONFIG_BYTES_MAX = 64 * 1024, CONFIG_PATH_MAX = 256 };

/* The last value of a key, without quotes: "key value", "key = value", "key=value"; - and _ in keys are the same. `groups`
 * (NULL-terminated; NULL: anywhere) are the [groups] that count, by how they
 * begin ("mysqld", or the whole of one: "www]"). at == NULL: none. */
struct span config_value(struct span text, const char *const *groups, const char *key);
/* "100mb" with 1024 between units, "100m" with 1000 (redis.conf). */
bool config_redis_size(struct span text, uint64_t *bytes);

struct config {
    const struct root *files; /* NULL: they cannot be read, and `why` says it */
    const char *why;
    size_t length;
    char text[CONFIG_BYTES_MAX];
    char path[CONFIG_PATH_MAX]; /* of what was read last, "/etc/redis/redis.conf" */
    char from[CONFIG_PATH_MAX]; /* of what gave the value */
};

/* Redis, MariaDB and MySQL: from their own words, else from their files. */
void config_bound(struct config *c, const struct words *w, const struct subject *s, struct bound *out);
/* PostgreSQL: from the words of its first process (postmaster), else from its files. */
void config_bound_postgres(struct config *c, const struct words *postmaster, struct bound *out);

/* A pool of PHP-FPM. */
struct fpm_pool {
    bool has_workers, has_limit;
    uint64_t workers; /* pm.max_children */
    uint64_t limit;   /* memory_limit of each request, bytes */
    const char *why;  /* of what is not known */
};
/* `program` is the process's name, in which Debian has PHP's version: "php-fpm8.2". */
void config_fpm_pool(struct config *c, const struct words *w, const char *program, struct fpm_pool *out);

#endif
