/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses /proc/PID/smaps (maps is its first lines only, smaps_rollup one such block for the whole process):
 *   7f2c10000000-7f2c10021000 rw-p 00000000 00:00 0    [anon: name]
 *   Rss:                 132 kB */
#include "probes/kernel/smaps.h"

#include "base/mem.h"

static const uint64_t arena_span = 64ULL << 20; /* HEAP_MAX_SIZE of 64-bit glibc */
static const uint64_t sum_max = 1ULL << 62;     /* of one figure: three of them make the USS */

bool vma_parse(const char *line, size_t length, struct vma *v)
{
    struct span s = span_of(line, length);
    uint64_t ignored;
    if (!scan_hex(&s, &v->start) || !scan_char(&s, '-') || !scan_hex(&s, &v->end) || v->end < v->start)
        return false;
    if (span_length(s) < 6 || !scan_char(&s, ' '))
        return false;
    memcpy(v->permissions, s.at, 4);
    s.at += 4;
    if (scan_end(&s) || !scan_hex(&s, &v->offset) || scan_end(&s))
        return false;
    if (!scan_hex(&s, &ignored) || !scan_char(&s, ':') || !scan_hex(&s, &ignored)) /* device */
        return false;
    if (!scan_number(&s, &v->inode))
        return false;
    scan_end(&s);
    v->name = s;
    return true;
}

static void sum(struct smaps_sum *s, uint64_t *to, uint64_t bytes)
{
    if (bytes > sum_max - *to)
        s->has |= SMAPS_UNFIT;
    else
        *to += bytes;
}

static bool add(struct smaps_sum *s, struct span rest, uint64_t *to)
{
    uint64_t bytes;
    if (!scan_kb(&rest, &bytes)) {
        s->has |= SMAPS_UNFIT;
        return false;
    }
    sum(s, to, bytes);
    return true;
}
#define ADD(key, member) (SCAN_KEY(&l, key) && add(s, l, &s->member))

void smaps_add_line(struct smaps_sum *s, const char *line, size_t length)
{
    struct span l = span_of(line, length);
    if (length < 4)
        return;
    switch (line[0]) {
    case 'S':
        if (ADD("Swap:", swap))
            s->has |= SMAPS_SWAP;
        else if (ADD("SwapPss:", swap_pss))
            s->has |= SMAPS_SWAP_PSS;
        else
            (void)(ADD("Size:", size) || ADD("Shared_Hugetlb:", shared_hugetlb));
        break;
    case 'R':
        if (ADD("Rss:", rss))
            s->has |= SMAPS_RSS;
        break;
    case 'P':
        if (ADD("Pss:", pss))
            s->has |= SMAPS_PSS;
        else if (ADD("Private_Clean:", private_clean) || ADD("Private_Dirty:", private_dirty))
            s->has |= SMAPS_PRIVATE;
        else if (ADD("Pss_Shmem:", pss_shmem))
            s->has |= SMAPS_PSS_SHMEM;
        else
            (void)ADD("Private_Hugetlb:", private_hugetlb);
        break;
    case 'A':
        if (ADD("Anonymous:", anonymous))
            s->has |= SMAPS_ANON;
        else
            (void)ADD("AnonHugePages:", anon_huge);
        break;
    case 'L':
        (void)(ADD("Locked:", locked) || ADD("LazyFree:", lazy_free));
        break;
    case 'V':
        if (span_starts(l, "VmFlags:") && span_find(l, " ht"))
            s->has |= SMAPS_HUGETLB;
        break;
    }
}

void smaps_add(struct smaps_sum *s, const struct smaps_sum *more)
{
    s->has |= more->has;
    for (size_t i = 0; i < ARRAY_SIZE(s->each); i++)
        sum(s, &s->each[i], more->each[i]);
}

bool smaps_parse(const char *text, size_t length, struct smaps_sum *s)
{
    memset(s, 0, sizeof *s);
    struct span all = span_of(text, length), line;
    while (scan_line(&all, &line))
        smaps_add_line(s, line.at, span_length(line));
    return smaps_has(s, SMAPS_RSS);
}

uint64_t smaps_uss(const struct smaps_sum *s)
{
    return s->private_clean + s->private_dirty + s->private_hugetlb;
}

const char *const mapping_kind_names[] = {
    [MAPPING_HEAP] = "heap",           [MAPPING_ARENA] = "arena heap", [MAPPING_STACK] = "stack",
    [MAPPING_ANONYMOUS] = "anonymous", [MAPPING_FILE] = "file",        [MAPPING_SHARED] = "shared memory",
    [MAPPING_HUGETLB] = "hugetlb",     [MAPPING_SPECIAL] = "special",  [MAPPING_KINDS] = NULL,
};

static enum mapping_kind kind_of(const struct vma *v)
{
    struct span n = v->name;
    if (span_starts(n, "[anon: glibc: malloc arena")) /* glibc.mem.decorate_maps */
        return MAPPING_ARENA;
    if (span_length(n) == 0 || span_starts(n, "[anon:"))
        return MAPPING_ANONYMOUS;
    if (span_starts(n, "[anon_shmem:"))
        return MAPPING_SHARED;
    if (n.at[0] == '[') {
        if (span_is(n, "[heap]"))
            return MAPPING_HEAP;
        return span_starts(n, "[stack") ? MAPPING_STACK : MAPPING_SPECIAL;
    }
    if (span_starts(n, "/anon_hugepage") || span_starts(n, "/dev/hugepages"))
        return MAPPING_HUGETLB;
    if (span_starts(n, "/dev/shm/") || span_starts(n, "/memfd:") || span_starts(n, "/SYSV") ||
        span_starts(n, "/dev/zero"))
        return MAPPING_SHARED;
    return MAPPING_FILE;
}

static void flush(struct smaps_kinds *k, struct smaps_part *p)
{
    if (!p->any)
        return;
    if (p->sum.has & SMAPS_HUGETLB || p->sum.private_hugetlb || p->sum.shared_hugetlb)
        p->kind = MAPPING_HUGETLB;
    k->mappings[p->kind]++;
    k->total_mappings++;
    smaps_add(&k->sums[p->kind], &p->sum);
    smaps_add(&k->total, &p->sum);
    p->any = false;
}

void smaps_kinds_line(struct smaps_kinds *k, const char *line, size_t length)
{
    /* Only a mapping's first line begins with a digit or a small letter. */
    if (length == 0 || (line[0] >= 'A' && line[0] <= 'Z')) {
        if (k->current.any)
            smaps_add_line(&k->current.sum, line, length);
        return;
    }
    struct vma v;
    if (!vma_parse(line, length, &v))
        return;
    flush(k, &k->previous);
    k->previous = k->current;
    struct smaps_part *before = &k->previous, *now = &k->current;
    bool private = v.permissions[3] == 'p';
    *now = (struct smaps_part){
        .any = true,
        .anonymous = v.inode == 0 && (span_length(v.name) == 0 || span_starts(v.name, "[anon:")) && private,
        .readwrite = memcmp(v.permissions, "rw-", 3) == 0,
        .none = memcmp(v.permissions, "---", 3) == 0,
        .start = v.start,
        .end = v.end,
        .kind = kind_of(&v),
    };
    /* A heap of a glibc arena: 64 MiB of address space at a multiple of it, the used part first, the rest reserved. */
    if (before->any && before->anonymous && before->readwrite && before->start % arena_span == 0 && now->anonymous &&
        now->none && before->end == now->start && now->end - before->start == arena_span) {
        before->kind = now->kind = MAPPING_ARENA;
        k->arena_heaps++;
        k->arena_bytes += arena_span;
    }
}

void smaps_kinds_end(struct smaps_kinds *k)
{
    flush(k, &k->previous);
    flush(k, &k->current);
}
