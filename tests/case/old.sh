#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Cases that an earlier version wrote (0.1, before its records were declared) are still read, reported and compared.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need jq
cd "$SRC" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
seen=$work/seen

report() { # OLD FILE: an exit status of 0 to 3 is the verdict's
    rm -f "$2"
    "$FRAGWIZARD" report "$1" -o "$2" >"$seen" 2>&1
    [ -s "$2" ]
}
said='{status, headline, lead, verdicts: [.verdicts[] | {id, state, kind, for, against, owners}], findings, answers, notes,
    recommendations: [.recommendations[] | del(.verdict)], experiments, steps: [.steps[] | {id, title, state}], check_list}'

for old in tests/case/old/*.json; do
    name=$(basename "$old" .json)
    check "$name: a text report" report "$old" "$work/report.txt"
    headline=$(jq -r .headline "$old")
    check "$name: it begins with what was found" \
        sh -c 'head -n 12 "$1" | tr -s " \n" "  " | grep -qF -- "$2"' sh "$work/report.txt" "$(echo "$headline" | cut -c1-60)"
    check "$name: an HTML report" report "$old" "$work/report.html"
    check "$name: as a case again" report "$old" "$work/again.json"
    is "$name: nothing of it is lost" "$(jq -S "$said" "$work/again.json" | cksum)" "$(jq -S "$said" "$old" | cksum)"
done

for name in linux-6.18 linux-3.10 unprivileged; do
    "$FRAGWIZARD" --root "tests/roots/$name" --auto -o "$work/now.json" >/dev/null 2>&1
    "$FRAGWIZARD" diff "tests/case/old/$name.json" "$work/now.json" >"$seen" 2>&1
    status=$?
    check "$name: it compares with a run of today" [ $status = 0 ]
done
finish
