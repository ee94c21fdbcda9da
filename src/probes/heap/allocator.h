/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which language runtime and which allocator a process has, told from its mappings. Every answer carries its evidence. */
#ifndef FW_PROBES_HEAP_ALLOCATOR_H
#define FW_PROBES_HEAP_ALLOCATOR_H

#include "probes/kernel/smaps.h"

enum language {
    LANGUAGE_UNKNOWN,
    LANGUAGE_NATIVE,
    LANGUAGE_GO,
    LANGUAGE_PYTHON,
    LANGUAGE_RUBY,
    LANGUAGE_NODE,
    LANGUAGE_PHP,
    LANGUAGE_DOTNET,
    LANGUAGE_JVM,
    LANGUAGES,
};
extern const char *const language_names[]; /* by enum language, then NULL */

enum allocator {
    ALLOCATOR_UNKNOWN,
    ALLOCATOR_GLIBC,
    ALLOCATOR_PYMALLOC, /* CPython's beside glibc's: told from its heap only */
    ALLOCATOR_MUSL,
    ALLOCATOR_JEMALLOC,
    ALLOCATOR_TCMALLOC,
    ALLOCATOR_MIMALLOC,
    ALLOCATOR_SCUDO,
    ALLOCATOR_GO,
    ALLOCATORS,
};
extern const char *const allocator_names[]; /* by enum allocator, then NULL */

/* Zero-initialise, give every mapping, then finish. */
struct detection {
    enum language language;
    const char *allocator; /* of allocator_names; NULL: not known */
    char language_evidence[96], allocator_evidence[96];
    char executable[96]; /* base name of the first executable file mapping: the program itself */
    bool any, libc, musl;
    bool guess;    /* the allocator is what such a program usually has, no more */
    unsigned rank; /* of the allocator found so far: a library linked over libc's own outranks it */
};
void detect_mapping(struct detection *d, const struct vma *v);
/* `command` may be NULL; used where no mapping could be read. */
void detect_finish(struct detection *d, const char *command);

#endif
