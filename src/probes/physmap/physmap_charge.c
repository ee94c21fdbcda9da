/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/kpagecgroup has 8 bytes for each page frame: the inode number of the memory control group's directory, 0 for none. */
#include "probes/physmap/physmap_charge.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "probes/kernel/cgroup_memory.h"

/* So many blocks cost a few per cent of the whole scan. */
enum { BLOCKS_MAX = 512, DEPTH_MAX = 16, DIRECTORIES_MAX = 10000 };

/* A block's sums go to at most so many groups. */
static struct physmap_charge *charge_of(struct physmap_charges *c, uint64_t inode)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].inode == inode)
            return &c->list[i];
    if (c->count == CHARGES_MAX)
        return &c->list[CHARGES_MAX - 1];
    c->list[c->count].inode = inode;
    return &c->list[c->count++];
}

/* A block that was read again. */
struct reread {
    const uint8_t *uses;
    const uint64_t *inodes;
    size_t pages;
    double factor; /* blocks that it stands for */
};

static void add_evidence(struct physmap_evidence *e, const struct reread *b, const struct block_use *use,
                         uint32_t uncharged)
{
    e->unnamed += use->pages[PAGE_UNNAMED] * b->factor;
    e->uncharged += uncharged * b->factor;
    if (!block_only_unnamed(use, false))
        return;
    double weight = (1.0 + use->pages[PAGE_FREE]) * b->factor;
    e->weight += weight;
    e->squares += weight * weight;
    e->uncharged_weight += uncharged == use->pages[PAGE_UNNAMED] ? weight : 0;
}

static void add_block(struct physmap_charges *c, const struct reread *b, struct physmap_evidence *e)
{
    uint32_t found[CHARGES_MAX] = {0};
    struct block_use use = {0};
    struct physmap_charge *last = &c->list[0];
    for (size_t i = 0; i < b->pages; i++) {
        use.pages[b->uses[i]]++;
        if (b->uses[i] != PAGE_UNNAMED)
            continue;
        if (last->inode != b->inodes[i])
            last = charge_of(c, b->inodes[i]);
        found[last - c->list]++;
    }
    for (size_t i = 0; i < c->count; i++) {
        if (found[i] == 0)
            continue;
        c->list[i].sum.blocks += b->factor;
        c->list[i].sum.pages += found[i] * b->factor;
        c->list[i].sum.free += use.pages[PAGE_FREE] * b->factor;
    }
    add_evidence(e, b, &use, found[0]);
}

struct search {
    const struct root *root;
    struct physmap_charges *charges;
    size_t missing, directories;
    size_t prefix; /* length of the mount point */
    char path[CGROUP_PATH_MAX + 64];
};

static void name_group(struct search *s, uint64_t inode)
{
    for (size_t i = 1; i < s->charges->count; i++) {
        struct physmap_charge *c = &s->charges->list[i];
        if (c->inode != inode || c->path)
            continue;
        c->path = mem_strdup(s->path[s->prefix] ? s->path + s->prefix : "/");
        s->missing--;
    }
}

/* Below s->path, which is left as it was. Directory entries of cgroupfs carry the inode numbers. */
static void search(struct search *s, unsigned depth)
{
    int fd = root_open_dir(s->root, s->path);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0)
            close(fd);
        return;
    }
    size_t length = strlen(s->path);
    const struct dirent *entry;
    while (s->missing && s->directories < DIRECTORIES_MAX && (entry = readdir(d))) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || length + 1 + strlen(entry->d_name) >= sizeof s->path)
            continue;
        s->directories++;
        snprintf(s->path + length, sizeof s->path - length, "/%s", entry->d_name);
        name_group(s, entry->d_ino);
        if (depth < DEPTH_MAX)
            search(s, depth + 1);
        s->path[length] = '\0';
    }
    closedir(d);
}

static void name_groups(struct physmap_charges *c, const struct root *r)
{
    struct cgroup_mount mount = cgroup_mount_find(r);
    if (!mount.version || c->count < 2)
        return;
    AUTO_FREE struct search *s = mem_alloc(sizeof *s);
    s->root = r;
    s->charges = c;
    s->missing = c->count - 1;
    snprintf(s->path, sizeof s->path, "%s", mount.below);
    s->prefix = strlen(s->path);
    struct stat st;
    int fd = root_open_dir(r, s->path);
    if (fd >= 0 && fstat(fd, &st) == 0)
        name_group(s, st.st_ino);
    if (fd >= 0)
        close(fd);
    search(s, 0);
}

/* What reading again needs. */
struct rereader {
    const struct physmap_plan *plan;
    const struct kpageflags_rules *rules;
    int flags, groups;
    size_t pages;
    bool complete;     /* all blocks are read again */
    uint64_t *entries; /* twice a block's */
    uint8_t *uses;
};

/* `factor`: blocks with unnamed pages for which it stands. */
static void reread(struct physmap_charges *c, struct physmap_evidence *by_zone, const struct rereader *r,
                   uint64_t ordinal, double factor)
{
    const struct physmap_blocks *blocks = r->plan->blocks;
    const struct physmap_run *run = physmap_run_at(blocks, ordinal);
    const struct physmap_stratum *zone = &r->plan->strata[run->zone];
    uint64_t block = run->block + (ordinal - run->ordinal), *inodes = r->entries + r->pages;
    if (!physmap_read_block(blocks, r->flags, block, r->entries) ||
        !physmap_read_block(blocks, r->groups, block, inodes))
        return;
    physmap_mark_holes(blocks, block, r->entries);
    kpageflags_uses(r->rules, block << blocks->order, r->entries, r->pages, r->uses);
    struct reread b = {r->uses, inodes, r->pages, (double)zone->blocks / (double)zone->wanted * factor};
    by_zone[run->zone].complete = r->complete;
    add_block(c, &b, &by_zone[run->zone]);
}

/* Half of the blocks are chosen by their number of unnamed pages, half evenly: the former serves the size of the
 * owners' memory, the latter the free memory that they hold up. */
static void reread_some(struct physmap_charges *c, struct physmap_evidence *by_zone, const struct rereader *r,
                        const struct physmap_unnamed *blocks)
{
    double step = 2.0 / BLOCKS_MAX, next = step / 2, at = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        const struct unnamed_block *b = &blocks->list[i];
        double size = (double)b->pages / (double)blocks->pages + 1 / (double)blocks->count;
        at += size;
        if (r->complete || next < at)
            reread(c, by_zone, r, b->ordinal, r->complete || size > step ? 1 : step / size);
        while (next < at)
            next += step;
    }
}

void physmap_charges_find(struct physmap_charges *c, const struct root *r, const struct physmap_plan *p,
                          const struct kpageflags_rules *rules, int flags, const struct physmap_unnamed *blocks,
                          struct physmap_evidence *evidence)
{
    *c = (struct physmap_charges){0};
    int groups = root_open_file(r, "proc/kpagecgroup");
    if (groups < 0)
        return;
    size_t pages = (size_t)1 << p->blocks->order;
    AUTO_FREE uint64_t *entries = mem_array(2 * pages, sizeof *entries);
    AUTO_FREE uint8_t *uses = mem_alloc(pages);
    struct rereader reader = {p, rules, flags, groups, pages, blocks->count <= BLOCKS_MAX, entries, uses};
    c->count = 1;
    reread_some(c, evidence, &reader, blocks);
    close(groups);
    name_groups(c, r);
}

void physmap_charges_free(struct physmap_charges *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->list[i].path);
    *c = (struct physmap_charges){0};
}
