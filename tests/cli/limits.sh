#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Limits changed without a playbook: by limits.yaml and --limit; what holds is told wherever it matters.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need jq
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/stderr
cd "$dir" || exit 1
export XDG_CONFIG_HOME="$dir/config"
mkdir -p config/fragwizard/playbooks
limits=config/fragwizard/limits.yaml
root=$SRC/tests/roots/numa-5.10

audit() {
    "$FRAGWIZARD" --auto --playbook quick --root "$root" "$@" 2>"$seen" </dev/null
}
changed() { # of case.json
    jq -c '[.limits[]? | [.name, .value.value, .value.type, .default.value, .origin]]' case.json
}
refused() { # WHAT SENTENCE WORD…
    what=$1 sentence=$2
    shift 2
    "$FRAGWIZARD" "$@" >out 2>"$seen" </dev/null
    is "$what: exit status, nothing on stdout" "$? $(wc -c <out)" "3 0"
    is "$what: one sentence" "$(cat "$seen")" "$sentence"
}

audit --format json >case.json
is 'none is changed' "$(changed)" '[]'
fired=$(jq -r '[.findings[].id | select(. == "available-low")] | length' case.json)
is 'the machine has memory available' "$fired" 0
audit --limit available_low=99% --format json >case.json
is 'the command line: what holds, what the playbook says, where it was set' "$(changed)" '[["available_low",0.99,"ratio",0.1,"--limit"]]'
is 'a check judges by it' "$(jq -r '[.findings[].id | select(. == "available-low")] | length' case.json)" 1
audit --limit available_low=99% --limit swap_rate=2MiB/s >out
check 'the text report tells it' grep -Eq '^Limits +available_low is 99 % instead of 10 % \(--limit\)\.' out
check 'the text report tells all of them' grep -Eq '^ +swap_rate is 2 MiB/s instead of 1 MiB/s \(--limit\)\.' out
audit --limit available_low=99% --format html >out
check 'the HTML report tells it' grep -q '<code>available_low</code> is 99 % instead of 10 % (--limit)' out
audit --limit available_low=50% --limit available_low=98% --format json >case.json
is 'the last word wins' "$(changed)" '[["available_low",0.98,"ratio",0.1,"--limit"]]'

printf '# mine\navailable_low: 97%%\ngrowth_rate: 5MiB/min\n' >$limits
audit --format json >case.json
is 'the file of the user' "$(changed | sed "s|$dir/||g")" \
    '[["available_low",0.97,"ratio",0.1,"config/fragwizard/limits.yaml:2"],["growth_rate",87381.33333333333,"bytes_per_second",17476.266666666666,"config/fragwizard/limits.yaml:3"]]'
audit --limit available_low=96% --format json >case.json
is 'the command line wins over it' "$(changed | jq -c '.[0]')" '["available_low",0.96,"ratio",0.1,"--limit"]'
explained() { # on one line
    "$FRAGWIZARD" explain "$1" | tr -s ' \n' ' ' >out
}
explained available_low
check 'explain tells what holds' grep -q '^available_low: a limit of playbook memory-fragmentation: 97 %' out
check 'explain tells where it was set' grep -q "Set: in $dir/$limits:2; the playbook says 10 %" out
explained available-low
check 'explain of a check, too' grep -q "Set: in $dir/$limits:2" out
cp "$SRC/tests/playbooks/ok/small.yaml" config/fragwizard/playbooks/
echo 'available: 4%' >$limits
audit >out
is 'a limit of another playbook of mine is no mistake' "$(cat "$seen")" ''
printf '# nothing yet\n\n' >$limits
audit --format json >case.json
is 'a file of comments changes nothing' "$(changed)" '[]'

refuse_file() { # WHAT TEXT SENTENCE
    printf '%b' "$2" >$limits
    refused "$1" "$dir/$limits:$3" --auto --playbook quick --root "$root"
}
refuse_file 'an unknown name' 'availble_low: 5%\n' "1:1: there is no limit 'availble_low'; did you mean 'available_low'?"
refuse_file 'another unit' '\navailable_low: 5MiB\n' "2:16: '5MiB' is another unit than that of limit available_low (10 %)"
refuse_file 'no number' 'available_low: much\n' "1:16: the value 'much' is no number with a unit, such as 10, 5%, 64MiB, 30s, 100/s, 2MiB/min"
refuse_file 'a list' '- 1\n' '1:1: limits must be a mapping (name: value)'
refuse_file 'a mapping below' 'available_low: {value: 5%}\n' '1:16: the value must be a text, not a mapping'
refuse_file 'twice' 'available_low: 5%\navailable_low: 6%\n' "2:1: duplicate key 'available_low': first at line 1"
printf '%s\n' 'availble_low: 5%' >$limits
refused 'explain with a faulty file' "$dir/$limits:1:1: there is no limit 'availble_low'; did you mean 'available_low'?" explain zone
rm $limits
refused 'an unknown word' "--limit: there is no limit 'availble_low'; did you mean 'available_low'?" --auto --limit availble_low=5%
refused 'a word of another unit' "--limit: '5s' is another unit than that of limit available_low (10 %)" --auto --limit available_low=5s
refused 'no value' "--limit: the value is empty" --auto --limit available_low=
refused 'no name' "--limit: '=5%' is not NAME=VALUE" --auto --limit =5%
refused 'no sign' "--limit: 'available_low' is not NAME=VALUE" --auto --limit available_low
refused 'nothing' "fragwizard: '--limit' needs a value; see --help" --auto --limit
refused 'a saved case' 'fragwizard: report: a saved case is rendered as it is; only -o, --format and --bundle apply' report case.json --limit available_low=5%
refused 'a resumed case' 'fragwizard: resume: a case keeps the limits that it began with' resume case.json --limit available_low=5%

audit --format json >before.json
audit --limit available_low=99% --format json >after.json
"$FRAGWIZARD" report after.json >out
check 'a saved case keeps them' grep -Eq '^Limits +available_low is 99 % instead of 10 %' out
"$FRAGWIZARD" diff before.json after.json >out 2>"$seen"
check 'two runs that differ in one' grep -q 'Limit available_low: 10 % before, 99 % after\.' out
finish
