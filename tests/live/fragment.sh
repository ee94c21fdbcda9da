#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Gigabytes free, and not one free huge page in the zone that counts: external fragmentation. Compaction could cure it.
. "$(dirname "$0")/lib.sh"
live_needs
setting compaction_proactiveness 0 || skip_all 'no proactive compaction to turn off'
start fragment 3072
audit
diagnosed external-fragmentation
check 'the zone is named' grep -q 'Normal' "$work/summary"
holds 'a change is proposed with its undo' '[.recommendations[] | select(.undo != null)] | length > 0'
not_diagnosed hugepage-reservation
finish
