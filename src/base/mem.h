/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory. Running out ends the program in one place (mem_exhausted: one sentence on stderr, exit status 3), so no caller
 * checks. An arena owns everything allocated from it and frees it at once. */
#ifndef FW_BASE_MEM_H
#define FW_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof *(array))
/* Of a list, #define LIST(X) X(INDEX, …) …: the members of an enum, and of the array that it indexes. */
#define LIST_INDEX(index, ...) index,
#define LIST_ENTRY(index, ...) [index] = {__VA_ARGS__},
#define LIST_NAME(index, name) [index] = (name),
/* The first of `count` structs whose member is that text; NULL: none, or no text was given. */
#define ARRAY_FIND(list, count, member, text)                                                                          \
    ((__typeof__(&*(list)))array_find(list, count, sizeof *(list), offsetof(__typeof__(*(list)), member), text))
void *array_find(const void *list, size_t count, size_t size, size_t member, const char *text);

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));               /* zeroed; free() releases it */
void *mem_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed, overflow-checked */
void *mem_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull)); /* new part not zeroed */
/* Room for one more element at the end of an array that only this has grown. Its room follows from its count: twice as much at
 * each power of two, from 8. */
#define MEM_ROOM(array, count) ((array) = mem_room((array), (count), sizeof *(array)))
void *mem_room(void *array, size_t count, size_t size) __attribute__((returns_nonnull));
char *mem_strdup(const char *text) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
char *mem_vprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0), returns_nonnull));
_Noreturn void mem_exhausted(void);

struct arena_block;
struct arena {
    struct arena_block *blocks; /* zero-initialise to start */
    void *interned;
};

void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull)); /* zeroed, aligned for any type */
char *arena_strdup(struct arena *a, const char *text) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *text, size_t length) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3), returns_nonnull));
/* The copy that equal texts of this arena share; a text ends at its first NUL. */
const char *arena_intern(struct arena *a, const char *text, size_t length) __attribute__((returns_nonnull));
void arena_free(struct arena *a); /* frees all; the arena can be used again */

static inline void mem_free_at(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}
#define AUTO_FREE __attribute__((unused, cleanup(mem_free_at))) /* unused: clang counts no cleanup as a use */

#endif
