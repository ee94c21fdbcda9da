/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a JVM's performance data says, whatever its bytes; and what of it is live. */
#include "tree.h"

#include <math.h>

#include "base/mem.h"
#include "perf_image.h"
#include "probes/jvm/jvm_live.h"

static void collectors_count_their_heaps_differently(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum jvm_collector collector;
    } known[] = {
        {"G1 young collection pauses", JVM_G1},
        {"G1 incremental collections", JVM_G1},
        {"Parallel young collection pauses", JVM_PARALLEL},
        {"PSScavenge", JVM_PARALLEL},
        {"Serial young collection pauses", JVM_SERIAL},
        {"Copy", JVM_SERIAL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        struct perf_image p;
        struct jvm_counters c;
        const char *why;
        perf_heap(&p, &(struct jvm_heap){known[i].name, 60 * MIB, 3 * MIB, 7, 1, 4, 20, 250, false});
        assert_true(jvm_counters_read(&c, p.bytes, p.used, &why));
        assert_int_equal(c.collector, known[i].collector);
        assert_near(c.heap_max, 512.0 * MIB, 0);
        assert_near(c.heap_capacity, 140.0 * MIB, 0);
        assert_near(c.old_max, (known[i].collector == JVM_G1 ? 512.0 : 342.0) * MIB, 0);
        assert_near(c.old_used, 60.0 * MIB, 0);
        assert_near(c.survivors, 3.0 * MIB, 0);
        assert_near(c.collections[JVM_YOUNG], 7, 0);
        assert_near(c.collections[JVM_FULL], 1, 0);
        assert_near(c.collections[JVM_CONCURRENT], known[i].collector == JVM_G1 ? 4 : 0, 0);
        assert_near(c.paused, 0.25, 1e-9);
        assert_near(c.collected, 20, 0);
        assert_false(c.collecting);
        assert_string_equal(c.cause, "Allocation Failure");
    }
}

static void what_is_missing_is_unknown(void **state)
{
    (void)state;
    struct perf_image p;
    struct jvm_counters c;
    const char *why;
    perf_begin(&p);
    perf_number(&p, "java.threads.live", -1);
    assert_true(jvm_counters_read(&c, p.bytes, p.used, &why));
    assert_int_equal(c.collector, JVM_COLLECTOR_UNKNOWN);
    assert_true(isnan(c.heap_max) && isnan(c.old_used) && isnan(c.threads) && isnan(c.paused) && isnan(c.collected));
}

static void what_is_no_performance_data_is_told(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        char byte;
        const char *why;
    } wrong[] = {
        {0, 'x', "another format"},  {4, 7, "another format"}, {5, 1, "another format"},
        {7, 0, "not yet filled in"}, {11, 0x7f, "cut off"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct perf_image p;
        struct perf_data d;
        const char *why = "";
        perf_heap(&p, &(struct jvm_heap){.collector = "Copy"});
        p.bytes[BYTE_ORDER == LITTLE_ENDIAN || wrong[i].at < 8 ? wrong[i].at : 8] = wrong[i].byte;
        assert_false(perf_data_open(&d, p.bytes, p.used, &why));
        if (!strstr(why, wrong[i].why))
            fail_msg("%s", why);
    }
}

static uint32_t random_state = 1;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525 + 1013904223;
    return random_state >> 8;
}

/* Each in memory of its own size, so that the address sanitizer sees a byte too far. */
static void any_bytes_are_survived(void **state)
{
    (void)state;
    static const uint32_t odd[] = {0, 1, 19, 20, 21, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 32};
    struct perf_image p;
    size_t read = 0;
    perf_heap(&p, &(struct jvm_heap){"G1 young collection pauses", 60 * MIB, 3 * MIB, 7, 1, 4, 20, 250, false});
    for (unsigned i = 0; i < 100000; i++) {
        size_t size = i % 4 ? p.used : next_random() % (p.used + 1);
        char *bytes = malloc(size ? size : 1);
        assert_non_null(bytes);
        memcpy(bytes, p.bytes, size);
        for (unsigned k = next_random() % 6; k && size; k--) {
            size_t at = next_random() % 2 ? next_random() % size : next_random() % (size < 64 ? size : 64);
            uint32_t n = odd[next_random() % ARRAY_SIZE(odd)];
            if (next_random() % 2 || size - at < sizeof n)
                bytes[at] = (char)next_random();
            else
                memcpy(bytes + at, &n, sizeof n);
        }
        struct jvm_counters c;
        const char *why;
        read += jvm_counters_read(&c, bytes, size, &why);
        free(bytes);
    }
    assert_true(read > 1000 && read < 100000);
}

/* One point a second. */
static size_t live_of(size_t count, struct jvm_point (*point)(size_t), double *live)
{
    struct jvm_point points[SAMPLES_MAX];
    for (size_t i = 0; i < count; i++)
        points[i] = point(i);
    return jvm_live(points, count, live);
}

static struct jvm_point promotes_only(size_t i)
{
    return (struct jvm_point){.time = (double)i, .left = 100 + 10 * (double)i, .collections = {(double)i, 3, 8}};
}

static struct jvm_point saw_tooth(size_t i)
{
    return (struct jvm_point){
        .time = (double)i, .left = 100 + 10 * (double)(i % 10), .collections = {(double)i, (double)(i / 10), 0}};
}

static struct jvm_point leaks(size_t i)
{
    struct jvm_point p = saw_tooth(i);
    p.left = 100 + 10 * (double)i;
    return p;
}

/* Remark and cleanup at 4 and 5 of each ten, mixed collections at 6 to 8. */
static struct jvm_point g1_saw_tooth(size_t i)
{
    double step = (double)(i % 10), pauses = step < 4 ? 0 : step < 5 ? 1 : 2;
    double left = step < 6 ? 150 + 10 * step : step < 9 ? 200 - 25 * (step - 5) : 140;
    return (struct jvm_point){
        .time = (double)i, .left = left, .collections = {(double)i, 0, 2 * (double)(i / 10) + pauses}};
}

static struct jvm_point g1_leaks(size_t i)
{
    struct jvm_point p = g1_saw_tooth(i);
    p.left = 100 + 10 * (double)i;
    return p;
}

static void what_is_promoted_is_not_yet_live(void **state)
{
    (void)state;
    double live[SAMPLES_MAX];
    assert_int_equal(live_of(60, promotes_only, live), 0);
    assert_int_equal(live_of(9, leaks, live), 0);
    assert_int_equal(live_of(0, leaks, live), 0);
    assert_int_equal(live_of(14, g1_leaks, live), 0); /* one cycle, and no sign that its mixed collections are over */
}

static void a_saw_tooth_is_flat(void **state)
{
    (void)state;
    double live[SAMPLES_MAX];
    assert_int_equal(live_of(58, saw_tooth, live), 51);
    for (size_t i = 0; i < 51; i++)
        assert_near(live[i], 100, 0);
    assert_int_equal(live_of(58, g1_saw_tooth, live), 49);
    for (size_t i = 0; i < 49; i++)
        assert_near(live[i], 125, 0);
}

static void a_leak_is_seen_up_to_the_last_collection_of_the_old_generation(void **state)
{
    (void)state;
    double live[SAMPLES_MAX];
    assert_int_equal(live_of(58, leaks, live), 51);
    for (size_t i = 0; i < 51; i++)
        assert_near(live[i], 100 + 10 * (double)i, 0);
    size_t count = live_of(58, g1_leaks, live);
    assert_true(count > 40);
    for (size_t i = 0; i < count; i++)
        assert_near(live[i], 100 + 10 * (double)i, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(collectors_count_their_heaps_differently),
        cmocka_unit_test(what_is_missing_is_unknown),
        cmocka_unit_test(what_is_no_performance_data_is_told),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(what_is_promoted_is_not_yet_live),
        cmocka_unit_test(a_saw_tooth_is_flat),
        cmocka_unit_test(a_leak_is_seen_up_to_the_last_collection_of_the_old_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
