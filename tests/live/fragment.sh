#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Gigabytes free, and not one free huge page in the zone that counts: external fragmentation. Compaction can cure it.
. "$(dirname "$0")/lib.sh"
live_needs
setting compaction_proactiveness 0 || skip_all 'no proactive compaction to turn off'
before external-fragmentation
start fragment 3072
audit
diagnosed external-fragmentation
check 'the zone is named' grep -q 'Normal' "$work/summary"
is 'its kind' "$(kind external-fragmentation)" compactable
holds 'a change is proposed with its undo' '[.recommendations[] | select(.undo != null)] | length > 0'
not_diagnosed hugepage-reservation
holds 'compacting is not tried unasked' '[.experiments[] | select(.action == "compact" and .state == "not-run" and .why != null)] | length == 1'

# The kernel gives up compacting where a large piece of a cached file finds no place
compacted() {
    sync
    echo 3 >/proc/sys/vm/drop_caches
    audit --allow compaction
}
compacted
# nor for those that other programs bring in meanwhile
if live_is_so "($compaction_won < 0.2) and any(.findings[]; .id == \"huge-blocks-unusable\")"; then
    compacted
fi
if live_is_so "$compaction_won < 0.3"; then
    whole=$(free_whole)
    echo 1 >/proc/sys/vm/compact_memory
    won=$((($(free_whole) - whole) * 100 / $(jq '.facts.buddy.buddy[0].free' "$live_case")))
    if [ $won -lt 20 ]; then
        skip 'compacting gains much' "other programs are in its way: the kernel gains $won % more when told by hand"
        finish
    fi
fi
compaction_gained much
is 'its kind once compacted' "$(kind external-fragmentation)" compactable
finish
