/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the document. The template is compiled first, as a whole, whatever the case holds: a wrong name in a loop that
 * has no rows is still a complaint. Text enters the tree through libxml2 as text only, so it is escaped by
 * construction. */
#include "report/document.h"

#include <errno.h>
#include <libxml/parser.h>
#include <string.h>

#include "base/input.h"
#include "base/output.h"
#include "base/text.h"
#include "base/builtin.h"
#include "engine/expr/expr.h"
#include "report/case_tables.h"
#include "report/charts.h"
#include "report/tree.h"

enum { TEMPLATE_BYTES_MAX = 256 * 1024 };

struct builder {
    const struct case_file *c; /* NULL: the template names only tables of its own */
    bool for_text;
    const struct facts *facts; /* these tables */
    const char *file;
    const char *css;
    size_t css_length;
    struct arena arena;
    struct diags diags;
    struct names names;
    struct env env;
    xmlDocPtr doc;
};

/* Names: the tables of the document's own first, then those of the probes (host, memory, …). */
static const struct table_decl *name_table(void *data, const char *name)
{
    const struct builder *b = data;
    const struct probe *own = b->facts->probe;
    for (unsigned i = 0; i < own->table_count; i++)
        if (strcmp(own->tables[i].name, name) == 0)
            return &own->tables[i];
    return b->c ? probe_table(name, NULL) : NULL;
}

static size_t name_list(void *data, const char *kind, const char **out, size_t size)
{
    const struct builder *b = data;
    const struct probe *own = b->facts->probe;
    size_t n = 0;
    if (strcmp(kind, "table") != 0)
        return 0;
    for (unsigned i = 0; i < own->table_count && n + 1 < size; i++)
        out[n++] = own->tables[i].name;
    for (size_t i = 0; b->c && probes[i]; i++)
        for (unsigned k = 0; k < probes[i]->table_count && n + 1 < size; k++)
            out[n++] = probes[i]->tables[k].name;
    if (size)
        out[n] = NULL;
    return n;
}

static const struct table *env_table(void *data, const struct table_decl *decl, const char **why)
{
    const struct builder *b = data;
    for (unsigned i = 0; i < b->facts->probe->table_count; i++)
        if (decl == &b->facts->probe->tables[i])
            return &b->facts->tables[i];
    *why = "that probe has not run";
    return b->c ? case_table(b->c, decl) : NULL;
}

/* The compiled template: one record at each element, attribute and text node that has something to compute. */
struct directive {
    const struct table_decl *table;
    struct expr *where, *condition;
    struct message *class;
    struct message *text; /* of a text node or an attribute */
    const char *chart;
    unsigned long limit;
    bool has_limit, shows, loops;
    bool not_in_text, not_in_html;
};

static struct mark mark_of(const struct builder *b, const xmlNode *node)
{
    long line = xmlGetLineNo((xmlNodePtr)node);
    return (struct mark){.file = b->file, .line = line > 0 ? (unsigned)line : 1};
}

static struct directive *directive_at(struct builder *b, void **slot)
{
    if (!*slot)
        *slot = arena_alloc(&b->arena, sizeof(struct directive));
    return *slot;
}

static const char *attribute_text(const xmlAttr *a)
{
    return a->children && a->children->content ? (const char *)a->children->content : "";
}

/* Outside <pre> the template's own white space is only layout: one space, or one newline between elements. */
static const char *squeeze(struct arena *a, const char *text)
{
    if (!text[strspn(text, " \t\r\n")])
        return strchr(text, '\n') ? "\n" : " ";
    char *out = arena_strdup(a, text), *w = out;
    for (const char *p = text; *p; p++) {
        bool space = strchr(" \t\r\n", *p) != NULL;
        if (space && w > out && w[-1] == ' ')
            continue;
        *w++ = space ? ' ' : *p;
    }
    *w = '\0';
    return out;
}

static void compile_children(struct builder *b, xmlNodePtr node, const struct scope_decl *scope, bool pre);

static struct message *compile_message(struct builder *b, const char *source, struct mark at,
                                       const struct scope_decl *scope)
{
    return strpbrk(source, "{}") ? message_compile(&b->arena, source, at, &b->names, scope, &b->diags) : NULL;
}

static void compile_element(struct builder *b, xmlNodePtr node, const struct scope_decl *outer, bool pre)
{
    struct mark at = mark_of(b, node);
    const struct scope_decl *scope = outer;
    struct scope_decl inner;
    if (tree_is(node, "script")) {
        diag_add(&b->diags, at, "a report has no script: it must read the same where scripts are forbidden");
        return;
    }
    const char *loop = tree_attribute(node, "fw-for");
    if (loop) {
        struct directive *d = directive_at(b, &node->_private);
        d->loops = true;
        d->table = name_table(b, loop);
        if (!d->table) {
            const char *known[256];
            name_list(b, "table", known, 256);
            size_t count = 0;
            while (known[count])
                count++;
            const char *near = text_nearest(loop, known, count);
            diag_add(&b->diags, at,
                     near ? "fw-for: there is no table \"%s\"; did you mean \"%s\"?"
                          : "fw-for: there is no table \"%s\"",
                     loop, near);
            return;
        }
        inner = (struct scope_decl){d->table, outer};
        scope = &inner;
    }
    for (xmlAttrPtr a = node->properties; a; a = a->next) {
        const char *name = (const char *)a->name, *text = attribute_text(a);
        if (strncmp(name, "fw-", 3) != 0) {
            struct message *m = compile_message(b, text, at, scope);
            if (m)
                directive_at(b, &a->_private)->text = m;
            continue;
        }
        struct directive *d = directive_at(b, &node->_private);
        if (strcmp(name, "fw-for") == 0)
            continue;
        if (strcmp(name, "fw-where") == 0 && d->loops)
            d->where = expr_compile(&b->arena, text, at, &b->names, scope, &b->diags);
        else if (strcmp(name, "fw-if") == 0)
            d->condition = expr_compile(&b->arena, text, at, &b->names, scope, &b->diags);
        else if (strcmp(name, "fw-class") == 0)
            d->class = message_compile(&b->arena, text, at, &b->names, scope, &b->diags);
        else if (strcmp(name, "fw-chart") == 0)
            d->chart = text;
        else if (strcmp(name, "fw-shows") == 0)
            d->shows = true;
        else if (strcmp(name, "fw-limit") == 0 && d->loops) {
            char *end;
            errno = 0;
            d->limit = strtoul(text, &end, 10);
            d->has_limit = true;
            if (errno || *end || end == text || *text == '-')
                diag_add(&b->diags, at, "fw-limit: \"%s\" is not a number of rows", text);
        } else if (strcmp(name, "fw-text") == 0) {
            d->not_in_text = strcmp(text, "no") == 0;
            d->not_in_html = strcmp(text, "only") == 0;
            if (!d->not_in_text && !d->not_in_html)
                diag_add(&b->diags, at, "fw-text is \"no\" (not in the text report) or \"only\" (only there)");
        } else if (strcmp(name, "fw-where") == 0 || strcmp(name, "fw-limit") == 0)
            diag_add(&b->diags, at, "%s needs fw-for on the same element", name);
        else
            diag_add(
                &b->diags, at,
                "there is no %s; known are fw-for, fw-where, fw-limit, fw-if, fw-class, fw-chart, fw-shows, fw-text",
                name);
    }
    struct directive *own = node->_private;
    const struct {
        const char *name;
        const struct expr *expr;
    } conditions[] = {{"fw-where", own ? own->where : NULL}, {"fw-if", own ? own->condition : NULL}};
    for (size_t i = 0; i < 2; i++)
        if (conditions[i].expr && expr_type(conditions[i].expr) != TYPE_BOOL)
            diag_add(&b->diags, at, "%s must be true or false, but this is a %s", conditions[i].name,
                     type_name(expr_type(conditions[i].expr)));
    if (!tree_is(node, "style"))
        compile_children(b, node, scope, pre || tree_is(node, "pre"));
}

static bool is_left_out(const struct builder *b, const xmlNode *node)
{
    const struct directive *d = node->_private;
    return d && (b->for_text ? d->not_in_text : d->not_in_html);
}

static void compile_children(struct builder *b, xmlNodePtr node, const struct scope_decl *scope, bool pre)
{
    for (xmlNodePtr child = node->children, next; child; child = next) {
        next = child->next;
        if (child->type == XML_ELEMENT_NODE) {
            compile_element(b, child, scope, pre);
            if (is_left_out(b, child)) { /* checked like the rest, but not needed */
                xmlUnlinkNode(child);
                xmlFreeNode(child);
            }
        } else if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
            const char *source = child->content ? (const char *)child->content : "";
            if (!pre) {
                source = squeeze(&b->arena, source);
                xmlNodeSetContent(child, (const xmlChar *)source);
            }
            struct message *m = compile_message(b, source, mark_of(b, child), scope);
            if (m)
                directive_at(b, &child->_private)->text = m;
        }
    }
}

/* Expansion */

static bool is_true(const struct builder *b, const struct expr *e, const struct scope *scope)
{
    struct value v = expr_eval(e, &b->env, scope);
    return v.known && v.truth;
}

static void expand(struct builder *b, const xmlNode *node, xmlNodePtr into, const struct scope *scope);

static void show_tables(const struct builder *b, xmlNodePtr into, const struct scope *scope)
{
    for (; b->c && scope; scope = scope->outer)
        if (scope->table->decl == case_steps) {
            const struct step_record *s = &b->c->steps[scope->row];
            for (size_t i = 0; i < s->show_count; i++)
                tree_add_shown(into, b->c, &s->shows[i]);
            return;
        }
}

static void expand_element(struct builder *b, const xmlNode *node, xmlNodePtr into, const struct scope *scope)
{
    const struct directive *d = node->_private;
    if (d && d->condition && !is_true(b, d->condition, scope))
        return;
    xmlNodePtr out = xmlNewChild(into, NULL, node->name, NULL);
    AUTO_STR struct str text = {0};
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        if (strncmp((const char *)a->name, "fw-", 3) == 0)
            continue;
        const struct directive *message = a->_private;
        str_clear(&text);
        if (message)
            message_eval(message->text, &b->env, scope, &text);
        else
            str_add(&text, attribute_text(a));
        xmlNewProp(out, a->name, (const xmlChar *)str_text(&text));
    }
    if (d && d->class) {
        str_clear(&text);
        const char *already = tree_attribute(out, "class");
        if (already && *already)
            str_printf(&text, "%s ", already);
        message_eval(d->class, &b->env, scope, &text);
        xmlSetProp(out, (const xmlChar *)"class", (const xmlChar *)str_text(&text));
    }
    if (tree_is(node, "style") && !node->children) {
        if (!b->for_text)
            tree_text_n(out, b->css, b->css_length);
        return;
    }
    if (d && d->chart && !(b->c && chart_add(out, d->chart, b->c, b->for_text))) {
        xmlUnlinkNode(out);
        xmlFreeNode(out);
        return;
    }
    for (const xmlNode *child = node->children; child; child = child->next)
        expand(b, child, out, scope);
    if (d && d->shows)
        show_tables(b, out, scope);
}

static void expand(struct builder *b, const xmlNode *node, xmlNodePtr into, const struct scope *scope)
{
    if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
        const struct directive *d = node->_private;
        const char *source = node->content ? (const char *)node->content : "";
        if (!d) {
            tree_text(into, source);
            return;
        }
        AUTO_STR struct str text = {0};
        message_eval(d->text, &b->env, scope, &text);
        tree_text(into, str_text(&text));
        return;
    }
    if (node->type != XML_ELEMENT_NODE)
        return; /* comments are the template author's */
    const struct directive *d = node->_private;
    if (!d || !d->loops) {
        expand_element(b, node, into, scope);
        return;
    }
    const char *why;
    const struct table *t = env_table(b, d->table, &why);
    unsigned long done = 0;
    for (size_t row = 0; t && row < t->rows && (!d->has_limit || done < d->limit); row++) {
        struct scope inner = {t, row, scope};
        if (d->where && !is_true(b, d->where, &inner))
            continue;
        if (done++)
            tree_text(into, "\n");
        expand_element(b, node, into, &inner);
    }
}

/* Files */

struct source {
    char *path; /* of a user's or the system's file; NULL: built in */
    char *own;
    const char *data;
    size_t length;
};

static void source_free(struct source *s)
{
    free(s->path);
    free(s->own);
}

static bool source_load(struct source *s, const char *name, struct err *e)
{
    s->path = output_config_file(name);
    if (s->path) {
        s->own = input_read_file(s->path, TEMPLATE_BYTES_MAX, &s->length, e);
        if (!s->own)
            return false;
        if (memchr(s->own, '\0', s->length))
            return err_set(e, "%s: this is not text", s->path);
        s->data = s->own;
        return true;
    }
    for (const struct builtin *x = builtins; x->name; x++)
        if (strcmp(x->name, name) == 0) {
            s->data = x->data;
            s->length = x->length;
            return true;
        }
    return err_set(e, "%s is neither in this program nor in a configuration directory", name);
}

static xmlDocPtr parse_template(const struct source *s, const char *file, struct err *e)
{
    /* entities could blow up, and nothing in a template needs them */
    if (memmem(s->data, s->length, "<!DOCTYPE", 9) || memmem(s->data, s->length, "<!ENTITY", 8)) {
        err_set(e, "%s: a template has no document type; it starts at <html>", file);
        return NULL;
    }
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    xmlDocPtr doc = xmlCtxtReadMemory(parser, s->data, (int)s->length, file, "UTF-8",
                                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
    if (!doc) {
        const xmlError *error = xmlCtxtGetLastError(parser);
        const char *text = error && error->message ? error->message : "not well-formed";
        err_set(e, "%s:%d: %.*s", file, error ? error->line : 1, (int)strcspn(text, "\n"), text);
    } else if (!xmlDocGetRootElement(doc) || !tree_is(xmlDocGetRootElement(doc), "html")) {
        err_set(e, "%s:1: a template's outermost element is <html>", file);
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(parser);
    return doc;
}

static void *xml_resize(void *old, size_t size)
{
    return mem_resize(old, size, 1);
}

/* Out of memory, libxml2 would drop text from the report without a word: give it our allocators, which do not return.
 */
static void xml_begin(void)
{
    static bool begun;
    if (begun)
        return;
    begun = true;
    xmlMemSetup(free, mem_alloc, xml_resize, mem_strdup);
    xmlInitParser();
}

xmlDocPtr document_make(const char *html_name, const struct facts *tables, const struct case_file *c, bool for_text,
                        struct err *e)
{
    static const char css_name[] = "templates/report.css";
    xml_begin();
    __attribute__((cleanup(source_free))) struct source html = {0}, css = {0};
    if (!source_load(&html, html_name, e) || !source_load(&css, css_name, e))
        return NULL;
    if (memmem(css.data, css.length, "</", 2)) { /* it would end the <style> element */
        err_set(e, "%s: a stylesheet has no \"</\"", css.path ? css.path : css_name);
        return NULL;
    }
    const char *file = html.path ? html.path : html_name;
    xmlDocPtr template = parse_template(&html, file, e);
    if (!template)
        return NULL;

    struct builder b = {
        .c = c, .for_text = for_text, .facts = tables, .file = file, .css = css.data, .css_length = css.length};
    b.names = (struct names){.data = &b, .table = name_table, .list = name_list};
    b.env = (struct env){.data = &b, .table = env_table};
    compile_element(&b, xmlDocGetRootElement(template), NULL, false);
    if (b.diags.count) {
        const struct diag *first = &b.diags.items[0];
        err_set(e, "%s:%u: %s", file, first->mark.line, first->text);
    } else {
        b.doc = xmlNewDoc((const xmlChar *)"1.0");
        b.doc->dict = xmlDictCreate(); /* one copy of each name, not one a node */
        /* a holder, since a loop or a condition can stand at the root too */
        xmlNodePtr holder = xmlNewDocNode(b.doc, NULL, (const xmlChar *)"holder", NULL);
        xmlDocSetRootElement(b.doc, holder);
        expand(&b, xmlDocGetRootElement(template), holder, NULL);
        xmlNodePtr root = holder->children;
        if (root) {
            xmlUnlinkNode(root);
            xmlDocSetRootElement(b.doc, root);
            xmlFreeNode(holder);
        }
    }
    diags_free(&b.diags);
    arena_free(&b.arena);
    xmlFreeDoc(template);
    return b.doc;
}

xmlDocPtr document_build(const struct case_file *c, bool for_text, struct err *e)
{
    struct facts *tables = case_tables_fill(c);
    xmlDocPtr doc = document_make("templates/report.html", tables, c, for_text, e);
    facts_free(tables);
    return doc;
}
