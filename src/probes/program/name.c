/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/program/name.h"

#include <ctype.h>

#include "base/mem.h"

enum { TITLE_WORDS_MAX = 5 };

static bool add_tame(struct str *out, const char *before, struct span word)
{
    if (!word_is_tame(word))
        return false;
    str_add(out, before);
    str_add_n(out, word.at, span_length(word));
    return true;
}

/* "10.0.0.5(51234)", "[local]": a client, behind which stands what it does just now. */
static bool is_client(struct span word)
{
    return span_is(word, "[local]") || (span_ends(word, ")") && span_find_char(word, '('));
}

static bool is_number(struct span word)
{
    const char *p = word.at;
    while (p < word.end && isdigit((unsigned char)*p))
        p++;
    return p == word.end;
}

/* Whose titles say what they are for, and nothing that somebody typed. */
static bool is_known_title(struct span program)
{
    static const char *const known[] = {"postgres", "php-fpm", "nginx", "gunicorn", "unicorn", "celeryd", "puma"};
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (span_is(program, known[i]))
            return true;
    return false;
}

/* "nginx: worker process", "postgres: 15/main: app shop 10.0.0.5(51234) idle", "gunicorn: worker [app:app]" */
static void name_title(const struct words *w, struct str *out)
{
    str_add_n(out, w->list[0].at, span_length(w->list[0]));
    size_t begin = out->length;
    str_add_char(out, ':');
    for (size_t i = 1; i < w->count && i <= TITLE_WORDS_MAX && is_known_title(w->list[0]); i++) {
        struct span word = w->list[i];
        if (span_starts(word, "[") && span_ends(word, "]") && !is_client(word))
            word = (struct span){word.at + 1, word.end - 1};
        if (span_ends(word, ":")) /* a cluster's name: 15/main */
            word = span_basename(word);
        if (is_client(word) || is_number(word) || span_starts(word, "-") || !add_tame(out, " ", word))
            break;
    }
    if (out->length == begin + 1)
        str_cut(out, begin);
}

struct span program_port(const struct words *w, const struct subject *s)
{
    struct span port = words_option(w, "--port");
    if (s->program == PROGRAM_MEMCACHED && !port.at)
        port = words_option(w, "-p");
    if (s->program == PROGRAM_REDIS && !port.at && w->count > 1) { /* redis-server 127.0.0.1:6379 [cluster] */
        const char *colon = memrchr(w->list[1].at, ':', span_length(w->list[1]));
        if (colon)
            port = (struct span){colon + 1, w->list[1].end};
    }
    return span_length(port) && span_length(port) <= 5 && is_number(port) ? port : (struct span){0};
}

/* Erlang: rabbit@host */
static struct span node_name(const struct words *w)
{
    struct span node = words_option(w, "-sname");
    if (!node.at)
        node = words_option(w, "-name");
    const char *at = span_find_char(node, '@');
    return at ? (struct span){node.at, at} : node;
}

/* redis-server /etc/redis/6380.conf, mysqld --defaults-file=… */
static struct span configuration(const struct words *w, const struct subject *s)
{
    struct span file = {0};
    if (s->program == PROGRAM_MARIADB)
        file = words_option(w, "--defaults-file");
    else if (s->program == PROGRAM_REDIS && w->count > 1 && span_ends(w->list[1], ".conf"))
        file = w->list[1];
    return span_basename(file);
}

bool program_name(const struct words *w, const struct subject *s, struct str *out)
{
    size_t begin = out->length;
    if (!w->count || !word_is_tame(span_basename(w->list[0])))
        return false;
    if (w->title) {
        name_title(w, out);
        return true;
    }
    struct span base = span_basename(w->list[0]), port = program_port(w, s), file = configuration(w, s);
    if (s->script) {
        if (!add_tame(out, "", span_basename(w->list[s->script])))
            return false;
        if (s->app)
            add_tame(out, " ", w->list[s->app]);
        return true;
    }
    if (s->program == PROGRAM_SHELL || (s->program >= PROGRAM_JAVA && s->program <= PROGRAM_PHP))
        return false;
    add_tame(out, "", base);
    if (port.at)
        add_tame(out, " :", port);
    else if (span_length(file))
        add_tame(out, " ", file);
    else if (s->program == PROGRAM_ERLANG)
        add_tame(out, " ", node_name(w));
    return out->length > begin;
}
