/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A case made by hand, with every kind of content that a report can hold, for tests that must not depend on a machine.
 */
#ifndef FW_TESTS_SAMPLE_CASE_H
#define FW_TESTS_SAMPLE_CASE_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/case/case.h"
#include "facts/probe.h"

#define SAMPLE_HOSTILE "<script>alert(1)</script>&\"'"

/* Columns by name, so that a probe may gain columns without touching this; a name that is gone fails the test. */
static inline void sample_set(struct table *t, size_t row, const char *column, double number)
{
    int i = table_decl_column(t->decl, column);
    if (i < 0) {
        fprintf(stderr, "sample_case.h: table %s has no column %s\n", t->decl->name, column);
        abort();
    }
    cell_number(t, row, (unsigned)i, number);
}

static inline void sample_text(struct table *t, size_t row, const char *column, const char *text)
{
    int i = table_decl_column(t->decl, column);
    if (i < 0) {
        fprintf(stderr, "sample_case.h: table %s has no column %s\n", t->decl->name, column);
        abort();
    }
    cell_text(t, row, (unsigned)i, text);
}

static inline struct facts *sample_facts(struct case_file *c, const char *probe, double cost_s)
{
    struct facts *f = facts_new(probe_find(probe));
    f->cost_s = cost_s;
    case_put_facts(c, f);
    return f;
}

static inline void sample_host(struct case_file *c)
{
    struct facts *f = sample_facts(c, "host", 0.0021);
    struct table *t = facts_table(f, "host");
    size_t r = table_add(t);
    sample_text(t, r, "hostname", "web-03");
    sample_text(t, r, "kernel", "6.1.0-28-amd64");
    sample_text(t, r, "machine", "x86_64");
    sample_set(t, r, "page_size", 4096);
    sample_set(t, r, "huge_page_size", 2 << 20);
    sample_set(t, r, "memory_total", 64e9);
    sample_set(t, r, "swap_total", 8e9);
    sample_set(t, r, "nodes", 1);
    sample_set(t, r, "cpus", 16);
    sample_set(t, r, "uptime", 3456789);
    sample_text(t, r, "virtualization", "kvm");
    sample_text(t, r, "provider", "Linode/Akamai");
    sample_text(t, r, "user", "root");
}

static inline void sample_buddy(struct case_file *c)
{
    struct facts *f = sample_facts(c, "buddy", 0.0009);
    struct table *zone = facts_table(f, "zone"), *order = facts_table(f, "order"), *single = facts_table(f, "buddy");
    static const struct {
        const char *name;
        double managed, blocks[11];
    } zones[] = {
        {"DMA32", 3.0e9, {812, 640, 411, 300, 220, 140, 80, 44, 12, 6, 31}},
        {"Normal", 59.0e9, {281234, 170311, 88211, 20122, 3111, 410, 31, 4, 0, 0, 0}},
    };
    for (size_t z = 0; z < 2; z++) {
        double free_bytes = 0, huge = 0;
        for (int o = 0; o <= 10; o++) {
            double bytes = zones[z].blocks[o] * ldexp(4096, o);
            free_bytes += bytes;
            huge += o >= 9 ? bytes : 0;
        }
        size_t r = table_add(zone);
        sample_set(zone, r, "node", 0);
        sample_text(zone, r, "name", zones[z].name);
        sample_set(zone, r, "managed", zones[z].managed);
        sample_set(zone, r, "free", free_bytes);
        sample_set(zone, r, "unusable_huge", 1 - huge / free_bytes);
        sample_set(zone, r, "unusable_order3", 0.31);
        sample_set(zone, r, "fragindex_huge", z ? 0.91 : -1);
        sample_set(zone, r, "huge_order", 9);
        sample_set(zone, r, "small", 0);
        sample_set(zone, r, "low", 66e6);
        for (int o = 0; o <= 10; o++) {
            size_t k = table_add(order);
            sample_set(order, k, "node", 0);
            sample_text(order, k, "zone", zones[z].name);
            sample_set(order, k, "order", o);
            sample_set(order, k, "block_size", ldexp(4096, o));
            sample_set(order, k, "free_blocks", zones[z].blocks[o]);
            sample_set(order, k, "free", zones[z].blocks[o] * ldexp(4096, o));
            sample_set(order, k, "unusable", o / 10.0);
            sample_set(order, k, "fragindex", o > 8 ? 0.9 : -1);
        }
    }
    size_t r = table_add(single);
    sample_set(single, r, "free", 6.1e9);
    sample_set(single, r, "unusable_huge", 0.971);
    sample_set(single, r, "huge_order", 9);
    sample_set(single, r, "worst_score", 94);
    sample_set(single, r, "wake_line", 90);
}

static inline void sample_windowed(struct case_file *c)
{
    struct facts *f = sample_facts(c, "vmstat", 0.0182);
    struct table *single = facts_table(f, "vmstat"), *sample = facts_table(f, "vmstat_sample");
    size_t r = table_add(single);
    sample_set(single, r, "samples", 31);
    sample_set(single, r, "window", 30);
    sample_set(single, r, "swap_in", 12e6);
    sample_set(single, r, "swap_out", 4e6);
    sample_set(single, r, "compact_stalls", 412);
    sample_set(single, r, "compact_fail_share", 0.63);
    sample_set(single, r, "thp_fallback_share", 0.71);
    cell_unknown(single, r, (unsigned)table_decl_column(single->decl, "refault_anon"),
                 "/proc/vmstat: no workingset_refault_anon");
    for (int i = 0; i <= 30; i++) {
        size_t k = table_add(sample);
        sample_set(sample, k, "time", i);
        sample_set(sample, k, "swap_in", 1e6 * (12 + 9 * sin(i / 3.0)));
        sample_set(sample, k, "swap_out", 1e6 * (4 + 3 * cos(i / 4.0)));
    }
    f = sample_facts(c, "pressure", 0.0041);
    single = facts_table(f, "pressure");
    sample = facts_table(f, "pressure_sample");
    r = table_add(single);
    sample_set(single, r, "memory_some", 0.18);
    sample_set(single, r, "memory_full", 0.07);
    for (int i = 0; i <= 30; i++) {
        size_t k = table_add(sample);
        sample_set(sample, k, "time", i);
        sample_set(sample, k, "memory_some", 0.18 + 0.1 * sin(i / 5.0));
        sample_set(sample, k, "memory_full", 0.07 + 0.05 * sin(i / 5.0));
        sample_set(sample, k, "io_some", 0.03);
    }
    f = sample_facts(c, "growth", 0.412);
    f->coverage = 0.84;
    facts_fail(f, STATUS_PARTIAL, "16 of 100 processes: permission denied");
    struct table *growth = facts_table(f, "growth");
    sample = facts_table(f, "growth_sample");
    static const char *const commands[] = {"php-fpm: pool www", "java", "postgres", SAMPLE_HOSTILE};
    for (int p = 0; p < 4; p++) {
        r = table_add(growth);
        sample_set(growth, r, "pid", 1200 + p * 311);
        sample_text(growth, r, "command", commands[p]);
        sample_set(growth, r, "slope", p == 0 ? 2.2e6 : p * 1e4);
        sample_set(growth, r, "change", p == 0 ? 66e6 : p * 3e5);
        sample_set(growth, r, "evenness", p == 0 ? 0.97 : 0);
        sample_set(growth, r, "last", 9e8 / (p + 1));
        for (int i = 0; i <= 30; i++) {
            size_t k = table_add(sample);
            sample_set(sample, k, "pid", 1200 + p * 311);
            sample_set(sample, k, "time", i);
            sample_set(sample, k, "uss", 9e8 / (p + 1) + (p == 0 ? 2.2e6 * i : 2e6 * p * sin(i / 4.0)));
            sample_set(sample, k, "swap_pss", 0);
        }
    }
}

static inline void sample_memory(struct case_file *c)
{
    struct facts *f = sample_facts(c, "memory", 0.0006);
    struct table *t = facts_table(f, "memory"), *balance = facts_table(f, "balance");
    size_t r = table_add(t);
    sample_set(t, r, "total", 64e9);
    sample_set(t, r, "free", 6.1e9);
    sample_set(t, r, "available", 12e9);
    sample_set(t, r, "slab", 4.2e9);
    sample_set(t, r, "available_share", 12 / 64.0);
    static const struct {
        const char *item;
        double bytes;
    } items[] = {{"anonymous (heaps, stacks)", 34e9},
                 {"page cache", 15e9},
                 {"slab, unreclaimable", 4.2e9},
                 {"free", 6.1e9},
                 {"not named by the kernel", 4.7e9}};
    for (size_t i = 0; i < 5; i++) {
        r = table_add(balance);
        sample_text(balance, r, "item", items[i].item);
        sample_set(balance, r, "bytes", items[i].bytes);
        sample_set(balance, r, "share", items[i].bytes / 64e9);
    }
    f = sample_facts(c, "slab", 0.0052);
    struct table *cache = facts_table(f, "cache"), *slab = facts_table(f, "slab");
    static const struct {
        const char *name;
        double size, use;
    } caches[] = {{"dentry", 1.9e9, 0.42},       {"ext4_inode_cache", 8.1e8, 0.61},
                  {"buffer_head", 2.3e8, 0.99},  {"radix_tree_node", 2.2e8, 0.55},
                  {"kmalloc-512", 1.4e8, 0.97},  {"kmalloc-rnd-07-cg-4k", 9e7, 0.9},
                  {"vm_area_struct", 6e7, 0.96}, {"filp", 3e7, 0.93},
                  {"task_struct", 2e7, 0.91},    {"inode_cache", 1e7, 0.9}};
    for (size_t i = 0; i < 10; i++) {
        r = table_add(cache);
        sample_text(cache, r, "name", caches[i].name);
        sample_set(cache, r, "size", caches[i].size);
        sample_set(cache, r, "use", caches[i].use);
        sample_set(cache, r, "waste", caches[i].size * (1 - caches[i].use));
        sample_set(cache, r, "object_size", 192);
        sample_set(cache, r, "active_objs", floor(caches[i].size * caches[i].use / 192));
        sample_set(cache, r, "num_objs", floor(caches[i].size / 192));
    }
    r = table_add(slab);
    sample_set(slab, r, "total", 4.2e9);
    sample_set(slab, r, "waste", 1.6e9);
    sample_set(slab, r, "waste_share", 0.38);
    f = sample_facts(c, "swap", 0.0003);
    t = facts_table(f, "swap");
    r = table_add(t);
    sample_set(t, r, "total", 8e9);
    sample_set(t, r, "used", 3.1e9);
}

static inline void sample_processes(struct case_file *c)
{
    struct facts *f = sample_facts(c, "processes", 0.231);
    f->coverage = 0.97;
    struct table *t = facts_table(f, "process"), *sums = facts_table(f, "processes");
    static const char *const commands[] = {"java",
                                           "php-fpm",
                                           "postgres",
                                           "redis-server",
                                           "node",
                                           SAMPLE_HOSTILE,
                                           "containerd",
                                           "dockerd",
                                           "systemd-journald",
                                           "nginx",
                                           "prometheus-node-exporter",
                                           "sshd"};
    for (int i = 0; i < 12; i++) {
        size_t r = table_add(t);
        sample_set(t, r, "pid", 900 + i * 37);
        sample_text(t, r, "user", i % 3 ? "www-data" : "root");
        sample_text(t, r, "command", commands[i]);
        sample_text(t, r, "unit", i % 4 ? "php8.2-fpm.service" : "docker-4f1c2a.scope");
        sample_set(t, r, "rss", 9e9 / (i + 1));
        sample_set(t, r, "pss", 8e9 / (i + 1));
        if (i % 5 == 4)
            cell_unknown(t, r, (unsigned)table_decl_column(t->decl, "uss"),
                         "/proc/PID/smaps_rollup: permission denied");
        else
            sample_set(t, r, "uss", 7.5e9 / (i + 1));
        sample_set(t, r, "swap_pss", i * 1e7);
        sample_set(t, r, "threads", 10 + i);
    }
    t->omitted = 388;
    size_t r = table_add(sums);
    sample_set(sums, r, "count", 400);
    sample_set(sums, r, "measured", 388);
    sample_set(sums, r, "denied", 12);
    sample_set(sums, r, "pss_total", 34e9);
    f = sample_facts(c, "pagetypes", 0.0001);
    facts_fail(f, STATUS_DENIED, "/proc/pagetypeinfo: permission denied; run as root");
}

/* A list in the arena of the case, ended by NULL. */
static inline const char **sample_list(struct case_file *c, size_t *count, ...)
{
    const char **list = arena_alloc(&c->arena, 12 * sizeof *list), *text;
    va_list args;
    va_start(args, count);
    *count = 0;
    while ((text = va_arg(args, const char *)))
        list[(*count)++] = text;
    va_end(args);
    return list;
}

static inline void sample_show(struct case_file *c, struct step_record *s, const char *probe, const char *table,
                               const char *title, size_t rows, const char **columns, size_t column_count)
{
    struct shown *shows = arena_alloc(&c->arena, (s->show_count + 1) * sizeof *shows);
    if (s->show_count)
        memcpy(shows, s->shows, s->show_count * sizeof *shows);
    struct table *t = facts_table(case_facts(c, probe), table);
    struct shown *show = &shows[s->show_count];
    *show = (struct shown){
        .probe = probe, .table = table, .title = title, .columns = columns, .column_count = column_count};
    show->row_count = t->rows < rows ? t->rows : rows;
    show->more = t->rows - show->row_count;
    show->row = arena_alloc(&c->arena, (show->row_count + 1) * sizeof *show->row);
    for (size_t i = 0; i < show->row_count; i++)
        show->row[i] = i;
    s->shows = shows;
    s->show_count++;
}

static inline void sample_findings(struct case_file *c)
{
    struct finding *f = arena_alloc(&c->arena, 4 * sizeof *f);
    c->findings = f;
    c->finding_count = 4;
    struct evidence *e = arena_alloc(&c->arena, 6 * sizeof *e);
    e[0] = (struct evidence){"free", value_number(TYPE_BYTES, 5.9e9)};
    e[1] = (struct evidence){"unusable_huge", value_number(TYPE_RATIO, 1)};
    e[2] = (struct evidence){"fragindex_huge", value_number(TYPE_COUNT, 0.91)};
    e[3] = (struct evidence){"vmstat.compact_fail_share", value_number(TYPE_RATIO, 0.63)};
    e[4] = (struct evidence){"vmstat.compact_stalls", value_number(TYPE_COUNT, 412)};
    e[5] = (struct evidence){"slab.waste", value_unknown(TYPE_BYTES, "/proc/slabinfo: permission denied")};
    f[0] = (struct finding){
        .id = "huge-unusable",
        .step = "external",
        .severity = SEVERITY_CRITICAL,
        .say = "Node 0 Normal: 100 % of its 5.5 GiB of free memory cannot serve a 2 MiB request, and it "
               "counts: compaction fails.",
        .row = "node=0 name=Normal",
        .evidence = e,
        .evidence_count = 3,
        .why = "Above 90 % with plenty free, almost every huge page request must compact first.",
        .source = "kernel, Documentation/admin-guide/sysctl/vm.rst",
        .formula = "unusable_huge > limit.unusable and free > 5% * managed"};
    f[0].recommend = sample_list(c, &f[0].recommend_count, "compaction-proactiveness", "thp-madvise", NULL);
    f[1] = (struct finding){.id = "compaction-fails",
                            .step = "external",
                            .severity = SEVERITY_WARNING,
                            .say = "63 % of 412 direct compactions failed over the window.",
                            .evidence = e + 3,
                            .evidence_count = 2,
                            .why = "Heuristic: 10 % warns, 50 % is severe, of at least 100 events.",
                            .source = "heuristic",
                            .formula = "compact_stalls >= 100 and compact_fail_share > 10%"};
    f[1].recommend = sample_list(c, &f[1].recommend_count, "compaction-proactiveness", NULL);
    f[2] = (struct finding){.id = "growing-process",
                            .step = "growth",
                            .severity = SEVERITY_WARNING,
                            .say = "Process 1200 (" SAMPLE_HOSTILE
                                   ") grows by 2.1 MiB/s, evenly; at this rate its limit is 24 min away.",
                            .row = "pid=1200",
                            .evidence = e + 5,
                            .evidence_count = 1,
                            .formula = "evenness > 30% and time_to_limit < 1h"};
    f[2].recommend = sample_list(c, &f[2].recommend_count, "restart-service", NULL);
    f[3] = (struct finding){.id = "cache-is-normal",
                            .step = "balance",
                            .severity = SEVERITY_INFO,
                            .say = "15 GiB of page cache is memory put to use, not a fault: MemAvailable is 12 GiB.",
                            .why = "Low free with high cache is normal; MemAvailable decides."};
}

static inline void sample_recommendations(struct case_file *c)
{
    struct recommendation *r = arena_alloc(&c->arena, 3 * sizeof *r);
    c->recommendations = r;
    c->recommendation_count = 3;
    r[0] = (struct recommendation){
        .id = "restart-service",
        .kind = "service",
        .title = "Recycle the PHP workers after a number of requests",
        .current = "pm.max_requests = 0",
        .proposed = "pm.max_requests = 500",
        .apply = "sed -i 's/^;\\?pm.max_requests.*/pm.max_requests = 500/' /etc/php/8.2/fpm/pool.d/www.conf\n"
                 "systemctl reload php8.2-fpm",
        .verify = "fragwizard --auto --pid $(pidof -s php-fpm8.2)",
        .undo = "sed -i 's/^pm.max_requests.*/;pm.max_requests = 0/' /etc/php/8.2/fpm/pool.d/www.conf\n"
                "systemctl reload php8.2-fpm",
        .risk = "A worker is replaced now and then: a few milliseconds for one request."};
    r[1] = (struct recommendation){
        .id = "compaction-proactiveness",
        .kind = "sysctl",
        .sysctl = "vm.compaction_proactiveness",
        .title = "Let the kernel compact earlier in the background",
        .current = "20",
        .proposed = "21",
        .apply = "sysctl -w vm.compaction_proactiveness=21",
        .keep =
            "echo 'vm.compaction_proactiveness = 21' > /etc/sysctl.d/60-fragwizard-vm.compaction_proactiveness.conf",
        .verify = "sysctl vm.compaction_proactiveness",
        .undo = "sysctl -w vm.compaction_proactiveness=20; rm -f "
                "/etc/sysctl.d/60-fragwizard-vm.compaction_proactiveness.conf",
        .risk = "Writing it compacts at once: latency spikes for seconds.",
        .why = "The node score is 94; background compaction starts above 90 at the default 20."};
    r[2] = (struct recommendation){.id = "thp-madvise",
                                   .kind = "kernel",
                                   .title = "Give huge pages only to programs that ask for them",
                                   .current = "always",
                                   .proposed = "madvise",
                                   .apply = "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
                                   .verify = "cat /sys/kernel/mm/transparent_hugepage/enabled",
                                   .undo = "echo always > /sys/kernel/mm/transparent_hugepage/enabled",
                                   .risk = "Programs that relied on it without asking lose their huge pages.",
                                   .why = "“always” stalls page faults in direct compaction."};
}

static inline void sample_verdicts(struct case_file *c)
{
    struct verdict *v = arena_alloc(&c->arena, 5 * sizeof *v);
    c->verdicts = v;
    c->verdict_count = 5;
    v[0] = (struct verdict){
        .id = "external", .title = "External fragmentation of physical memory", .state = VERDICT_CONFIRMED};
    v[0].sentences_for = sample_list(c, &v[0].for_count, "97 % of free memory cannot serve a huge page.",
                                     "Compaction failed 260 times in 30 s; requests really met it.", NULL);
    v[0].sentences_against = sample_list(c, &v[0].against_count, "Zone DMA32 is in order.", NULL);
    v[1] = (struct verdict){.id = "leak", .title = "A process that leaks", .state = VERDICT_LIKELY};
    v[1].sentences_for = sample_list(c, &v[1].for_count, "Process 1200 grew evenly in all thirds of the window.", NULL);
    v[1].sentences_against = sample_list(c, &v[1].against_count, "30 s are short for a trend.", NULL);
    v[2] = (struct verdict){.id = "slab", .title = "Slab fragmentation", .state = VERDICT_UNKNOWN};
    v[3] = (struct verdict){.id = "pressure", .title = "Plain lack of memory", .state = VERDICT_RULED_OUT};
    v[3].sentences_against = sample_list(c, &v[3].against_count, "12 GiB (19 %) are available.", NULL);
    v[4] = (struct verdict){.id = "cgroup", .title = "A control group at its limit", .state = VERDICT_RULED_OUT};
    v[4].sentences_against =
        sample_list(c, &v[4].against_count, "No control group met its limit over the window.", NULL);
    c->lead = "external";
}

static inline void sample_checks(struct case_file *c)
{
    enum { CHECKS = 40 };
    static const char *const steps[] = {"balance", "external", "growth", "slab"};
    struct check *k = arena_alloc(&c->arena, CHECKS * sizeof *k);
    c->checks = k;
    c->check_count = CHECKS;
    for (size_t i = 0; i < CHECKS; i++)
        k[i] = (struct check){.id = arena_printf(&c->arena, "check-number-%zu", i),
                              .step = steps[i % 4],
                              .severity = (enum severity)(i % 3),
                              .result = CHECK_CLEAR,
                              .rows = 1 + i % 5,
                              .formula = "usage_share > limit.usage and max_events > 0",
                              .threshold_why = "Heuristic: above this the control group reclaims from itself.",
                              .source = "heuristic"};
    for (size_t i = 0; i < c->finding_count; i++) {
        k[i].id = c->findings[i].id;
        k[i].step = c->findings[i].step;
        k[i].severity = c->findings[i].severity;
        k[i].result = CHECK_FIRED;
        k[i].fired = 1;
    }
    for (size_t i = 20; i < 23; i++) {
        k[i].result = CHECK_UNCHECKED;
        k[i].rows = 0;
        k[i].why = "/proc/pagetypeinfo: permission denied; run as root";
    }
    k[23].result = CHECK_UNCHECKED;
    k[23].why = "/proc/slabinfo: permission denied; run as root";
    k[23].optional = true;
    k[24].result = CHECK_NOT_RUN;
    k[24].why = "its step was skipped";
}

static inline void sample_session(struct case_file *c)
{
    struct answer *a = arena_alloc(&c->arena, 3 * sizeof *a);
    c->answers = a;
    c->answer_count = 3;
    a[0] = (struct answer){
        "symptom", "balance", "What brought you here?", value_text("slow"), "Requests are slow now and then", false};
    a[1] = (struct answer){"suspect",        "growth", "Which process do you suspect?", value_number(TYPE_COUNT, 1200),
                           "1200 (php-fpm)", false};
    a[2] = (struct answer){"restarted", "growth", "Was it restarted today?", value_bool(false), "no", true};
    struct note *n = arena_alloc(&c->arena, sizeof *n);
    c->notes = n;
    c->note_count = 1;
    n[0] = (struct note){"growth", 1795224158, "Deployed release 4.11 on Friday; " SAMPLE_HOSTILE};

    static const char *process_columns[] = {"pid", "user", "command", "rss", "pss", "uss", "swap_pss"};
    static const char *memory_columns[] = {"total", "free", "available", "available_share", "slab"};
    static const char *balance_columns[] = {"item", "bytes", "share"};
    static const char *order_columns[] = {"zone", "order",    "block_size", "free_blocks",
                                          "free", "unusable", "fragindex"};
    static const char *vmstat_columns[] = {
        "swap_in", "swap_out", "compact_stalls", "compact_fail_share", "thp_fallback_share", "refault_anon"};
    static const char *cache_columns[] = {"name", "size", "waste", "use", "object_size", "active_objs", "num_objs"};
    static const char *growth_columns[] = {"pid", "command", "evenness", "slope", "change", "last"};
    struct step_record *s = arena_alloc(&c->arena, 6 * sizeof *s);
    c->steps = s;
    c->step_count = 6;
    s[0] = (struct step_record){.id = "balance",
                                .title = "Where the memory went",
                                .state = STEP_DONE,
                                .why = "Before anything is called fragmentation, the sums must add up.",
                                .classic = "free -m",
                                .blind = "what the kernel holds for itself, and whether cache can be given back."};
    s[0].probes = sample_list(c, &s[0].probe_count, "memory", "processes", NULL);
    sample_show(c, &s[0], "memory", "memory", "Memory", 1, memory_columns, 5);
    sample_show(c, &s[0], "memory", "balance", "All of MemTotal", 20, balance_columns, 3);
    sample_show(c, &s[0], "processes", "process", "Largest processes", 10, process_columns, 7);
    s[1] = (struct step_record){.id = "external",
                                .title = "Free memory, and whether it is in one piece",
                                .state = STEP_DONE,
                                .why = "Free memory in small pieces cannot serve huge pages or network buffers.",
                                .classic = "cat /proc/buddyinfo",
                                .blind =
                                    "which share of it is unusable for which request, and whether any request met it."};
    s[1].probes = sample_list(c, &s[1].probe_count, "buddy", "vmstat", "pagetypes", NULL);
    sample_show(c, &s[1], "buddy", "order", "Free memory by order", 11, order_columns, 7);
    sample_show(c, &s[1], "vmstat", "vmstat", "Over the window", 1, vmstat_columns, 6);
    sample_show(c, &s[1], "pagetypes", "pagetype", "Page types", 10, NULL, 0);
    s[2] =
        (struct step_record){.id = "growth", .title = "What grows", .state = STEP_DONE, .classic = "watch -n 5 smem"};
    sample_show(c, &s[2], "growth", "growth", "Growth", 10, growth_columns, 6);
    s[3] = (struct step_record){.id = "slab", .title = "Kernel caches", .state = STEP_DONE, .classic = "slabtop -o"};
    sample_show(c, &s[3], "slab", "cache", "Largest caches", 8, cache_columns, 7);
    s[4] = (struct step_record){.id = "heap", .title = "Inside the heap", .state = STEP_SKIPPED};
    s[5] = (struct step_record){.id = "jvm", .title = "Java", .state = STEP_PASSED};
}

static inline void sample_figures(struct case_file *c)
{
    static const struct figure figures[] = {
        {"unusable_huge_free",
         "Share of free memory that cannot serve a huge page.",
         {TYPE_RATIO, true, .number = 0.971},
         {TYPE_RATIO},
         {TYPE_RATIO},
         false},
        {"memory_available",
         "Memory that programs can have.",
         {TYPE_BYTES, true, .number = 12e9},
         {TYPE_BYTES, true, .number = 2e9},
         {TYPE_BYTES, true, .number = 5e8},
         true},
        {"memory_pressure_some", "Waiting.", {TYPE_RATIO}, {TYPE_RATIO, true, .number = 0.1}, {TYPE_RATIO}, false},
    };
    c->figures = arena_alloc(&c->arena, sizeof figures);
    memcpy(c->figures, figures, sizeof figures);
    c->figure_count = ARRAY_SIZE(figures);
}

static inline struct case_file *sample_case(void)
{
    struct case_file *c = case_new();
    sample_figures(c);
    c->host = "web-03";
    c->case_id = "INC-20417";
    c->playbook = "memory-fragmentation";
    c->playbook_title = "Memory fragmentation";
    c->root = "/";
    c->version = "0.1.0";
    c->started = 1795224098;
    c->duration_s = 31.4;
    c->window_s = 30;
    c->status = CASE_CRITICAL;
    c->headline =
        "Physical memory is fragmented: 97 % of free memory cannot serve a huge page, and 63 % of compactions fail.";
    c->complete = true;
    sample_host(c);
    sample_memory(c);
    sample_processes(c);
    sample_buddy(c);
    sample_windowed(c);
    sample_findings(c);
    sample_recommendations(c);
    sample_verdicts(c);
    sample_checks(c);
    sample_session(c);
    return c;
}

/* The same machine on a good day: nothing fired, nothing to change. */
static inline struct case_file *sample_case_healthy(void)
{
    struct case_file *c = sample_case();
    c->status = CASE_OK;
    c->headline = "Memory is in order: nothing points to fragmentation.";
    c->lead = NULL;
    c->finding_count = c->recommendation_count = c->answer_count = c->note_count = 0;
    c->case_id = NULL;
    c->window_s = 0;
    for (size_t i = 0; i < c->check_count; i++)
        c->checks[i].result = CHECK_CLEAR;
    return c;
}

#endif
