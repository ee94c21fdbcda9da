/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lays the document out as text: the same tree as the HTML, so both say the same. Elements decide, classes only colour.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/formats.h"
#include "report/tree.h"

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 40, WIDTH_MAX = 120, SIGN = 5, GAP = 2 };

/* Looks of a character: bits, and a colour above them */
enum {
    BOLD = 1,
    DIM = 2,
    COLOR = 4,
    RED = 1 * COLOR,
    YELLOW = 2 * COLOR,
    GREEN = 3 * COLOR,
    CYAN = 4 * COLOR,
    MAGENTA = 5 * COLOR
};

struct run { /* text with the look of each byte */
    struct str text, look;
};

struct layout {
    struct str out;
    unsigned width, indent;
    bool color, ascii, blank; /* blank: a blank line before what comes next */
    struct run marker;        /* stands in the indent of the next line: a bullet, a sign, a term */
    unsigned marker_at;
};

static void run_free(struct run *r)
{
    str_free(&r->text);
    str_free(&r->look);
}
#define AUTO_RUN __attribute__((cleanup(run_free)))

static void run_add(struct run *r, const char *text, size_t length, unsigned look)
{
    str_add_n(&r->text, text, length);
    for (size_t i = 0; i < length; i++)
        str_add_char(&r->look, (char)look);
}

static void run_append(struct run *to, const struct run *from)
{
    str_add_n(&to->text, str_text(&from->text), from->text.length);
    str_add_n(&to->look, str_text(&from->look), from->look.length);
}

static unsigned span_width(const char *text, size_t length)
{
    AUTO_FREE char *copy = mem_alloc(length + 1);
    memcpy(copy, text, length);
    return (unsigned)text_width(copy);
}

static unsigned run_width(const struct run *r)
{
    return (unsigned)text_width(str_text(&r->text));
}

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
    } classes[] = {{"critical", RED | BOLD},
                   {"warning", YELLOW | BOLD},
                   {"ok", GREEN},
                   {"unknown", MAGENTA},
                   {"info", CYAN},
                   {"dim", DIM},
                   {"strong", BOLD}};
    if (tree_is(node, "strong") || tree_is(node, "b"))
        look |= BOLD;
    if (tree_is(node, "code"))
        look = (look & (BOLD | DIM)) | CYAN;
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
        if (tree_has_class(node, classes[i].class))
            look = (look & BOLD) | classes[i].look;
    return look;
}

static void add_words(const struct layout *l, struct run *r, const char *text, unsigned look)
{
    AUTO_STR struct str plain = {0};
    if (l->ascii) {
        size_t size = strlen(text) * 4 + 1;
        AUTO_FREE char *ascii = mem_alloc(size);
        str_add_n(&plain, ascii, text_ascii(ascii, size, text));
        text = str_text(&plain);
    }
    for (const char *p = text; *p;) {
        size_t blank = strspn(p, " \t\r\n");
        if (blank && (r->text.length == 0 || r->text.data[r->text.length - 1] != ' '))
            run_add(r, " ", 1, look);
        p += blank;
        size_t word = strcspn(p, " \t\r\n");
        run_add(r, p, word, look);
        p += word;
    }
}

static void collect(const struct layout *l, struct run *r, const xmlNode *node, unsigned look)
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

static void run_trim(struct run *r)
{
    size_t begin = 0;
    while (r->text.length && r->text.data[r->text.length - 1] == ' ')
        r->text.data[--r->text.length] = '\0', r->look.length--;
    while (begin < r->text.length && r->text.data[begin] == ' ')
        begin++;
    if (begin) {
        r->text.length -= begin;
        r->look.length -= begin;
        memmove(r->text.data, r->text.data + begin, r->text.length + 1);
        memmove(r->look.data, r->look.data + begin, r->look.length);
    }
}

/* Breaking into lines */

struct line {
    size_t begin, end;
};

/* Bytes of `text` that fit in `width` columns; at least one character. */
static size_t fitting(const char *text, size_t length, unsigned width)
{
    size_t best = 0;
    for (size_t i = 1; i <= length; i++) {
        if (i < length && ((unsigned char)text[i] & 0xC0) == 0x80)
            continue;
        if (span_width(text, i) > width && best)
            break;
        best = i;
    }
    return best ? best : length;
}

static struct line *break_lines(const struct run *r, unsigned width, size_t *count)
{
    struct line *lines = NULL;
    size_t capacity = 0;
    *count = 0;
    const char *text = str_text(&r->text);
    size_t at = 0, length = r->text.length;
    if (width < 1)
        width = 1;
    while (at < length) {
        size_t begin = at, end = at;
        unsigned used = 0;
        while (at < length) {
            size_t gap = strspn(text + at, " "), word = strcspn(text + at + gap, " ");
            if (!word) {
                at = length;
                break;
            }
            unsigned wide = span_width(text + at + gap, word);
            if (end > begin && used + gap + wide > width)
                break;
            if (end == begin) {
                begin = at + gap;
                if (wide > width) { /* a word wider than the line */
                    end = at = begin + fitting(text + begin, word, width);
                    break;
                }
                used = wide;
            } else {
                used += (unsigned)gap + wide;
            }
            end = at = at + gap + word;
        }
        if (end == begin)
            break;
        if (*count == capacity) {
            capacity = capacity ? capacity * 2 : 4;
            lines = mem_resize(lines, capacity, sizeof *lines);
        }
        lines[(*count)++] = (struct line){begin, end};
    }
    return lines;
}

/* Writing */

static void write_look(struct layout *l, unsigned look)
{
    static const char *const colors[] = {"", ";31", ";33", ";32", ";36", ";35"};
    str_printf(&l->out, "\033[0%s%s%sm", look & BOLD ? ";1" : "", look & DIM ? ";2" : "", colors[look / COLOR]);
}

static void write_span(struct layout *l, const struct run *r, size_t begin, size_t end)
{
    unsigned now = 0;
    for (size_t i = begin; i < end;) {
        unsigned look = (unsigned char)r->look.data[i];
        size_t to = i;
        while (to < end && (unsigned char)r->look.data[to] == look)
            to++;
        if (l->color && look != now)
            write_look(l, look);
        now = look;
        str_add_n(&l->out, r->text.data + i, to - i);
        i = to;
    }
    if (l->color && now)
        write_look(l, 0);
}

static void write_spaces(struct layout *l, size_t count)
{
    while (count--)
        str_add_char(&l->out, ' ');
}

/* The indent of a new line, with what stands in it. */
static void line_begin(struct layout *l)
{
    if (l->blank && l->out.length)
        str_add_char(&l->out, '\n');
    l->blank = false;
    if (!l->marker.text.length) {
        write_spaces(l, l->indent);
        return;
    }
    write_spaces(l, l->marker_at);
    write_span(l, &l->marker, 0, l->marker.text.length);
    unsigned used = l->marker_at + run_width(&l->marker);
    run_free(&l->marker);
    l->marker = (struct run){0};
    if (used < l->indent)
        write_spaces(l, l->indent - used);
    else if (used > l->indent) { /* a term wider than its column: its text starts below it */
        str_add_char(&l->out, '\n');
        write_spaces(l, l->indent);
    }
}

static void line_end(struct layout *l)
{
    while (l->out.length && l->out.data[l->out.length - 1] == ' ')
        l->out.data[--l->out.length] = '\0';
    str_add_char(&l->out, '\n');
}

static unsigned room(const struct layout *l)
{
    return l->width > l->indent + 20 ? l->width - l->indent : 20;
}

static void write_run(struct layout *l, struct run *r)
{
    run_trim(r);
    size_t count;
    AUTO_FREE struct line *lines = break_lines(r, room(l), &count);
    for (size_t i = 0; i < count; i++) {
        line_begin(l);
        write_span(l, r, lines[i].begin, lines[i].end);
        line_end(l);
    }
}

static void write_rule(struct layout *l, unsigned width)
{
    AUTO_RUN struct run r = {0};
    for (unsigned i = 0; i < width; i++)
        run_add(&r, l->ascii ? "-" : "─", l->ascii ? 1 : strlen("─"), DIM);
    line_begin(l);
    write_span(l, &r, 0, r.text.length);
    line_end(l);
}

static void set_marker(struct layout *l, const char *text, unsigned look)
{
    run_free(&l->marker);
    l->marker = (struct run){0};
    run_add(&l->marker, text, strlen(text), look);
    l->marker_at = l->indent;
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
        AUTO_RUN struct run mark = {0};
        collect(l, &mark, sign, look);
        run_trim(&mark);
        if (!l->marker.text.length)
            l->marker_at = l->indent;
        unsigned used = l->marker_at + run_width(&l->marker);
        for (; used < l->indent; used++) /* a term stands there already: the sign follows it */
            run_add(&l->marker, " ", 1, 0);
        run_append(&l->marker, &mark);
        l->indent += SIGN;
    }
    AUTO_RUN struct run r = {0};
    for (const xmlNode *child = sign ? sign->next : node->children; child; child = child->next)
        collect(l, &r, child, look);
    write_run(l, &r);
    l->indent = indent;
}

static void heading(struct layout *l, const xmlNode *node, unsigned look)
{
    l->blank = true;
    paragraph(l, node, look | BOLD);
    if (tree_is(node, "h2")) {
        write_rule(l, l->width - l->indent);
        l->blank = false;
    }
}

static void preformatted(struct layout *l, const xmlNode *node)
{
    AUTO_FREE char *text = (char *)xmlNodeGetContent(node);
    for (const char *p = text; p && *p;) {
        size_t length = strcspn(p, "\n");
        AUTO_RUN struct run r = {0};
        AUTO_FREE char *line = mem_alloc(length * 4 + 1);
        memcpy(line, p, length);
        if (l->ascii) {
            AUTO_FREE char *copy = mem_strdup(line);
            text_ascii(line, length * 4 + 1, copy);
        }
        run_add(&r, line, strlen(line), CYAN);
        line_begin(l);
        write_span(l, &r, 0, r.text.length); /* never wrapped: it is there to be copied */
        line_end(l);
        p += length + (p[length] == '\n');
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

/* Definition lists: terms in a column; class "pairs" as a grid of short ones, class "inline" as one running text. */
struct pair {
    struct run term, value;
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
        collect(l, &p->term, dt, look_of(child, DIM));
        collect(l, &p->value, dd, look_of(child, 0));
        run_trim(&p->term);
        run_trim(&p->value);
    }
}

static void pairs_as_text(struct layout *l, const struct pair *pairs, size_t count)
{
    AUTO_RUN struct run r = {0};
    for (size_t i = 0; i < count; i++) {
        if (i)
            add_words(l, &r, l->ascii ? ", " : " · ", DIM);
        run_append(&r, &pairs[i].term);
        run_add(&r, " ", 1, 0);
        run_append(&r, &pairs[i].value);
    }
    write_run(l, &r);
}

static void pairs_as_grid(struct layout *l, const struct pair *pairs, size_t count)
{
    /* as many columns as fit, each as wide as its own content; read downwards */
    for (size_t columns = 4; columns >= 1; columns--) {
        size_t rows = (count + columns - 1) / columns;
        unsigned term[4] = {0}, value[4] = {0}, total = 0;
        for (size_t i = 0; i < count; i++) {
            unsigned a = run_width(&pairs[i].term), b = run_width(&pairs[i].value);
            size_t column = i / rows;
            term[column] = a > term[column] ? a : term[column];
            value[column] = b > value[column] ? b : value[column];
        }
        for (size_t i = 0; i < columns; i++)
            total += term[i] + value[i] + GAP + (i ? GAP * 2 : 0);
        if (total > room(l) && columns > 1)
            continue;
        if (total > room(l)) {
            pairs_as_text(l, pairs, count);
            return;
        }
        for (size_t row = 0; row < rows; row++) {
            line_begin(l);
            for (size_t column = 0; column < columns; column++) {
                size_t i = column * rows + row;
                if (i >= count)
                    continue;
                write_spaces(l, column ? GAP * 2 : 0);
                write_span(l, &pairs[i].term, 0, pairs[i].term.text.length);
                write_spaces(l, term[column] - run_width(&pairs[i].term) + GAP);
                write_spaces(l, value[column] - run_width(&pairs[i].value));
                write_span(l, &pairs[i].value, 0, pairs[i].value.text.length);
            }
            line_end(l);
        }
        return;
    }
}

static void definitions(struct layout *l, const xmlNode *list, unsigned look)
{
    struct pair *pairs = NULL;
    size_t count = 0;
    pairs_read(l, list, &pairs, &count);
    if (count && tree_has_class(list, "inline")) {
        pairs_as_text(l, pairs, count);
    } else if (count && tree_has_class(list, "pairs")) {
        pairs_as_grid(l, pairs, count);
    } else {
        unsigned widest = 0;
        for (size_t i = 0; i < count; i++) {
            unsigned w = run_width(&pairs[i].term);
            widest = w > widest && w <= room(l) / 3 ? w : widest;
        }
        for (size_t i = 0; i < count; i++) {
            run_free(&l->marker);
            l->marker = pairs[i].term;
            l->marker_at = l->indent;
            pairs[i].term = (struct run){0};
            l->indent += widest + GAP;
            flow(l, pairs[i].dd, look);
            l->indent -= widest + GAP;
        }
    }
    for (size_t i = 0; i < count; i++) {
        run_free(&pairs[i].term);
        run_free(&pairs[i].value);
    }
    free(pairs);
}

/* Tables */

struct grid {
    struct run *cells;
    bool *numeric;
    unsigned gap;                /* between columns */
    size_t rows, columns, heads; /* the first `heads` rows are headings */
};

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
                struct run *r = &g->cells[*row * g->columns + column];
                collect(l, r, cell, head ? BOLD : look_of(child, 0));
                run_trim(r);
                g->numeric[column] |= tree_has_class(cell, "n");
                column++;
            }
            (*row)++;
        } else if (child->type == XML_ELEMENT_NODE) {
            grid_fill(l, child, g, row);
        }
    }
}

static unsigned longest_word(const struct run *r)
{
    unsigned longest = 0;
    for (const char *p = str_text(&r->text); *p;) {
        size_t word = strcspn(p, " ");
        unsigned width = span_width(p, word);
        longest = width > longest ? width : longest;
        p += word + strspn(p + word, " ");
    }
    return longest;
}

/* Widths that fit, taken from the widest column that can give; false if none can. Text is broken between words while it
 * can be, and never into columns narrower than `narrow`. */
static bool grid_fit(const struct grid *g, unsigned width, unsigned narrow, unsigned *widths)
{
    AUTO_FREE unsigned *least = mem_array(g->columns, sizeof *least);
    unsigned total = (unsigned)(g->columns - 1) * g->gap;
    memset(widths, 0, g->columns * sizeof *widths);
    for (size_t column = 0; column < g->columns; column++) {
        unsigned body = 0;
        for (size_t row = 0; row < g->rows; row++) {
            const struct run *r = &g->cells[row * g->columns + column];
            unsigned w = run_width(r), word = longest_word(r);
            bool head = row < g->heads;
            widths[column] = w > widths[column] ? w : widths[column];
            unsigned need = head ? word : g->numeric[column] || w < narrow ? w : word > narrow ? narrow : word;
            body = need > body ? need : body;
        }
        least[column] = body;
        total += widths[column];
    }
    while (total > width) {
        size_t give = g->columns;
        for (size_t column = 0; column < g->columns; column++)
            if (widths[column] > least[column] && (give == g->columns || widths[column] > widths[give]))
                give = column;
        if (give == g->columns)
            return false;
        widths[give]--;
        total--;
    }
    return true;
}

static void grid_write_row(struct layout *l, const struct grid *g, size_t row, const unsigned *widths)
{
    AUTO_FREE struct line **lines = mem_array(g->columns, sizeof *lines);
    AUTO_FREE size_t *counts = mem_array(g->columns, sizeof *counts);
    size_t high = 1;
    for (size_t column = 0; column < g->columns; column++) {
        lines[column] = break_lines(&g->cells[row * g->columns + column], widths[column], &counts[column]);
        high = counts[column] > high ? counts[column] : high;
    }
    for (size_t i = 0; i < high; i++) {
        line_begin(l);
        for (size_t column = 0; column < g->columns; column++) {
            const struct run *r = &g->cells[row * g->columns + column];
            /* headings stand at the bottom of theirs */
            size_t skip = row < g->heads ? high - counts[column] : 0;
            struct line line = i >= skip && i - skip < counts[column] ? lines[column][i - skip] : (struct line){0, 0};
            unsigned used = span_width(str_text(&r->text) + line.begin, line.end - line.begin);
            unsigned pad = widths[column] > used ? widths[column] - used : 0;
            write_spaces(l, (column ? g->gap : 0) + (g->numeric[column] ? pad : 0));
            if (line.end > line.begin)
                write_span(l, r, line.begin, line.end);
            write_spaces(l, g->numeric[column] ? 0 : pad);
        }
        line_end(l);
    }
    for (size_t column = 0; column < g->columns; column++)
        free(lines[column]);
}

/* A table too wide for the page: each row as a little paragraph. */
static void grid_write_records(struct layout *l, const struct grid *g)
{
    for (size_t row = g->heads; row < g->rows; row++) {
        AUTO_RUN struct run r = {0};
        run_append(&r, &g->cells[row * g->columns]);
        memset(r.look.data, BOLD, r.look.length);
        write_run(l, &r);
        AUTO_RUN struct run rest = {0};
        for (size_t column = 1; column < g->columns; column++) {
            const struct run *cell = &g->cells[row * g->columns + column];
            if (!cell->text.length)
                continue;
            if (rest.text.length)
                add_words(l, &rest, l->ascii ? ", " : " · ", DIM);
            if (g->heads) {
                const struct run *name = &g->cells[column];
                run_add(&rest, str_text(&name->text), name->text.length, DIM);
                run_add(&rest, " ", 1, 0);
            }
            run_append(&rest, cell);
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
        paragraph(l, caption, look | BOLD);
    struct grid g = {0};
    grid_size(node, &g, false);
    if (!g.rows || !g.columns)
        return;
    g.cells = mem_array(g.rows * g.columns, sizeof *g.cells);
    g.numeric = mem_array(g.columns, sizeof *g.numeric);
    AUTO_FREE unsigned *widths = mem_array(g.columns, sizeof *widths);
    size_t filled = 0;
    grid_fill(l, node, &g, &filled);
    static const struct {
        unsigned narrow, gap;
    } tries[] = {{40, GAP}, {28, GAP}, {18, GAP}, {18, 1}, {14, 1}, {10, 1}};
    bool fits = false;
    for (size_t i = 0; !fits && i < ARRAY_SIZE(tries); i++) {
        g.gap = tries[i].gap;
        fits = grid_fit(&g, room(l), tries[i].narrow, widths);
    }
    if (fits) {
        unsigned total = (unsigned)(g.columns - 1) * g.gap;
        for (size_t column = 0; column < g.columns; column++)
            total += widths[column];
        for (size_t row = 0; row < g.rows; row++) {
            grid_write_row(l, &g, row, widths);
            if (g.heads && row + 1 == g.heads)
                write_rule(l, total);
        }
    } else {
        grid_write_records(l, &g);
    }
    for (size_t i = 0; i < g.rows * g.columns; i++)
        run_free(&g.cells[i]);
    free(g.cells);
    free(g.numeric);
}

static void chart(struct layout *l, const xmlNode *node)
{
    const xmlNode *parts[] = {child_named(node, "title"), child_named(node, "desc")};
    AUTO_RUN struct run r = {0};
    for (size_t i = 0; i < 2; i++)
        if (parts[i]) {
            if (i && parts[0])
                add_words(l, &r, ": ", BOLD);
            collect(l, &r, parts[i], i ? 0 : BOLD);
        }
    write_run(l, &r);
}

/* Blocks and the inline text between them */

static void flow(struct layout *l, const xmlNode *node, unsigned look)
{
    struct run loose = {0};
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (is_hidden(child))
            continue;
        if (!is_block(child)) {
            collect(l, &loose, child, look);
            continue;
        }
        write_run(l, &loose);
        run_free(&loose);
        loose = (struct run){0};
        block(l, child, look);
    }
    write_run(l, &loose);
    run_free(&loose);
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
        set_marker(l, mark, DIM);
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
        paragraph(l, node, tree_is(node, "p") ? look : look | BOLD);
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
    run_free(&l.marker);
    *length = l.out.length;
    return l.out.data ? l.out.data : mem_strdup("");
}
