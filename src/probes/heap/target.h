/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory of another process, read from outside without changing anything: only pages that /proc/PID/pagemap shows as
 * present are read, so that none is swapped in or populated. The process is never stopped. Live root only. */
#ifndef FW_PROBES_HEAP_TARGET_H
#define FW_PROBES_HEAP_TARGET_H

#include "base/root.h"
#include "probes/kernel/smaps.h"

#define TARGET_MAPS_MAX 200000 /* mappings read at most; beyond that the target counts as not coverable */

struct target_map {
    uint64_t start, end, inode, offset;
    char permissions[4]; /* "rw-p" */
    bool heap : 1;       /* [heap] */
    bool anonymous : 1;  /* no file and no name, or named [anon:…] */
    bool libc : 1;       /* base name libc.so.6, libc-2.* */
    bool jemalloc : 1;   /* base name libjemalloc* */
    bool executable : 1; /* of the program's own file */
    bool stack : 1;      /* [stack] */
};

/* Where bytes come from: the live process, or a test's image of one. */
struct target_source {
    /* One pagemap entry (present bit 63, swapped bit 62) for each page from `address`. */
    bool (*pages)(void *context, uint64_t address, size_t pages, uint64_t *entries);
    /* How many bytes from `address` could be read, as far as they are mapped. */
    size_t (*read)(void *context, uint64_t address, void *buffer, size_t size);
};

struct target {
    long pid;
    int pagemap;   /* descriptor of /proc/PID/pagemap */
    int directory; /* /proc/PID: once the process has ended, nothing below it can be read, even if the id is used again */
    uint64_t page;      /* page size in bytes */
    unsigned word;      /* 8 or 4: bytes in a pointer of the program (ELF class) */
    uint64_t started;   /* start time in ticks */
    uint64_t anonymous; /* resident bytes that are no file's, by statm when it was opened */
    struct target_map *maps;
    size_t map_count;
    double deadline;     /* clock_now() after which reads fail; 0: none */
    uint64_t bytes_read; /* of the target's memory */
    uint64_t absent;     /* pages asked for that were not present */
    const struct target_source *source;
    void *context;
    const struct root *root; /* borrowed; NULL for an image */
};

/* Opens and reads the mappings. False with status and a sentence ("process 12 is another user's: permission denied…"). */
bool target_open(struct target *t, const struct root *r, long pid, enum status *status, struct err *e);
void target_close(struct target *t);
/* The mappings again (they change under us). False, with a sentence, if the process has ended. */
bool target_maps(struct target *t, struct err *e);
/* The same process is still there. */
bool target_alive(const struct target *t);
bool target_expired(const struct target *t); /* the deadline has passed */
/* The mapping that holds an address, or NULL. */
const struct target_map *target_find(const struct target *t, uint64_t address);
/* Where the data of the library or program that mapping `i` is of ends: the part from its file, and what follows it without
 * a name (.bss). */
uint64_t target_data_end(const struct target *t, size_t i);
/* One bit a page of [start, start + page * pages): present or not. `start` is a multiple of the page. False if the
 * pagemap could not be read. swapped (may be NULL): the same for swapped pages. */
bool target_present(struct target *t, uint64_t start, size_t pages, uint8_t *present, uint8_t *swapped);
/* The same in numbers. */
bool target_count(struct target *t, uint64_t start, size_t pages, uint64_t *present, uint64_t *swapped);
/* Reads whole pages: those not present as zero bytes; tells which are present and which swapped, one bit each. */
bool target_load(struct target *t, uint64_t start, size_t pages, void *buffer, uint8_t *present, uint8_t *swapped);
/* Reads [address, address + size); pages that are not present read as zero bytes and are marked absent in `present` (one
 * bit for each page that the range touches; may be NULL). False if nothing could be read: gone, denied, or past the deadline. */
bool target_read(struct target *t, uint64_t address, void *buffer, size_t size, uint8_t *present);
/* The same if every page of it is present, else false. For single headers. */
bool target_read_all(struct target *t, uint64_t address, void *buffer, size_t size);

#endif
