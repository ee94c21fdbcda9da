/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the memory is: meminfo, and a balance of disjoint parts that add up to MemTotal. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "probes/kernel/arcstats.h"
#include "probes/kernel/page_size.h"
#include "facts/probe.h"

#define MEMORY_COLUMNS(X)                                                                                              \
    X(TOTAL, "total", TYPE_BYTES, "memory that the kernel manages (MemTotal)")                                         \
    X(FREE, "free", TYPE_BYTES, "free pages (MemFree)")                                                                \
    X(AVAILABLE, "available", TYPE_BYTES,                                                                              \
      "what applications can get without swapping (MemAvailable, since Linux 3.14)")                                   \
    X(BUFFERS, "buffers", TYPE_BYTES, "cache of block devices")                                                        \
    X(CACHED, "cached", TYPE_BYTES, "page cache, with shared memory (Cached)")                                         \
    X(SWAP_CACHED, "swap_cached", TYPE_BYTES, "swapped pages that are in memory too")                                  \
    X(SWAP_TOTAL, "swap_total", TYPE_BYTES, "size of swap")                                                            \
    X(SWAP_FREE, "swap_free", TYPE_BYTES, "swap not used")                                                             \
    X(ANON, "anon", TYPE_BYTES, "heaps, stacks and other memory without a file (AnonPages)")                           \
    X(MAPPED, "mapped", TYPE_BYTES, "page cache that processes have mapped")                                           \
    X(SHMEM, "shmem", TYPE_BYTES, "shared memory and tmpfs")                                                           \
    X(SLAB, "slab", TYPE_BYTES, "kernel objects")                                                                      \
    X(SLAB_RECLAIMABLE, "slab_reclaimable", TYPE_BYTES, "kernel objects that pressure can free")                       \
    X(SLAB_UNRECLAIMABLE, "slab_unreclaimable", TYPE_BYTES, "kernel objects that stay")                                \
    X(KERNEL_STACK, "kernel_stack", TYPE_BYTES, "kernel stacks of threads")                                            \
    X(PAGE_TABLES, "page_tables", TYPE_BYTES, "page tables of processes")                                              \
    X(PERCPU, "percpu", TYPE_BYTES, "per-CPU allocator (since Linux 4.20)")                                            \
    X(HUGETLB, "hugetlb", TYPE_BYTES, "huge pages reserved in the pools of hugetlb, of all sizes")                     \
    X(HUGETLB_FREE, "hugetlb_free", TYPE_BYTES, "of them not in use")                                                  \
    X(HUGETLB_PAGE_SIZE, "hugetlb_page_size", TYPE_BYTES, "default size of hugetlb pages")                             \
    X(HUGETLB_PROMISED, "hugetlb_promised", TYPE_BYTES,                                                                \
      "of them not in use, but mapped by a program that may touch them")                                               \
    X(HUGETLB_RESERVED_IDLE, "hugetlb_reserved_idle", TYPE_BYTES,                                                      \
      "the idle pool: taken from everybody, used by nobody, promised to nobody")                                       \
    X(ANON_HUGE, "anon_huge", TYPE_BYTES, "anonymous memory in transparent huge pages")                                \
    X(COMMITTED, "committed", TYPE_BYTES, "memory promised to processes (Committed_AS)")                               \
    X(COMMIT_LIMIT, "commit_limit", TYPE_BYTES, "limit of promises, if vm.overcommit_memory is 2")                     \
    X(VMALLOC, "vmalloc", TYPE_BYTES, "vmalloc memory (since Linux 5.3)")                                              \
    X(DIRTY, "dirty", TYPE_BYTES, "cache to be written")                                                               \
    X(WRITEBACK, "writeback", TYPE_BYTES, "cache being written")                                                       \
    X(UNEVICTABLE, "unevictable", TYPE_BYTES, "pages that reclaim must leave")                                         \
    X(MLOCKED, "mlocked", TYPE_BYTES, "pages locked by mlock")                                                         \
    X(PCP, "pcp", TYPE_BYTES, "free pages on per-CPU lists, in no other number")                                       \
    X(UNACCOUNTED, "unaccounted", TYPE_BYTES, "what no counter names: kernel pages, also what drivers and pipes hold") \
    X(UNACCOUNTED_SHARE, "unaccounted_share", TYPE_RATIO, "that as a share of all memory")                             \
    X(AVAILABLE_SHARE, "available_share", TYPE_RATIO, "available as a share of all memory")                            \
    X(FREE_SHARE, "free_share", TYPE_RATIO, "free as a share of all memory")                                           \
    X(RECLAIMABLE, "reclaimable", TYPE_BYTES,                                                                          \
      "what reclaim can take without swap: file pages and reclaimable kernel objects")                                 \
    X(AVAILABLE_ESTIMATED, "available_estimated", TYPE_BOOL,                                                           \
      "this kernel (before 3.14) has no MemAvailable: available is its formula over its other numbers")                \
    X(CMA, "cma", TYPE_BYTES, "set aside for devices; movable pages may use it meanwhile")                             \
    X(CMA_FREE, "cma_free", TYPE_BYTES, "of it free: not to be had for kernel memory")                                 \
    X(ARC, "arc", TYPE_BYTES, "the cache of ZFS (arcstats: size); 0 without ZFS")                                      \
    X(ARC_SPARE, "arc_spare", TYPE_BYTES, "of it above its minimum: given back under need")                            \
    X(OBTAINABLE, "obtainable", TYPE_BYTES, "available, and what ZFS gives back, which MemAvailable does not count")   \
    X(BALLOON, "balloon", TYPE_BYTES, "of the total, what the hypervisor has taken back")                              \
    X(CONTRADICTION, "contradiction", TYPE_TEXT, "numbers of meminfo that cannot be, in words")                        \
    X(MIXED, "mixed", TYPE_BOOL, "the total is a container's, while other lines are the host's")
enum { MEMORY_COLUMNS(LIST_INDEX) };
static const struct column columns[] = {MEMORY_COLUMNS(LIST_ENTRY)};

#define ITEM_NAMES(X)                                                                                                  \
    X(I_FREE, "free")                                                                                                  \
    X(I_FREE_ON_LISTS, "free, on per-CPU lists")                                                                       \
    X(I_ANONYMOUS, "anonymous (heaps, stacks)")                                                                        \
    X(I_CACHE, "page cache")                                                                                           \
    X(I_SHARED, "shared memory and tmpfs")                                                                             \
    X(I_SWAP_CACHE, "swap cache, not mapped")                                                                          \
    X(I_SLAB_RECLAIMABLE, "slab, reclaimable")                                                                         \
    X(I_SLAB_UNRECLAIMABLE, "slab, unreclaimable")                                                                     \
    X(I_RECLAIMABLE, "other reclaimable kernel memory")                                                                \
    X(I_STACKS, "kernel stacks")                                                                                       \
    X(I_PAGE_TABLES, "page tables")                                                                                    \
    X(I_PERCPU, "per-CPU allocator")                                                                                   \
    X(I_VMALLOC, "vmalloc")                                                                                            \
    X(I_POOL_USED, "huge page pool, in use")                                                                           \
    X(I_POOL_IDLE, "huge page pool, idle")                                                                             \
    X(I_COMPRESSED, "compressed swap (zram, zswap)")                                                                   \
    X(I_MEMORY_MAP, "memory map of hotplugged memory")                                                                 \
    X(I_BOUNCE, "bounce buffers, FUSE write-back, broken memory")                                                      \
    X(I_GRAPHICS, "graphics")                                                                                          \
    X(I_ARC, "ZFS cache (ARC)")                                                                                        \
    X(I_BALLOON, "memory balloon")                                                                                     \
    X(I_TWICE, "counted twice by the kernel")                                                                          \
    X(I_UNNAMED, "not named by the kernel")
enum item { ITEM_NAMES(LIST_INDEX) };
static const char *const item_names[] = {ITEM_NAMES(LIST_NAME) NULL};

#define BALANCE_COLUMNS(X)                                                                                             \
    X(ITEM, "item", TYPE_TEXT, "use of the memory", .values = item_names)                                              \
    X(BYTES, "bytes", TYPE_BYTES, "its size")                                                                          \
    X(SHARE, "share", TYPE_RATIO, "share of all memory")                                                               \
    X(SOURCE, "source", TYPE_TEXT, "fields of /proc that it comes from")
enum { BALANCE_COLUMNS(LIST_INDEX) };
static const struct column balance_columns[] = {BALANCE_COLUMNS(LIST_ENTRY)};

static const struct table_decl tables[] = {
    {.name = "memory", .help = "memory, by meminfo", COLUMNS(columns), .single = true},
    {.name = "balance",
     .help = "all memory by use; the parts do not overlap and add up to the total",
     COLUMNS(balance_columns)},
};

static const struct {
    unsigned column;
    enum meminfo_name name;
} plain[] = {
    {TOTAL, MI_MEM_TOTAL},
    {FREE, MI_MEM_FREE},
    {AVAILABLE, MI_MEM_AVAILABLE},
    {BUFFERS, MI_BUFFERS},
    {CACHED, MI_CACHED},
    {SWAP_CACHED, MI_SWAP_CACHED},
    {SWAP_TOTAL, MI_SWAP_TOTAL},
    {SWAP_FREE, MI_SWAP_FREE},
    {ANON, MI_ANON_PAGES},
    {MAPPED, MI_MAPPED},
    {SHMEM, MI_SHMEM},
    {SLAB, MI_SLAB},
    {SLAB_RECLAIMABLE, MI_SRECLAIMABLE},
    {SLAB_UNRECLAIMABLE, MI_SUNRECLAIM},
    {KERNEL_STACK, MI_KERNEL_STACK},
    {PAGE_TABLES, MI_PAGE_TABLES},
    {PERCPU, MI_PERCPU},
    {ANON_HUGE, MI_ANON_HUGE},
    {COMMITTED, MI_COMMITTED_AS},
    {COMMIT_LIMIT, MI_COMMIT_LIMIT},
    {DIRTY, MI_DIRTY},
    {WRITEBACK, MI_WRITEBACK},
    {UNEVICTABLE, MI_UNEVICTABLE},
    {MLOCKED, MI_MLOCKED},
    {HUGETLB_PAGE_SIZE, MI_HUGE_SIZE},
    {CMA, MI_CMA_TOTAL},
    {CMA_FREE, MI_CMA_FREE},
};

/* Huge page pools in bytes. Pools of other than the default size are in sysfs only; Hugetlb (since 4.16) is the kernel's own sum
 * over all sizes. */
struct pools {
    double total, idle, promised;
    bool total_known, idle_known;
};

static struct pools pools_read(const struct root *r, const struct meminfo *m)
{
    struct pools p = {0};
    double size = (double)meminfo_value(m, MI_HUGE_SIZE);
    p.total_known = m->known[MI_HUGE_TOTAL] && m->known[MI_HUGE_SIZE];
    p.idle_known = p.total_known && m->known[MI_HUGE_FREE];
    p.total = (double)meminfo_value(m, MI_HUGE_TOTAL) * size;
    p.idle = (double)meminfo_value(m, MI_HUGE_FREE) * size;
    p.promised = (double)meminfo_value(m, MI_HUGE_RSVD) * size;
    static const unsigned kilobytes[] = {64, 512, 1024, 2048, 16384, 32768, 524288, 1048576, 16777216};
    for (size_t i = 0; i < ARRAY_SIZE(kilobytes); i++) {
        uint64_t other = (uint64_t)kilobytes[i] * 1024, pages;
        char path[96];
        if (m->flaw[MI_HUGE_SIZE] == MI_OF_HOST || (double)other == size)
            continue;
        snprintf(path, sizeof path, "sys/kernel/mm/hugepages/hugepages-%ukB/nr_hugepages", kilobytes[i]);
        if (!source_number(r, path, &pages))
            continue;
        p.total += (double)pages * (double)other;
        snprintf(path, sizeof path, "sys/kernel/mm/hugepages/hugepages-%ukB/free_hugepages", kilobytes[i]);
        if (source_number(r, path, &pages))
            p.idle += (double)pages * (double)other;
        snprintf(path, sizeof path, "sys/kernel/mm/hugepages/hugepages-%ukB/resv_hugepages", kilobytes[i]);
        if (source_number(r, path, &pages))
            p.promised += (double)pages * (double)other;
    }
    if (m->known[MI_HUGETLB]) {
        double all = (double)m->value[MI_HUGETLB];
        p.idle_known = p.idle_known && all <= p.total; /* else there are pools of a size that we cannot look into */
        p.total = all;
        p.total_known = true;
    }
    if (p.idle > p.total)
        p.idle = p.total;
    if (p.promised > p.idle)
        p.promised = p.idle;
    return p;
}

/* The remainder means something only if every large line that a kernel prints is there: the first one that is not, or MI_COUNT. */
static enum meminfo_name missing_line(const struct meminfo *m)
{
    static const enum meminfo_name needed[] = {MI_MEM_TOTAL,  MI_MEM_FREE,     MI_BUFFERS,    MI_CACHED,
                                               MI_ANON_PAGES, MI_SRECLAIMABLE, MI_SUNRECLAIM, MI_PAGE_TABLES};
    for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
        if (!m->known[needed[i]])
            return needed[i];
    return m->known[MI_KRECLAIMABLE] && !m->known[MI_PERCPU] ? MI_PERCPU : MI_COUNT; /* they came together, in 4.20 */
}

/* VmallocUsed counts memory since 5.3; from 4.4 it is always 0 and before that it counts addresses, also of devices.
 * Percpu (4.20) tells them apart. */
static bool vmalloc_is_memory(const struct meminfo *m)
{
    return m->known[MI_VMALLOC_USED] && m->known[MI_PERCPU];
}

struct balance {
    struct table *table;
    double total, sum;
    double rest, balloon; /* what no counter names; the balloon's part of the total */
};

static void part(struct balance *b, enum item item, double bytes, const char *source)
{
    size_t row = table_add(b->table);
    cell_text(b->table, row, ITEM, item_names[item]);
    cell_number(b->table, row, BYTES, bytes);
    if (b->total > 0)
        cell_number(b->table, row, SHARE, bytes / b->total);
    else
        cell_unknown(b->table, row, SHARE, "the total is not known");
    cell_text(b->table, row, SOURCE, source);
    b->sum += bytes;
}

static double above(double a, double b)
{
    return a > b ? a - b : 0;
}

/* Overlaps that matter: Shmem is part of Cached; SwapCached is not, and its mapped part is in AnonPages; the kernel
 * stacks are vmalloc memory on the architectures with CONFIG_VMAP_STACK. Parts whose line is missing are left out. */
static void balance(struct balance *b, const struct root *r, const struct meminfo *m, const struct pools *pools,
                    const double *pcp, const struct arcstats *arc)
{
#define V(name) ((double)meminfo_value(m, name))
    struct {
        enum meminfo_name name;
        enum item item;
        double bytes;
        const char *source;
    } named[] = {
        {MI_MEM_FREE, I_FREE, V(MI_MEM_FREE), "MemFree"},
        {MI_ANON_PAGES, I_ANONYMOUS, V(MI_ANON_PAGES), "AnonPages"},
        {MI_CACHED, I_CACHE, above(V(MI_CACHED), V(MI_SHMEM)) + V(MI_BUFFERS), "Cached + Buffers - Shmem"},
        {MI_SHMEM, I_SHARED, V(MI_SHMEM), "Shmem"},
        {MI_SRECLAIMABLE, I_SLAB_RECLAIMABLE, V(MI_SRECLAIMABLE), "SReclaimable"},
        {MI_SUNRECLAIM, I_SLAB_UNRECLAIMABLE, V(MI_SUNRECLAIM), "SUnreclaim"},
        {MI_KERNEL_STACK, I_STACKS, V(MI_KERNEL_STACK), "KernelStack"},
        {MI_PAGE_TABLES, I_PAGE_TABLES, V(MI_PAGE_TABLES) + V(MI_SEC_PAGE_TABLES), "PageTables + SecPageTables"},
        {MI_PERCPU, I_PERCPU, V(MI_PERCPU), "Percpu"},
    };
    if (pcp)
        part(b, I_FREE_ON_LISTS, *pcp, "zoneinfo: pagesets count");
    for (size_t i = 0; i < ARRAY_SIZE(named); i++)
        if (m->known[named[i].name])
            part(b, named[i].item, named[i].bytes, named[i].source);
    double lru = above(V(MI_ACTIVE_ANON) + V(MI_INACTIVE_ANON), V(MI_ANON_PAGES) + V(MI_SHMEM));
    double unmapped = lru < V(MI_SWAP_CACHED) ? lru : V(MI_SWAP_CACHED);
    if (unmapped > 0)
        part(b, I_SWAP_CACHE, unmapped, "Active(anon) + Inactive(anon) - AnonPages - Shmem, at most SwapCached");
    if (m->known[MI_KRECLAIMABLE] && m->known[MI_SRECLAIMABLE] && V(MI_KRECLAIMABLE) > V(MI_SRECLAIMABLE))
        part(b, I_RECLAIMABLE, V(MI_KRECLAIMABLE) - V(MI_SRECLAIMABLE), "KReclaimable - SReclaimable");
    if (vmalloc_is_memory(m))
        part(b, I_VMALLOC, above(V(MI_VMALLOC_USED), V(MI_KERNEL_STACK)), "VmallocUsed - KernelStack");
    if (pools->total_known) {
        part(b, I_POOL_USED, pools->total - (pools->idle_known ? pools->idle : 0), "Hugetlb - HugePages_Free");
        if (pools->idle_known)
            part(b, I_POOL_IDLE, pools->idle, "HugePages_Free");
    }
    struct counters c;
    struct err e;
    enum status status;
    bool counters = counters_read(&c, r, &status, &e);
    double page = (double)page_size(r);
    double zs = counters && c.known[CT_NR_ZSPAGES] ? (double)c.value[CT_NR_ZSPAGES] * page : 0;
    if (zs < V(MI_ZSWAP))
        zs = V(MI_ZSWAP);
    if (zs > 0)
        part(b, I_COMPRESSED, zs, "vmstat: nr_zspages; Zswap");
    if (counters && c.value[CT_NR_MEMMAP])
        part(b, I_MEMORY_MAP, (double)c.value[CT_NR_MEMMAP] * page, "vmstat: nr_memmap_pages");
    double other = V(MI_BOUNCE) + V(MI_WRITEBACK_TMP) + V(MI_HARDWARE_CORRUPTED);
    if (other > 0)
        part(b, I_BOUNCE, other, "Bounce + WritebackTmp + HardwareCorrupted");
    if (V(MI_GPU_ACTIVE) + V(MI_GPU_RECLAIM) > 0)
        part(b, I_GRAPHICS, V(MI_GPU_ACTIVE) + V(MI_GPU_RECLAIM), "GPUActive + GPUReclaim");
    /* Most of the ZFS cache is in pages that no counter names; its headers are in slabs */
    double rest = above(b->total, b->sum), cache = (double)arc->size;
    if (cache > 0 && rest > 0)
        part(b, I_ARC, cache < rest ? cache : rest, "arcstats: size, as far as no other counter has it");
    /* Most balloons lower MemTotal, those that give way before an out-of-memory kill do not: only the remainder can tell. */
    double balloon = V(MI_BALLOON);
    if (!m->known[MI_BALLOON] && counters && c.value[CT_BALLOON_INFLATE] > c.value[CT_BALLOON_DEFLATE])
        balloon = (double)(c.value[CT_BALLOON_INFLATE] - c.value[CT_BALLOON_DEFLATE]) * page;
    rest = above(b->total, b->sum);
    b->balloon = balloon <= rest + rest / 64 ? (balloon < rest ? balloon : rest) : 0;
    if (b->balloon > 0)
        part(b, I_BALLOON, b->balloon, "Balloon, or vmstat: balloon_inflate - balloon_deflate");
#undef V
    b->rest = b->total - b->sum;
}

/* Before 3.14 there is no MemAvailable: its formula (mm/page_alloc.c, si_mem_available) over the numbers that are there.
 * Half of the cache and the slabs, or as much as the low watermarks if that is less, is counted as needed. */
static bool estimate_available(struct meminfo *m, const struct root *r)
{
    struct err e;
    enum status status;
    AUTO_ZONEINFO struct zoneinfo z = {0};
    if (m->known[MI_MEM_AVAILABLE] || m->flaw[MI_MEM_AVAILABLE] != MI_NO_LINE || !m->known[MI_MEM_FREE] ||
        !m->known[MI_ACTIVE_FILE] || !m->known[MI_INACTIVE_FILE] || !zoneinfo_read(&z, r, &status, &e))
        return false;
    double low = 0;
    for (size_t i = 0; i < z.count; i++)
        low += (double)z.zones[i].low;
    double reserve = low * (double)page_size(r);
    double cache = (double)m->value[MI_ACTIVE_FILE] + (double)m->value[MI_INACTIVE_FILE];
    double slab = (double)meminfo_value(m, MI_SRECLAIMABLE);
    double available = (double)m->value[MI_MEM_FREE] - reserve;
    available += cache - (cache / 2 < reserve ? cache / 2 : reserve);
    available += slab - (slab / 2 < reserve ? slab / 2 : reserve);
    m->value[MI_MEM_AVAILABLE] = available > 0 ? (uint64_t)available : 0;
    m->known[MI_MEM_AVAILABLE] = true;
    return true;
}

static void put_pools(struct table *t, const struct pools *p, const struct meminfo *m, bool whole)
{
    char why[128];
    meminfo_why(m, MI_HUGE_TOTAL, why, sizeof why);
    bool none = !p->total_known && whole && m->flaw[MI_HUGE_TOTAL] == MI_NO_LINE; /* a kernel without hugetlb */
    if (p->total_known || none)
        cell_number(t, 0, HUGETLB, p->total);
    else
        cell_unknown(t, 0, HUGETLB, why);
    static const unsigned idle[] = {HUGETLB_FREE, HUGETLB_PROMISED, HUGETLB_RESERVED_IDLE};
    const double bytes[] = {p->idle, p->promised, p->idle - p->promised};
    for (size_t i = 0; i < ARRAY_SIZE(idle); i++) {
        if (p->idle_known || none)
            cell_number(t, 0, idle[i], bytes[i]);
        else
            cell_unknown(t, 0, idle[i],
                         p->total_known ? "pools of other sizes: /sys/kernel/mm/hugepages was not captured" : why);
    }
}

static void put_available(struct table *t, const struct meminfo *m, const struct arcstats *arc, double total)
{
    char why[128];
    meminfo_why(m, MI_MEM_AVAILABLE, why, sizeof why);
    cell_unknown(t, 0, OBTAINABLE, why);
    cell_unknown(t, 0, AVAILABLE_SHARE, why);
    cell_unknown(t, 0, RECLAIMABLE, "/proc/meminfo does not tell the pages of files");
    double spare = arc->size > arc->min ? (double)(arc->size - arc->min) : 0;
    cell_number(t, 0, ARC, (double)arc->size);
    cell_number(t, 0, ARC_SPARE, spare);
    if (m->known[MI_MEM_AVAILABLE]) {
        double all = (double)m->value[MI_MEM_AVAILABLE] + spare;
        cell_number(t, 0, OBTAINABLE, total > 0 && all > total ? total : all);
    }
    if (m->known[MI_MEM_AVAILABLE] && total > 0)
        cell_number(t, 0, AVAILABLE_SHARE, (double)m->value[MI_MEM_AVAILABLE] / total);
    if (m->known[MI_ACTIVE_FILE] && m->known[MI_INACTIVE_FILE])
        cell_number(t, 0, RECLAIMABLE,
                    (double)m->value[MI_ACTIVE_FILE] + (double)m->value[MI_INACTIVE_FILE] +
                        (double)meminfo_value(m, m->known[MI_KRECLAIMABLE] ? MI_KRECLAIMABLE : MI_SRECLAIMABLE));
}

static void put_balance(struct facts *f, struct table *t, const struct root *r, const struct meminfo *m,
                        const struct pools *pools, const struct arcstats *arc)
{
    AUTO_ZONEINFO struct zoneinfo z = {0};
    struct err e;
    enum status status;
    enum meminfo_name missing = missing_line(m);
    double pcp = 0;
    bool zones = zoneinfo_read(&z, r, &status, &e);
    for (size_t i = 0; i < z.count; i++)
        pcp += (double)z.zones[i].pcp;
    pcp *= (double)page_size(r);
    if (zones) {
        cell_number(t, 0, PCP, pcp);
    } else {
        cell_unknown(t, 0, PCP, e.text);
        facts_fail(f, STATUS_PARTIAL, "%s", e.text);
    }
    struct balance b = {.table = facts_table(f, "balance"), .total = (double)meminfo_value(m, MI_MEM_TOTAL)};
    balance(&b, r, m, pools, zones ? &pcp : NULL, arc);
    if (m->mixed || missing < MI_COUNT) {
        char reason[128] = "the total is a container's, other lines are the host's";
        if (!m->mixed)
            meminfo_why(m, missing, reason, sizeof reason);
        cell_unknown(t, 0, UNACCOUNTED, reason);
        cell_unknown(t, 0, UNACCOUNTED_SHARE, reason);
        cell_unknown(t, 0, BALLOON, reason);
        return;
    }
    cell_number(t, 0, BALLOON, b.balloon);
    if (b.rest < 0)
        part(&b, I_TWICE, b.rest, "the sum of the above, above MemTotal");
    double rest = above(b.rest, 0);
    part(&b, I_UNNAMED, rest, "MemTotal - all of the above");
    cell_number(t, 0, UNACCOUNTED, rest);
    cell_number(t, 0, UNACCOUNTED_SHARE, rest / b.total);
}

static void collect(void *state, const struct probe_input *in, struct facts *f)
{
    (void)state;
    const struct root *r = in->root;
    struct table *t = facts_table(f, "memory");
    struct meminfo m;
    struct err e;
    enum status status;
    table_add(t);
    if (!meminfo_read(&m, r, &status, &e)) {
        facts_fail(f, status, "%s", e.text);
        row_unknown(t, 0, e.text);
        return;
    }
    meminfo_hide_of_host(&m, r);
    AUTO_STR struct str contradiction = {0};
    cell_bool(t, 0, MIXED, m.mixed);
    if (meminfo_contradiction(&m, &contradiction))
        cell_text(t, 0, CONTRADICTION, contradiction.data);
    else
        cell_unknown(t, 0, CONTRADICTION, "there are none");
    cell_bool(t, 0, AVAILABLE_ESTIMATED, estimate_available(&m, r));
    char why[128];
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
        if (m.known[plain[i].name]) {
            cell_number(t, 0, plain[i].column, (double)m.value[plain[i].name]);
        } else {
            meminfo_why(&m, plain[i].name, why, sizeof why);
            cell_unknown(t, 0, plain[i].column, why);
        }
    }
    double total = (double)meminfo_value(&m, MI_MEM_TOTAL);
    if (total > 0 && m.known[MI_MEM_FREE])
        cell_number(t, 0, FREE_SHARE, (double)m.value[MI_MEM_FREE] / total);
    if (vmalloc_is_memory(&m))
        cell_number(t, 0, VMALLOC, (double)m.value[MI_VMALLOC_USED]);
    else
        cell_unknown(t, 0, VMALLOC, "this kernel does not count vmalloc memory");
    struct arcstats arc = {0};
    (void)arcstats_read(&arc, r);
    put_available(t, &m, &arc, total);
    bool whole = missing_line(&m) == MI_COUNT;
    if (whole && m.flaw[MI_CMA_TOTAL] == MI_NO_LINE && !m.known[MI_CMA_TOTAL]) { /* a kernel without CMA */
        cell_number(t, 0, CMA, 0);
        cell_number(t, 0, CMA_FREE, 0);
    }
    struct pools pools = pools_read(r, &m);
    put_pools(t, &pools, &m, whole);
    put_balance(f, t, r, &m, &pools, &arc);
    row_unknown(t, 0, "/proc/meminfo does not tell");
}

extern const struct probe probe_memory;
const struct probe probe_memory = {
    .name = "memory",
    .help = "where the memory is: a balance that adds up to the total",
    .classic = "free -m; cat /proc/meminfo",
    .tables = tables,
    .table_count = 2,
    .reads = "proc/meminfo proc/vmstat proc/zoneinfo sys/kernel/mm/hugepages/*/nr_hugepages "
             "sys/kernel/mm/hugepages/*/free_hugepages sys/kernel/mm/hugepages/*/resv_hugepages "
             "proc/spl/kstat/zfs/arcstats proc/self/mountinfo",
    .collect = collect,
};
