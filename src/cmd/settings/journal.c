/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of words parted by one blank; a word has %XX for each byte that is not printable, blank or %, and is % if empty:
 *   fragwizard-changes/1
 *   apply WALL BOOT planned|done CASE
 *   change SETTING ID BEFORE AFTER
 *   file absent|MODE UID GID SECONDS NANOSECONDS BYTES WROTE    of the change above it
 *   sha256 HEX                                                  of all lines above */
#include "cmd/settings/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/input.h"
#include "base/output.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/scan.h"

enum { JOURNAL_BYTES_MAX = 4 * 1024 * 1024, HASH_LINE = 7 + 64 + 1 };
static const char first_line[] = "fragwizard-changes/1\n";

static void add_word(struct str *out, const char *data, size_t length)
{
    str_add_char(out, ' ');
    if (!length)
        str_add_char(out, '%');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c > ' ' && c < 127 && c != '%')
            str_add_char(out, (char)c);
        else
            str_printf(out, "%%%02X", c);
    }
}

static void add_text(struct str *out, const char *text)
{
    add_word(out, text, strlen(text));
}

static void add_change(struct str *out, const struct change *c)
{
    str_add(out, "change");
    add_text(out, c->setting->name);
    add_text(out, c->id);
    add_text(out, c->before);
    add_text(out, c->after);
    str_add_char(out, '\n');
    if (!c->keep)
        return;
    const struct sysctl_file *k = &c->file;
    if (k->existed) {
        str_printf(out, "file %u %u %u %lld %ld", (unsigned)k->mode, (unsigned)k->uid, (unsigned)k->gid,
                   (long long)k->changed.tv_sec, k->changed.tv_nsec);
        add_word(out, k->data, k->length);
    } else {
        str_add(out, "file absent");
    }
    add_text(out, k->wrote);
    str_add_char(out, '\n');
}

static size_t left(const struct application *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->count; i++)
        n += !a->changes[i].gone;
    return n;
}

void journal_format(struct str *out, const struct journal *j)
{
    str_add(out, first_line);
    for (size_t i = 0; i < j->count; i++) {
        const struct application *a = &j->list[i];
        if (!left(a))
            continue;
        str_printf(out, "apply %.0f", a->wall);
        add_text(out, a->boot);
        str_add(out, a->finished ? " done" : " planned");
        add_text(out, a->case_path);
        str_add_char(out, '\n');
        for (size_t k = 0; k < a->count; k++)
            if (!a->changes[k].gone)
                add_change(out, &a->changes[k]);
    }
    char hash[65];
    sha256_hex(hash, out->data, out->length);
    str_printf(out, "sha256 %s\n", hash);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The next word, decoded; a NUL follows it. */
static bool take_word(struct span *line, struct arena *a, const char **out, size_t *length)
{
    struct span word;
    if (!scan_word(line, &word))
        return false;
    size_t n = 0;
    char *data = arena_alloc(a, span_length(word) + 1);
    if (!span_is(word, "%"))
        for (const char *c = word.at; c < word.end; c++) {
            if (*c != '%') {
                data[n++] = *c;
                continue;
            }
            int high = word.end - c > 2 ? hex_digit(c[1]) : -1, low = high >= 0 ? hex_digit(c[2]) : -1;
            if (low < 0)
                return false;
            data[n++] = (char)(high * 16 + low);
            c += 2;
        }
    *out = data;
    *length = n;
    return true;
}

/* One that is printed: it comes back as it went in, which was clean. */
static bool take_text(struct span *line, struct arena *a, const char **out)
{
    size_t length;
    const char *raw;
    if (!take_word(line, a, &raw, &length))
        return false;
    char *clean = arena_alloc(a, 3 * length + 1);
    text_clean(clean, 3 * length + 1, raw, length);
    *out = clean;
    return true;
}

static bool take_value(struct span *line, struct arena *a, const struct setting *s, char out[SETTING_VALUE_MAX])
{
    const char *text;
    if (!take_text(line, a, &text) || !setting_is_value(s, text))
        return false;
    snprintf(out, SETTING_VALUE_MAX, "%s", text);
    return true;
}

static bool take_number(struct span *line, uint64_t most, uint64_t *n)
{
    struct span word;
    return scan_word(line, &word) && scan_number(&word, n) && scan_end(&word) && *n <= most;
}

static bool take_file(struct span *line, struct arena *a, struct change *c)
{
    struct sysctl_file *k = &c->file;
    size_t length;
    uint64_t mode, uid, gid, seconds, part;
    if (c->keep)
        return false;
    c->keep = true;
    if (!scan_literal(line, "absent ")) {
        k->existed = true;
        if (!take_number(line, 07777, &mode) || !take_number(line, UINT32_MAX - 1, &uid) ||
            !take_number(line, UINT32_MAX - 1, &gid) || !take_number(line, INT64_MAX, &seconds) ||
            !take_number(line, 999999999, &part) || !take_word(line, a, &k->data, &k->length) ||
            k->length > SYSCTL_FILE_BYTES_MAX)
            return false;
        k->mode = (mode_t)mode;
        k->uid = (uid_t)uid;
        k->gid = (gid_t)gid;
        k->changed = (struct timespec){(time_t)seconds, (long)part};
    }
    return take_word(line, a, &k->wrote, &length) && strlen(k->wrote) == length;
}

static bool take_change(struct span *line, struct journal *j, struct change *c)
{
    const char *name;
    if (!take_text(line, &j->arena, &name))
        return false;
    c->setting = setting_find(name);
    return c->setting && take_text(line, &j->arena, &c->id) && take_value(line, &j->arena, c->setting, c->before) &&
           take_value(line, &j->arena, c->setting, c->after);
}

static bool take_application(struct span *line, struct journal *j, struct application *a)
{
    uint64_t wall;
    struct span state;
    if (!take_number(line, 1ULL << 40, &wall) || !take_text(line, &j->arena, &a->boot) || !scan_word(line, &state))
        return false;
    a->wall = (double)wall;
    a->finished = span_is(state, "done");
    return (a->finished || span_is(state, "planned")) && take_text(line, &j->arena, &a->case_path);
}

static void *grow(struct arena *a, const void *old, size_t count, size_t size)
{
    if (count & (count - 1)) /* room for powers of two */
        return NULL;
    void *more = arena_alloc(a, (count ? 2 * count : 1) * size);
    if (count)
        memcpy(more, old, count * size);
    return more;
}

static struct change *next_change(struct journal *j, struct application *a)
{
    struct change *more = grow(&j->arena, a->changes, a->count, sizeof *more);
    if (more)
        a->changes = more;
    return &a->changes[a->count++];
}

struct application *journal_add(struct journal *j, size_t changes)
{
    struct application *more = grow(&j->arena, j->list, j->count, sizeof *more);
    if (more)
        j->list = more;
    struct application *a = &j->list[j->count++];
    *a = (struct application){.boot = "", .case_path = ""};
    if (changes)
        a->changes = arena_alloc(&j->arena, changes * sizeof *a->changes);
    a->count = changes;
    return a;
}

static bool take_line(struct span *line, struct journal *j)
{
    struct application *last = j->count ? &j->list[j->count - 1] : NULL;
    bool good = false;
    if (scan_literal(line, "apply "))
        good = take_application(line, j, journal_add(j, 0));
    else if (last && scan_literal(line, "change "))
        good = take_change(line, j, next_change(j, last));
    else if (last && last->count && scan_literal(line, "file "))
        good = take_file(line, &j->arena, &last->changes[last->count - 1]);
    return good && scan_end(line);
}

bool journal_parse(struct journal *j, const char *name, const char *text, size_t length, struct err *e)
{
    char hash[65], line_of_hash[HASH_LINE + 1];
    size_t before = length > HASH_LINE ? length - HASH_LINE : 0;
    sha256_hex(hash, text, before);
    snprintf(line_of_hash, sizeof line_of_hash, "sha256 %s\n", hash);
    if (!before || memcmp(text + before, line_of_hash, HASH_LINE) != 0)
        return err_set(e, "%s: was changed or damaged; what it says is not followed", name);
    struct span all = span_of(text, before), line;
    if (!scan_literal(&all, first_line))
        return err_set(e, "%s: was written by another version of fragwizard, which can undo it", name);
    for (size_t number = 2; scan_line(&all, &line); number++)
        if (!take_line(&line, j))
            return err_set(e, "%s: line %zu is not understood; another version of fragwizard wrote it", name, number);
    return true;
}

/* Whoever could put another journal there could have files written. */
static bool is_ours(int fd, const char *path, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_system(e, errno, "%s", path);
    if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return err_set(e, "%s: others may write it; it is not followed", path);
    return true;
}

/* The directory can be removed by the run that held the lock before: then what is locked is not what stands there. */
static bool lock_directory(struct journal *j, bool make, struct err *e)
{
    for (unsigned tries = 0; tries < 16; tries++) {
        if (make && !output_make_dirs(j->directory, e))
            return false;
        int fd = open(j->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT && !make)
            return true;
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return err_system(e, errno, "%s", j->directory);
        struct stat here, there;
        int failed = flock(fd, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
        if (!failed && fstat(fd, &here) == 0 && stat(j->directory, &there) == 0 && here.st_ino == there.st_ino &&
            here.st_dev == there.st_dev) {
            j->lock = fd;
            return true;
        }
        close(fd);
        if (failed == EWOULDBLOCK)
            return err_set(e, "another apply or undo is at work; wait for its end");
        if (failed)
            return err_system(e, failed, "%s: could not be locked", j->directory);
    }
    return err_set(e, "%s: comes and goes", j->directory);
}

static bool read_journal(struct journal *j, struct err *e)
{
    int fd = openat(j->lock, "changes", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || err_system(e, errno, "%s", j->path);
    size_t length = 0;
    AUTO_FREE char *text = is_ours(fd, j->path, e) ? input_read_fd(fd, j->path, JOURNAL_BYTES_MAX, &length, e) : NULL;
    close(fd);
    return text && journal_parse(j, j->path, text, length, e);
}

bool journal_open(struct journal *j, bool make, struct err *e)
{
    *j = (struct journal){.lock = -1, .directory = output_state_dir()};
    j->path = mem_printf("%s/changes", j->directory);
    bool good = lock_directory(j, make, e) &&
                (j->lock < 0 || (is_ours(j->lock, j->directory, e) && output_sweep(j->path, e) && read_journal(j, e)));
    if (!good)
        journal_close(j);
    return good;
}

bool journal_store(struct journal *j, struct err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < j->count; i++)
        n += left(&j->list[i]);
    if (!n)
        return output_remove_file(j->path, e);
    AUTO_STR struct str text = {0};
    journal_format(&text, j);
    if (text.length > JOURNAL_BYTES_MAX)
        return err_set(e, "%s: is full; `fragwizard undo --all` empties it", j->path);
    return output_write_file(j->path, text.data, text.length, 0600, e);
}

void journal_close(struct journal *j)
{
    struct stat st;
    if (j->lock >= 0) {
        /* as output_make_dirs() makes it; rmdir refuses one that holds anything */
        if (fstat(j->lock, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 07777) == 0700)
            rmdir(j->directory);
        close(j->lock);
    }
    free(j->directory);
    free(j->path);
    arena_free(&j->arena);
    *j = (struct journal){.lock = -1};
}
