/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/slabinfo, versions 2.0 and 2.1. */
#ifndef FW_PROBES_KERNEL_SLABINFO_H
#define FW_PROBES_KERNEL_SLABINFO_H

#include "probes/kernel/source.h"

struct slab_cache {
    char name[64];
    uint64_t active_objs, num_objs, object_size, objs_per_slab, pages_per_slab, slabs;
};

struct slabinfo {
    struct slab_cache *caches; /* owned */
    size_t count;
};

bool slabinfo_parse(struct slabinfo *s, const char *text, size_t length, struct err *e);
bool slabinfo_read(struct slabinfo *s, const struct root *r, enum status *status, struct err *e);
void slabinfo_free(struct slabinfo *s);
const struct slab_cache *slabinfo_find(const struct slabinfo *s, const char *name);
/* Bytes. */
double slab_cache_size(const struct slab_cache *c, uint64_t page);
/* Memory of the cache that holds no object: free objects and what does not divide into objects. A lower bound on SLUB,
 * which counts free objects from its partial lists only. */
double slab_cache_waste(const struct slab_cache *c, uint64_t page);

#endif
