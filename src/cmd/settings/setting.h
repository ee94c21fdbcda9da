/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and writing the kernel settings that `apply` may write: those of facts/setting.c with a file, and no other. Where one
 * stands and what it may be set to is said there; a case only names it. */
#ifndef FW_CMD_SETTINGS_SETTING_H
#define FW_CMD_SETTINGS_SETTING_H

#include "base/root.h"
#include "facts/setting.h"

enum { SETTING_VALUE_MAX = 32 };

/* NULL: none that may be written. */
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

#endif
