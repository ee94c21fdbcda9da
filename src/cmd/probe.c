/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One probe's tables on the terminal, or as JSON: all rows. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/output.h"
#include "cmd/cmd.h"
#include "engine/case.h"
#include "engine/sampler.h"
#include "term/progress.h"

static const char usage[] =
    "fragwizard probe NAME [key=value ...] [--format json] [--root DIR]\n"
    "\n"
    "  pid=N        the process looked at (process) or watched as well (growth)\n"
    "  window=TIME  how long to observe (vmstat, pressure, growth: 5s; others: one look)\n"
    "  top=N        how many leading processes to look at closely\n"
    "  table=NAME   only that table\n"
    "  sort=COLUMN  order by that column; -COLUMN largest first\n"
    "  rows=N|all   so many rows a table; a long table shows its leading ones, JSON always all\n"
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
    fputs(usage, stdout);
    for (size_t i = 0; probes[i]; i++)
        printf("  %-10s %s (%s)\n", probes[i]->name, probes[i]->help, probes[i]->classic);
}

static bool parse_number(const char *text, long *out)
{
    char *end;
    *out = strtol(text, &end, 10);
    return *text && !*end && *out > 0 && *out <= 4194304;
}

static bool parse_key(struct request *q, const char *word)
{
    long number = 0;
    const char *value = strchr(word, '=');
    if (!value)
        return complain("probe: '%s' is no key=value; see `fragwizard probe --help`", word), false;
    size_t length = (size_t)(value++ - word);
    bool fine = true;
    if (strncmp(word, "window", length) == 0 && length == 6)
        fine = units_parse_duration(value, &q->input.window_s);
    else if (strncmp(word, "pid", length) == 0 && length == 3)
        fine = parse_number(value, &q->input.pid);
    else if (strncmp(word, "top", length) == 0 && length == 3)
        fine = parse_number(value, &number), q->input.top = (unsigned)number;
    else if (strncmp(word, "rows", length) == 0 && length == 4)
        fine = strcmp(value, "all") == 0 ? (number = LONG_MAX) : parse_number(value, &number), q->rows = (size_t)number;
    else if (strncmp(word, "table", length) == 0 && length == 5)
        q->table = value;
    else if (strncmp(word, "sort", length) == 0 && length == 4)
        q->sort = value;
    else
        return complain("probe: there is no key '%.*s'; see `fragwizard probe --help`", (int)length, word), false;
    return fine || (complain("probe: '%s' is no value for %.*s", value, (int)length, word), false);
}

static bool parse(struct request *q, int argc, char **argv, int *status)
{
    static const struct option long_options[] = {
        {"format", required_argument, NULL, 'f'}, {"root", required_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'}, {0}};
    *q = (struct request){.root_path = "/", .input.window_s = -1};
    *status = EXIT_UNKNOWN;
    optind = 0;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        if (option == 'h') {
            list_probes();
            *status = EXIT_OK;
            return false;
        }
        if (option == 'r')
            q->root_path = optarg;
        else if (option == 'f' && (strcmp(optarg, "json") == 0 || strcmp(optarg, "text") == 0))
            q->json = optarg[0] == 'j';
        else if (option == 'f')
            return complain("probe: --format is text or json"), false;
        else
            return complain("probe: '%s' is no option, or lacks its value; see `fragwizard probe --help`", argv[optind - 1]), false;
    }
    if (optind == argc)
        return complain("probe: which one? `fragwizard probe --help` lists them"), false;
    q->probe = probe_find(argv[optind]);
    if (!q->probe)
        return complain("probe: there is no '%s'; `fragwizard probe --help` lists them", argv[optind]), false;
    for (int i = optind + 1; i < argc; i++)
        if (!parse_key(q, argv[i]))
            return false;
    bool sortable = !q->sort;
    for (unsigned i = 0; !sortable && i < q->probe->table_count; i++)
        sortable = table_decl_column(&q->probe->tables[i], q->sort + (q->sort[0] == '-')) >= 0;
    if (!sortable)
        return complain("probe: no table of %s has a column '%s'; `fragwizard list facts` lists them", q->probe->name,
                        q->sort + (q->sort[0] == '-')), false;
    if (q->input.window_s < 0)
        q->input.window_s = q->probe->window_s;
    return true;
}

static bool print_table(struct table *t, const struct request *q, const struct term *term)
{
    struct err e;
    size_t limit = q->rows ? q->rows : t->decl->keep ? t->decl->keep : t->rows;
    const char *sort = q->sort ? q->sort + (q->sort[0] == '-') : limit < t->rows ? t->decl->keep_by : NULL;
    int column = sort ? table_decl_column(t->decl, sort) : -1;
    if (column >= 0)
        table_sort(t, (unsigned)column, !q->sort || q->sort[0] == '-');
    size_t rows = limit < t->rows ? limit : t->rows;
    AUTO_STR struct str text = {0};
    str_printf(&text, "%s: %s\n", t->decl->name, t->decl->help);
    AUTO_FREE char *body = term_table(t, NULL, NULL, rows, term, term->tty_out ? term->width : 0);
    str_add(&text, body);
    if (rows < t->rows)
        str_printf(&text, "(%zu more rows; rows=all shows them)\n", t->rows - rows);
    str_add_char(&text, '\n');
    if (!output_write_fd(STDOUT_FILENO, "standard output", text.data, text.length, &e))
        return complain("%s", e.text), false;
    return true;
}

static bool print_facts(struct facts *f, const struct request *q, const struct term *term)
{
    struct err e;
    if (q->json) {
        size_t length;
        AUTO_FREE char *json = facts_to_json(f, &length);
        if (!output_write_fd(STDOUT_FILENO, "standard output", json, length, &e))
            return complain("%s", e.text), false;
        return true;
    }
    bool found = false;
    for (unsigned i = 0; i < f->probe->table_count; i++) {
        if (q->table && strcmp(q->table, f->probe->tables[i].name) != 0)
            continue;
        found = true;
        if (f->tables[i].rows && !print_table(&f->tables[i], q, term))
            return false;
    }
    if (!found)
        return complain("probe %s has no table '%s'", f->probe->name, q->table), false;
    if (f->reason)
        printf("%s: %s\n", status_name(f->status), f->reason);
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
    sampler_catch_signals();
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
