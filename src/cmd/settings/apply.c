/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings that a case proposes, each made after a yes, read back, and written down beforehand so that it can be undone. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/cmd.h"
#include "cmd/settings/journal.h"
#include "cmd/option.h"
#include "cmd/settings/proposal.h"
#include "engine/run/answer.h"
#include "term/prompt.h"

static const char usage[] =
    "fragwizard apply CASE.json [ID...] [--dry-run] [--keep] [--yes]\n"
    "\n"
    "Changes the kernel settings that the case proposes (its recommendations of kind sysctl; with IDs those only), on "
    "the\n"
    "machine it was made of, and nothing else. Each is shown with its risk and asked about; the answer is no unless "
    "you\n"
    "say yes. What was there before is written down first; `fragwizard undo` puts it back.\n"
    "\n"
    "  --dry-run   print the commands instead, with those that undo them; changes nothing and needs no root\n"
    "  --keep      also write a file of its own below /etc/sysctl.d (huge pages: /etc/tmpfiles.d), so that the values\n"
    "              outlast a reboot\n"
    "  --yes       yes to all; without a terminal this or --dry-run is needed\n"
    "\n"
    "A setting whose value is no longer the one that the case judged is left alone: run the audit again.\n"
    "\n"
    "Exit status: 0 done as answered, 3 something could not be done.\n";

struct apply {
    bool yes, dry_run, keep;
    bool good; /* nothing was refused */
    struct term term;
    struct root root;
    struct case_file *c;
    struct proposal *list;
    size_t count;
};

static void say(const struct apply *a, unsigned indent, const char *label, const char *text)
{
    AUTO_FREE char *line = mem_printf("%s%s", label, text);
    for (char *c = line; *c; c++)
        if (*c == '\n')
            *c = ' ';
    term_print(&a->term, indent, line);
}

/* The whole file, as it will stand there. */
static char *file_text(const struct proposal *p)
{
    AUTO_STR struct str s = {0};
    str_add(&s, "# By fragwizard apply; fragwizard undo takes it back\n");
    setting_add_line(&s, p->setting, p->r->proposed);
    str_add_char(&s, '\n');
    return mem_strdup(str_text(&s));
}

/* How long the judgement is ago matters only if much can have happened since. */
static void remark_age(const struct apply *a)
{
    struct timespec up = {0};
    clock_gettime(CLOCK_BOOTTIME, &up);
    double age = clock_wall() - a->c->started;
    AUTO_FREE char *line = mem_printf("The case is %s old%s.", units_text(age, TYPE_SECONDS).text,
                                      age > (double)up.tv_sec ? "; the machine was booted since" : "");
    if (age > 24 * 3600.0 || age > (double)up.tv_sec)
        say(a, 0, "[i] ", line);
}

/* Nothing of it comes from the case but the id, which has no line break, and a value that passed setting_accepts(). */
static void add_commands(struct str *out, const struct proposal *p, bool keep, bool file_existed)
{
    const char *file = p->setting->file, *joint = p->is_set ? "" : "; ";
    str_printf(out, "# %s: %s is %s\n", p->r->id, p->setting->name, p->now);
    if (!p->is_set) {
        setting_add_command(out, p->setting, p->r->proposed);
        str_add_char(out, '\n');
    }
    if (keep && file_existed)
        str_printf(out, "cp -p %s %s.before\n", file, file);
    if (keep) {
        str_add(out, "echo '");
        setting_add_line(out, p->setting, p->r->proposed);
        str_printf(out, "' > %s\n", file);
    }
    str_add(out, "# undo: ");
    if (!p->is_set)
        setting_add_command(out, p->setting, p->now);
    if (keep && file_existed)
        str_printf(out, "%smv %s.before %s", joint, file, file);
    else if (keep)
        str_printf(out, "%srm %s", joint, file);
    str_add_char(out, '\n');
}

/* Straight to standard output, each command on one line whatever the terminal: they are there to be copied. */
static bool print_commands(const struct apply *a)
{
    AUTO_STR struct str s = {0};
    struct arena arena = {0};
    for (size_t i = 0; i < a->count; i++) {
        struct sysctl_file k = {0};
        struct err e;
        bool good = !a->keep || sysctl_file_look(&k, a->list[i].setting->file, &arena, &e) || complain_of(&e);
        add_commands(&s, &a->list[i], a->keep, k.existed);
        arena_free(&arena);
        if (!good)
            return false;
    }
    size_t size = 3 * s.length + 1;
    AUTO_FREE char *ascii = mem_alloc(size);
    if (a->term.ascii)
        text_ascii(ascii, size, str_text(&s));
    fputs(a->term.ascii ? ascii : str_text(&s), stdout);
    return true;
}

static void show(const struct apply *a, size_t i)
{
    const struct proposal *p = &a->list[i];
    AUTO_STR struct str undo = {0};
    setting_add_command(&undo, p->setting, p->now);
    AUTO_FREE char *title = mem_printf("%zu. %s", i + 1, p->r->title);
    AUTO_FREE char *values = p->is_set
                                 ? mem_printf("%s is %s already", p->setting->name, p->now)
                                 : mem_printf("%s is %s; proposed is %s", p->setting->name, p->now, p->r->proposed);
    puts("");
    say(a, 0, title, "");
    say(a, 3, values, "");
    if (a->keep)
        say(a, 3, "At each boot: ", p->setting->file);
    if (p->r->why)
        say(a, 3, "Why: ", p->r->why);
    if (p->r->risk)
        say(a, 3, "Risk: ", p->r->risk);
    if (p->setting->aside && !p->is_set)
        say(a, 3, "Note: ", p->setting->aside);
    printf("   Undo: fragwizard undo, or by hand: %s\n", str_text(&undo)); /* whole, to be copied */
}

enum reply { REPLY_NO, REPLY_YES, REPLY_LEAVE };

static enum reply ask(const struct apply *a)
{
    static const char *const words[] = {"yes", "no", "quit", NULL};
    for (;;) {
        char *line = NULL;
        if (prompt_line("Change it? yes or no [Enter: no] > ", words, NULL, &a->term, &line) != PROMPT_LINE)
            return REPLY_LEAVE;
        AUTO_FREE char *typed = line;
        bool yes;
        if (answer_yes_no(typed, &yes) || !*typed)
            return yes ? REPLY_YES : REPLY_NO;
        if (strcasecmp(typed, "quit") == 0)
            return REPLY_LEAVE;
        say(a, 0, "yes, no, or quit, which changes nothing at all.", "");
    }
}

/* Keeps those agreed to. False: left, nothing is to be done. */
static bool agree(struct apply *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->count; i++) {
        show(a, i);
        enum reply reply = a->yes ? REPLY_YES : ask(a);
        if (reply == REPLY_LEAVE)
            return false;
        if (reply == REPLY_YES)
            a->list[kept++] = a->list[i];
    }
    a->count = kept;
    return true;
}

static bool is_cut_off(const struct journal *j)
{
    return j->count && !j->list[j->count - 1].finished;
}

static const char cut_off[] = "an earlier apply was cut off half way; `fragwizard undo` takes back what it did";

/* What would stop it later is better told before anybody is asked. */
static bool check_first(const struct apply *a)
{
    struct journal j;
    struct err e;
    for (size_t i = 0; i < a->count; i++)
        if (!setting_writable(a->list[i].setting, &e) || (a->keep && !output_check(a->list[i].setting->file, &e)))
            return complain_of(&e);
    if (!journal_open(&j, false, &e))
        return complain_of(&e);
    bool good = !is_cut_off(&j);
    journal_close(&j);
    return good || (complain("%s", cut_off), false);
}

/* Everything that was there before, as it is now that nobody else can be at work. */
static bool take_down(struct apply *a, struct journal *j, struct application *n, struct err *e)
{
    AUTO_FREE char *boot = mem_alloc(64);
    n->wall = clock_wall();
    if (root_sysctl(&a->root, "kernel.random.boot_id", boot, 64, &(enum status){0}, NULL))
        n->boot = arena_strdup(&j->arena, boot);
    n->case_path = arena_strdup(&j->arena, a->c->path);
    for (size_t i = 0; i < a->count; i++) {
        const struct proposal *p = &a->list[i];
        struct change *c = &n->changes[i];
        *c = (struct change){.setting = p->setting, .id = p->r->id, .keep = a->keep};
        if (!setting_read(p->setting, &a->root, c->before, e))
            return false;
        if (strcmp(c->before, p->now) != 0)
            return err_set(e, "%s: became %s meanwhile; run the audit again", p->setting->name, c->before);
        snprintf(c->after, sizeof c->after, "%s", p->r->proposed);
        if (!c->keep)
            continue;
        AUTO_FREE char *text = file_text(p);
        c->file.wrote = arena_strdup(&j->arena, text);
        if (!sysctl_file_look(&c->file, p->setting->file, &j->arena, e))
            return false;
    }
    return true;
}

/* False if not all was done; what was not at all is gone from the journal. */
static bool make_change(const struct apply *a, struct change *c)
{
    struct err e;
    char now[SETTING_VALUE_MAX];
    bool write = strcmp(c->before, c->after) != 0;
    bool done = !write || setting_write(c->setting, c->after, &e);
    if (!done)
        complain_of(&e);
    if (!setting_read(c->setting, &a->root, now, &e))
        return complain_of(&e); /* it stays in the journal: nobody knows */
    if (!done) {
        c->gone = strcmp(now, c->before) == 0;
        return false;
    }
    if (strcmp(now, c->after) != 0) {
        complain("%s: is %s after it was set to %s", c->setting->name, now, c->after);
        snprintf(c->after, sizeof c->after, "%s", now);
        c->gone = strcmp(now, c->before) == 0;
        done = false;
    } else if (write) {
        printf("%s: %s -> %s, read back.\n", c->setting->name, c->before, c->after);
    }
    if (!done || !c->keep)
        return done;
    if (!sysctl_file_write(&c->file, c->setting->file, &e)) {
        complain_of(&e);
        c->gone = !write && sysctl_file_now(&c->file, c->setting->file, &e) == SYSCTL_FILE_AS_BEFORE;
        return false;
    }
    printf("%s: written.\n", c->setting->file);
    return true;
}

static bool make_changes(struct apply *a, struct journal *j)
{
    struct err e;
    bool good = true;
    struct application *n = journal_add(j, a->count);
    if (!take_down(a, j, n, &e))
        return complain_of(&e);
    if (!journal_store(j, &e)) {
        complain("%s; nothing was changed", e.text);
        /* the journal may be on disk all the same: undo then treats this run as interrupted */
        for (size_t i = 0; i < n->count; i++)
            n->changes[i].gone = true;
        journal_store(j, NULL);
        return false;
    }
    for (size_t i = 0; i < n->count; i++)
        good = make_change(a, &n->changes[i]) && good;
    n->finished = true;
    if (!journal_store(j, &e))
        return complain("%s; what was done stands in the journal as cut off", e.text), false;
    for (size_t i = 0; i < n->count; i++)
        if (!n->changes[i].gone) {
            puts("To undo it: fragwizard undo");
            break;
        }
    return good;
}

static int change(struct apply *a)
{
    if (!a->yes && !a->term.tty_in)
        return complain(
            "apply asks before each change and standard input is no terminal; --yes says yes to all, --dry-run "
            "prints the commands");
    if (!check_first(a))
        return EXIT_UNKNOWN;
    wait_catch_signals();
    remark_age(a);
    if (!agree(a)) {
        puts("Nothing was changed.");
        return EXIT_UNKNOWN;
    }
    if (!a->count) {
        puts("Nothing was changed.");
        return a->good ? EXIT_OK : EXIT_UNKNOWN;
    }
    struct journal j;
    struct err e;
    if (!journal_open(&j, true, &e))
        return complain("%s", e.text);
    bool good = is_cut_off(&j) ? (complain("%s", cut_off), false) : make_changes(a, &j);
    journal_close(&j);
    return good && a->good ? EXIT_OK : EXIT_UNKNOWN;
}

static int apply_case(struct apply *a, const char *path, char *const *ids, size_t id_count)
{
    struct err e;
    a->c = case_load(path, &e);
    if (!a->c || !root_open(&a->root, "/", &e) || !proposals_fit(a->c, &a->root, &e))
        return complain("%s", e.text);
    a->list = proposals_choose(a->c, &a->root, ids, id_count, a->keep, &a->count, &a->good);
    if (!a->list)
        return EXIT_UNKNOWN;
    if (a->count && a->dry_run)
        return print_commands(a) && a->good ? EXIT_OK : EXIT_UNKNOWN;
    if (a->count)
        return change(a);
    if (a->good)
        puts("There is nothing to change.");
    return a->good ? EXIT_OK : EXIT_UNKNOWN;
}

static int apply(int argc, char **argv)
{
    struct apply a = {.good = true, .root.fd = -1};
    const struct option_decl list[] = {
        {"yes", .flag = &a.yes}, {"dry-run", .flag = &a.dry_run}, {"keep", .flag = &a.keep}, {0}};
    const struct verb_options options = {"apply", usage, .list = list};
    int status;
    if (!options_parse(&options, argc, argv, &status))
        return status;
    if (optind == argc)
        return complain("apply: which case? `fragwizard apply CASE.json`");
    term_init(&a.term);
    status = apply_case(&a, argv[optind], argv + optind + 1, (size_t)(argc - optind - 1));
    free(a.list);
    case_free(a.c);
    if (a.root.path)
        root_close(&a.root);
    return status;
}

const struct command command_apply = {"apply", apply, "make changes that a case proposes, each after a yes"};
