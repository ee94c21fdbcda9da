#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A session that was left with an earlier version goes on with this one.
. "$(dirname "$0")/lib.sh"
cd "$SRC" || exit 1
mkdir -p "$state" "$work/dir/tests/roots"
cp tests/case/old/stopped.json "$work/dir/stopped.json"
cp -r tests/roots/linux-6.18 "$work/dir/tests/roots/"

terminal 100 40
type "$FRAGWIZARD resume stopped.json"
says "it tells that the rules are others now, and begins at the first step that has changed" 'have changed since'
asks
steps=0
while [ $steps -lt 30 ] && ! jq -e .complete "$work/dir/stopped.json" >"$seen" 2>&1; do
    steps=$((steps + 1))
    type ''
    asks >/dev/null || break
done
is "it can be finished" "$(jq -r .complete "$work/dir/stopped.json")" true
is "what was noted then is still there" "$(jq -r '.notes[].text' "$work/dir/stopped.json")" 'looked at from the console'
is "and what was answered" "$(jq -r '[.answers[].id] | index("suspect") != null' "$work/dir/stopped.json")" true
"$FRAGWIZARD" --root tests/roots/linux-6.18 --auto -o "$work/whole.json" >/dev/null 2>&1
is "it finds what one run finds" "$(jq -c '[.findings[].id] | sort' "$work/dir/stopped.json")" \
    "$(jq -c '[.findings[].id] | sort' "$work/whole.json")"
finish
