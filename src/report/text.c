/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lays the document out as text: the same tree as the HTML, so both say the same. Elements decide, classes only colour.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "layout/grid.h"
#include "report/formats.h"
#include "report/tree.h"

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 40, WIDTH_MAX = 120, SIGN = 5, GAP = 2 };

struct layout {
    struct str out;
    unsigned width, indent;
    bool color, ascii, blank; /* blank: a blank line before what comes next */
    struct styled marker;     /* stands in the indent of the next line: a bullet, a sign, a term */
    unsigned marker_at;
};

/* Collecting inline text */

static bool is_block(const xmlNode *node)
{
    static const char *const names[] = {"p",     "div",     "section",    "article", "header", "footer", "main",
                                        "nav",   "figure",  "figcaption", "h1",      "h2",     "h3",     "h4",
                                        "ul",    "ol",      "li",         "dl",      "dt",     "dd",     "table",
                                        "pre",   "details", "summary",    "svg",     "html",   "body",   "head",
                                        "aside", "style",   "blockquote"};
    if (node->type != XML_ELEMENT_NODE)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp((const char *)node->name, names[i]) == 0)
            return true;
    return false;
}

static bool is_hidden(const xmlNode *node)
{
    return node->type == XML_COMMENT_NODE || tree_is(node, "head") || tree_is(node, "style");
}

static unsigned look_of(const xmlNode *node, unsigned look)
{
    static const struct {
        const char *class;
        unsigned look;
    } classes[] = {{"critical", LOOK_RED | LOOK_BOLD},
                   {"warning", LOOK_YELLOW | LOOK_BOLD},
                   {"ok", LOOK_GREEN},
                   {"unknown", LOOK_MAGENTA},
                   {"info", LOOK_CYAN},
                   {"dim", LOOK_DIM},
                   {"strong", LOOK_BOLD}};
    if (tree_is(node, "strong") || tree_is(node, "b"))
        look |= LOOK_BOLD;
    if (tree_is(node, "code"))
        look = (look & (LOOK_BOLD | LOOK_DIM)) | LOOK_CYAN;
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
        if (tree_has_class(node, classes[i].class))
            look = (look & LOOK_BOLD) | classes[i].look;
    return look;
}

static void add_words(const struct layout *l, struct styled *r, const char *text, unsigned look)
{
    AUTO_FREE char *styled = text_shown(text, l->ascii);
    for (const char *p = styled; *p;) {
        size_t blank = strspn(p, " \t\r\n");
        if (blank && (r->text.length == 0 || r->text.data[r->text.length - 1] != ' '))
            styled_add(r, " ", 1, look);
        p += blank;
        size_t word = strcspn(p, " \t\r\n");
        styled_add(r, p, word, look);
        p += word;
    }
}

static void collect(const struct layout *l, struct styled *r, const xmlNode *node, unsigned look)
{
    if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
        add_words(l, r, (const char *)node->content, look);
        return;
    }
    if (node->type != XML_ELEMENT_NODE || is_hidden(node) || tree_is(node, "svg"))
        return;
    unsigned own = look_of(node, look);
    for (const xmlNode *child = node->children; child; child = child->next)
        collect(l, r, child, own);
}

/* Writing */

/* The indent of a new line, with what stands in it. */
static void line_begin(struct layout *l)
{
    if (l->blank && l->out.length)
        str_add_char(&l->out, '\n');
    l->blank = false;
    if (!l->marker.text.length) {
        str_printf(&l->out, "%*s", (int)l->indent, "");
        return;
    }
    str_printf(&l->out, "%*s", (int)l->marker_at, "");
    styled_write(&l->marker, 0, l->marker.text.length, l->color, &l->out);
    unsigned used = l->marker_at + styled_width(&l->marker);
    styled_free(&l->marker);
    if (used > l->indent) { /* a term wider than its column: its text starts below it */
        str_add_char(&l->out, '\n');
        used = 0;
    }
    str_printf(&l->out, "%*s", (int)(l->indent - used), "");
}

static void write_line(struct layout *l, const struct styled *s, size_t begin, size_t end)
{
    line_begin(l);
    styled_write(s, begin, end, l->color, &l->out);
    while (l->out.length && l->out.data[l->out.length - 1] == ' ')
        l->out.data[--l->out.length] = '\0';
    str_add_char(&l->out, '\n');
}

static unsigned room(const struct layout *l)
{
    return l->width > l->indent + 20 ? l->width - l->indent : 20;
}

static void write_run(struct layout *l, struct styled *r)
{
    styled_trim(r);
    size_t count;
    AUTO_FREE struct span *lines = break_lines(str_text(&r->text), r->text.length, room(l), 0, &count);
    for (size_t i = 0; i < count; i++)
        write_line(l, r, lines[i].begin, lines[i].end);
}

static void write_rule(struct layout *l, unsigned width)
{
    AUTO_STYLED struct styled r = {0};
    for (unsigned i = 0; i < width; i++)
        styled_add(&r, l->ascii ? "-" : "─", l->ascii ? 1 : strlen("─"), LOOK_DIM);
    write_line(l, &r, 0, r.text.length);
}

static void flow(struct layout *l, const xmlNode *node, unsigned look);
static void block(struct layout *l, const xmlNode *node, unsigned look);

/* A sign that opens a text stands in a column of its own. */
static const xmlNode *opening_sign(const xmlNode *node)
{
    const xmlNode *child = node->children;
    while (child && child->type == XML_TEXT_NODE && !child->content[strspn((const char *)child->content, " \n\t\r")])
        child = child->next;
    return child && tree_has_class(child, "sign") && !is_hidden(child) ? child : NULL;
}

static void paragraph(struct layout *l, const xmlNode *node, unsigned look)
{
    look = look_of(node, look);
    const xmlNode *sign = opening_sign(node);
    unsigned indent = l->indent;
    if (sign) {
        AUTO_STYLED struct styled mark = {0};
        collect(l, &mark, sign, look);
        styled_trim(&mark);
        if (!l->marker.text.length)
            l->marker_at = l->indent;
        unsigned used = l->marker_at + styled_width(&l->marker);
        for (; used < l->indent; used++) /* a term stands there already: the sign follows it */
            styled_add(&l->marker, " ", 1, 0);
        styled_append(&l->marker, &mark);
        l->indent += SIGN;
    }
    AUTO_STYLED struct styled r = {0};
    for (const xmlNode *child = sign ? sign->next : node->children; child; child = child->next)
        collect(l, &r, child, look);
    write_run(l, &r);
    l->indent = indent;
}

static void heading(struct layout *l, const xmlNode *node, unsigned look)
{
    l->blank = true;
    paragraph(l, node, look | LOOK_BOLD);
    if (tree_is(node, "h2")) {
        write_rule(l, l->width - l->indent);
        l->blank = false;
    }
}

/* Never wrapped: it is there to be copied. */
static void preformatted(struct layout *l, const xmlNode *node)
{
    AUTO_FREE char *text = (char *)xmlNodeGetContent(node);
    AUTO_FREE char *styled = text_shown(text ? text : "", l->ascii);
    AUTO_STYLED struct styled r = {0};
    styled_add(&r, styled, strlen(styled), LOOK_CYAN);
    for (size_t at = 0, end; at < r.text.length; at = end + 1) {
        end = at + strcspn(styled + at, "\n");
        write_line(l, &r, at, end);
    }
}

/* A picture of letters is of no use broken or cut: where it does not fit, the words beside it say the same. */
static bool picture_fits(const struct layout *l, const xmlNode *node)
{
    AUTO_FREE char *text = (char *)xmlNodeGetContent(node);
    size_t widest = 0;
    for (const char *p = text; p && *p; p += strspn(p, "\n")) {
        size_t length = strcspn(p, "\n");
        widest = length > widest ? length : widest;
        p += length;
    }
    return widest <= room(l);
}

static const xmlNode *child_named(const xmlNode *node, const char *name)
{
    for (const xmlNode *child = node->children; child; child = child->next)
        if (tree_is(child, name))
            return child;
    return NULL;
}

static void grid_write(struct layout *l, struct grid *g)
{
    size_t count, heads;
    AUTO_FREE struct styled *lines = grid_draw(g, &count, &heads);
    for (size_t i = 0; i < count; i++) {
        write_line(l, &lines[i], 0, lines[i].text.length);
        if (i + 1 == heads)
            write_rule(l, grid_width(g));
        styled_free(&lines[i]);
    }
}

/* Definition lists: terms in a column; class "pairs" as a grid of short ones, class "inline" as one running text. */
struct pair {
    struct styled term, value;
    const xmlNode *dd;
};

static void pairs_read(const struct layout *l, const xmlNode *list, struct pair **pairs, size_t *count)
{
    for (const xmlNode *child = list->children; child; child = child->next) {
        if (is_hidden(child) || child->type != XML_ELEMENT_NODE)
            continue;
        const xmlNode *dt = tree_is(child, "dt") ? child : child_named(child, "dt"), *dd = child_named(child, "dd");
        if (tree_is(child, "dt"))
            for (dd = child->next; dd && !tree_is(dd, "dd");)
                dd = dd->next;
        if (!dt || !dd)
            continue;
        *pairs = mem_resize(*pairs, *count + 1, sizeof **pairs);
        struct pair *p = &(*pairs)[(*count)++];
        *p = (struct pair){.dd = dd};
        collect(l, &p->term, dt, look_of(child, LOOK_DIM));
        collect(l, &p->value, dd, look_of(child, 0));
        styled_trim(&p->term);
        styled_trim(&p->value);
    }
}

static void pairs_as_text(struct layout *l, const struct pair *pairs, size_t count)
{
    AUTO_STYLED struct styled r = {0};
    for (size_t i = 0; i < count; i++) {
        if (i)
            add_words(l, &r, l->ascii ? ", " : " · ", LOOK_DIM);
        styled_append(&r, &pairs[i].term);
        styled_add(&r, " ", 1, 0);
        styled_append(&r, &pairs[i].value);
    }
    write_run(l, &r);
}

/* As many side by side as fit, read downwards; an empty column sets them apart. */
static bool pairs_as_grid(struct layout *l, const struct pair *pairs, size_t count)
{
    for (size_t across = 4; across >= 1; across--) {
        size_t rows = (count + across - 1) / across;
        AUTO_GRID struct grid g = grid_new(rows, 0, 3 * across - 1);
        for (size_t i = 0; i < count; i++) {
            size_t column = i / rows * 3;
            styled_append(grid_cell(&g, i % rows, column), &pairs[i].term);
            styled_append(grid_cell(&g, i % rows, column + 1), &pairs[i].value);
            g.column[column + 1].right = true;
        }
        for (size_t i = 0; i < g.columns; i++)
            g.column[i].least = UINT_MAX;
        if (grid_fit(&g, room(l))) {
            grid_write(l, &g);
            return true;
        }
    }
    return false;
}

static void definitions(struct layout *l, const xmlNode *list, unsigned look)
{
    struct pair *pairs = NULL;
    size_t count = 0;
    pairs_read(l, list, &pairs, &count);
    bool grid = count && tree_has_class(list, "pairs");
    if (count && (tree_has_class(list, "inline") || (grid && !pairs_as_grid(l, pairs, count)))) {
        pairs_as_text(l, pairs, count);
    } else if (!grid) {
        unsigned widest = 0;
        for (size_t i = 0; i < count; i++) {
            unsigned w = styled_width(&pairs[i].term);
            widest = w > widest && w <= room(l) / 3 ? w : widest;
        }
        for (size_t i = 0; i < count; i++) {
            styled_free(&l->marker);
            l->marker = pairs[i].term;
            l->marker_at = l->indent;
            pairs[i].term = (struct styled){0};
            l->indent += widest + GAP;
            flow(l, pairs[i].dd, look);
            l->indent -= widest + GAP;
        }
    }
    for (size_t i = 0; i < count; i++) {
        styled_free(&pairs[i].term);
        styled_free(&pairs[i].value);
    }
    free(pairs);
}

/* Tables */

static void grid_size(const xmlNode *node, struct grid *g, bool head)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (is_hidden(child))
            continue;
        if (tree_is(child, "tr")) {
            size_t n = 0;
            for (const xmlNode *cell = child->children; cell; cell = cell->next)
                n += (tree_is(cell, "td") || tree_is(cell, "th")) && !is_hidden(cell);
            g->columns = n > g->columns ? n : g->columns;
            g->rows++;
            g->heads += head;
        } else if (child->type == XML_ELEMENT_NODE) {
            grid_size(child, g, tree_is(child, "thead"));
        }
    }
}

static void grid_fill(const struct layout *l, const xmlNode *node, struct grid *g, size_t *row)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (is_hidden(child))
            continue;
        if (tree_is(child, "tr")) {
            size_t column = 0;
            bool head = *row < g->heads;
            for (const xmlNode *cell = child->children; cell; cell = cell->next) {
                if ((!tree_is(cell, "td") && !tree_is(cell, "th")) || is_hidden(cell))
                    continue;
                struct styled *r = grid_cell(g, *row, column);
                collect(l, r, cell, head ? LOOK_BOLD : look_of(child, 0));
                styled_trim(r);
                g->column[column].right |= tree_has_class(cell, "n");
                column++;
            }
            (*row)++;
        } else if (child->type == XML_ELEMENT_NODE) {
            grid_fill(l, child, g, row);
        }
    }
}

/* Text is broken between words while it can be, and never into columns narrower than `narrow`. */
static unsigned narrowest(const struct grid *g, size_t column, unsigned narrow)
{
    unsigned least = 0;
    for (size_t row = g->heads; row < g->rows; row++) {
        const struct styled *cell = grid_cell(g, row, column);
        unsigned whole = styled_width(cell), word = longest_word(str_text(&cell->text), 0);
        unsigned need = g->column[column].right || whole < narrow ? whole : word > narrow ? narrow : word;
        least = need > least ? need : least;
    }
    return least;
}

/* A table too wide for the page: each row as a little paragraph. */
static void grid_write_records(struct layout *l, const struct grid *g)
{
    for (size_t row = g->heads; row < g->rows; row++) {
        AUTO_STYLED struct styled r = {0};
        const struct str *head = &grid_cell(g, row, 0)->text;
        styled_add(&r, str_text(head), head->length, LOOK_BOLD);
        write_run(l, &r);
        AUTO_STYLED struct styled rest = {0};
        for (size_t column = 1; column < g->columns; column++) {
            const struct styled *cell = grid_cell(g, row, column);
            if (!cell->text.length)
                continue;
            if (rest.text.length)
                add_words(l, &rest, l->ascii ? ", " : " · ", LOOK_DIM);
            if (g->heads) {
                const struct styled *name = grid_cell(g, 0, column);
                styled_add(&rest, str_text(&name->text), name->text.length, LOOK_DIM);
                styled_add(&rest, " ", 1, 0);
            }
            styled_append(&rest, cell);
        }
        l->indent += 2;
        write_run(l, &rest);
        l->indent -= 2;
    }
}

static void table(struct layout *l, const xmlNode *node, unsigned look)
{
    l->blank = true;
    const xmlNode *caption = child_named(node, "caption");
    if (caption)
        paragraph(l, caption, look | LOOK_BOLD);
    struct grid size = {0};
    grid_size(node, &size, false);
    if (!size.rows || !size.columns)
        return;
    AUTO_GRID struct grid g = grid_new(size.rows, size.heads, size.columns);
    size_t filled = 0;
    grid_fill(l, node, &g, &filled);
    static const struct {
        unsigned narrow, gap;
    } tries[] = {{40, GAP}, {28, GAP}, {18, GAP}, {18, 1}, {14, 1}, {10, 1}};
    bool fits = false;
    for (size_t i = 0; !fits && i < ARRAY_SIZE(tries); i++) {
        g.gap = tries[i].gap;
        for (size_t column = 0; column < g.columns; column++)
            g.column[column].least = narrowest(&g, column, tries[i].narrow);
        fits = grid_fit(&g, room(l));
    }
    if (fits)
        grid_write(l, &g);
    else
        grid_write_records(l, &g);
}

static void chart(struct layout *l, const xmlNode *node)
{
    const xmlNode *parts[] = {child_named(node, "title"), child_named(node, "desc")};
    AUTO_STYLED struct styled r = {0};
    for (size_t i = 0; i < 2; i++)
        if (parts[i]) {
            if (i && parts[0])
                add_words(l, &r, ": ", LOOK_BOLD);
            collect(l, &r, parts[i], i ? 0 : LOOK_BOLD);
        }
    write_run(l, &r);
}

/* Blocks and the inline text between them */

static void flow(struct layout *l, const xmlNode *node, unsigned look)
{
    struct styled loose = {0};
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (is_hidden(child))
            continue;
        if (!is_block(child)) {
            collect(l, &loose, child, look);
            continue;
        }
        write_run(l, &loose);
        styled_free(&loose);
        block(l, child, look);
    }
    write_run(l, &loose);
    styled_free(&loose);
}

static bool inside(const xmlNode *node, const char *name)
{
    for (node = node->parent; node; node = node->parent)
        if (tree_is(node, name))
            return true;
    return false;
}

static void items(struct layout *l, const xmlNode *list, unsigned look)
{
    unsigned number = 0;
    for (const xmlNode *child = list->children; child; child = child->next) {
        if (!tree_is(child, "li") || is_hidden(child))
            continue;
        char mark[16];
        if (tree_is(list, "ol"))
            snprintf(mark, sizeof mark, "%u.", ++number);
        else
            snprintf(mark, sizeof mark, "%s", l->ascii ? "-" : "•");
        unsigned indent = l->indent;
        if (opening_sign(child)) {
            paragraph(l, child, look);
            continue;
        }
        styled_free(&l->marker);
        styled_add(&l->marker, mark, strlen(mark), LOOK_DIM);
        l->marker_at = l->indent;
        l->indent += (unsigned)strlen(tree_is(list, "ol") ? mark : "-") + 1;
        flow(l, child, look_of(child, look));
        l->indent = indent;
    }
}

static void block(struct layout *l, const xmlNode *node, unsigned look)
{
    const char *name = (const char *)node->name;
    bool within = inside(node, "article") || inside(node, "li") || inside(node, "dd") || inside(node, "figure");
    if (is_hidden(node))
        return;
    if (*name == 'h' && name[1] >= '1' && name[1] <= '4') {
        heading(l, node, look);
    } else if (tree_is(node, "p") || tree_is(node, "figcaption") || tree_is(node, "summary")) {
        l->blank |= (!within && !tree_has_class(node, "tight")) || tree_is(node, "summary");
        paragraph(l, node, tree_is(node, "p") ? look : look | LOOK_BOLD);
    } else if (tree_is(node, "pre")) {
        if (!tree_has_class(node, "picture") || picture_fits(l, node))
            preformatted(l, node);
    } else if (tree_is(node, "ul") || tree_is(node, "ol")) {
        l->blank |= !within;
        items(l, node, look);
    } else if (tree_is(node, "dl")) {
        l->blank |= !within;
        definitions(l, node, look);
    } else if (tree_is(node, "table")) {
        table(l, node, look);
        l->blank = true;
    } else if (tree_is(node, "svg")) {
        chart(l, node);
    } else if (tree_is(node, "article")) {
        /* what follows its heading stands in the column behind the sign */
        l->blank = true;
        bool open = false;
        unsigned indent = l->indent;
        for (const xmlNode *child = node->children; child; child = child->next) {
            if (child->type != XML_ELEMENT_NODE || is_hidden(child))
                continue;
            bool head = !open && opening_sign(child);
            block(l, child, look);
            if (head) {
                l->indent = indent + SIGN;
                l->blank = false;
            }
            open = true;
        }
        l->indent = indent;
        l->blank = true;
    } else {
        bool apart =
            tree_is(node, "figure") || tree_is(node, "section") || tree_is(node, "header") || tree_is(node, "details");
        l->blank |= apart;
        flow(l, node, look);
        l->blank |= apart;
    }
}

char *text_render(xmlDocPtr doc, const struct report_style *style, size_t *length)
{
    struct layout l = {
        .color = style->color, .ascii = style->ascii, .width = style->width ? style->width : WIDTH_DEFAULT};
    l.width = l.width < WIDTH_MIN ? WIDTH_MIN : l.width > WIDTH_MAX ? WIDTH_MAX : l.width;
    flow(&l, xmlDocGetRootElement(doc), 0);
    styled_free(&l.marker);
    *length = l.out.length;
    return l.out.data ? l.out.data : mem_strdup("");
}
