#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Java programs that keep their own books, under each collector: what is kept shows once the old generation is collected, garbage that
# was promoted does not, and a JVM without performance data is unknown.
. "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/tap.sh"
need java javac jcmd jq
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
work=$(mktemp -d) || exit 1
programs=
stop() {
    # shellcheck disable=SC2086 # a list of numbers
    [ -z "$programs" ] || kill $programs 2>/dev/null
    wait
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
seen=$work/seen
javac -d "$work" "$SRC/tests/heap/Keeps.java" >"$seen" 2>&1 || skip_all 'javac does not work here'

start() { # NAME OPTION… MODE RATE
    name=$1
    shift
    options=
    while [ $# -gt 2 ]; do
        options="$options $1"
        shift
    done
    # shellcheck disable=SC2086 # options are words
    java $options -cp "$work" Keeps "$1" "$2" >"$work/$name" 2>&1 &
    programs="$programs $!"
    eval "$name=$!"
}
start g1 -Xmx256m -Xmn32m -XX:+UseG1GC -XX:InitiatingHeapOccupancyPercent=5 leak 2560
start parallel -Xmx256m -Xmn32m -XX:+UseParallelGC leak 2560
start serial -Xmx256m -Xmn32m -XX:+UseSerialGC leak 2560
start churn -Xmx64m -Xmn16m -XX:+UseSerialGC churn 10240
start promotes -Xmx512m -Xmn32m -XX:+UseSerialGC -XX:MaxTenuringThreshold=1 churn 10240
start silent -Xmx256m -XX:-UsePerfData leak 2560
sleep 5
(
    # the two that are too large to be collected whole within the window
    for run in 1 2 3 4 5; do
        sleep 4
        # shellcheck disable=SC2154 # of start
        jcmd "$parallel" GC.run
        # shellcheck disable=SC2154
        jcmd "$serial" GC.run
    done
) >/dev/null 2>&1 &
"$FRAGWIZARD" probe jvm window=25s top=100 --format json >"$work/json" 2>"$seen" || not_ok 'the probe' "$seen"
row() { # NAME
    eval "pid=\$$1"
    jq -c --argjson pid "$pid" '.jvm[] | select(.pid == $pid)' "$work/json" >"$seen"
}
row g1
[ -s "$seen" ] || skip_all 'the processes could not be read'
jq -e '.collector' "$seen" >/dev/null || skip_all 'may not read another process here'
for name in g1 parallel serial; do
    row $name
    kept=$(tail -n 1 "$work/$name" | cut -d' ' -f2)
    check "$name: the rate at which it keeps, within 5 %" quiet jq -e '(.live_slope / 2621440 - 1 | fabs) < 0.05' "$seen"
    check "$name: surely, and evenly" quiet jq -e '.live_slope_low > 2e6 and .evenness > 0.3' "$seen"
    check "$name: what is live, within 5 s of its own books" quiet jq -e --argjson kept "$kept" \
        '.live_last > $kept - 5 * 2621440 and .live_last < $kept + 4e6' "$seen"
    check "$name: -Xmx" quiet jq -e '.heap_max == 268435456' "$seen"
done
row churn
check 'garbage that is promoted and collected does not count as live' quiet jq -e \
    '.full > 0 and .live_samples > 8 and .live_last < 30e6 and (.live_slope_low > 17476 and .evenness > 0.3 | not)' "$seen"
row promotes
check 'garbage that is promoted and not yet collected: unknown' quiet jq -e \
    '.full == 0 and .left_slope > 1e6 and .live_slope == null' "$seen"
row silent
check 'without performance data: unknown' quiet jq -e '.collector == null and .heap_max == null and .live_last == null' "$seen"
is 'with the reason' "$(jq -r '.unknown[] | select(.column == "heap_max" and (.why | test("UsePerfData"))) | .table' "$work/json")" jvm
finish
