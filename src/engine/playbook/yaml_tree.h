/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML as a small tree of texts, lists and mappings with marks. Types are resolved by the reader of the tree, not here.
 * The limits hold while parsing, so that no file costs more than a few milliseconds. */
#ifndef FW_ENGINE_PLAYBOOK_YAML_TREE_H
#define FW_ENGINE_PLAYBOOK_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/expr/diag.h"

#define YAML_BYTES_MAX (1024 * 1024)
#define YAML_DEPTH_MAX 32
#define YAML_NODES_MAX 10000

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    struct mark mark;               /* of the value's first character (behind the quote of a quoted text) */
    bool plain;                     /* a text without quotes */
    const char *text;               /* YAML_TEXT: clean UTF-8, may hold tabs and newlines, none at its end */
    struct yaml_node *first, *next; /* children in order; the following sibling */
    size_t count;                   /* of children */
    const char *key;                /* member of a mapping: its key, unique in it */
    struct mark key_mark;
};

/* The tree of the one document in `text`; NULL with complaints if it cannot be read to the end. Its texts and keys are in an
 * arena of their own, as they are kept when the tree is not. Marks refer to `file` as given. */
struct yaml_node *yaml_tree(struct arena *nodes, struct arena *texts, const char *file, const char *text, size_t length,
                            struct diags *d);

#endif
