/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charts of direct evidence: the map of memory, heaps, sizes of chunks, the balance. What a reader sees of each, in HTML
 * and in text, and that a case without the data has none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report/charts.h"
#include "report/tree.h"
#include "sample_evidence.h"

/* The chart as HTML; NULL if there is none. */
static char *chart(const struct case_file *c, const char *name, bool for_text)
{
    xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
    xmlNodePtr figure = xmlNewDocNode(doc, NULL, (const xmlChar *)"figure", NULL);
    xmlDocSetRootElement(doc, figure);
    size_t length;
    char *out = chart_add(figure, name, c, for_text) ? html_render(doc, &length) : NULL;
    if (!out)
        assert_null(figure->children); /* what is left out leaves nothing */
    xmlFreeDoc(doc);
    return out;
}

static void has(const char *html, const char *what)
{
    if (!html || !strstr(html, what))
        fail_msg("not there: %s\n%.3000s", what, html ? html : "(no chart)");
}

static void has_no(const char *html, const char *what)
{
    if (strstr(html, what))
        fail_msg("there: %s\n%.3000s", what, html);
}

static void map_shows_every_kind(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    AUTO_FREE char *html = chart(c, "map", false);
    static const char *const said[] = {
        "<title id=\"chart-map-title\">Map of memory by address</title>",
        "role=\"img\"",
        "12,288 blocks of 2 MiB.",
        "Of 5.68 GiB of free memory 2.89 GiB (51 %) are whole free blocks,",
        "and 1.58 GiB (28 %) in blocks holding something that compaction cannot move.",
        ">22 GiB</text>",
        "class=\"k-pinned\"",
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        has(html, said[i]);
    static const char *const kinds[] = {"free",
                                        "movable only",
                                        "huge pages",
                                        "page tables",
                                        "slab",
                                        "mixed, unmovable",
                                        "kernel, unnamed",
                                        "pinned user pages",
                                        "reserved or absent"};
    const char *at = strstr(html, "<table");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        AUTO_FREE char *cell = mem_printf("%s</th>", kinds[i]);
        assert_non_null(at);
        at = strstr(at, cell); /* least in the way first */
        if (!at)
            fail_msg("the legend does not go on with %s", kinds[i]);
    }
    has(html, "<td class=\"n\">512</td><td class=\"n\">4.2 %</td>"); /* huge pages */
    assert_true(strlen(html) < 40 * 1024);
    case_free(c);
}

/* Addresses are few and do not stand on each other, whatever the size. */
static void map_labels_are_apart(void **state)
{
    (void)state;
    for (size_t rows = 1; rows <= 128; rows += rows < 8 ? 1 : 24) {
        struct case_file *c = sample_case_evidence();
        struct table *map = facts_table(case_facts(c, "physmap"), "map");
        map->rows = rows < map->rows ? rows : map->rows;
        AUTO_FREE char *html = chart(c, "map", false);
        double last = -100, y;
        size_t labels = 0;
        for (const char *p = html; (p = strstr(p, "<text x=\"54\" y=\"")); labels++, last = y) {
            p += strlen("<text x=\"54\" y=\"");
            y = strtod(p, NULL);
            assert_true(y - last >= 15);
        }
        assert_in_range(labels, 1, 24);
        case_free(c);
    }
}

static void any_map_stays_small(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    struct table *map = facts_table(case_facts(c, "physmap"), "map");
    map->rows = 0;
    unsigned seed = 3;
    for (unsigned row = 0; row < 128; row++) {
        char cells[129] = "";
        for (unsigned column = 0; column < 128; column++)
            cells[column] = ".msthrkpx?"[sample_random(&seed) % 10];
        size_t r = table_add(map);
        sample_set(map, r, "row", row);
        sample_text(map, r, "cells", cells);
        sample_set(map, r, "blocks_per_cell", 4);
    }
    AUTO_FREE char *html = chart(c, "map", false);
    assert_true(strlen(html) < 46 * 1024);
    has(html, "4 in a cell");
    case_free(c);
}

static void sampling_is_said(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    struct table *t = facts_table(case_facts(c, "physmap"), "physmap"),
                 *kinds = facts_table(case_facts(c, "physmap"), "block_kind");
    sample_set(t, 0, "sampled", 1);
    sample_set(t, 0, "scanned", 2048);
    sample_set(t, 0, "error", 0.021);
    sample_set(kinds, 2, "error", 0.02);
    AUTO_FREE char *html = chart(c, "map", false);
    has(html, "2,048 of them were looked at, so shares are right to ± 2.1 %");
    has(html, "11 % ± 2 %");
    case_free(c);
}

static void map_in_letters(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    AUTO_FREE char *html = chart(c, "map", true);
    has_no(html, "<svg");
    has(html, "<td>s</td><th scope=\"row\">slab</th>");
    const char *p = strstr(html, "<pre class=\"picture\">");
    assert_non_null(p);
    size_t lines = 0;
    for (p += strlen("<pre class=\"picture\">"); *p && *p != '<'; lines++) {
        size_t length = strcspn(p, "\n<");
        assert_int_equal(length, 10 + 64);
        assert_int_equal(strspn(p + 10, ".msthrkpx?"), 64);
        p += length + (p[length] == '\n');
    }
    assert_int_equal(lines, 16);
    case_free(c);
}

static void no_data_no_chart(void **state)
{
    (void)state;
    static const char *const names[] = {"map", "balance", "heap", "histogram", "heap-2", "nonsense", "", "heap-0"};
    struct case_file *c = case_new();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_null(chart(c, names[i], false));
        assert_null(chart(c, names[i], true));
    }
    sample_facts(c, "physmap", 0); /* probes that ran and found nothing */
    sample_facts(c, "heap", 0);
    sample_facts(c, "memory", 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(chart(c, names[i], false));
    case_free(c);
}

/* A case can come from anywhere. */
static void absurd_numbers_do_no_harm(void **state)
{
    (void)state;
    static const double absurd[] = {-1, -1e300, 1e300, 0, 1e-300};
    for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
        struct case_file *c = sample_case_evidence();
        static const char *const tables[][2] = {
            {"physmap", "physmap"}, {"physmap", "block_kind"}, {"physmap", "map"},  {"heap", "heap_sample"},
            {"heap", "size"},       {"memory", "balance"},     {"memory", "memory"}};
        for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) {
            struct table *t = facts_table(case_facts(c, tables[k][0]), tables[k][1]);
            for (unsigned column = 0; column < t->decl->column_count; column++)
                if (type_is_number(t->decl->columns[column].type) && strcmp(t->decl->columns[column].name, "pid") != 0)
                    cell_number(t, t->rows / 2, column, absurd[i]);
        }
        static const char *const names[] = {"map", "heap", "histogram", "balance"};
        for (size_t k = 0; k < 4; k++) {
            AUTO_FREE char *html = chart(c, names[k], false), *text = chart(c, names[k], true);
            if (!html)
                continue;
            has_no(html, "=\"nan");
            has_no(html, "=\"inf");
            has_no(html, "nan ");
            has_no(html, "width=\"-");
            has_no(html, "height=\"-");
        }
        case_free(c);
    }
}

static void heap_curves(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    /* the process with a finding leads; without a suspect there is no second */
    AUTO_FREE char *html = chart(c, "heap", false), *text = chart(c, "heap", true);
    assert_null(chart(c, "heap-2", false));
    has(html, "Heap of php-fpm: pool www 1200</title>");
    has(html, "In use: 120 MiB at first, 180 MiB at last (+60 MiB). Free but held: 30 MiB at first, 32 MiB at last");
    has(html, "Over 30 s.");
    has(html, "class=\"line s2\"");
    has_no(html, "nan");
    has(text, "<strong>Heap of php-fpm: pool www 1200</strong>. In use: 120 MiB");
    has_no(text, "<svg");
    /* the suspect is next, its name is text */
    struct table *suspect = facts_table(sample_facts(c, "process", 0.001), "target");
    sample_set(suspect, table_add(suspect), "pid", SAMPLE_HEAP_PID + 311);
    AUTO_FREE char *second = chart(c, "heap-2", false);
    has(second, "Heap of &lt;script&gt;alert(1)&lt;");
    has(second, "id=\"chart-heap-2-title\"");
    has(second, "Free but held: 30 MiB at first, 119 MiB at last (+89 MiB).");
    assert_null(chart(c, "heap-3", false));
    /* one look is no curve */
    facts_table(case_facts(c, "heap"), "heap_sample")->rows = 1;
    assert_null(chart(c, "heap", false));
    /* nobody found, nobody suspected: nobody's heap is shown */
    c->finding_count = 0;
    suspect->rows = 0;
    assert_null(chart(c, "histogram", false));
    case_free(c);
}

static void sizes_free_against_in_use(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    AUTO_FREE char *html = chart(c, "histogram", false);
    has(html, "Sizes in the heap of php-fpm: pool www 1200");
    has(html, "most of what is free (20 MiB) is in chunks from 1 KiB to 2 KiB.");
    has(html, "<summary>The same in numbers</summary>");
    size_t bars = 0, rows = 0;
    for (const char *p = html; (p = strstr(p, "<rect")); p++)
        bars++;
    for (const char *p = html; (p = strstr(p, "scope=\"row\"")); p++)
        rows++;
    assert_int_equal(bars, 2 * 20 + 2); /* and the key */
    assert_int_equal(rows, 20);
    has_no(html, "nan");
    case_free(c);
}

static void balance_closes_and_names_what_is_unnamed(void **state)
{
    (void)state;
    struct case_file *c = sample_case_evidence();
    AUTO_FREE char *html = chart(c, "balance", false);
    has(html, "The parts add up to MemTotal, 59.6 GiB: anonymous (heaps, stacks) 53 %");
    has(html, "not named by the kernel 7.3 %.");
    has(html, "<span>not named by the kernel</span>");
    /* small parts are summed up, what is not named never */
    struct table *t = facts_table(case_facts(c, "memory"), "balance");
    for (int i = 0; i < 12; i++) {
        size_t r = table_add(t);
        sample_text(t, r, "item", "<b>part</b>");
        sample_set(t, r, "bytes", 1e6 * i);
    }
    sample_set(t, 4, "bytes", 0);
    AUTO_FREE char *many = chart(c, "balance", false);
    has(many, "<span>everything else</span>");
    has(many, "<span>not named by the kernel</span><span class=\"dim\"> 0 B, 0 %</span>");
    has(many, "Parts of MemTotal");
    has_no(many, "<b>");
    /* a part counted twice makes the bar no longer than it is */
    sample_set(t, 3, "bytes", -4e9);
    AUTO_FREE char *twice = chart(c, "balance", false);
    has_no(twice, "width=\"-");
    case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_shows_every_kind),
        cmocka_unit_test(map_labels_are_apart),
        cmocka_unit_test(any_map_stays_small),
        cmocka_unit_test(sampling_is_said),
        cmocka_unit_test(map_in_letters),
        cmocka_unit_test(no_data_no_chart),
        cmocka_unit_test(absurd_numbers_do_no_harm),
        cmocka_unit_test(heap_curves),
        cmocka_unit_test(sizes_free_against_in_use),
        cmocka_unit_test(balance_closes_and_names_what_is_unnamed),
    };
    return cmocka_run_group_tests_name("charts", tests, NULL, NULL);
}
