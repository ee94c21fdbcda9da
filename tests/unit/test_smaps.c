/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smaps of several kernels gives the same answers: how much a process has, of which kind, and what cannot be told. */
#include "tree.h"
#include "probes/kernel/smaps.h"

static const char rollup_6[] = "55cf7df9a000-7fffc9ce0000 ---p 00000000 00:00 0                          [rollup]\n"
                               "Rss:                1776 kB\nPss:                 344 kB\nPss_Dirty:           116 kB\n"
                               "Pss_Anon:            116 kB\nPss_File:            228 kB\nPss_Shmem:             0 kB\n"
                               "Shared_Clean:       1600 kB\nShared_Dirty:          0 kB\nPrivate_Clean:        60 kB\n"
                               "Private_Dirty:       116 kB\nReferenced:         1776 kB\nAnonymous:           116 kB\n"
                               "KSM:                   0 kB\nLazyFree:              0 kB\nAnonHugePages:         0 kB\n"
                               "ShmemPmdMapped:        0 kB\nFilePmdMapped:         0 kB\nShared_Hugetlb:        0 kB\n"
                               "Private_Hugetlb:    4096 kB\nSwap:                 12 kB\nSwapPss:               8 "
                               "kB\nLocked:                0 kB\n";

/* Linux 4.18: no Pss_Anon and the like */
static const char rollup_4[] = "00400000-7ffd6d5d2000 ---p 00000000 00:00 0                              [rollup]\n"
                               "Rss:                 884 kB\nPss:                 385 kB\nShared_Clean:        696 kB\n"
                               "Shared_Dirty:          0 kB\nPrivate_Clean:       120 kB\nPrivate_Dirty:        68 kB\n"
                               "Referenced:          884 kB\nAnonymous:            68 kB\nLazyFree:              0 kB\n"
                               "AnonHugePages:         0 kB\nShmemPmdMapped:        0 kB\nShared_Hugetlb:        0 kB\n"
                               "Private_Hugetlb:       0 kB\nSwap:                  0 kB\nSwapPss:               0 "
                               "kB\nLocked:                0 kB\n";

/* Linux 3.10: no SwapPss, no hugetlb figures, a thread's stack has a name */
static const char smaps_3[] =
    "00400000-004e0000 r-xp 00000000 fd:00 134                                /usr/bin/bash\n"
    "Size:                896 kB\nRss:                 700 kB\nPss:                  90 kB\n"
    "Shared_Clean:        700 kB\nShared_Dirty:          0 kB\nPrivate_Clean:         0 kB\n"
    "Private_Dirty:         0 kB\nReferenced:          700 kB\nAnonymous:             0 kB\n"
    "AnonHugePages:         0 kB\nSwap:                  0 kB\nKernelPageSize:        4 kB\n"
    "MMUPageSize:           4 kB\nLocked:                0 kB\nVmFlags: rd ex mr mw me dw sd\n"
    "01a2b000-01b2c000 rw-p 00000000 00:00 0                                  [heap]\n"
    "Size:               1028 kB\nRss:                1000 kB\nPss:                1000 kB\n"
    "Shared_Clean:          0 kB\nShared_Dirty:          0 kB\nPrivate_Clean:         0 kB\n"
    "Private_Dirty:      1000 kB\nReferenced:         1000 kB\nAnonymous:          1000 kB\n"
    "AnonHugePages:         0 kB\nSwap:                 16 kB\nKernelPageSize:        4 kB\n"
    "MMUPageSize:           4 kB\nLocked:                0 kB\nVmFlags: rd wr mr mw me ac sd\n"
    "7f1c2c000000-7f1c2c800000 rw-p 00000000 00:00 0                          [stack:1234]\n"
    "Size:               8192 kB\nRss:                   8 kB\nPss:                   8 kB\n"
    "Private_Dirty:         8 kB\nSwap:                  0 kB\n";

static void feed(struct smaps_kinds *k, const char *text)
{
    struct span all = span_of_string(text), line;
    memset(k, 0, sizeof *k);
    while (scan_line(&all, &line))
        smaps_kinds_line(k, line.at, span_length(line));
    smaps_kinds_end(k);
}

static void uss_counts_private_pages_and_private_huge_pages(void **state)
{
    (void)state;
    struct smaps_sum s;
    assert_true(smaps_parse(rollup_6, strlen(rollup_6), &s));
    assert_int_equal(s.rss, 1776 * 1024);
    assert_int_equal(s.pss, 344 * 1024);
    assert_int_equal(smaps_uss(&s), (60 + 116 + 4096) * 1024);
    assert_int_equal(s.swap_pss, 8 * 1024);
    assert_int_equal(s.anonymous, 116 * 1024);
    assert_true(s.has & SMAPS_SWAP_PSS);
}

static void an_older_rollup_reads_the_same(void **state)
{
    (void)state;
    struct smaps_sum s;
    assert_true(smaps_parse(rollup_4, strlen(rollup_4), &s));
    assert_int_equal(s.rss, 884 * 1024);
    assert_int_equal(smaps_uss(&s), 188 * 1024);
    assert_false(s.has & SMAPS_PSS_SHMEM);
}

static void before_4_14_the_mappings_are_summed(void **state)
{
    (void)state;
    struct smaps_sum s;
    assert_true(smaps_parse(smaps_3, strlen(smaps_3), &s));
    assert_int_equal(s.rss, 1708 * 1024);
    assert_int_equal(s.pss, 1098 * 1024);
    assert_int_equal(smaps_uss(&s), 1008 * 1024);
    assert_int_equal(s.swap, 16 * 1024);
    assert_false(s.has & SMAPS_SWAP_PSS); /* not zero: unknown */
}

static void mappings_are_told_apart(void **state)
{
    (void)state;
    struct smaps_kinds k;
    feed(&k, smaps_3);
    assert_int_equal(k.total_mappings, 3);
    assert_int_equal(k.sums[MAPPING_FILE].rss, 700 * 1024);
    assert_int_equal(k.sums[MAPPING_HEAP].rss, 1000 * 1024);
    assert_int_equal(k.sums[MAPPING_STACK].size, 8192 * 1024);
    feed(&k, "7f0000000000-7f0000001000 rw-s 00000000 00:01 9   /dev/shm/ring\nRss: 4 kB\n"
             "7f0000002000-7f0000003000 rw-s 00000000 00:01 9   /memfd:buffer (deleted)\nRss: 4 kB\n"
             "7f0000004000-7f0000005000 rw-s 00000000 00:01 9   /SYSV00000000 (deleted)\nRss: 4 kB\n"
             "7f0000006000-7f0000007000 r-xp 00000000 08:01 9   /usr/lib/libold.so (deleted)\nRss: 4 kB\n"
             "7f0000200000-7f0000400000 rw-p 00000000 00:0f 9   /anon_hugepage (deleted)\nPrivate_Hugetlb: 2048 "
             "kB\nVmFlags: rd wr ht\n"
             "7f0000600000-7f0000800000 rw-p 00000000 00:0f 9   /mnt/huge/pool\nRss: 0 kB\nPrivate_Hugetlb: 2048 kB\n"
             "7f0000900000-7f0000901000 rw-p 00000000 00:00 0   [anon:jemalloc]\nRss: 4 kB\n"
             "7ffc9d3f7000-7ffc9d3f9000 r-xp 00000000 00:00 0   [vdso]\nRss: 4 kB\n");
    assert_int_equal(k.mappings[MAPPING_SHARED], 3);
    assert_int_equal(k.mappings[MAPPING_FILE], 1);
    assert_int_equal(k.mappings[MAPPING_HUGETLB], 2);
    assert_int_equal(k.mappings[MAPPING_ANONYMOUS], 1);
    assert_int_equal(k.mappings[MAPPING_SPECIAL], 1);
    assert_int_equal(smaps_uss(&k.total), 4096 * 1024);
}

static void a_glibc_arena_heap_is_recognised(void **state)
{
    (void)state;
    struct smaps_kinds k;
    feed(&k, "7f2c10000000-7f2c10021000 rw-p 00000000 00:00 0 \nSize: 132 kB\nRss: 100 kB\nPrivate_Dirty: 100 kB\n"
             "7f2c10021000-7f2c14000000 ---p 00000000 00:00 0 \nSize: 65404 kB\nRss: 0 kB\n"
             "7f2c14000000-7f2c14021000 rw-p 00000000 00:00 0 \nSize: 132 kB\nRss: 4 kB\n"
             "7f2c14021000-7f2c18000000 ---p 00000000 00:00 0 \nSize: 65404 kB\nRss: 0 kB\n"
             "7f2c20000000-7f2c20021000 rw-p 00000000 00:00 0 \nSize: 132 kB\nRss: 8 kB\n");
    assert_int_equal(k.arena_heaps, 2);
    assert_int_equal(k.arena_bytes, 128 << 20);
    assert_int_equal(k.mappings[MAPPING_ARENA], 4);
    assert_int_equal(k.sums[MAPPING_ARENA].rss, 104 * 1024);
    assert_int_equal(k.sums[MAPPING_ANONYMOUS].rss, 8 * 1024); /* aligned, but nothing reserved follows */
}

static void what_only_looks_like_an_arena_is_not_one(void **state)
{
    (void)state;
    struct smaps_kinds k;
    /* a thread's stack with its guard; a Java heap of 256 MiB; a file; 64 MiB at an odd address */
    feed(&k, "7f2c0ffff000-7f2c10000000 ---p 00000000 00:00 0 \nRss: 0 kB\n"
             "7f2c10000000-7f2c10800000 rw-p 00000000 00:00 0 \nRss: 16 kB\n"
             "6c0000000-6c8000000 rw-p 00000000 00:00 0 \nRss: 16 kB\n"
             "6c8000000-6d0000000 ---p 00000000 00:00 0 \nRss: 0 kB\n"
             "7f3c10000000-7f3c10021000 rw-p 00000000 08:01 77 /data\nRss: 16 kB\n"
             "7f3c10021000-7f3c14000000 ---p 00000000 00:00 0 \nRss: 0 kB\n"
             "7f4c10001000-7f4c10021000 rw-p 00000000 00:00 0 \nRss: 16 kB\n"
             "7f4c10021000-7f4c14001000 ---p 00000000 00:00 0 \nRss: 0 kB\n");
    assert_int_equal(k.arena_heaps, 0);
    assert_int_equal(k.mappings[MAPPING_ARENA], 0);
}

static void absurd_numbers_neither_wrap_nor_crash(void **state)
{
    (void)state;
    struct smaps_sum s;
    static const char text[] = "Rss: 99999999999999999999999999 kB\nRss: 18446744073709551615 kB\nPss:\nPss: -4 "
                               "kB\nPrivate_Clean: 18446744073709551615 kB\n"
                               "Private_Dirty: 18446744073709551615 kB\n";
    assert_false(smaps_parse(text, strlen(text), &s)); /* no machine has that much: it is none */
    assert_int_equal(s.rss, 0);
    assert_false(s.has & SMAPS_PRIVATE);
    assert_int_equal(s.pss, 0);
    assert_false(smaps_parse("", 0, &s));
    struct vma v;
    static const char *const broken[] = {"",
                                         "-",
                                         "7f-",
                                         "7f00-7e00 rw-p 0 0:0 0",
                                         "7f00-7fff rw",
                                         "7f00-7fff rw-p 0 00 0",
                                         "zz-yy rw-p",
                                         "7f00 7fff rw-p 0 0:0 0"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_false(vma_parse(broken[i], strlen(broken[i]), &v));
}

static void figures_before_any_mapping_are_left_out(void **state)
{
    (void)state;
    struct smaps_kinds k;
    feed(&k, "Rss: 100 kB\nnonsense\n\n7f0000000000-7f0000001000 rw-p 00000000 00:00 0\nRss: 4 kB\n");
    assert_int_equal(k.total_mappings, 1);
    assert_int_equal(k.total.rss, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uss_counts_private_pages_and_private_huge_pages),
        cmocka_unit_test(an_older_rollup_reads_the_same),
        cmocka_unit_test(before_4_14_the_mappings_are_summed),
        cmocka_unit_test(mappings_are_told_apart),
        cmocka_unit_test(a_glibc_arena_heap_is_recognised),
        cmocka_unit_test(what_only_looks_like_an_arena_is_not_one),
        cmocka_unit_test(absurd_numbers_neither_wrap_nor_crash),
        cmocka_unit_test(figures_before_any_mapping_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
