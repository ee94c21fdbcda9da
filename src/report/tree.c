/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building and reading document trees. Text goes in as text nodes only, never as markup. */
#include "report/tree.h"

#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "engine/expr/expr.h"

bool tree_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

const char *tree_attribute(const xmlNode *node, const char *name)
{
    if (node->type != XML_ELEMENT_NODE)
        return NULL;
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0)
            return a->children && a->children->content ? (const char *)a->children->content : "";
    return NULL;
}

bool tree_has_class(const xmlNode *node, const char *name)
{
    const char *list = tree_attribute(node, "class");
    size_t length = strlen(name);
    for (const char *p = list; p && (p = strstr(p, name)); p += length)
        if ((p == list || p[-1] == ' ') && (p[length] == '\0' || p[length] == ' '))
            return true;
    return false;
}

xmlNodePtr tree_element(xmlNodePtr parent, const char *name, const char *class)
{
    xmlNodePtr node = xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);
    if (class)
        xmlNewProp(node, (const xmlChar *)"class", (const xmlChar *)class);
    return node;
}

void tree_set(xmlNodePtr node, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    AUTO_FREE char *value = mem_vprintf(format, args);
    va_end(args);
    xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

void tree_text_n(xmlNodePtr parent, const char *text, size_t length)
{
    if (length)
        xmlAddChild(parent, xmlNewDocTextLen(parent->doc, (const xmlChar *)text, (int)length));
}

void tree_text(xmlNodePtr parent, const char *text)
{
    tree_text_n(parent, text, strlen(text));
}

xmlNodePtr tree_leaf(xmlNodePtr parent, const char *name, const char *class, const char *text)
{
    xmlNodePtr node = tree_element(parent, name, class);
    tree_text(node, text);
    return node;
}

xmlNodePtr tree_table(xmlNodePtr parent, const char *class, const char *label)
{
    xmlNodePtr scroll = tree_element(parent, "div", "scroll");
    tree_set(scroll, "tabindex", "0");
    tree_set(scroll, "role", "group");
    tree_set(scroll, "aria-label", "%s", label);
    return tree_element(scroll, "table", class);
}

/* Reasons met in one table, told once below it. */
struct reasons {
    const char *text[FACTS_REASONS_MAX];
    size_t count;
};

static void note_reason(struct reasons *r, const char *why)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->text[i], why) == 0)
            return;
    if (r->count < FACTS_REASONS_MAX)
        r->text[r->count++] = why;
}

/* Numbers that name something are not grouped by thousands. */
static bool is_name(const char *column)
{
    return strcmp(column, "pid") == 0 || strcmp(column, "priority") == 0;
}

static void add_value(xmlNodePtr cell, const struct value *v, bool raw, struct reasons *reasons)
{
    if (!v->known) {
        tree_leaf(cell, "span", "unknown", "?");
        note_reason(reasons, v->why ? v->why : "not known");
        return;
    }
    AUTO_STR struct str text = {0};
    value_format(v, raw, &text);
    tree_text(cell, str_text(&text));
}

static void add_reasons(xmlNodePtr parent, const struct reasons *r)
{
    if (!r->count)
        return;
    xmlNodePtr p = tree_element(parent, "p", "gap");
    tree_leaf(p, "span", "unknown", "?");
    for (size_t i = 0; i < r->count; i++) {
        tree_text(p, i ? "; " : " ");
        tree_text(p, r->text[i]);
    }
}

struct columns {
    unsigned *index;
    size_t count;
};

static struct columns columns_of(const struct table_decl *d, const struct shown *s)
{
    size_t count = s->column_count ? s->column_count : d->column_count;
    struct columns c = {mem_array(count, sizeof *c.index), 0};
    for (size_t i = 0; i < count; i++) {
        int column = s->column_count ? table_decl_column(d, s->columns[i]) : (int)i;
        if (column >= 0) /* a case of another version can name columns that are gone */
            c.index[c.count++] = (unsigned)column;
    }
    return c;
}

static void add_pairs(xmlNodePtr parent, const struct table *t, const struct shown *s, const struct columns *columns)
{
    xmlNodePtr figure = tree_element(parent, "figure", "rows");
    tree_leaf(figure, "figcaption", NULL, s->title ? s->title : t->decl->help);
    xmlNodePtr list = tree_element(figure, "dl", "pairs");
    struct reasons reasons = {0};
    for (size_t i = 0; i < columns->count; i++) {
        xmlNodePtr pair = tree_element(list, "div", NULL);
        const char *name = t->decl->columns[columns->index[i]].name;
        AUTO_FREE char *words = text_in_words(name, "_"); /* "anon_huge" reads as "anon huge" */
        tree_leaf(pair, "dt", NULL, words);
        struct value v = cell_get(t, s->row[0], columns->index[i]);
        add_value(tree_element(pair, "dd", NULL), &v, is_name(name), &reasons);
    }
    add_reasons(figure, &reasons);
}

static void add_grid(xmlNodePtr parent, const struct table *t, const struct shown *s, const struct columns *columns)
{
    const char *title = s->title ? s->title : t->decl->help;
    xmlNodePtr group = tree_element(parent, "div", "rows");
    xmlNodePtr table = tree_table(group, NULL, title);
    tree_leaf(table, "caption", NULL, title);
    xmlNodePtr head = tree_element(tree_element(table, "thead", NULL), "tr", NULL);
    for (size_t i = 0; i < columns->count; i++) {
        const struct column *column = &t->decl->columns[columns->index[i]];
        AUTO_FREE char *words = text_in_words(column->name, "_");
        tree_set(tree_leaf(head, "th", type_is_number(column->type) ? "n" : NULL, words), "scope", "col");
    }
    xmlNodePtr body = tree_element(table, "tbody", NULL);
    struct reasons reasons = {0};
    for (size_t k = 0; k < s->row_count; k++) {
        if (s->row[k] >= t->rows)
            continue;
        tree_text(body, "\n");
        xmlNodePtr row = tree_element(body, "tr", NULL);
        for (size_t i = 0; i < columns->count; i++) {
            const struct column *column = &t->decl->columns[columns->index[i]];
            xmlNodePtr cell = tree_element(row, i ? "td" : "th", type_is_number(column->type) ? "n" : NULL);
            if (!i)
                tree_set(cell, "scope", "row");
            struct value v = cell_get(t, s->row[k], columns->index[i]);
            add_value(cell, &v, is_name(column->name), &reasons);
        }
    }
    size_t more = s->more + t->omitted;
    if (more) {
        AUTO_STR struct str text = {0};
        if (t->omitted) /* what the case did not keep cannot be counted by the condition */
            str_printf(&text, "%zu of the %zu rows measured are shown.", s->row_count, t->rows + t->omitted);
        else
            str_printf(&text, "%zu more row%s matched.", more, more == 1 ? "" : "s");
        tree_leaf(group, "p", "gap", str_text(&text));
    }
    add_reasons(group, &reasons);
}

void tree_add_shown(xmlNodePtr parent, const struct case_file *c, const struct shown *s)
{
    struct facts *f = s->probe ? case_facts(c, s->probe) : NULL;
    const struct table *t = f ? facts_table(f, s->table) : NULL;
    tree_text(parent, "\n");
    if (!t || !s->row_count || (t->decl->single && s->row[0] >= t->rows)) {
        const char *title = s->title ? s->title : t ? t->decl->help : s->table;
        xmlNodePtr p = tree_element(parent, "p", "gap");
        tree_text(p, title);
        tree_text(p, !f ? ": not measured." : f->reason ? ": no rows; " : ": no rows.");
        if (f && f->reason)
            tree_text(p, f->reason);
        return;
    }
    struct columns columns = columns_of(t->decl, s);
    if (columns.count)
        (t->decl->single ? add_pairs : add_grid)(parent, t, s, &columns);
    free(columns.index);
}
