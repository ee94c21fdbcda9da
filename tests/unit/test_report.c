/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reader of a report gets, as HTML and as text, and what the author of a template is told.
 * With FRAGWIZARD_TEST_REPORTS=DIR the reports made here are left there for tests/report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "report/report.h"
#include "sample_evidence.h"

static char config_dir[] = "/tmp/fragwizard-report-XXXXXX";

static char *render(const struct case_file *c, enum report_format f, struct report_style style)
{
    struct err e = {0};
    size_t length = 0;
    char *out = report_render(c, f, &style, &length, &e);
    if (!out)
        fail_msg("%s", e.text);
    assert_int_equal(length, strlen(out));
    return out;
}

static char *html_of(const struct case_file *c)
{
    return render(c, FORMAT_HTML, (struct report_style){0});
}

static char *text_of(const struct case_file *c, unsigned width)
{
    return render(c, FORMAT_TEXT, (struct report_style){.width = width});
}

/* Without its line breaks, as a reader takes it in */
static char *unwrapped(const char *text)
{
    char *out = mem_strdup(text), *w = out;
    for (const char *p = text; *p; p++) {
        bool space = *p == ' ' || *p == '\n';
        if (space && w > out && w[-1] == ' ')
            continue;
        *w++ = space ? ' ' : *p;
    }
    *w = '\0';
    return out;
}

static char *escaped(const char *text)
{
    struct str s = {0};
    for (const char *p = text; *p; p++)
        if (*p == '<')
            str_add(&s, "&lt;");
        else if (*p == '>')
            str_add(&s, "&gt;");
        else if (*p == '&')
            str_add(&s, "&amp;");
        else
            str_add_char(&s, *p);
    str_add(&s, "");
    return s.data;
}

static void leave(const char *name, const char *text)
{
    const char *directory = getenv("FRAGWIZARD_TEST_REPORTS");
    if (!directory)
        return;
    AUTO_FREE char *path = mem_printf("%s/%s", directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void one_file_without_script_or_fetch(void **state)
{
    (void)state;
    struct case_file *c = sample_case();
    AUTO_FREE char *html = html_of(c);
    leave("sample.html", html);
    assert_int_equal(strncmp(html, "<!DOCTYPE html>\n<html lang=\"en\"", 31), 0);
    assert_non_null(strstr(html, "content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    static const char *const never[] = {"<script", "<link",   "<img",     "<iframe",     "src=", "url(",
                                        "@import", "http://", "https://", "javascript:", " on",  "fw-"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        const char *at = strstr(html, never[i]);
        if (strcmp(never[i], " on") == 0)
            at = strstr(html, " onclick"); /* " on" alone is English */
        if (at)
            fail_msg("the report holds %s: %.60s", never[i], at);
    }
    assert_true(strlen(html) < 150 * 1024);
    const char *charset = strstr(html, "charset=UTF-8"); /* libxml2 likes to add its own */
    assert_non_null(charset);
    assert_null(strstr(charset + 1, "charset"));
    case_free(c);
}

static void hostile_names_are_text(void **state)
{
    (void)state;
    struct case_file *c = sample_case();
    AUTO_FREE char *html = html_of(c);
    assert_null(strstr(html, "<script"));
    assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;"));
    c->headline = "\033]0;evil\a\xff\xfe \xe2\x80\xae<b>bold</b>";
    AUTO_FREE char *again = html_of(c), *text = text_of(c, 80);
    assert_null(strpbrk(again, "\033\a"));
    assert_null(strpbrk(text, "\033\a"));
    assert_null(strstr(again, "<b>bold"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    case_free(c);
}

static void every_format_holds_the_same_findings(void **state)
{
    (void)state;
    struct case_file *c = sample_case();
    AUTO_FREE char *html = html_of(c), *text = text_of(c, 80), *json = render(c, FORMAT_JSON, (struct report_style){0});
    leave("sample.txt", text);
    leave("sample.json", json);
    AUTO_FREE char *flat = unwrapped(text);
    for (size_t i = 0; i < c->finding_count; i++) {
        AUTO_FREE char *say = escaped(c->findings[i].say);
        assert_non_null(strstr(html, say));
        assert_non_null(strstr(flat, c->findings[i].say));
        assert_non_null(strstr(json, c->findings[i].id));
    }
    for (size_t i = 0; i < c->check_count; i++) {
        AUTO_FREE char *cell = mem_printf("%s<", c->checks[i].id);
        if (c->checks[i].result != CHECK_FIRED)
            assert_non_null(strstr(flat, c->checks[i].id));
        assert_non_null(strstr(html, c->checks[i].id));
    }
    for (size_t i = 0; i < c->recommendation_count; i++) {
        const struct recommendation *r = &c->recommendations[i];
        const char *commands[] = {r->apply, r->keep, r->verify, r->undo};
        for (size_t k = 0; k < 4; k++) {
            if (!commands[k])
                continue;
            AUTO_FREE char *line = mem_strdup(commands[k]), *markup = escaped(commands[k]);
            line[strcspn(line, "\n")] = '\0';
            assert_non_null(strstr(text, line)); /* in one piece, to be copied */
            assert_non_null(strstr(html, markup));
        }
    }
    case_free(c);
}

static void first_screen_says_what_matters(void **state)
{
    (void)state;
    struct case_file *c = sample_case();
    AUTO_FREE char *text = text_of(c, 80);
    const char *said[] = {"[!!] Critical. Physical memory is fragmented",
                          "External fragmentation of physical memory: confirmed",
                          "Let the kernel compact earlier",
                          "sysctl -w vm.compaction_proactiveness=21",
                          "Not seen  [?]  4 of 40 checks could not be made",
                          "web-03",
                          "observed for 30 s"};
    size_t lines = 0;
    char *p = text;
    while (lines < 24 && (p = strchr(p, '\n')))
        lines++, p++;
    assert_non_null(p);
    char keep = *p;
    *p = '\0';
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (!strstr(text, said[i]))
            fail_msg("not on the first screen: %s", said[i]);
    *p = keep;
    /* worst first */
    assert_true(strstr(text, "Node 0 Normal: 100 %") < strstr(text, "63 % of 412 direct"));
    /* the change of the worst finding first, though the playbook has another order */
    assert_true(strstr(text, "1. Let the kernel compact") < strstr(text, "3. Recycle the PHP"));
    /* what was unknown is said with its reason */
    assert_non_null(strstr(text, "/proc/slabinfo: permission denied"));
    case_free(c);
}

static void healthy_report_says_so(void **state)
{
    (void)state;
    struct case_file *c = sample_case_healthy();
    AUTO_FREE char *html = html_of(c), *text = text_of(c, 80);
    leave("healthy.html", html);
    assert_non_null(strstr(text, "[ok] Nothing found. Memory is in order"));
    assert_non_null(strstr(text, "Nothing to change."));
    assert_non_null(strstr(text, "All 40 checks that apply here could be made."));
    assert_non_null(strstr(text, "one moment"));
    assert_non_null(strstr(html, "No warning and no critical finding."));
    case_free(c);
}

static void direct_evidence_is_shown(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    AUTO_FREE char *html = html_of(c), *text = text_of(c, 80), *narrow = text_of(c, 60);
    leave("evidence.html", html);
    assert_true(strlen(html) < 150 * 1024);
    assert_non_null(strstr(html, "Map of memory"));
    assert_non_null(strstr(html, "<svg class=\"key cells\""));
    assert_non_null(strstr(html, "Heap of php-fpm: pool www 1200"));
    assert_null(strstr(html, "url("));
    assert_null(strstr(html, "<script"));
    assert_non_null(strstr(text, "\nDirect evidence\n"));
    assert_non_null(strstr(text, "\ns  slab                 1,295   11 %"));
    assert_non_null(strstr(text, "\n      0 B mmkmmm"));
    assert_null(strstr(narrow, "0 B mmkmmm")); /* a picture is whole or not there */
    assert_non_null(strstr(narrow, "s  slab"));
    case_free(c);
}

static void experiments_tell_what_was_done(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    AUTO_FREE char *html = html_of(c), *text = text_of(c, 80), *flat = unwrapped(text);
    static const char *const said[] = {
        "[+] Compact all memory once, now? Done in 3.2 s.",
        "Result Share of free memory that cannot serve a huge page: 97 % → 94 %",
        "[-] Observe two minutes more? Declined. Cost Two minutes.",
        "give back free memory? Not run. Why not nobody was asked; --allow compaction would have allowed it",
        "[?] Compact node 1? Failed. Why not /proc/sys/vm/compact_memory: permission denied",
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (!strstr(flat, said[i]))
            fail_msg("not in the text: %s", said[i]);
    assert_non_null(strstr(html, "It changed nothing on this host but what the experiments above did."));
    assert_non_null(strstr(html, "href=\"#experiments\""));
    /* nothing was offered: nothing is shown */
    c->experiment_count = 0;
    AUTO_FREE char *none = html_of(c), *none_text = text_of(c, 80);
    assert_null(strstr(none, "Experiments"));
    assert_null(strstr(none, "id=\"experiment"));
    assert_null(strstr(none_text, "Experiments"));
    assert_non_null(strstr(none, "It changed nothing on this host."));
    case_free(c);
}

static void verdict_names_kind_and_owners(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    AUTO_FREE char *text = text_of(c, 80);
    char *end = strstr(text, "\nFindings\n"), *verdicts = strstr(text, "\nVerdicts\n");
    assert_non_null(end);
    assert_non_null(verdicts);
    *end = '\0';
    assert_non_null(strstr(text, "External fragmentation of physical memory: confirmed, pinned"));
    assert_non_null(strstr(text, "Held by   slab dentry, ext4_inode_cache: 1.2 GiB free behind it and 2 more"));
    size_t lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    assert_true(lines <= 24);
    assert_non_null(strstr(verdicts, "External fragmentation of physical memory: Confirmed, pinned"));
    assert_non_null(strstr(verdicts, "page tables: 190 MiB free behind them"));
    case_free(c);
    c = sample_case();
    AUTO_FREE char *plain = text_of(c, 80);
    assert_null(strstr(plain, "Held by"));
    case_free(c);
}

static void an_empty_case_renders(void **state)
{
    (void)state;
    struct case_file *c = case_new();
    AUTO_FREE char *html = html_of(c), *text = text_of(c, 80);
    assert_non_null(strstr(text, "[?]  Could not check."));
    assert_non_null(strstr(html, "Could not check."));
    case_free(c);
}

static bool is_command(const struct case_file *c, const char *line)
{
    line += strspn(line, " ");
    for (size_t i = 0; i < c->recommendation_count; i++) {
        const struct recommendation *r = &c->recommendations[i];
        const char *commands[] = {r->apply, r->keep, r->verify, r->undo};
        for (size_t k = 0; k < 4; k++)
            if (commands[k])
                for (const char *p = commands[k]; *p; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] != '\0')) {
                    AUTO_FREE char *one = mem_strdup(p);
                    one[strcspn(one, "\n")] = '\0';
                    if (strstr(line, one))
                        return true;
                }
    }
    return false;
}

static void text_fits_its_width(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    for (unsigned width = 40; width <= 120; width += 8) {
        AUTO_FREE char *text = text_of(c, width);
        char *save = NULL;
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
            if (text_width(line) > width && !is_command(c, line))
                fail_msg("%zu columns of %u: %s", text_width(line), width, line);
            size_t length = strlen(line);
            assert_true(length == 0 || line[length - 1] != ' ');
        }
    }
    case_free(c);
}

static void color_and_ascii_only_if_asked(void **state)
{
    (void)state;
    struct case_file *c = sample_case();
    AUTO_FREE char *plain = text_of(c, 80);
    assert_null(strchr(plain, '\033'));
    AUTO_FREE char *color = render(c, FORMAT_TEXT, (struct report_style){.width = 80, .color = true});
    assert_non_null(strchr(color, '\033'));
    AUTO_FREE char *ascii = render(c, FORMAT_TEXT, (struct report_style){.width = 80, .ascii = true});
    for (const char *p = ascii; *p; p++)
        assert_true((unsigned char)*p < 128);
    /* colour changes nothing but colour */
    AUTO_STR struct str bare = {0};
    for (const char *p = color; *p;) {
        if (*p == '\033') {
            p += strcspn(p, "m") + 1;
            continue;
        }
        str_add_char(&bare, *p++);
    }
    assert_string_equal(str_text(&bare), plain);
    case_free(c);
}

static void charts_come_with_words(void **state)
{
    (void)state;
    struct case_file *c = sample_case();
    AUTO_FREE char *html = html_of(c);
    static const char *const titles[] = {"Free memory by block size", "Largest slab caches",
                                         "Private memory of processes", "Swap traffic over the window",
                                         "Time lost to waiting"};
    for (size_t i = 0; i < 5; i++)
        assert_non_null(strstr(html, titles[i]));
    assert_non_null(strstr(html, "Node 0 Normal: 4.58 GiB free, of which 0 B in blocks of 2 MiB or larger."));
    assert_null(strstr(html, "nan"));
    assert_null(strstr(html, "inf\""));
    case_free(c);
    c = case_new();
    AUTO_FREE char *empty = html_of(c);
    assert_null(strstr(empty, "<svg"));
    case_free(c);
}

static void the_same_case_gives_the_same_report(void **state)
{
    (void)state;
    struct case_file *c = sample_case();
    AUTO_FREE char *one = html_of(c), *two = html_of(c);
    assert_string_equal(one, two);
    case_free(c);
}

/* Templates of the user's own */

static void write_template(const char *name, const char *text)
{
    AUTO_FREE char *path = mem_printf("%s/fragwizard/templates/%s", config_dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void drop_templates(void)
{
    static const char *const names[] = {"report.html", "report.css"};
    for (size_t i = 0; i < 2; i++) {
        AUTO_FREE char *path = mem_printf("%s/fragwizard/templates/%s", config_dir, names[i]);
        unlink(path);
    }
}

static char *with_template(const char *template)
{
    write_template("report.html", template);
    struct case_file *c = sample_case();
    char *html = html_of(c);
    case_free(c);
    drop_templates();
    return html;
}

static void template_loops_conditions_and_outer_rows(void **state)
{
    (void)state;
    AUTO_FREE char *html = with_template(
        "<html><body>"
        "<p fw-for='verdict' fw-where=\"state != 'unknown'\" fw-limit='2' class='v' fw-class='{state}' "
        "id='v-{id}'>{index} {title}"
        "<i fw-for='sentence' fw-where=\"verdict_id = verdict.id and side = 'for'\">{verdict.id}: {say};</i></p>"
        "<b fw-if=\"case.critical &gt; 0\">bad</b><b fw-if='case.critical = 0'>good</b>"
        "<u fw-if=\"known(case.id)\">{case.id}</u> {{literal}} {host.kernel} {max(finding.index)}</body></html>");
    assert_non_null(strstr(
        html, "<p class=\"v confirmed\" id=\"v-external\">1 External fragmentation of physical memory<i>external: "
              "97 % of free memory cannot serve a huge page.;</i>"));
    assert_non_null(strstr(html, "<p class=\"v likely\" id=\"v-leak\">"));
    assert_null(strstr(html, "v-pressure"));
    assert_non_null(strstr(html, "<b>bad</b>"));
    assert_null(strstr(html, "good"));
    assert_non_null(strstr(html, "<u>INC-20417</u> {literal} 6.1.0-28-amd64 4"));
}

static void stylesheet_of_the_users_own(void **state)
{
    (void)state;
    write_template("report.css", "p{color:teal}");
    struct case_file *c = sample_case();
    AUTO_FREE char *html = html_of(c);
    assert_non_null(strstr(html, "<style>p{color:teal}</style>"));
    write_template("report.css", "p{}</style><script>alert(1)</script>");
    struct err e = {0};
    assert_null(report_render(c, FORMAT_HTML, NULL, NULL, &e));
    assert_non_null(strstr(e.text, "report.css: a stylesheet has no \"</\""));
    drop_templates();
    case_free(c);
}

static void complains(const char *template, const char *where, const char *what)
{
    write_template("report.html", template);
    struct case_file *c = sample_case();
    struct err e = {0};
    char *html = report_render(c, FORMAT_TEXT, NULL, NULL, &e);
    if (html)
        fail_msg("no complaint about %s", template);
    AUTO_FREE char *start = mem_printf("%s/fragwizard/templates/report.html%s", config_dir, where);
    if (strncmp(e.text, start, strlen(start)) != 0 || !strstr(e.text, what) || strchr(e.text, '\n'))
        fail_msg("expected %s … %s\n     got %s", start, what, e.text);
    case_free(c);
    drop_templates();
}

static void template_errors_name_file_and_line(void **state)
{
    (void)state;
    complains("<html>\n<body>\n<p>{case.hedline}</p></body></html>", ":3: ", "hedline");
    complains("<html>\n<p fw-for='findings'/></html>", ":2: ", "did you mean \"finding\"");
    /* also where no row would have met it */
    complains("<html>\n\n<p fw-for='note' fw-where='false'>{nonsense}</p></html>", ":3: ", "nonsense");
    complains("<html><p fw-if='case.duration &gt; 5MiB'/></html>", ":1: ", "");
    complains("<html><p fw-if='case.checks'/></html>", ":1: ", "must be true or false");
    complains("<html><p fw-iff='true'/></html>", ":1: ", "there is no fw-iff");
    complains("<html><p fw-where='true'/></html>", ":1: ", "needs fw-for");
    complains("<html><p fw-for='note' fw-limit='-1'/></html>", ":1: ", "is not a number of rows");
    complains("<html>\n<script>1</script></html>", ":2: ", "no script");
    complains("<html>\n<body>\n</html>", ":3: ", "");
    complains("", ":1: ", "");
    complains("<svg/>", ":1: ", "<html>");
    complains("<!DOCTYPE html><html/>", ": ", "document type");
    complains("<!DOCTYPE x [<!ENTITY a 'aaaa'>]><html>&a;</html>", ": ", "document type");
    AUTO_FREE char *large = mem_alloc(300 * 1024);
    memset(large, ' ', 300 * 1024 - 1);
    complains(large, ": ", "at most 256 KiB");
    AUTO_STR struct str deep = {0};
    str_add(&deep, "<html>");
    for (int i = 0; i < 20000; i++)
        str_add(&deep, "<b>");
    complains(str_text(&deep), ":1: ", "");
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(config_dir))
        return -1;
    AUTO_FREE char *one = mem_printf("%s/fragwizard", config_dir),
                   *two = mem_printf("%s/fragwizard/templates", config_dir);
    return mkdir(one, 0700) || mkdir(two, 0700) || setenv("XDG_CONFIG_HOME", config_dir, 1);
}

static int tear_down(void **state)
{
    (void)state;
    drop_templates();
    AUTO_FREE char *one = mem_printf("%s/fragwizard", config_dir),
                   *two = mem_printf("%s/fragwizard/templates", config_dir);
    return rmdir(two) || rmdir(one) || rmdir(config_dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_file_without_script_or_fetch),
        cmocka_unit_test(hostile_names_are_text),
        cmocka_unit_test(every_format_holds_the_same_findings),
        cmocka_unit_test(first_screen_says_what_matters),
        cmocka_unit_test(healthy_report_says_so),
        cmocka_unit_test(direct_evidence_is_shown),
        cmocka_unit_test(experiments_tell_what_was_done),
        cmocka_unit_test(verdict_names_kind_and_owners),
        cmocka_unit_test(an_empty_case_renders),
        cmocka_unit_test(text_fits_its_width),
        cmocka_unit_test(color_and_ascii_only_if_asked),
        cmocka_unit_test(charts_come_with_words),
        cmocka_unit_test(the_same_case_gives_the_same_report),
        cmocka_unit_test(template_loops_conditions_and_outer_rows),
        cmocka_unit_test(stylesheet_of_the_users_own),
        cmocka_unit_test(template_errors_name_file_and_line),
    };
    return cmocka_run_group_tests_name("report", tests, set_up, tear_down);
}
