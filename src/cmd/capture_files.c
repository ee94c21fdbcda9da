/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All patterns go down the tree together, so that no directory is listed twice. What is left of a pattern below a directory
 * is the tail of its text. */
#include "cmd/capture_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { DEPTH_MAX = 24, COMPONENT_MAX = 128, SUSPECTS = 3 };

/* An entry of a directory that patterns lead to, and the tail of one of them below it; NULL: the entry is the file. */
struct step {
    const char *name, *tail;
};

struct walk {
    const struct root *root;
    const struct whose *whose;
    void (*visit)(void *data, const char *path);
    void *data;
};

struct steps {
    struct step *list;
    size_t count;
    struct arena names;
};

static size_t component(const char *tail)
{
    return strcspn(tail, "/ ");
}

static bool is_component(const char *tail, const char *word)
{
    size_t n = strlen(word);
    return component(tail) == n && memcmp(tail, word, n) == 0;
}

static bool has_wildcard(const char *tail)
{
    return strcspn(tail, "*[?") < component(tail);
}

static void push(struct steps *s, const char *name, const char *tail)
{
    MEM_ROOM(s->list, s->count);
    s->list[s->count++] = (struct step){name, tail};
}

static void push_process(struct steps *s, long pid, const char *tail)
{
    if (pid)
        push(s, arena_printf(&s->names, "%ld", pid), tail);
}

/* False if the pattern does not go on with a word for processes. */
static bool push_processes(struct steps *s, const struct whose *w, const char *at, const char *tail)
{
    bool suspect = is_component(at, "SUSPECT"), leading = is_component(at, "LEADING");
    if (is_component(at, "PID")) {
        for (size_t i = 0; i < w->count; i++)
            push_process(s, w->all[i], tail);
        return true;
    }
    for (size_t i = 0; (leading || (suspect && i < SUSPECTS)) && i < w->leading; i++)
        push_process(s, w->leaders[i].pid, tail);
    if (!suspect && !leading && !is_component(at, "NAMED"))
        return false;
    push_process(s, w->named, tail);
    return true;
}

static void push_entry(struct steps *s, const char *name, const struct stat *st, const char *at, unsigned depth)
{
    char pattern[COMPONENT_MAX];
    size_t n = component(at);
    const char *tail = at[n] == '/' ? at + n + 1 : NULL;
    if (is_component(at, "**")) {
        if (S_ISDIR(st->st_mode) && depth < DEPTH_MAX)
            push(s, name, at);
        return;
    }
    snprintf(pattern, sizeof pattern, "%.*s", (int)n, at);
    if ((tail || (S_ISREG(st->st_mode) && st->st_mode & 0444)) && fnmatch(pattern, name, 0) == 0)
        push(s, name, tail);
}

/* Where no pattern has a wildcard the directory need not be listed. */
static void push_all(struct steps *s, const struct walk *w, const char *path, const char *const *tails, size_t count,
                     unsigned depth)
{
    bool wild = false;
    for (size_t i = 0; i < count; i++)
        wild |= has_wildcard(tails[i]);
    int fd = wild ? root_open_dir(w->root, path) : -1;
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && !d)
        close(fd);
    for (size_t i = 0; i < count; i++) {
        size_t n = component(tails[i]);
        const char *tail = tails[i][n] == '/' ? tails[i] + n + 1 : NULL;
        if (!push_processes(s, w->whose, tails[i], tail) && !d && !has_wildcard(tails[i]))
            push(s, arena_strndup(&s->names, tails[i], n), tail);
    }
    for (struct dirent *entry; d && (entry = readdir(d));) {
        struct stat st;
        if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        const char *name = arena_strdup(&s->names, entry->d_name);
        for (size_t i = 0; i < count; i++)
            push_entry(s, name, &st, tails[i], depth);
    }
    if (d)
        closedir(d);
}

static int compare_steps(const void *a, const void *b)
{
    return strcmp(((const struct step *)a)->name, ((const struct step *)b)->name);
}

static void walk(const struct walk *w, const char *path, const char *const *tails, size_t count, unsigned depth)
{
    struct steps s = {0};
    AUTO_FREE const char **here = mem_array(2 * count + 1, sizeof *here);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        here[n++] = tails[i];
        if (is_component(tails[i], "**"))
            here[n++] = tails[i] + strlen("**/"); /* no directory at all between */
    }
    push_all(&s, w, path, here, n, depth);
    if (s.count)
        qsort(s.list, s.count, sizeof *s.list, compare_steps);
    for (size_t i = 0, next; i < s.count; i = next) {
        AUTO_FREE const char **below = mem_array(s.count - i + 1, sizeof *below);
        AUTO_FREE char *child = mem_printf("%s%s%s", path, *path ? "/" : "", s.list[i].name);
        bool file = false;
        n = 0;
        for (next = i; next < s.count && strcmp(s.list[next].name, s.list[i].name) == 0; next++)
            if (s.list[next].tail)
                below[n++] = s.list[next].tail;
            else
                file = true;
        if (file)
            w->visit(w->data, child);
        if (n)
            walk(w, child, below, n, depth + 1);
    }
    free(s.list);
    arena_free(&s.names);
}

void files_each(const struct root *r, const char *const *declared, size_t count, const struct whose *whose,
                void (*visit)(void *data, const char *path), void *data)
{
    size_t n = 0, room = 1;
    for (size_t i = 0; i < count; i++)
        room += declared[i] ? strlen(declared[i]) : 0;
    AUTO_FREE const char **tails = mem_array(room, sizeof *tails);
    for (size_t i = 0; i < count; i++)
        for (const char *at = declared[i]; at && *(at += strspn(at, " ")); at += strcspn(at, " "))
            tails[n++] = at;
    walk(&(struct walk){r, whose, visit, data}, "", tails, n, 0);
}
