/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A case file of any content: the bytes as they are, and the same with a checksum that holds, so that what lies behind
 * it is reached. What loads must save, load again, save the same, and be no better or worse than itself. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "driver.h"
#include "engine/case/case.h"
#include "report/compare_document.h"

static void try_case(const char *text, size_t length)
{
    struct err e;
    struct case_file *c = case_from_json("fuzz", text, length, &e);
    if (!c)
        return;
    size_t first_length, second_length;
    AUTO_FREE char *first = case_to_json(c, &first_length);
    struct case_file *again = case_from_json("again", first, first_length, &e);
    if (!again)
        abort();
    AUTO_FREE char *second = case_to_json(again, &second_length);
    if (first_length != second_length || memcmp(first, second, first_length) != 0)
        abort();
    struct comparison *same = compare_cases(c, again, &e);
    if (!same || same->outcome != OUTCOME_SAME)
        abort();
    size_t diff_length;
    AUTO_FREE char *diff = compare_to_json(same, &diff_length);
    comparison_free(same);
    case_free(again);
    case_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_case((const char *)data, size);
    /* a whole case as the seed: what follows its last member is taken off */
    static const char mark[] = ",\n  \"checksum\": \"crc32:";
    const void *found = size > sizeof mark ? memmem(data, size, mark, sizeof mark - 1) : NULL;
    size_t body = found ? (size_t)((const uint8_t *)found - data) : size;
    AUTO_FREE char *text = mem_alloc(body + 64);
    memcpy(text, data, body);
    int tail = snprintf(text + body, 64, "%s%08lx\"\n}\n", mark, crc32_z(0, data, body));
    try_case(text, body + (size_t)tail);
    return 0;
}
