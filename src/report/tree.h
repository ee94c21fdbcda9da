/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small things done with libxml2 trees, shared by the document, its charts and its renderings. */
#ifndef FW_REPORT_TREE_H
#define FW_REPORT_TREE_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/case/case.h"

bool tree_is(const xmlNode *node, const char *name);
const char *tree_attribute(const xmlNode *node, const char *name); /* plain text of it, owned by the tree; NULL: none */
bool tree_has_class(const xmlNode *node, const char *name);

xmlNodePtr tree_element(xmlNodePtr parent, const char *name, const char *class); /* class may be NULL */
void tree_set(xmlNodePtr node, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void tree_text(xmlNodePtr parent, const char *text);
void tree_text_n(xmlNodePtr parent, const char *text, size_t length);
xmlNodePtr tree_leaf(xmlNodePtr parent, const char *name, const char *class, const char *text); /* element with text */

/* A table that can be scrolled sideways, by keys too; `label` is read out. */
xmlNodePtr tree_table(xmlNodePtr parent, const char *class, const char *label);

/* Appends a table that a step shows, with caption, unknown cells explained and the rows left out counted. */
void tree_add_shown(xmlNodePtr parent, const struct case_file *c, const struct shown *s);

/* The document as HTML. Caller frees. */
char *html_render(xmlDocPtr doc, size_t *length);

#endif
