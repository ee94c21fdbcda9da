/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel settings that `apply` may write: those which the shipped playbooks recommend, and no other. Where one stands and
 * what it may be set to is said here; a case only names it. */
#ifndef FW_CMD_SETTINGS_SETTING_H
#define FW_CMD_SETTINGS_SETTING_H

#include <stdint.h>

#include "base/root.h"
#include "base/str.h"

enum { SETTING_VALUE_MAX = 32 };

struct setting {
    const char *name;         /* as recommendations name it */
    const char *path;         /* below the root, without leading slash */
    uint64_t low, high;       /* of a number; what it may be set to, not what the kernel would take */
    unsigned memory_share;    /* not 0: at most one in so many of the machine's memory in kB, whatever `high` */
    const char *const *words; /* not NULL: one of these, and of those that the kernel offers */
    const char *file;         /* of our own, which sets it at boot */
    const char *aside;        /* what a write does beside setting it, or NULL */
};

extern const struct setting settings[]; /* ends in one without a name */
const struct setting *setting_find(const char *name);

/* Whether it may be proposed for this machine. A case may hold anything: the text must be exactly a number or a word. */
bool setting_accepts(const struct setting *s, const struct root *r, const char *value, struct err *e);
/* Whether the kernel can have shown it at some time: what an undo may write. */
bool setting_is_value(const struct setting *s, const char *value);

/* The value now; of words the chosen one. */
bool setting_read(const struct setting *s, const struct root *r, char out[SETTING_VALUE_MAX], struct err *e);
/* Whether this process may write it, before anything is done. */
bool setting_writable(const struct setting *s, struct err *e);
/* Sets it on this machine. What the kernel made of it is for setting_read to tell. */
bool setting_write(const struct setting *s, const char *value, struct err *e);

/* For people: the command that sets it, the line of its file, and the command that writes that file. */
void setting_add_command(struct str *out, const struct setting *s, const char *value);
void setting_add_line(struct str *out, const struct setting *s, const char *value);

#endif
