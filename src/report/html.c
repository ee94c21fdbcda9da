/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The document as one HTML file. */
#include <libxml/xmlsave.h>
#include <string.h>

#include "base/mem.h"
#include "report/tree.h"

/* Takes out what only the text report shows, and our own attributes. */
static void prune(xmlNodePtr node)
{
    for (xmlNodePtr child = node->children, next; child; child = next) {
        next = child->next;
        if (child->type != XML_ELEMENT_NODE)
            continue;
        const char *text = tree_attribute(child, "fw-text");
        if (text && strcmp(text, "only") == 0) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
            continue;
        }
        if (text)
            xmlUnsetProp(child, (const xmlChar *)"fw-text");
        prune(child);
    }
}

char *html_render(xmlDocPtr doc, size_t *length)
{
    static const char type[] = "<!DOCTYPE html>\n";
    xmlNodePtr root = xmlDocGetRootElement(doc);
    prune(root);
    xmlBufferPtr buffer = xmlBufferCreate();
    /* the element, not the document: libxml2 would add a <meta> of its own, and a document type turns HTML saving off
     */
    xmlSaveCtxtPtr save = xmlSaveToBuffer(buffer, "UTF-8", XML_SAVE_AS_HTML | XML_SAVE_NO_DECL);
    xmlSaveTree(save, root);
    xmlSaveClose(save);
    size_t body = (size_t)xmlBufferLength(buffer);
    char *out = mem_alloc(sizeof type + body + 1);
    memcpy(out, type, sizeof type - 1);
    memcpy(out + sizeof type - 1, xmlBufferContent(buffer), body);
    *length = sizeof type - 1 + body;
    if (out[*length - 1] != '\n')
        out[(*length)++] = '\n';
    xmlBufferFree(buffer);
    return out;
}
