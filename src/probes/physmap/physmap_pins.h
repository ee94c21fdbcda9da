/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that processes have pinned for devices or the kernel (io_uring buffers, RDMA): its page flags are those of movable
 * pages. VmPin of /proc/PID/status names the process, its pagemap the blocks. Live root only. */
#ifndef FW_PROBES_PHYSMAP_PHYSMAP_PINS_H
#define FW_PROBES_PHYSMAP_PHYSMAP_PINS_H

#include "probes/physmap/physmap_blocks.h"
#include "probes/physmap/physmap_tally.h"
#include "probes/kernel/stat.h"

enum { PINS_MAX = 8 }; /* processes whose blocks are looked up */

struct physmap_pin {
    long pid;
    char command[COMMAND_MAX]; /* raw bytes */
    uint64_t pinned;           /* VmPin, bytes */
    uint8_t *blocks;           /* a bit for each ordinal: pages of the process are there; NULL: not looked up; owned */
    const char *why;           /* why the blocks are not certain, or unknown; NULL: they are */
};

struct physmap_pins {
    struct physmap_pin list[PINS_MAX]; /* most first */
    size_t count;
    double pinned;   /* VmPin of all processes, bytes */
    uint64_t held;   /* pins that the kernel counts, pages */
    bool held_known; /* it counts them (since 5.6) */
    bool looked;     /* the processes were read: they are not if the kernel counts no pin */
};

void physmap_pins_find(struct physmap_pins *p, const struct root *r, const struct physmap_blocks *b);
void physmap_pins_free(struct physmap_pins *p);
#define AUTO_PHYSMAP_PINS __attribute__((cleanup(physmap_pins_free)))
/* The processes with pages in a block: a bit for each of `list`. */
unsigned physmap_pins_at(const struct physmap_pins *p, uint64_t ordinal);

#endif
