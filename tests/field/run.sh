#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Roots made of public reports, each with what was found there in the end (README.md): the first screen says that, and not what
# others had said.
. "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/tap.sh"
need jq
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_STATE_HOME="$dir/state" XDG_CONFIG_HOME="$dir/config" HOME="$dir" LC_ALL=C.UTF-8
unset COLUMNS NO_COLOR
seen=$dir/screen
cd "$SRC/tests/field" || exit 1

of() { # NAME: that member of the row at hand
    jq -r ".[$row].$1" expected.json
}
count=$(jq length expected.json)
row=0
while [ $row -lt "$count" ]; do
    root=$(of root)
    "$FRAGWIZARD" --root "$root" --auto --format json >"$dir/case" 2>"$dir/errors"
    got=$?
    "$FRAGWIZARD" --root "$root" --auto --format text 2>>"$dir/errors" | sed -n '1,/^Findings/p' >"$seen"
    is "$root: exit status" $got "$(of status)"
    check "$root: what leads" quiet jq -e --argjson leads "$(of leads)" '[.lead] - $leads == []' "$dir/case"
    check "$root: the first sentence" quiet jq -e --arg says "$(of says)" '.headline | test($says)' "$dir/case"
    tr -s '\n ' '  ' <"$seen" >"$dir/line"
    check "$root: nothing false beside it" sh -c '! grep -Eq -- "$1" "$2"' sh "$(of never)" "$dir/line"
    row=$((row + 1))
done
is "each root is asked about" "$count" "$(find . -mindepth 1 -maxdepth 1 -type d | wc -l)"
finish
