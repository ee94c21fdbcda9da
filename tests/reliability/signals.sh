#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Ended early, the audit still reports what it saw; killed, it leaves the old file or the new one and nothing between.
. "$(dirname "$0")/../tools/tap.sh"
need timeout jq
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
seen=$work/stderr
mkdir "$work/out"

for signal in INT TERM; do
    rm -f "$work/out"/*
    # A shell's background job ignores SIGINT from its start; timeout(1) gives it back
    begun=$(date +%s)
    timeout --preserve-status -s $signal 2 "$FRAGWIZARD" --auto --duration 60 -o "$work/out/case.json" >"$work/stdout" 2>"$work/stderr"
    status=$?
    took=$(($(date +%s) - begun))
    check "SIG$signal in the window: ends at once ($took s)" test $took -le 5
    check "SIG$signal in the window: exit status of the contract ($status)" test $status -le 3
    check "SIG$signal in the window: the report is written" test -s "$work/out/case.json"
    check "SIG$signal in the window: it is whole" quiet jq -e '.verdicts | length > 0' "$work/out/case.json"
    check "SIG$signal in the window: it tells how long was observed" quiet jq -e '.window_s > 0.5 and .window_s < 10' "$work/out/case.json"
    is "SIG$signal in the window: no temporary file" "$(ls -A "$work/out")" case.json
done

# Killed at many moments around the end, when files are written
rm -f "$work/out"/*
echo old >"$work/out/report.html"
tree=$SRC/tests/roots/linux-6.18
begun=$(date +%s%N)
"$FRAGWIZARD" --root "$tree" --auto -o "$work/whole.html" >"$work/stdout" 2>&1
took=$((($(date +%s%N) - begun) / 1000000))
halves=0 killed=0 round=0
while [ $round -lt 40 ]; do
    after=$((took * (20 + round * 3) / 100))
    timeout -s KILL "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))" "$FRAGWIZARD" --root "$tree" --auto -o "$work/out/report.html" \
        >"$work/stdout" 2>"$work/stderr"
    [ $? != 137 ] || killed=$((killed + 1))
    if [ "$(cat "$work/out/report.html")" != old ] && ! tail -n 1 "$work/out/report.html" | grep -q '</html>'; then
        halves=$((halves + 1))
    fi
    echo old >"$work/out/report.html"
    round=$((round + 1))
done
is "SIGKILL, $killed times of 40: never half a report" $halves 0
"$FRAGWIZARD" --root "$tree" --auto -o "$work/out/report.html" >"$work/stdout" 2>"$work/stderr"
check 'after that it writes as ever' grep -q '</html>' "$work/out/report.html"

# A file that the last report was kept in is replaced as a whole: a reader that has it open keeps the old one
exec 7<"$work/out/report.html"
before=$(wc -c <"$work/out/report.html")
"$FRAGWIZARD" --root "$SRC/tests/roots/numa-5.10" --auto -o "$work/out/report.html" >"$work/stdout" 2>"$work/stderr"
is 'a reader of the old report reads it to its end' "$(wc -c <&7)" "$before"
exec 7<&-
finish
