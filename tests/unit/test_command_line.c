/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines: their words, a telling name, and what of them is shown. */
#include "tree.h"
#include "base/mem.h"
#include "base/str.h"
#include "probes/program/name.h"
#include "probes/program/redact.h"

#define LINE(text) text, sizeof text

static struct words words;
static struct subject subject;

static void split(const char *line, size_t size)
{
    words_split(line, size, &words);
    subject = words_subject(&words);
}

static void expect(const char *line, size_t size, const char *name, const char *shown)
{
    AUTO_STR struct str is = {0}, once = {0}, kept = {0}, again = {0};
    split(line, size);
    program_name(&words, &subject, &is);
    assert_string_equal(str_text(&is), name);
    program_redact(&words, &subject, ' ', &once);
    assert_string_equal(str_text(&once), shown);
    program_redact(&words, &subject, '\0', &kept); /* what a capture keeps says the same */
    split(kept.data, kept.length);
    program_redact(&words, &subject, ' ', &again);
    assert_string_equal(str_text(&again), shown);
    str_clear(&is);
    program_name(&words, &subject, &is);
    assert_string_equal(str_text(&is), name);
}

static void programs_are_named_by_what_they_run(void **state)
{
    (void)state;
    expect(LINE("/usr/bin/python3\0-u\0/srv/shop/app.py\0--debug"), "app.py", "python3 -u app.py --debug");
    expect(LINE("python3.11\0-m\0celery.bin\0worker"), "celery.bin", "python3.11 -m celery.bin …");
    expect(LINE("/usr/bin/python3\0/usr/bin/gunicorn\0-w\0004\0--bind\0000.0.0.0:8000\0app:app"), "gunicorn app:app",
           "python3 gunicorn -w … --bind … app:app");
    expect(LINE("gunicorn: worker [shop.wsgi:app]"), "gunicorn: worker shop.wsgi:app",
           "gunicorn: worker shop.wsgi:app");
    expect(LINE("/usr/bin/java\0-Xmx512m\0-Dkey=value\0-Dother=1\0-cp\0/a.jar:/b.jar\0org.example.Main\0start"),
           "org.example.Main", "java -Xmx512m -D… -cp … org.example.Main …");
    expect(LINE("java\0-XX:+UseG1GC\0-XX:MaxRAMPercentage=75.0\0-jar\0/opt/shop/shop.jar"), "shop.jar",
           "java -XX:+UseG1GC -XX:MaxRAMPercentage=75.0 -jar shop.jar");
    expect(LINE("node\0--max-old-space-size=4096\0-r\0dotenv\0/srv/server.js"), "server.js",
           "node --max-old-space-size=4096 -r … server.js");
    expect(LINE("php-fpm: pool www                  \0\0\0"), "php-fpm: pool www", "php-fpm: pool www");
    expect(LINE("nginx: master process /usr/sbin/nginx -g daemon off;"), "nginx: master process",
           "nginx: master process");
    expect(LINE("postgres: 15/main: app shop 10.0.0.5(51234) idle in transaction"), "postgres: main: app shop",
           "postgres: main: app shop");
    expect(LINE("postgres: app shop [local] SELECT"), "postgres: app shop", "postgres: app shop");
    expect(LINE("postgres: checkpointer "), "postgres: checkpointer", "postgres: checkpointer");
    expect(LINE("redis-server 127.0.0.1:6379"), "redis-server :6379", "redis-server :6379");
    expect(LINE("/usr/bin/redis-server\0/etc/redis/6380.conf"), "redis-server 6380.conf", "redis-server 6380.conf");
    expect(LINE("/usr/bin/memcached\0-m\000512\0-u\0memcache\0-l\000127.0.0.1"), "memcached",
           "memcached -m 512 -u … -l …");
    expect(LINE("/usr/sbin/mariadbd\0--port=3307\0--innodb-buffer-pool-size=2G\0--datadir=/srv"), "mariadbd :3307",
           "mariadbd --port=3307 --innodb-buffer-pool-size=2G --datadir=…");
    expect(LINE("/usr/lib/erlang/erts-13.1/bin/beam.smp\0-W\0w\0--\0-root\0/usr\0-sname\0rabbit@db1"),
           "beam.smp rabbit", "beam.smp -W … -- -r… … -sname rabbit");
    expect(LINE("/usr/local/bin/prometheus\0--config.file=/etc/p.yml"), "prometheus", "prometheus --config.file=…");
    expect(LINE("sshd: root@pts/0"), "sshd", "sshd: …");
    expect(LINE("ruby\0/usr/bin/sidekiq"), "sidekiq", "ruby sidekiq");
    expect(LINE("/bin/sh\0-c\0sleep 5"), "", "sh -c …");
    expect(LINE(""), "", "");
}

static void what_could_be_a_secret_is_not_shown(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } lines[] = {
        {LINE("x\0--password=hunter2")},
        {LINE("x\0--password\0hunter2")},
        {LINE("x\0--password\0--hunter2")},
        {LINE("x\0--api-key\0-hunter2")},
        {LINE("mysql\0-phunter2")},
        {LINE("mysql\0-phunter2=x")},
        {LINE("x\0--url\0http://user:hunter2@host/")},
        {LINE("x\0http://user:hunter2@host/")},
        {LINE("env\0AWS_SECRET=hunter2\0x")},
        {LINE("java\0-Dpassword=hunter2\0-jar\0a.jar")},
        {LINE("java\0-XX:OnOutOfMemoryError=hunter2 %p\0-jar\0a.jar")},
        {LINE("python3\0-c\0print('hunter2')")},
        {LINE("python3\0/usr/bin/uvicorn\0--auth\0user:hunter2\0app:app")},
        {LINE("node\0--password\0hunter2\0app.js")},
        {LINE("python3\0app.py\0hunter2")},
        {LINE("redis-server\0--requirepass\0hunter2")},
        {LINE("redis-server 127.0.0.1:6379 hunter2")},
        {LINE("backup: with password hunter2")},
        {LINE("script.pl --password hunter2")},
        {LINE("x\0hunter2@host")},
        {LINE("x\0--hunter2=\n\x1b[2J")},
        {LINE("x\0-\xffhunter2")},
        {LINE("postgres: a b 10.0.0.5(1) hunter2")},
        {LINE("memcached\0-m\0hunter2")},
        {LINE("beam.smp\0-setcookie\0hunter2\0-name\0n@hunter2")},
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        AUTO_STR struct str text = {0};
        split(lines[i].text, lines[i].size);
        program_redact(&words, &subject, ' ', &text);
        program_name(&words, &subject, &text);
        const char *found = strstr(str_text(&text), "hunter2");
        if (found && strncmp(found - 2, "--", 2) != 0) /* a name of an option cannot be told from a word */
            fail_msg("line %zu: %s", i, text.data);
    }
    AUTO_STR struct str token = {0};
    split(LINE("python3\0ghp_16C7e42F292c6912E7710c838347Ae178B4a"));
    program_redact(&words, &subject, ' ', &token);
    assert_string_equal(token.data, "python3 …");
}

static void any_bytes_are_split(void **state)
{
    (void)state;
    char text[600];
    unsigned seed = 7;
    for (int round = 0; round < 20000; round++) {
        size_t size = (seed = seed * 1103515245u + 12345) >> 16 & 511;
        for (size_t i = 0; i < size; i++) {
            seed = seed * 1103515245u + 12345;
            text[i] = "\0\0 -=:/@[]()ab1m\xff\n"[(seed >> 16) % 18];
        }
        AUTO_STR struct str out = {0};
        split(text, size);
        program_redact(&words, &subject, '\0', &out);
        program_name(&words, &subject, &out);
        assert_true(words.count <= WORDS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_named_by_what_they_run),
        cmocka_unit_test(what_could_be_a_secret_is_not_shown),
        cmocka_unit_test(any_bytes_are_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
