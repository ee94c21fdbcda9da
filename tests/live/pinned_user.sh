#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Scattered pages of a process, pinned as buffers of io_uring: by their flags they could be moved, but they cannot.
. "$(dirname "$0")/lib.sh"
live_needs
setting compaction_proactiveness 0 || skip_all 'no proactive compaction to turn off'
before external-fragmentation
start pinned 3072
audit --allow compaction
diagnosed external-fragmentation
is 'its kind' "$(kind external-fragmentation)" pinned
owned 'the process is named as what holds it' 'pinned'
owned 'and by its number' "$live_workload"
compaction_gained little
finish
