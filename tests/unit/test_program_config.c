/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits in configuration files: of Redis, MariaDB, PostgreSQL and PHP-FPM; and that no other file is read for them. */
#include "tree.h"
#include "base/mem.h"
#include "probes/program/config.h"

#define LINE(text) text, sizeof text
#define MIB (1024.0 * 1024)

static struct words words;
static struct config config;
static struct tree tree;

static void files_begin(void)
{
    tree_new(&tree);
    tree_file(&tree, "proc/version", "x");
}

static void files_ready(void)
{
    tree_open(&tree);
    config = (struct config){.files = &tree.root};
}

static struct bound bound_of(const char *line, size_t size)
{
    struct bound b = {0};
    config.why = NULL;
    words_split(line, size, &words);
    struct subject s = words_subject(&words);
    if (s.program == PROGRAM_POSTGRES)
        config_bound_postgres(&config, &words, &b);
    else
        config_bound(&config, &words, &s, &b);
    return b;
}

static void expect(const char *line, size_t size, double bytes, enum bound_kind kind, const char *from)
{
    struct bound b = bound_of(line, size);
    if (!b.known)
        fail_msg("%s: %s", line, b.why);
    assert_true((double)b.bytes == bytes);
    assert_int_equal(b.kind, kind);
    assert_string_equal(b.from, from);
}

static void expect_unknown(const char *line, size_t size, const char *why)
{
    struct bound b = bound_of(line, size);
    assert_false(b.known);
    assert_string_equal(b.why, why);
}

static void values(void **state)
{
    (void)state;
    static const char text[] =
        "# key one\nkey two\n; key three\n[a]\nkey = 'four' # five\nother_key=6\n[b-1]\nkey\n[c\n[]\nkey 7";
    static const char *const a[] = {"a]", NULL}, *const b[] = {"b", NULL};
    struct span all = span_of_string(text);
    assert_true(span_is(config_value(all, NULL, "key"), "7"));
    assert_true(span_is(config_value(all, a, "key"), "four"));
    assert_true(span_is(config_value(all, a, "other-key"), "6"));
    assert_true(span_is(config_value(all, b, "key"), ""));
    assert_null(config_value(all, a, "ke").at);
    char bytes[300];
    unsigned seed = 5;
    for (int round = 0; round < 20000; round++) {
        size_t size = (seed = seed * 1103515245u + 12345) >> 16 & 255;
        for (size_t i = 0; i < size; i++) {
            seed = seed * 1103515245u + 12345;
            bytes[i] = "\n\n[]=# 'ak1\0\xff"[(seed >> 16) % 13];
        }
        struct span v = config_value(span_of(bytes, size), round & 1 ? a : NULL, "k");
        assert_true(!v.at || (v.at >= bytes && v.end <= bytes + size && v.at <= v.end));
    }
}

static void redis(void **state)
{
    (void)state;
    files_begin();
    tree_file(&tree, "etc/redis/redis.conf", "port 6379\nmaxmemory 100mb\nmaxmemory-policy allkeys-lru\n");
    tree_file(&tree, "etc/redis/full.conf", "maxmemory 100m\n");
    tree_file(&tree, "etc/redis/none.conf", "maxmemory 0\n");
    tree_file(&tree, "home/redis.conf", "maxmemory 7mb\n");
    files_ready();
    expect(LINE("redis-server 127.0.0.1:6379"), 100 * MIB, BOUND_CACHE, "/etc/redis/redis.conf");
    expect(LINE("redis-server\0/etc/redis/full.conf"), 100e6, BOUND_HEAP, "/etc/redis/full.conf");
    expect(LINE("redis-server\0--maxmemory\0002gb"), 2048 * MIB, BOUND_HEAP, "command line");
    expect_unknown(LINE("redis-server\0/etc/redis/none.conf"), "no limit of its own was given");
    expect_unknown(LINE("redis-server *:6380"), "its configuration was not found");
    /* not where a configuration belongs: the usual one is looked at in its place */
    expect(LINE("redis-server\0/home/redis.conf"), 100 * MIB, BOUND_CACHE, "/etc/redis/redis.conf");
    expect(LINE("redis-server\0/etc/../home/redis.conf"), 100 * MIB, BOUND_CACHE, "/etc/redis/redis.conf");
    tree_free(&tree);
}

static void mariadb(void **state)
{
    (void)state;
    files_begin();
    tree_file(&tree, "etc/mysql/my.cnf", "[client]\ninnodb_buffer_pool_size=9G\n");
    files_ready();
    expect(LINE("mariadbd"), 128 * MIB, BOUND_CACHE, "default");
    tree_file(&tree, "etc/mysql/mariadb.conf.d/50-server.cnf", "[server]\n[mysqld]\ninnodb-buffer-pool-size = 1G\n");
    tree_file(&tree, "etc/mysql/mariadb.conf.d/60-more.cnf", "[mariadb-10.11]\ninnodb_buffer_pool_size=2G\n");
    expect(LINE("mariadbd"), 2048 * MIB, BOUND_CACHE, "/etc/mysql/mariadb.conf.d/60-more.cnf");
    expect(LINE("mysqld\0--innodb-buffer-pool-size=512M"), 512 * MIB, BOUND_CACHE, "command line");
    expect(LINE("mysqld\0--no-defaults"), 128 * MIB, BOUND_CACHE, "default");
    tree_file(&tree, "etc/own.cnf", "[mysqld]\ninnodb_buffer_pool_size=64M\n");
    expect(LINE("mysqld\0--defaults-file=/etc/own.cnf"), 64 * MIB, BOUND_CACHE, "/etc/own.cnf");
    expect_unknown(LINE("mysqld\0--defaults-file=/tmp/own.cnf"), "its configuration was not found");
    tree_free(&tree);
}

static void postgres(void **state)
{
    (void)state;
    files_begin();
    tree_file(&tree, "etc/postgresql/15/main/postgresql.conf", "shared_buffers = 256MB\t# min 128kB\n");
    tree_file(&tree, "var/lib/postgresql/data/postgresql.conf", "shared_buffers = 1000\n");
    files_ready();
    expect(LINE("postgres\0-D\0/var/lib/pg\0-c\0config_file=/etc/postgresql/15/main/postgresql.conf"), 256 * MIB,
           BOUND_CACHE, "/etc/postgresql/15/main/postgresql.conf");
    expect(LINE("postgres\0-D\0/var/lib/postgresql/data"), 1000 * 8192.0, BOUND_CACHE,
           "/var/lib/postgresql/data/postgresql.conf");
    tree_file(&tree, "var/lib/postgresql/data/postgresql.auto.conf", "shared_buffers = '1GB'\n");
    expect(LINE("postgres\0-D\0/var/lib/postgresql/data"), 1024 * MIB, BOUND_CACHE,
           "/var/lib/postgresql/data/postgresql.auto.conf");
    expect(LINE("postgres\0-c\0shared_buffers=2GB"), 2048 * MIB, BOUND_CACHE, "command line");
    expect(LINE("postgres\0-B\0001024"), 1024 * 8192.0, BOUND_CACHE, "command line");
    expect_unknown(LINE("postgres\0-D\0/var/lib/nothing"), "its configuration was not found");
    expect_unknown(LINE("postgres"), "its configuration was not found");
    tree_free(&tree);
}

static void php_fpm(void **state)
{
    (void)state;
    files_begin();
    tree_file(&tree, "etc/php/8.2/fpm/pool.d/www.conf", "[www]\npm.max_children = 5\n");
    tree_file(&tree, "etc/php/8.2/fpm/pool.d/shop.conf",
              "[www2]\npm.max_children=1\n[shop]\npm.max_children = 40\nphp_admin_value[memory_limit] = 256M\n");
    tree_file(&tree, "etc/php/8.2/fpm/php.ini", "; memory_limit = 1M\nmemory_limit = 64M\n");
    files_ready();
    struct fpm_pool pool;
    words_split(LINE("php-fpm: pool www"), &words);
    config_fpm_pool(&config, &words, "php-fpm8.2", &pool);
    assert_true(pool.has_workers && pool.workers == 5);
    assert_true(pool.has_limit && (double)pool.limit == 64 * MIB);
    words_split(LINE("php-fpm: pool shop"), &words);
    config_fpm_pool(&config, &words, "php-fpm8.2", &pool);
    assert_true(pool.has_workers && pool.workers == 40);
    assert_true(pool.has_limit && (double)pool.limit == 256 * MIB);
    words_split(LINE("php-fpm: pool other"), &words);
    config_fpm_pool(&config, &words, "php-fpm8.2", &pool);
    assert_true(!pool.has_workers && !pool.has_limit && pool.why);
    words_split(LINE("php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)"), &words);
    config_fpm_pool(&config, &words, "php-fpm8.2", &pool);
    assert_true(!pool.has_workers && !pool.has_limit && pool.why);
    tree_free(&tree);
}

static void links_lead_nowhere_else(void **state)
{
    (void)state;
    char path[300], target[300];
    files_begin();
    tree_file(&tree, "etc/x", "maxmemory 5mb\n");
    snprintf(path, sizeof path, "%s/etc/redis.conf", tree.path);
    assert_int_equal(mkfifo(path, 0600), 0);
    files_ready();
    expect_unknown(LINE("redis-server *:6379"), "its configuration was not found");
    assert_int_equal(unlink(path), 0);
    snprintf(target, sizeof target, "%s/../outside", tree.path);
    assert_int_equal(symlink(target, path), 0);
    expect_unknown(LINE("redis-server *:6379"), "its configuration was not found");
    tree_free(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),   cmocka_unit_test(redis),   cmocka_unit_test(mariadb),
        cmocka_unit_test(postgres), cmocka_unit_test(php_fpm), cmocka_unit_test(links_lead_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
