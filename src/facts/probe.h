/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A probe reads the root and yields facts. It knows no playbook and never prints. Parsers take text and give rows; they
 * open nothing, so that fixtures, fuzzing and replay come for free.
 *
 * An instant probe has only collect(). A windowed one also has open(), sample() and close(): the sampler calls sample() at
 * each tick (or at each moment of a capture), and collect() at the end of the window. With fewer than two samples its rates
 * are unknown ("one moment only"). */
#ifndef FW_FACTS_PROBE_H
#define FW_FACTS_PROBE_H

#include "base/root.h"
#include "facts/facts.h"

/* What a probe may be told. Borrowed. */
struct probe_input {
    const struct root *root;
    long pid;           /* the suspect; 0: none */
    double window_s;    /* length of the window asked for */
    unsigned top;       /* how many leading processes to look at closely; 0: the probe's default */
    bool command_lines; /* whole ones, with what could be a secret */
    uint64_t blocks;    /* how many blocks of memory to look at (physmap); 0: the probe's default */
};

#define SAMPLES_MAX 120 /* points that a windowed probe keeps; the sampler widens its interval to stay below */

struct probe {
    const char *name;    /* as playbooks name it; also the file's name */
    const char *help;    /* one line */
    const char *classic; /* the command that it replaces */
    const struct table_decl *tables;
    unsigned table_count;
    /* What it reads, below the root: paths separated by blanks, where * and [] stand for any part of one name, ** for any
     * directories between, and a process's directory is PID (every process), LEADING (the largest), SUSPECT (the one named,
     * or one that the audit would look at by itself) or NAMED (only the one named). A capture copies what is declared and
     * nothing else: once at its end, what moves at each moment of a window too, the live machine's own never. */
    const char *reads, *reads_moving, *reads_live;
    bool needs_pid;
    double window_s; /* what `fragwizard probe` observes for if not told; 0: one look */
    void *(*open)(const struct probe_input *in);
    void (*sample)(void *state, const struct probe_input *in, double time_s); /* seconds since the first sample */
    void (*thin)(void *state); /* drop every second kept point: the interval has doubled */
    void (*collect)(void *state, const struct probe_input *in,
                    struct facts *facts); /* state is NULL for instant probes */
    void (*close)(void *state);
};

extern const struct probe *const probes[]; /* probes/registry.c: NULL-terminated, in the order of `fragwizard list` */
const struct probe *probe_find(const char *name);
/* A table by "table" or "probe.table" (or "probe" for the probe's first single-row table). NULL if unknown or ambiguous. */
const struct table_decl *probe_table(const char *name, const struct probe **probe);

/* For thin(): keeps every second of `count` points of `size` bytes, the first among them; returns how many are left. */
size_t samples_thin(void *points, size_t count, size_t size);

/* Runs collect() and measures its cost. The result is the caller's (facts_free). */
struct facts *probe_collect(const struct probe *p, void *state, const struct probe_input *in);

#endif
