/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes/program/words.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/mem.h"

enum { TAME_MAX = 64, TOKEN_MIN = 20 };

static bool is_padding(char c)
{
    return c == '\0' || c == ' ';
}

/* "nginx: worker process": one lower-case word with a colon, then more. */
static bool is_title(struct span piece)
{
    const char *p = piece.at;
    while (p < piece.end && (islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '-' || *p == '.'))
        p++;
    return p > piece.at && piece.end - p > 2 && p[0] == ':' && p[1] == ' ';
}

static void add(struct words *w, struct span word)
{
    if (w->count < WORDS_MAX)
        w->list[w->count++] = word;
}

void words_split(const char *text, size_t length, struct words *w)
{
    w->count = 0;
    w->title = false;
    while (length && is_padding(text[length - 1]))
        length--;
    struct span all = span_of(text, length), piece = all, word;
    const char *nul = length ? memchr(text, '\0', length) : NULL;
    piece.end = nul ? nul : all.end;
    if (is_title(piece)) { /* behind it may stand what is left of the words that it was written over */
        w->title = true;
        const char *colon = span_find_char(piece, ':');
        add(w, (struct span){piece.at, colon});
        piece.at = colon + 1;
    } else if (nul) {
        for (; all.at < all.end; all.at = nul ? nul + 1 : all.end) {
            nul = span_find_char(all, '\0');
            add(w, (struct span){all.at, nul ? nul : all.end});
        }
        return;
    }
    while (scan_word(&piece, &word))
        add(w, word);
}

/* "python3.11", "php-fpm8.2" */
static bool is_version_of(struct span base, const char *name)
{
    if (!span_starts(base, name))
        return false;
    for (const char *p = base.at + strlen(name); p < base.end; p++)
        if (!isdigit((unsigned char)*p) && *p != '.' && *p != '-')
            return false;
    return true;
}

static enum program program_of(struct span base)
{
    static const struct {
        const char *name;
        enum program program;
    } known[] = {
        {"java", PROGRAM_JAVA},           {"node", PROGRAM_NODE},           {"nodejs", PROGRAM_NODE},
        {"python", PROGRAM_PYTHON},       {"pypy", PROGRAM_PYTHON},         {"ruby", PROGRAM_RUBY},
        {"perl", PROGRAM_PERL},           {"php-fpm", PROGRAM_PHP_FPM},     {"php", PROGRAM_PHP},
        {"dotnet", PROGRAM_DOTNET},       {"bash", PROGRAM_SHELL},          {"sh", PROGRAM_SHELL},
        {"dash", PROGRAM_SHELL},          {"zsh", PROGRAM_SHELL},           {"ksh", PROGRAM_SHELL},
        {"beam.smp", PROGRAM_ERLANG},     {"beam", PROGRAM_ERLANG},         {"postgres", PROGRAM_POSTGRES},
        {"postmaster", PROGRAM_POSTGRES}, {"mariadbd", PROGRAM_MARIADB},    {"mysqld", PROGRAM_MARIADB},
        {"redis-server", PROGRAM_REDIS},  {"valkey-server", PROGRAM_REDIS}, {"memcached", PROGRAM_MEMCACHED},
    };
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (is_version_of(base, known[i].name))
            return known[i].program;
    return PROGRAM_OTHER;
}

/* Options of interpreters: whose value is the next word, whose next word is what is run, and after which nothing is named. */
static const struct interpreter {
    enum program program;
    const char *const *with_value, *const *runs, *const *inline_text;
} interpreters[] = {
    {PROGRAM_JAVA,
     (const char *const[]){"-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path",
                           "--add-modules", "--add-opens", "--add-exports", "--add-reads", "--limit-modules",
                           "--enable-native-access", "--source", NULL},
     (const char *const[]){"-jar", "-m", "--module", NULL}, (const char *const[]){NULL}},
    {PROGRAM_NODE,
     (const char *const[]){"-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions",
                           NULL},
     (const char *const[]){NULL}, (const char *const[]){"-e", "--eval", "-p", "--print", "-pe", NULL}},
    {PROGRAM_PYTHON, (const char *const[]){"-W", "-X", "--check-hash-based-pycs", NULL},
     (const char *const[]){"-m", "-um", "-Im", "-Bm", "-Om", NULL},
     (const char *const[]){"-c", "-uc", "-Ic", "-Bc", "-Oc", "-", NULL}},
    {PROGRAM_RUBY, (const char *const[]){"-I", "-r", "-C", "-E", NULL}, (const char *const[]){NULL},
     (const char *const[]){"-e", NULL}},
    {PROGRAM_PERL, (const char *const[]){"-I", NULL}, (const char *const[]){NULL},
     (const char *const[]){"-e", "-E", "-ne", "-pe", NULL}},
    {PROGRAM_PHP, (const char *const[]){"-d", "-c", "-z", NULL}, (const char *const[]){"-f", NULL},
     (const char *const[]){"-r", "-R", "-S", "-a", NULL}},
    {PROGRAM_DOTNET,
     (const char *const[]){"--additionalprobingpath", "--depsfile", "--runtimeconfig", "--fx-version", NULL},
     (const char *const[]){"exec", NULL}, (const char *const[]){NULL}},
    {PROGRAM_SHELL, (const char *const[]){"-o", "-O", "--rcfile", "--init-file", NULL}, (const char *const[]){NULL},
     (const char *const[]){"-c", "-s", "-lc", "-ec", "-xc", "-exc", "-i", NULL}},
};

static bool is_one_of(struct span word, const char *const *list)
{
    for (; *list; list++)
        if (span_is(word, *list))
            return true;
    return false;
}

static size_t find_script(const struct words *w, enum program program)
{
    const struct interpreter *n = interpreters;
    while (n < interpreters + ARRAY_SIZE(interpreters) && n->program != program)
        n++;
    if (n == interpreters + ARRAY_SIZE(interpreters))
        return 0;
    for (size_t i = 1; i < w->count; i++) {
        struct span word = w->list[i];
        if (is_one_of(word, n->inline_text))
            return 0;
        if (is_one_of(word, n->runs))
            return i + 1 < w->count ? i + 1 : 0;
        if (is_one_of(word, n->with_value))
            i++;
        else if (span_length(word) && *word.at != '-' && *word.at != '@')
            return i;
        else if (word_is_secret(word) && !span_find_char(word, '='))
            return 0; /* what follows may be the secret */
    }
    return 0;
}

/* "package.module:object" */
static bool is_app(struct span word)
{
    const char *colon = span_find_char(word, ':');
    if (!colon || colon == word.at || colon + 1 == word.end)
        return false;
    for (const char *p = word.at; p < word.end; p++)
        if (p != colon && !isalnum((unsigned char)*p) && *p != '_' && *p != '.')
            return false;
    return !isdigit((unsigned char)*word.at) && !isdigit((unsigned char)colon[1]);
}

/* Behind a word that could be an option with a value ("--auth user:…") nothing is taken for one. */
static size_t find_app(const struct words *w, size_t script)
{
    static const char *const servers[] = {"gunicorn", "uvicorn",        "hypercorn", "daphne",
                                          "celery",   "waitress-serve", NULL};
    static const char *const flags[] = {"--reload", "--preload", "--daemon", "-D", "--proxy-headers", NULL};
    if (!script || !is_one_of(span_basename(w->list[script]), servers))
        return 0;
    for (size_t i = script + 1; i < w->count; i++) {
        struct span before = w->list[i - 1];
        if (span_is(before, "-A") || span_is(before, "--app"))
            return i;
        bool free = i - 1 == script || !span_length(before) || *before.at != '-' || is_one_of(before, flags) ||
                    (span_find_char(before, '=') && !word_is_secret(before));
        if (free && is_app(w->list[i]))
            return i;
    }
    return 0;
}

struct subject words_subject(const struct words *w)
{
    struct subject s = {0};
    if (!w->count)
        return s;
    s.program = program_of(span_basename(w->list[0]));
    if (w->title)
        return s;
    s.script = find_script(w, s.program);
    if (s.program == PROGRAM_PYTHON)
        s.app = find_app(w, s.script);
    return s;
}

struct span words_option(const struct words *w, const char *name)
{
    struct span found = {0};
    size_t n = strlen(name);
    for (size_t i = 1; i < w->count; i++) {
        struct span word = w->list[i];
        if (span_is(word, name) && i + 1 < w->count)
            found = w->list[i + 1];
        else if (span_starts(word, name) && word.at + n < word.end && word.at[n] == '=')
            found = (struct span){word.at + n + 1, word.end};
    }
    return found;
}

/* Letters and digits mixed in a long run, or how well-known keys begin. */
static bool is_token(struct span word)
{
    static const char *const begins[] = {"ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "sk-",
                                         "sk_",  "xox",  "AKIA", "ASIA",        "eyJ"};
    for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
        if (span_starts(word, begins[i]))
            return true;
    size_t run = 0, digits = 0, letters = 0;
    for (const char *p = word.at; p < word.end; p++) {
        unsigned char c = (unsigned char)*p;
        if (!isalnum(c)) {
            run = digits = letters = 0;
            continue;
        }
        run++;
        digits += isdigit(c) != 0;
        letters += isalpha(c) != 0;
        if (run >= TOKEN_MIN && digits > 2 && letters)
            return true;
    }
    return false;
}

bool word_is_tame(struct span word)
{
    if (!span_length(word) || span_length(word) > TAME_MAX || is_token(word))
        return false;
    for (const char *p = word.at; p < word.end; p++)
        if (!isalnum((unsigned char)*p) && (!*p || !strchr("._:+-", *p)))
            return false;
    return true;
}

bool word_is_secret(struct span name)
{
    static const char *const marks[] = {"pass", "pwd", "secret", "token", "key", "cred", "auth", "login", "user"};
    for (const char *p = name.at; p < name.end && *p != '='; p++)
        for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
            if ((size_t)(name.end - p) >= strlen(marks[i]) && strncasecmp(p, marks[i], strlen(marks[i])) == 0)
                return true;
    return false;
}
