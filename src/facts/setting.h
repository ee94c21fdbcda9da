/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's settings of memory management: the one table by which the probe `tunables` reads them, `apply` changes them and
 * recommendations word their commands. */
#ifndef FW_FACTS_SETTING_H
#define FW_FACTS_SETTING_H

#include <stdint.h>

#include "base/str.h"

struct setting {
    const char *name;         /* as recommendations name it */
    const char *path;         /* below the root, without leading slash */
    const char *standard;     /* what the kernel sets by itself; NULL: depends on the machine or the kernel */
    const char *about;        /* what it does: goes on from "NAME is 5: " */
    const char *source;       /* where that and the default are documented */
    const char *risk;         /* what a change can do */
    const char *const *words; /* not NULL: no number but one of these, and of those that the kernel offers */
    /* Of those that `apply` may write. What they may be set to, not what the kernel would take: */
    const char *file;      /* of our own, which sets it at boot; NULL: never written */
    uint64_t low, high;    /* of a number */
    unsigned memory_share; /* not 0: at most one in so many of the machine's memory in kB, whatever `high` */
    const char *aside;     /* what a write does beside setting it, or NULL */
};

extern const struct setting settings[];   /* ends in one without a name */
extern const char *const setting_names[]; /* theirs, in the same order, then NULL */
const struct setting *setting_named(const char *name);
/* The most that a number may be set to on a machine with so much memory. */
uint64_t setting_most(const struct setting *s, uint64_t memory_kb);

/* For people: the command that sets it, and the line of its file. */
void setting_add_command(struct str *out, const struct setting *s, const char *value);
void setting_add_line(struct str *out, const struct setting *s, const char *value);

#endif
