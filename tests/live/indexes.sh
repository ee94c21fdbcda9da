#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The indexes of probe buddy equal the kernel's own (debugfs extfrag) in every cell of one moment.
. "$(dirname "$0")/../tools/tap.sh"
need jq mount mountpoint
need_root
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'

work=$(mktemp -d) || exit 1
debugfs=/sys/kernel/debug
mounted=
end() {
    trap - EXIT INT TERM
    [ -z "$mounted" ] || umount "$work/debug"
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ ! -r $debugfs/extfrag/unusable_index ]; then
    mkdir "$work/debug"
    mount -t debugfs none "$work/debug" 2>/dev/null || skip_all 'debugfs cannot be mounted'
    mounted=yes
    debugfs=$work/debug
fi
[ -r "$debugfs/extfrag/extfrag_index" ] || skip_all 'no extfrag in debugfs (CONFIG_COMPACTION)'

# "Node 0, zone   Normal 0.000 0.003 …" to lines "0 Normal 3 0.003" in thousandths. The kernel prints -0.500 as 0.-500.
kernel() {
    awk '{ node = $2; sub(",", "", node)
        for (i = 5; i <= NF; i++) {
            split($i, part, ".")
            n = part[1] * 1000 + (part[1] < 0 ? -part[2] : part[2])
            print node, $4, i - 5, n
        } }' "$debugfs/extfrag/$1" | sort
}
ours() {
    jq -r --arg column "$1" '.order[] | [.node, .zone, .order, (.[$column] * 1000 | round)] | map(tostring) | join(" ")' \
        "$work/probe" | sort
}

# The free lists move at any moment: compare only what stood still around the probe
moments=0 tries=0 cells=0 wrong=0
while [ $tries -lt 50 ] && [ $moments -lt 5 ]; do
    tries=$((tries + 1))
    kernel unusable_index >"$work/unusable.1"
    kernel extfrag_index >"$work/fragindex.1"
    "$FRAGWIZARD" probe buddy --format json >"$work/probe" 2>"$work/complaint" || {
        not_ok 'probe buddy runs' "$work/complaint"
        finish
    }
    kernel unusable_index >"$work/unusable.2"
    kernel extfrag_index >"$work/fragindex.2"
    cmp -s "$work/unusable.1" "$work/unusable.2" || continue
    cmp -s "$work/fragindex.1" "$work/fragindex.2" || continue
    moments=$((moments + 1))
    for index in unusable fragindex; do
        ours $index >"$work/ours"
        cells=$((cells + $(wc -l <"$work/$index.1")))
        cmp -s "$work/ours" "$work/$index.1" || {
            wrong=$((wrong + 1))
            diff "$work/ours" "$work/$index.1" >>"$work/wrong"
        }
    done
done
if [ $moments = 0 ]; then
    skip 'indexes equal the kernel'\''s' 'the free lists never stood still'
else
    seen=$work/wrong
    check "$cells cells equal the kernel's in $moments moments" test $wrong = 0
    check 'every zone and order was compared' test "$(wc -l <"$work/unusable.1")" -ge 10
fi
finish
