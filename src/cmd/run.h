/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the session, the audit and resume share: their options, opening the root and the playbook, writing the outputs. */
#ifndef FW_CMD_RUN_H
#define FW_CMD_RUN_H

#include "cmd/cmd.h"
#include "cmd/outputs.h"
#include "engine/run/engine.h"
#include "report/report.h"

enum { LIMITS_MAX = 100 };

struct run {
    /* options */
    const char *playbook_name; /* --playbook, default memory-fragmentation */
    const char *root_path;     /* --root, default / */
    const char *answers_path;  /* --answers */
    const char *bundle_path;   /* --bundle */
    const char *case_id;       /* --case-id */
    struct outputs outputs;    /* -o, --format */
    double window_s;           /* --duration; negative: the playbook's */
    long pid;
    const char *limits[LIMITS_MAX]; /* --limit: "NAME=VALUE" */
    size_t limit_count;
    bool command_lines; /* --command-lines */
    unsigned allowed;   /* --allow: a bit for each enum experiment_action */
    /* opened by run_open */
    struct root root;
    struct playbook *playbook;
    struct case_file *c;
    struct engine *engine;
    struct term term;
    struct answer *given;
    size_t given_count;
};

/* Parses options; returns true to go on, else the command ends with *exit_status (help or a complaint). A verb that takes one
 * word beside them has it in *word, or NULL there; of another `word` is NULL. */
bool run_options(struct run *r, int argc, char **argv, const char *usage, const char **word, int *exit_status);

/* Whether the playbook has a test that changes something here, and whether it needs no yes. */
bool run_can_compact(const struct run *r);
bool run_allows(const struct run *r, enum experiment_action a);

/* Whether every output could be written, before long work. False after a complaint. */
bool run_check_outputs(const struct run *r);

/* Opens root and playbook and makes the engine over a new case, or over `loaded`, which it then owns. False after a complaint. */
bool run_open(struct run *r, struct case_file *loaded);
void run_close(struct run *r);

/* Writes every output asked for (and the bundle). A directory among `outputs` becomes the file written into it. False after
 * a complaint. */
bool run_write_outputs(struct run *r);
/* The report on standard output. */
/* On the terminal: what holds beside the verdict that leads. */
void run_say_others(const struct run *r);
bool run_print(const struct case_file *c, enum report_format f, const struct term *t);

#endif
