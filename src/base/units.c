/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers are written and read by hand: printf and strtod would follow the locale's decimal comma. */
#include "base/units.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const char *const names[] = {
    [TYPE_BOOL] = "yes or no",        [TYPE_TEXT] = "text",
    [TYPE_COUNT] = "count",           [TYPE_RATIO] = "ratio",
    [TYPE_BYTES] = "bytes",           [TYPE_SECONDS] = "seconds",
    [TYPE_RATE] = "count per second", [TYPE_BYTE_RATE] = "bytes per second",
};

const char *type_name(enum type type)
{
    return (unsigned)type < ARRAY_SIZE(names) ? names[type] : "unknown";
}

bool type_is_number(enum type type)
{
    return type != TYPE_BOOL && type != TYPE_TEXT;
}

/* A number being laid out; always fits, as every caller limits its digits. */
struct show {
    char text[64];
    size_t length;
};

static void put(struct show *s, const char *text)
{
    size_t n = strlen(text);
    if (n > sizeof s->text - 1 - s->length)
        n = sizeof s->text - 1 - s->length;
    memcpy(s->text + s->length, text, n);
    s->length += n;
    s->text[s->length] = '\0';
}

static void put_whole(struct show *s, uint64_t number)
{
    char digits[32];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    for (unsigned n = 0; n == 0 || number; n++) {
        if (n && n % 3 == 0)
            digits[--at] = ',';
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    }
    put(s, digits + at);
}

/* A number >= 0 with so many decimals; `trim` drops zeros at their end. */
static void put_decimal(struct show *s, double number, unsigned decimals, bool trim)
{
    if (number >= 1e15) { /* digits below this would be made up */
        unsigned exponent = 0;
        for (; number >= 9.995; number /= 10)
            exponent++;
        put_decimal(s, number, 2, true);
        put(s, "e+");
        put_whole(s, exponent);
        return;
    }
    uint64_t scale = 1;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    uint64_t scaled = (uint64_t)(number * (double)scale + 0.5), whole = scaled / scale, part = scaled % scale;
    put_whole(s, whole);
    if (!decimals || (trim && !part))
        return;
    char digits[16] = ".";
    for (unsigned i = decimals; i > 0; i--, part /= 10)
        digits[i] = (char)('0' + part % 10);
    while (trim && digits[decimals] == '0')
        decimals--;
    digits[decimals + 1] = '\0';
    put(s, digits);
}

/* Three significant digits, and all digits of the whole part. */
static void put_three(struct show *s, double number)
{
    put_decimal(s, number, number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2, true);
}

static void put_bytes(struct show *s, double number)
{
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    unsigned u = 0;
    while (u < 6 && number >= 1023.5) {
        number /= 1024;
        u++;
    }
    if (u == 0 && number < 0.005 && number > 0)
        put(s, "<0.01");
    else
        put_three(s, number);
    put(s, units[u]);
}

static void put_count(struct show *s, double number)
{
    if (number >= 1 || number == 0) {
        put_three(s, number);
    } else if (number < 0.0005) {
        put(s, "<0.001");
    } else {
        put_decimal(s, number, number < 0.00995 ? 4 : 3, true);
    }
}

static void put_ratio(struct show *s, double number)
{
    double percent = number * 100;
    if (percent > 0 && percent < 0.1)
        put(s, "<0.1");
    else if (percent < 9.95 || (percent >= 99 && percent < 99.95))
        put_decimal(s, percent, 1, true);
    else
        put_decimal(s, percent, 0, true);
    put(s, " %");
}

static void put_seconds(struct show *s, double number)
{
    if (number == 0) {
        put(s, "0 s");
    } else if (number < 1e-6) {
        put(s, "<1 µs");
    } else if (number < 0.0009995) {
        put_decimal(s, number * 1e6, number < 9.95e-6, true);
        put(s, " µs");
    } else if (number < 0.09995) {
        put_decimal(s, number * 1e3, number < 9.95e-3, true);
        put(s, " ms");
    } else if (number < 0.995) {
        put_decimal(s, number, 2, false);
        put(s, " s");
    } else if (number < 59.5) {
        put_decimal(s, number, number < 9.95, true);
        put(s, " s");
    } else {
        static const struct {
            uint64_t seconds;
            const char *unit;
        } parts[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
        if (number >= 1e15) {
            put_decimal(s, number / 86400, 0, true);
            put(s, " d");
            return;
        }
        /* two parts, the smaller one rounded */
        unsigned p = number < 3599.5 ? 2 : number < 86370 ? 1 : 0;
        uint64_t step = parts[p + 1].seconds, whole = (uint64_t)(number / (double)step + 0.5) * step;
        put_whole(s, whole / parts[p].seconds);
        put(s, parts[p].unit);
        if (whole % parts[p].seconds) {
            put(s, " ");
            put_whole(s, whole % parts[p].seconds / step);
            put(s, parts[p + 1].unit);
        }
    }
}

/* Slow leaks and events read best by the minute, and then compare with each other: one limit for all. */
static void put_byte_rate(struct show *s, double number)
{
    bool by_minute = number > 0 && number < 1048576 * (1 - 1e-9);
    put_bytes(s, by_minute ? number * 60 : number);
    put(s, by_minute ? "/min" : "/s");
}

static void put_rate(struct show *s, double number)
{
    if (number == 0 || number >= 1) {
        put_count(s, number);
        put(s, "/s");
    } else if (number * 60 >= 1 - 1e-9) {
        put_count(s, number * 60);
        put(s, "/min");
    } else {
        put_count(s, number * 3600);
        put(s, "/h");
    }
}

static void (*const put_type[])(struct show *s, double number) = {
    [TYPE_RATIO] = put_ratio, [TYPE_BYTES] = put_bytes,         [TYPE_SECONDS] = put_seconds,
    [TYPE_RATE] = put_rate,   [TYPE_BYTE_RATE] = put_byte_rate,
};

void units_format(char *out, size_t size, double number, enum type type)
{
    if (!size)
        return;
    struct show s = {.length = 0};
    double magnitude = fmin(fabs(number), 1e300); /* scaled below, it must not overflow */
    if (isnan(number)) {
        put(&s, "not a number");
    } else if (isinf(number)) {
        put(&s, number < 0 ? "less than any number" : "more than any number");
    } else if (type == TYPE_BOOL) {
        put(&s, number != 0 ? "yes" : "no");
    } else {
        struct show unsigned_text = {.length = 0};
        bool known = (unsigned)type < ARRAY_SIZE(put_type) && put_type[type];
        (known ? put_type[type] : put_count)(&unsigned_text, magnitude);
        /* "-<0.1 %" would say the opposite */
        const char *text = unsigned_text.text;
        if (number < 0) {
            put(&s, *text == '<' ? ">-" : "-");
            text += *text == '<';
        }
        put(&s, text);
    }
    size_t n = s.length < size ? s.length : size - 1;
    memcpy(out, s.text, n);
    out[n] = '\0';
}

struct units_text units_text(double number, enum type type)
{
    struct units_text out;
    units_format(out.text, sizeof out.text, number, type);
    return out;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Exact for up to 15 digits, as both the digits and the power of ten are. Returns the bytes used. */
static size_t parse_number(const char *text, double *number)
{
    double digits = 0, scale = 1;
    size_t n = 0;
    while (is_digit(text[n]))
        digits = digits * 10 + (text[n++] - '0');
    if (!n)
        return 0;
    if (text[n] == '.' && is_digit(text[n + 1])) {
        for (n++; is_digit(text[n]); n++) {
            if (scale >= 1e22 || digits >= 9e15)
                continue; /* beyond what a double holds */
            digits = digits * 10 + (text[n] - '0');
            scale *= 10;
        }
    }
    *number = digits / scale;
    return n;
}

static const struct unit {
    const char *name;
    enum type type;
    double factor;
} units[] = {
    {"B", TYPE_BYTES, 1},        {"KiB", TYPE_BYTES, 1024.0}, {"MiB", TYPE_BYTES, 1048576.0},
    {"GiB", TYPE_BYTES, 0x1p30}, {"TiB", TYPE_BYTES, 0x1p40}, {"PiB", TYPE_BYTES, 0x1p50},
    {"EiB", TYPE_BYTES, 0x1p60}, {"kB", TYPE_BYTES, 1e3},     {"MB", TYPE_BYTES, 1e6},
    {"GB", TYPE_BYTES, 1e9},     {"TB", TYPE_BYTES, 1e12},    {"PB", TYPE_BYTES, 1e15},
    {"us", TYPE_SECONDS, 1e-6},  {"ms", TYPE_SECONDS, 1e-3},  {"s", TYPE_SECONDS, 1},
    {"min", TYPE_SECONDS, 60},   {"h", TYPE_SECONDS, 3600},   {"d", TYPE_SECONDS, 86400},
};

static const struct unit *find_unit(const char *text, size_t length)
{
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (strlen(units[i].name) == length && memcmp(units[i].name, text, length) == 0)
            return &units[i];
    return NULL;
}

/* "/s", "/min"… after a count or bytes; in an expression the same characters can be a division by a name or by min(). */
static size_t parse_per(const char *text, double *seconds)
{
    if (text[0] != '/')
        return 0;
    size_t n = 1;
    while (is_word(text[n]))
        n++;
    const struct unit *u = find_unit(text + 1, n - 1);
    if (!u || u->type != TYPE_SECONDS || u->factor < 1 || text[n] == '(' || text[n] == '.')
        return 0;
    *seconds = u->factor;
    return n;
}

size_t units_parse(const char *text, double *number, enum type *type)
{
    double value, seconds;
    size_t n = parse_number(text, &value);
    if (!n)
        return 0;
    enum type found = TYPE_COUNT;
    if (text[n] == '%') {
        found = TYPE_RATIO;
        value /= 100;
        n++;
    } else if (is_word(text[n])) {
        size_t length = 0;
        while (is_word(text[n + length]))
            length++;
        const struct unit *u = find_unit(text + n, length);
        if (!u)
            return 0;
        found = u->type;
        value = u->factor < 1 ? value / (1 / u->factor) : value * u->factor;
        n += length;
    }
    if (found == TYPE_COUNT || found == TYPE_BYTES) {
        size_t per = parse_per(text + n, &seconds);
        if (per) {
            value /= seconds;
            found = found == TYPE_COUNT ? TYPE_RATE : TYPE_BYTE_RATE;
            n += per;
        }
    }
    if (!isfinite(value))
        return 0;
    *number = value;
    *type = found;
    return n;
}

bool units_parse_duration(const char *text, double *seconds)
{
    double total = 0;
    const char *at = text;
    while (*at) {
        double value;
        size_t n = parse_number(at, &value);
        if (!n)
            return false;
        if (!at[n] && at == text) { /* a bare number */
            total = value;
            at += n;
            break;
        }
        at += n;
        while (*at == ' ')
            at++;
        size_t length = 0;
        while (is_word(at[length]) && !is_digit(at[length]))
            length++;
        const struct unit *u = find_unit(at, length);
        if (!u || u->type != TYPE_SECONDS)
            return false;
        total += u->factor < 1 ? value / (1 / u->factor) : value * u->factor;
        at += length;
        while (*at == ' ')
            at++;
    }
    if (at == text || !isfinite(total))
        return false;
    *seconds = total;
    return true;
}
