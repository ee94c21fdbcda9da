/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts back what `apply` changed, the latest application first. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/settings/journal.h"
#include "cmd/option.h"

static const char usage[] =
    "fragwizard undo [ID...] [--all] [--list] [--force | --forget]\n"
    "\n"
    "Puts back what the last `fragwizard apply` changed: values, and files that it wrote. With IDs (of the change, or "
    "the\n"
    "setting's name) those only.\n"
    "\n"
    "  --all      everything that was ever applied and not undone, the latest first\n"
    "  --list     tell what there is to undo; changes nothing\n"
    "  --force    also what somebody else has changed since; otherwise that is left alone\n"
    "  --forget   leave all as it is and do not remember what was there before\n"
    "\n"
    "After a reboot a value that no file of fragwizard's has set is the boot's own, and stays.\n"
    "\n"
    "Exit status: 0 all is as it was before (also: nothing to undo), 3 something is not.\n";

struct undo {
    bool all, list, force, forget;
    struct root root;
    struct journal j;
    char boot[64]; /* empty: not known */
};

/* What is to be done about one half of a change. */
enum course { COURSE_NOTHING, COURSE_RESTORE, COURSE_REFUSE };

static bool booted_since(const struct undo *u, const struct application *a)
{
    return *u->boot && *a->boot && strcmp(u->boot, a->boot) != 0;
}

static enum course judge_value(const struct undo *u, const struct application *a, const struct change *c)
{
    struct err e;
    char now[SETTING_VALUE_MAX];
    if (!setting_read(c->setting, &u->root, now, &e)) {
        complain_of(&e);
        return booted_since(u, a) ? COURSE_NOTHING : COURSE_REFUSE; /* another kernel may not have it */
    }
    if (strcmp(now, c->before) == 0)
        return COURSE_NOTHING;
    if (u->force)
        return COURSE_RESTORE;
    bool ours = strcmp(now, c->after) == 0;
    if (booted_since(u, a) && !(ours && c->keep)) {
        printf("%s: is %s since the machine was booted, and stays so.\n", c->setting->name, now);
        return COURSE_NOTHING;
    }
    if (ours)
        return COURSE_RESTORE;
    complain("%s: was set to %s and somebody has made it %s since; --force puts %s back, --forget leaves it",
             c->setting->name, c->after, now, c->before);
    return COURSE_REFUSE;
}

static enum course judge_file(const struct undo *u, const struct change *c)
{
    struct err e;
    const char *path = c->setting->file;
    if (!c->keep)
        return COURSE_NOTHING;
    if (!output_sweep(path, &e))
        return complain_of(&e), COURSE_REFUSE;
    if (sysctl_file_now(&c->file, path, &e) != SYSCTL_FILE_CHANGED || u->force)
        return COURSE_RESTORE; /* also as it was before: its owner, mode and time may not be back yet */
    complain("%s; --force puts back what was there before, --forget leaves it", e.text);
    return COURSE_REFUSE;
}

static bool restore_value(const struct undo *u, const struct change *c)
{
    struct err e;
    char now[SETTING_VALUE_MAX];
    if (!setting_write(c->setting, c->before, &e) || !setting_read(c->setting, &u->root, now, &e))
        return complain_of(&e);
    if (strcmp(now, c->before) != 0)
        return complain("%s: is %s after it was put back to %s", c->setting->name, now, c->before), false;
    printf("%s: %s again.\n", c->setting->name, now);
    return true;
}

static bool restore_file(const struct change *c)
{
    struct err e;
    const char *path = c->setting->file;
    bool was_there = sysctl_file_now(&c->file, path, &e) == SYSCTL_FILE_AS_BEFORE;
    if (!sysctl_file_restore(&c->file, path, &e))
        return complain_of(&e);
    if (!was_there)
        printf("%s: %s.\n", path, c->file.existed ? "as before" : "removed");
    return true;
}

/* Both halves or none: it is gone from the journal if all is as before. */
static bool undo_change(const struct undo *u, const struct application *a, struct change *c)
{
    if (u->forget) {
        printf("%s: forgotten; it was %s before.\n", c->setting->name, c->before);
        if (c->keep)
            printf("%s: stays.\n", c->setting->file);
        c->gone = true;
        return true;
    }
    enum course value = judge_value(u, a, c), file = judge_file(u, c);
    if (value == COURSE_REFUSE || file == COURSE_REFUSE)
        return false;
    c->gone = (value != COURSE_RESTORE || restore_value(u, c)) && (file != COURSE_RESTORE || restore_file(c));
    return c->gone;
}

static bool is_wanted(const struct change *c, char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(ids[i], c->id) == 0 || strcmp(ids[i], c->setting->name) == 0)
            return true;
    return !count;
}

/* The last application that has one of them, or all of them. */
static bool undo_changes(struct undo *u, char *const *ids, size_t count)
{
    bool good = true;
    size_t found = 0;
    struct err e;
    for (size_t i = u->j.count; i-- > 0 && (u->all || !found);) {
        struct application *a = &u->j.list[i];
        for (size_t k = a->count; k-- > 0;)
            if (!a->changes[k].gone && is_wanted(&a->changes[k], ids, count)) {
                found++;
                good = undo_change(u, a, &a->changes[k]) && good;
            }
        if (found && !journal_store(&u->j, &e))
            return complain_of(&e);
    }
    return good;
}

/* Each id has its own last application. */
static bool undo_wanted(struct undo *u, char *const *ids, size_t count)
{
    if (!count)
        return undo_changes(u, NULL, 0);
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good = undo_changes(u, &ids[i], 1) && good;
    return good;
}

static void list_change(const struct undo *u, const struct change *c)
{
    struct err e;
    char now[SETTING_VALUE_MAX];
    bool known = setting_read(c->setting, &u->root, now, &e);
    printf("  %s: %s %s -> %s", c->id, c->setting->name, c->before, c->after);
    if (!known || strcmp(now, c->after) != 0)
        printf(", now %s", known ? now : "unknown");
    puts("");
    if (c->keep)
        printf("    %s %s\n", c->setting->file, c->file.existed ? "(its old content is kept)" : "(new)");
}

static void list(const struct undo *u, bool ascii)
{
    for (size_t i = u->j.count; i-- > 0;) {
        const struct application *a = &u->j.list[i];
        char when[32];
        clock_iso(when, a->wall);
        size_t size = 3 * strlen(a->case_path) + 1;
        AUTO_FREE char *plain = mem_alloc(size);
        if (ascii)
            text_ascii(plain, size, a->case_path);
        printf("%s, %s%s%s\n", when, ascii ? plain : a->case_path, a->finished ? "" : " (cut off)",
               booted_since(u, a) ? " (the machine was booted since)" : "");
        for (size_t k = a->count; k-- > 0;)
            list_change(u, &a->changes[k]);
    }
}

static bool ids_exist(const struct journal *j, char *const *ids, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        bool found = false;
        for (size_t i = 0; i < j->count; i++)
            for (size_t k = 0; k < j->list[i].count; k++)
                found = found || is_wanted(&j->list[i].changes[k], &ids[n], 1);
        if (!found)
            return complain("there is no change '%.60s' to undo; `fragwizard undo --list` tells what there is", ids[n]),
                   false;
    }
    return true;
}

static int undo_journal(struct undo *u, char *const *ids, size_t count)
{
    if (!ids_exist(&u->j, ids, count))
        return EXIT_UNKNOWN;
    if (!u->j.count) {
        printf("There is nothing to undo (%s is not there).\n", u->j.path);
        return EXIT_OK;
    }
    if (u->list) {
        struct term t;
        term_init(&t);
        list(u, t.ascii);
        return EXIT_OK;
    }
    if (!u->j.list[u->j.count - 1].finished && !u->forget)
        puts("The last apply was cut off half way.");
    return undo_wanted(u, ids, count) ? EXIT_OK : EXIT_UNKNOWN;
}

static int undo(int argc, char **argv)
{
    struct undo u = {.root.fd = -1};
    struct err e;
    const struct option_decl words[] = {{"all", .flag = &u.all},
                                        {"list", .flag = &u.list},
                                        {"force", .flag = &u.force},
                                        {"forget", .flag = &u.forget},
                                        {0}};
    const struct verb_options options = {"undo", usage, .list = words};
    int status;
    if (!options_parse(&options, argc, argv, &status))
        return status;
    if (u.force && u.forget)
        return complain("undo: --force puts back and --forget leaves; one of them only");
    if (!root_open(&u.root, "/", &e))
        return complain("%s", e.text);
    root_sysctl(&u.root, "kernel.random.boot_id", u.boot, sizeof u.boot, &(enum status){0}, NULL);
    status = EXIT_UNKNOWN;
    if (journal_open(&u.j, false, &e)) {
        status = undo_journal(&u, argv + optind, (size_t)(argc - optind));
        journal_close(&u.j);
    } else {
        complain_of(&e);
    }
    root_close(&u.root);
    return status;
}

const struct command command_undo = {"undo", undo, "put back what apply changed"};
