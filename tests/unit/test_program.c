/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits that a program has by its own rules, and the container that it is in. */
#include "tree.h"
#include "base/mem.h"
#include "probes/kernel/cgroup_path.h"
#include "probes/program/bound.h"

#define LINE(text) text, sizeof text

static struct words words;
static struct subject subject;

static void split(const char *line, size_t size)
{
    words_split(line, size, &words);
    subject = words_subject(&words);
}

static void expect_bound(const char *line, size_t size, const char *environment, size_t length, const char *name,
                         double bytes, const char *from)
{
    struct bound b;
    split(line, size);
    bound_of_words(&words, &subject, span_of(environment, length), 8ULL << 30, &b);
    if (!name) {
        assert_false(b.known);
        assert_non_null(b.why);
        return;
    }
    if (!b.known)
        fail_msg("%s: %s", line, b.why);
    assert_string_equal(b.name, name);
    assert_string_equal(b.from, from);
    assert_true((double)b.bytes == bytes);
}

#define MIB (1024.0 * 1024)
#define GIB (1024 * MIB)

static void limits_of_their_own(void **state)
{
    (void)state;
    expect_bound(LINE("java\0-Xmx512m\0Main\0-Xmx9g"), LINE("A=1"), "-Xmx", 512 * MIB, "command line");
    expect_bound(LINE("java\0-Xmx1g\0-Xmx2g\0Main"), LINE("A=1"), "-Xmx", 2 * GIB, "command line");
    expect_bound(LINE("java\0-Xmx1g\0Main"), LINE("X=1\0_JAVA_OPTIONS=-Xmx3g -Xms1g"), "-Xmx", 3 * GIB, "environment");
    expect_bound(LINE("java\0-Xmx1g\0Main"), LINE("JAVA_TOOL_OPTIONS=-Xmx3g"), "-Xmx", GIB, "command line");
    expect_bound(LINE("java\0-XX:MaxRAMPercentage=50\0Main"), LINE("A=1"), "-XX:MaxRAMPercentage", 4 * GIB,
                 "command line");
    expect_bound(LINE("java\0Main"), LINE("A=1"), "-Xmx", 2 * GIB, "default");
    expect_bound(LINE("java\0Main"), NULL, 0, NULL, 0, NULL);
    expect_bound(LINE("java\0@options\0Main"), LINE("A=1"), NULL, 0, NULL);
    expect_bound(LINE("java\0-Xmx99999999999999999999g\0Main"), LINE("A=1"), "-Xmx", 2 * GIB, "default");
    expect_bound(LINE("node\0--max_old_space_size=512\0a.js\0--max-old-space-size=9"), LINE("A=1"),
                 "--max-old-space-size", 512 * MIB, "command line");
    expect_bound(LINE("node\0a.js"), LINE("NODE_OPTIONS=--trace-gc --max-old-space-size=2048"), "--max-old-space-size",
                 2 * GIB, "environment");
    expect_bound(LINE("node\0a.js"), LINE("A=1"), NULL, 0, NULL);
    expect_bound(LINE("memcached\0-u\0nobody"), LINE("A=1"), "memcached -m", 64 * MIB, "default");
    expect_bound(LINE("memcached\0-m512"), LINE("A=1"), "memcached -m", 512 * MIB, "command line");
    expect_bound(LINE("memcached\0-m\0001024"), LINE("A=1"), "memcached -m", GIB, "command line");
    expect_bound(LINE("server"), LINE("XGOMEMLIMIT=1GiB\0GOMEMLIMIT=750MiB"), "GOMEMLIMIT", 750 * MIB, "environment");
    expect_bound(LINE("server"), LINE("GOMEMLIMIT=off"), NULL, 0, NULL);
    expect_bound(LINE("dotnet\0a.dll"), LINE("DOTNET_GCHeapHardLimit=0xC800000"), "DOTNET_GCHeapHardLimit", 200 * MIB,
                 "environment");
    expect_bound(LINE("python3\0a.py"), LINE("GOMEMLIMIT=1GiB"), NULL, 0, NULL);
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double bytes; /* negative: none */
    } sizes[] = {
        {"512m", 512 * MIB}, {"2G", 2 * GIB}, {"1GiB", GIB}, {"4096", 4096},
        {"16MB", 16 * MIB},  {"100B", 100},   {"", -1},      {"m", -1},
        {"1x", -1},          {"-1", -1},      {"1mm", -1},   {"99999999999g", -1},
    };
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint64_t bytes = 0;
        bool known = size_parse(span_of_string(sizes[i].text), &bytes);
        if (known != (sizes[i].bytes >= 0) || (known && (double)bytes != sizes[i].bytes))
            fail_msg("%s is %d %llu", sizes[i].text, known, (unsigned long long)bytes);
    }
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void containers_and_pods(void **state)
{
    (void)state;
    static const struct {
        const char *path, *container, *pod;
    } groups[] = {
        {"/system.slice/docker-" ID ".scope", "0123456789ab", ""},
        {"/docker/" ID "/init.scope", "0123456789ab", ""},
        {"/machine.slice/libpod-" ID ".scope/container", "0123456789ab", ""},
        {"/kubepods.slice/kubepods-burstable.slice/"
         "kubepods-burstable-pod9d8f2a1b_0c3d_4e5f_8a9b_0123456789ab.slice/cri-containerd-" ID ".scope",
         "0123456789ab", "9d8f2a1b-0c3d-4e5f-8a9b-0123456789ab"},
        {"/kubepods/besteffort/pod9d8f2a1b-0c3d-4e5f-8a9b-0123456789ab/" ID, "0123456789ab",
         "9d8f2a1b-0c3d-4e5f-8a9b-0123456789ab"},
        {"/lxc.payload.web/system.slice/nginx.service", "web", ""},
        {"/lxc/db/init.scope", "db", ""},
        {"/system.slice/nginx.service", "", ""},
        {"/system.slice/docker.service", "", ""},
        {"/kubepods/podshort", "", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        char out[64];
        cgroup_container(span_of_string(groups[i].path), out, sizeof out);
        assert_string_equal(out, groups[i].container);
        cgroup_pod(span_of_string(groups[i].path), out, sizeof out);
        assert_string_equal(out, groups[i].pod);
    }
}

static void any_bytes(void **state)
{
    (void)state;
    char text[600];
    unsigned seed = 11;
    for (int round = 0; round < 20000; round++) {
        size_t size = (seed = seed * 1103515245u + 12345) >> 16 & 511;
        for (size_t i = 0; i < size; i++) {
            seed = seed * 1103515245u + 12345;
            text[i] = "\0\0 -=:XmxX:9gk\xff\n"[(seed >> 16) % 16];
        }
        struct bound b;
        for (subject.program = PROGRAM_OTHER; subject.program <= PROGRAM_MEMCACHED; subject.program++) {
            words_split(text, size, &words);
            bound_of_words(&words, &subject, span_of(text, size), 1 << 30, &b);
            assert_true(b.known ? b.name && b.from : b.why != NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_of_their_own),
        cmocka_unit_test(sizes),
        cmocka_unit_test(containers_and_pods),
        cmocka_unit_test(any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
