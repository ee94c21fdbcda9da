/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What monitoring gets: the line for Nagios and its kin, and the metrics for Prometheus.
 * With FRAGWIZARD_TEST_REPORTS=DIR they are left there for tests/report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <regex.h>

#include "report/report.h"
#include "sample_evidence.h"

static char *render(const struct case_file *c, enum report_format f)
{
    struct err e = {0};
    size_t length = 0;
    char *out = report_render(c, f, NULL, &length, &e);
    if (!out)
        fail_msg("%s", e.text);
    assert_int_equal(length, strlen(out));
    const char *directory = getenv("FRAGWIZARD_TEST_REPORTS");
    if (directory) {
        AUTO_FREE char *path =
            mem_printf("%s/sample-%s.%s", directory, case_status_names[c->status], report_format_suffix(f));
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(out, file);
        fclose(file);
    }
    return out;
}

static bool matches(const char *text, const char *pattern)
{
    regex_t r;
    assert_int_equal(regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&r, text, 0, NULL, 0) == 0;
    regfree(&r);
    return found;
}

/* Checks the whole line by the Monitoring Plugins guidelines. */
static void check_nagios(const char *line)
{
    const char *bar = strchr(line, '|');
    assert_non_null(bar);
    assert_true(bar - line <= 80);
    assert_null(strchr(bar + 1, '|'));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_true(matches(line, "^FRAGWIZARD (OK|WARNING|CRITICAL|UNKNOWN) - [ -{}~]+ \\|"));
    AUTO_FREE char *data = mem_strdup(bar + 1);
    char *labels[64], *save = NULL;
    size_t count = 0;
    for (char *item = strtok_r(data, " \n", &save); item; item = strtok_r(NULL, " \n", &save)) {
        if (!matches(item, "^[a-z_]+=(U|[0-9]+(\\.[0-9]+)?(B|s|%)?)(;[0-9.]*:?){0,4}$"))
            fail_msg("performance data: %s", item);
        *strchr(item, '=') = '\0';
        for (size_t i = 0; i < count; i++)
            assert_string_not_equal(labels[i], item);
        labels[count++] = item;
    }
    assert_true(count >= 4);
}

static void nagios_says_the_worst(void **state)
{
    (void)state;
    struct case_file *c = sample_case();
    AUTO_FREE char *line = render(c, FORMAT_NAGIOS);
    check_nagios(line);
    assert_true(matches(line, "^FRAGWIZARD CRITICAL - Physical memory is fragmented: 97 %"));
    assert_non_null(strstr(line, "... |"));
    assert_non_null(strstr(line, " findings_critical=1;"));
    assert_non_null(strstr(line, " findings_warning=2;"));
    assert_non_null(strstr(line, " unchecked=4;"));
    assert_non_null(strstr(line, " unusable_huge_free=97.10%;;;0;100 "));
    assert_non_null(strstr(line, " memory_available=12000000000B;2000000000:;500000000:;0 "));
    assert_non_null(strstr(line, " memory_pressure_some=U;10.00;;0;100 ")); /* never zero */
    case_free(c);
}

static void nagios_ok_and_short(void **state)
{
    (void)state;
    struct case_file *c = sample_case_healthy();
    AUTO_FREE char *line = render(c, FORMAT_NAGIOS);
    check_nagios(line);
    assert_true(matches(line, "^FRAGWIZARD OK - Memory is in order: nothing points to fragmentation. \\|"));
    case_free(c);
}

static void nagios_hostile_and_unknown(void **state)
{
    (void)state;
    struct case_file *c = case_new();
    AUTO_FREE char *line = render(c, FORMAT_NAGIOS);
    check_nagios(line);
    assert_true(matches(line, "^FRAGWIZARD UNKNOWN - "));
    struct figure hostile_figures[] = {
        {"a|b x", "of a forged case", {TYPE_BYTES, true, .number = 1}, {TYPE_BYTES}, {TYPE_BYTES}, false},
        {"text", "no number", {TYPE_TEXT, true, .text = "x"}, {TYPE_TEXT}, {TYPE_TEXT}, false},
        {"mixed", "of two dimensions", {TYPE_BYTES, true, .number = 1}, {TYPE_RATIO}, {TYPE_BYTES}, false},
        {"infinite", "no end", {TYPE_BYTES, true, .number = INFINITY}, {TYPE_BYTES}, {TYPE_BYTES}, false},
    };
    c->figures = hostile_figures;
    c->figure_count = ARRAY_SIZE(hostile_figures);
    c->status = CASE_WARNING;
    c->headline = "a|b=9 …“x”\nverylongwordverylongwordverylongwordverylongwordverylongwordverylongwordverylongword";
    AUTO_FREE char *hostile = render(c, FORMAT_NAGIOS);
    check_nagios(hostile);
    assert_true(matches(hostile, "^FRAGWIZARD WARNING - a/b=9"));
    assert_null(strstr(hostile, "text="));
    assert_null(strstr(hostile, "mixed="));
    assert_non_null(strstr(hostile, " infinite=U;"));
    case_free(c);
}

static void prometheus_metrics(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    c->version = "0.1\"\\\n";
    AUTO_FREE char *text = render(c, FORMAT_PROMETHEUS);
    assert_non_null(strstr(text, "\nfragwizard_build_info{version=\"0.1\\\"\\\\\\n\"} 1\n"));
    assert_non_null(strstr(text, "\nfragwizard_unusable_free_ratio{node=\"0\",zone=\"Normal\",order=\"9\"} 0.9\n"));
    assert_non_null(strstr(text, "\nfragwizard_verdict{hypothesis=\"external\",state=\"confirmed\"} 1\n"));
    assert_non_null(strstr(text, "\nfragwizard_verdict{hypothesis=\"external\",state=\"likely\"} 0\n"));
    assert_non_null(strstr(text, "\nfragwizard_findings{severity=\"warning\"} 2\n"));
    assert_non_null(strstr(text, "\nfragwizard_unchecked_checks 4\n"));
    assert_non_null(strstr(text, "\nfragwizard_last_run_timestamp_seconds 1795224129.400\n"));
    assert_non_null(strstr(text, "\nfragwizard_physmap_free_bytes{behind=\"movable\"} 1300000000\n"));
    assert_non_null(strstr(text, "\nfragwizard_physmap_free_bytes{behind=\"pinned\"} 1700000000\n"));
    assert_non_null(strstr(text, "\nfragwizard_memory_available_bytes 12000000000\n"));
    assert_null(strstr(text, "memory_pressure_some")); /* unknown is absent */
    assert_null(strstr(text, "pid"));
    assert_null(strstr(text, "\"1200\""));
    /* each line: a comment, or a name with labels and one number; no timestamp behind it */
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (!matches(line, "^# (HELP|TYPE) fragwizard_[a-z_]+ .+$") &&
            !matches(line, "^fragwizard_[a-z_]+(\\{([a-z]+=\"([^\"\\]|\\\\.)*\",?)+\\})? [-+.e0-9]+$"))
            fail_msg("%s", line);
    case_free(c);
}

static void prometheus_unknown_is_absent(void **state)
{
    (void)state;
    struct case_file *c = case_new();
    AUTO_FREE char *text = render(c, FORMAT_PROMETHEUS);
    assert_null(strstr(text, "memory_available"));
    assert_null(strstr(text, "unusable"));
    assert_null(strstr(text, "physmap"));
    assert_non_null(strstr(text, "fragwizard_status{state=\"unknown\"} 1"));
    case_free(c);
}

static void formats_by_name_and_ending(void **state)
{
    (void)state;
    enum report_format f;
    assert_true(report_format_parse("prometheus", &f) && f == FORMAT_PROMETHEUS);
    assert_false(report_format_parse("pdf", &f));
    assert_true(report_format_of_path("/a.b/report.HTML", &f) && f == FORMAT_HTML);
    assert_true(report_format_of_path("x.htm", &f) && f == FORMAT_HTML);
    assert_true(report_format_of_path("x.txt", &f) && f == FORMAT_TEXT);
    assert_true(report_format_of_path("x.json", &f) && f == FORMAT_JSON);
    assert_true(report_format_of_path("x.prom", &f) && f == FORMAT_PROMETHEUS);
    assert_false(report_format_of_path("/a.html/report", &f));
    assert_false(report_format_of_path("report", &f));
    assert_string_equal(report_format_suffix(FORMAT_PROMETHEUS), "prom");
}

int main(void)
{
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nagios_says_the_worst),        cmocka_unit_test(nagios_ok_and_short),
        cmocka_unit_test(nagios_hostile_and_unknown),   cmocka_unit_test(prometheus_metrics),
        cmocka_unit_test(prometheus_unknown_is_absent), cmocka_unit_test(formats_by_name_and_ending),
    };
    return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
