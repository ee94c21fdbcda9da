/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over the blocks that were read, by zone, and what follows for all blocks, with the error of sampling. Pure. */
#ifndef FW_PROBES_PHYSMAP_PHYSMAP_TALLY_H
#define FW_PROBES_PHYSMAP_PHYSMAP_TALLY_H

#include "probes/kernel/kpageflags.h"
#include "probes/physmap/physmap_scan.h"

/* How free memory stands to compaction, by the block that it is in. */
enum free_place {
    FREE_WHOLE,   /* the block is wholly free */
    FREE_MOVABLE, /* all else in it can be moved */
    FREE_UNNAMED, /* all else can be moved but for pages without a flag: of the kernel, or free on per-CPU lists */
    FREE_OBSTRUCTED,
    FREE_PLACES
};

struct block_sum {
    double blocks, pages, free; /* pages: of the blocks (by kind) or of the use (by use), absent ones not counted */
};

struct physmap_tally {
    uint64_t read;
    struct block_sum kind[BLOCK_KINDS], use[PAGE_USES];
    struct block_sum place[FREE_PLACES];
    double squares[FREE_PLACES]; /* of free, block by block */
    double unnamed_squares;      /* of unnamed pages */
};

void physmap_add(struct physmap_tally *t, const struct block_use *b, bool pinned);

/* Unnamed pages are of the kernel, or free on a per-CPU list; which, no flag tells. What is known of a zone: how many are on
 * such lists, and from some blocks how many are charged to a control group, hence not free. */
struct physmap_evidence {
    bool complete;             /* all blocks with unnamed pages were asked */
    double unnamed, uncharged; /* pages, in the blocks asked; 0: none was asked */
    double weight, squares;    /* of blocks that only unnamed pages obstruct */
    double uncharged_weight;   /* of those without a charged page */
};
struct physmap_listed {
    double pages; /* on per-CPU lists, as far as there are unnamed pages */
    double share; /* a block that only unnamed pages obstruct counts for so much as movable */
    double error; /* of the share, 95 % half width */
};
void physmap_weigh(struct physmap_listed *l, const struct physmap_stratum *s, const struct physmap_tally *t,
                   const struct physmap_evidence *e, uint64_t pcp_pages);

/* All zones together, estimated for every block there is. */
struct physmap_result {
    struct physmap_tally sum;           /* estimates */
    struct block_sum listed;            /* blocks only unnamed pages obstruct, as far as lists explain it */
    double listed_pages;                /* pages on per-CPU lists, at most the unnamed ones */
    double blocks;                      /* all there are */
    double free_movable, free_pinned;   /* pages */
    double kind_error[BLOCK_KINDS];     /* 95 % half width of the share of blocks */
    double movable_error, pinned_error; /* of free_movable and free_pinned as shares, below */
    double movable_share;               /* free_movable by both; negative: there is no such memory */
    double pinned_share;                /* free_pinned by all free memory; negative: there is none */
    double error;                       /* the largest of these errors */
};
void physmap_conclude(struct physmap_result *r, const struct physmap_plan *p, const struct physmap_tally *by_zone,
                      const struct physmap_listed *listed);
/* What a sum over the blocks read means for all blocks of its zone. */
double physmap_factor(const struct physmap_stratum *s, const struct physmap_tally *t);

#endif
