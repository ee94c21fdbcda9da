#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# `fragwizard probe`: every probe as a table and as JSON, the names that other programs rely on, and its keys.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need jq
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/stderr
cd "$dir" || exit 1

holds() { # jq's words: the last result is true
    jq -e "$@" >/dev/null 2>"$seen"
}

probes="host processes process memory vmstat pressure swap buddy pagetypes slab growth cgroups tunables runtime program heap physmap"
for name in $probes; do
    set -- window=0
    [ $name != process ] || set -- "pid=$$"
    "$FRAGWIZARD" probe $name "$@" >$name.txt 2>"$seen"
    text_status=$?
    "$FRAGWIZARD" probe $name "$@" --format json >$name.json 2>"$seen"
    is "$name: text and JSON end with the same status" "$text_status" "$?"
    check "$name: text" [ -s $name.txt ]
    check "$name: JSON with status, cost and coverage" holds 'has("status") and has("cost_ms") and has("coverage") and has("reason")' $name.json
done
is "list names as many" "$("$FRAGWIZARD" list probes | grep -Ec "^($(echo $probes | tr ' ' '|')) ")" 17

has() { # FILE TABLE COLUMNS…
    file=$1 table=$2
    shift 2
    jq -e --arg t "$table" '.[$t][0] as $row | $ARGS.positional - ($row | keys) == []' --args "$@" <$file >"$seen"
}
check "processes.process" has processes.json process pid user command rss pss uss swap swap_pss
check "buddy.zone" has buddy.json zone node name present managed free
check "buddy.order" has buddy.json order node zone order free_blocks unusable fragindex
check "indexes are numbers from 0 to 1, or -1" holds 'all(.order[]; (.unusable | . >= 0 and . <= 1) and (.fragindex | . == -1 or (. >= 0 and . <= 1)))' buddy.json
if [ "$(jq -r .status slab.json)" = ok ]; then
    check "slab.cache" has slab.json cache name active_objs num_objs size waste
    is "JSON has every cache" "$(jq '.cache | length' slab.json)" "$(tail -n +3 /proc/slabinfo | wc -l)"
fi
check "JSON has every process that the text leaves out" [ "$(jq '.process | length' processes.json)" -ge "$(ls -d /proc/[0-9]* | wc -l | awk '{ print $1 - 10 }')" ]
is "bytes are whole numbers" "$(jq '[.process[] | .rss, .pss | select(. != null and . != floor)] | length' processes.json)" 0

run() {
    "$FRAGWIZARD" probe "$@" >out 2>"$seen"
}
run buddy table=order rows=2
is "rows and table" "$(grep -Ec '^ *[0-9]+ ' out) $(grep -c '^zone:' out)" "2 0"
check "what is left out is said" grep -q 'more rows; rows=all' out
run processes table=process sort=-pid rows=5
is "sort, largest first" "$(grep -Eo '^ *[0-9]+' out | tr -d ' ')" "$(grep -Eo '^ *[0-9]+' out | tr -d ' ' | sort -rn)"
run processes table=process sort=pid rows=all
is "sort, smallest first, all rows" "$(grep -Eo '^ *[0-9]+' out | tr -d ' ')" "$(grep -Eo '^ *[0-9]+' out | tr -d ' ' | sort -n)"
run physmap blocks=some
is "blocks is a number" "$? $(grep -c 'no value for blocks' "$seen")" "3 1"
if [ "$(jq -r .status physmap.json)" = ok ]; then
    "$FRAGWIZARD" probe physmap blocks=100 --format json >part.json 2>"$seen"
    check "a part of the blocks, with its error" holds '.physmap[0] | .sampled and .scanned < .blocks and .error > 0' part.json
    check "all of the blocks" holds '.physmap[0] | (.sampled | not) and .scanned == .blocks and .error < 0.2' physmap.json
fi
begun=$(date +%s%N)
"$FRAGWIZARD" probe vmstat window=1s --format json >w.json 2>"$seen"
took=$((($(date +%s%N) - begun) / 1000000))
check "window: observed that long ($took ms)" [ $took -ge 1000 -a $took -le 4000 ]
check "and rates are known" holds '.vmstat[0] | .window >= 0.99 and .swap_in != null' w.json
is "no progress where nobody looks" "$(cat "$seen")" ""
run process pid=4194000
is "a process that is not there" "$? $(cut -d: -f1 out)" "3 vanished"
run memory --root "$SRC/tests/roots/numa-5.10"
is "another root" "$?" 0
"$FRAGWIZARD" probe processes 2>"$seen" >/dev/full
is "a full disk" "$? $(wc -l <"$seen")" "3 1"
finish
