/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only user of libyaml. Its events, not its documents: its loader takes half a minute over 100,000 open brackets.
 */
#include "engine/playbook/yaml_tree.h"

#include <string.h>
#include <yaml.h>

#include "base/text.h"

struct builder {
    struct arena *tree, *texts;
    struct diags *d;
    const char *file;
    struct {
        struct yaml_node *node, *last;
        const char *key; /* a mapping's key that waits for its value */
        struct mark key_mark;
    } open[YAML_DEPTH_MAX];
    size_t depth, nodes;
    struct yaml_node *root;
    bool failed;  /* beyond going on */
    bool spoiled; /* to be read to the end, but not used */
};

static struct mark mark_of(const struct builder *b, const yaml_mark_t *m)
{
    return (struct mark){b->file, (unsigned)m->line + 1, (unsigned)m->column + 1};
}

static void refuse(struct builder *b, struct mark at, const char *why)
{
    diag_add(b->d, at, "%s", why);
    b->failed = true;
}

/* Line and column of a byte, for errors that libyaml reports by offset. */
static struct mark mark_at(const char *file, const char *text, size_t offset)
{
    struct mark m = {file, 1, 1};
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            m.line++;
            m.column = 1;
        } else if (((unsigned char)text[i] & 0xC0) != 0x80) {
            m.column++;
        }
    }
    return m;
}

/* Escapes in quoted texts can bring in what the file itself must not hold; a text goes to terminals and reports. */
static bool is_clean(const char *text, size_t length)
{
    bool simple = true;
    for (size_t i = 0; i < length && simple; i++)
        simple = ((unsigned char)text[i] >= ' ' && (unsigned char)text[i] < 0x7F) || text[i] == '\n' || text[i] == '\t';
    if (simple)
        return true;
    AUTO_FREE char *blank = mem_array(length + 1, 1);
    AUTO_FREE char *clean = mem_array(length * 3 + 1, 1);
    for (size_t i = 0; i < length; i++)
        blank[i] = text[i] == '\n' || text[i] == '\t' ? ' ' : text[i];
    return text_clean(clean, length * 3 + 1, blank, length) == length && memcmp(clean, blank, length) == 0;
}

static int compare_keys(const void *a, const void *b)
{
    const struct yaml_node *x = *(const struct yaml_node *const *)a, *y = *(const struct yaml_node *const *)b;
    int order = strcmp(x->key, y->key);
    return order ? order : mark_compare(&x->key_mark, &y->key_mark);
}

static void check_duplicates(struct builder *b, const struct yaml_node *map)
{
    AUTO_FREE const struct yaml_node **sorted = mem_array(map->count, sizeof *sorted);
    size_t n = 0;
    for (const struct yaml_node *m = map->first; m; m = m->next)
        sorted[n++] = m;
    qsort(sorted, n, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (strcmp(sorted[i]->key, sorted[i - 1]->key) == 0)
            diag_add(b->d, sorted[i]->key_mark, "duplicate key '%.80s': first at line %u", sorted[i]->key,
                     sorted[i - 1]->key_mark.line);
}

static bool count_node(struct builder *b, struct mark at)
{
    if (++b->nodes <= YAML_NODES_MAX)
        return true;
    diag_add(b->d, at, "too large: more than %d values", YAML_NODES_MAX);
    b->failed = true;
    return false;
}

static struct yaml_node *add_node(struct builder *b, enum yaml_kind kind, struct mark at)
{
    if (!count_node(b, at))
        return NULL;
    struct yaml_node *n = arena_alloc(b->tree, sizeof *n);
    n->kind = kind;
    n->mark = at;
    if (!b->depth) {
        b->root = n;
        return n;
    }
    size_t top = b->depth - 1;
    struct yaml_node *parent = b->open[top].node;
    if (parent->kind == YAML_MAP) {
        if (!b->open[top].key) {
            refuse(b, at, "a key must be a plain name");
            return NULL;
        }
        n->key = b->open[top].key;
        n->key_mark = b->open[top].key_mark;
        b->open[top].key = NULL;
    }
    *(b->open[top].last ? &b->open[top].last->next : &parent->first) = n;
    b->open[top].last = n;
    parent->count++;
    return n;
}

static bool is_adorned(struct builder *b, struct mark at, bool anchor, bool tag)
{
    if (anchor || tag)
        refuse(b, at, tag ? "tags (!) are not allowed" : "anchors (&) are not allowed");
    return anchor || tag;
}

static void add_text(struct builder *b, const yaml_event_t *event)
{
    struct mark at = mark_of(b, &event->start_mark);
    const char *raw = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (is_adorned(b, at, event->data.scalar.anchor, event->data.scalar.tag))
        return;
    if (!is_clean(raw, length)) {
        diag_add(b->d, at, "a control character, or one that cannot be seen, in this text");
        b->spoiled = true;
    }
    while (length && raw[length - 1] == '\n')
        length--;
    size_t top = b->depth - 1;
    if (b->depth && b->open[top].node->kind == YAML_MAP && !b->open[top].key) {
        if (count_node(b, at)) {
            b->open[top].key = arena_strndup(b->texts, raw, length);
            b->open[top].key_mark = at;
        }
        return;
    }
    yaml_scalar_style_t style = event->data.scalar.style;
    if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        at.column++;
    struct yaml_node *n = add_node(b, YAML_TEXT, at);
    if (!n)
        return;
    n->plain = style == YAML_PLAIN_SCALAR_STYLE;
    n->text = arena_strndup(b->texts, raw, length);
}

static void open_node(struct builder *b, enum yaml_kind kind, const yaml_event_t *event, bool anchor, bool tag)
{
    struct mark at = mark_of(b, &event->start_mark);
    if (is_adorned(b, at, anchor, tag))
        return;
    if (b->depth == YAML_DEPTH_MAX) {
        diag_add(b->d, at, "nested too deeply: more than %d levels", YAML_DEPTH_MAX);
        b->failed = true;
        return;
    }
    struct yaml_node *n = add_node(b, kind, at);
    if (!n)
        return;
    memset(&b->open[b->depth], 0, sizeof b->open[b->depth]);
    b->open[b->depth++].node = n;
}

static void close_node(struct builder *b)
{
    const struct yaml_node *n = b->open[--b->depth].node;
    if (n->kind == YAML_MAP)
        check_duplicates(b, n);
}

/* Returns false at the end of the stream or when it makes no sense to go on. */
static bool take(struct builder *b, const yaml_event_t *event, unsigned *documents)
{
    switch (event->type) {
    case YAML_STREAM_END_EVENT:
        return false;
    case YAML_DOCUMENT_START_EVENT:
        if (++*documents > 1)
            refuse(b, mark_of(b, &event->start_mark), "a second document: a playbook is one");
        break;
    case YAML_ALIAS_EVENT:
        refuse(b, mark_of(b, &event->start_mark), "aliases (*) are not allowed");
        break;
    case YAML_SCALAR_EVENT:
        add_text(b, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        open_node(b, YAML_LIST, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        open_node(b, YAML_MAP, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_node(b);
        break;
    default:
        break;
    }
    return !b->failed;
}

static void report_error(struct builder *b, const yaml_parser_t *parser, const char *text, size_t length)
{
    b->failed = true;
    const char *problem = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_MEMORY_ERROR)
        mem_exhausted();
    if (parser->error == YAML_READER_ERROR) {
        size_t offset = parser->problem_offset < length ? parser->problem_offset : length;
        diag_add(b->d, mark_at(b->file, text, offset), "not valid UTF-8 text: %s", problem);
    } else if (parser->context) {
        diag_add(b->d, mark_of(b, &parser->problem_mark), "%s (%s, which began at line %zu)", problem, parser->context,
                 parser->context_mark.line + 1);
    } else {
        diag_add(b->d, mark_of(b, &parser->problem_mark), "%s", problem);
    }
}

/* Whether libyaml takes the byte as the first of a line: its breaks are \n, \r, U+0085, U+2028 and U+2029. */
static bool begins_line(const char *text, size_t at)
{
    static const char *const before[] = {"\n", "\r", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF"};
    for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
        size_t n = strlen(before[i]);
        if (at >= n && memcmp(text + at - n, before[i], n) == 0)
            return true;
    }
    return at == 0;
}

/* A file of nothing but %TAG lines takes libyaml time by the square of their number. */
static bool has_directive(struct builder *b, const char *text, size_t length)
{
    const char *end = text + length;
    for (const char *at = text; at < end && (at = memchr(at, '%', (size_t)(end - at))); at++) {
        if (!begins_line(text, (size_t)(at - text)))
            continue;
        diag_add(b->d, mark_at(b->file, text, (size_t)(at - text)), "a line cannot begin with %%: no directives");
        return true;
    }
    return false;
}

struct yaml_node *yaml_tree(struct arena *nodes, struct arena *texts, const char *file, const char *text, size_t length,
                            struct diags *d)
{
    struct builder b = {.tree = nodes, .texts = texts, .d = d, .file = file};
    size_t before = d->count;
    if (length > YAML_BYTES_MAX) {
        diag_add(d, (struct mark){file, 1, 1}, "too large: more than %d KiB", YAML_BYTES_MAX / 1024);
        return NULL;
    }
    if (has_directive(&b, text, length))
        return NULL;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        mem_exhausted();
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    unsigned documents = 0;
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            report_error(&b, &parser, text, length);
            break;
        }
        more = take(&b, &event, &documents);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (!b.root && d->count == before)
        diag_add(d, (struct mark){file, 1, 1}, "empty");
    return b.failed || b.spoiled ? NULL : b.root;
}
