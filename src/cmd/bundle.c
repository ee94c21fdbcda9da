/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A zip (APPNOTE.TXT 6.3, deflate, no extensions): every system can open it, and ticket systems that refuse .html take it. */
#include "cmd/bundle.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/output.h"
#include "base/sha256.h"
#include "base/str.h"
#include "report/report.h"

struct zip {
    struct str out, directory;
    unsigned count;
};

static void put16(struct str *s, unsigned v)
{
    char b[2] = {(char)v, (char)(v >> 8)};
    str_add_n(s, b, sizeof b);
}

static void put32(struct str *s, unsigned long v)
{
    put16(s, (unsigned)(v & 0xffff));
    put16(s, (unsigned)(v >> 16 & 0xffff));
}

static void put_common(struct str *s, unsigned long crc, size_t packed, size_t size, size_t name)
{
    put16(s, 20);     /* version needed: deflate */
    put16(s, 0x0800); /* names are UTF-8 */
    put16(s, 8);      /* deflate */
    put16(s, 0);      /* the time is in the report; a constant keeps equal cases equal */
    put16(s, 0x21);   /* 1980-01-01, the format's first day */
    put32(s, crc);
    put32(s, packed);
    put32(s, size);
    put16(s, (unsigned)name);
    put16(s, 0);
}

static void add_entry(struct zip *z, const char *name, const char *data, size_t length)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        mem_exhausted();
    size_t room = deflateBound(&stream, length);
    AUTO_FREE unsigned char *packed = mem_alloc(room);
    stream.next_in = (unsigned char *)data;
    stream.avail_in = (uInt)length;
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    deflate(&stream, Z_FINISH);
    size_t packed_length = stream.total_out;
    deflateEnd(&stream);
    unsigned long crc = crc32(0, (const unsigned char *)data, (uInt)length);
    size_t offset = z->out.length, name_length = strlen(name);
    put32(&z->out, 0x04034b50);
    put_common(&z->out, crc, packed_length, length, name_length);
    str_add_n(&z->out, name, name_length);
    str_add_n(&z->out, (char *)packed, packed_length);
    put32(&z->directory, 0x02014b50);
    put16(&z->directory, 3 << 8 | 20); /* made on Unix */
    put_common(&z->directory, crc, packed_length, length, name_length);
    put16(&z->directory, 0);
    put16(&z->directory, 0);
    put16(&z->directory, 0);
    put32(&z->directory, 0100600ul << 16);
    put32(&z->directory, offset);
    str_add_n(&z->directory, name, name_length);
    z->count++;
}

static void end_zip(struct zip *z)
{
    size_t offset = z->out.length;
    str_add_n(&z->out, str_text(&z->directory), z->directory.length);
    put32(&z->out, 0x06054b50);
    put16(&z->out, 0);
    put16(&z->out, 0);
    put16(&z->out, z->count);
    put16(&z->out, z->count);
    put32(&z->out, z->directory.length);
    put32(&z->out, offset);
    put16(&z->out, 0);
}

bool bundle_write(const char *path, const struct case_file *c, struct err *e)
{
    static const enum report_format formats[] = {FORMAT_HTML, FORMAT_TEXT, FORMAT_JSON};
    static const char *const names[] = {"report.html", "report.txt", "case.json"};
    struct zip z = {0};
    AUTO_STR struct str sums = {0};
    struct report_style style = {.width = 100};
    bool fine = true;
    for (size_t i = 0; fine && i < ARRAY_SIZE(formats); i++) {
        size_t length;
        AUTO_FREE char *text = report_render(c, formats[i], &style, &length, e);
        fine = text != NULL;
        if (!fine)
            break;
        char sum[65];
        sha256_hex(sum, text, length);
        str_printf(&sums, "%s  %s\n", sum, names[i]);
        add_entry(&z, names[i], text, length);
    }
    if (fine) {
        add_entry(&z, "SHA256SUMS", str_text(&sums), sums.length);
        end_zip(&z);
        fine = output_write_file(path, z.out.data, z.out.length, 0600, e);
    }
    str_free(&z.out);
    str_free(&z.directory);
    return fine;
}
