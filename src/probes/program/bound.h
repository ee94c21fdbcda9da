/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much memory a program will take by its own rules: the heap of a collector, a cache that fills by design. */
#ifndef FW_PROBES_PROGRAM_BOUND_H
#define FW_PROBES_PROGRAM_BOUND_H

#include "probes/program/words.h"

extern const char *const bound_kinds[]; /* by enum bound_kind, then NULL */
enum bound_kind {
    BOUND_HEAP,  /* may fill; then what asks for more fails */
    BOUND_CACHE, /* fills by design and stays full */
    BOUND_SOFT,  /* a goal of the collector, that may be exceeded */
};

struct bound {
    bool known;
    uint64_t bytes;
    enum bound_kind kind;
    const char *name, *from; /* "-Xmx", "command line"; static or owned by whoever gave the text */
    const char *why;         /* not known: a sentence; kind and name tell what it would be, if there is a name */
};

/* Of /proc/PID/environ: the value of one variable, within the text; at == NULL: it is not set. */
struct span environment_value(const char *text, size_t length, const char *name);

/* "512m", "2G", "1GiB", "131072k": with 1024 between units; nothing else may follow. */
bool size_parse(struct span text, uint64_t *bytes);
/* The same with a unit for a bare number. */
bool size_parse_unit(struct span text, uint64_t unit, uint64_t *bytes);

/* What the command line and the environment say. `memory` is what a JVM would take for the machine's: MemTotal, or less by
 * the limit of its control group; 0: not known. */
void bound_of_words(const struct words *w, const struct subject *s, struct span environment, uint64_t memory,
                    struct bound *out);

/* The heap of a JVM: jvm.c. */
void bound_jvm(const struct words *w, const struct subject *s, struct span environment, uint64_t memory,
               struct bound *out);

#endif
