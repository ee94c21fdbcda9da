/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What there is: playbooks and templates and which file is used, probes, every fact that a playbook can name, every
 * check, every experiment. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/output.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "base/builtin.h"
#include "engine/playbook/playbook.h"

static const char usage[] =
    "fragwizard list [playbooks|templates|probes|facts|checks|experiments]\n"
    "\n"
    "  playbooks    the playbooks, and whether the built-in one or a file of yours is used\n"
    "  templates    the same of the report's template and stylesheet\n"
    "  probes       what can be measured, and the command that each probe replaces\n"
    "  facts        every column that a playbook can name, with its unit: for authors\n"
    "  checks       every check of every playbook; `fragwizard explain ID` tells more\n"
    "  experiments  what playbooks can try out after a yes; `fragwizard explain ID` tells more\n"
    "\n"
    "Without a word: playbooks and templates. A file of the same name in ~/.config/fragwizard/playbooks or\n"
    "/etc/fragwizard/playbooks (templates likewise) takes the place of a built-in one.\n";

/* The lists are tables like those of probes, so that they look the same on the terminal. */
static const struct column playbook_columns[] = {
    {"playbook", TYPE_TEXT, "name"}, {"title", TYPE_TEXT, "title"}, {"used", TYPE_TEXT, "built in, or the file"}};
static const struct column template_columns[] = {{"template", TYPE_TEXT, "name"},
                                                 {"used", TYPE_TEXT, "built in, or the file"}};
static const struct column probe_columns[] = {{"probe", TYPE_TEXT, "name"},
                                              {"measures", TYPE_TEXT, "help"},
                                              {"instead_of", TYPE_TEXT, "the command it replaces"}};
static const struct column fact_columns[] = {
    {"name", TYPE_TEXT, "probe.table.column"}, {"unit", TYPE_TEXT, "unit"}, {"means", TYPE_TEXT, "help"}};
static const struct column check_columns[] = {{"check", TYPE_TEXT, "id"},
                                              {"severity", TYPE_TEXT, "severity"},
                                              {"playbook", TYPE_TEXT, "playbook"},
                                              {"step", TYPE_TEXT, "step"},
                                              {"fires_when", TYPE_TEXT, "formula"}};

static const struct column experiment_columns[] = {{"experiment", TYPE_TEXT, "id"},
                                                   {"action", TYPE_TEXT, "compact, watch or operator"},
                                                   {"playbook", TYPE_TEXT, "playbook"},
                                                   {"step", TYPE_TEXT, "step"},
                                                   {"decides", TYPE_TEXT, "what it asks"}};

#define LISTS_OF(X)                                                                                                    \
    X(LIST_PLAYBOOKS, .name = "playbooks", COLUMNS(playbook_columns))                                                  \
    X(LIST_TEMPLATES, .name = "templates", COLUMNS(template_columns))                                                  \
    X(LIST_PROBES, .name = "probes", COLUMNS(probe_columns))                                                           \
    X(LIST_FACTS, .name = "facts", COLUMNS(fact_columns))                                                              \
    X(LIST_CHECKS, .name = "checks", COLUMNS(check_columns))                                                           \
    X(LIST_EXPERIMENTS, .name = "experiments", COLUMNS(experiment_columns))
enum { LISTS_OF(LIST_INDEX) LISTS };
static const struct table_decl lists[LISTS] = {LISTS_OF(LIST_ENTRY)};
static const struct probe catalogue = {.name = "list", .tables = lists, .table_count = LISTS};

static void add_row(struct table *t, const char *const *cells)
{
    size_t row = table_add(t);
    for (unsigned i = 0; i < t->decl->column_count; i++)
        cell_text(t, row, i, cells[i] ? cells[i] : "");
}

/* Of each playbook; `p` is NULL if it is faulty, and `origin` then says why. */
typedef void add_playbook(struct table *t, const struct playbook *p, const char *name, const char *origin);

static bool fill_from_each(struct table *t, add_playbook *add)
{
    struct arena a = {0};
    size_t count;
    const char **names = playbook_names(&a, &count);
    bool fine = true;
    for (size_t i = 0; i < count; i++) {
        struct diags d = {0};
        struct err e;
        AUTO_FREE char *origin = NULL;
        struct playbook *p = playbook_load(names[i], &d, &origin, &e);
        add(t, p, names[i], p ? origin : e.text);
        fine = fine && p;
        playbook_free(p);
        diags_free(&d);
    }
    arena_free(&a);
    return fine;
}

static void add_title(struct table *t, const struct playbook *p, const char *name, const char *origin)
{
    add_row(t, (const char *[]){name, p ? p->title : "(faulty: see `fragwizard check`)", origin});
}

static void fill_templates(struct table *t)
{
    for (const struct builtin *b = builtins; b->name; b++) {
        if (strncmp(b->name, "templates/", 10) != 0)
            continue;
        AUTO_FREE char *path = output_config_file(b->name);
        add_row(t, (const char *[]){b->name + 10, path ? path : "built in"});
    }
}

static void fill_probes(struct table *t)
{
    for (size_t i = 0; probes[i]; i++)
        add_row(t, (const char *[]){probes[i]->name, probes[i]->help, probes[i]->classic});
}

static void fill_facts(struct table *t)
{
    for (size_t i = 0; probes[i]; i++)
        for (unsigned n = 0; n < probes[i]->table_count; n++) {
            const struct table_decl *d = &probes[i]->tables[n];
            AUTO_FREE char *table = mem_printf("%s.%s", probes[i]->name, d->name);
            add_row(t, (const char *[]){table, d->single ? "one row" : "rows", d->help});
            for (unsigned c = 0; c < d->column_count; c++) {
                AUTO_FREE char *name = mem_printf("%s.%s", table, d->columns[c].name);
                AUTO_STR struct str help = {0};
                column_help(&d->columns[c], &help);
                AUTO_FREE char *unit =
                    mem_printf("%s%s", type_name(d->columns[c].type), d->columns[c].role == ROLE_KEY ? ", key" : "");
                add_row(t, (const char *[]){name, unit, str_text(&help)});
            }
        }
}

/* None of a faulty one, which is complained about. */
static size_t steps_of(const struct playbook *p, const char *name, const char *why)
{
    if (!p)
        complain("%s; see `fragwizard check %s`", why, name);
    return p ? p->step_count : 0;
}

static void add_checks(struct table *t, const struct playbook *p, const char *name, const char *origin)
{
    for (size_t s = 0, count = steps_of(p, name, origin); s < count; s++)
        for (size_t r = 0; r < p->steps[s].rule_count; r++) {
            const struct rule *rule = &p->steps[s].rules[r];
            add_row(t, (const char *[]){rule->id, severity_names[rule->severity], name, p->steps[s].id, rule->formula});
        }
}

static void add_experiments(struct table *t, const struct playbook *p, const char *name, const char *origin)
{
    for (size_t s = 0, count = steps_of(p, name, origin); s < count; s++)
        for (size_t i = 0; i < p->steps[s].experiment_count; i++) {
            const struct experiment_decl *d = &p->steps[s].experiments[i];
            add_row(t, (const char *[]){d->id, experiment_action_names[d->action], name, p->steps[s].id, d->ask});
        }
}

/* What fills each list: itself, or each playbook. */
static const struct {
    void (*fill)(struct table *t);
    add_playbook *add;
} sources[LISTS] = {
    [LIST_PLAYBOOKS] = {.add = add_title}, [LIST_TEMPLATES] = {fill_templates},
    [LIST_PROBES] = {fill_probes},         [LIST_FACTS] = {fill_facts},
    [LIST_CHECKS] = {.add = add_checks},   [LIST_EXPERIMENTS] = {.add = add_experiments},
};

static bool show(struct facts *f, int which, const struct term *term)
{
    struct table *t = &f->tables[which];
    bool fine = true;
    if (sources[which].add)
        fine = fill_from_each(t, sources[which].add);
    else
        sources[which].fill(t);
    /* A reference is worth its full width: nothing of it is cut, also where lines then wrap. */
    AUTO_FREE char *text = term_table(t, NULL, NULL, t->rows, term, 0);
    struct err e;
    return (output_print(text, strlen(text), &e) || complain_of(&e)) && fine;
}

static int run(int argc, char **argv)
{
    static const struct verb_options options = {"list", usage, .wrong = "unknown option"};
    int status;
    if (!options_parse(&options, argc, argv, &status))
        return status;
    if (optind + 1 < argc)
        return complain("list: one word at a time; see `fragwizard list --help`");
    const struct table_decl *named = optind < argc ? ARRAY_FIND(lists, LISTS, name, argv[optind]) : NULL;
    if (optind < argc && !named)
        return complain("list: there is no list '%s'; see `fragwizard list --help`", argv[optind]);
    struct term term;
    term_init(&term);
    struct facts *f = facts_new(&catalogue);
    bool fine;
    if (named) {
        fine = show(f, (int)(named - lists), &term);
    } else {
        fine = show(f, LIST_PLAYBOOKS, &term);
        puts("");
        fine = show(f, LIST_TEMPLATES, &term) && fine;
    }
    facts_free(f);
    return fine ? EXIT_OK : EXIT_UNKNOWN;
}

const struct command command_list = {"list", run, "the playbooks, probes, facts, checks and experiments there are"};
