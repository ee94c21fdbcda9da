/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that read a playbook share: its state while being read, and typed access to the members of a mapping,
 * each with its complaint. Internal to playbook*.c. */
#ifndef FW_ENGINE_PLAYBOOK_PLAYBOOK_FIELDS_H
#define FW_ENGINE_PLAYBOOK_PLAYBOOK_FIELDS_H

#include "engine/playbook/playbook.h"
#include "engine/playbook/playbook_keys.h"
#include "engine/playbook/yaml_tree.h"

struct reader {
    struct playbook *p;
    struct arena *arena;
    struct diags *d;
    struct names names;
    unsigned suggestions; /* made so far: each costs time, so that a hostile file gets few */
    bool unknown_probe;   /* some step runs none known: what is measured cannot be told */
    /* "limit.x", "answer.y", "before.z" whose type is not known, as their declaration is faulty: what uses them is not checked */
    const char *untyped[16];
    size_t untyped_count;
    /* The playbooks that it builds on, nearest first, and their steps: what was left out of them keeps its type, so that inherited
     * verdicts and recommendations can go on naming it. Its value is unknown, and its checks have not fired. */
    const struct yaml_node *bases[PLAYBOOK_EXTENDS_MAX];
    size_t base_count;
    struct step *base_steps;
    size_t base_step_count;
    bool weighing; /* verdicts and recommendations are compiled */
    /* While one expression is compiled: */
    bool lenient;                     /* names may be of what was left out */
    const struct table_decl *at_hand; /* table of the row at hand */
    const char *unmeasured;           /* first table that it reads and no step measures; NULL: none */
    const struct probe *unmeasured_probe;
};

/* Ids: words of lower-case letters and digits joined by hyphens or underscores. Names that expressions use have no
 * hyphens. */
enum id_style { ID_ANY, ID_NAME };

/* Complains unless `map` is a mapping with these keys only, and all that are required; then reads what the first pass reads
 * into `object`. False: it is no mapping. */
bool map_read(struct reader *r, const struct yaml_node *map, const struct mapping *m, void *object);
const struct yaml_node *map_get(const struct yaml_node *map, const char *key); /* NULL if absent or no mapping */

const char *text_of(const struct yaml_node *map, const char *key); /* NULL if absent or no text */

/* NULL if absent, or of the wrong type, which is complained about. */
const char *map_text(struct reader *r, const struct yaml_node *map, const char *key);
const struct yaml_node *map_list(struct reader *r, const struct yaml_node *map, const char *key);
const char *node_text(struct reader *r, const struct yaml_node *n, const char *what);
bool check_id(struct reader *r, struct mark at, const char *id, const char *what, enum id_style style);
/* One of the words (NULL-terminated); -1 if absent or another, which is complained about. */
int map_word(struct reader *r, const struct yaml_node *map, const char *key, const char *const *words);
/* The same without complaint. */
int word_of(const struct yaml_node *map, const char *key, const char *const *words);
/* Room for what a list holds, and the first of it; NULL if there is none, which is complained about if it is no list. */
void *map_items(struct reader *r, const struct yaml_node *map, const char *key, size_t size,
                const struct yaml_node **first);
const struct yaml_node *first_of(const struct yaml_node *map, const char *key); /* of a list, else NULL */
/* A literal with its unit. */
bool literal_parse(struct reader *r, const struct yaml_node *n, const char *what, double *number, enum type *type);

/* The mark of the mapping's id, else of the mapping. */
struct mark mark_of_id(const struct yaml_node *map);
/* "; did you mean 'x'?" or "", of the candidates, or of a member of the structs in a list. */
struct hint {
    char text[128];
};
struct hint suggest(struct reader *r, const char *name, const char *const *candidates, size_t count);
#define SUGGEST(r, name, list, count, member)                                                                          \
    suggest_member(r, name, list, count, sizeof *(list), offsetof(__typeof__(*(list)), member))
struct hint suggest_member(struct reader *r, const char *name, const void *list, size_t count, size_t size,
                           size_t member);
/* A text of the file cut for use in a complaint. */
struct brief {
    char text[96];
};
struct brief brief(const char *text);

/* playbook_names.c: what names mean */
void bind_names(struct reader *r);
/* "limit.x" cannot be told a type: what uses it is not checked. */
void note_untyped(struct reader *r, const char *kind, const char *name);
bool is_measured(const struct reader *r, const struct probe *probe); /* or it cannot be told */
void never_measured(struct reader *r, struct mark at, const char *table, const struct probe *probe);
const struct table_decl *map_table(struct reader *r, const struct yaml_node *map, const char *key);
bool check_column(struct reader *r, struct mark at, const struct table_decl *t, const char *name);
/* Evidence: a column of the rule's row, or table.column where the table has one row. */
bool check_evidence(struct reader *r, struct mark at, const struct table_decl *row, const char *name);

#define PLAYBOOK_ROWS_MAX 1000 /* that a table shows, or a rule lists */

/* playbook_extend.c: the tree with what it `extends` merged in; NULL after a complaint. Nodes with the mark of another file
 * than the playbook's own are inherited. */
const struct yaml_node *playbook_extend(struct reader *r, struct arena *nodes, const struct yaml_node *root);
bool is_inherited(const struct reader *r, struct mark at);

/* playbook_declare.c, playbook_compile.c: the two passes over the tree; false: it is no playbook at all */
bool playbook_declare(struct reader *r, const struct yaml_node *root);
void playbook_compile(struct reader *r, const struct yaml_node *root);

/* playbook_check.c: the playbook as a whole, once all of it is read */
void playbook_check(struct reader *r);

#endif
