/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/PID/pagemap has 8 bytes for each page of the address space: bit 63 present, bits 0 to 54 the frame (0 without
 * CAP_SYS_ADMIN). It does not tell which pages are pinned. Of io_uring, /proc/PID/fdinfo/N does:
 *   UserBufs:	1
 *       0: 0x7fd0e1c00000/67108864 */
#include "probes/physmap/physmap_pins.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "probes/kernel/counters.h"
#include "probes/kernel/page_size.h"
#include "probes/kernel/pids.h"

#define PRESENT (UINT64_C(1) << 63)
#define FRAME ((UINT64_C(1) << 55) - 1)
static const uint64_t pages_max = UINT64_C(1) << 23; /* entries of pagemap read in all: 0.1 to 0.3 s */
static const double registered_min = 0.9;            /* ranges that explain so much of VmPin are all there are */
/* heuristic: a block counts as pinned if, were the pinned pages spread evenly over the process's scattered ones, it would
 * hold one with even odds */
static const double expected_min = 0.5;
enum { CHUNK = 4096, FILES_MAX = 4096, RANGES_MAX = 65536 };

static void keep_largest(struct physmap_pins *p, long pid, const struct proc_status *s)
{
    size_t at = p->count;
    while (at > 0 && p->list[at - 1].pinned < s->vm_pin)
        at--;
    if (at == PINS_MAX)
        return;
    if (p->count < PINS_MAX)
        p->count++;
    memmove(&p->list[at + 1], &p->list[at], (p->count - 1 - at) * sizeof p->list[0]);
    p->list[at] = (struct physmap_pin){.pid = pid, .pinned = s->vm_pin};
    memcpy(p->list[at].command, s->command, sizeof s->command);
}

static void find_processes(struct physmap_pins *p, const struct pids *pids)
{
    size_t count;
    AUTO_FREE long *list = pids_list(pids, &count);
    for (size_t i = 0; i < count; i++) {
        struct proc_status s;
        int error;
        if (!pids_status(pids, list[i], &s, &error) || !(s.has & PROC_VM_PIN) || s.vm_pin == 0)
            continue;
        p->pinned += (double)s.vm_pin;
        keep_largest(p, list[i], &s);
    }
}

/* Addresses of a process. */
struct range {
    uint64_t start, end;
};
struct ranges {
    struct range *list; /* owned by the caller */
    size_t count;
    double bytes;
};

static void add_range(struct ranges *r, uint64_t start, uint64_t end)
{
    if (start >= end || r->count == RANGES_MAX)
        return;
    MEM_ROOM(r->list, r->count);
    r->list[r->count++] = (struct range){start, end};
    r->bytes += (double)(end - start);
}

/* "    0: 0x7fd0e1c00000/67108864" */
static bool buffer_parse(const char *line, size_t length, struct range *r)
{
    struct span s = span_of(line, length);
    uint64_t number, bytes;
    if (!scan_number(&s, &number) || !SCAN_KEY(&s, ": 0x") || !scan_hex(&s, &r->start) || !scan_char(&s, '/') ||
        !scan_number(&s, &bytes))
        return false;
    r->end = r->start;
    return add_fits(&r->end, bytes);
}

static void registered_of(struct ranges *r, const struct pids *pids, int directory, const char *file, struct lines *l)
{
    size_t length;
    struct range buffer;
    bool within = false;
    lines_open(l, root_open_below(&pids->root, directory, file));
    for (char *line; (line = lines_next(l, &length));) {
        within = within && buffer_parse(line, length, &buffer);
        if (within)
            add_range(r, buffer.start, buffer.end);
        within |= span_starts(span_of(line, length), "UserBufs:");
    }
    lines_close(l);
}

/* What the process has registered with io_uring. */
static void registered(struct ranges *r, const struct pids *pids, long pid, struct lines *l)
{
    char path[PIDS_PATH_MAX + 8] = "proc/";
    pids_path(path + strlen(path), pid, "fdinfo");
    int fd = root_open_dir(&pids->root, path);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0)
            close(fd);
        return;
    }
    const struct dirent *entry;
    for (unsigned files = 0; files < FILES_MAX && (entry = readdir(d)); files++)
        if (entry->d_name[0] != '.')
            registered_of(r, pids, dirfd(d), entry->d_name, l);
    closedir(d);
}

/* What can be pinned at all: writable memory. */
static void writable(struct ranges *r, const struct pids *pids, long pid, struct lines *l)
{
    char path[PIDS_PATH_MAX];
    size_t length;
    struct vma v;
    pids_path(path, pid, "maps");
    lines_open(l, root_open_below(&pids->root, pids->fd, path));
    for (char *line; (line = lines_next(l, &length));)
        if (vma_parse(line, length, &v) && v.permissions[1] == 'w')
            add_range(r, v.start, v.end);
    lines_close(l);
}

struct reader {
    const struct physmap_blocks *blocks;
    uint16_t *pages; /* of the process, in each block */
    int pagemap;
    uint64_t page, left;         /* left: entries that may still be read */
    uint64_t last, last_ordinal; /* block of the frame before */
    struct lines lines;
    uint64_t entries[CHUNK];
};

static void count_pages(struct reader *r, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t frame = r->entries[i] & FRAME;
        if (!(r->entries[i] & PRESENT) || frame == 0)
            continue;
        if (frame >> r->blocks->order != r->last) {
            r->last = frame >> r->blocks->order;
            r->last_ordinal = physmap_ordinal(r->blocks, frame);
        }
        if (r->last_ordinal != UINT64_MAX && r->pages[r->last_ordinal] < UINT16_MAX)
            r->pages[r->last_ordinal]++;
    }
}

/* False once no more may be read. */
static bool read_range(struct reader *r, const struct range *range)
{
    uint64_t at = range->start / r->page, stop = range->end / r->page + (range->end % r->page != 0);
    while (at < stop) {
        uint64_t want = stop - at < CHUNK ? stop - at : CHUNK;
        if (want > r->left)
            return false;
        ssize_t n = pread(r->pagemap, r->entries, want * sizeof *r->entries, (off_t)(at * sizeof *r->entries));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < (ssize_t)sizeof *r->entries) /* unmapped in between, or ended */
            return true;
        count_pages(r, (size_t)n / sizeof *r->entries);
        at += (size_t)n / sizeof *r->entries;
        r->left -= (size_t)n / sizeof *r->entries;
    }
    return true;
}

/* All blocks with a page of the process if only pinned ones were read. Otherwise so many of its scattered pages are taken as
 * pinned as VmPin tells, at most: a block full of them holds up no free memory. */
static void mark_blocks(struct physmap_pin *pin, const struct reader *r, bool exact)
{
    uint64_t scattered = 0, full = (uint64_t)1 << r->blocks->order, pinned = pin->pinned / r->page;
    for (uint64_t i = 0; i < r->blocks->count; i++)
        scattered += r->pages[i] < full ? r->pages[i] : 0;
    double odds = scattered > pinned ? (double)pinned / (double)scattered : 1;
    for (uint64_t i = 0; i < r->blocks->count; i++) {
        bool part = r->pages[i] < full, among = part ? r->pages[i] * odds >= expected_min : scattered < pinned;
        if (r->pages[i] > 0 && (exact || among))
            pin->blocks[i / 8] |= (uint8_t)(1u << i % 8);
    }
}

static void find_blocks(struct physmap_pin *pin, const struct pids *pids, struct reader *r)
{
    char path[PIDS_PATH_MAX];
    struct ranges ranges = {0};
    pids_path(path, pin->pid, "pagemap");
    r->pagemap = root_open_below(&pids->root, pids->fd, path);
    if (r->pagemap < 0) {
        pin->why = "its pagemap could not be read";
        return;
    }
    registered(&ranges, pids, pin->pid, &r->lines);
    bool exact = ranges.bytes >= registered_min * (double)pin->pinned;
    if (!exact) {
        ranges.count = 0;
        writable(&ranges, pids, pin->pid, &r->lines);
        pin->why = "which of its pages is not known: at most these blocks";
    }
    r->last = UINT64_MAX;
    memset(r->pages, 0, r->blocks->count * sizeof *r->pages);
    pin->blocks = mem_alloc(r->blocks->count / 8 + 1);
    for (size_t i = 0; i < ranges.count; i++)
        if (!read_range(r, &ranges.list[i])) {
            pin->why = "it is too large to be looked at whole";
            break;
        }
    mark_blocks(pin, r, exact);
    free(ranges.list);
    close(r->pagemap);
}

void physmap_pins_find(struct physmap_pins *p, const struct root *r, const struct physmap_blocks *b)
{
    struct counters c;
    struct pids pids;
    struct err e;
    enum status status;
    *p = (struct physmap_pins){0};
    if (counters_read(&c, r, &status, &e) && c.known[CT_PIN_ACQUIRED] && c.known[CT_PIN_RELEASED]) {
        p->held_known = true;
        /* counted by processor: the sum can be off for a moment */
        p->held = c.value[CT_PIN_ACQUIRED] > c.value[CT_PIN_RELEASED]
                      ? c.value[CT_PIN_ACQUIRED] - c.value[CT_PIN_RELEASED]
                      : 0;
        if (p->held == 0)
            return;
    }
    if (!pids_open(&pids, r, &status, &e))
        return;
    p->looked = true;
    find_processes(p, &pids);
    if (p->count == 0) {
        pids_close(&pids);
        return;
    }
    AUTO_FREE struct reader *reader = mem_alloc(sizeof *reader);
    AUTO_FREE uint16_t *pages = mem_array(b->count, sizeof *pages);
    reader->blocks = b;
    reader->pages = pages;
    reader->page = page_size(r);
    reader->left = pages_max;
    for (size_t i = 0; i < p->count; i++)
        find_blocks(&p->list[i], &pids, reader);
    pids_close(&pids);
}

void physmap_pins_free(struct physmap_pins *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->list[i].blocks);
    *p = (struct physmap_pins){0};
}

unsigned physmap_pins_at(const struct physmap_pins *p, uint64_t ordinal)
{
    unsigned found = 0;
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].blocks && p->list[i].blocks[ordinal / 8] >> ordinal % 8 & 1)
            found |= 1u << i;
    return found;
}
