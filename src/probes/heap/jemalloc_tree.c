/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The root lies in .bss, and no symbol is needed: a word there is taken for the address of a node, and an element of that
 * node's leaves names an extent whose own address tells which elements are its own, hence how far from the root's start the
 * word must be. Then all other words from there on have to agree. */
#include "probes/heap/jemalloc_tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

enum {
    WORDS_TRIED_MAX = 20000, /* that could be a node's address, in one place */
    CHILDREN_TRIED = 4,      /* of a node between root and leaf */
    PAGES_TRIED = 16,        /* of a node, spread over those present */
    ELEMENTS_TRIED = 4,      /* of a page */
    GOOD_ENOUGH = 4096,
    VOTES_MAX = 3, /* a heap that changes fast may seem unsound once */
    GOOD_LEAST = 3,
    NODE_PAGES_MAX = (2 << 20) / JEMALLOC_PAGE + 1,
};
static const double wrong_most = 0.1, family_least = 0.95;

struct search {
    struct target *t;
    struct target_peek peek;
    uint8_t *buffer; /* four of JEMALLOC_BUFFER: for the data, the root, a node between, a leaf */
    const struct jemalloc_tree *tree;
    uint64_t start, end;     /* of the data that the root must lie in */
    uint64_t root, rejected; /* 0: none */
    unsigned tried;          /* words */
    unsigned good, wrong;    /* elements */
    unsigned heads, agree[JEMALLOC_FAMILIES];
    bool swapped; /* a page of the data is swapped out */
};

bool jemalloc_node_possible(const struct target *t, uint64_t address, uint64_t size)
{
    if (!address || address % JEMALLOC_ALIGNMENT || address > UINT64_MAX - size)
        return false;
    const struct target_map *m = target_find(t, address), *end = t->maps + t->map_count;
    for (uint64_t at = address; at < address + size; at = m++->end)
        if (!m || m == end || m->start > at || !(m->anonymous || m->heap) || m->stack ||
            memcmp(m->permissions, "rw-p", 4) != 0)
            return false;
    return true;
}

bool jemalloc_node_each(struct target *t, uint64_t node, uint64_t size, uint8_t *buffer, jemalloc_visit visit,
                        void *context)
{
    uint8_t present[JEMALLOC_BUFFER_PAGES / 8], swapped[JEMALLOC_BUFFER_PAGES / 8];
    uint64_t end = node + size, first = node - node % JEMALLOC_PAGE;
    for (uint64_t at = first; at < end; at += JEMALLOC_BUFFER) {
        uint64_t left = (end - at + JEMALLOC_PAGE - 1) / JEMALLOC_PAGE;
        unsigned pages = left < JEMALLOC_BUFFER_PAGES ? (unsigned)left : JEMALLOC_BUFFER_PAGES;
        if (!target_load(t, at, pages, buffer, present, swapped))
            return false;
        for (unsigned i = 0; i < pages; i++) {
            bool there = present[i / 8] >> (i % 8) & 1;
            if (!there && !(swapped[i / 8] >> (i % 8) & 1))
                continue;
            uint64_t from = at + (uint64_t)i * JEMALLOC_PAGE, to = from + JEMALLOC_PAGE;
            from = from < node ? node : from;
            to = to > end ? end : to;
            if (!visit(context, there ? buffer + (from - at) : NULL, from - node, to - from))
                return false;
        }
    }
    return true;
}

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t n;
    memcpy(&n, bytes, sizeof n);
    return n;
}

/* What both families' readings of an element's extent say of themselves. */
static void vote_family(struct search *s, const uint8_t *element, const uint8_t *extent)
{
    s->heads++;
    for (unsigned f = 0; f < JEMALLOC_FAMILIES; f++) {
        struct jemalloc_element l = jemalloc_element(s->tree, f, element);
        struct jemalloc_extent e;
        s->agree[f] +=
            jemalloc_extent(f, extent, &e) && !e.torn && e.state <= JEMALLOC_RETAINED && jemalloc_agrees(&e, &l);
    }
}

/* Element `index` of a leaf that word `at` leads to (through element `between` of a node, if there is one). The page that it
 * is of, or 0: it is no element. */
static uint64_t page_of(struct search *s, const uint8_t *element, uint64_t index, uint64_t between)
{
    const struct jemalloc_tree *tree = s->tree;
    unsigned last = tree->levels - 1;
    /* the address stands where both families have it */
    struct jemalloc_element l = jemalloc_element(tree, JEMALLOC_5_3, element);
    uint8_t bytes[JEMALLOC_EXTENT];
    struct jemalloc_extent e;
    if (!jemalloc_node_possible(s->t, l.extent, JEMALLOC_EXTENT) ||
        !target_peek(&s->peek, l.extent, bytes, sizeof bytes))
        return 0;
    bool possible = false, slab = false;
    for (unsigned f = 0; f < JEMALLOC_FAMILIES; f++) { /* which of them it is comes out later */
        bool good = jemalloc_extent(f, bytes, &e);
        possible |= good;
        slab |= good && e.slab;
    }
    if (!possible)
        return 0;
    uint64_t pages = e.size / JEMALLOC_PAGE, mask = (1ULL << tree->bits) - 1;
    uint64_t behind = (index - jemalloc_index(tree, last, e.start)) & mask;
    bool counted = behind == 0 || (slab && behind < pages);
    if (!counted && behind != ((pages - 1) & mask))
        return 0;
    uint64_t page = e.start + (counted ? behind : pages - 1) * JEMALLOC_PAGE;
    if (last > 1 && jemalloc_index(tree, 1, page) != between)
        return 0;
    if (page == e.start)
        vote_family(s, element, bytes);
    return page;
}

/* The root that an element speaks for. */
static void vote(struct search *s, uint64_t at, const uint8_t *element, uint64_t index, uint64_t between)
{
    uint64_t page = page_of(s, element, index, between), before = 8 * jemalloc_index(s->tree, 0, page);
    if (!page || at < s->start + before || at - before + jemalloc_node_size(s->tree, 0) > s->end) {
        s->wrong++;
    } else if (!s->root) {
        s->root = at - before;
        s->good++;
    } else if (s->root == at - before) {
        s->good++;
    } else {
        s->wrong++;
    }
}

/* Pages of a node that are present, as evenly spread as there are many: calls for each. */
typedef void (*piece_visit)(struct search *s, uint64_t at, const uint8_t *bytes, uint64_t offset, uint64_t size,
                            uint64_t between);
static void sample_leaf(struct search *s, uint64_t at, const uint8_t *bytes, uint64_t offset, uint64_t size,
                        uint64_t between);
static void sample_some(struct search *s, uint64_t at, uint64_t node, uint64_t size, uint64_t between,
                        piece_visit visit)
{
    uint8_t present[NODE_PAGES_MAX / 8 + 1], page[JEMALLOC_PAGE];
    uint64_t first = node - node % JEMALLOC_PAGE;
    size_t pages = (size_t)((node + size - first + JEMALLOC_PAGE - 1) / JEMALLOC_PAGE), there = 0, seen = 0;
    if (pages > NODE_PAGES_MAX || !target_present(s->t, first, pages, present, NULL))
        return;
    for (size_t i = 0; i < pages; i++)
        there += present[i / 8] >> (i % 8) & 1;
    size_t step = there / PAGES_TRIED + 1;
    for (size_t i = 0; i < pages; i++) {
        if (!(present[i / 8] >> (i % 8) & 1) || seen++ % step)
            continue;
        uint64_t from = first + i * JEMALLOC_PAGE, to = from + JEMALLOC_PAGE;
        if (!target_peek(&s->peek, from, page, sizeof page))
            continue;
        uint64_t begin = from < node ? node : from;
        to = to > node + size ? node + size : to;
        visit(s, at, page + (begin - from), begin - node, to - begin, between);
    }
}

struct rest {
    struct search *search;
    uint64_t at, between;
    piece_visit visit;
    unsigned pages;
};

static bool sample_page(void *context, const uint8_t *bytes, uint64_t offset, uint64_t size)
{
    struct rest *r = context;
    struct search *s = r->search;
    unsigned before = s->good + s->wrong;
    if (bytes)
        r->visit(s, r->at, bytes, offset, size, r->between);
    r->pages += s->good + s->wrong > before;
    return r->pages < PAGES_TRIED;
}

/* On a huge page, pages that were never used are present too, and all that were tried may be of these. */
static void sample(struct search *s, uint64_t at, uint64_t node, uint64_t size, uint64_t between, piece_visit visit)
{
    unsigned before = s->good + s->wrong;
    sample_some(s, at, node, size, between, visit);
    if (s->good + s->wrong > before)
        return;
    struct rest r = {s, at, between, visit, 0};
    uint8_t *buffer = s->buffer + (visit == sample_leaf ? 3 : 2) * JEMALLOC_BUFFER;
    jemalloc_node_each(s->t, node, size, buffer, sample_page, &r);
}

static void sample_leaf(struct search *s, uint64_t at, const uint8_t *bytes, uint64_t offset, uint64_t size,
                        uint64_t between)
{
    unsigned element = s->tree->element, tried = 0;
    for (uint64_t i = 0; i < size && tried < ELEMENTS_TRIED; i += element) {
        /* without an extent it is empty, whatever else it holds */
        if (!jemalloc_element(s->tree, JEMALLOC_5_3, bytes + i).extent)
            continue;
        vote(s, at, bytes + i, (offset + i) / element, between);
        tried++;
    }
}

static void sample_between(struct search *s, uint64_t at, const uint8_t *bytes, uint64_t offset, uint64_t size,
                           uint64_t between)
{
    unsigned tried = 0;
    uint64_t leaf = jemalloc_node_size(s->tree, 2);
    (void)between;
    for (uint64_t i = 0; i < size && tried < CHILDREN_TRIED; i += 8) {
        uint64_t child = word_at(bytes + i);
        if (child <= 1) /* none, or being made */
            continue;
        tried++;
        if (jemalloc_node_possible(s->t, child, leaf))
            sample(s, at, child, leaf, (offset + i) / 8, sample_leaf);
        else
            s->wrong++;
    }
}

static void sample_child(struct search *s, uint64_t at, uint64_t child)
{
    sample(s, at, child, jemalloc_node_size(s->tree, 1), 0, s->tree->levels == 2 ? sample_leaf : sample_between);
}

/* All words of the root that was voted for. */
static bool agree_all(void *context, const uint8_t *bytes, uint64_t offset, uint64_t size)
{
    struct search *s = context;
    if (!bytes)
        return s->swapped = true;
    for (uint64_t i = 0; i < size && s->good < GOOD_ENOUGH; i += 8) {
        uint64_t child = word_at(bytes + i);
        if (child <= 1)
            continue;
        if (jemalloc_node_possible(s->t, child, jemalloc_node_size(s->tree, 1)))
            sample_child(s, s->root + offset + i, child);
        else
            s->wrong++;
    }
    return true;
}

static void begin(struct search *s)
{
    s->good = s->wrong = s->heads = 0;
    memset(s->agree, 0, sizeof s->agree);
}

static bool verify(struct search *s, struct jemalloc_found *f)
{
    uint8_t *buffer = s->buffer + JEMALLOC_BUFFER; /* the first is being searched */
    for (unsigned i = 0; i < VOTES_MAX && !f->found; i++) {
        s->swapped = false;
        begin(s);
        if (!jemalloc_node_each(s->t, s->root, jemalloc_node_size(s->tree, 0), buffer, agree_all, s) ||
            s->good < GOOD_LEAST || s->wrong > wrong_most * s->good)
            break;
        *f = (struct jemalloc_found){.tree = s->tree, .root = s->root};
        f->family = s->agree[JEMALLOC_5_3] > s->agree[JEMALLOC_5_2] ? JEMALLOC_5_3 : JEMALLOC_5_2;
        f->found = s->heads && s->agree[f->family] >= family_least * s->heads;
    }
    if (f->tree && !f->found)
        snprintf(f->why, sizeof f->why, "jemalloc's extents are laid out as no version known here does it");
    return f->tree;
}

/* Word `at` of the data, which could be the address of a node below the root. */
static bool try_word(struct search *s, uint64_t at, uint64_t word, struct jemalloc_found *f)
{
    if (word % JEMALLOC_ALIGNMENT || word <= 1)
        return false;
    for (unsigned i = 0; i < JEMALLOC_TREES; i++) {
        s->tree = &jemalloc_trees[i];
        if (s->end - s->start < jemalloc_node_size(s->tree, 0) ||
            !jemalloc_node_possible(s->t, word, jemalloc_node_size(s->tree, 1)))
            continue;
        s->tried++;
        s->root = 0;
        begin(s);
        sample_child(s, at, word);
        if (!s->root || s->root == s->rejected || s->wrong > wrong_most * s->good)
            continue;
        if (verify(s, f))
            return true;
        s->rejected = s->root;
    }
    return false;
}

struct words {
    struct search *search;
    struct jemalloc_found *found;
    bool done;
};

static bool try_words(void *context, const uint8_t *bytes, uint64_t offset, uint64_t size)
{
    struct words *w = context;
    struct search *s = w->search;
    if (!bytes)
        return s->swapped = true;
    for (uint64_t i = 0; i + 8 <= size && !w->done && s->tried < WORDS_TRIED_MAX; i += 8)
        w->done = try_word(s, s->start + offset + i, word_at(bytes + i), w->found);
    return !w->done;
}

static bool is_place(const struct target_map *m, enum jemalloc_place place)
{
    if (!m->inode || memcmp(m->permissions, "rw-p", 4) != 0)
        return false;
    switch (place) {
    case JEMALLOC_IN_LIBRARY:
        return m->jemalloc;
    case JEMALLOC_IN_PROGRAM:
        return m->executable;
    default:
        return !m->jemalloc && !m->executable && !m->libc;
    }
}

/* False: nothing there. */
static bool find_in(struct search *s, enum jemalloc_place place, struct jemalloc_found *f)
{
    struct words w = {s, f, false};
    bool swapped = false;
    s->tried = 0;
    for (size_t i = 0; i < s->t->map_count && !w.done; i++) {
        if (!is_place(&s->t->maps[i], place))
            continue;
        s->start = s->t->maps[i].start;
        s->end = target_data_end(s->t, i);
        s->rejected = 0;
        s->swapped = false;
        jemalloc_node_each(s->t, s->start, s->end - s->start, s->buffer, try_words, &w);
        swapped |= s->swapped;
    }
    if (!w.done)
        s->swapped = swapped;
    if (w.done && s->swapped) {
        f->found = false;
        snprintf(f->why, sizeof f->why, "a page of the root of jemalloc's tree is swapped out");
    }
    return w.done;
}

void jemalloc_find(struct target *t, enum jemalloc_place first, enum jemalloc_place last, struct jemalloc_found *f)
{
    *f = (struct jemalloc_found){0};
    if (t->word != 8 || t->page != JEMALLOC_PAGE) {
        snprintf(f->why, sizeof f->why, "jemalloc is read in 64-bit programs on pages of 4 KiB only");
        return;
    }
    struct search s = {.t = t, .buffer = mem_array(4, JEMALLOC_BUFFER)};
    bool done = false, swapped = false;
    target_peek_open(&s.peek, t);
    for (enum jemalloc_place p = first; p <= last && !done; p++) {
        done = find_in(&s, p, f);
        swapped |= s.swapped;
    }
    target_peek_close(&s.peek);
    free(s.buffer);
    if (!done)
        snprintf(f->why, sizeof f->why, "jemalloc's tree of extents was not found%s",
                 target_expired(t) ? " in the time allowed"
                 : swapped         ? "; a page of the data where it would be is swapped out"
                                   : "");
}
