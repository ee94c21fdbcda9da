/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text from the machine is hostile: a process can be named with markup, escape sequences or broken UTF-8. It is cleaned
 * once, where it enters the facts, so that everything behind that door holds printable UTF-8 only. */
#ifndef FW_BASE_TEXT_H
#define FW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Writes `length` bytes of `raw` to `out` (at most `size` bytes with the NUL, cut between characters) with each control
 * character (C0, DEL, C1), invalid UTF-8 byte, non-character, and bidirectional or zero-width control replaced by U+FFFD.
 * Returns the length written. Tab and newline count as control characters too. */
size_t text_clean(char *out, size_t size, const char *raw, size_t length);

/* The number of terminal columns of clean text (wcwidth without the locale: East Asian wide counts 2, combining 0). */
size_t text_width(const char *text);
size_t text_width_n(const char *text, size_t length);
/* How many of the bytes fit into `width` columns; at least one character. */
size_t text_fitting(const char *text, size_t length, size_t width);

/* Copies clean text with every non-ASCII character replaced by an ASCII one (… by ..., → by ->, – and — by -, × by x,
 * ≥ by >=, U+FFFD and the rest by ?). Returns the length written. */
size_t text_ascii(char *out, size_t size, const char *text);

/* Fresh text, caller frees: clean text as it is, or in ASCII; raw text cleaned before; a name in words: each of these
 * marks of it is a space. */
char *text_shown(const char *text, bool ascii);
char *text_shown_raw(const char *raw, size_t length, bool ascii);
char *text_in_words(const char *name, const char *marks);

/* The number of single-character edits between two names (two neighbours swapped count as one), and the nearest of
 * `count` candidates to `name`, or NULL if none is near enough to suggest (distance above 2 or above a third of the
 * length). */
size_t text_distance(const char *a, const char *b);
const char *text_nearest(const char *name, const char *const *candidates, size_t count);
/* The same of members of structs, as ARRAY_FIND takes them. */
#define TEXT_NEAREST(name, list, count, member)                                                                        \
    text_nearest_member(name, list, count, sizeof *(list), offsetof(__typeof__(*(list)), member))
const char *text_nearest_member(const char *name, const void *list, size_t count, size_t size, size_t member);

#endif
