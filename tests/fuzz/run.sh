#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every fuzz program that was built, for FUZZ_RUNS (2000) inputs each: the same inputs at each run.
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
seen=$tmp/seen
for source in "$SRC"/tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    if [ ! -x "$BUILD/tests/$name" ]; then
        skip "fuzz ${name#fuzz_}" "not built"
        continue
    fi
    seeds=
    if [ "$name" = fuzz_case ]; then
        mkdir "$tmp/seeds"
        XDG_STATE_HOME="$tmp/state" "$FRAGWIZARD" --auto --playbook quick --duration 1s --format json >"$tmp/seeds/case.json" 2>/dev/null
        seeds=$tmp/seeds
    fi
    "$BUILD/tests/$name" ${seeds:+"$seeds"} >"$seen" 2>&1
    status=$?
    result=$(sed -n 's/^ok 1 - //p' "$seen")
    if [ $status = 0 ] && [ -n "$result" ]; then
        ok "$result"
    else
        echo "(exit status $status)" >>"$seen"
        not_ok "fuzz ${name#fuzz_}" "$seen"
    fi
done
finish
