/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a playbook can say: the keys of each of its mappings, declared once. The two passes read by these tables;
 * schema/playbook.json and the tables of docs/playbooks.md are made of them (tools/playbook_schema.c). */
#ifndef FW_ENGINE_PLAYBOOK_PLAYBOOK_KEYS_H
#define FW_ENGINE_PLAYBOOK_PLAYBOOK_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum key_kind {
    /* read by the first pass into the member at `at` */
    KEY_ID,     /* const char * */
    KEY_NAME,   /* the same, as expressions name it */
    KEY_TEXT,   /* const char * */
    KEY_TEXTS,  /* const char **, as many as the size_t at `other` says */
    KEY_WORD,   /* enum: one of `words` */
    KEY_CHOICE, /* const char *: one of `words` */
    KEY_BOOL,   /* bool */
    KEY_NUMBER, /* unsigned, 1 to PLAYBOOK_ROWS_MAX; what stands there before is the default */
    KEY_WINDOW, /* double, seconds; the same */
    /* read by the second; the text as written goes to the const char * at `other` unless that is 0 */
    KEY_CONDITION, /* struct expr * */
    KEY_MESSAGE,   /* struct message * */
    /* read by hand */
    KEY_WORDING, /* a message that a sysctl brings if it is not given */
    KEY_TABLE,
    KEY_LIST,   /* of mappings `of` */
    KEY_MAP,    /* a mapping `of` */
    KEY_MAPS,   /* names, and a mapping `of` for each */
    KEY_BUILDS, /* for playbook_extend.c, of no use without `extends` */
    KEY_OTHER,  /* see `schema` */
};

#define REQUIRED_KEY "required"

struct key {
    const char *name;
    const char *need; /* REQUIRED_KEY, or for people when it is, or what holds without it; NULL: nothing */
    enum key_kind kind;
    size_t at, other;
    const char *const *words; /* ends with NULL */
    const struct mapping *of;
    const char *help;
    const char *item; /* TEXTS: one of them, for complaints */
    const char *
        schema; /* what an editor is to know in the place of its kind: JSON with ' for "; TEXTS: of an item; LIST: besides */
};

struct mapping {
    const char *what; /* "step" */
    const struct key *keys;
    size_t count;
    bool by_id;         /* a playbook that extends another can change one, by its id or name */
    const char *always; /* what an editor can see beside the keys: members of the schema, JSON with ' for " */
    const char *whole;  /* the same of one that only has to hold for a mapping that changes none of a base */
};

extern const struct mapping playbook_mapping, limit_mapping, step_mapping, show_mapping, question_mapping, rule_mapping,
    experiment_mapping, next_mapping, recommendation_mapping, verdict_mapping, sentence_mapping, owners_mapping,
    figure_mapping;
extern const struct mapping *const playbook_mappings[]; /* all of them, then NULL */

bool key_required(const struct key *k);
/* The keys that hold lists of mappings with ids; NULL: `name` is none. */
const struct key *key_of_list(const char *name);

extern const char *const question_type_names[], *const unit_names[];

#endif
