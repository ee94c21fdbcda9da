/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/PID/smaps, smaps_rollup and maps. */
#ifndef FW_PROBES_KERNEL_SMAPS_H
#define FW_PROBES_KERNEL_SMAPS_H

#include "base/scan.h"

struct vma {
    uint64_t start, end, offset, inode;
    char permissions[4]; /* "rw-p" */
    struct span name;    /* path, [heap], [anon:…] or empty; within the line */
};

/* The first line of a mapping (the only one in maps). False for any other line. */
bool vma_parse(const char *line, size_t length, struct vma *v);

enum smaps_field {
    SMAPS_RSS = 1 << 0,
    SMAPS_PSS = 1 << 1,
    SMAPS_PRIVATE = 1 << 2,
    SMAPS_SWAP = 1 << 3,
    SMAPS_SWAP_PSS = 1 << 4,
    SMAPS_HUGETLB = 1 << 5, /* the mapping is one of huge pages of the pool */
    SMAPS_ANON = 1 << 6,
    SMAPS_PSS_SHMEM = 1 << 7,
    SMAPS_UNFIT = 1 << 8, /* a figure or a sum was no number: none of them is to be trusted */
};

/* Sums in bytes. */
struct smaps_sum {
    unsigned has;
    union {
        struct {
            uint64_t size, rss, pss, private_clean, private_dirty, private_hugetlb, shared_hugetlb;
            uint64_t swap, swap_pss, anonymous, pss_shmem, anon_huge, lazy_free, locked;
        };
        uint64_t each[14];
    };
};
static inline bool smaps_has(const struct smaps_sum *s, unsigned fields)
{
    return (s->has & (fields | SMAPS_UNFIT)) == fields;
}

/* Adds one "Key:   N kB" line. */
void smaps_add_line(struct smaps_sum *s, const char *line, size_t length);
void smaps_add(struct smaps_sum *s, const struct smaps_sum *more);
/* A whole text, smaps_rollup or smaps: the sums over all its mappings. False if it holds no Rss line, or a
 * figure that is no number. */
bool smaps_parse(const char *text, size_t length, struct smaps_sum *s);
/* Memory that would be freed if the process ended: private pages and private huge pages of the pool. */
uint64_t smaps_uss(const struct smaps_sum *s);

enum mapping_kind {
    MAPPING_HEAP,
    MAPPING_ARENA,
    MAPPING_STACK,
    MAPPING_ANONYMOUS,
    MAPPING_FILE,
    MAPPING_SHARED,
    MAPPING_HUGETLB,
    MAPPING_SPECIAL,
    MAPPING_KINDS,
};
extern const char *const mapping_kind_names[]; /* by enum mapping_kind, then NULL */

/* Sums by kind of mapping, fed line by line from smaps of any size. Zero-initialise to start. */
struct smaps_kinds {
    uint64_t mappings[MAPPING_KINDS];
    struct smaps_sum sums[MAPPING_KINDS];
    uint64_t total_mappings;
    struct smaps_sum total;
    uint64_t arena_heaps, arena_bytes; /* of glibc; reserved address space */
    /* The mapping being read, and the one before it, which what follows can reveal as an arena heap. */
    struct smaps_part {
        bool any, anonymous, readwrite, none;
        uint64_t start, end;
        enum mapping_kind kind;
        struct smaps_sum sum;
    } current, previous;
};
void smaps_kinds_line(struct smaps_kinds *k, const char *line, size_t length);
void smaps_kinds_end(struct smaps_kinds *k);

#endif
