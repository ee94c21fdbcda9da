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

static const char *const defrag_words[] = {"defer+madvise", "madvise", "defer", "never", NULL};

#define OWN_FILE(name) "/etc/sysctl.d/60-fragwizard-" name ".conf"

const struct setting settings[] = {
    {.name = "vm.min_free_kbytes",
     .path = "proc/sys/vm/min_free_kbytes",
     .low = 128,
     .high = INT32_MAX,
     .memory_share = 20,
     .file = OWN_FILE("vm.min_free_kbytes"),
     .aside =
         "Once it was written, the kernel does not compute it anew when memory or huge pages change; the undo puts the "
         "value back, a reboot also that."},
    {.name = "vm.watermark_scale_factor",
     .path = "proc/sys/vm/watermark_scale_factor",
     .low = 10,
     .high = 200,
     .file = OWN_FILE("vm.watermark_scale_factor")},
    {.name = "vm.compaction_proactiveness",
     .path = "proc/sys/vm/compaction_proactiveness",
     .low = 1,
     .high = 80,
     .file = OWN_FILE("vm.compaction_proactiveness"),
     .aside = "Each write, also that of the undo, compacts memory once."},
    {.name = "vm.extfrag_threshold",
     .path = "proc/sys/vm/extfrag_threshold",
     .high = 1000,
     .file = OWN_FILE("vm.extfrag_threshold")},
    {.name = "vm.swappiness",
     .path = "proc/sys/vm/swappiness",
     .low = 1,
     .high = 200,
     .file = OWN_FILE("vm.swappiness")},
    {.name = "vm.vfs_cache_pressure",
     .path = "proc/sys/vm/vfs_cache_pressure",
     .low = 1,
     .high = 1000000,
     .file = OWN_FILE("vm.vfs_cache_pressure")},
    {.name = "vm.max_map_count",
     .path = "proc/sys/vm/max_map_count",
     .low = 65530,
     .high = INT32_MAX,
     .file = OWN_FILE("vm.max_map_count")},
    {.name = "vm.zone_reclaim_mode", .path = "proc/sys/vm/zone_reclaim_mode", .file = OWN_FILE("vm.zone_reclaim_mode")},
    {.name = "transparent_hugepage/defrag",
     .path = "sys/kernel/mm/transparent_hugepage/defrag",
     .words = defrag_words,
     .file = "/etc/tmpfiles.d/60-fragwizard-thp.conf"},
    {0},
};

const struct setting *setting_find(const char *name)
{
    for (const struct setting *s = settings; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
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
    uint64_t n, high = s->high;
    if (!is_number(value, &n))
        return err_set(e, "%s: '%.40s' is not a number", s->name, value);
    if (s->memory_share) {
        struct meminfo m;
        enum status status;
        if (!meminfo_read(&m, r, &status, e))
            return false;
        uint64_t most = meminfo_value(&m, MI_MEM_TOTAL) / 1024 / s->memory_share;
        high = most < high ? most : high;
    }
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

void setting_add_command(struct str *out, const struct setting *s, const char *value)
{
    if (s->words)
        str_printf(out, "echo %s > /%s", value, s->path);
    else
        str_printf(out, "sysctl -w %s=%s", s->name, value);
}

void setting_add_line(struct str *out, const struct setting *s, const char *value)
{
    if (s->words)
        str_printf(out, "w /%s - - - - %s", s->path, value);
    else
        str_printf(out, "%s = %s", s->name, value);
}
