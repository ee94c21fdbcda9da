/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/playbook/playbook_keys.h"

#include <string.h>

#include "engine/playbook/playbook.h"

const char *const question_type_names[] = {"yesno", "choice", "number", "text", "process", "file", NULL};
const char *const unit_names[] = {"count", "ratio", "bytes", "seconds", NULL};

/* clang-format off */
#define NEEDED REQUIRED_KEY
#define KEY(NAME, NEED, KIND, HELP, ...) {.name = NAME, .need = NEED, .kind = KEY_##KIND, .help = HELP, __VA_ARGS__},
#define AT(S, member) .at = offsetof(struct S, member)
#define OTHER(S, member) .other = offsetof(struct S, member)
#define MAPPING(KEYS, WHAT, ...) {.what = WHAT, .keys = KEYS, .count = ARRAY_SIZE(KEYS), __VA_ARGS__}
#define CHANGES \
    KEY("after", NULL, BUILDS, "with `extends`: the id behind which this one stands", .schema = "{'$ref': '#/definitions/id'}") \
    KEY("leave", NULL, BUILDS, "with `extends`: what is left out of it")
#define SORT_SCHEMA "{'type': 'string', 'pattern': '^-?[a-z][a-z0-9_]*$'}"
#define PROBE "{'$ref': '#/definitions/probe'}"

static const struct key limit_keys[] = {
    KEY("value", NEEDED, OTHER, "a literal: `10`, `5%`, `64MiB`, `30s`, `100/s`, `2MiB/min`", .schema = "{'$ref': '#/definitions/literal'}")
    KEY("why", NEEDED, TEXT, "why this value", AT(limit, why))
    KEY("source", NEEDED, TEXT, "kernel source, a measurement, or the word heuristic", AT(limit, source))
};
const struct mapping limit_mapping = MAPPING(limit_keys, "limit", .by_id = true);

static const struct key show_keys[] = {
    KEY("table", NEEDED, TABLE, "`zone`, or `buddy.zone`")
    KEY("title", "the table's", TEXT, "what stands above it", AT(show, title))
    KEY("columns", "all", TEXTS, "which, in order", AT(show, columns), OTHER(show, column_count), .item = "a column",
        .schema = "{'$ref': '#/definitions/name'}")
    KEY("sort", "as measured", OTHER, "a column; `-column`: largest first", .schema = SORT_SCHEMA)
    KEY("rows", "10", NUMBER, "at most so many, up to 1000", AT(show, rows))
    KEY("where", NULL, CONDITION, "which rows", AT(show, where))
};
const struct mapping show_mapping = MAPPING(show_keys, "show entry");

static const struct key question_keys[] = {
    KEY("id", NEEDED, NAME, "expressions name the answer `answer.ID`", AT(question, id))
    KEY("ask", NEEDED, TEXT, "the question", AT(question, ask))
    KEY("help", NULL, TEXT, "more, for who asks back", AT(question, help))
    KEY("type", NEEDED, WORD, "see below", AT(question, type), .words = question_type_names)
    KEY("choices", "type choice", OTHER, "`{id: text, …}`, at least two",
        .schema = "{'type': 'object', 'minProperties': 2, 'propertyNames': {'$ref': '#/definitions/id'}, 'additionalProperties': {'$ref': '#/definitions/text'}}")
    KEY("unit", "count", OTHER, "type number: the dimension of the answer", .words = unit_names)
    KEY("default", NULL, OTHER, "what Enter takes, and a run without an operator; shown in the report", .schema = "{'type': ['string', 'boolean', 'number']}")
    KEY("when", NULL, CONDITION, "asked only if true", AT(question, when))
    CHANGES
};
const struct mapping question_mapping = MAPPING(question_keys, "question", .by_id = true, .whole =
    "'allOf': ["
    "{'if': {'properties': {'type': {'const': 'choice'}}}, 'then': {'required': ['choices', 'default'],"
    "  'properties': {'default': {'type': 'string'}}}, 'else': {'properties': {'choices': false}}},"
    "{'if': {'properties': {'type': {'const': 'number'}}}, 'then': {'required': ['default'],"
    "  'properties': {'default': {'$ref': '#/definitions/literal'}}}, 'else': {'properties': {'unit': false}}},"
    "{'if': {'properties': {'type': {'const': 'yesno'}}}, 'then': {'required': ['default'],"
    "  'properties': {'default': {'enum': [true, false, 'yes', 'no']}}}},"
    "{'if': {'properties': {'type': {'const': 'process'}}}, 'then':"
    "  {'properties': {'default': {'anyOf': [{'const': 'none'}, {'type': 'integer', 'minimum': 0}]}}}}]");

static const struct key rule_keys[] = {
    KEY("id", NEEDED, ID, "`fired('id')` asks whether it fired", AT(rule, id))
    KEY("for", NULL, TABLE, "one judgement for each row of this table; its columns can be named alone")
    KEY("where", NULL, CONDITION, "which rows; needs `for`", AT(rule, where), OTHER(rule, where_text))
    KEY("when", NEEDED, CONDITION, "true: it fires. Unknown: it is listed as unchecked, with the reason", AT(rule, when))
    KEY("severity", NEEDED, WORD, "`info`, `warning` (exit status 1), `critical` (exit status 2)", AT(rule, severity), .words = severity_names)
    KEY("harm", NULL, CONDITION, "the severity holds only if true; else the finding is information", AT(rule, harm), OTHER(rule, harm_text))
    KEY("say", NEEDED, MESSAGE, "the finding, a message", AT(rule, say), OTHER(rule, say_text))
    KEY("evidence", NULL, TEXTS, "values shown with the finding: columns of the row, or `table.column` of tables with one row",
        AT(rule, evidence), OTHER(rule, evidence_count), .item = "evidence",
        .schema = "{'type': 'string', 'pattern': '^[a-z][a-z0-9_]*(\\\\.[a-z][a-z0-9_]*){0,2}$'}")
    KEY("recommend", "warning, critical", TEXTS, "ids of recommendations", AT(rule, recommend), OTHER(rule, recommend_count),
        .item = "an id of a recommendation", .schema = "{'$ref': '#/definitions/id'}")
    KEY("why", "warning, critical", TEXT, "why this matters, or the threshold's reason", AT(rule, why))
    KEY("source", NULL, TEXT, "where the threshold comes from", AT(rule, source))
    KEY("optional", "false", BOOL, "true: being unable to check it does not change the exit status, as other checks cover it", AT(rule, optional))
    KEY("most", "10", NUMBER, "findings listed at most; further rows are counted", AT(rule, most))
    CHANGES
};
const struct mapping rule_mapping = MAPPING(rule_keys, "rule", .by_id = true, .whole =
    "'dependencies': {'where': ['for']}, 'if': {'properties': {'severity': {'enum': ['warning', 'critical']}}},"
    "'then': {'required': ['why', 'recommend'], 'properties': {'recommend': {'minItems': 1}}}");

static const struct key experiment_keys[] = {
    KEY("id", NEEDED, NAME, "none of a question's; `before.ID` and `after.ID` are what was measured", AT(experiment_decl, id))
    KEY("ask", NEEDED, TEXT, "what it decides, as a question", AT(experiment_decl, ask))
    KEY("cost", NEEDED, TEXT, "what it takes: time, processors", AT(experiment_decl, cost))
    KEY("risk", NEEDED, TEXT, "what it can do to the machine", AT(experiment_decl, risk))
    KEY("action", NEEDED, WORD, "see below", AT(experiment_decl, action), .words = experiment_action_names)
    KEY("when", NULL, CONDITION, "offered only if true", AT(experiment_decl, when), OTHER(experiment_decl, when_text))
    KEY("measure", NEEDED, OTHER, "an expression, evaluated before and after: `before.ID` and `after.ID`, of its type", .schema = "{'$ref': '#/definitions/text'}")
    KEY("measured", NEEDED, TEXT, "what that is, in words", AT(experiment_decl, measured))
    KEY("again", "compact, operator", OTHER, "probes of this step that measure once more",
        .schema = "{'type': 'array', 'minItems': 1, 'uniqueItems': true, 'items': " PROBE "}")
    KEY("window", "watch", WINDOW, "how much longer is observed, 1s to 7d", AT(experiment_decl, window_s))
    KEY("instruct", "operator", MESSAGE, "what is to be done", AT(experiment_decl, instruct), OTHER(experiment_decl, instruct_text))
    CHANGES
};
const struct mapping experiment_mapping = MAPPING(experiment_keys, "experiment", .by_id = true, .whole =
    "'allOf': ["
    "{'if': {'properties': {'action': {'const': 'watch'}}}, 'then': {'required': ['window'], 'properties': {'again': false}},"
    "  'else': {'required': ['again'], 'properties': {'window': false}}},"
    "{'if': {'properties': {'action': {'const': 'operator'}}}, 'then': {'required': ['instruct']},"
    "  'else': {'properties': {'instruct': false}}}]");

static const struct key next_keys[] = {
    KEY("when", NULL, CONDITION, "it is taken if true", AT(next, when))
    KEY("step", NEEDED, TEXT, "the id of a step, or `end`", AT(next, step), .schema = "{'$ref': '#/definitions/id'}")
};
const struct mapping next_mapping = MAPPING(next_keys, "next entry");

static const struct key step_keys[] = {
    KEY("id", NEEDED, ID, "`end` is none", AT(step, id), .schema = "{'allOf': [{'$ref': '#/definitions/id'}, {'not': {'const': 'end'}}]}")
    KEY("title", NEEDED, TEXT, "what it looks at", AT(step, title))
    KEY("why", NEEDED, TEXT, "why it matters", AT(step, why))
    KEY("classic", NULL, TEXT, "the command that it stands for", AT(step, classic))
    KEY("blind", NULL, TEXT, "what that command does not tell", AT(step, blind))
    KEY("when", NULL, CONDITION, "false: passed over. Unknown: done", AT(step, when))
    KEY("probe", NULL, OTHER, "what is measured (`fragwizard list probes`)", .schema = PROBE)
    KEY("probes", NULL, OTHER, "the same, a list", .schema = "{'type': 'array', 'uniqueItems': true, 'items': " PROBE "}")
    KEY("show", NULL, LIST, "tables to show", .of = &show_mapping)
    KEY("questions", NULL, LIST, "asked after the tables are shown", .of = &question_mapping)
    KEY("experiments", NULL, LIST, "offered after the rules; each is made only after a yes", .of = &experiment_mapping)
    KEY("rules", NULL, LIST, "the checks", .of = &rule_mapping)
    KEY("next", "the step below", OTHER, "an id, `end`, or a list of `{when, step}`: the first that is true, or has no `when`, decides",
        .schema = "{'oneOf': [{'$ref': '#/definitions/id'}, {'type': 'array', 'items': {'$ref': '#/definitions/next-entry'}}]}")
    CHANGES
};
const struct mapping step_mapping = MAPPING(step_keys, "step", .by_id = true, .always = "'not': {'required': ['probe', 'probes']}");

#define RECOMMENDATION_KEY(R, KIND, member, NEED_OF_IT, n, NAME, HELP) KEY(NAME, NEED_OF_IT, WORDING, HELP)
static const struct key recommendation_keys[] = {
    KEY("id", NEEDED, ID, "as rules name it", AT(recommendation_decl, id))
    KEY("kind", NEEDED, CHOICE, "`sysctl`, `application`, `service`, `kernel`, `observe` (nothing is changed)", AT(recommendation_decl, kind), .words = recommendation_kind_names)
    KEY("sysctl", "kind sysctl", TEXT, "its name; `fragwizard apply` changes those that the shipped playbooks recommend and no other", AT(recommendation_decl, sysctl),
        .schema = "{'type': 'string', 'pattern': '^([a-z0-9_][a-z0-9_-]*(\\\\.[a-z0-9_-]+)+|transparent_hugepage/[a-z_/]+)$'}")
    KEY("when", NULL, CONDITION, "shown only if true", AT(recommendation_decl, when))
    RECOMMENDATION_TEXTS(RECOMMENDATION_KEY, )
    CHANGES
};
const struct mapping recommendation_mapping = MAPPING(recommendation_keys, "recommendation", .by_id = true, .whole =
    "'allOf': ["
    "{'if': {'properties': {'kind': {'const': 'sysctl'}}}, 'then': {'required': ['sysctl']}, 'else': {'properties': {'sysctl': false}}},"
    "{'if': {'properties': {'kind': {'enum': ['application', 'service', 'kernel']}}}, 'then': {'required': ['apply']}}]");

static const struct key sentence_keys[] = {
    KEY("when", NULL, CONDITION, "said if true", AT(sentence, when))
    KEY("say", NEEDED, MESSAGE, "the sentence", AT(sentence, say))
};
const struct mapping sentence_mapping = MAPPING(sentence_keys, "sentence");

static const struct key owners_keys[] = {
    KEY("table", NEEDED, TABLE, "a sentence for each row of this table")
    KEY("where", NULL, CONDITION, "which rows", AT(owners, where))
    KEY("say", NEEDED, MESSAGE, "the sentence, a message of the row", AT(owners, say), OTHER(owners, say_text))
    KEY("sort", "as measured", OTHER, "a column; `-column`: largest first", .schema = SORT_SCHEMA)
    KEY("rows", "10", NUMBER, "at most so many, up to 1000", AT(owners, rows))
    KEY("headline", NULL, MESSAGE, "the verdict's headline in the words of the first row, if there is one", AT(owners, headline))
};
const struct mapping owners_mapping = MAPPING(owners_keys, "list of owners");

#define SENTENCES "{'type': 'array', 'items': {'oneOf': [{'$ref': '#/definitions/message'}, {'$ref': '#/definitions/sentence'}]}}"
static const struct key verdict_keys[] = {
    KEY("id", NEEDED, ID, "its id", AT(verdict_decl, id))
    KEY("title", NEEDED, TEXT, "the hypothesis", AT(verdict_decl, title))
    KEY("headline", "the title", MESSAGE, "the report's first sentence if it leads, a line below if it holds besides; one that is only likely needs it to be told",
        AT(verdict_decl, headline), OTHER(verdict_decl, headline_text))
    KEY("confirmed", NULL, CONDITION, "the first condition tried", AT(verdict_decl, confirmed), OTHER(verdict_decl, confirmed_text))
    KEY("likely", NULL, CONDITION, "the second", AT(verdict_decl, likely), OTHER(verdict_decl, likely_text))
    KEY("ruled-out", NULL, CONDITION, "the third; none true: unknown", AT(verdict_decl, ruled_out), OTHER(verdict_decl, ruled_out_text))
    KEY("partial", NULL, CONDITION, "of a verdict without these three: so much was not judged that it is likely only", AT(verdict_decl, partial))
    KEY("for", NULL, OTHER, "sentences that speak for it: messages, or `{when, say}`, said if true", .schema = SENTENCES)
    KEY("against", NULL, OTHER, "sentences against it", .schema = SENTENCES)
    KEY("kind", NULL, OTHER, "an expression that gives a text, such as `if(after.compact_now < 50%, 'compactable', 'pinned')`",
        .schema = "{'$ref': '#/definitions/text'}")
    KEY("owners", NULL, MAP, "who holds what is in the way", .of = &owners_mapping)
    KEY("subjects", NULL, MAP, "who it is about, worst first; a row whose `pid` is the operator's suspect lifts the verdict", .of = &owners_mapping)
    KEY("observed", NULL, CONDITION, "it did harm within the window", AT(verdict_decl, observed))
    KEY("growing", NULL, CONDITION, "it gets worse", AT(verdict_decl, growing))
    KEY("past", NULL, CONDITION, "it did harm before the window", AT(verdict_decl, past))
    KEY("benign", "false", BOOL, "true: it explains what is seen, and nothing is wrong with it", AT(verdict_decl, benign))
    KEY("until", NULL, OTHER, "an expression: seconds until it does harm", .schema = "{'$ref': '#/definitions/text'}")
    KEY("size", NULL, OTHER, "an expression: bytes at stake", .schema = "{'$ref': '#/definitions/text'}")
    KEY("fits", NULL, CONDITION, "it is what the operator looked for", AT(verdict_decl, fits))
    CHANGES
};
const struct mapping verdict_mapping = MAPPING(verdict_keys, "verdict", .by_id = true);

static const struct key figure_keys[] = {
    KEY("id", NEEDED, NAME, "what monitoring systems call it; its unit is added where that is the custom", AT(figure_decl, id))
    KEY("title", NEEDED, TEXT, "what it is", AT(figure_decl, title))
    KEY("value", NEEDED, OTHER, "an expression that gives a number", .schema = "{'$ref': '#/definitions/text'}")
    KEY("warning", NULL, OTHER, "an expression of the same dimension: beyond it some rule warns", .schema = "{'$ref': '#/definitions/text'}")
    KEY("critical", NULL, OTHER, "the same of what is critical", .schema = "{'$ref': '#/definitions/text'}")
    KEY("below", "false", BOOL, "true: beyond means below", AT(figure_decl, below))
    CHANGES
};
const struct mapping figure_mapping = MAPPING(figure_keys, "figure", .by_id = true);

static const struct key playbook_keys[] = {
    KEY("format", NEEDED, OTHER, "`" PLAYBOOK_FORMAT "`", .schema = "{'const': '" PLAYBOOK_FORMAT "'}")
    KEY("name", NEEDED, ID, "id; the file's name without `.yaml`", AT(playbook, name))
    KEY("extends", NULL, BUILDS, "the playbook that this one builds on; of the required keys, only `format` and `name` are then required here",
        .schema = "{'$ref': '#/definitions/text'}")
    KEY("leave", NULL, BUILDS, "what is left out of it")
    KEY("title", NEEDED, TEXT, "the question that it answers", AT(playbook, title))
    KEY("summary", NEEDED, TEXT, "what it looks at", AT(playbook, summary))
    KEY("window", "30s", WINDOW, "how long windowed probes observe, 1s to 7d; `--duration` overrides it", AT(playbook, window_s))
    KEY("limits", NULL, MAPS, "thresholds", .of = &limit_mapping)
    KEY("steps", NEEDED, LIST, "1 to 100, in order", .of = &step_mapping, .schema = "'minItems': 1, 'maxItems': 100")
    KEY("recommendations", NULL, LIST, "what rules recommend", .of = &recommendation_mapping)
    KEY("verdicts", NULL, LIST, "hypotheses, weighed at the end; what they do decides which leads, not their order", .of = &verdict_mapping)
    KEY("figures", NULL, LIST, "numbers for monitoring systems (`--format nagios`, `prometheus`)", .of = &figure_mapping)
};
/* clang-format on */
const struct mapping playbook_mapping =
    MAPPING(playbook_keys, "playbook", .always = "'dependencies': {'leave': ['extends']}");

const struct mapping *const playbook_mappings[] = {
    &playbook_mapping,   &limit_mapping, &step_mapping,           &show_mapping,    &question_mapping, &rule_mapping,
    &experiment_mapping, &next_mapping,  &recommendation_mapping, &verdict_mapping, &sentence_mapping, &owners_mapping,
    &figure_mapping,     NULL,
};

bool key_required(const struct key *k)
{
    return k->need && strcmp(k->need, REQUIRED_KEY) == 0;
}

const struct key *key_of_list(const char *name)
{
    static const struct mapping *const holders[] = {&playbook_mapping, &step_mapping};
    for (size_t i = 0; i < ARRAY_SIZE(holders); i++)
        for (size_t k = 0; k < holders[i]->count; k++) {
            const struct key *key = &holders[i]->keys[k];
            if (key->kind == KEY_LIST && key->of->by_id && strcmp(key->name, name) == 0)
                return key;
        }
    return NULL;
}
