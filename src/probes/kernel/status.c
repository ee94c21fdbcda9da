/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses /proc/PID/status:
 *   Name:	nginx
 *   VmRSS:	   11032 kB        (RssAnon and others since 4.5, HugetlbPages since 4.4, VmPin since 3.2) */
#include "probes/kernel/status.h"

/* The kernel writes a newline in the name as \n and a backslash as \\. */
static void copy_name(char out[COMMAND_MAX], struct span name)
{
    size_t n = 0;
    while (name.at < name.end && n < COMMAND_MAX - 1) {
        char c = *name.at++;
        if (c == '\\' && (scan_char(&name, 'n') || scan_char(&name, '\\')))
            c = name.at[-1] == 'n' ? '\n' : '\\';
        out[n++] = c;
    }
    out[n] = '\0';
}

#define TAKE(key, scan, member, field) (SCAN_KEY(&line, key) && scan(&line, &out->member) && (out->has |= (field)))

bool status_file_parse(const char *text, size_t length, struct proc_status *out)
{
    memset(out, 0, sizeof *out);
    struct span all = span_of(text, length), line;
    bool named = false;
    while (scan_line(&all, &line)) {
        if (line.at == line.end)
            continue;
        switch (line.at[0]) {
        case 'N':
            if (!named && SCAN_KEY(&line, "Name:")) {
                (void)(scan_char(&line, '\t') || scan_char(&line, ' '));
                copy_name(out->command, line);
                named = true;
            }
            break;
        case 'S':
            if (SCAN_KEY(&line, "State:") && !scan_end(&line))
                out->state = *line.at;
            break;
        case 'U':
            (void)TAKE("Uid:", scan_number, uid, PROC_UID);
            break;
        case 'V':
            (void)(TAKE("VmRSS:", scan_kb, vm_rss, PROC_VM_RSS) || TAKE("VmSize:", scan_kb, vm_size, PROC_VM_SIZE) ||
                   TAKE("VmHWM:", scan_kb, vm_peak_rss, PROC_VM_PEAK_RSS) ||
                   TAKE("VmPin:", scan_kb, vm_pin, PROC_VM_PIN) || TAKE("VmSwap:", scan_kb, vm_swap, PROC_VM_SWAP));
            break;
        case 'R':
            (void)(TAKE("RssAnon:", scan_kb, rss_anon, PROC_RSS_ANON) ||
                   TAKE("RssFile:", scan_kb, rss_file, PROC_RSS_FILE) ||
                   TAKE("RssShmem:", scan_kb, rss_shmem, PROC_RSS_SHMEM));
            break;
        case 'H':
            (void)TAKE("HugetlbPages:", scan_kb, hugetlb, PROC_HUGETLB);
            break;
        case 'T':
            if (TAKE("Threads:", scan_number, threads, PROC_THREADS))
                return named; /* nothing of ours follows */
            break;
        }
    }
    return named;
}
