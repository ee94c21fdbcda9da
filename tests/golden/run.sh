#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The audit of each captured tree, as it was once read and found right. UPDATE=1 rewrites what is expected: read the difference.
. "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/tap.sh"
need jq
here=$SRC/tests/golden
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_STATE_HOME="$dir/state" XDG_CONFIG_HOME="$dir/config" HOME="$dir" LC_ALL=C.UTF-8
unset COLUMNS NO_COLOR
seen=$dir/seen

# Without what each probe cost, whose times also move the columns: probes' states are in the verdicts
normal() {
    sed -E -e '/^What it cost/,/^Probes took/d' -e "s#captured in .*/#captured in #" -e 's/[[:blank:]]+$//'
}

# What is judged, without the words
judged() {
    jq '{status, findings: [.findings[] | "\(.severity) \(.id)"], recommendations: [.recommendations[].id],
         unchecked: [.unchecked[] | "\(.id): \(.why)"], probes: (.facts | map_values([.status, .reason, .coverage])), verdicts: [.verdicts[] | "\(.id) \(.state)"]}' "$1"
}

# same WHAT GOT EXPECTED
same() {
    if [ -n "${UPDATE:-}" ]; then
        cp "$2" "$3"
    fi
    if diff -u "$3" "$2" >"$seen" 2>&1; then
        ok "$1"
    else
        not_ok "$1" "$seen"
    fi
}

cd "$SRC/tests/roots" || exit 1
for tree in */; do
    tree=${tree%/}
    [ -d "$tree/proc" ] || continue
    "$FRAGWIZARD" --root "$tree" --auto --format text >"$dir/text" 2>"$dir/errors"
    status=$?
    "$FRAGWIZARD" --root "$tree" --auto --format json >"$dir/json" 2>>"$dir/errors"
    json_status=$?
    normal <"$dir/text" >"$dir/$tree.txt"
    judged "$dir/json" >"$dir/$tree.verdicts" 2>>"$dir/errors"
    same "$tree: the report reads as expected" "$dir/$tree.txt" "$here/$tree.txt"
    same "$tree: findings and verdicts are as expected" "$dir/$tree.verdicts" "$here/$tree.verdicts"
    case $(jq -r .status "$dir/json") in
    ok) expected=0 ;;
    warning) expected=1 ;;
    critical) expected=2 ;;
    *) expected=3 ;;
    esac
    is "$tree: the exit status is the report's" "$status $json_status" "$expected $expected"
    check "$tree: no probe writes a text that its column does not declare" sh -c '! grep "no value that this version knows" "$1"' - "$dir/json"
    seen=$dir/errors
    check "$tree: nothing on standard error" test ! -s "$dir/errors"
    seen=$dir/seen
done

# What was read is what is still there
for expected in "$here"/*.txt; do
    tree=$(basename "$expected" .txt)
    check "$tree: has its tree" test -d "$tree"
done
finish
