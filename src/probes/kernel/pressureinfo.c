/* SPDX-License-Identifier: GPL-3.0-or-later */
/* some avg10=0.40 avg60=0.75 avg300=0.27 total=6912211
 * full avg10=0.00 avg60=0.00 avg300=0.00 total=0 */
#include "probes/kernel/pressureinfo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "12.34", a percentage of two places */
static bool percent(struct span *s, double *share)
{
    uint64_t whole, cents;
    if (!scan_number(s, &whole) || whole > 100 || s->at == s->end || *s->at != '.')
        return false;
    s->at++;
    const char *begin = s->at;
    if (!scan_number(s, &cents) || s->at - begin != 2)
        return false;
    *share = ((double)whole + (double)cents / 100) / 100;
    return true;
}

bool pressure_parse(struct pressure *p, const char *text, size_t length, const char *name, struct err *e)
{
    memset(p, 0, sizeof *p);
    struct span all = span_of(text, length), line;
    for (unsigned number = 1; scan_line(&all, &line); number++) {
        if (scan_end(&line))
            continue;
        struct pressure_line *l = scan_literal(&line, "some ")   ? &p->some
                                  : scan_literal(&line, "full ") ? &p->full
                                                                 : NULL;
        if (!l || !scan_literal(&line, "avg10=") || !percent(&line, &l->avg10) || !scan_literal(&line, "avg60=") ||
            !percent(&line, &l->avg60) || !scan_literal(&line, "avg300=") || !percent(&line, &l->avg300) ||
            !scan_literal(&line, "total=") || !scan_number(&line, &l->total) || !scan_end(&line))
            return err_set(e, "/proc/pressure/%s:%u: not what a kernel prints", name, number);
        l->known = true;
    }
    return p->some.known || err_set(e, "/proc/pressure/%s: empty", name);
}

bool pressure_read(struct pressure *p, const struct root *r, const char *name, enum status *status, struct err *e)
{
    char path[64], buffer[1024];
    memset(p, 0, sizeof *p);
    snprintf(path, sizeof path, "proc/pressure/%s", name);
    ssize_t length = root_read_small(r, path, buffer, sizeof buffer);
    if (length < 0) {
        *status = length == -EOPNOTSUPP ? STATUS_ABSENT : status_of_errno((int)-length);
        if (*status == STATUS_ABSENT)
            return err_set(
                e, "/proc/%s: this kernel does not measure pressure (needs Linux 4.20, CONFIG_PSI and not psi=0)",
                path + 5);
        char reason[256];
        char shown[72];
        snprintf(shown, sizeof shown, "/%s", path);
        root_reason(reason, sizeof reason, shown, *status);
        return err_set(e, "%s", reason);
    }
    return source_parsed(pressure_parse(p, buffer, (size_t)length, name, e), status);
}
