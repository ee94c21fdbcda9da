#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A new field of a record is its declaration, what fills it and a line of the template: with these three the JSON, the schema, the
# documentation and the reports have it, and a case with it is read back. What fills one of a recommendation is the playbook, which
# has a key for it by then. Tried on a copy.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need make jq
! sanitized || skip_all 'a sanitized build would be made once more'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
seen=$work/seen
cd "$SRC" || exit 1
cp -a Makefile VERSION tools src playbooks templates schema "$work" && mkdir "$work/docs"

add() { # FILE PATTERN LINE: after the one line that has the pattern
    [ "$(grep -cF -- "$2" "$work/$1")" = 1 ] || return 1
    pattern=$2 line=$3 awk '{ print } index($0, ENVIRON["pattern"]) { print ENVIRON["line"] }' "$work/$1" >"$seen" && cp "$seen" "$work/$1"
}
check "its declaration" add src/engine/case/case_records.h 'X(R, TEXT, threshold_why,' \
    '    X(R, TEXT, moon, , ADDED, "moon", "phase of the moon") \'
check "what fills it" add src/engine/run/engine.c '.threshold_why = rule->why,' '                .moon = "waning",'
check "a line of the template" add templates/report.html '<p class="tight">{case.checks} checks:' \
    '<p fw-for="check">moon: {moon}</p>'
check "of a recommendation: its declaration" add src/engine/case/case_records.h 'X(R, TEXT, undo,' \
    '    X(R, TEXT, tide, NULL, ADDED, "tide", "the tide") \'
check "of a recommendation: what fills it" add playbooks/memory-fragmentation.yaml '  - id: find-consumer' '    tide: "{1 + 1} m"'
check "of a recommendation: a line of the template" add templates/report.html '<div fw-if="known(undo)">' \
    '<div fw-if="known(tide)"><dt>Tide</dt><dd>{tide}</dd></div>'
make -C "$work" -j2 BUILD=build build/schema build/playbook_schema build/fragwizard >"$work/made" 2>&1
seen=$work/made
check "it builds" [ -x "$work/build/fragwizard" ]
seen=$work/seen
"$work/build/schema" case >"$seen"
is "the schema has it" "$(jq -r .definitions.check.properties.moon.description "$seen")" "phase of the moon"
"$work/build/schema" records >"$seen"
check "so does the documentation" grep -q '`moon` .* phase of the moon' "$seen"
"$work/build/fragwizard" --root tests/roots/linux-6.18 --auto -o "$work/case.json" >"$seen" 2>&1
is "so does the JSON" "$(jq -r '[.check_list[].moon] | unique[]' "$work/case.json")" waning
"$work/build/fragwizard" report "$work/case.json" -o "$work/again.json" >"$seen" 2>&1
check "it is read back" cmp -s "$work/case.json" "$work/again.json"
"$work/build/fragwizard" report "$work/case.json" -o "$work/report.html" >"$seen" 2>&1
check "the report shows it" grep -q 'moon: waning' "$work/report.html"
"$work/build/fragwizard" report tests/case/old/linux-6.18.json -o "$work/old.json" >"$seen" 2>&1
is "a case without it is read too" "$(jq -r '[.check_list[].moon] | unique[]' "$work/old.json")" null

"$work/build/fragwizard" --root tests/roots/linux-3.10 --auto -o "$work/case.json" >"$seen" 2>&1
is "of a recommendation: the JSON has it" "$(jq -r '.recommendations[] | select(.id == "find-consumer").tide' "$work/case.json")" "2 m"
"$work/build/fragwizard" report "$work/case.json" -o "$work/report.txt" >"$seen" 2>&1
check "of a recommendation: the report shows it" grep -q 'Tide *2 m' "$work/report.txt"
"$work/build/playbook_schema" schema >"$seen"
check "of a recommendation: the playbook's schema has it" grep -q '"tide".*the tide' "$seen"
"$work/build/playbook_schema" tables <docs/playbooks.md >"$seen"
check "of a recommendation: so has its reference" grep -q '`tide` .* the tide' "$seen"
finish
