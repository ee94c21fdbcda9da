/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/settings/setting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scan.h"
#include "probes/kernel/meminfo.h"

const struct setting *setting_find(const char *name)
{
    const struct setting *s = setting_named(name);
    return s && s->file ? s : NULL;
}

/* Digits as the kernel prints them: no sign, blank or leading zero. */
static bool is_number(const char *text, uint64_t *n)
{
    size_t length = strlen(text);
    struct span f = span_of(text, length);
    return length && length < 11 && strspn(text, "0123456789") == length && (*text != '0' || length == 1) &&
           scan_number(&f, n);
}

static bool is_word(const char *text)
{
    size_t length = strlen(text);
    return length && length < SETTING_VALUE_MAX && strspn(text, "abcdefghijklmnopqrstuvwxyz+_") == length;
}

bool setting_is_value(const struct setting *s, const char *value)
{
    uint64_t n;
    return s->words ? is_word(value) : is_number(value, &n) && n <= INT32_MAX;
}

static bool read_line(const struct setting *s, const struct root *r, char *out, size_t size, struct err *e)
{
    char text[256];
    ssize_t n = root_read_small(r, s->path, text, sizeof text);
    if (n == -ENOENT)
        return err_set(e, "this kernel has no %s", s->name);
    if (n < 0)
        return err_system(e, (int)-n, "/%s", s->path);
    text[strcspn(text, "\n")] = '\0';
    size_t length = strlen(text);
    while (length && text[length - 1] == ' ')
        text[--length] = '\0';
    if (length >= size)
        return err_set(e, "/%s: holds no value that is known here", s->path);
    memcpy(out, text, length + 1);
    return true;
}

/* "always defer [madvise] never": whether the kernel offers that word. */
static bool is_offered(const char *line, const char *word)
{
    struct span all = span_of_string(line), one;
    while (scan_word(&all, &one)) {
        if (span_length(one) > 2 && *one.at == '[')
            one.at++, one.end--;
        if (span_is(one, word))
            return true;
    }
    return false;
}

static bool accepts_word(const struct setting *s, const struct root *r, const char *value, struct err *e)
{
    bool known = false;
    for (const char *const *w = s->words; *w; w++)
        known = known || strcmp(*w, value) == 0;
    if (!known)
        return err_set(e, "%s: '%.40s' is none of the words that fragwizard sets", s->name, value);
    char line[256];
    return read_line(s, r, line, sizeof line, e) &&
           (is_offered(line, value) || err_set(e, "%s: this kernel does not offer '%s'", s->name, value));
}

bool setting_accepts(const struct setting *s, const struct root *r, const char *value, struct err *e)
{
    if (s->words)
        return accepts_word(s, r, value, e);
    uint64_t n, memory_kb = 0;
    if (!is_number(value, &n))
        return err_set(e, "%s: '%.40s' is not a number", s->name, value);
    if (s->memory_share) {
        struct meminfo m;
        enum status status;
        if (!meminfo_read(&m, r, &status, e))
            return false;
        memory_kb = meminfo_value(&m, MI_MEM_TOTAL) / 1024;
    }
    uint64_t high = setting_most(s, memory_kb);
    if (n >= s->low && n <= high)
        return true;
    if (s->low == high)
        return err_set(e, "%s: fragwizard sets it to %llu only, not to %s", s->name, (unsigned long long)high, value);
    return err_set(e, "%s: fragwizard sets it to %llu to %llu here, not to %s", s->name, (unsigned long long)s->low,
                   (unsigned long long)high, value);
}

bool setting_read(const struct setting *s, const struct root *r, char out[SETTING_VALUE_MAX], struct err *e)
{
    char line[256], *value = line;
    if (!read_line(s, r, line, sizeof line, e))
        return false;
    if (s->words) {
        char *open = strchr(line, '['), *close = open ? strchr(open, ']') : NULL;
        if (close) {
            value = open + 1;
            *close = '\0';
        }
    }
    if (!setting_is_value(s, value))
        return err_set(e, "/%s: holds no value that is known here", s->path);
    snprintf(out, SETTING_VALUE_MAX, "%.*s", SETTING_VALUE_MAX - 1, value);
    return true;
}

static bool refuse(const struct setting *s, int number, struct err *e)
{
    if (number == EACCES || number == EPERM)
        return err_set(e, "%s: may not be written; only root may", s->name);
    if (number == EROFS)
        return err_set(e, "%s: cannot be written here: /%.4s is read-only, as in a container", s->name, s->path);
    if (number == ENOENT)
        return err_set(e, "this kernel has no %s", s->name);
    return err_system(e, number, "/%s", s->path);
}

bool setting_writable(const struct setting *s, struct err *e)
{
    AUTO_FREE char *path = mem_printf("/%s", s->path);
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 || refuse(s, errno, e);
}

bool setting_write(const struct setting *s, const char *value, struct err *e)
{
    AUTO_FREE char *path = mem_printf("/%s", s->path), *line = mem_printf("%s\n", value);
    size_t length = strlen(line);
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return refuse(s, errno, e);
    ssize_t n; /* in one call: each is a setting of its own to the kernel */
    do
        n = write(fd, line, length);
    while (n < 0 && errno == EINTR);
    int number = n < 0 ? errno : 0;
    close(fd);
    if (number == EINVAL)
        return err_set(e, "%s: this kernel does not take %s", s->name, value);
    return number ? refuse(s, number, e) : (size_t)n == length || err_set(e, "/%s: was written in part", s->path);
}
