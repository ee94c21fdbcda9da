/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds main_arena in the writable data of libc, or of a static program: the one place where every pair of bin pointers
 * points at itself or into writable memory and the ring of arenas comes back. struct malloc_par lies in the same data. */
#include "probes/heap/glibc_layout.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* malloc_state: mutex, flags, (have_fastchunks, fastbinsY,) top, last_remainder, bins, binmap, next, next_free,
 * attached_threads, system_mem, max_system_mem */
static const struct glibc_layout layouts[] = {
    {8, 16, 10, 96, 112, 2160, 2176, 2184, 2200}, /* up to 2.42 */
    {8, 0, 0, 8, 24, 2072, 2088, 2096, 2112},     /* 2.43 */
    {4, 12, 11, 56, 64, 1096, 1104, 1108, 1116},
    {4, 0, 0, 8, 16, 1048, 1056, 1060, 1068},
};

enum {
    SCAN_BYTES = 64 << 10,
    SCAN_MAX = 64 << 20, /* of a static program's data */
    PAGES_MAX = SCAN_BYTES / 4096,
    ATTACHED_MAX = 1 << 22,
    TORN_BINS_MAX = 8,
};

static bool writable(const struct target *t, uint64_t address)
{
    const struct target_map *m = target_find(t, address);
    return m && m->permissions[1] == 'w' && m->permissions[3] == 'p';
}

/* A chunk's address as far as can be told. */
static bool chunk_pointer(const struct target *t, const struct glibc_layout *l, uint64_t p)
{
    return glibc_chunk_aligned(l, p) && writable(t, p);
}

/* Of a heap in use a few pairs are caught half changed. */
static bool bins_sound(const struct target *t, const struct glibc_layout *l, uint64_t address, const uint8_t *state)
{
    unsigned torn = 0;
    for (unsigned i = 0; i < GLIBC_BINS && torn <= TORN_BINS_MAX; i++) {
        uint64_t offset = l->bins + 2 * i * l->word, self = address + offset - 2 * l->word;
        uint64_t fd = glibc_word(l, state + offset), bk = glibc_word(l, state + offset + l->word);
        if (fd == self && bk == self)
            continue;
        torn += fd == self || bk == self || !chunk_pointer(t, l, fd) || !chunk_pointer(t, l, bk);
    }
    return torn <= TORN_BINS_MAX;
}

static bool bins_zero(const struct glibc_layout *l, const uint8_t *state)
{
    for (unsigned i = l->top; i < l->next; i++)
        if (state[i])
            return false;
    return true;
}

/* What must hold of a malloc_state at `address` whose bytes are given. */
static bool arena_parse(const struct target *t, const struct glibc_layout *l, uint64_t address, const uint8_t *state,
                        struct glibc_arena *a)
{
    *a = (struct glibc_arena){.address = address};
    a->next = glibc_word(l, state + l->next);
    if (!a->next || a->next % l->word)
        return false;
    a->system_mem = glibc_word(l, state + l->system_mem);
    if (a->system_mem > 1ULL << 47 || glibc_word(l, state + l->system_mem + l->word) < a->system_mem ||
        glibc_word(l, state + l->attached) > ATTACHED_MAX)
        return false;
    a->top = glibc_word(l, state + l->top);
    if (!a->top) /* never used: nothing but the ring, and the thread that would use it */
        return a->next == address && !a->system_mem && glibc_word(l, state + l->attached) == 1 && bins_zero(l, state);
    bool initial = a->top == address + l->bins - 2 * l->word;
    if (initial ? a->system_mem != 0 : !a->system_mem || !chunk_pointer(t, l, a->top))
        return false;
    if (!bins_sound(t, l, address, state))
        return false;
    for (unsigned i = 0; i < l->fast_count; i++) {
        a->fast[i] = glibc_word(l, state + l->fast + i * l->word);
        if (a->fast[i] && !chunk_pointer(t, l, a->fast[i]))
            return false;
    }
    a->initialised = true;
    return true;
}

bool glibc_arena_read(struct target *t, const struct glibc_layout *l, uint64_t address, struct glibc_arena *a)
{
    uint8_t state[GLIBC_STATE_MAX];
    return target_read_all(t, address, state, l->size) && arena_parse(t, l, address, state, a);
}

bool glibc_heap_info_read(struct target *t, const struct glibc_layout *l, uint64_t base, struct glibc_heap_info *h)
{
    uint8_t info[32];
    if (!target_read_all(t, base, info, 4 * l->word))
        return false;
    *h = (struct glibc_heap_info){
        .base = base,
        .arena = glibc_word(l, info),
        .previous = glibc_word(l, info + l->word),
        .size = glibc_word(l, info + 2 * l->word),
    };
    return h->size >= glibc_min_size(l) && h->size <= glibc_heap_span(l) && h->previous % glibc_heap_span(l) == 0;
}

/* A thread's arena lies in the first of its heaps, which names it. */
static bool in_own_heap(struct target *t, const struct glibc_layout *l, uint64_t arena)
{
    struct glibc_heap_info h;
    return glibc_heap_info_read(t, l, arena & ~(glibc_heap_span(l) - 1), &h) && h.arena == arena;
}

/* From the main arena on through `next` until it comes back. */
static bool follow_ring(struct target *t, struct glibc_found *f)
{
    size_t room = 0;
    struct glibc_arena a;
    for (uint64_t at = f->arenas[0].next; at != f->arenas[0].address; at = a.next) {
        if (f->count == GLIBC_ARENAS_MAX) {
            snprintf(f->why, sizeof f->why, "it has more than %d arenas", GLIBC_ARENAS_MAX);
            return false;
        }
        if (!in_own_heap(t, f->layout, at) || !glibc_arena_read(t, f->layout, at, &a) || !a.initialised) {
            snprintf(f->why, sizeof f->why,
                     "the ring of arenas could be followed to %zu only: the next one's header is not resident or is "
                     "changing",
                     f->count);
            return false;
        }
        if (f->count >= room) {
            room = room ? room * 2 : 16;
            f->arenas = mem_resize(f->arenas, room, sizeof *f->arenas);
        }
        f->arenas[f->count++] = a;
    }
    return true;
}

/* A stretch of the target's data, read piece by piece; pieces overlap so that no structure falls between two. */
struct scan {
    struct target *t;
    uint64_t start, end;
    uint8_t *data;
    uint64_t at;       /* address of data[0] */
    size_t length;     /* that is read */
    bool gap, swapped; /* a page of the piece, of any piece was not resident */
    uint8_t present[(PAGES_MAX + 7) / 8];
};

static size_t scan_pages(const struct target *t)
{
    return t->page > SCAN_BYTES / 2 ? 2 : (size_t)(SCAN_BYTES / t->page);
}

static bool scan_piece(struct scan *s, uint64_t at)
{
    uint8_t swapped[(PAGES_MAX + 7) / 8];
    if (at >= s->end)
        return false;
    size_t pages = scan_pages(s->t), left = (size_t)((s->end - at) / s->t->page);
    pages = pages < left ? pages : left;
    s->at = at;
    s->length = pages * s->t->page;
    if (!target_load(s->t, at, pages, s->data, s->present, swapped))
        return false;
    s->gap = false;
    for (size_t i = 0; i < pages; i++) {
        bool there = s->present[i >> 3] >> (i & 7) & 1;
        s->gap |= !there;
        s->swapped |= !there && swapped[i >> 3] >> (i & 7) & 1;
    }
    return true;
}

static uint64_t scan_next(const struct scan *s)
{
    return s->length > s->t->page ? s->at + s->length - s->t->page : s->at + s->length;
}

static bool scan_resident(const struct scan *s, size_t offset, size_t size)
{
    if (!s->gap)
        return true;
    for (size_t i = offset / s->t->page; i <= (offset + size - 1) / s->t->page; i++)
        if (!(s->present[i >> 3] >> (i & 7) & 1))
            return false;
    return true;
}

static bool try_arena(struct scan *s, const struct glibc_layout *l, size_t offset, struct glibc_found *f)
{
    const uint8_t *state = s->data + offset;
    uint64_t address = s->at + offset, next = glibc_word(l, state + l->next);
    struct glibc_arena a;
    /* what nearly no place has comes first */
    if (next != address && (!next || next % 8 || !writable(s->t, next)))
        return false;
    if (!scan_resident(s, offset, l->size) || !arena_parse(s->t, l, address, state, &a))
        return false;
    if (!a.initialised && f->found)
        return false;
    struct glibc_found tried = {.layout = l, .count = 1, .found = true};
    a.main = true;
    tried.arenas = mem_array(1, sizeof a);
    tried.arenas[0] = a;
    tried.whole = follow_ring(s->t, &tried);
    if (f->found && (!tried.whole || f->arenas[0].initialised)) {
        glibc_found_free(&tried);
        return false;
    }
    glibc_found_free(f);
    *f = tried;
    return a.initialised && tried.whole;
}

static void scan_arena(struct scan *s, struct glibc_found *f)
{
    uint64_t end = s->end;
    if (end - s->start > SCAN_MAX)
        s->end = s->start + SCAN_MAX;
    for (uint64_t at = s->start; scan_piece(s, at); at = scan_next(s))
        for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
            const struct glibc_layout *l = &layouts[i];
            if (l->word != s->t->word)
                continue;
            for (size_t offset = 0; offset + l->size <= s->length; offset += l->word)
                if (try_arena(s, l, offset, f)) {
                    s->end = end;
                    return;
                }
        }
    s->end = end;
}

/* tcache_bins and tcache_max_bytes belong together, also where a tunable set them. */
static bool cache_limits(uint64_t bins, uint64_t max)
{
    if (bins < 1 || bins > 64)
        return false;
    return (max >= 16 * (bins - 1) && max <= 16 * bins + 32) || (bins == 64 && max > 1000 && max <= 8U << 20);
}

static int32_t int_at(const uint8_t *at)
{
    int32_t n;
    memcpy(&n, at, sizeof n);
    return n;
}

/* `at` is the place of sbrk_base. Before it: …, thp_pagesize, hp_pagesize, hp_flags (these since 2.35), n_mmaps, n_mmaps_max,
 * max_n_mmaps, no_dyn_threshold, mmapped_mem, max_mmapped_mem; behind it tcache_bins, tcache_max_bytes, tcache_count. */
static bool try_parameters(const struct glibc_found *f, const struct target *t, const uint8_t *at,
                           struct glibc_parameters *p)
{
    const struct glibc_layout *l = f->layout;
    unsigned w = l->word;
    *p = (struct glibc_parameters){.sbrk_base = glibc_word(l, at),
                                   .mmapped = glibc_word(l, at - 2 * w),
                                   .tcache_count = glibc_word(l, at + 3 * w)};
    if (!cache_limits(glibc_word(l, at + w), glibc_word(l, at + 2 * w)) || p->tcache_count > UINT16_MAX ||
        p->mmapped > glibc_word(l, at - w))
        return false;
    if (f->arenas[0].system_mem ? !writable(t, p->sbrk_base) : p->sbrk_base || !p->tcache_count)
        return false;
    for (unsigned pad = 0; pad < w;
         pad += 4) { /* five numbers since 2.35, four before: padded where pointers are long */
        const uint8_t *numbers = at - 2 * w - 16 - pad;
        int32_t n = int_at(numbers), most = int_at(numbers + 8);
        if (n < 0 || most < n || int_at(numbers + 4) < 0 || (n == 0) != (p->mmapped == 0))
            continue;
        if (int_at(numbers + 12) != 0 && int_at(numbers + 12) != 1) /* no_dyn_threshold */
            continue;
        if (p->mmapped < (uint64_t)n * t->page)
            continue;
        p->mmapped_count = (uint64_t)n;
        if (pad) { /* with transparent huge pages asked for, the heap is given back by these */
            uint64_t huge = glibc_word(l, at - 7 * w);
            p->huge_page = huge >= t->page && (huge & (huge - 1)) == 0 && huge <= 1U << 30 ? huge : 0;
        }
        return true;
    }
    return false;
}

static bool scan_parameters(struct scan *s, struct glibc_found *f)
{
    unsigned w = f->layout->word, before = 7 * w, behind = 4 * w;
    for (uint64_t at = s->start; scan_piece(s, at); at = scan_next(s))
        for (size_t offset = before; offset + behind <= s->length; offset += w)
            if (scan_resident(s, offset - before, before + behind) &&
                try_parameters(f, s->t, s->data + offset, &f->parameters))
                return true;
    return false;
}

static void find_in(struct target *t, bool libc, uint8_t *data, struct glibc_found *f, bool *swapped)
{
    for (size_t i = 0; i < t->map_count; i++) {
        const struct target_map *m = &t->maps[i];
        if (!(libc ? m->libc : m->executable) || m->permissions[1] != 'w' || m->permissions[3] != 'p')
            continue;
        struct scan s = {.t = t, .start = m->start, .end = target_data_end(t, i), .data = data};
        bool had = f->found && f->arenas[0].initialised;
        scan_arena(&s, f);
        *swapped |= s.swapped;
        if (!f->found || had || !f->whole)
            continue;
        /* before the first malloc nothing has touched them, and their page may never have been read */
        f->whole = scan_parameters(&s, f) || (!f->arenas[0].initialised && !s.swapped);
        if (!f->whole)
            snprintf(f->why, sizeof f->why, "%s",
                     s.swapped ? "a page of libc's data is swapped out"
                               : "malloc's parameters were not found in libc's data");
        if (f->whole && f->arenas[0].initialised)
            return;
    }
}

void glibc_find(struct target *t, struct glibc_found *f)
{
    *f = (struct glibc_found){0};
    uint8_t *data = mem_array(scan_pages(t), (size_t)t->page);
    bool swapped = false;
    find_in(t, true, data, f, &swapped);
    if (!f->found || !f->arenas[0].initialised)
        find_in(t, false, data, f, &swapped);
    free(data);
    if (!f->found)
        snprintf(f->why, sizeof f->why, "no glibc arena was found%s",
                 target_expired(t) ? " in the time allowed"
                 : swapped         ? "; a page of the data where one would be is swapped out"
                                   : "");
}

void glibc_found_free(struct glibc_found *f)
{
    free(f->arenas);
    *f = (struct glibc_found){0};
}
