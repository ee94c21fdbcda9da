/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The document as one HTML file. */
#include <libxml/xmlsave.h>

#include "report/tree.h"

char *html_render(xmlDocPtr doc, size_t *length)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlBufferCCat(buffer, "<!DOCTYPE html>\n");
    /* the element, not the document: libxml2 would add a <meta> of its own, and a document type turns HTML saving off */
    xmlSaveCtxtPtr save = xmlSaveToBuffer(buffer, "UTF-8", XML_SAVE_AS_HTML | XML_SAVE_NO_DECL);
    xmlSaveTree(save, xmlDocGetRootElement(doc));
    xmlSaveClose(save);
    *length = (size_t)xmlBufferLength(buffer);
    if (xmlBufferContent(buffer)[*length - 1] != '\n') {
        xmlBufferCCat(buffer, "\n");
        ++*length;
    }
    char *out = (char *)xmlBufferDetach(buffer);
    xmlBufferFree(buffer);
    return out;
}
