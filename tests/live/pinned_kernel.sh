#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Pages of the kernel that cannot be moved, one in four all over memory: external fragmentation that compaction cannot cure.
# Programs that ask for huge pages there stall in vain.
. "$(dirname "$0")/lib.sh"
live_needs
setting compaction_proactiveness 0 || skip_all 'no proactive compaction to turn off'
setting /proc/sys/fs/pipe-max-size 16777216 || skip_all 'pipes are small'
before external-fragmentation
start pipes 2048
audit
diagnosed external-fragmentation kernel-unnamed
is 'its kind' "$(kind external-fragmentation)" pinned
owned 'the pages of pipes and drivers are named as what holds it' 'pipe|kernel pages'
if grep -qE ':(memory)?:/.' /proc/self/cgroup; then
    owned 'and the control group that they are charged to' 'of control group /'
else
    skip 'the control group that they are charged to is named' 'not in a control group'
fi
not_diagnosed hugepage-reservation
not_diagnosed leak

thp=/sys/kernel/mm/transparent_hugepage
if setting $thp/enabled always && setting $thp/defrag always; then
    # What other programs leave whole meanwhile is asked for too, and does not do
    start hugefaults $(($(free_whole) / 1048576 + 1024))
    failed() { awk '/^compact_fail/ { print $2 }' /proc/vmstat; }
    failed=$(failed)
    duration=10 audit
    failed=$(($(failed) - failed))
    diagnosed external-fragmentation kernel-unnamed
    is 'its kind under load' "$(kind external-fragmentation)" pinned
    if [ $failed -gt 150 ]; then
        holds 'stalls that fail are the harm of it' '[.findings[] | select(.id == "compaction-failing")] | length == 1'
        holds 'and are counted in the window' '.facts.vmstat.vmstat[0] | .compact_stalls > 100 and .compact_fails > 100'
    else
        skip 'stalls that fail are the harm of it' "the kernel stalled in vain only $failed times"
    fi
else
    skip 'stalls that fail are the harm of it' 'no transparent huge pages'
fi

# Last, as what little it joins would serve huge pages for a while
audit --allow compaction
compaction_gained little
is 'its kind once that was tried' "$(kind external-fragmentation)" pinned
finish
