#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Probe physmap against what the kernel says otherwise: free memory, a part against the whole, and owners of pages that were
# made to be in the way.
. "$(dirname "$0")/lib.sh"
live_needs
[ -r /proc/kpageflags ] || skip_all 'this kernel has no /proc/kpageflags'
looked=$work/physmap

look() { # FILE [key=value…]
    live_to=$1
    shift
    timeout 60 "$FRAGWIZARD" probe physmap --format json "$@" >"$live_to" 2>"$work/complaint" 8>&- 9>&- || return 1
    jq -c 'del(.map)[]?' "$live_to" >"$work/summary" # what a failed test shows
}
free_pages() {
    awk '{ for (i = 5; i <= NF; i++) n += $i * 2 ^ (i - 5) } END { print n }' /proc/buddyinfo
}
number() { # FILTER [FILE]
    jq -r "$1" "${2:-$looked}"
}
seen=$work/summary

# What others left on the per-CPU lists would be weighed, not known; and where free memory is in pieces, what a test takes lies
# among what was there
echo '# caches are dropped and free memory is made whole'
known_state
if look "$looked"; then ok 'the probe runs'; else
    not_ok 'the probe runs' "$work/complaint"
    finish
fi
page=$(getconf PAGESIZE)

# Free memory is buddyinfo's, in a look before and after which it was the same
tries=0 near=none
while [ $tries -lt 20 ] && [ "$near" = none ]; do
    tries=$((tries + 1))
    before=$(free_pages)
    look "$looked"
    after=$(free_pages)
    near=$(number '.physmap[0].free' | awk -v a="$before" -v b="$after" -v page="$page" '{
        moved = (a > b ? a - b : b - a) / a
        apart = ($1 / page - (a + b) / 2) / a
        print (moved > 0.002 ? "none" : apart < 0.01 && apart > -0.01 ? "near" : "apart by " apart) }')
done
if [ "$near" = none ]; then
    skip 'free memory is that of buddyinfo' 'free memory never stood still'
else
    is 'free memory is that of buddyinfo within 1 %' "$near" near
fi

is 'kinds of blocks add up to all blocks' "$(number '([.block_kind[].blocks] | add) - .physmap[0].blocks | fabs < 5')" true
is 'parts of free memory add up' "$(number '.physmap[0] | (.free - .free_whole - .free_movable - .free_pinned) | fabs < 1e6')" true
is 'zones add up' "$(number '(.physmap[0].free - ([.physmap_zone[].free] | add)) | fabs < 1e6')" true
is 'the picture has a cell for each block at most' \
    "$(number '([.map[].cells | gsub("r"; "") | length] | add) <= .physmap[0].blocks and (.map | length) <= 128')" true

# A part stands for the whole, within the error that it states (95 %), where the whole stood still
asked=0 kept=0
for blocks in 400 800 1600; do
    look "$work/whole"
    look "$work/part" blocks=$blocks
    look "$looked"
    # shellcheck disable=SC2016
    jq -r -s 'def share($of): [.block_kind[] | select(.kind == $of) | .share][0] // 0;
        def error($of): [.block_kind[] | select(.kind == $of) | .error][0] // 0;
        .[0] as $b | .[1] as $a | .[2] as $p | $p.physmap[0] as $s
        | (["movable_share", "pinned_share"][] | [., $b.physmap[0][.], $a.physmap[0][.], $s[.], $s.error + $a.physmap[0].error]),
          ($p.block_kind[] | .kind as $k | [$k, ($b | share($k)), ($a | share($k)), .share, .error + ($a | error($k))])
        | map(tostring) | join("|")' "$work/whole" "$looked" "$work/part" >"$work/pairs"
    set -- $(awk -F '|' 'function apart(x, y) { return x > y ? x - y : y - x }
        $2 != "null" && $3 != "null" && $4 != "null" && apart($2, $3) <= $5 / 4 + 0.003 {
            asked++; if (apart($3, $4) <= $5 + 0.003) kept++ } END { print asked + 0, kept + 0 }' "$work/pairs")
    asked=$((asked + $1)) kept=$((kept + $2))
done
seen=$work/pairs
if [ $asked -ge 10 ]; then
    check "estimates from a part agree with the whole ($kept of $asked)" [ $((kept * 100)) -ge $((asked * 85)) ]
else
    skip 'estimates from a part agree with the whole' 'the whole never stood still'
fi
seen=$work/summary

# Kernel pages of a control group of our own
group=
for parent in /sys/fs/cgroup/memory /sys/fs/cgroup; do
    [ -e $parent/memory.usage_in_bytes ] || [ -e $parent/cgroup.controllers ] || continue
    group=$parent/fragwizard-test-$$
    mkdir "$group" 2>/dev/null || group=
    break
done
if [ -n "$group" ] && { [ -e "$group/memory.usage_in_bytes" ] || [ -e "$group/memory.current" ]; } && [ -r /proc/kpagecgroup ]; then
    undo "rmdir $group"
    printf '#!/bin/sh\necho $$ >%s/cgroup.procs\nexec "$@"\n' "$group" >"$work/inside"
    chmod +x "$work/inside"
    live_prefix=$work/inside
    start obstruct pipes 256
    drain
    scattered=$(number '.physmap[0] | .free - .free_whole')
    look "$looked"
    name=/fragwizard-test-$$
    is 'their control group is named, with their size' \
        "$(number "[.owner[] | select(.cgroup == \"$name\") | .kind == \"kernel\" and .memory > 200 * 1048576 and .memory < 350 * 1048576] == [true]")" true
    behind="([.owner[] | select(.cgroup == \"$name\") | .free_behind][0])"
    is 'they are among the unnamed pages' \
        "$(number ".physmap[0].unnamed > 0.8 * ([.owner[] | select(.cgroup == \"$name\") | .memory][0])")" true
    # The pipes take pieces first, and what is given back goes there too
    if [ "$(number "($behind // 0) > 64 * 1048576 or $scattered < 512 * 1048576")" = true ]; then
        is 'with the free memory behind it' "$(number "$behind > 64 * 1048576")" true
    else
        skip 'with the free memory behind it' "$((scattered / 1048576)) MiB lay in pieces before"
    fi
    is 'which counts as not movable' "$(number ".physmap[0].free_pinned > 0.7 * $behind")" true
else
    [ -z "$group" ] || rmdir "$group"
    skip 'kernel pages of a control group' 'no memory control group to be had, or no /proc/kpagecgroup'
fi
live_prefix=

# Pinned memory looks movable; the process is found by VmPin
start obstruct pinned 256
look "$looked"
is 'pinned memory is counted' "$(number '.physmap[0].pinned_user >= 256 * 1048576')" true
is 'its process is named' "$(number ".physmap[0].pinned_user_process | startswith(\"$live_workload (obstruct\")")" true
is 'its blocks are found' "$(number "[.owner[] | select(.pid == $live_workload) | .kind == \"pinned user\" and .blocks >= 100] == [true]")" true
is 'what is free in them counts as not movable' \
    "$(number ".physmap[0].free_pinned >= ([.owner[] | select(.pid == $live_workload) | .free_behind][0])")" true
finish
