/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/mem.h"

#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/output.h"

_Noreturn void mem_exhausted(void)
{
    static const char sentence[] = "fragwizard: out of memory; nothing was changed\n";
    output_abandon();
    if (write(STDERR_FILENO, sentence, sizeof sentence - 1) < 0)
        _exit(3);
    _exit(3);
}

void *mem_alloc(size_t size)
{
    return mem_array(1, size);
}

void *mem_array(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        mem_exhausted();
    return p;
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        mem_exhausted();
    void *p = realloc(old, total ? total : 1);
    if (!p)
        mem_exhausted();
    return p;
}

void *mem_room(void *array, size_t count, size_t size)
{
    if (count == 0)
        return mem_resize(array, 8, size);
    return count >= 8 && (count & (count - 1)) == 0 ? mem_resize(array, 2 * count, size) : array;
}

void *array_find(const void *list, size_t count, size_t size, size_t member, const char *text)
{
    const char *at = list;
    for (size_t i = 0; i < count; i++, at += size) {
        const char *own = *(const char *const *)(at + member);
        if (own && text && strcmp(own, text) == 0)
            return (void *)at;
    }
    return NULL;
}

char *mem_strdup(const char *text)
{
    size_t length = strlen(text) + 1;
    return memcpy(mem_alloc(length), text, length);
}

static char *format_into(char *(*get)(void *, size_t), void *context, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0)
        mem_exhausted();
    char *out = get(context, (size_t)length + 1);
    vsnprintf(out, (size_t)length + 1, format, again);
    va_end(again);
    return out;
}

static char *get_heap(void *context, size_t size)
{
    (void)context;
    return mem_alloc(size);
}

static char *get_arena(void *context, size_t size)
{
    return arena_alloc(context, size);
}

char *mem_vprintf(const char *format, va_list args)
{
    return format_into(get_heap, NULL, format, args);
}

char *mem_printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *out = format_into(get_heap, NULL, format, args);
    va_end(args);
    return out;
}

enum { ARENA_FIRST = 1024, ARENA_LARGEST = 65536 };

struct arena_block {
    struct arena_block *next;
    size_t capacity;   /* as allocated; the next block is twice that */
    size_t used, size; /* objects grow from the head, strings from the tail */
    _Alignas(max_align_t) unsigned char data[];
};

static void arena_grow(struct arena *a, size_t size)
{
    size_t room = a->blocks ? a->blocks->capacity * 2 : ARENA_FIRST;
    if (room > ARENA_LARGEST)
        room = ARENA_LARGEST;
    if (room < size)
        room = size;
    struct arena_block *fresh = mem_alloc(sizeof *fresh + room);
    fresh->size = fresh->capacity = room;
    fresh->next = a->blocks;
    a->blocks = fresh;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        mem_exhausted();
    size = (size + align - 1) / align * align;
    if (!a->blocks || a->blocks->size - a->blocks->used < size)
        arena_grow(a, size);
    struct arena_block *block = a->blocks;
    void *p = block->data + block->used;
    block->used += size;
    return p;
}

/* Strings need no alignment, and most of what an arena holds are short strings. */
static char *arena_bytes(struct arena *a, size_t size)
{
    struct arena_block *block = a->blocks;
    if (block && block->size - block->used >= size) {
        /* the tail of the block, so that aligned objects keep growing from its head */
        block->size -= size;
        return (char *)block->data + block->size;
    }
    arena_grow(a, size);
    return arena_bytes(a, size);
}

char *arena_strndup(struct arena *a, const char *text, size_t length)
{
    char *copy = arena_bytes(a, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_strndup(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *out = format_into(get_arena, a, format, args);
    va_end(args);
    return out;
}

struct piece {
    const char *text;
    size_t length; /* without a NUL in it */
};

static int compare_piece(const void *piece, const void *text)
{
    const struct piece *p = piece;
    int order = strncmp(p->text, text, p->length);
    return order ? order : ((const char *)text)[p->length] ? -1 : 0;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

const char *arena_intern(struct arena *a, const char *text, size_t length)
{
    struct piece piece = {text, strnlen(text, length)};
    void *found = tfind(&piece, &a->interned, compare_piece);
    if (found)
        return *(const char **)found;
    char *copy = arena_strndup(a, text, piece.length);
    if (!tsearch(copy, &a->interned, compare_text))
        mem_exhausted();
    return copy;
}

static void ignore(void *p)
{
    (void)p;
}

void arena_free(struct arena *a)
{
    tdestroy(a->interned, ignore);
    a->interned = NULL;
    for (struct arena_block *block = a->blocks; block;) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    a->blocks = NULL;
}
