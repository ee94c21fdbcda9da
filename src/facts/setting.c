/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts/setting.h"

#include "base/mem.h"

#define VM(leaf) "vm." leaf, "proc/sys/vm/" leaf
#define THP(leaf) "transparent_hugepage/" leaf, "sys/kernel/mm/transparent_hugepage/" leaf
#define FIRST_OF(...) FIRST(__VA_ARGS__, )
#define FIRST(first, ...) first,
#define OWN_FILE(leaf) .file = "/etc/sysctl.d/60-fragwizard-vm." leaf ".conf"
#define VM_RST "Linux Documentation/admin-guide/sysctl/vm.rst"
#define THP_RST "Linux Documentation/admin-guide/mm/transhuge.rst"
#define OVERCOMMIT_RST "Linux Documentation/admin-guide/mm/overcommit-accounting"

static const char *const enabled_words[] = {"always", "madvise", "never", NULL};
/* not always: that is what is advised against */
static const char *const defrag_words[] = {"defer+madvise", "madvise", "defer", "never", NULL};

/* Each by its name and path, then the other members. */
#define SETTINGS(X)                                                                                                    \
    X(VM("min_free_kbytes"), .about = "memory kept free for requests that cannot wait",                                \
      .source =                                                                                                        \
          "Linux mm/page_alloc.c calculate_min_free_kbytes(), mm/khugepaged.c set_recommended_min_free_kbytes()",      \
      .risk =                                                                                                          \
          "memory kept free is lost to cache and applications; set far too high it makes the host reclaim or kill at " \
          "once",                                                                                                      \
      OWN_FILE("min_free_kbytes"), .low = 128, .high = INT32_MAX, .memory_share = 20,                                  \
      .aside =                                                                                                         \
          "Once it was written, the kernel does not compute it anew when memory or huge pages change; the undo puts "  \
          "the value back, a reboot also that.")                                                                       \
    X(VM("watermark_scale_factor"), .standard = "10",                                                                  \
      .about = "the distance between the watermarks, in 1/10000 of memory", .source = VM_RST " (default 10)",          \
      .risk = "each step keeps more memory idle between the watermarks", OWN_FILE("watermark_scale_factor"),           \
      .low = 10, .high = 200)                                                                                          \
    X(VM("watermark_boost_factor"), .standard = "15000",                                                               \
      .about =                                                                                                         \
          "how much is reclaimed when kinds of pages get mixed in a block, against fragmentation; 0 switches it off",  \
      .source = VM_RST " (default 15000)", .risk = "background reclaim works more often, for a short while")           \
    X(VM("compaction_proactiveness"), .standard = "20",                                                                \
      .about = "kcompactd works by itself above a node score of 110 less this; 0 switches it off",                     \
      .source = VM_RST " (default 20), mm/compaction.c fragmentation_score_wmark()",                                   \
      .risk =                                                                                                          \
          "writing it compacts at once; kcompactd uses processor time and causes latency spikes, above 80 all the "    \
          "time",                                                                                                      \
      OWN_FILE("compaction_proactiveness"), .low = 1, .high = 80,                                                      \
      .aside = "Each write, also that of the undo, compacts memory once.")                                             \
    X(VM("extfrag_threshold"), .standard = "500",                                                                      \
      .about = "fragmentation index above which a failing request compacts rather than reclaims",                      \
      .source = VM_RST " (0 to 1000, default 500)",                                                                    \
      .risk = "lower compacts where reclaim would do, higher reclaims where compaction would do",                      \
      OWN_FILE("extfrag_threshold"), .high = 1000)                                                                     \
    X(VM("defrag_mode"), .standard = "0",                                                                              \
      .about = "1, set at boot, prevents that kinds of pages are mixed in a block unless memory would run out",        \
      .source = VM_RST " (recent kernels; default 0)",                                                                 \
      .risk = "allocations that would mix kinds of pages reclaim or compact instead, and wait for it")                 \
    X(VM("swappiness"), .standard = "60",                                                                              \
      .about = "what swap costs against file I/O; below 60 cache is reclaimed before anonymous memory; it does "       \
               "not defragment anything, and does nothing without swap",                                               \
      .source = VM_RST " (0 to 200, before 5.8 to 100; default 60)",                                                   \
      .risk = "moves reclaim between anonymous memory and cache; it does not change fragmentation",                    \
      OWN_FILE("swappiness"), .low = 1, .high = 200)                                                                   \
    X(VM("vfs_cache_pressure"),                                                                                        \
      .about = "how readily cached names and inodes are reclaimed, against page cache; 0 is never",                    \
      .source = VM_RST " (default 100)",                                                                               \
      .risk = "higher drops cached names and inodes sooner, so that file look-ups cost more",                          \
      OWN_FILE("vfs_cache_pressure"), .low = 1, .high = 1000000)                                                       \
    X(VM("max_map_count"), .standard = "65530",                                                                        \
      .about = "mappings that one process may have; at the limit it gets ENOMEM, which looks like memory running out", \
      .source = VM_RST " (default 65530)", .risk = "a runaway process can use more kernel memory for its mappings",    \
      OWN_FILE("max_map_count"), .low = 65530, .high = INT32_MAX)                                                      \
    X(VM("zone_reclaim_mode"), .standard = "0",                                                                        \
      .about = "not 0: a node reclaims its own cache, and swaps, while others have memory free",                       \
      .source = VM_RST " (default 0 since 3.16)",                                                                      \
      .risk = "memory of other nodes is used before cache is dropped: slower access for programs bound to a node",     \
      OWN_FILE("zone_reclaim_mode"))                                                                                   \
    X(VM("overcommit_memory"), .standard = "0",                                                                        \
      .about = "what is promised, not what is used: unrelated to fragmentation. With 2 the kernel refuses to promise " \
               "more than CommitLimit, which looks like memory running out",                                           \
      .source = OVERCOMMIT_RST " (default 0)",                                                                         \
      .risk = "programs can be refused memory, or killed, at another time than before")                                \
    X(VM("overcommit_ratio"), .standard = "50",                                                                        \
      .about = "counts with vm.overcommit_memory 2 only: the share of memory that may be promised besides swap",       \
      .source = OVERCOMMIT_RST " (default 50)",                                                                        \
      .risk = "more is promised than there may be; then the OOM killer decides", OWN_FILE("overcommit_ratio"),         \
      .low = 50, .high = 100)                                                                                          \
    X(VM("nr_hugepages"), .standard = "0",                                                                             \
      .about = "huge pages taken out of memory for the programs that ask for them",                                    \
      .source = "Linux Documentation/admin-guide/mm/hugetlbpage (default 0)",                                          \
      .risk = "a program that wants the pool later cannot start; a pool once given back may be hard to get again")     \
    X(THP("enabled"), .about = "who may get huge pages: every large mapping, the programs that ask, or none",          \
      .source = THP_RST, .risk = "fewer huge pages: more time in page table walks", .words = enabled_words)            \
    X(THP("defrag"), .about = "whose page faults may stop to compact or reclaim for a huge page",                      \
      .source = THP_RST " (default madvise)", .risk = "huge pages come later, made in the background",                 \
      .words = defrag_words, .file = "/etc/tmpfiles.d/60-fragwizard-thp.conf")                                         \
    X(THP("khugepaged/max_ptes_none"),                                                                                 \
      .about = "pages of a huge page that may be empty when khugepaged makes it: programs grow by them",               \
      .source = THP_RST " (default: pages of a huge page - 1)", .risk = "fewer huge pages are made in the background")
#define SETTING_NAME(id, ...) FIRST_OF(id)
const char *const setting_names[] = {SETTINGS(SETTING_NAME) NULL};
#define SETTING_ENTRY(...) {__VA_ARGS__},
const struct setting settings[] = {SETTINGS(SETTING_ENTRY){0}};

const struct setting *setting_named(const char *name)
{
    return ARRAY_FIND(settings, ARRAY_SIZE(settings) - 1, name, name);
}

uint64_t setting_most(const struct setting *s, uint64_t memory_kb)
{
    uint64_t most = s->memory_share ? memory_kb / s->memory_share : s->high;
    return most < s->high ? most : s->high;
}

void setting_add_command(struct str *out, const struct setting *s, const char *value)
{
    if (s->words)
        str_printf(out, "echo %s > /%s", value, s->path);
    else
        str_printf(out, "sysctl -w %s=%s", s->name, value);
}

void setting_add_line(struct str *out, const struct setting *s, const char *value)
{
    if (s->words)
        str_printf(out, "w /%s - - - - %s", s->path, value);
    else
        str_printf(out, "%s = %s", s->name, value);
}
