/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `apply` changed and what was there before: the file `changes` of the state directory, which is all that `undo` goes by.
 * It is replaced whole and synced before the first write to the kernel, so that a run ended at any point can be undone. */
#ifndef FW_CMD_SETTINGS_JOURNAL_H
#define FW_CMD_SETTINGS_JOURNAL_H

#include "cmd/settings/sysctl_file.h"
#include "cmd/settings/setting.h"

struct change {
    const struct setting *setting;
    const char *id; /* the recommendation */
    char before[SETTING_VALUE_MAX], after[SETTING_VALUE_MAX];
    bool keep; /* with a file, too */
    struct sysctl_file file;
    bool gone; /* not stored again */
};

struct application { /* one run of `apply` */
    double wall;
    const char *boot;      /* id of the boot it was made in; empty: not known */
    const char *case_path; /* clean */
    bool finished;         /* false: it is under way, or was cut off */
    struct change *changes;
    size_t count;
};

struct journal {
    struct arena arena;
    char *directory, *path;
    int lock; /* the directory; -1: there is none */
    struct application *list;
    size_t count; /* the latest is the last */
};

/* Locks the state directory (made if `make`) and reads the journal. False if another run holds it, or it is damaged or not
 * ours. Without directory it is empty. */
bool journal_open(struct journal *j, bool make, struct err *e);
/* Makes room for one more application at the end. */
struct application *journal_add(struct journal *j, size_t changes);
/* On disk when it returns. What is gone is left out; with nothing left the file is removed. */
bool journal_store(struct journal *j, struct err *e);
/* Leaves the state directory as it was: one of ours that is empty is removed. */
void journal_close(struct journal *j);

/* The text on disk. Any bytes are survived: false with a sentence. */
void journal_format(struct str *out, const struct journal *j);
bool journal_parse(struct journal *j, const char *name, const char *text, size_t length, struct err *e);

#endif
