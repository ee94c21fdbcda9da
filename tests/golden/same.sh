#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Text, HTML and JSON of one case hold the same findings, changes, verdicts and checks.
. "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/tap.sh"
need jq python3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_STATE_HOME="$dir/state" XDG_CONFIG_HOME="$dir/config" HOME="$dir" LC_ALL=C.UTF-8
unset COLUMNS NO_COLOR
seen=$dir/seen

agree() {
    python3 "$SRC/tests/golden/same.py" "$dir" >>"$seen" 2>&1
}

cd "$SRC/tests/roots" || exit 1
for tree in */; do
    tree=${tree%/}
    [ -d "$tree/proc" ] || continue
    "$FRAGWIZARD" --root "$tree" --auto -o "$dir/case.json" -o "$dir/case.html" -o "$dir/case.txt" >/dev/null 2>"$seen"
    check "$tree: text, HTML and JSON agree" agree
    rm -f "$dir"/case.*
done
finish
