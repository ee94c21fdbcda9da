#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Unmovable pages inside blocks typed Movable: the types say that compaction would help, and they mislead.
. "$(dirname "$0")/lib.sh"
live_needs
setting compaction_proactiveness 0 || skip_all 'no proactive compaction to turn off'
setting /proc/sys/fs/pipe-max-size 16777216 || skip_all 'pipes are small'
before external-fragmentation
start pipes 3072 128 inside
check 'the blocks are typed Movable' awk '/^Number of blocks/ { heading = 1; next }
    heading && $4 == "Normal" { for (i = 5; i <= NF; i++) all += $i; found = $6 > 0.75 * all } END { exit !found }' /proc/pagetypeinfo
audit --allow compaction
diagnosed external-fragmentation kernel-unnamed
is 'its kind' "$(kind external-fragmentation)" pinned
owned 'the pages of pipes and drivers are named as what holds it' 'pipe|kernel pages'
compaction_gained little
finish
