/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses /proc/PID/status:
 *   Name:	nginx
 *   VmRSS:	   11032 kB        (RssAnon and others since 4.5, HugetlbPages since 4.4, VmPin since 3.2) */
#include "probes/kernel/status.h"

/* The kernel writes a newline in the name as \n and a backslash as \\. */
static void copy_name(char out[COMMAND_MAX], const char *p, const char *end)
{
    size_t n = 0;
    while (p < end && n < COMMAND_MAX - 1) {
        char c = *p++;
        if (c == '\\' && p < end && (*p == 'n' || *p == '\\'))
            c = *p++ == 'n' ? '\n' : '\\';
        out[n++] = c;
    }
    out[n] = '\0';
}

static bool take(struct span line, const char *key, size_t key_length, uint64_t unit, uint64_t *to,
                 struct proc_status *out, enum status_field field)
{
    uint64_t number;
    if (!line_value(line, key, key_length, &number))
        return false;
    *to = multiply_saturating(number, unit);
    out->has |= field;
    return true;
}
#define TAKE(key, unit, member, field) take(line, key, sizeof(key) - 1, unit, &out->member, out, field)

bool status_file_parse(const char *text, size_t length, struct proc_status *out)
{
    memset(out, 0, sizeof *out);
    const char *at = text, *end = text + length;
    struct span line;
    bool named = false;
    while (scan_line(&at, end, &line)) {
        if (line.length < 5)
            continue;
        switch (line.at[0]) {
        case 'N':
            if (!named && span_starts(line, "Name:")) {
                const char *p = line.at + 5;
                if (p < line.at + line.length && (*p == '\t' || *p == ' '))
                    p++;
                copy_name(out->command, p, line.at + line.length);
                named = true;
            }
            break;
        case 'S':
            if (span_starts(line, "State:")) {
                const char *p = line.at + 6;
                while (p < line.at + line.length && (*p == '\t' || *p == ' '))
                    p++;
                if (p < line.at + line.length)
                    out->state = *p;
            }
            break;
        case 'U':
            TAKE("Uid:", 1, uid, PROC_UID);
            break;
        case 'V':
            (void)(TAKE("VmRSS:", 1024, vm_rss, PROC_VM_RSS) || TAKE("VmSize:", 1024, vm_size, PROC_VM_SIZE) ||
                   TAKE("VmHWM:", 1024, vm_peak_rss, PROC_VM_PEAK_RSS) || TAKE("VmPin:", 1024, vm_pin, PROC_VM_PIN) ||
                   TAKE("VmSwap:", 1024, vm_swap, PROC_VM_SWAP));
            break;
        case 'R':
            (void)(TAKE("RssAnon:", 1024, rss_anon, PROC_RSS_ANON) || TAKE("RssFile:", 1024, rss_file, PROC_RSS_FILE) ||
                   TAKE("RssShmem:", 1024, rss_shmem, PROC_RSS_SHMEM));
            break;
        case 'H':
            TAKE("HugetlbPages:", 1024, hugetlb, PROC_HUGETLB);
            break;
        case 'T':
            if (TAKE("Threads:", 1, threads, PROC_THREADS))
                return named; /* nothing of ours follows */
            break;
        }
    }
    return named;
}
