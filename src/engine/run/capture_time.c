/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/run/capture_time.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"

enum { FILE_BYTES_MAX = 64 * 1024, WORDS_MAX = 12 };

/* The usual meaning of an abbreviation. Where it has several the time is off by hours; now would be off by weeks. */
static const struct zone {
    const char *name;
    int minutes;
} zones[] = {
    {"UTC", 0},     {"GMT", 0},     {"Z", 0},      {"WET", 0},    {"BST", 60},   {"WEST", 60},
    {"CET", 60},    {"MET", 60},    {"CEST", 120}, {"MEST", 120}, {"EET", 120},  {"SAST", 120},
    {"EEST", 180},  {"MSK", 180},   {"IST", 330},  {"HKT", 480},  {"AWST", 480}, {"JST", 540},
    {"KST", 540},   {"AEST", 600},  {"AEDT", 660}, {"NZST", 720}, {"NZDT", 780}, {"HST", -600},
    {"AKST", -540}, {"AKDT", -480}, {"PST", -480}, {"PDT", -420}, {"MST", -420}, {"MDT", -360},
    {"CST", -360},  {"CDT", -300},  {"EST", -300}, {"EDT", -240}, {"AST", -240}, {"ADT", -180},
};

static int zone_minutes(const char *word)
{
    const struct zone *known = ARRAY_FIND(zones, ARRAY_SIZE(zones), name, word);
    if (known)
        return known->minutes;
    int hours, minutes = 0;
    if ((*word == '+' || *word == '-') && sscanf(word + 1, "%2d%2d", &hours, &minutes) >= 1)
        return (hours * 60 + minutes) * (*word == '-' ? -1 : 1);
    return 0;
}

/* 0–11, or -1. */
static int month_of(const char *word)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int m = 0; m < 12; m++)
        if (strncasecmp(word, names + 3 * m, 3) == 0)
            return m;
    return -1;
}

static bool all_digits(const char *word)
{
    return *word && !word[strspn(word, "0123456789")];
}

/* Each word tells by its form what it is; only the zone is what is left over behind the day's name. */
static void take_word(struct tm *t, const char *word, bool first, int *zone, int *half)
{
    int hour, minute, second;
    if (sscanf(word, "%2d:%2d:%2d", &hour, &minute, &second) == 3) {
        t->tm_hour = hour;
        t->tm_min = minute;
        t->tm_sec = second;
    } else if (all_digits(word) && strlen(word) == 4) {
        t->tm_year = atoi(word) - 1900;
    } else if (all_digits(word) && strlen(word) <= 2) {
        t->tm_mday = atoi(word);
    } else if (strcasecmp(word, "AM") == 0 || strcasecmp(word, "PM") == 0) {
        *half = toupper((unsigned char)*word);
    } else if (month_of(word) >= 0 && t->tm_mon < 0) {
        t->tm_mon = month_of(word);
    } else if (!first) {
        *zone = zone_minutes(word);
    }
}

double capture_parse_date(const char *text)
{
    struct tm t = {.tm_mon = -1, .tm_hour = -1};
    int zone = 0, half = 0;
    char line[128];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    char *rest = line;
    for (unsigned n = 0; n < WORDS_MAX; n++) {
        char *word = strtok_r(n ? NULL : line, " \t,", &rest);
        if (!word)
            break;
        take_word(&t, word, n == 0, &zone, &half);
    }
    if (half && t.tm_hour >= 1 && t.tm_hour <= 12)
        t.tm_hour = t.tm_hour % 12 + (half == 'P' ? 12 : 0);
    if (t.tm_year < 90 || t.tm_mon < 0 || t.tm_mday < 1 || t.tm_mday > 31 || t.tm_hour < 0 || t.tm_hour > 23 ||
        t.tm_min < 0 || t.tm_min > 59 || t.tm_sec < 0 || t.tm_sec > 60)
        return 0;
    return (double)timegm(&t) - zone * 60.0;
}

static char *read_text(const struct root *r, const char *path)
{
    size_t length;
    enum status status;
    return root_read(r, path, FILE_BYTES_MAX, &length, &status, NULL);
}

/* fragwizard-capture: "time 2026-11-21T02:22:09Z", one word and its value a line. The value, cut to its line. */
static bool captured_word(const struct root *r, const char *name, char *out, size_t size)
{
    AUTO_FREE char *text = read_text(r, "fragwizard-capture");
    size_t length = strlen(name);
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        if (strncmp(line, name, length) != 0 || line[length] != ' ')
            continue;
        const char *value = line + length + 1;
        snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
        return *out != '\0';
    }
    return false;
}

double capture_time(const struct root *r)
{
    static const char *const dates[] = {"sos_commands/date/date_--utc", "sos_commands/date/date", "date"};
    char text[64];
    if (r->live)
        return 0;
    if (captured_word(r, "time", text, sizeof text)) {
        struct tm t = {0};
        const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &t);
        double time = end && !*end ? (double)timegm(&t) : 0;
        return time > 0 ? time : 0;
    }
    double time = 0;
    for (size_t i = 0; r->sosreport && time <= 0 && i < ARRAY_SIZE(dates); i++) {
        AUTO_FREE char *date = read_text(r, dates[i]);
        time = date ? capture_parse_date(date) : 0;
    }
    return time;
}

bool capture_host(const struct root *r, char *out, size_t size)
{
    static const char *const names[] = {"sos_commands/host/hostname", "hostname"};
    if (root_sysctl(r, "kernel.hostname", out, size, &(enum status){0}, NULL))
        return true;
    if (r->live)
        return false;
    if (captured_word(r, "hostname", out, size))
        return true;
    for (size_t i = 0; r->sosreport && i < ARRAY_SIZE(names); i++) {
        AUTO_FREE char *text = read_text(r, names[i]);
        size_t blank = text ? strspn(text, " \t\n") : 0, length = text ? strcspn(text + blank, " \t\n") : 0;
        if (!length || length >= size)
            continue;
        memcpy(out, text + blank, length);
        out[length] = '\0';
        return true;
    }
    return false;
}
