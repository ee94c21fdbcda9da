/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The case: the record of one run, and the only thing the report is made from. JSON on disk, format fragwizard-case/1
 * (schema/case.json), saved after each step, with a checksum so that any changed byte is noticed. */
#ifndef FW_ENGINE_CASE_CASE_H
#define FW_ENGINE_CASE_CASE_H

#include "engine/case/case_records.h"
#include "facts/facts.h"
#include "facts/probe.h"

struct case_file {
    CASE_FIELDS(RECORD_MEMBER, )
    const char *host;     /* its name */
    struct facts **facts; /* trimmed; owned */
    size_t facts_count;
    struct arena arena;
    const char *path; /* where it is saved; NULL: nowhere */
};

struct case_file *case_new(void);
void case_free(struct case_file *c);
struct facts *case_facts(const struct case_file *c, const char *probe); /* NULL: that probe has not run */
/* Replaces the facts of that probe; takes ownership. */
void case_put_facts(struct case_file *c, struct facts *f);
/* NULL: of no probe that ran. */
const struct table *case_table(const struct case_file *c, const struct table_decl *decl);
struct table *case_table_named(const struct case_file *c, const char *probe, const char *name);

/* By id (NULL: of none); NULL: the case has none. */
struct check *case_check(const struct case_file *c, const char *id);
struct answer *case_answer(const struct case_file *c, const char *id);
struct experiment *case_experiment(const struct case_file *c, const char *id);
const struct verdict *case_verdict(const struct case_file *c, const char *id);
/* The verdict of that rank, the leading one's is 1; NULL: so many do not hold, or another version wrote the case. */
const struct verdict *case_ranked(const struct case_file *c, size_t rank);
const struct step_record *case_step(const struct case_file *c, const char *id);

/* JSON of the whole case, ending in its checksum member. Caller frees. */
char *case_to_json(const struct case_file *c, size_t *length);
bool case_save(struct case_file *c, struct err *e); /* to c->path */
/* Survives any bytes; complains about format, checksum, types and limits (64 MiB, depth 64) in one sentence. */
struct case_file *case_load(const char *path, struct err *e);
struct case_file *case_from_json(const char *name, const char *text, size_t length, struct err *e);

#endif
