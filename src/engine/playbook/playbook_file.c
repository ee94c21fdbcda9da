/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a playbook comes from: a path, the configuration directories, or the binary itself. */
#include <dirent.h>
#include <string.h>

#include "base/input.h"
#include "base/output.h"
#include "base/str.h"
#include "base/text.h"
#include "base/builtin.h"
#include "engine/playbook/playbook.h"
#include "engine/playbook/yaml_tree.h"

/* a file a little over the limit of a playbook is read, so that the complaint has its usual form */
enum { NAMES_MAX = 200, NAME_LENGTH_MAX = 100, READ_MAX = 2 * YAML_BYTES_MAX };

static bool is_path(const char *name)
{
    size_t n = strlen(name);
    return strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".yaml") == 0) ||
           (n > 4 && strcmp(name + n - 4, ".yml") == 0);
}

static const struct builtin *find_builtin(const char *file)
{
    for (const struct builtin *b = builtins; b->name; b++)
        if (strcmp(b->name, file) == 0)
            return b;
    return NULL;
}

/* "quick" from "quick.yaml"; NULL if it is no such name. */
static const char *add_stem(struct arena *a, const char *file, const char **names, size_t *count)
{
    size_t n = strlen(file);
    if (*count == NAMES_MAX || n < 6 || n > NAME_LENGTH_MAX || strcmp(file + n - 5, ".yaml") != 0)
        return NULL;
    const char *stem = arena_strndup(a, file, n - 5);
    for (size_t i = 0; i < *count; i++)
        if (strcmp(names[i], stem) == 0)
            return names[i];
    return names[(*count)++] = stem;
}

static void add_directory(struct arena *a, char *path, const char **names, size_t *count)
{
    DIR *directory = path ? opendir(path) : NULL;
    free(path);
    if (!directory)
        return;
    for (const struct dirent *e; (e = readdir(directory));)
        add_stem(a, e->d_name, names, count);
    closedir(directory);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **playbook_names(struct arena *a, size_t *count)
{
    const char **names = arena_alloc(a, NAMES_MAX * sizeof *names);
    *count = 0;
    for (const struct builtin *b = builtins; b->name; b++)
        if (strncmp(b->name, "playbooks/", 10) == 0)
            add_stem(a, b->name + 10, names, count);
    add_directory(a, output_config_path(CONFIG_USER, "playbooks"), names, count);
    add_directory(a, output_config_path(CONFIG_SYSTEM, "playbooks"), names, count);
    qsort(names, *count, sizeof *names, compare_names);
    return names;
}

static void no_such(const char *name, struct err *e)
{
    struct arena a = {0};
    size_t count;
    const char **names = playbook_names(&a, &count);
    const char *near = strlen(name) <= NAME_LENGTH_MAX ? text_nearest(name, names, count) : NULL;
    struct str all = {0};
    for (size_t i = 0; i < count; i++)
        str_printf(&all, "%s%s", i ? ", " : "", names[i]);
    if (near)
        err_set(e, "there is no playbook '%s'; did you mean '%s'?", name, near);
    else
        err_set(e, "there is no playbook '%.100s' (known: %s; a file's name ends in .yaml)", name, str_text(&all));
    str_free(&all);
    arena_free(&a);
}

/* Of a path that a file gives, relative to that file's directory. */
static char *path_beside(const char *file, const char *name)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    return slash && *name != '/' ? mem_printf("%.*s/%s", (int)(slash - file), file, name) : mem_strdup(name);
}

char *playbook_text(const char *name, const char *beside, size_t *length, char **file, char **origin, struct err *e)
{
    *file = NULL;
    *origin = NULL;
    AUTO_FREE char *relative = mem_printf("playbooks/%s.yaml", name);
    char *path = is_path(name) ? path_beside(beside, name) : output_config_file(relative);
    if (path && !is_path(name) && beside && strcmp(path, beside) == 0) {
        free(path);
        path = NULL;
    }
    if (path) {
        char *text = input_read_file(path, READ_MAX, length, e);
        *file = text ? mem_strdup(path) : NULL;
        *origin = text ? path : NULL;
        if (!text)
            free(path);
        return text;
    }
    const struct builtin *b = find_builtin(relative);
    if (!b)
        return no_such(name, e), NULL;
    char *text = mem_alloc(b->length + 1);
    memcpy(text, b->data, b->length);
    *length = b->length;
    *file = mem_printf("%s.yaml", name);
    *origin = mem_strdup("built in");
    return text;
}

struct playbook *playbook_load(const char *name, struct diags *d, char **origin, struct err *e)
{
    size_t length;
    char *from, *file;
    if (origin)
        *origin = NULL;
    char *text = playbook_text(name, NULL, &length, &file, &from, e);
    if (!text)
        return NULL;
    struct playbook *p = playbook_parse(file, text, length, d);
    if (!p)
        err_set(e, "%s cannot be used", file);
    if (p && origin)
        *origin = from;
    else
        free(from);
    free(file);
    free(text);
    return p;
}
