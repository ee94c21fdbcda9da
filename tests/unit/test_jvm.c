/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A JVM that is looked at from outside: this process, which maps a file as one does. */
#include "rows.h"

#include <sys/mman.h>

#include "perf_image.h"

struct mapped {
    char folder[300], path[320];
    struct perf_image *image;
};

static void map(struct mapped *m, const struct tree *t)
{
    snprintf(m->folder, sizeof m->folder, "%s/hsperfdata_somebody", t->path);
    snprintf(m->path, sizeof m->path, "%s/1", m->folder);
    assert_int_equal(mkdir(m->folder, 0700), 0);
    int fd = open(m->path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof *m->image), 0);
    m->image = mmap(NULL, sizeof *m->image, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(m->image, MAP_FAILED);
    close(fd);
}

static struct facts *watch(struct tree *t, unsigned looks, struct jvm_heap (*heap)(unsigned))
{
    const struct probe *p = probe_find("jvm");
    struct mapped m;
    struct err e;
    map(&m, t);
    assert_true(root_open(&t->root, "/", &e));
    t->in = (struct probe_input){.root = &t->root, .pid = getpid(), .top = 1};
    void *state = p->open(&t->in);
    for (unsigned i = 0; i < looks; i++) {
        struct jvm_heap h = heap(i);
        perf_heap(m.image, &h);
        p->sample(state, &t->in, (double)i);
        if (i == 30)
            p->thin(state);
    }
    t->facts = probe_collect(p, state, &t->in);
    p->close(state);
    munmap(m.image, sizeof *m.image);
    return t->facts;
}

/* A young collection each second, a full one each ten, 2 MiB/s more kept, and a look into the midst of one. */
static struct jvm_heap leaking(unsigned i)
{
    if (i == 25)
        return (struct jvm_heap){"Parallel young collection pauses", 300 * MIB, 0, 1025, 2, 0, 1024, 2500, true};
    return (struct jvm_heap){
        "Parallel young collection pauses", (40 + 2 * i) * MIB, 0, 1000 + i, i / 10, 0, 1000 + i, 100 * i, false};
}

static void a_leaking_jvm_is_followed(void **state)
{
    struct tree *t = *state;
    struct facts *f = watch(t, 41, leaking);
    double pid = getpid(), bytes = MIB;
    if (strcmp(row_text(f, "jvm", pid, "collector"), "Parallel") != 0)
        skip(); /* its own memory cannot be read here */
    assert_near(row_number(f, "jvm", pid, "live_slope"), 2 * bytes, 0.05 * bytes);
    assert_near(row_number(f, "jvm", pid, "live_slope_low"), 2 * bytes, 0.1 * bytes);
    assert_true(row_number(f, "jvm", pid, "evenness") > 0.8);
    assert_near(row_number(f, "jvm", pid, "live_last"), 120 * bytes, 0);
    assert_near(row_number(f, "jvm", pid, "time_to_full"), (512 - 120) / 2.0, 5);
    assert_near(row_number(f, "jvm", pid, "young"), 40, 0);
    assert_near(row_number(f, "jvm", pid, "full"), 4, 0);
    assert_near(row_number(f, "jvm", pid, "gc_share"), 0.1, 1e-9);
    assert_near(row_number(f, "jvm", pid, "used_after_gc"), 42 * bytes, 0);
    assert_near(row_number(f, "jvm", pid, "metaspace_slope"), 0, 0);
}

static struct jvm_heap promoting(unsigned i)
{
    struct jvm_heap h = leaking(i);
    h.full = 3;
    return h;
}

static void promotion_alone_is_no_leak(void **state)
{
    struct tree *t = *state;
    struct facts *f = watch(t, 20, promoting);
    double pid = getpid();
    if (strcmp(row_text(f, "jvm", pid, "collector"), "Parallel") != 0)
        skip();
    assert_near(row_number(f, "jvm", pid, "left_slope"), 2 * MIB, 0.01 * MIB);
    struct value v = row_cell(f, "jvm", pid, "live_slope");
    assert_false(v.known);
    assert_non_null(strstr(v.why, "the old generation was not collected in the window"));
}

static struct jvm_heap idle(unsigned i)
{
    (void)i;
    return (struct jvm_heap){"G1 young collection pauses", 40 * MIB, 0, 10, 0, 0, 1000, 100, false};
}

static void without_a_collection_nothing_is_known_of_live_data(void **state)
{
    struct tree *t = *state;
    struct facts *f = watch(t, 20, idle);
    double pid = getpid();
    if (strcmp(row_text(f, "jvm", pid, "collector"), "G1") != 0)
        skip();
    assert_string_equal(row_cell(f, "jvm", pid, "live_slope").why, "no collection in the window");
    assert_string_equal(row_cell(f, "jvm", pid, "left_slope").why, "no collection in the window");
    assert_near(row_number(f, "jvm", pid, "gc_share"), 0, 0);
}

static void a_capture_holds_no_jvm(void **state)
{
    struct facts *f = tree_facts(*state, "jvm");
    assert_int_equal(f->status, STATUS_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(a_leaking_jvm_is_followed),
        tree_test(promotion_alone_is_no_leak),
        tree_test(without_a_collection_nothing_is_known_of_live_data),
        tree_test(a_capture_holds_no_jvm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
