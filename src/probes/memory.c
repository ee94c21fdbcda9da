/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the memory is: meminfo, and a balance of disjoint parts that add up to MemTotal. */
#include <stdio.h>
#include <string.h>

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
    X(HUGETLB_RESERVED_IDLE, "hugetlb_reserved_idle", TYPE_BYTES,                                                      \
      "the idle pool: taken from everybody, used by nobody now")                                                       \
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
      "this kernel (before 3.14) has no MemAvailable: available is its formula over its other numbers")
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
};

/* Huge page pools: their size and their idle part in bytes. Pools of other than the default size are in sysfs only. */
struct pools {
    double total, idle;
    bool known;
};

static struct pools pools_read(const struct root *r, const struct meminfo *m)
{
    struct pools p = {0};
    if (!m->known[MI_HUGE_TOTAL] || !m->known[MI_HUGE_SIZE])
        return p;
    p.known = true;
    p.total = (double)m->value[MI_HUGE_TOTAL] * (double)m->value[MI_HUGE_SIZE];
    p.idle = (double)meminfo_value(m, MI_HUGE_FREE) * (double)m->value[MI_HUGE_SIZE];
    static const unsigned kilobytes[] = {64, 512, 1024, 2048, 16384, 32768, 524288, 1048576, 16777216};
    for (size_t i = 0; i < ARRAY_SIZE(kilobytes); i++) {
        uint64_t size = (uint64_t)kilobytes[i] * 1024, pages, idle;
        char path[96];
        if (size == m->value[MI_HUGE_SIZE])
            continue;
        snprintf(path, sizeof path, "sys/kernel/mm/hugepages/hugepages-%ukB/nr_hugepages", kilobytes[i]);
        if (!source_number(r, path, &pages))
            continue;
        snprintf(path, sizeof path, "sys/kernel/mm/hugepages/hugepages-%ukB/free_hugepages", kilobytes[i]);
        p.total += (double)pages * (double)size;
        if (source_number(r, path, &idle))
            p.idle += (double)idle * (double)size;
    }
    /* Hugetlb (since 4.16) is the kernel's own sum over all sizes. */
    if (m->known[MI_HUGETLB])
        p.total = (double)m->value[MI_HUGETLB];
    if (p.idle > p.total)
        p.idle = p.total;
    return p;
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
};

static void part(struct balance *b, enum item item, double bytes, const char *source)
{
    size_t row = table_add(b->table);
    cell_text(b->table, row, ITEM, item_names[item]);
    cell_number(b->table, row, BYTES, bytes);
    cell_number(b->table, row, SHARE, bytes / b->total);
    cell_text(b->table, row, SOURCE, source);
    b->sum += bytes;
}

static double above(double a, double b)
{
    return a > b ? a - b : 0;
}

/* Overlaps that matter: Shmem is part of Cached; SwapCached is not, and its mapped part is in AnonPages; the kernel
 * stacks are vmalloc memory on the architectures with CONFIG_VMAP_STACK. Returns what no counter names. */
static double balance(struct table *table, const struct root *r, const struct meminfo *m, const struct pools *pools,
                      bool pcp_known, double pcp)
{
    struct balance b = {table, (double)m->value[MI_MEM_TOTAL], 0};
#define V(name) ((double)meminfo_value(m, name))
    part(&b, I_FREE, V(MI_MEM_FREE), "MemFree");
    if (pcp_known)
        part(&b, I_FREE_ON_LISTS, pcp, "zoneinfo: pagesets count");
    part(&b, I_ANONYMOUS, V(MI_ANON_PAGES), "AnonPages");
    part(&b, I_CACHE, above(V(MI_CACHED), V(MI_SHMEM)) + V(MI_BUFFERS), "Cached + Buffers - Shmem");
    part(&b, I_SHARED, V(MI_SHMEM), "Shmem");
    double lru = above(V(MI_ACTIVE_ANON) + V(MI_INACTIVE_ANON), V(MI_ANON_PAGES) + V(MI_SHMEM));
    double unmapped = lru < V(MI_SWAP_CACHED) ? lru : V(MI_SWAP_CACHED);
    if (unmapped > 0)
        part(&b, I_SWAP_CACHE, unmapped, "Active(anon) + Inactive(anon) - AnonPages - Shmem, at most SwapCached");
    part(&b, I_SLAB_RECLAIMABLE, V(MI_SRECLAIMABLE), "SReclaimable");
    part(&b, I_SLAB_UNRECLAIMABLE, V(MI_SUNRECLAIM), "SUnreclaim");
    if (m->known[MI_KRECLAIMABLE] && V(MI_KRECLAIMABLE) > V(MI_SRECLAIMABLE))
        part(&b, I_RECLAIMABLE, V(MI_KRECLAIMABLE) - V(MI_SRECLAIMABLE), "KReclaimable - SReclaimable");
    part(&b, I_STACKS, V(MI_KERNEL_STACK), "KernelStack");
    part(&b, I_PAGE_TABLES, V(MI_PAGE_TABLES) + V(MI_SEC_PAGE_TABLES), "PageTables + SecPageTables");
    if (m->known[MI_PERCPU])
        part(&b, I_PERCPU, V(MI_PERCPU), "Percpu");
    if (vmalloc_is_memory(m))
        part(&b, I_VMALLOC, above(V(MI_VMALLOC_USED), V(MI_KERNEL_STACK)), "VmallocUsed - KernelStack");
    if (pools->known) {
        part(&b, I_POOL_USED, pools->total - pools->idle, "Hugetlb - HugePages_Free");
        part(&b, I_POOL_IDLE, pools->idle, "HugePages_Free");
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
        part(&b, I_COMPRESSED, zs, "vmstat: nr_zspages; Zswap");
    if (counters && c.value[CT_NR_MEMMAP])
        part(&b, I_MEMORY_MAP, (double)c.value[CT_NR_MEMMAP] * page, "vmstat: nr_memmap_pages");
    double other = V(MI_BOUNCE) + V(MI_WRITEBACK_TMP) + V(MI_HARDWARE_CORRUPTED);
    if (other > 0)
        part(&b, I_BOUNCE, other, "Bounce + WritebackTmp + HardwareCorrupted");
    if (V(MI_GPU_ACTIVE) + V(MI_GPU_RECLAIM) > 0)
        part(&b, I_GRAPHICS, V(MI_GPU_ACTIVE) + V(MI_GPU_RECLAIM), "GPUActive + GPUReclaim");
    double rest = b.total - b.sum;
    /* Most balloons lower MemTotal, those that give way before an out-of-memory kill do not: only the remainder can
     * tell. */
    double balloon = V(MI_BALLOON) < rest ? V(MI_BALLOON) : rest;
    if (balloon > 0)
        part(&b, I_BALLOON, balloon, "Balloon, as far as MemTotal holds it");
#undef V
    rest = b.total - b.sum;
    if (rest < 0) {
        part(&b, I_TWICE, rest, "the sum of the above, above MemTotal");
        rest = 0;
    }
    part(&b, I_UNNAMED, rest, "MemTotal - all of the above");
    return rest;
}

/* Before 3.14 there is no MemAvailable: its formula (mm/page_alloc.c, si_mem_available) over the numbers that are there.
 * Half of the cache and the slabs, or as much as the low watermarks if that is less, is counted as needed. */
static bool estimate_available(struct meminfo *m, const struct root *r)
{
    struct err e;
    enum status status;
    AUTO_ZONEINFO struct zoneinfo z = {0};
    if (m->known[MI_MEM_AVAILABLE] || !m->known[MI_ACTIVE_FILE] || !m->known[MI_INACTIVE_FILE] ||
        !zoneinfo_read(&z, r, &status, &e))
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
    cell_bool(t, 0, AVAILABLE_ESTIMATED, estimate_available(&m, r));
    char why[128];
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
        if (m.known[plain[i].name]) {
            cell_number(t, 0, plain[i].column, (double)m.value[plain[i].name]);
        } else {
            snprintf(why, sizeof why, "/proc/meminfo of this kernel has no %s", meminfo_field(plain[i].name));
            cell_unknown(t, 0, plain[i].column, why);
        }
    }
    double total = (double)m.value[MI_MEM_TOTAL];
    cell_number(t, 0, FREE_SHARE, (double)m.value[MI_MEM_FREE] / total);
    if (m.known[MI_MEM_AVAILABLE])
        cell_number(t, 0, AVAILABLE_SHARE, (double)m.value[MI_MEM_AVAILABLE] / total);
    else
        cell_unknown(t, 0, AVAILABLE_SHARE, "/proc/meminfo of this kernel has no MemAvailable");
    if (vmalloc_is_memory(&m))
        cell_number(t, 0, VMALLOC, (double)m.value[MI_VMALLOC_USED]);
    else
        cell_unknown(t, 0, VMALLOC, "this kernel does not count vmalloc memory");
    if (m.known[MI_ACTIVE_FILE] && m.known[MI_INACTIVE_FILE])
        cell_number(t, 0, RECLAIMABLE,
                    (double)m.value[MI_ACTIVE_FILE] + (double)m.value[MI_INACTIVE_FILE] +
                        (double)meminfo_value(&m, m.known[MI_KRECLAIMABLE] ? MI_KRECLAIMABLE : MI_SRECLAIMABLE));
    else
        cell_unknown(t, 0, RECLAIMABLE, "/proc/meminfo has no Active(file)");

    struct pools pools = pools_read(r, &m);
    if (pools.known) {
        cell_number(t, 0, HUGETLB, pools.total);
        cell_number(t, 0, HUGETLB_FREE, pools.idle);
        cell_number(t, 0, HUGETLB_RESERVED_IDLE, pools.idle);
    } else {
        /* No hugetlb in this kernel: no pool, which is known. */
        cell_number(t, 0, HUGETLB, 0);
        cell_number(t, 0, HUGETLB_FREE, 0);
        cell_number(t, 0, HUGETLB_RESERVED_IDLE, 0);
    }

    AUTO_ZONEINFO struct zoneinfo z = {0};
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
    double rest = balance(facts_table(f, "balance"), r, &m, &pools, zones, pcp);
    cell_number(t, 0, UNACCOUNTED, rest);
    cell_number(t, 0, UNACCOUNTED_SHARE, rest / total);
}

extern const struct probe probe_memory;
const struct probe probe_memory = {
    .name = "memory",
    .help = "where the memory is: a balance that adds up to the total",
    .classic = "free -m; cat /proc/meminfo",
    .tables = tables,
    .table_count = 2,
    .reads = "proc/meminfo proc/vmstat proc/zoneinfo sys/kernel/mm/hugepages/*/nr_hugepages "
             "sys/kernel/mm/hugepages/*/free_hugepages",
    .collect = collect,
};
