/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/compare.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "report/compare_parts.h"

const char *const outcome_names[] = {"better", "same", "worse", "unknown", NULL};

int outcome_exit_status(enum outcome o)
{
    static const int statuses[] = {
        [OUTCOME_BETTER] = 0, [OUTCOME_SAME] = 0, [OUTCOME_WORSE] = 1, [OUTCOME_UNKNOWN] = 3};
    return statuses[o];
}

const char *const change_names[] = {
    [CHANGE_NEW] = "new",
    [CHANGE_RAISED] = "raised",
    [CHANGE_UNSEEN_AFTER] = "unseen-after",
    [CHANGE_UNSEEN_BEFORE] = "unseen-before",
    [CHANGE_GONE] = "gone",
    [CHANGE_LOWERED] = "lowered",
    [CHANGE_NONE] = "unchanged",
    [CHANGES] = NULL,
};

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool figure_differs(const struct compared_figure *f)
{
    const struct value *a = &f->value[BEFORE], *b = &f->value[AFTER];
    if (a->known != b->known || !a->known)
        return a->known != b->known;
    if (a->type != b->type)
        return true;
    if (a->type == TYPE_TEXT)
        return strcmp(a->text, b->text) != 0;
    return a->type == TYPE_BOOL ? a->truth != b->truth : a->number != b->number;
}

bool verdict_differs(const struct compared_verdict *v)
{
    const struct verdict *a = v->verdict[BEFORE], *b = v->verdict[AFTER];
    return !a || !b || a->state != b->state || !same_text(a->kind, b->kind);
}

enum severity finding_severity(const struct compared_finding *f)
{
    enum severity worst = SEVERITY_INFO;
    for (int side = BEFORE; side < SIDES; side++)
        if (f->finding[side] && f->finding[side]->severity > worst)
            worst = f->finding[side]->severity;
    return worst;
}

/* Checks */

/* Why a check was not made; NULL: it was. A branch not taken is an answer: nothing fired there. */
static const char *why_blind(const struct case_file *c, const struct check *k)
{
    if (!k)
        return "that run has no such check";
    if (k->result == CHECK_CLEAR || k->result == CHECK_FIRED)
        return NULL;
    const struct step_record *step = k->result == CHECK_NOT_RUN ? case_step(c, k->step) : NULL;
    if (step && step->state == STEP_PASSED)
        return NULL;
    if (k->why && *k->why)
        return k->why;
    if (k->result == CHECK_UNCHECKED)
        return "not measured";
    return step && step->state == STEP_SKIPPED ? "its step was skipped" : "the run was left before it";
}

static bool counts(const struct check *k)
{
    return k->severity > SEVERITY_INFO && !k->optional;
}

/* Why the finding of one run cannot be told to be absent from the other; NULL: it is. */
static const char *why_unseen(struct comparison *c, int side, const struct finding *f)
{
    const struct case_file *there = c->run[side];
    const struct check *k = case_check(there, f->id);
    const char *why = why_blind(there, k);
    if (why)
        return why;
    size_t listed = 0;
    for (size_t i = 0; i < there->finding_count; i++)
        listed += strcmp(there->findings[i].id, f->id) == 0;
    if (k->result == CHECK_FIRED && listed < k->fired)
        return arena_printf(&c->arena, "only %zu of its %zu findings are listed", listed, k->fired);
    if (!k->unknown || !f->row)
        return NULL;
    struct place p = compare_place(there, c->run[!side], f);
    if (p.table && p.row < p.table->rows) {
        for (size_t i = 0; i < f->evidence_count; i++) {
            int column =
                compare_is_of_row(f->evidence[i].name) ? table_decl_column(p.table->decl, f->evidence[i].name) : -1;
            struct value v = column >= 0 ? cell_get(p.table, p.row, (unsigned)column) : value_bool(true);
            if (!v.known)
                return v.why;
        }
        return NULL;
    }
    if (p.table && !p.table->omitted)
        return NULL; /* the row itself is gone */
    /* It is not among the rows that the case kept: one process of many that ended while it was read is no reason to doubt. */
    return k->unknown * 10 <= k->rows ? NULL : k->why ? k->why : "not measured";
}

static void pair_checks(struct comparison *c)
{
    const struct case_file *a = c->run[BEFORE], *b = c->run[AFTER];
    c->checks = arena_alloc(&c->arena, (a->check_count + b->check_count + 1) * sizeof *c->checks);
    for (int side = BEFORE; side < SIDES; side++)
        for (size_t i = 0; i < c->run[side]->check_count; i++) {
            const struct check *k = &c->run[side]->checks[i], *other = case_check(c->run[!side], k->id);
            if (side == AFTER && other)
                continue;
            struct compared_check *pair = &c->checks[c->check_count];
            pair->check[side] = k;
            pair->check[!side] = other;
            for (int s = BEFORE; s < SIDES; s++)
                pair->blind[s] = why_blind(c->run[s], pair->check[s]);
            c->blind_count += pair->blind[BEFORE] && pair->blind[AFTER] && counts(k);
            if (!pair->blind[BEFORE] == !pair->blind[AFTER]) {
                *pair = (struct compared_check){0};
                continue;
            }
            /* A check that only one version of the playbook has is no loss unless it had something to say. */
            pair->decides = pair->blind[AFTER] && pair->check[AFTER] && counts(pair->check[BEFORE]);
            for (size_t n = 0; n < c->finding_count; n++) {
                const struct compared_finding *f = &c->findings[n];
                const struct finding *said = f->finding[f->finding[BEFORE] ? BEFORE : AFTER];
                if ((f->change == CHANGE_UNSEEN_AFTER || f->change == CHANGE_UNSEEN_BEFORE) &&
                    said->severity > SEVERITY_INFO && strcmp(said->id, k->id) == 0)
                    pair->decides = true;
            }
            c->check_count++;
        }
}

/* Findings */

/* First the very same row, then what is the same in another run; equals in their order. */
enum sameness { SAME_ROW, SAME_IDENTITY };

static bool is_same(const struct finding *a, const struct finding *b, enum sameness how)
{
    if (strcmp(a->id, b->id) != 0)
        return false;
    if (how == SAME_IDENTITY)
        return a->identity && b->identity && strcmp(a->identity, b->identity) == 0;
    bool known = a->identity && b->identity; /* cases of earlier versions have none */
    return same_text(a->row, b->row) && (!known || strcmp(a->identity, b->identity) == 0);
}

static void match_findings(const struct case_file *a, const struct case_file *b, const struct finding **partner,
                           bool *taken)
{
    for (enum sameness how = SAME_ROW; how <= SAME_IDENTITY; how++)
        for (size_t i = 0; i < a->finding_count; i++)
            for (size_t k = 0; k < b->finding_count && !partner[i]; k++)
                if (!taken[k] && is_same(&a->findings[i], &b->findings[k], how)) {
                    partner[i] = &b->findings[k];
                    taken[k] = true;
                }
}

static bool is_redefined(const struct comparison *c, const char *id)
{
    const struct check *a = case_check(c->run[BEFORE], id), *b = case_check(c->run[AFTER], id);
    return a && b &&
           (!same_text(a->formula, b->formula) || !same_text(a->threshold_why, b->threshold_why) ||
            a->severity != b->severity);
}

static void add_finding(struct comparison *c, const struct finding *a, const struct finding *b)
{
    struct compared_finding *f = &c->findings[c->finding_count++];
    *f = (struct compared_finding){.finding = {a, b}, .redefined = is_redefined(c, (a ? a : b)->id)};
    if (a && b) {
        f->change = b->severity > a->severity   ? CHANGE_RAISED
                    : b->severity < a->severity ? CHANGE_LOWERED
                                                : CHANGE_NONE;
        return;
    }
    f->why = why_unseen(c, a ? AFTER : BEFORE, a ? a : b);
    if (a)
        f->change = f->why ? CHANGE_UNSEEN_AFTER : CHANGE_GONE;
    else
        f->change = f->why ? CHANGE_UNSEEN_BEFORE : CHANGE_NEW;
}

static bool stands_before(const struct compared_finding *a, const struct compared_finding *b)
{
    bool weighs = finding_severity(a) > SEVERITY_INFO;
    if (weighs != (finding_severity(b) > SEVERITY_INFO))
        return weighs;
    if (a->change != b->change)
        return a->change < b->change;
    return finding_severity(a) > finding_severity(b);
}

static void sort_findings(struct comparison *c)
{
    for (size_t i = 1; i < c->finding_count; i++) {
        struct compared_finding f = c->findings[i];
        size_t k = i;
        for (; k > 0 && stands_before(&f, &c->findings[k - 1]); k--)
            c->findings[k] = c->findings[k - 1];
        c->findings[k] = f;
    }
}

static void pair_findings(struct comparison *c)
{
    const struct case_file *a = c->run[BEFORE], *b = c->run[AFTER];
    AUTO_FREE const struct finding **partner = mem_array(a->finding_count, sizeof *partner);
    AUTO_FREE bool *taken = mem_array(b->finding_count, sizeof *taken);
    match_findings(a, b, partner, taken);
    c->findings = arena_alloc(&c->arena, (a->finding_count + b->finding_count + 1) * sizeof *c->findings);
    for (size_t i = 0; i < a->finding_count; i++)
        add_finding(c, &a->findings[i], partner[i]);
    for (size_t k = 0; k < b->finding_count; k++)
        if (!taken[k])
            add_finding(c, NULL, &b->findings[k]);
    sort_findings(c);
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct compared_finding *f = &c->findings[i];
        enum severity severity = finding_severity(f);
        if (severity == SEVERITY_INFO)
            continue;
        c->count[f->change]++;
        if (f->change <= CHANGE_RAISED && severity > c->worst)
            c->worst = severity;
    }
}

/* Verdicts and experiments */

static unsigned verdict_rank(const struct compared_verdict *v)
{
    return v->leads[BEFORE] ? 0 : v->leads[AFTER] ? 1 : verdict_differs(v) ? 2 : 3;
}

static void add_verdict(struct comparison *c, const struct verdict *a, const struct verdict *b)
{
    struct compared_verdict v = {.verdict = {a, b}};
    for (int side = BEFORE; side < SIDES; side++)
        v.leads[side] = v.verdict[side] && same_text(c->run[side]->lead, v.verdict[side]->id);
    size_t k = c->verdict_count++;
    for (; k > 0 && verdict_rank(&c->verdicts[k - 1]) > verdict_rank(&v); k--)
        c->verdicts[k] = c->verdicts[k - 1];
    c->verdicts[k] = v;
}

static void pair_verdicts(struct comparison *c)
{
    const struct case_file *a = c->run[BEFORE], *b = c->run[AFTER];
    c->verdicts = arena_alloc(&c->arena, (a->verdict_count + b->verdict_count + 1) * sizeof *c->verdicts);
    for (size_t i = 0; i < a->verdict_count; i++)
        add_verdict(c, &a->verdicts[i], case_verdict(b, a->verdicts[i].id));
    for (size_t i = 0; i < b->verdict_count; i++)
        if (!case_verdict(a, b->verdicts[i].id))
            add_verdict(c, NULL, &b->verdicts[i]);
}

static void pair_experiments(struct comparison *c)
{
    const struct case_file *a = c->run[BEFORE], *b = c->run[AFTER];
    c->experiments = arena_alloc(&c->arena, (a->experiment_count + b->experiment_count + 1) * sizeof *c->experiments);
    for (size_t i = 0; i < a->experiment_count; i++)
        c->experiments[c->experiment_count++] =
            (struct compared_experiment){{&a->experiments[i], case_experiment(b, a->experiments[i].id)}};
    for (size_t i = 0; i < b->experiment_count; i++)
        if (!case_experiment(a, b->experiments[i].id))
            c->experiments[c->experiment_count++] = (struct compared_experiment){{NULL, &b->experiments[i]}};
}

/* The outcome */

/* Of a check with more findings than are listed only the number is known. */
static bool fires_more(const struct comparison *c)
{
    for (size_t i = 0; i < c->run[AFTER]->check_count; i++) {
        const struct check *b = &c->run[AFTER]->checks[i], *a = case_check(c->run[BEFORE], b->id);
        if (a && a->result == CHECK_FIRED && b->fired > a->fired && b->severity > SEVERITY_INFO && !a->unknown)
            return true;
    }
    return false;
}

static size_t deciding_checks(const struct comparison *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->check_count; i++)
        n += c->checks[i].decides;
    return n;
}

static enum outcome weigh(const struct comparison *c)
{
    if (c->count[CHANGE_NEW] || c->count[CHANGE_RAISED] || fires_more(c))
        return OUTCOME_WORSE;
    if (c->count[CHANGE_UNSEEN_AFTER] || c->count[CHANGE_UNSEEN_BEFORE] || deciding_checks(c))
        return OUTCOME_UNKNOWN;
    return c->count[CHANGE_GONE] || c->count[CHANGE_LOWERED] ? OUTCOME_BETTER : OUTCOME_SAME;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* ", 2 gone", the first with its noun: "2 findings gone". */
static void add_part(struct str *s, size_t count, const char *what, bool *first)
{
    if (!count)
        return;
    if (*first)
        str_printf(s, "%zu finding%s %s", count, plural(count), what);
    else
        str_printf(s, ", %zu %s", count, what);
    *first = false;
}

static void say_counts(const struct comparison *c, struct str *s)
{
    const size_t *n = c->count;
    bool first = true, critical = c->worst == SEVERITY_CRITICAL;
    add_part(s, n[CHANGE_NEW], critical && !n[CHANGE_RAISED] ? "new and critical" : "new", &first);
    add_part(s, n[CHANGE_RAISED], "more severe", &first);
    add_part(s, n[CHANGE_GONE], "gone", &first);
    add_part(s, n[CHANGE_LOWERED], "less severe", &first);
    add_part(s, n[CHANGE_UNSEEN_AFTER], "could not be looked for again", &first);
    add_part(s, n[CHANGE_UNSEEN_BEFORE], "could not be seen before", &first);
    bool none_new = !n[CHANGE_NEW] && !n[CHANGE_UNSEEN_BEFORE], late = first;
    if (none_new && !late)
        str_add(s, ", none new");
    add_part(s, n[CHANGE_NONE], "unchanged", &first);
    if (none_new && late)
        str_add(s, first ? "no warning before, none after" : ", none new");
}

static void say_outcome(const struct comparison *c, struct str *s)
{
    static const char *const openings[] = {[OUTCOME_BETTER] = "Better",
                                           [OUTCOME_SAME] = "The same",
                                           [OUTCOME_WORSE] = "Worse",
                                           [OUTCOME_UNKNOWN] = "Cannot be told"};
    size_t lost = deciding_checks(c);
    str_add(s, openings[c->outcome]);
    str_add(s, c->outcome == OUTCOME_SAME && c->blind_count ? " as far as could be seen: " : ": ");
    if (c->outcome == OUTCOME_UNKNOWN && lost)
        str_printf(s, "%zu check%s could be made in one run only; ", lost, plural(lost));
    say_counts(c, s);
    str_add_char(s, '.');
}

static void say_state(const struct verdict *v, struct str *s)
{
    AUTO_FREE char *state = text_in_words(v ? verdict_state_name(v->state) : "not weighed", "-");
    str_add(s, state);
    if (v && v->kind)
        str_printf(s, " (%s)", v->kind);
}

/* "external-fragmentation" reads as "External fragmentation". */
static void say_id(const char *id, struct str *s)
{
    AUTO_FREE char *words = text_in_words(id, "-_");
    *words = (char)toupper((unsigned char)*words);
    str_add(s, words);
}

static void say_verdict(const struct compared_verdict *v, struct str *s)
{
    str_add_char(s, ' ');
    say_id(v->verdict[v->verdict[BEFORE] ? BEFORE : AFTER]->id, s);
    str_add(s, ": ");
    if (verdict_differs(v)) {
        say_state(v->verdict[BEFORE], s);
        str_add(s, " → ");
    } else {
        str_add(s, "still ");
    }
    say_state(v->verdict[AFTER], s);
    str_add_char(s, '.');
}

static void say(struct comparison *c)
{
    AUTO_STR struct str s = {0};
    say_outcome(c, &s);
    for (size_t i = 0; i < c->verdict_count; i++)
        if (c->verdicts[i].leads[BEFORE] || c->verdicts[i].leads[AFTER])
            say_verdict(&c->verdicts[i], &s);
    c->sentence = arena_strdup(&c->arena, str_text(&s));
}

struct comparison *compare_cases(const struct case_file *before, const struct case_file *after, struct err *e)
{
    if (strcmp(before->host, after->host) != 0) {
        err_set(e, "not comparable: the first case is of host %.80s, the second of %.80s", before->host, after->host);
        return NULL;
    }
    if (strcmp(before->playbook, after->playbook) != 0) {
        err_set(e, "not comparable: the first case was made with the playbook %.80s, the second with %.80s",
                before->playbook, after->playbook);
        return NULL;
    }
    struct comparison *c = mem_alloc(sizeof *c);
    c->run[BEFORE] = before;
    c->run[AFTER] = after;
    pair_findings(c);
    pair_checks(c);
    pair_verdicts(c);
    pair_experiments(c);
    compare_figures(c);
    compare_remarks(c);
    c->outcome = weigh(c);
    say(c);
    return c;
}

void comparison_free(struct comparison *c)
{
    if (!c)
        return;
    arena_free(&c->arena);
    free(c);
}
