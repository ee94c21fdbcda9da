/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A case made by a test: JSON from standard input with the checksum member that a case ends in. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    static char text[1 << 20];
    size_t length = fread(text, 1, sizeof text, stdin);
    while (length && text[length - 1] != '}')
        length--;
    if (!length)
        return 1;
    length--;
    while (length && strchr(" \n", text[length - 1]))
        length--;
    uint32_t sum = 0xffffffff;
    for (size_t i = 0; i < length; i++) {
        sum ^= (unsigned char)text[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
    }
    fwrite(text, 1, length, stdout);
    printf(",\n  \"checksum\": \"crc32:%08x\"\n}\n", (unsigned)~sum);
    return 0;
}
