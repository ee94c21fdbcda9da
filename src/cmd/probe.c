/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One probe's tables on the terminal, or as JSON: all rows. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/output.h"
#include "base/wait.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "engine/case/case.h"
#include "engine/run/sampler.h"
#include "facts/facts_json.h"
#include "term/progress.h"

static const char usage[] =
    "fragwizard probe NAME [key=value ...] [--format json] [--root DIR] [--command-lines]\n"
    "\n"
    "  pid=N        the process looked at (process, heap) or watched as well (growth)\n"
    "  window=TIME  how long to observe (vmstat, pressure, growth: 5s; others: one look)\n"
    "  top=N        how many leading processes to look at closely\n"
    "  blocks=N     how many blocks of memory to look at, chosen at random (physmap: all of a small machine)\n"
    "  table=NAME   only that table\n"
    "  sort=COLUMN  order by that column; -COLUMN largest first\n"
    "  rows=N|all   so many rows a table; a long table shows its leading ones, JSON always all\n"
    "\n"
    "  --command-lines  keep them whole (process), with passwords that stand in them\n"
    "\n"
    "Probes, and the command that each replaces:\n";

struct request {
    const struct probe *probe;
    struct probe_input input;
    const char *root_path, *table, *sort;
    size_t rows;
    bool json;
};

static void list_probes(void)
{
    for (size_t i = 0; probes[i]; i++)
        printf("  %-10s %s (%s)\n", probes[i]->name, probes[i]->help, probes[i]->classic);
}

/* "all" is more than any machine has. */
static bool parse_count(const char *text, size_t most, size_t *count)
{
    char *end;
    errno = 0;
    *count = strcmp(text, "all") == 0 ? (end = "", ULONG_MAX) : strtoul(text, &end, 10);
    return !errno && !*end && *count > 0 && *count <= most && *text != '-' && *text != '+';
}

enum { TOP_MAX = 10000 };

static bool parse_key(struct request *q, const char *word)
{
    static const char *const keys[] = {"pid", "window", "top", "blocks", "table", "sort", "rows"};
    const char *value = strchr(word, '=');
    if (!value)
        return complain("probe: '%s' is no key=value; see `fragwizard probe --help`", word), false;
    AUTO_FREE char *key = mem_printf("%.*s", (int)(value - word), word);
    value++;
    bool fine = *value != '\0';
    size_t top = q->input.top, blocks = q->input.blocks;
    if (strcmp(key, "window") == 0)
        fine = units_parse_duration(value, &q->input.window_s);
    else if (strcmp(key, "pid") == 0)
        fine = parse_pid(value, &q->input.pid);
    else if (strcmp(key, "top") == 0)
        fine = parse_count(value, TOP_MAX, &top);
    else if (strcmp(key, "blocks") == 0)
        fine = parse_count(value, SIZE_MAX, &blocks);
    else if (strcmp(key, "rows") == 0)
        fine = parse_count(value, SIZE_MAX, &q->rows);
    else if (strcmp(key, "table") == 0)
        q->table = value;
    else if (strcmp(key, "sort") == 0)
        q->sort = value;
    else
        return complain_name("probe: there is no key", key, keys, ARRAY_SIZE(keys), "see `fragwizard probe --help`"),
               false;
    q->input.top = (unsigned)top;
    q->input.blocks = blocks;
    return fine || (complain("probe: '%s' is no value for %s", value, key), false);
}

static bool find_probe(struct request *q, const char *name)
{
    const char *names[64];
    size_t count = 0;
    q->probe = probe_find(name);
    for (; probes[count] && count < ARRAY_SIZE(names); count++)
        names[count] = probes[count]->name;
    return q->probe ||
           (complain_name("probe: there is no probe", name, names, count, "`fragwizard probe --help` lists them"),
            false);
}

static bool check_table(const struct request *q)
{
    const char *names[64];
    size_t count = 0;
    for (unsigned i = 0; i < q->probe->table_count && count < 64; i++) {
        if (q->table && strcmp(q->probe->tables[i].name, q->table) == 0)
            return true;
        names[count++] = q->probe->tables[i].name;
    }
    if (!q->table)
        return true;
    AUTO_FREE char *lack = mem_printf("probe: %s has no table", q->probe->name);
    return complain_name(lack, q->table, names, count, "`fragwizard list facts` lists them"), false;
}

static bool check_sort(const struct request *q)
{
    enum { COLUMNS_MAX = 128 };
    const char *names[COLUMNS_MAX], *column = q->sort ? q->sort + (q->sort[0] == '-') : NULL;
    size_t count = 0;
    if (!column)
        return true;
    for (unsigned i = 0; i < q->probe->table_count; i++) {
        const struct table_decl *d = &q->probe->tables[i];
        if (q->table && strcmp(d->name, q->table) != 0)
            continue;
        if (table_decl_column(d, column) >= 0)
            return true;
        for (unsigned k = 0; k < d->column_count && count < COLUMNS_MAX; k++)
            names[count++] = d->columns[k].name;
    }
    AUTO_FREE char *lack = mem_printf("probe: %s has no column", q->probe->name);
    return complain_name(lack, column, names, count, "`fragwizard list facts` lists them"), false;
}

static bool take_format(void *json, const char *word)
{
    *(bool *)json = strcmp(word, "json") == 0;
    return *(bool *)json || strcmp(word, "text") == 0 ||
           (complain("probe: --format: '%s' is none of text, json", word), false);
}

static bool parse(struct request *q, int argc, char **argv, int *status)
{
    const struct option_decl list[] = {{"format", .take = take_format, .data = &q->json},
                                       {"root", .word = &q->root_path},
                                       {"command-lines", .flag = &q->input.command_lines},
                                       {0}};
    const struct verb_options options = {"probe", usage, list_probes, list};
    *q = (struct request){.root_path = "/", .input.window_s = -1};
    if (!options_parse(&options, argc, argv, status))
        return false;
    if (optind == argc)
        return complain("probe: which one? `fragwizard probe --help` lists them"), false;
    if (!find_probe(q, argv[optind]))
        return false;
    for (int i = optind + 1; i < argc; i++)
        if (!parse_key(q, argv[i]))
            return false;
    if (q->probe->needs_pid && !q->input.pid)
        return complain("probe: %s looks at one process; name it: pid=N", q->probe->name), false;
    if (q->input.window_s < 0)
        q->input.window_s = q->probe->window_s;
    /* Heaps are costly to read: only the one that was asked for, unless others were too. */
    if (q->input.pid && !q->input.top && strcmp(q->probe->name, "heap") == 0)
        q->input.top = 1;
    return check_table(q) && check_sort(q);
}

static bool print_table(struct table *t, const struct request *q, const struct term *term)
{
    struct err e;
    size_t limit = q->rows ? q->rows : t->decl->keep ? t->decl->keep : t->rows;
    int column = q->sort           ? table_decl_column(t->decl, q->sort + (q->sort[0] == '-'))
                 : limit < t->rows ? table_decl_role(t->decl, ROLE_RANK, 0)
                                   : -1;
    if (column >= 0)
        table_sort(t, (unsigned)column, !q->sort || q->sort[0] == '-');
    size_t rows = limit < t->rows ? limit : t->rows;
    AUTO_FREE char *heading = mem_printf("%s: %s", t->decl->name, t->decl->help);
    AUTO_FREE char *body = term_table(t, NULL, NULL, rows, term, term->tty_out ? term->width : 0);
    term_print(term, 0, heading);
    if (!output_print(body, strlen(body), &e))
        return complain_of(&e);
    if (rows < t->rows)
        printf("(%zu more rows; rows=all shows them)\n", t->rows - rows);
    putchar('\n');
    return true;
}

static bool print_facts(struct facts *f, const struct request *q, const struct term *term)
{
    struct err e;
    if (q->json) {
        size_t length;
        AUTO_FREE char *json = facts_to_json(f, &length);
        return output_print(json, length, &e) || complain_of(&e);
    }
    for (unsigned i = 0; i < f->probe->table_count; i++) {
        if (q->table && strcmp(q->table, f->probe->tables[i].name) != 0)
            continue;
        if (f->tables[i].rows && !print_table(&f->tables[i], q, term))
            return false;
    }
    if (f->reason) {
        AUTO_FREE char *line = mem_printf("%s: %s", status_name(f->status), f->reason);
        term_print(term, 0, line);
    }
    return true;
}

static int probe(int argc, char **argv)
{
    struct request q;
    int status;
    if (!parse(&q, argc, argv, &status))
        return status;
    struct err e;
    struct root root;
    struct term term;
    term_init(&term);
    if (!root_open(&root, q.root_path, &e))
        return complain("%s", e.text);
    q.input.root = &root;
    wait_catch_signals();
    struct sampler *s = sampler_start(&q.probe, 1, &q.input, q.input.window_s);
    progress_wait(s, &term, false, q.probe->name);
    struct facts *f = sampler_collect(s, q.probe);
    bool printed = print_facts(f, &q, &term);
    status = !printed || f->status > STATUS_PARTIAL ? EXIT_UNKNOWN : EXIT_OK;
    facts_free(f);
    sampler_free(s);
    root_close(&root);
    return status;
}

const struct command command_probe = {"probe", probe, "one probe's tables: replaces top, smem, slabtop, vmstat"};
