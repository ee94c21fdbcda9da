#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# --allow: what it takes, what the audit makes of it, and that nothing is tried out without it.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need jq
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/stderr
cd "$dir" || exit 1
playbook=$SRC/tests/playbooks/ok/experiments.yaml

refused() { # WHAT SENTENCE WORD…
    what=$1 sentence=$2
    shift 2
    "$FRAGWIZARD" "$@" >out 2>"$seen" </dev/null
    is "$what: exit status, nothing on stdout, one line" "$? $(wc -c <out) $(wc -l <"$seen")" "3 0 1"
    check "$what: $sentence" grep -q -- "$sentence" "$seen"
}
refused 'a wrong word' "did you mean 'compaction'?" --auto --allow compactoin
refused 'another wrong word' 'compaction or watching' --auto --allow everything
refused 'an action that a person makes' 'compaction or watching' --auto --allow operator
refused 'no word' 'needs a value' --auto --allow
refused 'a captured tree' 'captured tree' --auto --root "$SRC/tests/roots/linux-6.18" --allow watching
refused 'a saved case' 'rendered as it is' report case.json --allow watching
"$FRAGWIZARD" --auto --help >out
check 'the help of the audit tells it' grep -q -- '--allow WORD' out

audit() {
    "$FRAGWIZARD" --auto --playbook "$playbook" "$@" --format json >case.json 2>"$seen" </dev/null
}
field() {
    jq -r "$1" case.json
}
audit --duration 1
is 'without it nothing is tried out' "$(field '[.experiments[].state] | unique | join(" ")')" not-run
is 'and the case says what would' "$(field '.experiments[] | select(.id == "watched") | .why')" 'not run without a yes; --allow watching lets the audit do it'
is 'what was found before is told' "$(field '.experiments[0].before.type')" ratio
audit --duration 1 --allow watching
is 'what is allowed is made' "$(field '.experiments[] | select(.id == "watched") | .state')" 'done'
is 'and only that' "$(field '.experiments[] | select(.id == "compact_now") | .state')" not-run
is 'watching on is in the window' "$(field '.window_s > 2.5')" true
is 'before and after it are told' "$(field '.experiments[] | select(.id == "watched") | .after.value > .before.value')" true
is 'of what a person makes the audit says so' "$(field '.experiments[] | select(.id == "trimmed") | .why')" 'not run without an operator, whom the session asks'
sed 's/when: known(vmstat.window)/when: vmstat.window > 1h/' "$playbook" >needless.yaml
"$FRAGWIZARD" --auto --playbook ./needless.yaml --duration 1 --allow watching --format json >needless.json 2>"$seen" </dev/null
is 'what is allowed and of no use is told' "$(jq -r '.experiments[] | select(.id == "watched") | .why' needless.json)" \
    'not run, as nothing was found that it would decide'
"$FRAGWIZARD" report case.json >out 2>"$seen"
is 'the case is rendered' $? "$(field '{"ok": 0, "warning": 1, "critical": 2, "unknown": 3}[.status]')"

"$FRAGWIZARD" --root "$SRC/tests/roots/linux-6.18" --auto --playbook "$playbook" --format json >case.json 2>"$seen"
is 'a captured tree has none' "$(field '.experiments | length')" 0
is 'what rests on one says why it is unknown' "$(field '.check_list[] | select(.id == "compacted") | .why')" 'the experiment was not made'
is 'what need not be checked leaves the status' "$(field .status)" ok
is 'a kind is told of what holds' "$(field '.verdicts[0].kind')" undecided
is 'and no more owners than asked for' "$(field '.verdicts[0].owners | length')" "$(field '[2, ([.facts.buddy.zone[] | select(.small | not)] | length)] | min')"
finish
