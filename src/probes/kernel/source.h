/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of the root, with the sentence that tells why one is missing. */
#ifndef FW_PROBES_KERNEL_SOURCE_H
#define FW_PROBES_KERNEL_SOURCE_H

#include "base/root.h"
#include "base/scan.h"

/* A file of the root read whole. Zero-initialise; AUTO_SOURCE frees it. */
struct source {
    char *text; /* NULL if it could not be read */
    size_t length;
};
bool source_read(struct source *s, const struct root *r, const char *path, enum status *status, struct err *e);
void source_free(struct source *s);
#define AUTO_SOURCE __attribute__((unused, cleanup(source_free)))

/* A small file's first line, trimmed. False if it cannot be read or does not fit. */
bool source_line(const struct root *r, const char *path, char *out, size_t size);
bool source_number(const struct root *r, const char *path, uint64_t *n);

/* The status of a text that was read, by whether it was what a kernel prints; which it returns. */
static inline bool source_parsed(bool parsed, enum status *status)
{
    *status = parsed ? STATUS_OK : STATUS_MALFORMED;
    return parsed;
}

#endif
