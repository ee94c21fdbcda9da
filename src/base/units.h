/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Types and dimensions of values, and how people read and write them. Numbers shown carry a unit and sane precision
 * (`1.4 GiB`, `37 %`, `12 MiB/min`, `2 h 5 min`); literals are written in the same units (`64MiB`, `5%`, `2MiB/min`). */
#ifndef FW_BASE_UNITS_H
#define FW_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>

enum type {
    TYPE_BOOL,
    TYPE_TEXT,
    TYPE_COUNT, /* a plain number */
    TYPE_RATIO, /* 0–1 */
    TYPE_BYTES,
    TYPE_SECONDS,
    TYPE_RATE,      /* count per second */
    TYPE_BYTE_RATE, /* bytes per second */
};

const char *type_name(enum type type); /* "bytes", "ratio", "count per second"… for messages and help */
bool type_is_number(enum type type);

/* Formats `number` of dimension `type` for people, into `out` (64 bytes always suffice). */
void units_format(char *out, size_t size, double number, enum type type);
/* The same as a value, for an argument: units_text(free, TYPE_BYTES).text lives as long as the expression that it stands in. */
struct units_text {
    char text[64];
} units_text(double number, enum type type);

/* Parses a literal such as 3, 5%, 64MiB, 4kB, 2MiB/min, 100/s, 30s, 5min, 2h, 1d at the start of `text`. Returns the
 * number of bytes used, 0 if there is no number or the unit is unknown. IEC units are binary, kB/MB/GB decimal. */
size_t units_parse(const char *text, double *number, enum type *type);

/* A whole duration argument ("30s", "5min", "2h", "3d"; a bare number is seconds). */
bool units_parse_duration(const char *text, double *seconds);

#endif
