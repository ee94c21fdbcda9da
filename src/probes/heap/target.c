/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads /proc/PID/maps, /proc/PID/pagemap (eight bytes a page: bit 63 present, bit 62 swapped) and, by process_vm_readv,
 * the pages that are present. /proc/PID/mem would do the same through a one-page buffer in the kernel, and would see
 * through PROT_NONE. */
#include "probes/heap/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/kernel/stat.h"

enum { ENTRIES = 4096 }; /* pagemap entries read at once */
static const uint64_t entry_present = 1ULL << 63, entry_swapped = 1ULL << 62;

static bool live_pages(void *context, uint64_t address, size_t pages, uint64_t *entries)
{
    const struct target *t = context;
    size_t want = pages * sizeof *entries, got = 0;
    while (got < want) {
        ssize_t n = pread(t->pagemap, (char *)entries + got, want - got, (off_t)(address / t->page * 8 + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0) { /* behind the end of the address space */
            memset((char *)entries + got, 0, want - got);
            break;
        }
        got += (size_t)n;
    }
    return true;
}

static size_t live_read(void *context, uint64_t address, void *buffer, size_t size)
{
    const struct target *t = context;
    struct iovec local = {buffer, size}, remote = {(void *)(uintptr_t)address, size};
    ssize_t n = process_vm_readv((pid_t)t->pid, &local, 1, &remote, 1, 0);
    return n < 0 ? 0 : (size_t)n;
}

static const struct target_source live = {live_pages, live_read};

static bool gone(const struct target *t, struct err *e)
{
    return err_set(e, "process %ld has ended", t->pid);
}

static bool refused(const struct target *t, struct err *e)
{
    return err_set(e, "the memory of process %ld: permission denied%s", t->pid,
                   geteuid() == 0 ? "" : "; reading another process's memory needs root");
}

/* Of the program: the class of its ELF file tells how long its pointers are. */
static bool read_class(struct target *t, uint64_t *inode)
{
    unsigned char ident[16];
    struct stat st;
    *inode = 0;
    t->word = sizeof(void *);
    int fd = root_open_below(t->root, t->directory, "exe");
    if (fd < 0)
        return fd == -EACCES || fd == -EPERM ? false : true;
    if (fstat(fd, &st) == 0)
        *inode = st.st_ino;
    if (pread(fd, ident, sizeof ident, 0) == sizeof ident && memcmp(ident, "\177ELF", 4) == 0)
        t->word = ident[4] == 1 ? 4 : 8;
    close(fd);
    return true;
}

static bool read_start(struct target *t, uint64_t *ticks)
{
    char text[1024];
    struct proc_stat s;
    ssize_t n = root_read_below(t->root, t->directory, "stat", text, sizeof text);
    if (n <= 0 || !stat_parse(text, (size_t)n, &s))
        return false;
    *ticks = s.start_ticks;
    return true;
}

static void read_statm(struct target *t)
{
    char text[256];
    ssize_t n = root_read_below(t->root, t->directory, "statm", text, sizeof text);
    uint64_t size, resident, shared;
    struct span s = span_of(text, n > 0 ? (size_t)n : 0);
    if (scan_number(&s, &size) && scan_number(&s, &resident) && scan_number(&s, &shared) && resident >= shared)
        (void)times_fits(resident - shared, t->page, &t->anonymous);
}

static struct target_map map_of(const struct vma *v, uint64_t program)
{
    struct span base = span_basename(v->name);
    struct target_map m = {
        .start = v->start,
        .end = v->end,
        .offset = v->offset,
        .inode = v->inode,
        .heap = span_is(v->name, "[heap]"),
        .stack = span_starts(v->name, "[stack"),
        .anonymous = v->inode == 0 && (span_length(v->name) == 0 || span_starts(v->name, "[anon:")),
        .libc = v->inode && (span_starts(base, "libc.so.6") || span_starts(base, "libc-2.")),
        .jemalloc = v->inode && span_starts(base, "libjemalloc"),
        .executable = v->inode && v->inode == program,
    };
    memcpy(m.permissions, v->permissions, sizeof m.permissions);
    return m;
}

/* Where the file's inode is not the one that maps shows (overlayfs): the program is what is mapped lowest. */
static void guess_executable(struct target *t)
{
    uint64_t inode = 0;
    for (size_t i = 0; i < t->map_count; i++) {
        if (t->maps[i].executable)
            return;
        if (!inode)
            inode = t->maps[i].inode;
    }
    for (size_t i = 0; inode && i < t->map_count; i++)
        t->maps[i].executable = t->maps[i].inode == inode;
}

bool target_maps(struct target *t, struct err *e)
{
    uint64_t program;
    if (!t->root)
        return true;
    if (!read_class(t, &program))
        return refused(t, e);
    struct lines *l = mem_alloc(sizeof *l);
    lines_open(l, root_open_below(t->root, t->directory, "maps"));
    size_t room = 0, length;
    t->map_count = 0;
    free(t->maps);
    t->maps = NULL;
    struct vma v;
    bool many = false;
    for (char *line; !many && (line = lines_next(l, &length));) {
        if (!vma_parse(line, length, &v) || v.start >= v.end)
            continue;
        if ((many = t->map_count == TARGET_MAPS_MAX))
            break;
        if (t->map_count == room) {
            room = room ? room * 2 : 64;
            t->maps = mem_resize(t->maps, room, sizeof *t->maps);
        }
        t->maps[t->map_count++] = map_of(&v, program);
    }
    int error = l->error;
    lines_close(l);
    free(l);
    if (many)
        return err_set(e, "process %ld has more than %d mappings", t->pid, TARGET_MAPS_MAX);
    if (error == EACCES || error == EPERM)
        return refused(t, e);
    if (error || !t->map_count)
        return gone(t, e);
    guess_executable(t);
    return true;
}

/* An address that is never mapped: permission is checked before it is looked up. */
static bool may_read(const struct target *t)
{
    char byte;
    struct iovec local = {&byte, 1}, remote = {NULL, 1};
    return process_vm_readv((pid_t)t->pid, &local, 1, &remote, 1, 0) >= 0 || errno == EFAULT;
}

static bool open_files(struct target *t, enum status *status, struct err *e)
{
    char path[48];
    snprintf(path, sizeof path, "proc/%ld", t->pid);
    t->directory = root_open_dir(t->root, path);
    if (t->directory < 0) {
        *status = STATUS_VANISHED;
        return gone(t, e);
    }
    t->pagemap = root_open_below(t->root, t->directory, "pagemap");
    if (t->pagemap == -EACCES || t->pagemap == -EPERM || (t->pagemap >= 0 && !may_read(t))) {
        *status = target_alive(t) ? STATUS_DENIED : STATUS_VANISHED;
        return *status == STATUS_DENIED ? refused(t, e) : gone(t, e);
    }
    if (t->pagemap < 0) {
        *status = t->pagemap == -ENOENT && target_alive(t) ? STATUS_ABSENT : STATUS_VANISHED;
        return *status == STATUS_ABSENT ? err_set(e, "/proc/%ld/pagemap: does not exist", t->pid) : gone(t, e);
    }
    if (!read_start(t, &t->started)) {
        *status = STATUS_VANISHED;
        return gone(t, e);
    }
    return true;
}

bool target_open(struct target *t, const struct root *r, long pid, enum status *status, struct err *e)
{
    enum status ignored;
    if (!status)
        status = &ignored;
    *t = (struct target){.pid = pid, .pagemap = -1, .directory = -1, .root = r, .source = &live};
    t->context = t;
    t->page = (uint64_t)sysconf(_SC_PAGESIZE);
    *status = STATUS_OK;
    if (!r->live) {
        *status = STATUS_ABSENT;
        return err_set(e, "%s: a captured tree holds no process's memory", r->path);
    }
    bool opened = open_files(t, status, e);
    if (opened && !target_maps(t, e)) {
        *status = target_alive(t) ? STATUS_DENIED : STATUS_VANISHED;
        opened = false;
    }
    if (opened)
        read_statm(t);
    else
        target_close(t);
    return opened;
}

void target_close(struct target *t)
{
    if (t->pagemap >= 0)
        close(t->pagemap);
    if (t->directory >= 0)
        close(t->directory);
    free(t->maps);
    t->maps = NULL;
    t->map_count = 0;
    t->pagemap = t->directory = -1;
}

bool target_alive(const struct target *t)
{
    struct target again = *t;
    uint64_t ticks;
    return !t->root || read_start(&again, &ticks);
}

bool target_expired(const struct target *t)
{
    return t->deadline > 0 && clock_now() > t->deadline;
}

const struct target_map *target_find(const struct target *t, uint64_t address)
{
    size_t low = 0, high = t->map_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->maps[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->map_count && t->maps[low].start <= address ? &t->maps[low] : NULL;
}

uint64_t target_data_end(const struct target *t, size_t i)
{
    uint64_t end = t->maps[i].end;
    for (size_t k = i + 1; k < t->map_count && t->maps[k].start == end && t->maps[k].anonymous && !t->maps[k].heap &&
                           t->maps[k].permissions[1] == 'w';
         k++)
        end = t->maps[k].end;
    return end;
}

/* Calls for each piece of the pagemap. */
static bool each_piece(struct target *t, uint64_t start, size_t pages,
                       void (*piece)(void *, size_t from, const uint64_t *entries, size_t count), void *context)
{
    uint64_t *entries = mem_array(pages < ENTRIES ? pages : ENTRIES, sizeof *entries);
    bool good = true;
    for (size_t done = 0; good && done < pages;) {
        size_t n = pages - done < ENTRIES ? pages - done : ENTRIES;
        good = !target_expired(t) && t->source->pages(t->context, start + done * t->page, n, entries);
        if (good)
            piece(context, done, entries, n);
        done += n;
    }
    free(entries);
    return good;
}

struct bits {
    uint8_t *present, *swapped;
};

static void set_bits(void *context, size_t from, const uint64_t *entries, size_t count)
{
    const struct bits *b = context;
    for (size_t i = 0; i < count; i++) {
        uint8_t bit = (uint8_t)(1U << ((from + i) & 7));
        if (b->present && entries[i] & entry_present)
            b->present[(from + i) >> 3] |= bit;
        if (b->swapped && entries[i] & entry_swapped)
            b->swapped[(from + i) >> 3] |= bit;
    }
}

bool target_present(struct target *t, uint64_t start, size_t pages, uint8_t *present, uint8_t *swapped)
{
    struct bits b = {present, swapped};
    if (present)
        memset(present, 0, (pages + 7) / 8);
    if (swapped)
        memset(swapped, 0, (pages + 7) / 8);
    return each_piece(t, start, pages, set_bits, &b);
}

static void count_entries(void *context, size_t from, const uint64_t *entries, size_t count)
{
    uint64_t *counts = context;
    (void)from;
    for (size_t i = 0; i < count; i++) {
        counts[0] += entries[i] >> 63;
        counts[1] += entries[i] >> 62 & 1;
    }
}

bool target_count(struct target *t, uint64_t start, size_t pages, uint64_t *present, uint64_t *swapped)
{
    uint64_t counts[2] = {0, 0};
    bool good = each_piece(t, start, pages, count_entries, counts);
    *present = counts[0];
    if (swapped)
        *swapped = counts[1];
    return good;
}

/* Reads the pages of one run that is present: those that went away meanwhile are taken out of `present`. */
static void read_run(struct target *t, uint64_t start, size_t from, size_t to, char *buffer, uint8_t *present)
{
    size_t size = (to - from) * t->page;
    size_t n = t->source->read(t->context, start + from * t->page, buffer + from * t->page, size);
    if (n > size)
        n = size;
    t->bytes_read += n;
    for (size_t i = from + n / t->page; i < to; i++) {
        present[i >> 3] &= (uint8_t) ~(1U << (i & 7));
        memset(buffer + i * t->page, 0, t->page);
    }
}

bool target_load(struct target *t, uint64_t start, size_t pages, void *buffer, uint8_t *present, uint8_t *swapped)
{
    if (!target_present(t, start, pages, present, swapped))
        return false;
    for (size_t i = 0; i < pages;) {
        size_t from = i;
        while (i < pages && present[i >> 3] >> (i & 7) & 1)
            i++;
        if (i > from) {
            read_run(t, start, from, i, buffer, present);
        } else {
            memset((char *)buffer + i * t->page, 0, t->page);
            t->absent++;
            i++;
        }
    }
    return true;
}

bool target_read(struct target *t, uint64_t address, void *buffer, size_t size, uint8_t *present)
{
    uint64_t start = address - address % t->page;
    if (!size || address > UINT64_MAX - size - t->page)
        return false;
    size_t pages = (size_t)((address + size - start + t->page - 1) / t->page);
    uint8_t few[16], *bits = present ? present : pages <= sizeof few * 8 ? few : mem_alloc((pages + 7) / 8);
    bool good = target_present(t, start, pages, bits, NULL), any = false;
    for (size_t i = 0; good && i < pages;) {
        size_t from = i;
        bool there = bits[i >> 3] >> (i & 7) & 1;
        while (i < pages && (bits[i >> 3] >> (i & 7) & 1) == there)
            i++;
        /* the part of this run that was asked for */
        uint64_t low = start + from * t->page, high = start + i * t->page;
        low = low < address ? address : low;
        high = high > address + size ? address + size : high;
        char *to = (char *)buffer + (low - address);
        size_t n = there ? t->source->read(t->context, low, to, (size_t)(high - low)) : 0;
        if (n > high - low)
            n = (size_t)(high - low);
        t->bytes_read += n;
        t->absent += there ? 0 : i - from;
        any |= n > 0;
        memset(to + n, 0, (size_t)(high - low) - n);
        /* of a page that went away meanwhile, nothing counts */
        for (size_t k = from; there && n < high - low && k < i; k++)
            if (start + (k + 1) * t->page > low + n)
                bits[k >> 3] &= (uint8_t) ~(1U << (k & 7));
    }
    if (bits != few && bits != present)
        free(bits);
    return good && any;
}

bool target_read_all(struct target *t, uint64_t address, void *buffer, size_t size)
{
    uint64_t start = address - address % t->page, there;
    if (!size || address > UINT64_MAX - size - t->page)
        return false;
    size_t pages = (size_t)((address + size - start + t->page - 1) / t->page);
    uint64_t entries[4];
    if (pages <= ARRAY_SIZE(entries)) { /* the hot path: no allocation */
        if (target_expired(t) || !t->source->pages(t->context, start, pages, entries))
            return false;
        there = 0;
        for (size_t i = 0; i < pages; i++)
            there += entries[i] >> 63;
    } else if (!target_count(t, start, pages, &there, NULL)) {
        return false;
    }
    t->absent += pages - there;
    if (there != pages)
        return false;
    size_t n = t->source->read(t->context, address, buffer, size);
    t->bytes_read += n;
    return n == size;
}
